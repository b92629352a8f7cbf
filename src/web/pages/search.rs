//! Regions by name or code. Names are no keys: every match is listed with its parents. Bare digits
//! may be of either code system: both readings are shown, never one silently.

use askama::Template;

use crate::domain::{Level, RegionCode};
use crate::labels;
use crate::regions::Region;
use crate::web::answer::Answer;
use crate::web::ask::{Ask, candidate, readings};
use crate::web::fault::without_long_numbers;
use crate::web::fault::{Candidate, Fault};
use crate::web::frame::{Frame, Link, Section, region_href};

struct Hit {
    code: RegionCode,
    href: String,
    name: String,
    level: &'static str,
    bps: Option<String>,
    data: bool,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    typed: String,
    digits: bool,
    kemendagri: Option<Candidate>,
    bps: Option<Candidate>,
    hits: Vec<Hit>,
    total: usize,
}

/// Longer texts name no region.
const MAX_TYPED: usize = 80;

/// Hits that are listed; more than these nobody reads.
const MAX_HITS: usize = 100;

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let typed = ask.text("q").unwrap_or_default();
    if typed.chars().count() > MAX_TYPED {
        return Err(crate::web::ask::bad("q", typed, &[format!("≤ {MAX_TYPED}")]));
    }
    let digits = typed.len() >= 2 && typed.bytes().all(|b| b.is_ascii_digit());
    let (kemendagri, bps) = if digits { readings(ask.catalog(), typed) } else { (None, None) };
    let found = found(ask, typed);
    let mut frame = Frame::new(&ask.release, Section::None, vec![Link::new("/", "Indonesia")]);
    let shown = without_long_numbers(typed);
    shown.clone_into(&mut frame.searched);
    let page = SearchPage {
        frame,
        typed: shown,
        digits,
        kemendagri,
        bps,
        total: found.len(),
        hits: found.into_iter().take(MAX_HITS).map(|region| hit(ask, region)).collect(),
    };
    Ok(Answer::page(&page)?)
}

/// Best first: the code itself, then the whole name, then names that begin so; upper levels before
/// lower ones.
fn found(ask: &Ask, typed: &str) -> Vec<&'static Region> {
    let needle = typed.to_lowercase();
    if needle.is_empty() {
        return Vec::new();
    }
    let code = RegionCode::from_slug(typed).ok();
    let words: Vec<&str> = needle.split_whitespace().collect();
    let mut hits: Vec<((u8, Level, RegionCode), &Region)> = ask
        .catalog()
        .subtree(RegionCode::NATION)
        .iter()
        .filter_map(|region| {
            let quality = quality(region, code, &needle, &words)?;
            Some(((quality, region.code.level(), region.code), region))
        })
        .collect();
    hits.sort_by_key(|(key, _)| *key);
    hits.into_iter().map(|(_, region)| region).collect()
}

fn quality(region: &Region, code: Option<RegionCode>, needle: &str, words: &[&str]) -> Option<u8> {
    if Some(region.code) == code {
        return Some(0);
    }
    let name = region.name.to_lowercase();
    let bare = ["provinsi ", "kabupaten ", "kota "]
        .iter()
        .find_map(|kind| name.strip_prefix(kind))
        .unwrap_or(&name);
    if name == needle || bare == needle {
        Some(1)
    } else if bare.starts_with(needle) || name.starts_with(needle) {
        Some(2)
    } else {
        words.iter().all(|word| name.contains(word)).then_some(3)
    }
}

fn hit(ask: &Ask, region: &Region) -> Hit {
    let code = region.code;
    Hit {
        code,
        href: region_href(code),
        name: candidate(ask.catalog(), code).name,
        level: labels::level(code.level()),
        bps: region.bps.map(|bps| bps.to_string()),
        data: ask.release.regions(code, code.level()).next().is_some(),
    }
}
