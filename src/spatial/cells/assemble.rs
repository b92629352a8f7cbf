//! From traced regions to the blocks that a lookup reads: one word a cell, and behind it what the
//! cell holds.

use geo::Coord;

use super::grid::{Grid, PARTS, PER_BLOCK, SIDE, Square};
use super::leaf::{Edge, NO_SLOT, Way, encode};
use super::trace::{Filled, Ring, Run};

/// A cell with more edges is divided.
const MAX_EDGES: usize = 20;
/// Divisions of a cell: 4096 parts a side.
const MAX_DEPTH: u32 = 6;
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
struct Content {
    edges: Vec<Edge>,
    /// Slots that hold the anchor, sorted.
    inside: Vec<u32>,
}

/// Builds one block from its runs (in the order of cells, then rings) and filled cells; `words` is
/// room to write in.
pub(super) fn assemble(
    grid: &Grid,
    block: usize,
    runs: &[Run],
    filled: &[Filled],
    rings: &[Ring<'_>],
    words: &mut Vec<u64>,
) -> Block {
    let mut whole = vec![NO_SLOT; PER_BLOCK];
    for f in filled {
        let row = usize::from(f.row) * SIDE as usize;
        let cells = &mut whole[row + usize::from(f.from)..row + usize::from(f.to)];
        // Of several that fill a cell the lowest wins.
        cells.iter_mut().for_each(|slot| *slot = f.slot.min(*slot));
    }
    let filled_word = |slot: u32| if slot == NO_SLOT { EMPTY } else { FULL | slot };
    let mut cells: Vec<u32> = whole.iter().map(|slot| filled_word(*slot)).collect();
    words.clear();
    for runs in runs.chunk_by(|a, b| a.local == b.local) {
        let Some(local) = runs.first().map(|run| usize::from(run.local)) else { continue };
        let content = Content::of(runs, rings, whole[local]);
        let square = grid.square(grid.spot_of(block, local));
        cells[local] = write_cell(content, &square, 0, 0, words);
    }
    Block { cells: cells.into(), words: words.as_slice().into() }
}

impl Content {
    fn of(runs: &[Run], rings: &[Ring<'_>], filled: u32) -> Self {
        let mut edges = Vec::with_capacity(runs.iter().map(|run| run.edges as usize).sum());
        let mut inside = Vec::new();
        for run in runs {
            let Some(ring) = rings.get(run.ring as usize) else { continue };
            let from = run.start as usize;
            let coords = &ring.coords[from..=from + run.edges as usize];
            let sides = [ring.slot, NO_SLOT];
            edges.extend(coords.windows(2).map(|pair| Edge { a: pair[0], b: pair[1], sides }));
            if run.inside && inside.last() != Some(&ring.slot) {
                inside.push(ring.slot);
            }
        }
        if filled != NO_SLOT {
            inside.push(filled);
            inside.sort_unstable();
        }
        let mut content = Self { edges, inside };
        content.merge();
        content.prune();
        content
    }

    /// An edge of two regions is kept once; one that a region has twice parts nothing.
    fn merge(&mut self) {
        if self.edges.len() > COMPARED {
            return;
        }
        let edges = &mut self.edges;
        for i in 1..edges.len() {
            let Edge { a, b, sides } = edges[i];
            let equal = |e: &Edge| {
                e.sides[1] == NO_SLOT && ((e.a == b && e.b == a) || (e.a == a && e.b == b))
            };
            let Some(at) = edges[..i].iter().position(equal) else { continue };
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

/// Writes what a cell holds behind `words` and gives the word that stands for it; places are
/// counted from `origin`.
fn write_cell(
    content: Content,
    square: &Square,
    depth: u32,
    origin: usize,
    words: &mut Vec<u64>,
) -> u32 {
    if content.edges.is_empty() {
        return content.inside.first().map_or(EMPTY, |slot| FULL | slot);
    }
    let at = words.len();
    let place = u32::try_from(at - origin).unwrap_or(VALUE).min(VALUE);
    if content.edges.len() <= MAX_EDGES || depth == MAX_DEPTH {
        encode(&content.edges, &content.inside, words);
        return LEAF | place;
    }
    let n = (PARTS * PARTS) as usize;
    words.resize(at + n / 2, 0);
    for (i, part) in (0..PARTS * PARTS).zip(0..n) {
        let square_of = square.part(i);
        let inner = content.part(square.anchor, &square_of);
        let word = write_cell(inner, &square_of, depth + 1, at, words);
        words[at + part / 2] |= u64::from(word) << (32 * (part % 2));
    }
    DIVIDED | place
}
