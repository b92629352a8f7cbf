//! Published P0 from year to year: a small chart and a table. Where a province was divided, its
//! figures are told in the borders of today and in those of before, and the break is marked.

use askama::Template;

use super::ask::Ask;
use crate::domain::{Day, Level, Period, RegionCode};
use crate::figures::{Measure, Origin, Point};
use crate::labels;

/// Columns of the table; earlier years are left out.
const YEARS: usize = 6;

/// Size of the chart in units of its own.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 24.0;

/// One row of the table and one line of the chart.
#[derive(Clone, Debug)]
struct Line {
    /// Which line: its colour.
    nth: usize,
    name: String,
    /// Text, and whether it was worked out from parts.
    cells: Vec<(String, bool)>,
    path: String,
    dots: Vec<Dot>,
}

#[derive(Clone, Debug)]
struct Dot {
    x: String,
    y: String,
    computed: bool,
    title: String,
}

/// A word of the axis.
#[derive(Clone, Debug)]
struct Tick {
    at: String,
    text: String,
}

/// The section of a region's page.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/timeline.html")]
pub(super) struct Timeline {
    periods: Vec<String>,
    lines: Vec<Line>,
    years: Vec<Tick>,
    rates: Vec<Tick>,
    /// Where the borders changed: place on the chart and day.
    breaks: Vec<Tick>,
    computed: bool,
    former: Option<String>,
}

impl Timeline {
    /// `None` where nothing was published.
    pub(super) fn of(ask: &Ask, code: RegionCode) -> Option<Self> {
        if code.level() > Level::Kabupaten {
            return None;
        }
        let (survey, history) = (ask.site.survey, &ask.history);
        let name = ask.catalog().name(code);
        let divided = history.predecessors(code).find(|change| !change.share.is_whole());
        let mut given =
            vec![(name.clone(), survey.series_today(code, Measure::Headcount, history))];
        let mut breaks: Vec<Day> = Vec::new();
        let mut former = None;
        if let Some(change) = divided {
            let whole = survey.series_undivided(change.from, Measure::Headcount, history);
            let apart = whole.iter().any(|p| matches!(p.origin, Origin::Parts(_)))
                && given[0].1.iter().any(|p| matches!(p.origin, Origin::Parts(_)));
            if apart {
                given[0].0.push_str(", batas kini");
                given.push((format!("{} sebelum pemekaran", change.from_name), whole));
                breaks.push(change.date);
                former = Some(change.from_name.clone());
            }
        }
        let mut periods: Vec<Period> =
            given.iter().flat_map(|(_, points)| points.iter().map(|p| p.period)).collect();
        periods.sort_unstable();
        periods.dedup();
        let periods = periods.split_off(periods.len().saturating_sub(YEARS));
        if periods.is_empty() {
            return None;
        }
        let scale = Scale::of(&periods, given.iter().flat_map(|(_, points)| points));
        let computed = given
            .iter()
            .any(|(_, points)| points.iter().any(|p| matches!(p.origin, Origin::Parts(_))));
        Some(Self {
            lines: given
                .into_iter()
                .enumerate()
                .map(|(nth, (name, points))| line(nth, name, &points, &periods, &scale))
                .collect(),
            years: periods
                .iter()
                .map(|p| Tick { at: coordinate(scale.x(at(*p))), text: p.year.to_string() })
                .collect(),
            rates: scale.rates(),
            breaks: breaks
                .into_iter()
                .filter(|day| scale.holds(*day))
                .map(|day| Tick { at: coordinate(scale.x(of_day(day))), text: labels::day(day) })
                .collect(),
            periods: periods.into_iter().map(labels::period).collect(),
            computed,
            former,
        })
    }
}

fn line(nth: usize, name: String, points: &[Point], periods: &[Period], scale: &Scale) -> Line {
    let of = |period: &Period| points.iter().find(|point| point.period == *period);
    let shown: Vec<&Point> = periods.iter().filter_map(of).collect();
    let place = |point: &Point| (scale.x(at(point.period)), scale.y(point.value));
    let mut path = String::new();
    for point in &shown {
        let (x, y) = place(point);
        path.push_str(if path.is_empty() { "M" } else { "L" });
        path.push_str(&format!("{} {}", coordinate(x), coordinate(y)));
    }
    let cells = periods.iter().map(|period| {
        of(period).map_or_else(
            || (labels::NO_DATA.to_owned(), false),
            |p| (labels::percent(p.value, 2), matches!(p.origin, Origin::Parts(_))),
        )
    });
    let dots = shown.iter().map(|point| {
        let (x, y) = place(point);
        let title =
            format!("{}: {}", labels::period(point.period), labels::percent(point.value, 2));
        let computed = matches!(point.origin, Origin::Parts(_));
        Dot { x: coordinate(x), y: coordinate(y), computed, title }
    });
    Line { nth, cells: cells.collect(), dots: dots.collect(), path, name }
}

/// From years and rates to places on the chart.
struct Scale {
    first: f64,
    last: f64,
    top: f64,
}

impl Scale {
    fn of<'a>(periods: &[Period], points: impl Iterator<Item = &'a Point>) -> Self {
        let highest = points.map(|point| point.value).fold(0.0, f64::max);
        let step = Self::step(highest);
        let first = periods.first().copied().map_or(0.0, at);
        let last = periods.last().copied().map_or(1.0, at);
        Self { first, last: last.max(first + 0.5), top: (highest / step).ceil().max(1.0) * step }
    }

    /// Distance of the lines of the grid.
    fn step(highest: f64) -> f64 {
        [0.01, 0.02, 0.05, 0.1, 0.2].into_iter().find(|s| highest / s <= 4.0).unwrap_or(0.25)
    }

    fn x(&self, years: f64) -> f64 {
        LEFT + (years - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)
    }

    /// From zero: a rate that looks halved must be halved.
    fn y(&self, rate: f64) -> f64 {
        HEIGHT - BOTTOM - rate / self.top * (HEIGHT - TOP - BOTTOM)
    }

    fn holds(&self, day: Day) -> bool {
        (self.first..=self.last).contains(&of_day(day))
    }

    fn rates(&self) -> Vec<Tick> {
        let step = Self::step(self.top);
        let mut ticks = Vec::new();
        let mut rate = 0.0;
        while rate <= self.top + 1e-9 {
            ticks.push(Tick { at: coordinate(self.y(rate)), text: labels::percent(rate, 0) });
            rate += step;
        }
        ticks
    }
}

/// Years since the year 0.
fn at(period: Period) -> f64 {
    f64::from(period.year) + (f64::from(period.month) - 1.0) / 12.0
}

fn of_day(day: Day) -> f64 {
    f64::from(day.year()) + (f64::from(day.month()) - 1.0 + f64::from(day.day()) / 31.0) / 12.0
}

fn coordinate(value: f64) -> String {
    format!("{value:.1}")
}
