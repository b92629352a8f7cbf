//! Schools (Dapodik, EMIS), Kartu Prakerja and Carik Jakarta.

use super::cell::{
    Cell, Row, address, birth, card, choice, kabupaten, kecamatan, kelurahan, name, nik, number,
    padded, region, rt, rw, schooling, sex_letter, sex_word, text, ya,
};
use crate::synth::dice::mix;
use crate::synth::names::title_case;
use crate::synth::people::{Person, Relation, date_parts};

fn own_number(row: &Row<'_>, salt: u64, width: usize, out: &mut Vec<u8>) {
    padded(out, mix(row.person_bits, salt) % 10_u64.pow(width as u32), width);
}

/// The father or mother of the pupil, where the pupil is a child of the family's couple.
fn father<'a>(row: &'a Row<'_>) -> Option<&'a Person> {
    row.parents().0.filter(|_| row.person().relation == Relation::Child)
}

fn mother<'a>(row: &'a Row<'_>) -> Option<&'a Person> {
    row.parents().1.filter(|_| row.person().relation == Relation::Child)
}

fn guardian<'a>(row: &'a Row<'_>) -> Option<&'a Person> {
    Some(row.head()).filter(|_| row.person().relation != Relation::Child)
}

fn name_of(person: Option<&Person>, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some(person) = person {
        person.name.write(out);
        title_case(&mut out[start..]);
    }
}

fn birth_year(person: Option<&Person>, out: &mut Vec<u8>) {
    if let Some(person) = person {
        number(out, u64::from(date_parts(person.birth).0));
    }
}

fn nik_of(person: Option<&Person>, out: &mut Vec<u8>) {
    if let Some(person) = person {
        padded(out, person.nik, 16);
    }
}

/// Schools write names in Title Case.
fn pupil_name(row: &Row<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    name(row, out);
    title_case(&mut out[start..]);
}

fn grade(row: &Row<'_>) -> u64 {
    u64::from(row.person().facts.age.clamp(6, 18)) - 5
}

pub(super) fn dapodik(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "No" => |r, o| number(o, 1 + r.person_pick(3, 400)),
        "Nama" => pupil_name,
        "NIPD" => |r, o| own_number(r, 201, 9, o),
        "JK" => sex_letter,
        "NISN" => |r, o| own_number(r, 202, 10, o),
        "Tempat Lahir" | "Sekolah Asal" => kabupaten,
        "Tanggal Lahir" => birth,
        "NIK" => nik,
        "Agama" => |_, o| text(o, "Islam"),
        "Alamat" => address,
        "RT" => rt,
        "RW" => rw,
        "Kelurahan" => kelurahan,
        "Kecamatan" => kecamatan,
        "Jenis Tinggal" => |_, o| text(o, "Bersama orang tua"),
        "Alat Transportasi" => {
            |r, o| choice(o, r.family_pick(13, 2) == 0, ["Jalan kaki", "Sepeda motor"])
        }
        "Penerima KPS" => |r, o| ya(o, r.receives("pkh")),
        "Ayah: Nama" => |r, o| name_of(father(r), o),
        "Ayah: Tahun Lahir" => |r, o| birth_year(father(r), o),
        "Ayah: NIK" => |r, o| nik_of(father(r), o),
        "Ibu: Nama" => |r, o| name_of(mother(r), o),
        "Ibu: Tahun Lahir" => |r, o| birth_year(mother(r), o),
        "Ibu: NIK" => |r, o| nik_of(mother(r), o),
        "Wali: Nama" => |r, o| name_of(guardian(r), o),
        "Wali: Tahun Lahir" => |r, o| birth_year(guardian(r), o),
        "Wali: NIK" => |r, o| nik_of(guardian(r), o),
        "Rombel Saat Ini" => |r, o| {
            text(o, "Kelas ");
            number(o, grade(r));
        },
        "Penerima KIP" => |r, o| ya(o, r.receives("pip")),
        "Nomor KIP" => |r, o| {
            if r.receives("pip") {
                own_number(r, 203, 6, o);
            }
        },
        "Layak PIP (usulan dari sekolah)" => |r, o| ya(o, r.family.decile <= 4),
        "Kebutuhan Khusus" => |r, o| choice(o, r.person().facts.disabled, ["Ya", "Tidak ada"]),
        "Anak ke-berapa" => |r, o| number(o, 1 + r.person_pick(9, 3)),
        "No KK" => card,
        "Jarak Rumah ke Sekolah (KM)" => |r, o| number(o, 1 + r.person_pick(11, 6)),
        "Kode Wilayah" => region,
        _ => return None,
    };
    Some(cell)
}

