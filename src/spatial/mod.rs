//! Where things are: boundary polygons and locating points in them.

mod boundary;
mod index;

pub use boundary::{
    Boundary, BoundaryError, load_boundaries, provinces_with_desa, read_geojson, rings,
};
pub use index::RegionIndex;
