//! Points against codes: the part of the page on data quality that shows where the coordinates of
//! families lie in other desa than those they state.

use super::{Choice, default_level, level_choices, scope_choices};
use crate::disclosure::{Agreement, Cell, Count};
use crate::domain::{Level, RegionCode};
use crate::labels;
use crate::web::ask::Ask;
use crate::web::atlas::{self, Figure, Measure, View};
use crate::web::fault::Fault;
use crate::web::frame::{Link, region_href};
use crate::web::table::{Column, Row, Table, TableCell};

/// Points against codes in a region.
pub(super) struct Conflicts {
    pub(super) scope: Link,
    pub(super) level: &'static str,
    /// The rule of the build, and the other one.
    pub(super) rule: &'static str,
    pub(super) other: &'static str,
    pub(super) tolerance: String,
    /// Families of the whole snapshot that the other rule would place elsewhere, and their share.
    pub(super) moving: (String, String),
    pub(super) special: Vec<(&'static str, String)>,
    /// Families by the level down to which both agree: words, count, share; `None` where withheld.
    pub(super) agreement: Option<Vec<(&'static str, String, String)>>,
    pub(super) figure: Option<Figure>,
    pub(super) table: Table,
    pub(super) levels: Vec<Choice>,
    pub(super) scopes: Vec<Choice>,
}

/// Words of the levels, in the order of [`ConflictCounts::values`].
const LEVELS: [&str; 5] = [
    "Desa yang sama",
    "Desa lain, kecamatan yang sama",
    "Kecamatan lain, kabupaten/kota yang sama",
    "Kabupaten/kota lain, provinsi yang sama",
    "Provinsi lain",
];

impl Conflicts {
    /// `None` for a snapshot of a version that did not count them.
    pub(super) fn of(ask: &Ask) -> Result<Option<Self>, Fault> {
        let Some(points) = ask.release.manifest().location.points else { return Ok(None) };
        if !ask.release.has_conflicts() {
            return Ok(None);
        }
        let view = view(ask)?;
        let name = ask.catalog().name(view.scope);
        Ok(Some(Self {
            scope: Link::new(region_href(view.scope), name),
            level: labels::level(view.level),
            rule: labels::trust(points.trust),
            other: labels::other_rule(points.trust),
            tolerance: labels::integer(u64::from(points.tolerance_m)),
            moving: moving(ask),
            special: special(ask),
            agreement: ask.release.agreement(view.scope).map(agreement),
            figure: atlas::figure(ask, &view)?,
            table: table(ask, &view).sort(ask, &atlas::address("/mutu-data", ask, &view))?,
            levels: level_choices(ask, view.scope, view.level),
            scopes: scope_choices(ask, view.scope),
        }))
    }
}

fn special(ask: &Ask) -> Vec<(&'static str, String)> {
    let words =
        ["Di luar semua desa, diberi desa terdekat", "Koordinat (0; 0)", "Di luar Indonesia"];
    let shown = ask.release.placing().special.map(labels::count);
    words.into_iter().zip(shown).collect()
}

/// What is asked for.
pub(super) fn view(ask: &Ask) -> Result<View, Fault> {
    let scope: RegionCode = ask.scope()?.code;
    let level: Level = ask.level(scope, default_level(ask, scope)?)?;
    Ok(View { scope, level, measure: Measure::Conflict, highlighted: None })
}

fn agreement(shown: Agreement) -> Vec<(&'static str, String, String)> {
    let rows = match shown {
        Agreement::Levels(counts) => LEVELS.into_iter().zip(counts.values()).collect(),
        Agreement::Desa { same, other } => vec![(LEVELS[0], same), ("Desa lain", other)],
        Agreement::Both(both) => vec![("Desa mana pun (rinciannya dirahasiakan)", both)],
    };
    let both = rows.iter().map(|(_, n)| n).sum();
    rows.into_iter().map(|(words, n)| (words, labels::integer(n), share(n, both))).collect()
}

fn share(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let share = |whole: u64| labels::percent(part as f64 / whole as f64, 2);
    if whole == 0 { labels::NO_DATA.to_owned() } else { share(whole) }
}

/// The regions of the view: families with both, and the share that differs.
fn table(ask: &Ask, view: &View) -> Table {
    let columns = vec![
        Column::headed("keduanya", "Keluarga dengan titik dan kode"),
        Column::headed("berbeda", "Titik di desa lain").about("%", &labels::conflict().definition),
    ];
    let rows = ask
        .catalog()
        .inside(view.scope, view.level)
        .filter(|region| ask.release.conflict_cell(region.code) != Cell::NoData)
        .map(|region| {
            let none = (Count::Value(0), Count::Value(0));
            let cells = shown(ask, ask.release.conflicts(region.code).unwrap_or(none));
            Row::new(region.code, region.name.clone(), cells)
        })
        .collect();
    Table::new(ask, labels::level_title(view.level), view.scope, columns, rows)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn shown(ask: &Ask, (both, differ): (Count, Count)) -> Vec<TableCell> {
    let rate = ask.release.share(differ, both);
    vec![
        TableCell::number(labels::count(both), both.value().map(|n| n as f64)),
        TableCell::number(share_text(rate), rate.value()),
    ]
}

fn share_text(rate: Cell) -> String {
    match rate {
        Cell::Value(rate) => labels::percent(rate, 2),
        Cell::NoData => labels::NO_DATA.to_owned(),
        Cell::Suppressed => labels::SUPPRESSED.to_owned(),
    }
}

/// Families of the whole snapshot that the other rule would place elsewhere, and their share.
fn moving(ask: &Ask) -> (String, String) {
    let none = (Count::Value(0), Count::Value(0));
    let (both, differ) = ask.release.conflicts(RegionCode::NATION).unwrap_or(none);
    (labels::count(differ), share_text(ask.release.share(differ, both)))
}