pub(super) fn emis(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "nsm" => |r, o| {
            padded(o, 111_200_000_000 + r.place.desa.prefix * 1000 + r.family_pick(15, 40), 12);
        },
        "nama_madrasah" => |r, o| {
            text(o, "MADRASAH ");
            text(
                o,
                ["AL-HIDAYAH", "MATHLAUL ANWAR", "NURUL IMAN", "AL-KHAIRIYAH"]
                    [r.family_pick(17, 4) as usize],
            );
        },
        "jenjang" => |r, o| {
            text(
                o,
                match grade(r) {
                    0..=6 => "MI",
                    7..=9 => "MTs",
                    _ => "MA",
                },
            );
        },
        "tingkat" => |r, o| number(o, grade(r)),
        "nisn" => |r, o| own_number(r, 202, 10, o),
        "nama_siswa" => name,
        "nik" => nik,
        "no_kk" => card,
        "jenis_kelamin" => sex_letter,
        "tempat_lahir" => kabupaten,
        "tanggal_lahir" => birth,
        "alamat" => address,
        "kode_desa" => region,
        "penerima_pip" => |r, o| choice(o, r.receives("pip"), ["Y", "T"]),
        _ => return None,
    };
    Some(cell)
}

pub(super) fn prakerja(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "id_peserta" => |r, o| own_number(r, 204, 12, o),
        "gelombang" => |r, o| number(o, 1 + r.person_pick(13, 48)),
        "nik" => nik,
        "nama_lengkap" => pupil_name,
        "jenis_kelamin" => sex_word,
        "tanggal_lahir" => birth,
        "kode_kelurahan" => region,
        "alamat" => address,
        "pendidikan" => schooling,
        "status_penerima" => |r, o| choice(o, r.receives("prakerja"), ["Penerima", "Pendaftar"]),
        _ => return None,
    };
    Some(cell)
}

fn yes_no(out: &mut Vec<u8>, yes: bool) {
    choice(out, yes, ["1", "0"]);
}

pub(super) fn carik(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "id_bangunan" => |r, o| padded(o, mix(r.family_bits, 205) % 1_000_000_000_000, 12),
        "id_rumah_tangga" => |r, o| padded(o, mix(r.family_bits, 206) % 1_000_000_000_000, 12),
        "id_keluarga" => |r, o| padded(o, mix(r.family_bits, 207) % 1_000_000_000_000, 12),
        "no_kk" => card,
        "nik" => nik,
        "nama" => name,
        "jenis_kelamin" => sex_letter,
        "tanggal_lahir" => birth,
        "hubungan_keluarga" => |r, o| {
            text(
                o,
                match r.person().relation {
                    Relation::Head => "KEPALA KELUARGA",
                    Relation::Spouse => "ISTRI",
                    Relation::Child => "ANAK",
                    Relation::Grandchild => "CUCU",
                    Relation::Parent => "ORANG TUA",
                },
            );
        },
        "kode_kelurahan" => region,
        "rt" => rt,
        "rw" => rw,
        "alamat" => address,
        "penerima_kjp_plus" => |r, o| yes_no(o, r.receives("kjp_plus")),
        "penerima_kjs" => |r, o| yes_no(o, r.receives("kjs")),
        "penerima_bantuan_gizi" => |r, o| yes_no(o, r.receives("bantuan_gizi")),
        _ => return None,
    };
    Some(cell)
}
