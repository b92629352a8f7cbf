//! The maps of the pages: layers from the shelf, areas from the release (or from the survey), drawn
//! by room `maps`.

use std::sync::Arc;

use askama::Template;

use super::ask::Ask;
use super::compare;
use super::fault::{Candidate, Fault};
use super::frame::{Stamp, region_href};
use crate::disclosure::Cell;
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::labels;
use crate::maps::{self, Area, Classes, Layer, MapSpec};

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
}

/// The layer of a level inside a region; nothing where the product has no polygons of it.
pub(super) fn layer(ask: &Ask, scope: RegionCode, level: Level) -> Result<Option<Arc<Option<Layer>>>, Fault> {
    let key = format!("{scope} {}", level.slug());
    let load = || Layer::load(scope, level).map_err(Fault::inside);
    let layer = ask.site.layers.get_or_make(&key, load, |_| 1)?;
    Ok(layer.is_some().then_some(layer))
}

/// The figure of a view; nothing where there are no polygons to draw.
pub(super) fn figure(ask: &Ask, view: &View) -> Result<Option<Figure>, Fault> {
    let Some(held) = layer(ask, view.scope, view.level)? else { return Ok(None) };
    let Some(layer) = held.as_ref() else { return Ok(None) };
    let programmes = &ask.release.manifest().programmes;
    let classes = Classes::for_indicator(view.id, programmes);
    let label = labels::indicator(view.id, programmes);
    let spec = spec(ask, view, layer, &classes);
    Ok(Some(Figure {
        title: spec.title.clone(),
        definition: label.definition,
        svg: maps::choropleth(&spec),
        legend: maps::legend(&classes, &label.name, label.unit),
        stamp: Stamp::of(&ask.release),
        survey: survey_period(ask, view),
        attribution: crate::regions::BOUNDARY_ATTRIBUTION,
        download: address("/peta.svg", ask, view),
    }))
}

fn survey_period(ask: &Ask, view: &View) -> Option<String> {
    (view.origin == Origin::Survey)
        .then(|| labels::period(ask.release.manifest().poverty_line_period).to_string())
}

/// The map as a file that stands alone, with legend and provenance inside.
pub(super) fn standalone(ask: &Ask, view: &View) -> Result<String, Fault> {
    let no_map = || Fault::NoMap {
        region: Candidate { code: view.scope, name: ask.catalog().name(view.scope) },
    };
    let held = layer(ask, view.scope, view.level)?.ok_or_else(no_map)?;
    let layer = held.as_ref().as_ref().ok_or_else(no_map)?;
    let programmes = &ask.release.manifest().programmes;
    let classes = Classes::for_indicator(view.id, programmes);
    let label = labels::indicator(view.id, programmes);
    let spec = spec(ask, view, layer, &classes);
    Ok(maps::standalone_svg(&spec, &label.name, &labels::provenance(ask.release.manifest())))
}

fn spec<'a>(ask: &Ask, view: &View, layer: &'a Layer, classes: &'a Classes) -> MapSpec<'a> {
    let label = labels::indicator(view.id, &ask.release.manifest().programmes);
    let scope = ask.catalog().name(view.scope);
    let title = format!("{}, {} menurut {}", label.name, scope, labels::level(view.level));
    todo!()
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
                href: region_href(region.code),
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
    format!(
        "{path}?indikator={indicator}&tingkat={}&wilayah={}",
        view.level.slug(),
        view.scope
    )
}

/// Value of `indikator=` for the published P0, which is no measure of the registries.
pub(super) const SURVEY: &str = "survei-p0";
