//! The store on disk: seal a finished snapshot, point to it, open it again. A crash at any instant
//! leaves the earlier snapshot in place and nothing half-written visible.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::manifest::{Manifest, TableReport};
use super::reader::Snapshot;
use super::tables;
use crate::data::hex;

const CURRENT: &str = "CURRENT";
const SNAPSHOTS: &str = "snapshots";
const LOCK: &str = "BUILD.lock";
const BOUNDARIES: &str = "boundaries";
const WORK_PREFIX: &str = "work-";
const MANIFEST: &str = "manifest.json";
const REGIONS: &str = "regions.parquet";
const PRIORITY: &str = "priority.parquet";
const MATCHING: &str = "matching.parquet";
const OVERLAPS: &str = "overlaps.parquet";
const CONFLICTS: &str = "conflicts.parquet";
/// In the order of the manifest.
const TABLES: [&str; 5] = [REGIONS, PRIORITY, MATCHING, OVERLAPS, CONFLICTS];
/// Tables that snapshots of earlier versions may lack: they open without.
const LATER: [&str; 1] = [CONFLICTS];

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + '_ {
    |source| StoreError::Io { path: path.to_owned(), source }
}

/// A folder of sealed snapshots.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// A build in progress: a lock on the store and a folder of its own, gone when dropped.
#[derive(Debug)]
pub struct Work {
    root: PathBuf,
    folder: PathBuf,
    _lock: File,
}

