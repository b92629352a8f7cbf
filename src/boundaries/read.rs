//! Any boundary file: which kind it is, told by its first bytes, and its reader.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::feature::{Features, FileKind};
use super::geoparquet::GeoParquetError;
use super::{csv_regions, fgb, geojson, gpkg, parquet, shapefile, sql_dump};

/// Why a boundary file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path}: {source}; check the path and its permissions")]
    Open { path: PathBuf, source: io::Error },
    #[error("{0}: the file is empty; get it again")]
    Empty(PathBuf),
    #[error("{path}: {found}; {advice}")]
    Unknown { path: PathBuf, found: String, advice: &'static str },
    #[error(
        "{path}: unpacks to more than {limit} bytes, {times} times its own size; if that is right, allow it with --max-bytes"
    )]
    Bomb { path: PathBuf, limit: u64, times: u64 },
    #[error(
        "{path}: {size} bytes, more than the {limit} that --max-bytes allows to be held in memory"
    )]
    TooLarge { path: PathBuf, size: u64, limit: u64 },
    #[error("{path}: {kind}: {problem}")]
    Content { path: PathBuf, kind: &'static str, problem: String },
    #[error("{path}: {kind}, feature {feature}: {problem}")]
    Feature { path: PathBuf, kind: &'static str, feature: u64, problem: String },
    #[error(
        "{path}: there is no layer '{layer}' of polygons; there are: {layers}; name one with --layer"
    )]
    Layer { path: PathBuf, layer: String, layers: String },
    #[error(transparent)]
    GeoParquet(#[from] GeoParquetError),
}

/// What a reader may be told.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The layer of a GeoPackage that has several.
    pub layer: Option<String>,
    /// Most bytes that a file may have once it is unpacked. Unless given: what it has on disk
    /// where it is not packed, [`UNPACK_TIMES`] times that and [`UNPACK_LEAST`] where it is.
    pub max_bytes: Option<u64>,
}

/// Polygons as text pack to a fifth or a tenth; a hundredth is no map.
const UNPACK_TIMES: u64 = 100;
const UNPACK_LEAST: u64 = 16 << 20;

/// Reads a boundary file of any kind: GeoJSON, GeoJSONSeq (both also .gz or .zst), GeoPackage,
/// Shapefile, FlatGeobuf, GeoParquet, the SQL of cahyadsn/wilayah_boundaries, CSV of regions without
/// polygons. The kind is told by content. Memory: the file and what is in it, some times its
/// size.
///
/// # Errors
/// See [`ReadError`]: what is wrong, where in the file, what to do.
pub fn read_file(path: &Path, options: &ReadOptions) -> Result<Features, ReadError> {
    match sniff(path)? {
        Content::Parquet => parquet::read(path),
        Content::Sqlite => gpkg::read(path, options.layer.as_deref()),
        Content::Shape => shapefile::read(path, options.max_bytes),
        Content::FlatGeobuf => fgb::read(path, &load(path, options)?),
        Content::Text | Content::Gzip | Content::Zstd => {
            let bytes = load(path, options)?;
            read_text(path, &bytes)
        }
    }
}

enum Content {
    Parquet,
    Sqlite,
    Shape,
    FlatGeobuf,
    Gzip,
    Zstd,
    Text,
}

fn sniff(path: &Path) -> Result<Content, ReadError> {
    let open = |source| ReadError::Open { path: path.to_owned(), source };
    let unknown = |found: &str, advice| ReadError::Unknown {
        path: path.to_owned(),
        found: found.to_owned(),
        advice,
    };
    let meta = fs::metadata(path).map_err(open)?;
    if meta.is_dir() {
        return Err(unknown("a folder", "name a file in it"));
    }
    let mut head = Vec::new();
    File::open(path).and_then(|f| f.take(512).read_to_end(&mut head)).map_err(open)?;
    let begins = |magic: &[u8]| head.starts_with(magic);
    Ok(match () {
        () if head.is_empty() => return Err(ReadError::Empty(path.to_owned())),
        () if begins(b"PAR1") => Content::Parquet,
        () if begins(b"SQLite format 3\0") => Content::Sqlite,
        () if begins(&[0, 0, 0x27, 0x0a]) => Content::Shape,
        () if begins(b"fgb") => Content::FlatGeobuf,
        () if begins(&[0x1f, 0x8b]) => Content::Gzip,
        () if begins(&[0x28, 0xb5, 0x2f, 0xfd]) => Content::Zstd,
        () if begins(b"PK\x03\x04") => {
            return Err(unknown("a ZIP archive", "unpack it and name the file in it"));
        }
        () if head.iter().filter(|b| **b == 0).count() > 0 => {
            return Err(unknown("not a boundary file that is known", KNOWN));
        }
        () => Content::Text,
    })
}

