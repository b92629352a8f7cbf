//! From files to rows: read, put in degrees, codes and names told; what a row cannot give is a
//! defect of that row.

use std::path::{Path, PathBuf};

use geo::Coord;

use super::columns::{ColumnError, ColumnOptions, Columns, Reason, RowCode, choose};
use super::extent::Extent;
use super::fault::{Defect, DefectKind};
use super::feature::{Delivered, Feature, Features, FileKind};
use super::geoparquet::ReferenceSystem;
use super::position::{Misplaced, check, extents};
use super::projection::{ProjectionError, project, reference_name};
use super::read::{ReadError, ReadOptions, read_file};
use crate::domain::{Level, RegionCode};
use crate::regions::RegionCatalog;

/// Why a file cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{path}: {source}")]
    Projection { path: PathBuf, source: ProjectionError },
    #[error("{path}: {source}")]
    Misplaced { path: PathBuf, source: Misplaced },
    #[error("{path}: {source}")]
    Columns { path: PathBuf, source: ColumnError },
    #[error("{0}: it holds no row; get it again")]
    NoRows(PathBuf),
}

/// How files are to be read.
#[derive(Clone, Debug, Default)]
pub struct IntakeOptions {
    pub read: ReadOptions,
    /// Instead of what a file declares.
    pub reference: Option<ReferenceSystem>,
    /// Latitude stands first.
    pub swap_axes: bool,
    pub columns: ColumnOptions,
    /// Rows of other levels are left out.
    pub level: Option<Level>,
}

/// A row with a code.
#[derive(Debug)]
pub(super) struct Row {
    pub code: RegionCode,
    pub name: String,
    pub bps: String,
    /// Number of the file, and the row in it.
    pub file: usize,
    pub number: u64,
    pub geometry: Delivered,
    /// A table without polygons promised none.
    pub table_only: bool,
}

/// What was read of a file, for the report.
#[derive(Clone, Debug)]
pub struct FileReport {
    pub path: PathBuf,
    pub kind: FileKind,
    pub reference: String,
    pub rows: u64,
    pub vertices: u64,
    pub columns: Vec<String>,
    /// What was chosen and why.
    pub reasons: Vec<Reason>,
}

/// All files.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub rows: Vec<Row>,
    pub files: Vec<FileReport>,
    pub defects: Vec<Defect>,
    /// Rows of a level that was not asked for.
    pub other_levels: u64,
}

impl Intake {
    /// Adds a file.
    ///
    /// # Errors
    /// It cannot be read, placed or understood.
    pub(super) fn add(
        &mut self,
        path: &Path,
        options: &IntakeOptions,
        catalog: &RegionCatalog,
    ) -> Result<(), IntakeError> {
        let at = |path: &Path| path.to_owned();
        let mut features = read_file(path, &options.read)?;
        if features.rows.is_empty() {
            return Err(IntakeError::NoRows(at(path)));
        }
        if options.swap_axes {
            for row in &mut features.rows {
                row.geometry.points_mut().for_each(|c| *c = Coord { x: c.y, y: c.x });
            }
        }
        let reference = options.reference.clone().unwrap_or_else(|| features.reference.clone());
        let delivered = extents(&features);
        project(&mut features, Some(&reference))
            .map_err(|source| IntakeError::Projection { path: at(path), source })?;
        let degrees = extents(&features);
        check(&delivered, &degrees, &reference)
            .map_err(|source| IntakeError::Misplaced { path: at(path), source })?;
        let columns = choose(&features, catalog, &options.columns)
            .map_err(|source| IntakeError::Columns { path: at(path), source })?;
        self.files.push(FileReport {
            path: at(path),
            kind: features.kind,
            reference: reference_name(&reference),
            rows: features.rows.len() as u64,
            vertices: features.vertices(),
            columns: features.columns.clone(),
            reasons: columns.reasons.clone(),
        });
        self.take(features, &columns, options, catalog);
        Ok(())
    }

    fn take(
        &mut self,
        features: Features,
        columns: &Columns,
        options: &IntakeOptions,
        catalog: &RegionCatalog,
    ) {
        let table_only = features.kind == FileKind::Csv;
        for mut feature in features.rows {
            let code = match columns.row_code(&feature, catalog) {
                RowCode::Code(code) => code,
                other => {
                    self.defects.push(uncoded(other, &feature, columns));
                    continue;
                }
            };
            if options.level.is_some_and(|level| level != code.level()) {
                self.other_levels += 1;
                continue;
            }
            let name = columns.row_name(&feature);
            let known = catalog.get(code);
            let name = match known {
                Some(region) if name.is_empty() => region.name.clone(),
                _ => name.to_owned(),
            };
            let stated = columns.bps.and_then(|c| feature.text(c)).map(str::to_owned);
            let listed = || known.and_then(|r| r.bps).map(|b| b.to_string());
            let geometry = std::mem::take(&mut feature.geometry);
            self.rows.push(Row {
                code,
                name,
                bps: stated.or_else(listed).unwrap_or_default(),
                file: self.files.len() - 1,
                number: feature.number,
                geometry,
                table_only,
            });
        }
    }
}

fn uncoded(code: RowCode, row: &Feature, columns: &Columns) -> Defect {
    let name = columns.row_name(row);
    let mut extent = Extent::default();
    row.geometry.points().for_each(|at| extent.add(*at));
    let (kind, text) = match code {
        RowCode::UnknownBps(text) => (DefectKind::UnknownCode, format!("kode BPS {text}, ")),
        RowCode::Bad(text) => (DefectKind::BadCode, format!("'{text}', ")),
        RowCode::Absent | RowCode::Code(_) => (DefectKind::NoCode, String::new()),
    };
    let defect = Defect::new(kind, None, name).note(format!("{text}baris {}", row.number));
    if extent.is_empty() { defect } else { defect.at((extent.min + extent.max) / 2.0) }
}
