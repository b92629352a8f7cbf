//! The ledger of a snapshot: every person with the id that stays, and what finds the person again
//! in the next delivery; and what became of the ids of the ledger before.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::RestrictedError;
use super::files::{create_new, exchange_file, io};
use crate::clean::{Desa, FamilyKey, PersonRecord};
use crate::domain::{
    BirthDate, FamilyCard, FamilyRole, Nik, NikDigits, PersonFacts, Registry, Sex,
};
use crate::sealing::{OpeningReader, Sealer, SealingWriter};
use crate::spill::{SpillError, SpillWriter, partition_path, records_from};

/// Raise it when [`LedgerPerson`] changes: the records do not describe themselves.
const VERSION: u32 = 2;
pub(super) const HEAD: &str = "ledger.json";
pub(super) const PERSONS: &str = "persons";
pub(super) const EVENTS: &str = "events.csv";

/// One person with the id that stays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LedgerPerson {
    pub id: u64,
    /// How many snapshots with a ledger have known the id before: the greater, the older.
    pub age: u32,
    /// The registry of the record that stands for the person: the base where it holds them.
    pub registry: Registry,
    pub nik: Option<Nik>,
    pub digits: Option<NikDigits>,
    pub verified: bool,
    pub card: Option<FamilyCard>,
    pub role: Option<FamilyRole>,
    pub name: String,
    pub sex: Option<Sex>,
    pub birth: Option<BirthDate>,
    pub region: Option<Desa>,
    /// Prints (see [`super::Prints::of_record`]) of rows by which the person may be known that do
    /// not carry this NIK, sorted.
    pub prints: Vec<u64>,
    /// Of a member of the base.
    pub family: Option<FamilyKey>,
    /// NIKs that the person had before the one of now.
    pub former: Vec<Nik>,
}

impl LedgerPerson {
    pub fn new(id: u64, record: PersonRecord, prints: Vec<u64>) -> Self {
        Self {
            id,
            age: 0,
            registry: record.registry,
            nik: record.nik,
            digits: record.digits,
            verified: record.verified,
            card: record.card,
            role: record.role,
            name: record.name,
            sex: record.sex,
            birth: record.birth,
            region: record.region,
            prints,
            family: record.family,
            former: Vec::new(),
        }
    }

    /// The person as a record, to be compared with others. It stands in no file: its row is the id.
    pub fn record(&self) -> PersonRecord {
        PersonRecord {
            registry: self.registry,
            source: 0,
            row: self.id,
            nik: self.nik,
            digits: self.digits,
            verified: self.verified,
            card: self.card,
            role: self.role,
            name: self.name.clone(),
            sex: self.sex,
            birth: self.birth,
            region: self.region,
            family: None,
            member_no: 0,
            facts: PersonFacts::default(),
            ppks: false,
            receipts: 0,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    /// Length of each file of persons.
    bytes: Vec<u64>,
    /// They are sealed with the key of the restricted part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sealed: bool,
}

fn label(partition: usize) -> Vec<u8> {
    format!("buku besar/{partition}").into_bytes()
}

/// Writes a ledger in partitions, from any thread.
pub struct LedgerWriter {
    folder: PathBuf,
    sealer: Option<Sealer>,
    persons: SpillWriter<LedgerPerson>,
}

impl LedgerWriter {
    /// An empty ledger in `folder`, which is sealed in the end where there is a key.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn create(
        folder: &Path,
        partitions: usize,
        sealer: Option<Sealer>,
    ) -> Result<Self, RestrictedError> {
        let persons = SpillWriter::create(folder, PERSONS, partitions)?;
        Ok(Self { folder: folder.to_owned(), sealer, persons })
    }

    /// Adds one person. Within a partition the caller's order is kept.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn push(&self, partition: usize, person: &LedgerPerson) -> Result<(), RestrictedError> {
        Ok(self.persons.push(partition, person)?)
    }

    /// Writes out what is buffered, and how long each file is: one that was cut off is known by it.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn finish(self) -> Result<(), RestrictedError> {
        let partitions = self.persons.partitions();
        self.persons.finish()?;
        if let Some(sealer) = &self.sealer {
            (0..partitions).try_for_each(|partition| seal(&self.folder, partition, sealer))?;
        }
        let length = |partition| {
            let path = partition_path(&self.folder, PERSONS, partition);
            Ok(std::fs::metadata(&path).map_err(io(&path))?.len())
        };
        let bytes = (0..partitions).map(length).collect::<Result<_, RestrictedError>>()?;
        let path = self.folder.join(HEAD);
        let head =
            serde_json::to_vec(&Head { version: VERSION, bytes, sealed: self.sealer.is_some() })
                .map_err(|e| io(&path)(e.into()))?;
        create_new(&path)?.write_all(&head).map_err(io(&path))
    }
}

/// Seals the persons of a ledger with another key, file by file. Returns how many files there are.
pub(super) fn exchange(
    folder: &Path,
    from: &Sealer,
    to: &Sealer,
) -> Result<usize, RestrictedError> {
    let Ok(bytes) = std::fs::read(folder.join(HEAD)) else { return Ok(0) };
    // Of another version: its files are nothing that is known here, and nobody reads them.
    let Ok(head) = serde_json::from_slice::<Head>(&bytes) else { return Ok(0) };
    if !head.sealed {
        return Ok(0);
    }
    for partition in 0..head.bytes.len() {
        let path = partition_path(folder, PERSONS, partition);
        exchange_file(&path, &label(partition), from, to)?;
    }
    Ok(head.bytes.len())
}

