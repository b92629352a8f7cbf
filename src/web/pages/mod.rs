//! The pages, one file each: a struct, a handler, and a template of the same name in `templates/`.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod by_name;
mod conflict;
pub(super) mod coverage;
pub(super) mod download;
pub(super) mod health;
pub(super) mod home;
pub(super) mod map;
pub(super) mod matching;
pub(super) mod method;
pub(super) mod priority;
pub(super) mod quality;
pub(super) mod region;
pub(super) mod search;
pub(super) mod sign_in;
pub(super) mod users;

use std::fmt::Write as _;

use super::ask::Ask;
use super::compare;
use super::fault::Fault;
use super::table::{Column, Flag, Row, Table, TableCell};
use crate::disclosure::{Cell, RegionStatus};
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::labels;

/// Measures that every table of regions shows.
const SHOWN: [IndicatorId; 7] = [
    IndicatorId::ExtremeRate,
    IndicatorId::ExtremePersons,
    IndicatorId::Headcount,
    IndicatorId::Gap,
    IndicatorId::ProgrammesPerFamily(0),
    IndicatorId::Population,
    IndicatorId::Families,
];

/// Column of the published P0, where the survey reaches.
const SURVEY_COLUMN: &str = "survei-p0";

/// The measures of a table: the usual ones, before them `extra` where it is none of them. Where the
/// registries hold nothing, columns of nothing would only hide the survey's figures.
fn usual(ask: &Ask, scope: RegionCode, extra: Option<IndicatorId>) -> Vec<IndicatorId> {
    if ask.release.status(scope) == RegionStatus::NoData {
        return Vec::new();
    }
    extra.into_iter().filter(|id| !SHOWN.contains(id)).chain(SHOWN).collect()
}

/// The table of the regions of `level` inside `scope`; those without data only where it is to be
/// `complete`.
fn region_table(
    ask: &Ask,
    (scope, level): (RegionCode, Level),
    ids: &[IndicatorId],
    complete: bool,
) -> Table {
    // The published P0 stands beside the registries' P0.
    let beside = ids.iter().position(|id| *id == IndicatorId::Headcount).map_or(0, |at| at + 1);
    let survey = matches!(level, Level::Provinsi | Level::Kabupaten);
    let mut columns: Vec<Column> =
        ids.iter().map(|id| Column::indicator(*id, &ask.release)).collect();
    if survey {
        let period = labels::period(ask.release.manifest().poverty_line_period);
        columns.insert(beside, Column::new(SURVEY_COLUMN).about(&format!("% · {period}"), ""));
    }
    let around = ask.release.cell(scope, IndicatorId::ExtremeRate).value();
    let rows = ask
        .catalog()
        .inside(scope, level)
        .filter(|region| complete || ask.release.regions(region.code, level).next().is_some())
        .map(|region| {
            let mut cells: Vec<TableCell> =
                ids.iter().map(|id| cell(ask, region.code, *id, around)).collect();
            if survey {
                let published = compare::survey_cell(ask, region.code);
                cells.insert(beside, TableCell::figure(IndicatorId::Headcount, published));
            }
            Row::new(region.code, region.name.clone(), cells)
        })
        .collect();
    Table::new(ask, labels::level_title(level), scope, columns, rows)
}

fn cell(ask: &Ask, code: RegionCode, id: IndicatorId, around: Option<f64>) -> TableCell {
    let figure = ask.release.cell(code, id);
    let shown = TableCell::figure(id, figure);
    if id == IndicatorId::ExtremeRate {
        shown.flagged(Flag::of(figure.value(), around))
    } else {
        shown
    }
}

/// One choice of a form.
#[derive(Clone, Debug)]
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

/// The levels that can be shown inside `scope`.
fn level_choices(ask: &Ask, scope: RegionCode, chosen: Level) -> Vec<Choice> {
    ask.levels_below(scope)
        .into_iter()
        .map(|level| Choice {
            value: level.slug().to_owned(),
            text: labels::level_title(level).to_owned(),
            chosen: level == chosen,
        })
        .collect()
}

/// Every measure, by its name.
fn indicator_choices(ask: &Ask, chosen: Option<IndicatorId>) -> Vec<Choice> {
    let programmes = &ask.release.manifest().programmes;
    IndicatorId::all(programmes)
        .into_iter()
        .map(|id| Choice {
            value: id.slug(programmes),
            text: labels::indicator(id, programmes).name,
            chosen: Some(id) == chosen,
        })
        .collect()
}

/// The nation, and below it the provinces with data and their kabupaten: what a form offers; any
/// other code can be reached from a region's page.
fn scope_choices(ask: &Ask, chosen: RegionCode) -> Vec<Choice> {
    let catalog = ask.catalog();
    let mut codes = vec![ask.home()];
    for province in &ask.release.manifest().provinces {
        codes.push(*province);
        codes.extend(catalog.inside(*province, Level::Kabupaten).map(|region| region.code));
    }
    if ask.home().level() >= Level::Kabupaten {
        codes.extend(catalog.inside(ask.home(), Level::Kecamatan).map(|region| region.code));
    }
    codes.retain(|code| ask.sees(*code));
    codes.sort_unstable();
    codes.dedup();
    if !codes.contains(&chosen) {
        codes.push(chosen);
    }
    codes
        .into_iter()
        .map(|code| Choice {
            value: code.to_string(),
            text: match code.level() {
                Level::Nation => catalog.name(code),
                _ => format!("{code} {}", catalog.name(code)),
            },
            chosen: code == chosen,
        })
        .collect()
}

/// The level a page shows where none was asked for: one step down, and for the nation the
/// kabupaten, which programmes are steered by.
fn default_level(ask: &Ask, scope: RegionCode) -> Result<Level, Fault> {
    match scope.level() {
        Level::Nation => Ok(Level::Kabupaten),
        Level::Desa if scope == ask.home() => Ok(Level::Desa),
        other => other.child().ok_or_else(|| {
            super::ask::bad("wilayah", &scope.to_string(), &["ID", "36", "36.02", "36.02.01"])
        }),
    }
}

/// A published figure, or a dash's reason in words.
fn shown(ask: &Ask, code: RegionCode, id: IndicatorId) -> String {
    labels::value(id, ask.release.cell(code, id))
}

/// The text as a value of an address.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A share that is not a measure of its own.
fn share_text(cell: Cell) -> String {
    labels::value(IndicatorId::Coverage(0), cell)
}
