//! From traced regions to the blocks that a lookup reads: one word a cell, and behind it what the
//! cell holds.

use geo::Coord;

use super::grid::{Grid, PARTS, PER_BLOCK, SIDE, Square};
use super::leaf::{Edge, NO_SLOT, Pen, Way};
use super::trace::{Filled, Ring, Run};

/// A cell with more edges is divided.
const MAX_EDGES: usize = 20;
/// Divisions of a cell: 4096 parts a side.
const MAX_DEPTH: u32 = 6;
/// Words that the parts of a cell may take for each of its edges, and the edges that are counted
/// anyway: lines that cross everywhere are as many in every part, and dividing them helps little.
const WORDS_PER_EDGE: usize = 32;
const COUNTED_ANYWAY: usize = 256;
/// Edges among which equal ones are sought: more are divided first.
const COMPARED: usize = 64;

/// What stands for a cell: nothing, a region that fills it, or where in the block's words to look.
pub(super) const EMPTY: u32 = 0;
pub(super) const FULL: u32 = 1 << 30;
pub(super) const LEAF: u32 = 2 << 30;
pub(super) const DIVIDED: u32 = 3 << 30;
pub(super) const KIND: u32 = 3 << 30;
pub(super) const VALUE: u32 = FULL - 1;

/// A square of cells.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) cells: Box<[u32]>,
    pub(super) words: Box<[u64]>,
}

/// What a cell holds while it is built.
#[derive(Default)]
struct Content {
    edges: Vec<Edge>,
    /// Slots that hold the anchor, sorted.
    inside: Vec<u32>,
}

/// Stretches of what was traced in one block.
type Stretches<'a, T> = [(u32, &'a [T])];

/// Room to build blocks in, used again for each.
#[derive(Default)]
pub(super) struct Room {
    /// Runs in the order of cells, then rings.
    runs: Vec<Run>,
    /// Where the runs of a cell begin.
    starts: Vec<u32>,
    /// The lowest slot that fills a cell.
    whole: Vec<u32>,
    content: Content,
    pen: Pen,
}

