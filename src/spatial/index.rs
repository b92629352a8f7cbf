//! Which region holds a point, by code.

use super::boundary::Boundary;
use super::cells::{Cells, OUTSIDE};
use super::locate::{Remark, remark};
use super::nearest::{Metric, Outlines};
use crate::domain::RegionCode;

/// A point index over polygons of any kind.
///
/// A point on a border shared by two polygons with equal vertices belongs to exactly one of them.
/// Where polygons overlap, the lowest code wins. How: see [`Cells`].
#[derive(Debug)]
pub struct RegionIndex {
    cells: Cells,
    outlines: Outlines,
    /// In order, so that the first region is the one with the lowest code.
    codes: Vec<RegionCode>,
}

impl RegionIndex {
    /// Indexes all polygons on all processors; near linear in the number of vertices.
    pub fn build(boundaries: &[Boundary]) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::build_on(boundaries, threads)
    }

    /// As [`RegionIndex::build`] with `threads` threads.
    pub fn build_on(boundaries: &[Boundary], threads: usize) -> Self {
        let mut order: Vec<&Boundary> = boundaries.iter().collect();
        order.sort_by_key(|boundary| boundary.code);
        let shapes: Vec<_> = order.iter().map(|boundary| &boundary.shape).collect();
        Self {
            cells: Cells::build(&shapes, threads),
            outlines: Outlines::new(shapes.into_iter().cloned().collect(), Metric::Ellipsoid),
            codes: order.iter().map(|boundary| boundary.code).collect(),
        }
    }

    /// The region that holds the point (degrees), if any. About a tenth of a microsecond.
    pub fn locate(&self, lng: f64, lat: f64) -> Option<RegionCode> {
        self.cells.locate(lng, lat).and_then(|slot| self.code(slot))
    }

    /// Many points at once, half as fast again: see [`Cells::locate_all`]. Slots are turned into
    /// codes by [`RegionIndex::code`].
    pub fn locate_all(&self, lng: &[f64], lat: &[f64], slots: &mut [u32]) {
        self.cells.locate_all(lng, lat, slots);
    }

    /// The code of a slot; `None` for [`OUTSIDE`].
    pub fn code(&self, slot: u32) -> Option<RegionCode> {
        if slot == OUTSIDE { None } else { self.codes.get(slot as usize).copied() }
    }

    /// The region nearest to a point that lies in none, if it is within so many metres, and how far
    /// it is.
    pub fn nearest(&self, lng: f64, lat: f64, within_m: f64) -> Option<(RegionCode, f64)> {
        let (slot, metres) = self.outlines.nearest(lng, lat, within_m)?;
        self.code(slot).map(|code| (code, metres))
    }

    /// What is odd about a point that lies in no region.
    pub fn remark(&self, lng: f64, lat: f64) -> Option<Remark> {
        remark(&self.cells, Metric::Ellipsoid, lng, lat)
    }

    pub fn cells(&self) -> &Cells {
        &self.cells
    }
}
