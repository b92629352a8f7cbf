//! Published figures on the regions of another time. BPS published the provinces of before the
//! split of Papua up to March 2023 and those after it from March 2024: a figure that stands under
//! the code 91 is of two different regions. What the new ones were before, and what the old ones
//! would be now, is worked out from their parts: counts are summed, rates go through the number of
//! poor and the population that both figures imply (poor ÷ P0), never through an average of rates.

use std::collections::BTreeSet;

use super::{Measure, Survey};
use crate::domain::{Period, RegionCode};
use crate::regions::{History, RegionCatalog};

/// How a figure for a region came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// As it was published for this very region.
    Published,
    /// From so many parts, all of them published.
    Parts(usize),
}

/// A figure of one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub period: Period,
    pub value: f64,
    pub origin: Origin,
}

/// Sums that figures of parts add up in.
#[derive(Default)]
struct Sums {
    poor: f64,
    persons: f64,
    weighted: f64,
    parts: usize,
}

impl Survey {
    /// The figure of a region in the borders of today; `None` where neither it nor all its parts
    /// were published.
    pub fn today(
        &self,
        code: RegionCode,
        measure: Measure,
        period: Period,
        history: &History,
    ) -> Option<Point> {
        let earlier = self.divided_later(code, period, history);
        if earlier.is_none() {
            let value = self.get(code, measure, period)?.value;
            return Some(Point { period, value, origin: Origin::Published });
        }
        let parts = RegionCatalog::shared().ok()?.children(code).map(|region| region.code);
        self.from_parts(parts.collect(), measure, period)
    }

    /// The figure of a region in the borders of before it was divided, whatever the period.
    pub fn undivided(
        &self,
        code: RegionCode,
        measure: Measure,
        period: Period,
        history: &History,
    ) -> Option<Point> {
        if self.divided_later(code, period, history) == Some(code) {
            let value = self.get(code, measure, period)?.value;
            return Some(Point { period, value, origin: Origin::Published });
        }
        let parts = children(code, history);
        if parts.is_empty() {
            return self.today(code, measure, period, history);
        }
        self.from_parts(parts, measure, period)
    }

    /// Every period with a figure in the borders of today, oldest first.
    pub fn series_today(
        &self,
        code: RegionCode,
        measure: Measure,
        history: &History,
    ) -> Vec<Point> {
        let periods = self.periods(measure);
        periods.into_iter().filter_map(|p| self.today(code, measure, p, history)).collect()
    }

    /// As [`Survey::series_today`], in the borders of before the division.
    pub fn series_undivided(
        &self,
        code: RegionCode,
        measure: Measure,
        history: &History,
    ) -> Vec<Point> {
        let periods = self.periods(measure);
        periods.into_iter().filter_map(|p| self.undivided(code, measure, p, history)).collect()
    }

    fn periods(&self, measure: Measure) -> BTreeSet<Period> {
        self.figures.keys().filter(|key| key.1 == measure).map(|key| key.2).collect()
    }

    /// The region that this one was a part of when the figures of the period were published:
    /// before any of the new regions had a figure of its own.
    fn divided_later(
        &self,
        code: RegionCode,
        period: Period,
        history: &History,
    ) -> Option<RegionCode> {
        let parent = history.predecessors(code).find(|c| !c.share.is_whole())?.from;
        let first = children(parent, history)
            .into_iter()
            .filter(|child| *child != parent)
            .flat_map(|child| self.series(child, Measure::Headcount))
            .map(|figure| figure.period)
            .min();
        first.filter(|first| period < *first).map(|_| parent)
    }

    fn from_parts(
        &self,
        parts: BTreeSet<RegionCode>,
        measure: Measure,
        period: Period,
    ) -> Option<Point> {
        let mut sums = Sums::default();
        for part in parts {
            let figure = |measure| self.get(part, measure, period).map(|figure| figure.value);
            let (poor, rate) = (figure(Measure::PoorPersons)?, figure(Measure::Headcount)?);
            let persons = (rate > 0.0).then(|| poor / rate)?;
            sums.poor += poor;
            sums.persons += persons;
            if matches!(measure, Measure::Gap | Measure::Severity) {
                sums.weighted += figure(measure)? * persons;
            }
            sums.parts += 1;
        }
        let value = match measure {
            Measure::PoorPersons => sums.poor,
            Measure::Headcount => sums.poor / sums.persons,
            Measure::Gap | Measure::Severity => sums.weighted / sums.persons,
            _ => return None,
        };
        (sums.parts > 0).then_some(Point { period, value, origin: Origin::Parts(sums.parts) })
    }
}

/// The regions that a region was divided into, itself among them where its code stayed.
fn children(code: RegionCode, history: &History) -> BTreeSet<RegionCode> {
    let divided = history.successors(code).filter(|change| !change.share.is_whole());
    divided.map(|change| change.to).collect()
}
