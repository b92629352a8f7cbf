//! One bucket of records: all that share a NIK are in the same one, so buckets are linked apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreement::{Verdict, compare};
use crate::clean::{Desa, FamilyKey, PersonRecord};
use crate::domain::{LinkageCounts, Registry};

/// What the other registries say about one member of a base family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemberLink {
    pub family: FamilyKey,
    pub source: u16,
    /// Row of the member in the base delivery.
    pub row: u64,
    /// Bit i: receipt of programme i is proved.
    pub receipts: u32,
    pub ppks: bool,
}

/// The result of one bucket.
#[derive(Debug, Default)]
pub struct BucketOutcome {
    /// One entry a linked base member, in order of family and row.
    pub links: Vec<MemberLink>,
    /// By registry, in the order of [`Registry::ALL`].
    pub counts: [LinkageCounts; Registry::ALL.len()],
    /// Linked rows by registry index and stated desa.
    pub linked_by_desa: BTreeMap<(u8, Desa), u64>,
}

/// Links every record of a bucket to the base. Records must carry a NIK; the order does not matter.
pub fn link_bucket(mut records: Vec<PersonRecord>) -> BucketOutcome {
    records.sort_by_key(|r| (r.nik, r.registry != Registry::Regsosek, r.source, r.row));
    let mut outcome = BucketOutcome::default();
    for group in records.chunk_by(|a, b| a.nik == b.nik) {
        link_group(group, &mut outcome);
    }
    outcome.links.sort_unstable();
    outcome
}

/// Links the records of one NIK, base records first.
fn link_group(group: &[PersonRecord], outcome: &mut BucketOutcome) {
    let n_base = group.partition_point(|r| r.registry == Registry::Regsosek);
    let (base, others) = group.split_at(n_base);
    if base.len() > 1 {
        outcome.counts[Registry::Regsosek.index()].ambiguous += base.len() as u64;
    }
    let mut found: Vec<Option<MemberLink>> = vec![None; base.len()];
    for other in others {
        let counts = &mut outcome.counts[other.registry.index()];
        match choose(base, other) {
            Choice::NotFound => counts.not_found += 1,
            Choice::Contradicted => counts.contradicted += 1,
            Choice::Ambiguous => counts.ambiguous += 1,
            Choice::Linked { at, remark } => {
                counts.linked += 1;
                counts.linked_with_remark += u64::from(remark);
                if let Some(desa) = other.region {
                    let registry = other.registry as u8;
                    *outcome.linked_by_desa.entry((registry, desa)).or_default() += 1;
                }
                add_link(&mut found[at], &base[at], other);
            }
        }
    }
    let links = found.into_iter().flatten();
    let before = outcome.links.len();
    outcome.links.extend(links);
    outcome.counts[Registry::Regsosek.index()].linked += (outcome.links.len() - before) as u64;
}

fn add_link(found: &mut Option<MemberLink>, base: &PersonRecord, other: &PersonRecord) {
    let Some(family) = base.family else { return };
    let link = found.get_or_insert(MemberLink {
        family,
        source: base.source,
        row: base.row,
        receipts: 0,
        ppks: false,
    });
    link.receipts |= other.receipts;
    link.ppks |= other.ppks;
}

enum Choice {
    NotFound,
    Contradicted,
    Ambiguous,
    Linked { at: usize, remark: bool },
}

/// The one base record that does not contradict; with a repeated NIK, only where the others do.
fn choose(base: &[PersonRecord], other: &PersonRecord) -> Choice {
    if base.is_empty() {
        return Choice::NotFound;
    }
    let mut fitting = base
        .iter()
        .enumerate()
        .map(|(at, record)| (at, compare(record, other)))
        .filter(|(_, verdict)| *verdict != Verdict::Contradiction);
    match (fitting.next(), fitting.next()) {
        (None, _) => Choice::Contradicted,
        (Some((at, verdict)), None) => {
            Choice::Linked { at, remark: verdict == Verdict::SameWithRemark }
        }
        (Some(_), Some(_)) => Choice::Ambiguous,
    }
}
