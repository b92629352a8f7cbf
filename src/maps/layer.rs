//! The shapes of one map, ready to be written: projected, simplified border by border, snapped to
//! a grid, as compact path data.

use std::fmt::Write;

use super::clip;
use super::frame::Frame;
use super::inset::{Inset, frames};
use super::threshold::threshold;
use crate::domain::{Level, RegionCode};
use crate::spatial::{self, Boundary, BoundaryError, Shapes, Step, Topology, twice_area, weights};

/// Grid steps per unit: path data are whole numbers of steps.
pub(super) const STEPS: f64 = 4.0;

/// An island below this area (square units) is left out, unless its region has none larger.
const SMALLEST_ISLAND: f64 = 0.6;

/// Finest triangle (square units) that is kept although the budget would allow more.
const FINEST: f64 = 0.08;

/// A region whose largest part is smaller than this (units, both ways) gets a marker.
const NEEDS_MARKER: f64 = 4.0;

/// A region of islands gets one already when its land (square units) and its largest island
/// (units) are below these: a colour needs an area to be seen.
const ISLANDS: (f64, f64) = (300.0, 36.0);

/// Points of a map: written numbers are what a page pays for, about 5 bytes each.
const POINTS: usize = 6500;
const POINTS_PER_AREA: usize = 15;

/// Points of what lies faintly beneath.
const BACKGROUND: usize = 1600;

type Ring = Vec<[i32; 2]>;

/// One region's shape.
#[derive(Clone, Debug)]
pub struct Shape {
    pub code: RegionCode,
    pub name: String,
    /// Path data in grid steps.
    pub(super) path: String,
    rings: Vec<Ring>,
    /// The largest part, in units: where a name may stand.
    pub(super) body: Vec<(f64, f64)>,
    /// Where a region too small to see gets a disc.
    pub(super) marker: Option<(f64, f64)>,
    /// Area after simplification, in square units.
    pub area: f64,
}

impl Shape {
    /// The rings that are drawn, in grid steps from the upper left corner of the picture.
    pub fn rings(&self) -> &[Vec<[i32; 2]>] {
        &self.rings
    }

    /// True where a disc stands for a region too small to see.
    pub fn has_marker(&self) -> bool {
        self.marker.is_some()
    }
}

/// The shapes of one level inside one region.
#[derive(Clone, Debug)]
pub struct Layer {
    pub code: RegionCode,
    pub level: Level,
    pub frame: Frame,
    /// In code order; empty where the product has no boundaries.
    pub shapes: Vec<Shape>,
    /// Path data of all borders that have a region on one side only.
    pub(super) outline: String,
    /// Path data of the borders between the larger regions that the layer consists of.
    pub(super) parents: String,
    /// A box for far islands; their shapes are drawn in its scale.
    pub(super) inset: Option<Inset>,
    /// Area inside the outline, in square units: what the shapes must add up to.
    pub outline_area: f64,
}

impl Layer {
    /// The regions of `level` inside `code`, filling the map. Empty where there are no boundaries.
    ///
    /// # Errors
    /// A damaged boundary file.
    pub fn load(shapes: &Shapes, code: RegionCode, level: Level) -> Result<Self, BoundaryError> {
        Ok(Self::draw(code, level, &shapes.drawn(code, level)?, None))
    }

    /// Draws boundaries that are at hand. Linear in the number of vertices but for sorting.
    pub fn draw(
        code: RegionCode,
        level: Level,
        boundaries: &[Boundary],
        frame: Option<&Frame>,
    ) -> Self {
        let background = frame.is_some();
        let cut: Vec<Boundary>;
        let (frame, inset, boundaries) = if let Some(frame) = frame {
            cut = boundaries.iter().filter_map(|b| clip::inside(b, frame)).collect();
            (*frame, None, cut.as_slice())
        } else {
            let (frame, inset) = frames(code, level, boundaries);
            (frame, inset, boundaries)
        };
        let arcs = Topology::build(boundaries.iter().map(|b| &b.shape));
        let projected = project(&arcs, boundaries, &frame, inset.as_ref());
        let budget =
            if background { BACKGROUND } else { POINTS + POINTS_PER_AREA * boundaries.len() };
        let lines = simplified(&arcs, &projected, budget);
        let mut used = vec![false; arcs.borders.len()];
        let shapes = boundaries
            .iter()
            .zip(&arcs.regions)
            .map(|(boundary, rings)| {
                let rings: Vec<&[Step]> = rings.iter().map(|r| r.steps.as_slice()).collect();
                shape(boundary, &rings, &arcs, &lines, &mut used)
            })
            .collect();
        let mut layer = Self {
            code,
            level,
            frame,
            shapes,
            outline: String::new(),
            parents: String::new(),
            inset,
            outline_area: 0.0,
        };
        layer.trace(boundaries, &arcs, &lines, &used);
        layer
    }

    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Bytes that it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        let shape = |s: &Shape| {
            s.path.len() + 16 * s.body.len() + 10 * s.rings.iter().map(Vec::len).sum::<usize>()
        };
        self.outline.len()
            + self.parents.len()
            + self.shapes.iter().map(|s| shape(s) + 200).sum::<usize>()
    }

    pub fn shape(&self, code: RegionCode) -> Option<&Shape> {
        self.shapes.binary_search_by_key(&code, |s| s.code).ok().map(|i| &self.shapes[i])
    }

    /// The borders that are drawn once more over the shapes.
    fn trace(&mut self, boundaries: &[Boundary], arcs: &Topology, lines: &[Ring], used: &[bool]) {
        let larger = self.code.level().child().filter(|child| *child < self.level);
        let (mut outline, mut parents) = (PathData::default(), PathData::default());
        for (i, (line, used)) in lines.iter().zip(used).enumerate() {
            let (Some(left), Some(right)) = (arcs.borders[i].left(), arcs.borders[i].right())
            else {
                if *used && arcs.borders[i].uses == 1 {
                    outline.run(line, arcs.closed(i));
                }
                continue;
            };
            let within = |i: usize| larger.map(|level| boundaries[i].code.ancestor(level));
            if within(left) != within(right) {
                parents.run(line, arcs.closed(i));
            }
        }
        let rings = arcs.regions.iter().flatten().flat_map(|ring| &ring.steps);
        let twice: i64 = rings
            .filter(|step| alone(arcs, step) && used[step.border as usize])
            .map(|step| twice_swept(&walk(*step, lines)))
            .sum();
        (self.outline, self.parents) = (outline.text, parents.text);
        self.outline_area = square_units(twice);
    }
}

