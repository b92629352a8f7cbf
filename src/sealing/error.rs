//! What can go wrong with keys and sealed bytes: the file and what to do, never a byte of either.

use std::path::PathBuf;

use crate::fresh::FreshError;

/// Why a key cannot be had, or something sealed not be read.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: there is no key file; make one with tepat key new, or name another with TEPAT_KEY_FILE"
    )]
    NoKey { path: PathBuf },
    #[error(
        "{path}: is no key file of tepat; put the right one back (tepat key new makes a new one, which opens nothing that is sealed already)"
    )]
    NotAKey { path: PathBuf },
    #[error("{path}: names no key file; write its path there, or name the key with TEPAT_KEY_FILE")]
    NoPlace { path: PathBuf },
    #[error("{path}: others may read the key file (mode {mode:o}); close it with chmod 600")]
    Open { path: PathBuf, mode: u32 },
    #[error(
        "{path}: the key lies in the data folder {store}, where whoever copies the data has it too; keep it elsewhere"
    )]
    Inside { path: PathBuf, store: PathBuf },
    #[error(
        "{store}: an exchange of keys was cut off: nothing is lost, and nothing is opened until it is finished; run tepat key rotate --store {store} --to {to} again"
    )]
    Rotating { store: PathBuf, to: PathBuf },
    #[error(transparent)]
    Fresh(#[from] FreshError),
    #[error(
        "{path}: cannot be opened with this key: it was sealed with another, or it was changed"
    )]
    Shut { path: PathBuf },
    #[error("no randomness: {0}")]
    Random(std::io::Error),
}
