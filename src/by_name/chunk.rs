//! The file of one kecamatan: an index, then a sealed block for the households of each desa, for
//! the pairs that wait there, and for how poor everybody is under a pseudonym. A reader opens the
//! block that it needs and no other.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::ByNameError;
use super::household::{Conflict, Household, State};
use super::list::DesaCounts;
use super::store::SnapshotKey;
use crate::domain::{Level, RegionCode};
use crate::restricted::ReviewPair;

/// An index is a few hundred bytes a desa.
const MAX_INDEX: u32 = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Kind {
    Households,
    Pairs,
    States,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    kind: Kind,
    /// Packed code: of a desa, for states of the kecamatan.
    region: u64,
    /// From the end of the index.
    offset: u64,
    length: u64,
    rows: u64,
    unreached: u64,
    conflicts: u64,
    /// Not in the files of earlier versions.
    missed: Option<u64>,
}

/// As earlier versions wrote it: postcard cannot skip what is not there.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct FormerEntry {
    kind: Kind,
    region: u64,
    offset: u64,
    length: u64,
    rows: u64,
    unreached: u64,
    conflicts: u64,
}

impl From<FormerEntry> for Entry {
    fn from(former: FormerEntry) -> Self {
        let FormerEntry { kind, region, offset, length, rows, unreached, conflicts } = former;
        Self { kind, region, offset, length, rows, unreached, conflicts, missed: None }
    }
}

/// What an index is sealed as; another word for each form of it.
const INDEX: &str = "daftar 2";
const FORMER_INDEX: &str = "daftar";

/// How many households of a desa stand in each list.
#[derive(Default)]
struct Listed {
    unreached: u64,
    missed: u64,
    conflicts: u64,
}

/// A pseudonym and how poor its household was.
pub(super) type Known = (u64, State);

pub(super) fn file_of(folder: &Path, kecamatan: RegionCode) -> PathBuf {
    folder.join(kecamatan.to_string())
}

fn context(region: RegionCode, kind: &str) -> Vec<u8> {
    format!("{kind}/{region}").into_bytes()
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Households => "keluarga",
        Kind::Pairs => "pasangan",
        Kind::States => "keadaan",
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> ByNameError + '_ {
    |source| ByNameError::Io { path: path.to_owned(), source }
}

/// Writes the file of a kecamatan: `households` and `pairs` by desa, in the order in which they
/// are to be listed.
pub(super) fn write(
    folder: &Path,
    key: &SnapshotKey,
    kecamatan: RegionCode,
    households: &[Household],
    pairs: &[(RegionCode, ReviewPair)],
) -> Result<(), ByNameError> {
    let path = file_of(folder, kecamatan);
    let (mut index, mut blocks) = (Vec::new(), Vec::new());
    let mut add = |kind, region: RegionCode, rows: usize, content: Vec<u8>, listed: Listed| {
        let sealed = key.sealer.seal(&context(region, name_of(kind)), content);
        index.push(Entry {
            kind,
            region: region.packed(),
            offset: blocks.len() as u64,
            length: sealed.len() as u64,
            rows: rows as u64,
            unreached: listed.unreached,
            conflicts: listed.conflicts,
            missed: Some(listed.missed),
        });
        blocks.extend_from_slice(&sealed);
    };
    let encode = |e: postcard::Error| io(&path)(std::io::Error::other(e));
    for desa in households.chunk_by(|a, b| a.desa == b.desa) {
        let region = desa[0].desa.code();
        let content = postcard::to_stdvec(desa).map_err(encode)?;
        add(Kind::Households, region, desa.len(), content, listed(desa));
    }
    for desa in pairs.chunk_by(|a, b| a.0 == b.0) {
        let plain: Vec<&ReviewPair> = desa.iter().map(|(_, pair)| pair).collect();
        // JSON: pairs carry fields that postcard cannot skip.
        let content = serde_json::to_vec(&plain).map_err(|e| io(&path)(e.into()))?;
        add(Kind::Pairs, desa[0].0, desa.len(), content, Listed::default());
    }
    let states = states(households, key);
    let content = postcard::to_stdvec(&states).map_err(encode)?;
    add(Kind::States, kecamatan, states.len(), content, Listed::default());

    let index = postcard::to_stdvec(&index).map_err(encode)?;
    let index = key.sealer.seal(&context(kecamatan, INDEX), index);
    let length = u32::try_from(index.len()).map_err(|e| io(&path)(std::io::Error::other(e)))?;
    let mut out = super::store::create(&path)?;
    let parts = [&length.to_le_bytes()[..], &index, &blocks];
    parts.iter().try_for_each(|part| out.write_all(part)).map_err(io(&path))?;
    out.sync_all().map_err(io(&path))
}

