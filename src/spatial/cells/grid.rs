//! The grid under the cells: which cell a coordinate falls in, and where a cell's anchor lies.

use geo::Coord;

/// Cells along one side of a block of the directory.
pub(super) const SIDE: u32 = 64;
/// Cells of a block.
pub(super) const PER_BLOCK: usize = (SIDE * SIDE) as usize;
/// How far (in cells) an edge may lie outside a cell and still be listed there: far above what
/// rounding does to the place of a point in the grid, far below a cell of the last division.
pub(super) const MARGIN: f64 = 1e-6;
/// Blocks of the directory at most: 16 MiB of it.
const MAX_BLOCKS: f64 = 4_194_304.0;
/// Cells for each vertex aimed at. Administrative borders at 1:25,000 then give cells of half a
/// kilometre, of which three in four hold no border.
const CELLS_PER_VERTEX: f64 = 3.2;
/// Cells that edges may pass for each vertex, and in all at least. Borders pass fewer than one; where
/// edges go right across, the cells are made larger, since each cell keeps what passes it.
const PASSED_PER_VERTEX: f64 = 16.0;
const PASSED_ANYWAY: f64 = 65_536.0;

/// A square grid in blocks of [`SIDE`] by [`SIDE`] cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    west: f64,
    south: f64,
    /// Side of a cell, in the unit of the coordinates.
    size: f64,
    per_unit: f64,
    /// Extent in cells: whole blocks.
    columns: f64,
    rows: f64,
    pub(super) block_columns: u32,
    pub(super) block_rows: u32,
}

/// The place of a point: its block, and its position inside the block in cells.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spot {
    pub(super) column: u32,
    pub(super) row: u32,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to integer cast saturates, and what is cast lies in the grid"
)]
fn whole(value: f64) -> u32 {
    value as u32
}

impl Grid {
    /// A grid over the box `low` to `high` that holds `vertices` vertices and edges of `length` in
    /// all, in the sum of their widths and heights; `None` for an empty box.
    pub(super) fn over(
        low: Coord<f64>,
        high: Coord<f64>,
        vertices: usize,
        length: f64,
    ) -> Option<Self> {
        let (width, height) = (high.x - low.x, high.y - low.y);
        if !(width >= 0.0 && height >= 0.0 && (width + height).is_finite()) {
            return None;
        }
        let reach = [low.x, low.y, high.x, high.y].into_iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        #[expect(clippy::cast_precision_loss, reason = "a rule of thumb")]
        let vertices = vertices as f64;
        let aimed = (vertices * CELLS_PER_VERTEX).max(16.0);
        let longest = width.max(height);
        // A box without width must not make cells without end.
        let (wide, high) = (width.max(longest / 4096.0), height.max(longest / 4096.0));
        let side = f64::from(SIDE);
        let blocks =
            |size: f64| ((wide / size / side).ceil() + 2.0) * ((high / size / side).ceil() + 2.0);
        // Below this the grid would be finer than what a coordinate can tell apart.
        let mut size = (wide.sqrt() * high.sqrt() / aimed.sqrt())
            .max(reach * 4e-9)
            .max((length / (vertices * PASSED_PER_VERTEX + PASSED_ANYWAY)).min(longest))
            .max(f64::MIN_POSITIVE * 1e16);
        while blocks(size) > MAX_BLOCKS {
            size *= 1.5;
        }
        // A free cell on every side, so that no point of a polygon lies on the rim.
        let columns = ((width / size + 2.0) / side).floor() + 1.0;
        let rows = ((height / size + 2.0) / side).floor() + 1.0;
        Some(Self {
            west: low.x - size,
            south: low.y - size,
            size,
            per_unit: 1.0 / size,
            columns: columns * side,
            rows: rows * side,
            block_columns: whole(columns),
            block_rows: whole(rows),
        })
    }

    pub(super) fn blocks(&self) -> usize {
        self.block_columns as usize * self.block_rows as usize
    }

    /// Side of a cell.
    pub(super) fn size(&self) -> f64 {
        self.size
    }

    pub(super) fn u(&self, x: f64) -> f64 {
        (x - self.west) * self.per_unit
    }

