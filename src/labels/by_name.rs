//! Lists by name in words: what a list is, what for, and what stands in its columns.

use super::number::{integer, percent};
use super::region::registry;
use crate::by_name::{Conflict, ListKind, ListedHousehold, Person, Purpose, Row, Unclear};
use crate::domain::{FamilyRole, ProgrammeSet, RegionCode, Sex};

/// What a list is called.
pub fn list(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Unreached => "Miskin ekstrem yang belum terjangkau program",
        ListKind::Missed => "Paket program belum lengkap",
        ListKind::Conflicts => "Data yang bertentangan",
        ListKind::Pairs => "Pasangan yang menunggu telaah",
        ListKind::Fallen => "Jatuh ke kemiskinan ekstrem sejak periode sebelumnya",
    }
}

/// Who is in it, in a sentence.
pub fn list_means(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Unreached => {
            "keluarga miskin ekstrem yang tidak seorang pun anggotanya menerima program mana pun"
        }
        ListKind::Missed => {
            "keluarga yang berhak atas sedikitnya satu program dan belum menerima semua yang menjadi haknya; desil terendah lebih dahulu"
        }
        ListKind::Conflicts => {
            "keluarga yang datanya bertentangan: titik dan kode wilayah, NIK, jumlah anggota, atau register lain"
        }
        ListKind::Pairs => "baris register yang mungkin orang yang sama dengan anggota keluarga",
        ListKind::Fallen => {
            "keluarga yang kini miskin ekstrem dan pada periode sebelumnya belum; pindahan dari kabupaten/kota lain tidak terhitung"
        }
    }
}

/// Why nobody stands in a list of a region.
pub fn list_empty(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Unreached => {
            "Kosong di wilayah ini: tidak ada keluarga miskin ekstrem yang tidak menerima program apa pun. Yang belum menerima semua haknya ada di daftar berikut."
        }
        ListKind::Missed => {
            "Kosong di wilayah ini: setiap keluarga yang berhak menerima semua programnya."
        }
        ListKind::Conflicts => "Kosong di wilayah ini: tidak ada data yang bertentangan.",
        ListKind::Pairs => "Kosong di wilayah ini: tidak ada pasangan yang menunggu.",
        ListKind::Fallen => {
            "Kosong di wilayah ini: tidak ada keluarga yang jatuh sejak periode sebelumnya."
        }
    }
}

/// How many stand in a list.
pub fn list_length(kind: ListKind, rows: u64) -> String {
    let what = if kind == ListKind::Pairs { "pasangan" } else { "keluarga" };
    format!("{} {what}", integer(rows))
}

/// What a list may be wanted for.
pub fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Verification => "Verifikasi lapangan",
        Purpose::Mending => "Perbaikan data",
        Purpose::Proposal => "Pengusulan program",
        Purpose::Complaint => "Tindak lanjut pengaduan",
        Purpose::Inspection => "Pemeriksaan",
    }
}

/// Why a purpose is not accepted.
pub fn unclear(unclear: Unclear) -> &'static str {
    match unclear {
        Unclear::TooShort => "Uraikan tujuannya dengan sedikitnya 10 karakter.",
        Unclear::TooLong => "Uraian tujuan paling panjang 300 karakter.",
        Unclear::HoldsNumber => {
            "Uraian memuat angka yang mungkin NIK atau nomor KK. Tujuan disimpan bertahun-tahun di catatan audit: tulislah tanpa nomor pribadi."
        }
    }
}

/// Nothing was chosen.
pub const LIST_CHOOSE: &str = "Pilih daftar dan tujuannya.";
/// The region is too large.
pub const LIST_REGION: &str = "Daftar dibuka untuk satu kecamatan atau satu desa.";
/// The rows of the day are used up.
pub const LIST_ENOUGH: &str = "Jatah baris hari ini sudah habis. Coba lagi besok.";
/// On everything that holds names.
pub const RESTRICTED: &str = "TERBATAS";
/// Sheet of a workbook.
pub const LIST_SHEET: &str = "Daftar";
/// Columns that repeat whose list a row is from.
pub const LIST_MARKS: [&str; 3] = ["Nomor daftar", "Penerima", "Waktu unduh"];
/// Names of the lines above a list; the last where its people are invented.
pub const LIST_LINES: [&str; 9] = [
    "Nomor daftar",
    "Penerima",
    "Waktu",
    "Wilayah",
    "Tujuan",
    "Isi",
    "Potret data, periode",
    "Perhatian",
    "Data",
];
/// What must not be done with a list.
pub const LIST_WARNING: &str = "Data pribadi (UU 27/2022): hanya untuk tujuan di atas; jangan diteruskan; musnahkan sesudah dipakai. Pengunduhan ini tercatat.";

/// How much of a list there is.
pub fn rows_of(rows: u64, total: u64) -> String {
    format!("{} dari {} baris", integer(rows), integer(total))
}

