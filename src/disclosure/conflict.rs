//! What may be shown of points against codes: a share stands on the families that state a region
//! and have a point, which may be far fewer than those placed there.

use std::collections::BTreeSet;

use super::withhold;
use crate::domain::RegionCode;
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
