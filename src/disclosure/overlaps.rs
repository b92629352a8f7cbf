//! What may be shown of persons that two registries both hold. Whoever reads how many persons are
//! in a registry (the whole) and how many of them are in another one too (the part) also reads how
//! many are not: the rest. Against the base these are the persons that linkage did not find. So the
//! rests are protected like the numbers that are printed, region by region and in their sums.

use super::matching::families;
use super::protect::{Equation, State, protect};
use crate::domain::{OverlapRow, RegionCode, Registry};
use crate::snapshot::Snapshot;

const N: usize = Registry::ALL.len();
/// Larger than any number of persons.
const ENDLESS: i128 = 1 << 80;

/// Least and most that a number can be.
type Range = (i128, i128);

fn column(a: usize, b: usize) -> usize {
    a.min(b) * N + a.max(b)
}

/// All regions and pairs, also those of nobody: that zero is shown as well.
struct Table {
    regions: usize,
    families: Vec<Equation>,
    /// By column, then region.
    values: Vec<Vec<u64>>,
    states: Vec<Vec<State>>,
    m: i128,
}

/// States of the rows of the table of overlaps. `first` says what is known of a region before any
/// number is looked at.
pub(super) fn hide(snapshot: &Snapshot, first: impl Fn(RegionCode) -> State) -> Vec<State> {
    let rows = &snapshot.overlaps;
    let mut codes: Vec<RegionCode> = rows.iter().map(|row| row.code).collect();
    codes.dedup();
    let at = |row: &OverlapRow| {
        let region = codes.binary_search(&row.code).ok()?;
        Some((column(row.a.index(), row.b.index()), region))
    };
    let mut values = vec![vec![0; codes.len()]; N * N];
    for row in rows {
        if let Some((column, region)) = at(row) {
            values[column][region] = row.persons;
        }
    }
    let states: Vec<State> = codes.iter().map(|code| first(*code)).collect();
    let mut table = Table {
        families: families(&codes),
        states: vec![states; N * N],
        values,
        m: i128::from(snapshot.manifest.min_families),
        regions: codes.len(),
    };
    table.protect();
    let state =
        |row| at(row).map_or(State::Region, |(column, region)| table.states[column][region]);
    rows.iter().map(state).collect()
}

impl Table {
    fn protect(&mut self) {
        if self.m <= 1 {
            return;
        }
        let mut stale = vec![true; N * N];
        while stale.contains(&true) {
            for (column, stale) in stale.iter_mut().enumerate().filter(|(_, stale)| **stale) {
                let m = u64::try_from(self.m).unwrap_or(u64::MAX);
                protect(&self.values[column], &mut self.states[column], &self.families, m);
                *stale = false;
            }
            for whole in 0..N {
                for other in (0..N).filter(|other| *other != whole) {
                    let pair = Pair { whole: column(whole, whole), part: column(whole, other) };
                    self.mend_regions(pair, &mut stale);
                    self.mend_sums(pair, &mut stale);
                }
            }
        }
    }

    fn shown(&self, column: usize, region: usize) -> bool {
        self.states[column][region] == State::Shown
    }

    fn range(&self, column: usize, region: usize) -> Range {
        let value = i128::from(self.values[column][region]);
        match self.states[column][region] {
            State::Shown | State::Public => (value, value),
            State::Small => (1, self.m - 1),
            State::Complement => (self.m, ENDLESS),
            State::Veiled => (1, ENDLESS),
            State::Region => (0, ENDLESS),
        }
    }

    /// A number that is hidden has as many possible values as one that is said to be small.
    fn wide(&self, (low, high): Range) -> bool {
        high - low >= (self.m - 2).max(1)
    }

    fn hide(&mut self, column: usize, region: usize, stale: &mut [bool]) {
        self.states[column][region] = State::Complement;
        stale[column] = true;
    }

    fn known(&self, pair: Pair, region: usize) -> bool {
        self.shown(pair.whole, region) && self.shown(pair.part, region)
    }

