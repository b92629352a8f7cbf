//! Where things are: boundary polygons, their borders, what is drawn of them, and locating points in
//! them.

mod atlas;
mod boundary;
mod chains;
mod contiguity;
mod crossings;
mod index;
mod shapes;
mod sheet;
mod simplify;
mod topology;

pub use atlas::{Atlas, AtlasError, Detail};
pub use boundary::{Boundary, BoundaryError, read_geojson, rings};
pub use contiguity::{Contiguity, Neighbours, SeaLinks, neighbours};
pub use crossings::{Segment, crossings};
pub use index::RegionIndex;
pub use shapes::{Origin, ReadFull, Shapes};
pub use simplify::{Simplified, SimplifyReport, simplify, twice_area, weights};
pub use topology::{Border, Ring, Step, Topology};
