//! Cutting surrounding land off at the edge of a frame (Sutherland and Hodgman 1974).

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::frame::Frame;
use crate::spatial::Boundary;

/// Units that are kept beyond the edge, so that the cut itself is never seen.
const MARGIN: f64 = 20.0;

/// The part of a region inside the frame; `None` where there is none. Holes are dropped: what lies
/// in them is drawn over.
pub(super) fn inside(boundary: &Boundary, frame: &Frame) -> Option<Boundary> {
    let (west, north) = frame.unproject(-MARGIN, -MARGIN);
    let (east, south) = frame.unproject(frame.width + MARGIN, frame.height + MARGIN);
    let parts: Vec<Polygon<f64>> = boundary
        .shape
        .iter()
        .filter_map(|part| {
            let mut ring = part.exterior().0.clone();
            ring.pop();
            for (axis, limit, sign) in
                [(0, west, 1.0), (0, east, -1.0), (1, south, 1.0), (1, north, -1.0)]
            {
                ring = half(&ring, axis, limit, sign);
            }
            (ring.len() > 2).then(|| Polygon::new(LineString::new(ring), Vec::new()))
        })
        .collect();
    (!parts.is_empty()).then(|| Boundary {
        code: boundary.code,
        name: boundary.name.clone(),
        shape: MultiPolygon::new(parts),
    })
}

/// The part of a ring on one side of a line across `axis`.
fn half(ring: &[Coord<f64>], axis: usize, limit: f64, sign: f64) -> Vec<Coord<f64>> {
    let depth = |c: &Coord<f64>| sign * (if axis == 0 { c.x } else { c.y } - limit);
    let next = ring.iter().cycle().skip(1);
    let mut out = Vec::new();
    for (a, b) in ring.iter().zip(next) {
        let (da, db) = (depth(a), depth(b));
        if da >= 0.0 {
            out.push(*a);
        }
        if (da >= 0.0) != (db >= 0.0) {
            out.push(*a + (*b - *a) * (da / (da - db)));
        }
    }
    out
}