impl Room {
    /// Builds one block from what was traced in it, in the order of the rings.
    pub(super) fn assemble(
        &mut self,
        grid: &Grid,
        block: usize,
        runs: &Stretches<'_, Run>,
        filled: &Stretches<'_, Filled>,
        rings: &[Ring<'_>],
    ) -> Block {
        self.fill(filled);
        self.sort(runs);
        self.fetch(rings);
        let filled_word = |slot: &u32| if *slot == NO_SLOT { EMPTY } else { FULL | *slot };
        let mut cells: Box<[u32]> = self.whole.iter().map(filled_word).collect();
        self.pen.words.clear();
        for runs in self.runs.chunk_by(|a, b| a.local == b.local) {
            let Some(local) = runs.first().map(|run| usize::from(run.local)) else { continue };
            self.content.set(runs, rings, self.whole[local]);
            let square = grid.square(grid.spot_of(block, local));
            let most = (self.content.edges.len() + COUNTED_ANYWAY) * WORDS_PER_EDGE;
            let end = self.pen.words.len() + most;
            cells[local] = write_cell(&self.content, &square, (0, end), 0, &mut self.pen);
        }
        Block { cells, words: self.pen.words.as_slice().into() }
    }

    fn fill(&mut self, filled: &Stretches<'_, Filled>) {
        self.whole.clear();
        self.whole.resize(PER_BLOCK, NO_SLOT);
        for f in filled.iter().flat_map(|(_, filled)| *filled) {
            let row = usize::from(f.row) * SIDE as usize;
            let cells = &mut self.whole[row + usize::from(f.from)..row + usize::from(f.to)];
            // Of several that fill a cell the lowest wins.
            cells.iter_mut().for_each(|slot| *slot = f.slot.min(*slot));
        }
    }

    /// Sorts by counting; within a cell the order of the rings stays.
    fn sort(&mut self, runs: &Stretches<'_, Run>) {
        self.starts.clear();
        self.starts.resize(PER_BLOCK + 1, 0);
        let all = || runs.iter().flat_map(|(_, runs)| *runs);
        all().for_each(|run| self.starts[usize::from(run.local) + 1] += 1);
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.runs.clear();
        self.runs.resize(sum as usize, Run::default());
        for run in all() {
            let next = &mut self.starts[usize::from(run.local)];
            self.runs[*next as usize] = *run;
            *next += 1;
        }
    }

    /// Loads the beginnings of all runs into the cache, none waiting for another: taken one by one
    /// later they would be waited for each.
    fn fetch(&self, rings: &[Ring<'_>]) {
        let mut touched = 0;
        for run in &self.runs {
            let ring = rings.get(run.ring as usize);
            let first = ring.and_then(|ring| ring.coords.get(run.start as usize));
            touched ^= first.map_or(0, |c| c.x.to_bits());
        }
        std::hint::black_box(touched);
    }
}

impl Content {
    /// Takes the edges of a cell, and the region that fills it.
    fn set(&mut self, runs: &[Run], rings: &[Ring<'_>], filled: u32) {
        self.edges.clear();
        self.inside.clear();
        for run in runs {
            let Some(ring) = rings.get(run.ring as usize) else { continue };
            let from = run.start as usize;
            let coords = &ring.coords[from..=from + run.edges as usize];
            let sides = [ring.slot, NO_SLOT];
            self.edges.extend(coords.windows(2).map(|pair| Edge { a: pair[0], b: pair[1], sides }));
            if run.inside && self.inside.last() != Some(&ring.slot) {
                self.inside.push(ring.slot);
            }
        }
        if filled != NO_SLOT {
            self.inside.push(filled);
            self.inside.sort_unstable();
        }
        // One run has no edge twice but where it turns back on itself, which parts nothing.
        if runs.len() > 1 {
            self.merge();
        }
        self.prune();
    }

    /// An edge of two regions is kept once; one that a region has twice parts nothing.
    fn merge(&mut self) {
        if self.edges.len() > COMPARED {
            return;
        }
        let edges = &mut self.edges;
        // Equal edges follow each other along a shared border, in one region as backwards in the other.
        let mut near = 0;
        for i in 1..edges.len() {
            let Edge { a, b, sides } = edges[i];
            let equal = |e: &Edge| {
                e.sides[1] == NO_SLOT && ((e.a == b && e.b == a) || (e.a == a && e.b == b))
            };
            let at = match edges[..i].get(near) {
                Some(e) if equal(e) => Some(near),
                _ => edges[..i].iter().position(equal),
            };
            let Some(at) = at else { continue };
            near = at.saturating_sub(1);
            if sides[1] != NO_SLOT || edges[at].sides[0] == NO_SLOT {
                continue;
            }
            if edges[at].sides[0] == sides[0] {
                edges[at].sides[0] = NO_SLOT;
            } else {
                edges[at].sides[1] = sides[0];
            }
            edges[i].sides[0] = NO_SLOT;
        }
        edges.retain(|edge| edge.a != edge.b && edge.sides[0] != NO_SLOT);
    }

    /// A region that fills the cell hides all behind it.
    fn prune(&mut self) {
        let has_edges = |slot: &u32| self.edges.iter().any(|edge| edge.sides.contains(slot));
        let Some(front) = self.inside.iter().copied().find(|slot| !has_edges(slot)) else {
            return;
        };
        self.inside.retain(|slot| *slot <= front);
        for edge in &mut self.edges {
            edge.sides = match edge.sides.map(|slot| if slot < front { slot } else { NO_SLOT }) {
                [NO_SLOT, other] => [other, NO_SLOT],
                sides => sides,
            };
        }
        self.edges.retain(|edge| edge.sides[0] != NO_SLOT);
    }

    /// What a part of the cell holds.
    fn part(&self, anchor: Coord<f64>, square: &Square) -> Self {
        let way = Way { from: anchor, to: square.anchor };
        let mut inside = self.inside.clone();
        for edge in &self.edges {
            if way.crosses(edge.a, edge.b) {
                edge.sides.iter().filter(|slot| **slot != NO_SLOT).for_each(|slot| {
                    match inside.binary_search(slot) {
                        Ok(at) => drop(inside.remove(at)),
                        Err(at) => inside.insert(at, *slot),
                    }
                });
            }
        }
        let edges = self.edges.iter().filter(|e| square.touches(e.a, e.b)).copied().collect();
        let mut part = Self { edges, inside };
        part.merge();
        part.prune();
        part
    }
}

/// Writes what a cell holds behind the words of `pen` and gives the word that stands for it; places are
/// counted from `origin`. Past `end` words nothing is divided any more.
fn write_cell(
    content: &Content,
    square: &Square,
    (depth, end): (u32, usize),
    origin: usize,
    pen: &mut Pen,
) -> u32 {
    if content.edges.is_empty() {
        return content.inside.first().map_or(EMPTY, |slot| FULL | slot);
    }
    let at = pen.words.len();
    let place = u32::try_from(at - origin).unwrap_or(VALUE).min(VALUE);
    if content.edges.len() <= MAX_EDGES || depth == MAX_DEPTH || at >= end {
        pen.leaf(&content.edges, &content.inside);
        return LEAF | place;
    }
    let n = (PARTS * PARTS) as usize;
    pen.words.resize(at + n / 2, 0);
    for (i, part) in (0..PARTS * PARTS).zip(0..n) {
        let square_of = square.part(i);
        let inner = content.part(square.anchor, &square_of);
        let word = write_cell(&inner, &square_of, (depth + 1, end), at, pen);
        pen.words[at + part / 2] |= u64::from(word) << (32 * (part % 2));
    }
    DIVIDED | place
}
