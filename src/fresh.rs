//! Files that have their name only when they are whole: written beside, made durable, moved into
//! place; nothing is overwritten unless that is asked for, and nothing half-written stays behind.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Who may open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the user's umask says.
    Usual,
    /// Its owner alone: 0600.
    Private,
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FreshError {
    #[error("{path}: it is there already and is not overwritten; name another file or remove it")]
    Exists { path: PathBuf },
    #[error("{path}: there is no folder {folder}; make it, or name another file")]
    NoFolder { path: PathBuf, folder: PathBuf },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl FreshError {
    /// A fault of writing to the file at `path`.
    pub fn of(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| match source.kind() {
            ErrorKind::AlreadyExists => Self::Exists { path: path.to_owned() },
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// Refuses a file that could not be written in the end: before the work, not after it.
///
/// # Errors
/// It is there already, or its folder is not.
pub fn check(path: &Path) -> Result<(), FreshError> {
    if path.symlink_metadata().is_ok() {
        return Err(FreshError::Exists { path: path.to_owned() });
    }
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    match folder.filter(|f| !f.is_dir()) {
        Some(folder) => {
            Err(FreshError::NoFolder { path: path.to_owned(), folder: folder.to_owned() })
        }
        None => Ok(()),
    }
}

/// How the name of something ends that is not whole yet.
const UNFINISHED: &str = ".sebagian";

/// Where something that is to be at `path` lies until it is whole: beside it, hidden, with the number
/// of this process.
pub fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}{UNFINISHED}", std::process::id()))
}

/// Removes from a folder what killed processes left of files and folders on their way, and returns
/// where it lay. What lives holds a lock: that of another process that is at work stays.
///
/// # Errors
/// The folder cannot be read. What cannot be removed stays, and is not returned.
pub fn sweep(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_ours = is_unfinished(&entry.file_name().to_string_lossy());
        if !is_ours || kind.is_symlink() {
            continue;
        }
        let Ok(left) = File::open(&path) else { continue };
        if left.try_lock().is_err() {
            continue;
        }
        let gone = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        if gone.is_ok() {
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}

/// `.NAME.NUMBER.sebagian`
fn is_unfinished(name: &str) -> bool {
    let number = name.strip_suffix(UNFINISHED).and_then(|rest| rest.rsplit_once('.'));
    number.is_some_and(|(before, number)| {
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        digits && before.len() > 1 && before.starts_with('.')
    })
}

/// A file on its way: until [`Fresh::finish`] it lies beside its place under another name, and goes
/// when dropped.
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
    /// There is one of this name, its folder is not there, or the disk does not take it.
    pub fn create(path: &Path, access: Access) -> Result<Self, FreshError> {
        check(path)?;
        let beside = beside(path);
        loop {
            // Left over of a killed process that had our number.
            let _ = fs::remove_file(&beside);
            let file = create_new(&beside, access).map_err(FreshError::of(path))?;
            // Nobody sweeps away what is locked; a disk that knows no locks is not swept either.
            let _ = file.try_lock();
            if file.metadata().map_err(FreshError::of(path))?.nlink() > 0 {
                return Ok(Self { path: path.to_owned(), beside, file });
            }
        }
    }

    /// Another handle on the file, for a writer that keeps what it is given.
    ///
    /// # Errors
    /// The system has no handle left.
    pub fn handle(&self) -> Result<File, FreshError> {
        self.file.try_clone().map_err(FreshError::of(&self.path))
    }

    /// Makes the file durable and gives it its name.
    ///
    /// # Errors
    /// The disk does not take it, or somebody has made a file of this name meanwhile.
    pub fn finish(self) -> Result<(), FreshError> {
        self.place().map_err(FreshError::of(&self.path))
    }

    fn place(&self) -> io::Result<()> {
        self.file.sync_all()?;
        match fs::hard_link(&self.beside, &self.path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => return Err(e),
            // A disk without hard links.
            Err(_) => fs::rename(&self.beside, &self.path)?,
            Ok(()) => {}
        }
        sync_folder_of(&self.path)
    }
}

fn create_new(path: &Path, access: Access) -> io::Result<File> {
    let mode = match access {
        Access::Usual => 0o666,
        Access::Private => 0o600,
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// A name is in its folder, which has to reach the disk too.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // Best effort: why it is not whole has been said.
        let _ = fs::remove_file(&self.beside);
    }
}

/// Writes on, and keeps why the disk refused: the Parquet writer above it tells of a full disk as of
/// a fault in the table.
#[derive(Debug)]
pub struct Noting<W> {
    inner: W,
    refusal: Refusal,
}

/// Why the disk refused, for who gave the [`Noting`] away.
#[derive(Clone, Debug, Default)]
pub struct Refusal(Arc<Mutex<Option<io::Error>>>);

impl Refusal {
    /// The last refusal, where there was one.
    pub fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<W> Noting<W> {
    pub fn new(inner: W) -> Self {
        Self { inner, refusal: Refusal::default() }
    }

    pub fn refusal(&self) -> Refusal {
        self.refusal.clone()
    }

    fn note<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &done
            && e.kind() != ErrorKind::Interrupted
        {
            let same = io::Error::new(e.kind(), e.to_string());
            *self.refusal.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(same);
        }
        done
    }
}

impl<W: Write> Write for Noting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.inner.write(bytes);
        self.note(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.inner.flush();
        self.note(done)
    }
}

/// Writes a file whole.
///
/// # Errors
/// As [`Fresh::create`] and [`Fresh::finish`].
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), FreshError> {
    let mut fresh = Fresh::create(path, access)?;
    fresh.write_all(bytes).map_err(FreshError::of(path))?;
    fresh.finish()
}

/// Puts a small file in the place of one of its name, where there is one: at any instant either is
/// there, and whole. For files of the program's own; one writer at a time.
///
/// # Errors
/// The disk does not take it; what was there is there still.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let beside = path.with_extension("new");
    // Left over of a killed process.
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = create_new(&beside, access)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder_of(path)
}
