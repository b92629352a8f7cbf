//! Files of changes: the tables of this build and the ones that a user adds, as CSV or TOML. A
//! fault names the row and the column.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::History;
use super::check::ChangeProblem;
use crate::domain::{Day, RegionChange, RegionCode, Share, ShareBasis};
use crate::regions::RegionCatalog;

/// What is wrong with a user's file of changes.
#[derive(Debug, thiserror::Error)]
pub enum ChangeFileError {
    #[error("{path}: {problem}")]
    Toml { path: String, problem: String },
    #[error(
        "{path}: there is no change in it; a change has tanggal, dari, ke and bagian (see data/README.md)"
    )]
    Empty { path: String },
    #[error("{path}, {row}")]
    Row { path: String, row: RowProblem },
}

/// A row that is no change.
#[derive(Debug, thiserror::Error)]
#[error("row {row}, column {column}: {problem}")]
pub struct RowProblem {
    /// Line of a CSV file, the header being 1; place of a `[[change]]` in a TOML file, from 1.
    pub row: u64,
    pub column: String,
    pub problem: String,
}

/// One change and the line it stands on.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) change: RegionChange,
}

/// Reads a user's changes and holds them against the region table and the history. `name` ends in
/// `.toml` for `[[change]]` tables; anything else is CSV with a header.
///
/// # Errors
/// The first row that is no change or does not fit, with its column.
pub fn read_changes(
    name: &str,
    text: &str,
    history: &History,
    catalog: &RegionCatalog,
) -> Result<Vec<RegionChange>, ChangeFileError> {
    let path = name.to_owned();
    let is_toml = Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let rows = if is_toml {
        toml_rows(name, text)?
    } else {
        csv_rows(text.as_bytes()).map_err(|row| ChangeFileError::Row { path: path.clone(), row })?
    };
    if rows.is_empty() {
        return Err(ChangeFileError::Empty { path });
    }
    let changes: Vec<RegionChange> = rows.iter().map(|row| row.change.clone()).collect();
    history.with(&changes, catalog).map_err(|ChangeProblem { index, column, problem }| {
        let row = rows.get(index).map_or(0, |row| row.line);
        ChangeFileError::Row { path, row: RowProblem { row, column: column.to_owned(), problem } }
    })?;
    Ok(changes)
}

/// A change as it is written; what may be left out is filled in by [`Draft::complete`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Draft {
    tanggal: String,
    ketelitian: String,
    dari: String,
    nama_dari: String,
    ke: String,
    bagian: Text,
    bagian_balik: Text,
    dasar: String,
    sumber: String,
}

/// A share may be typed as a text or, in TOML, as a number.
#[derive(Clone, Debug, Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Words(String),
            Whole(i64),
            Number(f64),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Words(words) => words,
            Either::Whole(number) => number.to_string(),
            Either::Number(number) => number.to_string(),
        }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    change: Vec<Draft>,
}

fn toml_rows(name: &str, text: &str) -> Result<Vec<Row>, ChangeFileError> {
    let path = name.to_owned();
    let file: TomlFile = toml::from_str(text)
        .map_err(|e| ChangeFileError::Toml { path: path.clone(), problem: e.to_string() })?;
    let drafts = (1..).zip(file.change).collect();
    complete(drafts).map_err(|row| ChangeFileError::Row { path, row })
}

/// The rows of a CSV file with a header.
pub(super) fn csv_rows(bytes: &[u8]) -> Result<Vec<Row>, RowProblem> {
    let broken = |e: &csv::Error| RowProblem {
        row: e.position().map_or(1, csv::Position::line),
        column: "tanggal".to_owned(),
        problem: match e.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
            _ => e.to_string(),
        },
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let mut drafts = Vec::new();
    let head = reader.headers().map_err(|e| broken(&e))?.clone();
    for due in ["tanggal", "dari", "ke", "bagian"] {
        if !head.is_empty() && !head.iter().any(|column| column == due) {
            let problem = "this column is missing from the header".to_owned();
            return Err(RowProblem { row: 1, column: due.to_owned(), problem });
        }
    }
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        let line = record.position().map_or(0, csv::Position::line);
        drafts.push((line, draft(&head, &record, line)?));
    }
    complete(drafts)
}

