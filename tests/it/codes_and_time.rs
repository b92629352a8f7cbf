//! Codes and time: what became of regions, figures of one vintage told for another, and files of
//! changes that users add.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tepat::domain::{Day, Level, RegionCode};
use tepat::regions::{History, Quality, Readings, RegionCatalog, read_changes};

fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn table() -> (&'static History, &'static RegionCatalog) {
    (History::shared().unwrap(), RegionCatalog::shared().unwrap())
}

fn counts(pairs: &[(&str, f64)]) -> BTreeMap<RegionCode, f64> {
    pairs.iter().map(|(text, value)| (code(text), *value)).collect()
}

/// The state of the codes before and after all changes of this build.
const BEFORE: &str = "2019-10-25";
const TODAY: &str = "2025-06-01";

#[test]
fn the_changes_of_this_build_pass_the_checks_that_users_changes_must_pass() {
    let (history, catalog) = table();
    let none = History::empty();
    let problem = none.with(history.changes(), catalog).err();
    let named = problem.as_ref().map(|p| (&history.changes()[p.index], &p.problem));
    assert!(problem.is_none(), "{named:#?}");
    assert!(history.changes().len() > 6_000, "{}", history.changes().len());
}

#[test]
fn every_change_leads_to_a_region_of_today() {
    let (history, catalog) = table();
    for change in history.changes() {
        for (code, part) in history.today(change.from) {
            assert!(catalog.get(code).is_some(), "{} leads to {code}", change.from);
            assert!(part > 0.0 && part <= 1.0 + 1e-9);
        }
    }
}

/// Poor persons in thousands, March 2021 (BPS table 619), in the four provinces of today that were
/// one, by kabupaten of 2021. Merauke 23.83, Boven Digoel 13.88, Mappi 26.36, Asmat 25.04 are the
/// parts of Papua Selatan.
#[test]
fn the_split_of_papua_moves_whole_kabupaten_and_so_counts_exactly() {
    let (history, catalog) = table();
    let of_2021 = counts(&[("91.01", 23.83), ("91.16", 13.88), ("91.17", 26.36), ("91.18", 25.04)]);
    let today = history.convert(&of_2021, day("2021-03-01"), day("2024-03-01"));
    let expected =
        counts(&[("93.01", 23.83), ("93.02", 13.88), ("93.03", 26.36), ("93.04", 25.04)]);
    let values: BTreeMap<_, _> = today.iter().map(|(code, e)| (*code, e.value)).collect();
    assert_eq!(values, expected);
    assert!(today.values().all(|e| e.quality == Quality::Exact && e.missing.is_empty()));
    assert!(history.stranded(&today, day("2024-03-01"), catalog).is_empty());
    // 23.83 + 13.88 + 26.36 + 25.04 = 89.11 for the new province.
    let south: f64 = today.values().map(|e| e.value).sum();
    assert!((south - 89.11).abs() < 1e-9);
    let back = history.convert(&values, day("2024-03-01"), day("2021-03-01"));
    let back: BTreeMap<_, _> = back.iter().map(|(code, e)| (*code, e.value)).collect();
    assert_eq!(back, of_2021, "there and back");
}

/// Only the sum of the old province is known: it is divided by registered persons, and says so.
/// Registered 2024: Papua 1,102,360, Selatan 562,220, Tengah 1,369,112, Pegunungan 1,470,518, in
/// all 4,504,210. Of 920,440 poor persons Selatan gets 920,440 × 562,220 / 4,504,210 = 114,890.2.
#[test]
fn a_province_of_2021_is_divided_by_population_on_the_map_of_2024_and_sums_up_again() {
    let (history, _) = table();
    let of_2021 = counts(&[("91", 920_440.0)]);
    let split = history.convert(&of_2021, day("2021-03-01"), day("2024-03-01"));
    assert_eq!(split.keys().map(ToString::to_string).collect::<Vec<_>>(), ["91", "93", "94", "95"]);
    let south = &split[&code("93")];
    assert!((south.value - 920_440.0 * 562_220.0 / 4_504_210.0).abs() < 1e-6);
    assert!((south.value - 114_890.2).abs() < 0.1, "{}", south.value);
    assert!(matches!(&south.quality, Quality::Estimated(by) if by.len() == 1));
    let values: BTreeMap<_, _> = split.iter().map(|(code, e)| (*code, e.value)).collect();
    let back = history.convert(&values, day("2024-03-01"), day("2021-03-01"));
    assert_eq!(back.len(), 1);
    let papua = &back[&code("91")];
    assert!((papua.value - 920_440.0).abs() < 1e-6);
    assert_eq!(papua.quality, Quality::Exact, "summing divides nothing");
}

