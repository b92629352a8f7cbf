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
#[derive(Clone, Copy, Debug)]
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

/// A run before its cell has an address.
struct Passage {
    row: u32,
    column: u32,
    ring: u32,
    start: u32,
    edges: u32,
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
            self.open.clear();
            for (k, pair) in ring.coords.windows(2).enumerate() {
                self.edge(grid, pair[0], pair[1], number(first + i), number(k));
                self.flip(grid, pair[0], pair[1]);
            }
        }
        self.passages.sort_unstable_by_key(|p| (p.row, p.column, p.ring, p.start));
        self.flips.sort_unstable();
        let slot = rings.first().map_or(0, |ring| ring.slot);
        self.sweep(grid, slot, out);
    }

    fn edge(&mut self, grid: &Grid, a: Coord<f64>, b: Coord<f64>, ring: u32, k: u32) {
        self.next.clear();
        let (west, east) = (grid.u(a.x.min(b.x)), grid.u(a.x.max(b.x)));
        let (south, north) = (grid.v(a.y.min(b.y)), grid.v(a.y.max(b.y)));
        let [c0, c1, r0, r1] =
            [west - MARGIN, east + MARGIN, south - MARGIN, north + MARGIN].map(cell);
        if c0 == c1 || r0 == r1 {
            for row in r0..=r1 {
                (c0..=c1).for_each(|column| self.pass(row, column, ring, k));
            }
        } else {
            let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
            let (lu, lv, hu, hv) = (grid.u(low.x), grid.v(low.y), grid.u(high.x), grid.v(high.y));
            let slope = (hu - lu) / (hv - lv);
            for row in r0..=r1 {
                // Where the edge enters and leaves the row, and the margin both ways.
                let bottom = (f64::from(row) - 2.0 * MARGIN).clamp(lv, hv);
                let top = (f64::from(row + 1) + 2.0 * MARGIN).clamp(lv, hv);
                let (u, w) = if slope.is_finite() {
                    (lu + (bottom - lv) * slope, lu + (top - lv) * slope)
                } else {
                    (west, east)
                };
                let from = cell(u.min(w).max(west) - 2.0 * MARGIN).max(c0);
                let to = cell(u.max(w).min(east) + 2.0 * MARGIN).min(c1);
                (from..=to).for_each(|column| self.pass(row, column, ring, k));
            }
        }
        std::mem::swap(&mut self.open, &mut self.next);
    }

    /// Edge `k` touches a cell: the run that its predecessor is in goes on, or one begins.
    fn pass(&mut self, row: u32, column: u32, ring: u32, k: u32) {
        let here =
            |at: &usize| self.passages.get(*at).is_some_and(|p| p.row == row && p.column == column);
        let at = if let Some(at) = self.open.iter().copied().take(NEAR).find(here) {
            self.passages[at].edges += 1;
            at
        } else {
            self.passages.push(Passage { row, column, ring, start: k, edges: 1 });
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
        for passages in self.passages.chunk_by(|a, b| a.row == b.row) {
            let Some(row) = passages.first().map(|p| p.row) else { continue };
            // Every flip has a passage in its row, so none is left behind here.
            let below = flips.partition_point(|flip| flip.0 < row);
            let here = flips.partition_point(|flip| flip.0 <= row);
            let of_row = &flips[below..here];
            flips = &flips[here..];
            let mut passed = 0;
            for p in passages {
                while of_row.get(passed).is_some_and(|flip| flip.1 <= p.column) {
                    passed += 1;
                }
                let (block, local) = grid.address(Spot { column: p.column, row });
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
    let begin = passages.partition_point(|p| p.column < span.0);
    let borders = passages[begin..].iter().map(|p| p.column).take_while(|c| *c < span.1);
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
