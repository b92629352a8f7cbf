//! Rows become persons: a member of the base with the rows linked to it; rows outside the base
//! that share a sound NIK; and everybody else alone. Each row gets its answer here.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::answers::Lines;
use super::ingest::open_partition;
use super::repeats::Repeat;
use super::tally::{Tally, in_scope};
use super::{PipelineError, workers};
use crate::aggregate::Home;
use crate::clean::{Desa, FamilyRecord, PersonRecord};
use crate::domain::{Nik, RegionCode};
use crate::linkage::{
    Claim, How, RowRef, Unlinked, Verdict, by_content, cannot_be_one, compare, probability,
};
use crate::progress::Progress;
use crate::restricted::{AnswerLine, LedgerPerson, Outcome, Prints, ReviewState};
use crate::spill::{SpillWriter, partition_of, take_partition};

pub(super) const OUTSIDE: &str = "outside";
/// Persons without an id yet, partitioned by what they say.
pub(super) const FOUND: &str = "found";

/// Persons outside the base that may share one NIK before it counts as a placeholder: rows behind
/// them are not compared any more.
const CROWD: usize = 16;

/// A row of another registry that is linked to nobody of the base.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OutsideRow {
    pub record: PersonRecord,
    pub why: Unlinked,
    pub outcome: Outcome,
    pub weight: Option<f64>,
    pub review: ReviewState,
}

impl OutsideRow {
    /// Rows of one NIK fall together.
    pub(super) fn partition(&self, partitions: usize) -> usize {
        match self.record.nik {
            Some(nik) => partition_of(nik.expose(), partitions),
            None => open_partition(self.record.source, self.record.row, partitions),
        }
    }
}

/// Where rows and persons go, from any thread.
pub(super) struct People<'a> {
    pub provinces: &'a [RegionCode],
    pub prints: &'a Prints,
    pub lines: &'a Lines,
    pub found: &'a SpillWriter<LedgerPerson>,
}

/// The claims on the members of one partition that stand, by family and member, the first of a
/// registry's file before its duplicates.
pub(super) fn accept(
    mut claims: Vec<Claim>,
    outside: &SpillWriter<OutsideRow>,
) -> Result<Vec<Claim>, PipelineError> {
    claims.sort_by_cached_key(|c| (c.family, c.base));
    for person in claims.chunk_by_mut(|a, b| (a.family, a.base) == (b.family, b.base)) {
        person.sort_by(stronger_first);
    }
    let mut accepted: Vec<Claim> = Vec::with_capacity(claims.len());
    let mut first = 0;
    for claim in claims {
        if accepted.get(first).is_none_or(|c| c.base != claim.base || c.family != claim.family) {
            first = accepted.len();
        }
        if claim.record.as_ref().is_some_and(|row| spoken_against(row, &accepted[first..])) {
            refuse(claim, outside)?;
        } else {
            accepted.push(claim);
        }
    }
    Ok(accepted)
}

/// NIK before decision before score, then the weight, then what the rows say.
fn stronger_first(a: &Claim, b: &Claim) -> std::cmp::Ordering {
    let weight = |c: &Claim| c.how.weight().unwrap_or(0.0);
    a.how.rank().cmp(&b.how.rank()).then_with(|| weight(b).total_cmp(&weight(a))).then_with(|| {
        match (&a.record, &b.record) {
            (Some(x), Some(y)) => by_content(x, y),
            _ => a.other.cmp(&b.other),
        }
    })
}

/// True where a row that a score links cannot be the person of a stronger link.
fn spoken_against(row: &PersonRecord, stronger: &[Claim]) -> bool {
    // The strongest decide: a person with thousands of rows is not compared with all of them.
    stronger.iter().filter_map(|c| c.record.as_deref()).take(64).any(|r| cannot_be_one(r, row))
}

/// A link that was taken back: the row is somebody else, outside the base.
fn refuse(claim: Claim, outside: &SpillWriter<OutsideRow>) -> Result<(), PipelineError> {
    let Some(record) = claim.record else { return Ok(()) };
    let why = if record.nik.is_some() { Unlinked::NotFound } else { Unlinked::NoNik };
    let row = OutsideRow {
        record: *record,
        why,
        outcome: Outcome::Contradicted,
        weight: claim.how.weight(),
        review: ReviewState::None,
    };
    Ok(outside.push(row.partition(outside.partitions()), &row)?)
}

/// The base in one partition, families and members sorted by family.
pub(super) struct BaseRows<'a> {
    pub families: &'a [FamilyRecord],
    pub members: &'a [PersonRecord],
    pub repeats: &'a [Repeat],
}

