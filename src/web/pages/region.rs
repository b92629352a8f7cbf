//! One region: its figures beside its parent's and the survey's, the map and the table of what is
//! inside it (a desa stands among its siblings), programmes, and how sure the records are.

use askama::Template;

use super::{region_table, share_text, shown, usual};
use crate::disclosure::{Cell, Count, Counted, RegionStatus};
use crate::domain::{IndicatorId, Level, ProgrammeUnit, RegionCode};
use crate::labels;
use crate::regions::{Region, RegionKind};
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::atlas::{self, Figure, Measure, View};
use crate::web::compare::{Pairs, SurveyFigure};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, region_href};
use crate::web::past::{self, Past};
use crate::web::table::{Flag, Table, with};
use crate::web::timeline::Timeline;

/// One key figure with what it is held against.
struct Card {
    name: String,
    unit: &'static str,
    value: String,
    definition: String,
    parent: Option<Around>,
    survey: Option<SurveyFigure>,
    flag: Option<Flag>,
}

/// The region around, for comparison. The nation's registry figures are those of the provinces
/// that have data, which the template says.
struct Around {
    name: String,
    is_nation: bool,
    /// The figure is the region's share of the count around, not the rate around.
    is_share: bool,
    text: String,
}

/// One programme in this region.
struct ProgrammeRow {
    name: String,
    href: String,
    eligible_words: String,
    unit: ProgrammeUnit,
    eligible: String,
    covered: String,
    coverage: String,
    exclusion: String,
    recipients: String,
    inclusion: String,
    /// Nobody is eligible and nobody receives.
    idle: bool,
}

/// One part of the bar of families by programmes: all in percent of the bar's length.
struct BarPart {
    n: usize,
    x: f64,
    width: f64,
    families: String,
    share: String,
    hidden: bool,
}

/// How the families of the region were placed.
struct Placing {
    by_point: String,
    by_code: String,
    agreement: String,
    match_rate: String,
    /// Persons with PPKS status; not told of a single desa, where it could point to one of them.
    ppks: Option<String>,
}

#[derive(Template)]
#[template(path = "region.html")]
struct RegionPage {
    frame: Frame,
    name: String,
    code: RegionCode,
    kind: RegionKind,
    area: Option<String>,
    dukcapil: Option<String>,
    /// The region around, where it exists for who asks.
    up: Option<Link>,
    status: RegionStatus,
    minimum: String,
    families: String,
    /// What one family weighs, where there are so few that rates jump.
    one_family: Option<String>,
    cards: Vec<Card>,
    flag: Option<Flag>,
    pairs: Pairs,
    timeline: Option<Timeline>,
    past: Past,
    /// The level of map and table, and the region they are of.
    level: &'static str,
    level_slug: &'static str,
    scope: RegionCode,
    scope_name: String,
    is_desa: bool,
    /// Without registry data the map shows the survey, as far as it reaches.
    survey_map: bool,
    switch: Vec<Link>,
    /// Maps of the same measure at the levels below the one shown.
    deeper: Vec<Link>,
    figure: Option<Figure>,
    table: Table,
    programmes: Vec<ProgrammeRow>,
    bar: Vec<BarPart>,
    placing: Option<Placing>,
}

/// Measures that the map of a region can be switched between.
const SWITCH: [IndicatorId; 5] = [
    IndicatorId::ExtremeRate,
    IndicatorId::ExtremePersons,
    IndicatorId::Headcount,
    IndicatorId::ProgrammesPerFamily(0),
    IndicatorId::MatchRate,
];

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let region = match ask.region(ask.path("kode")) {
        Err(Fault::Former(former)) => return past::former_page(ask, former),
        other => other?,
    };
    if region.code == RegionCode::NATION {
        return super::home::show(ask);
    }
    let code = region.code;
    let parent = ask.parent(code);
    let id = ask.indicator(IndicatorId::ExtremeRate)?;
    let view = view(ask, code, id);
    let (scope, level) = (view.scope, view.level);
    let catalog = ask.catalog();
    let rate = |code| ask.release.cell(code, IndicatorId::ExtremeRate).value();
    let status = ask.release.status(code);
    let published = status == RegionStatus::Published;
    let pairs = Pairs::of(ask, code);
    let page = RegionPage {
        frame: Frame::new(ask, Section::None, ask.crumbs(code)),
        name: region.name.clone(),
        code,
        kind: region.kind,
        area: region.area_km2.map(|area| labels::decimal(area, 1)),
        dukcapil: region.registered_population.map(labels::integer),
        up: parent.map(|parent| Link::new(region_href(parent), catalog.name(parent))),
        status,
        minimum: labels::integer(ask.release.manifest().min_families),
        families: shown(ask, code, IndicatorId::Families),
        one_family: one_family(ask, code),
        cards: cards(ask, region, parent, &pairs),
        flag: Flag::of(rate(code), province_or_nation(ask, code).and_then(rate)),
        pairs,
        timeline: Timeline::of(ask, code),
        past: Past::of(ask, region),
        level: labels::level(level),
        level_slug: level.slug(),
        scope,
        scope_name: catalog.name(scope),
        is_desa: scope != code,
        survey_map: view.indicator().is_none(),
        switch: switch(ask, code, id),
        deeper: deeper(ask, &view),
        figure: atlas::figure(ask, &view)?,
        table: table(ask, code, &view)?,
        programmes: if published { programmes(ask, code, level) } else { Vec::new() },
        bar: if published { bar(ask, code) } else { Vec::new() },
        placing: published.then(|| placing(ask, code)),
    };
    Ok(Answer::page(&page)?)
}

