//! What the region table expects of a file: regions that have no polygon, codes and names that the
//! table does not have.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::plain_name;
use super::fault::{Defect, DefectKind};
use super::intake::Row;
use super::set::{LevelCount, SetRegion};
use crate::domain::{Level, RegionCode};
use crate::regions::{RegionCatalog, RegionKind};
use crate::spatial::Boundary;

type Listed = (Vec<SetRegion>, BTreeMap<Level, LevelCount>);

/// Every region that the set should know, and whether it has a polygon. A file of a part of the
/// nation is held against that part: where more than half of a region's children are there, all
/// of them and everything inside them are due; else only those that are there.
pub(super) fn regions(
    rows: &[Row],
    polygons: &BTreeMap<Level, Vec<Boundary>>,
    catalog: &RegionCatalog,
    defects: &mut Vec<Defect>,
) -> Listed {
    let drawn: BTreeSet<RegionCode> = polygons.values().flatten().map(|b| b.code).collect();
    let finest = drawn.iter().map(|code| code.level()).max().unwrap_or(Level::Desa);
    let mut with_polygon: BTreeSet<RegionCode> = BTreeSet::new();
    for code in &drawn {
        with_polygon.extend(Level::ALL.map(|level| code.ancestor(level)));
    }
    let mut due: BTreeSet<RegionCode> = BTreeSet::new();
    expect((RegionCode::NATION, false), finest, &with_polygon, catalog, &mut due);
    for row in rows {
        due.extend(Level::ALL.map(|level| row.code.ancestor(level)));
    }
    due.remove(&RegionCode::NATION);
    compare(rows, catalog, defects);
    let names: BTreeMap<RegionCode, &Row> = rows.iter().map(|row| (row.code, row)).collect();
    let mut levels: BTreeMap<Level, LevelCount> = BTreeMap::new();
    let mut listed = Vec::with_capacity(due.len());
    for code in due {
        let drawn = with_polygon.contains(&code);
        let count = levels.entry(code.level()).or_default();
        count.regions += 1;
        count.with_polygon += u64::from(drawn);
        let region = listed_region(code, names.get(&code).copied(), drawn, catalog);
        if !drawn {
            defects.push(
                Defect::new(DefectKind::NoPolygon, Some(code), &region.name).other(code.parent()),
            );
        }
        listed.push(region);
    }
    (listed, levels)
}

fn expect(
    (parent, whole): (RegionCode, bool),
    finest: Level,
    with_polygon: &BTreeSet<RegionCode>,
    catalog: &RegionCatalog,
    due: &mut BTreeSet<RegionCode>,
) {
    if parent.level() >= finest {
        return;
    }
    let children: Vec<RegionCode> = catalog.children(parent).map(|r| r.code).collect();
    let there = children.iter().filter(|code| with_polygon.contains(code)).count();
    let all = whole || there * 2 > children.len();
    for child in children {
        if all || with_polygon.contains(&child) {
            due.insert(child);
            expect((child, all), finest, with_polygon, catalog, due);
        }
    }
}

fn compare(rows: &[Row], catalog: &RegionCatalog, defects: &mut Vec<Defect>) {
    for row in rows {
        let Some(region) = catalog.get(row.code) else {
            defects.push(
                Defect::new(DefectKind::UnknownCode, Some(row.code), &row.name)
                    .note(format!("baris {}", row.number)),
            );
            continue;
        };
        let (found, due) = (row.name.trim(), region.name.trim());
        if found != due && !found.is_empty() && bare(found) != bare(due) {
            let how = if plain_name(found) == plain_name(due) { "ejaan" } else { "nama" };
            defects.push(
                Defect::new(DefectKind::NameDiffers, Some(row.code), found)
                    .note(format!("{how}; tabel: {due}")),
            );
        }
    }
}

/// Without the kind before it, which some files leave out.
fn bare(name: &str) -> &str {
    let kinds = ["Kabupaten Administrasi ", "Kota Administrasi ", "Kabupaten ", "Kota "];
    kinds.iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
}

fn listed_region(
    code: RegionCode,
    row: Option<&Row>,
    drawn: bool,
    catalog: &RegionCatalog,
) -> SetRegion {
    let known = catalog.get(code);
    let name = match (row, known) {
        (Some(row), _) if !row.name.is_empty() => row.name.clone(),
        (_, Some(region)) => region.name.clone(),
        _ => code.to_string(),
    };
    let bps = row.map(|row| row.bps.clone()).filter(|bps| !bps.is_empty());
    let listed = || known.and_then(|r| r.bps).map(|b| b.to_string()).unwrap_or_default();
    SetRegion {
        code,
        name,
        kind: kind(code, known.map(|region| region.kind)).to_owned(),
        bps: bps.unwrap_or_else(listed),
        with_polygon: drawn,
    }
}

/// The kind in words. A code that the table does not know tells it by its digits: kabupaten count
/// from 01 and kota from 71, kelurahan from 1001, desa from 2001, desa adat from 3001.
fn kind(code: RegionCode, known: Option<RegionKind>) -> &'static str {
    let packed = code.packed();
    let guessed = match code.level() {
        Level::Nation => RegionKind::Nation,
        Level::Provinsi => RegionKind::Provinsi,
        Level::Kabupaten if packed / 1_000_000 % 100 >= 71 => RegionKind::Kota,
        Level::Kabupaten => RegionKind::Kabupaten,
        Level::Kecamatan => RegionKind::Kecamatan,
        Level::Desa => match packed % 10_000 / 1000 {
            1 => RegionKind::Kelurahan,
            3 => RegionKind::DesaAdat,
            _ => RegionKind::Desa,
        },
    };
    match known.unwrap_or(guessed) {
        RegionKind::Nation => "negara",
        RegionKind::Provinsi => "provinsi",
        RegionKind::Kabupaten => "kabupaten",
        RegionKind::Kota => "kota",
        RegionKind::Kecamatan => "kecamatan",
        RegionKind::Desa => "desa",
        RegionKind::Kelurahan => "kelurahan",
        RegionKind::DesaAdat => "desa adat",
    }
}