/// No other region runs along it.
fn alone(arcs: &Topology, step: &Step) -> bool {
    arcs.borders[step.border as usize].uses == 1
}

/// Area between a line and the origin, twice: over a closed chain of lines these add up to the
/// area inside.
fn twice_swept(line: &[[i32; 2]]) -> i64 {
    line.windows(2)
        .map(|w| i64::from(w[0][0]) * i64::from(w[1][1]) - i64::from(w[1][0]) * i64::from(w[0][1]))
        .sum()
}

/// Path data run downwards, so a ring that is counter-clockwise on the globe has a negative sum.
fn square_units(twice: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a map has at most 3.2e7 square steps")]
    let area = -(twice as f64) / (2.0 * STEPS * STEPS);
    area
}

/// Every vertex in the units of the picture; those of an inset in its own scale.
fn project(
    arcs: &Topology,
    boundaries: &[Boundary],
    frame: &Frame,
    inset: Option<&Inset>,
) -> Vec<(f64, f64)> {
    let project = |frame: &Frame, v: usize| {
        let at = arcs.points[v];
        frame.project(at.x, at.y)
    };
    let mut points: Vec<(f64, f64)> = (0..arcs.points.len()).map(|v| project(frame, v)).collect();
    if let Some(inset) = inset {
        let apart = |region: &usize| inset.code.contains(boundaries[*region].code);
        for (i, border) in arcs.borders.iter().enumerate() {
            if border.left().or(border.right()).filter(apart).is_some() {
                for v in arcs.line(i) {
                    points[*v as usize] = project(&inset.frame, *v as usize);
                }
            }
        }
    }
    points
}

/// Every arc once, as grid points. Where a region would be left without area, its borders (and so
/// its neighbours') are taken finer until it has one.
fn simplified(arcs: &Topology, projected: &[(f64, f64)], budget: usize) -> Vec<Ring> {
    let points = |i: usize| -> Vec<(f64, f64)> {
        arcs.line(i).iter().map(|v| projected[*v as usize]).collect()
    };
    let weighted: Vec<Vec<f64>> = (0..arcs.borders.len()).map(|i| weights(&points(i))).collect();
    let uses = arcs.borders.iter().map(|border| border.uses as usize);
    // What will not be drawn costs nothing: the nation has 19,000 islands.
    let hidden = specks(arcs, projected);
    let drawn = uses.zip(&weighted).zip(&hidden).filter(|(_, hidden)| !**hidden);
    let all = drawn.flat_map(|((uses, w), _)| w.iter().map(move |w| (*w, uses)));
    let general = threshold(all, budget, FINEST);
    let line = |i: usize, limit: f64| -> Ring {
        let kept = points(i).into_iter().zip(&weighted[i]).filter(|(_, w)| **w > limit);
        let mut line: Ring = kept.map(|(p, _)| snap(p)).collect();
        line.dedup();
        line
    };
    let mut limits = vec![general; arcs.borders.len()];
    let mut lines: Vec<Ring> = (0..arcs.borders.len()).map(|i| line(i, general)).collect();
    for _ in 0..6 {
        let flat = arcs.regions.iter().filter(|rings| {
            !rings.is_empty()
                && rings.iter().all(|ring| twice_area(&closed(&ring.steps, &lines)) == 0)
        });
        let steps = flat.flatten().flat_map(|ring| &ring.steps);
        let mut finer: Vec<usize> = steps.map(|step| step.border as usize).collect();
        finer.sort_unstable();
        finer.dedup();
        for i in finer {
            limits[i] /= 8.0;
            lines[i] = line(i, limits[i]);
        }
    }
    lines
}

