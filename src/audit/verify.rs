//! The whole log checked from its first line: every mark, every link, every number, and the end
//! against the head. Every trouble is named with its file and line.

use std::fs;
use std::path::PathBuf;

use super::error::AuditError;
use super::folder::{HeadFile, io};
use super::keys::Keys;
use super::line::{BEGINNING, Bad, Record};
use super::log::Log;

/// Troubles that are named; beyond them it is enough to know that there are more.
const NAMED: usize = 50;

/// A record by its number and mark: what an anchor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: u64,
    pub mark: String,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("{file}, line {line}: not a record")]
    Form { file: PathBuf, line: u64 },
    #[error("{file}, line {line}: the record was changed")]
    Changed { file: PathBuf, line: u64 },
    #[error(
        "{file}, line {line}: record {found} stands where {expected} is due: records are missing, doubled or in another order"
    )]
    Order { file: PathBuf, line: u64, expected: u64, found: u64 },
    #[error(
        "{file}, line {line}: does not follow the record before it: that one was changed, put in or taken out"
    )]
    Link { file: PathBuf, line: u64 },
    #[error("{file}, line {line}: marked without the key, behind records that are marked with it")]
    Unkeyed { file: PathBuf, line: u64 },
    #[error(
        "no record is marked with the key: the log was written anew without it, or never had it"
    )]
    NeverKeyed,
    #[error("{file}: begins with another record than its name says")]
    Name { file: PathBuf },
    #[error("the head names record {head}, the last one is {last}: the end was cut off")]
    Cut { head: u64, last: u64 },
    #[error("the head does not fit record {seq}: one of the two was changed")]
    Head { seq: u64 },
    #[error("the head is gone")]
    NoHead,
    #[error("the head was not written with the key")]
    HeadForged,
    #[error(
        "the anchor names record {seq} with another mark, or that record is not there: what came before was written anew or cut off"
    )]
    Anchor { seq: u64 },
}

/// What the check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub records: u64,
    /// The last record; note it elsewhere, and later checks can hold the log against it.
    pub head: Option<Head>,
    /// Records marked with a key that was not at hand: only their order was checked.
    pub unchecked: u64,
    /// Records marked without a key: those written before there was one.
    pub plain: u64,
    /// Bytes behind the last line that a crash left; nobody was told of them.
    pub torn: u64,
    pub troubles: Vec<Trouble>,
    /// Troubles beyond those that are named.
    pub further: u64,
}

impl Audit {
    pub fn holds(&self) -> bool {
        self.troubles.is_empty() && self.further == 0
    }

    fn say(&mut self, trouble: Trouble) {
        if self.troubles.len() < NAMED {
            self.troubles.push(trouble);
        } else {
            self.further += 1;
        }
    }
}

/// The check on its way through the lines.
struct Walk<'a> {
    log: &'a Log,
    keys: Keys,
    head: Option<HeadFile>,
    anchor: Option<&'a Head>,
    audit: Audit,
    seq: u64,
    mark: String,
    keyed: bool,
    head_found: bool,
    anchor_found: bool,
}

impl Log {
    /// Checks everything. `anchor`: a record that was noted earlier, elsewhere. May run while
    /// others append.
    ///
    /// # Errors
    /// A file cannot be read. What is wrong with the log is no error but in the answer.
    pub fn check(&self, anchor: Option<&Head>) -> Result<Audit, AuditError> {
        let (head, damaged) = match self.folder.head() {
            Ok(head) => (head, false),
            Err(AuditError::Broken { .. }) => (None, true),
            Err(error) => return Err(error),
        };
        let mut walk = Walk {
            log: self,
            keys: Keys::read(&self.folder, self.key.as_ref())?,
            head,
            anchor,
            audit: Audit::default(),
            seq: 0,
            mark: BEGINNING.to_owned(),
            keyed: false,
            head_found: false,
            anchor_found: false,
        };
        if damaged {
            walk.audit.say(Trouble::HeadForged);
        }
        for (first, path) in self.folder.segments()? {
            walk.segment(first, &path)?;
        }
        Ok(walk.end(damaged))
    }
}

impl Walk<'_> {
    fn segment(&mut self, first: u64, path: &PathBuf) -> Result<(), AuditError> {
        let bytes = fs::read(path).map_err(io(path))?;
        let file = PathBuf::from(path.file_name().unwrap_or_default());
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        self.audit.torn += (bytes.len() - whole) as u64;
        let lines = bytes[..whole].split_inclusive(|b| *b == b'\n');
        for (number, line) in (1_u64..).zip(lines) {
            let line = std::str::from_utf8(&line[..line.len() - 1]);
            let read =
                line.map_err(|_| Bad::Form).and_then(|line| Record::of_line(line, &self.keys));
            let (file, line) = (file.clone(), number);
            match read {
                Ok(record) => {
                    if number == 1 && record.seq != first {
                        self.audit.say(Trouble::Name { file: file.clone() });
                    }
                    self.record(&record, file, line);
                }
                Err(Bad::Form) => {
                    self.audit.say(Trouble::Form { file, line });
                    self.skip();
                }
                Err(Bad::Mark) => {
                    self.audit.say(Trouble::Changed { file, line });
                    self.skip();
                }
            }
        }
        Ok(())
    }

    /// Past a line that cannot be trusted: the next one is taken at its word.
    fn skip(&mut self) {
        self.seq += 1;
        self.mark.clear();
        self.head_found |= self.head.as_ref().is_some_and(|head| head.seq == self.seq);
    }

    fn record(&mut self, record: &Record, file: PathBuf, line: u64) {
        let expected = self.seq + 1;
        if record.seq != expected {
            self.audit.say(Trouble::Order { file, line, expected, found: record.seq });
        } else if !self.mark.is_empty() && record.prev != self.mark {
            self.audit.say(Trouble::Link { file, line });
        } else if self.keyed && !record.keyed {
            self.audit.say(Trouble::Unkeyed { file, line });
        }
        self.audit.records += 1;
        self.audit.unchecked += u64::from(record.keyed && self.log.key.is_none());
        self.audit.plain += u64::from(!record.keyed);
        self.keyed |= record.keyed;
        if let Some(head) = self.head.as_ref().filter(|head| head.seq == record.seq) {
            self.head_found = true;
            if head.mark != record.mark {
                self.audit.say(Trouble::Head { seq: record.seq });
            }
        }
        self.anchor_found |=
            self.anchor.is_some_and(|a| (a.seq, a.mark.as_str()) == (record.seq, &record.mark));
        (self.seq, self.mark) = (record.seq, record.mark.clone());
        self.audit.head = Some(Head { seq: record.seq, mark: record.mark.clone() });
    }

    fn end(mut self, damaged: bool) -> Audit {
        match self.head.take() {
            // A crash between the first line and the first head leaves one record without.
            None if !damaged && self.audit.records > 1 => self.audit.say(Trouble::NoHead),
            None => {}
            Some(head) => {
                if !head.is_genuine(self.keys.of(head.seq)) && self.keyed {
                    self.audit.say(Trouble::HeadForged);
                }
                if !self.head_found {
                    self.audit.say(Trouble::Cut { head: head.seq, last: self.seq });
                }
            }
        }
        if self.log.key.is_some() && self.audit.records > 0 && !self.keyed {
            self.audit.say(Trouble::NeverKeyed);
        }
        if let Some(anchor) = self.anchor.filter(|_| !self.anchor_found) {
            self.audit.say(Trouble::Anchor { seq: anchor.seq });
        }
        self.audit
    }
}
