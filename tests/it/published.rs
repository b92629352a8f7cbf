//! The published figures that the pages compare with, against the figures as printed and against
//! sums computed elsewhere.

use std::fs;

use tepat::domain::{Level, Period, RegionCode};
use tepat::figures::{Measure, Survey};
use tepat::regions::RegionCatalog;

use crate::rust_source::root;

fn code(text: &str) -> RegionCode {
    RegionCode::from_slug(text).unwrap()
}

fn march(year: u16) -> Period {
    Period { year, month: 3 }
}

fn figure(region: &str, measure: Measure, period: Period) -> f64 {
    let survey = Survey::shared().unwrap();
    survey
        .get(code(region), measure, period)
        .unwrap_or_else(|| panic!("{region} {measure:?}"))
        .value
}

#[test]
fn figures_are_those_that_bps_printed() {
    for (region, measure, expected) in [
        ("36.02", Measure::Headcount, 0.0868),
        ("36.02", Measure::Gap, 0.0173),
        ("36.02", Measure::Severity, 0.0051),
        ("36.02", Measure::PovertyLine, 419_066.0),
        ("36.02", Measure::PoorPersons, 114_540.0),
        ("36.02", Measure::ExtremeRate, 0.0179),
        ("36", Measure::Headcount, 0.0617),
        ("31", Measure::Headcount, 0.0444),
        ("ID", Measure::Headcount, 0.0936),
    ] {
        let found = figure(region, measure, march(2023));
        let close = (found - expected).abs() < 1e-9 * expected.max(1.0);
        assert!(close, "{region} {measure:?}: {found}, printed {expected}");
    }
}

#[test]
fn the_extreme_line_is_the_official_one_and_its_standard_is_named() {
    let survey = Survey::shared().unwrap();
    let line = survey.extreme_line(march(2023)).unwrap();
    assert!((line.rp_month - 351_957.4).abs() < 1e-9);
    assert!(line.standard.contains("1,90"), "{}", line.standard);
    let after_the_break = survey.extreme_line(march(2024)).unwrap();
    assert!(after_the_break.standard.contains("2,15"), "{}", after_the_break.standard);
    assert_eq!(survey.extreme_line(Period { year: 2023, month: 9 }), None);
}

#[test]
fn the_two_extreme_poverty_series_are_never_joined() {
    let survey = Survey::shared().unwrap();
    let nation = RegionCode::NATION;
    let old = survey.get(nation, Measure::ExtremeRate, march(2024)).unwrap().value;
    let new = survey.get(nation, Measure::ExtremeRate215, march(2024)).unwrap().value;
    assert!((old - 0.0083).abs() < 1e-9 && (new - 0.0126).abs() < 1e-9, "{old} {new}");
}

#[test]
fn a_figure_that_was_not_published_is_absent_and_not_zero() {
    let survey = Survey::shared().unwrap();
    // Four of Banten's eight have no published extreme-poverty rate in 2023.
    let banten = RegionCatalog::shared().unwrap().inside(code("36"), Level::Kabupaten);
    let published =
        banten.filter(|r| survey.get(r.code, Measure::ExtremeRate, march(2023)).is_some()).count();
    assert!((1..8).contains(&published), "{published}");
    assert!(survey.get(code("36.02.01"), Measure::Headcount, march(2023)).is_none());
}

#[test]
fn every_figure_names_its_source() {
    let survey = Survey::shared().unwrap();
    for region in RegionCatalog::shared().unwrap().subtree(RegionCode::NATION) {
        if region.code.level() > Level::Kabupaten {
            continue;
        }
        for measure in [Measure::Headcount, Measure::PovertyLine, Measure::ExtremeRate] {
            if let Some(figure) = survey.get(region.code, measure, march(2023)) {
                assert!(!figure.source.is_empty(), "{} {measure:?}", region.code);
            }
        }
    }
}

#[test]
fn the_latest_figure_is_never_one_of_the_future() {
    let survey = Survey::shared().unwrap();
    let lebak = code("36.02");
    let latest = survey.latest(lebak, Measure::Headcount, Period { year: 2023, month: 9 }).unwrap();
    assert_eq!(latest.period, march(2023));
    assert!(survey.latest(lebak, Measure::Headcount, march(2000)).is_none());
    let years: Vec<u16> =
        survey.series(lebak, Measure::Headcount).iter().map(|f| f.period.year).collect();
    assert_eq!(years, [2021, 2022, 2023, 2024, 2025]);
}

/// Poor persons and the headcount rebuilt from the kabupaten of a region: (poor, rate).
fn rebuilt(region: RegionCode, period: Period) -> Option<(f64, f64)> {
    let survey = Survey::shared().unwrap();
    let (mut poor, mut population) = (0.0, 0.0);
    for kabupaten in RegionCatalog::shared().unwrap().inside(region, Level::Kabupaten) {
        let number = survey.get(kabupaten.code, Measure::PoorPersons, period)?.value;
        let rate = survey.get(kabupaten.code, Measure::Headcount, period)?.value;
        poor += number;
        population += number / rate;
    }
    Some((poor, poor / population))
}

#[test]
fn the_kabupaten_figures_rebuild_the_published_province_and_national_rates() {
    let path = root().join("tests/data/reference_rollups.csv");
    let table = fs::read_to_string(path).unwrap();
    let mut compared = 0;
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |i: usize| fields[i].parse::<f64>().unwrap();
        let (region, period) = (code(fields[0]), march(fields[1].parse().unwrap()));
        let units = RegionCatalog::shared().unwrap().inside(region, Level::Kabupaten).count();
        assert_eq!(units.to_string(), fields[2], "kabupaten of {line}");
        let (poor, rate) = rebuilt(region, period).unwrap_or_else(|| panic!("gap in {line}"));
        // The reference is printed with two and three decimals.
        assert!((poor / 1000.0 - number(3)).abs() < 0.006, "{line}: {poor}");
        assert!((rate * 100.0 - number(4)).abs() < 0.0006, "{line}: {rate}");
        assert!((rate * 100.0 - number(5)).abs() < 0.015, "{line}: {rate}");
        let published = figure(fields[0], Measure::Headcount, period) * 100.0;
        assert!((published - number(5)).abs() < 1e-9, "{line}: {published}");
        compared += 1;
    }
    assert_eq!(compared, 177);
}
