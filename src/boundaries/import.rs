//! The import of boundary files: rows to regions, every defect found and named, what is safe
//! mended.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::MultiPolygon;
use rayon::prelude::*;

use super::coverage::{self, Gap, Overlap};
use super::extent::Extent;
use super::fault::{Defect, DefectKind, square_metres};
use super::feature::{Delivered, FileKind};
use super::intake::{FileReport, Intake, IntakeError, IntakeOptions, Row};
use super::mend::{Mended, mend};
use super::neighbourhood::Elsewhere;
use super::position::{in_indonesia, middle};
use super::{expected, neighbourhood};
use crate::data::DataError;
use crate::domain::{Level, RegionCode};
use crate::progress::Progress;
use crate::regions::RegionCatalog;
use crate::spatial::{Boundary, BoundaryError, rings};

/// Why files cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Product(#[from] BoundaryError),
    #[error(transparent)]
    Elsewhere(#[from] Elsewhere),
    #[error(
        "no row has a code and a polygon, so there is nothing to make a set of; see --code and --level"
    )]
    Nothing,
}

/// Thresholds and choices.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    pub intake: IntakeOptions,
    /// Rows of one code are one region in several rows, not two regions.
    pub join_rows: bool,
    /// Square metres below which a part or hole is a sliver.
    pub sliver_m2: f64,
    /// Square metres from which ground covered twice is an overlap.
    pub overlap_m2: f64,
    /// Square metres from which ground inside that nobody covers is a gap.
    pub gap_m2: f64,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            intake: IntakeOptions::default(),
            join_rows: false,
            sliver_m2: 0.01,
            overlap_m2: 1.0,
            gap_m2: 10_000.0,
        }
    }
}

/// A region smaller than this is worth a look: the smallest kelurahan have several hectares.
const TINY_M2: f64 = 10_000.0;

/// What an import gives.
#[derive(Debug)]
pub struct Imported {
    pub finest: Level,
    /// By level: the finest first, then regions of upper levels that nothing finer lies in.
    pub polygons: BTreeMap<Level, Vec<Boundary>>,
    pub regions: Vec<super::set::SetRegion>,
    pub levels: BTreeMap<Level, super::set::LevelCount>,
    pub files: Vec<FileReport>,
    /// By kind, then code.
    pub defects: Vec<Defect>,
    pub overlaps: Vec<Overlap>,
    pub gaps: Vec<Gap>,
    pub other_levels: u64,
    pub extent: Extent,
    pub vertices: u64,
}

