//! What cleaning makes of names, addresses, dates, codes, numbers and faults.

use proptest::prelude::*;
use tepat::clean::{
    Address, Cleaner, CleanerError, FamilyKey, IssueLog, PersonRecord, RegionFault, Why,
    check_rules, digits_left, is_default_birth, nik_candidates, parse_date, phonetic,
    resolve_region, standardise, standardise_address,
};
use tepat::domain::{BirthDate, CodeSystem, FamilyCard, FamilyRole, Nik, Registry, Sex};
use tepat::pipeline::builtin_programmes;
use tepat::progress::Silent;
use tepat::regions::{NikPrefixes, Prefix, RegionCatalog};
use tepat::sources::layout::{DateForm, Layout};
use tepat::sources::{SourceError, read_rows};

/// A woman born on 17 August 1990, registered in a kecamatan of today.
const NIK: &str = "3602015708900003";

fn birth() -> BirthDate {
    BirthDate::new(1990, 8, 17).unwrap()
}

fn prefixes() -> &'static NikPrefixes {
    NikPrefixes::shared().unwrap()
}

/// Proposals for a woman born on 17 August 1990, as number, reason and whether it stands alone.
fn proposals(text: &str) -> Vec<(String, Why, bool)> {
    nik_candidates(text, Some(birth()), Some(Sex::Female), prefixes())
        .into_iter()
        .map(|c| (format!("{:016}", c.nik.expose()), c.why, c.unique))
        .collect()
}

/// The examples of a rule file: given, standard, and the sound where it has one.
fn examples(file: &str) -> Vec<(String, String, Option<String>)> {
    let text = tepat::data::text(&format!("standardise/{file}.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let examples = table["example"].as_array().unwrap().iter().map(|example| {
        let field = |name: &str| example.get(name).map(|v| v.as_str().unwrap().to_owned());
        (field("given").unwrap(), field("standard").unwrap(), field("sound"))
    });
    examples.collect()
}

fn parts(address: &Address) -> String {
    let number = |n: Option<u16>| n.map(|n| n.to_string()).unwrap_or_default();
    let Address { street, number: house, rt, rw, hamlet } = address;
    format!("{street}|{house}|{}|{}|{hamlet}", number(*rt), number(*rw))
}

#[test]
fn every_example_of_the_rule_files_comes_out_as_it_says() {
    check_rules().unwrap();
    let mut seen = 0;
    for (given, standard, sound) in examples("names") {
        assert_eq!(standardise(&given), standard, "{given}");
        if let Some(sound) = sound {
            assert_eq!(phonetic(&standardise(&given)), sound, "{given}");
        }
        seen += 1;
    }
    for (given, standard, _) in examples("addresses") {
        assert_eq!(parts(&standardise_address(&given)), standard, "{given}");
        seen += 1;
    }
    for (given, standard, _) in examples("dates") {
        let read = parse_date(&given, DateForm::Dmy).map_or(String::new(), |date| {
            let default = if is_default_birth(date) { " bawaan" } else { "" };
            format!("{:04}-{:02}-{:02}{default}", date.year(), date.month(), date.day())
        });
        assert_eq!(read, standard, "{given}");
        seen += 1;
    }
    assert!(seen > 45, "only {seen} examples were found");
}

#[test]
fn a_prefix_is_of_today_of_earlier_in_a_gap_or_of_nowhere() {
    for (prefix, kind) in [
        (360_201, Prefix::Current),
        (960_139, Prefix::Former),
        // Merauke before Papua was split.
        (910_101, Prefix::Gap),
        (365_001, Prefix::Unknown),
        (360_299, Prefix::Unknown),
        (100_101, Prefix::Unknown),
        (360_200, Prefix::Unknown),
        (0, Prefix::Unknown),
        (999_999, Prefix::Unknown),
    ] {
        assert_eq!(prefixes().find(prefix), kind, "{prefix}");
    }
    let current = (0..1_000_000).filter(|p| prefixes().find(*p) == Prefix::Current).count();
    assert_eq!(current, 7285, "the kecamatan of the region table");
    let former = (0..1_000_000).filter(|p| prefixes().find(*p) == Prefix::Former).count();
    assert_eq!(former, 71);
}

