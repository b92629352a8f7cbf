//! Which region holds a point, at the speed of memory: a uniform grid whose cells are empty, lie
//! wholly inside one region, or list the few edges that pass them.
//!
//! Most points fall in cells without a border and cost two loads. In the others the sides of about
//! ten edges are looked at; only those between the point and the cell's anchor need arithmetic.
//! Works for any polygons: overlaps (the first region wins), gaps, holes, islands, enclaves, and
//! rings that cross themselves (even-odd).

mod assemble;
mod grid;
mod leaf;
mod trace;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use geo::{Coord, MultiPolygon};

use assemble::{Block, DIVIDED, EMPTY, FULL, KIND, LEAF, VALUE, assemble};
use grid::{Grid, Spot, Square};
use leaf::Leaf;
use trace::{Filled, Ring, Run, Traced, Tracer, rings_of};

/// No region: the answer of [`Cells::locate_all`] for a point outside of all.
pub const OUTSIDE: u32 = u32::MAX;
/// Points that go through the stages of a lookup together.
const BATCH: usize = 256;
/// Points that are put in the order of the blocks together, and how few are not worth it.
const ORDERED: usize = 1 << 20;
const WORTH_ORDERING: usize = 1 << 13;
const NO_BLOCK: u32 = u32::MAX;
/// Regions a thread takes at a time.
const REGIONS_AT_ONCE: usize = 256;

/// The grid over a set of regions, which are known by their place in the set (slot).
#[derive(Debug, Default)]
pub struct Cells {
    grid: Option<Grid>,
    /// Block of the grid to its place in `blocks`.
    directory: Vec<u32>,
    blocks: Vec<Block>,
}

impl Cells {
    /// Lays the grid over the shapes with `threads` threads; the result does not depend on them.
    /// Near linear in the number of vertices; about 40 bytes for each of them are kept.
    pub fn build(shapes: &[&MultiPolygon<f64>], threads: usize) -> Self {
        let mut rings = Vec::new();
        let mut of_region = vec![0];
        for (slot, shape) in (0_u32..).zip(shapes) {
            rings.extend(rings_of(slot, shape));
            of_region.push(rings.len());
        }
        let (low, high) = extent(&rings);
        let vertices = rings.iter().map(|ring| ring.coords.len()).sum();
        let Some(grid) = Grid::over(low, high, vertices) else { return Self::default() };
        let (runs, filled) = trace_all(&grid, &rings, &of_region, threads);
        Self::assembled(grid, &runs, &filled, &rings, threads)
    }

