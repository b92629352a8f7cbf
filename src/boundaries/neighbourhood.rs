//! Regions that lie far from those they belong to.

use std::collections::BTreeMap;

use super::extent::Extent;
use super::fault::{Defect, DefectKind};
use super::position::middle;
use crate::domain::{Level, RegionCode};
use crate::spatial::{Boundary, rings};

/// Degrees (some 110 km) between a region and the nearest sibling that are worth a look: farther
/// than the islands of one kecamatan lie apart, nearer than another kabupaten by mistake.
const FAR: f64 = 1.0;

fn extent(boundary: &Boundary) -> Extent {
    let mut extent = Extent::default();
    rings(&boundary.shape).flat_map(|ring| &ring.0).for_each(|at| extent.add(*at));
    extent
}

/// What the regions of the finest level inside every region above them take up.
pub(super) fn extents_above(placed: &[Boundary], finest: Level) -> BTreeMap<RegionCode, Extent> {
    let mut all: BTreeMap<RegionCode, Extent> = BTreeMap::new();
    for boundary in placed.iter().filter(|b| b.code.level() == finest) {
        let own = extent(boundary);
        for level in Level::ALL.into_iter().filter(|level| *level < finest) {
            let sum = all.entry(boundary.code.ancestor(level)).or_default();
            sum.add(own.min);
            sum.add(own.max);
        }
    }
    all
}

/// Names regions that lie farther than [`FAR`] from every other of their parent (or, alone there,
/// of its parent).
pub(super) fn look(boundaries: &[Boundary], defects: &mut Vec<Defect>) {
    let extents: Vec<Extent> = boundaries.iter().map(extent).collect();
    let mut families: BTreeMap<RegionCode, Vec<usize>> = BTreeMap::new();
    for (i, boundary) in boundaries.iter().enumerate() {
        // The nation is wide: provinces have no siblings to be near to.
        if boundary.code.level() > Level::Provinsi
            && let Some(parent) = boundary.code.parent()
        {
            families.entry(parent).or_default().push(i);
        }
    }
    for (parent, members) in families {
        for member in &members {
            let others = members.iter().filter(|o| *o != member);
            let nearest = others
                .map(|o| distance(&extents[*member], &extents[*o]))
                .fold(f64::INFINITY, f64::min);
            if nearest.is_finite() && nearest > FAR && members.len() > 2 {
                let boundary = &boundaries[*member];
                defects.push(
                    Defect::new(DefectKind::FarFromParent, Some(boundary.code), &boundary.name)
                        .at(middle(&extents[*member]))
                        .other(Some(parent))
                        .note(format!("{nearest:.1} derajat dari wilayah terdekat di {parent}")),
                );
            }
        }
    }
}

/// Degrees between two boxes; 0 where they meet.
fn distance(p: &Extent, q: &Extent) -> f64 {
    let apart = |low: f64, high: f64| (low - high).max(0.0);
    let x = apart(p.min.x, q.max.x).max(apart(q.min.x, p.max.x));
    let y = apart(p.min.y, q.max.y).max(apart(q.min.y, p.max.y));
    x.hypot(y)
}
