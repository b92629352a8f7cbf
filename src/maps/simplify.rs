//! Which vertices of an arc a picture can do without (Visvalingam and Whyatt 1993: the vertex
//! whose triangle with its neighbours is smallest goes first).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Weight of every vertex: the area (square units) at which it goes, never less than that of a
/// vertex that went before it, so that one threshold gives one result. End points weigh infinitely;
/// so do the last two others of a closed arc, which would otherwise collapse.
pub(super) fn weights(points: &[(f64, f64)]) -> Vec<f64> {
    let n = points.len();
    let mut weight = vec![f64::INFINITY; n];
    if n < 3 {
        return weight;
    }
    let mut left = if points[0] == points[n - 1] { n.saturating_sub(4) } else { n - 2 };
    let mut before: Vec<usize> = (0..n).map(|i| i.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (1..=n).collect();
    let mut area: Vec<f64> = vec![f64::INFINITY; n];
    let mut heap = BinaryHeap::with_capacity(n);
    for i in 1..n - 1 {
        area[i] = triangle(points[i - 1], points[i], points[i + 1]);
        heap.push(Reverse((area[i].to_bits(), i)));
    }
    let mut highest = 0.0_f64;
    while left > 0 {
        let Some(Reverse((bits, i))) = heap.pop() else { break };
        if bits != area[i].to_bits() {
            continue;
        }
        highest = highest.max(area[i]);
        weight[i] = highest;
        area[i] = f64::NAN;
        left -= 1;
        let (b, a) = (before[i], after[i]);
        (after[b], before[a]) = (a, b);
        for j in [b, a] {
            if j > 0 && j < n - 1 {
                area[j] = triangle(points[before[j]], points[j], points[after[j]]);
                heap.push(Reverse((area[j].to_bits(), j)));
            }
        }
    }
    weight
}

/// Area of a triangle, never negative: its bits then sort as the number does.
fn triangle(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    (((b.0 - a.0) * (c.1 - a.1) - (c.0 - a.0) * (b.1 - a.1)) / 2.0).abs()
}

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

/// Signed area of a ring of whole-number points, twice: exact.
pub(super) fn twice_area(ring: &[(i32, i32)]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1))
        .sum()
}
