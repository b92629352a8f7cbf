//! GeoJSON (RFC 7946 and the 2008 draft with its `crs`) and GeoJSONSeq (RFC 8142: one feature a
//! line, or after a record separator). Read with a visitor of our own: rings stay as delivered,
//! where the types of the geojson crate would hold every position as a list of its own.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::feature::{Delivered, Features, FileKind, plain_number};
use super::geoparquet::ReferenceSystem;
use super::nest::Nest;
use super::projection::reference_of_name;
use super::read::{ReadError, content};

#[derive(Deserialize)]
struct Top {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    features: Option<Vec<RawFeature>>,
    #[serde(default)]
    crs: Option<Value>,
    #[serde(default)]
    geometry: Option<RawGeometry>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    coordinates: Option<Nest>,
}

#[derive(Deserialize)]
struct RawFeature {
    #[serde(default)]
    geometry: Option<RawGeometry>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    id: Option<Value>,
}

#[derive(Deserialize)]
struct RawGeometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Option<Nest>,
}

impl RawGeometry {
    fn delivered(self) -> Delivered {
        let depth = match self.kind.as_str() {
            "Polygon" => 2,
            "MultiPolygon" => 3,
            other => return Delivered::OtherKind(other.chars().take(40).collect()),
        };
        match self.coordinates {
            None => Delivered::Parts(Vec::new()),
            Some(nest) => nest.polygons(Some(depth)),
        }
    }
}

/// Reads either kind; the first value tells which.
pub(super) fn read(path: &Path, text: &str) -> Result<Features, ReadError> {
    if text.trim_start().starts_with('\u{1e}') {
        return read_sequence(path, text.split('\u{1e}').filter(|t| !t.trim().is_empty()));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Top>();
    let first = match values.next() {
        Some(Ok(first)) => first,
        Some(Err(e)) => return Err(content(path, FileKind::GeoJson, in_words(&e))),
        None => return Err(ReadError::Empty(path.to_owned())),
    };
    if first.kind == "FeatureCollection" {
        return collection(path, first);
    }
    if text[values.byte_offset()..].trim().is_empty() {
        let mut features = Features::new(FileKind::GeoJson);
        single(path, &mut features, first)?;
        features.reference = ReferenceSystem::LngLat;
        return Ok(features);
    }
    read_sequence(path, text.lines().filter(|line| !line.trim().is_empty()))
}

fn collection(path: &Path, top: Top) -> Result<Features, ReadError> {
    let mut features = Features::new(FileKind::GeoJson);
    // RFC 7946: longitude and latitude on WGS 84, unless the older `crs` says otherwise.
    features.reference = match top.crs {
        None | Some(Value::Null) => ReferenceSystem::LngLat,
        Some(crs) => legacy(&crs),
    };
    let Some(rows) = top.features else {
        return Err(content(path, FileKind::GeoJson, "the FeatureCollection has no 'features'"));
    };
    for row in rows {
        push(&mut features, row);
    }
    Ok(features)
}

fn legacy(crs: &Value) -> ReferenceSystem {
    let name = crs.get("properties").and_then(|p| p.get("name")).and_then(Value::as_str);
    name.map_or_else(|| ReferenceSystem::Other("crs".to_owned()), reference_of_name)
}

fn read_sequence<'a>(
    path: &Path,
    texts: impl Iterator<Item = &'a str>,
) -> Result<Features, ReadError> {
    let mut features = Features::new(FileKind::GeoJsonSeq);
    features.reference = ReferenceSystem::LngLat;
    for text in texts {
        let top: Top = serde_json::from_str(text).map_err(|e| ReadError::Feature {
            path: path.to_owned(),
            kind: FileKind::GeoJsonSeq.name(),
            feature: features.rows.len() as u64 + 1,
            problem: in_words(&e),
        })?;
        single(path, &mut features, top)?;
    }
    Ok(features)
}

fn single(path: &Path, features: &mut Features, top: Top) -> Result<(), ReadError> {
    let kind = features.kind;
    let feature = features.rows.len() as u64 + 1;
    match top.kind.as_str() {
        "Feature" => push(
            features,
            RawFeature { geometry: top.geometry, properties: top.properties, id: top.id },
        ),
        "Polygon" | "MultiPolygon" => {
            let geometry = RawGeometry { kind: top.kind, coordinates: top.coordinates };
            push(features, RawFeature { geometry: Some(geometry), properties: None, id: None });
        }
        other => {
            return Err(ReadError::Feature {
                path: path.to_owned(),
                kind: kind.name(),
                feature,
                problem: format!(
                    "'{}' where a Feature is due",
                    other.chars().take(40).collect::<String>()
                ),
            });
        }
    }
    Ok(())
}

fn push(features: &mut Features, row: RawFeature) {
    features.push(row.geometry.map_or(Delivered::Missing, RawGeometry::delivered));
    for (name, value) in row.properties.unwrap_or_default() {
        let column = features.column(&name);
        set(features, column, &value);
    }
    if let Some(id) = row.id {
        let column = features.column("id");
        let taken = features.rows.last().and_then(|row| row.text(column)).is_some();
        if !taken {
            set(features, column, &id);
        }
    }
}

fn set(features: &mut Features, column: usize, value: &Value) {
    match value {
        Value::String(text) => features.set(column, text),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => features.set(column, &whole.to_string()),
            None => features.set(column, &plain_number(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::Bool(yes) => features.set(column, if *yes { "true" } else { "false" }),
        Value::Null | Value::Array(_) | Value::Object(_) => {}
    }
}

fn in_words(e: &serde_json::Error) -> String {
    let what = if e.is_eof() { "it is cut off" } else { "not GeoJSON" };
    let text: String = e.to_string().chars().take(200).collect();
    format!("{what} ({text}); get the file again or mend it")
}
