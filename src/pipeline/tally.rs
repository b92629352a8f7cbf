//! Linkage in numbers: outcomes by registry and region, and who is in which registries.

use std::collections::{BTreeMap, HashMap};

use super::people::OutsideRow;
use crate::clean::Desa;
use crate::domain::{
    Level, LinkageCounts, MatchCounts, MatchRow, OverlapRow, RegionCode, Registry, RegistryCounts,
    RegistryRows,
};
use crate::linkage::{Claim, How, Unlinked};
use crate::restricted::{AnswerLine, Outcome};

const REGISTRIES: usize = Registry::ALL.len();

/// A region key for rows whose desa is unusable.
const NOWHERE: RegionCode = RegionCode::NATION;

/// Sums over rows and persons; parts are added up in any order.
#[derive(Default)]
pub(super) struct Tally {
    pub linkage: [LinkageCounts; REGISTRIES],
    matches: HashMap<(RegionCode, Registry), MatchCounts>,
    /// Persons by desa and set of registries (bit i: [`Registry::ALL`]\[i\]).
    persons: HashMap<(RegionCode, u8), u64>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        for (sum, part) in self.linkage.iter_mut().zip(&other.linkage) {
            sum.add(part);
        }
        for (key, part) in other.matches {
            self.matches.entry(key).or_default().add(&part);
        }
        for (key, part) in other.persons {
            *self.persons.entry(key).or_default() += part;
        }
    }

    /// Counts a row with its outcome in the region `desa`.
    fn line(&mut self, desa: Option<RegionCode>, registry: Registry, line: &AnswerLine) {
        let one = |so: bool| u64::from(so);
        let is = |outcome| one(line.outcome == outcome);
        let linked = line.outcome.linked();
        let [name, sex, birth, region] = line.differs.map(|so| one(so && linked));
        let counts = MatchCounts {
            rows: 1,
            by_nik: is(Outcome::ByNik),
            by_score: is(Outcome::ByScore),
            by_review: is(Outcome::ByReview),
            pending: is(Outcome::Pending),
            no_nik: is(Outcome::NoNik),
            not_found: is(Outcome::NotFound),
            contradicted: is(Outcome::Contradicted),
            ambiguous: is(Outcome::Ambiguous),
            duplicates: one(line.duplicate_of.is_some()),
            conflict_name: name,
            conflict_sex: sex,
            conflict_birth: birth,
            conflict_region: region,
        };
        self.matches.entry((desa.unwrap_or(NOWHERE), registry)).or_default().add(&counts);
    }

    /// Counts a linked row of another registry.
    pub(super) fn linked(&mut self, claim: &Claim, line: &AnswerLine) {
        self.line(claim.region.map(Desa::code), claim.registry, line);
        let counts = &mut self.linkage[claim.registry.index()];
        counts.rows += 1;
        counts.linked += 1;
        counts.linked_with_remark += u64::from(matches!(claim.how, How::Nik { remark: true }));
    }

    /// Counts an unlinked row of another registry.
    pub(super) fn unlinked(&mut self, row: &OutsideRow, line: &AnswerLine) {
        self.line(row.record.region.map(Desa::code), row.record.registry, line);
        let counts = &mut self.linkage[row.record.registry.index()];
        counts.rows += 1;
        let to = match (row.outcome, row.why) {
            (Outcome::Contradicted, _) | (_, Unlinked::Contradicted) => &mut counts.contradicted,
            (Outcome::Ambiguous, _) | (_, Unlinked::Ambiguous) => &mut counts.ambiguous,
            (_, Unlinked::NoNik) => &mut counts.no_identity,
            (_, Unlinked::NotFound) => &mut counts.not_found,
        };
        *to += 1;
    }

    /// Counts a row of the base, in the desa where the family was placed.
    pub(super) fn base(&mut self, home: Option<RegionCode>, line: &AnswerLine) {
        if home.is_some() {
            self.line(home, Registry::Regsosek, line);
        }
        let counts = &mut self.linkage[Registry::Regsosek.index()];
        counts.rows += 1;
        counts.linked += u64::from(line.outcome.linked());
        counts.no_identity += u64::from(line.outcome == Outcome::NoNik);
    }

    /// Counts a person in the registries of `mask`.
    pub(super) fn person(&mut self, desa: Option<RegionCode>, mask: u8) {
        if let Some(desa) = desa {
            *self.persons.entry((desa, mask)).or_default() += 1;
        }
    }

    /// Rows and linked rows of the other registries by stated desa of the provinces, and by
    /// registry the rest.
    pub(super) fn stated(
        &self,
        provinces: &[RegionCode],
    ) -> (BTreeMap<(Registry, RegionCode), RegistryCounts>, Vec<RegistryRows>) {
        let mut inside = BTreeMap::new();
        let mut outside: Vec<RegistryRows> = Registry::ALL[1..]
            .iter()
            .map(|registry| RegistryRows { registry: *registry, rows: 0, linked: 0 })
            .collect();
        for ((desa, registry), counts) in &self.matches {
            let Some(rest) = outside.iter_mut().find(|r| r.registry == *registry) else { continue };
            let (rows, linked) = (counts.rows, counts.linked());
            if in_scope(*desa, provinces) {
                inside.insert((*registry, *desa), RegistryCounts { rows, linked });
            } else {
                rest.rows += rows;
                rest.linked += linked;
            }
        }
        (inside, outside)
    }

    /// Outcomes of every region of the provinces, and of those above.
    pub(super) fn match_rows(&self, provinces: &[RegionCode]) -> Vec<MatchRow> {
        let mut all: BTreeMap<(RegionCode, Registry), MatchCounts> = BTreeMap::new();
        for ((desa, registry), counts) in &self.matches {
            if in_scope(*desa, provinces) {
                for level in Level::ALL {
                    all.entry((desa.ancestor(level), *registry)).or_default().add(counts);
                }
            }
        }
        let row = |((code, registry), counts)| MatchRow { code, registry, counts };
        all.into_iter().map(row).collect()
    }

    /// Persons that two registries share, of every region of the provinces and of those above.
    pub(super) fn overlaps(&self, provinces: &[RegionCode]) -> Vec<OverlapRow> {
        let mut desas: BTreeMap<(RegionCode, Registry, Registry), u64> = BTreeMap::new();
        for ((desa, mask), persons) in &self.persons {
            if !in_scope(*desa, provinces) {
                continue;
            }
            let held: Vec<Registry> =
                Registry::ALL.into_iter().filter(|r| mask >> r.index() & 1 == 1).collect();
            for (i, a) in held.iter().enumerate() {
                for b in &held[i..] {
                    *desas.entry((*desa, *a, *b)).or_default() += persons;
                }
            }
        }
        let mut all: BTreeMap<(RegionCode, Registry, Registry), u64> = BTreeMap::new();
        for ((desa, a, b), persons) in desas {
            for level in Level::ALL {
                *all.entry((desa.ancestor(level), a, b)).or_default() += persons;
            }
        }
        let row = |((code, a, b), persons)| OverlapRow { code, a, b, persons };
        all.into_iter().map(row).collect()
    }

    /// Rows counted for a registry.
    pub(super) fn rows(&self, registry: Registry) -> u64 {
        self.linkage[registry.index()].rows
    }
}

/// True for a desa of these provinces.
pub(super) fn in_scope(desa: RegionCode, provinces: &[RegionCode]) -> bool {
    desa != NOWHERE && provinces.iter().any(|province| province.contains(desa))
}
