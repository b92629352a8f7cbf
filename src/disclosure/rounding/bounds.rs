//! What a reader of rounded counts knows of each: its interval, made narrower by all that it hangs
//! together with until nothing moves (bounds propagation; over the tree of regions alone, whose sums
//! form no ring, it is exact). What is possible for a reader lies inside.

use std::collections::BTreeSet;

use super::grid::{Grid, Spot, Terms};

/// No limit from above.
pub(super) const FREE: u32 = u32::MAX;

/// Least and most.
pub(super) type Interval = (u32, u32);

/// An interval for every count.
#[derive(Clone, Debug)]
pub(super) struct Bounds(Vec<Vec<Interval>>);

/// Where something changed since it was last looked at: sums over the regions inside a place, by
/// figure, and relations inside a place.
struct Fresh {
    sums: Vec<Vec<bool>>,
    places: Vec<bool>,
    any: bool,
}

impl Fresh {
    fn new(grid: &Grid, everything: bool) -> Self {
        let sums = vec![vec![everything; grid.tree.len()]; grid.figures.len()];
        Self { sums, places: vec![everything; grid.tree.len()], any: everything }
    }

    fn mark(&mut self, grid: &Grid, (figure, place): Spot) {
        self.sums[figure][place] = true;
        if let Some(parent) = grid.tree.parent(place) {
            self.sums[figure][parent] = true;
        }
        self.places[place] = true;
        self.any = true;
    }
}

/// Rounds of propagation; two or three are usual.
const SWEEPS: usize = 60;

impl Bounds {
    /// All that follows from what is told of each count alone.
    pub(super) fn of(grid: &Grid, told: impl Fn(Spot) -> Interval) -> Self {
        let places = 0..grid.tree.len();
        let of = |figure| places.clone().map(|place| told((figure, place))).collect();
        let mut bounds = Self((0..grid.figures.len()).map(of).collect());
        bounds.conclude(grid, Fresh::new(grid, true));
        bounds
    }

    /// The same after something else is told of these counts. What was concluded from them was
    /// concluded through counts that became narrower: from there on all is worked out again.
    pub(super) fn again(
        &mut self,
        grid: &Grid,
        told: impl Fn(Spot) -> Interval,
        changed: &BTreeSet<Spot>,
    ) {
        let mut touched = changed.clone();
        let mut left: Vec<Spot> = changed.iter().copied().collect();
        while let Some(spot) = left.pop() {
            for (terms, _) in grid.around(spot) {
                let narrower = terms.iter().filter(|(other, _)| self.get(*other) != told(*other));
                left.extend(narrower.map(|(other, _)| *other).filter(|o| touched.insert(*o)));
            }
        }
        let mut fresh = Fresh::new(grid, false);
        for spot in touched {
            self.0[spot.0][spot.1] = told(spot);
            fresh.mark(grid, spot);
        }
        self.conclude(grid, fresh);
    }

    pub(super) fn get(&self, (figure, place): Spot) -> Interval {
        self.0[figure][place]
    }

    /// Draws every conclusion.
    fn conclude(&mut self, grid: &Grid, mut fresh: Fresh) {
        for _ in 0..SWEEPS {
            if !std::mem::take(&mut fresh.any) {
                return;
            }
            for figure in 0..grid.figures.len() {
                // From the desa up and down again.
                let up = (0..grid.tree.len()).rev();
                for place in up.chain(0..grid.tree.len()) {
                    if std::mem::take(&mut fresh.sums[figure][place])
                        && let Some(terms) = grid.sum((figure, place))
                    {
                        self.tighten(grid, &terms, true, &mut fresh);
                    }
                }
            }
            for place in 0..grid.tree.len() {
                if std::mem::take(&mut fresh.places[place]) {
                    for (terms, relation) in grid.related(place) {
                        self.tighten(grid, &terms, relation.equal, &mut fresh);
                    }
                }
            }
        }
    }

    fn tighten(&mut self, grid: &Grid, terms: &Terms, equal: bool, fresh: &mut Fresh) {
        let (least, most) = self.sum(terms);
        for (spot, by) in terms {
            let (low, high) = self.implied((*spot, *by), (least, most), equal);
            let before = self.get(*spot);
            let after = (before.0.max(low), before.1.min(high));
            if after != before && after.0 <= after.1 {
                self.0[spot.0][spot.1] = after;
                fresh.mark(grid, *spot);
            }
        }
    }

    /// Least and most of a sum.
    pub(super) fn sum(&self, terms: &Terms) -> (i64, i64) {
        let of = |(spot, by): &(Spot, i64)| span(self.get(*spot), *by);
        terms.iter().map(of).fold((0, 0), |sum, (low, high)| (sum.0 + low, sum.1 + high))
    }

    /// What a relation, whose sum is from `least` to `most`, says of one of its terms.
    pub(super) fn implied(
        &self,
        (spot, by): (Spot, i64),
        (least, most): (i64, i64),
        equal: bool,
    ) -> Interval {
        let (low, high) = span(self.get(spot), by);
        // by · x ≥ need, and where the sum is zero also by · x ≤ limit.
        let (need, limit) = (high - most, if equal { low - least } else { i64::MAX });
        let up = |n: i64| -(-n).div_euclid(by.abs());
        let down = |n: i64| n.div_euclid(by.abs());
        let (from, to) = if by > 0 {
            (up(need), if equal { down(limit) } else { i64::MAX })
        } else {
            (if equal { up(-limit) } else { 0 }, down(-need))
        };
        let count = |n: i64| u32::try_from(n.max(0)).unwrap_or(FREE);
        (count(from), count(to))
    }
}

/// Least and most of a count, so many times.
fn span((low, high): Interval, by: i64) -> (i64, i64) {
    let (a, b) = (by * i64::from(low), by * i64::from(high));
    (a.min(b), a.max(b))
}
