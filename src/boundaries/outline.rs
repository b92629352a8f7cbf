//! The outline of many regions, and the holes in it that no region covers.

use std::collections::BTreeMap;

use geo::Coord;
use rayon::prelude::*;
use rstar::{AABB, RTree, RTreeObject};

use super::arrangement::{Part, covered, resolve, twice_area};
use super::extent::Extent;
use super::fault::square_metres;
use super::feature::Ring;
use crate::domain::{Level, RegionCode};
use crate::spatial::Boundary;

/// The outline of all boundaries (valid ones). Children are joined into their parents level by
/// level, so that every edge inside is met once, early, and is gone. Holes below `least_m2` are
/// filled on the way: nothing larger can come of them.
pub(super) fn outline(boundaries: &[Boundary], least_m2: f64) -> Vec<Part> {
    let mut groups: BTreeMap<RegionCode, Vec<Part>> = BTreeMap::new();
    for boundary in boundaries {
        groups.entry(boundary.code).or_default().extend(parts_of(boundary));
    }
    for level in Level::ALL.into_iter().rev() {
        let mut above: BTreeMap<RegionCode, Vec<Vec<Part>>> = BTreeMap::new();
        for (code, parts) in groups {
            above.entry(code.ancestor(level)).or_default().push(parts);
        }
        groups = above
            .into_par_iter()
            .map(|(code, mut children)| match children.len() {
                1 => (code, children.remove(0)),
                _ => (code, joined(children.into_iter().flatten().collect(), least_m2)),
            })
            .collect();
    }
    groups.into_values().flatten().collect()
}

pub(super) fn parts_of(boundary: &Boundary) -> impl Iterator<Item = Part> + '_ {
    boundary.shape.iter().map(|polygon| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings.map(|ring| ring.0.clone()).collect()
    })
}

/// Joins parts; those whose boxes meet no other's stay as they are.
fn joined(parts: Vec<Part>, least_m2: f64) -> Vec<Part> {
    clusters(parts)
        .into_par_iter()
        .flat_map_iter(|cluster| {
            let one = cluster.len() == 1;
            let joined = if one { None } else { union(&cluster) };
            let mut parts = joined.unwrap_or(cluster);
            parts.iter_mut().for_each(|part| fill(part, least_m2));
            parts
        })
        .collect()
}

fn union(parts: &[Part]) -> Option<Vec<Part>> {
    let rings: Vec<&[Coord<f64>]> = parts.iter().flatten().map(Vec::as_slice).collect();
    let vertices: usize = rings.iter().map(|ring| ring.len()).sum();
    resolve(&rings, covered, 100_000_000 + 2_000 * vertices as u64)
}

fn fill(part: &mut Part, least_m2: f64) {
    let mut first = true;
    part.retain(|ring| std::mem::take(&mut first) || area_m2(ring) >= least_m2);
}

/// Square metres of a ring.
pub(super) fn area_m2(ring: &Ring) -> f64 {
    let middle = centroid(ring);
    square_metres(twice_area(ring).abs() / 2.0, middle.y)
}

/// The centre of gravity of a ring; the mean of its points where it has no area.
pub(super) fn centroid(ring: &Ring) -> Coord<f64> {
    let Some(origin) = ring.first().copied() else { return Coord::default() };
    let (mut sum, mut area) = (Coord::default(), 0.0);
    for w in ring.windows(2) {
        let (p, q) = (w[0] - origin, w[1] - origin);
        let cross = p.x * q.y - p.y * q.x;
        sum = sum + (p + q) * cross;
        area += cross;
    }
    if area == 0.0 {
        return origin;
    }
    origin + sum / (3.0 * area)
}

/// Parts whose boxes meet, directly or by others, together; in the order of their first.
fn clusters(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let boxes: Vec<Boxed> = parts.iter().enumerate().map(|(i, part)| Boxed::new(i, part)).collect();
    let tree = RTree::bulk_load(boxes.clone());
    let mut cluster: Vec<usize> = (0..parts.len()).collect();
    let root = |cluster: &[usize], mut i: usize| {
        while cluster[i] != i {
            i = cluster[i];
        }
        i
    };
    for own in &boxes {
        for other in
            tree.locate_in_envelope_intersecting(own.envelope).filter(|o| o.part > own.part)
        {
            let (p, q) = (root(&cluster, own.part), root(&cluster, other.part));
            let (low, high) = (p.min(q), p.max(q));
            cluster[high] = low;
            // Shorten the way, or a coast of islands becomes a chain.
            cluster[other.part] = low;
            cluster[own.part] = low;
        }
    }
    let mut out: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
    for (i, part) in parts.into_iter().enumerate() {
        out.entry(root(&cluster, i)).or_default().push(part);
    }
    out.into_values().collect()
}

/// The box of a part.
#[derive(Clone)]
pub(super) struct Boxed {
    pub part: usize,
    pub envelope: AABB<[f64; 2]>,
}

impl Boxed {
    pub(super) fn new(number: usize, part: &Part) -> Self {
        let mut extent = Extent::default();
        part.iter().take(1).flatten().for_each(|at| extent.add(*at));
        let (min, max) = (extent.min, extent.max);
        Self { part: number, envelope: AABB::from_corners([min.x, min.y], [max.x, max.y]) }
    }
}

impl RTreeObject for Boxed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}
