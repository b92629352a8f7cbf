//! A seeded false population over real boundaries, in the registries' own layouts, with the truth
//! beside. Nothing here is needed to run the product.
//!
//! Families are made kabupaten by kabupaten (memory does not grow with the nation), ranked by a
//! latent welfare, and given an expenditure that reproduces the published figures of the period:
//! P0 and the extreme rate to within one family, P1 as near as a distribution of whole families
//! allows. With few families a kabupaten's P0 is coarse: one family of 500 is 0.2 %. The report
//! says what was reached. The families of a run are a sample: their number is chosen, only their
//! distribution follows the registered population.
//!
//! # Truth tables (`truth/*.parquet`)
//! - `families`: `desa` is the packed region code; `lng`, `lat` the true house; bit i of
//!   `receipts` is programme i of `data/programmes.toml` (family programmes).
//!   `coordinate_fault`: 0 none (ordinary noise), 1 missing, 2 latitude and longitude exchanged,
//!   3 zero, 4 in the sea, 5 coarse. `region_fault`: of the Regsosek rows, values as below.
//! - `persons`: `sex` 0 male, 1 female; `receipts` as above (person programmes).
//! - `rows`: one row for each delivered row. `file`: 0 `regsosek_keluarga`, 1 `regsosek_anggota`,
//!   2 `p3ke_keluarga`, 3 `p3ke_individu`, 4 `dtks`, 5 `pbi_jkn`, 6 `dapodik`, 7 `emis`,
//!   8 `prakerja`, 9 `carik`. `row`: 1 is the first under the header. A family row names its head
//!   as the person.
//!   `nik_fault`: 0 none, 1 missing, 2 zero, 3 another person's, 4 scientific notation,
//!   5 rounded to 15 digits, 6 apostrophe, 7 letter for a digit.
//!   `name_fault`: 0 none, 1 spelling, 2 title, 3 abbreviated, 4 order.
//!   `birth_fault`: 0 none, 1 day and month exchanged, 2 made 1 January.
//!   `region_fault`: 0 none, 1 another desa of the kecamatan, 2 digits of the other code system.
//!   `moved`: the row states the desa where the family lived before (or the one beside it, where
//!   `region_fault` is 1).
//!
//! In delivered Parquet files an empty field is null; all columns are texts.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "sizes of a generated population: far inside every type they are cast to"
)]

mod benefits;
mod delivery;
mod dice;
mod faults;
mod ground;
mod identity;
mod kabupaten;
mod names;
mod output;
mod people;
mod plan;
mod rates;
mod sheet;
mod truth;
mod welfare;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use rayon::prelude::*;
use serde::Serialize;

use self::delivery::{Batch, Clerk, Form};
use self::kabupaten::Residents;
use self::output::Output;
use self::plan::{Kabupaten, World};
use crate::data::DataError;
use crate::domain::{Period, ProgrammeError, RegionCode};
use crate::progress::Progress;
use crate::sources::layout::LayoutError;
use crate::spatial::{BoundaryError, Shapes};

pub use self::benefits::ProgrammeReached;
pub use self::output::{MARKER, RECEIPT};
pub use self::plan::ExtremeBasis;
pub use self::rates::{ErrorRates, Targeting};

/// More than live in the provinces that have polygons, and far inside every offset used.
const MAX_FAMILIES: u64 = 20_000_000;

/// Families whose rows are written by one thread in one go.
const GROUP: usize = 4096;

/// What to make.
#[derive(Clone, Debug)]
pub struct SynthConfig {
    /// Provinces whose desa polygons are at hand.
    pub provinces: Vec<RegionCode>,
    pub families: u64,
    pub seed: u64,
    /// Whose published figures are reproduced, and on whose first day ages are counted.
    pub period: Period,
    /// Ids of switched-off programmes that are handed out too.
    pub with: Vec<String>,
    pub rates: ErrorRates,
    /// Polygons of a boundary set; `None` for those of the product.
    pub boundaries: Option<Arc<Shapes>>,
    /// The delivery folder to make.
    pub out: PathBuf,
}

impl SynthConfig {
    /// Banten and DKI Jakarta, March 2023.
    pub fn demo(families: u64, out: PathBuf) -> Self {
        let province = |packed| RegionCode::from_packed(packed);
        Self {
            provinces: [3_100_000_000, 3_600_000_000].into_iter().filter_map(province).collect(),
            families,
            seed: 20_230_301,
            period: Period { year: 2023, month: 3 },
            with: Vec::new(),
            rates: ErrorRates::default(),
            boundaries: None,
            out,
        }
    }
}

/// Why nothing was made. The delivery folder is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    #[error("no province is chosen; name at least one")]
    NoProvince,
    #[error("{0} is not a province; name two-digit Kemendagri codes such as 36")]
    NotAProvince(RegionCode),
    #[error(
        "province {0}: there are no desa polygons of it, so houses have no place to stand; name a boundary set that has them with --boundaries DIR"
    )]
    NoBoundaries(RegionCode),
    #[error("{asked} families are too few for {n_desa} desa; ask for at least {}", n_desa.div_ceil(2))]
    TooFewFamilies { asked: u64, n_desa: u64 },
    #[error("{asked} families are too many: at most {max} can be made", max = MAX_FAMILIES)]
    TooManyFamilies { asked: u64 },
    #[error("{code}: no published {what} for the chosen period; choose another period")]
    NoFigure { code: RegionCode, what: &'static str },
    #[error(
        "{code}: the extreme-poverty line is not below the poverty line; choose another period"
    )]
    LinesCross { code: RegionCode },
    #[error("there is no programme '{0}'; the ids stand in data/programmes.toml")]
    UnknownProgramme(String),
    #[error("{0}: the population numbers of one birthday are used up; ask for fewer families")]
    Exhausted(RegionCode),
    #[error("{}: the folder holds something that tepat synth did not make; choose another folder or empty it", .0.display())]
    Occupied(PathBuf),
    #[error("{}: another run is writing here; wait for it or choose another folder", .0.display())]
    Busy(PathBuf),
    #[error("{}: the path names no folder; choose one", .0.display())]
    NoName(PathBuf),
    #[error("{}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{}: {problem}", path.display())]
    Table { path: PathBuf, problem: String },
    #[error("a thread that wrote deliveries ended early; run again and report it if it recurs")]
    Interrupted,
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Programmes(#[from] ProgrammeError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
}

