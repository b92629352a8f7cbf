//! Who receives which programme, with the stated errors, and which registry therefore knows whom.

use rayon::prelude::*;
use serde::Serialize;

use super::dice::{Dice, Stage};
use super::people::{Family, Person, School};
use super::plan::{Kabupaten, World};
use crate::domain::{Decile, FamilyFacts, Programme, ProgrammeUnit};

/// Pupils whom EMIS (madrasah and pesantren) knows; the others are in Dapodik.
const EMIS_SHARE: f64 = 0.15;

/// Families that are decided on together.
const PART: usize = 4096;

/// What a programme reached, in its unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProgrammeReached {
    pub id: String,
    pub eligible: u64,
    pub eligible_covered: u64,
    pub covered: u64,
}

/// Families with their members.
struct Part<'a> {
    families: &'a mut [Family],
    persons: &'a mut [Person],
    base: u32,
}

fn parts<'a>(mut families: &'a mut [Family], mut persons: &'a mut [Person]) -> Vec<Part<'a>> {
    let mut all = Vec::new();
    while !families.is_empty() {
        let (head, rest) = families.split_at_mut(families.len().min(PART));
        let n: usize = head.iter().map(|f| usize::from(f.size)).sum();
        let (mine, others) = persons.split_at_mut(n);
        all.push(Part { base: head[0].first, families: head, persons: mine });
        (families, persons) = (rest, others);
    }
    all
}

/// How a unit stands to a programme.
enum Standing {
    Eligible,
    /// Not eligible, but such as wrongly receives; the weight falls with the distance in deciles.
    Candidate(f64),
    Neither,
}

fn facts(world: &World<'_>, family: &Family) -> FamilyFacts {
    let region = world.desas[family.desa as usize].code;
    FamilyFacts { decile: Decile::new(family.decile), region }
}

fn distance_weight(programme: &Programme, family: &Family) -> f64 {
    let max = programme.rule.max_decile.unwrap_or(10);
    0.6_f64.powi(i32::from(family.decile.saturating_sub(max)))
}

fn in_region(programme: &Programme, facts: &FamilyFacts) -> bool {
    let regions = &programme.rule.regions;
    regions.is_empty() || regions.iter().any(|r| r.contains(facts.region))
}

fn family_standing(world: &World<'_>, p: &Programme, f: &Family, members: &[Person]) -> Standing {
    let facts = facts(world, f);
    if !in_region(p, &facts) {
        Standing::Neither
    } else if p.rule.family_ok(&facts) && members.iter().any(|m| p.rule.person_ok(&m.facts)) {
        Standing::Eligible
    } else {
        Standing::Candidate(distance_weight(p, f))
    }
}

fn person_standing(world: &World<'_>, p: &Programme, f: &Family, person: &Person) -> Standing {
    let facts = facts(world, f);
    if !in_region(p, &facts) {
        return Standing::Neither;
    }
    let person_ok = p.rule.person_ok(&person.facts);
    if person_ok && p.rule.family_ok(&facts) {
        return Standing::Eligible;
    }
    // Where rank decides, the wrong recipients are like the right ones but richer; where it does
    // not (Prakerja), they are of the right age but have work or a school place.
    let age_fits = p
        .rule
        .who
        .iter()
        .any(|w| w.age.is_some_and(|[low, high]| (low..=high).contains(&person.facts.age)));
    let like = if p.rule.max_decile.is_some() { person_ok } else { age_fits };
    if like { Standing::Candidate(distance_weight(p, f)) } else { Standing::Neither }
}

/// Eligible units and candidate weight of one programme.
#[derive(Clone, Copy, Default)]
struct Tally {
    eligible: f64,
    weight: f64,
}

/// Calls `each` with every unit's standing, members as `None` for a family programme.
fn stand(
    world: &World<'_>,
    programme: &Programme,
    family: &Family,
    members: &[Person],
    mut each: impl FnMut(Option<usize>, Standing),
) {
    match programme.unit {
        ProgrammeUnit::Family => each(None, family_standing(world, programme, family, members)),
        ProgrammeUnit::Person => {
            for (i, person) in members.iter().enumerate() {
                each(Some(i), person_standing(world, programme, family, person));
            }
        }
    }
}

fn members<'a>(family: &Family, base: u32, persons: &'a [Person]) -> &'a [Person] {
    let start = (family.first - base) as usize;
    &persons[start..start + usize::from(family.size)]
}

fn tally(world: &World<'_>, part: &Part<'_>) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); world.programmes.len()];
    for family in part.families.iter() {
        let members = members(family, part.base, part.persons);
        for (index, programme) in world.programmes.enabled() {
            let tally = &mut tallies[index];
            stand(world, programme, family, members, |_, standing| match standing {
                Standing::Eligible => tally.eligible += 1.0,
                Standing::Candidate(weight) => tally.weight += weight,
                Standing::Neither => {}
            });
        }
    }
    tallies
}

