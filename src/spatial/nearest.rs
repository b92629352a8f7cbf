//! How far a point is from a region, and which region is nearest: an R-tree over short stretches of
//! border (filter), then every edge of the few that come into question (refine).

use std::sync::OnceLock;

use geo::{Coord, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};

use super::boundary::rings;
use super::cells::Cells;

/// What a distance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// Degrees of longitude and latitude; distances in metres on the WGS 84 ellipsoid, a border
    /// being straight in degrees as it is for containment. The mid-latitude formula on the radii of
    /// curvature (Bowring 1981): off by less than a millimetre at 1 km and 10 ppm at 100 km.
    #[default]
    Ellipsoid,
    /// A plane; distances in the unit of the coordinates.
    Plane,
}

/// WGS 84 (NIMA TR8350.2, 2000): half the equator's diameter in metres, squared eccentricity.
const EQUATOR_M: f64 = 6_378_137.0;
const E2: f64 = 6.694_379_990_141_316_5e-3;

impl Metric {
    /// Length of one unit of x and of y at a latitude.
    fn scale(self, y: f64) -> (f64, f64) {
        match self {
            Self::Plane => (1.0, 1.0),
            Self::Ellipsoid => {
                let phi = y.clamp(-90.0, 90.0).to_radians();
                let w2 = 1.0 - E2 * phi.sin().powi(2);
                let across = EQUATOR_M / w2.sqrt();
                let along = across * (1.0 - E2) / w2;
                // Away from zero, so that a box at a pole stays a box.
                ((across * phi.cos()).to_radians().max(1e-3), along.to_radians())
            }
        }
    }

    /// Distance of two points that are not far from each other.
    pub fn distance(self, a: Coord<f64>, b: Coord<f64>) -> f64 {
        let (sx, sy) = self.scale(f64::midpoint(a.y, b.y));
        ((b.x - a.x) * sx).hypot((b.y - a.y) * sy)
    }

    /// Distance to the nearest point of an edge.
    fn to_edge(self, at: Coord<f64>, (sx, sy): (f64, f64), a: Coord<f64>, b: Coord<f64>) -> f64 {
        let (px, py) = ((at.x - a.x) * sx, (at.y - a.y) * sy);
        let (dx, dy) = ((b.x - a.x) * sx, (b.y - a.y) * sy);
        let length = dx * dx + dy * dy;
        let t = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        let near = Coord { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) };
        match self {
            // The exact difference to the edge's line loses least where the point lies on it.
            Self::Plane if t > 0.0 && t < 1.0 => (px * dy - py * dx).abs() / length.sqrt(),
            _ => self.distance(at, near),
        }
    }
}

/// Square of the distance to an edge on a plane with the scale of the point.
#[inline]
fn rough_square(at: Coord<f64>, (sx, sy): (f64, f64), a: Coord<f64>, b: Coord<f64>) -> f64 {
    let (px, py) = ((at.x - a.x) * sx, (at.y - a.y) * sy);
    let (dx, dy) = ((b.x - a.x) * sx, (b.y - a.y) * sy);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (px - t * dx, py - t * dy);
    ex * ex + ey * ey
}

/// Edges of one stretch.
const STRETCH: usize = 16;

/// The borders of a set of regions, known by their place in the set (slot).
#[derive(Debug)]
pub struct Outlines {
    shapes: Vec<MultiPolygon<f64>>,
    metric: Metric,
    /// Made when the first point asks for it: most runs have none.
    tree: OnceLock<RTree<Stretch>>,
}

/// Up to [`STRETCH`] consecutive edges.
#[derive(Debug)]
struct Stretch {
    slot: u32,
    envelope: AABB<[f64; 2]>,
    edges: Box<[Coord<f64>]>,
}

impl RTreeObject for Stretch {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

impl Outlines {
    pub fn new(shapes: Vec<MultiPolygon<f64>>, metric: Metric) -> Self {
        Self { shapes, metric, tree: OnceLock::new() }
    }

    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Distance of a point to a region: 0 inside and on the border; `None` where the region has no
    /// polygon or the point is not finite.
    pub fn distance(&self, cells: &Cells, slot: u32, x: f64, y: f64) -> Option<f64> {
        let at = Coord { x, y };
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        if cells.locate(x, y) == Some(slot) {
            return Some(0.0);
        }
        self.to_border(slot, at)
    }

    /// Distance to the border of a region, from whichever side.
    pub fn to_border(&self, slot: u32, at: Coord<f64>) -> Option<f64> {
        let scale = self.metric.scale(at.y);
        rings(self.shapes.get(slot as usize)?)
            .flat_map(|ring| ring.0.windows(2))
            .map(|pair| self.metric.to_edge(at, scale, pair[0], pair[1]))
            .filter(|d| d.is_finite())
            .min_by(f64::total_cmp)
    }

    /// The region whose border is nearest and not further than `within`, and how far it is; of
    /// equally near ones the first; none for a tolerance of 0. For points that are in none.
    pub fn nearest(&self, x: f64, y: f64, within: f64) -> Option<(u32, f64)> {
        let at = Coord { x, y };
        if !(x.is_finite() && y.is_finite() && within > 0.0) {
            return None;
        }
        let scale = self.metric.scale(y);
        // A little more: the scale changes within the box.
        let (rx, ry) = (within / scale.0 * 1.001 + 1e-12, within / scale.1 * 1.001 + 1e-12);
        // Further off the scale differs more.
        let slack = if within < 1e5 { 1.01 } else { 4.0 };
        let around = AABB::from_corners([x - rx, y - ry], [x + rx, y + ry]);
        let mut best: Option<(f64, u32)> = None;
        for stretch in self.tree().locate_in_envelope_intersecting(around) {
            for pair in stretch.edges.windows(2) {
                // A cheap look first: square and in the scale of the point, good to a thousandth.
                let limit = best.map_or(within, |(b, _)| b.min(within));
                if rough_square(at, scale, pair[0], pair[1]) > limit * limit * slack {
                    continue;
                }
                let d = self.metric.to_edge(at, scale, pair[0], pair[1]);
                let nearer = best.is_none_or(|(b, slot)| d < b || (d <= b && stretch.slot < slot));
                if d <= within && nearer {
                    best = Some((d, stretch.slot));
                }
            }
        }
        best.map(|(d, slot)| (slot, d))
    }

    fn tree(&self) -> &RTree<Stretch> {
        self.tree.get_or_init(|| {
            let stretches = (0_u32..).zip(&self.shapes).flat_map(|(slot, shape)| {
                rings(shape).flat_map(move |ring| {
                    (0..ring.0.len().saturating_sub(1)).step_by(STRETCH).filter_map(move |from| {
                        let to = (from + STRETCH).min(ring.0.len() - 1);
                        Stretch::of(slot, ring.0.get(from..=to)?)
                    })
                })
            });
            RTree::bulk_load(stretches.collect())
        })
    }
}

impl Stretch {
    fn of(slot: u32, edges: &[Coord<f64>]) -> Option<Self> {
        if edges.iter().any(|c| !(c.x.is_finite() && c.y.is_finite())) {
            return None;
        }
        let points: Vec<[f64; 2]> = edges.iter().map(|c| [c.x, c.y]).collect();
        Some(Self { slot, envelope: AABB::from_points(&points), edges: edges.into() })
    }
}
