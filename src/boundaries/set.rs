//! A boundary set: the folder that `tepat regions import` makes, and how it is opened again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::geoparquet::{GeoParquet, GeoParquetError};
use super::wkb::read_wkb;
use crate::data::hex;
use crate::domain::{Level, RegionCode};
use crate::regions::BOUNDARY_VINTAGE;
use crate::spatial::{AtlasError, Boundary};

/// The layout of the folder that this version writes and reads.
pub const SET_FORMAT: u32 = 1;

pub(super) const MANIFEST: &str = "set.json";
pub(super) const REGIONS: &str = "regions.csv";

/// The display geometry, where it has been made.
pub const ATLAS_FILE: &str = "atlas.bin";

/// Who neighbours whom.
pub const CONTIGUITY_FILE: &str = "contiguity.csv";

/// Why a folder cannot be made into a set, or is none.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{0}: it is there already and is not overwritten; name another folder or remove it")]
    Exists(PathBuf),
    #[error(
        "{path}: not a boundary set ({problem}); make one with: tepat regions import FILE --out DIR"
    )]
    NotASet { path: PathBuf, problem: String },
    #[error(
        "{path}: written by another version (format {found}, this version reads {SET_FORMAT}); import it again"
    )]
    Format { path: PathBuf, found: u32 },
    #[error(
        "{path}: its content is not what set.json says (SHA-256 differs); the set is damaged or was edited: import it again"
    )]
    Damaged { path: PathBuf },
    #[error("{path}, row {row}: {problem}")]
    Row { path: PathBuf, row: u64, problem: String },
    #[error("{path}: {problem}")]
    Table { path: PathBuf, problem: String },
    #[error(
        "{path}: the set holds no polygons of level {wanted}; it holds {held}, from which upper levels are dissolved"
    )]
    Level { path: PathBuf, wanted: &'static str, held: String },
    #[error(
        "{path}: {n} regions have codes that the region table ({BOUNDARY_VINTAGE}) does not know, first {first}; what is counted in them would be on no page: give their polygons the codes of the regions that they were split from, or leave them out, and import again (tepat locate takes any code)"
    )]
    Unknown { path: PathBuf, n: usize, first: String },
    #[error(transparent)]
    GeoParquet(#[from] GeoParquetError),
    #[error(transparent)]
    Atlas(#[from] AtlasError),
}

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SetError + '_ {
    |source| SetError::Io { path: path.to_owned(), source }
}

/// How many regions of a level a set knows, and how many of them have a polygon (of their own or
/// by the regions inside them).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelCount {
    pub regions: u64,
    pub with_polygon: u64,
}

/// A file that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// What is known of a set: `set.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetManifest {
    pub format: u32,
    /// Which state of the administrative division it shows, in words.
    pub vintage: String,
    /// First day (ISO) that the state was in force, where it is known.
    pub valid_from: Option<String>,
    /// Last day.
    pub valid_to: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
    /// The finest level that has polygons.
    pub finest: String,
    /// West, south, east, north; degrees.
    pub bounds: [f64; 4],
    /// By [`Level::slug`].
    pub levels: BTreeMap<String, LevelCount>,
    /// How often each kind of defect was found.
    pub defects: BTreeMap<String, u64>,
    pub inputs: Vec<InputFile>,
    /// SHA-256 of every other file of the folder, by name.
    pub files: BTreeMap<String, String>,
}

/// A row of `regions.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRegion {
    pub code: RegionCode,
    pub name: String,
    /// As its government calls it: provinsi, kabupaten, kota, kecamatan, desa, kelurahan, desa adat.
    pub kind: String,
    /// The BPS code, where the table has one.
    pub bps: String,
    /// It has a polygon, its own or by the regions inside it. Without one it still has a name, a
    /// parent and a place in tables; the map has to say so.
    pub with_polygon: bool,
}

/// A set on disk whose files are what `set.json` says.
#[derive(Clone, Debug)]
pub struct BoundarySet {
    folder: PathBuf,
    manifest: SetManifest,
    id: String,
}