fn view(ask: &Ask, code: RegionCode, id: IndicatorId) -> View {
    // A desa has nothing inside: it is shown among its siblings, as far as they exist for who asks.
    let around = ask.parent(code).unwrap_or(code);
    let (scope, level) = code.level().child().map_or((around, Level::Desa), |child| (code, child));
    let empty = ask.release.status(code) == RegionStatus::NoData;
    let survey = empty && level == Level::Kabupaten;
    View {
        scope,
        level,
        measure: if survey { Measure::Survey } else { Measure::Indicator(id) },
        highlighted: (scope != code).then_some(code),
    }
}

/// What the flag "above the rate around" compares with: the province; for a province the nation.
/// Nothing where that does not exist for who asks.
fn province_or_nation(ask: &Ask, code: RegionCode) -> Option<RegionCode> {
    let around = if code.level() == Level::Provinsi {
        RegionCode::NATION
    } else {
        code.ancestor(Level::Provinsi)
    };
    Some(around).filter(|around| ask.sees(*around))
}

fn cards(ask: &Ask, region: &Region, parent: Option<RegionCode>, pairs: &Pairs) -> Vec<Card> {
    let rate = |code| ask.release.cell(code, IndicatorId::ExtremeRate).value();
    [
        IndicatorId::ExtremeRate,
        IndicatorId::ExtremePersons,
        IndicatorId::Headcount,
        IndicatorId::Gap,
        IndicatorId::Population,
        IndicatorId::ProgrammesPerFamily(0),
    ]
    .into_iter()
    .map(|id| {
        let label = labels::indicator(id, &ask.release.manifest().programmes);
        Card {
            name: label.name,
            unit: label.unit,
            value: shown(ask, region.code, id),
            definition: label.definition,
            survey: pairs.survey(id),
            parent: parent.and_then(|parent| parent_words(ask, region.code, parent, id)),
            flag: (id == IndicatorId::ExtremeRate)
                .then(|| Flag::of(rate(region.code), parent.and_then(rate)))
                .flatten(),
        }
    })
    .collect()
}

/// A rate is held against the parent's rate, a count is a share of the parent's count.
fn parent_words(
    ask: &Ask,
    code: RegionCode,
    parent: RegionCode,
    id: IndicatorId,
) -> Option<Around> {
    let around = ask.release.cell(parent, id);
    let is_share = id.is_count();
    let text = if is_share {
        let (own, whole) = (ask.release.cell(code, id).value()?, around.value()?);
        (whole > 0.0).then(|| labels::percent(own / whole, 1))?
    } else {
        labels::value(id, around)
    };
    let is_nation = parent == RegionCode::NATION;
    Some(Around { name: ask.catalog().name(parent), is_nation, is_share, text })
}

fn switch(ask: &Ask, code: RegionCode, chosen: IndicatorId) -> Vec<Link> {
    let programmes = &ask.release.manifest().programmes;
    let mut ids = SWITCH.to_vec();
    if !ids.contains(&chosen) {
        ids.push(chosen);
    }
    ids.into_iter()
        .map(|id| {
            let href = with(&region_href(code), "indikator", &id.slug(programmes));
            Link::new(href + "#peta", labels::indicator(id, programmes).name).here(id == chosen)
        })
        .collect()
}

/// The way from a province to the map of its desa. Without registry data these maps would be empty.
fn deeper(ask: &Ask, view: &View) -> Vec<Link> {
    if view.indicator().is_none() || ask.release.status(view.scope) == RegionStatus::NoData {
        return Vec::new();
    }
    let below = Level::ALL.into_iter().filter(|level| *level > view.level);
    below
        .map(|level| {
            let href = atlas::address("/peta", ask, &View { level, ..*view });
            Link::new(href, labels::level(level))
        })
        .collect()
}

