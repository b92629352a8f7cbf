//! Tests of room `labels`.

use proptest::prelude::*;
use tepat::disclosure::{Cell, Release};
use tepat::domain::{IdentityFault, IndicatorId, Level, Period, Registry};
use tepat::labels::{self, Direction};

use crate::fixture::{programmes, release, snapshot};

/// What an Indonesian reader understands: points group, the comma parts.
fn read(text: &str) -> f64 {
    text.replace('.', "").replace(',', ".").replace('\u{2212}', "-").parse().unwrap()
}

fn well_grouped(whole: &str) -> bool {
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3)
}

proptest! {
    #[test]
    fn integers_read_back_as_themselves(n in any::<u64>()) {
        let text = labels::integer(n);
        prop_assert!(well_grouped(&text), "{text}");
        prop_assert_eq!(text.replace('.', "").parse::<u64>().unwrap(), n);
    }

    #[test]
    fn decimals_read_back_within_half_a_digit(v in -1e12..1e12_f64, digits in 0_usize..5) {
        let text = labels::decimal(v, digits);
        let whole = text.trim_start_matches('\u{2212}').split(',').next().unwrap();
        prop_assert!(well_grouped(whole), "{}", text);
        let half = 0.5 * 10_f64.powi(-(digits as i32)) + v.abs() * 1e-15;
        prop_assert!((read(&text) - v).abs() <= half, "{v} became {text}");
        prop_assert_eq!(text.split(',').nth(1).unwrap_or_default().len(), digits);
    }

    #[test]
    fn any_code_has_readable_words(code in "[a-z]{1,8}(_[a-z]{1,8}){0,3}|\\PC{0,12}") {
        let words = labels::issue(&code);
        prop_assert!(!words.contains('_'));
        prop_assert_eq!(words.is_empty(), code.is_empty());
    }
}

#[test]
fn numbers_are_written_as_indonesians_write_them() {
    assert_eq!(labels::integer(1_234_567), "1.234.567");
    assert_eq!(labels::integer(0), "0");
    assert_eq!(labels::integer(999), "999");
    assert_eq!(labels::decimal(1234.5, 1), "1.234,5");
    assert_eq!(labels::decimal(-0.001, 2), "0,00");
    assert_eq!(labels::decimal(-1234.5, 1), "\u{2212}1.234,5");
    assert_eq!(labels::decimal(f64::NAN, 2), "–");
    assert_eq!(labels::percent(0.0903, 2), "9,03\u{a0}%");
    assert_eq!(labels::rupiah(351_957.0), "Rp351.957");
    assert_eq!(labels::rupiah(-1500.0), "\u{2212}Rp1.500");
    assert_eq!(labels::points(0.0035), "+0,35\u{a0}poin persen");
    assert_eq!(labels::points(-0.0035), "\u{2212}0,35\u{a0}poin persen");
    assert_eq!(labels::points(0.000_001), "0,00\u{a0}poin persen");
}

#[test]
fn months_and_times_are_in_words() {
    assert_eq!(labels::period(Period { year: 2023, month: 3 }), "Maret 2023");
    assert_eq!(labels::timestamp("2026-11-21T02:15:00Z"), "21 November 2026, 02.15 UTC");
    assert_eq!(labels::timestamp("2026-11-21T06:15:00+07:00"), "20 November 2026, 23.15 UTC");
    assert_eq!(labels::timestamp("kemarin"), "kemarin");
}

#[test]
fn every_measure_has_all_its_words() {
    let set = programmes();
    let mut names = Vec::new();
    for id in IndicatorId::all(&set) {
        let words = labels::indicator(id, &set);
        assert!(words.definition.ends_with('.'), "{id:?}: {}", words.definition);
        assert!(!words.definition.contains(".."), "{id:?}: {}", words.definition);
        assert!(words.short.chars().count() <= 32, "{id:?}: {}", words.short);
        assert!(!words.formula.is_empty() && !words.unit.is_empty());
        assert!(!names.contains(&words.name), "{id:?} shares its name");
        names.push(words.name);
    }
    let direction = |id| labels::indicator(id, &set).direction;
    assert_eq!(direction(IndicatorId::ExtremeRate), Direction::HigherIsWorse);
    assert_eq!(direction(IndicatorId::Coverage(0)), Direction::HigherIsBetter);
    assert_eq!(direction(IndicatorId::Population), Direction::Neutral);
    // An index that the set does not hold is no reason to fall.
    assert_eq!(labels::indicator(IndicatorId::Coverage(200), &set).unit, "%");
}

