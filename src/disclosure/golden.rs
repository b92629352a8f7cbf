//! Tables of other people: what is hidden here beside what GaussSuppression hides there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::secondary::Secondary;
use super::split::{Empty, Part, Side, Split};
use super::tree::Tree;
use crate::domain::{Level, RegionCode};

type Table = BTreeMap<RegionCode, BTreeMap<String, u64>>;

fn csv_rows(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sdc").join(name);
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn code(text: &str) -> RegionCode {
    RegionCode::from_slug(text).unwrap()
}

/// Adds a count to a region and to all around it.
fn add(table: &mut Table, region: RegionCode, category: &str, n: u64) {
    for level in Level::ALL.into_iter().filter(|level| *level <= region.level()) {
        let row = table.entry(region.ancestor(level)).or_default();
        *row.entry(category.to_owned()).or_default() += n;
    }
}

/// How many cells are hidden of a table of regions by categories whose totals are shown.
fn hidden(table: &Table, finest: Level, k: u64) -> usize {
    let tree = Tree::over(table.keys().copied());
    let nation = &table[&RegionCode::NATION];
    let with = nation.iter().max_by_key(|(_, n)| **n).unwrap().0;
    let of = |place: usize, category: &str| {
        let row = table.get(&tree.codes()[place]);
        row.and_then(|row| row.get(category)).copied().unwrap_or(0)
    };
    let part = |category: &str| Part {
        values: (0..tree.len()).map(|place| of(place, category)).collect(),
        empty: Empty::Shown,
    };
    let others: Vec<&String> = nation.keys().filter(|c| *c != with).collect();
    let few = |place: usize| {
        others.iter().any(|c| of(place, c) > 0 && of(place, c) + of(place, with) < k)
    };
    let mut cells = BTreeSet::new();
    for category in &others {
        let side = Side::of_parts(vec![part(category), part(with)]);
        let split = Split { finest, ..Split::new(vec![side]) };
        let mut sensitive = split.sensitive(&tree, k);
        (0..tree.len()).for_each(|place| sensitive[place] |= few(place));
        let hidden = sensitive.clone();
        let none = || vec![false; tree.len()];
        let (known, kept, moved) = (none(), none(), none());
        let mut secondary =
            Secondary { tree: &tree, split: &split, k, hidden, sensitive, known, kept, moved };
        secondary.run();
        let hidden = (0..tree.len()).filter(|p| secondary.hidden[*p] && split.present(*p));
        cells
            .extend(hidden.flat_map(|place| [(place, (*category).clone()), (place, with.clone())]));
    }
    cells.retain(|(place, category)| of(*place, category) > 0);
    cells.len()
}

#[test]
fn the_table_z1_loses_no_more_cells_than_gauss_suppression_takes() {
    let mut table = Table::new();
    for row in csv_rows("z1.csv") {
        let letter = row[0].bytes().next().unwrap() - b'A';
        let region = code(&format!("{}", 11 + letter));
        add(&mut table, region, &row[1], row[2].parse().unwrap());
    }
    assert_eq!(table[&RegionCode::NATION].values().sum::<u64>(), 596);
    let cells = hidden(&table, Level::Provinsi, 4);
    println!("z1: {cells} cells; GaussSuppression: 6");
    assert!((2..=6).contains(&cells), "{cells}");
}

#[test]
fn the_table_of_social_assistance_loses_about_as_many_cells_as_with_gauss_suppression() {
    let mut table = Table::new();
    let mut within: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in csv_rows("sosialFiktiv_region_fylke_hovedint.csv") {
        let regions = within.entry(row[1].clone()).or_default();
        let at = regions.iter().position(|r| *r == row[0]).unwrap_or_else(|| {
            regions.push(row[0].clone());
            regions.len() - 1
        });
        let county: u64 = row[1].parse().unwrap();
        let region = code(&format!("{}.{:02}", 10 + county, at + 1));
        add(&mut table, region, &row[2], row[3].parse().unwrap());
    }
    assert_eq!(table[&RegionCode::NATION].values().sum::<u64>(), 138_000);
    for (k, gauss) in [(5, 242), (10, 505)] {
        let cells = hidden(&table, Level::Kabupaten, k);
        println!("social assistance, below {k}: {cells} cells; GaussSuppression: {gauss}");
        assert!(cells > gauss / 2 && cells < gauss * 3 / 2, "{k}: {cells}");
    }
}
