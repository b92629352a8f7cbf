//! The borders of a coverage: polygons that share borders taken apart into arcs, each stored once
//! with the region on either side of it, and put together again at any level.

use std::collections::HashMap;

use geo::{Coord, MultiPolygon};

use super::boundary::rings;
use super::chains;

const NOBODY: u32 = u32::MAX;

/// A run of vertices between two nodes; a ring that meets no other has its first vertex twice.
#[derive(Clone, Copy, Debug)]
pub struct Border {
    start: u32,
    end: u32,
    /// The region on the left of it, walked from its start, and on the right.
    left: u32,
    right: u32,
    /// Number of rings that run along it: two inside a coverage, one at its edge.
    pub uses: u32,
    /// Two regions claim the same side of it.
    pub fault: bool,
}

impl Border {
    /// Places of its vertices in [`Topology::chain`].
    pub fn places(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn left(&self) -> Option<usize> {
        (self.left != NOBODY).then_some(self.left as usize)
    }

    pub fn right(&self) -> Option<usize> {
        (self.right != NOBODY).then_some(self.right as usize)
    }
}

/// A border, and whether it is walked from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub border: u32,
    pub backwards: bool,
}

/// One ring of a region.
#[derive(Clone, Debug)]
pub struct Ring {
    pub steps: Vec<Step>,
    /// Which polygon of the region it belongs to, and whether it bounds a hole of it.
    pub part: u32,
    pub hole: bool,
    /// The region lies on the left as the steps go.
    pub inside_left: bool,
}

/// All borders of a set of polygons.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// Every different vertex (degrees), in the order in which the polygons name them.
    pub points: Vec<Coord<f64>>,
    /// Vertex numbers of all borders, one border after the other.
    pub chain: Vec<u32>,
    pub borders: Vec<Border>,
    /// By region, in the order given.
    pub regions: Vec<Vec<Ring>>,
}

/// A ring as the polygons give it.
struct Loop {
    region: u32,
    part: u32,
    hole: bool,
    start: u32,
    end: u32,
}

