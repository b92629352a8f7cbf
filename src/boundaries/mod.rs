//! Boundary files as others make them: read, checked, mended where that is safe, and kept as a
//! boundary set.

mod adjacency;
mod arrangement;
mod columns;
mod contact;
mod coverage;
mod csv_regions;
mod dbf;
mod expected;
mod extent;
mod faces;
mod fault;
mod feature;
mod fgb;
mod geojson;
mod geoparquet;
mod gpkg;
mod import;
mod intake;
mod mend;
mod neighbourhood;
mod nest;
mod outline;
mod parquet;
mod position;
mod projection;
mod read;
mod regions;
mod report;
mod seal;
mod set;
mod shapefile;
mod shapes;
mod simple;
mod sql_dump;
mod survey;
mod values;
mod wkb;

pub use adjacency::{Adjacency, contiguity_csv};
pub use columns::{ColumnError, ColumnOptions, Columns, Reason, choose};
pub use coverage::{Gap, Overlap, gaps, overlaps};
pub use extent::{Extent, of_boundaries};
pub use fault::{Defect, DefectKind, Fault, square_metres};
pub use feature::{Delivered, Feature, Features, FileKind, Ring};
pub use geoparquet::{GeoParquet, GeoParquetError, GeoRow, ReferenceSystem};
pub use import::{ImportError, ImportOptions, Imported, import};
pub use intake::{FileReport, IntakeError, IntakeOptions};
pub use mend::{Mended, mend};
pub use neighbourhood::Elsewhere;
pub use position::{INDONESIA, Misplaced};
pub use projection::{
    Projection, ProjectionError, System, project, reference_name, reference_of_option, systems,
};
pub use read::{ReadError, ReadOptions, read_file};
pub use regions::{PlainRegions, ReadRegions, RegionOptions, RegionsError, read_regions};
pub use report::{About, ImportReport, OverlapClass, write_set};
pub use seal::SetWriter;
pub use set::{
    ATLAS_FILE, BoundarySet, CONTIGUITY_FILE, InputFile, LevelCount, SET_FORMAT, SetError,
    SetManifest, SetRegion, read_boundaries,
};
pub use shapes::set_shapes;
pub use wkb::{WkbError, WkbShape, read_wkb};
