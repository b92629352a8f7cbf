//! GeoParquet (1.0 and 1.1, and plain Parquet with a WKB column): which column holds the polygons
//! and in which reference system, and the rows, one row group at a time.

use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, DataType, PolarsError, StringChunked};

use super::values::Values;
use crate::parquet::{ParquetError, ParquetFile};

/// Why a file is not GeoParquet.
#[derive(Debug, thiserror::Error)]
pub enum GeoParquetError {
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error("{path}: its 'geo' metadata cannot be read: {problem}")]
    Metadata { path: PathBuf, problem: String },
    #[error(
        "{path}: no geometry column; a column 'geometry' of WKB or 'geo' metadata that names one is due, there are: {columns}"
    )]
    NoGeometry { path: PathBuf, columns: String },
    #[error("{path}: the geometry column is encoded as {encoding}; WKB can be read")]
    Encoding { path: PathBuf, encoding: String },
    #[error("{path}: there is no column '{column}'; there are: {columns}")]
    NoColumn { path: PathBuf, column: String, columns: String },
}

/// What a file says its coordinates are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceSystem {
    /// Longitude and latitude in degrees, WGS 84.
    LngLat,
    Epsg(u32),
    /// The file says nothing.
    Unstated,
    /// A system without an EPSG code: its name as given.
    Other(String),
}

/// A GeoParquet file that was opened: only its footer was read.
#[derive(Debug)]
pub struct GeoParquet {
    path: PathBuf,
    file: ParquetFile,
    geometry: String,
    pub reference: ReferenceSystem,
    /// First row of every row group, then the number of rows.
    starts: Vec<usize>,
}

/// One row: its number (from 1) in the file, the texts that were asked for, its WKB.
#[derive(Clone, Copy, Debug)]
pub struct GeoRow<'a> {
    pub number: u64,
    pub wkb: Option<&'a [u8]>,
    texts: &'a [StringChunked],
    at: usize,
}

impl<'a> GeoRow<'a> {
    /// The text of the column that was asked for as number `column`; numbers are written out.
    pub fn text(&self, column: usize) -> Option<&'a str> {
        self.texts.get(column)?.get(self.at)
    }
}

impl GeoParquet {
    /// Opens a file and reads its footer.
    ///
    /// # Errors
    /// Not Parquet, no geometry column, or an encoding other than WKB.
    pub fn open(path: &Path) -> Result<Self, GeoParquetError> {
        let file = ParquetFile::open(path)?;
        let mut starts = vec![0];
        for rows in file.groups() {
            starts.push(starts.last().copied().unwrap_or(0) + rows);
        }
        let (geometry, reference) = match file.said("geo") {
            Some(text) => declared(path, text)?,
            None => ("geometry".to_owned(), ReferenceSystem::Unstated),
        };
        if !file.columns().contains(&geometry) {
            return Err(GeoParquetError::NoGeometry {
                path: path.to_owned(),
                columns: listed(file.columns()),
            });
        }
        Ok(Self { path: path.to_owned(), file, geometry, reference, starts })
    }