impl BoundarySet {
    /// Opens a set and checks the hash of every file in it.
    ///
    /// # Errors
    /// Not a set, another format, a file that is missing or was changed.
    pub fn open(folder: &Path) -> Result<Self, SetError> {
        let path = folder.join(MANIFEST);
        let not = |problem: String| SetError::NotASet { path: folder.to_owned(), problem };
        let text = std::fs::read(&path).map_err(|e| not(format!("{MANIFEST}: {e}")))?;
        let format = serde_json::from_slice::<serde_json::Value>(&text)
            .ok()
            .and_then(|v| v.get("format").and_then(serde_json::Value::as_u64));
        match format.map(u32::try_from) {
            Some(Ok(SET_FORMAT)) => {}
            Some(found) => {
                let found = found.unwrap_or(u32::MAX);
                return Err(SetError::Format { path: folder.to_owned(), found });
            }
            None => return Err(not(format!("{MANIFEST} is not its manifest"))),
        }
        let manifest: SetManifest =
            serde_json::from_slice(&text).map_err(|e| not(format!("{MANIFEST}: {e}")))?;
        for (name, expected) in &manifest.files {
            // A name that leads out of the folder was not written by us.
            if Path::new(name).file_name().is_none_or(|n| n != name.as_str()) {
                return Err(not(format!("{MANIFEST} names the file '{}'", excerpt(name))));
            }
            let path = folder.join(name);
            let (found, _) = sha256_of(&path)?;
            if found != *expected {
                return Err(SetError::Damaged { path });
            }
        }
        let id = hex(&Sha256::digest(&text));
        Ok(Self { folder: folder.to_owned(), manifest, id })
    }

    pub fn manifest(&self) -> &SetManifest {
        &self.manifest
    }

    /// SHA-256 of the manifest, which holds those of all files: the same set has the same id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of this name is, if the set has it.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.manifest.files.contains_key(name).then(|| self.folder.join(name))
    }

    /// Levels whose polygons are stored, the finest first; those above it that are not stored are
    /// dissolved from it.
    pub fn stored_levels(&self) -> Vec<Level> {
        Level::ALL.into_iter().rev().filter(|l| self.file(&polygons_file(*l)).is_some()).collect()
    }

    /// The polygons of a stored level, in code order.
    ///
    /// # Errors
    /// The level is not stored, or the file cannot be read.
    pub fn boundaries(&self, level: Level) -> Result<Vec<Boundary>, SetError> {
        let Some(path) = self.file(&polygons_file(level)) else {
            let held: Vec<&str> = self.stored_levels().into_iter().map(Level::slug).collect();
            return Err(SetError::Level {
                path: self.folder.clone(),
                wanted: level.slug(),
                held: if held.is_empty() { "none".to_owned() } else { held.join(", ") },
            });
        };
        read_boundaries(&path)
    }

    /// Every region of the set, with and without polygon, in code order.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn regions(&self) -> Result<Vec<SetRegion>, SetError> {
        let path = self.folder.join(REGIONS);
        let table = |e: csv::Error| SetError::Table { path: path.clone(), problem: e.to_string() };
        let mut reader = csv::Reader::from_path(&path).map_err(table)?;
        let mut regions = Vec::new();
        for (i, record) in reader.records().enumerate() {
            let record = record.map_err(table)?;
            let field = |i: usize| record.get(i).unwrap_or_default().to_owned();
            let code = field(0).parse().map_err(|e: crate::domain::CodeError| SetError::Row {
                path: path.clone(),
                row: i as u64 + 2,
                problem: e.to_string(),
            })?;
            regions.push(SetRegion {
                code,
                name: field(1),
                kind: field(2),
                bps: field(4),
                with_polygon: field(5) == "ya",
            });
        }
        Ok(regions)
    }
}

/// The file of a level's polygons.
pub(super) fn polygons_file(level: Level) -> String {
    format!("{}.parquet", level.slug())
}

/// The polygons of a GeoParquet file with the columns `kode` and `nama`, in code order.
///
/// # Errors
/// It cannot be read, or a row has no code or polygon.
pub fn read_boundaries(path: &Path) -> Result<Vec<Boundary>, SetError> {
    let file = GeoParquet::open(path)?;
    let mut all = Vec::with_capacity(file.rows());
    file.for_each(&["kode", "nama"], |row| {
        let fault =
            |problem: String| SetError::Row { path: path.to_owned(), row: row.number, problem };
        let code: RegionCode = row
            .text(0)
            .unwrap_or_default()
            .parse()
            .map_err(|e: crate::domain::CodeError| fault(e.to_string()))?;
        let wkb = row.wkb.ok_or_else(|| fault("no geometry".to_owned()))?;
        let shape = read_wkb(wkb).map_err(|e| fault(e.to_string()))?.into_shape();
        all.push(Boundary { code, name: row.text(1).unwrap_or_default().to_owned(), shape });
        Ok::<(), SetError>(())
    })?;
    all.sort_by_key(|boundary| boundary.code);
    Ok(all)
}

/// SHA-256 (hex) and length of a file, read in pieces.
pub(super) fn sha256_of(path: &Path) -> Result<(String, u64), SetError> {
    let mut file = File::open(path).map_err(io(path))?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let n = file.read(&mut piece).map_err(io(path))?;
        if n == 0 {
            return Ok((hex(&hash.finalize()), length));
        }
        hash.update(&piece[..n]);
        length += n as u64;
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
