//! Which vertices of a border a picture can do without (Visvalingam and Whyatt 1993, weighted as
//! Bloch's mapshaper does it: sharp angles go first, so that no spikes stay), and the checks that
//! keep a coverage one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use geo::Coord;
use rayon::prelude::*;

use super::crossings::{Segment, cross, crossings};
use super::topology::{Ring, Topology};

/// How much the angle at a vertex counts.
const ANGLE: f64 = 0.7;

/// The square root of a weighted area times this is comparable to a tolerance: mapshaper's factor,
/// so that the same number of metres means the same in both.
const INTERVAL: f64 = 0.65;

/// The eight neighbours of a grid point.
const MOVES: [[i32; 2]; 8] = [[0, 1], [1, 0], [0, -1], [-1, 0], [1, 1], [1, -1], [-1, -1], [-1, 1]];

/// Share of an island's area that one vertex may take away.
const OF_ISLAND: f64 = 0.05;

/// Mean length of one degree of a meridian in metres (WGS 84).
const METRES_PER_DEGREE: f64 = 111_195.0;

/// How often a border that went wrong is taken finer, four times each, before all its vertices stay.
const ROUNDS: usize = 6;

/// How often vertices that the grid put on the wrong side of a line are moved.
const NUDGES: usize = 12;

/// Weight of every vertex: the area (square units) at which it goes, never less than that of a
/// vertex that went before it, so that one threshold gives one result. End points weigh infinitely;
/// so do the last two others of a closed line, which would otherwise collapse.
pub fn weights(points: &[(f64, f64)]) -> Vec<f64> {
    let n = points.len();
    let mut weight = vec![f64::INFINITY; n];
    if n < 3 {
        return weight;
    }
    let mut left = if points[0] == points[n - 1] { n.saturating_sub(4) } else { n - 2 };
    let mut before: Vec<usize> = (0..n).map(|i| i.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (1..=n).collect();
    let mut area: Vec<f64> = vec![f64::INFINITY; n];
    let mut heap = BinaryHeap::with_capacity(n);
    for i in 1..n - 1 {
        area[i] = triangle(points[i - 1], points[i], points[i + 1]);
        heap.push(Reverse((area[i].to_bits(), i)));
    }
    let mut highest = 0.0_f64;
    while left > 0 {
        let Some(Reverse((bits, i))) = heap.pop() else { break };
        if bits != area[i].to_bits() {
            continue;
        }
        highest = highest.max(area[i]);
        weight[i] = highest;
        area[i] = f64::NAN;
        left -= 1;
        let (b, a) = (before[i], after[i]);
        (after[b], before[a]) = (a, b);
        for j in [b, a] {
            if j > 0 && j < n - 1 {
                area[j] = triangle(points[before[j]], points[j], points[after[j]]);
                heap.push(Reverse((area[j].to_bits(), j)));
            }
        }
    }
    weight
}

/// Weighted area of a triangle, never negative: its bits then sort as the number does.
fn triangle(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    let (u, v) = ((a.0 - b.0, a.1 - b.1), (c.0 - b.0, c.1 - b.1));
    let area = ((u.0 * v.1 - v.0 * u.1) / 2.0).abs();
    let lengths = (u.0.hypot(u.1) * v.0.hypot(v.1)).max(f64::MIN_POSITIVE);
    let cosine = ((u.0 * v.0 + u.1 * v.1) / lengths).clamp(-1.0, 1.0);
    area * (1.0 - ANGLE * cosine)
}

/// A coverage at several tolerances, on one grid. What a coarser one keeps, a finer one keeps too.
#[derive(Clone, Debug)]
pub struct Simplified {
    /// Grid steps from longitude and latitude 0, by vertex number.
    pub grid: Vec<[i32; 2]>,
    /// By place in the chain: the first (coarsest) tolerance that keeps the vertex; the number of
    /// tolerances where none does.
    pub rank: Vec<u8>,
    pub reports: Vec<SimplifyReport>,
}

/// What became of a coverage at one tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct SimplifyReport {
    pub tolerance_m: f64,
    /// Vertices that stay, each border counted once.
    pub kept: usize,
    /// Borders that are finer than asked for, so that nothing crosses or vanishes.
    pub finer: usize,
    /// Pairs of segments that cross all the same, and regions that have no area on the grid.
    pub crossings: usize,
    pub flat_regions: usize,
}

