//! Polygons out of pieces that meet in their ends only: around every node the pieces are in
//! order of angle, so the faces between them, and their winding numbers, are known.

use std::collections::BTreeSet;

use geo::Coord;

use super::arrangement::{Part, Piece, Place, SEVERAL, order, place, twice_area};
use super::contact::side;
use super::feature::Ring;

/// A piece as seen from one of its ends.
#[derive(Clone, Copy, Debug)]
struct Spoke {
    from: u32,
    to: u32,
    piece: u32,
    /// The piece's winding in this direction: left less right.
    winding: i32,
}

struct Graph<'a> {
    nodes: Vec<Coord<f64>>,
    spokes: Vec<Spoke>,
    /// Spokes of node i: `spokes[starts[i]..starts[i + 1]]`, against the clock.
    starts: Vec<usize>,
    /// By piece: its spoke at the lesser end, and at the greater.
    ends: Vec<[usize; 2]>,
    pieces: &'a [Piece],
}

/// The polygons that hold what `inside` says. `None` where the pieces do not close, which noded
/// rings always do.
pub(super) fn walk(pieces: &[Piece], inside: fn(i32) -> bool) -> Option<Vec<Part>> {
    let graph = Graph::new(pieces);
    let left = graph.windings();
    let right = |spoke: usize| left[spoke] - graph.spokes[spoke].winding;
    let border: Vec<bool> =
        (0..left.len()).map(|spoke| inside(left[spoke]) && !inside(right(spoke))).collect();
    let mut seen = vec![false; border.len()];
    let mut found = Found::default();
    for start in 0..border.len() {
        if border[start] && !seen[start] {
            let cycle = graph.cycle(start, &border, &mut seen)?;
            found.add(graph.rings(&cycle));
        }
    }
    Some(found.parts())
}

