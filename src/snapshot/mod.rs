//! A sealed result on disk: written once, read by everything after. The layout of a store:
//!
//! ```text
//! <store>/CURRENT                 id of the snapshot that is served, replaced atomically
//! <store>/snapshots/<id>/         manifest.json, and by region:
//!                                 regions.parquet, priority.parquet, matching.parquet,
//!                                 overlaps.parquet
//! <store>/work-*/                 a build in progress; removed by the next build
//! ```

mod error;
mod manifest;
mod reader;
mod store;
mod tables;

pub use crate::domain::{IssueCount, LinkageCounts, LocationReport, RegistryRows};
pub use crate::priority::PriorityRow;
pub use error::StoreError;
pub use manifest::{BoundarySetReport, LinkageReport, Manifest, SourceReport, TableReport};
pub use reader::{RegionRow, Snapshot};
pub use store::{Store, Work};
