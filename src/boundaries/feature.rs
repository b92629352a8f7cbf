//! A boundary file as delivered: columns, rows, rings. Nothing is mended here, so that what is
//! wrong can still be named.

use std::collections::HashMap;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::geoparquet::ReferenceSystem;

/// Points in the order of the file: open, short or not finite, whatever they are.
pub type Ring = Vec<Coord<f64>>;

/// The kinds of file that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    GeoJson,
    GeoJsonSeq,
    GeoPackage,
    Shapefile,
    FlatGeobuf,
    GeoParquet,
    /// INSERT statements of cahyadsn/wilayah_boundaries.
    SqlDump,
    /// Codes and names without polygons.
    Csv,
}

impl FileKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::GeoJsonSeq => "GeoJSONSeq",
            Self::GeoPackage => "GeoPackage",
            Self::Shapefile => "Shapefile",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoParquet => "GeoParquet",
            Self::SqlDump => "SQL wilayah_boundaries",
            Self::Csv => "CSV",
        }
    }
}

/// The geometry of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Delivered {
    /// The row has none.
    #[default]
    Missing,
    /// Polygons; of each its shell, then its holes. May be empty.
    Parts(Vec<Vec<Ring>>),
    /// Not a polygon: what it is instead.
    OtherKind(String),
    /// It cannot be read: why.
    Unreadable(String),
}

impl Delivered {
    /// The polygons as geo has them (rings are closed, empty ones left out), unmended.
    pub fn into_shape(self) -> Option<MultiPolygon<f64>> {
        let Self::Parts(parts) = self else { return None };
        let polygons = parts.into_iter().filter_map(|rings| {
            let mut rings = rings.into_iter().map(LineString::new);
            Some(Polygon::new(rings.next()?, rings.collect()))
        });
        Some(MultiPolygon::new(polygons.collect()))
    }

    /// Every point, to be changed.
    pub(super) fn points_mut(&mut self) -> impl Iterator<Item = &mut Coord<f64>> {
        let parts = match self {
            Self::Parts(parts) => parts.as_mut_slice(),
            _ => &mut [],
        };
        parts.iter_mut().flatten().flatten()
    }

    /// Every point.
    pub(super) fn points(&self) -> impl Iterator<Item = &Coord<f64>> {
        let parts = match self {
            Self::Parts(parts) => parts.as_slice(),
            _ => &[],
        };
        parts.iter().flatten().flatten()
    }
}

/// One row of a boundary file.
#[derive(Clone, Debug, Default)]
pub struct Feature {
    /// Its number in the file, from 1.
    pub number: u64,
    pub geometry: Delivered,
    /// By column of [`Features::columns`]; may be shorter, and then the rest is empty.
    values: Vec<Option<Box<str>>>,
}

impl Feature {
    /// The text of a column; numbers are written out plainly.
    pub fn text(&self, column: usize) -> Option<&str> {
        self.values.get(column)?.as_deref()
    }
}

/// A whole boundary file in memory.
#[derive(Clone, Debug)]
pub struct Features {
    pub kind: FileKind,
    pub reference: ReferenceSystem,
    pub columns: Vec<String>,
    pub rows: Vec<Feature>,
    index: HashMap<String, usize>,
}

/// Longest text of a column that is kept: codes and names are shorter.
const LONGEST: usize = 400;

impl Features {
    pub(super) fn new(kind: FileKind) -> Self {
        Self {
            kind,
            reference: ReferenceSystem::Unstated,
            columns: Vec::new(),
            rows: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// The number of a column, which is added where it is new.
    pub(super) fn column(&mut self, name: &str) -> usize {
        if let Some(at) = self.index.get(name) {
            return *at;
        }
        self.columns.push(name.to_owned());
        self.index.insert(name.to_owned(), self.columns.len() - 1);
        self.columns.len() - 1
    }

    /// Adds a row.
    pub(super) fn push(&mut self, geometry: Delivered) -> &mut Feature {
        let number = self.rows.len() as u64 + 1;
        self.rows.push(Feature { number, geometry, values: Vec::new() });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// Sets a text of the last row; an empty one is none.
    pub(super) fn set(&mut self, column: usize, text: &str) {
        let text = text.trim();
        let Some(row) = self.rows.last_mut().filter(|_| !text.is_empty()) else { return };
        if row.values.len() <= column {
            row.values.resize(column + 1, None);
        }
        let kept: String = text.chars().take(LONGEST).collect();
        row.values[column] = Some(kept.into_boxed_str());
    }

    /// The column of this name, in this spelling or, if there is none, in any case.
    pub fn find(&self, name: &str) -> Option<usize> {
        let loose = || self.columns.iter().position(|c| c.eq_ignore_ascii_case(name));
        self.index.get(name).copied().or_else(loose)
    }

    pub fn vertices(&self) -> u64 {
        self.rows.iter().map(|row| row.geometry.points().count() as u64).sum()
    }
}

/// A number as a code or a count is written: no exponent, no `.0`.
pub(super) fn plain_number(v: f64) -> String {
    if v.is_finite() && v == v.trunc() && v.abs() < 1e17 {
        format!("{v:.0}")
    } else {
        v.to_string()
    }
}
