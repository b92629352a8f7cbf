//! Laws of the domain types, held against generated values.

use proptest::prelude::*;
use tepat::domain::{
    BirthDate, BpsCode, CodeError, FIXED_POINT, FamilyCard, IdentityFault, Level, Nik, Period,
    ProgrammeCounts, RegionCode, RegionCounts, Registry, RegistryCounts, Sex,
};

/// Any well-formed code of any level, the nation included.
fn region_code() -> impl Strategy<Value = RegionCode> {
    (11_u64..=99, 1_u64..=99, 1_u64..=99, 1000_u64..=9999, 0_usize..5).prop_map(
        |(prov, kab, kec, desa, level)| {
            let full = ((prov * 100 + kab) * 100 + kec) * 10_000 + desa;
            RegionCode::from_packed(full).unwrap().ancestor(Level::ALL[level])
        },
    )
}

fn region_counts(programmes: usize) -> impl Strategy<Value = RegionCounts> {
    let width = RegionCounts::columns(programmes).len();
    prop::collection::vec(0_u64..1_000_000 * FIXED_POINT, width)
        .prop_map(move |values| RegionCounts::from_values(&values, programmes).unwrap())
}

/// Sixteen digits in the shape of a NIK: place, date (day + 40 for women), serial.
fn well_formed_nik() -> impl Strategy<Value = (String, BirthDate, Sex)> {
    (
        11_u32..=99,
        1_u32..=99,
        1_u32..=99,
        1_u8..=28,
        1_u8..=12,
        1930_u16..=2023,
        1_u32..=9999,
        any::<bool>(),
    )
        .prop_map(|(prov, kab, kec, day, month, year, serial, woman)| {
            let code = day + if woman { 40 } else { 0 };
            let text =
                format!("{prov}{kab:02}{kec:02}{code:02}{month:02}{:02}{serial:04}", year % 100);
            let sex = if woman { Sex::Female } else { Sex::Male };
            (text, BirthDate::new(year, month, day).unwrap(), sex)
        })
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

proptest! {
    #[test]
    fn a_region_code_reads_back_from_its_text_and_its_packed_form(code in region_code()) {
        prop_assert_eq!(RegionCode::from_slug(&code.to_string()), Ok(code));
        prop_assert_eq!(RegionCode::from_packed(code.packed()), Some(code));
        let json = serde_json::to_string(&code).unwrap();
        prop_assert_eq!(serde_json::from_str::<RegionCode>(&json).unwrap(), code);
    }

    #[test]
    fn a_text_that_parses_as_a_region_code_is_that_codes_own_text(text in "[0-9.ID]{0,16}|\\PC{0,20}") {
        if let Ok(code) = RegionCode::from_slug(&text) {
            prop_assert_eq!(code.to_string(), text);
        }
    }

    #[test]
    fn a_packed_number_is_a_code_only_where_its_text_is_one(packed in any::<u64>().prop_map(|n| n % 20_000_000_000)) {
        if let Some(code) = RegionCode::from_packed(packed) {
            prop_assert_eq!(RegionCode::from_slug(&code.to_string()), Ok(code));
        }
    }

    #[test]
    fn a_parent_is_one_level_up_holds_its_child_and_sorts_before_it(code in region_code()) {
        match code.parent() {
            None => prop_assert_eq!(code, RegionCode::NATION),
            Some(parent) => {
                prop_assert_eq!(parent.level().child(), Some(code.level()));
                prop_assert!(parent.contains(code) && !code.contains(parent));
                prop_assert!(parent < code);
                prop_assert_eq!(code.ancestor(parent.level()), parent);
            }
        }
        prop_assert!(code.contains(code) && RegionCode::NATION.contains(code));
    }

    #[test]
    fn containing_is_the_prefix_of_the_dotted_text(a in region_code(), b in region_code()) {
        let prefix = a == RegionCode::NATION
            || format!("{b}.").starts_with(&format!("{a}."));
        prop_assert_eq!(a.contains(b), prefix);
    }

    #[test]
    fn the_regions_inside_one_are_neighbours_in_order(a in region_code(), b in region_code(), c in region_code()) {
        let mut three = [a, b, c];
        three.sort();
        let [low, mid, high] = three;
        for outer in [a, b, c] {
            if outer.contains(low) && outer.contains(high) {
                prop_assert!(outer.contains(mid));
            }
        }
    }

    #[test]
    fn a_bps_code_reads_back_and_a_bare_number_is_never_a_region_code(digits in "[1-9][0-9]{1,9}") {
        if let Ok(code) = digits.parse::<BpsCode>() {
            prop_assert_eq!(code.to_string(), digits.clone());
        }
        if digits.len() > 2 {
            prop_assert_eq!(digits.parse::<RegionCode>(), Err(CodeError::Undotted(digits)));
        }
    }

    #[test]
    fn no_text_makes_the_identity_parsers_panic_or_repeat_its_digits(text in "\\PC{0,40}|[0-9OoEe+,.' ]{0,20}|[0-9]{16}") {
        match Nik::parse(&text) {
            Ok(nik) => {
                let shown = format!("{nik:?} {nik}");
                prop_assert!(!has_digit(&shown));
                prop_assert_eq!(format!("{:016}", nik.expose()), text.trim().trim_start_matches('\'').trim());
            }
            Err(fault) => prop_assert!(!has_digit(fault.slug())),
        }
        if let Ok(card) = FamilyCard::parse(&text) {
            let shown = format!("{card:?} {card}");
            prop_assert!(!has_digit(&shown));
        }
    }

    #[test]
    fn a_well_formed_nik_tells_sex_and_birth_date((text, birth, sex) in well_formed_nik()) {
        let nik = Nik::parse(&text).unwrap();
        prop_assert_eq!(nik.sex(), sex);
        prop_assert!(nik.agrees_with_birth(birth));
        let other = if birth.day() == 1 { 2 } else { 1 };
        prop_assert!(!nik.agrees_with_birth(BirthDate::new(birth.year(), birth.month(), other).unwrap()));
        prop_assert_eq!(Nik::parse(&format!(" '{text} ")), Ok(nik), "an apostrophe is not part of it");
        let shown = format!("{birth:?}");
        prop_assert!(!has_digit(&shown));
    }

    #[test]
    fn a_spreadsheet_leaves_no_identity((text, _, _) in well_formed_nik()) {
        let number: f64 = text.parse().unwrap();
        let scientific = format!("{number:.5E}").replace('E', "E+");
        prop_assert_eq!(Nik::parse(&scientific), Err(IdentityFault::Spreadsheet));
        prop_assert_eq!(Nik::parse(&scientific.replace('.', ",")), Err(IdentityFault::Spreadsheet));
        prop_assert_eq!(Nik::parse(&format!("{}O", &text[..15])), Err(IdentityFault::Letter));
        let rounded = format!("{}0000", &text[..12]);
        prop_assert_eq!(Nik::parse(&rounded), Err(IdentityFault::Rounded));
    }

    #[test]
    fn counts_read_back_from_their_values(counts in region_counts(10)) {
        let values = counts.values();
        prop_assert_eq!(values.len(), RegionCounts::columns(10).len());
        prop_assert_eq!(RegionCounts::from_values(&values, 10), Some(counts));
        prop_assert_eq!(RegionCounts::from_values(&values, 9), None);
        prop_assert_eq!(RegionCounts::from_values(&values[1..], 10), None);
    }

    #[test]
    fn adding_counts_depends_on_no_order(a in region_counts(3), b in region_counts(3), c in region_counts(3)) {
        let sum = |parts: [&RegionCounts; 3]| {
            let mut total = RegionCounts::zero(3);
            parts.into_iter().for_each(|part| total += part);
            total
        };
        let total = sum([&a, &b, &c]);
        prop_assert_eq!(&total, &sum([&c, &a, &b]));
        let mut right = b.clone();
        right += &c;
        let mut grouped = a.clone();
        grouped += &right;
        prop_assert_eq!(&total, &grouped);
        let by_hand: Vec<u64> = a.values().iter().zip(b.values()).zip(c.values()).map(|((x, y), z)| x + y + z).collect();
        prop_assert_eq!(total.values(), by_hand);
    }

    #[test]
    fn a_date_swapped_twice_is_itself(year in 1900_u16..=2100, month in 1_u8..=12, day in 1_u8..=31) {
        if let Some(date) = BirthDate::new(year, month, day) {
            prop_assert_eq!((date.year(), date.month(), date.day()), (year, month, day));
            if let Some(swapped) = date.swapped() {
                prop_assert_eq!(swapped.swapped(), Some(date));
            }
            prop_assert_eq!(date.age_on(year, month, day), 0);
        }
    }

    #[test]
    fn a_period_reads_back(year in 1900_u16..=2100, month in 1_u8..=12) {
        let period = Period { year, month };
        prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
    }
}

#[test]
fn a_missing_or_zero_nik_is_never_an_identity() {
    for (text, fault) in [
        ("", IdentityFault::Missing),
        ("   ", IdentityFault::Missing),
        ("-", IdentityFault::Missing),
        ("'", IdentityFault::Missing),
        ("NULL", IdentityFault::Missing),
        ("0", IdentityFault::Zero),
        ("0000000000000000", IdentityFault::Zero),
        ("'0000000000000000", IdentityFault::Zero),
        ("3,60104E+15", IdentityFault::Spreadsheet),
        ("3.60104e15", IdentityFault::Spreadsheet),
        ("36O2014101900001", IdentityFault::Letter),
        ("360201410190001", IdentityFault::Length),
        ("36020141019000012", IdentityFault::Length),
        ("3602013213900001", IdentityFault::Structure),
        ("3602014113900001", IdentityFault::Structure),
        ("0902014101900001", IdentityFault::Structure),
        ("3602014101900000", IdentityFault::Rounded),
        ("1111111111111111", IdentityFault::Dummy),
        ("1234567890123456", IdentityFault::Dummy),
    ] {
        assert_eq!(Nik::parse(text), Err(fault), "'{text}'");
    }
}

#[test]
fn columns_of_counts_are_named_once_and_in_a_fixed_order() {
    let names = RegionCounts::columns(2);
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
    assert_eq!(names[0], "n_families");
    assert_eq!(names[19], "programme_00_eligible");
    assert_eq!(names[names.len() - 1], "carik_linked");
}

/// A value in the wrong slot would survive a round trip: name some by hand.
#[test]
fn each_count_stands_in_the_column_of_its_name() {
    let mut counts = RegionCounts::zero(2);
    counts.n_poor_persons = 7;
    counts.severity_fixed = 8;
    counts.families_by_programmes[3] = 9;
    counts.n_ppks = 10;
    counts.n_agree = 11;
    counts.programmes[1] = ProgrammeCounts { eligible: 12, covered: 13, recipients: 14 };
    counts.registries[Registry::Dtks.index()] = RegistryCounts { rows: 15, linked: 16 };
    let values = counts.values();
    let names = RegionCounts::columns(2);
    let of = |name: &str| values[names.iter().position(|n| n == name).unwrap()];
    for (name, value) in [
        ("n_poor_persons", 7),
        ("severity_fixed", 8),
        ("families_programmes_3plus", 9),
        ("n_ppks", 10),
        ("n_agree", 11),
        ("programme_01_eligible", 12),
        ("programme_01_covered", 13),
        ("programme_01_recipients", 14),
        ("dtks_rows", 15),
        ("dtks_linked", 16),
    ] {
        assert_eq!(of(name), value, "{name}");
    }
    assert_eq!(values.iter().sum::<u64>(), (7..=16).sum::<u64>());
}
