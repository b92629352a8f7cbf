//! Which of very many segments on a grid of whole numbers cross: exact, by looking into cells.

use rayon::prelude::*;

/// A piece of a line, and the line's number.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub from: [i32; 2],
    pub to: [i32; 2],
    pub of: u32,
}

/// So many segments of one cell are compared with each other, and so many crossings are named for
/// each of them. Borders keep far below (the nation's: a few hundred in a cell); of a scribble,
/// where every line crosses every other, a part tells enough, and all pairs would fill any memory.
const CROWD: usize = 4096;
const CROSSINGS_EACH: usize = 16;

/// The places of every pair of segments that cross in a point inside both, as far as `asked` holds
/// for the line of one of them; sorted. Segments that touch do not cross. In a cell with more than
/// [`CROWD`] segments not all are found.
///
/// About linear: cells are as large as segments are long.
pub fn crossings(segments: &[Segment], asked: impl Fn(u32) -> bool + Sync) -> Vec<(u32, u32)> {
    let Some(cells) = Cells::over(segments) else { return Vec::new() };
    // Where nothing is asked about, nothing need be sorted.
    let mut wanted = Flags::new(cells.count());
    for segment in segments.iter().filter(|s| asked(s.of)) {
        cells.of(segment, |cell| wanted.set(cell));
    }
    let mut entries: Vec<u64> = Vec::new();
    for (i, segment) in (0_u64..).zip(segments) {
        cells.of(segment, |cell| {
            if wanted.has(cell) {
                entries.push(cell << 32 | i);
            }
        });
    }
    entries.par_sort_unstable();
    let place = |entry: u64| u32::try_from(entry & 0xffff_ffff).unwrap_or(0);
    let segment = |entry: u64| &segments[place(entry) as usize];
    let mut found: Vec<(u32, u32)> = entries
        .par_chunk_by(|a, b| a >> 32 == b >> 32)
        .flat_map_iter(|cell| {
            let mut found = Vec::new();
            let cell = &cell[..cell.len().min(CROWD)];
            for (i, a) in cell.iter().enumerate() {
                if found.len() > CROSSINGS_EACH * cell.len() {
                    break;
                }
                for b in &cell[i + 1..] {
                    let asked = asked(segment(*a).of) || asked(segment(*b).of);
                    if asked && cross(segment(*a), segment(*b)) {
                        found.push((place(*a), place(*b)));
                    }
                }
            }
            found
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// One bit a cell.
struct Flags(Vec<u64>);

impl Flags {
    fn new(n: u64) -> Self {
        Self(vec![0; usize::try_from(n / 64 + 1).unwrap_or(0)])
    }

    fn place(i: u64) -> (usize, u64) {
        (usize::try_from(i / 64).unwrap_or(usize::MAX), 1 << (i % 64))
    }

    fn set(&mut self, i: u64) {
        let (word, bit) = Self::place(i);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn has(&self, i: u64) -> bool {
        let (word, bit) = Self::place(i);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// A grid of square cells over everything.
struct Cells {
    west: i32,
    south: i32,
    side: i64,
    columns: i64,
    rows: i64,
}

impl Cells {
    fn over(segments: &[Segment]) -> Option<Self> {
        let ends = || segments.iter().flat_map(|s| [s.from, s.to]);
        let (west, east) = (ends().map(|p| p[0]).min()?, ends().map(|p| p[0]).max()?);
        let (south, north) = (ends().map(|p| p[1]).min()?, ends().map(|p| p[1]).max()?);
        let length: i64 = segments
            .iter()
            .map(|s| i64::from((s.to[0] - s.from[0]).abs().max((s.to[1] - s.from[1]).abs())))
            .sum();
        let n = i64::try_from(segments.len()).ok()?;
        // No more cells than fit beside a segment's number.
        let (width, height) = (i64::from(east - west), i64::from(north - south));
        let mut side = (2 * length / n).max(4);
        while (width / side + 1) * (height / side + 1) > i64::from(u32::MAX) {
            side *= 2;
        }
        let (columns, rows) = (width / side + 1, height / side + 1);
        Some(Self { west, south, side, columns, rows })
    }

    fn count(&self) -> u64 {
        u64::try_from(self.rows * self.columns).unwrap_or(0)
    }

    /// Every cell that a segment may pass through, row by row.
    fn of(&self, s: &Segment, mut say: impl FnMut(u64)) {
        let at = |p: [i32; 2]| (i64::from(p[0] - self.west), i64::from(p[1] - self.south));
        let (mut a, mut b) = (at(s.from), at(s.to));
        if a.1 > b.1 {
            std::mem::swap(&mut a, &mut b);
        }
        let (west, east) = (a.0.min(b.0), a.0.max(b.0));
        for row in a.1 / self.side..=b.1 / self.side {
            // Where the segment enters and leaves the row, a step wider than it is.
            let x = |y: i64| {
                if b.1 == a.1 { a.0 } else { a.0 + (b.0 - a.0) * (y - a.1) / (b.1 - a.1) }
            };
            let (low, high) = ((row * self.side).max(a.1), ((row + 1) * self.side).min(b.1));
            let (mut left, mut right) = (x(low).min(x(high)) - 1, x(low).max(x(high)) + 1);
            if b.1 == a.1 {
                (left, right) = (west, east);
            }
            for column in left.max(west) / self.side..=right.min(east) / self.side {
                say(u64::try_from(row * self.columns + column).unwrap_or(0));
            }
        }
    }
}

/// Twice the area of a triangle of grid points; its sign says on which side the third one lies.
fn side(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i64 {
    let d = |p: [i32; 2], axis: usize| i64::from(p[axis]) - i64::from(a[axis]);
    (d(b, 0) * d(c, 1) - d(c, 0) * d(b, 1)).signum()
}

/// True where two segments cross in a point inside both.
pub(super) fn cross(a: &Segment, b: &Segment) -> bool {
    side(a.from, a.to, b.from) * side(a.from, a.to, b.to) < 0
        && side(b.from, b.to, a.from) * side(b.from, b.to, a.to) < 0
}
