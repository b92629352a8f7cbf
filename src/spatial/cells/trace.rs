//! One region on the grid: which cells its border runs through, on which side each anchor lies,
//! and which cells lie wholly inside.

use std::borrow::Cow;

use geo::{Coord, MultiPolygon};

use super::grid::{Grid, MARGIN, SIDE, Spot};
use super::leaf::lies_left;
use crate::spatial::boundary::rings;

/// A closed ring of finite coordinates.
pub(super) struct Ring<'a> {
    pub(super) slot: u32,
    pub(super) coords: Cow<'a, [Coord<f64>]>,
}

/// The rings of a region. A vertex that is not finite is left out, an open ring closed: the rest
/// of the ring is still a ring, and even-odd holds of any.
pub(super) fn rings_of(slot: u32, shape: &MultiPolygon<f64>) -> impl Iterator<Item = Ring<'_>> {
    rings(shape).filter_map(move |ring| {
        let finite = |c: &Coord<f64>| c.x.is_finite() && c.y.is_finite();
        let coords = if ring.0.first() == ring.0.last() && ring.0.iter().all(finite) {
            Cow::Borrowed(ring.0.as_slice())
        } else {
            let mut kept: Vec<_> = ring.0.iter().copied().filter(finite).collect();
            let first = kept.first().copied();
            kept.extend(first.filter(|first| kept.last() != Some(first)));
            Cow::Owned(kept)
        };
        (coords.len() > 1).then_some(Ring { slot, coords })
    })
}

/// Consecutive edges of a ring that touch one cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    pub(super) block: u32,
    pub(super) local: u16,
    /// The region holds the anchor of the cell.
    pub(super) inside: bool,
    pub(super) ring: u32,
    pub(super) start: u32,
    pub(super) edges: u32,
}

/// Neighbouring cells of a row of a block that lie wholly inside a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub(super) block: u32,
    pub(super) row: u8,
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) slot: u32,
}

/// What tracing found, in the order of the regions.
#[derive(Debug, Default)]
pub(super) struct Traced {
    pub(super) runs: Vec<Run>,
    pub(super) filled: Vec<Filled>,
}

impl Traced {
    /// Brings together what lies in one block; there the order of the regions stays.
    pub(super) fn by_block(&mut self) {
        self.runs.sort_by_key(|run| run.block);
        self.filled.sort_by_key(|filled| filled.block);
    }
}

/// A run before its cell has an address.
struct Passage {
    /// Row, then column.
    cell: u64,
    ring: u32,
    start: u32,
    edges: u32,
}

impl Passage {
    fn row(&self) -> u32 {
        number_of(self.cell >> 32)
    }

    fn column(&self) -> u32 {
        number_of(self.cell & u64::from(u32::MAX))
    }
}

/// Row and column in one number, in the order of rows.
fn both(row: u32, column: u32) -> u64 {
    (u64::from(row) << 32) | u64::from(column)
}

fn number_of(half: u64) -> u32 {
    u32::try_from(half).unwrap_or(u32::MAX)
}

/// A vertex in the unit of the cells.
#[derive(Clone, Copy)]
struct Place {
    u: f64,
    v: f64,
}

impl Place {
    fn of(grid: &Grid, c: Coord<f64>) -> Self {
        Self { u: grid.u(c.x), v: grid.v(c.y) }
    }
}

/// Columns and rows that an edge may touch, the margin included.
#[derive(Clone, Copy)]
struct Span {
    west: u32,
    east: u32,
    south: u32,
    north: u32,
}

impl Span {
    fn of(a: Place, b: Place) -> Self {
        Self {
            west: cell(a.u.min(b.u) - MARGIN),
            east: cell(a.u.max(b.u) + MARGIN),
            south: cell(a.v.min(b.v) - MARGIN),
            north: cell(a.v.max(b.v) + MARGIN),
        }
    }

    fn is_one(self) -> bool {
        self.west == self.east && self.south == self.north
    }

    /// The south-west cell.
    fn first(self) -> u64 {
        both(self.south, self.west)
    }
}

/// Room that is used again for every region.
#[derive(Default)]
pub(super) struct Tracer {
    passages: Vec<Passage>,
    /// (row, column): all anchors of the row from this column on are on the other side.
    flips: Vec<(u32, u32)>,
    open: Vec<usize>,
    next: Vec<usize>,
}

/// Cells of the edge before that are looked through: an edge across the nation passes thousands,
/// and a run that begins anew is right too.
const NEAR: usize = 16;

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn small(n: u32) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