const KNOWN: &str = "GeoJSON, GeoJSONSeq (.gz, .zst), GeoPackage, Shapefile (.shp), FlatGeobuf, GeoParquet, SQL of wilayah_boundaries and CSV can be read";

/// The bytes of a file, unpacked, within the limit.
fn load(path: &Path, options: &ReadOptions) -> Result<Vec<u8>, ReadError> {
    let open = |source| ReadError::Open { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(open)?.len();
    let limit = options
        .max_bytes
        .unwrap_or_else(|| size.saturating_mul(UNPACK_TIMES).saturating_add(UNPACK_LEAST));
    if size > limit {
        return Err(ReadError::TooLarge { path: path.to_owned(), size, limit });
    }
    let bytes = unpacked(path, &sniff(path)?, limit);
    let bytes = bytes.map_err(|source| ReadError::Content {
        path: path.to_owned(),
        kind: "unpacking",
        problem: format!("{source}; the file may be cut off: get it again"),
    })?;
    match bytes {
        Some(bytes) if bytes.is_empty() => Err(ReadError::Empty(path.to_owned())),
        Some(bytes) => Ok(bytes),
        None => {
            let times = limit / size.max(1);
            Err(ReadError::Bomb { path: path.to_owned(), limit, times })
        }
    }
}

/// `None` where there is more than `limit`. What is packed is unpacked twice, the first time only to
/// count: a bomb then costs time and no memory, and anything else as much memory as it is long.
fn unpacked(path: &Path, content: &Content, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let most = limit.saturating_add(1);
    let open = || -> io::Result<Box<dyn Read>> {
        let file = File::open(path)?;
        Ok(match content {
            Content::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Content::Zstd => {
                let mut decoder = zstd::Decoder::new(file)?;
                // Frames may ask for a window of gigabytes; none that writes maps does.
                decoder.window_log_max(27)?;
                Box::new(decoder)
            }
            _ => Box::new(file),
        })
    };
    let packed = matches!(content, Content::Gzip | Content::Zstd);
    let length = if packed {
        io::copy(&mut open()?.take(most), &mut io::sink())?
    } else {
        fs::metadata(path)?.len()
    };
    if length > limit {
        return Ok(None);
    }
    // One more than there is, so that reading to the end finds it without growing.
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1))?;
    open()?.take(most).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

fn read_text(path: &Path, bytes: &[u8]) -> Result<Features, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let unknown = |found: &str, advice| ReadError::Unknown {
        path: path.to_owned(),
        found: found.to_owned(),
        advice,
    };
    if bytes.starts_with(b"fgb") {
        return fgb::read(path, bytes);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| unknown(&format!("byte {} is not UTF-8 text", e.valid_up_to()), KNOWN))?;
    match text.trim_start().bytes().next() {
        None => Err(ReadError::Empty(path.to_owned())),
        Some(b'{' | 0x1e) => geojson::read(path, text),
        Some(b'[') => Err(unknown("a JSON list", "a GeoJSON FeatureCollection is due")),
        Some(b'<') => Err(unknown("XML (GML, KML or a web page)", KNOWN)),
        _ if sql_dump::is_dump(text) => sql_dump::read(path, text),
        _ if csv_regions::is_table(text) => csv_regions::read(path, text),
        _ => Err(unknown("not a boundary file that is known", KNOWN)),
    }
}

pub(super) fn content(path: &Path, kind: FileKind, problem: impl Into<String>) -> ReadError {
    ReadError::Content { path: path.to_owned(), kind: kind.name(), problem: problem.into() }
}