/// What contradicts itself.
pub fn contradiction(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Place => "titik di desa lain",
        Conflict::NikMissing => "anggota tanpa NIK yang sah",
        Conflict::SameNik => "dua anggota ber-NIK sama",
        Conflict::Registries => {
            "register lain menyebut nama, jenis kelamin, atau tanggal lahir lain"
        }
        Conflict::Members => "jumlah anggota berbeda",
        Conflict::Unranked => "tanpa pengeluaran",
    }
}

/// Relation to the head of the family.
pub fn family_role(role: Option<FamilyRole>) -> &'static str {
    match role {
        Some(FamilyRole::Head) => "kepala keluarga",
        Some(FamilyRole::Spouse) => "pasangan",
        Some(FamilyRole::Child) => "anak",
        Some(FamilyRole::Other) => "anggota lain",
        None => "",
    }
}

pub fn sex(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::Male) => "L",
        Some(Sex::Female) => "P",
        None => "",
    }
}

/// A date of birth as identity cards write it; as it is where it is none.
pub fn birth(iso: &str) -> String {
    match iso.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] => format!("{day}-{month}-{year}"),
        _ => iso.to_owned(),
    }
}

/// Programmes by their names, with commas.
pub fn programmes(indices: &[usize], set: &ProgrammeSet) -> String {
    let names: Vec<&str> = indices
        .iter()
        .filter_map(|wanted| set.iter().find(|(i, _)| i == wanted))
        .map(|(_, programme)| programme.short.as_str())
        .collect();
    names.join(", ")
}

/// Rupiah per capita per month; a dash where it is not known.
pub fn expenditure(rp_month: Option<i64>) -> String {
    rp_month.map_or_else(|| "–".to_owned(), |rp| integer(rp.unsigned_abs()))
}

const HOUSEHOLDS: [&str; 17] = [
    "Keluarga",
    "Kode desa",
    "Desa",
    "Nomor KK",
    "Alamat",
    "Nama",
    "NIK",
    "Hubungan",
    "Jenis kelamin",
    "Tanggal lahir",
    "Register lain",
    "Desil",
    "Pengeluaran per kapita (Rp/bulan)",
    "Menerima",
    "Berhak, belum atau belum semua menerima",
    "Bertentangan",
    "Baris kiriman",
];

const PAIRS: [&str; 13] = [
    "Pasangan",
    "Register",
    "Baris kiriman",
    "Peluang",
    "Nama di Regsosek",
    "NIK di Regsosek",
    "Tanggal lahir di Regsosek",
    "Desa di Regsosek",
    "Nama di register",
    "NIK di register",
    "Tanggal lahir di register",
    "Desa di register",
    "Jenis kelamin",
];

/// Heads of a file of a list.
pub fn list_heads(kind: ListKind) -> Vec<String> {
    let heads: &[&str] = if kind == ListKind::Pairs { &PAIRS } else { &HOUSEHOLDS };
    heads.iter().map(|&head| head.to_owned()).collect()
}

/// A row as the lines of a file: one a member, one a pair.
pub fn list_lines(
    number: usize,
    row: &Row,
    set: &ProgrammeSet,
    name: &dyn Fn(RegionCode) -> String,
) -> Vec<Vec<String>> {
    let number = number.to_string();
    match row {
        Row::Pair { registry: of, row, probability, base, other } => vec![vec![
            number,
            registry(*of).to_owned(),
            row.to_string(),
            percent(*probability, 1),
            base.name.clone(),
            base.nik.clone(),
            base.birth.clone(),
            base.region.clone(),
            other.name.clone(),
            other.nik.clone(),
            other.birth.clone(),
            other.region.clone(),
            format!("{}/{}", base.sex, other.sex),
        ]],
        Row::Household(of) => {
            of.members.iter().map(|member| member_line(&number, of, member, set, name)).collect()
        }
    }
}

fn member_line(
    number: &str,
    of: &ListedHousehold,
    member: &Person,
    set: &ProgrammeSet,
    name: &dyn Fn(RegionCode) -> String,
) -> Vec<String> {
    let held: Vec<&str> = member.held_by.iter().map(|r| registry(*r)).collect();
    let conflicts: Vec<&str> = of.conflicts.iter().map(|c| contradiction(*c)).collect();
    vec![
        number.to_owned(),
        of.desa.to_string(),
        name(of.desa),
        of.card.clone(),
        of.address.clone(),
        member.name.clone(),
        member.nik.clone(),
        family_role(member.role).to_owned(),
        sex(member.sex).to_owned(),
        member.birth.clone(),
        held.join(", "),
        of.decile.map(|d| d.to_string()).unwrap_or_default(),
        expenditure(of.expenditure_rp_month),
        programmes(&of.receives, set),
        programmes(&of.missed, set),
        conflicts.join("; "),
        of.row.to_string(),
    ]
}
