//! The desa that a family belongs to: the one its coordinate lies in; else the one it states.

use crate::clean::{Desa, FamilyRecord};
use crate::domain::{LocationReport, RegionCode};
use crate::spatial::RegionIndex;

/// Where a family was put and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub desa: RegionCode,
    pub by_point: bool,
    /// The coordinate lies in a desa and the stated code is usable.
    pub both: bool,
    pub agree: bool,
}

/// Places families and counts how.
#[derive(Debug)]
pub struct Placer<'a> {
    index: &'a RegionIndex,
    /// Stated codes outside these regions are not usable in this build.
    scope: &'a [RegionCode],
}

impl<'a> Placer<'a> {
    pub fn new(index: &'a RegionIndex, scope: &'a [RegionCode]) -> Self {
        Self { index, scope }
    }

    /// Places one family; a coordinate in no desa (at sea, abroad) falls back to the stated code.
    /// `None` where neither gives a desa.
    pub fn place(&self, family: &FamilyRecord, report: &mut LocationReport) -> Option<Place> {
        report.families += 1;
        let stated = family
            .region
            .map(Desa::code)
            .filter(|code| self.scope.iter().any(|region| region.contains(*code)));
        let located = family.point.and_then(|(lng, lat)| self.index.locate(lng, lat));
        report.no_point += u64::from(family.point.is_none());
        report.point_outside += u64::from(family.point.is_some() && located.is_none());
        report.code_unusable += u64::from(stated.is_none());
        let place = match (located, stated) {
            (Some(desa), stated) => {
                Place { desa, by_point: true, both: stated.is_some(), agree: stated == Some(desa) }
            }
            (None, Some(desa)) => Place { desa, by_point: false, both: false, agree: false },
            (None, None) => {
                report.unplaced += 1;
                return None;
            }
        };
        report.by_point += u64::from(place.by_point);
        report.by_code += u64::from(!place.by_point);
        report.both += u64::from(place.both);
        report.agree += u64::from(place.agree);
        Some(place)
    }
}
