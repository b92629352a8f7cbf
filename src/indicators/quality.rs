//! How far the records behind a region's figures can be trusted.

use super::share::share;
use crate::domain::{RegionCounts, Registry};

/// Rows of the registries other than the base that were linked / their rows.
pub fn match_rate(counts: &RegionCounts) -> Option<f64> {
    let others = || counts.registries.iter().skip(Registry::Regsosek.index() + 1);
    share(others().map(|r| r.linked).sum(), others().map(|r| r.rows).sum())
}

/// Families whose coordinate lies in the stated desa / families with both.
pub fn location_agreement(counts: &RegionCounts) -> Option<f64> {
    share(counts.n_agree, counts.n_both)
}