    /// Names of all columns but the geometry.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.file.columns().iter().map(String::as_str).filter(|name| *name != self.geometry)
    }

    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many row groups there are; each is read by [`GeoParquet::group`].
    pub fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// Reads all rows, one row group in memory at a time.
    ///
    /// # Errors
    /// A column that is not there, a damaged file, or whatever `each` returns.
    pub fn for_each<E: From<GeoParquetError>>(
        &self,
        texts: &[&str],
        mut each: impl FnMut(GeoRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        (0..self.groups()).try_for_each(|group| self.group(group, texts, &mut each))
    }

    /// Reads one row group, without threads of its own: row groups may be read side by side.
    ///
    /// # Errors
    /// As [`GeoParquet::for_each`].
    pub fn group<E: From<GeoParquetError>>(
        &self,
        group: usize,
        texts: &[&str],
        mut each: impl FnMut(GeoRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (Some(start), Some(end)) = (self.starts.get(group), self.starts.get(group + 1)) else {
            return Ok(());
        };
        let (start, rows) = (*start, end - start);
        let columns = self.file.columns();
        if let Some(missing) = texts.iter().find(|name| !columns.iter().any(|c| c == *name)) {
            return Err(GeoParquetError::NoColumn {
                path: self.path.clone(),
                column: (*missing).to_owned(),
                columns: listed(columns),
            }
            .into());
        }
        let fault = |e: PolarsError| E::from(self.file.fault(&e).into());
        let file = self.file.handle().map_err(GeoParquetError::from)?;
        let values =
            Values::read(file, self.file.footer(), group, &self.geometry).map_err(fault)?;
        let mut row = |at: usize, wkb: Option<&[u8]>, texts: &[StringChunked]| {
            each(GeoRow { number: (start + at + 1) as u64, wkb, texts, at })
        };
        let Some(values) = values else {
            let frame = self.decode(start, rows, texts, true)?;
            let texts = self.texts(&frame, texts)?;
            let shapes = frame.column(&self.geometry).and_then(|c| c.binary().cloned());
            let shapes = shapes.map_err(fault)?;
            return shapes.iter().enumerate().try_for_each(|(at, wkb)| row(at, wkb, &texts));
        };
        let frame = self.decode(start, rows, texts, false)?;
        let texts = self.texts(&frame, texts)?;
        let mut at = 0;
        values.for_each(fault, |wkb| {
            at += 1;
            row(at - 1, wkb, &texts)
        })
    }

    /// Reads the columns `texts` of some rows, and the geometry where it is wanted.
    fn decode(
        &self,
        start: usize,
        rows: usize,
        texts: &[&str],
        geometry: bool,
    ) -> Result<DataFrame, GeoParquetError> {
        let mut wanted: Vec<String> = texts.iter().map(|name| (*name).to_owned()).collect();
        wanted.extend(geometry.then(|| self.geometry.clone()));
        Ok(self.file.read_here(&wanted, start, rows)?)
    }

    fn texts(
        &self,
        frame: &DataFrame,
        names: &[&str],
    ) -> Result<Vec<StringChunked>, GeoParquetError> {
        let text = |name: &&str| {
            let column = frame.column(name).and_then(|c| c.cast(&DataType::String));
            column.and_then(|c| c.str().cloned())
        };
        names.iter().map(text).collect::<Result<_, _>>().map_err(|e| self.file.fault(&e).into())
    }
}

fn listed(columns: &[String]) -> String {
    columns.iter().take(30).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Geometry column and reference system as the `geo` metadata has them.
fn declared(path: &Path, text: &str) -> Result<(String, ReferenceSystem), GeoParquetError> {
    let bad = |problem: String| GeoParquetError::Metadata { path: path.to_owned(), problem };
    let geo: serde_json::Value = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
    let primary = geo.get("primary_column").and_then(serde_json::Value::as_str);
    let name = primary.ok_or_else(|| bad("'primary_column' is missing".to_owned()))?;
    let column = geo.get("columns").and_then(|columns| columns.get(name));
    let column = column.ok_or_else(|| bad(format!("'columns' does not describe '{name}'")))?;
    let encoding = column.get("encoding").and_then(serde_json::Value::as_str).unwrap_or("WKB");
    if !encoding.eq_ignore_ascii_case("wkb") {
        return Err(GeoParquetError::Encoding {
            path: path.to_owned(),
            encoding: encoding.chars().take(40).collect(),
        });
    }
    Ok((name.to_owned(), reference(column.get("crs"))))
}

/// The specification: no `crs` means OGC:CRS84, null means unknown, otherwise PROJJSON (WKT before
/// version 0.4). Coordinates are longitude first whatever the system says of its axes.
fn reference(crs: Option<&serde_json::Value>) -> ReferenceSystem {
    let Some(crs) = crs else { return ReferenceSystem::LngLat };
    if crs.is_null() {
        return ReferenceSystem::Unstated;
    }
    if let Some(text) = crs.as_str() {
        return ReferenceSystem::Other(text.chars().take(200).collect());
    }
    let member = |of: Option<&serde_json::Value>, key: &str| {
        let value = of.and_then(|v| v.get(key))?;
        value.as_str().map_or_else(|| value.as_u64().map(|n| n.to_string()), |s| Some(s.to_owned()))
    };
    let authority = member(crs.get("id"), "authority").unwrap_or_default();
    let code = member(crs.get("id"), "code").unwrap_or_default();
    let name = member(Some(crs), "name").unwrap_or_default();
    match (authority.as_str(), code.as_str(), code.parse()) {
        ("OGC", "CRS84", _) | ("EPSG", "4326", _) => ReferenceSystem::LngLat,
        ("EPSG", _, Ok(code)) => ReferenceSystem::Epsg(code),
        _ if name.starts_with("WGS 84") && !name.contains('/') => ReferenceSystem::LngLat,
        _ => ReferenceSystem::Other(name.chars().take(200).collect()),
    }
}
