//! For machines: is the server alive and what does it serve; where robots may go.

use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::fault::Fault;

const TEXT: &str = "text/plain; charset=utf-8";

#[expect(clippy::unnecessary_wraps, reason = "the shape of every page")]
pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let manifest = ask.release.manifest();
    Ok(Answer::new(TEXT, format!("sehat\nsnapshot {}\nperiode {}\n", manifest.id, manifest.period)))
}

/// Pages may be found; files and searches are for people who ask for them.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every page")]
pub(in crate::web) fn robots(_ask: &Ask) -> Result<Answer, Fault> {
    Ok(Answer::new(TEXT, "User-agent: *\nDisallow: /cari\nDisallow: /unduh/\n"))
}
