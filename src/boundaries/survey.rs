//! Where the rings of a shape meet themselves and each other, and which parts have to be looked at
//! together because of it.

use geo::Coord;
use rstar::{AABB, RTree, RTreeObject};

use super::arrangement::{Part, Place, order, place};
use super::contact::{Edge, Meeting, sweep};
use super::extent::Extent;
use super::fault::DefectKind;
use super::feature::Ring;

/// A place where something may be wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    pub part: u32,
    /// `None` where it is wrong only if the shape cannot be written otherwise (two rings may
    /// touch in a point).
    pub kind: Option<DefectKind>,
    pub at: Coord<f64>,
}

/// All findings of a shape.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub findings: Vec<Finding>,
    /// By part: the least number of the parts that it has to do with.
    pub cluster: Vec<u32>,
}

/// Looks at all rings (closed, no point twice in a row). `None` where it would cost more than
/// `budget` comparisons.
pub(super) fn survey(parts: &[Part], budget: u64) -> Option<Survey> {
    let mut of = Surveyor::new(parts);
    of.edges(budget)?;
    of.corners();
    of.holes();
    of.nesting();
    let cluster = (0..parts.len()).map(|part| of.root(part)).collect();
    Some(Survey { findings: of.findings, cluster })
}

struct Surveyor<'a> {
    parts: &'a [Part],
    /// Every ring: its part, whether it is a hole, its points.
    rings: Vec<(u32, &'a Ring)>,
    findings: Vec<Finding>,
    parents: Vec<u32>,
}