/// Simplifies every border once for each tolerance (metres, falling); `step` is the grid in
/// degrees. Where a ring would turn over or two lines would cross, their borders are taken finer
/// until they do not.
pub fn simplify(topology: &Topology, tolerances_m: &[f64], step: f64) -> Simplified {
    #[expect(clippy::cast_possible_truncation, reason = "degrees over a grid of 1e-6 and more")]
    let snap = |c: &Coord<f64>| [(c.x / step).round() as i32, (c.y / step).round() as i32];
    let grid: Vec<[i32; 2]> = topology.points.iter().map(snap).collect();
    let weights: Vec<f64> = (0..topology.borders.len())
        .into_par_iter()
        .flat_map_iter(|border| weights(&metres(topology, border)))
        .collect();
    let none = u8::try_from(tolerances_m.len()).unwrap_or(u8::MAX);
    let mut work = Work {
        topology,
        weights,
        limits: vec![f64::INFINITY; topology.borders.len()],
        areas: areas(topology),
        finer: Vec::new(),
        out: Simplified { grid, rank: vec![none; topology.chain.len()], reports: Vec::new() },
    };
    let zooms = || (0..none).zip(tolerances_m.iter().copied());
    zooms().for_each(|(zoom, tolerance)| work.zoom(zoom, tolerance));
    // A finer tolerance may have moved a vertex of a coarser one.
    for round in 0..NUDGES {
        let crossed: Vec<(Piece, Piece)> =
            zooms().flat_map(|(zoom, tolerance)| work.all_wrong(zoom, tolerance).crossed).collect();
        if crossed.is_empty() {
            break;
        }
        work.nudge(&crossed, round);
    }
    let reports = zooms().map(|(zoom, tolerance)| work.report(zoom, tolerance)).collect();
    work.out.reports = reports;
    work.out
}

/// A border in metres on the plane that touches the globe at its start.
fn metres(topology: &Topology, border: usize) -> Vec<(f64, f64)> {
    let line = topology.line(border);
    let shrink = topology.points[line[0] as usize].y.to_radians().cos();
    line.iter()
        .map(|v| topology.points[*v as usize])
        .map(|c| (c.x * shrink * METRES_PER_DEGREE, c.y * METRES_PER_DEGREE))
        .collect()
}

/// By region, by ring, in square metres.
fn areas(topology: &Topology) -> Vec<Vec<f64>> {
    let area = |ring: &Ring| {
        let ids: Vec<u32> = topology.walk(&ring.steps).collect();
        let shrink = topology.points[ids[0] as usize].y.to_radians().cos();
        topology.twice_area(&ids) / 2.0 * shrink * METRES_PER_DEGREE * METRES_PER_DEGREE
    };
    topology.regions.par_iter().map(|rings| rings.iter().map(area).collect()).collect()
}

struct Work<'a> {
    topology: &'a Topology,
    weights: Vec<f64>,
    /// The weight above which a vertex of a border stays.
    limits: Vec<f64>,
    /// By region, by ring: its area in square metres, positive where its steps run as they should.
    areas: Vec<Vec<f64>>,
    /// By tolerance: how many borders are finer than it asks for.
    finer: Vec<usize>,
    out: Simplified,
}

/// What is wrong at one tolerance.
#[derive(Default)]
struct Wrong {
    /// Pairs of pieces that cross.
    crossed: Vec<(Piece, Piece)>,
    /// Regions and rings that have lost their area or turned over.
    turned: Vec<(usize, usize)>,
}

/// A segment of a border and the vertices at its ends.
#[derive(Clone, Copy)]
struct Piece {
    border: u32,
    ends: [u32; 2],
}

