//! What happened to the rows: used, set aside and why, linked, placed. All of it from the manifest.

use askama::Template;

use super::conflict::{self, Conflicts};
use crate::disclosure::{Count, Counted, Lost};
use crate::domain::{RegionCode, Registry};
use crate::labels;
use crate::snapshot::{IssueCount, SourceReport};
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::atlas;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Section};

struct Issue {
    words: String,
    column: String,
    rows: String,
    share: String,
    examples: String,
}

struct Source {
    registry: String,
    file: String,
    title: String,
    owner: String,
    basis: String,
    sha256: String,
    megabytes: String,
    read: String,
    used: String,
    aside: String,
    aside_share: String,
    set_aside: Vec<Issue>,
    issues: Vec<Issue>,
}

struct Linkage {
    registry: String,
    base: bool,
    rows: String,
    linked: String,
    linked_share: String,
    remark: String,
    unlinked: String,
}

/// How much of one level is withheld.
struct Withheld {
    level: &'static str,
    groups: String,
    primary: String,
    secondary: String,
    /// Of the groups.
    share: String,
    /// Of the families, persons and rows that they count.
    counted: String,
}

#[derive(Template)]
#[template(path = "quality.html")]
struct QualityPage {
    frame: Frame,
    /// The deliveries hold all regions: only for who sees them all.
    national: bool,
    sources: Vec<Source>,
    linkage: Vec<Linkage>,
    /// A model links what equal NIK do not.
    scored: bool,
    /// Count and share of the families, in the order of the template's lines.
    location: Vec<(String, String)>,
    unplaced_persons: String,
    conflicts: Option<Conflicts>,
    /// By level, and over all of them.
    withheld: Vec<Withheld>,
    without_region: Vec<(String, String, String)>,
    built_at: String,
    tables: Vec<(String, String, String)>,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let manifest = ask.release.manifest();
    let page = QualityPage {
        frame: Frame::new(ask, Section::Quality, ask.top()),
        national: ask.sees(RegionCode::NATION),
        sources: manifest.sources.iter().map(|report| source(ask, report)).collect(),
        linkage: manifest
            .linkage
            .registries
            .iter()
            .enumerate()
            .map(|(i, (registry, _))| linkage(ask, *registry, i == 0))
            .collect(),
        scored: manifest.linkage.model.is_some(),
        location: location(ask),
        unplaced_persons: labels::count(ask.release.placing().unplaced_persons),
        conflicts: Conflicts::of(ask)?,
        withheld: Withheld::all(ask),
        without_region: manifest
            .rows_without_region
            .iter()
            .map(|r| {
                let name = labels::registry(r.registry).to_owned();
                let linked = ask.release.totals(r.registry).linked_nowhere;
                let rows = labels::count(ask.release.rows_nowhere(r.registry));
                (name, rows, labels::count(linked))
            })
            .collect(),
        built_at: labels::timestamp(&manifest.built_at),
        tables: manifest
            .tables
            .iter()
            .map(|t| (t.file.clone(), labels::integer(t.rows), t.sha256.clone()))
            .collect(),
    };
    Ok(Answer::page(&page)?)
}

/// The map of conflicts as a file that stands alone.
pub(in crate::web) fn svg(ask: &Ask) -> Result<Answer, Fault> {
    let view = conflict::view(ask)?;
    let manifest = ask.release.manifest();
    let name = format!(
        "tepat_peta_konflik_{}_{}_{}_{}.svg",
        view.scope,
        view.level.slug(),
        manifest.period,
        manifest.id
    );
    Ok(Answer::new("image/svg+xml", atlas::standalone(ask, &view)?).save_as(name))
}

