//! Families that were measured, laid by for the room that keeps them by name, and sealed there.

use super::{PipelineError, workers};
use crate::aggregate::{FamilyFact, PartitionInput};
use crate::by_name::{Draft, Household, Member, Sealed};
use crate::clean::{Desa, FamilyRecord, PersonRecord};
use crate::linkage::{Claim, RowRef};
use crate::progress::Progress;

/// Lays by every measured family of a partition, whose records and claims are sorted by family.
pub(super) fn lay_by(
    draft: &Draft,
    facts: &[FamilyFact],
    input: &PartitionInput,
    claims: &[Claim],
) -> Result<(), PipelineError> {
    for fact in facts {
        let at = input.families.partition_point(|f| f.key < fact.family);
        let Some(family) = input.families.get(at).filter(|f| f.key == fact.family) else {
            continue;
        };
        let from = input.members.partition_point(|m| m.family < Some(fact.family));
        let members = &input.members[from..];
        let members = &members[..members.partition_point(|m| m.family == Some(fact.family))];
        let from = claims.partition_point(|c| c.family < fact.family);
        let claims = &claims[from..];
        let claims = &claims[..claims.partition_point(|c| c.family == fact.family)];
        draft.push(&household(fact, family, members, claims))?;
    }
    Ok(())
}

fn household(
    fact: &FamilyFact,
    family: &FamilyRecord,
    members: &[PersonRecord],
    claims: &[Claim],
) -> Household {
    let mut kept: Vec<&PersonRecord> = Vec::with_capacity(members.len());
    for member in members {
        // As they are counted: two rows for one place in the family are one member.
        if member.member_no == 0 || kept.iter().all(|k| k.member_no != member.member_no) {
            kept.push(member);
        }
    }
    kept.sort_by_key(|m| (m.member_no, m.row));
    let stated = family.region.filter(|desa| desa.code() != fact.desa);
    Household {
        desa: Desa::new(fact.desa),
        stated,
        source: family.source,
        row: family.row,
        card: family.card,
        address: family.address.clone(),
        decile: family.decile,
        expenditure_rp_month: family.expenditure_rp_month,
        ranked: fact.ranked,
        extreme: fact.extreme,
        poor: fact.poor,
        receives: fact.receives,
        missed: fact.missed,
        members_differ: family.n_members_stated.is_some_and(|n| usize::from(n) != kept.len()),
        members: kept.into_iter().map(|member| person(member, claims)).collect(),
    }
}

fn person(member: &PersonRecord, claims: &[Claim]) -> Member {
    let mine = || claims.iter().filter(|c| c.base == RowRef::of(member));
    Member {
        name: member.name.clone(),
        nik: member.nik,
        digits: member.digits,
        birth: member.birth,
        sex: member.sex,
        role: member.role,
        registries: mine().fold(0, |bits, c| bits | 1 << c.registry.index()),
        differs: mine().any(|c| c.differences.name || c.differences.sex || c.differences.birth),
    }
}

/// Seals everything that was laid by.
pub(super) fn seal(draft: Draft, progress: &dyn Progress) -> Result<Sealed, PipelineError> {
    let closed = draft.close()?;
    progress.stage("Menyegel data keluarga", Some(closed.partitions as u64));
    workers::for_each(closed.partitions, |partition| -> Result<(), PipelineError> {
        closed.seal(partition)?;
        progress.advance(1);
        Ok(())
    })?;
    Ok(closed.done())
}
