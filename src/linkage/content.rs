//! An order of records by what they say, so that nothing depends on where a row stands in a file.

use std::cmp::Ordering;

use crate::clean::PersonRecord;
use crate::domain::Sex;

/// Orders two records by what they say; rows that say the same, by where they stand. Such rows
/// stand for each other, so their order decides nothing that can be seen.
pub fn by_content(a: &PersonRecord, b: &PersonRecord) -> Ordering {
    let numbers =
        |r: &PersonRecord| (r.registry, r.nik, r.digits, r.birth, r.region, r.card, r.role);
    let female = |r: &PersonRecord| r.sex.map(|s| s == Sex::Female);
    let rest = |r: &PersonRecord| (female(r), r.family, r.member_no, r.receipts, r.ppks);
    (a.name.cmp(&b.name))
        .then_with(|| numbers(a).cmp(&numbers(b)))
        .then_with(|| rest(a).cmp(&rest(b)))
        .then_with(|| (a.source, a.row).cmp(&(b.source, b.row)))
}
