//! Small cells: what of a snapshot may be shown. Everything that serves or exports figures goes
//! through [`Release`]; nothing reads a region's sums past it.

mod conflict;
mod matching;
mod overlaps;
mod protect;
mod totals;

use std::collections::BTreeSet;

use crate::domain::{ConflictCounts, IndicatorId, Level, RegionCode, RegionCounts, Registry};
use crate::indicators;
use crate::priority;
use crate::snapshot::{Manifest, PriorityRow, Snapshot};
pub use conflict::Agreement;
use matching::Hidden;
pub use matching::{Count, MatchColumn, MatchMeasure, ShownMatches, share};
pub use totals::ShownTotals;

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
    /// What of linkage is not shown.
    hidden: Hidden,
    /// Regions whose agreement of points and codes is not shown.
    silent: BTreeSet<RegionCode>,
}

impl Release {
    /// Withholds every region with fewer families than the manifest's `min_families`; and under
    /// each shown parent as many more of the smallest siblings until the withheld ones are at
    /// least two and hold together at least that many families: the parent minus the shown
    /// children speaks of them together. Numbers of linkage are hidden one by one below that.
    pub fn new(snapshot: Snapshot) -> Self {
        let suppressed = suppress(&snapshot);
        let shown = snapshot
            .regions
            .iter()
            .filter(|row| row.counts.n_families > 0 && !suppressed.contains(&row.code))
            .map(|row| (row.code, row.counts.clone()))
            .collect();
        let priority = priority::rank_all(&shown);
        let hidden = Hidden::of(&snapshot, &suppressed);
        let silent = conflict::silent(&snapshot, &suppressed);
        Self { snapshot, suppressed, priority, hidden, silent }
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
            RegionStatus::Published if id == IndicatorId::MatchRate && self.hides_links(code) => {
                Cell::Suppressed
            }
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

    /// The registries behind the figures of a region: those delivered, and of them only those with
    /// a row there where that may be said.
    pub fn sources(&self, code: RegionCode) -> Vec<Registry> {
        let counts = self.counts(code);
        let there = |registry: &Registry| {
            self.manifest().sources.iter().any(|source| source.registry == *registry)
                && counts.is_none_or(|c| c.registries[registry.index()].rows > 0)
        };
        Registry::ALL.into_iter().filter(there).collect()
    }

    /// Whether a registry's linked rows are hidden: the rate over all registries would tell them.
    fn hides_links(&self, code: RegionCode) -> bool {
        Registry::ALL.into_iter().skip(1).any(|registry| {
            let shown = self.matches(code, registry);
            [MatchColumn::Linked, MatchColumn::Rows].iter().any(|c| shown.get(*c).value().is_none())
        })
    }

    /// True when the snapshot says what became of linkage in this region, or in a part of it.
    pub fn has_matches(&self, code: RegionCode) -> bool {
        let at = self.snapshot.matching.partition_point(|row| row.code < code);
        self.snapshot.matching.get(at).is_some_and(|row| row.code == code)
    }

    /// What became of the rows of a registry in a region; all zero where it has none there.
    pub fn matches(&self, code: RegionCode, registry: Registry) -> ShownMatches {
        if self.suppressed.contains(&code) {
            return ShownMatches::WITHHELD;
        }
        self.hidden.matches(&self.snapshot, code, registry)
    }

    /// What became of all delivered rows of a registry, those of no region among them.
    pub fn totals(&self, registry: Registry) -> ShownTotals {
        self.hidden.totals(&self.snapshot, registry)
    }

    /// Distinct persons that both registries hold in a region; with `a == b` those of one.
    pub fn overlap(&self, code: RegionCode, a: Registry, b: Registry) -> Count {
        if self.suppressed.contains(&code) {
            return Count::Withheld;
        }
        self.hidden.overlap(&self.snapshot, code, (a, b))
    }

    /// One measure of linkage.
    pub fn match_cell(&self, code: RegionCode, measure: MatchMeasure) -> Cell {
        let of_rows = |registry, column| self.matches(code, registry).of_rows(column);
        match measure {
            MatchMeasure::Linked(registry) => of_rows(registry, MatchColumn::Linked),
            MatchMeasure::ByScore(registry) => of_rows(registry, MatchColumn::ByScore),
            MatchMeasure::Pending(registry) => of_rows(registry, MatchColumn::Pending),
            MatchMeasure::Overlap(a, b) => {
                share(self.overlap(code, a, b), self.overlap(code, a, a))
            }
        }
    }

    /// How far points and codes agree, of the families that state this region; `None` where it may
    /// not be said or there are none.
    pub fn conflicts(&self, code: RegionCode) -> Option<&ConflictCounts> {
        let counts = self.snapshot.conflicts_of(code).filter(|counts| counts.both() > 0)?;
        (!self.silent.contains(&code)).then_some(counts)
    }

    /// How far points and codes agree in a region, as finely as it may be said.
    pub fn agreement(&self, code: RegionCode) -> Option<Agreement> {
        let threshold = self.manifest().min_families;
        self.conflicts(code).map(|counts| Agreement::of(counts, threshold))
    }

    /// True when the snapshot knows of points and codes at all.
    pub fn has_conflicts(&self) -> bool {
        !self.snapshot.conflicts.is_empty()
    }

    /// Share of the families stating this region whose point lies in another desa.
    pub fn conflict_cell(&self, code: RegionCode) -> Cell {
        match (self.conflicts(code), self.snapshot.conflicts_of(code)) {
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            (Some(c), _) => Cell::Value(c.differ() as f64 / c.both() as f64),
            (None, Some(c)) if c.both() > 0 => Cell::Suppressed,
            (None, _) => Cell::NoData,
        }
    }

    /// The first priority order of `level` inside `code`, among the regions that are shown.
    pub fn priority(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &PriorityRow> {
        self.priority.iter().filter(move |row| row.level == level && code.contains(row.code))
    }
}

fn suppress(snapshot: &Snapshot) -> BTreeSet<RegionCode> {
    let rows: Vec<(RegionCode, u64)> =
        snapshot.regions.iter().map(|row| (row.code, row.counts.n_families)).collect();
    withhold(&rows, snapshot.manifest.min_families, &BTreeSet::new())
}

/// The regions that must not be shown where each stands on so many families (in code order): the
/// small ones, those that are withheld `already`, all inside them, and as many of their siblings as
/// keep them from being worked out.
fn withhold(
    rows: &[(RegionCode, u64)],
    threshold: u64,
    already: &BTreeSet<RegionCode>,
) -> BTreeSet<RegionCode> {
    let subtree = |code: RegionCode| {
        let start = rows.partition_point(|row| row.0 < code);
        let len = rows[start..].partition_point(|row| code.contains(row.0));
        &rows[start..start + len]
    };
    let small = rows.iter().filter(|row| (1..threshold).contains(&row.1)).map(|row| row.0);
    let mut suppressed: BTreeSet<RegionCode> = small.chain(already.iter().copied()).collect();
    // A withheld region takes everything inside it along.
    let inside: Vec<RegionCode> =
        suppressed.iter().flat_map(|code| subtree(*code)).map(|row| row.0).collect();
    suppressed.extend(inside);
    for (code, _) in rows {
        let Some(level) = code.level().child() else { continue };
        if suppressed.contains(code) {
            continue;
        }
        let mut children: Vec<&(RegionCode, u64)> =
            subtree(*code).iter().filter(|row| row.0.level() == level && row.1 > 0).collect();
        children.sort_by_key(|row| (!suppressed.contains(&row.0), row.1, row.0));
        let mut withheld = children.iter().filter(|row| suppressed.contains(&row.0)).count();
        let together = |n: usize| children[..n].iter().map(|row| row.1).sum::<u64>();
        while withheld > 0
            && withheld < children.len()
            && (withheld == 1 || together(withheld) < threshold)
        {
            let next = children[withheld].0;
            suppressed.extend(subtree(next).iter().map(|row| row.0));
            withheld += 1;
        }
    }
    suppressed
}
