//! One delivered file looked at alone, for its owner: what is filled, what is wrong, where, and
//! what may have been meant. Reads the file once, row by row.

mod files;
mod inspection;
mod mend;
mod repeats;
mod report;
mod tables;

use std::path::{Path, PathBuf};

use files::Workplace;
use inspection::Inspection;
pub use report::{
    BirthQuality, ColumnQuality, FaultCount, NikQuality, QualityReport, RegionFigures,
    RegionQuality,
};

use super::{Cleaner, CleanerError, IssueLog};
use crate::data::DataError;
use crate::domain::{Period, ProgrammeSet};
use crate::progress::Progress;
use crate::regions::{NikPrefixes, RegionCatalog};
use crate::sources::layout::{FileLayout, Layout, SYNTHETIC_MARKER};
use crate::sources::{SourceError, read_rows};
use crate::spill::SpillError;

/// Ages are not part of the report; any round serves.
const ANY_PERIOD: Period = Period { year: 2023, month: 3 };

/// Why a file could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Cleaner(#[from] CleanerError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Spill(#[from] SpillError),
    #[error("{path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0}: exists and is not an empty folder; name another one with --out")]
    Occupied(PathBuf),
}

/// Words for codes, which a room further on has.
#[derive(Clone, Copy)]
pub struct Words {
    /// What a fault is.
    pub issue: fn(&str) -> String,
    /// What its owner can do about it.
    pub advice: fn(&str) -> &'static str,
    /// What a candidate rests on.
    pub why: fn(&str) -> &'static str,
    /// Said of figures that are withheld.
    pub suppressed: &'static str,
    /// Said of people that are invented.
    pub synthetic: &'static str,
}

/// What is checked, and where the files of the report go.
pub struct CheckSettings<'a> {
    pub path: &'a Path,
    pub layout: &'a Layout,
    pub file: &'a FileLayout,
    pub programmes: &'a ProgrammeSet,
    pub words: Words,
    /// A folder to make: reports for everybody and the restricted mend-list.
    pub out: Option<&'a Path>,
}

/// Checks one file.
///
/// # Errors
/// The file cannot be read as its layout says, the folder for the report is taken, or the disk
/// does not take it. Nothing half-written stays behind.
pub fn check(
    settings: &CheckSettings<'_>,
    progress: &dyn Progress,
) -> Result<QualityReport, CheckError> {
    let catalog = RegionCatalog::shared()?;
    let prefixes = NikPrefixes::shared()?;
    let mut place = Workplace::prepare(settings.out)?;
    let bytes = std::fs::metadata(settings.path).map(|m| m.len()).ok();
    progress.stage("Memeriksa", bytes);
    let synthetic = settings.path.with_file_name(SYNTHETIC_MARKER).exists();
    let mends = place.mend_list(settings, synthetic)?;
    let prepare = |header: &_| -> Result<Inspection<'_>, CheckError> {
        let mut cleaner = Cleaner::new(
            header,
            settings.file,
            settings.layout.registry,
            0,
            ANY_PERIOD,
            catalog,
            settings.programmes,
        )?
        .alone();
        cleaner.log = IssueLog::watching();
        Ok(Inspection::new(header, settings.file, cleaner, prefixes, mends, place.scratch()))
    };
    let (summary, mut inspection) =
        read_rows(settings.path, settings.file, progress, prepare, |inspection, row| {
            inspection.row(&row)
        })?;
    inspection.whole_file(&summary);
    progress.stage("Mencari NIK berulang", None);
    let found = inspection.finish()?;
    let report = QualityReport::new(settings, &summary, found, catalog, synthetic);
    place.publish(&report, settings.words)?;
    Ok(report)
}
