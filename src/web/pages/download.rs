//! Files of any region, level and set of measures, each carrying its provenance.

use askama::Template;

use super::{Choice, default_level, level_choices, scope_choices};
use crate::disclosure::Release;
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::exports::{self, Table};
use crate::labels;
use crate::regions::RegionCatalog;
use crate::web::answer::Answer;
use crate::web::ask::{Ask, bad, slugs};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, region_href};

#[derive(Template)]
#[template(path = "download.html")]
struct DownloadPage {
    frame: Frame,
    scope: Link,
    level: &'static str,
    regions: String,
    n_indicators: usize,
    indicators: Vec<Choice>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    files: Vec<(&'static str, String)>,
}

/// Kinds of files and how browsers know them.
const KINDS: [Kind; 3] = [
    ("csv", "text/csv; charset=utf-8"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("geojson", "application/geo+json"),
];

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let scope = ask.scope()?;
    let level = ask.level(scope.code, default_level(ask, scope.code)?)?;
    let ids = ask.indicators()?;
    let set = &ask.release.manifest().programmes;
    let all = IndicatorId::all(set);
    let page = DownloadPage {
        frame: Frame::new(ask, Section::Download, ask.crumbs(scope.code)),
        scope: Link::new(region_href(scope.code), scope.name.clone()),
        level: labels::level(level),
        regions: labels::integer(ask.release.regions(scope.code, level).count() as u64),
        n_indicators: ids.len(),
        indicators: all
            .iter()
            .map(|id| Choice {
                value: id.slug(set),
                text: labels::indicator(*id, set).name,
                chosen: ids.contains(id),
            })
            .collect(),
        levels: level_choices(ask, scope.code, level),
        scopes: scope_choices(ask, scope.code),
        files: KINDS
            .iter()
            .map(|(kind, _)| (*kind, file_href(ask, scope.code, level, kind, &ids, all.len())))
            .collect(),
    };
    Ok(Answer::page(&page)?)
}

fn file_href(
    ask: &Ask,
    scope: RegionCode,
    level: Level,
    kind: &str,
    ids: &[IndicatorId],
    all: usize,
) -> String {
    let base = format!("/unduh/{scope}/{}.{kind}", level.slug());
    if ids.len() == all {
        return base;
    }
    let set = &ask.release.manifest().programmes;
    let slugs: Vec<String> = ids.iter().map(|id| id.slug(set)).collect();
    format!("{base}?indikator={}", slugs.join(","))
}

/// `/unduh/{kode}/{tingkat}.{jenis}`
pub(in crate::web) fn file(ask: &Ask) -> Result<Answer, Fault> {
    let scope = ask.region(ask.path("kode"))?.code;
    let level = file_level(ask, scope)?;
    let (kind, content_type) = file_kind(ask, &KINDS)?;
    let ids = ask.indicators()?;
    let table = Table::regions(&ask.release, ask.catalog(), scope, level, &ids);
    let bytes = match kind {
        "csv" => exports::csv(&table).map_err(Fault::inside)?,
        "xlsx" => exports::xlsx(&table).map_err(Fault::inside)?,
        _ => exports::geojson(&table, ask.layers.shapes(), scope, level).map_err(Fault::inside)?,
    };
    let name = filename(ask, "", (scope, level), kind);
    Ok(Answer::new(content_type, bytes).save_as(name))
}

/// `/unduh/pemadanan/{kode}/{tingkat}.{jenis}`: outcomes of linkage, one row a region and registry.
pub(in crate::web) fn matching_file(ask: &Ask) -> Result<Answer, Fault> {
    linkage_file(ask, "pemadanan_", Table::matching)
}

/// `/unduh/irisan/{kode}/{tingkat}.{jenis}`: persons in common, one row a region and pair.
pub(in crate::web) fn overlap_file(ask: &Ask) -> Result<Answer, Fault> {
    linkage_file(ask, "irisan_", Table::overlaps)
}

fn linkage_file(
    ask: &Ask,
    what: &str,
    table: fn(&Release, &RegionCatalog, RegionCode, Level) -> Table,
) -> Result<Answer, Fault> {
    let scope = ask.region(ask.path("kode"))?.code;
    let level = file_level(ask, scope)?;
    // Several rows a region: no map layer.
    let (kind, content_type) = file_kind(ask, &KINDS[..2])?;
    let table = table(&ask.release, ask.catalog(), scope, level);
    let bytes = match kind {
        "csv" => exports::csv(&table),
        _ => exports::xlsx(&table),
    };
    let name = filename(ask, what, (scope, level), kind);
    Ok(Answer::new(content_type, bytes.map_err(Fault::inside)?).save_as(name))
}

type Kind = (&'static str, &'static str);

fn file_kind(ask: &Ask, kinds: &[Kind]) -> Result<Kind, Fault> {
    let typed = ask.path("jenis");
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
    let found = kinds.iter().copied().find(|(kind, _)| *kind == typed);
    found.ok_or_else(|| bad("jenis", typed, &names))
}

fn filename(ask: &Ask, what: &str, (scope, level): (RegionCode, Level), kind: &str) -> String {
    let manifest = ask.release.manifest();
    format!("tepat_{what}{scope}_{}_{}_{}.{kind}", level.slug(), manifest.period, manifest.id)
}

/// The level of a file may be the region's own: one row.
fn file_level(ask: &Ask, scope: RegionCode) -> Result<Level, Fault> {
    let typed = ask.path("tingkat");
    let mut allowed = vec![scope.level()];
    allowed.extend(ask.levels_below(scope));
    Level::from_slug(typed)
        .filter(|level| allowed.contains(level))
        .ok_or_else(|| bad("tingkat", typed, &slugs(&allowed)))
}
