//! What became of linkage, as counts: by registry and region, between registries, over time.

use serde::{Deserialize, Serialize};

use super::code::RegionCode;
use super::registry::Registry;

/// The person rows of one registry in one region (by the region that the row states; of the base,
/// where its family was placed), by outcome.
///
/// `rows = by_nik + by_score + by_review + pending + no_nik + not_found + contradicted +
/// ambiguous`; the rest are remarks on those rows. Of the base, a row is "found" when any other
/// registry holds the person, and `not_found` means that none does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MatchCounts {
    pub rows: u64,
    /// Linked by equal NIK that name, sex and birth date do not contradict.
    pub by_nik: u64,
    /// Linked by match probability (Fellegi–Sunter) at or above the link threshold.
    pub by_score: u64,
    /// Linked because a person decided so in review.
    pub by_review: u64,
    /// Between the review and the link threshold: waits for a decision, not linked.
    pub pending: u64,
    /// Not linked, and no usable NIK: missing, zero or damaged is never an identity.
    pub no_nik: u64,
    /// Not linked although the NIK is usable: the base does not hold the person.
    pub not_found: u64,
    /// Not linked: same NIK, but name, sex and birth date contradict.
    pub contradicted: u64,
    /// Not linked: several persons of the base fit equally well.
    pub ambiguous: u64,
    /// Rows that repeat a person of the same delivered file (every row of a group but its first): a
    /// head of family who is in the family file and in the person file is no duplicate.
    pub duplicates: u64,
    /// Linked, and the name differs beyond spelling.
    pub conflict_name: u64,
    pub conflict_sex: u64,
    pub conflict_birth: u64,
    /// Linked, and the stated desa differs.
    pub conflict_region: u64,
}

impl MatchCounts {
    /// Column names, in the order of [`MatchCounts::values`].
    pub const COLUMNS: [&'static str; 14] = [
        "rows",
        "by_nik",
        "by_score",
        "by_review",
        "pending",
        "no_nik",
        "not_found",
        "contradicted",
        "ambiguous",
        "duplicates",
        "conflict_name",
        "conflict_sex",
        "conflict_birth",
        "conflict_region",
    ];

    /// Linked rows, however the link came about.
    pub fn linked(&self) -> u64 {
        self.by_nik + self.by_score + self.by_review
    }

    /// All numbers, in the order of [`MatchCounts::COLUMNS`].
    pub fn values(&self) -> [u64; 14] {
        [
            self.rows,
            self.by_nik,
            self.by_score,
            self.by_review,
            self.pending,
            self.no_nik,
            self.not_found,
            self.contradicted,
            self.ambiguous,
            self.duplicates,
            self.conflict_name,
            self.conflict_sex,
            self.conflict_birth,
            self.conflict_region,
        ]
    }

    /// The inverse of [`MatchCounts::values`].
    pub fn from_values(v: [u64; 14]) -> Self {
        Self {
            rows: v[0],
            by_nik: v[1],
            by_score: v[2],
            by_review: v[3],
            pending: v[4],
            no_nik: v[5],
            not_found: v[6],
            contradicted: v[7],
            ambiguous: v[8],
            duplicates: v[9],
            conflict_name: v[10],
            conflict_sex: v[11],
            conflict_birth: v[12],
            conflict_region: v[13],
        }
    }

    /// Adds the counts of another part of the same build.
    pub fn add(&mut self, other: &Self) {
        let (mut sum, other) = (self.values(), other.values());
        for (a, b) in sum.iter_mut().zip(other) {
            *a += b;
        }
        *self = Self::from_values(sum);
    }
}

/// One registry in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchRow {
    pub code: RegionCode,
    pub registry: Registry,
    pub counts: MatchCounts,
}

/// Distinct persons that two registries both hold, in one region (*irisan*). `a <= b`; with
/// `a == b` it is the number of distinct persons of that registry. The region is that of the
/// person's family in the base, or else the desa that the row of the first registry states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OverlapRow {
    pub code: RegionCode,
    pub a: Registry,
    pub b: Registry,
    pub persons: u64,
}

/// Persons of this snapshot against those of the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityCounts {
    /// Id of the snapshot before; `None` for the first.
    pub previous: Option<String>,
    pub persons: u64,
    /// Known before, found again: the id is kept.
    pub kept: u64,
    /// `persons = kept + new`.
    pub new: u64,
    /// Known before, in no delivery now; those given up in a merger are not among them.
    pub gone: u64,
    /// Kept, and the stated desa is another one.
    pub moved: u64,
    /// Kept, and the NIK is another one. Left out where there are none, as in what earlier
    /// versions wrote.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub renumbered: u64,
    /// New ids because one person of before turned out to be two.
    pub split: u64,
    /// Ids of before that turned out to be one person: the older id stays.
    pub merged: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What became of the pairs that people decided to be one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionCounts {
    pub accepted: u64,
    /// Of them those that linked a row; of the others a row says something else now, was not
    /// delivered, or is linked by its NIK.
    pub applied: u64,
}

impl DecisionCounts {
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// The linkage model behind a snapshot's links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    pub title: String,
    /// SHA-256 of the model file in canonical form.
    pub sha256: String,
    /// Probability that two records taken at random are one person.
    pub lambda: f64,
    /// Match probability from which a pair is linked.
    pub link_at: f64,
    /// Match probability from which a pair is shown for review.
    pub review_at: f64,
    /// How its parameters were estimated.
    pub trained: String,
}
