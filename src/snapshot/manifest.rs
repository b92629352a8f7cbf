//! The manifest: what a snapshot was made from, how, and what happened to every row.

use serde::{Deserialize, Serialize};

use crate::domain::{Period, ProgrammeSet, RegionCode, Registry};

/// `manifest.json` of a snapshot. Everything but `built_at` is a function of the deliveries, the
/// configuration and the version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// First 16 hex digits of the hash of everything below but `built_at`.
    pub id: String,
    pub tepat_version: String,
    /// Version of the definitions of indicators and linkage; changes when a figure would.
    pub method_version: String,
    /// RFC 3339, UTC; not part of the id.
    pub built_at: String,
    pub period: Period,
    /// True where any source is declared synthetic: shown wherever a figure is.
    pub synthetic: bool,
    pub boundary_vintage: String,
    /// Hash over the embedded boundary and region files that were used.
    pub boundaries_sha256: String,
    /// Rupiah per capita per month.
    pub extreme_line_rp_month: f64,
    pub extreme_line_standard: String,
    pub extreme_line_source: String,
    /// Survey year whose kabupaten poverty lines were used.
    pub poverty_line_period: Period,
    /// Provinces that hold families.
    pub provinces: Vec<RegionCode>,
    pub programmes: ProgrammeSet,
    /// Regions with fewer families than this are suppressed when served.
    pub min_families: u64,
    pub sources: Vec<SourceReport>,
    pub linkage: LinkageReport,
    pub location: LocationReport,
    /// Rows of other registries whose stated region is unusable: in the rows used, in no region.
    pub rows_without_region: Vec<RegistryRows>,
    pub tables: Vec<TableReport>,
}

/// What became of one delivered file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    pub registry: Registry,
    /// Name of the file, without its folder.
    pub file: String,
    pub title: String,
    pub owner: String,
    pub basis: String,
    pub sha256: String,
    pub bytes: u64,
    pub rows_read: u64,
    pub rows_used: u64,
    /// `rows_read = rows_used + Σ set_aside`.
    pub set_aside: Vec<IssueCount>,
    /// Faults of rows that were used all the same.
    pub issues: Vec<IssueCount>,
}

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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkageReport {
    /// One entry a registry, in the order of [`Registry::ALL`]. For the base: `linked` = found in
    /// any other registry, `ambiguous` = its NIK is held by several people.
    pub registries: Vec<(Registry, LinkageCounts)>,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryRows {
    pub registry: Registry,
    pub rows: u64,
    pub linked: u64,
}

/// One file of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    pub file: String,
    pub sha256: String,
    pub rows: u64,
}