/// Puts a sealed file of persons in the place of one in the clear.
fn seal(folder: &Path, partition: usize, sealer: &Sealer) -> Result<(), RestrictedError> {
    let path = partition_path(folder, PERSONS, partition);
    let sealed = path.with_extension("sealed");
    let mut from = BufReader::with_capacity(1 << 18, File::open(&path).map_err(io(&path))?);
    let mut out = SealingWriter::new(create_new(&sealed)?, sealer.clone(), &label(partition));
    std::io::copy(&mut from, &mut out).and_then(|_| out.finish()).map_err(io(&sealed))?;
    std::fs::rename(&sealed, &path).map_err(io(&path))
}

/// The ledger of a sealed snapshot.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
    partitions: usize,
    /// `None` where it lies in the clear.
    sealer: Option<Sealer>,
}

impl Ledger {
    /// Opens the ledger in a snapshot's restricted folder; `None` where there is none.
    ///
    /// # Errors
    /// It is of another version, a file of it is missing or cut off, or unreadable; or it is sealed
    /// and the key is not at hand.
    pub fn open(folder: &Path, sealer: Option<Sealer>) -> Result<Option<Self>, RestrictedError> {
        let path = folder.join(HEAD);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io(&path)(e)),
        };
        let head: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|_| RestrictedError::Ledger { path: path.clone() })?;
        if head["version"].as_u64() != Some(u64::from(VERSION)) {
            return Err(RestrictedError::Version { path });
        }
        let head: Head = serde_json::from_value(head)
            .map_err(|_| RestrictedError::Ledger { path: path.clone() })?;
        if head.sealed && sealer.is_none() {
            return Err(RestrictedError::Sealed { path });
        }
        for (partition, length) in head.bytes.iter().enumerate() {
            let path = partition_path(folder, PERSONS, partition);
            match std::fs::metadata(&path) {
                Ok(there) if there.len() == *length => {}
                Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                    return Err(io(&path)(e));
                }
                _ => return Err(RestrictedError::Ledger { path }),
            }
        }
        let sealer = sealer.filter(|_| head.sealed);
        Ok(Some(Self { folder: folder.to_owned(), partitions: head.bytes.len(), sealer }))
    }

    pub fn partitions(&self) -> usize {
        self.partitions
    }

    /// Reads one partition, person by person.
    ///
    /// # Errors
    /// The file is missing or cut off, or `each` fails.
    pub fn read<E: From<RestrictedError>>(
        &self,
        partition: usize,
        mut each: impl FnMut(LedgerPerson) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        let each = |person| {
            failed = each(person).err();
            failed.is_none()
        };
        let path = partition_path(&self.folder, PERSONS, partition);
        let file = File::open(&path).map_err(|_| RestrictedError::Ledger { path: path.clone() })?;
        let file = BufReader::with_capacity(1 << 16, file);
        let read = match &self.sealer {
            None => records_from(file, &path, each),
            Some(sealer) => {
                let open = OpeningReader::new(file, sealer.clone(), &label(partition));
                records_from(open, &path, each)
            }
        };
        match (read, failed) {
            (_, Some(error)) => Err(error),
            // Its length is right, so it was changed.
            (Err(SpillError { path, .. }), None) => Err(RestrictedError::Ledger { path }.into()),
            (Ok(()), None) => Ok(()),
        }
    }
}

/// What became of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// The person keeps the id and states another desa.
    Moved,
    /// One person of before is two: the new one has a new id.
    Split,
    /// Two persons of before are one: the old id is given up for the new one.
    Merged,
    /// In no delivery now.
    Gone,
    /// The person keeps the id and has another NIK.
    Renumbered,
}

impl EventKind {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Moved => "pindah",
            Self::Split => "terpisah",
            Self::Merged => "tergabung",
            Self::Gone => "hilang",
            Self::Renumbered => "nik_dibetulkan",
        }
    }
}

/// One line of the events table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Event {
    pub kind: EventKind,
    pub old: u64,
    /// The id now; `None` of one who is gone.
    pub new: Option<u64>,
    /// The stated desa now, or of one who is gone the last known.
    pub region: Option<Desa>,
}

/// Writes the events of one part of the build after the other as `events.csv`.
///
/// # Errors
/// The disk does not take it, or a part cannot be had.
pub fn write_events<E: From<RestrictedError>>(
    folder: &Path,
    parts: impl Iterator<Item = Result<Vec<Event>, E>>,
) -> Result<(), E> {
    let path = folder.join(EVENTS);
    let mut out = BufWriter::new(create_new(&path)?);
    let broken = |e| E::from(io(&path)(e));
    writeln!(out, "peristiwa,id_lama,id_baru,wilayah").map_err(broken)?;
    for part in parts {
        let mut events = part?;
        events.sort_unstable();
        for event in events {
            let new = event.new.map(|id| format!("{id:016x}")).unwrap_or_default();
            let region = event.region.map(|d| d.code().to_string()).unwrap_or_default();
            writeln!(out, "{},{:016x},{new},{region}", event.kind.slug(), event.old)
                .map_err(broken)?;
        }
    }
    out.flush().map_err(broken)
}
