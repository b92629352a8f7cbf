//! Appending: under the lock of the log, on what is there now, durable before it is acknowledged.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::entry::{Action, Entry};
use super::error::AuditError;
use super::folder::{Folder, HeadFile, io};
use super::keys::{Keys, path_of, read_former, write_former};
use super::line::{BEGINNING, Record};
use crate::sealing::Secret;

/// A segment is closed when it is longer than this, in bytes.
const SEGMENT: u64 = 4 << 20;

/// That a record is on disk: its number, and its mark as proof of everything before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub seq: u64,
    pub mark: String,
}

/// The log of a store. Any number of threads and processes may append.
#[derive(Debug)]
pub struct Log {
    pub(super) folder: Folder,
    pub(super) key: Option<Secret>,
    segment: u64,
    announced: bool,
    /// Where this process wrote last.
    end: Mutex<Option<End>>,
}

/// The end of the log.
#[derive(Clone, Debug)]
struct End {
    seq: u64,
    mark: String,
    segment: PathBuf,
    length: u64,
}

impl Log {
    /// Of a store. `key`: what marks are made with; it must not lie in the store.
    pub fn of_store(store: &Path, key: Option<Secret>) -> Self {
        Self { key, ..Self::at(&Folder::of_store(store)) }
    }

    /// Closes a segment when it is longer than this, in bytes.
    #[must_use]
    pub fn with_segments_of(mut self, bytes: u64) -> Self {
        self.segment = bytes;
        self
    }

    /// Names every record in the program's own log, which goes elsewhere: there it is an anchor.
    #[must_use]
    pub fn announced(mut self) -> Self {
        self.announced = true;
        self
    }

    /// Writes one record. When this returns, the record is on disk; when it fails, what it stands
    /// for must not be done.
    ///
    /// # Errors
    /// The disk does not take it, or the log was changed by hand.
    pub fn append(&self, entry: &Entry) -> Result<Receipt, AuditError> {
        let mut held = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.folder.lock()?;
        let end = match held.take() {
            Some(end) if self.is_still(&end)? => end,
            _ => self.find_end(&entry.time)?,
        };
        let end = self.push(end, entry)?;
        let receipt = Receipt { seq: end.seq, mark: end.mark.clone() };
        *held = Some(end);
        if self.announced {
            let Receipt { seq, mark } = &receipt;
            tracing::info!(seq, mark, action = entry.action.slug(), "noted");
        }
        Ok(receipt)
    }

    /// Goes on with another key: what was marked until now can be checked by whoever has the new
    /// one, in which it is sealed, and `entry` is the first record marked with it. Where that was
    /// done already, nothing is. A crash in between leaves a log that goes on with the old key, and
    /// may be called again.
    ///
    /// # Errors
    /// The log was changed by hand, is kept with neither key, or the disk does not take it.
    pub fn exchange(&self, to: &Secret, entry: &Entry) -> Result<(), AuditError> {
        let mut held = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.folder.lock()?;
        *held = None;
        let new = Self { end: Mutex::new(None), key: Some(to.clone()), ..Self::at(&self.folder) };
        let former = read_former(&self.folder, &[to])?;
        if let Ok(end) = new.find_end(&entry.time)
            && former.last().is_some_and(|(until, _)| end.seq > *until)
        {
            return Ok(());
        }
        let end = self.find_end(&entry.time)?;
        let own: Vec<&Secret> = self.key.iter().chain([to]).collect();
        let mut former = read_former(&self.folder, &own)?;
        // The one of now stands last where an exchange was cut off; records may have come since.
        // Further up it stands for a time of before, when the store had this key already.
        let is_own = |key: &Secret| self.key.as_ref().is_some_and(|own| own.is(key));
        former.pop_if(|(_, key)| is_own(key));
        if let Some(own) = self.key.as_ref().filter(|_| end.seq > 0) {
            former.push((end.seq, own.clone()));
        }
        write_former(&self.folder, to, &former)?;
        new.push(end, entry).map(drop)
    }

    fn at(folder: &Folder) -> Self {
        Self {
            folder: folder.clone(),
            key: None,
            segment: SEGMENT,
            announced: false,
            end: Mutex::new(None),
        }
    }

    /// Whether a record could be written now; none is.
    ///
    /// # Errors
    /// The folder or its last file takes nothing.
    pub fn can_append(&self) -> Result<(), AuditError> {
        let _lock = self.folder.lock()?;
        if let Some((_, last)) = self.folder.segments()?.last() {
            OpenOptions::new().append(true).open(last).map_err(io(last))?;
        }
        Ok(())
    }

    /// True where no other process has written since.
    fn is_still(&self, end: &End) -> Result<bool, AuditError> {
        let length = fs::metadata(&end.segment).map_or(0, |there| there.len());
        let head = self.folder.head()?;
        Ok(length == end.length && head.is_some_and(|h| h.seq == end.seq && h.mark == end.mark))
    }

