//! What only those may see who may see names: person ids with what finds the person again, answers
//! to the owners of the registries, pairs that wait for a decision, and the decisions. Nothing
//! that serves pages may use this room. The layout:
//!
//! ```text
//! <store>/restricted/key                 32 random bytes: what makes ids and keys of pairs
//! <store>/restricted/rounding-key        32 random bytes: what counts are rounded with
//! <store>/restricted/decisions.jsonl     every decision ever imported, one a line, last one wins
//! <store>/restricted/<snapshot id>/      ledger.json, persons-*, events.csv, answer-*.csv,
//!                                        links-*.csv, review.jsonl, model.toml
//! ```
//!
//! Folders are 0700, files 0600. Where the build has a key outside the store (see [`crate::sealing`]),
//! both keys, `persons-*`, the pairs (then `review.sealed`) and the notes of reviewers are sealed with
//! it; the others hold ids, row numbers and verdicts.

mod answers;
mod decisions;
mod error;
mod files;
mod folder;
mod grid;
mod key;
mod ledger;
mod returned;
mod review;
mod sheet;

pub use answers::{
    AnswerFile, AnswerLine, AnswerRecord, AnswerWriter, Outcome, ReviewState, answer_file,
    links_file,
};
pub use decisions::{Choice, Decision, Decisions, append_decisions};
pub use error::RestrictedError;
pub use folder::{Restricted, RestrictedDraft, exchange};
pub use key::{Key, Prints};
pub use ledger::{Event, EventKind, Ledger, LedgerPerson, LedgerWriter, write_events};
pub use returned::{Decided, check_rows, import_file};
pub use review::{ReviewPair, Side, read_pairs, write_model, write_pairs};
pub use sheet::{export_csv, export_xlsx};
