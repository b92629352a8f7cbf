//! From delivered texts to records: standardising, and a tally of what is wrong. A bad value costs
//! the value, a bad row costs the row; nothing is dropped without a count and a row number.

mod address;
mod candidate;
pub mod check;
mod cleaner;
mod date;
mod identity;
mod issue;
mod name;
mod record;
mod region;
mod rules;
mod spelling;

pub use address::{Address, standardise_address};
pub use candidate::{DigitsLeft, NikCandidate, Why, digits_left, nik_candidates};
pub use cleaner::{Cleaner, CleanerError};
pub use date::{is_default_birth, parse_date};
pub use issue::{IssueLog, RowFault};
pub use name::{phonetic, standardise};
pub use record::{Desa, FamilyKey, FamilyRecord, PersonRecord};
pub use region::{RegionFault, resolve_region};
pub use rules::check_rules;