/// Reads files and makes regions of them. Memory: the files, and the shapes twice while they are
/// mended.
///
/// # Errors
/// A file that cannot be read, placed or understood, or holds nothing.
pub fn import(
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, ImportError> {
    let catalog = RegionCatalog::shared()?;
    let mut intake = Intake::default();
    for path in paths {
        progress.stage(&format!("Membaca {}", file_name(path)), None);
        intake.add(path, &options.intake, catalog)?;
    }
    let Intake { mut rows, files, mut defects, other_levels } = intake;
    rows.sort_by_key(|row| (row.code, row.file, row.number));
    let mut regions = one_each(rows, options, &mut defects);
    progress.stage("Memeriksa geometri", Some(regions.len() as u64));
    let mended: Vec<Option<Mended>> = regions
        .par_iter_mut()
        .map(|row| {
            let geometry = std::mem::take(&mut row.geometry);
            let mended = parts(geometry).map(|parts| mend(parts, options.sliver_m2));
            progress.advance(1);
            mended
        })
        .collect();
    let mut placed: Vec<Boundary> = Vec::new();
    for (row, mended) in regions.iter().zip(mended) {
        let Some(mended) = mended else { continue };
        name_faults(row, &mended, files[row.file].kind, &mut defects);
        if mended.shape.0.is_empty() {
            defects.push(of_row(DefectKind::Empty, row));
        } else {
            placed.push(Boundary { code: row.code, name: row.name.clone(), shape: mended.shape });
        }
    }
    if placed.is_empty() {
        return Err(ImportError::Nothing);
    }
    if let Some(elsewhere) = neighbourhood::elsewhere(&placed)? {
        return Err(elsewhere.into());
    }
    let (finest, polygons) = by_level(placed, &mut defects);
    let finest_polygons = polygons.get(&finest).map_or(&[][..], Vec::as_slice);
    let overlaps = coverage::overlaps(finest_polygons, options.overlap_m2, progress);
    progress.stage("Celah cakupan", None);
    let gaps = coverage::gaps(finest_polygons, options.gap_m2);
    defects.extend(coverage::defects(finest_polygons, &overlaps, &gaps));
    progress.stage("Tabel wilayah", None);
    neighbourhood::look(finest_polygons, &mut defects);
    let (listed, levels) = expected::regions(&regions, &polygons, catalog, &mut defects);
    sort(&mut defects);
    let extent = extent_of(polygons.values().flatten());
    let vertices =
        polygons.values().flatten().flat_map(|b| rings(&b.shape)).map(|r| r.0.len() as u64);
    let vertices = vertices.sum();
    Ok(Imported {
        finest,
        regions: listed,
        levels,
        files,
        defects,
        overlaps,
        gaps,
        other_levels,
        extent,
        vertices,
        polygons,
    })
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn sort(defects: &mut [Defect]) {
    defects.sort_by(|p, q| {
        (p.kind, p.code, p.other, &p.note)
            .cmp(&(q.kind, q.code, q.other, &q.note))
            .then(q.area_m2.unwrap_or(0.0).total_cmp(&p.area_m2.unwrap_or(0.0)))
    });
}

fn extent_of<'a>(boundaries: impl Iterator<Item = &'a Boundary>) -> Extent {
    let mut extent = Extent::default();
    boundaries
        .flat_map(|b| rings(&b.shape))
        .flat_map(|ring| &ring.0)
        .for_each(|at| extent.add(*at));
    extent
}

fn of_row(kind: DefectKind, row: &Row) -> Defect {
    Defect::new(kind, Some(row.code), &row.name).note(format!("baris {}", row.number))
}

/// One row each code. Rows that repeat a code are left out with their polygons, all of them: which
/// is right only the owner can say.
fn one_each(rows: Vec<Row>, options: &ImportOptions, defects: &mut Vec<Defect>) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    let mut rows = rows.into_iter().peekable();
    while let Some(mut row) = rows.next() {
        let mut twins: Vec<Row> = Vec::new();
        while let Some(twin) = rows.next_if(|next| next.code == row.code) {
            twins.push(twin);
        }
        // A table beside the polygons names the same regions.
        twins.retain(|twin| !twin.table_only);
        if row.table_only && !twins.is_empty() {
            row = twins.remove(0);
        }
        if options.join_rows {
            twins.into_iter().for_each(|twin| join(&mut row.geometry, twin.geometry));
        } else if !twins.is_empty() {
            for twin in std::iter::once(&row).chain(&twins) {
                let defect = of_row(DefectKind::DuplicateCode, twin);
                defects.push(match twin.geometry.points().next() {
                    Some(at) => defect.at(*at),
                    None => defect,
                });
            }
            row.geometry = Delivered::Missing;
            row.table_only = true;
        }
        judge(&row, defects);
        out.push(row);
    }
    out
}

fn join(geometry: &mut Delivered, other: Delivered) {
    match (&mut *geometry, other) {
        (Delivered::Parts(parts), Delivered::Parts(more)) => parts.extend(more),
        (Delivered::Missing, other) => *geometry = other,
        _ => {}
    }
}

