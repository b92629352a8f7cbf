//! Families of one partition put together from their family row, member rows and links, and
//! measured: the last place where single families exist.

use std::collections::{BTreeMap, HashMap};

use super::place::{Conflicts, Placer};
use crate::clean::{FamilyKey, FamilyRecord, IssueLog, PersonRecord};
use crate::domain::{
    Decile, FamilyFacts, Level, LocationReport, ProgrammeSet, ProgrammeUnit, RegionCode,
};
use crate::indicators::poverty;
use crate::linkage::MemberLink;

/// What measuring needs to know besides the records.
pub struct MeasureContext<'a> {
    pub programmes: &'a ProgrammeSet,
    /// Rupiah per capita per month.
    pub extreme_line: f64,
    /// BPS line of each kabupaten, rupiah per capita per month.
    pub poverty_lines: &'a HashMap<RegionCode, f64>,
    pub placer: Placer<'a>,
}

/// The records of one partition, in any order.
pub struct PartitionInput {
    pub families: Vec<FamilyRecord>,
    pub members: Vec<PersonRecord>,
    pub links: Vec<MemberLink>,
}

/// One placed family as numbers: no name, no NIK, no coordinate.
#[derive(Clone, Debug)]
pub struct FamilyFact {
    /// Whose they are.
    pub family: FamilyKey,
    pub desa: RegionCode,
    pub n_persons: u32,
    pub ranked: bool,
    pub extreme: bool,
    pub poor: bool,
    /// Of one person; the family counts it once a member.
    pub gap_fixed: u64,
    pub severity_fixed: u64,
    pub n_programmes: u32,
    pub n_ppks: u32,
    pub by_point: bool,
    pub both: bool,
    pub agree: bool,
    pub n_linked: u32,
    /// Eligible, covered and recipients of each programme, in its unit.
    pub programmes: Vec<[u32; 3]>,
    /// Bit i: programme i, which is switched on, reaches somebody of the family.
    pub receives: u32,
    /// Bit i: somebody is eligible for programme i, which is switched on, and not reached by it.
    pub missed: u32,
}

/// Where a member of a placed family lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    pub source: u16,
    pub row: u64,
    pub desa: RegionCode,
}

/// What became of a partition.
#[derive(Default)]
pub struct PartitionOutcome {
    pub facts: Vec<FamilyFact>,
    /// One entry a person that `facts` count.
    pub homes: Vec<Home>,
    /// Faults by index of the delivered file.
    pub logs: BTreeMap<u16, IssueLog>,
    pub location: LocationReport,
    pub conflicts: Conflicts,
}

/// Joins and measures the families of a partition, and leaves its records sorted by family.
pub fn measure_partition(
    input: &mut PartitionInput,
    context: &MeasureContext<'_>,
) -> PartitionOutcome {
    input.families.sort_by_cached_key(|f| (f.key, f.source, f.row));
    input.members.sort_by_cached_key(|m| (m.family, m.source, m.row));
    input.links.sort_unstable();
    let mut outcome = PartitionOutcome::default();
    let (mut member_at, mut link_at) = (0, 0);
    for group in input.families.chunk_by(|a, b| a.key == b.key) {
        let key = group[0].key;
        for duplicate in &group[1..] {
            log(&mut outcome, duplicate.source).set_aside("family_duplicate", "", duplicate.row);
        }
        set_orphans_aside(&mut outcome, &input.members, &mut member_at, Some(key));
        let members = run_of(&input.members, &mut member_at, |m| m.family == Some(key));
        skip_to(&input.links, &mut link_at, |l| l.family < key);
        let links = run_of(&input.links, &mut link_at, |l| l.family == key);
        measure_family(&group[0], members, links, context, &mut outcome);
    }
    set_orphans_aside(&mut outcome, &input.members, &mut member_at, None);
    outcome
}

fn log(outcome: &mut PartitionOutcome, source: u16) -> &mut IssueLog {
    outcome.logs.entry(source).or_default()
}

fn skip_to<T>(items: &[T], at: &mut usize, before: impl Fn(&T) -> bool) {
    while items.get(*at).is_some_and(&before) {
        *at += 1;
    }
}

fn run_of<'a, T>(items: &'a [T], at: &mut usize, same: impl Fn(&T) -> bool) -> &'a [T] {
    let start = *at;
    while items.get(*at).is_some_and(&same) {
        *at += 1;
    }
    &items[start..*at]
}

/// Members whose family row was never delivered.
fn set_orphans_aside(
    outcome: &mut PartitionOutcome,
    members: &[PersonRecord],
    at: &mut usize,
    key: Option<FamilyKey>,
) {
    while let Some(member) = members.get(*at).filter(|m| key.is_none() || m.family < key) {
        log(outcome, member.source).set_aside("member_without_family", "", member.row);
        *at += 1;
    }
}

