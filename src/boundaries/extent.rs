//! Where coordinates lie: extents, and what an extent tells about a file whose coordinates cannot
//! be degrees in Indonesia.

use geo::Coord;

use crate::spatial::{Boundary, rings};

/// West, south, east, north of some polygons; `None` where there is no point.
pub fn of_boundaries(boundaries: &[Boundary]) -> Option<[f64; 4]> {
    let mut extent = Extent::default();
    for boundary in boundaries {
        for ring in rings(&boundary.shape) {
            ring.0.iter().for_each(|at| extent.add(*at));
        }
    }
    extent.sides()
}

/// A growing box; points that are not finite are left out.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub min: Coord<f64>,
    pub max: Coord<f64>,
}

impl Default for Extent {
    fn default() -> Self {
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        Self { min: Coord { x: high, y: high }, max: Coord { x: low, y: low } }
    }
}

impl Extent {
    pub fn add(&mut self, at: Coord<f64>) {
        if at.x.is_finite() && at.y.is_finite() {
            self.min = Coord { x: self.min.x.min(at.x), y: self.min.y.min(at.y) };
            self.max = Coord { x: self.max.x.max(at.x), y: self.max.y.max(at.y) };
        }
    }

    pub fn is_empty(&self) -> bool {
        self.min.x > self.max.x
    }

    pub fn sides(&self) -> Option<[f64; 4]> {
        (!self.is_empty()).then_some([self.min.x, self.min.y, self.max.x, self.max.y])
    }

    /// True where the two have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x
            && other.min.x <= self.max.x
            && self.min.y <= other.max.y
            && other.min.y <= self.max.y
    }
}
