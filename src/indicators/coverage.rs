//! Coverage, targeting error and overlap of programmes.

use super::share::share;
use crate::domain::RegionCounts;

/// Covered eligible / eligible; exclusion error is 1 minus this.
pub fn coverage(counts: &RegionCounts, programme: usize) -> Option<f64> {
    counts.programmes.get(programme).and_then(|p| share(p.covered, p.eligible))
}

/// Covered not eligible / covered (leakage).
pub fn inclusion_error(counts: &RegionCounts, programme: usize) -> Option<f64> {
    let p = counts.programmes.get(programme)?;
    share(p.recipients - p.covered, p.recipients)
}

/// Share of families with `n` programmes, where 3 stands for 3 or more.
pub fn programmes_per_family(counts: &RegionCounts, n: usize) -> Option<f64> {
    counts.families_by_programmes.get(n).and_then(|part| share(*part, counts.n_families))
}
