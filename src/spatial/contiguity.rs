//! Which regions are neighbours: by a common stretch of border (rook), by a common point (queen),
//! and, where asked for, across the sea.

use std::collections::BTreeMap;

use geo::Coord;
use rstar::primitives::GeomWithData;
use rstar::{AABB, PointDistance, RTree};

use super::topology::Topology;

/// What makes two regions neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contiguity {
    /// A common vertex.
    Queen,
    /// A common edge.
    Rook,
}

/// Links across the sea for regions that have no neighbour by land.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SeaLinks {
    /// To the nearest other regions, that many of them.
    Nearest(usize),
    /// To all within that many kilometres, vertex to vertex; to the nearest where there is none.
    Within(f64),
}

/// Neighbours of every region, as numbers in the order of the coverage; rising, and mutual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbours {
    pub land: Vec<Vec<u32>>,
    /// Those that are linked by sea alone.
    pub sea: Vec<Vec<u32>>,
}

/// Mean length of one degree of a meridian in kilometres (WGS 84).
const KM_PER_DEGREE: f64 = 111.195;

/// The neighbours in a coverage whose common borders have equal vertices.
pub fn neighbours(topology: &Topology, by: Contiguity, sea: Option<SeaLinks>) -> Neighbours {
    let n = topology.regions.len();
    let land = mutual(n, &mut pairs(topology, by));
    let mut links: Vec<(u32, u32)> =
        sea.map(|links| across(topology, &land, links)).unwrap_or_default();
    links.retain(|(a, b)| land[*a as usize].binary_search(b).is_err());
    Neighbours { sea: mutual(n, &mut links), land }
}

fn mutual(n: usize, pairs: &mut Vec<(u32, u32)>) -> Vec<Vec<u32>> {
    let back: Vec<(u32, u32)> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
    pairs.extend(back);
    pairs.retain(|(a, b)| a != b);
    pairs.sort_unstable();
    pairs.dedup();
    let mut lists = vec![Vec::new(); n];
    for (a, b) in pairs {
        lists[*a as usize].push(*b);
    }
    lists
}

/// Pairs of regions that run along the same border (rook), or meet in the same node (queen).
fn pairs(topology: &Topology, by: Contiguity) -> Vec<(u32, u32)> {
    let mut met: Vec<(u32, u32)> = Vec::new();
    for (region, rings) in (0_u32..).zip(&topology.regions) {
        for step in rings.iter().flat_map(|ring| &ring.steps) {
            let (from, to) = topology.ends(*step);
            match by {
                Contiguity::Rook => met.push((step.border, region)),
                Contiguity::Queen => met.extend([(from, region), (to, region)]),
            }
        }
    }
    met.sort_unstable();
    met.dedup();
    let mut found = Vec::new();
    for same in met.chunk_by(|a, b| a.0 == b.0) {
        for (i, (_, a)) in same.iter().enumerate() {
            found.extend(same[i + 1..].iter().map(|(_, b)| (*a, *b)));
        }
    }
    found
}

type Shore = GeomWithData<[f64; 2], u32>;

/// Kilometres that are looked at first; doubled until the links are found.
const FIRST_LOOK: f64 = 8.0;

/// Wider than the nation: who is not found within that is not there.
const WIDEST: f64 = 16_384.0;

/// Links of the regions that have no neighbour by land to the nearest others.
fn across(topology: &Topology, land: &[Vec<u32>], links: SeaLinks) -> Vec<(u32, u32)> {
    let shores: Vec<Vec<[f64; 2]>> =
        topology.regions.iter().map(|rings| shore(topology, rings)).collect();
    let tree: RTree<Shore> = RTree::bulk_load(
        (0..)
            .zip(&shores)
            .flat_map(|(region, shore)| shore.iter().map(move |at| Shore::new(*at, region)))
            .collect(),
    );
    let others = shores.iter().filter(|shore| !shore.is_empty()).count().saturating_sub(1);
    let mut pairs = Vec::new();
    for (region, own) in (0_u32..).zip(&shores) {
        if !land[region as usize].is_empty() || own.is_empty() || others == 0 {
            continue;
        }
        let near = nearest(&tree, region, own, links, others);
        let take = match links {
            SeaLinks::Nearest(k) => k,
            SeaLinks::Within(km) => near.iter().filter(|(_, d)| *d <= km * km).count().max(1),
        };
        pairs.extend(near.into_iter().take(take).map(|(other, _)| (region, other)));
    }
    pairs
}

/// The other regions, nearest first, as far as they may be asked for, with squared distances in
/// square kilometres between the nearest vertices. Looks around the region, ever farther: what is
/// as near as the window is wide has been seen. (A walk from every vertex to the nearest foreign
/// one goes past all vertices of its own region, and takes forever where they are millions.)
fn nearest(
    tree: &RTree<Shore>,
    region: u32,
    own: &[[f64; 2]],
    links: SeaLinks,
    others: usize,
) -> Vec<(u32, f64)> {
    let own = RTree::bulk_load(own.to_vec());
    let (low, high) = (own.root().envelope().lower(), own.root().envelope().upper());
    let mut width = match links {
        SeaLinks::Nearest(_) => FIRST_LOOK,
        SeaLinks::Within(km) => km.max(FIRST_LOOK),
    };
    loop {
        let window = AABB::from_corners(low.map(|v| v - width), high.map(|v| v + width));
        let mut best: BTreeMap<u32, f64> = BTreeMap::new();
        for other in tree.locate_in_envelope(window).filter(|other| other.data != region) {
            let Some(at) = own.nearest_neighbor(*other.geom()) else { continue };
            let distance = other.distance_2(at);
            let held = best.entry(other.data).or_insert(f64::INFINITY);
            *held = held.min(distance);
        }
        let mut near: Vec<(u32, f64)> = best.into_iter().collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let sure = near.iter().filter(|(_, distance)| *distance <= width * width).count();
        let wanted = match links {
            SeaLinks::Nearest(k) => k.min(others),
            SeaLinks::Within(_) => 1,
        };
        if sure >= wanted || width > WIDEST {
            return near;
        }
        width *= 2.0;
    }
}

/// The vertices of a region in kilometres on a plane; true near the equator.
fn shore(topology: &Topology, rings: &[super::topology::Ring]) -> Vec<[f64; 2]> {
    let plane = |c: Coord<f64>| [c.x * c.y.to_radians().cos() * KM_PER_DEGREE, c.y * KM_PER_DEGREE];
    let mut at: Vec<u32> = rings.iter().flat_map(|ring| topology.walk(&ring.steps)).collect();
    at.sort_unstable();
    at.dedup();
    at.into_iter().map(|v| plane(topology.points[v as usize])).collect()
}
