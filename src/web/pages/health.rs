//! For machines: is the server alive and what does it serve; where robots may go.

use actix_web::http::StatusCode;

use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::fault::Fault;

const TEXT: &str = "text/plain; charset=utf-8";

#[expect(clippy::unnecessary_wraps, reason = "the shape of every page")]
pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let manifest = ask.release.manifest();
    Ok(Answer::new(TEXT, format!("sehat\nsnapshot {}\nperiode {}\n", manifest.id, manifest.period)))
}

/// Whether the server can do its work: it has a snapshot, and what happens at the door can be kept.
/// Why not is told to the log alone.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every page")]
pub(in crate::web) fn ready(ask: &Ask) -> Result<Answer, Fault> {
    let gate = &ask.site.gate;
    let accounts = gate.accounts.can_write().map_err(|e| ("akun", e.to_string()));
    let log = gate.vault.log.can_append().map_err(|e| ("catatan audit", e.to_string()));
    if let Err((what, error)) = accounts.and(log) {
        tracing::error!(what, error, "not ready");
        let text = format!("belum siap: {what} tidak dapat ditulis\n");
        return Ok(Answer::new(TEXT, text).status(StatusCode::SERVICE_UNAVAILABLE));
    }
    Ok(Answer::new(TEXT, format!("siap\nsnapshot {}\n", ask.release.manifest().id)))
}

/// Pages may be found; files and searches are for people who ask for them.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every page")]
pub(in crate::web) fn robots(_ask: &Ask) -> Result<Answer, Fault> {
    Ok(Answer::new(TEXT, "User-agent: *\nDisallow: /cari\nDisallow: /unduh/\n"))
}
