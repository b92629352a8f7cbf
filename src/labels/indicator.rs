//! What each measure is called, what it means for a reader, and how its value is written.

use super::number;
use crate::disclosure::Cell;
use crate::domain::{IndicatorId, Programme, ProgrammeSet, ProgrammeUnit};

/// What a higher value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    HigherIsWorse,
    HigherIsBetter,
    /// Size or structure: neither good nor bad.
    Neutral,
}

/// The words of one measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndicatorLabel {
    /// Full name, for headings.
    pub name: String,
    /// For the head of a narrow column.
    pub short: String,
    /// `%`, `jiwa`, `keluarga` or `indeks (%)`.
    pub unit: &'static str,
    /// One or two sentences for readers.
    pub definition: String,
    pub formula: String,
    pub direction: Direction,
}

fn label(
    [name, short, unit, definition, formula]: [&'static str; 5],
    direction: Direction,
) -> IndicatorLabel {
    IndicatorLabel {
        name: name.to_owned(),
        short: short.to_owned(),
        unit,
        definition: definition.to_owned(),
        formula: formula.to_owned(),
        direction,
    }
}

/// The words of a measure; `set` names the programmes.
pub fn indicator(id: IndicatorId, set: &ProgrammeSet) -> IndicatorLabel {
    match id {
        IndicatorId::Population | IndicatorId::Families => size(id),
        IndicatorId::ExtremeRate | IndicatorId::ExtremePersons | IndicatorId::ExtremeFamilies => {
            extreme(id)
        }
        IndicatorId::Headcount
        | IndicatorId::PoorPersons
        | IndicatorId::Gap
        | IndicatorId::Severity => poverty(id),
        IndicatorId::Coverage(i) => {
            set.get(usize::from(i)).map_or_else(unknown_programme, coverage)
        }
        IndicatorId::InclusionError(i) => {
            set.get(usize::from(i)).map_or_else(unknown_programme, inclusion_error)
        }
        IndicatorId::ProgrammesPerFamily(n) => programmes_per_family(n),
        IndicatorId::MatchRate | IndicatorId::LocationAgreement => quality(id),
    }
}

fn size(id: IndicatorId) -> IndicatorLabel {
    let words = if id == IndicatorId::Population {
        [
            "Penduduk terdata",
            "Penduduk",
            "jiwa",
            "Jumlah jiwa dalam Regsosek yang keluarganya dapat ditempatkan di wilayah ini. Ini hasil pendataan, bukan proyeksi penduduk.",
            "jumlah anggota semua keluarga terdata",
        ]
    } else {
        [
            "Keluarga terdata",
            "Keluarga",
            "keluarga",
            "Jumlah keluarga (satu Kartu Keluarga) dalam Regsosek yang dapat ditempatkan di wilayah ini.",
            "jumlah Kartu Keluarga terdata",
        ]
    };
    label(words, Direction::Neutral)
}

fn extreme(id: IndicatorId) -> IndicatorLabel {
    let words = match id {
        IndicatorId::ExtremeRate => [
            "Tingkat kemiskinan ekstrem",
            "Miskin ekstrem",
            "%",
            "Persentase penduduk yang pengeluarannya per kapita per bulan berada di bawah garis kemiskinan ekstrem. Hanya penduduk yang tingkat kesejahteraannya diketahui yang dihitung.",
            "jiwa miskin ekstrem ÷ jiwa yang kesejahteraannya diketahui × 100",
        ],
        IndicatorId::ExtremePersons => [
            "Jumlah penduduk miskin ekstrem",
            "Jiwa miskin ekstrem",
            "jiwa",
            "Jumlah jiwa dalam keluarga yang pengeluarannya per kapita per bulan berada di bawah garis kemiskinan ekstrem.",
            "jumlah anggota keluarga dengan pengeluaran per kapita < garis kemiskinan ekstrem",
        ],
        _ => [
            "Jumlah keluarga miskin ekstrem",
            "Keluarga miskin ekstrem",
            "keluarga",
            "Jumlah keluarga yang pengeluarannya per kapita per bulan berada di bawah garis kemiskinan ekstrem.",
            "jumlah keluarga dengan pengeluaran per kapita < garis kemiskinan ekstrem",
        ],
    };
    label(words, Direction::HigherIsWorse)
}

fn poverty(id: IndicatorId) -> IndicatorLabel {
    let words = match id {
        IndicatorId::Headcount => [
            "Persentase penduduk miskin (P0)",
            "Miskin (P0)",
            "%",
            "Persentase penduduk yang pengeluarannya per kapita per bulan berada di bawah garis kemiskinan BPS kabupaten/kota. Hanya penduduk yang tingkat kesejahteraannya diketahui yang dihitung.",
            "jiwa miskin ÷ jiwa yang kesejahteraannya diketahui × 100",
        ],
        IndicatorId::PoorPersons => [
            "Jumlah penduduk miskin",
            "Jiwa miskin",
            "jiwa",
            "Jumlah jiwa dalam keluarga yang pengeluarannya per kapita per bulan berada di bawah garis kemiskinan BPS kabupaten/kota.",
            "jumlah anggota keluarga dengan pengeluaran per kapita < garis kemiskinan",
        ],
        IndicatorId::Gap => [
            "Indeks kedalaman kemiskinan (P1)",
            "Kedalaman (P1)",
            "indeks (%)",
            "Rata-rata jarak pengeluaran penduduk miskin dari garis kemiskinan, dalam persen dari garis itu dan dibagi ke seluruh penduduk. Makin tinggi, makin jauh penduduk miskin dari garis kemiskinan.",
            "Σ((garis − pengeluaran) ÷ garis) atas penduduk miskin ÷ jiwa yang kesejahteraannya diketahui × 100",
        ],
        _ => [
            "Indeks keparahan kemiskinan (P2)",
            "Keparahan (P2)",
            "indeks (%)",
            "Seperti kedalaman kemiskinan, tetapi jaraknya dikuadratkan sehingga penduduk yang paling miskin berbobot lebih besar. Makin tinggi, makin timpang pengeluaran di antara penduduk miskin.",
            "Σ((garis − pengeluaran) ÷ garis)² atas penduduk miskin ÷ jiwa yang kesejahteraannya diketahui × 100",
        ],
    };
    label(words, Direction::HigherIsWorse)
}

fn quality(id: IndicatorId) -> IndicatorLabel {
    let words = if id == IndicatorId::MatchRate {
        [
            "Tingkat pemadanan data",
            "Pemadanan",
            "%",
            "Persentase baris registri lain (di luar Regsosek) yang berhasil dipadankan dengan seseorang di Regsosek: karena NIK yang sama tanpa pertentangan nama, jenis kelamin, dan tanggal lahir, atau karena skor pemadanan atau telaah.",
            "baris yang dipadankan ÷ baris registri lain × 100",
        ]
    } else {
        [
            "Kesesuaian lokasi",
            "Kesesuaian lokasi",
            "%",
            "Persentase keluarga yang titik koordinatnya jatuh di desa/kelurahan yang sama dengan kode wilayah yang dinyatakan.",
            "keluarga yang sesuai ÷ keluarga yang memiliki titik dan kode × 100",
        ]
    };
    label(words, Direction::HigherIsBetter)
}

fn unit_word(programme: &Programme) -> &'static str {
    match programme.unit {
        ProgrammeUnit::Family => "keluarga",
        ProgrammeUnit::Person => "jiwa",
    }
}

