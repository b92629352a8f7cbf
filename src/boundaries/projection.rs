//! Reference systems: which one a file declares, and its coordinates as longitude and latitude.

use geo::Coord;
use proj4rs::proj::Proj;
use proj4rs::transform::{Transform, TransformClosure};
use rayon::prelude::*;

use super::feature::Features;
use super::geoparquet::ReferenceSystem;
use crate::data::{self, DataError};

const TABLE: &str = "projections.csv";

/// Systems of longitude and latitude that lie within a metre of WGS 84.
const LNG_LAT: [u32; 3] = [4326, 4755, 9470];

/// Why coordinates cannot be turned into degrees.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(
        "EPSG:{0} is not in the table of systems used in Indonesia; give its definition with --crs \"+proj=…\""
    )]
    UnknownCode(u32),
    #[error(
        "the file declares the reference system '{0}', which is not known; name it with --crs EPSG:n or --crs \"+proj=…\""
    )]
    Unknown(String),
    #[error("'{definition}' is no projection: {problem}")]
    Definition { definition: String, problem: String },
}

/// A system of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    pub epsg: u32,
    pub name: String,
    pub definition: String,
}

/// The systems used in Indonesia (EPSG dataset), by code.
///
/// # Errors
/// A damaged table: a fault of the build.
pub fn systems() -> Result<Vec<System>, DataError> {
    let bytes = data::bytes(TABLE)?;
    let mut reader = csv::Reader::from_reader(bytes.as_ref());
    let mut all = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let bad = |problem: String| DataError::Content {
            path: TABLE.to_owned(),
            line: i as u64 + 2,
            problem,
        };
        let record = record.map_err(|e| bad(e.to_string()))?;
        let field = |i: usize| record.get(i).unwrap_or_default().to_owned();
        let epsg = field(0).parse().map_err(|_| bad("epsg is no number".to_owned()))?;
        all.push(System { epsg, name: field(1), definition: field(2) });
    }
    all.sort_by_key(|system| system.epsg);
    Ok(all)
}

/// What `--crs` says: `EPSG:n` or a definition that begins with `+proj=`.
///
/// # Errors
/// Neither of the two.
pub fn reference_of_option(text: &str) -> Result<ReferenceSystem, ProjectionError> {
    let text = text.trim();
    if text.starts_with('+') {
        return Ok(ReferenceSystem::Other(text.to_owned()));
    }
    match reference_of_name(text) {
        ReferenceSystem::Other(name) => Err(ProjectionError::Unknown(name)),
        known => Ok(known),
    }
}

pub(super) fn reference_of_epsg(code: u32) -> ReferenceSystem {
    if LNG_LAT.contains(&code) { ReferenceSystem::LngLat } else { ReferenceSystem::Epsg(code) }
}

/// `EPSG:32748`, `urn:ogc:def:crs:EPSG::32748`, `urn:ogc:def:crs:OGC:1.3:CRS84`.
pub(super) fn reference_of_name(name: &str) -> ReferenceSystem {
    let upper = name.to_uppercase();
    if upper.ends_with("CRS84") || upper.ends_with("CRS:84") {
        return ReferenceSystem::LngLat;
    }
    let code = upper.rsplit([':', '/', '#']).next().and_then(|code| code.parse().ok());
    match code {
        Some(code) if upper.contains("EPSG") => reference_of_epsg(code),
        _ => ReferenceSystem::Other(name.chars().take(80).collect()),
    }
}

/// Well-known text, of either version, as .prj files and GeoPackages have it.
pub(super) fn reference_of_wkt(wkt: &str) -> ReferenceSystem {
    let wkt = wkt.trim();
    let name: String = wkt.split('"').nth(1).unwrap_or("").chars().take(80).collect();
    if let Some(code) = authority(wkt) {
        return reference_of_epsg(code);
    }
    if wkt.starts_with("GEOGCS") || wkt.starts_with("GEOGCRS") {
        return geographic(&name);
    }
    by_name(&name).unwrap_or(if name.is_empty() {
        ReferenceSystem::Unstated
    } else {
        ReferenceSystem::Other(name)
    })
}

/// The code that names the whole: the last one, not deeper than the outermost bracket.
fn authority(wkt: &str) -> Option<u32> {
    let end = wkt.strip_suffix(']')?;
    let at = end.rfind("AUTHORITY[\"EPSG\",").or_else(|| end.rfind("ID[\"EPSG\","))?;
    let tail = &end[at..];
    let code = tail.split(',').nth(1)?.trim_matches(|c: char| !c.is_ascii_digit());
    // Anything but closing brackets behind it: it names a part.
    let closed = tail.find(']').is_some_and(|i| tail[i + 1..].trim().is_empty());
    if closed { code.parse().ok() } else { None }
}

