//! Which columns hold codes and names, and which code system the codes are of: stated, or found
//! by holding the content against the region table.

use super::feature::{Feature, Features};
use crate::domain::{BpsCode, CodeSystem, Level, RegionCode};
use crate::regions::RegionCatalog;

/// What the user says of the columns.
#[derive(Clone, Debug, Default)]
pub struct ColumnOptions {
    /// The column of codes; several joined by `+` (`PROVNO+KABKOTNO+KECNO+DESANO`).
    pub code: Option<String>,
    pub name: Option<String>,
    /// A column of BPS codes beside, or alone instead of `code`.
    pub bps: Option<String>,
    pub system: Option<CodeSystem>,
}

/// Why the columns cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ColumnError {
    #[error("there is no column '{column}'; there are: {columns}")]
    NoColumn { column: String, columns: String },
    #[error(
        "no column holds region codes of the table (the likeliest: {best}); name it with --code COL; there are: {columns}"
    )]
    NoCode { best: String, columns: String },
    #[error(
        "column '{column}': the codes have no dots and can be of either system ({kemendagri} of {rows} are Kemendagri codes, {bps} are BPS codes; 169 kabupaten have a BPS code that is another kabupaten's Kemendagri code); say which with --code-system kemendagri or --code-system bps"
    )]
    Ambiguous { column: String, rows: usize, kemendagri: usize, bps: usize },
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub code: Vec<usize>,
    pub name: Option<usize>,
    pub bps: Option<usize>,
    pub system: CodeSystem,
    /// What was chosen and why.
    pub reasons: Vec<Reason>,
}

/// Why a column was taken for what it is. Counts are of a sample of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    CodeStated {
        column: String,
    },
    /// The most values that the region table knows.
    CodeGuessed {
        column: String,
        known: usize,
        filled: usize,
    },
    SystemStated(CodeSystem),
    SystemByDots,
    /// How many codes are known, and how many rows have the table's name, as Kemendagri codes and
    /// as BPS codes.
    SystemCompared {
        system: CodeSystem,
        rows: usize,
        known: [usize; 2],
        agreeing: [usize; 2],
    },
    NameStated {
        column: String,
    },
    NameGuessed {
        column: String,
        agreeing: usize,
        rows: usize,
    },
    /// By what the column is called alone.
    NameByTitle {
        column: String,
    },
    /// Names come from the region table.
    NameAbsent,
}

/// What the code of a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowCode {
    Code(RegionCode),
    /// A BPS code that the table does not translate.
    UnknownBps(String),
    Bad(String),
    Absent,
}

/// Rows that are looked at to tell the columns.
const SAMPLE: usize = 4000;

/// Below this share of known codes, a column that nobody named is none.
const LEAST_KNOWN: f64 = 0.3;

/// Names under which codes are delivered, the likeliest first: BIG (KDEPUM …), Dukcapil, BPS.
const CODE_NAMES: &[&str] = &[
    "kode",
    "kdepum",
    "kdcpum",
    "kdpkab",
    "kdppum",
    "kodedesa",
    "kodekeldesa",
    "kddesa",
    "kodekel",
    "kodekec",
    "kdkec",
    "kodekab",
    "kodeprov",
    "kodewilayah",
    "kodekemendagri",
    "kemendagri",
    "iddesa",
    "idkec",
    "idkab",
    "idprov",
    "kodebps",
    "idsls",
    "id2013",
    "id2020",
    "adm4pcode",
    "adm3pcode",
    "adm2pcode",
    "adm1pcode",
    "code",
    "id",
];

const NAME_NAMES: &[&str] = &[
    "nama",
    "wadmkd",
    "namobj",
    "namadesa",
    "nmdesa",
    "desa",
    "kelurahan",
    "desakelur",
    "wadmkc",
    "namakec",
    "nmkec",
    "kecamatan",
    "wadmkk",
    "namakab",
    "nmkab",
    "kabkot",
    "wadmpr",
    "namaprov",
    "nmprov",
    "provinsi",
    "adm4en",
    "adm3en",
    "adm2en",
    "adm1en",
    "name",
];

