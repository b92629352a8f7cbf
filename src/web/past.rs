//! What a region was before and became after: the section of a region's page, and the page of a
//! code that is no longer in use.

use askama::Template;

use super::answer::Answer;
use super::ask::{Ask, candidate};
use super::fault::{Candidate, Fault};
use super::frame::{Frame, Link, Section, crumbs, region_href};
use crate::domain::{Level, RegionChange, RegionCode, Share};
use crate::labels;
use crate::regions::{History, RECORDS_BEGIN, Region, RegionCatalog, bps_edition};

/// One step to an earlier or later region.
#[derive(Clone, Debug)]
struct Step {
    code: RegionCode,
    name: String,
    href: String,
    /// What part of the former region, in words; `None` for the whole.
    part: Option<String>,
    /// What part of the later one.
    origin: Option<String>,
    basis: &'static str,
    date: String,
    exact_day: bool,
    source: String,
}

/// The section of a region's page that tells of its codes and its past.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/past.html")]
pub(super) struct Past {
    code: RegionCode,
    vintage: String,
    pub(super) bps: Option<String>,
    bps_edition: &'static str,
    bps_basis: Option<&'static str>,
    drawn: bool,
    /// The digits mean another region in the other system.
    trap: Option<Candidate>,
    before: Vec<Step>,
    after: Vec<Step>,
    /// The code stood for another region for some years.
    other: Option<Former>,
    unknown_origin: bool,
    records_begin: &'static str,
}

impl Past {
    pub(super) fn of(ask: &Ask, region: &Region) -> Self {
        let (catalog, history, code) = (ask.catalog(), &ask.history, region.code);
        let step = |change: &RegionChange, to_past: bool| step(ask, change, to_past);
        let interim = history.interim(code).next();
        Self {
            code,
            vintage: ask.release.manifest().boundary_vintage.clone(),
            bps: region.bps.map(|bps| bps.to_string()),
            bps_edition: bps_edition(code.level()),
            bps_basis: labels::bps_basis(region.bps_basis),
            drawn: region.drawn,
            trap: trap(catalog, region),
            before: history.predecessors(code).map(|change| step(change, true)).collect(),
            after: history
                .successors(code)
                .filter(|change| change.to != code)
                .map(|change| step(change, false))
                .collect(),
            other: interim.and_then(|_| Former::of(code, catalog, history)),
            unknown_origin: history.is_of_unknown_origin(code),
            records_begin: RECORDS_BEGIN,
        }
    }
}

impl Past {
    /// Whether there is a polygon of the region.
    pub(super) fn drawn(&self) -> bool {
        self.drawn
    }
}

/// The other region that this region's BPS digits name as a Kemendagri code.
fn trap(catalog: &RegionCatalog, region: &Region) -> Option<Candidate> {
    let digits = region.bps?.to_string();
    let code: RegionCode = crate::regions::dotted(&digits)?.parse().ok()?;
    let other = catalog.get(code).filter(|other| other.code != region.code)?;
    Some(candidate(catalog, other.code))
}

fn step(ask: &Ask, change: &RegionChange, to_past: bool) -> Step {
    let code = if to_past { change.from } else { change.to };
    let name = if to_past && !change.from_name.is_empty() {
        change.from_name.clone()
    } else {
        ask.catalog().name(code)
    };
    Step {
        code,
        name,
        href: region_href(code),
        part: part(change.share),
        origin: part(change.back),
        basis: labels::share_basis(change.basis),
        date: labels::day(change.date),
        exact_day: change.exact_day,
        source: change.source.clone(),
    }
}

fn part(share: Share) -> Option<String> {
    (!share.is_whole()).then(|| labels::percent(share.value(), 1))
}

/// A code of earlier years and what it is now.
#[derive(Clone, Debug)]
pub(super) struct Former {
    pub(super) code: RegionCode,
    pub(super) name: String,
    /// The regions of today, with the part of the former one that each holds.
    pub(super) now: Vec<(Candidate, Option<String>)>,
    /// Day, exact or not, and law of each change on the way.
    pub(super) changes: Vec<(String, bool, String)>,
    pub(super) level: &'static str,
    /// Today the code stands for this other region.
    pub(super) reused: Option<Candidate>,
}

impl Former {
    pub(super) fn of(code: RegionCode, catalog: &RegionCatalog, history: &History) -> Option<Self> {
        let (_, parts) = crate::regions::Readings::of(&code.to_string(), catalog, history).former?;
        let interim = history.interim(code).next();
        let changes = match interim {
            Some(interim) => vec![(labels::day(interim.until), false, interim.source.clone())],
            None => dated(history, code),
        };
        let named = interim.map(|interim| interim.name.clone());
        let named = named.or_else(|| history.former_name(code).map(str::to_owned));
        let now = parts.iter().map(|(code, share)| {
            let whole = *share > 1.0 - 1e-9;
            (candidate(catalog, *code), (!whole).then(|| labels::percent(*share, 1)))
        });
        Some(Self {
            code,
            name: named.unwrap_or_else(|| code.to_string()),
            now: now.collect(),
            changes,
            level: labels::level(code.level()),
            reused: catalog.get(code).map(|region| candidate(catalog, region.code)),
        })
    }
}

/// Laws once each, in order of time.
fn dated(history: &History, code: RegionCode) -> Vec<(String, bool, String)> {
    let mut changes: Vec<(String, bool, String)> = Vec::new();
    for change in history.successors(code) {
        let line = (labels::day(change.date), change.exact_day, change.source.clone());
        if !changes.contains(&line) {
            changes.push(line);
        }
    }
    changes
}

#[derive(Template)]
#[template(path = "former.html")]
struct FormerPage {
    frame: Frame,
    former: Former,
    records_begin: &'static str,
}

/// The page of a code that is no longer in use: what it was and where it is now.
pub(super) fn former_page(ask: &Ask, former: Former) -> Result<Answer, Fault> {
    let above = former.now.first().and_then(|(now, _)| now.code.parent());
    let around = above.unwrap_or(RegionCode::NATION);
    let mut way = crumbs(ask.catalog(), around);
    if let Some(last) = way.last_mut() {
        last.here = false;
    }
    if former.now.is_empty() || former.code.level() == Level::Provinsi {
        way = vec![Link::new("/", "Indonesia")];
    }
    let frame = Frame::new(&ask.release, Section::None, way);
    Ok(Answer::page(&FormerPage { frame, former, records_begin: RECORDS_BEGIN })?)
}