fn geographic(name: &str) -> ReferenceSystem {
    let plain = letters(name);
    let near = ["wgs84", "wgs1984", "dgn95", "dgn1995", "srgi2013", "itrf"];
    if near.iter().any(|known| plain.contains(known)) {
        ReferenceSystem::LngLat
    } else if plain.contains("id74") || plain.contains("indonesian1974") {
        ReferenceSystem::Epsg(4238)
    } else {
        ReferenceSystem::Other(name.to_owned())
    }
}

fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A projected system by the name that Esri or EPSG gives it.
fn by_name(name: &str) -> Option<ReferenceSystem> {
    let plain = letters(name);
    let plain = ["wgs1984", "dgn1995", "indonesian1974"]
        .into_iter()
        .zip(["wgs84", "dgn95", "id74"])
        .fold(plain, |text, (long, short)| text.replace(long, short));
    if plain.contains("webmercator") || plain.contains("pseudomercator") {
        return Some(ReferenceSystem::Epsg(3857));
    }
    let systems = systems().ok()?;
    let found = systems.iter().find(|system| letters(&system.name) == plain)?;
    Some(ReferenceSystem::Epsg(found.epsg))
}

/// A way from some system to degrees on WGS 84.
#[derive(Debug)]
pub struct Projection {
    from: Proj,
    to: Proj,
    /// The source has degrees too, which the library wants as radians.
    degrees: bool,
}

impl Projection {
    /// `None` where coordinates are longitude and latitude already, or nothing is stated.
    ///
    /// # Errors
    /// A system that is not known, or a definition that cannot be used.
    pub fn to_degrees(reference: &ReferenceSystem) -> Result<Option<Self>, ProjectionError> {
        match reference {
            ReferenceSystem::LngLat | ReferenceSystem::Unstated => Ok(None),
            ReferenceSystem::Epsg(code) => {
                let systems = systems()?;
                let system = systems.into_iter().find(|system| system.epsg == *code);
                let system = system.ok_or(ProjectionError::UnknownCode(*code))?;
                Self::new(&system.definition).map(Some)
            }
            ReferenceSystem::Other(text) if text.starts_with('+') => Self::new(text).map(Some),
            ReferenceSystem::Other(name) => Err(ProjectionError::Unknown(name.clone())),
        }
    }

    pub(super) fn new(definition: &str) -> Result<Self, ProjectionError> {
        let bad = |e: proj4rs::errors::Error| ProjectionError::Definition {
            definition: definition.chars().take(200).collect(),
            problem: e.to_string(),
        };
        let from = Proj::from_proj_string(definition).map_err(bad)?;
        let to = Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs").map_err(bad)?;
        let degrees = from.is_latlong();
        Ok(Self { from, to, degrees })
    }

    /// Longitude and latitude in degrees; what cannot be projected is no number afterwards.
    pub(super) fn apply(&self, at: Coord<f64>) -> Coord<f64> {
        let at = if self.degrees { at * std::f64::consts::PI / 180.0 } else { at };
        let mut point = Point(at);
        match proj4rs::transform::transform(&self.from, &self.to, &mut point) {
            Ok(()) => point.0 * (180.0 / std::f64::consts::PI),
            Err(_) => Coord { x: f64::NAN, y: f64::NAN },
        }
    }
}

struct Point(Coord<f64>);

impl Transform for Point {
    fn transform_coordinates<F: TransformClosure>(
        &mut self,
        f: &mut F,
    ) -> Result<(), proj4rs::errors::Error> {
        let (x, y, _) = f(self.0.x, self.0.y, 0.0)?;
        self.0 = Coord { x, y };
        Ok(())
    }
}

/// Turns all coordinates of a file into degrees, as it declares or as `stated` says.
///
/// # Errors
/// See [`ProjectionError`].
pub fn project(
    features: &mut Features,
    stated: Option<&ReferenceSystem>,
) -> Result<(), ProjectionError> {
    let reference = stated.unwrap_or(&features.reference);
    let Some(projection) = Projection::to_degrees(reference)? else { return Ok(()) };
    features.rows.par_iter_mut().for_each(|row| {
        row.geometry.points_mut().for_each(|at| *at = projection.apply(*at));
    });
    Ok(())
}

/// What a system is called in a report.
pub fn reference_name(reference: &ReferenceSystem) -> String {
    match reference {
        ReferenceSystem::LngLat => "WGS 84 (EPSG:4326)".to_owned(),
        ReferenceSystem::Unstated => "tidak disebut".to_owned(),
        ReferenceSystem::Epsg(code) => {
            let name = systems().ok().and_then(|all| all.into_iter().find(|s| s.epsg == *code));
            name.map_or_else(|| format!("EPSG:{code}"), |s| format!("{} (EPSG:{code})", s.name))
        }
        ReferenceSystem::Other(text) => text.clone(),
    }
}
