//! Shapefile: polygons of .shp, attributes of .dbf, the reference system of .prj. Read by hand,
//! because rings are wanted as delivered and no count in the file may be believed.

use std::fs;
use std::path::{Path, PathBuf};

use geo::Coord;

use super::dbf::Table;
use super::feature::{Delivered, Features, FileKind, Ring};
use super::geoparquet::ReferenceSystem;
use super::projection::reference_of_wkt;
use super::read::{ReadError, content};

/// Length of the file's head; its first record begins here.
const HEAD: usize = 100;

/// Reads `path` and the files of the same name beside it.
pub(super) fn read(path: &Path, max_bytes: Option<u64>) -> Result<Features, ReadError> {
    let bytes = load(path, max_bytes)?;
    let mut features = Features::new(FileKind::Shapefile);
    features.reference = match beside(path, "prj").map(fs::read) {
        Some(Ok(text)) => reference_of_wkt(&String::from_utf8_lossy(&text)),
        _ => ReferenceSystem::Unstated,
    };
    let shapes = records(path, &bytes)?;
    let Some(dbf) = beside(path, "dbf") else {
        return Err(content(
            path,
            FileKind::Shapefile,
            "there is no .dbf beside it, which holds codes and names; a shapefile is several files of one name",
        ));
    };
    let code_page = beside(path, "cpg").and_then(|cpg| fs::read_to_string(cpg).ok());
    let table = Table::parse(load(&dbf, max_bytes)?, code_page.as_deref())
        .map_err(|problem| content(&dbf, FileKind::Shapefile, problem))?;
    if table.rows() != shapes.len() {
        let problem = format!(
            "{} shapes, but its .dbf has {} rows; the two files are not of one export, or one is cut off",
            shapes.len(),
            table.rows()
        );
        return Err(content(path, FileKind::Shapefile, problem));
    }
    let columns: Vec<usize> = table.fields().map(|name| features.column(name)).collect();
    for (row, shape) in shapes.into_iter().enumerate() {
        features.push(shape);
        for (field, column) in columns.iter().enumerate() {
            features.set(*column, &table.text(row, field));
        }
    }
    Ok(features)
}

fn load(path: &Path, max_bytes: Option<u64>) -> Result<Vec<u8>, ReadError> {
    let open = |source| ReadError::Open { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(open)?.len();
    if let Some(limit) = max_bytes.filter(|limit| size > *limit) {
        return Err(ReadError::TooLarge { path: path.to_owned(), size, limit });
    }
    fs::read(path).map_err(open)
}

/// The file of the same name with another ending, in either case.
fn beside(path: &Path, ending: &str) -> Option<PathBuf> {
    [ending.to_owned(), ending.to_uppercase()]
        .into_iter()
        .map(|ending| path.with_extension(ending))
        .find(|path| path.is_file())
}

fn records(path: &Path, bytes: &[u8]) -> Result<Vec<Delivered>, ReadError> {
    let cut = |number: usize| ReadError::Feature {
        path: path.to_owned(),
        kind: FileKind::Shapefile.name(),
        feature: number as u64,
        problem: "the file is cut off; get it again".to_owned(),
    };
    let mut shapes = Vec::new();
    let mut rest = bytes.get(HEAD..).ok_or_else(|| cut(0))?;
    // The head says how long the file is, in words of two bytes.
    let claimed =
        bytes.get(24..28).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_be_bytes(*b));
    if (claimed as usize).saturating_mul(2) > bytes.len() {
        return Err(cut(0));
    }
    while !rest.is_empty() {
        let number = shapes.len() + 1;
        let (head, after) = rest.split_first_chunk::<8>().ok_or_else(|| cut(number))?;
        let words = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let length = usize::try_from(words).unwrap_or(usize::MAX).saturating_mul(2);
        let record = after.get(..length).ok_or_else(|| cut(number))?;
        shapes.push(shape(record));
        rest = &after[length..];
    }
    Ok(shapes)
}

fn int(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn shape(record: &[u8]) -> Delivered {
    let cut = || Delivered::Unreadable("the record is cut off".to_owned());
    match int(record, 0) {
        None => cut(),
        Some(0) => Delivered::Missing,
        // Polygon, PolygonZ, PolygonM: Z and M stand behind the points.
        Some(5 | 15 | 25) => {
            polygon(record).map_or_else(cut, |rings| Delivered::Parts(nested(rings)))
        }
        Some(other) => Delivered::OtherKind(format!("shape of type {other}")),
    }
}

/// The rings of a polygon; every count is held against the bytes there are.
fn polygon(record: &[u8]) -> Option<Vec<Ring>> {
    let parts = usize::try_from(int(record, 36)?).ok()?;
    let points = usize::try_from(int(record, 40)?).ok()?;
    let starts_at = 44_usize;
    let points_at = starts_at.checked_add(parts.checked_mul(4)?)?;
    let end = points_at.checked_add(points.checked_mul(16)?)?;
    let starts = record.get(starts_at..points_at)?;
    let (points, _) = record.get(points_at..end)?.as_chunks::<16>();
    let mut starts: Vec<usize> = starts
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| usize::try_from(u32::from_le_bytes(*b)).unwrap_or(usize::MAX))
        .collect();
    starts.push(points.len());
    starts.windows(2).map(|w| points.get(w[0]..w[1]).map(ring)).collect()
}

fn ring(points: &[[u8; 16]]) -> Ring {
    let at = |point: &[u8; 16]| {
        let (xy, _) = point.as_chunks::<8>();
        Coord { x: f64::from_le_bytes(xy[0]), y: f64::from_le_bytes(xy[1]) }
    };
    points.iter().map(at).collect()
}

/// Shells run clockwise and holes against the clock; nothing else says which hole is whose. A hole
/// goes to the smallest shell around its first point; one without a shell, or rings that all run
/// the wrong way, stand alone.
fn nested(rings: Vec<Ring>) -> Vec<Vec<Ring>> {
    let (shells, holes): (Vec<Ring>, Vec<Ring>) =
        rings.into_iter().partition(|ring| twice_area(ring) <= 0.0);
    if shells.is_empty() {
        return holes.into_iter().map(|ring| vec![ring]).collect();
    }
    let mut parts: Vec<Vec<Ring>> = shells.into_iter().map(|shell| vec![shell]).collect();
    for hole in holes {
        let around = |shell: &Ring| hole.first().is_some_and(|at| encloses(shell, *at));
        let smallest = parts
            .iter_mut()
            .filter(|part| around(&part[0]))
            .min_by(|a, b| twice_area(&a[0]).abs().total_cmp(&twice_area(&b[0]).abs()));
        match smallest {
            Some(part) => part.push(hole),
            None => parts.push(vec![hole]),
        }
    }
    parts
}

/// Positive against the clock.
fn twice_area(ring: &[Coord<f64>]) -> f64 {
    ring.windows(2).map(|w| w[0].x * w[1].y - w[1].x * w[0].y).sum()
}

fn encloses(ring: &[Coord<f64>], at: Coord<f64>) -> bool {
    let crosses = |w: &[Coord<f64>]| {
        (w[0].y > at.y) != (w[1].y > at.y)
            && at.x < w[0].x + (at.y - w[0].y) / (w[1].y - w[0].y) * (w[1].x - w[0].x)
    };
    ring.windows(2).filter(|w| crosses(w)).count() % 2 == 1
}
