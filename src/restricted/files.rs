//! Files and folders that nobody but their owner can open.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::RestrictedError;

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
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(RestrictedError::Exists { path: path.to_owned() })
        }
        opened => opened.map_err(io(path)),
    }
}

/// A new file, 0600, that has its name only when it is whole: until [`Fresh::finish`] it lies beside
/// under another, and goes when dropped.
#[derive(Debug)]
pub struct Fresh {
    path: PathBuf,
    beside: PathBuf,
    file: File,
}

impl Fresh {
    /// Begins a file.
    ///
    /// # Errors
    /// One of this name exists, or the disk does not take it.
    pub fn create(path: &Path) -> Result<Self, RestrictedError> {
        if path.symlink_metadata().is_ok() {
            return Err(RestrictedError::Exists { path: path.to_owned() });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        // Left over of a killed process that had our number.
        let _ = fs::remove_file(&beside);
        let file = create_new(&beside)?;
        Ok(Self { path: path.to_owned(), beside, file })
    }

    /// Makes the file durable and gives it its name.
    ///
    /// # Errors
    /// The disk does not take it, or somebody has made a file of this name meanwhile.
    pub fn finish(self) -> Result<(), RestrictedError> {
        self.file.sync_all().map_err(io(&self.path))?;
        match fs::hard_link(&self.beside, &self.path) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                return Err(RestrictedError::Exists { path: self.path.clone() });
            }
            // A disk without hard links.
            Err(_) => fs::rename(&self.beside, &self.path).map_err(io(&self.path))?,
        }
        Ok(())
    }
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.beside);
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
