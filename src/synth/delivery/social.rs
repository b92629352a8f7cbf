//! The lists of social aid: P3KE (families and individuals), DTKS / SIKS-NG and PBI JKN.

use super::cell::{
    Cell, Row, address, birth, card, choice, kabupaten, kecamatan, kelurahan, name, nik, number,
    occupation, padded, provinsi, region, rt, rw, schooling, sex_letter, sex_word, text, ya,
};
use crate::synth::dice::mix;
use crate::synth::people::Relation;

/// A registry's own id: random, so that no two registries share a key by accident.
fn own_id(row: &Row<'_>, salt: u64, of_family: bool, out: &mut Vec<u8>) {
    let bits = if of_family { row.family_bits } else { row.person_bits };
    padded(out, mix(bits, salt) % 1_000_000_000_000, 12);
}

fn p3ke_shared(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "id_keluarga_P3KE" => |r, o| own_id(r, 101, true, o),
        "provinsi" => provinsi,
        "kabupaten_kota" => kabupaten,
        "kecamatan" => kecamatan,
        "desa_kelurahan" => kelurahan,
        "kode_kemdagri" => region,
        "desil_kesejahteraan" => |r, o| number(o, u64::from(r.family.decile)),
        "alamat" => address,
        "nik" => nik,
        "padan_dukcapil" => |r, o| ya(o, r.stated.nik_fault as u8 == 0),
        "jenis_kelamin" => sex_word,
        "tanggal_lahir" => birth,
        "pekerjaan" => occupation,
        "pendidikan" => schooling,
        "penerima_bpnt" | "penerima_sembako" => |r, o| ya(o, r.receives("sembako")),
        "penerima_pkh" => |r, o| ya(o, r.receives("pkh")),
        "penerima_bpum" | "penerima_bst" => |_, o| text(o, "Tidak"),
        "resiko_stunting" => |r, o| {
            let risk = r.members.iter().any(|m| m.facts.pregnant || m.facts.age < 5);
            choice(o, risk, ["1", "0"]);
        },
        _ => return None,
    };
    Some(cell)
}

pub(super) fn p3ke_family(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "kepala_keluarga" => name,
        "kepemilikan_rumah" => {
            |r, o| choice(o, r.family_pick(11, 5) < 3, ["Milik Sendiri", "Kontrak/Sewa"])
        }
        "memiliki_simpanan_uang_perhiasan_ternak_lainnya" => |r, o| ya(o, r.well_off(45, 5)),
        "jenis_atap" => |r, o| choice(o, r.well_off(21, 1), ["Genteng", "Seng"]),
        "jenis_dinding" => |r, o| choice(o, r.well_off(19, 2), ["Tembok", "Bambu"]),
        "jenis_lantai" => |r, o| {
            choice(o, r.well_off(15, 3), ["Keramik/Granit/Marmer/Ubin/Tegel/Teraso", "Semen"]);
        },
        "sumber_penerangan" => |_, o| text(o, "Listrik PLN meteran"),
        "bahan_bakar_memasak" => |r, o| choice(o, r.well_off(29, 1), ["Gas 3 Kg", "Kayu/Arang"]),
        "sumber_air_minum" => |r, o| {
            choice(o, r.family_pick(25, 2) == 0, ["Sumur Terlindung", "Air Kemasan/Isi Ulang"]);
        },
        "memiliki_fasilitas_buang_air_besar" => |r, o| {
            choice(o, r.well_off(33, 2), ["Milik sendiri", "Umum/Bersama"]);
        },
        other => return p3ke_shared(other),
    };
    Some(cell)
}

fn age_within(row: &Row<'_>, low: u8, high: u8, out: &mut Vec<u8>) {
    ya(out, (low..=high).contains(&row.person().facts.age));
}

fn relation(row: &Row<'_>, out: &mut Vec<u8>) {
    text(
        out,
        match row.person().relation {
            Relation::Head => "Kepala Keluarga",
            Relation::Spouse => "Istri",
            Relation::Child => "Anak",
            Relation::Grandchild | Relation::Parent => "Lainnya",
        },
    );
}

