//! Links against the known truth of synthetic deliveries: of every registry, by the state of the
//! NIK that was delivered, how many links are right (precision) and how many persons were found
//! (recall).

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::{DataFrame, PolarsError};

use super::Check;
use super::truth::TruthError;
use crate::domain::Registry;
use crate::parquet::ParquetFile;
use crate::restricted::{Restricted, links_file};
use crate::snapshot::Snapshot;

/// Share of links of a registry that must be right.
const LEAST_PRECISION: f64 = 0.999;

/// Share of rows about a person of the base that must be linked.
const LEAST_RECALL: f64 = 0.98;

/// What was delivered as a NIK, by the truth's fault number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NikState {
    Good,
    Missing,
    Damaged,
    SomebodyElses,
}

impl NikState {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Good, "good"),
        (Self::Missing, "missing"),
        (Self::Damaged, "damaged"),
        (Self::SomebodyElses, "somebody else's"),
    ];

    fn of(fault: u8) -> Self {
        match fault {
            0 | 6 => Self::Good,
            1 | 2 => Self::Missing,
            3 => Self::SomebodyElses,
            _ => Self::Damaged,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Score {
    rows: u64,
    linked: u64,
    right: u64,
}

impl Score {
    fn precision(self) -> f64 {
        share(self.right, self.linked)
    }

    fn recall(self) -> f64 {
        share(self.right, self.rows)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "rows stay below 2^53")]
    let share = part as f64 / whole.max(1) as f64;
    if whole == 0 { 1.0 } else { share }
}

/// What the truth says of one file's rows: person and NIK fault, by row.
type FileTruth = HashMap<u64, (u64, u8)>;

/// Compares the links of the current snapshot of a store with `folder`/rows.parquet.
///
/// # Errors
/// A table is missing or has other columns.
pub fn links_against_truth(
    snapshot: &Snapshot,
    store: &Path,
    folder: &Path,
) -> Result<Vec<Check>, TruthError> {
    let restricted = Restricted::of_store(store).folder_of(&snapshot.manifest.id);
    let truth = read_truth(folder)?;
    let mut checks = Vec::new();
    for registry in &Registry::ALL[1..] {
        let path = links_file(&restricted, *registry);
        if path.exists() {
            let links = std::fs::read_to_string(&path)
                .map_err(|source| TruthError::Open { path: path.clone(), source })?;
            checks.push(check(*registry, snapshot, &truth, &links));
        }
    }
    Ok(checks)
}

fn check(
    registry: Registry,
    snapshot: &Snapshot,
    truth: &HashMap<String, FileTruth>,
    links: &str,
) -> Check {
    let mut scores = [Score::default(); 4];
    let state =
        |fault: u8| NikState::ALL.iter().position(|(s, _)| *s == NikState::of(fault)).unwrap_or(0);
    let mine = snapshot.manifest.sources.iter().filter(|s| s.registry == registry);
    for rows in mine.filter_map(|s| truth.get(&s.file)) {
        rows.values().for_each(|(_, fault)| scores[state(*fault)].rows += 1);
    }
    for line in links.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let at = |file: usize| {
            let row = cells.get(file + 1)?.parse().ok()?;
            truth.get(*cells.get(file)?)?.get(&row).copied()
        };
        if let (Some((person, fault)), Some((base, _))) = (at(0), at(2)) {
            let score = &mut scores[state(fault)];
            score.linked += 1;
            score.right += u64::from(person == base);
        }
    }
    let mut all = Score::default();
    let mut parts = Vec::new();
    for (score, (_, name)) in scores.iter().zip(NikState::ALL) {
        all.rows += score.rows;
        all.linked += score.linked;
        all.right += score.right;
        let (p, r) = (score.precision(), score.recall());
        parts.push(format!("NIK {name}: {} rows, precision {p:.4}, recall {r:.4}", score.rows));
    }
    let passed = all.precision() >= LEAST_PRECISION && all.recall() >= LEAST_RECALL;
    let detail = format!(
        "{}: precision {:.5}, recall {:.5}; {}",
        registry.slug(),
        all.precision(),
        all.recall(),
        parts.join("; ")
    );
    Check { name: "truth_links", passed, detail }
}

/// The truth of every person file, by its name.
fn read_truth(folder: &Path) -> Result<HashMap<String, FileTruth>, TruthError> {
    let path = folder.join("rows.parquet");
    let table = ParquetFile::open(&path)?;
    let names = file_names(folder)?;
    let rows = rows_of(&table.read_all()?).map_err(|e| table.fault(&e))?;
    let mut all: HashMap<String, FileTruth> = HashMap::new();
    for (file, row, person, fault) in rows {
        if let Some(name) = names.get(usize::from(file)) {
            all.entry(name.clone()).or_default().insert(row, (person, fault));
        }
    }
    Ok(all)
}

fn rows_of(frame: &DataFrame) -> Result<Vec<(u8, u64, u64, u8)>, PolarsError> {
    let (file, row) = (frame.column("file")?.u8()?, frame.column("row")?.u64()?);
    let (person, fault) = (frame.column("person_id")?.u64()?, frame.column("nik_fault")?.u8()?);
    let rows = file.iter().zip(row.iter()).zip(person.iter().zip(fault.iter()));
    Ok(rows
        .filter_map(|((file, row), (person, fault))| Some((file?, row?, person?, fault?)))
        .collect())
}

/// Names of the delivered files in the order of the truth, from the report beside them.
fn file_names(folder: &Path) -> Result<Vec<String>, TruthError> {
    let path = folder.join("../laporan_sintesis.json");
    let open = |source| TruthError::Open { path: path.clone(), source };
    let text = std::fs::read_to_string(&path).map_err(open)?;
    let report: serde_json::Value = serde_json::from_str(&text).map_err(|e| open(e.into()))?;
    let files = report["files"].as_array().cloned().unwrap_or_default();
    Ok(files.iter().map(|f| f["file"].as_str().unwrap_or_default().to_owned()).collect())
}
