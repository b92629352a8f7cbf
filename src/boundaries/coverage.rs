//! A coverage as a whole: regions that cover the same ground, and ground that none covers.

use geo::Coord;
use rayon::prelude::*;
use rstar::RTree;

use super::arrangement::{Part, covered_twice, resolve, twice_area};
use super::fault::{Defect, DefectKind, square_metres};
use super::feature::Ring;
use super::outline::{Boxed, area_m2, centroid, outline, parts_of};
use crate::domain::RegionCode;
use crate::progress::Progress;
use crate::spatial::Boundary;

/// Two regions that cover the same ground.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// The lower code of the two.
    pub first: RegionCode,
    pub second: RegionCode,
    pub area_m2: f64,
    /// In the largest piece of it.
    pub at: Coord<f64>,
}

/// Ground inside the outline that no region covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    pub area_m2: f64,
    pub at: Coord<f64>,
    /// The region whose border is nearest to the gap's first point.
    pub nearest: Option<RegionCode>,
}

/// A part of a region, and its number among the regions.
struct Piece {
    region: usize,
    part: Part,
}

/// All overlaps of more than `least_m2` square metres, by code. Boundaries are valid, in code
/// order, one each code. Cost: near linear; only parts whose boxes meet are compared, and of those
/// only what lies in the box that they share.
pub fn overlaps(boundaries: &[Boundary], least_m2: f64, progress: &dyn Progress) -> Vec<Overlap> {
    let pieces: Vec<Piece> = boundaries
        .iter()
        .enumerate()
        .flat_map(|(region, b)| parts_of(b).map(move |part| Piece { region, part }))
        .collect();
    let boxes: Vec<Boxed> =
        pieces.iter().enumerate().map(|(i, p)| Boxed::new(i, &p.part)).collect();
    let tree = RTree::bulk_load(boxes.clone());
    progress.stage("Tumpang tindih", Some(pieces.len() as u64));
    let mut found: Vec<Overlap> = boxes
        .par_iter()
        .flat_map_iter(|own| {
            let region = pieces[own.part].region;
            let others = tree
                .locate_in_envelope_intersecting(own.envelope)
                .filter(|other| pieces[other.part].region > region);
            let found: Vec<Overlap> = others
                .filter_map(|other| {
                    between(boundaries, &pieces[own.part], &pieces[other.part], [own, other])
                })
                .collect();
            progress.advance(1);
            found
        })
        .collect();
    // Parts of the same two regions are one overlap.
    found.sort_by(|p, q| {
        (p.first, p.second).cmp(&(q.first, q.second)).then(q.area_m2.total_cmp(&p.area_m2))
    });
    found.dedup_by(|next, kept| {
        let same = (next.first, next.second) == (kept.first, kept.second);
        if same {
            kept.area_m2 += next.area_m2;
        }
        same
    });
    found.retain(|overlap| overlap.area_m2 > least_m2);
    found
}

fn between(boundaries: &[Boundary], p: &Piece, q: &Piece, boxes: [&Boxed; 2]) -> Option<Overlap> {
    let [a, b] = boxes.map(|b| (b.envelope.lower(), b.envelope.upper()));
    let low = [a.0[0].max(b.0[0]), a.0[1].max(b.0[1])];
    let high = [a.1[0].min(b.1[0]), a.1[1].min(b.1[1])];
    let rings: Vec<Ring> = p
        .part
        .iter()
        .chain(&q.part)
        .map(|ring| clipped(ring, low, high))
        .filter(|ring| ring.len() >= 4)
        .collect();
    let rings: Vec<&[Coord<f64>]> = rings.iter().map(Vec::as_slice).collect();
    let vertices: usize = rings.iter().map(|ring| ring.len()).sum();
    let common = resolve(&rings, covered_twice, 5_000_000 + 1000 * vertices as u64)?;
    let largest = common.iter().max_by(|x, y| area(x).total_cmp(&area(y)))?;
    Some(Overlap {
        first: boundaries[p.region].code,
        second: boundaries[q.region].code,
        area_m2: common.iter().map(area).sum(),
        at: centroid(&largest[0]),
    })
}

#[expect(clippy::ptr_arg, reason = "mapped over parts")]
fn area(part: &Part) -> f64 {
    let latitude = part[0][0].y;
    let degrees: f64 = part.iter().map(|ring| twice_area(ring) / 2.0).sum();
    square_metres(degrees, latitude)
}

