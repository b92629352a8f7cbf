//! Linkage as rows: one a region and registry, or one a region and pair of registries.

use super::table::{Column, ColumnKind, Field, Row, Table, in_percent, listed, places, stamp};
use crate::disclosure::{Cell, Count, MatchColumn, Release};
use crate::domain::{Level, RegionCode, Registry};
use crate::labels;
use crate::regions::{Region, RegionCatalog};

/// The numbers of a row, in the order of its columns: the rows, the linked ones, then how each row
/// ended and the remarks.
fn numbers() -> impl Iterator<Item = MatchColumn> {
    [MatchColumn::Rows, MatchColumn::Linked]
        .into_iter()
        .chain(MatchColumn::OUTCOMES)
        .chain(MatchColumn::REMARKS)
}

impl Table {
    /// What became of the rows of every registry in the regions of `level` inside `code`. A
    /// registry without a row in a region is left out there.
    pub fn matching(
        release: &Release,
        catalog: &RegionCatalog,
        code: RegionCode,
        level: Level,
    ) -> Self {
        let rows = regions(release, catalog, code, level)
            .flat_map(|region| {
                let row = |registry| outcomes(release, catalog, region, registry);
                release.sources(RegionCode::NATION).into_iter().filter_map(row)
            })
            .collect();
        let mut columns = places();
        columns.push(text("register", "Register"));
        columns.extend(numbers().map(|number| {
            let words = labels::match_column(number);
            count(number.slug(), words.name, "baris", words.meaning)
        }));
        columns.push(Column {
            key: "match_rate".to_owned(),
            label: "Tingkat pemadanan (%)".to_owned(),
            kind: ColumnKind::Percent(1),
            definition: "Baris yang terpadankan ÷ baris × 100.".to_owned(),
        });
        Self::of_linkage("Pemadanan", (release, catalog), (code, level), columns, rows)
    }

    /// The persons that two registries both hold in the regions of `level` inside `code`, every
    /// pair in both orders, because the share is that of the first.
    pub fn overlaps(
        release: &Release,
        catalog: &RegionCatalog,
        code: RegionCode,
        level: Level,
    ) -> Self {
        let sources = release.sources(RegionCode::NATION);
        let pairs: Vec<(Registry, Registry)> = sources
            .iter()
            .flat_map(|a| sources.iter().filter(move |b| *b != a).map(|b| (*a, *b)))
            .collect();
        let rows = regions(release, catalog, code, level)
            .flat_map(|region| {
                pairs.iter().filter_map(|pair| overlap(release, catalog, region, *pair))
            })
            .collect();
        let mut columns = places();
        columns.extend([
            text("register", "Register"),
            text("lawan", "Register lawan"),
            count("persons_first", "Orang di register", "jiwa", "Orang berbeda di register itu."),
            count("persons_both", "Orang di keduanya", "jiwa", "Orang yang tercatat di keduanya."),
            Column {
                key: "share_of_first".to_owned(),
                label: "Bagian dari register (%)".to_owned(),
                kind: ColumnKind::Percent(1),
                definition: "Orang di keduanya ÷ orang di register × 100.".to_owned(),
            },
        ]);
        Self::of_linkage("Irisan", (release, catalog), (code, level), columns, rows)
    }

    fn of_linkage(
        what: &str,
        (release, catalog): (&Release, &RegionCatalog),
        (code, level): (RegionCode, Level),
        columns: Vec<Column>,
        rows: Vec<Row>,
    ) -> Self {
        let manifest = release.manifest();
        Self {
            title: format!(
                "{what}: {} menurut {}, {}",
                catalog.name(code),
                labels::level(level),
                labels::period(manifest.period)
            ),
            columns,
            rows,
            provenance: labels::provenance(release),
            stamp: stamp(release),
            built_at: manifest.built_at.clone(),
        }
    }
}

fn text(key: &str, label: &str) -> Column {
    Column {
        key: key.to_owned(),
        label: label.to_owned(),
        kind: ColumnKind::Text,
        definition: String::new(),
    }
}

fn count(key: &str, name: &str, unit: &str, definition: &str) -> Column {
    Column {
        key: key.to_owned(),
        label: format!("{name} ({unit})"),
        kind: ColumnKind::Count,
        definition: definition.to_owned(),
    }
}

fn regions<'a>(
    release: &'a Release,
    catalog: &'a RegionCatalog,
    code: RegionCode,
    level: Level,
) -> impl Iterator<Item = &'a Region> {
    catalog
        .inside(code, level)
        .filter(|region| listed(release.manifest(), region) && release.has_matches(region.code))
}

fn outcomes(
    release: &Release,
    catalog: &RegionCatalog,
    region: &Region,
    registry: Registry,
) -> Option<Row> {
    let shown = release.matches(region.code, registry);
    if shown.get(MatchColumn::Rows) == Count::Value(0) {
        return None;
    }
    let mut fields = super::table::place(catalog, region);
    fields.push(Field::Text(labels::registry(registry).to_owned()));
    fields.extend(numbers().map(|number| counted(shown.get(number))));
    fields.push(rate(shown.of_rows(MatchColumn::Linked)));
    Some(Row { code: region.code, fields })
}

fn overlap(
    release: &Release,
    catalog: &RegionCatalog,
    region: &Region,
    (a, b): (Registry, Registry),
) -> Option<Row> {
    let (first, both) = (release.overlap(region.code, a, a), release.overlap(region.code, a, b));
    if first == Count::Value(0) {
        return None;
    }
    let mut fields = super::table::place(catalog, region);
    fields.extend([a, b].map(|registry| Field::Text(labels::registry(registry).to_owned())));
    fields.extend([counted(first), counted(both), rate(release.share(both, first))]);
    Some(Row { code: region.code, fields })
}

fn counted(count: Count) -> Field {
    match count {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        Count::Value(n) => Field::Number(n as f64),
        Count::Withheld => Field::Suppressed,
    }
}

fn rate(cell: Cell) -> Field {
    match cell {
        Cell::Value(rate) => Field::Number(in_percent(rate)),
        Cell::NoData => Field::NoData,
        Cell::Suppressed => Field::Suppressed,
    }
}
