//! Foster–Greer–Thorbecke measures (Foster, Greer and Thorbecke 1984, eq. 3): persons are the
//! unit, `y` is rupiah per capita per month, `z` the line of the region and period.

use super::share::share;
use crate::domain::{FIXED_POINT, RegionCounts};

/// `((z − y) / z)` of one person in 1/[`FIXED_POINT`], rounded to the nearest; 0 when not poor.
/// `line_rp` must be positive.
pub fn gap_fixed(expenditure_rp: f64, line_rp: f64) -> u64 {
    fixed(normalised_gap(expenditure_rp, line_rp))
}

/// The square of the normalised gap of one person in 1/[`FIXED_POINT`].
pub fn severity_fixed(expenditure_rp: f64, line_rp: f64) -> u64 {
    fixed(normalised_gap(expenditure_rp, line_rp).powi(2))
}

fn normalised_gap(expenditure_rp: f64, line_rp: f64) -> f64 {
    ((line_rp - expenditure_rp.max(0.0)) / line_rp).max(0.0)
}

fn fixed(gap: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a gap is 0..1"
    )]
    let scaled = (gap * FIXED_POINT as f64).round() as u64;
    scaled
}

/// P0 on the extreme line.
pub fn extreme_rate(counts: &RegionCounts) -> Option<f64> {
    share(counts.n_extreme_persons, counts.n_persons_ranked)
}

/// P0 on the BPS line.
pub fn headcount(counts: &RegionCounts) -> Option<f64> {
    share(counts.n_poor_persons, counts.n_persons_ranked)
}

/// P1 on the BPS line.
pub fn gap(counts: &RegionCounts) -> Option<f64> {
    share(counts.gap_fixed, counts.n_persons_ranked).map(unscale)
}

/// P2 on the BPS line.
pub fn severity(counts: &RegionCounts) -> Option<f64> {
    share(counts.severity_fixed, counts.n_persons_ranked).map(unscale)
}

fn unscale(value: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "1e9 is exact")]
    let unit = FIXED_POINT as f64;
    value / unit
}