#[test]
fn a_value_is_written_as_its_measure_demands() {
    let v = |id, value| labels::value(id, Cell::Value(value));
    assert_eq!(v(IndicatorId::ExtremePersons, 1234.0), "1.234");
    assert_eq!(v(IndicatorId::ExtremeRate, 0.0903), "9,03\u{a0}%");
    assert_eq!(v(IndicatorId::Gap, 0.0173), "1,73");
    assert_eq!(v(IndicatorId::MatchRate, 0.8768), "87,7\u{a0}%");
    assert_eq!(labels::value(IndicatorId::Gap, Cell::NoData), "tidak ada data");
    assert_eq!(labels::value(IndicatorId::Gap, Cell::Suppressed), "dirahasiakan");
}

#[test]
fn every_identity_fault_has_words_for_both_numbers() {
    for fault in IdentityFault::ALL {
        let nik = labels::issue(&format!("nik_{}", fault.slug()));
        let kk = labels::issue(&format!("card_{}", fault.slug()));
        assert!(nik.starts_with("NIK ") && kk.starts_with("Nomor KK "), "{nik} / {kk}");
        // The English slug must not shine through.
        assert!(!nik.contains(fault.slug()), "{nik}");
    }
    assert_eq!(labels::issue("something_new"), "Something new");
}

#[test]
fn levels_registries_and_names_are_spoken() {
    assert_eq!(labels::level(Level::Kabupaten), "kabupaten/kota");
    for registry in Registry::ALL {
        assert!(!labels::registry(registry).is_empty());
        assert!(!labels::registry_title(registry).is_empty());
    }
    assert_eq!(labels::short_name("Kabupaten Lebak"), "Kab. Lebak");
    assert_eq!(labels::short_name("Kota Serang"), "Kota Serang");
    assert_eq!(labels::short_name("Kota Administrasi Jakarta Pusat"), "Jakarta Pusat");
    assert_eq!(labels::short_name("Kabupaten Administrasi Kepulauan Seribu"), "Kep. Seribu");
}

#[test]
fn the_origin_of_a_figure_names_all_that_it_rests_on() {
    let pairs = labels::provenance(&release());
    let text: String = pairs.iter().map(|(l, v)| format!("{l}: {v}\n")).collect();
    for part in [
        "Regsosek",
        "Maret 2023",
        "Rp351.957",
        "US$1,90 PPP 2011",
        "Kepmendagri",
        "Kemendagri",
        "0123456789abcdef",
        "21 November 2026",
        "batas indikatif",
        "Data sintetis",
    ] {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let mut real = snapshot();
    real.manifest.synthetic = false;
    assert!(!labels::provenance(&Release::open(real)).iter().any(|(_, v)| v.contains("sintetis")));
}

#[test]
fn how_a_model_was_trained_is_said_in_indonesian() {
    let counted = "counted on 12345 persons whose NIK both sides hold, NIK damaged for the purpose; \
                   u on 1000000 random pairs and on pairs of one birth date";
    assert!(labels::trained(counted).starts_with("dihitung pada 12.345 orang"));
    let estimated = "expectation-maximisation without labels on 1000 x 500 records, seed 42";
    let said = labels::trained(estimated);
    assert_eq!(said, "ekspektasi-maksimisasi tanpa label atas 1.000 × 500 baris, benih 42");
    assert_eq!(labels::trained("EM atas pasangan uji"), "EM atas pasangan uji");
}
