//! Sums tell more of rounded counts than each says of itself: where the parts of a whole were all
//! rounded up and the whole down, little is left for each. There another neighbour is taken, of the
//! whole or of a part, until no count is bounded too closely.
//!
//! Whether something must be mended is decided by what is told alone, never by the true counts. So
//! every table that fits the rounded counts, once mended, could have been drawn as it is shown: that
//! there was mending tells nothing. (Controlled rounding, which keeps the sums, would have to choose
//! by the whole table: Cox 1987, "A constructive procedure for unbiased controlled rounding".)

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::{Bounds, FREE, Interval};
use super::grid::{Grid, Spot, Terms};

/// Which neighbour each count is rounded to, and those that are not told at all.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) base: u32,
    /// By figure, then place: to the multiple above.
    pub(super) up: Vec<Vec<bool>>,
    /// What readers of an earlier snapshot know of a count that is the same: it stays as it is.
    /// Empty where there is none; [`UNSEEN`] where it is another count.
    pub(super) seen: Vec<Vec<Interval>>,
    pub(super) withheld: BTreeSet<Spot>,
}

/// Nothing is known from before.
pub(super) const UNSEEN: Interval = (0, FREE);

impl Choice {
    fn seen(&self, (figure, place): Spot) -> Interval {
        self.seen.get(figure).map_or(UNSEEN, |of| of[place])
    }

    /// The multiple that is told.
    pub(super) fn shown(&self, grid: &Grid, spot: Spot) -> u32 {
        let value = grid.value(spot);
        let up = self.up[spot.0][spot.1] && !value.is_multiple_of(self.base);
        value - value % self.base + if up { self.base } else { 0 }
    }

    /// What a reader knows of a count by itself.
    fn told(&self, grid: &Grid, spot: Spot) -> Interval {
        if grid.is_known(spot) {
            let value = grid.value(spot);
            return (value, value);
        }
        let least = u32::from(grid.is_some(spot));
        if !grid.is_told(spot) || self.withheld.contains(&spot) {
            return (least, FREE);
        }
        let shown = self.shown(grid, spot);
        let (from, to) = self.seen(spot);
        let low = (shown + 1).saturating_sub(self.base);
        (low.max(least).max(from), (shown + self.base - 1).min(to))
    }

    /// Whether the other neighbour could be told as well.
    fn can_turn(&self, grid: &Grid, spot: Spot) -> bool {
        let value = grid.value(spot);
        let nobody = self.up[spot.0][spot.1] && value < self.base && grid.is_some(spot);
        !value.is_multiple_of(self.base)
            && grid.is_told(spot)
            && !grid.is_known(spot)
            && self.seen(spot) == UNSEEN
            && !self.withheld.contains(&spot)
            && !nobody
    }
}

/// A relation that says too much, and whether its sum has to reach further up (or else down).
type Telling = (Terms, bool);

/// A count, or a rest, that a reader knows too closely.
struct Close {
    /// It is surely small, or nearly known and perhaps small: not only narrow.
    grave: bool,
    spot: Option<Spot>,
    telling: Vec<Telling>,
}

/// Rounds in which another neighbour is taken; most need one.
const TURNS: usize = 24;
/// After these the counts that are left are not told.
const LAST: usize = TURNS + 8;
/// One count is not turned for ever.
const TURNS_OF_ONE: u32 = 3;

/// Mends a choice, and says what is known of every count then. `rises` is drawn as counts are:
/// whether one count rises or another falls, which comes to the same.
pub(super) fn mend(
    grid: &Grid,
    choice: &mut Choice,
    k: u32,
    rises: &dyn Fn(Spot) -> bool,
) -> Bounds {
    let mut turned: BTreeMap<Spot, u32> = BTreeMap::new();
    let mut bounds = Bounds::of(grid, |spot| choice.told(grid, spot));
    for round in 0..LAST {
        let close = too_close(grid, choice, &bounds, k);
        let mut changed = BTreeSet::new();
        if round < TURNS {
            changed = turn(grid, choice, &close, &mut turned, rises);
        }
        if changed.is_empty() {
            changed = withhold(grid, choice, &close);
        }
        if changed.is_empty() {
            break;
        }
        bounds.again(grid, |spot| choice.told(grid, spot), &changed);
    }
    bounds
}

/// Takes other neighbours, one in each surrounding, and says of which counts.
fn turn(
    grid: &Grid,
    choice: &mut Choice,
    close: &[Close],
    turned: &mut BTreeMap<Spot, u32>,
    rises: &dyn Fn(Spot) -> bool,
) -> BTreeSet<Spot> {
    let mut touched: BTreeSet<Spot> = BTreeSet::new();
    let mut changed = BTreeSet::new();
    for found in close {
        let untouched =
            |(terms, _): &&Telling| terms.iter().all(|(spot, _)| !touched.contains(spot));
        let telling: Vec<&Telling> = found.telling.iter().filter(untouched).collect();
        let Some((spot, terms)) = candidate(grid, choice, &telling, turned, rises) else {
            continue;
        };
        touched.extend(terms.iter().map(|(spot, _)| *spot));
        let up = !choice.up[spot.0][spot.1];
        let twins = grid.twins(spot).into_iter();
        for twin in twins.filter(|twin| choice.seen(*twin) == UNSEEN).collect::<Vec<Spot>>() {
            choice.up[twin.0][twin.1] = up;
            *turned.entry(twin).or_default() += 1;
            changed.insert(twin);
        }
    }
    changed
}

