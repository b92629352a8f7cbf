//! Putting a backup back: beside its place, every byte checked, the snapshot opened and the log
//! walked through; only then does it get its name.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::archive::{Head, padding, read_head};
use super::error::BackupError;
use super::make::{io, mark, sum};
use super::{CURRENT, LIST, List, VERSION};
use crate::audit::{Entry, Log};
use crate::data::hex;
use crate::fresh;
use crate::sealing::MasterKey;
use crate::snapshot::Store;

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub snapshot: String,
    pub made_at: String,
    pub files: u64,
    /// Records of the log.
    pub records: u64,
    /// The mark of the backup was checked with the key.
    pub marked: bool,
}

/// Longest list of members; a store of the nation has some ten thousand.
const MAX_LIST: u64 = 256 << 20;

/// Where the pointer to the snapshot waits until everything else is there and checked: a folder
/// without one is no store, whatever else lies in it.
const HELD: &str = "CURRENT.held";

/// A store that is not whole yet; it goes when dropped.
struct Beside {
    folder: PathBuf,
    done: bool,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Makes a store of a backup, in a folder that must not exist. `key_of` finds the key of the store
/// that comes out, `log_of` its log, given that key; `entry`: what the log says of it.
///
/// # Errors
/// The backup is damaged, marked with another key, or does not hold; or the disk does not take it.
/// Nothing is left then.
pub fn restore(
    file: &Path,
    store: &Path,
    key_of: &dyn Fn(&Path) -> Option<MasterKey>,
    log_of: &dyn Fn(&Path, Option<&MasterKey>) -> Log,
    entry: &Entry,
) -> Result<Restored, BackupError> {
    if store.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: store.to_owned() });
    }
    let folder = fresh::beside(store);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(io(&folder))?;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io(&folder))?;
    let mut beside = Beside { folder: folder.clone(), done: false };
    // Held until the end: what is locked is at work and not swept away.
    let lock = File::open(&folder).map_err(io(&folder))?;
    let _ = lock.try_lock();
    let list = unpack(file, &folder)?;
    let master = key_of(&folder);
    let marked = check_mark(file, &list, master.as_ref())?;
    let log = log_of(&folder, master.as_ref());
    let records = check(&folder, &list, &log)?;
    log.append(&Entry { object: list.snapshot.clone(), ..entry.clone() })?;
    sync_all(&folder)?;
    let current = folder.join(CURRENT);
    fs::rename(folder.join(HELD), &current).map_err(io(&current))?;
    File::open(&folder).and_then(|f| f.sync_all()).map_err(io(&folder))?;
    fs::rename(&folder, store).map_err(io(store))?;
    beside.done = true;
    let above = store.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(above).and_then(|f| f.sync_all()).map_err(io(above))?;
    Ok(Restored {
        snapshot: list.snapshot,
        made_at: list.made_at,
        files: list.members.len() as u64,
        records,
        marked,
    })
}

fn unpack(file: &Path, folder: &Path) -> Result<List, BackupError> {
    let damaged = |problem: String| BackupError::Damaged { path: file.to_owned(), problem };
    let mut from = BufReader::with_capacity(1 << 18, File::open(file).map_err(io(file))?);
    let mut seen: BTreeMap<String, (u64, String)> = BTreeMap::new();
    loop {
        let head = read_head(&mut from).map_err(|e| damaged(e.to_string()))?;
        let Some(head) = head else { return Err(damaged("its list is missing".to_owned())) };
        if head.path == LIST {
            if head.bytes > MAX_LIST {
                return Err(damaged("its list is too long".to_owned()));
            }
            let mut text = Vec::new();
            let read = (&mut from).take(head.bytes).read_to_end(&mut text);
            read.map_err(|e| damaged(e.to_string()))?;
            let list: List = serde_json::from_slice(&text)
                .map_err(|_| damaged("its list cannot be read".to_owned()))?;
            return held_against(list, seen).map_err(damaged);
        }
        let sha256 = take(&mut from, &head, folder, &damaged)?;
        if seen.insert(head.path.clone(), (head.bytes, sha256)).is_some() {
            return Err(damaged(format!("{} stands in it twice", head.path)));
        }
    }
}