    /// Appends to the end that is there, and points the head to the new one.
    fn push(&self, end: End, entry: &Entry) -> Result<End, AuditError> {
        let record = Record::new(end.seq + 1, &end.mark, entry);
        let (line, mark) =
            record.to_line(self.key.as_ref()).map_err(|e| io(&self.folder.root)(e.into()))?;
        let (segment, length) = if end.length > self.segment || end.seq == 0 {
            (self.folder.create_segment(record.seq)?, 0)
        } else {
            (end.segment, end.length)
        };
        let mut file = OpenOptions::new().append(true).open(&segment).map_err(io(&segment))?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if let Err(e) = written {
            // Half a line, or a whole one that nobody was told of: off again, now or when the
            // next one finds it.
            let _ = file.set_len(length).and_then(|()| file.sync_all());
            return Err(io(&segment)(e));
        }
        self.folder.write_head(&HeadFile::new(record.seq, &mark, self.key.as_ref()))?;
        Ok(End { seq: record.seq, mark, segment, length: length + line.len() as u64 })
    }

    /// The end as the files have it. What a crash left of a line is taken off, and that is written
    /// down; what was acknowledged must be there.
    fn find_end(&self, time: &str) -> Result<End, AuditError> {
        let segments = self.folder.segments()?;
        let mut torn = 0;
        let mut found = None;
        for (first, path) in segments.iter().rev() {
            let bytes = fs::read(path).map_err(io(path))?;
            let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            torn += bytes.len() - whole;
            if whole > 0 {
                found = Some(self.last_line(path, &bytes[..whole])?);
                break;
            }
            let empty =
                || End { seq: 0, mark: BEGINNING.to_owned(), segment: path.clone(), length: 0 };
            if *first == 1 {
                found = Some(empty());
            }
        }
        let end = found.unwrap_or(End {
            seq: 0,
            mark: BEGINNING.to_owned(),
            segment: self.folder.segment(1),
            length: 0,
        });
        self.must_hold_head(&end)?;
        for (_, path) in segments.iter().rev() {
            let keep = if *path == end.segment { end.length } else { 0 };
            if keep == 0 {
                // An empty segment is begun anew.
                fs::remove_file(path).map_err(io(path))?;
                continue;
            }
            let file = OpenOptions::new().write(true).open(path).map_err(io(path))?;
            file.set_len(keep).and_then(|()| file.sync_all()).map_err(io(path))?;
            break;
        }
        if torn == 0 {
            return Ok(end);
        }
        let healed = Entry {
            rows: Some(torn as u64),
            object: "bytes".to_owned(),
            ..Entry::new(time, "tepat", Action::LogHealed)
        };
        self.push(end, &healed)
    }

    fn last_line(&self, path: &Path, bytes: &[u8]) -> Result<End, AuditError> {
        let broken = |problem: &str| AuditError::Broken {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let from = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line =
            std::str::from_utf8(&text[from..]).map_err(|_| broken("its last line is damaged"))?;
        let keys = Keys::read(&self.folder, self.key.as_ref())?;
        let last = Record::of_line(line, &keys).map_err(|_| broken("its last line was changed"))?;
        if last.keyed && self.key.is_none() {
            return Err(broken("it is kept with a key, which is not at hand (TEPAT_KEY_FILE)"));
        }
        let length = bytes.len() as u64;
        Ok(End { seq: last.seq, mark: last.mark, segment: path.to_owned(), length })
    }

    fn must_hold_head(&self, end: &End) -> Result<(), AuditError> {
        let path = || self.folder.root.clone();
        let broken = |problem: String| AuditError::Broken { path: path(), problem };
        match self.folder.head()? {
            None if end.seq <= 1 => Ok(()),
            None => Err(broken("the head is gone".to_owned())),
            Some(head) if head.seq > end.seq => {
                Err(broken(format!("records {} to {} are gone", end.seq + 1, head.seq)))
            }
            Some(head) if head.seq == end.seq && head.mark != end.mark => {
                Err(broken(format!("record {} is another one", end.seq)))
            }
            Some(_) => Ok(()),
        }
    }

    /// The files of the log up to its last acknowledged record, with how many bytes of each belong to
    /// it; the head is copied to `work`, because it changes. Others may go on appending.
    ///
    /// # Errors
    /// The log cannot be read, or its end is broken.
    pub fn prefix(&self, work: &Path) -> Result<Vec<(PathBuf, u64)>, AuditError> {
        let _lock = self.folder.lock()?;
        let end = self.find_end("")?;
        let mut files = Vec::new();
        for (_, path) in self.folder.segments()? {
            let length = fs::metadata(&path).map_err(io(&path))?.len();
            files.push((path, length));
        }
        let former = path_of(&self.folder);
        if let Ok(there) = fs::metadata(&former) {
            files.push((former, there.len()));
        }
        if end.seq > 0 {
            let copy = work.join("head.json");
            self.folder.copy_head(&copy)?;
            let length = fs::metadata(&copy).map_err(io(&copy))?.len();
            files.push((copy, length));
        }
        Ok(files)
    }
}
