//! The rows that every file kind is made from.

use crate::disclosure::{Cell, Release};
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::labels;
use crate::regions::{Region, RegionCatalog};
use crate::snapshot::Manifest;

/// What a column holds, and how a workbook shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Codes are text too: a number would lose its zeros and points.
    Text,
    /// Whole number.
    Count,
    /// In percent, shown with that many decimals.
    Percent(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Stable name for programs: `kode`, `miskin-ekstrem`.
    pub key: String,
    /// With its unit, for people.
    pub label: String,
    pub kind: ColumnKind,
    /// What it means and how it is computed; empty for codes and names.
    pub definition: String,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Text(String),
    /// A count, or a rate in percent.
    Number(f64),
    NoData,
    Suppressed,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub code: RegionCode,
    /// One a column.
    pub fields: Vec<Field>,
}

/// A table of regions with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Label and value, as under every page.
    pub provenance: Vec<(String, String)>,
    /// The same, short and by stable name, for files whose every row must stand alone.
    pub stamp: Vec<(&'static str, String)>,
    /// RFC 3339; the only date that a file bears, so that equal tables give equal bytes.
    pub built_at: String,
}

impl Table {
    /// The regions of `level` inside `code`, in code order, with the measures `ids`. Regions
    /// without data are listed too, as far as the table of regions knows them; kecamatan and desa
    /// only of provinces that hold data, because the others would fill a file with nothing.
    pub fn regions(
        release: &Release,
        catalog: &RegionCatalog,
        code: RegionCode,
        level: Level,
        ids: &[IndicatorId],
    ) -> Self {
        let manifest = release.manifest();
        let rows = catalog
            .inside(code, level)
            .filter(|region| listed(manifest, region))
            .map(|region| row(release, catalog, region, ids))
            .collect();
        Self {
            title: format!(
                "{} menurut {}, {}",
                catalog.name(code),
                labels::level(level),
                labels::period(manifest.period)
            ),
            columns: columns(manifest, ids),
            rows,
            provenance: labels::provenance(release),
            stamp: stamp(release),
            built_at: manifest.built_at.clone(),
        }
    }
}

/// Kecamatan and desa are listed only of provinces that hold data.
pub(super) fn listed(manifest: &Manifest, region: &Region) -> bool {
    region.code.level() <= Level::Kabupaten
        || manifest.provinces.contains(&region.code.ancestor(Level::Provinsi))
}

/// The columns that say which region a row is of.
pub(super) fn places() -> Vec<Column> {
    [
        ("kode", "Kode (Kemendagri)"),
        ("kode_bps", "Kode BPS"),
        ("nama", "Nama"),
        ("induk", "Wilayah induk"),
    ]
    .map(|(key, label)| Column {
        key: key.to_owned(),
        label: label.to_owned(),
        kind: ColumnKind::Text,
        definition: String::new(),
    })
    .to_vec()
}

/// The fields of [`places`].
pub(super) fn place(catalog: &RegionCatalog, region: &Region) -> Vec<Field> {
    let text = |text: Option<String>| Field::Text(text.unwrap_or_default());
    vec![
        text(Some(region.code.to_string())),
        text(region.bps.map(|bps| bps.to_string())),
        text(Some(region.name.clone())),
        text(region.code.parent().map(|parent| catalog.name(parent))),
    ]
}

fn columns(manifest: &Manifest, ids: &[IndicatorId]) -> Vec<Column> {
    let mut columns = places();
    columns.extend(ids.iter().map(|id| {
        let words = labels::indicator(*id, &manifest.programmes);
        Column {
            key: id.slug(&manifest.programmes),
            label: format!("{} ({})", words.name, words.unit),
            kind: if id.is_count() {
                ColumnKind::Count
            } else {
                ColumnKind::Percent(labels::percent_digits(*id))
            },
            definition: format!("{} Rumus: {}.", words.definition, words.formula),
        }
    }));
    columns
}

fn row(release: &Release, catalog: &RegionCatalog, region: &Region, ids: &[IndicatorId]) -> Row {
    let mut fields = place(catalog, region);
    fields.extend(ids.iter().map(|id| match release.cell(region.code, *id) {
        Cell::Value(value) if id.is_count() => Field::Number(value),
        Cell::Value(rate) => Field::Number(in_percent(rate)),
        Cell::NoData => Field::NoData,
        Cell::Suppressed => Field::Suppressed,
    }));
    Row { code: region.code, fields }
}

/// Rounded to a millionth of a percent: past that a quotient shows only how it was computed.
pub(super) fn in_percent(rate: f64) -> f64 {
    (rate * 1e8).round() / 1e6
}

pub(super) fn stamp(release: &Release) -> Vec<(&'static str, String)> {
    let manifest = release.manifest();
    let mut sources: Vec<&str> = Vec::new();
    for source in &manifest.sources {
        let name = labels::registry(source.registry);
        if !sources.contains(&name) {
            sources.push(name);
        }
    }
    let mut stamp = vec![
        ("periode", manifest.period.to_string()),
        (
            "garis_ekstrem_rp_bulan",
            format!("{}", (manifest.extreme_line_rp_month * 100.0).round() / 100.0),
        ),
        ("garis_kemiskinan", format!("BPS {}", manifest.poverty_line_period)),
        ("batas", manifest.boundary_vintage.clone()),
        ("metode", manifest.method_version.clone()),
        ("potret", manifest.id.clone()),
        ("sumber", sources.join("; ")),
        ("data", if manifest.synthetic { "sintetis" } else { "registri" }.to_owned()),
    ];
    // A column that is there only where it says something: files of withheld cells stay as they are.
    if let Some(base) = release.rounded_to() {
        stamp.push(("pembulatan", format!("acak ke kelipatan {base}")));
    }
    stamp
}
