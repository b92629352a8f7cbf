//! Borders put together to rings, and rings to polygons: how regions are dissolved.

use std::collections::HashMap;

use geo::{Area, BoundingRect, Coord, CoordsIter, LineString, MultiPolygon, Polygon, Rect};

use super::topology::{Ring, Step, Topology};

/// See [`Topology::dissolve`].
pub(super) fn dissolve<K: Ord + Copy>(
    topology: &Topology,
    group: impl Fn(usize) -> K,
) -> Vec<(K, MultiPolygon<f64>)> {
    // A border that a group walks both ways lies inside it. What is left over balances in every
    // vertex, because it is a difference of closed rings: it always closes again.
    let mut walks: Vec<(K, u32, i32)> = Vec::new();
    for (region, rings) in topology.regions.iter().enumerate() {
        let key = group(region);
        let walk = |ring: &Ring, step: &Step| {
            (key, step.border, if step.backwards == ring.inside_left { -1 } else { 1 })
        };
        walks.extend(rings.iter().flat_map(|r| r.steps.iter().map(move |step| walk(r, step))));
    }
    walks.sort_unstable();
    let mut steps: Vec<(K, u32, Step)> = Vec::new();
    for same in walks.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (key, border, _) = same[0];
        let net: i32 = same.iter().map(|walk| walk.2).sum();
        let step = Step { border, backwards: net < 0 };
        let times = net.unsigned_abs() as usize;
        steps.extend(std::iter::repeat_n((key, topology.ends(step).0, step), times));
    }
    steps.sort_unstable_by_key(|(key, from, step)| (*key, *from, step.border, step.backwards));
    steps
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| {
            let loops =
                loops(topology, same.iter().map(|(_, from, step)| (*from, *step)).collect());
            (same[0].0, assemble(topology, &loops))
        })
        .collect()
}

/// Closed loops out of steps sorted by where they start; inside is always on the left.
fn loops(topology: &Topology, steps: Vec<(u32, Step)>) -> Vec<Vec<Step>> {
    let mut used = vec![false; steps.len()];
    let mut out = Vec::new();
    for first in 0..steps.len() {
        if used[first] {
            continue;
        }
        let mut way: Vec<Step> = Vec::new();
        let mut passed: HashMap<u32, usize> = HashMap::new();
        let mut at = Some(first);
        while let Some(i) = at {
            used[i] = true;
            let (from, step) = steps[i];
            passed.insert(from, way.len());
            way.push(step);
            let to = topology.ends(step).1;
            // Back at a vertex of this way: what lies between is a ring of its own.
            if let Some(start) = passed.get(&to).copied() {
                let ring = way.split_off(start);
                for step in &ring {
                    passed.remove(&topology.ends(*step).0);
                }
                out.push(ring);
            }
            at = onward(topology, &steps, &used, step, to).filter(|_| !way.is_empty());
        }
    }
    out
}

/// The unused step from `to` that turns most to the left, so that land which touches itself in a
/// point stays apart there.
fn onward(
    topology: &Topology,
    steps: &[(u32, Step)],
    used: &[bool],
    came: Step,
    to: u32,
) -> Option<usize> {
    let start = steps.partition_point(|(from, _)| *from < to);
    let open = (start..steps.len()).take_while(|i| steps[*i].0 == to).filter(|i| !used[*i]);
    let mut open = open.peekable();
    let only = *open.peek()?;
    if open.clone().count() == 1 {
        return Some(only);
    }
    let at = topology.points[to as usize];
    let bearing = |v: u32| {
        let d = topology.points[v as usize] - at;
        d.y.atan2(d.x)
    };
    let line = topology.line(came.border as usize);
    let back = bearing(if came.backwards { line[1] } else { line[line.len() - 2] });
    let turn = |i: &usize| {
        let step = steps[*i].1;
        let line = topology.line(step.border as usize);
        let ahead = bearing(if step.backwards { line[line.len() - 2] } else { line[1] });
        (back - ahead).rem_euclid(std::f64::consts::TAU)
    };
    open.min_by(|a, b| turn(a).total_cmp(&turn(b)))
}

/// Rings to polygons: those that run against the clock are shells, the others holes of the
/// smallest shell around them.
fn assemble(topology: &Topology, loops: &[Vec<Step>]) -> MultiPolygon<f64> {
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for steps in loops {
        let mut ring: Vec<Coord<f64>> =
            topology.walk(steps).map(|v| topology.points[v as usize]).collect();
        ring.extend(ring.first().copied());
        let polygon = Polygon::new(LineString::new(ring), Vec::new());
        let area = polygon.signed_area();
        if area > 0.0 {
            shells.push((area, polygon));
        } else if area < 0.0 {
            holes.push(polygon);
        }
    }
    shells.sort_by(|a, b| b.0.total_cmp(&a.0));
    let bounds: Vec<Option<Rect<f64>>> = shells.iter().map(|s| s.1.bounding_rect()).collect();
    for hole in holes {
        let around = (0..shells.len()).rev().find(|i| {
            bounds[*i].is_some_and(|b| hole.exterior().coords_iter().all(|c| within(b, c)))
                && holds(shells[*i].1.exterior(), hole.exterior())
        });
        if let Some(i) = around {
            shells[i].1.interiors_push(hole.exterior().clone());
        }
    }
    MultiPolygon::new(shells.into_iter().map(|(_, polygon)| polygon).collect())
}

fn within(b: Rect<f64>, c: Coord<f64>) -> bool {
    c.x >= b.min().x && c.x <= b.max().x && c.y >= b.min().y && c.y <= b.max().y
}

/// True where most edges of `inner` have their middle inside `outer`: the rings do not cross, but
/// may touch in vertices.
fn holds(outer: &LineString<f64>, inner: &LineString<f64>) -> bool {
    let middles: Vec<Coord<f64>> = inner.lines().take(9).map(|l| (l.start + l.end) / 2.0).collect();
    let inside = middles.iter().filter(|at| odd(outer, **at)).count();
    2 * inside > middles.len()
}

/// Whether a ray from `at` crosses the ring an odd number of times.
fn odd(ring: &LineString<f64>, at: Coord<f64>) -> bool {
    ring.lines()
        .filter(|l| (l.start.y > at.y) != (l.end.y > at.y))
        .filter(|l| {
            let share = (at.y - l.start.y) / (l.end.y - l.start.y);
            at.x < l.start.x + share * (l.end.x - l.start.x)
        })
        .count()
        % 2
        == 1
}