fn draft(
    head: &csv::StringRecord,
    record: &csv::StringRecord,
    row: u64,
) -> Result<Draft, RowProblem> {
    let mut draft = Draft::default();
    for (column, value) in head.iter().zip(record) {
        let value = value.to_owned();
        match column {
            "tanggal" => draft.tanggal = value,
            "ketelitian" => draft.ketelitian = value,
            "dari" => draft.dari = value,
            "nama_dari" => draft.nama_dari = value,
            "ke" => draft.ke = value,
            "bagian" => draft.bagian = Text(value),
            "bagian_balik" => draft.bagian_balik = Text(value),
            "dasar" => draft.dasar = value,
            "sumber" => draft.sumber = value,
            other => {
                let problem = "no such column; there are tanggal, ketelitian, dari, nama_dari, ke, bagian, bagian_balik, dasar, sumber".to_owned();
                return Err(RowProblem { row, column: other.chars().take(24).collect(), problem });
            }
        }
    }
    Ok(draft)
}

/// Fills in what may be left out: a region with one predecessor lay in it whole.
fn complete(drafts: Vec<(u64, Draft)>) -> Result<Vec<Row>, RowProblem> {
    let mut origins: HashMap<(String, String), usize> = HashMap::new();
    for (_, draft) in &drafts {
        *origins.entry((draft.tanggal.clone(), draft.ke.clone())).or_default() += 1;
    }
    drafts
        .into_iter()
        .map(|(line, draft)| {
            let several = origins[&(draft.tanggal.clone(), draft.ke.clone())] > 1;
            let change = draft.complete(several).map_err(|(column, problem)| RowProblem {
                row: line,
                column: column.to_owned(),
                problem,
            })?;
            Ok(Row { line, change })
        })
        .collect()
}

impl Draft {
    fn complete(self, several: bool) -> Result<RegionChange, (&'static str, String)> {
        let date: Day = parse("tanggal", &self.tanggal)?;
        let exact_day = match self.ketelitian.as_str() {
            "" | "hari" => true,
            "edisi" => false,
            _ => return Err(("ketelitian", "expected 'hari' or 'edisi'".to_owned())),
        };
        let from: RegionCode = parse("dari", &self.dari)?;
        let to: RegionCode = parse("ke", &self.ke)?;
        let share: Share = parse("bagian", &self.bagian.0)?;
        let back = match self.bagian_balik.0.as_str() {
            "" if several => {
                let problem = format!(
                    "{to} has several predecessors on {date}: say which part of it was in {from}"
                );
                return Err(("bagian_balik", problem));
            }
            "" => Share::WHOLE,
            text => parse("bagian_balik", text)?,
        };
        let whole = share.is_whole() && back.is_whole();
        let basis = match self.dasar.as_str() {
            "" if whole => ShareBasis::Whole,
            text => ShareBasis::from_slug(text).ok_or_else(|| {
                let words = "expected what the share was measured by: keluarga, penduduk or luas (utuh where nothing was divided)";
                ("dasar", words.to_owned())
            })?,
        };
        if basis == ShareBasis::Whole && !whole {
            return Err(("dasar", "'utuh' stands beside a share below 1".to_owned()));
        }
        let (from_name, source) = (self.nama_dari, self.sumber);
        Ok(RegionChange { date, exact_day, from, from_name, to, share, back, basis, source })
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    column: &'static str,
    text: &str,
) -> Result<T, (&'static str, String)> {
    text.parse().map_err(|e: T::Err| (column, e.to_string()))
}
