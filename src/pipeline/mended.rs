//! NIKs that the base mended since the snapshot before: rows of other registries may carry the old
//! one for years. The ledger knows whose it was.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ingest::MEMBERS;
use super::{PipelineError, repeats, workers};
use crate::clean::{FamilyKey, PersonRecord};
use crate::domain::{BirthDate, Nik, Sex};
use crate::linkage::{Claim, How, OpenRow, RowRef, Unlinked, Verdict, compare_in_detail};
use crate::restricted::Ledger;
use crate::spill::{SpillWriter, for_each_record, partition_of, take_partition};

const KNOWN: &str = "known-members";
const MENDED: &str = "mended";

/// A member of the base as the ledger knows them.
#[derive(Serialize, Deserialize)]
struct Known {
    family: FamilyKey,
    name: String,
    birth: BirthDate,
    sex: Sex,
    /// The last one and those before.
    niks: Vec<Nik>,
}

/// A NIK of before, and the member of the base who has another one now.
#[derive(Serialize, Deserialize)]
struct Mended {
    old: Nik,
    base: PersonRecord,
}

/// The mended NIKs of one partition of NIKs, in order.
#[derive(Default)]
pub(super) struct MendedNiks(Vec<Mended>);

impl MendedNiks {
    /// Lays by the mended NIKs of all families, for [`MendedNiks::take`].
    pub(super) fn find(
        work: &Path,
        partitions: usize,
        before: &Ledger,
    ) -> Result<(), PipelineError> {
        let known = SpillWriter::create(work, KNOWN, partitions)?;
        workers::for_each(before.partitions(), |partition| -> Result<(), PipelineError> {
            before.read(partition, |person| {
                let of_base = (person.family, person.birth, person.sex);
                if let (Some(family), Some(birth), Some(sex)) = of_base {
                    let niks = person.former.into_iter().chain(person.nik).collect();
                    let known_as = Known { family, name: person.name, birth, sex, niks };
                    known.push(partition_of(family.spread(), partitions), &known_as)?;
                }
                Ok(())
            })
        })?;
        known.finish()?;
        let mended = SpillWriter::create(work, MENDED, partitions)?;
        workers::for_each(partitions, |partition| -> Result<(), PipelineError> {
            let mut known: Vec<Known> = take_partition(work, KNOWN, partition)?;
            if known.is_empty() {
                return Ok(());
            }
            let mut members = Vec::new();
            for_each_record(work, MEMBERS, partition, |member: PersonRecord| {
                members.push(member);
                true
            })?;
            mended_of(&mut known, repeats::once(members), |old, base| {
                let to = partition_of(old.expose(), partitions);
                Ok(mended.push(to, &Mended { old, base })?)
            })
        })?;
        Ok(mended.finish()?)
    }

    pub(super) fn take(work: &Path, partition: usize) -> Result<Self, PipelineError> {
        let mut all: Vec<Mended> = take_partition(work, MENDED, partition)?;
        all.sort_unstable_by_key(|mended| (mended.old, RowRef::of(&mended.base)));
        Ok(Self(all))
    }

    /// The link of a row that carries the old NIK of one member, where the base knows nobody else
    /// of that NIK and the row does not contradict the member.
    pub(super) fn claim(&self, row: &OpenRow) -> Option<Claim> {
        let nik = row.record.nik.filter(|_| row.why == Unlinked::NotFound)?;
        let at = self.0.partition_point(|mended| mended.old < nik);
        let mut mine = self.0[at..].iter().take_while(|mended| mended.old == nik);
        let (Some(Mended { base, .. }), None) = (mine.next(), mine.next()) else { return None };
        let (verdict, differences) = compare_in_detail(base, &row.record);
        if verdict == Verdict::Contradiction {
            return None;
        }
        Claim::new(base, &row.record, How::Nik { remark: true }, differences)
    }
}

/// Members who are the only ones of their family, name, birth date and sex, now and before.
fn mended_of(
    known: &mut [Known],
    mut members: Vec<PersonRecord>,
    mut each: impl FnMut(Nik, PersonRecord) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    let female = |sex: Sex| sex == Sex::Female;
    let key = |k: &Known| (k.family, k.birth, female(k.sex), k.name.clone());
    let own = |m: &PersonRecord| Some((m.family?, m.birth?, female(m.sex?), m.name.clone()));
    known.sort_by_cached_key(key);
    members.retain(|member| !member.name.is_empty() && own(member).is_some());
    members.sort_by_cached_key(own);
    let mut rest = known.chunk_by(|a, b| key(a) == key(b)).peekable();
    for group in members.chunk_by(|a, b| own(a) == own(b)) {
        let [member] = group else { continue };
        while rest.next_if(|known| Some(key(&known[0])) < own(member)).is_some() {}
        let Some([before]) = rest.peek().filter(|known| Some(key(&known[0])) == own(member)) else {
            continue;
        };
        let Some(nik) = member.nik else { continue };
        for old in before.niks.iter().filter(|old| **old != nik) {
            each(*old, member.clone())?;
        }
    }
    Ok(())
}
