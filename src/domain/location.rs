//! Points against codes: how far the place where a family's coordinate lies and the desa that it
//! states are the same, and which of the two decides.

use serde::{Deserialize, Serialize};

use super::code::{Level, RegionCode};

/// What decides where both a coordinate and a stated desa can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    #[default]
    Point,
    Code,
}

/// Families with both a located and a stated desa, by the level down to which both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictCounts {
    pub desa: u64,
    pub kecamatan: u64,
    pub kabupaten: u64,
    pub provinsi: u64,
    pub none: u64,
}

impl ConflictCounts {
    /// Names for files, in the order of [`ConflictCounts::values`].
    pub const COLUMNS: [&str; 5] =
        ["same_desa", "same_kecamatan", "same_kabupaten", "same_provinsi", "same_none"];

    pub fn values(&self) -> [u64; 5] {
        [self.desa, self.kecamatan, self.kabupaten, self.provinsi, self.none]
    }

    pub fn from_values([desa, kecamatan, kabupaten, provinsi, none]: [u64; 5]) -> Self {
        Self { desa, kecamatan, kabupaten, provinsi, none }
    }

    /// Counts one family.
    pub fn count(&mut self, located: RegionCode, stated: RegionCode) {
        let same = |level: Level| located.ancestor(level) == stated.ancestor(level);
        *match () {
            () if located == stated => &mut self.desa,
            () if same(Level::Kecamatan) => &mut self.kecamatan,
            () if same(Level::Kabupaten) => &mut self.kabupaten,
            () if same(Level::Provinsi) => &mut self.provinsi,
            () => &mut self.none,
        } += 1;
    }

    /// Adds those of another part.
    pub fn add(&mut self, other: &Self) {
        let (mine, theirs) = (self.values(), other.values());
        *self = Self::from_values(std::array::from_fn(|i| mine[i] + theirs[i]));
    }

    /// Families with both.
    pub fn both(&self) -> u64 {
        self.values().iter().sum()
    }

    /// Families whose point lies in another desa than the one they state: the other rule would
    /// place them there.
    pub fn differ(&self) -> u64 {
        self.both() - self.desa
    }
}

/// The conflicts of one region, by the region that the families state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictRow {
    pub code: RegionCode,
    pub counts: ConflictCounts,
}

/// The rule of a build and what became of its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointReport {
    pub trust: Trust,
    /// Furthest that a point may lie from the desa it is given to, in metres.
    pub tolerance_m: u32,
    /// In no desa, and given to the nearest.
    pub nearest: u64,
    pub null_island: u64,
    pub abroad: u64,
    pub agreement: ConflictCounts,
}

impl PointReport {
    /// Adds the counts of another part of the same build.
    pub fn add(&mut self, other: &Self) {
        (self.trust, self.tolerance_m) = (other.trust, other.tolerance_m);
        self.nearest += other.nearest;
        self.null_island += other.null_island;
        self.abroad += other.abroad;
        self.agreement.add(&other.agreement);
    }
}