fn listed(desa: &[Household]) -> Listed {
    let count = |is: fn(&Household) -> bool| desa.iter().filter(|h| is(h)).count() as u64;
    Listed {
        unreached: count(Household::is_unreached),
        missed: count(Household::is_missed),
        conflicts: count(has_to_be_mended),
    }
}

/// A household of the list of conflicts: one whose linked rows merely spell a name otherwise is not
/// worth a visit, so that alone does not count unless it is poor.
pub(super) fn has_to_be_mended(household: &Household) -> bool {
    let conflicts = household.conflicts();
    let only_registries = conflicts == [Conflict::Registries];
    !conflicts.is_empty() && (!only_registries || household.poor)
}

fn states(households: &[Household], key: &SnapshotKey) -> Vec<Known> {
    let mut all: Vec<Known> = households
        .iter()
        .flat_map(|h| h.niks().into_iter().map(|nik| (key.pseudonym(nik), h.state())))
        .collect();
    all.sort_unstable();
    all.dedup_by_key(|(pseudonym, _)| *pseudonym);
    all
}

/// An open file of a kecamatan.
pub(super) struct Chunk<'a> {
    path: PathBuf,
    file: File,
    key: &'a SnapshotKey,
    index: Vec<Entry>,
    /// Where the blocks begin.
    blocks: u64,
}

