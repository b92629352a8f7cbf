//! A row of another registry that is linked to a member of the base, and what the links of one
//! member come to.

use serde::{Deserialize, Serialize};

use super::agreement::Differences;
use crate::clean::{Desa, FamilyKey, PersonRecord};
use crate::domain::Registry;

/// A delivered row: index of its file in the build, and its number there (1 = first under the
/// header).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowRef {
    pub source: u16,
    pub row: u64,
}

impl RowRef {
    pub fn of(record: &PersonRecord) -> Self {
        Self { source: record.source, row: record.row }
    }
}

/// By what a row is linked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum How {
    /// Equal NIK; `remark` where one of name, sex and birth date differs.
    Nik { remark: bool },
    /// Match weight in bits, prior included.
    Score { weight: f64 },
    /// A person decided so.
    Review { weight: f64 },
}

impl How {
    /// NIK before decision before score: which of two links of one person is the first.
    pub fn rank(self) -> u8 {
        match self {
            Self::Nik { .. } => 0,
            Self::Review { .. } => 1,
            Self::Score { .. } => 2,
        }
    }

    /// Bits, prior included; equal NIK has none.
    pub fn weight(self) -> Option<f64> {
        match self {
            Self::Nik { .. } => None,
            Self::Score { weight } | Self::Review { weight } => Some(weight),
        }
    }
}

/// One linked row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub family: FamilyKey,
    pub base: RowRef,
    pub other: RowRef,
    pub registry: Registry,
    /// The desa that the row states.
    pub region: Option<Desa>,
    pub how: How,
    pub differences: Differences,
    pub receipts: u32,
    pub ppks: bool,
    /// Of a link that is not by NIK: the row itself, in case another link of the same person
    /// speaks against it.
    pub record: Option<Box<PersonRecord>>,
}

impl Claim {
    /// `None` where `base` is of no family: then it is no member of the base.
    pub fn new(
        base: &PersonRecord,
        other: &PersonRecord,
        how: How,
        differences: Differences,
    ) -> Option<Self> {
        Some(Self {
            family: base.family?,
            base: RowRef::of(base),
            other: RowRef::of(other),
            registry: other.registry,
            region: other.region,
            how,
            differences,
            receipts: other.receipts,
            ppks: other.ppks,
            record: (how.rank() > 0).then(|| Box::new(other.clone())),
        })
    }
}

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

/// One entry a linked member, in order of family and row.
pub fn member_links<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Vec<MemberLink> {
    let mut links: Vec<MemberLink> = claims
        .into_iter()
        .map(|claim| MemberLink {
            family: claim.family,
            source: claim.base.source,
            row: claim.base.row,
            receipts: claim.receipts,
            ppks: claim.ppks,
        })
        .collect();
    links.sort_unstable();
    links.dedup_by(|next, kept| {
        let same = (next.family, next.source, next.row) == (kept.family, kept.source, kept.row);
        if same {
            kept.receipts |= next.receipts;
            kept.ppks |= next.ppks;
        }
        same
    });
    links
}