fn coverage(programme: &Programme) -> IndicatorLabel {
    let (short, who) = (&programme.short, unit_word(programme));
    IndicatorLabel {
        name: format!("Cakupan {} di antara yang berhak", programme.name),
        short: format!("Cakupan {short}"),
        unit: "%",
        definition: format!(
            "Persentase {who} berhak yang tercatat menerima {short}; sisanya adalah galat eksklusi. Yang berhak: {}",
            sentence(&programme.eligible_words)
        ),
        formula: format!("{who} berhak yang menerima ÷ {who} berhak × 100"),
        direction: Direction::HigherIsBetter,
    }
}

fn inclusion_error(programme: &Programme) -> IndicatorLabel {
    let (short, who) = (&programme.short, unit_word(programme));
    IndicatorLabel {
        name: format!("Salah sasaran {}", programme.name),
        short: format!("Salah sasaran {short}"),
        unit: "%",
        definition: format!(
            "Persentase {who} penerima {short} yang menurut data tidak memenuhi kriteria (galat inklusi). Kriterianya: {}",
            sentence(&programme.eligible_words)
        ),
        formula: format!("{who} penerima yang tidak berhak ÷ {who} penerima × 100"),
        direction: Direction::HigherIsWorse,
    }
}

/// Running on after a colon: first letter small (unless an abbreviation), full stop at the end.
fn sentence(words: &str) -> String {
    let mut chars = words.trim().chars();
    let (first, second) = (chars.next(), chars.next());
    let abbreviation = second.is_some_and(char::is_uppercase);
    let mut out: String = match first {
        Some(c) if !abbreviation => c.to_lowercase().chain(words.trim().chars().skip(1)).collect(),
        _ => words.trim().to_owned(),
    };
    if !out.is_empty() && !out.ends_with('.') {
        out.push('.');
    }
    out
}

fn programmes_per_family(n: u8) -> IndicatorLabel {
    let (name, short, number) = match n {
        0 => ("Keluarga tanpa program", "Tanpa program", "tidak menerima satu pun program"),
        1 => ("Keluarga dengan satu program", "Satu program", "menerima tepat satu program"),
        2 => ("Keluarga dengan dua program", "Dua program", "menerima tepat dua program"),
        _ => (
            "Keluarga dengan tiga program atau lebih",
            "≥ 3 program",
            "menerima tiga program atau lebih",
        ),
    };
    IndicatorLabel {
        name: name.to_owned(),
        short: short.to_owned(),
        unit: "%",
        definition: format!(
            "Persentase keluarga terdata yang {number}. Semua keluarga dihitung, berhak atau tidak."
        ),
        formula: format!("keluarga yang {number} ÷ keluarga terdata × 100"),
        direction: Direction::Neutral,
    }
}

/// An index that the set does not hold: a fault of the caller that must not take a page down.
fn unknown_programme() -> IndicatorLabel {
    label(["Program tidak dikenal", "?", "%", "", ""], Direction::Neutral)
}

/// Decimals of a rate in percent: two where BPS prints two, one for rates of records.
pub fn percent_digits(id: IndicatorId) -> usize {
    match id {
        IndicatorId::ExtremeRate
        | IndicatorId::Headcount
        | IndicatorId::Gap
        | IndicatorId::Severity => 2,
        _ => 1,
    }
}

/// A figure as a reader sees it: `1.234`, `9,03 %`, for P1 and P2 the bare index `1,73`.
pub fn value(id: IndicatorId, cell: Cell) -> String {
    let v = match cell {
        Cell::Value(v) => v,
        Cell::NoData => return super::NO_DATA.to_owned(),
        Cell::Suppressed => return super::SUPPRESSED.to_owned(),
    };
    match id {
        IndicatorId::Gap | IndicatorId::Severity => number::decimal(v * 100.0, 2),
        id if id.is_count() => number::decimal(v, 0),
        id => number::percent(v, percent_digits(id)),
    }
}