impl<'a> Chunk<'a> {
    /// `None` where no household lives there.
    pub(super) fn open(
        folder: &Path,
        key: &'a SnapshotKey,
        kecamatan: RegionCode,
    ) -> Result<Option<Self>, ByNameError> {
        let path = file_of(folder, kecamatan);
        let mut file = match File::open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(io(&path))?,
        };
        let damaged = || ByNameError::Damaged { path: path.clone() };
        let mut length = [0; 4];
        file.read_exact(&mut length).map_err(|_| damaged())?;
        let length = u32::from_le_bytes(length);
        if length > MAX_INDEX {
            return Err(damaged());
        }
        let mut sealed = vec![0; length as usize];
        file.read_exact(&mut sealed).map_err(|_| damaged())?;
        let open = |name| key.sealer.open(&context(kecamatan, name), &sealed);
        let index = match (open(INDEX), open(FORMER_INDEX)) {
            (Some(index), _) => postcard::from_bytes(&index).map_err(|_| damaged())?,
            (None, Some(former)) => {
                let former: Vec<FormerEntry> =
                    postcard::from_bytes(&former).map_err(|_| damaged())?;
                former.into_iter().map(Entry::from).collect()
            }
            (None, None) => return Err(damaged()),
        };
        Ok(Some(Self { path, file, key, index, blocks: 4 + u64::from(length) }))
    }

    fn damaged(&self) -> ByNameError {
        ByNameError::Damaged { path: self.path.clone() }
    }

    fn content(&mut self, entry: &Entry) -> Result<Zeroizing<Vec<u8>>, ByNameError> {
        let damaged = self.damaged();
        let Some(region) = RegionCode::from_packed(entry.region) else { return Err(damaged) };
        let there = self.file.metadata().map_err(io(&self.path))?.len();
        if entry.length > there {
            return Err(damaged);
        }
        self.file.seek(SeekFrom::Start(self.blocks + entry.offset)).map_err(io(&self.path))?;
        let mut sealed = vec![0; usize::try_from(entry.length).unwrap_or(0)];
        self.file.read_exact(&mut sealed).map_err(|_| self.damaged())?;
        let context = context(region, name_of(entry.kind));
        self.key.sealer.open(&context, &sealed).ok_or(damaged)
    }

    fn entries(&self, kind: Kind, region: RegionCode) -> Vec<Entry> {
        let inside = |packed| RegionCode::from_packed(packed).is_some_and(|r| region.contains(r));
        self.index.iter().filter(|e| e.kind == kind && inside(e.region)).cloned().collect()
    }

    fn decoded<T: DeserializeOwned>(&mut self, entry: &Entry) -> Result<T, ByNameError> {
        let content = self.content(entry)?;
        postcard::from_bytes(&content).map_err(|_| self.damaged())
    }

    /// Households of a desa, or of the whole kecamatan, one desa after the other.
    pub(super) fn households(
        &mut self,
        region: RegionCode,
        mut each: impl FnMut(Household),
    ) -> Result<(), ByNameError> {
        for entry in self.entries(Kind::Households, region) {
            self.decoded::<Vec<Household>>(&entry)?.into_iter().for_each(&mut each);
        }
        Ok(())
    }

    pub(super) fn pairs(&mut self, region: RegionCode) -> Result<Vec<ReviewPair>, ByNameError> {
        let mut all = Vec::new();
        for entry in self.entries(Kind::Pairs, region) {
            let content = self.content(&entry)?;
            let pairs: Vec<ReviewPair> =
                serde_json::from_slice(&content).map_err(|_| self.damaged())?;
            all.extend(pairs);
        }
        Ok(all)
    }

    /// Everybody's state, by pseudonym.
    pub(super) fn states(&mut self) -> Result<Vec<Known>, ByNameError> {
        let mut all = Vec::new();
        for entry in self.entries(Kind::States, RegionCode::NATION) {
            all.extend(self.decoded::<Vec<Known>>(&entry)?);
        }
        Ok(all)
    }

    /// How long the lists of each desa are, without opening one.
    pub(super) fn counts(&self) -> Vec<DesaCounts> {
        let mut all: Vec<DesaCounts> = Vec::new();
        for entry in self.index.iter().filter(|e| e.kind != Kind::States) {
            let Some(desa) = RegionCode::from_packed(entry.region) else { continue };
            if desa.level() != Level::Desa {
                continue;
            }
            if !all.iter().any(|c| c.desa == desa) {
                all.push(DesaCounts { desa, ..DesaCounts::default() });
            }
            let Some(counts) = all.iter_mut().find(|c| c.desa == desa) else { continue };
            match entry.kind {
                Kind::Households => {
                    counts.households = entry.rows;
                    counts.unreached = entry.unreached;
                    counts.missed = entry.missed;
                    counts.conflicts = entry.conflicts;
                }
                _ => counts.pairs = entry.rows,
            }
        }
        all.sort_by_key(|c| c.desa);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::Secret;

    #[test]
    fn an_index_of_an_earlier_version_is_read_and_says_what_it_did_not_count() {
        let folder = std::env::temp_dir().join(format!("tepat-chunk-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        super::super::store::create_folder(&folder).unwrap();
        let key = SnapshotKey::new(&Secret::new([1; 32]), Secret::new([2; 32]));
        let kecamatan: RegionCode = "36.02.01".parse().unwrap();
        let desa: RegionCode = "36.02.01.2003".parse().unwrap();
        let households: Vec<Household> = Vec::new();
        let block = postcard::to_stdvec(&households).unwrap();
        let block = key.sealer.seal(&context(desa, name_of(Kind::Households)), block);
        let former = vec![FormerEntry {
            kind: Kind::Households,
            region: desa.packed(),
            offset: 0,
            length: block.len() as u64,
            rows: 7,
            unreached: 2,
            conflicts: 1,
        }];
        let index = postcard::to_stdvec(&former).unwrap();
        let index = key.sealer.seal(&context(kecamatan, FORMER_INDEX), index);
        let length = u32::try_from(index.len()).unwrap().to_le_bytes();
        let bytes = [&length[..], &index, &block].concat();
        std::fs::write(file_of(&folder, kecamatan), bytes).unwrap();
        let mut chunk = Chunk::open(&folder, &key, kecamatan).unwrap().unwrap();
        let counts = chunk.counts();
        assert_eq!((counts[0].households, counts[0].unreached, counts[0].conflicts), (7, 2, 1));
        assert_eq!(counts[0].missed, None, "not counted is not none");
        assert!(chunk.households(desa, |_| ()).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
