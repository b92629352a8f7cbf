//! Regions that lie far from those they belong to, and files whose regions all do.

use std::collections::BTreeMap;

use super::extent::Extent;
use super::fault::{Defect, DefectKind};
use super::position::middle;
use crate::domain::{Level, RegionCode};
use crate::spatial::{Boundary, BoundaryError, Shapes, rings};

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

/// Polygons that are not where their codes are.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{far} of {total} polygons lie more than {FAR} degree from the kabupaten of their code, first {code} at longitude {x:.2}, latitude {y:.2}: the reference system is not the one that the file states (give the right one with --crs), or the codes are of the other numbering (--code-system)"
)]
pub struct Elsewhere {
    pub far: usize,
    pub total: usize,
    pub code: RegionCode,
    pub x: f64,
    pub y: f64,
}

/// Holds polygons against the borders that come with the product. A reference system that is not
/// the right one but lands in Indonesia all the same is seen by nothing else: a zone of UTM beside
/// the right one moves Banten to Kalimantan in one piece.
///
/// # Errors
/// The product's borders cannot be read.
pub(super) fn elsewhere(boundaries: &[Boundary]) -> Result<Option<Elsewhere>, BoundaryError> {
    let mut places: BTreeMap<RegionCode, Extent> = BTreeMap::new();
    for kabupaten in Shapes::product()?.drawn(RegionCode::NATION, Level::Kabupaten)? {
        let own = extent(&kabupaten);
        for code in [kabupaten.code, kabupaten.code.ancestor(Level::Provinsi)] {
            let place = places.entry(code).or_default();
            place.add(own.min);
            place.add(own.max);
        }
    }
    let (mut total, mut far) = (0, Vec::new());
    for boundary in boundaries {
        let level = boundary.code.level().min(Level::Kabupaten);
        let Some(place) = places.get(&boundary.code.ancestor(level)) else { continue };
        total += 1;
        let own = extent(boundary);
        if distance(&own, place) > FAR {
            far.push((boundary.code, middle(&own)));
        }
    }
    let first = far.first().filter(|_| far.len() * 2 > total);
    Ok(first.map(|(code, at)| Elsewhere { far: far.len(), total, code: *code, x: at.x, y: at.y }))
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