fn source(ask: &Ask, report: &SourceReport) -> Source {
    let shown = ask.release.file(report);
    let read = shown.read;
    #[expect(clippy::cast_precision_loss, reason = "a file size, shown with one decimal")]
    let megabytes = report.bytes as f64 / 1e6;
    let issues = |list: &[IssueCount], shown: &[Count]| {
        let each = list.iter().zip(shown);
        each.map(|(issue, rows)| issue_words(issue, *rows, read)).collect()
    };
    Source {
        registry: labels::registry(report.registry).to_owned(),
        file: report.file.clone(),
        title: report.title.clone(),
        owner: report.owner.clone(),
        basis: report.basis.clone(),
        sha256: report.sha256.clone(),
        megabytes: labels::decimal(megabytes, 1),
        read: labels::count(read),
        used: labels::count(shown.used),
        aside: labels::count(shown.aside),
        aside_share: share_of(shown.aside, read),
        set_aside: issues(&report.set_aside, &shown.set_aside),
        issues: issues(&report.issues, &shown.issues),
    }
}

fn issue_words(issue: &IssueCount, rows: Count, read: Count) -> Issue {
    // As many row numbers as there are rows would tell how many there are.
    let told = if rows == Count::Withheld { 0 } else { 3 };
    let examples: Vec<String> =
        issue.examples.iter().take(told).map(|row| labels::integer(*row)).collect();
    Issue {
        words: labels::issue(&issue.code),
        column: issue.column.clone(),
        rows: labels::count(rows),
        share: share_of(rows, read),
        examples: examples.join("; "),
    }
}

/// The outcomes one by one are on the page of linkage; small ones are hidden here as there.
fn linkage(ask: &Ask, registry: Registry, base: bool) -> Linkage {
    let totals = ask.release.totals(registry);
    Linkage {
        registry: labels::registry(registry).to_owned(),
        base,
        rows: labels::count(totals.rows),
        linked: labels::count(totals.linked),
        linked_share: share_of(totals.linked, totals.rows),
        remark: labels::count(totals.remark),
        unlinked: labels::count(totals.unlinked),
    }
}

impl Withheld {
    fn all(ask: &Ask) -> Vec<Self> {
        let levels = ask.release.withheld();
        let mut sum = Lost::default();
        levels.values().for_each(|lost| sum.add(lost));
        let all = (!levels.is_empty()).then(|| Self::of(labels::ALL_LEVELS, &sum));
        let each = levels.iter().map(|(level, lost)| Self::of(labels::level_title(*level), lost));
        each.chain(all).collect()
    }

    fn of(level: &'static str, lost: &Lost) -> Self {
        Self {
            level,
            groups: labels::integer(lost.groups),
            primary: labels::integer(lost.primary),
            secondary: labels::integer(lost.secondary),
            share: share_text(lost.hidden(), lost.groups),
            counted: share_text(lost.counted_hidden, lost.counted),
        }
    }
}

/// The families of the nation by how they were placed: hidden here where they are hidden there.
fn location(ask: &Ask) -> Vec<(String, String)> {
    let placing = ask.release.placing();
    let nation = |figure| ask.release.count(RegionCode::NATION, figure);
    let both = nation(Counted::Both);
    let of = |part, whole| (labels::count(part), share_of(part, whole));
    let of_all = |part| of(part, placing.families);
    vec![
        of_all(placing.families),
        of_all(nation(Counted::ByPoint)),
        of_all(nation(Counted::ByCode)),
        of_all(placing.unplaced),
        of_all(placing.point_outside),
        of_all(placing.no_point),
        of_all(placing.code_unusable),
        of_all(both),
        of(nation(Counted::Agree), both),
    ]
}

/// A share where both of its terms are told.
fn share_of(part: Count, whole: Count) -> String {
    match (part, whole) {
        // Rounded, a part can be more than its whole.
        (Count::Value(part), Count::Value(whole)) => share_text(part.min(whole), whole),
        _ => labels::SUPPRESSED.to_owned(),
    }
}

/// Two decimals: what was set aside is often less than a thousandth.
fn share_text(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "row counts stay far below 2^53")]
    let share = |whole: u64| labels::percent(part as f64 / whole as f64, 2);
    if whole == 0 { labels::NO_DATA.to_owned() } else { share(whole) }
}