/// Codes in pieces, as BPS files have them.
const PIECES: &[&[&str]] = &[
    &["provno", "kabkotno", "kecno", "desano"],
    &["kdprov", "kdkab", "kdkec", "kddesa"],
    &["provno", "kabkotno", "kecno"],
    &["provno", "kabkotno"],
];

pub(super) fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A name without its kind and without what spellings differ in: two spellings of one name that
/// differ in case, spaces or signs are equal.
pub(super) fn plain_name(text: &str) -> String {
    const KINDS: [&str; 16] = [
        "kabupaten administrasi ",
        "kota administrasi ",
        "kabupaten ",
        "kota ",
        "kab. ",
        "kab ",
        "kecamatan ",
        "kec. ",
        "kec ",
        "kelurahan ",
        "kel. ",
        "desa ",
        "distrik ",
        "provinsi ",
        "nagari ",
        "gampong ",
    ];
    let lower = text.trim().to_lowercase();
    let bare = KINDS.iter().find_map(|kind| lower.strip_prefix(kind)).unwrap_or(&lower);
    bare.chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Columns {
    /// The code of a row, in Kemendagri numbering.
    pub(super) fn row_code(&self, row: &Feature, catalog: &RegionCatalog) -> RowCode {
        read_code(&joined(row, &self.code), self.system, catalog)
    }

    pub(super) fn row_name<'a>(&self, row: &'a Feature) -> &'a str {
        self.name.and_then(|name| row.text(name)).unwrap_or_default()
    }
}

fn joined(row: &Feature, columns: &[usize]) -> String {
    columns.iter().filter_map(|column| row.text(*column)).collect()
}

/// Reads a code with or without dots; P-codes (`ID3601`) lose their letters.
pub(super) fn read_code(text: &str, system: CodeSystem, catalog: &RegionCatalog) -> RowCode {
    let text = text.trim();
    let text = text.strip_prefix("ID").unwrap_or(text);
    if text.is_empty() {
        return RowCode::Absent;
    }
    let bad = || RowCode::Bad(text.chars().take(24).collect());
    match system {
        CodeSystem::Kemendagri => kemendagri(text).map_or_else(bad, RowCode::Code),
        CodeSystem::Bps => match text.parse::<BpsCode>() {
            Ok(bps) => match catalog.from_bps(bps) {
                Some(code) => RowCode::Code(code),
                None => RowCode::UnknownBps(text.chars().take(24).collect()),
            },
            Err(_) => bad(),
        },
    }
}

fn kemendagri(text: &str) -> Option<RegionCode> {
    if !text.bytes().all(|b| b.is_ascii_digit()) || text.len() == 2 {
        return text.parse().ok();
    }
    let missing = match text.len() {
        4 => 6,
        6 => 4,
        10 => 0,
        _ => return None,
    };
    let digits: u64 = text.parse().ok()?;
    let code = RegionCode::from_packed(digits * 10_u64.pow(missing))?;
    // `36000000…` is a province written long, not a desa.
    let wanted = match text.len() {
        4 => Level::Kabupaten,
        6 => Level::Kecamatan,
        _ => Level::Desa,
    };
    (code.level() == wanted).then_some(code)
}

/// Tenths of the rows from which on all columns know the codes well enough: the finest is taken.
const WELL_KNOWN: usize = 8;

/// How the values of some columns fit a code system.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    filled: usize,
    known: usize,
    dotted: usize,
    /// Sum of the levels of known codes: the finest column of several has the most.
    depth: usize,
}

impl Fit {
    #[expect(clippy::cast_precision_loss, reason = "a sample")]
    fn share(&self) -> f64 {
        self.known as f64 / self.filled.max(1) as f64
    }
}

