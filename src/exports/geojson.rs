//! GeoJSON (RFC 7946): the boundaries as they came, with the table as properties.

use std::collections::BTreeMap;
use std::io::Write;

use geojson::{Feature, Geometry, GeometryValue, JsonObject, feature::Id};
use serde_json::{Value, json};

use super::ExportError;
use super::table::{Field, Row, Table};
use crate::domain::{Level, RegionCode};
use crate::labels;
use crate::spatial::{Boundary, Shapes};

/// As [`write_geojson`], in memory.
///
/// # Errors
/// As [`write_geojson`].
pub fn geojson(
    table: &Table,
    shapes: &Shapes,
    code: RegionCode,
    level: Level,
) -> Result<Vec<u8>, ExportError> {
    let mut out = Vec::new();
    write_geojson(table, shapes, code, level, &mut out)?;
    Ok(out)
}

/// Writes a feature collection, one feature a row in the order of the table; a region without a
/// polygon has a null geometry. Coordinates are never rounded: rounding makes rings cross
/// themselves. A figure that is missing is null, and `<key>_status` says why.
///
/// # Errors
/// A damaged boundary file, or a reader that went away.
pub fn write_geojson(
    table: &Table,
    shapes: &Shapes,
    code: RegionCode,
    level: Level,
    mut out: impl Write,
) -> Result<(), ExportError> {
    let boundaries = shapes.finest(code, level)?;
    let by_code: BTreeMap<RegionCode, &Boundary> = boundaries.iter().map(|b| (b.code, b)).collect();
    let provenance: JsonObject =
        table.provenance.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    let columns: JsonObject =
        table.columns.iter().map(|c| (c.key.clone(), json!(c.label))).collect();
    write!(
        out,
        "{{\"type\":\"FeatureCollection\",\"name\":{},\"provenance\":{},\"columns\":{},\n\"features\":[",
        json!(table.title),
        json!(provenance),
        json!(columns),
    )?;
    for (i, row) in table.rows.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        let feature = feature(table, row, by_code.get(&row.code).copied());
        serde_json::to_writer(&mut out, &feature).map_err(std::io::Error::from)?;
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}

fn feature(table: &Table, row: &Row, boundary: Option<&Boundary>) -> Feature {
    let mut properties = JsonObject::new();
    for (column, field) in table.columns.iter().zip(&row.fields) {
        let status = match field {
            Field::Text(_) | Field::Number(_) => None,
            Field::NoData => Some(labels::NO_DATA),
            Field::Suppressed => Some(labels::SUPPRESSED),
        };
        properties.insert(column.key.clone(), value(field));
        if let Some(status) = status {
            properties.insert(format!("{}_status", column.key), json!(status));
        }
    }
    Feature {
        bbox: None,
        geometry: boundary.map(|b| Geometry {
            bbox: None,
            value: GeometryValue::from(&b.shape),
            foreign_members: None,
        }),
        id: Some(Id::String(row.code.to_string())),
        properties: Some(properties),
        foreign_members: None,
    }
}

fn value(field: &Field) -> Value {
    match field {
        Field::Text(text) => json!(text),
        // A whole number without a decimal point, as counts are.
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
        Field::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(*n as i64),
        Field::Number(n) => json!(n),
        Field::NoData | Field::Suppressed => Value::Null,
    }
}
