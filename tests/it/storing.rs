//! A store never shows half a snapshot, and tells when one was touched.

use std::fs;
use std::path::Path;

use tepat::disclosure::{RegionStatus, Release};
use tepat::domain::{Level, RegionCode, Registry};
use tepat::progress::Silent;
use tepat::snapshot::{Snapshot, Store, StoreError};
use tepat::verify::check_snapshot;

use super::fixture;
use super::oracle::config_for;

fn sealed(root: &Path) -> (Store, String) {
    let store = Store::at(root);
    let work = store.begin().unwrap();
    let manifest = store.seal(&work, fixture::snapshot()).unwrap();
    (store, manifest.id)
}

#[test]
fn a_sealed_snapshot_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(folder.path());
    let (back, written) = (store.open_current().unwrap(), fixture::snapshot());
    assert_eq!(back.manifest.id, id);
    assert_eq!(back.regions, written.regions);
    assert_eq!(back.priority, written.priority);
    assert!(back.matching == written.matching && back.overlaps == written.overlaps);
    assert!(back.matching.len() > 10_000 && back.overlaps.len() > 50_000);
    let listed: Vec<(&str, u64)> =
        back.manifest.tables.iter().map(|t| (t.file.as_str(), t.rows)).collect();
    assert_eq!(listed[2], ("matching.parquet", written.matching.len() as u64));
    assert_eq!(listed[3], ("overlaps.parquet", written.overlaps.len() as u64));
    assert!(
        !fs::read_dir(folder.path())
            .unwrap()
            .any(|e| { e.unwrap().file_name().to_string_lossy().starts_with("work-") })
    );
}

#[test]
fn the_order_in_which_linkage_was_counted_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(folder.path());
    let work = store.begin().unwrap();
    let mut turned = fixture::snapshot();
    turned.matching.reverse();
    turned.overlaps.reverse();
    assert_eq!(store.seal(&work, turned).unwrap().id, id);
}

#[test]
fn a_snapshot_is_asked_for_a_registry_or_a_pair_in_either_order() {
    let snapshot = fixture::snapshot();
    let lebak = fixture::code("36.02");
    let (emis, dtks) = (Registry::Emis, Registry::Dtks);
    let counts = snapshot.matching_of(lebak, emis).unwrap();
    assert_eq!(counts.rows, snapshot.region(lebak).unwrap().registries[emis.index()].rows);
    assert_eq!(snapshot.matching_of(fixture::code("32"), emis), None);
    let common = snapshot.overlap(lebak, emis, dtks);
    assert!(common > 0 && common == snapshot.overlap(lebak, dtks, emis));
    assert_eq!(snapshot.overlap(fixture::code("32"), emis, dtks), 0);
}

#[test]
fn a_snapshot_of_an_earlier_version_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(folder.path());
    let path = store.folder_of(&id).join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    // As before these tables and fields were: two tables, no word on persons over time.
    manifest["tables"].as_array_mut().unwrap().truncate(2);
    manifest["linkage"].as_object_mut().unwrap().retain(|key, _| key == "registries");
    fs::write(&path, manifest.to_string()).unwrap();
    let error = store.open_current().unwrap_err();
    assert!(matches!(error, StoreError::Outdated { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("earlier version") && said.contains("build again"), "{said}");
}

#[test]
fn sealing_the_same_snapshot_again_keeps_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let (_, first) = sealed(folder.path());
    let (_, second) = sealed(folder.path());
    assert_eq!(first, second);
}

#[test]
fn a_table_changed_by_one_bit_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(folder.path());
    for table in ["regions.parquet", "matching.parquet", "overlaps.parquet"] {
        let path = store.folder_of(&id).join(table);
        let sound = fs::read(&path).unwrap();
        let mut bytes = sound.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        let error = store.open_current().unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(table));
        fs::write(&path, sound).unwrap();
    }
}

#[test]
fn a_manifest_changed_by_hand_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(folder.path());
    let path = store.folder_of(&id).join("manifest.json");
    let text = fs::read_to_string(&path).unwrap().replacen(
        "\"synthetic\": true",
        "\"synthetic\": false",
        1,
    );
    fs::write(&path, text).unwrap();
    assert!(matches!(store.open_current(), Err(StoreError::Damaged { .. })));
}

#[test]
fn two_builds_cannot_write_to_one_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let first = store.begin().unwrap();
    assert!(matches!(store.begin(), Err(StoreError::Busy { .. })));
    drop(first);
    store.begin().unwrap();
}

