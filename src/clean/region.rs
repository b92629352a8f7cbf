//! The region that a row states, in whichever code system its layout declares.

use crate::domain::{BpsCode, CodeSystem, Level, RegionCode};
use crate::regions::RegionCatalog;

/// Why a stated code names no desa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionFault {
    Missing,
    /// It reads like a code of the other system: accepting it could mean another place.
    OtherSystem,
    /// Well formed or not, the table has no such desa.
    Unknown,
}

impl RegionFault {
    /// Stable code for reports.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Missing => "region_missing",
            Self::OtherSystem => "region_other_system",
            Self::Unknown => "region_unknown",
        }
    }
}

/// The desa that `text` names in `system`.
///
/// # Errors
/// Why it names none.
pub fn resolve_region(
    text: &str,
    system: CodeSystem,
    catalog: &RegionCatalog,
) -> Result<RegionCode, RegionFault> {
    if text.is_empty() {
        return Err(RegionFault::Missing);
    }
    let kemendagri = || text.parse::<RegionCode>().ok().filter(|code| catalog.get(*code).is_some());
    let bps = || text.parse::<BpsCode>().ok().and_then(|code| catalog.from_bps(code));
    let (own, other) = match system {
        CodeSystem::Kemendagri => (kemendagri(), text.parse::<BpsCode>().is_ok()),
        CodeSystem::Bps => (bps(), text.parse::<RegionCode>().is_ok()),
    };
    match own {
        Some(code) if code.level() == Level::Desa => Ok(code),
        Some(_) => Err(RegionFault::Unknown),
        None if other => Err(RegionFault::OtherSystem),
        None => Err(RegionFault::Unknown),
    }
}