/// Tells the columns of a file.
///
/// # Errors
/// A column that is not there, none that holds codes, codes that may be of either system.
pub fn choose(
    features: &Features,
    catalog: &RegionCatalog,
    options: &ColumnOptions,
) -> Result<Columns, ColumnError> {
    let sample = Sample::new(features, catalog);
    let mut reasons = Vec::new();
    let stated = options.code.as_deref().or(options.bps.as_deref());
    let only_bps = options.code.is_none() && options.bps.is_some();
    let system = options.system.or(only_bps.then_some(CodeSystem::Bps));
    let code = match stated {
        Some(text) => {
            reasons.push(Reason::CodeStated { column: text.to_owned() });
            text.split('+').map(|c| find(features, c)).collect::<Result<_, _>>()?
        }
        None => sample.guess_code(system, &mut reasons)?,
    };
    let bps = options.bps.as_deref().map(|c| find(features, c)).transpose()?;
    let stated_name = options.name.as_deref().map(|c| find(features, c)).transpose()?;
    let system = sample.system(&code, system, stated_name, &mut reasons)?;
    let name = match stated_name {
        Some(name) => {
            reasons.push(Reason::NameStated { column: features.columns[name].clone() });
            Some(name)
        }
        None => sample.guess_name(&code, system, &mut reasons),
    };
    Ok(Columns { code, name, bps, system, reasons })
}

fn find(features: &Features, column: &str) -> Result<usize, ColumnError> {
    features.find(column).ok_or_else(|| ColumnError::NoColumn {
        column: column.to_owned(),
        columns: listed(features),
    })
}

fn listed(features: &Features) -> String {
    features.columns.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ")
}

struct Sample<'a> {
    features: &'a Features,
    catalog: &'a RegionCatalog,
    rows: Vec<&'a Feature>,
}

const SYSTEMS: [CodeSystem; 2] = [CodeSystem::Kemendagri, CodeSystem::Bps];

impl<'a> Sample<'a> {
    fn new(features: &'a Features, catalog: &'a RegionCatalog) -> Self {
        let step = features.rows.len().div_ceil(SAMPLE).max(1);
        Self { features, catalog, rows: features.rows.iter().step_by(step).collect() }
    }

    fn fit(&self, code: &[usize], system: CodeSystem) -> Fit {
        let mut fit = Fit::default();
        for row in &self.rows {
            let text = joined(row, code);
            if text.is_empty() {
                continue;
            }
            fit.filled += 1;
            fit.dotted += usize::from(text.contains('.'));
            if let RowCode::Code(code) = read_code(&text, system, self.catalog)
                && self.catalog.get(code).is_some()
            {
                fit.known += 1;
                fit.depth += code.level() as usize;
            }
        }
        fit
    }

    /// The column that knows the codes of most rows; of several that do, the finest, then the
    /// likeliest name.
    fn guess_code(
        &self,
        system: Option<CodeSystem>,
        reasons: &mut Vec<Reason>,
    ) -> Result<Vec<usize>, ColumnError> {
        let systems: Vec<CodeSystem> = system.map_or(SYSTEMS.to_vec(), |s| vec![s]);
        let rank = |names: &[&str], column: usize| {
            let name = plain(&self.features.columns[column]);
            names.iter().position(|n| *n == name).unwrap_or(names.len())
        };
        let mut best: Option<([usize; 5], Vec<usize>, Fit)> = None;
        for code in self.candidates() {
            for system in &systems {
                let fit = self.fit(&code, *system);
                // A few codes that the table does not know yet must not hand the file to a column
                // that is coarser, or of the other system and blank where the code is new.
                let tenths = (fit.known * 10 / self.rows.len().max(1)).min(WELL_KNOWN);
                let level = (2 * fit.depth + fit.known) / (2 * fit.known).max(1);
                // Dots settle the system, so such a column is better than one without.
                let dotted = usize::from(fit.dotted * 2 > fit.filled);
                let likely = CODE_NAMES.len() - rank(CODE_NAMES, code[0]);
                let key = [tenths, level, dotted, fit.depth, likely];
                if best.as_ref().is_none_or(|b| key > b.0) {
                    best = Some((key, code.clone(), fit));
                }
            }
        }
        let name = |code: &[usize]| {
            code.iter().map(|c| self.features.columns[*c].as_str()).collect::<Vec<_>>().join("+")
        };
        match best {
            Some((_, code, fit)) if fit.share() >= LEAST_KNOWN => {
                reasons.push(Reason::CodeGuessed {
                    column: name(&code),
                    known: fit.known,
                    filled: fit.filled,
                });
                Ok(code)
            }
            best => Err(ColumnError::NoCode {
                best: best.map_or_else(
                    || "none".to_owned(),
                    |b| format!("'{}', {} of {} values known", name(&b.1), b.2.known, b.2.filled),
                ),
                columns: listed(self.features),
            }),
        }
    }

