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

use assemble::{Block, DIVIDED, EMPTY, FULL, KIND, LEAF, Room, VALUE};
use grid::{Grid, Spot, Square};
use leaf::Leaf;
use trace::{Ring, Traced, Tracer, rings_of};

/// No region: the answer of [`Cells::locate_all`] for a point outside of all.
pub const OUTSIDE: u32 = u32::MAX;
/// Points that go through the stages of a lookup together.
const BATCH: usize = 256;
/// Points that are put in the order of the blocks together (their coordinates then lie in the nearer
/// caches while they are picked), and how few are not worth it.
const ORDERED: usize = 1 << 18;
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
    /// Near linear in the number of vertices; about 40 bytes for each of them are kept, and a few
    /// thousand where edges go right across the extent.
    pub fn build(shapes: &[&MultiPolygon<f64>], threads: usize) -> Self {
        let mut rings = Vec::new();
        let mut of_region = vec![0];
        for (slot, shape) in (0_u32..).zip(shapes) {
            rings.extend(rings_of(slot, shape));
            of_region.push(rings.len());
        }
        let (low, high) = extent(&rings);
        let vertices = rings.iter().map(|ring| ring.coords.len()).sum();
        let Some(grid) = Grid::over(low, high, vertices, length(&rings)) else {
            return Self::default();
        };
        let traced = trace_all(&grid, &rings, &of_region, threads);
        Self::assembled(grid, &traced, &rings, threads)
    }

    fn assembled(grid: Grid, traced: &[Traced], rings: &[Ring<'_>], threads: usize) -> Self {
        let runs = Parts::of(traced.iter().map(|t| t.runs.as_slice()), |run| run.block);
        let filled = Parts::of(traced.iter().map(|t| t.filled.as_slice()), |f| f.block);
        let mut used: Vec<u32> = runs.blocks().chain(filled.blocks()).collect();
        used.sort_unstable();
        used.dedup();
        let mut directory = vec![NO_BLOCK; grid.blocks()];
        for (place, block) in (0_u32..).zip(&used) {
            directory[*block as usize] = place;
        }
        let blocks = in_turn(used.len(), threads, |room: &mut Room, i| {
            let block = used[i];
            room.assemble(
                &grid,
                block as usize,
                runs.of_block(block),
                filled.of_block(block),
                rings,
            )
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
                touched ^= words.get(at).copied().unwrap_or(0)
                    ^ words.get(at + 8).copied().unwrap_or(0)
                    ^ words.get(at + 16).copied().unwrap_or(0);
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
            let of = |kind: u32| block.cells.iter().filter(|word| **word & KIND == kind).count();
            let (full, bordered, divided) = (of(FULL), of(LEAF), of(DIVIDED));
            figures.empty += block.cells.len() - full - bordered - divided;
            figures.full += full;
            figures.bordered += bordered;
            figures.divided += divided;
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

/// Widths and heights of all edges together.
fn length(rings: &[Ring<'_>]) -> f64 {
    let edges = rings.iter().flat_map(|ring| ring.coords.windows(2));
    edges.map(|pair| (pair[1].x - pair[0].x).abs() + (pair[1].y - pair[0].y).abs()).sum()
}

/// What was found of each block: stretches of lists that have the blocks in order.
struct Parts<'a, T> {
    /// By block, then in the order of the lists.
    stretches: Vec<(u32, &'a [T])>,
}

impl<'a, T> Parts<'a, T> {
    fn of(lists: impl Iterator<Item = &'a [T]>, block: impl Fn(&T) -> u32) -> Self {
        let stretches = lists.flat_map(|list| list.chunk_by(|a, b| block(a) == block(b)));
        let mut stretches: Vec<_> =
            stretches.filter_map(|same| Some((block(same.first()?), same))).collect();
        stretches.sort_by_key(|(block, _)| *block);
        Self { stretches }
    }

    fn blocks(&self) -> impl Iterator<Item = u32> {
        self.stretches.iter().map(|(block, _)| *block)
    }

    fn of_block(&self, block: u32) -> &[(u32, &'a [T])] {
        let from = self.stretches.partition_point(|(b, _)| *b < block);
        let to = self.stretches.partition_point(|(b, _)| *b <= block);
        &self.stretches[from..to]
    }
}

/// Runs and filled cells in pieces of the regions in order, block by block in each.
fn trace_all(grid: &Grid, rings: &[Ring<'_>], of_region: &[usize], threads: usize) -> Vec<Traced> {
    let regions = of_region.len() - 1;
    in_turn(regions.div_ceil(REGIONS_AT_ONCE), threads, |tracer: &mut Tracer, part| {
        let mut traced = Traced::default();
        let from = part * REGIONS_AT_ONCE;
        for region in from..(from + REGIONS_AT_ONCE).min(regions) {
            let first = of_region[region];
            tracer.trace(grid, &rings[first..of_region[region + 1]], first, &mut traced);
        }
        traced.by_block();
        traced
    })
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
