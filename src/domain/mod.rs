//! The words of the field as types. No I/O, no frames, no HTTP, no Indonesian sentences.

mod change;
mod code;
mod counts;
mod date;
mod decile;
mod identity;
mod indicator;
mod location;
mod matching;
mod period;
mod programme;
mod registry;
mod report;

pub use change::{ParseShareError, RegionChange, Share, ShareBasis};
pub use code::{BpsCode, CodeError, CodeSystem, Level, RegionCode};
pub use counts::{FIXED_POINT, ProgrammeCounts, RegionCounts, RegistryCounts};
pub use date::{BirthDate, Day, ParseDayError};
pub use decile::Decile;
pub use identity::{FamilyCard, FamilyRole, IdentityFault, Nik, NikDigits, Sex};
pub use indicator::{IndicatorId, ParseIndicatorError};
pub use location::{ConflictCounts, ConflictRow, PointReport, Trust};
pub use matching::{
    DecisionCounts, IdentityCounts, MatchCounts, MatchRow, ModelReport, OverlapRow,
};
pub use period::{ParsePeriodError, Period};
pub use programme::{
    FamilyFacts, PersonFacts, Programme, ProgrammeError, ProgrammeSet, ProgrammeUnit, Rule, Who,
};
pub use registry::Registry;
pub use report::{IssueCount, LinkageCounts, LocationReport, RegistryRows};
