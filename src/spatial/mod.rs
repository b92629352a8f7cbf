//! Where things are: boundary polygons and locating points in them.

mod boundary;

pub use boundary::{
    Boundary, BoundaryError, load_boundaries, provinces_with_desa, read_geojson, rings,
};
