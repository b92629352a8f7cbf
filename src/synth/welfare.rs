//! From latent welfare to rupiah: the order of the families stays, the amounts reproduce the
//! published P0 and extreme rate to within one family and P1 as near as that allows.

use rayon::prelude::*;

use super::dice::inverse_normal;
use super::people::Family;
use super::plan::{Target, World};

/// Spread of log expenditure above the line.
pub(super) const SIGMA: f64 = 0.6;

/// What the made population has. Rates 0..1 of persons.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    pub(super) p0: f64,
    pub(super) p1: f64,
    pub(super) extreme: f64,
}

/// The families in order of welfare, poorest first, with the persons in families before each.
struct Ranked {
    /// (family, persons before it)
    order: Vec<(u32, u64)>,
    persons: u64,
}

impl Ranked {
    fn new(families: &[Family]) -> Self {
        let mut order: Vec<(u32, u64)> = (0..families.len() as u32).map(|i| (i, 0)).collect();
        let welfare = |i: u32| families[i as usize].welfare;
        order.par_sort_unstable_by(|a, b| welfare(a.0).total_cmp(&welfare(b.0)).then(a.cmp(b)));
        let mut persons = 0;
        for (family, before) in &mut order {
            *before = persons;
            persons += u64::from(families[*family as usize].size);
        }
        Self { order, persons }
    }

    /// How many of the poorest families come nearest to `rate` of the persons.
    fn cut(&self, rate: f64) -> usize {
        let wanted = rate * self.persons as f64;
        let k = self.order.partition_point(|(_, before)| (*before as f64) < wanted);
        // The cut lies after k or after k − 1 families: persons up to a cut are those before it.
        let up_to = |k: usize| self.order.get(k).map_or(self.persons, |(_, before)| *before) as f64;
        if k > 0 && wanted - up_to(k - 1) <= up_to(k) - wanted { k - 1 } else { k }
    }
}

/// How gaps are distributed below the line. `v` runs from 0 (richest of the band) to 1 (poorest).
#[derive(Clone, Copy, Debug)]
struct Shape {
    line: f64,
    extreme_line: f64,
    /// Exponent between the lines: y = z (1 − G v^a), G the gap at the extreme line.
    a: f64,
    /// Exponent below the extreme line: y = e (1 − s v^b).
    b: f64,
}

/// Largest gap below the extreme line.
const DEEPEST: f64 = 0.75;

impl Shape {
    fn moderate(&self, v: f64) -> f64 {
        self.line * (1.0 - (1.0 - self.extreme_line / self.line) * v.powf(self.a))
    }

    fn extreme(&self, v: f64) -> f64 {
        self.extreme_line * (1.0 - DEEPEST * v.powf(self.b))
    }
}

/// Sets expenditure, decile, poor and extreme of every family of a kabupaten.
pub(super) fn calibrate(world: &World<'_>, target: &Target, families: &mut [Family]) -> Reached {
    let ranked = Ranked::new(families);
    if ranked.persons == 0 {
        return Reached::default();
    }
    let n_extreme = ranked.cut(target.extreme);
    let n_poor = ranked.cut(target.p0).max(n_extreme);
    let bands = Bands { ranked: &ranked, families, n_extreme, n_poor };
    let amounts = bands.amounts(&bands.solve(target), target);
    for ((family, _), y) in ranked.order.iter().zip(amounts) {
        families[*family as usize].expenditure_rp = y;
    }
    for family in families.iter_mut() {
        let y = family.expenditure_rp as f64;
        family.poor = y < target.line;
        family.extreme = y < target.extreme_line;
        let ratio = y / target.line;
        family.decile = 1 + world.decile_cuts.iter().filter(|cut| ratio >= **cut).count() as u8;
    }
    reached(target, families)
}