impl<'a> Graph<'a> {
    fn new(pieces: &'a [Piece]) -> Self {
        let mut nodes: Vec<Coord<f64>> = pieces.iter().flat_map(|p| [p.a, p.b]).collect();
        nodes.sort_by(order);
        nodes.dedup();
        let number = |at: &Coord<f64>| nodes.binary_search_by(|n| order(n, at)).unwrap_or(0);
        let mut spokes = Vec::with_capacity(pieces.len() * 2);
        for (i, piece) in pieces.iter().enumerate() {
            let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let (from, to, piece_no) = (short(number(&piece.a)), short(number(&piece.b)), short(i));
            let winding = piece.winding;
            spokes.push(Spoke { from, to, piece: piece_no, winding });
            spokes.push(Spoke { from: to, to: from, piece: piece_no, winding: -winding });
        }
        let point = |n: u32| nodes[n as usize];
        spokes.sort_by(|s, t| {
            let centre = point(s.from);
            s.from.cmp(&t.from).then_with(|| around(centre, point(s.to), point(t.to)))
        });
        let mut starts = vec![0; nodes.len() + 1];
        spokes.iter().for_each(|spoke| starts[spoke.from as usize + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut ends = vec![[0; 2]; pieces.len()];
        for (at, spoke) in spokes.iter().enumerate() {
            ends[spoke.piece as usize][usize::from(spoke.from > spoke.to)] = at;
        }
        Self { nodes, spokes, starts, ends, pieces }
    }

    fn twin(&self, spoke: usize) -> usize {
        let ends = self.ends[self.spokes[spoke].piece as usize];
        if ends[0] == spoke { ends[1] } else { ends[0] }
    }

    /// The winding number left of every spoke.
    fn windings(&self) -> Vec<i32> {
        let mut left: Vec<Option<i32>> = vec![None; self.spokes.len()];
        let mut components = vec![u32::MAX; self.nodes.len()];
        let mut seeds = Vec::new();
        for node in 0..self.nodes.len() {
            if components[node] == u32::MAX {
                self.mark(node, u32::try_from(seeds.len()).unwrap_or(0), &mut components);
                // Nodes are in order, so this is the westernmost of its component.
                seeds.push(node);
            }
        }
        let outside = self.outside(&seeds, &components);
        for (seed, winding) in seeds.into_iter().zip(outside) {
            let range = self.starts[seed]..self.starts[seed + 1];
            let upper =
                |s: &usize| half(self.nodes[seed], self.nodes[self.spokes[*s].to as usize]) == 0;
            // The face in the west lies behind the last spoke that points up.
            let Some(behind) = range.clone().rfind(upper).or(range.last()) else { continue };
            self.spread(behind, winding, &mut left);
        }
        left.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn mark(&self, start: usize, number: u32, components: &mut [u32]) {
        let mut open = vec![start];
        components[start] = number;
        while let Some(node) = open.pop() {
            for spoke in &self.spokes[self.starts[node]..self.starts[node + 1]] {
                let to = spoke.to as usize;
                if components[to] == u32::MAX {
                    components[to] = number;
                    open.push(to);
                }
            }
        }
    }

    /// The winding number of the rest of the plan west of every component, by a sweep over
    /// heights: pieces that reach a seed's height are held against it.
    fn outside(&self, seeds: &[usize], components: &[u32]) -> Vec<i32> {
        let mut windings = vec![0; seeds.len()];
        if seeds.len() < 2 {
            return windings;
        }
        let mut by_height: Vec<usize> = (0..seeds.len()).collect();
        by_height.sort_by(|i, j| self.nodes[seeds[*i]].y.total_cmp(&self.nodes[seeds[*j]].y));
        let low = |p: &Piece| p.a.y.min(p.b.y);
        let mut rising: Vec<usize> = (0..self.pieces.len()).collect();
        rising.sort_by(|i, j| low(&self.pieces[*i]).total_cmp(&low(&self.pieces[*j])));
        let mut next = rising.into_iter().peekable();
        let mut reaching: Vec<usize> = Vec::new();
        for seed in by_height {
            let at = self.nodes[seeds[seed]];
            while let Some(piece) = next.next_if(|i| low(&self.pieces[*i]) <= at.y) {
                reaching.push(piece);
            }
            reaching.retain(|i| self.pieces[*i].a.y.max(self.pieces[*i].b.y) > at.y);
            let others = reaching.iter().filter(|i| {
                components[self.spokes[self.ends[**i][0]].from as usize] as usize != seed
            });
            windings[seed] = others.map(|i| crossed(&self.pieces[*i], at)).sum();
        }
        windings
    }

    /// From one known face to all of its component.
    fn spread(&self, spoke: usize, winding: i32, left: &mut [Option<i32>]) {
        let mut open = vec![(spoke, winding)];
        while let Some((known, winding)) = open.pop() {
            if left[known].is_some() {
                continue;
            }
            let node = self.spokes[known].from as usize;
            let (from, to) = (self.starts[node], self.starts[node + 1]);
            let mut here = winding;
            left[known] = Some(here);
            for spoke in (known + 1..to).chain(from..known) {
                // Against the clock: from its right to its left.
                here += self.spokes[spoke].winding;
                left[spoke] = Some(here);
            }
            for spoke in from..to {
                let twin = self.twin(spoke);
                if let (None, Some(here)) = (left[twin], left[spoke]) {
                    open.push((twin, here - self.spokes[spoke].winding));
                }
            }
        }
    }

    /// Walks a border with the inside on the left, turning into the first border spoke clockwise
    /// of where it came from: so it stays along one face.
    fn cycle(&self, start: usize, border: &[bool], seen: &mut [bool]) -> Option<Vec<usize>> {
        let mut cycle = Vec::new();
        let mut spoke = start;
        loop {
            if seen[spoke] {
                return None;
            }
            seen[spoke] = true;
            cycle.push(spoke);
            let twin = self.twin(spoke);
            let node = self.spokes[twin].from as usize;
            let (from, to) = (self.starts[node], self.starts[node + 1]);
            let clockwise = (from..twin).rev().chain((twin + 1..to).rev());
            spoke = clockwise.into_iter().find(|s| border[*s])?;
            if spoke == start {
                return Some(cycle);
            }
        }
    }

    /// A cycle as rings that meet no node twice.
    fn rings(&self, cycle: &[usize]) -> Vec<Ring> {
        let mut on_path = BTreeSet::new();
        let mut path: Vec<usize> = Vec::new();
        let mut rings = Vec::new();
        for spoke in cycle {
            let node = self.spokes[*spoke].from;
            if !on_path.insert(node) {
                let at = path.iter().rposition(|s| self.spokes[*s].from == node).unwrap_or(0);
                let ring: Vec<usize> = path.drain(at..).collect();
                for s in ring.iter().skip(1) {
                    on_path.remove(&self.spokes[*s].from);
                }
                rings.push(self.ring(&ring));
            }
            path.push(*spoke);
        }
        rings.push(self.ring(&path));
        rings
    }

    /// The points of a ring, closed; without nodes at which an original edge just goes on. Such a
    /// node is left out only where it lies exactly on the line between those that stay, so that
    /// the ring runs through the same points as before.
    fn ring(&self, spokes: &[usize]) -> Ring {
        let source = |spoke: usize| self.pieces[self.spokes[spoke].piece as usize].source;
        let node = |spoke: usize| self.nodes[self.spokes[spoke].from as usize];
        let n = spokes.len();
        let goes_on = |i: usize| {
            let (before, here) = (source(spokes[(i + n - 1) % n]), source(spokes[i]));
            before == here && here != SEVERAL
        };
        // Every ring turns somewhere; were it not so, its first point would do.
        let start = (0..n).find(|i| !goes_on(*i)).unwrap_or(0);
        let mut ring: Ring = vec![node(spokes[start])];
        let mut passed: Ring = Vec::new();
        for i in start + 1..=start + n {
            let (at, last) = (node(spokes[i % n]), ring[ring.len() - 1]);
            if passed.iter().any(|p| side(last, at, *p) != 0.0) {
                ring.extend(passed.pop());
                passed.clear();
            }
            if i < start + n && goes_on(i % n) {
                passed.push(at);
            } else {
                ring.push(at);
                passed.clear();
            }
        }
        ring
    }
}

/// 0 for directions from east to north-west, 1 for the rest.
fn half(centre: Coord<f64>, to: Coord<f64>) -> u8 {
    u8::from(!(to.y > centre.y || (to.y == centre.y && to.x > centre.x)))
}

/// The order of two directions against the clock, beginning in the east; exact.
fn around(centre: Coord<f64>, p: Coord<f64>, q: Coord<f64>) -> std::cmp::Ordering {
    half(centre, p).cmp(&half(centre, q)).then_with(|| 0.0_f64.total_cmp(&side(centre, p, q)))
}

/// How the winding number changes on the way from the far west to the point.
fn crossed(piece: &Piece, at: Coord<f64>) -> i32 {
    let up = piece.a.y < piece.b.y;
    let (low, high) = if up { (piece.a, piece.b) } else { (piece.b, piece.a) };
    let reaches = low.y <= at.y && at.y < high.y;
    if !reaches || side(low, high, at) >= 0.0 {
        return 0;
    }
    if up { -piece.winding } else { piece.winding }
}

/// Rings found so far: shells with the holes of their face, and holes still without a shell.
#[derive(Default)]
struct Found {
    parts: Vec<Part>,
    loose: Vec<Ring>,
}

impl Found {
    /// The rings of one cycle belong to one face.
    fn add(&mut self, rings: Vec<Ring>) {
        let rings: Vec<Ring> = rings.into_iter().filter(|ring| ring.len() >= 4).collect();
        match rings.iter().position(|ring| twice_area(ring) > 0.0) {
            Some(at) => {
                let mut part = rings;
                part.swap(0, at);
                self.parts.push(part);
            }
            None => self.loose.extend(rings),
        }
    }

    /// Holes go to the smallest shell around them.
    fn parts(mut self) -> Vec<Part> {
        let mut by_area: Vec<usize> = (0..self.parts.len()).collect();
        let area = |parts: &[Part], i: usize| twice_area(&parts[i][0]);
        by_area.sort_by(|i, j| area(&self.parts, *i).total_cmp(&area(&self.parts, *j)));
        for hole in std::mem::take(&mut self.loose) {
            let inside = |shell: &Ring| {
                // A corner of the hole may lie on an island in it, so any that decides will do.
                let decided = hole.iter().map(|at| place(shell, *at)).find(|p| *p != Place::Border);
                decided == Some(Place::Inside)
            };
            let home = by_area.iter().find(|i| inside(&self.parts[**i][0]));
            if let Some(home) = home {
                self.parts[*home].push(hole);
            }
        }
        self.parts
    }
}
