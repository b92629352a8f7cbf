//! Regions are found by name and code in both systems, whatever the spelling, best first.

use proptest::prelude::*;
use tepat::domain::{Level, RegionCode};
use tepat::regions::{Match, NameKey, RegionCatalog, SearchIndex};

fn index() -> &'static SearchIndex {
    SearchIndex::shared().unwrap()
}

fn first(typed: &str) -> String {
    index().find(typed).first().map_or("-".to_owned(), |hit| hit.code.to_string())
}

#[test]
fn a_region_is_found_however_it_is_spelled() {
    for (typed, expected) in [
        ("Lebak", "36.02"),
        ("KAB. LEBAK", "36.02"),
        ("kabupaten lebak", "36.02"),
        ("dki jakarta", "31"),
        ("Daerah Khusus Ibukota Jakarta", "31"),
        ("DKI", "31"),
        ("D.I. Yogyakarta", "34"),
        ("jogja", "34"),
        ("Kota Adm. Jakarta Pusat", "31.71"),
        ("jaksel", "31.74"),
        ("Djakarta Barat", "31.73"),
        ("Koedoes", "33.19"),
        ("Kota Serang", "36.73"),
        ("Kab. Serang", "36.04"),
        ("NTT", "53"),
        ("tangsel", "36.74"),
        ("fakfak", "92.03"),
        ("Tanggerang Selatan", "36.74"),
        ("yogyakrta", "34"),
    ] {
        assert_eq!(first(typed), expected, "{typed}");
    }
}

#[test]
fn codes_of_both_systems_and_of_earlier_years_are_found() {
    assert_eq!(first("36.02"), "36.02");
    assert_eq!(first("36.02.01.2002"), "36.02.01.2002");
    let codes = |typed: &str| -> Vec<String> {
        let exact = |how| how == Match::Code;
        let hits = index().find(typed).into_iter().filter(|hit| exact(hit.how));
        hits.map(|hit| hit.code.to_string()).collect()
    };
    assert_eq!(codes("1101"), ["11.01", "11.09"], "both readings of the trap");
    assert_eq!(codes("3173"), ["31.71", "31.73"]);
    assert_eq!(codes("91.01"), ["93.01"], "the code of Merauke before 2022");
    assert_eq!(codes("9101"), ["92.03", "93.01"], "BPS Fak Fak, and Merauke of before 2022");
    assert_eq!(codes("3602010006").len(), 1, "a desa by its BPS code");
}

#[test]
fn the_98_desa_called_sidomulyo_are_all_found_and_told_apart_by_what_is_around_them() {
    let hits = index().find("Sidomulyo");
    let catalog = RegionCatalog::shared().unwrap();
    let desa = hits.iter().filter(|hit| hit.how == Match::Name && hit.code.level() == Level::Desa);
    // As one word or as two: Sido Mulyo is the same name.
    assert_eq!(desa.clone().filter(|hit| catalog.name(hit.code) == "Sidomulyo").count(), 98);
    assert!(desa.count() > 98);
    let there = index().find("Sidomulyo, Kab. Kulon Progo");
    assert!(!there.is_empty() && there.len() < 5, "{there:?}");
    for hit in &there {
        let around = catalog.name(hit.code.ancestor(Level::Kabupaten));
        assert!(around.contains("Kulon"), "{around}");
    }
    let loose = index().find("sidomulyo kulon progo");
    assert_eq!(loose.first().map(|hit| hit.code), there.first().map(|hit| hit.code));
}

#[test]
fn whole_names_come_before_beginnings_and_upper_levels_before_lower_ones() {
    let hits = index().find("Serang");
    let order: Vec<_> = hits.iter().map(|hit| (hit.how, hit.code.level())).collect();
    assert!(order.is_sorted(), "{:?}", &order[..10.min(order.len())]);
    let whole: Vec<String> = hits.iter().take(2).map(|hit| hit.code.to_string()).collect();
    assert_eq!(whole, ["36.04", "36.73"]);
}

#[test]
fn another_spelling_is_named_where_it_is_what_fits() {
    let hit = index().find("Holuon").into_iter().next().unwrap();
    assert_eq!(hit.code.to_string(), "95.03.34");
    assert!(hit.spelling.is_some(), "{hit:?}");
}

#[test]
fn a_text_that_names_nothing_finds_nothing() {
    for typed in [
        "",
        " ",
        "q",
        "zzzzqqqq",
        "<script>",
        "%00",
        "....",
        "3273012345678901",
        "'; drop table",
        "🌴",
    ] {
        assert!(index().find(typed).is_empty(), "{typed}");
    }
}

#[test]
fn every_region_is_found_by_its_own_name() {
    let catalog = RegionCatalog::shared().unwrap();
    let sample = catalog.subtree(RegionCode::NATION).iter().skip(1).step_by(1511);
    for region in sample {
        let found = index().find(&region.name);
        assert!(found.iter().any(|hit| hit.code == region.code), "{} {}", region.code, region.name);
    }
}

#[test]
fn names_are_compared_without_case_marks_short_forms_and_old_letters() {
    let rules = NameKey::rules().unwrap();
    for (one, other) in [
        ("Ba'u", "BAU"),
        ("Tanjung Pandan", "Tg. Pandan"),
        ("Kota Bangun II", "Kota Bangun Ii"),
        ("Kota Bangun II", "KOTA BANGUN 2"),
        ("Sungai Penuh", "Sei Penuh"),
        ("Kepulauan Seribu", "Kep. Seribu"),
        ("Surabaya", "Soerabaya"),
        ("Cirebon", "Tjirebon"),
        ("Pulo Lon / Pulo Dayah", "PULO LON/PULO DAYAH"),
        ("Cemaga Utara (Singgang Bulan)", "Cemaga Utara Singgang Bulan"),
    ] {
        assert_eq!(rules.key(one).words(), rules.key(other).words(), "{one} / {other}");
    }
    assert_ne!(rules.key("Serang").words(), rules.key("Sarang").words());
    assert_eq!(rules.key("Kota Serang").kind(), Some("kota"));
    assert_eq!(rules.key("Kota").words(), "kota", "a kind alone is a name");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_text_is_answered_in_order_and_each_region_once(typed in "\\PC{0,60}") {
        let hits = index().find(&typed);
        let mut codes: Vec<RegionCode> = hits.iter().map(|hit| hit.code).collect();
        codes.sort_unstable();
        codes.dedup();
        prop_assert_eq!(codes.len(), hits.len());
        prop_assert!(hits.iter().map(|hit| hit.how).is_sorted());
    }
}
