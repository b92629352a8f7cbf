//! What cleaning makes of names, dates, codes and faults.

use proptest::prelude::*;
use tepat::clean::{FamilyKey, IssueLog, RegionFault, parse_date, resolve_region, standardise};
use tepat::domain::CodeSystem;
use tepat::regions::RegionCatalog;
use tepat::sources::layout::DateForm;

#[test]
fn variants_of_one_name_are_standardised_to_one() {
    for (variants, standard) in [
        (
            &["Muhammad Ali", "MOHAMAD  ALI", "Muh. Ali", "H. Moch Ali, S.Pd.I", "mochamad ali"][..],
            "MUHAMMAD ALI",
        ),
        (&["Soekarno", "SUKARNO", "Ir. Soekarno"], "SUKARNO"),
        (&["Djoko Tjahjono", "JOKO CAHJONO"], "JOKO CAHJONO"),
        (
            &["Siti Aminah binti Ahmad", "SITTI AMINAH ACHMAD", "Hj. Siti Aminah Akhmad"],
            "SITI AMINAH AHMAD",
        ),
        (&["Ma'ruf", "Ma’ruf", "MARUF"], "MARUF"),
        (&["Dr. H. Abd. Rahman, M.Si", "Abdul Rahman"], "ABDUL RAHMAN"),
    ] {
        for name in variants {
            assert_eq!(standardise(name), standard, "{name}");
        }
    }
}

#[test]
fn a_date_is_read_in_the_form_of_its_layout_and_an_impossible_one_is_not() {
    let iso = |text: &str| parse_date(text, DateForm::Iso).map(|d| (d.year(), d.month(), d.day()));
    let dmy = |text: &str| parse_date(text, DateForm::Dmy).map(|d| (d.year(), d.month(), d.day()));
    assert_eq!(iso("2001-12-31"), Some((2001, 12, 31)));
    assert_eq!(dmy("31/12/2001"), Some((2001, 12, 31)));
    assert_eq!(dmy("31-12-2001 00:00:00"), Some((2001, 12, 31)));
    assert_eq!(dmy("2001-12-31"), Some((2001, 12, 31)), "four digits can only be the year");
    for text in [
        "",
        "0000-00-00",
        "31/02/2001",
        "31/12/01",
        "12/31/2001",
        "2001-12",
        "1-2-3-4",
        "٣١/12/2001",
    ] {
        assert_eq!(dmy(text), None, "{text}");
    }
}

#[test]
fn a_code_of_the_other_system_is_told_apart_and_never_accepted() {
    let catalog = RegionCatalog::shared().unwrap();
    let kemendagri = |text: &str| resolve_region(text, CodeSystem::Kemendagri, catalog);
    let bps = |text: &str| resolve_region(text, CodeSystem::Bps, catalog);
    assert_eq!(kemendagri("36.01.01.2001").unwrap().to_string(), "36.01.01.2001");
    assert_eq!(bps("3601010007").unwrap().to_string(), "36.01.01.2001");
    assert_eq!(kemendagri("3601010007"), Err(RegionFault::OtherSystem));
    assert_eq!(kemendagri("1101"), Err(RegionFault::OtherSystem), "Simeulue or Aceh Selatan?");
    assert_eq!(bps("36.01.01.2001"), Err(RegionFault::OtherSystem));
    assert_eq!(kemendagri("36.01"), Err(RegionFault::Unknown), "a desa is due");
    assert_eq!(kemendagri("36.01.01.2999"), Err(RegionFault::Unknown));
    assert_eq!(kemendagri(""), Err(RegionFault::Missing));
}

#[test]
fn a_family_key_tells_apart_what_is_cut_differently() {
    let key = |parts: &[&str]| FamilyKey::from_parts(parts.iter().copied());
    assert_ne!(key(&["1", "12"]), key(&["11", "2"]));
    assert_ne!(key(&["36", "01"]), key(&["36", "1"]));
    assert_ne!(key(&["A", "1"]), key(&["B", "1"]));
    assert_eq!(key(&["36", "01", "x"]), key(&["36", "01", "x"]));
    assert_eq!(key(&["", ""]), None);
}

proptest! {
    #[test]
    fn standardising_twice_changes_nothing_more(name in "\\PC{0,40}") {
        let once = standardise(&name);
        prop_assert_eq!(standardise(&once), once.clone());
    }

    #[test]
    fn no_text_makes_the_date_or_code_parsers_panic(text in "\\PC{0,30}") {
        let _ = parse_date(&text, DateForm::Iso);
        let _ = parse_date(&text, DateForm::Dmy);
        let catalog = RegionCatalog::shared().unwrap();
        let _ = resolve_region(&text, CodeSystem::Bps, catalog);
        let _ = resolve_region(&text, CodeSystem::Kemendagri, catalog);
    }

    #[test]
    fn a_tally_does_not_depend_on_the_order_or_the_grouping_of_its_rows(
        mut rows in proptest::collection::vec(1_u64..500, 1..60),
        cut in 0_usize..60,
    ) {
        let tally = |rows: &[u64]| {
            let mut log = IssueLog::default();
            rows.iter().for_each(|row| log.set_aside("x", "c", *row));
            log
        };
        let whole = tally(&rows);
        rows.reverse();
        let (a, b) = rows.split_at(cut.min(rows.len()));
        let mut merged = tally(a);
        merged.merge(tally(b));
        prop_assert_eq!(whole.rows_set_aside(), merged.rows_set_aside());
        let (whole, merged) = (whole.into_counts().0, merged.into_counts().0);
        prop_assert_eq!(whole[0].rows, rows.len() as u64);
        prop_assert_eq!(whole, merged);
    }
}