fn reached(target: &Target, families: &[Family]) -> Reached {
    let persons: f64 = families.iter().map(|f| f64::from(f.size)).sum();
    let share = |of: &dyn Fn(&Family) -> f64| {
        families.iter().map(|f| of(f) * f64::from(f.size)).sum::<f64>() / persons
    };
    Reached {
        p0: share(&|f| f64::from(u8::from(f.poor))),
        p1: share(&|f| (1.0 - f.expenditure_rp as f64 / target.line).max(0.0)),
        extreme: share(&|f| f64::from(u8::from(f.extreme))),
    }
}

struct Bands<'a> {
    ranked: &'a Ranked,
    families: &'a [Family],
    n_extreme: usize,
    n_poor: usize,
}

impl Bands<'_> {
    /// Middle of a family in its band by persons: 0 richest, 1 poorest.
    fn depth(&self, rank: usize, from: usize, to: usize) -> f64 {
        let before = |k: usize| self.ranked.order.get(k).map_or(self.ranked.persons, |o| o.1);
        let (low, high) = (before(from) as f64, before(to) as f64);
        let middle = (before(rank) + before(rank + 1)) as f64 / 2.0;
        1.0 - (middle - low) / (high - low)
    }

    fn below_line(&self, rank: usize, shape: &Shape) -> f64 {
        if rank < self.n_extreme {
            shape.extreme(self.depth(rank, 0, self.n_extreme))
        } else {
            shape.moderate(self.depth(rank, self.n_extreme, self.n_poor))
        }
    }

    fn p1(&self, shape: &Shape) -> f64 {
        let gaps: f64 = (0..self.n_poor)
            .map(|rank| {
                let size = self.families[self.ranked.order[rank].0 as usize].size;
                f64::from(size) * (1.0 - self.below_line(rank, shape) / shape.line)
            })
            .sum();
        gaps / self.ranked.persons as f64
    }

    /// First the exponent between the lines, then, where its range does not suffice, the one
    /// below the extreme line.
    fn solve(&self, target: &Target) -> Shape {
        let start = Shape { line: target.line, extreme_line: target.extreme_line, a: 1.5, b: 2.0 };
        let Some(p1) = target.p1 else { return start };
        let shape = self.bisect(start, p1, |shape, x| Shape { a: x, ..shape });
        self.bisect(shape, p1, |shape, x| Shape { b: x, ..shape })
    }

    /// P1 falls as either exponent rises: bisection on its logarithm.
    fn bisect(&self, shape: Shape, p1: f64, with: impl Fn(Shape, f64) -> Shape) -> Shape {
        let (mut low, mut high) = (0.15_f64.ln(), 25.0_f64.ln());
        let current = self.p1(&shape);
        if (current - p1).abs() < 1e-7 {
            return shape;
        }
        for _ in 0..32 {
            let middle = f64::midpoint(low, high);
            if self.p1(&with(shape, middle.exp())) > p1 {
                low = middle;
            } else {
                high = middle;
            }
        }
        with(shape, f64::midpoint(low, high).exp())
    }

    /// Whole rupiah in order of rank, on the side of each line where the rank belongs.
    fn amounts(&self, shape: &Shape, target: &Target) -> Vec<i64> {
        let ceil = |line: f64| line.ceil() as i64;
        let (extreme, poor) = (ceil(target.extreme_line), ceil(target.line));
        let persons = self.ranked.persons as f64;
        let poor_persons = self.ranked.order.get(self.n_poor).map_or(persons, |o| o.1 as f64);
        let mu = -SIGMA * inverse_normal((poor_persons / persons).max(0.5 / persons));
        (0..self.ranked.order.len())
            .map(|rank| {
                if rank < self.n_extreme {
                    (self.below_line(rank, shape) as i64).clamp(1, extreme - 1)
                } else if rank < self.n_poor {
                    (self.below_line(rank, shape) as i64).clamp(extreme, poor - 1)
                } else {
                    let (family, before) = self.ranked.order[rank];
                    let half = f64::from(self.families[family as usize].size) / 2.0;
                    let u = (before as f64 + half) / persons;
                    let w = (mu + SIGMA * inverse_normal(u)).exp();
                    ((w * target.line) as i64).max(poor)
                }
            })
            .collect()
    }
}
