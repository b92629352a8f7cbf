//! Boundary files as others make them: read, checked, mended where that is safe, and kept as a
//! boundary set.

mod csv_regions;
mod dbf;
mod extent;
mod feature;
mod fgb;
mod geojson;
mod geoparquet;
mod gpkg;
mod nest;
mod parquet;
mod projection;
mod read;
mod seal;
mod set;
mod shapefile;
mod shapes;
mod sql_dump;
mod wkb;

pub use extent::{Extent, of_boundaries};
pub use feature::{Delivered, Feature, Features, FileKind, Ring};
pub use geoparquet::{GeoParquet, GeoParquetError, GeoRow, ReferenceSystem};
pub use projection::{
    Projection, ProjectionError, System, project, reference_name, reference_of_option, systems,
};
pub use read::{ReadError, ReadOptions, read_file};
pub use seal::SetWriter;
pub use set::{
    ATLAS_FILE, BoundarySet, InputFile, LevelCount, SET_FORMAT, SetError, SetManifest, SetRegion,
    read_boundaries,
};
pub use shapes::{SetShapesError, set_shapes};
pub use wkb::{WkbError, WkbShape, read_wkb};
