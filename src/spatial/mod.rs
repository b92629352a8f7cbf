//! Where things are: boundary polygons, their borders, what is drawn of them, and locating points in
//! them.

mod atlas;
mod boundary;
mod cells;
mod chains;
mod contiguity;
mod crossings;
mod index;
mod locate;
mod nearest;
mod pieces;
mod shapes;
mod sheet;
mod simplify;
mod topology;

pub use atlas::{Atlas, AtlasError, Detail};
pub use boundary::{Boundary, BoundaryError, read_geojson, rings};
pub use cells::{CellFigures, Cells, OUTSIDE};
pub use contiguity::{Contiguity, Neighbours, SeaLinks, neighbours};
pub use crossings::{Segment, crossings};
pub use index::RegionIndex;
pub use locate::{
    Agreement, Columns, How, LocateCounts, LocateError, LocateSettings, Located, Places, Remark,
    Wanted, check_output, locate_file,
};
pub use nearest::{Metric, Outlines};
pub use pieces::PieceIndex;
pub use shapes::{Origin, ReadFull, Shapes};
pub use simplify::{Simplified, SimplifyReport, simplify, twice_area, weights};
pub use topology::{Border, Ring, Step, Topology};
