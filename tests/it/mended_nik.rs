//! A NIK that was mended from one valid number to another does not make a new person, and rows that
//! still carry the old number are found.

use tepat::domain::{Registry, Sex};
use tepat::pipeline::LinkageMode;
use tepat::snapshot::Manifest;

use super::handover::{HandOver, Place, Row, row};

const DESA: &str = "36.02.01.2003";
const OLD: &str = "3602015708900003";
const NEW: &str = "3602015708900044";

fn siti(nik: &str) -> Row {
    row(nik, "Siti Aminah", Sex::Female, "1990-08-17", DESA)
}

fn wahyu() -> Row {
    row("3602011204650007", "Wahyu Hidayat", Sex::Male, "1965-04-12", DESA)
}

/// Siti in the base with one NIK and in DTKS with another.
fn hand_over(base: &str, listed: &str) -> HandOver {
    HandOver {
        families: vec![vec![wahyu(), siti(base)]],
        others: vec![(Registry::Dtks, vec![siti(listed), wahyu()])],
    }
}

fn id_of(place: &Place, manifest: &Manifest, name: &str) -> Vec<u64> {
    let ledger = place.ledger(manifest);
    ledger.iter().filter(|p| p.name == name).map(|p| p.id).collect()
}

fn event(manifest: &Manifest, place: &Place) -> Vec<Vec<String>> {
    place.lines(manifest, "events.csv")
}

#[test]
fn who_has_another_valid_nik_in_the_same_family_keeps_the_id() {
    for mode in [LinkageMode::Score, LinkageMode::Nik] {
        let mut place = Place::new();
        place.linkage.mode = mode;
        let first = place.build(&hand_over(OLD, OLD));
        let id = id_of(&place, &first, "SITI AMINAH");
        let second = place.build(&hand_over(NEW, NEW));
        assert_eq!(id_of(&place, &second, "SITI AMINAH"), id);
        let found = &second.linkage.identities;
        assert_eq!((found.persons, found.kept, found.new, found.gone), (2, 2, 0, 0));
        assert_eq!((found.renumbered, found.split, found.merged), (1, 0, 0));
        let id = format!("{:016x}", id[0]);
        assert_eq!(event(&second, &place), [["nik_dibetulkan", &id, &id, DESA]]);
    }
}

#[test]
fn a_row_with_the_old_nik_is_found_through_the_ledger_as_long_as_it_comes() {
    for mode in [LinkageMode::Score, LinkageMode::Nik] {
        let mut place = Place::new();
        place.linkage.mode = mode;
        let first = place.build(&hand_over(OLD, OLD));
        let id = id_of(&place, &first, "SITI AMINAH");
        for time in 0..3 {
            let mut what = hand_over(NEW, OLD);
            // Something changes, so that each build is another snapshot.
            what.families.extend(
                (0..time)
                    .map(|i| vec![row("", &format!("Orang {i}"), Sex::Male, "1980-02-03", DESA)]),
            );
            let next = place.build(&what);
            assert_eq!(id_of(&place, &next, "SITI AMINAH"), id, "{mode:?} {time}");
            assert_eq!(next.linkage.identities.renumbered, u64::from(time == 0));
            assert_eq!(next.linkage.identities.gone, 0);
            let lines = place.lines(&next, "answer-dtks.csv");
            assert_eq!(lines[0][2..4], ["terpadankan", "nik"], "{mode:?} {time}");
        }
    }
}

#[test]
fn a_nik_that_somebody_else_has_now_or_two_of_one_name_are_not_mended() {
    // The old NIK went to another person: it is not gone.
    let place = Place::new();
    place.build(&hand_over(OLD, OLD));
    let mut what = hand_over(NEW, NEW);
    what.families.push(vec![row(OLD, "Rukmini Lestari", Sex::Female, "1990-08-17", DESA)]);
    let next = place.build(&what);
    assert_eq!(next.linkage.identities.renumbered, 0);
    // Two of one name and birth date in the family: nobody knows whose it was.
    let place = Place::new();
    let twins = |niks: [&str; 2]| HandOver {
        families: vec![vec![wahyu(), siti(niks[0]), siti(niks[1])]],
        others: vec![],
    };
    place.build(&twins([OLD, "3602015708900005"]));
    let next = place.build(&twins([NEW, "3602015708900005"]));
    assert_eq!(next.linkage.identities.renumbered, 0);
    assert_eq!((next.linkage.identities.new, next.linkage.identities.gone), (1, 1));
}

#[test]
fn what_earlier_versions_did_not_count_is_not_written_where_it_is_nothing() {
    // Otherwise the id of every snapshot of before would be another, and each be called damaged.
    let counts = tepat::domain::IdentityCounts::default();
    let json = serde_json::to_string(&counts).unwrap();
    assert!(!json.contains("renumbered"));
    assert_eq!(serde_json::from_str::<tepat::domain::IdentityCounts>(&json).unwrap(), counts);
    let manifest = super::fixture::snapshot().manifest;
    assert!(!serde_json::to_string(&manifest.linkage).unwrap().contains("decisions"));
}
