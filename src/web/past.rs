//! What a region was before and became after: the section of a region's page, and the page of a
//! code that is no longer in use.

use askama::Template;

use super::answer::Answer;
use super::ask::Ask;
use super::fault::{Candidate, Fault};
use super::frame::{Frame, Section, region_href};
use crate::domain::{Level, RegionChange, RegionCode, Share};
use crate::labels;
use crate::regions::{History, RECORDS_BEGIN, Region, bps_edition};

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
        let (history, code) = (&ask.history, region.code);
        let step = |change: &RegionChange, to_past: bool| step(ask, change, to_past);
        // Where the land went or came from outside of what exists for who asks is not told.
        let told = |other: RegionCode| ask.sees(other);
        let interim = history.interim(code).next();
        Self {
            code,
            vintage: ask.release.manifest().boundary_vintage.clone(),
            bps: region.bps.map(|bps| bps.to_string()),
            bps_edition: bps_edition(code.level()),
            bps_basis: labels::bps_basis(region.bps_basis),
            drawn: region.drawn,
            trap: trap(ask, region),
            before: history
                .predecessors(code)
                .filter(|change| told(change.from))
                .map(|change| step(change, true))
                .collect(),
            after: history
                .successors(code)
                .filter(|change| change.to != code && told(change.to))
                .map(|change| step(change, false))
                .collect(),
            other: interim.and_then(|_| Former::of(code, ask)),
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
fn trap(ask: &Ask, region: &Region) -> Option<Candidate> {
    let digits = region.bps?.to_string();
    let code: RegionCode = crate::regions::dotted(&digits)?.parse().ok()?;
    let other = ask.catalog().get(code).filter(|other| other.code != region.code)?;
    ask.sees(other.code).then(|| ask.candidate(other.code))
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
    /// `None` also where nothing of what it became exists for who asks.
    pub(super) fn of(code: RegionCode, ask: &Ask) -> Option<Self> {
        let (catalog, history) = (ask.catalog(), ask.history.as_ref());
        let (_, parts) = crate::regions::Readings::of(&code.to_string(), catalog, history).former?;
        let interim = history.interim(code).next();
        let changes = match interim {
            Some(interim) => vec![(labels::day(interim.until), false, interim.source.clone())],
            None => dated(history, code),
        };
        let named = interim.map(|interim| interim.name.clone());
        let named = named.or_else(|| history.former_name(code).map(str::to_owned));
        if !ask.viewer.scope.is_nation() && !parts.keys().any(|code| ask.sees(*code)) {
            return None;
        }
        let now = parts.iter().filter(|(code, _)| ask.sees(**code)).map(|(code, share)| {
            let whole = *share > 1.0 - 1e-9;
            (ask.candidate(*code), (!whole).then(|| labels::percent(*share, 1)))
        });
        let reused = catalog.get(code).filter(|region| ask.sees(region.code));
        Some(Self {
            code,
            name: named.unwrap_or_else(|| code.to_string()),
            now: now.collect(),
            changes,
            level: labels::level(code.level()),
            reused: reused.map(|region| ask.candidate(region.code)),
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
    let above = former.now.first().and_then(|(now, _)| ask.parent(now.code));
    let mut way = ask.crumbs(above.unwrap_or(ask.home()));
    if let Some(last) = way.last_mut() {
        last.here = false;
    }
    if former.now.is_empty() || former.code.level() == Level::Provinsi {
        way = ask.top();
    }
    let frame = Frame::new(ask, Section::None, way);
    Ok(Answer::page(&FormerPage { frame, former, records_begin: RECORDS_BEGIN })?)
}