#[test]
fn what_a_killed_build_left_is_removed_by_the_next_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(folder.path());
    let left = folder.path().join("work-999999");
    fs::create_dir_all(left.join("sealed")).unwrap();
    fs::write(left.join("sealed/manifest.json"), "{").unwrap();
    assert_eq!(store.open_current().unwrap().manifest.id, id);
    drop(store.begin().unwrap());
    assert!(!left.exists());
}

#[test]
fn a_build_that_fails_leaves_the_current_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = sealed(&folder.path().join("store"));
    fs::create_dir(folder.path().join("deliveries")).unwrap();
    let mut config = config_for(folder.path());
    // The fixture was sealed without persons.
    config.without_history = true;
    let missing = folder.path().join("deliveries/regsosek_keluarga.csv");
    config.sources.truncate(1);
    config.sources[0].files =
        vec![missing.clone(), missing.with_file_name("regsosek_anggota.parquet")];
    let error = tepat::pipeline::build(&config, "2026-01-01T00:00:00Z", &Silent).unwrap_err();
    assert!(error.to_string().contains("regsosek_keluarga.csv"), "{error}");
    assert_eq!(store.open_current().unwrap().manifest.id, id);
}

/// The fixture with one number off by one.
fn tampered(change: impl Fn(&mut Snapshot)) -> Vec<&'static str> {
    let mut snapshot = fixture::snapshot();
    let sound: Vec<_> =
        check_snapshot(&snapshot).into_iter().filter(|c| !c.passed).map(|c| c.name).collect();
    change(&mut snapshot);
    check_snapshot(&snapshot)
        .into_iter()
        .filter(|c| !c.passed && !sound.contains(&c.name))
        .map(|c| c.name)
        .collect()
}

#[test]
fn verification_notices_a_parent_that_is_not_the_sum_of_its_children() {
    assert_eq!(tampered(|_| {}), [""; 0]);
    let off_by_one = |s: &mut Snapshot| s.regions[1].counts.n_extreme_persons += 1;
    assert_eq!(tampered(off_by_one), ["sums"]);
}

#[test]
fn verification_notices_rows_that_went_missing() {
    assert_eq!(tampered(|s| s.manifest.sources[0].rows_used += 1), ["rows"]);
}

#[test]
fn verification_notices_any_number_of_linkage_that_does_not_hold() {
    let desa = |s: &Snapshot| s.matching.iter().rposition(|m| m.counts.rows > 0).unwrap();
    let changes: [fn(&mut Snapshot, usize); 5] = [
        |s, i| s.matching[i].counts.by_score += 1,
        |s, i| s.matching[i].counts.duplicates += 1,
        |s, i| s.matching[i].counts.conflict_birth += 1,
        |s, i| _ = s.matching.remove(i),
        |s, _| s.matching[1].counts.pending += 1,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        assert_eq!(tampered(|s| change(s, desa(s))), ["matching"], "change {n}");
    }
    // Outcomes and sums hold, but the table of regions counted other rows.
    let everywhere = |s: &mut Snapshot| {
        let desa = fixture::code("36.02.02.2002");
        for row in s.matching.iter_mut().filter(|m| m.code.contains(desa)) {
            if row.registry == Registry::Emis {
                row.counts.rows += 1;
                row.counts.not_found += 1;
            }
        }
    };
    assert_eq!(tampered(everywhere), ["matching"]);
    assert_eq!(tampered(|s| s.overlaps[0].persons += 1), ["overlaps"]);
    let too_many = |s: &mut Snapshot| {
        let desa = fixture::code("36.02.02.2002");
        for row in s.overlaps.iter_mut().filter(|o| o.code.contains(desa)) {
            if (row.a, row.b) == (Registry::P3ke, Registry::Dtks) {
                row.persons += 1_000_000;
            }
        }
    };
    assert_eq!(tampered(too_many), ["overlaps"]);
}

#[test]
fn a_withheld_region_cannot_be_worked_out_from_its_parent() {
    let mut snapshot = fixture::snapshot();
    snapshot.manifest.min_families = 40;
    let codes: Vec<RegionCode> = snapshot.regions.iter().map(|r| r.code).collect();
    let release = Release::new(snapshot);
    let mut withheld = 0;
    for code in codes {
        let Some(level) = code.level().child() else { continue };
        if release.status(code) != RegionStatus::Published {
            continue;
        }
        let n = release
            .regions(code, level)
            .filter(|child| release.status(*child) == RegionStatus::Suppressed)
            .count();
        assert_ne!(n, 1, "{code} minus its shown children gives the withheld one away");
        withheld += n;
    }
    assert!(withheld > 0, "the fixture has small regions");
    assert_eq!(release.regions(RegionCode::NATION, Level::Provinsi).count(), 2);
}
