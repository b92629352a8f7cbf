//! How much detail a picture can pay for.

/// The threshold at which at most `budget` vertices stay, but not below `finest`. Pairs are the
/// weight of a vertex and the number of times it is written.
pub(super) fn threshold(
    weighted: impl Iterator<Item = (f64, usize)>,
    budget: usize,
    finest: f64,
) -> f64 {
    let mut all: Vec<(f64, usize)> = weighted.collect();
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut written = 0;
    for (weight, uses) in all {
        written += uses;
        if written > budget && weight.is_finite() {
            return weight.max(finest);
        }
    }
    finest
}