    fn rest(&self, pair: Pair, region: usize) -> i128 {
        i128::from(self.values[pair.whole][region]) - i128::from(self.values[pair.part][region])
    }

    fn range_of_rest(&self, pair: Pair, region: usize) -> Range {
        let (whole, part) = (self.range(pair.whole, region), self.range(pair.part, region));
        ((whole.0 - part.1).max(0), whole.1 - part.0)
    }

    /// Within a region: no small rest is known, and a hidden part is not pinned by its whole.
    fn mend_regions(&mut self, pair: Pair, stale: &mut [bool]) {
        for region in 0..self.regions {
            if self.known(pair, region) {
                if (1..self.m).contains(&self.rest(pair, region)) {
                    self.hide(pair.part, region, stale);
                } else {
                    continue;
                }
            }
            let hidden = !self.shown(pair.part, region) && self.values[pair.part][region] > 0;
            let part = self.range(pair.part, region);
            let most = self.range(pair.whole, region).1.min(part.1);
            if hidden && self.shown(pair.whole, region) && !self.wide((part.0, most)) {
                self.hide(pair.whole, region, stale);
            }
        }
    }

    /// Over the regions inside a region: the rests add up as well.
    fn mend_sums(&mut self, pair: Pair, stale: &mut [bool]) {
        let families = std::mem::take(&mut self.families);
        for family in &families {
            while !self.holds(pair, family) {
                let Some(region) = self.choose(pair, family) else { break };
                self.hide(pair.part, region, stale);
            }
        }
        self.families = families;
    }

    fn holds(&self, pair: Pair, family: &Equation) -> bool {
        let of = |region: &usize| self.range_of_rest(pair, *region);
        let (least, most) = family.parts.iter().map(of).fold((0, 0), |s, r| (s.0 + r.0, s.1 + r.1));
        let total = self.range_of_rest(pair, family.total);
        let hidden = family.parts.iter().filter(|region| !self.known(pair, **region));
        let (n, sum) = hidden.fold((0, 0), |(n, sum), r| (n + 1, sum + self.rest(pair, *r)));
        // Together they are known.
        if n > 0 && self.known(pair, family.total) && (1..self.m).contains(&sum) {
            return false;
        }
        let free = |region: usize, own: Range, (low, high): Range| {
            !self.needs_room(pair, region) || self.wide((own.0.max(low), own.1.min(high)))
        };
        free(family.total, total, (least, most))
            && family.parts.iter().all(|region| {
                let own = of(region);
                let others = (total.0 - (most - own.1), total.1 - (least - own.0));
                free(*region, own, others)
            })
    }

    /// A rest that is hidden and small, or that would tell the one of its two numbers that is
    /// hidden.
    fn needs_room(&self, pair: Pair, region: usize) -> bool {
        let (whole, part) = (self.shown(pair.whole, region), self.shown(pair.part, region));
        let small = (1..self.m).contains(&self.rest(pair, region));
        let counts = self.values[pair.whole][region] > 0;
        counts && ((small && !(whole && part)) || (whole != part))
    }

    /// The region whose part is hidden next: the smallest that is enough, or the smallest.
    fn choose(&mut self, pair: Pair, family: &Equation) -> Option<usize> {
        let mut open: Vec<usize> = family.parts.clone();
        open.retain(|region| self.known(pair, *region) && self.values[pair.part][*region] > 0);
        open.sort_by_key(|region| (self.values[pair.part][*region], *region));
        let enough = open.iter().copied().find(|region| {
            self.states[pair.part][*region] = State::Complement;
            let holds = self.holds(pair, family);
            self.states[pair.part][*region] = State::Shown;
            holds
        });
        let total = Some(family.total)
            .filter(|total| self.known(pair, *total) && self.values[pair.part][*total] > 0);
        enough.or_else(|| open.first().copied()).or(total)
    }
}

/// Columns of a whole and of a part of it.
#[derive(Clone, Copy)]
struct Pair {
    whole: usize,
    part: usize,
}
