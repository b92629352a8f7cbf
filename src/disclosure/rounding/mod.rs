//! Rounding instead of withholding. Every count is told as a multiple of a base, by unbiased random
//! rounding: up with a probability of remainder / base, else down (Statistics New Zealand's RR3;
//! Hundepool et al., Statistical Disclosure Control, 2012, chapter 5).
//!
//! The draw is a keyed hash of the region, of what is counted, and of the count, never of the
//! snapshot: the same families are the same number in every table, page, file, session and
//! snapshot, so neither averages nor differences tell more. All draws are independent, but for what
//! is the same by its meaning: so whatever fits the intervals of all that is told could have been
//! rounded to it, and who knows the method and not the key knows no more than the intervals say.
//!
//! **The protection interval**: a reader of a number told as `r` must think possible everything from
//! `r - base + 1` to `r + base - 1`. Sums over regions and parts of wholes can tell more; what they
//! tell is worked out (`bounds`) and the choice mended (`mend`) until every count that may be small
//! keeps at least `k` possible values, and none is surely from 1 to `k - 1`; the same for what a part
//! leaves of its whole. A number that is surely `k` or more is no secret: it is rounded for the sake
//! of others. Zero and "all of them" are rounded as other numbers: a 0 is anything below the base.
//!
//! What is not promised: rounded parts need not add up to their rounded whole.

mod bounds;
mod figure;
mod grid;
mod mend;
mod relation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{Agreement, Count, MatchColumn};
use crate::domain::{ConflictCounts, Level, RegionCode, Registry};
use crate::snapshot::Snapshot;
use bounds::Bounds;
pub(super) use figure::{BOTH, DIFFER, Figure};
use grid::{Grid, Spot};
use mend::{Choice, UNSEEN};

/// 64 bits out of a message; the same for the same message, and without the key nobody can tell
/// which.
type Draw = dyn Fn(&[u8]) -> u64 + Send + Sync;

/// How counts are rounded.
#[derive(Clone)]
pub struct Rounding {
    base: u64,
    draw: Arc<Draw>,
}

impl fmt::Debug for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rounding({}, •)", self.base)
    }
}

impl Rounding {
    /// To multiples of `base`, or of `min_families` of a snapshot where that is more. `draw` is a
    /// keyed hash, whose key must stay with the store for ever: with another one, numbers that were
    /// shown are drawn again, and two draws tell more than one.
    pub fn new(base: u64, draw: impl Fn(&[u8]) -> u64 + Send + Sync + 'static) -> Self {
        Self { base, draw: Arc::new(draw) }
    }

    /// What counts of this snapshot are multiples of.
    fn base_of(&self, snapshot: &Snapshot) -> u32 {
        let base = self.base.max(snapshot.manifest.min_families).max(2);
        u32::try_from(base).unwrap_or(1 << 30)
    }

    /// Whether a count is rounded up.
    fn is_up(&self, base: u32, (region, name): (RegionCode, &str), n: u32) -> bool {
        let rest = n % base;
        if rest == 0 {
            return false;
        }
        let message = format!("{region}\u{1f}{name}\u{1f}{base}\u{1f}{n}");
        self.number(&message) % u64::from(base) < u64::from(rest)
    }

    fn number(&self, message: &str) -> u64 {
        (self.draw)(message.as_bytes())
    }
}

/// The counts of a snapshot as they are told.
#[derive(Debug)]
pub(super) struct Rounded {
    rounding: Rounding,
    grid: Grid,
    choice: Choice,
    /// What is known of each by all that is told.
    bounds: Bounds,
}

impl Rounded {
    /// `earlier`: what readers have seen already, and keep knowing.
    pub(super) fn of(snapshot: &Snapshot, rounding: &Rounding, earlier: Option<&Self>) -> Self {
        let grid = Grid::of(snapshot);
        let base = rounding.base_of(snapshot);
        let up = draws(&grid, rounding, base);
        let mut choice = Choice { base, up, seen: Vec::new(), withheld: BTreeSet::new() };
        if let Some(earlier) = earlier.filter(|earlier| earlier.choice.base == base) {
            earlier.carry(&grid, &mut choice);
        }
        let k = u32::try_from(snapshot.manifest.min_families).unwrap_or(u32::MAX);
        let rises = |(figure, place): Spot| {
            let (code, n) = (grid.tree.codes()[place], grid.value((figure, place)));
            let name = &grid.names[figure];
            rounding.number(&format!("{code}\u{1f}mend {name}\u{1f}{base}\u{1f}{n}")) % 2 == 0
        };
        let bounds = mend::mend(&grid, &mut choice, k, &rises);
        Self { rounding: rounding.clone(), grid, choice, bounds }
    }

