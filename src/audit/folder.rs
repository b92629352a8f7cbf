//! The files of a log: its segments in their order, the head, and the lock between processes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::AuditError;
use crate::data::hex;
use crate::fresh::{self, Access};
use crate::sealing::Secret;

const FOLDER: &str = "audit";
const LOCK: &str = "lock";
const HEAD: &str = "head.json";
const ENDING: &str = ".jsonl";

pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> AuditError + '_ {
    |source| AuditError::Io { path: path.to_owned(), source }
}

/// The last record that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadFile {
    pub seq: u64,
    pub mark: String,
    /// Over the two, with the key; empty where there is none.
    pub mac: String,
}

impl HeadFile {
    pub(super) fn new(seq: u64, mark: &str, key: Option<&Secret>) -> Self {
        let mac = key.map(|key| head_mac(seq, mark, key)).unwrap_or_default();
        Self { seq, mark: mark.to_owned(), mac }
    }

    /// False where it was written without the key that is at hand.
    pub(super) fn is_genuine(&self, key: Option<&Secret>) -> bool {
        key.is_none_or(|key| self.mac == head_mac(self.seq, &self.mark, key))
    }
}

fn head_mac(seq: u64, mark: &str, key: &Secret) -> String {
    hex(&key.mac_of(&[b"tepat/kepala", &seq.to_le_bytes(), mark.as_bytes()]))
}

/// `<store>/audit`.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) root: PathBuf,
}

impl Folder {
    pub(super) fn of_store(store: &Path) -> Self {
        Self { root: store.join(FOLDER) }
    }

    /// Makes the folder where it is not, 0700, and takes its lock, which is let go when dropped.
    pub(super) fn lock(&self) -> Result<File, AuditError> {
        if !self.root.is_dir() {
            let mut folder = DirBuilder::new();
            folder.recursive(true).mode(0o700).create(&self.root).map_err(io(&self.root))?;
            if let Some(above) = self.root.parent() {
                sync(above)?;
            }
        }
        let path = self.root.join(LOCK);
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
        let lock = lock.map_err(io(&path))?;
        lock.lock().map_err(io(&path))?;
        Ok(lock)
    }

    /// First numbers of the segments in order, with their files. No folder is no segment.
    pub(super) fn segments(&self) -> Result<Vec<(u64, PathBuf)>, AuditError> {
        let entries = match fs::read_dir(&self.root) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io(&self.root))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(io(&self.root))?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if let Some(first) = name.strip_suffix(ENDING).and_then(|n| n.parse().ok()) {
                found.push((first, path));
            }
        }
        found.sort();
        Ok(found)
    }

    pub(super) fn segment(&self, first: u64) -> PathBuf {
        self.root.join(format!("{first:012}{ENDING}"))
    }

    /// A new, empty segment, whose name is durable.
    pub(super) fn create_segment(&self, first: u64) -> Result<PathBuf, AuditError> {
        let path = self.segment(first);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(&path).map_err(io(&path))?;
        sync(&self.root)?;
        Ok(path)
    }

    /// The head; `None` where there is none.
    pub(super) fn head(&self) -> Result<Option<HeadFile>, AuditError> {
        let path = self.root.join(HEAD);
        match fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io(&path)(e)),
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| AuditError::Broken {
                path: path.clone(),
                problem: "the head is damaged".to_owned(),
            }),
        }
    }

    pub(super) fn copy_head(&self, to: &Path) -> Result<(), AuditError> {
        let path = self.root.join(HEAD);
        fs::copy(&path, to).map(drop).map_err(io(&path))
    }

    pub(super) fn write_head(&self, head: &HeadFile) -> Result<(), AuditError> {
        let path = self.root.join(HEAD);
        let text = serde_json::to_vec(head).map_err(|e| io(&path)(e.into()))?;
        fresh::replace(&path, &text, Access::Private).map_err(io(&path))
    }
}

pub(super) fn sync(path: &Path) -> Result<(), AuditError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(io(path))
}