/// What lies in a box of a ring (Sutherland and Hodgman 1974): winding numbers inside the box are
/// those of the whole; what runs outside is folded onto its sides and has no area.
fn clipped(ring: &Ring, low: [f64; 2], high: [f64; 2]) -> Ring {
    let x = |c: &Coord<f64>| c.x;
    let y = |c: &Coord<f64>| c.y;
    let ring = half_plane(ring, x, low[0], 1.0);
    let ring = half_plane(&ring, x, high[0], -1.0);
    let ring = half_plane(&ring, y, low[1], 1.0);
    half_plane(&ring, y, high[1], -1.0)
}

/// Keeps what is above `limit` (sign 1) or below it (sign -1).
fn half_plane(ring: &Ring, along: fn(&Coord<f64>) -> f64, limit: f64, sign: f64) -> Ring {
    let inside = |at: &Coord<f64>| (along(at) - limit) * sign >= 0.0;
    let mut out = Ring::new();
    for w in ring.windows(2) {
        let (from, to) = (inside(&w[0]), inside(&w[1]));
        if from {
            out.push(w[0]);
        }
        if from != to {
            let share = (limit - along(&w[0])) / (along(&w[1]) - along(&w[0]));
            let at = w[0] + (w[1] - w[0]) * share;
            // On the limit itself, not beside it.
            out.push(if along(&Coord { x: 1.0, y: 0.0 }) > 0.5 {
                Coord { x: limit, y: at.y }
            } else {
                Coord { x: at.x, y: limit }
            });
        }
    }
    out.dedup();
    if out.first() != out.last() {
        out.extend(out.first().copied());
    }
    out
}

/// All gaps of at least `least_m2` square metres, the largest first.
pub fn gaps(boundaries: &[Boundary], least_m2: f64) -> Vec<Gap> {
    let holes: Vec<Ring> = outline(boundaries, least_m2)
        .into_iter()
        .flat_map(|part| part.into_iter().skip(1))
        .filter(|hole| area_m2(hole) >= least_m2)
        .collect();
    let mut found: Vec<Gap> = holes
        .iter()
        .map(|hole| Gap {
            area_m2: area_m2(hole),
            at: centroid(hole),
            nearest: nearest(boundaries, hole),
        })
        .collect();
    found.sort_by(|p, q| q.area_m2.total_cmp(&p.area_m2));
    found
}

/// The region with the vertex or edge nearest to the first point of a hole. Gaps are few.
fn nearest(boundaries: &[Boundary], hole: &Ring) -> Option<RegionCode> {
    let at = *hole.first()?;
    let near = |b: &Boundary| -> f64 {
        let rings = crate::spatial::rings(&b.shape);
        let edges = rings.flat_map(|ring| ring.0.windows(2));
        edges.map(|w| squared_distance(at, w[0], w[1])).fold(f64::INFINITY, f64::min)
    };
    boundaries
        .par_iter()
        .map(|b| (near(b), b.code))
        .min_by(|p, q| p.0.total_cmp(&q.0).then(p.1.cmp(&q.1)))
        .map(|found| found.1)
}

fn squared_distance(at: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> f64 {
    let (along, to) = (b - a, at - a);
    let length = along.x * along.x + along.y * along.y;
    let share = if length > 0.0 { (to.x * along.x + to.y * along.y) / length } else { 0.0 };
    let off = to - along * share.clamp(0.0, 1.0);
    off.x * off.x + off.y * off.y
}

/// Overlaps and gaps as defects.
pub(super) fn defects(boundaries: &[Boundary], overlaps: &[Overlap], gaps: &[Gap]) -> Vec<Defect> {
    let name = |code: RegionCode| {
        let at = boundaries.binary_search_by_key(&code, |b| b.code);
        at.map_or("", |i| boundaries[i].name.as_str())
    };
    let mut all: Vec<Defect> = overlaps
        .iter()
        .map(|o| {
            Defect::new(DefectKind::Overlap, Some(o.first), name(o.first))
                .at(o.at)
                .area(o.area_m2)
                .other(Some(o.second))
        })
        .collect();
    all.extend(gaps.iter().map(|gap| {
        Defect::new(DefectKind::Gap, None, "").at(gap.at).area(gap.area_m2).other(gap.nearest)
    }));
    all
}
