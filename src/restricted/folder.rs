//! The restricted part of a store: its key, the folder of each snapshot, and a draft moved in place.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::RestrictedError;
use super::files::{close_and_sync, create_folder, io, sync};
use super::key::Key;

const RESTRICTED: &str = "restricted";
const KEY: &str = "key";
const DECISIONS: &str = "decisions.jsonl";
const DRAFT: &str = "restricted";

/// `<store>/restricted`.
#[derive(Clone, Debug)]
pub struct Restricted {
    root: PathBuf,
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
        Self { root: store.join(RESTRICTED) }
    }

    /// The store's key; drawn at the first build.
    ///
    /// # Errors
    /// The disk does not take it, or what is there is no key.
    pub fn key(&self) -> Result<Key, RestrictedError> {
        create_folder(&self.root)?;
        Key::load_or_make(&self.root.join(KEY))
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
    /// It is not: the snapshot was made by an earlier version, or the folder was taken away.
    pub fn existing(&self, id: &str) -> Result<PathBuf, RestrictedError> {
        let path = self.folder_of(id);
        if path.is_dir() { Ok(path) } else { Err(RestrictedError::Absent { path }) }
    }

    /// Makes a draft durable and moves it to the folder of snapshot `id`. To be called before the
    /// snapshot becomes current: what is current must have its restricted folder. Folders of other
    /// snapshots stay.
    ///
    /// # Errors
    /// The disk does not take it; what was there is there still.
    pub fn place(&self, draft: &RestrictedDraft, id: &str) -> Result<(), RestrictedError> {
        create_folder(&self.root)?;
        close_and_sync(&draft.folder)?;
        let place = self.folder_of(id);
        if place.exists() {
            // Built again from the same deliveries, with other decisions perhaps: the new one
            // holds. The old one goes with the work folder.
            let old = draft.folder.with_extension("replaced");
            fs::rename(&place, &old).map_err(io(&place))?;
        }
        fs::rename(&draft.folder, &place).map_err(io(&place))?;
        sync(&self.root)
    }
}