#[test]
fn a_parent_with_a_child_that_has_no_figure_says_so() {
    let (history, _) = table();
    let today = counts(&[("91", 152.91), ("93", 92.2), ("94", 308.48)]);
    let old = history.convert(&today, day("2024-03-01"), day("2021-03-01"));
    let papua = &old[&code("91")];
    assert_eq!(papua.missing, [code("95")].into());
    assert!((papua.value - 553.59).abs() < 1e-9);
}

const SPLITS: &str = "\
tanggal,dari,nama_dari,ke,bagian,bagian_balik,dasar,sumber
2026-02-01,36.02.01.2005,,36.02.01.2005,0.6,1,keluarga,contoh
2026-02-01,36.02.01.2005,,36.02.01.2002,0.4,300/800,keluarga,contoh
2026-02-01,36.02.01.2002,,36.02.01.2002,1,500/800,luas,contoh
2026-03-01,36.02.01.2003,,36.02.01.2003,3/4,1,luas,contoh
2026-03-01,36.02.01.2003,,36.02.01.2088,1/4,1,luas,contoh
2026-04-01,36.02.01.2088,Contoh Baru,36.02.01.2004,1,250/1000,penduduk,contoh
2026-04-01,36.02.01.2004,,36.02.01.2004,1,750/1000,penduduk,contoh
";

/// Three desa splits, worked by hand.
///
/// 1. On 1 February 2005 gives 40 % of its households to 2002. 2005 had 750 families, 2002 had
///    500: 2005 keeps 750 × 0.6 = 450, 2002 gets 750 × 0.4 = 300 and has 500 + 300 = 800.
/// 2. On 1 March a quarter of the area of 2003 becomes 2088: of 1,000 families 750 stay and 250 go.
/// 3. On 1 April 2088 joins 2004, which had 750: 250 + 750 = 1,000.
///
/// The way back: 2004 gives 1,000 × 250/1,000 = 250 to 2088, which returns to 2003: 750 + 250 =
/// 1,000; 2002 gives 800 × 300/800 = 300 back to 2005: 450 + 300 = 750, and keeps 500.
#[test]
fn three_desa_splits_give_the_numbers_of_hand() {
    let (history, catalog) = table();
    let changes = read_changes("pemekaran.csv", SPLITS, history, catalog).unwrap();
    let history = history.with(&changes, catalog).unwrap();
    let before = counts(&[
        ("36.02.01.2005", 750.0),
        ("36.02.01.2002", 500.0),
        ("36.02.01.2003", 1000.0),
        ("36.02.01.2004", 750.0),
    ]);
    let after = history.convert(&before, day("2026-01-01"), day("2026-12-01"));
    let values: BTreeMap<_, _> = after.iter().map(|(code, e)| (*code, e.value)).collect();
    let expected = counts(&[
        ("36.02.01.2005", 450.0),
        ("36.02.01.2002", 800.0),
        ("36.02.01.2003", 750.0),
        ("36.02.01.2004", 1000.0),
    ]);
    assert_eq!(values, expected);
    assert!(after.values().all(|e| e.quality != Quality::Exact));
    let between = history.convert(&before, day("2026-01-01"), day("2026-03-15"));
    assert!((between[&code("36.02.01.2088")].value - 250.0).abs() < 1e-9);
    let back = history.convert(&values, day("2026-12-01"), day("2026-01-01"));
    let back: BTreeMap<_, _> = back.iter().map(|(code, e)| (*code, e.value)).collect();
    assert_eq!(back, before);
}

/// A rate moves through its numerator and denominator. 100 of 1,000 and 300 of 1,500 are 10 % and
/// 20 %; merged they are 400 of 2,500 = 16 %, not the 15 % of their average.
#[test]
fn a_rate_is_never_averaged() {
    let (history, catalog) = table();
    let text = "tanggal,dari,ke,bagian,bagian_balik,dasar\n\
        2026-02-01,36.02.01.2005,36.02.01.2005,1,0.4,penduduk\n\
        2026-02-01,36.02.01.2002,36.02.01.2005,1,0.6,penduduk\n";
    let changes = read_changes("gabung.csv", text, history, catalog).unwrap();
    let history = history.with(&changes, catalog).unwrap();
    let rates = history.convert_rates(
        &BTreeMap::from([
            (code("36.02.01.2005"), (100.0, 1000.0)),
            (code("36.02.01.2002"), (300.0, 1500.0)),
        ]),
        day("2026-01-01"),
        day("2026-06-01"),
    );
    assert_eq!(rates.len(), 1);
    assert!((rates[&code("36.02.01.2005")].value - 0.16).abs() < 1e-12);
}