#[test]
fn signs_and_letters_among_the_digits_are_read_as_what_they_stand_for() {
    assert_eq!(proposals(NIK), [], "sound and in agreement: nothing to propose");
    let one = |why| vec![(NIK.to_owned(), why, true)];
    for text in ["36O2O157O89OOOO3", "36o20I57089oo003", "3602O1S7O890O003"] {
        assert_eq!(proposals(text), one(Why::Letters), "{text}");
    }
    for text in ["360201 570890 0003", "36.02.01.570890.0003", "3602015708900003.0"] {
        assert_eq!(proposals(text), one(Why::Separators), "{text}");
    }
    let alone = nik_candidates("36O2015708900003", None, None, prefixes());
    assert!(alone.len() == 1 && !alone[0].agrees, "nothing known to agree with: {alone:?}");
}

#[test]
fn one_slip_is_found_where_birth_date_and_sex_determine_it() {
    let one = |why| vec![(NIK.to_owned(), why, true)];
    assert_eq!(proposals("3602015780900003"), one(Why::Neighbours));
    assert_eq!(proposals("3602011708900003"), one(Why::Digit), "the 40 of women is missing");
    assert_eq!(proposals("360201570900003"), one(Why::Lost), "the 8 of the month");
    assert_eq!(proposals("36020157088900003"), one(Why::Added));
    let swapped = nik_candidates(
        "3602014805900003",
        BirthDate::new(1990, 8, 5),
        Some(Sex::Female),
        prefixes(),
    );
    assert_eq!(swapped.len(), 1);
    assert_eq!(
        (swapped[0].why, swapped[0].nik),
        (Why::DayMonth, Nik::parse("3602014508900003").unwrap())
    );
    // A digit of the serial is lost: any of many.
    assert_eq!(proposals("360201570890003"), []);
    // The first digit is lost: several provinces fit.
    assert_eq!(proposals("602015708900003"), []);
    // Nothing to hold it against.
    assert!(nik_candidates("3602015780900003", None, Some(Sex::Female), prefixes()).is_empty());
    assert!(nik_candidates("3602015780900003", Some(birth()), None, prefixes()).is_empty());
}

#[test]
fn of_scientific_notation_only_the_first_digits_are_left_and_nothing_is_proposed() {
    for text in ["3,60201E+15", "3.60201e15", "'3,60201E+15"] {
        assert_eq!(digits_left(text).unwrap().expose(), "360201··········", "{text}");
        assert_eq!(proposals(text), [], "{text}");
    }
    for text in ["", "E", "3,60201E+14", "36,0201E+15", "3,6O201E+15", NIK] {
        assert_eq!(digits_left(text), None, "{text}");
    }
    assert_eq!(format!("{:?}", digits_left("3,60201E+15")), "Some(DigitsLeft(•))");
}

#[test]
fn proposals_and_addresses_show_nothing_when_printed() {
    let printed = format!(
        "{:?} {:?}",
        nik_candidates("36O2015708900003", None, None, prefixes()),
        standardise_address("JL. MELATI NO. 12")
    );
    assert!(!printed.contains("3602") && !printed.contains("MELATI"), "{printed}");
}

