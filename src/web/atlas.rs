//! The maps of the pages: layers from the atlas, areas from the release (or from the survey), drawn
//! by room `maps`.

use std::sync::Arc;

use askama::Template;

use super::ask::Ask;
use super::compare;
use super::fault::{Candidate, Fault};
use super::frame::{Link, Stamp, region_href};
use super::table::with;
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::labels::{self, Direction};
use crate::maps::{self, Area, ClassCounts, Classes, Layer, MapSpec};
use crate::regions::BOUNDARY_ATTRIBUTION;

/// Whose number a map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Registry,
    Survey,
}

/// What a map shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) scope: RegionCode,
    pub(super) level: Level,
    pub(super) id: IndicatorId,
    pub(super) origin: Origin,
    pub(super) highlighted: Option<RegionCode>,
}

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
    attribution: &'static str,
    download: String,
    /// The areas that need attention first.
    first: Vec<Area>,
    lowest_first: bool,
    /// On the map of the nation: the provinces with data, which are small there.
    zoom: Vec<Link>,
}

/// Areas named beside a map, and how many there must be for it to help.
const FIRST: usize = 5;

/// The figure of a view; nothing where there are no polygons to draw.
pub(super) fn figure(ask: &Ask, view: &View) -> Result<Option<Figure>, Fault> {
    let drawing = Drawing::prepare(ask, view)?;
    if drawing.layer.is_empty() {
        return Ok(None);
    }
    let spec = drawing.spec();
    let label = labels::indicator(view.id, &ask.release.manifest().programmes);
    let lowest_first = label.direction == Direction::HigherIsBetter;
    let counts = ClassCounts::of(&drawing.classes, spec.areas.iter().map(|area| area.cell));
    Ok(Some(Figure {
        svg: maps::choropleth(&spec),
        legend: maps::legend(ID, &drawing.classes, &counts, labels::level(view.level)),
        title: drawing.title.clone(),
        definition: label.definition,
        stamp: Stamp::of(&ask.release),
        survey: (view.origin == Origin::Survey)
            .then(|| labels::period(ask.release.manifest().poverty_line_period)),
        attribution: BOUNDARY_ATTRIBUTION,
        download: address("/peta.svg", ask, view),
        first: first(&spec.areas, lowest_first),
        lowest_first,
        zoom: zoom(ask, view),
    }))
}

fn zoom(ask: &Ask, view: &View) -> Vec<Link> {
    let manifest = ask.release.manifest();
    if view.scope != RegionCode::NATION || view.origin == Origin::Survey {
        return Vec::new();
    }
    let link = |code: &RegionCode| {
        let href = with(&region_href(*code), "indikator", &view.id.slug(&manifest.programmes));
        Link::new(href + "#peta", ask.catalog().name(*code))
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
    valued.into_iter().take(FIRST).map(|(_, area)| area.clone()).collect()
}

/// The map as a file that stands alone, with legend and provenance inside.
pub(super) fn standalone(ask: &Ask, view: &View) -> Result<String, Fault> {
    let drawing = Drawing::prepare(ask, view)?;
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
    if view.origin == Origin::Registry {
        return Ok(labels::provenance(manifest));
    }
    let words = SurveyProvenance {
        period: labels::period(manifest.poverty_line_period),
        boundaries: &manifest.boundary_vintage,
        attribution: BOUNDARY_ATTRIBUTION,
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
}

impl Drawing {
    fn prepare(ask: &Ask, view: &View) -> Result<Self, Fault> {
        let atlas = &ask.site.atlas;
        let layer = atlas.layer(view.scope, view.level).map_err(Fault::inside)?;
        let around = if layer.is_empty() {
            None
        } else {
            Some(atlas.around(&layer).map_err(Fault::inside)?)
        };
        let manifest = ask.release.manifest();
        let label = labels::indicator(view.id, &manifest.programmes);
        let (name, scope) = (label.name, ask.catalog().name(view.scope));
        let level = labels::level(view.level);
        let survey = view.origin == Origin::Survey;
        let period = if survey { manifest.poverty_line_period } else { manifest.period };
        let title =
            Title { name: &name, scope: &scope, level, survey, period: labels::period(period) };
        let description = Description { name: &name, scope: &scope, level };
        Ok(Self {
            classes: Classes::for_indicator(view.id, view.level),
            title: title.render()?,
            description: description.render()?,
            areas: if layer.is_empty() { Vec::new() } else { areas(ask, view) },
            highlighted: view.highlighted,
            provenance: provenance(ask, view)?,
            layer,
            around,
        })
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
        }
    }
}

fn areas(ask: &Ask, view: &View) -> Vec<Area> {
    let release = &ask.release;
    ask.catalog()
        .inside(view.scope, view.level)
        .map(|region| {
            let cell = match view.origin {
                Origin::Registry => release.cell(region.code, view.id),
                Origin::Survey => compare::survey_cell(release, ask.site.survey, region.code),
            };
            Area {
                code: region.code,
                name: region.name.clone(),
                cell,
                text: labels::value(view.id, cell),
                href: Some(region_href(region.code)),
            }
        })
        .collect()
}

/// The address of a view on the map page or as a file.
pub(super) fn address(path: &str, ask: &Ask, view: &View) -> String {
    let indicator = match view.origin {
        Origin::Registry => view.id.slug(&ask.release.manifest().programmes),
        Origin::Survey => SURVEY.to_owned(),
    };
    format!("{path}?indikator={indicator}&tingkat={}&wilayah={}", view.level.slug(), view.scope)
}

/// Value of `indikator=` for the published P0, which is no measure of the registries.
pub(super) const SURVEY: &str = "survei-p0";
