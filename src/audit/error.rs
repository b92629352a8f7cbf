//! Why a record cannot be written or read; nothing it stands for is done then.

use std::path::PathBuf;

/// What can go wrong with the log.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("audit log {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "audit log {path}: no further record can be appended: {problem}; look with tepat verify --audit, and put the folder back from a copy or move it aside"
    )]
    Broken { path: PathBuf, problem: String },
    #[error("audit log {path}, line {line}: not a record")]
    Line { path: PathBuf, line: u64 },
}
