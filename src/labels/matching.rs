//! What the outcomes of linkage are called, what they mean, what the owner of a registry can do,
//! and how their numbers are written.

use super::indicator::{Direction, IndicatorLabel};
use super::{number, region};
use crate::disclosure::{Cell, Count, MatchColumn, MatchMeasure};

/// The words of one number of linkage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchLabel {
    pub name: &'static str,
    pub meaning: &'static str,
    /// What the owner of the registry should do about such rows; empty where nothing.
    pub action: &'static str,
}

/// The words of a number of linkage.
pub fn match_column(column: MatchColumn) -> MatchLabel {
    let [name, meaning, action] = match column {
        MatchColumn::Rows | MatchColumn::Linked => whole(column),
        MatchColumn::ByNik | MatchColumn::ByScore | MatchColumn::ByReview => link(column),
        MatchColumn::Pending
        | MatchColumn::NoNik
        | MatchColumn::NotFound
        | MatchColumn::Contradicted
        | MatchColumn::Ambiguous => unlinked(column),
        _ => remark(column),
    };
    MatchLabel { name, meaning, action }
}

fn whole(column: MatchColumn) -> [&'static str; 3] {
    match column {
        MatchColumn::Rows => {
            ["Baris", "Baris orang di register itu, menurut wilayah yang tertulis di barisnya.", ""]
        }
        _ => [
            "Terpadankan",
            "Barisnya dikenali sebagai satu orang di Regsosek, karena NIK, skor, atau telaah. Untuk Regsosek: orangnya ada di sekurang-kurangnya satu register lain.",
            "",
        ],
    }
}

fn link(column: MatchColumn) -> [&'static str; 3] {
    match column {
        MatchColumn::ByNik => [
            "Karena NIK",
            "NIK-nya sama persis, dan nama, jenis kelamin, dan tanggal lahirnya tidak bertentangan.",
            "",
        ],
        MatchColumn::ByScore => [
            "Karena skor",
            "NIK-nya kosong, rusak, atau berbeda, tetapi nama, tanggal lahir, jenis kelamin, dan wilayah bersama-sama menunjuk orang yang sama: peluangnya mencapai ambang padan.",
            "Lengkapi atau betulkan NIK menurut berkas jawaban.",
        ],
        _ => [
            "Karena telaah",
            "Petugas memeriksa pasangan itu dan memutuskan bahwa orangnya sama.",
            "Betulkan NIK menurut putusan telaah.",
        ],
    }
}

fn unlinked(column: MatchColumn) -> [&'static str; 3] {
    match column {
        MatchColumn::Pending => [
            "Menunggu telaah",
            "Peluangnya di antara ambang telaah dan ambang padan. Belum dipadankan sampai petugas memutuskan.",
            "Telaah pasangan ini satu per satu; NIK yang dilengkapi membuat telaah tidak perlu.",
        ],
        MatchColumn::NoNik => [
            "Tanpa NIK",
            "NIK-nya kosong, nol, atau rusak, dan keterangan lain tidak cukup untuk mengenali orangnya.",
            "Lengkapi NIK dari Dukcapil. Jangan mengisi nol atau nomor tiruan.",
        ],
        MatchColumn::NotFound => [
            "Tidak ditemukan",
            "NIK-nya dapat dipakai, tetapi orang itu tidak ada di Regsosek. Untuk Regsosek: orangnya tidak ada di register lain mana pun.",
            "Periksa apakah orangnya belum terdata, pindah, atau meninggal; usulkan pemutakhiran Regsosek.",
        ],
        MatchColumn::Contradicted => [
            "Bertentangan",
            "NIK-nya sama, tetapi nama, jenis kelamin, dan tanggal lahirnya menunjuk orang lain. Tidak dipaksakan.",
            "Cocokkan dengan Kartu Keluarga: salah satu pihak memakai NIK orang lain.",
        ],
        _ => [
            "Ganda di Regsosek",
            "Beberapa orang di Regsosek sama cocoknya, sehingga tidak ada yang dipilih.",
            "Lengkapi NIK dan tanggal lahir; laporkan NIK ganda kepada pengelola Regsosek.",
        ],
    }
}

fn remark(column: MatchColumn) -> [&'static str; 3] {
    match column {
        MatchColumn::Duplicates => [
            "Baris berulang",
            "Baris yang mengulang orang yang sudah ada di register yang sama.",
            "Gabungkan baris orang yang sama.",
        ],
        MatchColumn::ConflictName => [
            "Nama berbeda",
            "Terpadankan, tetapi namanya berbeda lebih dari sekadar ejaan.",
            "Betulkan nama menurut Dukcapil.",
        ],
        MatchColumn::ConflictSex => [
            "Jenis kelamin berbeda",
            "Terpadankan, tetapi jenis kelaminnya tidak sama.",
            "Betulkan jenis kelamin menurut Dukcapil.",
        ],
        MatchColumn::ConflictBirth => [
            "Tanggal lahir berbeda",
            "Terpadankan, tetapi tanggal lahirnya tidak sama.",
            "Betulkan tanggal lahir menurut Dukcapil.",
        ],
        _ => [
            "Wilayah berbeda",
            "Terpadankan, tetapi desa/kelurahan yang tertulis bukan desa/kelurahan di Regsosek.",
            "Periksa apakah orangnya pindah; mutakhirkan alamatnya.",
        ],
    }
}

