//! What can go wrong with households by name: the file and what to do; never a value.

use std::path::PathBuf;

use crate::domain::RegionCode;
use crate::sealing::SealError;
use crate::spill::SpillError;

/// Why households cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ByNameError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: this snapshot has no households by name: it was built without a key (by_name_key, TEPAT_KEY_FILE), or they were erased; build again with the key"
    )]
    Absent { path: PathBuf },
    #[error(
        "{path}: not readable as the head of households by name; put it back from a copy, or build again"
    )]
    Head { path: PathBuf },
    #[error(
        "{path}: sealed with key {sealed}, and key {given} is at hand; name the right one with TEPAT_KEY_FILE"
    )]
    OtherKey { path: PathBuf, sealed: String, given: String },
    #[error("{path}: damaged, or changed by hand; build again, or put it back from a copy")]
    Damaged { path: PathBuf },
    #[error("{0}: lists are opened for one kecamatan or one desa")]
    Level(RegionCode),
    #[error("the file cannot be made: {0}")]
    File(String),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Spill(#[from] SpillError),
}
