//! One region's geometry: what is wrong with it, and the valid shape that was meant. Mended is
//! what can be read in one way only; vertices stay where they are.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::arrangement::{Part, covered, odd, order, resolve, twice_area};
use super::fault::{DefectKind, Fault, square_metres};
use super::feature::Ring;
use super::survey::{Survey, survey};

/// A shape without its defects, and what they were.
#[derive(Clone, Debug, PartialEq)]
pub struct Mended {
    /// Valid in the sense of OGC 06-103r4, shells against the clock; empty where nothing was left.
    pub shape: MultiPolygon<f64>,
    /// By kind, one each at its first place, with how often it was found.
    pub faults: Vec<(Fault, u64)>,
}

/// Comparisons of edges that a shape may cost. Borders need some ten an edge; a scribble that needs
/// more is left alone and said to be tangled.
fn budget(vertices: usize) -> u64 {
    100_000_000 + 40 * vertices as u64
}

/// Mends the polygons of a region; parts and holes of less than `sliver_m2` square metres are
/// taken out, the largest part never. Cost: O(n log n) for what looks like a border.
pub fn mend(parts: Vec<Vec<Ring>>, sliver_m2: f64) -> Mended {
    let mut faults = Faults::default();
    let mut parts = clean_rings(parts, &mut faults);
    let vertices = parts.iter().flatten().map(Vec::len).sum();
    match survey(&parts, budget(vertices)) {
        Some(survey) => parts = rebuilt(parts, &survey, budget(vertices), &mut faults),
        // Wrong crossings can be excluded in any case; which there are cannot be listed.
        None if super::simple::is_simple(&parts) => {}
        None => faults.add(DefectKind::Tangled, first_point(&parts), 0.0),
    }
    orient(&mut parts, &mut faults);
    if sliver_m2 > 0.0 {
        slivers(&mut parts, sliver_m2, &mut faults);
    }
    parts.sort_by(|p, q| order_rings(&p[0], &q[0]));
    let polygons = parts.into_iter().map(|part| {
        let mut rings = part.into_iter().map(LineString::new);
        Polygon::new(rings.next().unwrap_or_else(|| LineString::new(Vec::new())), rings.collect())
    });
    Mended { shape: MultiPolygon::new(polygons.collect()), faults: faults.list }
}

fn first_point(parts: &[Part]) -> Coord<f64> {
    parts.iter().flatten().flatten().next().copied().unwrap_or_default()
}

fn order_rings(a: &Ring, b: &Ring) -> std::cmp::Ordering {
    let least = |ring: &Ring| ring.iter().copied().min_by(order).unwrap_or_default();
    order(&least(a), &least(b))
}

/// Faults by kind.
#[derive(Default)]
struct Faults {
    list: Vec<(Fault, u64)>,
}

impl Faults {
    fn add(&mut self, kind: DefectKind, at: Coord<f64>, area_m2: f64) {
        match self.list.iter_mut().find(|(fault, _)| fault.kind == kind) {
            Some((fault, n)) => {
                fault.area_m2 += area_m2;
                *n += 1;
            }
            None => self.list.push((Fault { kind, at, area_m2 }, 1)),
        }
    }
}

/// Rings that are closed, of finite points, none twice in a row, and have room for an area.
fn clean_rings(parts: Vec<Vec<Ring>>, faults: &mut Faults) -> Vec<Part> {
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        let mut rings = part.into_iter();
        let shell = rings.next().and_then(|ring| clean_ring(ring, faults));
        // Without a shell, holes are holes in nothing.
        if let Some(shell) = shell {
            let mut part = vec![shell];
            part.extend(rings.filter_map(|ring| clean_ring(ring, faults)));
            out.push(part);
        }
    }
    out
}

/// No reference system of the Earth reaches as far in any unit; products of larger numbers would
/// leave the range in which orientation is exact (Shewchuk 1997, section 5).
const FARTHEST: f64 = 1e12;

/// Less than any map can mean: products of smaller numbers would vanish.
const LEAST: f64 = 1e-30;

fn possible(at: &Coord<f64>) -> bool {
    at.x.abs() <= FARTHEST && at.y.abs() <= FARTHEST
}

/// Zero in one spelling: two would be two nodes.
fn plain_zero(value: f64) -> f64 {
    if value.abs() < LEAST { 0.0 } else { value }
}

fn clean_ring(mut ring: Ring, faults: &mut Faults) -> Option<Ring> {
    if !ring.iter().all(possible) {
        ring.retain(possible);
        faults.add(DefectKind::NotFinite, ring.first().copied().unwrap_or_default(), 0.0);
    }
    ring.iter_mut().for_each(|at| *at = Coord { x: plain_zero(at.x), y: plain_zero(at.y) });
    let first = ring.first().copied()?;
    if ring.last() != Some(&first) {
        faults.add(DefectKind::UnclosedRing, first, 0.0);
        ring.push(first);
    }
    if let Some(twice) = ring.windows(2).find(|w| w[0] == w[1]).map(|w| w[0]) {
        // A ring that is one point and its closing is short, not repeated.
        if ring.len() > 2 {
            faults.add(DefectKind::RepeatedPoint, twice, 0.0);
        }
        ring.dedup();
    }
    if ring.len() < 4 {
        faults.add(DefectKind::ShortRing, first, 0.0);
        return None;
    }
    Some(ring)
}