impl BaseRows<'_> {
    fn family_of(&self, member: &PersonRecord) -> Option<&FamilyRecord> {
        let at = self.families.partition_point(|f| Some(f.key) < member.family);
        self.families.get(at).filter(|f| Some(f.key) == member.family)
    }

    /// The rows that repeat this one.
    fn repeats_of(&self, first: RowRef) -> impl Iterator<Item = RowRef> {
        let at = self.repeats.partition_point(|r| r.first < first);
        self.repeats[at..].iter().take_while(move |r| r.first == first).map(|r| r.row)
    }
}

/// Members of the base with their links become persons; claims are sorted by family.
pub(super) fn base_persons(
    base: &BaseRows<'_>,
    claims: &[Claim],
    mut homes: Vec<Home>,
    people: &People<'_>,
) -> Result<Tally, PipelineError> {
    homes.sort_unstable();
    let mut tally = Tally::default();
    let mut rest = claims;
    let mut by_row: Vec<&PersonRecord> = base.members.iter().collect();
    by_row.sort_by_key(|m| (m.family, RowRef::of(m)));
    for member in by_row {
        let me = (member.family, RowRef::of(member));
        let before = rest.partition_point(|c| (Some(c.family), c.base) < me);
        let mine = rest[before..].partition_point(|c| (Some(c.family), c.base) == me);
        let claims = &rest[before..before + mine];
        rest = &rest[before + mine..];
        let at = homes.binary_search_by_key(&me.1, |h| RowRef { source: h.source, row: h.row });
        let home = at.ok().map(|i| homes[i].desa);
        let own = base_lines(member, home, claims, people, &mut tally)?;
        for RowRef { source, row } in base.repeats_of(me.1) {
            let duplicate_of = Some((own.source, own.row));
            let line = AnswerLine { source, row, duplicate_of, ..own.clone() };
            tally.base(None, &line);
            people.lines.push(&line)?;
        }
        let mask = claims.iter().fold(1, |mask, c| mask | 1 << c.registry.index());
        tally.person(home.or_else(|| first_desa(claims, people.provinces)), mask);
        let stated = || base.family_of(member)?.region;
        let person = base_ledger(member, member.region.or_else(stated), claims, people.prints);
        keep(person, people)?;
    }
    Ok(tally)
}

/// The desa that the row of the first registry states, of a person whose family has no place.
fn first_desa(claims: &[Claim], provinces: &[RegionCode]) -> Option<RegionCode> {
    claims
        .iter()
        .filter_map(|c| Some((c.registry, c.region?.code())))
        .filter(|(_, desa)| in_scope(*desa, provinces))
        .min()
        .map(|(_, desa)| desa)
}

/// Answers for a member's own row, which is returned, and for those linked to it.
fn base_lines(
    member: &PersonRecord,
    home: Option<RegionCode>,
    claims: &[Claim],
    people: &People<'_>,
    tally: &mut Tally,
) -> Result<AnswerLine, PipelineError> {
    let outcome = claims.first().map(|c| outcome_of(c.how)).unwrap_or(match member.nik {
        Some(_) => Outcome::NotFound,
        None => Outcome::NoNik,
    });
    let own = AnswerLine { outcome, ..line(member) };
    tally.base(home, &own);
    people.lines.push(&own)?;
    let mut first_of: Vec<RowRef> = Vec::new();
    for claim in claims {
        let d = claim.differences;
        let first = first_of.iter().find(|f| f.source == claim.other.source).copied();
        if first.is_none() {
            first_of.push(claim.other);
        }
        let line = AnswerLine {
            source: claim.other.source,
            row: claim.other.row,
            outcome: outcome_of(claim.how),
            weight: claim.how.weight(),
            probability: claim.how.weight().map(probability),
            differs: [d.name, d.sex, d.birth, d.region],
            duplicate_of: first.map(|f| (f.source, f.row)),
            review: match claim.how {
                How::Review { .. } => ReviewState::Accepted,
                _ => ReviewState::None,
            },
            base: Some((claim.base.source, claim.base.row)),
        };
        tally.linked(claim, &line);
        people.lines.push(&line)?;
    }
    Ok(own)
}

fn outcome_of(how: How) -> Outcome {
    match how {
        How::Nik { .. } => Outcome::ByNik,
        How::Score { .. } => Outcome::ByScore,
        How::Review { .. } => Outcome::ByReview,
    }
}

/// An answer that says nothing yet.
fn line(record: &PersonRecord) -> AnswerLine {
    AnswerLine {
        source: record.source,
        row: record.row,
        outcome: Outcome::NotFound,
        weight: None,
        probability: None,
        differs: [false; 4],
        duplicate_of: None,
        review: ReviewState::None,
        base: None,
    }
}

