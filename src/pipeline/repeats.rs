//! Rows of the base that were delivered more than once: one member, whom the rows after the first
//! repeat. Each stage leaves them out by itself, and all choose the same first row.

use crate::clean::PersonRecord;
use crate::linkage::RowRef;

/// A row of the base that says what an earlier one says.
pub(super) struct Repeat {
    pub first: RowRef,
    pub row: RowRef,
}

/// The records without those that repeat another, and these, by the row that they repeat.
///
/// A row repeats another of the same family and member number when everything by which people are
/// known is the same. Without a member number it takes a NIK as well: two small children of one
/// family may both be without name.
pub(super) fn set_apart(records: Vec<PersonRecord>) -> (Vec<PersonRecord>, Vec<Repeat>) {
    let repeats = repeats(&records);
    if repeats.is_empty() {
        return (records, repeats);
    }
    let mut rows: Vec<RowRef> = repeats.iter().map(|repeat| repeat.row).collect();
    rows.sort_unstable();
    let once = |record: &PersonRecord| rows.binary_search(&RowRef::of(record)).is_err();
    (records.into_iter().filter(once).collect(), repeats)
}

/// The records without those that repeat another.
pub(super) fn once(records: Vec<PersonRecord>) -> Vec<PersonRecord> {
    set_apart(records).0
}

fn repeats(records: &[PersonRecord]) -> Vec<Repeat> {
    let mut base: Vec<_> = records
        .iter()
        .filter(|r| r.family.is_some() && (r.member_no != 0 || r.nik.is_some()))
        .map(|r| ((r.family, r.member_no, r.nik, r.birth, r.name.as_str()), RowRef::of(r), r))
        .collect();
    base.sort_unstable_by_key(|(key, row, _)| (*key, *row));
    let mut found = Vec::new();
    for group in base.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        let mut firsts: Vec<&PersonRecord> = Vec::new();
        for (_, row, record) in group {
            match firsts.iter().find(|first| same(first, record)) {
                Some(first) => found.push(Repeat { first: RowRef::of(first), row: *row }),
                None => firsts.push(record),
            }
        }
    }
    found.sort_unstable_by_key(|repeat| (repeat.first, repeat.row));
    found
}

/// What is known of people beyond family, number, NIK, birth date and name.
fn same(a: &PersonRecord, b: &PersonRecord) -> bool {
    let known = |r: &PersonRecord| (r.registry, r.digits, r.card, r.role, r.sex, r.region);
    known(a) == known(b)
}