impl Work<'_> {
    fn zoom(&mut self, zoom: u8, tolerance: f64) {
        let wanted = (tolerance / INTERVAL).powi(2);
        self.limits.iter_mut().for_each(|limit| *limit = limit.min(wanted));
        let n = self.topology.borders.len();
        self.spare_islands();
        let mut refined = vec![false; n];
        let hidden = self.hidden(tolerance);
        (0..n).filter(|border| !hidden[*border]).for_each(|border| self.mark(border, zoom));
        let mut changed = vec![true; n];
        for round in 0..ROUNDS + NUDGES {
            let wrong = self.wrong(zoom, tolerance, &changed);
            changed.fill(false);
            let mut finer: Vec<u32> =
                wrong.crossed.iter().flat_map(|(a, b)| [a.border, b.border]).collect();
            let rings =
                wrong.turned.iter().map(|(region, ring)| &self.topology.regions[*region][*ring]);
            finer.extend(rings.flat_map(|ring| &ring.steps).map(|step| step.border));
            finer.sort_unstable();
            finer.dedup();
            finer.iter().for_each(|border| changed[*border as usize] = true);
            finer.retain(|border| self.limits[*border as usize] >= 0.0);
            if round >= ROUNDS || finer.is_empty() {
                if wrong.crossed.is_empty() {
                    break;
                }
                self.nudge(&wrong.crossed, round);
                continue;
            }
            for border in finer {
                refined[border as usize] = true;
                let limit = &mut self.limits[border as usize];
                *limit = if round + 2 > ROUNDS { -1.0 } else { *limit / 4.0 };
                self.mark(border as usize, zoom);
            }
        }
        self.finer.push(refined.iter().filter(|refined| **refined).count());
    }

    fn all_wrong(&self, zoom: u8, tolerance: f64) -> Wrong {
        self.wrong(zoom, tolerance, &vec![true; self.topology.borders.len()])
    }

    fn report(&self, zoom: u8, tolerance: f64) -> SimplifyReport {
        let wrong = self.all_wrong(zoom, tolerance);
        let flat = |(region, ring): &&(usize, usize)| Some(*ring) == self.largest(*region);
        SimplifyReport {
            tolerance_m: tolerance,
            kept: self.out.rank.iter().filter(|rank| **rank <= zoom).count(),
            finer: self.finer[usize::from(zoom)],
            crossings: wrong.crossed.len(),
            flat_regions: wrong.turned.iter().filter(flat).count(),
        }
    }

    fn largest(&self, region: usize) -> Option<usize> {
        let areas = &self.areas[region];
        (0..areas.len()).max_by(|a, b| areas[*a].abs().total_cmp(&areas[*b].abs()).then(b.cmp(a)))
    }

    /// An island that is drawn at all keeps its form: what goes is small against the island too.
    fn spare_islands(&mut self) {
        for (rings, areas) in self.topology.regions.iter().zip(&self.areas) {
            for (ring, area) in rings.iter().zip(areas) {
                if let [step] = ring.steps[..] {
                    let limit = &mut self.limits[step.border as usize];
                    *limit = limit.min(area.abs() * OF_ISLAND);
                }
            }
        }
    }

    /// Islands and lakes too small for a tolerance, unless their region has nothing larger.
    fn hidden(&self, tolerance: f64) -> Vec<bool> {
        let mut hidden = vec![false; self.topology.borders.len()];
        for (region, rings) in self.topology.regions.iter().enumerate() {
            let largest = self.largest(region);
            for (i, ring) in rings.iter().enumerate() {
                let [step] = ring.steps[..] else { continue };
                let alone = self.topology.borders[step.border as usize].uses == 1;
                let small = self.areas[region][i].abs() < tolerance * tolerance / 2.0;
                if alone && small && Some(i) != largest {
                    hidden[step.border as usize] = true;
                }
            }
        }
        hidden
    }

    /// Notes which vertices of a border stay from this zoom on.
    fn mark(&mut self, border: usize, zoom: u8) {
        let limit = self.limits[border];
        for place in self.topology.borders[border].places() {
            if self.weights[place] > limit {
                self.out.rank[place] = self.out.rank[place].min(zoom);
            }
        }
    }

    fn wrong(&self, zoom: u8, tolerance: f64, changed: &[bool]) -> Wrong {
        let (mut segments, mut pieces) = (Vec::new(), Vec::new());
        for (border, line) in (0..).zip(&self.topology.borders) {
            let kept = line.places().filter(|place| self.out.rank[*place] <= zoom);
            let mut from: Option<u32> = None;
            for vertex in kept.map(|place| self.topology.chain[place]) {
                let at = |v: u32| self.out.grid[v as usize];
                if let Some(from) = from.filter(|from| at(*from) != at(vertex)) {
                    segments.push(Segment { from: at(from), to: at(vertex), of: border });
                    pieces.push(Piece { border, ends: [from, vertex] });
                }
                from = Some(vertex);
            }
        }
        let crossed = crossings(&segments, |border| changed[border as usize]);
        let piece = |i: u32| pieces[i as usize];
        Wrong {
            crossed: crossed.into_iter().map(|(a, b)| (piece(a), piece(b))).collect(),
            turned: self.turned(zoom, tolerance),
        }
    }

    /// Rings that have lost their area or turned over. A sliver may become a line, but never the
    /// largest ring of a region.
    fn turned(&self, zoom: u8, tolerance: f64) -> Vec<(usize, usize)> {
        let wrong = |region: usize, i: usize| {
            let now =
                twice_area(&self.out.ring(self.topology, &self.topology.regions[region][i], zoom));
            let area = self.areas[region][i];
            let stays =
                area.abs() >= tolerance * tolerance / 2.0 || Some(i) == self.largest(region);
            if area > 0.0 { now < i64::from(stays) } else { now > -i64::from(stays) }
        };
        (0..self.topology.regions.len())
            .into_par_iter()
            .flat_map_iter(|region| {
                let n = self.topology.regions[region].len();
                (0..n).filter(move |i| wrong(region, *i)).map(move |i| (region, i))
            })
            .collect()
    }

    /// Where two lines cross although all their vertices are there, the grid has put a vertex on
    /// the wrong side of a line that passes it closer than a step: moves the vertex by one step.
    fn nudge(&mut self, crossed: &[(Piece, Piece)], round: usize) {
        for (a, b) in crossed {
            let grid = &self.out.grid;
            let segment = |p: &Piece| {
                let [from, to] = p.ends.map(|v| grid[v as usize]);
                Segment { from, to, of: p.border }
            };
            // The vertex that is nearest to the other line, by the height over it.
            let height = |v: u32, other: &Piece| {
                let s = segment(other);
                let area = twice_area(&[s.from, s.to, grid[v as usize]]).unsigned_abs();
                let (dx, dy) = (s.to[0] - s.from[0], s.to[1] - s.from[1]);
                f64::from(u32::try_from(area).unwrap_or(u32::MAX))
                    / f64::from(dx).hypot(f64::from(dy))
            };
            let ends = a.ends.iter().map(|v| (*v, b)).chain(b.ends.iter().map(|v| (*v, a)));
            let mut near: Vec<(f64, u32)> = ends.map(|(v, other)| (height(v, other), v)).collect();
            near.sort_by(|x, y| x.0.total_cmp(&y.0));
            // Two moves may undo each other: every round begins with another one, the later ones
            // with another vertex and longer steps.
            let vertex = near[usize::from(round % 4 == 3)].1;
            let start = grid[vertex as usize];
            let moves = MOVES.iter().cycle().skip(round * 3).take(MOVES.len());
            let length = if round % 6 > 3 { 2 } else { 1 };
            for to in moves.map(|[x, y]| [start[0] + length * x, start[1] + length * y]) {
                self.out.grid[vertex as usize] = to;
                let grid = &self.out.grid;
                let at = |p: &Piece| Segment {
                    from: grid[p.ends[0] as usize],
                    to: grid[p.ends[1] as usize],
                    of: p.border,
                };
                if !cross(&at(a), &at(b)) {
                    break;
                }
            }
        }
    }
}

