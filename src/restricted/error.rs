//! What can go wrong with restricted files: the file, the row and the column, never a value.

use std::path::PathBuf;

use crate::spill::SpillError;

/// Why a restricted file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RestrictedError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path}: exists already and is not overwritten; choose another name")]
    Exists { path: PathBuf },
    #[error("{path}: is not the key of a store (32 bytes are due); put the right one back")]
    Key { path: PathBuf },
    #[error(
        "{path}: written by another version of tepat; build again without it, or with that version"
    )]
    Version { path: PathBuf },
    #[error("{path}: not there; build again with this version of tepat")]
    Absent { path: PathBuf },
    #[error("{path}: line {line} is damaged")]
    Line { path: PathBuf, line: u64 },
    #[error("{path}: row {row}, column '{column}': {problem}; nothing was imported")]
    Cell { path: PathBuf, row: u64, column: &'static str, problem: String },
    #[error("{path}: {problem}")]
    Sheet { path: PathBuf, problem: String },
    #[error("{path}: no row carries a decision in column 'keputusan'; nothing was imported")]
    Undecided { path: PathBuf },
    #[error(transparent)]
    Spill(#[from] SpillError),
}
