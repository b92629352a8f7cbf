//! Registry figures against the known truth of synthetic deliveries. They are not meant to be
//! equal below the nation: houses are placed by coordinates with errors, as real ones are. The
//! check says how far apart they are, and fails where errors of location cannot explain it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, PolarsError};

use super::Check;
use crate::domain::{Level, RegionCode};
use crate::parquet::{ParquetError, ParquetFile};
use crate::snapshot::Snapshot;

/// Largest difference of a kabupaten's extreme-poverty rate that location errors explain.
const KABUPATEN_TOLERANCE: f64 = 0.002;

/// The truth cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    #[error("{path}: {source}; name the truth folder that tepat synth wrote")]
    Open { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Table(#[from] ParquetError),
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    families: u64,
    persons: u64,
    extreme: u64,
    poor: u64,
}

/// Compares a snapshot with `folder`/families.parquet.
///
/// # Errors
/// The table is missing or has other columns.
pub fn against_truth(snapshot: &Snapshot, folder: &Path) -> Result<Vec<Check>, TruthError> {
    let path = folder.join("families.parquet");
    let file = ParquetFile::open(&path)?;
    let frame =
        file.read(&["desa", "n_members", "extreme", "poor"].map(str::to_owned), 0, file.rows())?;
    let truth = sums(&frame).map_err(|e| file.fault(&e))?;
    Ok(vec![totals(snapshot, &truth), kabupaten(snapshot, &truth)])
}

fn sums(frame: &DataFrame) -> Result<BTreeMap<RegionCode, Sums>, PolarsError> {
    let desa = frame.column("desa")?.u64()?.clone();
    let members = frame.column("n_members")?.u32()?.clone();
    let (extreme, poor) = (flags(frame, "extreme")?, flags(frame, "poor")?);
    let mut all: BTreeMap<RegionCode, Sums> = BTreeMap::new();
    for (i, (desa, members)) in desa.iter().zip(members.iter()).enumerate() {
        let code = RegionCode::from_packed(desa.unwrap_or(0)).unwrap_or(RegionCode::NATION);
        let persons = u64::from(members.unwrap_or(0));
        for level in [Level::Nation, Level::Kabupaten] {
            let sums = all.entry(code.ancestor(level)).or_default();
            sums.families += 1;
            sums.persons += persons;
            sums.extreme += if extreme[i] { persons } else { 0 };
            sums.poor += if poor[i] { persons } else { 0 };
        }
    }
    Ok(all)
}

fn flags(frame: &DataFrame, name: &str) -> Result<Vec<bool>, PolarsError> {
    Ok(frame.column(name)?.bool()?.iter().map(Option::unwrap_or_default).collect())
}

/// The nation misses exactly the families that could not be placed.
fn totals(snapshot: &Snapshot, truth: &BTreeMap<RegionCode, Sums>) -> Check {
    let truth = truth.get(&RegionCode::NATION).copied().unwrap_or_default();
    let (families, persons) =
        snapshot.region(RegionCode::NATION).map_or((0, 0), |c| (c.n_families, c.n_persons));
    let location = &snapshot.manifest.location;
    let passed = families + location.unplaced == truth.families
        && persons + location.unplaced_persons == truth.persons;
    let detail = format!(
        "families {families} + {} unplaced = {} true; persons {persons} + {} unplaced = {} true",
        location.unplaced, truth.families, location.unplaced_persons, truth.persons
    );
    Check { name: "truth_totals", passed, detail }
}

fn kabupaten(snapshot: &Snapshot, truth: &BTreeMap<RegionCode, Sums>) -> Check {
    let (mut worst, mut at, mut n) = (0.0_f64, RegionCode::NATION, 0_u32);
    for (code, sums) in truth.iter().filter(|(code, _)| code.level() == Level::Kabupaten) {
        let registry = snapshot.region(*code).and_then(crate::indicators::poverty::extreme_rate);
        let difference = (registry.unwrap_or(0.0) - rate(sums.extreme, sums.persons)).abs();
        n += 1;
        if difference > worst {
            (worst, at) = (difference, *code);
        }
    }
    let detail = format!(
        "extreme-poverty rate of {n} kabupaten/kota: largest difference {:.3} points ({at})",
        worst * 100.0
    );
    Check { name: "truth_kabupaten", passed: worst <= KABUPATEN_TOLERANCE, detail }
}

fn rate(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "persons stay below 2^53")]
    let rate = part as f64 / whole.max(1) as f64;
    rate
}