fn short(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl<'a> Surveyor<'a> {
    fn new(parts: &'a [Part]) -> Self {
        let rings = parts.iter().enumerate();
        let rings = rings.flat_map(|(i, part)| part.iter().map(move |ring| (short(i), ring)));
        Self {
            parts,
            rings: rings.collect(),
            findings: Vec::new(),
            parents: (0..short(parts.len())).collect(),
        }
    }

    fn root(&self, part: usize) -> u32 {
        let mut at = short(part);
        while self.parents[at as usize] != at {
            at = self.parents[at as usize];
        }
        at
    }

    fn join(&mut self, p: u32, q: u32) {
        let (p, q) = (self.root(p as usize), self.root(q as usize));
        let (low, high) = (p.min(q), p.max(q));
        self.parents[high as usize] = low;
    }

    fn find(&mut self, p: u32, q: u32, kind: Option<DefectKind>, at: Coord<f64>) {
        self.findings.push(Finding { part: p.min(q), kind, at });
        if p != q {
            self.join(p, q);
        }
    }

    /// Crossings, ends inside other edges, stretches in common.
    fn edges(&mut self, budget: u64) -> Option<()> {
        let n = self.rings.iter().map(|(_, ring)| ring.len() - 1).sum();
        let mut edges = Vec::with_capacity(n);
        let mut owner: Vec<(u32, u32)> = Vec::with_capacity(n);
        for (number, (_, ring)) in self.rings.iter().enumerate() {
            for (i, w) in ring.windows(2).enumerate() {
                edges.push(Edge { a: w[0], b: w[1] });
                owner.push((short(number), short(i)));
            }
        }
        let mut met = Vec::new();
        let done = sweep(&edges, budget, |i, j, how| {
            if how != Meeting::Share {
                met.push((owner[i].min(owner[j]), owner[i].max(owner[j]), how));
            }
        });
        if !done || met.len() as u64 > budget {
            return None;
        }
        // The sweep's order says nothing; the file's does.
        met.sort_by_key(|(p, q, _)| (*p, *q));
        for ((ring, i), (other, j), how) in met {
            self.judge((ring, i), (other, j), how);
        }
        Some(())
    }

    fn judge(&mut self, (ring, i): (u32, u32), (other, j): (u32, u32), how: Meeting) {
        let (part, points) = self.rings[ring as usize];
        let other_part = self.rings[other as usize].0;
        let last = short(points.len() - 2);
        let neighbours = ring == other && (j - i == 1 || (i == 0 && j == last));
        let (kind, at) = match how {
            Meeting::Share => return,
            Meeting::Overlap(at) if neighbours => (Some(DefectKind::Spike), at),
            Meeting::Cross(at) | Meeting::Overlap(at) if part == other_part => {
                (Some(DefectKind::SelfCrossing), at)
            }
            Meeting::Cross(at) | Meeting::Overlap(at) => (Some(DefectKind::PartsOverlap), at),
            // Neighbours that fold back also meet end to inside.
            Meeting::Touch(at, _) if neighbours => (Some(DefectKind::Spike), at),
            Meeting::Touch(at, _) if ring == other => (Some(DefectKind::SelfTouch), at),
            Meeting::Touch(at, _) => (None, at),
        };
        self.find(part, other_part, kind, at);
    }

    /// Points that stand more than once.
    fn corners(&mut self) {
        let mut corners: Vec<(Coord<f64>, u32)> = Vec::new();
        for (number, (_, ring)) in self.rings.iter().enumerate() {
            corners.extend(ring[1..].iter().map(|at| (*at, short(number))));
        }
        corners.sort_by(|p, q| order(&p.0, &q.0).then(p.1.cmp(&q.1)));
        for w in corners.windows(2).filter(|w| w[0].0 == w[1].0) {
            let ((at, ring), (_, other)) = (w[0], w[1]);
            let kind = (ring == other).then_some(DefectKind::SelfTouch);
            self.find(self.rings[ring as usize].0, self.rings[other as usize].0, kind, at);
        }
    }

    /// Holes outside their shell or inside each other. Where rings cross, that is found already.
    fn holes(&mut self) {
        for (i, part) in self.parts.iter().enumerate() {
            let boxes: Vec<Extent> = part.iter().map(extent).collect();
            for (h, hole) in part.iter().enumerate().skip(1) {
                if decided(&part[0], hole) == Some(Place::Outside) {
                    self.find(short(i), short(i), Some(DefectKind::HoleOutside), hole[0]);
                }
                let around = part.iter().enumerate().skip(1).any(|(o, other)| {
                    o != h
                        && boxes[o].meets(&boxes[h])
                        && decided(other, hole) == Some(Place::Inside)
                });
                if around {
                    self.find(short(i), short(i), Some(DefectKind::NestedHole), hole[0]);
                }
            }
        }
    }

    /// Parts inside other parts, and not in a hole of theirs.
    fn nesting(&mut self) {
        if self.parts.len() < 2 {
            return;
        }
        let shells = self.parts.iter().enumerate();
        let tree = RTree::bulk_load(shells.map(|(i, part)| Shell::new(i, &part[0])).collect());
        let mut found = Vec::new();
        for (i, part) in self.parts.iter().enumerate() {
            let own = Shell::new(i, &part[0]).envelope;
            let around = tree.locate_in_envelope_intersecting(own).filter(|s| s.part != i);
            for shell in around {
                let outer = &self.parts[shell.part];
                let in_shell = decided(&outer[0], &part[0]) == Some(Place::Inside);
                let in_hole =
                    outer[1..].iter().any(|hole| decided(hole, &part[0]) != Some(Place::Outside));
                if in_shell && !in_hole {
                    found.push((short(i), short(shell.part)));
                }
            }
        }
        found.sort_unstable();
        for (inner, outer) in found {
            let at = self.parts[inner as usize][0][0];
            self.find(inner, outer, Some(DefectKind::NestedPart), at);
        }
    }
}

/// Where a ring lies to another by its first point that is not on it.
fn decided(ring: &Ring, inner: &Ring) -> Option<Place> {
    inner.iter().map(|at| place(ring, *at)).find(|place| *place != Place::Border)
}

fn extent(ring: &Ring) -> Extent {
    let mut extent = Extent::default();
    ring.iter().for_each(|at| extent.add(*at));
    extent
}

struct Shell {
    part: usize,
    envelope: AABB<[f64; 2]>,
}

impl Shell {
    fn new(part: usize, ring: &Ring) -> Self {
        let e = extent(ring);
        let envelope = AABB::from_corners([e.min.x, e.min.y], [e.max.x, e.max.y]);
        Self { part, envelope }
    }
}

impl RTreeObject for Shell {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}
