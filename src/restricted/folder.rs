//! The restricted part of a store: its key, the folder of each snapshot, and a draft moved in place.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::decisions::reseal_notes;
use super::error::RestrictedError;
use super::files::{close_and_sync, create_folder, io, sync};
use super::key::{self, Key};
use super::ledger::{self, EVENTS, HEAD, PERSONS};
use super::review;
use crate::sealing::{MasterKey, Sealer};

const RESTRICTED: &str = "restricted";
const KEY: &str = "key";
const ROUNDING: &str = "rounding-key";
const DECISIONS: &str = "decisions.jsonl";
const DRAFT: &str = "restricted";
/// What the master key makes a key for.
const PART: &str = "bagian terbatas";

/// `<store>/restricted`.
#[derive(Clone, Debug)]
pub struct Restricted {
    root: PathBuf,
    /// What is personal is sealed with it; `None` where there is no key.
    sealer: Option<Sealer>,
}

/// The restricted folder of a snapshot that is not sealed yet; it lies in the build's work folder
/// and dies with it.
#[derive(Clone, Debug)]
pub struct RestrictedDraft {
    folder: PathBuf,
}

impl RestrictedDraft {
    /// An empty draft in a build's work folder.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn create(work: &Path) -> Result<Self, RestrictedError> {
        let folder = work.join(DRAFT);
        create_folder(&folder)?;
        Ok(Self { folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Restricted {
    /// Of a store, which need not exist yet.
    pub fn of_store(store: &Path) -> Self {
        Self { root: store.join(RESTRICTED), sealer: None }
    }

    /// With the key outside the store: what names people is sealed with it.
    #[must_use]
    pub fn sealed_with(self, master: Option<&MasterKey>) -> Self {
        let sealer = master.map(|master| Sealer::new(&master.subkey(PART)));
        Self { sealer, ..self }
    }

    /// What the files of people are sealed with.
    pub fn sealer(&self) -> Option<Sealer> {
        self.sealer.clone()
    }

    /// The store's key; drawn at the first build.
    ///
    /// # Errors
    /// The disk does not take it, or what is there is no key.
    pub fn key(&self) -> Result<Key, RestrictedError> {
        create_folder(&self.root)?;
        Key::load_or_make(&self.root.join(KEY), self.sealer.as_ref())
    }

    /// The key that counts are rounded with; drawn when it is first asked for. It stays with the
    /// store: a number that was rounded with one key and then with another is told twice.
    ///
    /// # Errors
    /// As [`Restricted::key`].
    pub fn rounding_key(&self) -> Result<Key, RestrictedError> {
        create_folder(&self.root)?;
        Key::load_or_make(&self.root.join(ROUNDING), self.sealer.as_ref())
    }

    /// The file of all decisions.
    pub fn decisions(&self) -> PathBuf {
        self.root.join(DECISIONS)
    }

    /// The folder of a sealed snapshot.
    pub fn folder_of(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }

    /// The folder of a sealed snapshot, which must be there.
    ///
    /// # Errors
    /// It is not: the snapshot was made by an earlier version, or the folder was taken away. Or
    /// only somebody else may open it.
    pub fn existing(&self, id: &str) -> Result<PathBuf, RestrictedError> {
        let path = self.folder_of(id);
        match fs::metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(RestrictedError::Absent { path })
            }
            found => found.map_err(io(&path)).map(|_| path),
        }
    }

    /// Makes a draft durable and moves it to the folder of snapshot `id`. To be called before the
    /// snapshot becomes current: what is current must have its restricted folder. Folders of other
    /// snapshots stay. `again`: the same snapshot was current and is built once more; then what is
    /// there stays unless answers differ, and events stay in any case, because they compare it with
    /// the snapshot before.
    ///
    /// # Errors
    /// The disk does not take it; what was there is there still.
    pub fn place(
        &self,
        draft: &RestrictedDraft,
        id: &str,
        again: bool,
    ) -> Result<(), RestrictedError> {
        create_folder(&self.root)?;
        let place = self.folder_of(id);
        if again && place.is_dir() {
            if same_answers(&place, &draft.folder)? {
                return Ok(());
            }
            let events = place.join(EVENTS);
            fs::copy(&events, draft.folder.join(EVENTS)).map_err(io(&events))?;
        }
        close_and_sync(&draft.folder)?;
        if place.exists() {
            // The old one goes with the work folder.
            let old = draft.folder.with_extension("replaced");
            fs::rename(&place, &old).map_err(io(&place))?;
        }
        fs::rename(&draft.folder, &place).map_err(io(&place))?;
        sync(&self.root)
    }
}

/// Seals everything of the restricted part of a store with another key: each file is as it was or as
/// it will be. Every sealed file is read through in the end. May be called again after a crash.
/// Returns how many files of persons there are.
///
/// # Errors
/// A file opens with neither key, is damaged, or the disk does not take it.
pub fn exchange(store: &Path, from: &MasterKey, to: &MasterKey) -> Result<usize, RestrictedError> {
    let sealer = |master: &MasterKey| Sealer::new(&master.subkey(PART));
    let (from, to) = (sealer(from), sealer(to));
    let root = store.join(RESTRICTED);
    if !root.is_dir() {
        return Ok(0);
    }
    reseal_notes(&root.join(DECISIONS), &from, &to)?;
    let mut files = 0;
    for entry in fs::read_dir(&root).map_err(io(&root))? {
        let path = entry.map_err(io(&root))?.path();
        if path.is_dir() {
            files += ledger::exchange(&path, &from, &to)?;
            review::exchange(&path, &from, &to)?;
        } else if is_key(&path) {
            key::exchange(&path, &from, &to)?;
        }
    }
    Ok(files)
}

/// `key`, and whatever else the store keeps as one: `…-key`.
fn is_key(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == KEY || name.ends_with(&format!("-{KEY}"))
}

/// True where everything but the ledger and its events is the same.
fn same_answers(a: &Path, b: &Path) -> Result<bool, RestrictedError> {
    let names = |folder: &Path| -> Result<Vec<std::ffi::OsString>, RestrictedError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(io(folder))? {
            let name = entry.map_err(io(folder))?.file_name();
            let text = name.to_string_lossy();
            if !text.starts_with(PERSONS) && text != HEAD && text != EVENTS {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    };
    let (mine, theirs) = (names(a)?, names(b)?);
    if mine != theirs {
        return Ok(false);
    }
    for name in mine {
        if digest(&a.join(&name))? != digest(&b.join(&name))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn digest(path: &Path) -> Result<[u8; 32], RestrictedError> {
    let mut file = fs::File::open(path).map_err(io(path))?;
    let mut hash = Sha256::new();
    let mut bytes = vec![0; 1 << 16];
    loop {
        match file.read(&mut bytes).map_err(io(path))? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(&bytes[..n]),
        }
    }
}
