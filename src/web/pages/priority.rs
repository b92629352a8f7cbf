//! The first priority order: by rate, by number and by both, each place explained in words.

use askama::Template;

use super::{Choice, level_choices, scope_choices, shown};
use crate::disclosure::Counted;
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::labels;
use crate::snapshot::PriorityRow;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::atlas::{self, Figure, Measure, View};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, Stamp, region_href};
use crate::web::table::{ROWS_PER_PAGE, with};

/// Which of the two ranks carries a region's place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Both ranks are in the upper quarter.
    Both,
    Rate,
    Number,
    Neither,
}

struct Place {
    code: RegionCode,
    name: String,
    /// The regions above it, without the scope: names are no keys.
    within: String,
    href: String,
    rank: u32,
    rank_rate: u32,
    rank_number: u32,
    rate: String,
    number: String,
    cumulative: String,
    reason: Reason,
    /// The cumulative share passes a share that official selections aimed at.
    passes: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "priority.html")]
struct PriorityPage {
    frame: Frame,
    stamp: Stamp,
    scope: Link,
    /// Places are counted among regions outside of the scope too.
    beyond: bool,
    /// The region that who asks is bound to: places are counted in it.
    own: Option<String>,
    level: &'static str,
    level_title: &'static str,
    ranked: String,
    suppressed: usize,
    places: Vec<Place>,
    figure: Option<Figure>,
    order: &'static str,
    heads: Vec<Link>,
    pages: Vec<Link>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
}

impl PriorityPage {
    fn is_by(&self, order: &str) -> bool {
        self.order == order
    }
}

/// Orders of the list and their query values.
const ORDERS: [&str; 3] = ["gabungan", "tingkat", "jumlah"];

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let scope = ask.scope()?;
    let level = ask.level(scope.code, super::default_level(ask, scope.code)?)?;
    let order = ask.order(&ORDERS.map(str::to_owned))?;
    let order = ORDERS
        .into_iter()
        .find(|name| order.as_ref().is_some_and(|o| o.column == *name))
        .unwrap_or("gabungan");
    let (places, ranked) = places(ask, scope.code, level);
    let places = sorted(places, order);
    let base = format!("/prioritas?tingkat={}&wilayah={}", level.slug(), scope.code);
    let current = with(&base, "urut", order);
    let n_pages = places.len().div_ceil(ROWS_PER_PAGE).max(1);
    let number = ask.page_number(n_pages)?;
    let page = PriorityPage {
        frame: Frame::new(ask, Section::Priority, ask.crumbs(scope.code)),
        stamp: Stamp::of(&ask.release, scope.code),
        scope: Link::new(region_href(scope.code), scope.name.clone()),
        beyond: scope.code != ask.home(),
        own: (!ask.viewer.scope.is_nation()).then(|| ask.catalog().name(ask.home())),
        level: labels::level(level),
        level_title: labels::level_title(level),
        ranked: labels::integer(ranked as u64),
        suppressed: ask.release.regions(scope.code, level).count() - places.len(),
        places: places.into_iter().skip((number - 1) * ROWS_PER_PAGE).take(ROWS_PER_PAGE).collect(),
        figure: atlas::figure(ask, &view(scope.code, level, order))?,
        order,
        heads: ORDERS.iter().map(|o| Link::new(with(&base, "urut", o), *o)).collect(),
        pages: (1..=n_pages)
            .map(|n| {
                let href = with(&current, "halaman", &n.to_string());
                Link::new(href, n.to_string()).here(n == number)
            })
            .collect(),
        levels: level_choices(ask, scope.code, level),
        scopes: scope_choices(ask, scope.code),
    };
    Ok(Answer::page(&page)?)
}

/// The map beside the list: what the list is ordered by.
fn view(scope: RegionCode, level: Level, order: &str) -> View {
    let id = match order {
        "jumlah" => IndicatorId::ExtremePersons,
        _ => IndicatorId::ExtremeRate,
    };
    View { scope, level, measure: Measure::Indicator(id), highlighted: None }
}