impl Simplified {
    /// A border at one tolerance, without repeated points; always both of its ends.
    pub fn line(&self, topology: &Topology, border: usize, zoom: u8) -> Vec<[i32; 2]> {
        let places = topology.borders[border].places();
        let mut line: Vec<[i32; 2]> = places
            .filter(|place| self.rank[*place] <= zoom)
            .map(|place| self.grid[topology.chain[place] as usize])
            .collect();
        line.dedup();
        line
    }

    /// A ring at one tolerance, not closed by a repetition.
    pub fn ring(&self, topology: &Topology, ring: &Ring, zoom: u8) -> Vec<[i32; 2]> {
        let mut points = Vec::new();
        for step in &ring.steps {
            let mut line = self.line(topology, step.border as usize, zoom);
            if step.backwards {
                line.reverse();
            }
            points.extend(line);
        }
        points.dedup();
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        points
    }
}

/// Signed area of a ring of grid points, twice: exact.
pub fn twice_area(ring: &[[i32; 2]]) -> i64 {
    let Some(origin) = ring.first() else { return 0 };
    let from = |p: &[i32; 2]| (i64::from(p[0] - origin[0]), i64::from(p[1] - origin[1]));
    ring.windows(2)
        .map(|w| {
            let (a, b) = (from(&w[0]), from(&w[1]));
            a.0 * b.1 - b.0 * a.1
        })
        .sum()
}
