//! Why a store cannot be backed up or put back: the file, the member, what to do.

use std::path::PathBuf;

use crate::audit::AuditError;
use crate::fresh::FreshError;
use crate::snapshot::StoreError;

/// What can go wrong with a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: no room: {source}; nothing is left of it, and the store is as it was; make room or name another disk, and run it again"
    )]
    Full { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Fresh(#[from] FreshError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("{path}: the accounts cannot be copied: {source}")]
    Accounts { path: PathBuf, source: Box<rusqlite::Error> },
    #[error("{path}: {problem}; this is no whole backup of tepat: take another copy of it")]
    Damaged { path: PathBuf, problem: String },
    #[error(
        "{path}: the backup was not marked with this key, or its list was changed; name the key it was made with by TEPAT_KEY_FILE"
    )]
    Mark { path: PathBuf },
    #[error(
        "{path}: is there already and is not overwritten; restore into a folder that does not exist yet"
    )]
    Exists { path: PathBuf },
    #[error("{path}: what was restored does not hold: {problem}")]
    Unsound { path: PathBuf, problem: String },
}
