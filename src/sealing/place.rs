//! Where the key of a store lies: named by whoever runs the command, or remembered by the store. The
//! store knows the path only.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::SealError;
use super::key::MasterKey;
use crate::fresh::{self, Access};

const PLACE: &str = "KEYFILE";

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

/// The key that `named` names, or else the store; `None` where neither does.
///
/// # Errors
/// The key cannot be read (see [`MasterKey::read`]).
pub fn key_of_store(store: &Path, named: Option<&Path>) -> Result<Option<KeyFrom>, SealError> {
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