/// What finds a member of the base again: the member's row; where that has no NIK, the NIK of a
/// linked row that bears it out; and the prints of rows that do not carry the NIK.
fn base_ledger(
    member: &PersonRecord,
    region: Option<Desa>,
    claims: &[Claim],
    prints: &Prints,
) -> LedgerPerson {
    let others = || claims.iter().filter_map(|c| c.record.as_deref());
    let mut known: Vec<u64> = others().map(|row| prints.of_record(row)).collect();
    let mut record = PersonRecord { region, ..member.clone() };
    if record.nik.is_none() {
        known.push(prints.of_record(member));
        record.nik = others().filter(|r| r.verified).filter_map(|r| r.nik).min();
        record.verified = record.nik.is_some();
    }
    known.sort_unstable();
    known.dedup();
    LedgerPerson::new(prints.person_id(&record, 0), record, known)
}

/// Persons without an id yet are laid by under what they say: equal contents fall together.
fn keep(person: LedgerPerson, people: &People<'_>) -> Result<(), PipelineError> {
    Ok(people.found.push(partition_of(person.id, people.found.partitions()), &person)?)
}

/// Rows outside the base become persons.
pub(super) fn outside_persons(
    folder: &Path,
    partitions: usize,
    people: &People<'_>,
    progress: &dyn Progress,
) -> Result<Tally, PipelineError> {
    let total = Mutex::new(Tally::default());
    workers::for_each(partitions, |partition| -> Result<(), PipelineError> {
        let mut rows: Vec<OutsideRow> = take_partition(folder, OUTSIDE, partition)?;
        rows.sort_by(|a, b| {
            let nik = |r: &OutsideRow| r.record.nik;
            nik(a).cmp(&nik(b)).then_with(|| by_content_first_registry(&a.record, &b.record))
        });
        let mut tally = Tally::default();
        for group in rows.chunk_by(|a, b| a.record.nik.is_some() && a.record.nik == b.record.nik) {
            for person in persons_of_one_nik(group) {
                outside_person(&person, people, &mut tally)?;
            }
        }
        total.lock().unwrap_or_else(PoisonError::into_inner).add(tally);
        progress.advance(1);
        Ok(())
    })?;
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn by_content_first_registry(a: &PersonRecord, b: &PersonRecord) -> std::cmp::Ordering {
    a.registry.cmp(&b.registry).then_with(|| by_content(a, b))
}

/// Groups rows of one NIK: each joins the first person whose first row does not speak against it.
fn persons_of_one_nik(rows: &[OutsideRow]) -> Vec<Vec<&OutsideRow>> {
    let mut persons: Vec<Vec<&OutsideRow>> = Vec::new();
    for row in rows {
        let joins = |person: &&mut Vec<&OutsideRow>| {
            person.first().is_some_and(|first| {
                let (a, b) = (&first.record, &row.record);
                compare(a, b) != Verdict::Contradiction && !cannot_be_one(a, b)
            })
        };
        match persons.iter_mut().take(CROWD).find(joins) {
            Some(person) => person.push(row),
            None => persons.push(vec![row]),
        }
    }
    persons
}

fn outside_person(
    rows: &[&OutsideRow],
    people: &People<'_>,
    tally: &mut Tally,
) -> Result<(), PipelineError> {
    let mut first_of: Vec<RowRef> = Vec::new();
    let lowest = |source: u16| {
        rows.iter().map(|r| RowRef::of(&r.record)).filter(|r| r.source == source).min()
    };
    for row in rows {
        let me = RowRef::of(&row.record);
        let first = match first_of.iter().find(|f| f.source == me.source) {
            Some(first) => *first,
            None => {
                let first = lowest(me.source).unwrap_or(me);
                first_of.push(first);
                first
            }
        };
        let line = AnswerLine {
            outcome: row.outcome,
            weight: row.weight,
            probability: row.weight.map(probability),
            duplicate_of: (first != me).then_some((first.source, first.row)),
            review: row.review,
            ..line(&row.record)
        };
        tally.unlinked(row, &line);
        people.lines.push(&line)?;
    }
    let mask = rows.iter().fold(0, |mask, r| mask | 1 << r.record.registry.index());
    let desa = rows
        .iter()
        .filter_map(|r| Some(r.record.region?.code()))
        .find(|desa| in_scope(*desa, people.provinces));
    tally.person(desa, mask);
    let Some(first) = rows.first() else { return Ok(()) };
    keep(outside_ledger(first, rows, people.prints), people)
}

/// The row of the first registry stands for the person; without a NIK its print finds it again.
fn outside_ledger(first: &OutsideRow, rows: &[&OutsideRow], prints: &Prints) -> LedgerPerson {
    let niks: BTreeSet<Nik> = rows.iter().filter_map(|r| r.record.nik).collect();
    let known = if niks.is_empty() { vec![prints.of_record(&first.record)] } else { Vec::new() };
    LedgerPerson::new(prints.person_id(&first.record, 0), first.record.clone(), known)
}
