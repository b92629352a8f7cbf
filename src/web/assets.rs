//! The style sheet and the script, embedded; their addresses carry their hash.

use rust_embed::Embed;

use super::answer::Answer;
use super::ask::Ask;
use super::fault::Fault;

#[derive(Embed)]
#[folder = "static/"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
struct Static;

/// The address of an asset with its hash, so that a new build is never served an old style.
pub(super) fn address(name: &str) -> String {
    let hash = Static::get(name).map_or_else(String::new, |file| {
        file.metadata.sha256_hash().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    });
    format!("/static/{name}?v={hash}")
}

pub(super) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let name = ask.path("nama");
    let file = Static::get(name).ok_or(Fault::NoPage)?;
    let content_type = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };
    Ok(Answer::new(content_type, file.data.into_owned()))
}
