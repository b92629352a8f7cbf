//! Any polygon file as plain regions to locate in: code, name, polygons.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

use geo::MultiPolygon;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::feature::Features;
use super::geoparquet::{GeoParquet, GeoParquetError, ReferenceSystem};
use super::projection::{ProjectionError, project};
use super::read::{ReadError, ReadOptions, read_file};
use super::set::{BoundarySet, SetError};
use super::wkb::read_wkb;

/// Why a polygon file cannot be located in.
#[derive(Debug, thiserror::Error)]
pub enum RegionsError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    GeoParquet(#[from] GeoParquetError),
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error("{path}: there is no column '{column}'; there are: {columns}")]
    NoColumn { path: PathBuf, column: String, columns: String },
    #[error(
        "{path}: which column holds the code of a region? name it with --region-code; there are: {columns}"
    )]
    NoCode { path: PathBuf, columns: String },
    #[error("{path}: no row has a polygon")]
    NoPolygon { path: PathBuf },
}

/// How to read a polygon file.
#[derive(Clone, Debug, Default)]
pub struct RegionOptions {
    /// Column of the code and of the name; by their usual names unless given.
    pub code: Option<String>,
    pub name: Option<String>,
    pub layer: Option<String>,
    /// Names are not wanted: a column less to decode.
    pub nameless: bool,
    /// Coordinates are taken as they are, in the plane of the points.
    pub plane: bool,
}

/// Regions as (code, name, polygons).
pub type PlainRegions = Vec<(String, String, MultiPolygon<f64>)>;

/// Regions of a file and the rows that have no usable polygon or no code.
#[derive(Debug, Default)]
pub struct ReadRegions {
    pub regions: PlainRegions,
    pub left_out: u64,
}

/// Names that codes and names of regions go by, most telling first.
const CODES: &[&str] = &[
    "kode",
    "code",
    "kode_desa",
    "kdepum",
    "kd_desa",
    "kodedesa",
    "kdcpum",
    "kdpkab",
    "kdppum",
    "iddesa",
    "idkec",
    "idkab",
    "idprov",
    "areakey",
    "geoid",
    "gid",
    "id",
];
const NAMES: &[&str] = &["nama", "name", "namobj", "wadmkd", "nmdesa", "desa", "wadmkc", "wadmkk"];

/// Reads regions from a boundary set (a folder: its finest level) or from a file of any kind that
/// [`read_file`] reads, in degrees unless `plane`.
///
/// # Errors
/// See [`RegionsError`].
pub fn read_regions(path: &Path, options: &RegionOptions) -> Result<ReadRegions, RegionsError> {
    let read = if path.is_dir() {
        of_set(path)?
    } else if begins_as_parquet(path) {
        let file = GeoParquet::open(path)?;
        let degrees = matches!(file.reference, ReferenceSystem::LngLat | ReferenceSystem::Unstated);
        if degrees || options.plane {
            of_parquet(path, &file, options)?
        } else {
            of_any(path, options)?
        }
    } else {
        of_any(path, options)?
    };
    match read.regions.is_empty() {
        true => Err(RegionsError::NoPolygon { path: path.to_owned() }),
        false => Ok(read),
    }
}

fn begins_as_parquet(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && &magic == b"PAR1"
}

fn of_set(path: &Path) -> Result<ReadRegions, RegionsError> {
    let set = BoundarySet::open(path)?;
    let finest = set.stored_levels().first().copied();
    let boundaries = finest.map_or(Ok(Vec::new()), |level| set.boundaries(level))?;
    let plain = |b: crate::spatial::Boundary| (b.code.to_string(), b.name, b.shape);
    Ok(ReadRegions { regions: boundaries.into_iter().map(plain).collect(), left_out: 0 })
}

/// Row groups side by side: decoding a national set of desa is a fifth of a second of two threads.
fn of_parquet(
    path: &Path,
    file: &GeoParquet,
    options: &RegionOptions,
) -> Result<ReadRegions, RegionsError> {
    let columns: Vec<String> = file.columns().map(str::to_owned).collect();
    let (code, name) = code_and_name(path, &columns, options)?;
    let mut wanted = vec![columns[code].as_str()];
    let name = name.filter(|_| !options.nameless);
    wanted.extend(name.map(|at| columns[at].as_str()));
    let groups = Mutex::new(Vec::with_capacity(file.groups()));
    (0..file.groups()).into_par_iter().try_for_each(|group| {
        let mut read = ReadRegions::default();
        file.group(group, &wanted, |row| {
            let shape = row.wkb.and_then(|wkb| read_wkb(wkb).ok()).map(super::WkbShape::into_shape);
            read.add(row.text(0), row.text(1), shape);
            Ok::<(), GeoParquetError>(())
        })?;
        groups.lock().unwrap_or_else(PoisonError::into_inner).push((group, read));
        Ok::<(), GeoParquetError>(())
    })?;
    let mut groups = groups.into_inner().unwrap_or_else(PoisonError::into_inner);
    groups.sort_by_key(|(group, _)| *group);
    let mut all = ReadRegions::default();
    for (_, read) in groups {
        all.left_out += read.left_out;
        all.regions.extend(read.regions);
    }
    Ok(all)
}

fn of_any(path: &Path, options: &RegionOptions) -> Result<ReadRegions, RegionsError> {
    let read = ReadOptions { layer: options.layer.clone(), ..ReadOptions::default() };
    let mut features: Features = read_file(path, &read)?;
    if features.rows.is_empty() {
        return Err(RegionsError::NoPolygon { path: path.to_owned() });
    }
    if !options.plane {
        project(&mut features, None)?;
    }
    let (code, name) = code_and_name(path, &features.columns, options)?;
    let mut all = ReadRegions::default();
    for mut row in features.rows {
        let shape = std::mem::take(&mut row.geometry).into_shape();
        all.add(row.text(code), name.and_then(|at| row.text(at)), shape);
    }
    Ok(all)
}

impl ReadRegions {
    fn add(&mut self, code: Option<&str>, name: Option<&str>, shape: Option<MultiPolygon<f64>>) {
        let code = code.map(str::trim).filter(|code| !code.is_empty());
        match (code, shape) {
            (Some(code), Some(shape)) if !shape.0.is_empty() => {
                let name = name.unwrap_or_default().trim().to_owned();
                self.regions.push((code.to_owned(), name, shape));
            }
            _ => self.left_out += 1,
        }
    }
}

fn code_and_name(
    path: &Path,
    columns: &[String],
    options: &RegionOptions,
) -> Result<(usize, Option<usize>), RegionsError> {
    let listed = || columns.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ");
    let find = |name: &str| {
        let exact = columns.iter().position(|c| c == name);
        exact.or_else(|| columns.iter().position(|c| c.eq_ignore_ascii_case(name)))
    };
    let given = |name: &String| {
        find(name).ok_or_else(|| RegionsError::NoColumn {
            path: path.to_owned(),
            column: name.clone(),
            columns: listed(),
        })
    };
    let code = match &options.code {
        Some(name) => given(name)?,
        None => CODES
            .iter()
            .find_map(|name| find(name))
            .ok_or_else(|| RegionsError::NoCode { path: path.to_owned(), columns: listed() })?,
    };
    let name = match &options.name {
        Some(name) => Some(given(name)?),
        None => NAMES.iter().find_map(|name| find(name)),
    };
    Ok((code, name))
}
