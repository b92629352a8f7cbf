//! What can go wrong with a store, with the path and what to do.

use std::path::PathBuf;

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{store}: another build is writing to this store; wait for it or stop it")]
    Busy { store: PathBuf },
    #[error("{store}: the store holds no snapshot yet; run tepat build first")]
    Empty { store: PathBuf },
    #[error(
        "{path}: the file does not match its manifest (damaged or changed by hand); build again"
    )]
    Damaged { path: PathBuf },
    #[error(
        "{path}: built by an earlier version{version}, without {missing}: build again (tepat build, or tepat demo)"
    )]
    Outdated {
        path: PathBuf,
        /// ` (Tepat 0.1.0)`, or nothing where the manifest does not say.
        version: String,
        missing: &'static str,
    },
    #[error("{path}: {problem}")]
    Table { path: PathBuf, problem: String },
    #[error("{path}: the manifest is not readable: {source}")]
    Manifest { path: PathBuf, source: serde_json::Error },
}