    fn candidates(&self) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = (0..self.features.columns.len()).map(|c| vec![c]).collect();
        for pieces in PIECES {
            let found = pieces
                .iter()
                .map(|piece| self.features.columns.iter().position(|c| plain(c) == *piece));
            if let Some(code) = found.collect::<Option<Vec<usize>>>() {
                all.push(code);
            }
        }
        all
    }

    /// By dots; by names that agree; by the number of known codes. The winner must be clear.
    fn system(
        &self,
        code: &[usize],
        stated: Option<CodeSystem>,
        name: Option<usize>,
        reasons: &mut Vec<Reason>,
    ) -> Result<CodeSystem, ColumnError> {
        if let Some(system) = stated {
            reasons.push(Reason::SystemStated(system));
            return Ok(system);
        }
        let [kemendagri, bps] = SYSTEMS.map(|system| self.fit(code, system));
        if kemendagri.dotted * 2 > kemendagri.filled {
            reasons.push(Reason::SystemByDots);
            return Ok(CodeSystem::Kemendagri);
        }
        let agreeing = SYSTEMS.map(|system| self.names(code, system, name).map_or(0, |n| n.1));
        let by_names = clear(agreeing[0], agreeing[1]);
        let by_table = clear(kemendagri.known, bps.known);
        let winner = by_names.or(by_table).ok_or_else(|| ColumnError::Ambiguous {
            column: code.iter().map(|c| self.features.columns[*c].as_str()).collect(),
            rows: kemendagri.filled,
            kemendagri: kemendagri.known,
            bps: bps.known,
        })?;
        let system = SYSTEMS[usize::from(!winner)];
        reasons.push(Reason::SystemCompared {
            system,
            rows: kemendagri.filled,
            known: [kemendagri.known, bps.known],
            agreeing,
        });
        Ok(system)
    }

    /// The column whose texts are the table's names most often, and how often.
    fn names(
        &self,
        code: &[usize],
        system: CodeSystem,
        only: Option<usize>,
    ) -> Option<(usize, usize)> {
        let codes: Vec<Option<String>> = self
            .rows
            .iter()
            .map(|row| match read_code(&joined(row, code), system, self.catalog) {
                RowCode::Code(code) => self.catalog.get(code).map(|r| plain_name(&r.name)),
                _ => None,
            })
            .collect();
        let agreeing = |column: usize| {
            let pairs = self.rows.iter().zip(&codes);
            pairs
                .filter(|(row, name)| {
                    name.as_ref().is_some_and(|name| {
                        row.text(column).is_some_and(|text| plain_name(text) == *name)
                    })
                })
                .count()
        };
        let columns = only.map_or(0..self.features.columns.len(), |c| c..c + 1);
        columns
            .filter(|column| !code.contains(column))
            .map(|column| (column, agreeing(column)))
            .filter(|found| found.1 > 0)
            .max_by_key(|(column, n)| (*n, std::cmp::Reverse(*column)))
    }

    fn guess_name(
        &self,
        code: &[usize],
        system: CodeSystem,
        reasons: &mut Vec<Reason>,
    ) -> Option<usize> {
        if let Some((column, n)) = self.names(code, system, None)
            && n * 5 > self.rows.len()
        {
            reasons.push(Reason::NameGuessed {
                column: self.features.columns[column].clone(),
                agreeing: n,
                rows: self.rows.len(),
            });
            return Some(column);
        }
        let known = |name: &&&str| self.features.columns.iter().position(|c| plain(c) == ***name);
        let column = NAME_NAMES.iter().find(|n| known(n).is_some()).and_then(|n| known(&n));
        reasons.push(column.map_or(Reason::NameAbsent, |column| Reason::NameByTitle {
            column: self.features.columns[column].clone(),
        }));
        column
    }
}

/// True where the first is clearly more, false where the second is.
fn clear(first: usize, second: usize) -> Option<bool> {
    let (more, less) = (first.max(second), first.min(second));
    (more > 0 && more * 2 >= less * 3).then_some(first > second)
}
