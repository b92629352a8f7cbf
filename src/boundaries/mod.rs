//! Boundary files as others make them: read, checked, and handed on as polygons.

mod geoparquet;
mod wkb;

pub use geoparquet::{GeoParquet, GeoParquetError, GeoRow, ReferenceSystem};
pub use wkb::{WkbError, WkbShape, read_wkb};
