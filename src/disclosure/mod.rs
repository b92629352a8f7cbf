//! Small cells: what of a snapshot may be shown. Everything that serves or exports figures goes
//! through [`Release`]; nothing reads a region's sums past it.

use std::collections::BTreeSet;

use crate::domain::{IndicatorId, Level, RegionCode, RegionCounts};
use crate::indicators;
use crate::snapshot::{Manifest, PriorityRow, Snapshot};

/// One figure as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    Value(f64),
    /// The measure does not exist here; not zero.
    NoData,
    /// It exists, but the region has so few families that it could speak of one of them.
    Suppressed,
}

impl Cell {
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::NoData | Self::Suppressed => None,
        }
    }
}

/// What may be shown of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionStatus {
    Published,
    Suppressed,
    NoData,
}

/// A snapshot with its small regions withheld.
#[derive(Debug)]
pub struct Release {
    snapshot: Snapshot,
    suppressed: BTreeSet<RegionCode>,
}

impl Release {
    /// Withholds every region with fewer families than the manifest's `min_families`, and where
    /// that leaves exactly one withheld region under a parent, its smallest sibling too: otherwise
    /// the parent minus the others would give it away.
    pub fn new(snapshot: Snapshot) -> Self {
        let suppressed = suppress(&snapshot);
        Self { snapshot, suppressed }
    }

    pub fn manifest(&self) -> &Manifest {
        &self.snapshot.manifest
    }

    pub fn status(&self, code: RegionCode) -> RegionStatus {
        if self.suppressed.contains(&code) {
            RegionStatus::Suppressed
        } else if self.snapshot.region(code).is_some_and(|counts| counts.n_families > 0) {
            RegionStatus::Published
        } else {
            RegionStatus::NoData
        }
    }

    /// The sums of a region that may be shown.
    pub fn counts(&self, code: RegionCode) -> Option<&RegionCounts> {
        match self.status(code) {
            RegionStatus::Published => self.snapshot.region(code),
            RegionStatus::Suppressed | RegionStatus::NoData => None,
        }
    }

    /// One figure.
    pub fn cell(&self, code: RegionCode, id: IndicatorId) -> Cell {
        match self.status(code) {
            RegionStatus::Suppressed => Cell::Suppressed,
            RegionStatus::NoData => Cell::NoData,
            RegionStatus::Published => self
                .snapshot
                .region(code)
                .and_then(|counts| indicators::value(id, counts))
                .map_or(Cell::NoData, Cell::Value),
        }
    }

    /// The regions of `level` inside `code` that have families, shown or withheld, in code order.
    pub fn regions(&self, code: RegionCode, level: Level) -> impl Iterator<Item = RegionCode> {
        self.snapshot.inside(code, level).map(|row| row.code)
    }

    /// The first priority order of `level` inside `code`; withheld regions are left out.
    pub fn priority(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &PriorityRow> {
        self.snapshot.priority.iter().filter(move |row| {
            row.level == level && code.contains(row.code) && !self.suppressed.contains(&row.code)
        })
    }
}

fn suppress(snapshot: &Snapshot) -> BTreeSet<RegionCode> {
    let threshold = snapshot.manifest.min_families;
    let mut suppressed: BTreeSet<RegionCode> = snapshot
        .regions
        .iter()
        .filter(|row| (1..threshold).contains(&row.counts.n_families))
        .map(|row| row.code)
        .collect();
    // A withheld region takes everything inside it along.
    let inside: Vec<RegionCode> =
        suppressed.iter().flat_map(|code| snapshot.subtree(*code)).map(|row| row.code).collect();
    suppressed.extend(inside);
    for row in &snapshot.regions {
        let Some(level) = row.code.level().child() else { continue };
        let children: Vec<_> = snapshot.inside(row.code, level).collect();
        let withheld = children.iter().filter(|c| suppressed.contains(&c.code)).count();
        if withheld != 1 || suppressed.contains(&row.code) {
            continue;
        }
        let next = children
            .iter()
            .filter(|c| !suppressed.contains(&c.code) && c.counts.n_families > 0)
            .min_by_key(|c| (c.counts.n_families, c.code));
        if let Some(next) = next {
            suppressed.extend(snapshot.subtree(next.code).iter().map(|r| r.code));
        }
    }
    suppressed
}
