//! GeoPackage (OGC 12-128r18): a layer of polygons out of SQLite, opened read-only.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::feature::{Delivered, Features, FileKind, plain_number};
use super::geoparquet::ReferenceSystem;
use super::parquet::delivered;
use super::projection::{reference_of_epsg, reference_of_wkt};
use super::read::{ReadError, content};

struct Layer {
    table: String,
    geometry: String,
    srs: i64,
}

/// Reads the layer of this name, or the only one of polygons.
pub(super) fn read(path: &Path, wanted: Option<&str>) -> Result<Features, ReadError> {
    let fault = |e: rusqlite::Error| content(path, FileKind::GeoPackage, in_words(&e));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(fault)?;
    // A file of a stranger's: its views and triggers may call nothing of ours.
    db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON;").map_err(fault)?;
    let layer = choose(path, layers(path, &db)?, wanted)?;
    let mut features = Features::new(FileKind::GeoPackage);
    features.reference = reference(&db, layer.srs);
    rows(&db, &layer, &mut features).map_err(fault)?;
    Ok(features)
}

fn in_words(e: &rusqlite::Error) -> String {
    format!("{e}; it may be cut off or damaged: get it again")
}

fn layers(path: &Path, db: &Connection) -> Result<Vec<Layer>, ReadError> {
    let fault = |e: rusqlite::Error| content(path, FileKind::GeoPackage, in_words(&e));
    let known: i64 = db
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('gpkg_contents', 'gpkg_geometry_columns')",
            [],
            |row| row.get(0),
        )
        .map_err(fault)?;
    if known < 2 {
        return Err(content(
            path,
            FileKind::GeoPackage,
            "an SQLite database without the tables of a GeoPackage; export the layer as GeoPackage or GeoJSON",
        ));
    }
    let mut statement = db
        .prepare(
            "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
             JOIN gpkg_geometry_columns g ON g.table_name = c.table_name \
             WHERE c.data_type = 'features' AND upper(g.geometry_type_name) IN \
             ('POLYGON', 'MULTIPOLYGON', 'GEOMETRY', 'MULTISURFACE', 'CURVEPOLYGON', 'GEOMETRYCOLLECTION') \
             ORDER BY c.table_name",
        )
        .map_err(fault)?;
    let found = statement
        .query_map([], |row| {
            Ok(Layer { table: row.get(0)?, geometry: row.get(1)?, srs: row.get(2)? })
        })
        .map_err(fault)?;
    found.collect::<Result<_, _>>().map_err(fault)
}

fn choose(path: &Path, mut layers: Vec<Layer>, wanted: Option<&str>) -> Result<Layer, ReadError> {
    let names: Vec<String> = layers.iter().map(|layer| layer.table.clone()).collect();
    let at = match wanted {
        Some(name) => names.iter().position(|n| n == name),
        None if layers.len() == 1 => Some(0),
        None => None,
    };
    match at {
        Some(at) => Ok(layers.swap_remove(at)),
        None => Err(ReadError::Layer {
            path: path.to_owned(),
            layer: wanted.unwrap_or("(any)").to_owned(),
            layers: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
        }),
    }
}

fn reference(db: &Connection, srs: i64) -> ReferenceSystem {
    // -1 and 0 are the format's words for «undefined».
    if srs <= 0 {
        return ReferenceSystem::Unstated;
    }
    let row = db.query_row(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
        [srs],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)),
    );
    match row {
        Ok((organization, code, definition)) => match u32::try_from(code) {
            Ok(code) if organization.eq_ignore_ascii_case("epsg") => reference_of_epsg(code),
            _ => reference_of_wkt(&definition),
        },
        Err(_) => ReferenceSystem::Other(format!("srs_id {srs}")),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns that `SELECT *` has, in its order. A statement knows them too, but names that are
/// not UTF-8 make that panic.
fn column_names(db: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        db.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

fn rows(db: &Connection, layer: &Layer, features: &mut Features) -> rusqlite::Result<()> {
    let names = column_names(db, &layer.table)?;
    let geometry = names.iter().position(|name| name.eq_ignore_ascii_case(&layer.geometry));
    let columns: Vec<Option<usize>> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (Some(i) != geometry).then(|| features.column(name)))
        .collect();
    let mut statement = db.prepare(&format!("SELECT * FROM {}", quoted(&layer.table)))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let shape = match geometry.map(|i| row.get_ref(i)).transpose()? {
            Some(ValueRef::Blob(blob)) => of_blob(blob),
            Some(ValueRef::Null) | None => Delivered::Missing,
            Some(_) => Delivered::Unreadable("the geometry is no blob".to_owned()),
        };
        features.push(shape);
        for (i, column) in columns.iter().enumerate() {
            let Some(column) = column else { continue };
            match row.get_ref(i)? {
                ValueRef::Text(text) => features.set(*column, &String::from_utf8_lossy(text)),
                ValueRef::Integer(n) => features.set(*column, &n.to_string()),
                ValueRef::Real(v) => features.set(*column, &plain_number(v)),
                ValueRef::Null | ValueRef::Blob(_) => {}
            }
        }
    }
    Ok(())
}

/// The header of a GeoPackage blob: `GP`, version, flags, srs, an envelope of a length that the
/// flags say; then WKB.
fn of_blob(blob: &[u8]) -> Delivered {
    let cut = || Delivered::Unreadable("the GeoPackage header is cut off".to_owned());
    let Some((head, rest)) = blob.split_first_chunk::<8>() else { return cut() };
    if !head.starts_with(b"GP") {
        return Delivered::Unreadable("the blob has no GeoPackage header".to_owned());
    }
    let flags = head[3];
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        other => return Delivered::Unreadable(format!("{other} is no kind of envelope")),
    };
    match rest.get(envelope..) {
        // The flag of an empty geometry.
        Some(_) if flags & 0x10 != 0 => Delivered::Parts(Vec::new()),
        Some(wkb) => delivered(wkb),
        None => cut(),
    }
}
