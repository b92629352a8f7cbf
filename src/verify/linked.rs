//! Do the tables of linkage hold: outcomes that make up the rows, children that make up their
//! parents, and no more persons in common than either registry has.

use std::collections::BTreeMap;

use super::{Check, verdict};
use crate::domain::{Level, MatchCounts, RegionCode, Registry};
use crate::snapshot::Snapshot;

/// Of every region and registry the outcomes add up to the rows and no remark is on more rows than
/// there are; parents are the sums of their children; the rows are those of the regions' table. Of
/// the base that table counts the members of the families placed in a region, not the rows that
/// name it, so the base is left out there.
pub(super) fn check_matching(snapshot: &Snapshot) -> Check {
    let mut wrong = Vec::new();
    for row in &snapshot.matching {
        let (c, place) = (&row.counts, format!("{} {}", row.code, row.registry.slug()));
        let outcomes =
            c.linked() + c.pending + c.no_nik + c.not_found + c.contradicted + c.ambiguous;
        if c.rows != outcomes {
            wrong.push(format!("{place}: {} rows but {outcomes} outcomes", c.rows));
        }
        let conflicts = [c.conflict_name, c.conflict_sex, c.conflict_birth, c.conflict_region];
        if c.duplicates > c.rows || conflicts.iter().any(|n| *n > c.linked()) {
            wrong.push(format!("{place}: more remarks than rows"));
        }
        let counted = snapshot.region(row.code).map(|r| r.registries[row.registry.index()].rows);
        if row.registry != Registry::Regsosek && counted.is_some_and(|rows| rows != c.rows) {
            wrong.push(format!("{place}: {} rows, {counted:?} in the regions' table", c.rows));
        }
    }
    let values = snapshot.matching.iter().map(|row| (row.code, row.registry, row.counts.values()));
    let compared = compare_sums(values, &MatchCounts::COLUMNS, |r| r.slug().to_owned(), &mut wrong);
    let rows = snapshot.matching.len();
    verdict("matching", format!("{rows} rows add up, {compared} sums of children compared"), &wrong)
}

/// Parents are the sums of their children, and two registries share no more persons than either
/// has.
pub(super) fn check_overlaps(snapshot: &Snapshot) -> Check {
    let mut wrong = Vec::new();
    for row in &snapshot.overlaps {
        let place = format!("{} {} {}", row.code, row.a.slug(), row.b.slug());
        if row.a > row.b {
            wrong.push(format!("{place}: the pair is the wrong way round"));
        }
        let most = [row.a, row.b].map(|r| snapshot.overlap(row.code, r, r)).into_iter().min();
        if most.is_some_and(|most| row.persons > most) {
            wrong.push(format!("{place}: {} persons, more than one has", row.persons));
        }
    }
    let values = snapshot.overlaps.iter().map(|row| (row.code, (row.a, row.b), [row.persons]));
    let name = |(a, b): (Registry, Registry)| format!("{} {}", a.slug(), b.slug());
    let compared = compare_sums(values, &["persons"], name, &mut wrong);
    let rows = snapshot.overlaps.len();
    verdict("overlaps", format!("{rows} rows, {compared} sums of children compared"), &wrong)
}

/// Compares every parent with the sum of its children, also where either is missing; returns how
/// many numbers were compared.
fn compare_sums<K: Copy + Ord, const N: usize>(
    rows: impl Iterator<Item = (RegionCode, K, [u64; N])>,
    columns: &[&str; N],
    name: impl Fn(K) -> String,
    wrong: &mut Vec<String>,
) -> u64 {
    let (mut own, mut sums) = (BTreeMap::new(), BTreeMap::new());
    for (code, key, values) in rows {
        if let Some(parent) = code.parent() {
            let sum: &mut [u64; N] = sums.entry((parent, key)).or_insert([0; N]);
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        if code.level() == Level::Desa {
            continue;
        }
        if own.insert((code, key), values).is_some() {
            wrong.push(format!("{code} {}: twice", name(key)));
        }
    }
    let places: std::collections::BTreeSet<_> = own.keys().chain(sums.keys()).copied().collect();
    let mut compared = 0;
    for place in places {
        let [is, should] = [&own, &sums].map(|table| table.get(&place).copied().unwrap_or([0; N]));
        for ((column, is), should) in columns.iter().zip(is).zip(should) {
            compared += 1;
            if is != should {
                let (code, key) = place;
                wrong.push(format!(
                    "{code} {} {column}: {is} but children sum to {should}",
                    name(key)
                ));
            }
        }
    }
    compared
}