#[test]
fn a_file_of_changes_with_a_fault_is_refused_by_row_and_column() {
    let (history, catalog) = table();
    let head = "tanggal,dari,nama_dari,ke,bagian,bagian_balik,dasar\n";
    let cases: &[(&str, &str)] = &[
        (
            "2026-02-01,36.02.01.2999,,36.02.01.2005,1,1,\n",
            "row 2, column dari: 36.02.01.2999 is neither",
        ),
        (
            "2026-02-01,36.02.01.2005,,36.02.01.2999,1,1,\n",
            "row 2, column ke: 36.02.01.2999 is not in",
        ),
        ("2026-02-01,3602012001,,36.02.01.2002,1,1,\n", "row 2, column dari"),
        ("2026-02-31,36.02.01.2005,,36.02.01.2002,1,1,\n", "row 2, column tanggal"),
        (
            "2026-02-01,36.02.01,,36.02.01.2002,1,1,\n",
            "row 2, column ke: 36.02.01.2002 is not of the level",
        ),
        ("2026-02-01,36.02.01.2005,,36.02.01.2005,1.4,1,luas\n", "row 2, column bagian: '1.4'"),
        ("2026-02-01,36.02.01.2005,,36.02.01.2005,0.7,1,luas\n", "row 2, column bagian: the parts"),
        ("2026-02-01,36.02.01.2005,,36.02.01.2005,0.7,1,\n", "row 2, column dasar"),
        ("2026-02-01,36.02.01.2005,,36.02.01.2005,0.7,1,angin\n", "row 2, column dasar"),
        (
            "2026-02-01,36.02.01.2005,,36.02.01.2002,1,1,\n2026-02-01,36.02.01.2002,,36.02.01.2005,1,1,\n",
            "column ke: on 2026-02-01 36.02.01.2002 leads back to itself",
        ),
        (
            "2026-02-01,36.02.01.2005,,36.02.01.2002,1,1,\n",
            "row 2, column ke: 36.02.01.2002 already stands for a region",
        ),
        (
            "2026-02-01,36.02.01.2005,,36.02.01.2088,1,1,\n2026-03-01,36.02.01.2005,,36.02.01.2088,1,1,\n2026-04-01,36.02.01.2088,,36.02.01.2005,1,1,\n",
            "row 3, column dari: 36.02.01.2005 had already ended",
        ),
        (
            "2026-02-01,36.02.01.2005,,36.02.01.2002,1,,\n2026-02-01,36.02.01.2002,,36.02.01.2002,1,,\n",
            "row 2, column bagian_balik: 36.02.01.2002 has several",
        ),
        (
            "2026-02-01,36.02.01.2005,,36.02.01.2002,1,0.5,luas\n2026-02-01,36.02.01.2002,,36.02.01.2002,1,0.6,luas\n",
            "row 3, column bagian_balik: the origins of 36.02.01.2002",
        ),
        ("", "there is no change in it"),
    ];
    for (rows, expected) in cases {
        let text = format!("{head}{rows}");
        let error = read_changes("p.csv", &text, history, catalog).unwrap_err().to_string();
        assert!(error.starts_with("p.csv") && error.contains(expected), "{rows}\n{error}");
    }
    let missing = read_changes("p.csv", "tanggal,dari,ke\n", history, catalog).unwrap_err();
    assert!(missing.to_string().contains("column bagian"), "{missing}");
}

#[test]
fn changes_in_toml_are_the_same_as_in_csv() {
    let (history, catalog) = table();
    let toml = "[[change]]\ntanggal = \"2026-03-01\"\ndari = \"36.02.01.2003\"\nke = \"36.02.01.2003\"\nbagian = 0.75\ndasar = \"luas\"\n\n[[change]]\ntanggal = \"2026-03-01\"\ndari = \"36.02.01.2003\"\nke = \"36.02.01.2004\"\nbagian = \"1/4\"\nbagian_balik = \"1/5\"\ndasar = \"luas\"\n\n[[change]]\ntanggal = \"2026-03-01\"\ndari = \"36.02.01.2004\"\nke = \"36.02.01.2004\"\nbagian = 1\nbagian_balik = \"4/5\"\ndasar = \"luas\"\n";
    let changes = read_changes("p.toml", toml, history, catalog).unwrap();
    assert_eq!(changes.len(), 3);
    assert!((changes[1].share.value() - 0.25).abs() < 1e-12);
    let broken = read_changes("p.toml", &toml.replace("0.75", "0.8"), history, catalog);
    let error = broken.unwrap_err().to_string();
    assert!(error.contains("row 2, column bagian"), "{error}");
}

#[test]
fn a_code_of_before_2022_is_read_as_what_it_is_now() {
    let (history, catalog) = table();
    let merauke = Readings::of("91.01", catalog, history);
    assert_eq!(merauke.kemendagri, None);
    assert_eq!(merauke.former, Some((code("91.01"), BTreeMap::from([(code("93.01"), 1.0)]))));
    // Kurulu was 91.02.03; the number 03 went to another kecamatan when Papua was renumbered.
    let kurulu = Readings::of("91.02.03", catalog, history);
    let now = *kurulu.former.unwrap().1.keys().next().unwrap();
    assert_eq!(catalog.name(now), "Kurulu");
    // 96.04 is Tambrauw, but was Sorong Selatan for a while.
    let reused = Readings::of("96.04", catalog, history);
    assert_eq!(reused.kemendagri, Some(code("96.04")));
    assert_eq!(reused.former.map(|f| f.1), Some(BTreeMap::from([(code("96.02"), 1.0)])));
}

