//! What can go wrong with restricted files: the file, the row and the column, never a value.

use std::path::PathBuf;

use crate::fresh::FreshError;
use crate::spill::SpillError;

/// Why a restricted file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RestrictedError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: permission denied; the restricted part of a store is open to its owner only: run tepat as that user"
    )]
    Denied { path: PathBuf },
    #[error("{path}: is not the key of a store (32 bytes are due); put the right one back")]
    Key { path: PathBuf },
    #[error(
        "{path}: written by another version of tepat; build with that version, or with --without-history, which gives everybody a new id"
    )]
    Version { path: PathBuf },
    #[error("{path}: not there; build again with this version of tepat")]
    Absent { path: PathBuf },
    #[error(
        "{path}: the ledger of the current snapshot is gone, and with it the ids of all persons; put the folder back from a copy, or build with --without-history, which gives everybody a new id"
    )]
    NoLedger { path: PathBuf },
    #[error(
        "{path}: the ledger is cut off or damaged; put the file back from a copy, or build with --without-history, which gives everybody a new id"
    )]
    Ledger { path: PathBuf },
    #[error(
        "{path}: sealed, and the key is not at hand, or is another one; name its file with TEPAT_KEY_FILE"
    )]
    Sealed { path: PathBuf },
    #[error("{path}: line {line} is damaged")]
    Line { path: PathBuf, line: u64 },
    #[error("{path}: row {row}, column '{column}': {problem}; nothing was imported")]
    Cell { path: PathBuf, row: u64, column: &'static str, problem: String },
    #[error("{path}: {problem}")]
    Sheet { path: PathBuf, problem: String },
    #[error("{path}: no row carries a decision in column 'keputusan'; nothing was imported")]
    Undecided { path: PathBuf },
    #[error(transparent)]
    Fresh(#[from] FreshError),
    #[error(transparent)]
    Spill(#[from] SpillError),
}