/// Rings without a neighbour that are too small to draw, and not the largest of their region.
fn specks(arcs: &Topology, projected: &[(f64, f64)]) -> Vec<bool> {
    let mut hidden = vec![false; arcs.borders.len()];
    for rings in &arcs.regions {
        let areas: Vec<f64> = rings.iter().map(|ring| swept(arcs, ring, projected).abs()).collect();
        let largest = areas.iter().copied().fold(0.0, f64::max);
        for (ring, area) in rings.iter().zip(areas) {
            let island = ring.steps.iter().all(|step| alone(arcs, step));
            if island && area < SMALLEST_ISLAND && area < largest {
                ring.steps.iter().for_each(|step| hidden[step.border as usize] = true);
            }
        }
    }
    hidden
}

/// Area of a ring as it is projected, in square units.
fn swept(arcs: &Topology, ring: &spatial::Ring, projected: &[(f64, f64)]) -> f64 {
    let at: Vec<(f64, f64)> = arcs.walk(&ring.steps).map(|v| projected[v as usize]).collect();
    let next = at.iter().cycle().skip(1);
    at.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>() / 2.0
}

fn snap((x, y): (f64, f64)) -> [i32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "a map is a few thousand steps wide")]
    let step = |v: f64| (v * STEPS).round() as i32;
    [step(x), step(y)]
}

fn walk(step: Step, lines: &[Ring]) -> Ring {
    let mut line = lines[step.border as usize].clone();
    if step.backwards {
        line.reverse();
    }
    line
}

/// The points of a ring without the closing repetition.
fn closed(ring: &[Step], lines: &[Ring]) -> Ring {
    let mut points: Ring = ring.iter().flat_map(|step| walk(*step, lines)).collect();
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

fn shape(
    boundary: &Boundary,
    rings: &[&[Step]],
    arcs: &Topology,
    lines: &[Ring],
    used: &mut [bool],
) -> Shape {
    let drawn: Vec<(Ring, i64)> = rings
        .iter()
        .map(|ring| closed(ring, lines))
        .map(|points| {
            let twice = twice_area(&points);
            (points, twice)
        })
        .collect();
    let largest =
        drawn.iter().enumerate().max_by_key(|(i, (_, a))| (a.abs(), std::cmp::Reverse(*i)));
    let largest = largest.map_or(0, |(i, _)| i);
    let (mut path, mut kept) = (PathData::default(), Vec::new());
    let mut twice = 0;
    for (i, ((points, area), ring)) in drawn.iter().zip(rings).enumerate() {
        let island = ring.iter().all(|step| alone(arcs, step));
        let tiny = square_units(*area).abs() < SMALLEST_ISLAND;
        if i != largest && island && tiny {
            continue;
        }
        // A part that collapsed into a line still has the neighbour on the other side of it.
        ring.iter().for_each(|step| used[step.border as usize] = true);
        if i == largest || *area != 0 {
            twice += area;
            path.run(points, true);
            kept.push(points.clone());
        }
    }
    let body: Vec<(f64, f64)> = drawn
        .get(largest)
        .map(|(points, _)| points.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|[x, y]| (f64::from(*x) / STEPS, f64::from(*y) / STEPS))
        .collect();
    let area = square_units(twice);
    let islands = rings.iter().copied().flatten().all(|step| alone(arcs, step));
    let limit = if islands && area < ISLANDS.0 { ISLANDS.1 } else { NEEDS_MARKER };
    Shape {
        code: boundary.code,
        name: boundary.name.clone(),
        path: path.text,
        rings: kept,
        marker: marker(&body, limit),
        body,
        area,
    }
}

/// The middle of a body that is too small to see or to click.
fn marker(body: &[(f64, f64)], limit: f64) -> Option<(f64, f64)> {
    let (west, north, east, south) = extent(body)?;
    (east - west < limit && south - north < limit)
        .then_some((f64::midpoint(west, east), f64::midpoint(north, south)))
}

/// Left, top, right and bottom of some points.
pub(super) fn extent(points: &[(f64, f64)]) -> Option<(f64, f64, f64, f64)> {
    let first = points.first()?;
    Some(points.iter().fold((first.0, first.1, first.0, first.1), |e, p| {
        (e.0.min(p.0), e.1.min(p.1), e.2.max(p.0), e.3.max(p.1))
    }))
}

/// Path data in relative whole numbers: after `m` every pair is a line, and a minus sign needs no
/// space before it.
#[derive(Default)]
struct PathData {
    text: String,
    at: [i32; 2],
}

impl PathData {
    fn run(&mut self, points: &[[i32; 2]], close: bool) {
        let points = match points {
            [body @ .., last] if close && !body.is_empty() && points[0] == *last => body,
            all => all,
        };
        for (i, p) in points.iter().enumerate() {
            if i == 0 {
                self.text.push('m');
            }
            self.number(p[0] - self.at[0], i == 0);
            self.number(p[1] - self.at[1], false);
            self.at = *p;
        }
        if let (true, Some(first)) = (close, points.first()) {
            self.text.push('z');
            self.at = *first;
        }
    }

    fn number(&mut self, n: i32, first: bool) {
        if !first && n >= 0 {
            self.text.push(' ');
        }
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{n}");
    }
}
