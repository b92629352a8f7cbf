//! The maps of the pages: layers from the atlas, areas from the release (or from the survey), drawn
//! by room `maps`.

use std::sync::Arc;

use askama::Template;

use super::ask::Ask;
use super::compare;
use super::fault::{Candidate, Fault};
use super::frame::{Link, Stamp, region_href};
use super::table::with;
use crate::disclosure::{Cell, MatchMeasure};
use crate::domain::{IndicatorId, Level, RegionCode, Registry};
use crate::labels::{self, Direction, IndicatorLabel};
use crate::maps::{self, Area, ClassCounts, Classes, Layer, MapSpec};

/// The number that a map shows, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Of the registries.
    Indicator(IndicatorId),
    /// P0 as BPS published it.
    Survey,
    /// Of linkage.
    Matching(MatchMeasure),
    /// Points that lie in another desa than the one stated.
    Conflict,
}

/// What a map shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) scope: RegionCode,
    pub(super) level: Level,
    pub(super) measure: Measure,
    pub(super) highlighted: Option<RegionCode>,
}

impl View {
    /// The measure of the registries that is shown, if it is one.
    pub(super) fn indicator(&self) -> Option<IndicatorId> {
        match self.measure {
            Measure::Indicator(id) => Some(id),
            Measure::Survey | Measure::Matching(_) | Measure::Conflict => None,
        }
    }

    pub(super) fn label(&self, ask: &Ask) -> IndicatorLabel {
        let programmes = &ask.release.manifest().programmes;
        match self.measure {
            Measure::Indicator(id) => labels::indicator(id, programmes),
            Measure::Survey => labels::indicator(IndicatorId::Headcount, programmes),
            Measure::Matching(measure) => labels::match_measure(measure),
            Measure::Conflict => labels::conflict(),
        }
    }

    fn classes(&self) -> Classes {
        match self.measure {
            Measure::Indicator(id) => Classes::for_indicator(id, self.level),
            Measure::Survey => Classes::for_indicator(IndicatorId::Headcount, self.level),
            Measure::Matching(measure) => Classes::for_matching(measure),
            Measure::Conflict => Classes::for_conflicts(),
        }
    }

    /// The figure of one region and its words.
    fn figure(&self, ask: &Ask, code: RegionCode) -> (Cell, String) {
        let release = &ask.release;
        match self.measure {
            Measure::Indicator(id) => {
                let cell = release.cell(code, id);
                (cell, labels::value(id, cell))
            }
            Measure::Survey => {
                let cell = compare::survey_cell(ask, code);
                (cell, labels::value(IndicatorId::Headcount, cell))
            }
            Measure::Matching(measure) => {
                let cell = release.match_cell(code, measure);
                (cell, labels::match_share(cell))
            }
            Measure::Conflict => {
                let cell = release.conflict_cell(code);
                (cell, labels::match_share(cell))
            }
        }
    }

    /// The registries that the figures are from.
    fn sources(&self, ask: &Ask) -> Vec<Registry> {
        let there = ask.release.sources(self.scope);
        if self.measure == Measure::Conflict {
            return vec![Registry::Regsosek];
        }
        let Measure::Matching(measure) = self.measure else { return there };
        let behind = measure.registries();
        let used =
            |registry: &Registry| *registry == Registry::Regsosek || behind.contains(registry);
        there.into_iter().filter(used).collect()
    }

    /// Where an area of the map leads: to the same question about the region, as far as there is
    /// a page for it.
    fn href(&self, ask: &Ask, code: RegionCode) -> String {
        match self.measure {
            Measure::Matching(_) if code.level() < Level::Desa => {
                format!("/pemadanan?{}&wilayah={code}#peta", self.query(ask))
            }
            Measure::Conflict if code.level() < Level::Desa => {
                format!("/mutu-data?wilayah={code}#konflik")
            }
            _ => region_href(code),
        }
    }

    /// The measure as fields of an address.
    fn query(&self, ask: &Ask) -> String {
        let programmes = &ask.release.manifest().programmes;
        match self.measure {
            Measure::Indicator(id) => format!("indikator={}", id.slug(programmes)),
            Measure::Survey => format!("indikator={SURVEY}"),
            Measure::Matching(measure) => matching_query(measure),
            Measure::Conflict => "ukuran=konflik".to_owned(),
        }
    }
}

/// A measure of linkage as fields of an address.
pub(super) fn matching_query(measure: MatchMeasure) -> String {
    let of = |registry: Registry, slug: &str| format!("register={}&ukuran={slug}", registry.slug());
    match measure {
        MatchMeasure::Linked(registry) => of(registry, LINKED),
        MatchMeasure::ByScore(registry) => of(registry, BY_SCORE),
        MatchMeasure::Pending(registry) => of(registry, PENDING),
        MatchMeasure::Overlap(a, b) => format!("{}&lawan={}", of(a, OVERLAP), b.slug()),
    }
}