/// Parts that meet themselves or each other wrongly are made anew; others stay as they are.
fn rebuilt(parts: Vec<Part>, survey: &Survey, budget: u64, faults: &mut Faults) -> Vec<Part> {
    if survey.findings.is_empty() {
        return parts;
    }
    let mut out = Vec::with_capacity(parts.len());
    let mut clusters: Vec<(u32, Vec<Part>)> = Vec::new();
    let mut numbered: Vec<(u32, Part)> = survey.cluster.iter().copied().zip(parts).collect();
    numbered.sort_by_key(|(cluster, _)| *cluster);
    for (cluster, part) in numbered {
        match clusters.last_mut() {
            Some((last, parts)) if *last == cluster => parts.push(part),
            _ => clusters.push((cluster, vec![part])),
        }
    }
    for (cluster, parts) in clusters {
        let found: Vec<_> =
            survey.findings.iter().filter(|f| survey.cluster[f.part as usize] == cluster).collect();
        if found.is_empty() {
            out.extend(parts);
            continue;
        }
        match resolved(&parts, budget) {
            Some(sound) if canonical(&sound) == canonical(&parts) => out.extend(parts),
            Some(sound) => {
                name(&found, faults);
                out.extend(sound);
            }
            None => {
                faults.add(DefectKind::Tangled, found[0].at, 0.0);
                out.extend(parts);
            }
        }
    }
    out
}

/// Findings that any two rings may have do not count where others say more.
fn name(found: &[&super::survey::Finding], faults: &mut Faults) {
    let telling = found.iter().any(|f| f.kind.is_some());
    for finding in found {
        match finding.kind {
            Some(kind) => faults.add(kind, finding.at, 0.0),
            None if !telling => faults.add(DefectKind::SelfTouch, finding.at, 0.0),
            None => {}
        }
    }
}

/// Every part by parity, so that holes outside become parts and loops become parts of their own;
/// then all parts together, so that what two of them cover is there once.
fn resolved(parts: &[Part], budget: u64) -> Option<Vec<Part>> {
    let mut sound = Vec::new();
    for part in parts {
        let rings: Vec<&[Coord<f64>]> = part.iter().map(Vec::as_slice).collect();
        sound.extend(resolve(&rings, odd, budget)?);
    }
    if sound.len() < 2 {
        return Some(sound);
    }
    let rings: Vec<&[Coord<f64>]> = sound.iter().flatten().map(Vec::as_slice).collect();
    resolve(&rings, covered, budget)
}

/// Parts in a form in which two ways of writing one shape are equal: where a ring begins, which
/// way it runs and in which order rings stand says nothing.
fn canonical(parts: &[Part]) -> Vec<Vec<Vec<[u64; 2]>>> {
    let ring = |ring: &Ring| {
        let mut points: Vec<[u64; 2]> =
            ring.iter().map(|c| [c.x.to_bits(), c.y.to_bits()]).collect();
        points.pop();
        let least = points.iter().enumerate().min_by_key(|(_, p)| **p).map_or(0, |(i, _)| i);
        points.rotate_left(least);
        if points.len() > 2 && points[1] > points[points.len() - 1] {
            points[1..].reverse();
        }
        points
    };
    let mut all: Vec<Vec<Vec<[u64; 2]>>> = parts
        .iter()
        .map(|part| {
            let mut rings: Vec<Vec<[u64; 2]>> = part.iter().map(ring).collect();
            rings[1..].sort();
            rings
        })
        .collect();
    all.sort();
    all
}

/// Shells against the clock, holes with it (RFC 7946).
fn orient(parts: &mut [Part], faults: &mut Faults) {
    for ring in parts.iter_mut().flat_map(|part| part.iter_mut().enumerate()) {
        let (i, ring) = ring;
        if (twice_area(ring) > 0.0) != (i == 0) {
            ring.reverse();
            faults.add(DefectKind::Winding, ring[0], 0.0);
        }
    }
}

fn slivers(parts: &mut Vec<Part>, least_m2: f64, faults: &mut Faults) {
    let area = |ring: &Ring| {
        let latitude = ring.first().map_or(0.0, |at| at.y);
        square_metres(twice_area(ring).abs() / 2.0, latitude)
    };
    let largest = parts.iter().map(|part| area(&part[0])).fold(0.0, f64::max);
    parts.retain_mut(|part| {
        let mut first = true;
        part.retain(|ring| {
            let shell = std::mem::take(&mut first);
            let size = area(ring);
            if shell || size >= least_m2 {
                return true;
            }
            faults.add(DefectKind::Sliver, ring[0], size);
            false
        });
        let size = area(&part[0]);
        let stays = size >= least_m2 || size >= largest;
        if !stays {
            faults.add(DefectKind::Sliver, part[0][0], size);
        }
        stays
    });
}
