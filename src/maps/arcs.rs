//! Polygons that share borders, taken apart into arcs: each border is stored once and used by the
//! regions on both of its sides, so that whatever is done to it is done for both.

use std::collections::HashMap;

use geo::MultiPolygon;

use crate::spatial::rings;

/// A run of vertices between two nodes; a ring that meets no other has its first vertex twice.
#[derive(Clone, Debug)]
pub(super) struct BorderArc {
    pub vertices: Vec<u32>,
    /// The region that met it first, and the one on the other side.
    pub owner: usize,
    pub neighbour: Option<usize>,
    /// Number of rings that run along it: what one vertex of it costs in the output.
    pub uses: usize,
}

impl BorderArc {
    pub(super) fn closed(&self) -> bool {
        self.vertices.first() == self.vertices.last()
    }
}

/// An arc, and whether it is walked from its end.
pub(super) type Step = (usize, bool);

/// All arcs of a set of polygons.
#[derive(Clone, Debug, Default)]
pub(super) struct Arcs {
    /// Longitude and latitude by vertex number.
    pub vertices: Vec<(f64, f64)>,
    pub arcs: Vec<BorderArc>,
    /// By region, by ring: the arcs that make it.
    pub regions: Vec<Vec<Vec<Step>>>,
}

impl Arcs {
    /// Vertices are the same where their coordinates are equal to the last bit: the boundary set
    /// is a clean coverage, and in one that is not, borders merely stay apart.
    pub(super) fn build<'a>(shapes: impl Iterator<Item = &'a MultiPolygon<f64>>) -> Self {
        let mut arcs = Self::default();
        let numbered = arcs.number(shapes);
        let degree = degrees(arcs.vertices.len(), numbered.iter().flatten());
        let mut known = HashMap::new();
        for (region, rings) in numbered.iter().enumerate() {
            let steps = rings
                .iter()
                .map(|ring| {
                    cut(ring, |v| degree[v as usize] != 2)
                        .into_iter()
                        .map(|piece| arcs.step(&mut known, region, piece))
                        .collect()
                })
                .collect();
            arcs.regions.push(steps);
        }
        arcs
    }

    /// Rings as vertex numbers, without the closing repetition.
    fn number<'a>(
        &mut self,
        shapes: impl Iterator<Item = &'a MultiPolygon<f64>>,
    ) -> Vec<Vec<Vec<u32>>> {
        let mut numbers: HashMap<(u64, u64), u32> = HashMap::new();
        let mut number = |x: f64, y: f64| {
            *numbers.entry((x.to_bits(), y.to_bits())).or_insert_with(|| {
                self.vertices.push((x, y));
                u32::try_from(self.vertices.len() - 1).unwrap_or(u32::MAX)
            })
        };
        shapes
            .map(|shape| {
                rings(shape)
                    .map(|ring| {
                        let mut ids: Vec<u32> = ring.0.iter().map(|c| number(c.x, c.y)).collect();
                        ids.dedup();
                        if ids.len() > 1 && ids.first() == ids.last() {
                            ids.pop();
                        }
                        ids
                    })
                    .filter(|ids| ids.len() > 2)
                    .collect()
            })
            .collect()
    }

    /// Finds or stores a piece of border. Either direction is the same arc: the one that starts
    /// with the smaller pair of vertices is stored. A pair names one arc, because the walk from a
    /// node along a given edge has no choices.
    fn step(
        &mut self,
        known: &mut HashMap<(u32, u32), usize>,
        region: usize,
        mut piece: Vec<u32>,
    ) -> Step {
        let last = piece.len() - 1;
        let backwards = (piece[last], piece[last - 1]) < (piece[0], piece[1]);
        if backwards {
            piece.reverse();
        }
        let index = *known.entry((piece[0], piece[1])).or_insert_with(|| {
            self.arcs.push(BorderArc { vertices: piece, owner: region, neighbour: None, uses: 0 });
            self.arcs.len() - 1
        });
        let arc = &mut self.arcs[index];
        arc.uses += 1;
        if arc.uses > 1 {
            arc.neighbour = Some(region);
        }
        (index, backwards)
    }
}

/// How many different edges meet in each vertex: two along a border, others make a node.
fn degrees<'a>(n_vertices: usize, rings: impl Iterator<Item = &'a Vec<u32>>) -> Vec<u8> {
    let mut edges: Vec<(u32, u32)> = rings
        .flat_map(|ring| {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| (*a.min(b), *a.max(b)))
        })
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let mut degree = vec![0_u8; n_vertices];
    for (a, b) in edges {
        for v in [a, b] {
            degree[v as usize] = degree[v as usize].saturating_add(1);
        }
    }
    degree
}

/// Cuts an open-ended ring at its nodes; each piece holds both of its end vertices. Without a node
/// the ring starts at its smallest vertex, so that both of its sides cut it alike.
fn cut(ring: &[u32], is_node: impl Fn(u32) -> bool) -> Vec<Vec<u32>> {
    let first_node = ring.iter().position(|v| is_node(*v));
    let smallest = || ring.iter().enumerate().min_by_key(|(_, v)| **v).map_or(0, |(i, _)| i);
    let start = first_node.unwrap_or_else(smallest);
    let mut pieces = Vec::new();
    let mut piece = vec![ring[start]];
    for v in ring[start + 1..].iter().chain(&ring[..=start]) {
        piece.push(*v);
        if is_node(*v) {
            pieces.push(std::mem::replace(&mut piece, vec![*v]));
        }
    }
    if first_node.is_none() {
        pieces.push(piece);
    }
    pieces
}