    fn assembled(
        grid: Grid,
        runs: &[Vec<Run>],
        filled: &[Vec<Filled>],
        rings: &[Ring<'_>],
        threads: usize,
    ) -> Self {
        let mut directory = vec![NO_BLOCK; grid.blocks()];
        let of_runs = runs.iter().flatten().map(|run| run.block);
        of_runs.chain(filled.iter().flatten().map(|f| f.block)).for_each(|block| {
            directory[block as usize] = 0;
        });
        let mut used = Vec::new();
        for (block, place) in (0_u32..).zip(&mut directory).filter(|(_, place)| **place == 0) {
            *place = u32::try_from(used.len()).unwrap_or(NO_BLOCK);
            used.push(block);
        }
        let place = |block: u32| directory[block as usize] as usize;
        let runs = Buckets::of(runs, used.len(), |run| place(run.block));
        let filled = Buckets::of(filled, used.len(), |f| place(f.block));
        let blocks = in_turn(used.len(), threads, |(here, words): &mut (Vec<Run>, Vec<u64>), i| {
            here.clear();
            here.extend_from_slice(runs.of_number(i));
            // Stable: within a cell the order of the rings stays.
            here.sort_by_key(|run| run.local);
            assemble(&grid, used[i] as usize, here, filled.of_number(i), rings, words)
        });
        Self { grid: Some(grid), directory, blocks }
    }

    /// The first region that holds the point; `None` outside of all and for what is not finite.
    pub fn locate(&self, x: f64, y: f64) -> Option<u32> {
        let mut slot = [OUTSIDE];
        self.locate_all(&[x], &[y], &mut slot);
        (slot[0] != OUTSIDE).then_some(slot[0])
    }

    /// Locates many points: `slots[i]` is the first region that holds (`xs[i]`, `ys[i]`), or
    /// [`OUTSIDE`]. The shortest of the three slices counts.
    pub fn locate_all(&self, xs: &[f64], ys: &[f64], slots: &mut [u32]) {
        let Some(grid) = &self.grid else { return slots.fill(OUTSIDE) };
        let runs = xs.chunks(ORDERED).zip(ys.chunks(ORDERED)).zip(slots.chunks_mut(ORDERED));
        for ((xs, ys), slots) in runs {
            if xs.len() > WORTH_ORDERING {
                self.ordered(grid, xs, ys, slots);
            } else {
                let batches = xs.chunks(BATCH).zip(ys.chunks(BATCH)).zip(slots.chunks_mut(BATCH));
                batches.for_each(|((xs, ys), slots)| self.batch(grid, xs, ys, slots));
            }
        }
    }

    /// Block by block: points of one block find its words in the nearer caches.
    fn ordered(&self, grid: &Grid, xs: &[f64], ys: &[f64], slots: &mut [u32]) {
        let n = xs.len().min(ys.len()).min(slots.len());
        let none = self.blocks.len();
        let block = |x: f64, y: f64| {
            let at = grid.spot(x, y).and_then(|spot| self.directory.get(grid.address(spot).0));
            at.map_or(none, |place| (*place as usize).min(none))
        };
        let of: Vec<u32> =
            (0..n).map(|i| u32::try_from(block(xs[i], ys[i])).unwrap_or(0)).collect();
        let mut starts = vec![0_u32; none + 2];
        of.iter().for_each(|block| starts[*block as usize + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut order = vec![0_u32; n];
        for (i, block) in (0_u32..).zip(&of) {
            let next = &mut starts[*block as usize];
            order[*next as usize] = i;
            *next += 1;
        }
        let (mut x, mut y, mut found) = ([0.0; BATCH], [0.0; BATCH], [OUTSIDE; BATCH]);
        for numbers in order.chunks(BATCH) {
            for (k, i) in numbers.iter().enumerate() {
                (x[k], y[k]) = (xs[*i as usize], ys[*i as usize]);
            }
            let m = numbers.len();
            self.batch(grid, &x[..m], &y[..m], &mut found[..m]);
            for (i, slot) in numbers.iter().zip(&found) {
                slots[*i as usize] = *slot;
            }
        }
    }

    /// Stage by stage, so that the loads of different points do not wait for each other.
    fn batch(&self, grid: &Grid, xs: &[f64], ys: &[f64], slots: &mut [u32]) {
        let mut spots = [Spot::default(); BATCH];
        let mut places = [(NO_BLOCK, 0_u32); BATCH];
        for (((x, y), spot), place) in xs.iter().zip(ys).zip(&mut spots).zip(&mut places) {
            if let Some(at) = grid.spot(*x, *y) {
                let (block, local) = grid.address(at);
                *spot = at;
                *place = (
                    self.directory.get(block).copied().unwrap_or(NO_BLOCK),
                    u32::try_from(local).unwrap_or(0),
                );
            }
        }
        for (slot, (block, local)) in slots.iter_mut().zip(&places) {
            let block = self.blocks.get(*block as usize);
            *slot = block.and_then(|b| b.cells.get(*local as usize)).copied().unwrap_or(EMPTY);
        }
        let mut touched = 0;
        for (word, (block, _)) in slots.iter().zip(&places) {
            if word & LEAF != 0 {
                let at = (word & VALUE) as usize;
                let words = self.blocks.get(*block as usize).map_or(&[][..], |b| &b.words);
                touched ^=
                    words.get(at).copied().unwrap_or(0) ^ words.get(at + 8).copied().unwrap_or(0);
            }
        }
        // The loads above are for the cache; this keeps them from being left out.
        std::hint::black_box(touched);
        for (i, slot) in slots.iter_mut().enumerate() {
            *slot = match *slot & KIND {
                EMPTY => OUTSIDE,
                FULL => *slot & VALUE,
                _ => {
                    let words = &self.blocks[places[i].0 as usize].words;
                    let at = Coord { x: xs[i], y: ys[i] };
                    find(*slot, words, &grid.square(spots[i]), at).unwrap_or(OUTSIDE)
                }
            };
        }
    }

    /// What the grid is made of.
    pub fn figures(&self) -> CellFigures {
        let mut figures = CellFigures {
            cell_size: self.grid.as_ref().map_or(0.0, Grid::size),
            bytes: self.directory.len() * 4,
            ..CellFigures::default()
        };
        for block in &self.blocks {
            figures.bytes += block.cells.len() * 4 + block.words.len() * 8;
            for word in &block.cells {
                match word & KIND {
                    EMPTY => figures.empty += 1,
                    FULL => figures.full += 1,
                    DIVIDED => figures.divided += 1,
                    _ => figures.bordered += 1,
                }
            }
        }
        figures
    }
}

/// What the cells of an index are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CellFigures {
    /// Side of a cell, in the unit of the coordinates.
    pub cell_size: f64,
    /// Cells of the blocks in use.
    pub empty: usize,
    pub full: usize,
    /// With a list of edges.
    pub bordered: usize,
    /// With so many edges that they were divided.
    pub divided: usize,
    pub bytes: usize,
}

#[inline]
fn find(mut word: u32, mut words: &[u64], square: &Square, at: Coord<f64>) -> Option<u32> {
    let mut square = *square;
    loop {
        match word & KIND {
            EMPTY => return None,
            FULL => return Some(word & VALUE),
            LEAF => return Leaf::at(words.get((word & VALUE) as usize..)?).find(square.anchor, at),
            _ => {
                words = words.get((word & VALUE) as usize..)?;
                let part = square.part_of(at);
                let pair = *words.get(part as usize / 2)?;
                #[expect(clippy::cast_possible_truncation, reason = "one half of the pair")]
                let half = (pair >> (32 * (part % 2))) as u32;
                word = half;
                square = square.part(part);
            }
        }
    }
}

fn extent(rings: &[Ring<'_>]) -> (Coord<f64>, Coord<f64>) {
    let none = Coord { x: f64::INFINITY, y: f64::INFINITY };
    let mut low = none;
    let mut high = Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY };
    for c in rings.iter().flat_map(|ring| ring.coords.iter()) {
        low = Coord { x: low.x.min(c.x), y: low.y.min(c.y) };
        high = Coord { x: high.x.max(c.x), y: high.y.max(c.y) };
    }
    (low, high)
}

/// Things by number, in the order in which they came.
struct Buckets<T> {
    starts: Vec<usize>,
    things: Vec<T>,
}

impl<T: Copy> Buckets<T> {
    fn of(parts: &[Vec<T>], n: usize, number: impl Fn(&T) -> usize) -> Self {
        let mut starts = vec![0; n + 1];
        parts.iter().flatten().for_each(|thing| starts[number(thing) + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        // Any thing will do to begin with: each place is written once.
        let first = parts.iter().flatten().next();
        let mut things = first.map_or_else(Vec::new, |first| vec![*first; starts[n]]);
        for thing in parts.iter().flatten() {
            let at = &mut next[number(thing)];
            things[*at] = *thing;
            *at += 1;
        }
        Self { starts, things }
    }

    fn of_number(&self, i: usize) -> &[T] {
        &self.things[self.starts[i]..self.starts[i + 1]]
    }
}

/// Runs and filled cells in the order of the regions, in pieces.
fn trace_all(
    grid: &Grid,
    rings: &[Ring<'_>],
    of_region: &[usize],
    threads: usize,
) -> (Vec<Vec<Run>>, Vec<Vec<Filled>>) {
    let regions = of_region.len() - 1;
    let parts = in_turn(regions.div_ceil(REGIONS_AT_ONCE), threads, |tracer: &mut Tracer, part| {
        let mut traced = Traced::default();
        let from = part * REGIONS_AT_ONCE;
        for region in from..(from + REGIONS_AT_ONCE).min(regions) {
            let first = of_region[region];
            tracer.trace(grid, &rings[first..of_region[region + 1]], first, &mut traced);
        }
        traced
    });
    parts.into_iter().map(|part| (part.runs, part.filled)).unzip()
}

/// Does `work` for 0..n on several threads, each with room of its own; results stand in the order of
/// the numbers.
fn in_turn<T: Send, R: Default>(
    n: usize,
    threads: usize,
    work: impl Fn(&mut R, usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(n));
    let run = || {
        let (mut mine, mut room) = (Vec::new(), R::default());
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= n {
                break;
            }
            mine.push((i, work(&mut room, i)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(mine);
    };
    std::thread::scope(|scope| {
        (1..threads.clamp(1, n.max(1))).for_each(|_| drop(scope.spawn(run)));
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, t)| t).collect()
}
