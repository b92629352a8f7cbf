//! The desa that a family belongs to: the one its coordinate lies in or the one it states, as the
//! rule of the build says; where only one of them can be used, that one.

use std::collections::BTreeMap;

use crate::clean::{Desa, FamilyRecord};
use crate::domain::{ConflictCounts, LocationReport, RegionCode, Trust};
use crate::spatial::{RegionIndex, Remark};

/// Where a family was put and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub desa: RegionCode,
    pub by_point: bool,
    /// The coordinate lies in a desa and the stated code is usable.
    pub both: bool,
    pub agree: bool,
}

/// How points and codes are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationRule {
    pub trust: Trust,
    /// A point in no desa goes to the nearest within so many metres; beyond it is no point.
    pub tolerance_m: u32,
}

impl Default for LocationRule {
    /// Half a kilometre: coasts are generalised by less, handsets err by less.
    fn default() -> Self {
        Self { trust: Trust::Point, tolerance_m: 500 }
    }
}

/// Conflicts between points and codes by the desa that is stated.
pub type Conflicts = BTreeMap<RegionCode, ConflictCounts>;

/// Places families and counts how.
#[derive(Debug)]
pub struct Placer<'a> {
    index: &'a RegionIndex,
    /// Stated codes outside these regions are not usable in this build.
    scope: &'a [RegionCode],
    rule: LocationRule,
}

impl<'a> Placer<'a> {
    pub fn new(index: &'a RegionIndex, scope: &'a [RegionCode], rule: LocationRule) -> Self {
        Self { index, scope, rule }
    }

    /// Places one family; a coordinate in no desa (at sea, abroad) falls back to the stated code.
    /// `None` where neither gives a desa.
    pub fn place(
        &self,
        family: &FamilyRecord,
        report: &mut LocationReport,
        conflicts: &mut Conflicts,
    ) -> Option<Place> {
        report.families += 1;
        let stated = family
            .region
            .map(Desa::code)
            .filter(|code| self.scope.iter().any(|region| region.contains(*code)));
        let located = family.point.and_then(|point| self.locate(point, report));
        report.no_point += u64::from(family.point.is_none());
        report.point_outside += u64::from(family.point.is_some() && located.is_none());
        report.code_unusable += u64::from(stated.is_none());
        if let (Some(located), Some(stated)) = (located, stated) {
            conflicts.entry(stated).or_default().count(located, stated);
            let points = report.points.get_or_insert_default();
            points.agreement.count(located, stated);
        }
        let Some(place) = self.decide(located, stated) else {
            report.unplaced += 1;
            return None;
        };
        report.by_point += u64::from(place.by_point);
        report.by_code += u64::from(!place.by_point);
        report.both += u64::from(place.both);
        report.agree += u64::from(place.agree);
        Some(place)
    }

    fn decide(&self, located: Option<RegionCode>, stated: Option<RegionCode>) -> Option<Place> {
        let both = located.is_some() && stated.is_some();
        let by_point = match self.rule.trust {
            Trust::Point => located.is_some(),
            Trust::Code => stated.is_none(),
        };
        let desa = if by_point { located } else { stated }?;
        Some(Place { desa, by_point, both, agree: both && located == stated })
    }

    /// The desa of a point, or the nearest; what is odd about a point without one is counted.
    fn locate(&self, (lng, lat): (f64, f64), report: &mut LocationReport) -> Option<RegionCode> {
        let points = report.points.get_or_insert_default();
        (points.trust, points.tolerance_m) = (self.rule.trust, self.rule.tolerance_m);
        if let Some(desa) = self.index.locate(lng, lat) {
            return Some(desa);
        }
        if let Some((desa, _)) = self.index.nearest(lng, lat, f64::from(self.rule.tolerance_m)) {
            points.nearest += 1;
            return Some(desa);
        }
        match self.index.remark(lng, lat) {
            Some(Remark::NullIsland) => points.null_island += 1,
            Some(Remark::Abroad) => points.abroad += 1,
            _ => {}
        }
        None
    }
}