impl Topology {
    /// Takes polygons apart. Vertices are the same where their coordinates are equal to the last
    /// bit: where a coverage is not clean, borders merely stay apart, with one side each. A node is
    /// a vertex where other than two edges meet, or where the pair of sides changes.
    ///
    /// Linear in the number of vertices; 9.65 million need about 0.6 GB.
    pub fn build<'a>(shapes: impl Iterator<Item = &'a MultiPolygon<f64>> + Clone) -> Self {
        let n: usize = shapes.clone().flat_map(rings).map(|ring| ring.0.len()).sum();
        let mut numbers = Numbers::with_room(n);
        let (mut ids, mut loops) = (Vec::with_capacity(n), Vec::new());
        let mut n_regions = 0;
        for shape in shapes {
            for (part, polygon) in (0..).zip(shape) {
                let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
                for (i, ring) in rings.enumerate() {
                    let start = count(ids.len());
                    numbers.ring(&ring.0, &mut ids);
                    let end = count(ids.len());
                    if end > start {
                        loops.push(Loop { region: n_regions, part, hole: i > 0, start, end });
                    }
                }
            }
            n_regions += 1;
        }
        let mut topology = Self {
            points: numbers.points,
            regions: vec![Vec::new(); n_regions as usize],
            ..Self::default()
        };
        drop(numbers.slots);
        let is_node = nodes(topology.points.len(), &ids, &loops);
        let mut known = HashMap::new();
        for ring in &loops {
            topology.add(ring, &ids[ring.start as usize..ring.end as usize], &is_node, &mut known);
        }
        topology.chain.shrink_to_fit();
        topology
    }

    fn add(
        &mut self,
        ring: &Loop,
        ids: &[u32],
        is_node: &[bool],
        known: &mut HashMap<(u32, u32), u32>,
    ) {
        // Inside is on the left of a ring that runs against the clock around land, or with it
        // around a hole; files do not agree on which they write.
        let inside_left = (self.twice_area(ids) > 0.0) != ring.hole;
        let steps = cut(ids, |v| is_node[v as usize])
            .into_iter()
            .map(|piece| self.step(known, ring.region, inside_left, piece))
            .collect();
        let (part, hole) = (ring.part, ring.hole);
        self.regions[ring.region as usize].push(Ring { steps, part, hole, inside_left });
    }

    /// Signed area of a ring in square degrees, twice; from its first vertex, so that far-off
    /// origins cost no digits.
    pub(super) fn twice_area(&self, ids: &[u32]) -> f64 {
        let at = |v: u32| self.points[v as usize];
        let origin = at(ids[0]);
        ids.windows(2)
            .map(|w| {
                let (a, b) = (at(w[0]) - origin, at(w[1]) - origin);
                a.x * b.y - b.x * a.y
            })
            .sum()
    }

    /// Finds or stores a piece of border. Either direction is the same border: the one that starts
    /// with the smaller pair of vertices is stored. A pair names one border, because the walk from
    /// a node along a given edge has no choices.
    fn step(
        &mut self,
        known: &mut HashMap<(u32, u32), u32>,
        region: u32,
        inside_left: bool,
        mut piece: Vec<u32>,
    ) -> Step {
        let last = piece.len() - 1;
        let backwards = (piece[last], piece[last - 1]) < (piece[0], piece[1]);
        if backwards {
            piece.reverse();
        }
        let border = *known.entry((piece[0], piece[1])).or_insert_with(|| {
            let start = count(self.chain.len());
            self.chain.extend_from_slice(&piece);
            let end = count(self.chain.len());
            let (left, right) = (NOBODY, NOBODY);
            self.borders.push(Border { start, end, left, right, uses: 0, fault: false });
            count(self.borders.len() - 1)
        });
        let found = &mut self.borders[border as usize];
        found.uses += 1;
        let (wanted, other) = if inside_left == backwards {
            (&mut found.right, &mut found.left)
        } else {
            (&mut found.left, &mut found.right)
        };
        if *wanted == NOBODY {
            *wanted = region;
        } else {
            found.fault = true;
            // An overlap: the neighbour is kept all the same.
            if *other == NOBODY {
                *other = region;
            }
        }
        Step { border, backwards }
    }

    /// The vertex numbers of a border.
    pub fn line(&self, border: usize) -> &[u32] {
        &self.chain[self.borders[border].places()]
    }

    /// True where a border is a whole ring.
    pub fn closed(&self, border: usize) -> bool {
        let line = self.line(border);
        line.first() == line.last()
    }

    /// The two vertices between which a step runs.
    pub(super) fn ends(&self, step: Step) -> (u32, u32) {
        let line = self.line(step.border as usize);
        let (first, last) = (line[0], line[line.len() - 1]);
        if step.backwards { (last, first) } else { (first, last) }
    }

    /// The vertices of some steps that follow each other; each step without its last one.
    pub fn walk<'a>(&'a self, steps: &'a [Step]) -> impl Iterator<Item = u32> + 'a {
        steps.iter().flat_map(|step| {
            let line = self.line(step.border as usize);
            let n = line.len() - 1;
            (0..n).map(move |i| if step.backwards { line[n - i] } else { line[i] })
        })
    }

    /// Puts regions together: all that `group` gives the same key become one shape, their common
    /// borders gone. Exact: no vertex moves, and the areas of the regions add up to that of the
    /// shape even where they overlap or have collapsed. Groups come in the order of their keys,
    /// shells against the clock, the largest first.
    pub fn dissolve<K: Ord + Copy>(
        &self,
        group: impl Fn(usize) -> K,
    ) -> Vec<(K, MultiPolygon<f64>)> {
        chains::dissolve(self, group)
    }
}

/// Different vertices by their coordinates: an open hash table of vertex numbers.
struct Numbers {
    slots: Vec<u32>,
    points: Vec<Coord<f64>>,
}

impl Numbers {
    fn with_room(n: usize) -> Self {
        let slots = vec![NOBODY; (n + n / 2 + 8).next_power_of_two()];
        Self { slots, points: Vec::with_capacity(n / 2) }
    }

