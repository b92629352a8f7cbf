//! Where things are: boundary polygons and locating points in them.

mod boundary;
mod cells;
mod index;
mod pieces;

pub use boundary::{
    Boundary, BoundaryError, load_boundaries, provinces_with_desa, read_geojson, rings,
};
pub use cells::{CellFigures, Cells, OUTSIDE};
pub use index::RegionIndex;
pub use pieces::PieceIndex;