/// How near one kabupaten came to the published figures. Rates 0..1 of persons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    pub code: RegionCode,
    pub n_families: u64,
    pub n_persons: u64,
    pub p0_target: f64,
    pub p0_reached: f64,
    pub p1_target: Option<f64>,
    pub p1_reached: f64,
    pub extreme_target: f64,
    pub extreme_basis: ExtremeBasis,
    pub extreme_reached: f64,
}

/// Rows of one delivered file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRows {
    pub file: String,
    pub rows: u64,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SynthReport {
    pub seed: u64,
    pub period: Period,
    pub provinces: Vec<RegionCode>,
    /// Switched-off programmes that were handed out too.
    pub with: Vec<String>,
    /// SHA-256 of the boundary set, where it was not the product's polygons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<String>,
    pub families: u64,
    pub persons: u64,
    pub files: Vec<FileRows>,
    pub calibration: Vec<Calibration>,
    pub programmes: Vec<ProgrammeReached>,
    pub rates: ErrorRates,
}

/// Makes the deliveries of `config` and puts them into its folder, all or nothing.
///
/// Rows are in code order of the kabupaten; the outcome depends on the configuration alone, not on
/// the number of threads.
///
/// # Errors
/// A configuration that cannot be met (before anything is written), or a folder that cannot be
/// written (what was begun is removed).
pub fn synthesise(
    config: &SynthConfig,
    progress: &dyn Progress,
) -> Result<SynthReport, SynthError> {
    if config.families > MAX_FAMILIES {
        return Err(SynthError::TooManyFamilies { asked: config.families });
    }
    let world = World::plan(config)?;
    let with_carik = world.desas.iter().any(|d| d.prefix / 10_000 == 31);
    let forms = delivery::forms(with_carik)?;
    let mut output = Output::create(&config.out, &forms)?;
    progress.stage("Membuat data sintetis", Some(config.families));
    match run(&world, &forms, &mut output, progress) {
        Ok(mut report) => {
            report.files = output
                .rows()
                .map(|(file, rows)| FileRows { file: file.to_owned(), rows })
                .collect();
            let text = serde_json::to_vec_pretty(&report).unwrap_or_default();
            output.finish(&text)?;
            Ok(report)
        }
        Err(error) => {
            output.abandon();
            Err(error)
        }
    }
}

/// Makes the population kabupaten by kabupaten, while a thread beside writes what is ready.
fn run(
    world: &World<'_>,
    forms: &[Form],
    output: &mut Output,
    progress: &dyn Progress,
) -> Result<SynthReport, SynthError> {
    let mut report = SynthReport {
        seed: world.config.seed,
        period: world.config.period,
        provinces: world.config.provinces.clone(),
        with: world.config.with.clone(),
        boundaries: world.config.boundaries.as_ref().and_then(|s| s.origin().set.clone()),
        families: 0,
        persons: 0,
        files: Vec::new(),
        calibration: Vec::new(),
        programmes: Vec::new(),
        rates: world.config.rates.clone(),
    };
    // Few groups under way: they hold the texts of all files.
    let (sender, receiver) = sync_channel::<Batch>(2);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<(), SynthError> {
            for batch in receiver {
                let families = batch.families;
                output.add(batch)?;
                progress.advance(families);
            }
            Ok(())
        });
        let made = world.kabupaten.iter().try_for_each(|kab| {
            let residents = Residents::make(world, kab)?;
            add_to(&mut report, kab, &residents);
            let ranges: Vec<_> = (0..residents.families.len())
                .step_by(GROUP)
                .map(|start| start..(start + GROUP).min(residents.families.len()))
                .collect();
            for few in ranges.chunks(2) {
                let batches: Vec<Batch> = few
                    .par_iter()
                    .map(|range| Clerk::write(world, kab, &residents, forms, range.clone()))
                    .collect();
                for batch in batches {
                    sender.send(batch).map_err(|_| SynthError::Interrupted)?;
                }
            }
            Ok(())
        });
        drop(sender);
        // The writer's own error says more than that it stopped.
        writer.join().map_err(|_| SynthError::Interrupted)?.and(made)
    })?;
    Ok(report)
}

fn add_to(report: &mut SynthReport, kab: &Kabupaten, residents: &Residents) {
    let (families, persons) = (residents.families.len() as u64, residents.persons.len() as u64);
    report.families += families;
    report.persons += persons;
    report.calibration.push(Calibration {
        code: kab.code,
        n_families: families,
        n_persons: persons,
        p0_target: kab.target.p0,
        p0_reached: residents.reached.p0,
        p1_target: kab.target.p1,
        p1_reached: residents.reached.p1,
        extreme_target: kab.target.extreme,
        extreme_basis: kab.target.basis,
        extreme_reached: residents.reached.extreme,
    });
    let so_far = std::mem::take(&mut report.programmes);
    let more = residents.programmes.clone();
    report.programmes = if so_far.is_empty() { more } else { benefits::add_counts(so_far, more) };
}