    /// What is the same count as here stays the same number.
    fn carry(&self, grid: &Grid, choice: &mut Choice) {
        choice.seen = vec![vec![UNSEEN; grid.tree.len()]; grid.figures.len()];
        for (at, figure) in grid.figures.iter().enumerate() {
            let same = self.grid.index(*figure);
            let same = same.filter(|there| self.grid.names[*there] == grid.names[at]);
            let Some(there) = same else { continue };
            for (place, code) in grid.tree.codes().iter().enumerate() {
                let Some(was) = self.grid.tree.place(*code) else { continue };
                let (spot, was) = ((at, place), (there, was));
                if grid.value(spot) != self.grid.value(was) {
                    continue;
                }
                if self.choice.withheld.contains(&was) {
                    choice.withheld.insert(spot);
                } else {
                    choice.up[at][place] = self.choice.up[was.0][was.1];
                    choice.seen[at][place] = self.bounds.get(was);
                }
            }
        }
    }

    pub(super) fn base(&self) -> u64 {
        self.choice.base.into()
    }

    /// A count as it is told; zero where there is none.
    pub(super) fn count(&self, code: RegionCode, figure: Figure) -> Count {
        let place = self.grid.tree.place(code);
        let Some(spot) = self.grid.index(figure).zip(place) else { return Count::Value(0) };
        if !self.grid.is_told(spot) || self.choice.withheld.contains(&spot) {
            return Count::Withheld;
        }
        Count::Value(self.choice.shown(&self.grid, spot).into())
    }

    /// Whether a registry is told to have rows in a region.
    pub(super) fn has_rows(&self, code: RegionCode, registry: Registry) -> bool {
        self.count(code, Figure::Row(registry, MatchColumn::Rows)) != Count::Value(0)
    }

    /// How far points and codes agree; not level by level where one of the levels is not told.
    pub(super) fn agreement(&self, code: RegionCode) -> Option<Agreement> {
        let of = |n| self.count(code, Figure::Stated(n)).value();
        let both = of(BOTH).filter(|both| *both > 0)?;
        let (Some(same), Some(other)) = (of(0), of(DIFFER)) else {
            return Some(Agreement::Both(both));
        };
        let levels = [of(0), of(1), of(2), of(3), of(4)];
        let told: Vec<u64> = levels.into_iter().flatten().collect();
        let levels: Option<[u64; 5]> = told.try_into().ok();
        Some(levels.map_or(Agreement::Desa { same, other }, |levels| {
            Agreement::Levels(ConflictCounts::from_values(levels))
        }))
    }

    /// A number of the whole snapshot that is of no region, by its name.
    pub(super) fn overall(&self, name: &str, n: u64) -> u64 {
        let n = u32::try_from(n).unwrap_or(u32::MAX - self.choice.base);
        let base = self.choice.base;
        let up = self.rounding.is_up(base, (RegionCode::NATION, &format!("semua {name}")), n);
        u64::from(n - n % base + if up { base } else { 0 })
    }

    /// By level: counts that are not zero, and how many of them could not be told even rounded.
    pub(super) fn withheld(&self) -> BTreeMap<Level, [u64; 2]> {
        let mut all: BTreeMap<Level, [u64; 2]> = BTreeMap::new();
        for figure in 0..self.grid.figures.len() {
            for place in 0..self.grid.tree.len() {
                let spot = (figure, place);
                if self.grid.value(spot) > 0 && self.grid.is_told(spot) {
                    let of_level = all.entry(self.grid.tree.level(place)).or_default();
                    of_level[0] += 1;
                    of_level[1] += u64::from(self.choice.withheld.contains(&spot));
                }
            }
        }
        all.retain(|_, [_, hidden]| *hidden > 0);
        all
    }
}

/// The draw of every count, before anything is mended.
fn draws(grid: &Grid, rounding: &Rounding, base: u32) -> Vec<Vec<bool>> {
    let places = 0..grid.tree.len();
    let figure = |(at, name): (usize, &String)| -> Vec<bool> {
        let up = |place: usize| {
            let n = grid.value((at, place));
            // A listed region is never told as one of nobody: everybody knows that it is not.
            let some = grid.is_some((at, place)) && n < base;
            let draw = || {
                let region = grid.tree.codes()[grid.innermost(place)];
                rounding.is_up(base, (region, name), n)
            };
            !n.is_multiple_of(base) && (some || draw())
        };
        places.clone().map(up).collect()
    };
    grid.names.iter().enumerate().map(figure).collect()
}
