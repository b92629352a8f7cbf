//! The folders of snapshots, and the key of each: random, wrapped by the master key in `head.json`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ByNameError;
use crate::domain::{Nik, Period};
use crate::fresh::{self, Access};
use crate::sealing::{MasterKey, Sealer, Secret};

const FOLDER: &str = "by_name";
/// Holds the wrapped key of a snapshot.
pub const HEAD: &str = "head.json";
const VERSION: u32 = 1;
/// What makes pseudonyms, where the master key was exchanged; and what it is sealed as.
const PSEUDONYMS: &str = "pseudonyms";
const PSEUDONYMS_ARE: &[u8] = b"nama samaran";

/// What a snapshot's households are sealed with, and what makes pseudonyms of its NIKs.
pub(super) struct SnapshotKey {
    pub(super) sealer: Sealer,
    /// The same for all snapshots of a store: people are found again by it.
    pseudonyms: Secret,
}

impl SnapshotKey {
    pub(super) fn new(own: &Secret, pseudonyms: Secret) -> Self {
        Self { sealer: Sealer::new(own), pseudonyms }
    }

    /// 64 bits of a keyed hash: no hash without a key hides one of so few numbers.
    pub(super) fn pseudonym(&self, nik: Nik) -> u64 {
        let mac = self.pseudonyms.mac(&nik.expose().to_le_bytes());
        mac.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    version: u32,
    pub snapshot: String,
    pub period: Period,
    pub synthetic: bool,
    /// Name of the master key.
    key: String,
    /// The snapshot's own key, sealed by the master key; hexadecimal.
    wrapped: String,
}

impl Head {
    pub(super) fn new(
        snapshot: &str,
        period: Period,
        synthetic: bool,
        own: &Secret,
        master: &MasterKey,
    ) -> Self {
        let context = wrapping_context(snapshot, period, synthetic);
        let wrapped = wrapper(master).seal_text(&context, own.expose_to_wrap().to_vec());
        Self {
            version: VERSION,
            snapshot: snapshot.to_owned(),
            period,
            synthetic,
            key: master.name(),
            wrapped,
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), ByNameError> {
        let path = folder.join(HEAD);
        let text = serde_json::to_vec_pretty(self).map_err(|e| io(&path)(e.into()))?;
        let mut file = create(&path)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(io(&path))
    }
}

fn wrapper(master: &MasterKey) -> Sealer {
    Sealer::new(&master.subkey("kunci potret data"))
}

fn wrapping_context(snapshot: &str, period: Period, synthetic: bool) -> Vec<u8> {
    format!("{VERSION}/{snapshot}/{period}/{synthetic}").into_bytes()
}

pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> ByNameError + '_ {
    |source| ByNameError::Io { path: path.to_owned(), source }
}

/// A new file, 0600.
pub(super) fn create(path: &Path) -> Result<File, ByNameError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io(path))
}

/// A folder and those above it, 0700 where they did not exist.
pub(super) fn create_folder(path: &Path) -> Result<(), ByNameError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))
}

pub(super) fn sync(path: &Path) -> Result<(), ByNameError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(io(path))
}

/// `<store>/by_name`.
#[derive(Clone, Debug)]
pub struct ByName {
    root: PathBuf,
    master: MasterKey,
}

/// The households of one snapshot, with its key.
pub struct Opened {
    pub(super) folder: PathBuf,
    pub(super) key: SnapshotKey,
    head: Head,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Opened {
    pub fn snapshot(&self) -> &str {
        &self.head.snapshot
    }

    pub fn period(&self) -> Period {
        self.head.period
    }

    /// The people are invented.
    pub fn synthetic(&self) -> bool {
        self.head.synthetic
    }
}

impl ByName {
    pub fn of_store(store: &Path, master: MasterKey) -> Self {
        Self { root: store.join(FOLDER), master }
    }

    pub fn folder_of(&self, snapshot: &str) -> PathBuf {
        self.root.join(snapshot)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn master(&self) -> &MasterKey {
        &self.master
    }

    /// What a snapshot is sealed with, and the pseudonyms of this store.
    pub(super) fn snapshot_key(&self, own: &Secret) -> Result<SnapshotKey, ByNameError> {
        let path = self.root.join(PSEUDONYMS);
        let shut = || ByNameError::Damaged { path: path.clone() };
        let secret = pseudonyms(&path, &[&self.master])?.ok_or_else(shut)?;
        Ok(SnapshotKey::new(own, secret))
    }

    fn head(&self, snapshot: &str) -> Result<Head, ByNameError> {
        let path = self.folder_of(snapshot).join(HEAD);
        let bytes = match fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(ByNameError::Absent { path }),
            bytes => bytes.map_err(io(&path))?,
        };
        let head: Head =
            serde_json::from_slice(&bytes).map_err(|_| ByNameError::Head { path: path.clone() })?;
        if head.version != VERSION || head.snapshot != snapshot {
            return Err(ByNameError::Head { path });
        }
        Ok(head)
    }