/// Hands out the programmes of a kabupaten and enters everybody in the registries.
pub(super) fn hand_out(
    world: &World<'_>,
    kab: &Kabupaten,
    families: &mut [Family],
    persons: &mut [Person],
) -> Vec<ProgrammeReached> {
    let mut parts = parts(families, persons);
    let tallies: Vec<Vec<Tally>> = parts.par_iter().map(|part| tally(world, part)).collect();
    let leak: Vec<f64> = world
        .programmes
        .iter()
        .map(|(i, programme)| {
            let eligible: f64 = tallies.iter().map(|t| t[i].eligible).sum();
            let weight: f64 = tallies.iter().map(|t| t[i].weight).sum();
            let rate = world.config.rates.targeting(&programme.id);
            // inclusion = wrong / (wrong + right), solved for the expected number of wrong ones.
            let right = eligible * (1.0 - rate.exclusion);
            let wrong = right * rate.inclusion / (1.0 - rate.inclusion).max(1e-9);
            if weight > 0.0 { wrong / weight } else { 0.0 }
        })
        .collect();
    let counts: Vec<Vec<ProgrammeReached>> = parts
        .par_iter_mut()
        .enumerate()
        .map(|(i, part)| {
            let place = kab.code.packed() + i as u64;
            let mut dice = Dice::new(world.config.seed, place, Stage::Benefits);
            let counts = receive(world, part, &leak, &mut dice);
            enter(world, part, &mut dice);
            counts
        })
        .collect();
    counts.into_iter().reduce(add_counts).unwrap_or_default()
}

/// Adds up the counts of two groups of families, programme by programme.
pub(super) fn add_counts(
    mut sum: Vec<ProgrammeReached>,
    more: Vec<ProgrammeReached>,
) -> Vec<ProgrammeReached> {
    for (sum, more) in sum.iter_mut().zip(more) {
        sum.eligible += more.eligible;
        sum.eligible_covered += more.eligible_covered;
        sum.covered += more.covered;
    }
    sum
}

fn receive(
    world: &World<'_>,
    part: &mut Part<'_>,
    leak: &[f64],
    dice: &mut Dice,
) -> Vec<ProgrammeReached> {
    let mut counts: Vec<ProgrammeReached> = Vec::new();
    for (index, programme) in world.programmes.enabled() {
        let exclusion = world.config.rates.targeting(&programme.id).exclusion;
        let mut count = ProgrammeReached { id: programme.id.clone(), ..Default::default() };
        let mut got: Vec<usize> = Vec::new();
        for family in part.families.iter_mut() {
            got.clear();
            let start = (family.first - part.base) as usize;
            let members = &part.persons[start..start + usize::from(family.size)];
            let mut whole = false;
            stand(world, programme, family, members, |member, standing| {
                let receives = match standing {
                    Standing::Eligible => {
                        let reached = dice.unit() >= exclusion;
                        count.eligible += 1;
                        count.eligible_covered += u64::from(reached);
                        reached
                    }
                    Standing::Candidate(weight) => dice.chance(weight * leak[index]),
                    Standing::Neither => false,
                };
                count.covered += u64::from(receives);
                match (receives, member) {
                    (true, Some(i)) => got.push(start + i),
                    (true, None) => whole = true,
                    (false, _) => {}
                }
            });
            family.receipts |= u32::from(whole) << index;
            for i in &got {
                part.persons[*i].receipts |= 1 << index;
            }
        }
        counts.push(count);
    }
    counts
}

/// Which registry knows whom. A recipient is always in the registry that shows the receipt.
fn enter(world: &World<'_>, part: &mut Part<'_>, dice: &mut Dice) {
    let rates = &world.config.rates;
    let mask = |ids: &[&str]| {
        ids.iter().filter_map(|id| world.index_of(id)).fold(0_u32, |mask, i| mask | 1 << i)
    };
    let shown_by_dtks = mask(&["pkh", "sembako", "kartu_sejahtera", "kartu_usaha"]);
    let shown_by_carik = mask(&["kjp_plus", "kjs", "bantuan_gizi"]);
    let (pip, prakerja) = (mask(&["pip"]), mask(&["prakerja"]));
    for family in part.families.iter_mut() {
        let start = (family.first - part.base) as usize;
        let members = &mut part.persons[start..start + usize::from(family.size)];
        let all = members.iter().fold(family.receipts, |all, m| all | m.receipts);
        let poorer = family.decile <= 4;
        family.in_p3ke = poorer && !dice.chance(rates.p3ke_missing);
        let listed = if poorer {
            !dice.chance(rates.dtks_missing)
        } else {
            dice.chance(rates.dtks_included)
        };
        family.in_dtks = listed || all & shown_by_dtks != 0;
        let dki = world.desas[family.desa as usize].prefix / 10_000 == 31;
        let known = !dice.chance(rates.carik_missing);
        family.in_carik = dki && (known || all & shown_by_carik != 0);
        for person in members {
            if person.facts.pupil {
                let emis = dice.chance(EMIS_SHARE);
                let missing = dice.chance(rates.pupil_missing) && person.receipts & pip == 0;
                person.school = match (missing, emis) {
                    (true, _) => School::None,
                    (false, true) => School::Emis,
                    (false, false) => School::Dapodik,
                };
            }
            let of_age = (18..=64).contains(&person.facts.age) && person.receipts & prakerja == 0;
            person.applicant = of_age && dice.chance(rates.prakerja_applicants);
        }
    }
}