/// The records of rows of PBI JKN, each told by NIK, KK number, relation, sex and birth date.
fn recipients(rows: &[[&str; 5]]) -> Vec<PersonRecord> {
    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    enum Fault {
        Source(#[from] SourceError),
        Cleaner(#[from] CleanerError),
    }
    let layout = Layout::builtin(Registry::PbiJkn).unwrap();
    let file = &layout.files[0];
    let told = ["nik", "nokk", "hub_keluarga", "jenis_kelamin", "tanggal_lahir"];
    let mut text = file.columns.join("|") + "\n";
    for row in rows {
        let cell = |column: &String| told.iter().position(|t| t == column).map_or("", |i| row[i]);
        text += &(file.columns.iter().map(cell).collect::<Vec<_>>().join("|") + "\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pbi_jkn.csv");
    std::fs::write(&path, text).unwrap();
    let (catalog, programmes) = (RegionCatalog::shared().unwrap(), builtin_programmes().unwrap());
    let period = "2023-03".parse().unwrap();
    let prepare = |header: &_| -> Result<_, Fault> {
        let registry = Registry::PbiJkn;
        let cleaner = Cleaner::new(header, file, registry, 0, period, catalog, &programmes)?;
        Ok((cleaner, Vec::new()))
    };
    let (_, (_, records)) = read_rows(&path, file, &Silent, prepare, |(cleaner, records), row| {
        records.extend(cleaner.person(&row));
        Ok::<(), Fault>(())
    })
    .unwrap();
    records
}

#[test]
fn a_record_knows_its_card_its_role_what_is_left_of_its_nik_and_whether_the_nik_agrees() {
    const CARD: &str = "3602010101200001";
    let records = recipients(&[
        [NIK, CARD, "Istri", "P", "17/08/1990"],
        [NIK, CARD, "Kepala Keluarga", "L", "17/08/1990"],
        [NIK, "", "", "P", ""],
        ["360201570890003", CARD, "Anak", "P", "17/08/1990"],
        ["36O2015708900003", "3602013201200001", "Cucu", "P", "17/08/1990"],
        ["'3602015708900003", "0", "Anak", "P", "18/08/1990"],
        ["3,60201E+15", CARD, "Anak", "P", "17/08/1990"],
    ]);
    let seen: Vec<_> = records
        .iter()
        .map(|r| {
            let digits = r.digits.map(tepat::domain::NikDigits::expose).unwrap_or_default();
            (r.nik.is_some(), r.verified, digits, r.card.is_some(), r.role)
        })
        .collect();
    let whole = || NIK.to_owned();
    assert_eq!(
        seen,
        [
            (true, true, whole(), true, Some(FamilyRole::Spouse)),
            (true, false, whole(), true, Some(FamilyRole::Head)),
            (true, false, whole(), false, None),
            (false, false, "360201570890003".to_owned(), true, Some(FamilyRole::Child)),
            (false, false, String::new(), true, Some(FamilyRole::Other)),
            (true, false, whole(), false, Some(FamilyRole::Child)),
            (false, false, String::new(), true, Some(FamilyRole::Child)),
        ]
    );
    assert_eq!(records[0].card, FamilyCard::parse(CARD).ok());
}

#[test]
fn relations_are_read_by_every_layout_that_has_them() {
    let role = |registry, file: &str, text: &str| {
        let layout = Layout::builtin(registry).unwrap();
        let values = layout.file_for(file).unwrap().role.clone().unwrap();
        values.every.or_else(|| values.of(text))
    };
    for (registry, file, head, spouse, child, other) in [
        (Registry::Regsosek, "regsosek_anggota", "1", "2", "3", "5"),
        (Registry::P3ke, "p3ke_individu", "Kepala Keluarga", "Istri", "Anak", "Lainnya"),
        (Registry::PbiJkn, "pbi_jkn", "Kepala Keluarga", "Istri", "Anak", "Lainnya"),
        (Registry::Carik, "carik", "KEPALA KELUARGA", "ISTRI", "ANAK", "CUCU"),
    ] {
        let roles = [head, spouse, child, other, ""].map(|text| role(registry, file, text));
        let due = [FamilyRole::Head, FamilyRole::Spouse, FamilyRole::Child, FamilyRole::Other];
        assert_eq!(roles[..4], due.map(Some), "{file}");
        assert_eq!(roles[4], None, "{file}: nothing stated");
    }
    assert_eq!(role(Registry::P3ke, "p3ke_keluarga", ""), Some(FamilyRole::Head));
}

#[test]
fn variants_of_one_name_are_standardised_to_one() {
    for (variants, standard) in [
        (
            &["Muhammad Ali", "MOHAMAD  ALI", "Muh. Ali", "H. Moch Ali, S.Pd.I", "mochamad ali"][..],
            "MUHAMMAD ALI",
        ),
        (&["Soekarno", "SUKARNO", "Ir. Soekarno"], "SUKARNO"),
        (&["Djoko Tjahjono", "JOKO CAHYONO"], "JOKO CAHYONO"),
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

/// Words that the rules know and marks that they mind, in any order.
fn tangled_name() -> impl Strategy<Value = String> {
    let words = [
        "H", "HJ", "DR", "S", "PD", "SPD", "I", "SE", "ST", "MA", "M", "BIN", "BINTI", "ALIAS",
        "AL", "MOH", "DJOKO", "SOENJOTO", "TJTJJ", "OOEE", "ALI", "SITI", "KEB", "AMD", "ß", "é",
        "ŉ",
    ];
    let marks = [" ", ".", ", ", ". ", "'", " (", ") ", "-", "’"];
    prop::collection::vec(
        (prop::sample::select(words.to_vec()), prop::sample::select(marks.to_vec())),
        0..8,
    )
    .prop_map(|parts| parts.iter().flat_map(|(word, mark)| [*word, *mark]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn standardising_a_tangle_of_titles_and_names_twice_changes_nothing_more(
        name in tangled_name(),
        lower in any::<bool>(),
    ) {
        let name = if lower { name.to_lowercase() } else { name };
        let once = standardise(&name);
        prop_assert_eq!(standardise(&once), once.clone(), "{}", name);
        prop_assert_eq!(once.is_empty(), !name.chars().any(char::is_alphabetic), "{}", name);
        let _ = phonetic(&once);
    }

    #[test]
    fn sound_does_not_depend_on_the_order_of_the_words(
        mut words in prop::collection::vec("[A-Z]{2,8}", 1..5),
    ) {
        let sound = phonetic(&words.join(" "));
        words.reverse();
        prop_assert_eq!(phonetic(&words.join(" ")), sound);
    }

    #[test]
    fn no_text_makes_the_address_or_number_readers_panic(
        text in "\\PC{0,40}|[0-9OoIl,.E+' ]{0,24}|(RT|RW|NO|JL|KP|[0-9]{1,3}|/|\\.| ){0,12}",
        day in 1_u8..=28, month in 1_u8..=12, year in 1930_u16..=2023, woman in any::<bool>(),
    ) {
        let address = standardise_address(&text);
        prop_assert!(address.rt.is_none_or(|rt| rt > 0) && address.rw.is_none_or(|rw| rw > 0));
        let _ = digits_left(&text);
        let sex = if woman { Sex::Female } else { Sex::Male };
        for candidate in nik_candidates(&text, BirthDate::new(year, month, day), Some(sex), prefixes()) {
            let digits = format!("{:016}", candidate.nik.expose());
            prop_assert_eq!(Nik::parse(&digits), Ok(candidate.nik));
        }
    }

    #[test]
    fn a_proposal_keeps_what_it_claims_and_is_never_what_was_delivered(
        at in 0_usize..16, digit in 0_u8..10, kind in 0_u8..4,
        day in 1_u8..=28, month in 1_u8..=12, year in 1930_u16..=2023, woman in any::<bool>(),
        serial in 1_u16..=9999,
    ) {
        let birth = BirthDate::new(year, month, day).unwrap();
        let sex = if woman { Sex::Female } else { Sex::Male };
        let day = day + if woman { 40 } else { 0 };
        let sound = format!("360201{day:02}{month:02}{:02}{serial:04}", year % 100);
        let mut bytes = sound.clone().into_bytes();
        match kind {
            0 => bytes[at] = b'0' + digit,
            1 => bytes.swap(at, (at + 1) % 16),
            2 => { bytes.remove(at); }
            _ => bytes.insert(at, b'0' + digit),
        }
        let damaged = String::from_utf8(bytes).unwrap();
        let found = nik_candidates(&damaged, Some(birth), Some(sex), prefixes());
        for candidate in &found {
            let digits = format!("{:016}", candidate.nik.expose());
            prop_assert!(candidate.agrees && digits != damaged);
            prop_assert!(candidate.nik.agrees_with_birth(birth) && candidate.nik.sex() == sex);
            prop_assert!(prefixes().on_record(candidate.nik.prefix()));
            prop_assert_eq!(candidate.unique, found.len() == 1);
        }
        // A slip in the date part leaves exactly the truth, wherever it can be seen at all.
        if kind == 0 && (6..12).contains(&at) && damaged != sound {
            prop_assert!(found.iter().any(|c| format!("{:016}", c.nik.expose()) == sound), "{}", damaged);
        }
    }

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

#[test]
#[ignore = "a measurement: cargo test --release -- --ignored names_per_second"]
fn names_per_second() {
    let given = [
        "SITI AMINAH",
        "Muhammad Rizki Ramadhan",
        "H. ASEP SAEPUDIN, S.PD",
        "SOEPARMAN",
        "NENG EUIS",
        "Moh. Djoko Susanto",
        "RINI",
        "ABDUL ROHMAN BIN MADSARI",
        "DEWI LESTARI",
        "Hj. Nurhayati",
    ];
    let rounds = 300_000;
    for (what, work) in [("standardise", standardise as fn(&str) -> String), ("phonetic", phonetic)]
    {
        let start = std::time::Instant::now();
        let letters: usize = (0..rounds)
            .flat_map(|_| given)
            .map(|name| std::hint::black_box(work(name)).len())
            .sum();
        let rate = f64::from(rounds) * given.len() as f64 / start.elapsed().as_secs_f64();
        eprintln!("{what}: {:.2} million names a second ({letters} letters)", rate / 1e6);
    }
}
