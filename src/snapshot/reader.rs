//! A snapshot in memory: plain rows, no frames.

use super::manifest::Manifest;
use crate::domain::{
    ConflictCounts, ConflictRow, Level, MatchCounts, MatchRow, OverlapRow, RegionCode,
    RegionCounts, Registry,
};
use crate::priority::PriorityRow;

/// One region with its sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionRow {
    pub code: RegionCode,
    pub counts: RegionCounts,
}

/// A whole snapshot. Regions are in code order; only regions with at least one family are there.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub manifest: Manifest,
    pub regions: Vec<RegionRow>,
    /// In rank order within each level, levels from province down.
    pub priority: Vec<PriorityRow>,
    /// By region, then registry; regions and registries without a row are left out.
    pub matching: Vec<MatchRow>,
    /// By region, then pair; pairs without a person are left out.
    pub overlaps: Vec<OverlapRow>,
    /// Points against stated codes by stated region, in code order; empty where an earlier version
    /// did not count them.
    pub conflicts: Vec<ConflictRow>,
}

impl Snapshot {
    /// The sums of one region; `None` where it has no family.
    pub fn region(&self, code: RegionCode) -> Option<&RegionCounts> {
        self.regions.binary_search_by_key(&code, |r| r.code).ok().map(|i| &self.regions[i].counts)
    }

    /// The region itself and everything inside it, in code order.
    pub fn subtree(&self, code: RegionCode) -> &[RegionRow] {
        let start = self.regions.partition_point(|r| r.code < code);
        let len = self.regions[start..].partition_point(|r| code.contains(r.code));
        &self.regions[start..start + len]
    }

    /// Regions of `level` inside `code`, in code order.
    pub fn inside(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &RegionRow> {
        self.subtree(code).iter().filter(move |r| r.code.level() == level)
    }

    /// What became of the rows of one registry in one region; `None` where it has no row there.
    pub fn matching_of(&self, code: RegionCode, registry: Registry) -> Option<&MatchCounts> {
        let place = self.matching.binary_search_by_key(&(code, registry), |m| (m.code, m.registry));
        place.ok().map(|i| &self.matching[i].counts)
    }

    /// How far points and codes agree, of the families that state this region.
    pub fn conflicts_of(&self, code: RegionCode) -> Option<&ConflictCounts> {
        let place = self.conflicts.binary_search_by_key(&code, |row| row.code);
        place.ok().map(|i| &self.conflicts[i].counts)
    }

    /// Distinct persons that both registries hold in one region, in either order; with `a == b`
    /// the distinct persons of that registry.
    pub fn overlap(&self, code: RegionCode, a: Registry, b: Registry) -> u64 {
        let wanted = (code, a.min(b), a.max(b));
        let place = self.overlaps.binary_search_by_key(&wanted, |o| (o.code, o.a, o.b));
        place.map_or(0, |i| self.overlaps[i].persons)
    }
}
