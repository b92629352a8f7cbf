//! Writing a boundary set: beside its place, synced, then renamed, so that a folder of that name is
//! whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use geo::{LineString, MultiPolygon};
use polars::prelude::{
    Column, DataFrame, IntoColumn, KeyValueMetadata, NamedFrom, ParquetCompression, ParquetWriter,
    Series,
};

use super::set::{
    BoundarySet, MANIFEST, REGIONS, SetError, SetManifest, SetRegion, io, polygons_file, sha256_of,
};
use crate::domain::Level;
use crate::fresh::Noting;
use crate::spatial::Boundary;

/// Rows of a row group: small enough that a reader of one province does not decode the nation.
const ROW_GROUP: usize = 4096;

/// A set in the making; what was written is gone when it is dropped unsealed.
#[derive(Debug)]
pub struct SetWriter {
    place: PathBuf,
    work: PathBuf,
    files: Vec<String>,
}

impl Drop for SetWriter {
    fn drop(&mut self) {
        // Best effort: the name says that it is no set.
        let _ = fs::remove_dir_all(&self.work);
    }
}

impl SetWriter {
    /// Begins a set that will stand at `place`.
    ///
    /// # Errors
    /// Something stands there, or the folder above cannot be written.
    pub fn create(place: &Path) -> Result<Self, SetError> {
        if fs::symlink_metadata(place).is_ok() {
            return Err(SetError::Exists(place.to_owned()));
        }
        let name = place.file_name().ok_or_else(|| SetError::Exists(place.to_owned()))?;
        let above = match place.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        fs::create_dir_all(above).map_err(io(above))?;
        let work =
            above.join(format!(".{}.unfinished-{}", name.to_string_lossy(), std::process::id()));
        fs::create_dir(&work).map_err(io(&work))?;
        Ok(Self { place: place.to_owned(), work, files: Vec::new() })
    }

    /// Writes the polygons of a level (GeoParquet 1.1, WKB, zstd), in the order given.
    ///
    /// # Errors
    /// The disk, as all of these.
    pub fn polygons(&mut self, level: Level, boundaries: &[Boundary]) -> Result<(), SetError> {
        let name = polygons_file(level);
        let path = self.work.join(&name);
        let file = File::create(&path).map_err(io(&path))?;
        let noting = Noting::new(file);
        let refusal = noting.refusal();
        let written = write_geoparquet(noting, boundaries);
        if let Some(source) = refusal.take() {
            return Err(SetError::Io { path, source });
        }
        written.map_err(|e| SetError::Table { path, problem: e.to_string() })?;
        self.files.push(name);
        Ok(())
    }

    /// Writes `regions.csv`.
    ///
    /// # Errors
    /// The disk.
    pub fn regions(&mut self, regions: &[SetRegion]) -> Result<(), SetError> {
        let mut table = csv::Writer::from_writer(Vec::new());
        let problem = |e: csv::Error| SetError::Table {
            path: self.work.join(REGIONS),
            problem: e.to_string(),
        };
        let head = ["kode", "nama", "jenis", "induk", "kode_bps", "poligon"];
        table.write_record(head).map_err(problem)?;
        for region in regions {
            let parent = region.code.parent().map(|p| p.to_string()).unwrap_or_default();
            let polygon = if region.with_polygon { "ya" } else { "tidak" };
            let code = region.code.to_string();
            let row = [&code, &region.name, &region.kind, &parent, &region.bps, polygon];
            table.write_record(row).map_err(problem)?;
        }
        let bytes = table.into_inner().map_err(|e| problem(e.into_error().into()))?;
        self.file(REGIONS, &bytes)
    }