pub(super) fn p3ke_person(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "id_individu" => |r, o| own_id(r, 102, false, o),
        "nama" => name,
        "hubungan_dengan_kepala_keluarga" => relation,
        "status_kawin" => |r, o| {
            let couple = r.members.iter().any(|m| m.relation == Relation::Spouse);
            let one_of = matches!(r.person().relation, Relation::Head | Relation::Spouse);
            choice(o, couple && one_of, ["Kawin", "Belum/tidak kawin"]);
        },
        "usia_dibawah_7_tahun" => |r, o| age_within(r, 0, 6, o),
        "usia_7_sd_12" => |r, o| age_within(r, 7, 12, o),
        "usia_13_sd_15" => |r, o| age_within(r, 13, 15, o),
        "usia_16_sd_18" => |r, o| age_within(r, 16, 18, o),
        "usia_19_sd_21" => |r, o| age_within(r, 19, 21, o),
        "usia_22_sd_59" => |r, o| age_within(r, 22, 59, o),
        "usia_60_tahun_keatas" => |r, o| age_within(r, 60, 150, o),
        other => return p3ke_shared(other),
    };
    Some(cell)
}

const PPKS: [&str; 3] =
    ["Lanjut usia telantar", "Anak telantar", "Penyandang disabilitas telantar"];

/// YA or TIDAK.
fn shout(out: &mut Vec<u8>, yes: bool) {
    choice(out, yes, ["YA", "TIDAK"]);
}

pub(super) fn dtks(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "provinsi" => provinsi,
        "kabkot" => kabupaten,
        "kecamatan" => kecamatan,
        "desa_kelurahan" => kelurahan,
        "id_kec" => |r, o| text(o, r.place.desa.dotted.get(..8).unwrap_or("")),
        "id_desa" => region,
        "Alamat" => address,
        "NIK" => nik,
        "NOKK" => card,
        "Nama" => name,
        "idsemesta" => |r, o| own_id(r, 103, false, o),
        "FIRST_SK" => |r, o| {
            text(
                o,
                ["SK 146/HUK/2013", "SK 32/HUK/2016", "SK 133/HUK/2021"]
                    [r.family_pick(7, 3) as usize],
            );
        },
        "BLT" | "BLT_BBM" | "BNPT_PPKM" | "BST" | "RUTILAHU" | "SEMBAKO_ADAPTIF" | "ATENSI"
        | "PENA" | "PERMAKANAN" | "YAPI" => |_, o| text(o, "TIDAK"),
        "BPNT" => |r, o| shout(o, r.receives("sembako")),
        "PBI" => |r, o| shout(o, r.receives("pbi_jkn")),
        "PKH" => |r, o| shout(o, r.receives("pkh")),
        "KARTU_SEJAHTERA" => |r, o| shout(o, r.receives("kartu_sejahtera")),
        "KARTU_USAHA" => |r, o| shout(o, r.receives("kartu_usaha")),
        "keterangan_disabilitas" => |r, o| {
            if r.person().facts.disabled {
                text(o, "Penyandang disabilitas");
            }
        },
        "masih_hidup_label" => |_, o| text(o, "MASIH HIDUP"),
        "isAktifHamil" => |r, o| choice(o, r.person().facts.pregnant, ["1", "0"]),
        "is_nonaktif" => |_, o| text(o, "0"),
        "is_btn_dapodik" => |r, o| choice(o, r.person().facts.pupil, ["1", "0"]),
        "is_btn_padankan" => |r, o| choice(o, r.stated.nik_fault as u8 == 0, ["1", "0"]),
        "jenis_kelamin" => sex_letter,
        "tanggal_lahir" => birth,
        "jenis_ppks" => |r, o| {
            let p = r.person();
            let kind = if p.facts.disabled { 2 } else { usize::from(p.facts.age < 18) };
            if p.ppks {
                text(o, PPKS[kind]);
            }
        },
        _ => return None,
    };
    Some(cell)
}

pub(super) fn pbi_jkn(column: &str) -> Option<Cell> {
    let cell: Cell = match column {
        "id" => |r, o| own_id(r, 104, false, o),
        "iddtks" => |r, o| {
            if r.family.in_dtks {
                own_id(r, 103, false, o);
            }
        },
        "provinsi" => provinsi,
        "kota" => kabupaten,
        "kecamatan" => kecamatan,
        "kelurahan" => kelurahan,
        "rt" => rt,
        "rw" => rw,
        "alamat" => address,
        "noka_bpjs" | "psnoka_bpjs" => |r, o| {
            text(o, "0");
            own_id(r, 105, false, o);
        },
        "nama" => name,
        "tanggal_lahir" => birth,
        "tempat_lahir" => kabupaten,
        "jenis_kelamin" => sex_letter,
        "nik" => nik,
        "nokk" => card,
        "hub_keluarga" => relation,
        "nama_ibu_kandung" => |r, o| {
            if let (Relation::Child, (_, Some(mother))) = (r.person().relation, r.parents()) {
                mother.name.write(o);
            }
        },
        "keterangan" => |_, o| text(o, "PBI APBN"),
        "kode_desa" => region,
        _ => return None,
    };
    Some(cell)
}