/// The words of a measure of linkage.
pub fn match_measure(measure: MatchMeasure) -> IndicatorLabel {
    match measure {
        MatchMeasure::Linked(registry) => of_rows(
            [
                "Tingkat pemadanan",
                "Terpadankan",
                "dikenali sebagai satu orang di Regsosek",
                "baris yang terpadankan",
            ],
            region::registry(registry),
            Direction::HigherIsBetter,
        ),
        MatchMeasure::ByScore(registry) => of_rows(
            [
                "Terpadankan karena skor",
                "Karena skor",
                "dipadankan karena skornya, bukan karena NIK yang sama",
                "baris yang terpadankan karena skor",
            ],
            region::registry(registry),
            Direction::Neutral,
        ),
        MatchMeasure::Pending(registry) => of_rows(
            [
                "Menunggu telaah",
                "Menunggu telaah",
                "menunggu putusan petugas dan belum dipadankan",
                "baris yang menunggu telaah",
            ],
            region::registry(registry),
            Direction::HigherIsWorse,
        ),
        MatchMeasure::Overlap(a, b) => {
            let (a, b) = (region::registry(a), region::registry(b));
            IndicatorLabel {
                name: format!("Irisan {a} dengan {b}"),
                short: format!("Irisan dengan {b}"),
                unit: "%",
                definition: format!(
                    "Persentase orang di {a} yang juga tercatat di {b}. Setiap orang dihitung sekali, di wilayah keluarganya menurut Regsosek."
                ),
                formula: format!("orang di {a} dan {b} ÷ orang di {a} × 100"),
                direction: Direction::Neutral,
            }
        }
    }
}

fn of_rows(
    [name, short, what, part]: [&str; 4],
    registry: &str,
    direction: Direction,
) -> IndicatorLabel {
    IndicatorLabel {
        name: format!("{name}: {registry}"),
        short: short.to_owned(),
        unit: "%",
        definition: format!(
            "Persentase baris {registry} yang {what}. Baris dihitung di wilayah yang tertulis di barisnya."
        ),
        formula: format!("{part} ÷ baris {registry} × 100"),
        direction,
    }
}

/// A share of linkage as a reader sees it: `87,7 %`; what would be written as zero without being
/// it: `< 0,1 %`.
pub fn match_share(cell: Cell) -> String {
    match cell {
        Cell::Value(rate) if rate > 0.0 && rate < 0.0005 => {
            format!("<\u{a0}{}", number::percent(0.001, 1))
        }
        Cell::Value(rate) => number::percent(rate, 1),
        Cell::NoData => super::NO_DATA.to_owned(),
        Cell::Suppressed => super::SUPPRESSED.to_owned(),
    }
}

/// A count as a reader sees it: `1.234`.
pub fn count(count: Count) -> String {
    match count {
        Count::Value(n) => number::integer(n),
        Count::Withheld => super::SUPPRESSED.to_owned(),
    }
}

/// A count of persons with its unit, where it is shown.
pub fn persons(persons: Count) -> String {
    match persons {
        Count::Value(_) => format!("{} jiwa", count(persons)),
        Count::Withheld => count(persons),
    }
}

/// How the parameters of a model were come by. The model says it in English, for its own file; what
/// is said in other words is left as it is.
pub fn trained(said: &str) -> String {
    let counted = || {
        let (persons, _) = said.strip_prefix("counted on ")?.split_once(" persons ")?;
        let persons = number::integer(persons.parse().ok()?);
        Some(format!(
            "dihitung pada {persons} orang yang NIK-nya ada di kedua sisi, dengan NIK dirusak untuk keperluan itu; peluang cocok kebetulan (u) pada pasangan acak dan pasangan bertanggal lahir sama"
        ))
    };
    let estimated = || {
        let said = said.strip_prefix("expectation-maximisation without labels on ")?;
        let (sides, seed) = said.split_once(" records, seed ")?;
        let (a, b) = sides.split_once(" x ")?;
        let [a, b] = [a.parse().ok()?, b.parse().ok()?].map(number::integer);
        Some(format!("ekspektasi-maksimisasi tanpa label atas {a} × {b} baris, benih {seed}"))
    };
    counted().or_else(estimated).unwrap_or_else(|| said.to_owned())
}
