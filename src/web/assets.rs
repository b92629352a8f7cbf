//! The style sheet and the scripts, embedded or made of the region table; their addresses carry
//! their hash.

use std::sync::OnceLock;

use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::ask::Ask;
use super::fault::Fault;
use crate::domain::{Level, RegionCode};
use crate::maps;
use crate::regions::RegionCatalog;

#[derive(Embed)]
#[folder = "static/"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
struct Static;

/// The list of names that the search box offers, as a script: a browser takes it once and keeps it,
/// where 552 names on every page would weigh more than the page.
pub(super) const NAMES: &str = "nama.js";

/// Id of the list that search boxes name.
const LIST: &str = "nama-wilayah";

/// What a search box offers to someone for whom `home` is the uppermost region: of the nation the
/// provinces, kabupaten and kota (no two have the same name), else `home` and what it is divided in.
/// In code order.
pub(super) fn names(home: RegionCode) -> Vec<&'static str> {
    let below = match home.level() {
        Level::Nation => Level::Kabupaten,
        level => level.child().unwrap_or(level),
    };
    let catalog = RegionCatalog::shared().ok();
    let all = catalog.into_iter().flat_map(|catalog| catalog.subtree(home));
    all.filter(|region| region.code != RegionCode::NATION && region.code.level() <= below)
        .map(|region| region.name.as_str())
        .collect()
}

fn names_script() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    MADE.get_or_init(|| {
        let names = serde_json::to_string(&names(RegionCode::NATION)).unwrap_or_else(|_| "[]".to_owned());
        format!(
            "(function () {{\n  'use strict';\n  if (document.getElementById('{LIST}')) return;\n  \
             var list = document.createElement('datalist');\n  list.id = '{LIST}';\n  \
             {names}.forEach(function (name) {{\n    var option = document.createElement('option');\n    \
             option.value = name;\n    list.appendChild(option);\n  }});\n  \
             document.body.appendChild(list);\n}}());\n"
        )
        .into_bytes()
    })
}

/// An asset's bytes; the style sheet ends with that of the maps.
fn bytes(name: &str) -> Option<Vec<u8>> {
    if name == NAMES {
        return Some(names_script().to_vec());
    }
    let mut bytes = Static::get(name)?.data.into_owned();
    if name == "tepat.css" {
        bytes.extend_from_slice(maps::css().as_bytes());
    }
    Some(bytes)
}

/// The address of an asset with its hash, so that a new build is never served an old style.
pub(super) fn address(name: &str) -> String {
    let hash: String = bytes(name)
        .map(|bytes| {
            Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
        })
        .unwrap_or_default();
    format!("/static/{name}?v={hash}")
}

pub(super) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let name = ask.path("nama");
    let content_type = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };
    Ok(Answer::new(content_type, bytes(name).ok_or(Fault::NoPage)?))
}
