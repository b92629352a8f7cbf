//! What may be shown of points against codes: a share stands on the families that state a region
//! and have a point, which may be far fewer than those placed there.

use std::collections::BTreeSet;

use super::withhold;
use crate::domain::{ConflictCounts, RegionCode};
use crate::snapshot::Snapshot;

/// The regions whose agreement is not shown: withheld as regions, or standing on fewer families
/// with both a point and a code than the threshold, with siblings enough to cover them.
pub(super) fn silent(
    snapshot: &Snapshot,
    suppressed: &BTreeSet<RegionCode>,
) -> BTreeSet<RegionCode> {
    let rows: Vec<(RegionCode, u64)> =
        snapshot.conflicts.iter().map(|row| (row.code, row.counts.both())).collect();
    withhold(&rows, snapshot.manifest.min_families, suppressed)
}

/// How far points and codes agree, as finely as it may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Level by level.
    Levels(ConflictCounts),
    /// Some level stands on too few: only which desa are the same and which are not.
    Desa { same: u64, other: u64 },
    /// Even these are too few.
    Both(u64),
}

impl Agreement {
    /// Numbers from 1 to below the threshold are taken together with others, not left out: what is
    /// left out could be worked out from the sum.
    pub(super) fn of(counts: &ConflictCounts, threshold: u64) -> Self {
        let small = |n: u64| (1..threshold).contains(&n);
        if !counts.values().into_iter().any(small) {
            Self::Levels(*counts)
        } else if !small(counts.desa) && !small(counts.differ()) {
            Self::Desa { same: counts.desa, other: counts.differ() }
        } else {
            Self::Both(counts.both())
        }
    }
}
