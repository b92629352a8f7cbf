//! Regions by name or code. Names are no keys: every match is listed with its parents. Bare digits
//! may be of either code system or of earlier years: all readings are shown, never one silently.

use askama::Template;

use super::encoded;
use crate::domain::{Level, RegionCode};
use crate::labels;
use crate::regions::Match;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::assets;
use crate::web::fault::{Candidate, Fault, without_long_numbers};
use crate::web::frame::{Frame, Link, Section, region_href};
use crate::web::past::Former;

struct Found {
    code: RegionCode,
    href: String,
    name: String,
    /// The regions around, smallest first.
    around: String,
    level: &'static str,
    bps: Option<String>,
    spelling: Option<String>,
    similar: bool,
    drawn: bool,
    data: bool,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    typed: String,
    /// What the digits are in each system.
    kemendagri: Option<Candidate>,
    bps: Option<Candidate>,
    former: Option<Former>,
    digits: bool,
    trap: bool,
    hits: Vec<Found>,
    total: usize,
    /// Number of the first hit of this page.
    first: usize,
    only_similar: bool,
    /// Names to choose from without a script, where nothing else fills the page.
    names: Vec<&'static str>,
    earlier: Option<Link>,
    later: Option<Link>,
}

/// Longer texts name no region.
const MAX_TYPED: usize = 80;

const HITS_PER_PAGE: usize = 50;

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let typed = ask.text("q").unwrap_or_default();
    if typed.chars().count() > MAX_TYPED {
        return Err(crate::web::ask::bad("q", typed, &[format!("≤ {MAX_TYPED}")]));
    }
    let (catalog, index) = (ask.catalog(), ask.site.search);
    let hits = index.find_within(typed, ask.home());
    let pages = hits.len().div_ceil(HITS_PER_PAGE);
    let number = ask.page_number(pages)?;
    let first = (number - 1) * HITS_PER_PAGE;
    let readings = crate::regions::Readings::of(typed, catalog, &ask.history);
    let digits = typed.len() >= 2 && typed.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let name = |code: Option<RegionCode>| {
        code.filter(|code| ask.sees(*code)).map(|code| ask.candidate(code))
    };
    let (kemendagri, bps) = (name(readings.kemendagri), name(readings.bps));
    let former = readings.former.as_ref().and_then(|(code, _)| Former::of(*code, ask));
    let shown = without_long_numbers(typed);
    let turn = |to: usize, words: &str| {
        Link::new(format!("/cari?q={}&halaman={to}", encoded(&shown)), words.to_owned())
    };
    let mut frame = Frame::new(ask, Section::None, ask.top());
    shown.clone_into(&mut frame.searched);
    let page = SearchPage {
        frame,
        // Dots name the system, so that only bare digits are in doubt.
        digits: digits
            && !typed.contains('.')
            && (kemendagri.is_some() || bps.is_some() || former.is_some()),
        trap: kemendagri.is_some() && bps.is_some() && readings.is_trap(),
        kemendagri,
        bps,
        former,
        total: hits.len(),
        only_similar: hits.first().is_some_and(|hit| hit.how == Match::Similar),
        earlier: (number > 1).then(|| turn(number - 1, "Sebelumnya")),
        later: (number < pages).then(|| turn(number + 1, "Berikutnya")),
        first,
        names: if hits.is_empty() && ask.home() == RegionCode::NATION {
            assets::names(RegionCode::NATION)
        } else {
            Vec::new()
        },
        hits: hits
            .into_iter()
            .skip(first)
            .take(HITS_PER_PAGE)
            .filter_map(|hit| found(ask, hit.code, hit.how, hit.spelling))
            .collect(),
        typed: shown,
    };
    Ok(Answer::page(&page)?)
}

fn found(ask: &Ask, code: RegionCode, how: Match, spelling: Option<String>) -> Option<Found> {
    let region = ask.catalog().get(code)?;
    Some(Found {
        code,
        href: region_href(code),
        name: region.name.clone(),
        around: around(ask, code),
        level: labels::level(code.level()),
        bps: region.bps.map(|bps| bps.to_string()),
        spelling,
        similar: how == Match::Similar,
        drawn: region.drawn,
        data: ask.release.regions(code, code.level()).next().is_some(),
    })
}

/// The regions around, as an address says them: `Kec. Binjai, Kab. Langkat, Sumatera Utara`.
fn around(ask: &Ask, code: RegionCode) -> String {
    let mut parts = Vec::new();
    let mut step = code;
    while let Some(parent) = ask.parent(step).filter(|parent| *parent != RegionCode::NATION) {
        let name = ask.catalog().name(parent);
        parts.push(match parent.level() {
            Level::Kecamatan => format!("Kec. {name}"),
            Level::Kabupaten => labels::short_name(&name),
            _ => name,
        });
        step = parent;
    }
    parts.join(", ")
}