fn table(ask: &Ask, code: RegionCode, view: &View) -> Result<Table, Fault> {
    let ids = usual(ask, view.scope, view.indicator());
    let mut table = region_table(ask, (view.scope, view.level), &ids, true);
    for row in &mut table.rows {
        row.here = row.code == code;
    }
    let mut base = region_href(code);
    if let Some(typed) = ask.query("indikator") {
        base = with(&base, "indikator", typed);
    }
    table.sort(ask, &base)
}

fn programmes(ask: &Ask, code: RegionCode, level: Level) -> Vec<ProgrammeRow> {
    let set = &ask.release.manifest().programmes;
    set.enabled()
        .filter_map(|(index, programme)| {
            let of = |figure| ask.release.count(code, figure);
            let (eligible, covered) = (of(Counted::Eligible(index)), of(Counted::Covered(index)));
            let recipients = of(Counted::Recipients(index));
            let coverage = ask.release.share(covered, eligible);
            let exclusion = coverage.value().map_or(coverage, |rate| Cell::Value(1.0 - rate));
            let inclusion = ask.release.share(of(Counted::Leaked(index)), recipients);
            let scope = if code.level() == Level::Desa { ask.parent(code)? } else { code };
            let nobody = eligible == Count::Value(0) && recipients == Count::Value(0);
            // A rounded zero is not nobody: only the rule says that a programme does not run here.
            let idle = match ask.release.rounded_to() {
                Some(_) => nobody && !programme.rule.reaches(code),
                None => nobody,
            };
            Some(ProgrammeRow {
                name: programme.name.clone(),
                href: format!(
                    "/cakupan?program={}&tingkat={}&wilayah={scope}",
                    programme.id,
                    level.slug()
                ),
                eligible_words: programme.eligible_words.clone(),
                unit: programme.unit,
                eligible: labels::count(eligible),
                covered: labels::count(covered),
                coverage: share_text(coverage),
                exclusion: share_text(exclusion),
                recipients: labels::count(recipients),
                inclusion: share_text(inclusion),
                idle,
            })
        })
        .collect()
}

/// A part whose number is withheld takes the place that the others leave.
fn bar(ask: &Ask, code: RegionCode) -> Vec<BarPart> {
    let mut x = 0.0;
    let families = ask.release.count(code, Counted::Families);
    let counts = [0, 1, 2, 3].map(|n| ask.release.count(code, Counted::WithProgrammes(n)));
    // Rounded parts can be more than their rounded whole: they share the bar then.
    let known: u64 = counts.into_iter().filter_map(Count::value).sum();
    let length = known.max(families.value().unwrap_or(0)).max(1);
    counts
        .into_iter()
        .enumerate()
        .map(|(n, count)| {
            let share = ask.release.share(count, families);
            #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
            let width = count.value().unwrap_or(0) as f64 / length as f64 * 100.0;
            let part = BarPart {
                n,
                x: (x * 100.0_f64).round() / 100.0,
                width: (width * 100.0).round() / 100.0,
                families: labels::count(count),
                share: share_text(share),
                hidden: count == Count::Withheld,
            };
            x += width;
            part
        })
        .collect()
}

fn placing(ask: &Ask, code: RegionCode) -> Placing {
    let of = |figure| ask.release.count(code, figure);
    let share = |figure| share_text(ask.release.share(of(figure), of(Counted::Families)));
    Placing {
        by_point: share(Counted::ByPoint),
        by_code: share(Counted::ByCode),
        agreement: shown(ask, code, IndicatorId::LocationAgreement),
        match_rate: shown(ask, code, IndicatorId::MatchRate),
        ppks: (code.level() < Level::Desa).then(|| labels::persons(of(Counted::Ppks))),
    }
}

/// Regions with fewer families than this get the remark that their rates jump.
const FEW_FAMILIES: u64 = 100;

fn one_family(ask: &Ask, code: RegionCode) -> Option<String> {
    if ask.release.rounded_to().is_some() {
        // Rounding moves the rates of so few by more than a family does.
        return None;
    }
    let families = ask.release.count(code, Counted::Families).value()?;
    #[expect(clippy::cast_precision_loss, reason = "fewer than a hundred")]
    let share = 1.0 / families as f64;
    (1..FEW_FAMILIES).contains(&families).then(|| labels::percent(share, 1))
}
