//! A snapshot in memory: plain rows, no frames.

use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use crate::domain::{Level, RegionCode, RegionCounts};

/// One region with its sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionRow {
    pub code: RegionCode,
    pub counts: RegionCounts,
}

/// One region's place in the first priority order, among the regions of its level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriorityRow {
    pub code: RegionCode,
    pub level: Level,
    /// 1 = highest extreme-poverty rate of the level (ties share the better rank).
    pub rank_rate: u32,
    /// 1 = most extreme poor of the level.
    pub rank_number: u32,
    /// 1 = first by the sum of the two ranks; ties by number, then code.
    pub rank: u32,
    /// Share of the level's extreme poor held by this region and all ranked before it (0..1).
    pub cumulative_share: f64,
}

/// A whole snapshot. Regions are in code order; only regions with at least one family are there.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub manifest: Manifest,
    pub regions: Vec<RegionRow>,
    /// In rank order within each level, levels from province down.
    pub priority: Vec<PriorityRow>,
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
}