    /// Unwraps the key of a snapshot.
    ///
    /// # Errors
    /// The snapshot has no households, they were sealed with another key, or changed.
    pub fn open(&self, snapshot: &str) -> Result<Opened, ByNameError> {
        let head = self.head(snapshot)?;
        let folder = self.folder_of(snapshot);
        let path = folder.join(HEAD);
        if head.key != self.master.name() {
            let (sealed, given) = (head.key, self.master.name());
            return Err(ByNameError::OtherKey { path, sealed, given });
        }
        let own = self.unwrap(&head)?;
        Ok(Opened { folder, key: self.snapshot_key(&own)?, head })
    }

    fn unwrap(&self, head: &Head) -> Result<Secret, ByNameError> {
        let path = self.folder_of(&head.snapshot).join(HEAD);
        let damaged = || ByNameError::Damaged { path: path.clone() };
        let context = wrapping_context(&head.snapshot, head.period, head.synthetic);
        let own = wrapper(&self.master).open_text(&context, &head.wrapped).ok_or_else(damaged)?;
        Secret::from_slice(&own).ok_or_else(damaged)
    }

    /// The households of the latest period before that of `opened`, where there are any that this
    /// key opens.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn before(&self, opened: &Opened) -> Result<Option<Opened>, ByNameError> {
        let mut best: Option<Opened> = None;
        for name in self.names()? {
            let Ok(other) = self.open(&name) else { continue };
            let earlier = other.period() < opened.period();
            if earlier && best.as_ref().is_none_or(|b| b.period() < other.period()) {
                best = Some(other);
            }
        }
        Ok(best)
    }

    fn names(&self) -> Result<Vec<String>, ByNameError> {
        let entries = match fs::read_dir(&self.root) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io(&self.root))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(io(&self.root))?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

/// What makes pseudonyms: of the first master key of the store, and after an exchange what lies in
/// the file, sealed with the present one. `None` where none of the keys opens it.
fn pseudonyms(path: &Path, masters: &[&MasterKey]) -> Result<Option<Secret>, ByNameError> {
    let text = match fs::read_to_string(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Ok(masters.first().map(|master| master.subkey("nama samaran NIK")));
        }
        text => text.map_err(io(path))?,
    };
    let open = |master: &&MasterKey| wrapper(master).open_text(PSEUDONYMS_ARE, text.trim());
    Ok(masters.iter().find_map(open).and_then(|secret| Secret::from_slice(&secret)))
}

/// Wraps the keys of all snapshots that `from` opens with `to` instead: one small file at a time,
/// each either as it was or as it will be. What is sealed with them stays as it lies. Returns how
/// many snapshots open with `to`; may be called again after a crash.
///
/// # Errors
/// A file is damaged, or the disk does not take it.
pub fn exchange(store: &Path, from: &MasterKey, to: &MasterKey) -> Result<usize, ByNameError> {
    let old = ByName::of_store(store, from.clone());
    if !old.root.is_dir() {
        return Ok(0);
    }
    let path = old.root.join(PSEUDONYMS);
    let shut = || ByNameError::Damaged { path: path.clone() };
    let secret = pseudonyms(&path, &[from, to])?.ok_or_else(shut)?;
    let text = wrapper(to).seal_text(PSEUDONYMS_ARE, secret.expose_to_wrap().to_vec());
    fresh::replace(&path, text.as_bytes(), Access::Private).map_err(io(&path))?;
    let mut exchanged = 0;
    for name in old.names()? {
        let head = match old.head(&name) {
            Ok(head) => head,
            Err(ByNameError::Absent { .. } | ByNameError::Io { .. }) => continue,
            Err(error) => return Err(error),
        };
        // Of a third key: it was shut before, and stays so.
        if head.key != from.name() && head.key != to.name() {
            continue;
        }
        if head.key == from.name() {
            let own = old.unwrap(&head)?;
            let head = Head::new(&head.snapshot, head.period, head.synthetic, &own, to);
            let path = old.folder_of(&name).join(HEAD);
            let text = serde_json::to_vec_pretty(&head).map_err(|e| io(&path)(e.into()))?;
            fresh::replace(&path, &text, Access::Private).map_err(io(&path))?;
        }
        ByName::of_store(store, to.clone()).open(&name)?;
        exchanged += 1;
    }
    Ok(exchanged)
}

/// Destroys the key of a snapshot's households, and then what was sealed with it. Copies of the
/// folder, backups too, keep their own head: they have to be destroyed as well.
///
/// # Errors
/// There is none, or the disk does not allow it.
pub fn erase(store: &Path, snapshot: &str) -> Result<(), ByNameError> {
    let folder = store.join(FOLDER).join(snapshot);
    let path = folder.join(HEAD);
    let length = match fs::metadata(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Err(ByNameError::Absent { path }),
        there => there.map_err(io(&path))?.len(),
    };
    // Over the same blocks, as far as the disk writes in place.
    let mut file = OpenOptions::new().write(true).open(&path).map_err(io(&path))?;
    let nothing = vec![0; usize::try_from(length).unwrap_or(0)];
    file.write_all(&nothing).and_then(|()| file.sync_all()).map_err(io(&path))?;
    fs::remove_file(&path).map_err(io(&path))?;
    sync(&folder)?;
    fs::remove_dir_all(&folder).map_err(io(&folder))
}