impl Tracer {
    /// Traces one region: its rings and the number of the first of them.
    pub(super) fn trace(
        &mut self,
        grid: &Grid,
        rings: &[Ring<'_>],
        first: usize,
        out: &mut Traced,
    ) {
        self.passages.clear();
        self.flips.clear();
        for (i, ring) in rings.iter().enumerate() {
            self.ring(grid, &ring.coords, number(first + i));
        }
        self.passages.sort_unstable_by_key(|p| (p.cell, p.ring, p.start));
        self.flips.sort_unstable();
        let slot = rings.first().map_or(0, |ring| ring.slot);
        self.sweep(grid, slot, out);
    }

    fn ring(&mut self, grid: &Grid, coords: &[Coord<f64>], ring: u32) {
        self.open.clear();
        let Some((first, rest)) = coords.split_first() else { return };
        let (mut a, mut here) = (*first, Place::of(grid, *first));
        for (k, b) in (0_u32..).zip(rest) {
            let there = Place::of(grid, *b);
            let within = Span::of(here, there);
            // Most edges are short: a cell holds all of it, and the one before it went on there.
            if !(within.is_one() && self.goes_on(within)) {
                self.edge((a, here), (*b, there), within, (ring, k));
            }
            // A row's anchors lie on its south side, which an edge within one row does not reach.
            if within.south != within.north {
                self.flip(grid, a, *b);
            }
            (a, here) = (*b, there);
        }
    }

    /// Whether the run of the edge before goes on: it was in this cell and in no other.
    fn goes_on(&mut self, cell: Span) -> bool {
        let &[at] = self.open.as_slice() else { return false };
        let last = self.passages.get_mut(at).filter(|p| p.cell == cell.first());
        last.map(|passage| passage.edges += 1).is_some()
    }

    fn edge(
        &mut self,
        a: (Coord<f64>, Place),
        b: (Coord<f64>, Place),
        within: Span,
        (ring, k): (u32, u32),
    ) {
        self.next.clear();
        let Span { west, east, south, north } = within;
        if west == east || south == north {
            for row in south..=north {
                (west..=east).for_each(|column| self.pass(row, column, ring, k));
            }
        } else {
            let (low, high) = if a.0.y < b.0.y { (a.1, b.1) } else { (b.1, a.1) };
            let (left, right) = (low.u.min(high.u), low.u.max(high.u));
            let slope = (high.u - low.u) / (high.v - low.v);
            for row in south..=north {
                // Where the edge enters and leaves the row, and the margin both ways.
                let bottom = (f64::from(row) - 2.0 * MARGIN).clamp(low.v, high.v);
                let top = (f64::from(row + 1) + 2.0 * MARGIN).clamp(low.v, high.v);
                let (u, w) = if slope.is_finite() {
                    (low.u + (bottom - low.v) * slope, low.u + (top - low.v) * slope)
                } else {
                    (left, right)
                };
                let from = cell(u.min(w).max(left) - 2.0 * MARGIN).max(west);
                let to = cell(u.max(w).min(right) + 2.0 * MARGIN).min(east);
                (from..=to).for_each(|column| self.pass(row, column, ring, k));
            }
        }
        std::mem::swap(&mut self.open, &mut self.next);
    }

    /// Edge `k` touches a cell: the run that its predecessor is in goes on, or one begins.
    fn pass(&mut self, row: u32, column: u32, ring: u32, k: u32) {
        let cell = both(row, column);
        let here = |at: &usize| self.passages.get(*at).is_some_and(|p| p.cell == cell);
        let at = if let Some(at) = self.open.iter().copied().take(NEAR).find(here) {
            self.passages[at].edges += 1;
            at
        } else {
            self.passages.push(Passage { cell, ring, start: k, edges: 1 });
            self.passages.len() - 1
        };
        self.next.push(at);
    }

    /// The anchors that an edge parts: those at its heights that do not lie strictly left of it.
    fn flip(&mut self, grid: &Grid, a: Coord<f64>, b: Coord<f64>) {
        let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
        for row in grid.row(low.y)..=grid.row(high.y) + 1 {
            let y = grid.y(row);
            if !(low.y <= y && y < high.y) {
                continue;
            }
            let x = low.x + (y - low.y) / (high.y - low.y) * (high.x - low.x);
            let mut column = grid.column(x);
            while column > 0 && !lies_left(low, high, grid.x(column - 1), y) {
                column -= 1;
            }
            while lies_left(low, high, grid.x(column), y) {
                column += 1;
            }
            self.flips.push((row, column));
        }
    }

    fn sweep(&self, grid: &Grid, slot: u32, out: &mut Traced) {
        let mut flips = self.flips.as_slice();
        for passages in self.passages.chunk_by(|a, b| a.row() == b.row()) {
            let Some(row) = passages.first().map(Passage::row) else { continue };
            // Every flip has a passage in its row, so none is left behind here.
            let below = flips.partition_point(|flip| flip.0 < row);
            let here = flips.partition_point(|flip| flip.0 <= row);
            let of_row = &flips[below..here];
            flips = &flips[here..];
            let mut passed = 0;
            for p in passages {
                while of_row.get(passed).is_some_and(|flip| flip.1 <= p.column()) {
                    passed += 1;
                }
                let (block, local) = grid.address(Spot { column: p.column(), row });
                out.runs.push(Run {
                    block: number(block),
                    local: u16::try_from(local).unwrap_or(u16::MAX),
                    inside: passed % 2 == 1,
                    ring: p.ring,
                    start: p.start,
                    edges: p.edges,
                });
            }
            for pair in of_row.chunks_exact(2) {
                fill(grid, slot, row, (pair[0].1, pair[1].1), passages, out);
            }
        }
    }
}

/// The cells of a row from `span.0` to before `span.1`, without those that a border passes.
fn fill(
    grid: &Grid,
    slot: u32,
    row: u32,
    span: (u32, u32),
    passages: &[Passage],
    out: &mut Traced,
) {
    let mut from = span.0;
    let begin = passages.partition_point(|p| p.column() < span.0);
    let borders = passages[begin..].iter().map(Passage::column).take_while(|c| *c < span.1);
    for border in borders.chain(std::iter::once(span.1)) {
        while from < border {
            let to = border.min((from / SIDE + 1) * SIDE);
            let (block, _) = grid.address(Spot { column: from, row });
            out.filled.push(Filled {
                block: number(block),
                row: small(row % SIDE),
                from: small(from % SIDE),
                to: small((to - 1) % SIDE + 1),
                slot,
            });
            from = to;
        }
        from = border + 1;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to integer cast saturates, and a polygon lies inside its grid"
)]
fn cell(value: f64) -> u32 {
    value as u32
}
