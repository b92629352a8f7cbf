//! Points against codes: the rule decides, the other would move as many, small regions stay silent.

use std::collections::BTreeMap;

use tepat::aggregate::LocationRule;
use tepat::disclosure::{Agreement, Cell, Count, Release};
use tepat::domain::{ConflictCounts, ConflictRow, Level, Trust};
use tepat::pipeline::{LinkageMode, build};
use tepat::progress::Silent;
use tepat::snapshot::{Snapshot, Store};
use tepat::synth::{SynthConfig, synthesise};

use crate::fixture::{code, snapshot};
use crate::oracle::config_for;
use crate::web::{between, get, text_of};

#[test]
fn agreement_is_counted_down_to_the_level_that_both_share() {
    let mut counts = ConflictCounts::default();
    let stated = code("36.02.01.2001");
    for located in
        ["36.02.01.2001", "36.02.01.2002", "36.02.02.2001", "36.01.01.2001", "31.71.01.1001"]
    {
        counts.count(code(located), stated);
    }
    assert_eq!(counts.values(), [1; 5]);
    assert_eq!((counts.both(), counts.differ()), (5, 4));
    let mut twice = counts;
    twice.add(&counts);
    assert_eq!(ConflictCounts::from_values([2; 5]), twice);
}

/// The same deliveries under both rules.
fn under(rules: &[LocationRule]) -> Vec<Snapshot> {
    let folder = tempfile::tempdir().unwrap();
    let config =
        SynthConfig { seed: 11, ..SynthConfig::demo(6_000, folder.path().join("deliveries")) };
    synthesise(&config, &Silent).unwrap();
    rules
        .iter()
        .enumerate()
        .map(|(i, rule)| {
            let mut config = config_for(folder.path());
            config.linkage.mode = LinkageMode::Nik;
            config.location = *rule;
            config.store = folder.path().join(format!("store-{i}"));
            build(&config, "2026-01-01T00:00:00Z", &Silent).unwrap();
            Store::at(&config.store).open_current().unwrap()
        })
        .collect()
}

#[test]
fn the_rule_decides_and_each_says_what_the_other_would_move() {
    let rule = |trust, tolerance_m| LocationRule { trust, tolerance_m };
    let all = under(&[rule(Trust::Point, 0), rule(Trust::Code, 0), rule(Trust::Point, 50_000)]);
    let [point, by_code, wide] = all.as_slice() else { panic!("three snapshots") };
    let points = |s: &Snapshot| s.manifest.location.points.unwrap();
    // Both see the same conflicts, whichever decides.
    assert_eq!(point.conflicts, by_code.conflicts);
    assert_eq!(points(point).agreement, points(by_code).agreement);
    assert_eq!((points(point).trust, points(by_code).trust), (Trust::Point, Trust::Code));
    let differ = points(point).agreement.differ();
    assert!(differ > 100, "{differ}");
    let (a, b) = (point.manifest.location, by_code.manifest.location);
    assert_eq!(
        (a.families, a.unplaced, a.both, a.agree),
        (b.families, b.unplaced, b.both, b.agree)
    );
    assert_eq!(a.by_code - (a.point_outside + a.no_point - a.unplaced), 0);
    assert_eq!(b.by_point, b.code_unusable - b.unplaced);
    // Families move between desa as the conflicts say, none comes or goes.
    let families = |s: &Snapshot| -> BTreeMap<_, i64> {
        let desa = s.inside(code("ID"), Level::Desa);
        desa.map(|row| (row.code, i64::try_from(row.counts.n_families).unwrap())).collect()
    };
    let (before, after) = (families(point), families(by_code));
    assert_eq!(before.values().sum::<i64>(), after.values().sum::<i64>());
    let moved: i64 = before
        .keys()
        .chain(after.keys())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|desa| (before.get(desa).unwrap_or(&0) - after.get(desa).unwrap_or(&0)).abs())
        .sum();
    assert!(moved > 0 && moved <= 2 * i64::try_from(differ).unwrap(), "{moved} {differ}");
    // A wide tolerance gives points at sea to a coast, and leaves fewer outside.
    assert!(points(wide).nearest > 0);
    assert_eq!(points(wide).nearest + wide.manifest.location.point_outside, a.point_outside);
}

