//! From delivered texts to records: standardising, and a tally of what is wrong. A bad value costs
//! the value, a bad row costs the row; nothing is dropped without a count and a row number.

mod cleaner;
mod date;
mod issue;
mod name;
mod record;
mod region;

pub use cleaner::{Cleaner, CleanerError};
pub use date::parse_date;
pub use issue::IssueLog;
pub use name::standardise;
pub use record::{Desa, FamilyKey, FamilyRecord, PersonRecord};
pub use region::{RegionFault, resolve_region};