#[test]
fn digits_that_mean_two_regions_are_given_with_both() {
    let (history, catalog) = table();
    let both = Readings::of("1101", catalog, history);
    assert!(both.is_trap());
    assert_eq!(catalog.name(both.kemendagri.unwrap()), "Kabupaten Aceh Selatan");
    assert_eq!(catalog.name(both.bps.unwrap()), "Kabupaten Simeulue");
    let same = Readings::of("3602", catalog, history);
    assert!(!same.is_trap() && same.kemendagri == same.bps);
    assert!(Readings::of("3602x", catalog, history).is_empty());
}

#[test]
fn a_code_says_when_it_stood_for_a_region() {
    let (history, catalog) = table();
    let spans = |text: &str| history.validity(code(text), catalog);
    let split = day("2022-07-25");
    let old = spans("91.01");
    assert_eq!((old.len(), old[0].from, old[0].until), (1, None, Some(split)));
    let new = spans("93.01");
    assert_eq!((new.len(), new[0].from, new[0].until), (1, Some(split), None));
    let papua = spans("91");
    assert_eq!(papua.len(), 2, "before and after the split: {papua:?}");
    assert_eq!((papua[0].until, papua[1].from), (Some(split), Some(split)));
    assert!(spans("36.02")[0].holds(day("1990-01-01")));
    assert!(spans("99.99").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is divided and put together, the sum stays.
    #[test]
    fn conversion_keeps_the_total(seed in prop::collection::vec(0.0_f64..1e6, 40), skip in 1_usize..200) {
        let (history, catalog) = table();
        let old = former_state(history, catalog);
        let given: BTreeMap<RegionCode, f64> =
            old.iter().step_by(skip).zip(seed.iter().cycle()).map(|(c, v)| (*c, *v)).collect();
        let total: f64 = given.values().sum();
        let there = history.convert(&given, day(BEFORE), day(TODAY));
        let sum: f64 = there.values().map(|e| e.value).sum();
        prop_assert!((sum - total).abs() <= 1e-9 * total.max(1.0));
        let values: BTreeMap<_, _> = there.iter().map(|(c, e)| (*c, e.value)).collect();
        let back = history.convert(&values, day(TODAY), day(BEFORE));
        let sum: f64 = back.values().map(|e| e.value).sum();
        prop_assert!((sum - total).abs() <= 1e-9 * total.max(1.0));
    }

    /// Where only whole regions move, the way back undoes the way there.
    #[test]
    fn whole_regions_come_back_as_they_went(seed in prop::collection::vec(0.0_f64..1e6, 40), skip in 1_usize..50) {
        let (history, catalog) = table();
        let whole: Vec<RegionCode> = former_state(history, catalog)
            .into_iter()
            .filter(|c| c.level() == Level::Desa || c.level() == Level::Kabupaten)
            .collect();
        let given: BTreeMap<RegionCode, f64> =
            whole.iter().step_by(skip).zip(seed.iter().cycle()).map(|(c, v)| (*c, *v)).collect();
        let there = history.convert(&given, day(BEFORE), day(TODAY));
        prop_assert!(there.values().all(|e| e.quality == Quality::Exact));
        let values: BTreeMap<_, _> = there.iter().map(|(c, e)| (*c, e.value)).collect();
        let back = history.convert(&values, day(TODAY), day(BEFORE));
        let back: BTreeMap<_, _> = back.iter().map(|(c, e)| (*c, e.value)).collect();
        prop_assert_eq!(back, given);
    }

    /// Any text is a file of changes or a fault with words, never a panic.
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}", rows in prop::collection::vec("[0-9.,/a-z-]{0,60}", 0..6)) {
        let (history, catalog) = table();
        let _ = read_changes("p.toml", &text, history, catalog);
        let body = format!("tanggal,dari,ke,bagian,bagian_balik,dasar\n{}", rows.join("\n"));
        let _ = read_changes("p.csv", &body, history, catalog);
        let _ = read_changes("p.csv", &text, history, catalog);
    }
}

/// Every code that stood for a region before the changes of this build.
fn former_state(history: &History, catalog: &RegionCatalog) -> Vec<RegionCode> {
    let mut codes: Vec<RegionCode> = history
        .changes()
        .iter()
        .map(|change| change.from)
        .filter(|code| history.validity(*code, catalog).iter().any(|v| v.holds(day(BEFORE))))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
