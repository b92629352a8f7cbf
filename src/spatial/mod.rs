//! Where things are: boundary polygons and locating points in them.

mod boundary;
mod cells;
mod footer;
mod index;
mod locate;
mod nearest;
mod pieces;

pub use boundary::{
    Boundary, BoundaryError, load_boundaries, provinces_with_desa, read_geojson, rings,
};
pub use cells::{CellFigures, Cells, OUTSIDE};
pub use footer::plain_footer;
pub use index::RegionIndex;
pub use locate::{
    Agreement, Columns, How, LocateCounts, LocateError, LocateSettings, Located, Places, Remark,
    Wanted, check_output, locate_file,
};
pub use nearest::{Metric, Outlines};
pub use pieces::PieceIndex;