fn held_against(list: List, seen: BTreeMap<String, (u64, String)>) -> Result<List, String> {
    if sum(&list).ok().as_ref() != Some(&list.sha256) {
        return Err("its list was changed".to_owned());
    }
    if list.version != VERSION {
        return Err(format!("it is of version {}", list.version));
    }
    for member in &list.members {
        match seen.get(&member.path) {
            Some((bytes, sha256)) if (*bytes, sha256) == (member.bytes, &member.sha256) => {}
            Some(_) => return Err(format!("{} is not what the list says", member.path)),
            None => return Err(format!("{} is missing", member.path)),
        }
    }
    if list.members.len() != seen.len() {
        return Err("it holds files that its list does not name".to_owned());
    }
    Ok(list)
}

/// Folders whose files are for their owner alone.
const CLOSED: [&str; 4] = ["restricted", "by_name", "access", "audit"];

/// Writes one member below the folder, and returns its hash.
fn take(
    from: &mut impl Read,
    head: &Head,
    folder: &Path,
    damaged: &dyn Fn(String) -> BackupError,
) -> Result<String, BackupError> {
    let relative = Path::new(&head.path);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || head.path.is_empty() || head.path.contains('\\') {
        return Err(damaged("a name that leads out of the store".to_owned()));
    }
    let path = if head.path == CURRENT { folder.join(HELD) } else { folder.join(relative) };
    let closed = CLOSED.iter().any(|name| relative.starts_with(name));
    if let Some(above) = path.parent() {
        let mode = if closed { 0o700 } else { 0o755 };
        DirBuilder::new().recursive(true).mode(mode).create(above).map_err(io(above))?;
    }
    let mode = if closed { 0o600 } else { 0o644 & head.mode | 0o600 };
    let mut options = OpenOptions::new();
    let out = options.write(true).create_new(true).mode(mode).open(&path);
    let mut out = out.map_err(io(&path))?;
    let (mut hash, mut left) = (Sha256::new(), head.bytes);
    let mut buffer = vec![0; 1 << 18];
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let n = from.read(&mut buffer[..most]).map_err(|e| damaged(e.to_string()))?;
        if n == 0 {
            return Err(damaged(format!("it ends within {}", head.path)));
        }
        hash.update(&buffer[..n]);
        out.write_all(&buffer[..n]).map_err(io(&path))?;
        left -= n as u64;
    }
    out.sync_all().map_err(io(&path))?;
    let mut filling = vec![0; padding(head.bytes)];
    from.read_exact(&mut filling).map_err(|e| damaged(e.to_string()))?;
    if filling.iter().any(|byte| *byte != 0) {
        return Err(damaged(format!("something stands behind {}", head.path)));
    }
    Ok(hex(&hash.finalize()))
}

/// True where the mark was checked. Where there is a key, a backup without a mark is not of it.
fn check_mark(file: &Path, list: &List, master: Option<&MasterKey>) -> Result<bool, BackupError> {
    let wrong = || BackupError::Mark { path: file.to_owned() };
    match master {
        None => Ok(false),
        Some(master) => {
            let due = mark(list, master).map_err(|_| wrong())?;
            if list.mac == due { Ok(true) } else { Err(wrong()) }
        }
    }
}

/// The snapshot opens, and the log holds; returns its records.
fn check(folder: &Path, list: &List, log: &Log) -> Result<u64, BackupError> {
    let unsound = |problem: String| BackupError::Unsound { path: folder.to_owned(), problem };
    let held = folder.join(HELD);
    let current = fs::read_to_string(&held).map_err(io(&held))?;
    if current.trim() != list.snapshot {
        return Err(unsound("another snapshot is current than the list says".to_owned()));
    }
    Store::at(folder).open(&list.snapshot)?;
    let audit = log.check(None)?;
    match audit.troubles.first() {
        Some(trouble) => Err(unsound(trouble.to_string())),
        None => Ok(audit.records),
    }
}

/// Folders; their files are durable already.
fn sync_all(folder: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        if path.is_dir() {
            sync_all(&path)?;
        }
    }
    File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder))
}
