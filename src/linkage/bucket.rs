//! One bucket of records: all that share a NIK are in the same one, so buckets are linked apart.

use serde::{Deserialize, Serialize};

use super::agreement::{Differences, Verdict, compare_in_detail};
use super::claim::{Claim, How};
use crate::clean::PersonRecord;
use crate::domain::Registry;

/// Base rows of one NIK beyond which it is a placeholder and nobody's: comparing each row with all
/// of them would not end.
const CROWD: usize = 64;

/// Why equal NIK does not link a row. The row is still open to linking by score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unlinked {
    /// No usable NIK: missing, zero or damaged is never an identity.
    NoNik,
    /// Usable NIK that the base does not hold.
    NotFound,
    /// Same NIK, but name, sex and birth date contradict.
    Contradicted,
    /// Several persons of the base fit.
    Ambiguous,
}

/// A row of another registry that its NIK does not link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenRow {
    pub record: PersonRecord,
    pub why: Unlinked,
}

/// The result of one bucket.
#[derive(Debug, Default)]
pub struct BucketOutcome {
    /// One entry a linked row.
    pub claims: Vec<Claim>,
    pub open: Vec<OpenRow>,
    /// Base rows whose NIK is held by several rows of the base.
    pub repeated: u64,
}

/// Links every record of a bucket to the base. Records must carry a NIK; the order does not matter.
pub fn link_bucket(mut records: Vec<PersonRecord>) -> BucketOutcome {
    // Records are large: keys are sorted, each record is moved once.
    records.sort_by_cached_key(|r| (r.nik, r.registry != Registry::Regsosek, r.source, r.row));
    let mut outcome = BucketOutcome::default();
    let mut rest = records.into_iter().peekable();
    let mut group = Vec::new();
    while let Some(record) = rest.next() {
        let nik = record.nik;
        group.push(record);
        if rest.peek().is_none_or(|next| next.nik != nik) {
            link_group(&mut group, &mut outcome);
        }
    }
    outcome
}

/// Links the records of one NIK, base records first, and leaves the group empty.
fn link_group(group: &mut Vec<PersonRecord>, outcome: &mut BucketOutcome) {
    let n_base = group.partition_point(|r| r.registry == Registry::Regsosek);
    let others = group.split_off(n_base);
    if group.len() > 1 {
        outcome.repeated += group.len() as u64;
    }
    for other in others {
        match choose(group, &other) {
            Ok((base, remark, differences)) => {
                match Claim::new(base, &other, How::Nik { remark }, differences) {
                    Some(claim) => outcome.claims.push(claim),
                    // A base row of no family is nobody to link to.
                    None => outcome.open.push(OpenRow { record: other, why: Unlinked::NotFound }),
                }
            }
            Err(why) => outcome.open.push(OpenRow { record: other, why }),
        }
    }
    group.clear();
}

/// The one base record that does not contradict; with a repeated NIK, only where the others do.
fn choose<'a>(
    base: &'a [PersonRecord],
    other: &PersonRecord,
) -> Result<(&'a PersonRecord, bool, Differences), Unlinked> {
    if base.is_empty() {
        return Err(Unlinked::NotFound);
    }
    if base.len() > CROWD {
        return Err(Unlinked::Ambiguous);
    }
    let mut fitting = base
        .iter()
        .map(|record| (record, compare_in_detail(record, other)))
        .filter(|(_, (verdict, _))| *verdict != Verdict::Contradiction);
    match (fitting.next(), fitting.next()) {
        (None, _) => Err(Unlinked::Contradicted),
        (Some((record, (verdict, differences))), None) => {
            Ok((record, verdict == Verdict::SameWithRemark, differences))
        }
        (Some(_), Some(_)) => Err(Unlinked::Ambiguous),
    }
}
