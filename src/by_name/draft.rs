//! Households on their way into the store: laid by kecamatan by kecamatan while a build measures,
//! sealed at its end, put in place with the snapshot.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chunk;
use super::error::ByNameError;
use super::household::Household;
use super::store::{ByName, Head, SnapshotKey, create_folder, io, sync};
use crate::domain::{Level, Period, RegionCode};
use crate::restricted::ReviewPair;
use crate::sealing::Secret;
use crate::spill::{SpillWriter, partition_of, take_partition};

const HOUSEHOLDS: &str = "by-name";
const PAIRS: &str = "by-name-pairs";
const FOLDER: &str = "by_name";

/// A pair with the desa in whose list it stands.
#[derive(Serialize, Deserialize)]
struct Placed {
    desa: u64,
    /// JSON: it does not describe itself otherwise.
    pair: String,
}

/// What a build fills.
pub struct Draft {
    by_name: ByName,
    work: PathBuf,
    folder: PathBuf,
    own: Secret,
    key: SnapshotKey,
    households: SpillWriter<Household>,
    pairs: SpillWriter<Placed>,
}

/// What is sealed and waits to be put in place.
pub struct Sealed {
    by_name: ByName,
    folder: PathBuf,
    own: Secret,
}

impl Draft {
    /// An empty draft in a build's work folder. `own`: the key of the snapshot to be.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn create(
        by_name: ByName,
        own: Secret,
        work: &Path,
        partitions: usize,
    ) -> Result<Self, ByNameError> {
        let folder = work.join(FOLDER);
        create_folder(&folder)?;
        Ok(Self {
            key: by_name.snapshot_key(&own)?,
            households: SpillWriter::create(work, HOUSEHOLDS, partitions)?,
            pairs: SpillWriter::create(work, PAIRS, partitions)?,
            by_name,
            work: work.to_owned(),
            folder,
            own,
        })
    }

    fn partition(&self, desa: RegionCode) -> usize {
        partition_of(desa.ancestor(Level::Kecamatan).packed(), self.households.partitions())
    }

    /// Adds one household, from any thread.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn push(&self, household: &Household) -> Result<(), ByNameError> {
        Ok(self.households.push(self.partition(household.desa.code()), household)?)
    }

    /// Adds a pair that waits, under the desa that its base row states, or else the other row. One
    /// that states none stands in no list; the spreadsheet of all pairs has it.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn push_pair(&self, pair: &ReviewPair) -> Result<(), ByNameError> {
        let stated = [&pair.base.region, &pair.other.region];
        let desa = stated.into_iter().find_map(|text| text.parse::<RegionCode>().ok());
        let Some(desa) = desa.filter(|code| code.level() == Level::Desa) else { return Ok(()) };
        let text = serde_json::to_string(pair).map_err(|e| io(&self.folder)(e.into()))?;
        let placed = Placed { desa: desa.packed(), pair: text };
        Ok(self.pairs.push(self.partition(desa), &placed)?)
    }

    /// Nothing more is added; then every partition can be sealed.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn close(self) -> Result<Closed, ByNameError> {
        let Self { by_name, work, folder, own, key, households, pairs } = self;
        let partitions = households.partitions();
        households.finish()?;
        pairs.finish()?;
        Ok(Closed { partitions, work, key, sealed: Sealed { by_name, folder, own } })
    }
}

/// All households, laid by.
pub struct Closed {
    pub partitions: usize,
    work: PathBuf,
    key: SnapshotKey,
    sealed: Sealed,
}

impl Closed {
    /// Seals the kecamatan of one partition; from any thread, each partition once.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn seal(&self, partition: usize) -> Result<(), ByNameError> {
        let mut households: Vec<Household> = take_partition(&self.work, HOUSEHOLDS, partition)?;
        households.sort_unstable_by_key(|h| (h.desa, h.source, h.row));
        let placed: Vec<Placed> = take_partition(&self.work, PAIRS, partition)?;
        let mut pairs = Vec::with_capacity(placed.len());
        for Placed { desa, pair } in placed {
            let pair: ReviewPair =
                serde_json::from_str(&pair).map_err(|e| io(&self.sealed.folder)(e.into()))?;
            pairs.push((RegionCode::from_packed(desa).unwrap_or(RegionCode::NATION), pair));
        }
        pairs.sort_by(|(a, p), (b, q)| {
            a.cmp(b).then(q.weight.total_cmp(&p.weight)).then_with(|| p.key.cmp(&q.key))
        });
        let above = |desa: RegionCode| desa.ancestor(Level::Kecamatan);
        let all: BTreeSet<RegionCode> = households
            .iter()
            .map(|h| above(h.desa.code()))
            .chain(pairs.iter().map(|(desa, _)| above(*desa)))
            .collect();
        for kecamatan in all {
            let from = households.partition_point(|h| above(h.desa.code()) < kecamatan);
            let to = households.partition_point(|h| above(h.desa.code()) <= kecamatan);
            let first = pairs.partition_point(|(desa, _)| above(*desa) < kecamatan);
            let last = pairs.partition_point(|(desa, _)| above(*desa) <= kecamatan);
            let (mine, waiting) = (&households[from..to], &pairs[first..last]);
            chunk::write(&self.sealed.folder, &self.key, kecamatan, mine, waiting)?;
        }
        Ok(())
    }

    /// Everything is sealed.
    pub fn done(self) -> Sealed {
        self.sealed
    }
}

impl Sealed {
    /// Moves the households to the folder of snapshot `id`, before it becomes current. Those of an
    /// earlier build of the same snapshot go, and their key with them.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn place(&self, id: &str, period: Period, synthetic: bool) -> Result<(), ByNameError> {
        Head::new(id, period, synthetic, &self.own, self.by_name.master()).write(&self.folder)?;
        sync(&self.folder)?;
        create_folder(self.by_name.root())?;
        let place = self.by_name.folder_of(id);
        if place.exists() {
            let old = self.folder.with_extension("replaced");
            fs::rename(&place, &old).map_err(io(&place))?;
        }
        fs::rename(&self.folder, &place).map_err(io(&place))?;
        sync(self.by_name.root())
    }
}
