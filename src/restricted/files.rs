//! Files and folders that nobody but their owner can open.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::error::RestrictedError;
use crate::fresh::FreshError;

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> RestrictedError + '_ {
    |source| match source.kind() {
        ErrorKind::PermissionDenied => RestrictedError::Denied { path: path.to_owned() },
        _ => RestrictedError::Io { path: path.to_owned(), source },
    }
}

/// Makes a folder and those above it, 0700 where it did not exist.
pub(super) fn create_folder(path: &Path) -> Result<(), RestrictedError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io(path))
}

/// A new file, 0600.
///
/// # Errors
/// It exists already, or the disk does not take it.
pub(super) fn create_new(path: &Path) -> Result<File, RestrictedError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            Err(FreshError::Exists { path: path.to_owned() }.into())
        }
        opened => opened.map_err(io(path)),
    }
}

/// A file to append to, 0600 where it is made.
pub(super) fn append_to(path: &Path) -> Result<File, RestrictedError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).read(true).mode(0o600).open(path).map_err(io(path))
}

/// Closes a folder and all in it to others, and makes it durable.
pub(super) fn close_and_sync(folder: &Path) -> Result<(), RestrictedError> {
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(io(&path))?;
        sync(&path)?;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(io(folder))?;
    sync(folder)
}

pub(super) fn sync(path: &Path) -> Result<(), RestrictedError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(io(path))
}
