//! What became of rows: counts that every stage adds to and the manifest keeps.

use serde::{Deserialize, Serialize};

use super::location::PointReport;
use super::registry::Registry;

/// How often one fault was met in one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueCount {
    /// Stable code, such as `nik_missing`; the words are in room `labels`.
    pub code: String,
    /// Column of the delivery, empty where the whole row is meant.
    pub column: String,
    pub rows: u64,
    /// Row numbers (1 = first row under the header) of the first few.
    pub examples: Vec<u64>,
}

/// Outcome of linkage for one registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkageCounts {
    pub rows: u64,
    /// Linked to one person of the base, no contradiction.
    pub linked: u64,
    /// No usable NIK: missing, zero or damaged is never an identity.
    pub no_identity: u64,
    /// Usable NIK that the base does not hold.
    pub not_found: u64,
    /// Same NIK, but name, sex and birth date contradict: set aside.
    pub contradicted: u64,
    /// The base itself holds the NIK for several people: set aside.
    pub ambiguous: u64,
    /// Linked although one of name, sex, birth date differs.
    pub linked_with_remark: u64,
}

/// How families were placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationReport {
    pub families: u64,
    pub by_point: u64,
    pub by_code: u64,
    /// Neither a coordinate inside a desa nor a usable code: set aside.
    pub unplaced: u64,
    pub unplaced_persons: u64,
    pub both: u64,
    pub agree: u64,
    /// Coordinate present but outside every desa polygon (sea, abroad).
    pub point_outside: u64,
    pub no_point: u64,
    pub code_unusable: u64,
    /// The rule and the points; snapshots of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<PointReport>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryRows {
    pub registry: Registry,
    pub rows: u64,
    pub linked: u64,
}

impl LocationReport {
    /// Adds the counts of another part of the same build.
    pub fn add(&mut self, other: &Self) {
        self.families += other.families;
        self.by_point += other.by_point;
        self.by_code += other.by_code;
        self.unplaced += other.unplaced;
        self.unplaced_persons += other.unplaced_persons;
        self.both += other.both;
        self.agree += other.agree;
        self.point_outside += other.point_outside;
        self.no_point += other.no_point;
        self.code_unusable += other.code_unusable;
        if let Some(points) = &other.points {
            self.points.get_or_insert_default().add(points);
        }
    }
}

impl LinkageCounts {
    /// Adds the counts of another part of the same build.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.linked += other.linked;
        self.no_identity += other.no_identity;
        self.not_found += other.not_found;
        self.contradicted += other.contradicted;
        self.ambiguous += other.ambiguous;
        self.linked_with_remark += other.linked_with_remark;
    }
}
