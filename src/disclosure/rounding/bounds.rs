//! What a reader of rounded counts knows of each: its interval, made narrower by all that it hangs
//! together with until nothing moves (bounds propagation; over the tree of regions alone, whose sums
//! form no ring, it is exact). What is possible for a reader lies inside.

use super::grid::{Grid, Spot, Terms};

/// No limit from above.
pub(super) const FREE: u32 = u32::MAX;

/// Least and most.
pub(super) type Interval = (u32, u32);

/// An interval for every count.
#[derive(Clone, Debug)]
pub(super) struct Bounds(Vec<Vec<Interval>>);

/// Where something became narrower since it was last looked at.
struct Fresh {
    figures: Vec<bool>,
    places: Vec<bool>,
}

/// Rounds of propagation; two or three are usual.
const SWEEPS: usize = 60;

impl Bounds {
    /// What is told of each count alone.
    pub(super) fn told(grid: &Grid, told: impl Fn(Spot) -> Interval) -> Self {
        let places = 0..grid.tree.len();
        let of = |figure| places.clone().map(|place| told((figure, place))).collect();
        Self((0..grid.figures.len()).map(of).collect())
    }

    pub(super) fn get(&self, (figure, place): Spot) -> Interval {
        self.0[figure][place]
    }

    /// Draws every conclusion.
    pub(super) fn conclude(&mut self, grid: &Grid) {
        let mut fresh =
            Fresh { figures: vec![true; grid.figures.len()], places: vec![true; grid.tree.len()] };
        for _ in 0..SWEEPS {
            for figure in 0..grid.figures.len() {
                if std::mem::take(&mut fresh.figures[figure]) {
                    self.over_regions(grid, figure, &mut fresh);
                }
            }
            for place in 0..grid.tree.len() {
                if std::mem::take(&mut fresh.places[place]) {
                    for (terms, relation) in grid.related(place) {
                        self.tighten(&terms, relation.equal, &mut fresh);
                    }
                }
            }
            if !fresh.figures.contains(&true) && !fresh.places.contains(&true) {
                return;
            }
        }
    }

    /// From the desa up and down again.
    fn over_regions(&mut self, grid: &Grid, figure: usize, fresh: &mut Fresh) {
        let up = (0..grid.tree.len()).rev();
        for place in up.chain(0..grid.tree.len()) {
            if let Some(terms) = grid.sum((figure, place)) {
                self.tighten(&terms, true, fresh);
            }
        }
    }

    fn tighten(&mut self, terms: &Terms, equal: bool, fresh: &mut Fresh) {
        let (least, most) = self.sum(terms);
        for (spot, by) in terms {
            let (low, high) = self.implied((*spot, *by), (least, most), equal);
            let before = self.get(*spot);
            let after = (before.0.max(low), before.1.min(high));
            if after != before && after.0 <= after.1 {
                self.0[spot.0][spot.1] = after;
                fresh.figures[spot.0] = true;
                fresh.places[spot.1] = true;
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
