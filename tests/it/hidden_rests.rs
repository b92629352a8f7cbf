//! Persons who are in one registry and not in another, and rows that linkage did not find: what is
//! not printed must not be the difference of two numbers that are.

use std::collections::BTreeMap;

use tepat::disclosure::{Count, MatchColumn, Release};
use tepat::domain::{RegionCode, Registry, Sex};
use tepat::pipeline::build_with_key;
use tepat::progress::Silent;
use tepat::snapshot::{Snapshot, Store};

use super::command::{Server, demo};
use super::fixture::snapshot;
use super::handover::{HandOver, Place, Row, key, row};
use super::matching_page::sparse;
use super::web::{between, text_of};

type Known = BTreeMap<RegionCode, i64>;

/// Adds what follows from sums: a parent from its children, the one unknown child from the rest.
fn complete(known: &mut Known, inside: &BTreeMap<RegionCode, Vec<RegionCode>>) {
    loop {
        let before = known.len();
        for (parent, children) in inside {
            let unknown: Vec<_> = children.iter().filter(|c| !known.contains_key(c)).collect();
            let sum: i64 = children.iter().filter_map(|c| known.get(c)).sum();
            match (known.get(parent).copied(), unknown.as_slice()) {
                (None, []) => known.insert(*parent, sum),
                (Some(total), [one]) => known.insert(**one, total - sum),
                _ => None,
            };
        }
        if known.len() == before {
            return;
        }
    }
}

/// How many rests a reader works out, after checking that none is small.
fn attack(whole: &Snapshot, what: &str) -> usize {
    let release = Release::new(whole.clone());
    let m = whole.manifest.min_families as i64;
    let mut inside: BTreeMap<RegionCode, Vec<RegionCode>> = BTreeMap::new();
    for row in &whole.regions {
        if let Some(parent) = row.code.parent() {
            inside.entry(parent).or_default().push(row.code);
        }
    }
    let printed = |a, b| -> Known {
        let number = |code| Some((code, release.overlap(code, a, b).value()? as i64));
        whole.regions.iter().filter_map(|row| number(row.code)).collect()
    };
    let mut found = 0;
    for a in Registry::ALL {
        let mut first = printed(a, a);
        complete(&mut first, &inside);
        for b in Registry::ALL.into_iter().filter(|b| *b != a) {
            let mut both = printed(a, b);
            complete(&mut both, &inside);
            let rest = |(code, n): (&RegionCode, &i64)| Some((*code, n - both.get(code)?));
            let mut rests: Known = first.iter().filter_map(rest).collect();
            complete(&mut rests, &inside);
            let place = format!("{what}: {} without {}", a.slug(), b.slug());
            for (code, rest) in &rests {
                assert!(!(1..m).contains(rest), "{place}, {code}: {rest}");
            }
            for (parent, children) in &inside {
                let Some(total) = rests.get(parent) else { continue };
                let together = total - children.iter().filter_map(|c| rests.get(c)).sum::<i64>();
                assert!(!(1..m).contains(&together), "{place}, inside {parent}: {together}");
            }
            found += rests.len();
        }
    }
    found
}

#[test]
fn no_small_number_of_persons_not_in_common_can_be_worked_out() {
    let made = Store::at(&demo().join("store")).open_current().unwrap();
    for (whole, what) in [
        (made, "demo"),
        (snapshot(), "fixture"),
        (sparse(5), "sparse, 5"),
        (sparse(10), "sparse, 10"),
        (sparse(3), "sparse, 3"),
    ] {
        let rows = whole.overlaps.iter().filter(|o| o.a != o.b).count();
        let found = attack(&whole, what);
        let release = Release::new(whole.clone());
        let shown = |o: &&tepat::domain::OverlapRow| release.overlap(o.code, o.a, o.b).value();
        let printed = whole.overlaps.iter().filter(|o| shown(o).is_some()).count();
        println!("{what}: {found} rests, {printed} of {} printed", whole.overlaps.len());
        assert!(found > rows / 20, "{what}: {found} rests of {rows} pairs: too much is hidden");
    }
}

/// DTKS with 25 rows of the base, two of nobody and one of no region, of a store of that alone.
fn with_two_unlinked() -> (Place, Release) {
    let desa = "36.02.01.2003";
    let person = |i: usize| -> Row {
        let nik = format!("360201{:02}0870{:04}", 1 + i, i + 1);
        row(
            &nik,
            &format!("Orang {}", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD".get(i..i + 1).unwrap()),
            Sex::Male,
            &format!("1970-08-{:02}", 1 + i),
            desa,
        )
    };
    let mut listed: Vec<Row> = (0..25).map(person).collect();
    listed[24].desa = String::new();
    listed.extend([28, 29].map(person));
    let families = (0..25).map(|i| vec![person(i)]).collect();
    let place = Place::new();
    let mut config = place.write(&HandOver { families, others: vec![(Registry::Dtks, listed)] });
    config.min_families = 5;
    build_with_key(&config, "2026-01-01T00:00:00Z", Some(key()), &Silent).unwrap();
    let release = Release::new(Store::at(&place.store()).open_current().unwrap());
    (place, release)
}

#[test]
fn the_totals_of_linkage_hide_what_the_regions_hide() {
    let (_place, release) = with_two_unlinked();
    let totals = release.totals(Registry::Dtks);
    let nation = release.matches(RegionCode::NATION, Registry::Dtks);
    // One row is of no region: with all rows and those of the nation it would be told.
    assert_eq!(nation.get(MatchColumn::Rows), Count::Value(26));
    assert_eq!((totals.rows, totals.unlinked), (Count::Withheld, Count::Withheld));
    assert_eq!(release.rows_nowhere(Registry::Dtks), Count::Withheld);
    for count in [totals.linked, totals.linked_nowhere, nation.get(MatchColumn::Linked)] {
        assert_eq!(count, Count::Withheld, "{totals:?}, {:?}", nation.get(MatchColumn::Linked));
    }
    // Many of each: all are told.
    let release = Release::new(snapshot());
    for registry in Registry::ALL {
        let totals = release.totals(registry);
        let [linked, unlinked, rows] =
            [totals.linked, totals.unlinked, totals.rows].map(|n| n.value().unwrap());
        assert_eq!(linked + unlinked, rows);
    }
}

#[tokio::test]
async fn the_page_of_quality_shows_no_small_outcome() {
    let (place, release) = with_two_unlinked();
    let server = Server::start(&place.store());
    let body =
        reqwest::get(format!("{}/mutu-data", server.origin)).await.unwrap().text().await.unwrap();
    let table = between(&body, "<section aria-labelledby=\"padan\">", "</section>");
    let row = table.split("<tr>").find(|row| row.contains("DTKS")).unwrap();
    let cells: Vec<String> = row
        .split("<td")
        .skip(1)
        .map(|c| text_of(&between(&format!("<td{c}"), ">", "</td>")))
        .collect();
    assert_eq!([&cells[0], &cells[1], &cells[2], &cells[4]], ["dirahasiakan"; 4]);
    assert_eq!(release.totals(Registry::Dtks).unlinked, Count::Withheld);
}