fn measure_family(
    family: &FamilyRecord,
    members: &[PersonRecord],
    links: &[MemberLink],
    context: &MeasureContext<'_>,
    outcome: &mut PartitionOutcome,
) {
    let members = without_duplicates(members, outcome);
    let outside_before = outcome.location.point_outside;
    if members.is_empty() {
        log(outcome, family.source).set_aside("family_without_members", "", family.row);
        return;
    }
    let place = context.placer.place(family, &mut outcome.location, &mut outcome.conflicts);
    if outcome.location.point_outside > outside_before {
        log(outcome, family.source).issue("coordinate_outside", "", family.row);
    }
    let Some(place) = place else {
        log(outcome, family.source).set_aside("family_unplaced", "", family.row);
        for member in &members {
            log(outcome, member.source).set_aside("family_unplaced", "", member.row);
        }
        outcome.location.unplaced_persons += members.len() as u64;
        return;
    };
    if family.n_members_stated.is_some_and(|stated| usize::from(stated) != members.len()) {
        log(outcome, family.source).issue("members_mismatch", "", family.row);
    }
    let mut fact = FamilyFact {
        family: family.key,
        desa: place.desa,
        n_persons: count(members.len()),
        ranked: false,
        extreme: false,
        poor: false,
        gap_fixed: 0,
        severity_fixed: 0,
        n_programmes: 0,
        n_ppks: 0,
        by_point: place.by_point,
        both: place.both,
        agree: place.agree,
        n_linked: 0,
        programmes: vec![[0; 3]; context.programmes.len()],
        receives: 0,
        missed: 0,
    };
    let at = |m: &&PersonRecord| Home { source: m.source, row: m.row, desa: place.desa };
    outcome.homes.extend(members.iter().map(at));
    measure_welfare(&mut fact, family, context, outcome);
    measure_programmes(&mut fact, family, &members, links, context.programmes);
    outcome.facts.push(fact);
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Two rows for one place in the family are one member; the first stands.
fn without_duplicates<'a>(
    members: &'a [PersonRecord],
    outcome: &mut PartitionOutcome,
) -> Vec<&'a PersonRecord> {
    let mut kept: Vec<&PersonRecord> = Vec::with_capacity(members.len());
    for member in members {
        let twin =
            |other: &&&PersonRecord| member.member_no != 0 && other.member_no == member.member_no;
        if kept.iter().any(|other| twin(&other)) {
            log(outcome, member.source).set_aside("member_duplicate", "", member.row);
        } else {
            kept.push(member);
        }
    }
    kept
}

fn measure_welfare(
    fact: &mut FamilyFact,
    family: &FamilyRecord,
    context: &MeasureContext<'_>,
    outcome: &mut PartitionOutcome,
) {
    let line = context.poverty_lines.get(&fact.desa.ancestor(Level::Kabupaten));
    let (Some(rp), Some(line)) = (family.expenditure_rp_month, line) else {
        log(outcome, family.source).issue("expenditure_missing", "", family.row);
        return;
    };
    #[expect(clippy::cast_precision_loss, reason = "rupiah a month stay below 2^53")]
    let y = rp as f64;
    fact.ranked = true;
    fact.extreme = y < context.extreme_line;
    fact.poor = y < *line;
    fact.gap_fixed = poverty::gap_fixed(y, *line);
    fact.severity_fixed = poverty::severity_fixed(y, *line);
}

fn measure_programmes(
    fact: &mut FamilyFact,
    family: &FamilyRecord,
    members: &[&PersonRecord],
    links: &[MemberLink],
    programmes: &ProgrammeSet,
) {
    let linked: Vec<Option<&MemberLink>> = members
        .iter()
        .map(|m| links.iter().find(|l| l.source == m.source && l.row == m.row))
        .collect();
    let receipts: Vec<u32> = members
        .iter()
        .zip(&linked)
        .map(|(member, link)| member.receipts | link.map_or(0, |l| l.receipts))
        .collect();
    let any = receipts.iter().fold(family.receipts, |all, bits| all | bits);
    fact.n_linked = count(linked.iter().flatten().count());
    fact.n_ppks = count(linked.iter().flatten().filter(|l| l.ppks).count());
    fact.n_programmes = count(programmes.enabled().filter(|(i, _)| any >> i & 1 == 1).count());
    let enabled = programmes.enabled().fold(0, |bits, (i, _)| bits | 1 << i);
    fact.receives = any & enabled;
    let facts = FamilyFacts { decile: family.decile.and_then(Decile::new), region: fact.desa };
    for (i, programme) in programmes.iter() {
        let family_ok = programme.rule.family_ok(&facts);
        let receives = |bits: u32| bits >> i & 1 == 1;
        let mut add = |eligible: bool, received: bool| {
            let [e, c, r] = &mut fact.programmes[i];
            *e += u32::from(eligible);
            *c += u32::from(eligible && received);
            *r += u32::from(received);
        };
        match programme.unit {
            ProgrammeUnit::Family => {
                let who = members.iter().any(|m| programme.rule.person_ok(&m.facts));
                add(family_ok && who, receives(any));
            }
            ProgrammeUnit::Person => {
                for (member, bits) in members.iter().zip(&receipts) {
                    add(family_ok && programme.rule.person_ok(&member.facts), receives(*bits));
                }
            }
        }
        let [eligible, covered, _] = fact.programmes[i];
        fact.missed |= u32::from(eligible > covered) << i & enabled;
    }
}