/// What can be said of a row's geometry before it is looked into.
fn judge(row: &Row, defects: &mut Vec<Defect>) {
    match &row.geometry {
        Delivered::Missing if row.table_only => {}
        Delivered::Missing => defects.push(of_row(DefectKind::Missing, row)),
        Delivered::OtherKind(kind) => defects.push(
            of_row(DefectKind::OtherGeometry, row).note(format!("{kind}, baris {}", row.number)),
        ),
        Delivered::Unreadable(why) => defects
            .push(of_row(DefectKind::Unreadable, row).note(format!("{why}, baris {}", row.number))),
        Delivered::Parts(parts) => {
            let mut extent = Extent::default();
            parts.iter().flatten().flatten().for_each(|at| extent.add(*at));
            if extent.is_empty() {
                return;
            }
            let wide = extent.max.x - extent.min.x > 180.0 || extent.max.x > 180.0;
            if wide {
                defects.push(of_row(DefectKind::Antimeridian, row).at(extent.min));
            } else if !in_indonesia(middle(&extent)) {
                defects.push(of_row(DefectKind::OutsideIndonesia, row).at(middle(&extent)));
            }
        }
    }
}

fn parts(geometry: Delivered) -> Option<Vec<Vec<super::feature::Ring>>> {
    match geometry {
        Delivered::Parts(parts) => Some(parts),
        _ => None,
    }
}

fn name_faults(row: &Row, mended: &Mended, kind: FileKind, defects: &mut Vec<Defect>) {
    // Only GeoJSON says which way rings run; a shapefile's run the other way by its own rule.
    let directed = matches!(kind, FileKind::GeoJson | FileKind::GeoJsonSeq);
    let counted = mended.faults.iter().filter(|(f, _)| directed || f.kind != DefectKind::Winding);
    for (fault, n) in counted {
        let times = if *n > 1 { format!("{n} kali, ") } else { String::new() };
        let mut defect =
            of_row(fault.kind, row).at(fault.at).note(format!("{times}baris {}", row.number));
        if fault.area_m2 > 0.0 {
            defect = defect.area(fault.area_m2);
        }
        defects.push(defect);
    }
    let area = area_m2(&mended.shape);
    if !mended.shape.0.is_empty() && area < TINY_M2 {
        let at = mended.shape.0[0].exterior().0[0];
        defects.push(of_row(DefectKind::Tiny, row).at(at).area(area));
    }
}

fn area_m2(shape: &MultiPolygon<f64>) -> f64 {
    let ring = |ring: &geo::LineString<f64>| {
        let latitude = ring.0.first().map_or(0.0, |at| at.y);
        square_metres(super::arrangement::twice_area(&ring.0) / 2.0, latitude)
    };
    shape.iter().map(|p| ring(p.exterior()) + p.interiors().iter().map(ring).sum::<f64>()).sum()
}

/// The finest level; of the others only what holds nothing finer: polygons of upper levels do not
/// fit those inside them in any source that was looked at, so they are dissolved anew.
fn by_level(
    placed: Vec<Boundary>,
    defects: &mut Vec<Defect>,
) -> (Level, BTreeMap<Level, Vec<Boundary>>) {
    let finest = placed.iter().map(|b| b.code.level()).max().unwrap_or(Level::Desa);
    let codes: Vec<RegionCode> =
        placed.iter().filter(|b| b.code.level() == finest).map(|b| b.code).collect();
    let extents = neighbourhood::extents_above(&placed, finest);
    let mut polygons: BTreeMap<Level, Vec<Boundary>> = BTreeMap::new();
    for boundary in placed {
        let level = boundary.code.level();
        let first = codes.partition_point(|c| *c < boundary.code);
        let filled = codes.get(first).is_some_and(|c| boundary.code.contains(*c));
        if level == finest || !filled {
            polygons.entry(level).or_default().push(boundary);
            continue;
        }
        let own = extent_of(std::iter::once(&boundary));
        let apart = extents.get(&boundary.code).is_some_and(|inside| !inside.meets(&own));
        let kind = if apart { DefectKind::FarFromParent } else { DefectKind::CoarserLevel };
        let note = if apart { "tidak menyentuh wilayah di dalamnya" } else { "" };
        let at = middle(&own);
        defects.push(Defect::new(kind, Some(boundary.code), &boundary.name).at(at).note(note));
    }
    (finest, polygons)
}