impl Drop for Work {
    fn drop(&mut self) {
        // Best effort: what is left over, the next build removes.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Work {
    /// Where a build puts its partition files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Store {
    /// A store at `root`, which need not exist yet.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Takes the store's lock, removes what killed builds left and makes a work folder.
    ///
    /// # Errors
    /// Another build holds the lock, or the disk does not allow it.
    pub fn begin(&self) -> Result<Work, StoreError> {
        let snapshots = self.root.join(SNAPSHOTS);
        fs::create_dir_all(&snapshots).map_err(io(&snapshots))?;
        let lock_path = self.root.join(LOCK);
        let lock = File::create(&lock_path).map_err(io(&lock_path))?;
        lock.try_lock().map_err(|_| StoreError::Busy { store: self.root.clone() })?;
        self.remove_remains()?;
        let folder = self.root.join(format!("{WORK_PREFIX}{}", std::process::id()));
        // Partition files hold names and NIK.
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(io(&folder))?;
        Ok(Work { root: self.root.clone(), folder, _lock: lock })
    }

    /// Removes what a killed build left, unless a build is at work: its partition files hold names
    /// and NIK in the clear. Returns how many work folders there were.
    ///
    /// # Errors
    /// The disk does not allow it.
    pub fn sweep(&self) -> Result<usize, StoreError> {
        let path = self.root.join(LOCK);
        let Ok(lock) = File::open(&path) else { return Ok(0) };
        if lock.try_lock().is_ok() { self.remove_remains() } else { Ok(0) }
    }

    /// Under the lock.
    fn remove_remains(&self) -> Result<usize, StoreError> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.root).map_err(io(&self.root))? {
            let path = entry.map_err(io(&self.root))?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            if name.starts_with(WORK_PREFIX) {
                fs::remove_dir_all(&path).map_err(io(&path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The id that CURRENT names.
    ///
    /// # Errors
    /// No snapshot yet, or the file cannot be read.
    pub fn current_id(&self) -> Result<String, StoreError> {
        let path = self.root.join(CURRENT);
        match fs::read_to_string(&path) {
            Ok(id) => Ok(id.trim().to_owned()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(StoreError::Empty { store: self.root.clone() })
            }
            Err(e) => Err(io(&path)(e)),
        }
    }

    /// The folder of a snapshot.
    pub fn folder_of(&self, id: &str) -> PathBuf {
        self.root.join(SNAPSHOTS).join(id)
    }

    /// Opens the current snapshot.
    ///
    /// # Errors
    /// As [`Store::current_id`] and [`Store::open`].
    pub fn open_current(&self) -> Result<Snapshot, StoreError> {
        self.open(&self.current_id()?)
    }

    /// Opens a snapshot after checking every table against its hash.
    ///
    /// # Errors
    /// A file is missing, damaged or unreadable, or an earlier version wrote it.
    pub fn open(&self, id: &str) -> Result<Snapshot, StoreError> {
        let folder = self.folder_of(id);
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(io(&path))?;
        let manifest = read_manifest(&path, &text)?;
        if manifest.id != id || manifest_id(&manifest, &path)? != id {
            return Err(StoreError::Damaged { path });
        }
        for table in &manifest.tables {
            let path = folder.join(&table.file);
            if hash_of(&path)? != table.sha256 {
                return Err(StoreError::Damaged { path });
            }
        }
        let programmes = manifest.programmes.len();
        let regions = tables::read_regions(&folder.join(REGIONS), programmes)?;
        let priority = tables::read_priority(&folder.join(PRIORITY))?;
        let matching = tables::read_matching(&folder.join(MATCHING))?;
        let overlaps = tables::read_overlaps(&folder.join(OVERLAPS))?;
        let listed = manifest.tables.iter().any(|table| table.file == CONFLICTS);
        let path = folder.join(CONFLICTS);
        let conflicts = if listed { tables::read_conflicts(&path)? } else { Vec::new() };
        Ok(Snapshot { manifest, regions, priority, matching, overlaps, conflicts })
    }

    /// Keeps the display geometry of a boundary set under its hash, which is returned: once for
    /// all snapshots that use it. `work` shows that the store is ours to write.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn keep_atlas(&self, work: &Work, bytes: &[u8]) -> Result<String, StoreError> {
        let sha256 = hex(&Sha256::digest(bytes));
        let path = self.atlas_path(&sha256);
        if !path.exists() {
            let folder = self.root.join(BOUNDARIES);
            fs::create_dir_all(&folder).map_err(io(&folder))?;
            let draft = work.folder.join("atlas");
            fs::write(&draft, bytes).map_err(io(&draft))?;
            sync(&draft)?;
            fs::rename(&draft, &path).map_err(io(&path))?;
            sync(&folder)?;
        }
        Ok(sha256)
    }

    /// The display geometry of that hash.
    ///
    /// # Errors
    /// It is missing, damaged or unreadable.
    pub fn atlas(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.atlas_path(sha256);
        let bytes = fs::read(&path).map_err(io(&path))?;
        if hex(&Sha256::digest(&bytes)) == sha256 {
            Ok(bytes)
        } else {
            Err(StoreError::Damaged { path })
        }
    }

    fn atlas_path(&self, sha256: &str) -> PathBuf {
        self.root.join(BOUNDARIES).join(format!("{sha256}.atlas"))
    }

    /// As [`Store::seal_with`], with nothing else to put in place.
    ///
    /// # Errors
    /// The disk does not take it; the earlier snapshot is still current then.
    pub fn seal(&self, work: &Work, snapshot: Snapshot) -> Result<Manifest, StoreError> {
        self.seal_with(work, snapshot, |_| Ok(()))
    }

    /// Writes the tables and the manifest, makes them durable and moves them into place; lets
    /// `place` put in place what belongs to the snapshot of this id; then points CURRENT to it.
    /// Returns the manifest with its id and tables filled in.
    ///
    /// # Errors
    /// The disk does not take it, or `place` fails; the earlier snapshot is still current then.
    pub fn seal_with<E: From<StoreError>>(
        &self,
        work: &Work,
        snapshot: Snapshot,
        place: impl FnOnce(&str) -> Result<(), E>,
    ) -> Result<Manifest, E> {
        let manifest = self.put_in_place(work, snapshot)?;
        place(&manifest.id)?;
        self.point_to(&work.root, &manifest.id)?;
        Ok(manifest)
    }

    fn put_in_place(&self, work: &Work, mut snapshot: Snapshot) -> Result<Manifest, StoreError> {
        snapshot.matching.sort_unstable_by_key(|row| (row.code, row.registry));
        snapshot.overlaps.sort_unstable();
        snapshot.conflicts.sort_unstable_by_key(|row| row.code);
        let draft = work.folder.join("sealed");
        fs::create_dir_all(&draft).map_err(io(&draft))?;
        let rows = write_tables(&draft, &snapshot)?;
        let mut manifest = snapshot.manifest;
        manifest.tables = TABLES
            .into_iter()
            .zip(rows)
            .map(|(file, rows)| {
                let sha256 = hash_of(&draft.join(file))?;
                Ok(TableReport { file: file.to_owned(), sha256, rows: rows as u64 })
            })
            .collect::<Result<_, StoreError>>()?;
        let path = draft.join(MANIFEST);
        manifest.id = manifest_id(&manifest, &path)?;
        let json = to_json(&manifest, &path)?;
        fs::write(&path, json).map_err(io(&path))?;
        for file in TABLES.into_iter().chain([MANIFEST]) {
            sync(&draft.join(file))?;
        }
        sync(&draft)?;
        let place = self.folder_of(&manifest.id);
        // Built once more right away it is what it was; after another one it is compared with that.
        let stays = self.open(&manifest.id).is_ok_and(|there| {
            let identities = &manifest.linkage.identities;
            *identities == there.manifest.linkage.identities
                || identities.previous.as_deref() == Some(manifest.id.as_str())
        });
        if !stays {
            // A folder of this id cannot be moved over: put it out of the way first.
            let old = work.folder.join("replaced");
            if place.exists() {
                fs::rename(&place, &old).map_err(io(&place))?;
            }
            fs::rename(&draft, &place).map_err(io(&place))?;
            sync(&self.root.join(SNAPSHOTS))?;
        }
        Ok(manifest)
    }

    fn point_to(&self, root: &Path, id: &str) -> Result<(), StoreError> {
        let fresh = root.join("CURRENT.new");
        let mut file = File::create(&fresh).map_err(io(&fresh))?;
        writeln!(file, "{id}").and_then(|()| file.sync_all()).map_err(io(&fresh))?;
        let current = self.root.join(CURRENT);
        fs::rename(&fresh, &current).map_err(io(&current))?;
        sync(root)
    }
}

/// Writes every table and returns its rows, in the order of [`TABLES`].
fn write_tables(draft: &Path, snapshot: &Snapshot) -> Result<[usize; 5], StoreError> {
    let Snapshot { manifest, regions, priority, matching, overlaps, conflicts } = snapshot;
    tables::write_regions(&draft.join(REGIONS), regions, manifest.programmes.len())?;
    tables::write_priority(&draft.join(PRIORITY), priority)?;
    tables::write_matching(&draft.join(MATCHING), matching)?;
    tables::write_overlaps(&draft.join(OVERLAPS), overlaps)?;
    tables::write_conflicts(&draft.join(CONFLICTS), conflicts)?;
    Ok([regions.len(), priority.len(), matching.len(), overlaps.len(), conflicts.len()])
}

/// The manifest; one that lists some of today's tables and lacks others is of an earlier version.
fn read_manifest(path: &Path, text: &str) -> Result<Manifest, StoreError> {
    let wrong = |source| StoreError::Manifest { path: path.to_owned(), source };
    let json: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
    let listed: Vec<&str> = json["tables"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|t| t["file"].as_str())
        .collect();
    if let Some(missing) =
        TABLES.into_iter().find(|file| !listed.contains(file) && !LATER.contains(file))
        && listed.contains(&REGIONS)
    {
        let version = json["tepat_version"].as_str().map(|v| format!(" (Tepat {v})"));
        let (path, version) = (path.to_owned(), version.unwrap_or_default());
        return Err(StoreError::Outdated { path, version, missing });
    }
    serde_json::from_value(json).map_err(wrong)
}

/// First 16 hex digits of the hash of the manifest without its id, its time and what it says of
/// the snapshot before it: what was built earlier does not change what this one is.
fn manifest_id(manifest: &Manifest, path: &Path) -> Result<String, StoreError> {
    let mut bare = manifest.clone();
    bare.id.clear();
    bare.built_at.clear();
    bare.linkage.identities = crate::domain::IdentityCounts::default();
    let json = to_json(&bare, path)?;
    Ok(hex(&Sha256::digest(json.as_bytes()))[..16].to_owned())
}

fn to_json(manifest: &Manifest, path: &Path) -> Result<String, StoreError> {
    serde_json::to_string_pretty(manifest)
        .map_err(|source| StoreError::Manifest { path: path.to_owned(), source })
}

fn hash_of(path: &Path) -> Result<String, StoreError> {
    Ok(hex(&Sha256::digest(fs::read(path).map_err(io(path))?)))
}

/// Makes a file or folder durable.
fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(io(path))
}
