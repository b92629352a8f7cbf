//! The manifest: what a snapshot was made from, how, and what happened to every row.

use serde::{Deserialize, Serialize};

use crate::domain::{
    DecisionCounts, IdentityCounts, IssueCount, LinkageCounts, LocationReport, ModelReport, Period,
    ProgrammeSet, RegionChange, RegionCode, Registry, RegistryRows,
};

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
    /// The boundary set in whose polygons houses were found and which is drawn; `None` where that
    /// is what comes with the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary_set: Option<BoundarySetReport>,
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
    /// Changes of regions that the configuration adds to those of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub region_changes: Vec<RegionChange>,
    pub tables: Vec<TableReport>,
}

/// A boundary set that a snapshot was built on. Its display geometry lies in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundarySetReport {
    /// SHA-256 (hex) of the set's manifest.
    pub sha256: String,
    /// SHA-256 (hex) of its display geometry.
    pub atlas_sha256: String,
    /// The line under every map.
    pub attribution: String,
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkageReport {
    /// One entry a registry, in the order of [`Registry::ALL`]. For the base: `linked` = found in
    /// any other registry, `ambiguous` = its NIK is held by several people.
    pub registries: Vec<(Registry, LinkageCounts)>,
    /// `None` where only equal NIK link.
    pub model: Option<ModelReport>,
    pub identities: IdentityCounts,
    /// Left out where there are none, as in what earlier versions wrote.
    #[serde(default, skip_serializing_if = "DecisionCounts::none")]
    pub decisions: DecisionCounts,
}

/// One file of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    pub file: String,
    pub sha256: String,
    pub rows: u64,
}
