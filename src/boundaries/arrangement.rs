//! Rings that cross, touch and cover each other, made into polygons that do not: edges are cut
//! where they meet, the winding number on both sides of each is found, and the borders between
//! inside and outside are walked. Vertices that need not move stay where they are, bit by bit.

use geo::Coord;

use super::contact::{Edge, Meeting, side, sweep};
use super::faces;
use super::feature::Ring;

/// Rounded crossing points may make new crossings; it settles in one or two rounds.
const MOST_ROUNDS: usize = 24;

/// Where it does not, because edges run all but along each other, crossing points go to a grid from
/// this round on: points that differ in their last digits alone are then one.
const GRID_FROM: usize = 3;
/// Steps of that grid in one degree: a hundredth of a millimetre.
const STEPS_PER_DEGREE: f64 = 8_589_934_592.0;

/// Part of an original edge between two nodes, from the lesser end to the greater.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub a: Coord<f64>,
    pub b: Coord<f64>,
    /// How often rings run from a to b, less how often from b to a.
    pub winding: i32,
    /// The original edge, or [`SEVERAL`].
    pub source: u32,
}

pub(super) const SEVERAL: u32 = u32::MAX;

/// A polygon: shell first, then holes; rings are closed, shells run against the clock.
pub(super) type Part = Vec<Ring>;

/// The regions where `inside` holds for the winding number, as polygons that are valid: simple
/// rings, holes within shells, interiors in one piece. Two polygons meet in points at most.
/// `None` where it cannot be done within `budget` comparisons.
pub(super) fn resolve(
    rings: &[&[Coord<f64>]],
    inside: fn(i32) -> bool,
    budget: u64,
) -> Option<Vec<Part>> {
    let edges = rings.iter().flat_map(|ring| ring.windows(2)).filter(|w| w[0] != w[1]);
    let pieces = edges
        .enumerate()
        .map(|(i, w)| Piece::new(w[0], w[1], 1, u32::try_from(i).unwrap_or(SEVERAL)))
        .collect();
    let pieces = node(pieces, budget)?;
    faces::walk(&pieces, inside)
}

/// For parity: what lies inside an odd number of rings.
pub(super) fn odd(winding: i32) -> bool {
    winding & 1 == 1
}

/// For shells that run against the clock and holes with it: what lies in any of them.
pub(super) fn covered(winding: i32) -> bool {
    winding > 0
}

/// What lies in two of them or more.
pub(super) fn covered_twice(winding: i32) -> bool {
    winding > 1
}

/// By longitude, then by latitude.
pub(super) fn order(a: &Coord<f64>, b: &Coord<f64>) -> std::cmp::Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
}

impl Piece {
    pub(super) fn new(a: Coord<f64>, b: Coord<f64>, winding: i32, source: u32) -> Self {
        if order(&a, &b).is_lt() {
            Self { a, b, winding, source }
        } else {
            Self { a: b, b: a, winding: -winding, source }
        }
    }
}

/// Equal pieces become one; those that cancel out are gone.
fn merged(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by(|p, q| order(&p.a, &q.a).then(order(&p.b, &q.b)).then(p.source.cmp(&q.source)));
    pieces.dedup_by(|next, kept| {
        let same = next.a == kept.a && next.b == kept.b;
        if same {
            kept.winding += next.winding;
            if next.source != kept.source {
                kept.source = SEVERAL;
            }
        }
        same
    });
    pieces.retain(|piece| piece.winding != 0);
    pieces
}

/// Cuts pieces where they meet until they meet in their ends only.
fn node(pieces: Vec<Piece>, budget: u64) -> Option<Vec<Piece>> {
    let mut pieces = merged(pieces);
    for round in 0..MOST_ROUNDS {
        let edges: Vec<Edge> = pieces.iter().map(|p| Edge { a: p.a, b: p.b }).collect();
        let mut cuts: Vec<(u32, Coord<f64>)> = Vec::new();
        let done = sweep(&edges, budget, |i, j, how| {
            let how = match how {
                Meeting::Cross(point) if round >= GRID_FROM => Meeting::Cross(on_grid(point)),
                how => how,
            };
            cut(&edges, &mut cuts, i, j, how);
        });
        if !done || cuts.len() as u64 > budget {
            return None;
        }
        if cuts.is_empty() {
            return Some(pieces);
        }
        pieces = merged(apart(pieces, cuts));
    }
    None
}

