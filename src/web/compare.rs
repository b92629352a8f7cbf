//! Two numbers side by side: what the registries count and what the survey published. They are not
//! meant to be equal; where the survey has none, the reason is part of the figure.

use askama::Template;

use crate::disclosure::{Cell, Release};
use crate::domain::{IndicatorId, Level, Period, RegionCode};
use crate::figures::{Measure, Published, Survey};
use crate::labels;

/// What the survey says of one measure of one region.
#[derive(Clone, Debug)]
pub(super) enum SurveyFigure {
    Published {
        text: String,
        period: String,
        /// The figure is not of the period that the registry figures are compared with.
        other_period: bool,
        source: &'static str,
        note: Note,
    },
    /// BPS publishes nothing below kabupaten/kota.
    BelowKabupaten,
    /// The sampling error of a kabupaten's extreme rate is too high.
    ErrorTooHigh,
    /// Not among the published figures of this build.
    Absent,
}

/// Remarks of the published tables that matter to a reader; their words are in the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    None,
    /// Not a figure of BPS: its sampling error is too high.
    NotByBps,
    /// An estimate of Kemenko PMK.
    Estimate,
    /// The province before the split of 2022.
    BeforeSplit,
    Line190,
    Line215,
}

impl Note {
    fn of(text: &str) -> Self {
        let holds = |needle: &str| text.contains(needle);
        if holds("does not publish") {
            Self::NotByBps
        } else if holds("Kemenko PMK estimate") {
            Self::Estimate
        } else if holds("old Papua") {
            Self::BeforeSplit
        } else if holds("US$2.15") {
            Self::Line215
        } else if holds("US$1.90") {
            Self::Line190
        } else {
            Self::None
        }
    }
}

/// One measure in both numbers.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) measure: PairMeasure,
    pub(super) registry: String,
    pub(super) survey: SurveyFigure,
    /// Registry minus survey in percentage points, where both exist.
    pub(super) difference: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairMeasure {
    Extreme,
    Headcount,
    Gap,
}

impl PairMeasure {
    const ALL: [Self; 3] = [Self::Extreme, Self::Headcount, Self::Gap];

    fn ids(self) -> (IndicatorId, Measure) {
        match self {
            Self::Extreme => (IndicatorId::ExtremeRate, Measure::ExtremeRate),
            Self::Headcount => (IndicatorId::Headcount, Measure::Headcount),
            Self::Gap => (IndicatorId::Gap, Measure::Gap),
        }
    }
}

/// The section of a page that shows all pairs of a region.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/pairs.html")]
pub(super) struct Pairs {
    pairs: Vec<Pair>,
    period: String,
    /// The nation: the registries hold some provinces only, the survey holds all.
    partial: bool,
}

impl Pairs {
    /// What the survey says of a measure of the registries; nothing where it has no such measure.
    pub(super) fn survey(&self, id: IndicatorId) -> Option<SurveyFigure> {
        let pair = self.pairs.iter().find(|pair| pair.measure.ids().0 == id)?;
        Some(pair.survey.clone())
    }

    pub(super) fn of(release: &Release, survey: &Survey, code: RegionCode) -> Self {
        Self {
            pairs: PairMeasure::ALL.map(|measure| pair(release, survey, code, measure)).to_vec(),
            period: labels::period(release.manifest().period),
            partial: code == RegionCode::NATION,
        }
    }
}

fn pair(release: &Release, survey: &Survey, code: RegionCode, measure: PairMeasure) -> Pair {
    let (id, published) = measure.ids();
    let cell = release.cell(code, id);
    let wanted = release.manifest().poverty_line_period;
    let found = survey
        .get(code, published, wanted)
        .or_else(|| survey.latest(code, published, release.manifest().period));
    // The registries hold only some provinces of the nation: no difference to speak of.
    let comparable = |figure: &Published| figure.period == wanted && code != RegionCode::NATION;
    let difference = found.and_then(|figure| {
        cell.value().filter(|_| comparable(figure)).map(|rate| labels::points(rate - figure.value))
    });
    Pair {
        measure,
        registry: labels::value(id, cell),
        survey: found
            .map_or_else(|| absent(code, measure), |figure| survey_figure(id, figure, wanted)),
        difference,
    }
}

fn survey_figure(id: IndicatorId, figure: &Published, wanted: Period) -> SurveyFigure {
    SurveyFigure::Published {
        text: labels::value(id, Cell::Value(figure.value)),
        period: labels::period(figure.period).clone(),
        other_period: figure.period != wanted,
        source: figure.source,
        note: Note::of(figure.note),
    }
}

fn absent(code: RegionCode, measure: PairMeasure) -> SurveyFigure {
    match (code.level(), measure) {
        (Level::Kecamatan | Level::Desa, _) => SurveyFigure::BelowKabupaten,
        (Level::Kabupaten, PairMeasure::Extreme) => SurveyFigure::ErrorTooHigh,
        _ => SurveyFigure::Absent,
    }
}

/// P0 of every published year, oldest first: year and figure.
pub(super) fn headcount_series(survey: &Survey, code: RegionCode) -> Vec<(String, String)> {
    let series = survey.series(code, Measure::Headcount);
    let start = series.len().saturating_sub(6);
    series[start..]
        .iter()
        .map(|figure| (labels::period(figure.period).clone(), labels::percent(figure.value, 2)))
        .collect()
}

/// Published P0 in the period that registry figures are compared with, as a cell.
pub(super) fn survey_cell(release: &Release, survey: &Survey, code: RegionCode) -> Cell {
    survey
        .get(code, Measure::Headcount, release.manifest().poverty_line_period)
        .map_or(Cell::NoData, |figure| Cell::Value(figure.value))
}
