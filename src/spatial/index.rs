//! Which desa holds a point: an R-tree over the boxes of polygon parts (filter), then an exact
//! crossing test on the few edges at the point's height (refine).

use geo::{BoundingRect, Coord, MultiPolygon, Polygon};
use rstar::{AABB, RTree, RTreeObject};

use super::boundary::Boundary;
use crate::domain::RegionCode;

/// Edges per height band aimed at: a query looks at one band.
const EDGES_PER_BAND: usize = 12;
const MAX_BANDS: usize = 2048;

/// A point index over a coverage of polygons.
///
/// A point on a border shared by two polygons with equal vertices belongs to exactly one of them:
/// the crossing rule is half-open and the orientation test exact (Shewchuk 1997) on endpoints in a
/// fixed order, so both neighbours see the same answer from opposite sides. Where polygons overlap,
/// the lowest code wins.
#[derive(Debug)]
pub struct RegionIndex {
    tree: RTree<Part>,
}

/// One polygon (a shell with its holes) of a region.
#[derive(Debug)]
struct Part {
    code: RegionCode,
    envelope: AABB<[f64; 2]>,
    bands: Bands,
}

impl RTreeObject for Part {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

/// The edges of a polygon by the heights they reach.
#[derive(Debug)]
struct Bands {
    bottom: f64,
    per_degree: f64,
    /// Edges of band i: `edges[starts[i]..starts[i + 1]]`.
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

/// A non-level edge, lower end first.
#[derive(Clone, Copy, Debug)]
struct Edge {
    low: Coord<f64>,
    high: Coord<f64>,
}

impl RegionIndex {
    /// Indexes all parts; cost O(n log n) in the number of vertices.
    pub fn build(boundaries: &[Boundary]) -> Self {
        let parts =
            boundaries.iter().flat_map(|boundary| parts(boundary.code, &boundary.shape)).collect();
        Self { tree: RTree::bulk_load(parts) }
    }

    /// The region that holds the point (degrees), if any. Microseconds: a tree descent and about
    /// [`EDGES_PER_BAND`] edges for each candidate.
    pub fn locate(&self, lng: f64, lat: f64) -> Option<RegionCode> {
        let at = Coord { x: lng, y: lat };
        self.tree
            .locate_in_envelope_intersecting(AABB::from_point([lng, lat]))
            .filter(|part| part.bands.contain(at))
            .map(|part| part.code)
            .min()
    }
}

fn parts(code: RegionCode, shape: &MultiPolygon<f64>) -> impl Iterator<Item = Part> + '_ {
    shape.iter().filter_map(move |polygon| {
        let rect = polygon.bounding_rect()?;
        let envelope =
            AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        Some(Part { code, envelope, bands: Bands::new(polygon, rect.min().y, rect.max().y) })
    })
}

impl Bands {
    fn new(polygon: &Polygon<f64>, bottom: f64, top: f64) -> Self {
        let edges: Vec<Edge> = std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .flat_map(geo::LineString::lines)
            .filter_map(|line| Edge::new(line.start, line.end))
            .collect();
        let n = (edges.len() / EDGES_PER_BAND).clamp(1, MAX_BANDS);
        let height = (top - bottom).max(f64::MIN_POSITIVE);
        #[expect(clippy::cast_precision_loss, reason = "at most MAX_BANDS")]
        let mut bands =
            Self { bottom, per_degree: n as f64 / height, starts: vec![0; n + 1], edges: vec![] };
        let span = |edge: &Edge| bands.band(edge.low.y, n)..=bands.band(edge.high.y, n);
        let mut buckets = vec![Vec::new(); n];
        for edge in &edges {
            span(edge).for_each(|band| buckets[band].push(*edge));
        }
        for (i, bucket) in buckets.into_iter().enumerate() {
            bands.edges.extend(bucket);
            bands.starts[i + 1] = u32::try_from(bands.edges.len()).unwrap_or(u32::MAX);
        }
        bands
    }

    fn band(&self, y: f64, n: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float to integer cast saturates, and the band is clamped"
        )]
        let band = ((y - self.bottom) * self.per_degree) as usize;
        band.min(n - 1)
    }

    fn contain(&self, at: Coord<f64>) -> bool {
        let band = self.band(at.y, self.starts.len() - 1);
        let range = self.starts[band] as usize..self.starts[band + 1] as usize;
        self.edges[range].iter().filter(|edge| edge.crossed_by_ray_from(at)).count() % 2 == 1
    }
}

impl Edge {
    /// `None` for a level edge: a half-open rule never counts one.
    fn new(a: Coord<f64>, b: Coord<f64>) -> Option<Self> {
        if a.y < b.y {
            Some(Self { low: a, high: b })
        } else if b.y < a.y {
            Some(Self { low: b, high: a })
        } else {
            None
        }
    }

    /// True when the edge lies strictly right of the point at its height. The lower end counts,
    /// the upper does not.
    fn crossed_by_ray_from(&self, at: Coord<f64>) -> bool {
        if at.y < self.low.y || at.y >= self.high.y {
            return false;
        }
        let point = |c: Coord<f64>| robust::Coord { x: c.x, y: c.y };
        // Positive: the point lies left of the upward edge.
        robust::orient2d(point(self.low), point(self.high), point(at)) > 0.0
    }
}
