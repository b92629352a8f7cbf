//! Every Indonesian word that code chooses, and numbers, months and times as Indonesians write
//! them. No logic, no markup: callers escape for their own medium.

mod access;
mod audit;
mod boundary;
mod by_name;
mod faults;
mod indicator;
mod location;
mod matching;
mod number;
mod provenance;
mod region;

pub use access::{browser, change, password_fault, role, role_means, waiting};
pub use audit::{action, trouble};
pub use boundary::{defect, defect_action, defect_advice};
pub use by_name::{
    LIST_CHOOSE, LIST_ENOUGH, LIST_LINES, LIST_MARKS, LIST_REGION, LIST_SHEET, LIST_WARNING,
    RESTRICTED, birth, contradiction, expenditure, family_role, list, list_empty, list_heads,
    list_length, list_lines, list_means, programmes, purpose, rows_of, sex, unclear,
};
pub use faults::{advice, issue, repair};
pub use indicator::{Direction, IndicatorLabel, indicator, percent_digits, value};
pub use location::{conflict, other_rule, trust};
pub use matching::{MatchLabel, count, match_column, match_measure, match_share, persons, trained};
pub use number::{day, decimal, integer, moment, percent, period, points, rupiah, timestamp};
pub use provenance::{
    ABROAD, SYNTHETIC, boundary_attribution, listed, provenance, provenance_of, rounded, undrawn,
};
pub use region::{
    bps_basis, level, level_title, registry, registry_title, share_basis, short_name,
};

/// The measure does not exist here.
pub const NO_DATA: &str = "tidak ada data";

/// The line under those of the levels, where it sums them.
pub const ALL_LEVELS: &str = "Semua tingkat";

/// It exists, but too few families stand behind it, or it would give such a number away.
pub const SUPPRESSED: &str = "dirahasiakan";