fn on_grid(point: Coord<f64>) -> Coord<f64> {
    let nearest = |v: f64| (v * STEPS_PER_DEGREE).round() / STEPS_PER_DEGREE;
    Coord { x: nearest(point.x), y: nearest(point.y) }
}

fn cut(edges: &[Edge], cuts: &mut Vec<(u32, Coord<f64>)>, i: usize, j: usize, how: Meeting) {
    let mut at = |edge: usize, at: Coord<f64>| {
        let e = &edges[edge];
        if e.a != at && e.b != at {
            cuts.push((u32::try_from(edge).unwrap_or(SEVERAL), at));
        }
    };
    match how {
        Meeting::Share => {}
        Meeting::Cross(point) => {
            at(i, point);
            at(j, point);
        }
        Meeting::Touch(point, true) => at(i, point),
        Meeting::Touch(point, false) => at(j, point),
        Meeting::Overlap(_) => {
            // Ends of one that lie between the ends of the other.
            for (inner, outer) in [(i, j), (j, i)] {
                let (from, to) = (edges[outer].a, edges[outer].b);
                for end in [edges[inner].a, edges[inner].b] {
                    if order(&from, &end).is_lt() && order(&end, &to).is_lt() {
                        at(outer, end);
                    }
                }
            }
        }
    }
}

/// Pieces cut at the points given for each.
fn apart(pieces: Vec<Piece>, mut cuts: Vec<(u32, Coord<f64>)>) -> Vec<Piece> {
    // A piece runs from its lesser end to its greater, so its cuts are in order too.
    cuts.sort_by(|p, q| p.0.cmp(&q.0).then(order(&p.1, &q.1)));
    cuts.dedup();
    let mut out = Vec::with_capacity(pieces.len() + cuts.len());
    let mut rest = cuts.as_slice();
    for (i, piece) in pieces.into_iter().enumerate() {
        let n = rest.iter().take_while(|cut| cut.0 as usize == i).count();
        let mut from = piece.a;
        for (_, at) in &rest[..n] {
            out.push(Piece::new(from, *at, piece.winding, piece.source));
            from = *at;
        }
        out.push(Piece::new(from, piece.b, piece.winding, piece.source));
        rest = &rest[n..];
    }
    out
}

/// Twice the area, positive against the clock. Relative to the first point, so that small rings
/// far from the origin keep their digits.
pub(super) fn twice_area(ring: &[Coord<f64>]) -> f64 {
    let Some(origin) = ring.first().copied() else { return 0.0 };
    ring.windows(2)
        .map(|w| {
            let (p, q) = (w[0] - origin, w[1] - origin);
            p.x * q.y - p.y * q.x
        })
        .sum()
}

/// Where a point lies to a closed ring; exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inside,
    Outside,
    Border,
}

/// Cost: every edge of the ring.
pub(super) fn place(ring: &[Coord<f64>], at: Coord<f64>) -> Place {
    let mut inside = false;
    for w in ring.windows(2) {
        let (low, high) = if w[0].y <= w[1].y { (w[0], w[1]) } else { (w[1], w[0]) };
        if at.y < low.y || at.y > high.y {
            continue;
        }
        if low.y == high.y {
            if at.x >= low.x.min(high.x) && at.x <= low.x.max(high.x) {
                return Place::Border;
            }
            continue;
        }
        let turn = side(low, high, at);
        if turn == 0.0 {
            return Place::Border;
        }
        inside ^= turn > 0.0 && at.y < high.y;
    }
    if inside { Place::Inside } else { Place::Outside }
}