    /// The vertices of a ring without repetitions; nothing where fewer than three are left.
    fn ring(&mut self, coords: &[Coord<f64>], ids: &mut Vec<u32>) {
        let start = ids.len();
        for c in coords {
            let id = self.number(*c);
            if ids.len() == start || ids.last() != Some(&id) {
                ids.push(id);
            }
        }
        while ids.len() > start + 1 && ids[start] == ids[ids.len() - 1] {
            ids.pop();
        }
        if ids.len() - start < 3 {
            ids.truncate(start);
        }
    }

    fn number(&mut self, c: Coord<f64>) -> u32 {
        // Adding zero makes -0 and 0 the same bits.
        let (x, y) = ((c.x + 0.0).to_bits(), (c.y + 0.0).to_bits());
        let mixed = (x ^ y.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mask = self.slots.len() - 1;
        let mut slot = usize::try_from(mixed >> 20).unwrap_or(0) & mask;
        loop {
            let id = self.slots[slot];
            if id == NOBODY {
                self.points.push(Coord { x: f64::from_bits(x), y: f64::from_bits(y) });
                self.slots[slot] = count(self.points.len() - 1);
                return self.slots[slot];
            }
            let held = self.points[id as usize];
            if (held.x.to_bits(), held.y.to_bits()) == (x, y) {
                return id;
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// Which vertices are nodes.
fn nodes(n_points: usize, ids: &[u32], loops: &[Loop]) -> Vec<bool> {
    let edges = || {
        loops.iter().flat_map(|ring| {
            let ids = &ids[ring.start as usize..ring.end as usize];
            let next = ids.iter().cycle().skip(1);
            ids.iter().zip(next).map(|(a, b)| (*a.min(b), *a.max(b), ring.region))
        })
    };
    // Edges by their lower vertex: a counting sort, because there are twenty million of them.
    let mut starts = vec![0_u32; n_points + 1];
    edges().for_each(|(low, ..)| starts[low as usize + 1] += 1);
    for i in 0..n_points {
        starts[i + 1] += starts[i];
    }
    let mut sorted = vec![(0_u32, 0_u32); ids.len()];
    let mut fill = starts.clone();
    for (low, high, region) in edges() {
        sorted[fill[low as usize] as usize] = (high, region);
        fill[low as usize] += 1;
    }
    drop(fill);
    let mut seen = vec![Seen::default(); n_points];
    for low in 0..n_points {
        let edges = &mut sorted[starts[low] as usize..starts[low + 1] as usize];
        edges.sort_unstable();
        for same in edges.chunk_by(|a, b| a.0 == b.0) {
            let sides = (same[0].1, same[same.len() - 1].1, same.len());
            seen[low].edge(sides);
            seen[same[0].0 as usize].edge(sides);
        }
    }
    let mut nodes: Vec<bool> = seen.into_iter().map(|v| v.degree != 2 || v.changes).collect();
    for ring in loops {
        let ids = &ids[ring.start as usize..ring.end as usize];
        let around =
            ids.iter().cycle().zip(ids.iter().cycle().skip(1)).zip(ids.iter().cycle().skip(2));
        // Where a ring turns back on itself, one edge would name two borders.
        for ((before, tip), after) in around.take(ids.len()) {
            nodes[*tip as usize] |= before == after;
        }
    }
    nodes
}

/// The edges that meet in a vertex.
#[derive(Clone, Copy, Default)]
struct Seen {
    degree: u32,
    /// The first and the last region along an edge, and how many times rings use it.
    sides: (u32, u32, usize),
    changes: bool,
}

impl Seen {
    fn edge(&mut self, sides: (u32, u32, usize)) {
        self.changes |= self.degree > 0 && self.sides != sides;
        self.sides = sides;
        self.degree += 1;
    }
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

/// More than four thousand million vertices do not fit into the memory that this room may use;
/// the last number stands for all beyond.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NOBODY)
}
