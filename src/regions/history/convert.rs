//! Figures of one vintage told for another. Counts are split by share and summed; rates go only
//! through their numerator and denominator, never through an average. Nothing is lost on the way:
//! what cannot be placed keeps its code and is named.

use std::collections::{BTreeMap, BTreeSet};

use super::History;
use crate::domain::{Day, RegionChange, RegionCode, ShareBasis};
use crate::regions::RegionCatalog;

/// How a converted figure came about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// Whole regions only: as good as the figures it is made of.
    Exact,
    /// Divided by these.
    Estimated(BTreeSet<ShareBasis>),
}

impl Quality {
    fn worsen(&mut self, basis: &Self) {
        if let Self::Estimated(other) = basis {
            match self {
                Self::Exact => *self = basis.clone(),
                Self::Estimated(own) => own.extend(other),
            }
        }
    }

    fn divided(&mut self, basis: ShareBasis) {
        self.worsen(&Self::Estimated(BTreeSet::from([basis])));
    }
}

/// A count for a region of the wanted vintage.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub quality: Quality,
    /// Regions that belong to it and had no figure: the value is too low by theirs.
    pub missing: BTreeSet<RegionCode>,
    /// Regions of the given vintage that it is made of.
    pub of: BTreeSet<RegionCode>,
}

/// A rate for a region of the wanted vintage.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    pub value: f64,
    pub quality: Quality,
    pub missing: BTreeSet<RegionCode>,
}

/// A code that no region bears on the wanted day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded(pub RegionCode);

/// Counts by the codes of the wanted vintage.
pub type Converted = BTreeMap<RegionCode, Estimate>;

impl History {
    /// Counts by the codes that stood on `from`, told for the codes that stand on `to`, earlier or
    /// later. The sum is kept. Codes that nothing happened to are passed through as they are.
    pub fn convert(&self, counts: &BTreeMap<RegionCode, f64>, from: Day, to: Day) -> Converted {
        let mut current: Converted = counts
            .iter()
            .map(|(code, value)| {
                let of = BTreeSet::from([*code]);
                let missing = BTreeSet::new();
                (*code, Estimate { value: *value, quality: Quality::Exact, missing, of })
            })
            .collect();
        let dates = self.dates();
        if from < to {
            for date in dates.iter().filter(|date| from < **date && **date <= to) {
                current = self.step(&current, *date, true);
            }
        } else {
            for date in dates.iter().rev().filter(|date| to < **date && **date <= from) {
                current = self.step(&current, *date, false);
            }
        }
        current
    }

    /// One day's changes, forth or back.
    fn step(&self, current: &Converted, date: Day, forth: bool) -> Converted {
        let mut next = Converted::new();
        for (code, estimate) in current {
            let mut moved = false;
            for link in self.links(*code, date, forth) {
                moved = true;
                let mut part = estimate.clone();
                part.value *= link.weight;
                if link.weight < 1.0 {
                    part.quality.divided(link.basis);
                }
                add(&mut next, link.code, part);
            }
            if !moved {
                add(&mut next, *code, estimate.clone());
            }
        }
        for (code, estimate) in &mut next {
            let due = self.links(*code, date, !forth).map(|link| link.code);
            let absent = due.filter(|origin| !current.contains_key(origin));
            estimate.missing.extend(absent);
        }
        next
    }

    fn links(&self, code: RegionCode, date: Day, forth: bool) -> impl Iterator<Item = Link> {
        let changes: Vec<&RegionChange> =
            if forth { self.successors(code).collect() } else { self.predecessors(code).collect() };
        changes.into_iter().filter(move |change| change.date == date).map(move |change| {
            let (code, share) =
                if forth { (change.to, change.share) } else { (change.from, change.back) };
            Link { code, weight: share.value(), basis: change.basis }
        })
    }

    /// Rates of the wanted vintage from numerators and denominators of the given one. A region
    /// whose denominator is missing or zero has none.
    pub fn convert_rates(
        &self,
        counts: &BTreeMap<RegionCode, (f64, f64)>,
        from: Day,
        to: Day,
    ) -> BTreeMap<RegionCode, Rate> {
        let of = |pick: fn(&(f64, f64)) -> f64| -> BTreeMap<RegionCode, f64> {
            counts.iter().map(|(code, pair)| (*code, pick(pair))).collect()
        };
        let above = self.convert(&of(|pair| pair.0), from, to);
        let below = self.convert(&of(|pair| pair.1), from, to);
        above
            .into_iter()
            .filter_map(|(code, numerator)| {
                let denominator = below.get(&code).filter(|estimate| estimate.value > 0.0)?;
                let value = numerator.value / denominator.value;
                let Estimate { quality, missing, .. } = numerator;
                Some((code, Rate { value, quality, missing }))
            })
            .collect()
    }

    /// Codes among the converted that no region bears on that day.
    pub fn stranded(
        &self,
        converted: &Converted,
        day: Day,
        catalog: &RegionCatalog,
    ) -> Vec<Stranded> {
        converted
            .keys()
            .filter(|code| !self.validity(**code, catalog).iter().any(|span| span.holds(day)))
            .map(|code| Stranded(*code))
            .collect()
    }
}

/// Where a part of a region goes.
struct Link {
    code: RegionCode,
    weight: f64,
    basis: ShareBasis,
}

fn add(next: &mut Converted, code: RegionCode, part: Estimate) {
    match next.entry(code) {
        std::collections::btree_map::Entry::Vacant(free) => {
            free.insert(part);
        }
        std::collections::btree_map::Entry::Occupied(mut held) => {
            let held = held.get_mut();
            held.value += part.value;
            held.quality.worsen(&part.quality);
            held.missing.extend(part.missing);
            held.of.extend(part.of);
        }
    }
}