/// Values of `ukuran=`.
pub(super) const LINKED: &str = "terpadankan";
pub(super) const BY_SCORE: &str = "karena-skor";
pub(super) const PENDING: &str = "telaah";
pub(super) const OVERLAP: &str = "irisan";

/// A map with legend, ready for a page.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/figure.html")]
pub(super) struct Figure {
    title: String,
    definition: String,
    svg: String,
    legend: String,
    stamp: Stamp,
    survey: Option<String>,
    attribution: String,
    download: String,
    /// How many regions have no polygon, in words.
    undrawn: Option<String>,
    /// What the picture leaves out beyond the border of the state, in words.
    abroad: Option<&'static str>,
    /// The areas that need attention first.
    first: Vec<Area>,
    lowest_first: bool,
    /// On the map of the nation: the provinces with data, which are small there.
    zoom: Vec<Link>,
}

/// Areas named beside a map, and how many there must be for it to help.
const FIRST: usize = 5;

/// Provinces with a border by land: beyond it the map has nothing, which looks like the sea.
const BORDERED: [&str; 7] = ["53", "61", "64", "65", "91", "93", "95"];

fn abroad(scope: RegionCode) -> Option<&'static str> {
    let province = scope.ancestor(Level::Provinsi).to_string();
    let bordered = scope == RegionCode::NATION || BORDERED.contains(&province.as_str());
    bordered.then_some(labels::ABROAD)
}

/// The figure of a view; nothing where there are no polygons to draw.
pub(super) fn figure(ask: &Ask, view: &View) -> Result<Option<Figure>, Fault> {
    let drawing = Drawing::prepare(ask, view)?;
    if drawing.layer.is_empty() {
        return Ok(None);
    }
    let spec = drawing.spec();
    let label = view.label(ask);
    let lowest_first = label.direction == Direction::HigherIsBetter;
    let counts = ClassCounts::of(&drawing.classes, spec.areas.iter().map(|area| area.cell));
    Ok(Some(Figure {
        svg: maps::choropleth(&spec),
        legend: maps::legend(ID, &drawing.classes, &counts, labels::level(view.level)),
        title: drawing.title.clone(),
        definition: label.definition,
        stamp: Stamp::of(&ask.release, view.scope).from(&view.sources(ask)),
        survey: (view.measure == Measure::Survey)
            .then(|| labels::period(ask.release.manifest().poverty_line_period)),
        attribution: labels::boundary_attribution(ask.release.manifest()).to_owned(),
        download: match view.measure {
            Measure::Matching(_) => address("/pemadanan.svg", ask, view),
            Measure::Conflict => address("/mutu-data.svg", ask, view),
            Measure::Indicator(_) | Measure::Survey => address("/peta.svg", ask, view),
        },
        undrawn: drawing.undrawn(view.level),
        abroad: abroad(view.scope),
        first: first(&spec.areas, lowest_first),
        lowest_first,
        zoom: zoom(ask, view),
    }))
}

fn zoom(ask: &Ask, view: &View) -> Vec<Link> {
    let manifest = ask.release.manifest();
    if view.scope != RegionCode::NATION || view.measure == Measure::Survey {
        return Vec::new();
    }
    let link = |code: &RegionCode| {
        let href = match view.indicator() {
            Some(id) => {
                with(&region_href(*code), "indikator", &id.slug(&manifest.programmes)) + "#peta"
            }
            None => view.href(ask, *code),
        };
        Link::new(href, ask.catalog().name(*code))
    };
    manifest.provinces.iter().map(link).collect()
}

fn first(areas: &[Area], lowest_first: bool) -> Vec<Area> {
    let mut valued: Vec<(f64, &Area)> =
        areas.iter().filter_map(|area| Some((area.cell.value()?, area))).collect();
    if valued.len() <= FIRST {
        return Vec::new();
    }
    let towards = if lowest_first { 1.0 } else { -1.0 };
    valued.sort_by(|a, b| (a.0 * towards).total_cmp(&(b.0 * towards)));
    // Among the highest, a zero is none.
    valued.retain(|(value, _)| lowest_first || *value > 0.0);
    valued.into_iter().take(FIRST).map(|(_, area)| area.clone()).collect()
}

