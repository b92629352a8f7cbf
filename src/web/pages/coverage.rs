//! One programme: who is eligible, who is covered, who is left out, who receives without being
//! eligible; as map and table.

use askama::Template;

use super::{Choice, default_level, level_choices, scope_choices, share_text};
use crate::disclosure::{Cell, Count, Counted, RegionStatus};
use crate::domain::{IndicatorId, Level, Programme, ProgrammeUnit, RegionCode};
use crate::labels;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::atlas::{self, Figure, Measure, View};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, region_href};
use crate::web::table::{Column, Row, Table, TableCell};

#[derive(Template)]
#[template(path = "coverage.html")]
struct CoveragePage {
    frame: Frame,
    programme: Option<Programme>,
    unit: ProgrammeUnit,
    scope: Link,
    level: &'static str,
    totals: Vec<String>,
    programmes: Vec<Choice>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    figure: Option<Figure>,
    table: Table,
}

/// Keys of the table's columns; their heads are in the table's template.
const COLUMNS: [&str; 6] =
    ["berhak", "tercakup", "cakupan", "tidak-tercakup", "penerima", "salah-sasaran"];

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let scope = ask.scope()?;
    let level = ask.level(scope.code, default_level(ask, scope.code)?)?;
    let index = ask.programme()?.unwrap_or(0);
    let set = &ask.release.manifest().programmes;
    let programme = set.get(index).cloned();
    let id = programme.as_ref().map_or("", |p| p.id.as_str());
    let view = View {
        scope: scope.code,
        level,
        measure: Measure::Indicator(IndicatorId::Coverage(u8::try_from(index).unwrap_or(u8::MAX))),
        highlighted: None,
    };
    let base = format!("/cakupan?program={id}&tingkat={}&wilayah={}", level.slug(), scope.code);
    let page = CoveragePage {
        frame: Frame::new(ask, Section::Coverage, ask.crumbs(scope.code)),
        unit: programme.as_ref().map_or(ProgrammeUnit::Family, |p| p.unit),
        scope: Link::new(region_href(scope.code), scope.name.clone()),
        level: labels::level(level),
        totals: cells(ask, scope.code, index).into_iter().map(|cell| cell.text).collect(),
        programmes: set
            .enabled()
            .map(|(i, p)| Choice { value: p.id.clone(), text: p.name.clone(), chosen: i == index })
            .collect(),
        levels: level_choices(ask, scope.code, level),
        scopes: scope_choices(ask, scope.code),
        figure: atlas::figure(ask, &view)?,
        table: table(ask, (scope.code, level), index).sort(ask, &base)?,
        programme,
    };
    Ok(Answer::page(&page)?)
}

fn table(ask: &Ask, (scope, level): (RegionCode, Level), index: usize) -> Table {
    let columns = COLUMNS.iter().map(|key| Column::new(key)).collect();
    let rows = ask
        .release
        .regions(scope, level)
        .map(|code| Row::new(code, ask.catalog().name(code), cells(ask, code, index)))
        .collect();
    Table::new(ask, labels::level_title(level), scope, columns, rows)
}

/// The six figures of a programme in a region, in the order of [`COLUMNS`].
fn cells(ask: &Ask, code: RegionCode, index: usize) -> Vec<TableCell> {
    if ask.release.status(code) == RegionStatus::NoData {
        return vec![TableCell::figure(IndicatorId::Families, Cell::NoData); COLUMNS.len()];
    }
    let of = |figure| ask.release.count(code, figure);
    let (eligible, covered) = (of(Counted::Eligible(index)), of(Counted::Covered(index)));
    let recipients = of(Counted::Recipients(index));
    let coverage = ask.release.share(covered, eligible);
    let left_out = coverage.value().map_or(coverage, |rate| Cell::Value(1.0 - rate));
    vec![
        count(eligible),
        count(covered),
        rate(coverage),
        rate(left_out),
        count(recipients),
        rate(ask.release.share(of(Counted::Leaked(index)), recipients)),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53; only sorted by")]
fn count(count: Count) -> TableCell {
    TableCell::number(labels::count(count), count.value().map(|n| n as f64))
}

fn rate(cell: Cell) -> TableCell {
    TableCell::number(share_text(cell), cell.value())
}
