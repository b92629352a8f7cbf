//! What an import found, as the set keeps it: counts, the list of defects, the manifest.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::adjacency::contiguity_csv;
use super::fault::{Defect, DefectKind};
use super::import::Imported;
use super::seal::SetWriter;
use super::set::{
    ATLAS_FILE, BoundarySet, CONTIGUITY_FILE, InputFile, LevelCount, SET_FORMAT, SetError,
    SetManifest, sha256_of,
};
use crate::spatial::{Atlas, Detail};

/// What the user says of the state that a set shows.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub vintage: String,
    /// ISO dates.
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
}

/// How many overlaps are larger than something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OverlapClass {
    pub above_m2: f64,
    pub pairs: u64,
}

/// A file as it was understood.
#[derive(Clone, Debug, Serialize)]
pub struct ReadReport {
    pub file: String,
    pub kind: &'static str,
    pub reference_system: String,
    pub rows: u64,
    pub vertices: u64,
}

/// The counts of an import; `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct ImportReport {
    pub vintage: String,
    pub files: Vec<ReadReport>,
    pub finest: &'static str,
    pub levels: BTreeMap<String, LevelCount>,
    pub vertices: u64,
    /// Rows of levels that were not asked for.
    pub other_levels: u64,
    /// By kind.
    pub defects: BTreeMap<String, u64>,
    /// By level, then by kind: where they were found.
    pub defects_by_level: BTreeMap<String, BTreeMap<String, u64>>,
    pub mended: u64,
    pub left: u64,
    pub overlaps: Vec<OverlapClass>,
    pub overlap_km2: f64,
    pub gap_km2: f64,
    /// Regions without polygon by province.
    pub without_polygon: BTreeMap<String, u64>,
}

const CLASSES: [f64; 4] = [1.0, 1_000.0, 10_000.0, 100_000.0];

impl ImportReport {
    pub fn of(imported: &Imported, about: &About) -> Self {
        let mut defects: BTreeMap<String, u64> = BTreeMap::new();
        let mut by_level: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        let mut without: BTreeMap<String, u64> = BTreeMap::new();
        for defect in &imported.defects {
            let kind = defect.kind.slug().to_owned();
            *defects.entry(kind.clone()).or_default() += 1;
            if let Some(code) = defect.code {
                let level = code.level().slug().to_owned();
                *by_level.entry(level).or_default().entry(kind).or_default() += 1;
                if defect.kind == DefectKind::NoPolygon {
                    let province = code.ancestor(crate::domain::Level::Provinsi).to_string();
                    *without.entry(province).or_default() += 1;
                }
            }
        }
        let count = |mended: bool| {
            let all = imported.defects.iter().filter(|d| !d.kind.is_remark());
            all.filter(|d| d.kind.is_mended() == mended).count() as u64
        };
        let above = |m2: f64| imported.overlaps.iter().filter(|o| o.area_m2 > m2).count() as u64;
        Self {
            vintage: about.vintage.clone(),
            files: imported.files.iter().map(read_report).collect(),
            finest: imported.finest.slug(),
            levels: imported.levels.iter().map(|(l, n)| (l.slug().to_owned(), *n)).collect(),
            vertices: imported.vertices,
            other_levels: imported.other_levels,
            defects,
            defects_by_level: by_level,
            mended: count(true),
            left: count(false),
            overlaps: CLASSES
                .map(|above_m2| OverlapClass { above_m2, pairs: above(above_m2) })
                .to_vec(),
            overlap_km2: imported.overlaps.iter().map(|o| o.area_m2).sum::<f64>() / 1e6,
            gap_km2: imported.gaps.iter().map(|g| g.area_m2).sum::<f64>() / 1e6,
            without_polygon: without,
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn read_report(file: &super::intake::FileReport) -> ReadReport {
    ReadReport {
        file: name_of(&file.path),
        kind: file.kind.name(),
        reference_system: file.reference.clone(),
        rows: file.rows,
        vertices: file.vertices,
    }
}

/// Makes the set at `place`. `action` says in words what became of a kind of defect.
///
/// # Errors
/// Something stands at `place`, or the disk.
pub fn write_set(
    place: &Path,
    imported: &Imported,
    about: &About,
    action: fn(&str) -> &'static str,
) -> Result<BoundarySet, SetError> {
    let mut writer = SetWriter::create(place)?;
    for (level, boundaries) in &imported.polygons {
        writer.polygons(*level, boundaries)?;
    }
    if let Some((_, finest)) = imported.polygons.iter().max_by_key(|(level, _)| *level) {
        let (atlas, _) = Atlas::build(finest, &Detail::default())?;
        writer.file(ATLAS_FILE, &atlas.to_bytes()?)?;
        writer.file(CONTIGUITY_FILE, contiguity_csv(finest, 1).as_bytes())?;
    }
    writer.regions(&imported.regions)?;
    writer.file("defects.csv", &defects_csv(place, &imported.defects, action)?)?;
    let report = ImportReport::of(imported, about);
    let mut json = serde_json::to_vec_pretty(&report)
        .map_err(|e| SetError::Table { path: place.join("report.json"), problem: e.to_string() })?;
    json.push(b'\n');
    writer.file("report.json", &json)?;
    let mut inputs = Vec::new();
    for file in &imported.files {
        let (sha256, bytes) = sha256_of(&file.path)?;
        inputs.push(InputFile { name: name_of(&file.path), bytes, sha256 });
    }
    writer.seal(SetManifest {
        format: SET_FORMAT,
        vintage: about.vintage.clone(),
        valid_from: about.valid_from.clone(),
        valid_to: about.valid_to.clone(),
        source: about.source.clone(),
        licence: about.licence.clone(),
        finest: imported.finest.slug().to_owned(),
        bounds: imported.extent.sides().unwrap_or_default(),
        levels: report.levels,
        defects: report.defects,
        inputs,
        files: BTreeMap::new(),
    })
}

fn defects_csv(
    place: &Path,
    defects: &[Defect],
    action: fn(&str) -> &'static str,
) -> Result<Vec<u8>, SetError> {
    let fault =
        |e: csv::Error| SetError::Table { path: place.join("defects.csv"), problem: e.to_string() };
    let mut table = csv::Writer::from_writer(Vec::new());
    table
        .write_record([
            "kode",
            "nama",
            "jenis_cacat",
            "tingkat",
            "lng",
            "lat",
            "luas_m2",
            "tindakan",
            "kode_lain",
            "keterangan",
        ])
        .map_err(fault)?;
    let number =
        |v: Option<f64>, digits: usize| v.map_or_else(String::new, |v| format!("{v:.digits$}"));
    for defect in defects {
        let code = |code: Option<crate::domain::RegionCode>| {
            code.map(|code| code.to_string()).unwrap_or_default()
        };
        let kind = defect.kind.slug();
        table
            .write_record([
                code(defect.code).as_str(),
                &defect.name,
                kind,
                defect.code.map_or("", |code| code.level().slug()),
                &number(defect.at.map(|at| at.x), 7),
                &number(defect.at.map(|at| at.y), 7),
                &number(defect.area_m2, 1),
                action(kind),
                &code(defect.other),
                &defect.note,
            ])
            .map_err(fault)?;
    }
    table.into_inner().map_err(|e| fault(e.into_error().into()))
}
