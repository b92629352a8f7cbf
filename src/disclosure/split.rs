//! One group of numbers that is shown or hidden together, region by region: how many of a whole
//! are of this kind, how many of that.
//!
//! A cell is **small** where a part counts from 1 to `k - 1`, **near full** where a part is all but
//! that many (then another part is small), **empty** where a part is none: then everybody of the
//! whole is of the other parts, which may tell of each of them.

use super::tree::Tree;
use crate::domain::Level;

/// Where a part of nobody may be said: it tells of everybody in the whole that they are not of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// Everywhere: it says something of records, or of what a place has, not of how people live.
    Shown,
    /// Where the whole is at least [`WIDE`] times the threshold.
    Wide,
    /// Nowhere: it tells that everybody is poor.
    Hidden,
}

impl Empty {
    /// Whether "none of them" may be said of a whole.
    pub(super) fn may_be_said(self, whole: u64, k: u64) -> bool {
        match self {
            Self::Shown => true,
            Self::Wide => whole >= WIDE * k,
            Self::Hidden => false,
        }
    }
}

/// A whole of this many times the threshold is too large for "none of them" to speak of one.
pub const WIDE: u64 = 10;

/// Numbers of one kind, one a region.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) values: Vec<u64>,
    pub(super) empty: Empty,
}

/// What is counted in one unit: the parts of a whole.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// The whole: as much as a part can be in the region. `None` where there is no such bound.
    pub(super) whole: Option<Vec<u64>>,
    /// They add up to the whole, where there is one.
    pub(super) parts: Vec<Part>,
    /// What is left of further wholes that the first part is of too: it moves with the last part,
    /// but can be larger by what the wholes differ in.
    pub(super) rests: Vec<Part>,
    /// The parts are no numbers that anybody is told, but the room that a number has: it is the
    /// first of the rests.
    pub(super) room: bool,
}

impl Side {
    /// Numbers without a whole, such as the families of a region.
    pub(super) fn alone(values: Vec<u64>) -> Self {
        let parts = vec![Part { values, empty: Empty::Shown }];
        Self { whole: None, parts, rests: Vec::new(), room: false }
    }

    /// Parts that add up to their whole.
    pub(super) fn of_parts(parts: Vec<Part>) -> Self {
        let regions = parts.first().map_or(0, |part| part.values.len());
        let sum = |region| parts.iter().map(|part: &Part| part.values[region]).sum();
        let whole = Some((0..regions).map(sum).collect());
        Self { whole, parts, rests: Vec::new(), room: false }
    }

    /// Numbers that are a part of each of several wholes.
    pub(super) fn inside(part: Part, wholes: Vec<(Vec<u64>, Empty)>) -> Self {
        let regions = part.values.len();
        let smallest = |region: usize| {
            let least = wholes.iter().map(|(whole, _)| whole[region]).min().unwrap_or(0);
            least.max(part.values[region])
        };
        let cap: Vec<u64> = (0..regions).map(smallest).collect();
        let left = |whole: &[u64]| -> Vec<u64> {
            whole.iter().zip(&part.values).map(|(w, v)| w.saturating_sub(*v)).collect()
        };
        let other = Part { values: left(&cap), empty: Empty::Shown };
        let rests = wholes.iter().map(|(w, empty)| Part { values: left(w), empty: *empty });
        Self { rests: rests.collect(), whole: Some(cap), parts: vec![part, other], room: false }
    }

    /// Holds the first part between these least and most values, region by region.
    pub(super) fn between(mut self, bounds: &[(u64, u64)]) -> Self {
        let values = std::mem::take(&mut self.parts[0].values);
        // A number that contradicts its bounds has no room there.
        let around = |value: u64, (low, high): (u64, u64)| (low.min(value), high.max(value));
        let shifted = |to: fn(u64, (u64, u64)) -> u64| -> Vec<u64> {
            let each = values.iter().zip(bounds);
            each.map(|(value, bounds)| to(*value, around(*value, *bounds))).collect()
        };
        let part = |values| Part { values, empty: Empty::Shown };
        self.whole = Some(shifted(|_, (low, high)| high - low));
        self.parts = vec![
            part(shifted(|value, (low, _)| value - low)),
            part(shifted(|value, (_, high)| high - value)),
        ];
        self.rests.insert(0, part(values));
        self.room = true;
        self
    }

    /// The numbers that are told.
    fn everything(&self) -> impl Iterator<Item = &Part> {
        let parts: &[Part] = if self.room { &[] } else { &self.parts };
        parts.iter().chain(&self.rests)
    }

    /// What the region weighs when it is to be hidden for others.
    pub(super) fn weight(&self, region: usize) -> u64 {
        if self.room {
            return self.rests.iter().map(|part| part.values[region]).sum();
        }
        let parts = || self.parts.iter().map(|part| part.values[region]).sum();
        self.whole.as_ref().map_or_else(parts, |whole| whole[region])
    }
}

/// A group of numbers.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) sides: Vec<Side>,
    /// It is shown at no finer level.
    pub(super) finest: Level,
    /// A hidden region takes everything inside it along.
    pub(super) takes_along: bool,
    /// The sides count the same in two units, families and then persons: where anybody is left
    /// there is a family left.
    pub(super) two_units: bool,
}

impl Split {
    pub(super) fn new(sides: Vec<Side>) -> Self {
        Self { sides, finest: Level::Desa, takes_along: false, two_units: false }
    }

    /// By region: true where its numbers may not be said whatever else is said.
    pub(super) fn sensitive(&self, tree: &Tree, k: u64) -> Vec<bool> {
        let mut sensitive = vec![false; tree.len()];
        for side in &self.sides {
            for part in side.everything() {
                // What may be said of a large region is said of everything inside it.
                let mut nobody = vec![false; tree.len()];
                for region in 0..tree.len() {
                    let all = side.whole.as_ref().map_or(0, |whole| whole[region]);
                    let said = tree.parent(region).is_some_and(|parent| nobody[parent]);
                    match part.values[region] {
                        0 => {
                            nobody[region] = said || part.empty.may_be_said(all, k);
                            sensitive[region] |= all > 0 && !nobody[region];
                        }
                        n => sensitive[region] |= n < k,
                    }
                }
            }
        }
        sensitive
    }

    /// True where there is anything to hide in a region.
    pub(super) fn present(&self, region: usize) -> bool {
        self.sides.iter().any(|side| side.weight(region) > 0)
    }

    pub(super) fn weight(&self, region: usize) -> u64 {
        self.sides.iter().map(|side| side.weight(region)).max().unwrap_or(0)
    }

    /// True where both say the same of a region.
    pub(super) fn same(&self, region: usize, other: &Self, there: usize) -> bool {
        let numbers = |split: &Self, at: usize| -> Vec<u64> {
            let of = |side: &Side| {
                let parts: Vec<u64> = side.everything().map(|part| part.values[at]).collect();
                parts.into_iter().chain([side.weight(at)])
            };
            split.sides.iter().flat_map(of).collect()
        };
        numbers(self, region) == numbers(other, there)
    }

    /// Regions finer than this group is shown at.
    pub(super) fn too_fine(&self, tree: &Tree, region: usize) -> bool {
        tree.level(region) > self.finest
    }
}