    pub(super) fn v(&self, y: f64) -> f64 {
        (y - self.south) * self.per_unit
    }

    /// Column of a coordinate that lies in the grid.
    pub(super) fn column(&self, x: f64) -> u32 {
        whole(self.u(x))
    }

    pub(super) fn row(&self, y: f64) -> u32 {
        whole(self.v(y))
    }

    /// The cell of a point; `None` outside the grid and for what is not finite.
    pub(super) fn spot(&self, x: f64, y: f64) -> Option<Spot> {
        let (u, v) = (self.u(x), self.v(y));
        // Comparisons with NaN are false.
        let inside = u >= 0.0 && u < self.columns && v >= 0.0 && v < self.rows;
        inside.then(|| Spot { column: whole(u), row: whole(v) })
    }

    /// Number of the block of a cell, and of the cell in the block.
    pub(super) fn address(&self, spot: Spot) -> (usize, usize) {
        let block = (spot.row / SIDE) * self.block_columns + spot.column / SIDE;
        let local = (spot.row % SIDE) * SIDE + spot.column % SIDE;
        (block as usize, local as usize)
    }

    /// The cell of an address.
    pub(super) fn spot_of(&self, block: usize, local: usize) -> Spot {
        let [block, local] = [block, local].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        Spot {
            column: (block % self.block_columns) * SIDE + local % SIDE,
            row: (block / self.block_columns) * SIDE + local / SIDE,
        }
    }

    /// Longitude of the west side of a column.
    pub(super) fn x(&self, column: u32) -> f64 {
        self.west + f64::from(column) * self.size
    }

    /// Latitude of the south side of a row.
    pub(super) fn y(&self, row: u32) -> f64 {
        self.south + f64::from(row) * self.size
    }

    /// The square of a cell.
    pub(super) fn square(&self, spot: Spot) -> Square {
        Square {
            anchor: Coord { x: self.x(spot.column), y: self.y(spot.row) },
            size: self.size,
            margin: self.size * MARGIN,
        }
    }
}

/// A cell, or a part of one: its south-west corner is its anchor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Square {
    pub(super) anchor: Coord<f64>,
    pub(super) size: f64,
    margin: f64,
}

/// A divided cell has this many parts a side.
pub(super) const PARTS: u32 = 4;

impl Square {
    /// Part `at` (0..16, row by row from the south-west).
    pub(super) fn part(&self, at: u32) -> Self {
        let size = self.size / f64::from(PARTS);
        let anchor = Coord {
            x: self.anchor.x + f64::from(at % PARTS) * size,
            y: self.anchor.y + f64::from(at / PARTS) * size,
        };
        Self { anchor, size, margin: self.margin }
    }

    /// Which part a point of the square falls in; a point on the rim belongs to the nearest.
    pub(super) fn part_of(&self, at: Coord<f64>) -> u32 {
        let scale = f64::from(PARTS) / self.size;
        let last = PARTS - 1;
        let column = whole((at.x - self.anchor.x) * scale).min(last);
        let row = whole((at.y - self.anchor.y) * scale).min(last);
        row * PARTS + column
    }

    /// Whether a piece of the edge may lie in the square or within its margin: never false where
    /// one does.
    pub(super) fn touches(&self, a: Coord<f64>, b: Coord<f64>) -> bool {
        let half = self.size / 2.0 + self.margin;
        let (cx, cy) = (self.anchor.x + self.size / 2.0, self.anchor.y + self.size / 2.0);
        let (ax, ay, bx, by) = (a.x - cx, a.y - cy, b.x - cx, b.y - cy);
        if ax.min(bx) > half || ax.max(bx) < -half || ay.min(by) > half || ay.max(by) < -half {
            return false;
        }
        // The corners all lie on one side of the line: no touch. The slack is for rounding.
        let (dx, dy) = (bx - ax, by - ay);
        let cross = (dx * ay - dy * ax).abs();
        let slack = (dx.abs() * ay.abs() + dy.abs() * ax.abs()) * 1e-14;
        cross <= half * (dx.abs() + dy.abs()) + slack
    }
}