/// The map as a file that stands alone, with legend and provenance inside.
pub(super) fn standalone(ask: &Ask, view: &View) -> Result<String, Fault> {
    let mut drawing = Drawing::prepare(ask, view)?;
    let undrawn = drawing.undrawn(view.level);
    let remarks = undrawn.into_iter().chain(abroad(view.scope).map(str::to_owned));
    drawing.provenance.extend(remarks.map(|words| ("Catatan".to_owned(), words)));
    if drawing.layer.is_empty() {
        let name = ask.catalog().name(view.scope);
        return Err(Fault::NoMap { region: Candidate { code: view.scope, name } });
    }
    Ok(maps::standalone_svg(&drawing.spec()))
}

/// Prefix of the ids inside the SVG: a page has one map.
const ID: &str = "peta-svg";

/// What a screen reader says first, and what a downloaded map is headed with.
#[derive(Template)]
#[template(path = "parts/map_title.txt")]
struct Title<'a> {
    name: &'a str,
    scope: &'a str,
    level: &'a str,
    survey: bool,
    period: String,
}

#[derive(Template)]
#[template(path = "parts/map_description.txt")]
struct Description<'a> {
    name: &'a str,
    scope: &'a str,
    level: &'a str,
}

/// Label and value on each line, parted by a bar.
#[derive(Template)]
#[template(path = "parts/survey_provenance.txt")]
struct SurveyProvenance<'a> {
    period: String,
    boundaries: &'a str,
    attribution: &'a str,
}

/// Where the figures of a downloaded map are from: a survey map owes nothing to the registries.
fn provenance(ask: &Ask, view: &View) -> Result<Vec<(String, String)>, Fault> {
    let manifest = ask.release.manifest();
    if view.measure != Measure::Survey {
        return Ok(labels::provenance_of(&ask.release, &view.sources(ask)));
    }
    let words = SurveyProvenance {
        period: labels::period(manifest.poverty_line_period),
        boundaries: &manifest.boundary_vintage,
        attribution: labels::boundary_attribution(manifest),
    };
    let pair = |line: &str| line.split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned()));
    Ok(words.render()?.lines().filter_map(pair).collect())
}

/// What a `MapSpec` borrows.
struct Drawing {
    layer: Arc<Layer>,
    around: Option<Arc<Layer>>,
    classes: Classes,
    title: String,
    description: String,
    areas: Vec<Area>,
    highlighted: Option<RegionCode>,
    provenance: Vec<(String, String)>,
    attribution: String,
}

impl Drawing {
    fn prepare(ask: &Ask, view: &View) -> Result<Self, Fault> {
        let layer = ask.layers.layer(view.scope, view.level).map_err(Fault::inside)?;
        let around = if layer.is_empty() {
            None
        } else {
            Some(ask.layers.around(&layer).map_err(Fault::inside)?)
        };
        let manifest = ask.release.manifest();
        let (name, scope) = (view.label(ask).name, ask.catalog().name(view.scope));
        let level = labels::level(view.level);
        let survey = view.measure == Measure::Survey;
        let period = if survey { manifest.poverty_line_period } else { manifest.period };
        let title =
            Title { name: &name, scope: &scope, level, survey, period: labels::period(period) };
        let description = Description { name: &name, scope: &scope, level };
        Ok(Self {
            classes: view.classes(),
            title: title.render()?,
            description: description.render()?,
            areas: if layer.is_empty() { Vec::new() } else { areas(ask, view) },
            highlighted: view.highlighted,
            provenance: provenance(ask, view)?,
            attribution: labels::boundary_attribution(manifest).to_owned(),
            layer,
            around,
        })
    }

    /// What is said of the regions that have no polygon.
    fn undrawn(&self, level: Level) -> Option<String> {
        let missing = self.areas.iter().filter(|a| self.layer.shape(a.code).is_none()).count();
        (missing > 0).then(|| labels::undrawn(missing, labels::level(level)))
    }

    fn spec(&self) -> MapSpec<'_> {
        MapSpec {
            id: ID,
            title: &self.title,
            description: &self.description,
            layer: &self.layer,
            classes: &self.classes,
            areas: self.areas.clone(),
            highlighted: self.highlighted,
            context: self.around.as_deref(),
            provenance: &self.provenance,
            attribution: &self.attribution,
        }
    }
}

fn areas(ask: &Ask, view: &View) -> Vec<Area> {
    ask.catalog()
        .inside(view.scope, view.level)
        .map(|region| {
            let (cell, text) = view.figure(ask, region.code);
            Area {
                code: region.code,
                name: region.name.clone(),
                cell,
                text,
                href: Some(view.href(ask, region.code)),
            }
        })
        .collect()
}

/// The address of a view on the map page or as a file.
pub(super) fn address(path: &str, ask: &Ask, view: &View) -> String {
    format!("{path}?{}&tingkat={}&wilayah={}", view.query(ask), view.level.slug(), view.scope)
}

/// Value of `indikator=` for the published P0, which is no measure of the registries.
pub(super) const SURVEY: &str = "survei-p0";
