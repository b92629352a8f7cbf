//! Boundary polygons as they come with the product or from a file of the user's.

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Coord, Line, LineString, MultiPolygon, Polygon};

use super::atlas::AtlasError;
use crate::data::{self, DataError};
use crate::domain::{Level, RegionCode};

/// One region's polygon, longitude and latitude in degrees (EPSG:4326).
#[derive(Clone, Debug)]
pub struct Boundary {
    pub code: RegionCode,
    pub name: String,
    pub shape: MultiPolygon<f64>,
}

/// What is wrong with a boundary file.
#[derive(Debug, thiserror::Error)]
pub enum BoundaryError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Atlas(#[from] AtlasError),
    /// A boundary set that cannot be read; the text says which file and what to do.
    #[error("{0}")]
    Set(String),
    #[error("{path}: not GeoJSON: {problem}")]
    NotGeoJson { path: String, problem: String },
    #[error("{path}, feature {feature} ({code}): {problem}")]
    Feature { path: String, feature: usize, code: String, problem: String },
}

/// The polygons of `level` inside `code` that come with the product at full resolution, in code
/// order; for the provinces of [`detailed_provinces`] only.
///
/// # Errors
/// A damaged file: a fault of the build.
pub(super) fn full(code: RegionCode, level: Level) -> Result<Vec<Boundary>, BoundaryError> {
    let name = match level {
        Level::Nation => return Ok(Vec::new()),
        Level::Provinsi => "provinsi",
        Level::Kabupaten => "kabkota",
        Level::Kecamatan => "kecamatan",
        Level::Desa => "desa",
    };
    let path = format!("boundaries/{}/{name}.geojson.gz", code.ancestor(Level::Provinsi));
    let mut all = read_geojson(&format!("data/{path}"), &data::text(&path)?)?;
    all.retain(|boundary| code.contains(boundary.code));
    Ok(all)
}

/// Provinces whose polygons come with the product at full resolution.
pub(super) fn detailed_provinces() -> Vec<RegionCode> {
    data::list("boundaries/")
        .iter()
        .filter_map(|name| name.strip_prefix("boundaries/")?.strip_suffix("/desa.geojson.gz"))
        .filter_map(|code| code.parse().ok())
        .collect()
}

/// Reads a GeoJSON feature collection whose features carry `kode` (dotted Kemendagri code) and
/// `nama`; `path` is only for messages. Rings must be closed, have an area and not cross themselves.
///
/// # Errors
/// Not GeoJSON, an unknown geometry, a bad or repeated code, an unclosed, degenerate or
/// self-crossing ring.
pub fn read_geojson(path: &str, text: &str) -> Result<Vec<Boundary>, BoundaryError> {
    let not = |problem: String| BoundaryError::NotGeoJson { path: path.to_owned(), problem };
    let collection: geojson::FeatureCollection =
        text.parse().map_err(|e: geojson::Error| not(e.to_string()))?;
    let mut all = Vec::with_capacity(collection.features.len());
    for (i, feature) in collection.features.into_iter().enumerate() {
        let property = |name: &str| {
            feature.property(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
        };
        let (kode, name) = (property("kode"), property("nama"));
        let fault = |problem: String| BoundaryError::Feature {
            path: path.to_owned(),
            feature: i + 1,
            code: kode.chars().take(24).collect(),
            problem,
        };
        let code = RegionCode::from_slug(&kode).map_err(|e| fault(e.to_string()))?;
        let geometry = feature.geometry.ok_or_else(|| fault("no geometry".to_owned()))?;
        check_rings(&geometry).map_err(&fault)?;
        let geometry: geo::Geometry<f64> =
            geometry.try_into().map_err(|e: geojson::Error| fault(e.to_string()))?;
        let shape = match geometry {
            geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
            geo::Geometry::MultiPolygon(shape) => shape,
            _ => return Err(fault("not a Polygon or MultiPolygon".to_owned())),
        };
        if let Some(at) = rings(&shape).find_map(crossing) {
            return Err(fault(format!(
                "a ring crosses itself near longitude {:.6}, latitude {:.6}",
                at.x, at.y
            )));
        }
        all.push(Boundary { code, name, shape });
    }
    all.sort_by_key(|boundary| boundary.code);
    if let Some(pair) = all.windows(2).find(|w| w[0].code == w[1].code) {
        return Err(not(format!("the code {} stands twice", pair[0].code)));
    }
    Ok(all)
}

/// geo closes open rings by itself, which would hide a cut-off file: look before converting.
fn check_rings(geometry: &geojson::Geometry) -> Result<(), String> {
    let ring_ok = |part: usize, ring: &[geojson::Position]| {
        let ends_meet = ring.first() == ring.last();
        if !ends_meet {
            return Err(format!("part {}: the ring is not closed", part + 1));
        }
        if ring.len() < 4 {
            return Err(format!("part {}: a ring of {} points has no area", part + 1, ring.len()));
        }
        Ok(())
    };
    match &geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => {
            coordinates.iter().try_for_each(|ring| ring_ok(0, ring))
        }
        geojson::GeometryValue::MultiPolygon { coordinates } => coordinates
            .iter()
            .enumerate()
            .try_for_each(|(part, rings)| rings.iter().try_for_each(|ring| ring_ok(part, ring))),
        _ => Ok(()),
    }
}

/// All rings of a shape, outer and inner.
pub fn rings(shape: &MultiPolygon<f64>) -> impl Iterator<Item = &geo::LineString<f64>> {
    shape.iter().flat_map(|p: &Polygon<f64>| std::iter::once(p.exterior()).chain(p.interiors()))
}

/// Where a ring crosses or runs along itself. Segments are swept from west to east and compared
/// with those that still reach there: coastlines have few at any one longitude, so this is near
/// linear. Touching in a point is allowed: published boundaries do so at capes and river mouths.
fn crossing(ring: &LineString<f64>) -> Option<Coord<f64>> {
    let mut lines: Vec<Line<f64>> = ring.lines().collect();
    lines.sort_by(|a, b| west(a).total_cmp(&west(b)));
    let mut reaching: Vec<Line<f64>> = Vec::new();
    for line in lines {
        reaching.retain(|other| other.start.x.max(other.end.x) >= west(&line));
        for other in &reaching {
            match line_intersection(line, *other) {
                Some(LineIntersection::SinglePoint { intersection, is_proper: true }) => {
                    return Some(intersection);
                }
                Some(LineIntersection::Collinear { intersection })
                    if intersection.start != intersection.end =>
                {
                    return Some(intersection.start);
                }
                _ => {}
            }
        }
        reaching.push(line);
    }
    None
}

fn west(line: &Line<f64>) -> f64 {
    line.start.x.min(line.end.x)
}