#[test]
fn conflicts_of_children_add_up_to_those_of_their_parent() {
    let [snapshot] = under(&[LocationRule::default()]).try_into().unwrap();
    let nation = snapshot.conflicts_of(code("ID")).copied().unwrap();
    assert_eq!(nation, snapshot.manifest.location.points.unwrap().agreement);
    for row in &snapshot.conflicts {
        let Some(level) = row.code.level().child() else { continue };
        let mut sum = ConflictCounts::default();
        let children = snapshot.conflicts.iter();
        children
            .filter(|c| c.code.level() == level && row.code.contains(c.code))
            .for_each(|c| sum.add(&c.counts));
        assert_eq!(sum, row.counts, "{}", row.code);
    }
}

#[test]
fn a_share_that_stands_on_few_families_is_withheld_and_cannot_be_worked_out() {
    let mut thin = snapshot();
    let desa = |row: &ConflictRow| row.code.level() == Level::Desa;
    // One desa of a kecamatan that publishes its families keeps three with both.
    let at = thin.conflicts.iter().position(|r| desa(r) && r.counts.both() > 20).unwrap();
    let alone = thin.conflicts[at].code;
    let taken = {
        let counts = &mut thin.conflicts[at].counts;
        let before = *counts;
        *counts = ConflictCounts { desa: 2, kecamatan: 1, ..ConflictCounts::default() };
        before
    };
    for row in &mut thin.conflicts {
        if row.code.level() != Level::Desa && row.code.contains(alone) {
            let values = row.counts.values();
            let (old, new) = (taken.values(), [2, 1, 0, 0, 0]);
            row.counts =
                ConflictCounts::from_values(std::array::from_fn(|i| values[i] + new[i] - old[i]));
        }
    }
    let release = Release::new(thin);
    assert_eq!(release.conflict_cell(alone), Cell::Suppressed);
    assert_eq!(release.conflicts(alone), Some((Count::Withheld, Count::Withheld)));
    let kecamatan = alone.parent().unwrap();
    let siblings = release.regions(kecamatan, Level::Desa);
    let hidden = siblings.filter(|c| release.conflict_cell(*c) == Cell::Suppressed).count();
    assert!(hidden >= 2, "alone it could be worked out");
    assert!(release.conflict_cell(kecamatan).value().is_some());
    // What is said level by level is never a number from 1 to 4.
    let mut coarse = 0;
    for code in release.regions(code("ID"), Level::Kecamatan) {
        let rows = match release.agreement(code) {
            None => continue,
            Some(Agreement::Levels(counts)) => counts.values().to_vec(),
            Some(Agreement::Desa { same, other }) => vec![same, other],
            Some(Agreement::Both(both)) => vec![both],
        };
        coarse += usize::from(rows.len() < 5);
        assert!(rows.iter().all(|n| *n == 0 || *n >= 5), "{code}: {rows:?}");
    }
    assert!(coarse > 0, "some stand on few");
}

#[tokio::test]
async fn the_page_shows_the_rule_the_conflicts_and_their_map() {
    let page = get("/mutu-data?wilayah=36&tingkat=kabupaten").await;
    assert_eq!(page.status, 200);
    let section = between(&page.body, "id=\"konflik\"", "id=\"rincian\"");
    let text = text_of(&section);
    for part in [
        "titik yang menentukan",
        "500 meter",
        "akan berpindah desa bila kode",
        "Desa lain, kecamatan yang sama",
        "Kab. Lebak",
    ] {
        assert!(
            text.contains(part) || text.contains(&part.replace("Kab. ", "Kabupaten ")),
            "{part}: {text}"
        );
    }
    assert!(section.contains("<svg"), "the map is drawn");
    let map = get("/mutu-data.svg?wilayah=36&tingkat=kabupaten").await;
    assert_eq!((map.status, map.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(get("/mutu-data?wilayah=99").await.status, 404);
}
