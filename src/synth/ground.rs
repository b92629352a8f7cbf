//! Where the houses of a desa stand: clustered as settlements are, never outside its polygon.

use geo::MultiPolygon;

use super::dice::Dice;
use crate::spatial::rings;

const KM_PER_DEGREE: f64 = 111.32;

/// One ring with its bounding latitudes, so that most rings cost two comparisons.
struct Ring {
    points: Vec<[f64; 2]>,
    south: f64,
    north: f64,
}

/// A desa's land, prepared for many point-in-polygon tests.
pub(super) struct Ground {
    rings: Vec<Ring>,
    /// west, south, east, north
    bounds: [f64; 4],
    pub(super) area_km2: f64,
}

/// A draw of settlement centres in one desa.
pub(super) struct Settlements {
    centres: Vec<[f64; 2]>,
    weights: Vec<f64>,
    /// Degrees.
    spread: f64,
}

/// Coordinates as delivered have six decimals (0.1 m): the truth is rounded before it is tested.
fn rounded(point: [f64; 2]) -> [f64; 2] {
    point.map(|x| (x * 1e6).round() / 1e6)
}

impl Ground {
    pub(super) fn new(shape: &MultiPolygon<f64>) -> Self {
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        let mut prepared = Vec::new();
        let mut area = 0.0;
        for ring in rings(shape) {
            let points: Vec<[f64; 2]> = ring.0.iter().map(|c| [c.x, c.y]).collect();
            let (mut south, mut north) = (f64::MAX, f64::MIN);
            for [x, y] in &points {
                bounds =
                    [bounds[0].min(*x), bounds[1].min(*y), bounds[2].max(*x), bounds[3].max(*y)];
                (south, north) = (south.min(*y), north.max(*y));
            }
            prepared.push(Ring { points, south, north });
        }
        for polygon in shape {
            let holes: f64 = polygon.interiors().iter().map(|r| shoelace(&r.0)).sum();
            area += shoelace(&polygon.exterior().0) - holes;
        }
        let scale = KM_PER_DEGREE * KM_PER_DEGREE * bounds[1].to_radians().cos();
        Self { rings: prepared, bounds, area_km2: (area * scale).max(1e-6) }
    }

    /// Even-odd ray casting over all rings: parts are disjoint and holes lie inside them.
    fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let mut inside = false;
        for ring in &self.rings {
            if y < ring.south || y > ring.north {
                continue;
            }
            for edge in ring.points.windows(2) {
                let ([ax, ay], [bx, by]) = (edge[0], edge[1]);
                if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
                    inside = !inside;
                }
            }
        }
        inside
    }

    /// Uniform inside the polygon. The number of tries is bounded; a shape too thin for them
    /// answers with a point on a chord through it.
    fn anywhere(&self, dice: &mut Dice) -> [f64; 2] {
        let [west, south, east, north] = self.bounds;
        for _ in 0..20_000 {
            let x = west + dice.unit() * (east - west);
            let y = south + dice.unit() * (north - south);
            let point = rounded([x, y]);
            if self.contains(point) {
                return point;
            }
        }
        self.on_a_chord()
    }

    /// The middle of the longest stretch inside along some line of latitude.
    fn on_a_chord(&self) -> [f64; 2] {
        let [_, south, _, north] = self.bounds;
        let mut best = ([self.bounds[0], south], 0.0);
        for step in 1..64 {
            let y = south + (north - south) * f64::from(step) / 64.0;
            let mut crossings: Vec<f64> = Vec::new();
            for ring in &self.rings {
                for edge in ring.points.windows(2) {
                    let ([ax, ay], [bx, by]) = (edge[0], edge[1]);
                    if (ay > y) != (by > y) {
                        crossings.push((bx - ax) * (y - ay) / (by - ay) + ax);
                    }
                }
            }
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                if pair[1] - pair[0] > best.1 {
                    best = ([f64::midpoint(pair[0], pair[1]), y], pair[1] - pair[0]);
                }
            }
        }
        best.0
    }

    /// Draws the settlements of a desa of `families` families.
    pub(super) fn settlements(&self, families: u64, dice: &mut Dice) -> Settlements {
        let count = (2.0 + (families as f64).sqrt() / 6.0).clamp(2.0, 12.0) as usize;
        let centres: Vec<[f64; 2]> = (0..count).map(|_| self.anywhere(dice)).collect();
        let weights = (1..=count).map(|rank| 1.0 / rank as f64).collect();
        let spread = 0.12 * self.area_km2.sqrt() / KM_PER_DEGREE;
        Settlements { centres, weights, spread }
    }

    /// A house near one of the settlements, inside the polygon.
    pub(super) fn house(&self, settlements: &Settlements, dice: &mut Dice) -> [f64; 2] {
        let [x, y] = settlements.centres[dice.weighted(&settlements.weights)];
        for _ in 0..12 {
            let dx = settlements.spread * dice.normal();
            let dy = settlements.spread * dice.normal();
            let point = rounded([x + dx, y + dy]);
            if self.contains(point) {
                return point;
            }
        }
        self.anywhere(dice)
    }
}

/// Area of a ring in square degrees.
fn shoelace(ring: &[geo::Coord<f64>]) -> f64 {
    let twice: f64 = ring.windows(2).map(|e| e[0].x * e[1].y - e[1].x * e[0].y).sum();
    twice.abs() / 2.0
}
