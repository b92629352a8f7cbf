//! Coordinates that cannot be where they say: metres taken for degrees, axes exchanged, a wrong
//! reference system. Found by where the land would lie; said, never set right in silence.

use geo::Coord;

use super::extent::Extent;
use super::feature::Features;
use super::geoparquet::ReferenceSystem;
use super::projection::{Projection, System, reference_name, systems};

/// West, south, east, north of Indonesia, degrees, with some sea.
pub const INDONESIA: [f64; 4] = [94.0, -12.0, 142.0, 7.0];

/// A contradiction between coordinates and what they are said to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{outside} of {total} polygons lie outside Indonesia (coordinates as delivered: {extent}); {cause}"
)]
pub struct Misplaced {
    pub outside: usize,
    pub total: usize,
    pub extent: String,
    /// The likely cause, and the option to give.
    pub cause: String,
}

pub(super) fn in_indonesia(at: Coord<f64>) -> bool {
    let [west, south, east, north] = INDONESIA;
    (west..=east).contains(&at.x) && (south..=north).contains(&at.y)
}

/// The extent of every row that has points.
pub(super) fn extents(features: &Features) -> Vec<Extent> {
    features
        .rows
        .iter()
        .map(|row| {
            let mut extent = Extent::default();
            row.geometry.points().for_each(|at| extent.add(*at));
            extent
        })
        .collect()
}

pub(super) fn middle(extent: &Extent) -> Coord<f64> {
    (extent.min + extent.max) / 2.0
}

/// Holds degrees (after projection) against Indonesia; `delivered` are the extents before it.
///
/// # Errors
/// More than half of the polygons lie elsewhere.
pub(super) fn check(
    delivered: &[Extent],
    degrees: &[Extent],
    reference: &ReferenceSystem,
) -> Result<(), Misplaced> {
    let placed = degrees.iter().zip(delivered).filter(|(_, d)| !d.is_empty());
    let (mut total, mut outside) = (0, 0);
    let mut whole = Extent::default();
    for (degrees, delivered) in placed {
        total += 1;
        whole.add(delivered.min);
        whole.add(delivered.max);
        let fine = !degrees.is_empty() && in_indonesia(middle(degrees));
        outside += usize::from(!fine);
    }
    if outside * 2 <= total {
        return Ok(());
    }
    let typical = typical(delivered);
    let [a, b, c, d] = whole.sides().unwrap_or_default();
    let extent = format!("{a} to {c}, {b} to {d}");
    Err(Misplaced { outside, total, extent, cause: cause(typical, reference) })
}

/// The middle one of all middles: a stray polygon must not decide.
fn typical(extents: &[Extent]) -> Coord<f64> {
    let middles: Vec<Coord<f64>> = extents.iter().filter(|e| !e.is_empty()).map(middle).collect();
    let median = |f: fn(&Coord<f64>) -> f64| {
        let mut all: Vec<f64> = middles.iter().map(f).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    Coord { x: median(|c| c.x), y: median(|c| c.y) }
}

fn cause(at: Coord<f64>, reference: &ReferenceSystem) -> String {
    let projected = matches!(reference, ReferenceSystem::Epsg(_) | ReferenceSystem::Other(_));
    let said = reference_name(reference);
    let swapped = Coord { x: at.y, y: at.x };
    if in_indonesia(at) {
        return format!(
            "the file says {said}, but its coordinates are degrees already: give --crs EPSG:4326"
        );
    }
    if in_indonesia(swapped) {
        return "the axes are exchanged (latitude first): give --swap-axes".to_owned();
    }
    let metres = at.x.abs() > 180.0 || at.y.abs() > 90.0;
    if !metres {
        return "the coordinates are degrees of another place; check the file, or say with --crs what they are".to_owned();
    }
    let (found, option) = match (fitting(at), fitting(swapped)) {
        (found, _) if !found.is_empty() => (found, ""),
        (_, found) if !found.is_empty() => (found, " and --swap-axes"),
        _ => {
            return "the coordinates are metres in a system that is not in the table; give its definition with --crs \"+proj=…\"".to_owned();
        }
    };
    let what = if projected {
        format!("the file says {said}, which cannot be")
    } else {
        "the coordinates are metres, not degrees".to_owned()
    };
    format!(
        "{what}; they would lie in Indonesia as {}: give --crs EPSG:n{option} with the one that the metadata name",
        listed(&found)
    )
}

/// Systems in which the place lies in Indonesia. The zone cannot be told from coordinates: an
/// easting is the same in all of them.
fn fitting(at: Coord<f64>) -> Vec<System> {
    let all = systems().unwrap_or_default();
    let fits = |system: &System| {
        Projection::new(&system.definition).is_ok_and(|p| in_indonesia(p.apply(at)))
    };
    all.into_iter().filter(|system| !system.definition.contains("longlat")).filter(fits).collect()
}

fn listed(systems: &[System]) -> String {
    // The common ones first: UTM on WGS 84, then TM-3, then the rest.
    let mut systems: Vec<&System> = systems.iter().collect();
    systems.sort_by_key(|s| (!s.name.starts_with("WGS 84"), !s.name.contains("TM-3"), s.epsg));
    let names: Vec<String> =
        systems.iter().take(8).map(|s| format!("EPSG:{} ({})", s.epsg, s.name)).collect();
    let rest = systems.len().saturating_sub(8);
    let more = if rest > 0 { format!(" or {rest} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}
