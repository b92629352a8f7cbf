//! The same question answered by an R-tree: regions cut into square pieces of few edges, the
//! pieces in a tree. What [`Cells`](super::cells::Cells) is held against, and measured against.

use geo::{BoundingRect, Coord, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};

use super::boundary::rings;

/// Edges of a piece aimed at.
const MAX_EDGES: usize = 24;
const MAX_DEPTH: u32 = 28;

/// Pieces of all regions, by the box they lie in.
#[derive(Debug)]
pub struct PieceIndex {
    tree: RTree<Piece>,
}

#[derive(Debug)]
struct Piece {
    slot: u32,
    envelope: AABB<[f64; 2]>,
    /// Edges that reach east of the piece's west side at its heights, lower end first: those that a
    /// ray to the east from within may cross.
    edges: Vec<(Coord<f64>, Coord<f64>)>,
    /// Whether the edges further east are odd in number, for every height of the piece alike.
    odd_beyond: bool,
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

impl PieceIndex {
    /// Cuts and bulk-loads all shapes; O(n log n) in the number of vertices.
    pub fn build(shapes: &[&MultiPolygon<f64>]) -> Self {
        let mut pieces = Vec::new();
        for (slot, shape) in (0_u32..).zip(shapes) {
            for polygon in shape.iter() {
                let Some(rect) = polygon.bounding_rect() else { continue };
                let one = MultiPolygon::new(vec![polygon.clone()]);
                let edges: Vec<_> = rings(&one)
                    .flat_map(geo::LineString::lines)
                    .filter(|line| line.start.y != line.end.y)
                    .map(|line| {
                        let (a, b) = (line.start, line.end);
                        if a.y < b.y { (a, b) } else { (b, a) }
                    })
                    .collect();
                // Half-open pieces: the last of them must hold the northern and eastern ends.
                let end = Coord { x: rect.max().x.next_up(), y: rect.max().y.next_up() };
                cut(slot, (rect.min(), end), edges, false, 0, &mut pieces);
            }
        }
        Self { tree: RTree::bulk_load(pieces) }
    }

    /// The first region that holds the point.
    pub fn locate(&self, x: f64, y: f64) -> Option<u32> {
        let mut held: Vec<(u32, bool)> = self
            .tree
            .locate_in_envelope_intersecting(AABB::from_point([x, y]))
            .filter(|piece| piece.owns(x, y))
            .map(|piece| (piece.slot, piece.holds(x, y)))
            .filter(|(_, holds)| *holds)
            .collect();
        held.sort_unstable();
        // Overlapping parts of one region: even-odd over all of them.
        held.chunk_by(|a, b| a.0 == b.0).find(|same| same.len() % 2 == 1).map(|same| same[0].0)
    }
}

impl Piece {
    /// Pieces are half open, so that a point on a cut is in one of them.
    fn owns(&self, x: f64, y: f64) -> bool {
        let (low, high) = (self.envelope.lower(), self.envelope.upper());
        low[0] <= x && x < high[0] && low[1] <= y && y < high[1]
    }

    fn holds(&self, x: f64, y: f64) -> bool {
        let point = |c: Coord<f64>| robust::Coord { x: c.x, y: c.y };
        let crossed = |(low, high): &&(Coord<f64>, Coord<f64>)| {
            low.y <= y
                && y < high.y
                && robust::orient2d(point(*low), point(*high), robust::Coord { x, y }) > 0.0
        };
        (self.edges.iter().filter(crossed).count() % 2 == 1) != self.odd_beyond
    }
}

type Box2 = (Coord<f64>, Coord<f64>);

/// Cuts a box in two across its longer side until few edges are left.
fn cut(
    slot: u32,
    (low, high): Box2,
    edges: Vec<(Coord<f64>, Coord<f64>)>,
    odd_beyond: bool,
    depth: u32,
    pieces: &mut Vec<Piece>,
) {
    if edges.is_empty() && !odd_beyond {
        return;
    }
    if edges.len() <= MAX_EDGES || depth == MAX_DEPTH {
        let envelope = AABB::from_corners([low.x, low.y], [high.x, high.y]);
        pieces.push(Piece { slot, envelope, edges, odd_beyond });
        return;
    }
    if high.y - low.y >= high.x - low.x {
        let middle = low.y + (high.y - low.y) / 2.0;
        let (south, north) = (Coord { x: high.x, y: middle }, Coord { x: low.x, y: middle });
        let below = edges.iter().filter(|e| e.0.y < middle).copied().collect();
        let above = edges.iter().filter(|e| e.1.y > middle).copied().collect();
        cut(slot, (low, south), below, odd_beyond, depth + 1, pieces);
        cut(slot, (north, high), above, odd_beyond, depth + 1, pieces);
        return;
    }
    let middle = low.x + (high.x - low.x) / 2.0;
    let (west, east) = (Coord { x: middle, y: high.y }, Coord { x: middle, y: low.y });
    // What lies wholly east and spans all heights is crossed by every ray from the west.
    let spans = |e: &&(Coord<f64>, Coord<f64>)| {
        e.0.x.min(e.1.x) > middle && e.0.y <= low.y && e.1.y >= high.y
    };
    let passed = edges.iter().filter(spans).count() % 2 == 1;
    let left = edges.iter().filter(|e| !spans(e)).copied().collect();
    let right = edges.iter().filter(|e| e.0.x.max(e.1.x) >= middle).copied().collect();
    cut(slot, (low, west), left, odd_beyond != passed, depth + 1, pieces);
    cut(slot, (east, high), right, odd_beyond, depth + 1, pieces);
}