/// The places inside `scope`, and how many regions of the level are ranked in all.
fn places(ask: &Ask, scope: RegionCode, level: Level) -> (Vec<Place>, usize) {
    let order = ranked(ask, level);
    let mut before = 0.0;
    let places = order
        .iter()
        .filter(|row| scope.contains(row.code))
        .map(|row| {
            let place = place(ask, scope, row, order.len(), before);
            before = row.cumulative_share;
            place
        })
        .collect();
    (places, order.len())
}

/// The order among the regions that exist for who asks. Ranks and shares that counted others would
/// speak of them: a share of the nation tells the nation's number.
fn ranked(ask: &Ask, level: Level) -> Vec<PriorityRow> {
    let mut rows: Vec<PriorityRow> = ask.release.priority(ask.home(), level).cloned().collect();
    if ask.viewer.scope.is_nation() {
        return rows;
    }
    let sorted = |rank: fn(&PriorityRow) -> u32| {
        let mut ranks: Vec<u32> = rows.iter().map(rank).collect();
        ranks.sort_unstable();
        ranks
    };
    let (rates, numbers) = (sorted(|row| row.rank_rate), sorted(|row| row.rank_number));
    let among = |ranks: &[u32], rank: u32| {
        u32::try_from(ranks.partition_point(|other| *other < rank) + 1).unwrap_or(u32::MAX)
    };
    for row in &mut rows {
        row.rank_rate = among(&rates, row.rank_rate);
        row.rank_number = among(&numbers, row.rank_number);
    }
    rows.sort_by_key(|row| (row.rank_rate + row.rank_number, row.rank_number, row.code));
    let persons = |code| ask.release.count(code, Counted::ExtremePersons).value().unwrap_or(0);
    let total: u64 = rows.iter().map(|row| persons(row.code)).sum();
    let mut so_far = 0;
    for (place, row) in rows.iter_mut().enumerate() {
        so_far += persons(row.code);
        row.rank = u32::try_from(place + 1).unwrap_or(u32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let share = so_far as f64 / total.max(1) as f64;
        row.cumulative_share = share;
    }
    rows
}

fn place(ask: &Ask, scope: RegionCode, row: &PriorityRow, ranked: usize, before: f64) -> Place {
    let quarter = u32::try_from(ranked.div_ceil(4)).unwrap_or(u32::MAX);
    // Where many regions have none, they share a rank that lies in the first quarter: having none is
    // no reason to go there.
    let persons = ask.release.count(row.code, Counted::ExtremePersons);
    let any = persons.value().is_some_and(|n| n > 0);
    let reason = match (any && row.rank_rate <= quarter, any && row.rank_number <= quarter) {
        (true, true) => Reason::Both,
        (true, false) => Reason::Rate,
        (false, true) => Reason::Number,
        (false, false) => Reason::Neither,
    };
    let passed = |share: f64| before < share && row.cumulative_share >= share;
    Place {
        code: row.code,
        name: ask.catalog().name(row.code),
        within: within(ask, scope, row.code),
        href: region_href(row.code),
        rank: row.rank,
        rank_rate: row.rank_rate,
        rank_number: row.rank_number,
        rate: shown(ask, row.code, IndicatorId::ExtremeRate),
        number: shown(ask, row.code, IndicatorId::ExtremePersons),
        cumulative: labels::percent(row.cumulative_share, 1),
        reason,
        passes: match (scope == RegionCode::NATION, passed(0.75), passed(0.2)) {
            (true, true, _) => Some("75"),
            (true, _, true) => Some("20"),
            _ => None,
        },
    }
}

fn within(ask: &Ask, scope: RegionCode, code: RegionCode) -> String {
    let mut names = Vec::new();
    let mut step = code;
    while let Some(parent) = step.parent().filter(|parent| *parent != scope) {
        if parent == RegionCode::NATION {
            break;
        }
        names.push(ask.catalog().name(parent));
        step = parent;
    }
    names.join(", ")
}

fn sorted(mut places: Vec<Place>, order: &str) -> Vec<Place> {
    match order {
        "tingkat" => places.sort_by_key(|place| (place.rank_rate, place.rank)),
        "jumlah" => places.sort_by_key(|place| (place.rank_number, place.rank)),
        _ => places.sort_by_key(|place| place.rank),
    }
    places
}