    /// Writes any other file of the set.
    ///
    /// # Errors
    /// The disk.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), SetError> {
        let path = self.work.join(name);
        let mut file = File::create(&path).map_err(io(&path))?;
        file.write_all(bytes).map_err(io(&path))?;
        self.files.push(name.to_owned());
        Ok(())
    }

    /// Adds the hashes to the manifest, writes it, syncs everything and puts the set in its place.
    ///
    /// # Errors
    /// The disk, or something came to stand in the place meanwhile.
    pub fn seal(self, mut manifest: SetManifest) -> Result<BoundarySet, SetError> {
        for name in &self.files {
            let path = self.work.join(name);
            File::open(&path).and_then(|f| f.sync_all()).map_err(io(&path))?;
            manifest.files.insert(name.clone(), sha256_of(&path)?.0);
        }
        let path = self.work.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(&manifest)
            .map_err(|e| SetError::Table { path: path.clone(), problem: e.to_string() })?;
        text.push(b'\n');
        let mut file = File::create(&path).map_err(io(&path))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(io(&path))?;
        if fs::symlink_metadata(&self.place).is_ok() {
            return Err(SetError::Exists(self.place.clone()));
        }
        fs::rename(&self.work, &self.place).map_err(io(&self.place))?;
        BoundarySet::open(&self.place)
    }
}

fn write_geoparquet(
    file: impl Write,
    boundaries: &[Boundary],
) -> polars::prelude::PolarsResult<u64> {
    let codes: Vec<String> = boundaries.iter().map(|b| b.code.to_string()).collect();
    let names: Vec<&str> = boundaries.iter().map(|b| b.name.as_str()).collect();
    let shapes: Vec<Vec<u8>> = boundaries.iter().map(|b| write_wkb(&b.shape)).collect();
    let columns: Vec<Column> = vec![
        Series::new("kode".into(), codes).into_column(),
        Series::new("nama".into(), names).into_column(),
        Series::new("geometry".into(), shapes).into_column(),
    ];
    let mut frame = DataFrame::new(boundaries.len(), columns)?;
    let kinds = geometry_types(boundaries);
    let bounds = super::extent::of_boundaries(boundaries).unwrap_or_default();
    // No `crs`: by the specification, longitude and latitude on WGS 84 (OGC:CRS84).
    let geo = serde_json::json!({
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": { "geometry": {
            "encoding": "WKB",
            "geometry_types": kinds,
            "orientation": "counterclockwise",
            "bbox": bounds,
        } },
    });
    ParquetWriter::new(file)
        .with_compression(ParquetCompression::Zstd(None))
        .with_row_group_size(Some(ROW_GROUP))
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![(
            "geo".to_owned(),
            geo.to_string(),
        )])))
        .finish(&mut frame)
}

fn geometry_types(boundaries: &[Boundary]) -> Vec<&'static str> {
    let one = boundaries.iter().any(|b| b.shape.0.len() == 1);
    let many = boundaries.iter().any(|b| b.shape.0.len() != 1);
    [(one, "Polygon"), (many, "MultiPolygon")].into_iter().filter(|k| k.0).map(|k| k.1).collect()
}

/// Well-known binary, little endian: a Polygon where there is one part, else a MultiPolygon.
pub(super) fn write_wkb(shape: &MultiPolygon<f64>) -> Vec<u8> {
    let mut out = Vec::new();
    if let [polygon] = shape.0.as_slice() {
        wkb_polygon(&mut out, polygon);
        return out;
    }
    out.push(1);
    wkb_number(&mut out, 6);
    wkb_number(&mut out, shape.0.len());
    for polygon in shape {
        wkb_polygon(&mut out, polygon);
    }
    out
}

fn wkb_polygon(out: &mut Vec<u8>, polygon: &geo::Polygon<f64>) {
    out.push(1);
    wkb_number(out, 3);
    wkb_number(out, 1 + polygon.interiors().len());
    let mut ring = |ring: &LineString<f64>| {
        wkb_number(out, ring.0.len());
        for at in &ring.0 {
            out.extend_from_slice(&at.x.to_le_bytes());
            out.extend_from_slice(&at.y.to_le_bytes());
        }
    };
    ring(polygon.exterior());
    polygon.interiors().iter().for_each(&mut ring);
}

fn wkb_number(out: &mut Vec<u8>, n: usize) {
    out.extend_from_slice(&u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
}
