//! `tepat verify --audit`: the log of who did what, checked from its first record.

use std::path::Path;

use super::fault::Fault;
use super::{key, say};
use crate::audit::{Audit, Head};
use crate::labels::integer;

pub(super) fn verify(store: &Path, anchor: Option<&str>, json: bool) -> Result<(), Fault> {
    let anchor = anchor.map(parse).transpose()?;
    let key = key::of_store(store)?;
    let audit = key::log_with(store, key.as_ref()).check(anchor.as_ref())?;
    if json {
        say(&in_json(&audit));
    } else {
        for trouble in &audit.troubles {
            say(&format!("FAILED {trouble}"));
        }
        if audit.further > 0 {
            say(&format!("FAILED dan {} masalah lain", integer(audit.further)));
        }
        say(&in_words(&audit));
        match &key {
            Some(key) if key.remembered => say(&format!(
                "Kunci {} dari {}, seperti yang dicatat di folder data; bandingkan dengan catatan Anda, atau sebut kuncinya dengan {}",
                key.master.name(),
                key.path.display(),
                key::VARIABLE
            )),
            Some(key) => say(&format!("Kunci {}", key.master.name())),
            None => say(
                "Tanpa kunci: siapa pun yang dapat menulis ke folder data dapat menulis ulang seluruh catatan",
            ),
        }
    }
    if audit.records == 0 && store.join("access/accounts.sqlite").exists() {
        say("FAILED ada akun, tetapi tidak ada satu pun catatan: catatan audit hilang");
        return Err(Fault::Verification);
    }
    if audit.holds() && audit.unchecked == 0 { Ok(()) } else { Err(Fault::Verification) }
}

fn parse(text: &str) -> Result<Head, Fault> {
    let parts = text.split_once(':').and_then(|(seq, mark)| {
        let good = mark.len() == 64 && mark.bytes().all(|b| b.is_ascii_hexdigit());
        Some(Head { seq: seq.parse().ok()?, mark: mark.to_ascii_lowercase() }).filter(|_| good)
    });
    parts.ok_or_else(|| {
        Fault::Usage("--head: NUMBER:MARK is due, as tepat verify --audit printed it".to_owned())
    })
}

fn in_words(audit: &Audit) -> String {
    let mut lines = vec![format!(
        "{:6} {} catatan audit {}",
        if audit.holds() && audit.unchecked == 0 { "ok" } else { "FAILED" },
        integer(audit.records),
        if audit.holds() { "utuh dan berurutan" } else { "diperiksa" }
    )];
    if audit.unchecked > 0 {
        lines.push(format!(
            "FAILED {} catatan ditandai dengan kunci yang tidak ada di sini: hanya urutannya yang diperiksa",
            integer(audit.unchecked)
        ));
    }
    if audit.plain > 0 && audit.plain < audit.records {
        lines.push(format!(
            "       {} catatan pertama ditulis sebelum ada kunci",
            integer(audit.plain)
        ));
    }
    if audit.torn > 0 {
        lines.push(format!(
            "       {} bita sisa catatan yang terputus; belum pernah dinyatakan tersimpan",
            integer(audit.torn)
        ));
    }
    if let Some(head) = &audit.head {
        lines.push(format!("Kepala {}:{}", head.seq, head.mark));
    }
    lines.join("\n")
}

fn in_json(audit: &Audit) -> String {
    let troubles: Vec<String> = audit.troubles.iter().map(ToString::to_string).collect();
    serde_json::json!({
        "holds": audit.holds() && audit.unchecked == 0,
        "records": audit.records,
        "unchecked": audit.unchecked,
        "plain": audit.plain,
        "torn_bytes": audit.torn,
        "head": audit.head.as_ref().map(|h| format!("{}:{}", h.seq, h.mark)),
        "troubles": troubles,
        "further": audit.further,
    })
    .to_string()
}
