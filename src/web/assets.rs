//! The style sheet and the script, embedded; their addresses carry their hash.

use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::ask::Ask;
use super::fault::Fault;
use crate::maps;

#[derive(Embed)]
#[folder = "static/"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
struct Static;

/// An asset's bytes; the style sheet ends with that of the maps.
fn bytes(name: &str) -> Option<Vec<u8>> {
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
