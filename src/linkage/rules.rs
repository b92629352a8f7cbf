//! What no score outweighs: facts by which two similar records are two people.

use crate::clean::PersonRecord;
use crate::domain::FamilyRole;

/// True where the two cannot be one person: both NIKs are borne out by their own rows and differ;
/// or both are head, or both spouse, on one family card and were born in different years.
pub fn cannot_be_one(a: &PersonRecord, b: &PersonRecord) -> bool {
    let niks = a.verified && b.verified && a.nik.is_some() && b.nik.is_some() && a.nik != b.nik;
    let only_one = matches!(a.role, Some(FamilyRole::Head | FamilyRole::Spouse));
    let same_place = only_one && a.role == b.role && a.card.is_some() && a.card == b.card;
    let years = a.birth.zip(b.birth).is_some_and(|(x, y)| x.year() != y.year());
    niks || (same_place && years)
}