/// Whether an interval is narrower than the protection interval; and whether that is grave: a small
/// number could be known.
fn is_close((low, high): (i64, i64), k: i64) -> (bool, bool) {
    let narrow = high - low + 1 < k;
    let small = low >= 1 && high < k;
    (narrow || small, small || (narrow && low < k))
}

fn too_close(grid: &Grid, choice: &Choice, bounds: &Bounds, k: u32) -> Vec<Close> {
    let k = i64::from(k);
    let mut all = Vec::new();
    for figure in 0..grid.figures.len() {
        for place in 0..grid.tree.len() {
            let spot = (figure, place);
            let (low, high) = bounds.get(spot);
            let (close, grave) = is_close((low.into(), high.into()), k);
            if close && !grid.is_known(spot) {
                let telling = binding(grid, choice, bounds, spot);
                all.push(Close { grave, spot: Some(spot), telling });
            }
        }
    }
    for place in 0..grid.tree.len() {
        for terms in grid.rests(place) {
            let (low, high) = bounds.sum(&terms);
            let (close, grave) = is_close((low.max(0), high), k);
            // A whole of nobody has no rest that could be told of.
            let empty = terms.first().is_none_or(|(whole, _)| bounds.get(*whole).1 == 0);
            if close && !empty {
                all.push(Close { grave, spot: None, telling: vec![(terms, true)] });
            }
        }
    }
    all.sort_by_key(|found| !found.grave);
    all
}

/// The relations that say of a count what it does not say itself.
fn binding(grid: &Grid, choice: &Choice, bounds: &Bounds, spot: Spot) -> Vec<Telling> {
    let (low, high) = bounds.get(spot);
    let own = choice.told(grid, spot);
    let mut all = Vec::new();
    for (terms, equal) in grid.around(spot) {
        let by = terms.iter().find(|(other, _)| *other == spot).map_or(1, |(_, by)| *by);
        let (from, to) = bounds.implied((spot, by), bounds.sum(&terms), equal);
        // `Σ ≥ 0` limits a count with a negative factor from above, and one with a positive factor
        // from below: both give way where the sum can be more. `Σ ≤ 0` is the other way round.
        if low > own.0 && from >= low {
            all.push((terms.clone(), by > 0));
        }
        if high < own.1 && to <= high {
            all.push((terms, by < 0));
        }
    }
    all
}

/// The count whose other neighbour gives way, and what it is in: of those that were turned least the
/// largest that rises, or that falls, as it is drawn. To raise the wholes always, which is least
/// among many, would make everything a little more.
fn candidate<'a>(
    grid: &Grid,
    choice: &Choice,
    telling: &[&'a Telling],
    turned: &BTreeMap<Spot, u32>,
    rises: &dyn Fn(Spot) -> bool,
) -> Option<(Spot, &'a Terms)> {
    let times = |spot: &Spot| turned.get(spot).copied().unwrap_or(0);
    let gives_way = |spot: Spot, by: i64, more: bool| {
        let (is_up, wanted) = (choice.up[spot.0][spot.1], (by > 0) == more);
        choice.can_turn(grid, spot) && is_up != wanted && times(&spot) < TURNS_OF_ONE
    };
    let first = telling.first().and_then(|(terms, _)| terms.first());
    let rising = first.is_some_and(|(spot, _)| rises(*spot));
    let all = telling.iter().flat_map(|(terms, more)| {
        let fits = terms.iter().filter(move |(spot, by)| gives_way(*spot, *by, *more));
        fits.map(move |(spot, _)| (*spot, terms))
    });
    all.min_by_key(|(spot, _)| {
        let falls = choice.up[spot.0][spot.1];
        (times(spot), falls == rising, std::cmp::Reverse(grid.value(*spot)), *spot)
    })
}

/// The last resort: what is known too closely is not told, nor the largest that tells it.
fn withhold(grid: &Grid, choice: &mut Choice, close: &[Close]) -> BTreeSet<Spot> {
    let before = choice.withheld.clone();
    for found in close.iter().filter(|found| found.grave) {
        let free = |spot: &Spot| {
            grid.is_told(*spot) && !grid.is_known(*spot) && !choice.withheld.contains(spot)
        };
        let tells = found.telling.iter().flat_map(|(terms, _)| terms).map(|(spot, _)| *spot);
        let others = tells.filter(|spot| free(spot) && Some(*spot) != found.spot);
        let largest = others.max_by_key(|spot| (grid.value(*spot), *spot));
        let more: Vec<Spot> = found.spot.filter(free).into_iter().chain(largest).collect();
        choice.withheld.extend(more);
    }
    choice.withheld.difference(&before).copied().collect()
}
