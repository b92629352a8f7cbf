//! Making a backup: every sealed thing as it lies there, the accounts by SQLite's own online backup,
//! the log up to its last acknowledged record. No build runs meanwhile; serving goes on.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::archive::{Head, pad, write_end, write_head};
use super::error::BackupError;
use super::{LIST, List, Member, VERSION};
use crate::audit::Log;
use crate::data::hex;
use crate::fresh::{Access, Fresh};
use crate::sealing::MasterKey;
use crate::snapshot::Store;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub snapshot: String,
    pub files: u64,
    pub bytes: u64,
}

/// Folders that are copied as they lie there.
const FOLDERS: [&str; 4] = ["snapshots", "boundaries", "restricted", "by_name"];
/// Files of the store itself.
const FILES: [&str; 3] = ["CURRENT", "KEYFILE", "server.toml"];
const ACCOUNTS: &str = "access/accounts.sqlite";

pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> BackupError + '_ {
    |source| match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            BackupError::Full { path: path.to_owned(), source }
        }
        _ => BackupError::Io { path: path.to_owned(), source },
    }
}

/// The key that lists of backups are marked with.
pub(super) fn mark(list: &List, master: &MasterKey) -> Result<String, serde_json::Error> {
    Ok(hex(&master.subkey("cadangan").mac(&list.marked()?)))
}

/// The hash of a list.
pub(super) fn sum(list: &List) -> Result<String, serde_json::Error> {
    Ok(hex(&Sha256::digest(list.marked()?)))
}

/// One file on its way: where it lies, under which name it goes, and how much of it.
struct Piece {
    from: PathBuf,
    name: String,
    bytes: u64,
    mode: u32,
}

impl Piece {
    fn of(from: PathBuf, name: String) -> Result<Self, BackupError> {
        let there = fs::metadata(&from).map_err(io(&from))?;
        let (bytes, mode) = (there.len(), there.mode());
        Ok(Self { from, name, bytes, mode })
    }
}

/// Writes a backup of the store to `out`, which must not exist.
///
/// # Errors
/// A build is at work, the store has no snapshot, a file cannot be read, or the disk does not take
/// the backup; nothing is left of it then.
pub fn back_up(
    store: &Path,
    out: &Path,
    log: &Log,
    master: Option<&MasterKey>,
    made_at: &str,
) -> Result<Made, BackupError> {
    crate::fresh::check(out)?;
    let opened = Store::at(store);
    let snapshot = opened.current_id()?;
    let work = opened.begin()?;
    let mut pieces = Vec::new();
    for name in FILES {
        let from = store.join(name);
        if from.is_file() {
            pieces.push(Piece::of(from, name.to_owned())?);
        }
    }
    for name in FOLDERS {
        below(&store.join(name), name, &mut pieces)?;
    }
    pieces.extend(accounts(store, work.folder())?);
    for (from, bytes) in log.prefix(work.folder())? {
        let file = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        pieces.push(Piece { from, name: format!("audit/{file}"), bytes, mode: 0o600 });
    }
    pieces.sort_by(|a, b| a.name.cmp(&b.name));

    let mut fresh = BufWriter::with_capacity(1 << 18, Fresh::create(out, Access::Private)?);
    let mut members = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        members.push(copy(piece, &mut fresh, out)?);
    }
    let mut list = List {
        version: VERSION,
        made_at: made_at.to_owned(),
        snapshot,
        members,
        sha256: String::new(),
        mac: String::new(),
    };
    let json = |e: serde_json::Error| io(out)(e.into());
    list.sha256 = sum(&list).map_err(json)?;
    if let Some(master) = master {
        list.mac = mark(&list, master).map_err(json)?;
    }
    let text = serde_json::to_vec_pretty(&list).map_err(json)?;
    let head = Head { path: LIST.to_owned(), bytes: text.len() as u64, mode: 0o600 };
    write_head(&mut fresh, &head)
        .and_then(|()| fresh.write_all(&text))
        .and_then(|()| pad(&mut fresh, head.bytes))
        .and_then(|()| write_end(&mut fresh))
        .map_err(io(out))?;
    fresh.into_inner().map_err(|e| io(out)(e.into_error()))?.finish()?;
    let bytes = list.members.iter().map(|m| m.bytes).sum();
    Ok(Made { snapshot: list.snapshot, files: list.members.len() as u64, bytes })
}

/// All plain files below a folder; no folder is no file.
fn below(folder: &Path, name: &str, pieces: &mut Vec<Piece>) -> Result<(), BackupError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(io(folder))?);
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            below(&path, &name, pieces)?;
        } else if kind.is_file() {
            pieces.push(Piece::of(path, name)?);
        }
    }
    Ok(())
}

/// A copy of the accounts as of one instant, made while others write to them.
fn accounts(store: &Path, work: &Path) -> Result<Option<Piece>, BackupError> {
    let path = store.join(ACCOUNTS);
    if !path.is_file() {
        return Ok(None);
    }
    let copy = work.join("accounts.sqlite");
    let fault = |source| BackupError::Accounts { path: path.clone(), source: Box::new(source) };
    let from = rusqlite::Connection::open(&path).map_err(fault)?;
    from.busy_timeout(Duration::from_secs(10)).map_err(fault)?;
    {
        let mut to = rusqlite::Connection::open(&copy).map_err(fault)?;
        let backup = rusqlite::backup::Backup::new(&from, &mut to).map_err(fault)?;
        backup.run_to_completion(256, Duration::from_millis(5), None).map_err(fault)?;
    }
    let piece = Piece::of(copy, ACCOUNTS.to_owned())?;
    Ok(Some(Piece { mode: 0o600, ..piece }))
}

/// Copies as many bytes as were there when the piece was looked at.
fn copy(piece: &Piece, out: &mut impl Write, to: &Path) -> Result<Member, BackupError> {
    let head = Head { path: piece.name.clone(), bytes: piece.bytes, mode: piece.mode };
    write_head(out, &head).map_err(io(to))?;
    let mut file = File::open(&piece.from).map_err(io(&piece.from))?.take(piece.bytes);
    let (mut hash, mut left) = (Sha256::new(), piece.bytes);
    let mut buffer = vec![0; 1 << 18];
    while left > 0 {
        let n = file.read(&mut buffer).map_err(io(&piece.from))?;
        if n == 0 {
            let short = std::io::Error::new(ErrorKind::UnexpectedEof, "became shorter");
            return Err(io(&piece.from)(short));
        }
        hash.update(&buffer[..n]);
        out.write_all(&buffer[..n]).map_err(io(to))?;
        left -= n as u64;
    }
    pad(out, piece.bytes).map_err(io(to))?;
    Ok(Member { path: head.path, bytes: piece.bytes, sha256: hex(&hash.finalize()) })
}
