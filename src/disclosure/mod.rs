//! Small cells: what of a snapshot may be shown. Everything that serves or exports figures goes
//! through [`Release`]; nothing reads a region's sums past it.

use std::collections::BTreeSet;

use crate::domain::{IndicatorId, Level, RegionCode, RegionCounts};
use crate::indicators;
use crate::priority;
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
    /// The order among the regions that are shown: ranks and shares that counted the withheld
    /// ones would give them away.
    priority: Vec<PriorityRow>,
}

impl Release {
    /// Withholds every region with fewer families than the manifest's `min_families`; and under
    /// each shown parent as many more of the smallest siblings until the withheld ones are at
    /// least two and hold together at least that many families: the parent minus the shown
    /// children speaks of them together.
    pub fn new(snapshot: Snapshot) -> Self {
        let suppressed = suppress(&snapshot);
        let shown = snapshot
            .regions
            .iter()
            .filter(|row| row.counts.n_families > 0 && !suppressed.contains(&row.code))
            .map(|row| (row.code, row.counts.clone()))
            .collect();
        let priority = priority::rank_all(&shown);
        Self { snapshot, suppressed, priority }
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

    /// The first priority order of `level` inside `code`, among the regions that are shown.
    pub fn priority(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &PriorityRow> {
        self.priority.iter().filter(move |row| row.level == level && code.contains(row.code))
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
        if suppressed.contains(&row.code) {
            continue;
        }
        let mut children: Vec<_> =
            snapshot.inside(row.code, level).filter(|c| c.counts.n_families > 0).collect();
        children.sort_by_key(|c| (!suppressed.contains(&c.code), c.counts.n_families, c.code));
        let mut withheld = children.iter().filter(|c| suppressed.contains(&c.code)).count();
        let together = |n: usize| children[..n].iter().map(|c| c.counts.n_families).sum::<u64>();
        while withheld > 0
            && withheld < children.len()
            && (withheld == 1 || together(withheld) < threshold)
        {
            let next = children[withheld].code;
            suppressed.extend(snapshot.subtree(next).iter().map(|r| r.code));
            withheld += 1;
        }
    }
    suppressed
}
