//! Every file of `data/` is accounted for, and the ones that configure the product are sound.

use std::fs;

use tepat::domain::{IndicatorId, ProgrammeSet, RegionCode, Registry};
use tepat::sources::layout::{Field, Layout, RecordKind};

use crate::rust_source::{files_below, root};

fn programmes() -> ProgrammeSet {
    ProgrammeSet::from_toml(&tepat::data::text("programmes.toml").unwrap()).unwrap()
}

#[test]
fn every_data_file_is_named_in_the_provenance_page() {
    let page = fs::read_to_string(root().join("data/README.md")).unwrap();
    let unnamed: Vec<String> = files_below("data")
        .iter()
        .map(|path| path.strip_prefix("data").unwrap().display().to_string())
        .filter(|name| name != "README.md" && !page.contains(&format!("`{name}`")))
        .collect();
    assert!(unnamed.is_empty(), "not in data/README.md: {unnamed:?}");
}

#[test]
fn the_provenance_page_names_no_file_that_is_not_there() {
    let page = fs::read_to_string(root().join("data/README.md")).unwrap();
    let named = page.split('`').skip(1).step_by(2).filter(|word| {
        let endings = [".gz", ".toml", ".csv", ".txt", ".py"];
        endings.iter().any(|ending| word.ends_with(ending)) && !word.contains(['*', '<', '{'])
    });
    let gone: Vec<&str> = named.filter(|name| !root().join("data").join(name).exists()).collect();
    assert!(gone.is_empty(), "in data/README.md, but not in data/: {gone:?}");
}

#[test]
fn every_registry_has_a_layout_whose_programmes_are_known() {
    let programmes = programmes();
    for registry in Registry::ALL {
        let layout = Layout::builtin(registry).unwrap();
        assert_eq!(layout.registry, registry, "{}", registry.slug());
        assert!(!layout.files.is_empty(), "{}", registry.slug());
        for file in &layout.files {
            let unknown = file.unknown_programmes(&programmes);
            assert!(unknown.is_empty(), "{} proves unknown programmes {unknown:?}", file.name);
            assert!(file.fields.contains_key(&Field::Region), "{} has no place", file.name);
            let is_person = file.record == RecordKind::Person;
            assert_eq!(file.fields.contains_key(&Field::Nik), is_person, "{}", file.name);
        }
    }
}

#[test]
fn no_two_registries_claim_the_same_file_name() {
    let mut names: Vec<String> = Registry::ALL
        .iter()
        .flat_map(|registry| Layout::builtin(*registry).unwrap().files)
        .map(|file| file.name)
        .collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn the_programme_file_holds_the_ten_programmes_and_switches_the_planned_ones_off() {
    let mut set = programmes();
    let off: Vec<&str> =
        set.iter().filter(|(_, p)| !p.enabled).map(|(_, p)| p.id.as_str()).collect();
    assert_eq!(set.len(), 10);
    assert_eq!(off, ["kartu_sejahtera", "kartu_usaha"]);
    assert!(set.set_enabled("kartu_usaha", true));
    assert!(!set.set_enabled("no_such_programme", true));
    assert_eq!(set.enabled().count(), 9);
}

#[test]
fn regional_programmes_are_for_jakarta_only() {
    let set = programmes();
    let jakarta: RegionCode = "31".parse().unwrap();
    for id in ["kjp_plus", "kjs", "bantuan_gizi"] {
        let programme = set.get(set.index_of(id).unwrap()).unwrap();
        assert_eq!(programme.rule.regions, [jakarta], "{id}");
    }
}

#[test]
fn every_indicator_slug_reads_back_to_the_same_indicator() {
    let set = programmes();
    let all = IndicatorId::all(&set);
    assert_eq!(all.len(), 15 + 2 * set.enabled().count());
    for id in all {
        let slug = id.slug(&set);
        assert_eq!(IndicatorId::parse(&slug, &set), Ok(id), "{slug}");
        assert!(
            slug.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
        );
    }
    assert!(IndicatorId::parse("cakupan-kartu_usaha", &set).is_err(), "switched off");
}

#[test]
fn a_layout_that_names_an_unlisted_column_or_lists_one_twice_is_refused() {
    let text = tepat::data::text("layouts/carik.toml").unwrap();
    let unlisted = text.replace("nik = \"nik\"", "nik = \"nik_lama\"");
    let error = Layout::parse("carik.toml", &unlisted).unwrap_err().to_string();
    assert!(error.contains("carik.toml") && error.contains("nik_lama"), "{error}");
    let twice = text.replace("\"no_kk\", \"nik\"", "\"no_kk\", \"no_kk\", \"nik\"");
    assert!(twice != text, "the layout no longer holds what this test edits");
    let error = Layout::parse("carik.toml", &twice).unwrap_err().to_string();
    assert!(error.contains("no_kk") && error.contains("twice"), "{error}");
    let unknown = text.replace("[file.sex]", "[file.gender]");
    assert!(Layout::parse("carik.toml", &unknown).is_err(), "an unknown table is accepted");
}
