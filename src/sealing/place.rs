//! Where the key of a store lies: named by whoever runs the command, or remembered by the store. The
//! store knows the path only.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::SealError;
use super::key::MasterKey;
use crate::fresh::{self, Access};

const PLACE: &str = "KEYFILE";
/// There while everything sealed is being sealed anew: the paths of the key that goes and of the one
/// that comes.
const EXCHANGE: &str = "KEYS.exchange";

/// A key, and who said where it is.
#[derive(Clone, Debug)]
pub struct KeyFrom {
    pub master: MasterKey,
    pub path: PathBuf,
    /// The store's own word for it: whoever can write to the store can name another key.
    pub remembered: bool,
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SealError + '_ {
    |source| SealError::Io { path: path.to_owned(), source }
}

/// The files of the keys between which a store is being brought over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub from: PathBuf,
    pub to: PathBuf,
}

/// The exchange of keys that a store is in the middle of; `None` where it is in none.
///
/// # Errors
/// What says so cannot be read.
pub fn exchange(store: &Path) -> Result<Option<Exchange>, SealError> {
    let place = store.join(EXCHANGE);
    let text = match fs::read_to_string(&place) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(io(&place))?,
    };
    let mut lines = text.lines().map(PathBuf::from);
    match (lines.next(), lines.next()) {
        (Some(from), Some(to)) => Ok(Some(Exchange { from, to })),
        _ => Err(SealError::NoPlace { path: place }),
    }
}

/// From now on until [`end_exchange`] nothing of the store opens but by the exchange itself.
///
/// # Errors
/// The disk does not take it.
pub fn begin_exchange(store: &Path, keys: &Exchange) -> Result<(), SealError> {
    let place = store.join(EXCHANGE);
    let real = |path: &Path| fs::canonicalize(path).map_err(io(path));
    let text = format!("{}\n{}\n", real(&keys.from)?.display(), real(&keys.to)?.display());
    fresh::replace(&place, text.as_bytes(), Access::Usual).map_err(io(&place))
}

/// Everything opens with the new key.
///
/// # Errors
/// The disk does not take it.
pub fn end_exchange(store: &Path) -> Result<(), SealError> {
    let place = store.join(EXCHANGE);
    fs::remove_file(&place).map_err(io(&place))?;
    fs::File::open(store).and_then(|folder| folder.sync_all()).map_err(io(store))
}

/// The key that `named` names, or else the store; `None` where neither does.
///
/// # Errors
/// The key cannot be read (see [`MasterKey::read`]).
pub fn key_of_store(store: &Path, named: Option<&Path>) -> Result<Option<KeyFrom>, SealError> {
    if let Some(Exchange { to, .. }) = exchange(store)? {
        return Err(SealError::Rotating { store: store.to_owned(), to });
    }
    let (path, remembered) = match named {
        Some(path) => (path.to_owned(), false),
        None => match fs::read_to_string(store.join(PLACE)) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io(&store.join(PLACE))(e)),
            Ok(text) if text.trim().is_empty() => {
                return Err(SealError::NoPlace { path: store.join(PLACE) });
            }
            Ok(text) => (PathBuf::from(text.trim()), true),
        },
    };
    let master = MasterKey::read(&path, store)?;
    Ok(Some(KeyFrom { master, path, remembered }))
}

/// Makes the store remember where its key lies.
///
/// # Errors
/// The disk does not take it.
pub fn remember(store: &Path, key: &Path) -> Result<(), SealError> {
    let place = store.join(PLACE);
    let path = fs::canonicalize(key).map_err(io(key))?;
    let text = format!("{}\n", path.display());
    if fs::read_to_string(&place).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fresh::replace(&place, text.as_bytes(), Access::Usual).map_err(io(&place))
}
