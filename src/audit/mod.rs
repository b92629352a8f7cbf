//! The log of who did what: append-only and chained, so that a change, a cut or a gap shows. Nothing
//! is done that cannot be written down first. Records name accounts, regions and numbers of rows;
//! never a household, a name of one, or a NIK.
//!
//! ```text
//! <store>/audit/lock                  taken while a record is appended
//! <store>/audit/head.json             number and mark of the last record that was acknowledged
//! <store>/audit/000000000001.jsonl    records from that number on, one a line
//! <store>/audit/former.json           keys of before an exchange, sealed with the one of now
//! ```
//!
//! Every line ends with its mark: HMAC-SHA-256 of the line before that field, under a key that lies
//! outside the data folder, or plain SHA-256 where there is no key. Every line names the mark of the
//! one before. Without the key nobody can rewrite a line and make the rest fit (Schneier and Kelsey
//! 1999); a cut at the end shows against `head.json`, and where that was put back as well, against
//! any mark that was noted elsewhere: the server's own log names each.

mod entry;
mod error;
mod folder;
mod keys;
mod line;
mod log;
mod read;
mod verify;

pub use entry::{Action, Entry, holds_personal_number};
pub use error::AuditError;
pub use line::Record;
pub use log::{Log, Receipt};
pub use read::{Filter, Page};
pub use verify::{Audit, Head, Trouble};
