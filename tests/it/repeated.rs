//! A row that was delivered twice is one row and a remark: it changes nobody's links, ids or
//! receipts.

use std::fs;
use std::path::Path;

use tepat::domain::{Registry, Sex};
use tepat::pipeline::{BuildConfig, LinkageMode, build_with_key};
use tepat::progress::Silent;
use tepat::snapshot::{Manifest, Snapshot, Store};

use super::handover::{HandOver, Place, Row, key, row};

const DESA: &str = "36.02.01.2003";

/// Families of two, one of each in DTKS; every third without NIK there, so that scores link too.
fn hand_over() -> HandOver {
    let mut families: Vec<Vec<Row>> = Vec::new();
    let mut listed = Vec::new();
    let names = ["Siti Aminah", "Wahyu Hidayat", "Rukmini Lestari", "Joko Susilo", "Maya Kartika"];
    let more = ["Pratama", "Wulandari", "Saputra", "Handayani", "Nugroho", "Kusuma", "Halim"];
    for i in 0..35_usize {
        let name = |shift: usize| format!("{} {}", names[(i + shift) % 5], more[(i + shift) % 7]);
        let person = |shift: usize, serial: usize| {
            let (year, day) = (1950 + i + shift, 1 + i % 27);
            let nik = format!("360201{day:02}08{:02}{serial:04}", year % 100);
            row(&nik, &name(shift), Sex::Male, &format!("{year}-08-{day:02}"), DESA)
        };
        let family = vec![person(0, 2 * i + 1), person(3, 2 * i + 2)];
        let mut listed_row = family[0].clone();
        if i % 3 == 0 {
            listed_row.nik = String::new();
        }
        listed.push(listed_row);
        families.push(family);
    }
    HandOver { families, others: vec![(Registry::Dtks, listed)] }
}

/// Repeats the rows of a delivered file that `which` chooses by number.
fn repeat(file: &Path, which: impl Fn(usize) -> bool) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let again: Vec<&str> =
        text.lines().skip(1).enumerate().filter(|(i, _)| which(*i)).map(|(_, l)| l).collect();
    fs::write(file, format!("{text}{}\n", again.join("\n"))).unwrap();
    again.len() as u64
}

fn built(config: &BuildConfig) -> (Manifest, Snapshot) {
    let manifest = build_with_key(config, "2026-01-01T00:00:00Z", Some(key()), &Silent).unwrap();
    (manifest, Store::at(&config.store).open_current().unwrap())
}

fn file<'c>(config: &'c BuildConfig, name: &str) -> &'c Path {
    let mut files = config.sources.iter().flat_map(|s| &s.files);
    files.find(|f| f.file_stem().unwrap() == name).unwrap()
}

#[test]
fn a_repeated_member_or_family_of_the_base_changes_no_link_no_id_and_no_receipt() {
    for mode in [LinkageMode::Score, LinkageMode::Nik] {
        let mut place = Place::new();
        place.linkage.mode = mode;
        let config = place.write(&hand_over());
        let (first, before) = built(&config);
        let people = place.ledger(&first);
        let answers = place.lines(&first, "answer-dtks.csv");
        let linked = first.linkage.registries[Registry::Dtks.index()].1.linked;
        assert!(linked > 20, "{linked}");

        let members = repeat(file(&config, "regsosek_anggota"), |i| i % 4 < 2 || i % 7 == 0);
        let families = repeat(file(&config, "regsosek_keluarga"), |i| i % 2 == 0);
        let (second, after) = built(&config);
        assert_eq!(place.lines(&second, "answer-dtks.csv"), answers);
        let mine = |m: &Manifest, r: Registry| m.linkage.registries[r.index()].1;
        assert_eq!(mine(&first, Registry::Dtks), mine(&second, Registry::Dtks));
        let base = mine(&second, Registry::Regsosek);
        assert_eq!(base.ambiguous, 0, "a repeated row is nobody else");
        assert_eq!(base.rows, mine(&first, Registry::Regsosek).rows + members);
        assert_eq!((&before.regions, &before.matching), (&after.regions, &after.matching));
        assert_eq!(before.overlaps, after.overlaps);
        let found = &second.linkage.identities;
        assert_eq!((found.kept, found.new, found.gone), (people.len() as u64, 0, 0));
        assert_eq!((found.split, found.merged), (0, 0));
        let ids = |people: &[tepat::restricted::LedgerPerson]| {
            people.iter().map(|p| p.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&place.ledger(&second)), ids(&people));

        // Counted and said: in the report of the file, and to the owner row by row.
        for (name, code, rows) in [
            ("regsosek_anggota.csv", "member_duplicate", members),
            ("regsosek_keluarga.csv", "family_duplicate", families),
        ] {
            let source = second.sources.iter().find(|s| s.file == name).unwrap();
            let aside: Vec<_> =
                source.set_aside.iter().map(|i| (i.code.as_str(), i.rows)).collect();
            assert_eq!(aside, [(code, rows)]);
            assert_eq!(source.rows_read, source.rows_used + rows);
        }
        let lines = place.lines(&second, "answer-regsosek.csv");
        let repeats: Vec<_> = lines.iter().filter(|l| !l[11].is_empty()).collect();
        assert_eq!(repeats.len() as u64, members);
        for line in repeats {
            let at = |row: &str| row.parse::<usize>().unwrap() - 1;
            assert!(at(&line[1]) > at(&line[11]));
            assert_eq!(lines[at(&line[11])][2..4], line[2..4], "another outcome than the first");
        }
    }
}

#[test]
fn members_of_one_number_who_differ_are_not_repeats() {
    let place = Place::new();
    let config = place.write(&hand_over());
    let path = file(&config, "regsosek_anggota");
    let text = fs::read_to_string(path).unwrap();
    let row = text.lines().nth(1).unwrap();
    let other = row.replace("Siti", "Dewi");
    assert_ne!(row, other);
    fs::write(path, format!("{text}{other}\n")).unwrap();
    let (manifest, _) = built(&config);
    let base = manifest.linkage.registries[Registry::Regsosek.index()].1;
    assert_eq!(base.ambiguous, 2, "two names on one NIK are two people");
}
