//! Files and folders that nobody but their owner can open.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::error::RestrictedError;
use crate::fresh::FreshError;
use crate::sealing::{OpeningReader, Sealer, SealingWriter};

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

/// Seals a file with another key, in the place of the one that is there; where that was done already,
/// it is read through. Either way all of it opens with `to` in the end.
pub(super) fn exchange_file(
    path: &Path,
    label: &[u8],
    from: &Sealer,
    to: &Sealer,
) -> Result<(), RestrictedError> {
    let opens = |sealer: &Sealer, out: &mut dyn Write| -> std::io::Result<u64> {
        let file = BufReader::with_capacity(1 << 18, File::open(path)?);
        std::io::copy(&mut OpeningReader::new(file, sealer.clone(), label), out)
    };
    match opens(to, &mut std::io::sink()) {
        Ok(_) => return Ok(()),
        Err(e) if e.kind() == ErrorKind::InvalidData => {}
        Err(e) => return Err(io(path)(e)),
    }
    let beside = path.with_extension("exchange");
    // Left over of an exchange that was cut off.
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(io(&beside)(e)),
        _ => {}
    }
    let mut out = SealingWriter::new(create_new(&beside)?, to.clone(), label);
    match opens(from, &mut out) {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::InvalidData => {
            let _ = fs::remove_file(&beside);
            return Err(RestrictedError::Sealed { path: path.to_owned() });
        }
        Err(e) => return Err(io(&beside)(e)),
    }
    out.finish().and_then(|file| file.sync_all()).map_err(io(&beside))?;
    fs::rename(&beside, path).map_err(io(path))?;
    sync(path.parent().unwrap_or(Path::new(".")))?;
    opens(to, &mut std::io::sink()).map(drop).map_err(io(path))
}
