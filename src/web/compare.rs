//! Two numbers side by side: what the registries count and what the survey published. They are not
//! meant to be equal; where the survey has none, the reason is part of the figure.

use askama::Template;

use super::ask::Ask;
use crate::disclosure::Cell;
use crate::domain::{IndicatorId, Level, Period, RegionCode};
use crate::figures::{Measure, Origin, Published};
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
    /// Worked out from the figures of its kabupaten.
    FromParts,
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

    pub(super) fn of(ask: &Ask, code: RegionCode) -> Self {
        let release = &ask.release;
        Self {
            pairs: PairMeasure::ALL.map(|measure| pair(ask, code, measure)).to_vec(),
            period: labels::period(release.manifest().period),
            partial: code == RegionCode::NATION,
        }
    }
}

fn pair(ask: &Ask, code: RegionCode, measure: PairMeasure) -> Pair {
    let (release, survey) = (&ask.release, ask.site.survey);
    let (id, published) = measure.ids();
    let cell = release.cell(code, id);
    let wanted = release.manifest().poverty_line_period;
    // In the borders of today, where what was published is of a region that was divided since.
    let parts = survey.today(code, published, wanted, &ask.history);
    if let Some(point) = parts.filter(|point| point.origin != Origin::Published) {
        return from_parts(id, measure, cell, point.value, wanted);
    }
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

fn from_parts(
    id: IndicatorId,
    measure: PairMeasure,
    cell: Cell,
    value: f64,
    period: Period,
) -> Pair {
    Pair {
        measure,
        registry: labels::value(id, cell),
        survey: SurveyFigure::Published {
            text: labels::value(id, Cell::Value(value)),
            period: labels::period(period),
            other_period: false,
            source: "BPS, Susenas; dijumlahkan dari kabupaten/kota",
            note: Note::FromParts,
        },
        difference: cell.value().map(|rate| labels::points(rate - value)),
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

/// Published P0 in the period that registry figures are compared with, in the borders of today, as
/// a cell.
pub(super) fn survey_cell(ask: &Ask, code: RegionCode) -> Cell {
    let period = ask.release.manifest().poverty_line_period;
    ask.site
        .survey
        .today(code, Measure::Headcount, period, &ask.history)
        .map_or(Cell::NoData, |point| Cell::Value(point.value))
}

/// True where provinces of today stand on a map or in a table with figures that were worked out,
/// because BPS published the provinces of before a split.
pub(super) fn any_from_parts(ask: &Ask, level: Level) -> bool {
    let period = ask.release.manifest().poverty_line_period;
    level == Level::Provinsi
        && ask.catalog().children(RegionCode::NATION).any(|region| {
            ask.site
                .survey
                .today(region.code, Measure::Headcount, period, &ask.history)
                .is_some_and(|point| point.origin != Origin::Published)
        })
}
