//! What happened to the rows: used, set aside and why, linked, placed. All of it from the manifest.

use askama::Template;

use super::conflict::{self, Conflicts};
use crate::disclosure::{Count, Counted};
use crate::domain::{Level, RegionCode, Registry};
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
    /// By level: groups of numbers, the withheld ones, their share.
    withheld: Vec<(&'static str, String, String, String)>,
    without_region: Vec<(String, String, String)>,
    built_at: String,
    tables: Vec<(String, String, String)>,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let manifest = ask.release.manifest();
    let page = QualityPage {
        frame: Frame::new(ask, Section::Quality, ask.top()),
        national: ask.sees(RegionCode::NATION),
        sources: manifest.sources.iter().map(source).collect(),
        linkage: manifest
            .linkage
            .registries
            .iter()
            .enumerate()
            .map(|(i, (registry, _))| linkage(ask, *registry, i == 0))
            .collect(),
        scored: manifest.linkage.model.is_some(),
        location: location(ask),
        unplaced_persons: labels::integer(
            ask.release.overall("jiwa", manifest.location.unplaced_persons),
        ),
        conflicts: Conflicts::of(ask)?,
        withheld: withheld(ask),
        without_region: manifest
            .rows_without_region
            .iter()
            .map(|r| {
                let name = labels::registry(r.registry).to_owned();
                let linked = ask.release.totals(r.registry).linked_nowhere;
                (name, labels::integer(r.rows), labels::count(linked))
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

fn source(report: &SourceReport) -> Source {
    let aside = report.set_aside.iter().map(|issue| issue.rows).sum();
    #[expect(clippy::cast_precision_loss, reason = "a file size, shown with one decimal")]
    let megabytes = report.bytes as f64 / 1e6;
    let issues = |list: &[IssueCount]| {
        list.iter().map(|issue| issue_words(issue, report.rows_read)).collect()
    };
    Source {
        registry: labels::registry(report.registry).to_owned(),
        file: report.file.clone(),
        title: report.title.clone(),
        owner: report.owner.clone(),
        basis: report.basis.clone(),
        sha256: report.sha256.clone(),
        megabytes: labels::decimal(megabytes, 1),
        read: labels::integer(report.rows_read),
        used: labels::integer(report.rows_used),
        aside: labels::integer(aside),
        aside_share: share_text(aside, report.rows_read),
        set_aside: issues(&report.set_aside),
        issues: issues(&report.issues),
    }
}

fn issue_words(issue: &IssueCount, rows: u64) -> Issue {
    let examples: Vec<String> =
        issue.examples.iter().take(3).map(|row| labels::integer(*row)).collect();
    Issue {
        words: labels::issue(&issue.code),
        column: issue.column.clone(),
        rows: labels::integer(issue.rows),
        share: share_text(issue.rows, rows),
        examples: examples.join("; "),
    }
}

/// The outcomes one by one are on the page of linkage; small ones are hidden here as there.
fn linkage(ask: &Ask, registry: Registry, base: bool) -> Linkage {
    let totals = ask.release.totals(registry);
    let share = |linked| share_text(linked, totals.rows);
    Linkage {
        registry: labels::registry(registry).to_owned(),
        base,
        rows: labels::integer(totals.rows),
        linked: labels::count(totals.linked),
        linked_share: totals.linked.value().map_or_else(|| labels::SUPPRESSED.to_owned(), share),
        remark: labels::count(totals.remark),
        unlinked: labels::count(totals.unlinked),
    }
}

fn withheld(ask: &Ask) -> Vec<(&'static str, String, String, String)> {
    let row = |(level, [all, hidden]): (&Level, &[u64; 2])| {
        let share = share_text(*hidden, *all);
        (labels::level_title(*level), labels::integer(*all), labels::integer(*hidden), share)
    };
    ask.release.withheld().iter().map(row).collect()
}

/// The families of the nation by how they were placed: hidden here where they are hidden there.
fn location(ask: &Ask) -> Vec<(String, String)> {
    let l = &ask.release.manifest().location;
    let told = |n: u64| ask.release.overall("penempatan", n);
    let of = |part: u64, whole: u64| {
        let (part, whole) = (told(part), told(whole));
        (labels::integer(part), share_text(part.min(whole), whole))
    };
    let count = |figure: Counted| ask.release.count(RegionCode::NATION, figure);
    let shown = |figure: Counted, whole: u64| match count(figure) {
        Count::Value(part) => (labels::integer(part), share_text(part.min(whole), whole)),
        Count::Withheld => (labels::SUPPRESSED.to_owned(), labels::SUPPRESSED.to_owned()),
    };
    let both = count(Counted::Both).value().unwrap_or(0);
    vec![
        of(l.families, l.families),
        shown(Counted::ByPoint, told(l.families)),
        shown(Counted::ByCode, told(l.families)),
        of(l.unplaced, l.families),
        of(l.point_outside, l.families),
        of(l.no_point, l.families),
        of(l.code_unusable, l.families),
        shown(Counted::Both, told(l.families)),
        shown(Counted::Agree, both),
    ]
}

/// Two decimals: what was set aside is often less than a thousandth.
fn share_text(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "row counts stay far below 2^53")]
    let share = |whole: u64| labels::percent(part as f64 / whole as f64, 2);
    if whole == 0 { labels::NO_DATA.to_owned() } else { share(whole) }
}
