//! Persons keep their ids from build to build, whatever order the rows come in; what splits, merges
//! and moves is said exactly; every delivered row is answered once; and nothing of a person leaves
//! the restricted folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use polars::prelude::{DataFrame, IdxCa, ParquetReader, ParquetWriter, SerReader};
use tepat::domain::{Level, MatchCounts, RegionCode, Registry, Sex};
use tepat::pipeline::{BuildConfig, LinkageMode, build_with_key, rehearse};
use tepat::progress::Silent;
use tepat::restricted::{Key, LedgerPerson, Restricted};
use tepat::snapshot::{Manifest, Store};
use tepat::synth::{ErrorRates, SynthConfig, synthesise};

use super::command::{demo, program};
use super::handover::{HandOver, Place, Row, key, ledger, row};
use super::oracle::config_for;

const DESA: &str = "36.02.01.2003";
const OTHER_DESA: &str = "36.02.01.2004";
const NIK: &str = "3602015708900003";

fn siti() -> Row {
    row(NIK, "Siti Aminah", Sex::Female, "1990-08-17", DESA)
}

/// Somebody who is in everything, so that a build has families.
fn bystander() -> Vec<Row> {
    vec![row("3602011204650007", "Wahyu Hidayat", Sex::Male, "1965-04-12", DESA)]
}

fn small(others: Vec<(Registry, Vec<Row>)>) -> HandOver {
    HandOver { families: vec![bystander()], others }
}

fn synthetic(families: u64) -> (tempfile::TempDir, BuildConfig) {
    let folder = tempfile::tempdir().unwrap();
    let config = SynthConfig {
        seed: 11,
        rates: ErrorRates::default(),
        ..SynthConfig::demo(families, folder.path().join("deliveries"))
    };
    synthesise(&config, &Silent).unwrap();
    let config = config_for(folder.path());
    (folder, config)
}

fn built(config: &BuildConfig) -> Manifest {
    build_with_key(config, "2026-01-01T00:00:00Z", Some(key()), &Silent).unwrap()
}

/// What a ledger says of people, ids apart from the rest.
fn people(ledger: &[LedgerPerson]) -> Vec<(u64, String)> {
    let says = |p: &LedgerPerson| {
        let birth = p.birth.map(|b| (b.year(), b.month(), b.day()));
        format!("{} {:?} {birth:?} {:?}", p.name, p.nik.map(|n| n.expose()), p.region)
    };
    ledger.iter().map(|p| (p.id, says(p))).collect()
}

/// Rows in another order, the same in every file of one length.
fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|i| (*i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    order
}

fn shuffle_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => {
                let text = fs::read_to_string(&path).unwrap();
                let (header, rows) = text.split_once('\n').unwrap();
                let rows: Vec<&str> = rows.lines().collect();
                let mut out = format!("{header}\n");
                for i in shuffled(rows.len()) {
                    out += rows[i];
                    out.push('\n');
                }
                fs::write(target, out).unwrap();
            }
            Some("parquet") => {
                let frame = ParquetReader::new(fs::File::open(&path).unwrap()).finish().unwrap();
                let order = shuffled(frame.height());
                let order = IdxCa::from_vec("at".into(), order.iter().map(|i| *i as u32).collect());
                let mut frame: DataFrame = frame.take(&order).unwrap();
                ParquetWriter::new(fs::File::create(target).unwrap()).finish(&mut frame).unwrap();
            }
            _ => {
                if path.is_file() {
                    fs::copy(&path, target).unwrap();
                }
            }
        }
    }
}

/// Each link as the texts of its two rows; only of files whose rows differ.
fn links_by_content(config: &BuildConfig, id: &str, registry: Registry) -> BTreeSet<[String; 2]> {
    let folder = Restricted::of_store(&config.store).folder_of(id);
    let text = fs::read_to_string(folder.join(format!("links-{}.csv", registry.slug()))).unwrap();
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in config.sources.iter().flat_map(|s| &s.files) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let lines = if name.ends_with(".parquet") {
            let frame = ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap();
            (0..frame.height()).map(|i| format!("{:?}", frame.get_row(i).unwrap().0)).collect()
        } else {
            fs::read_to_string(path).unwrap().lines().skip(1).map(str::to_owned).collect()
        };
        rows.insert(name, lines);
    }
    let of = |file: &str, row: &str| rows[file][row.parse::<usize>().unwrap() - 1].clone();
    let links = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        [of(cells[0], cells[1]), of(cells[2], cells[3])]
    });
    links.collect()
}

#[test]
fn ids_and_links_do_not_depend_on_the_order_of_the_rows() {
    let (folder, config) = synthetic(1_900);
    let first = built(&config);
    let mut other = config.clone();
    let moved = folder.path().join("moved/deliveries");
    shuffle_files(&folder.path().join("deliveries"), &moved);
    for file in other.sources.iter_mut().flat_map(|s| &mut s.files) {
        *file = moved.join(file.file_name().unwrap());
    }
    other.store = folder.path().join("other");
    let second = built(&other);
    assert_ne!(first.sources[0].sha256, second.sources[0].sha256, "nothing was shuffled");
    let (a, b) = (ledger(&config.store, &first.id), ledger(&other.store, &second.id));
    assert!(a.len() > 3_000);
    assert_eq!(people(&a), people(&b));
    assert_eq!(first.linkage, second.linkage);
    for registry in [Registry::Dtks, Registry::Prakerja] {
        let links = links_by_content(&config, &first.id, registry);
        assert!(links.len() > 100);
        assert_eq!(links, links_by_content(&other, &second.id, registry));
    }

    // And into one store: everybody is found again although every file is another.
    other.store = config.store.clone();
    let again = built(&other);
    let found = &again.linkage.identities;
    assert_eq!(found.previous.as_deref(), Some(first.id.as_str()));
    assert_eq!((found.kept, found.new, found.gone), (found.persons, 0, 0));
    assert_eq!((found.moved, found.split, found.merged), (0, 0, 0));
    assert_eq!(people(&ledger(&config.store, &again.id)), people(&a));
}

#[test]
fn a_second_build_over_the_same_deliveries_keeps_every_id() {
    let (_folder, config) = synthetic(1_900);
    let first = built(&config);
    let before = people(&ledger(&config.store, &first.id));
    assert_eq!(first.linkage.identities.previous, None);
    assert_eq!(first.linkage.identities.new, before.len() as u64);
    let ids: BTreeSet<u64> = before.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), before.len(), "an id twice");
    let second = built(&config);
    assert_eq!(second.id, first.id, "what was built before is not part of the id");
    assert_eq!(second.linkage.identities.kept, before.len() as u64);
    assert_eq!(people(&ledger(&config.store, &second.id)), before);
}

#[test]
fn another_key_makes_other_ids() {
    let place = Place::new();
    let manifest = place.build(&small(vec![(Registry::Dtks, vec![siti()])]));
    let ids = |store: &Path, id: &str| people(&ledger(store, id));
    let ours = ids(&place.store(), &manifest.id);
    let record = ledger(&place.store(), &manifest.id)[0].record();
    let id = |key: Key| tepat::restricted::Prints::new(key).person_id(&record, 0);
    assert_eq!(ours[0].0, id(key()));
    assert_ne!(ours[0].0, id(Key::new([8; 32])));
}

#[test]
fn the_keyed_hash_is_hmac_sha_256() {
    // RFC 4231, test case 1; a key shorter than ours is padded with zeros by definition.
    let mut secret = [0; 32];
    secret[..20].fill(0x0b);
    let mac = Key::new(secret).mac(b"Hi There");
    let hex: String = mac.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

/// Kind, whether the old id is that of `old`, region.
fn events(place: &Place, manifest: &Manifest) -> Vec<(String, String, String)> {
    let cell = |l: &Vec<String>, i: usize| l[i].clone();
    let lines = place.lines(manifest, "events.csv");
    lines.iter().map(|l| (cell(l, 0), cell(l, 1), cell(l, 3))).collect()
}

fn hex(id: u64) -> String {
    format!("{id:016x}")
}

fn id_of(people: &[LedgerPerson], name: &str) -> u64 {
    let mine: Vec<u64> = people.iter().filter(|p| p.name == name).map(|p| p.id).collect();
    assert_eq!(mine.len(), 1, "{name}");
    mine[0]
}

#[test]
fn who_moves_goes_or_comes_is_said_and_nothing_else() {
    let place = Place::new();
    let budi = row("", "Budi Santoso", Sex::Male, "1971-02-03", DESA);
    let first =
        place.build(&HandOver { families: vec![bystander(), vec![siti(), budi]], others: vec![] });
    let before = place.ledger(&first);
    let mut moved = siti();
    moved.desa = OTHER_DESA.to_owned();
    let joko = row("", "Joko Susilo", Sex::Male, "1961-06-21", DESA);
    let second = place
        .build(&HandOver { families: vec![bystander(), vec![moved], vec![joko]], others: vec![] });
    let found = &second.linkage.identities;
    assert_eq!((found.persons, found.kept, found.new, found.gone), (3, 2, 1, 1));
    assert_eq!((found.moved, found.split, found.merged), (1, 0, 0));
    let after = place.ledger(&second);
    let siti = id_of(&before, "SITI AMINAH");
    assert_eq!(id_of(&after, "SITI AMINAH"), siti);
    let gone = id_of(&before, "BUDI SANTOSO");
    let own = str::to_owned;
    let mut events = events(&place, &second);
    events.sort();
    assert_eq!(
        events,
        [(own("hilang"), hex(gone), own(DESA)), (own("pindah"), hex(siti), own(OTHER_DESA)),]
    );
}

#[test]
fn a_snapshot_built_once_more_keeps_its_events_and_one_built_again_later_has_new_ones() {
    let place = Place::new();
    let here = HandOver { families: vec![bystander(), vec![siti()]], others: vec![] };
    let mut there = here.clone();
    there.families[1][0].desa = OTHER_DESA.to_owned();
    place.build(&here);
    let moved = place.build(&there);
    assert_eq!(place.lines(&moved, "events.csv").len(), 1);
    let again = place.build(&there);
    assert_eq!(again.id, moved.id);
    assert_eq!(place.lines(&again, "events.csv").len(), 1, "the events are lost");
    let kept = Store::at(&place.store()).open_current().unwrap().manifest.linkage.identities;
    assert_eq!((kept.previous, kept.moved), (moved.linkage.identities.previous, 1));
    // Back again: the first snapshot once more, now compared with the second.
    let back = place.build(&here);
    let current = Store::at(&place.store()).open_current().unwrap().manifest;
    assert_eq!(current.id, back.id);
    assert_eq!(current.linkage.identities.previous.as_deref(), Some(moved.id.as_str()));
    assert_eq!((current.linkage.identities.moved, place.lines(&back, "events.csv").len()), (1, 1));
}

#[test]
fn a_person_without_nik_whose_name_is_mended_keeps_the_id() {
    let place = Place::new();
    let family = |name: &str| HandOver {
        families: vec![bystander(), vec![row("", name, Sex::Female, "1990-08-17", DESA)]],
        others: vec![],
    };
    let first = place.build(&family("Siti Aminah Rahayu"));
    let second = place.build(&family("Siti Aminah Rahayo"));
    let found = &second.linkage.identities;
    assert_eq!((found.persons, found.kept, found.new, found.gone), (2, 2, 0, 0));
    let id = id_of(&place.ledger(&first), "SITI AMINAH RAHAYU");
    assert_eq!(id_of(&place.ledger(&second), "SITI AMINAH RAHAYO"), id);
}

/// Two people of one NIK who contradict each other in sex and birth date, and one who fits both.
fn two_and_one() -> [Row; 3] {
    let female = siti();
    let mut male = siti();
    (male.sex, male.birth) = (Sex::Male, "1971-02-03".to_owned());
    let mut between = siti();
    between.birth = male.birth.clone();
    [female, male, between]
}

#[test]
fn one_who_turns_out_to_be_two_is_split_and_two_who_are_one_are_merged() {
    let [female, male, between] = two_and_one();
    let one = small(vec![(Registry::Dtks, vec![between])]);
    let two = small(vec![(Registry::Dtks, vec![female]), (Registry::Prakerja, vec![male])]);

    let place = Place::new();
    let first = place.build(&one);
    let old = id_of(&place.ledger(&first), "SITI AMINAH");
    let second = place.build(&two);
    let found = &second.linkage.identities;
    assert_eq!((found.persons, found.kept, found.new, found.gone), (3, 2, 1, 0));
    assert_eq!((found.moved, found.split, found.merged), (0, 1, 0));
    let lines = place.lines(&second, "events.csv");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0][..2], ["terpisah".to_owned(), hex(old)]);
    let after: Vec<u64> = place.ledger(&second).iter().map(|p| p.id).collect();
    assert!(after.contains(&old), "the better of the two keeps the id");
    assert!(after.iter().any(|id| hex(*id) == lines[0][2]), "the other's id is new and named");

    let place = Place::new();
    let first = place.build(&two);
    let before: Vec<u64> = place.ledger(&first).iter().map(|p| p.id).collect();
    let second = place.build(&one);
    let found = &second.linkage.identities;
    assert_eq!((found.persons, found.kept, found.new, found.gone), (2, 2, 0, 0));
    assert_eq!((found.moved, found.split, found.merged), (0, 0, 1));
    let lines = place.lines(&second, "events.csv");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0][0], "tergabung");
    let stays = id_of(&place.ledger(&second), "SITI AMINAH");
    assert!(before.contains(&stays));
    assert_eq!(lines[0][2], hex(stays));
    assert!(before.iter().any(|id| hex(*id) == lines[0][1] && *id != stays));
}

/// The outcome of each row of DTKS.
fn outcomes(place: &Place, manifest: &Manifest) -> Vec<[String; 2]> {
    let lines = place.lines(manifest, "answer-dtks.csv");
    lines.iter().map(|l| [l[2].clone(), l[3].clone()]).collect()
}

#[test]
fn a_row_without_nik_finds_its_person_and_one_with_another_verified_nik_is_somebody_else() {
    let mut missing = siti();
    missing.nik = "0".repeat(16);
    let mut another = siti();
    another.nik = "3602015708900099".to_owned();
    let place = Place::new();
    let manifest = place.build(&HandOver {
        families: vec![bystander(), vec![siti()]],
        others: vec![(Registry::Dtks, vec![siti(), missing, another])],
    });
    assert_eq!(
        outcomes(&place, &manifest),
        [["terpadankan", "nik"], ["terpadankan", "skor"], ["tidak_ditemukan", ""]]
    );
    let lines = place.lines(&manifest, "answer-dtks.csv");
    assert_eq!(lines[1][11], "1", "the second row of one person repeats the first");
    assert_eq!(manifest.linkage.identities.persons, 3);
    let mut nik_only = Place::new();
    nik_only.linkage.mode = LinkageMode::Nik;
    let mut alone = siti();
    alone.nik = String::new();
    let manifest = nik_only.build(&HandOver {
        families: vec![bystander(), vec![siti()]],
        others: vec![(Registry::Dtks, vec![alone])],
    });
    assert_eq!(outcomes(&nik_only, &manifest), [["tanpa_nik", ""]]);
    assert_eq!(manifest.linkage.model, None);
}

#[test]
fn every_row_is_counted_once_in_every_region_and_no_overlap_exceeds_its_registries() {
    let (_folder, config) = synthetic(1_900);
    let manifest = built(&config);
    let restricted = Restricted::of_store(&config.store).folder_of(&manifest.id);
    for (registry, counts) in &manifest.linkage.registries {
        let text =
            fs::read_to_string(tepat::restricted::answer_file(&restricted, *registry)).unwrap();
        assert_eq!(text.lines().count() as u64, counts.rows + 1, "answers of {}", registry.slug());
        let sources = manifest.sources.iter().filter(|s| s.registry == *registry);
        let person_files = sources.filter(|s| s.file != "regsosek_keluarga.csv");
        let aside = |s: &tepat::snapshot::SourceReport| {
            // Rows that are only set aside when families are put together were persons before.
            s.set_aside
                .iter()
                .filter(|i| !i.code.starts_with("member") && i.code != "family_unplaced")
                .map(|i| i.rows)
                .sum::<u64>()
        };
        let rows: u64 = person_files.map(|s| s.rows_read - aside(s)).sum();
        assert_eq!(rows, counts.rows, "{}", registry.slug());
        if *registry != Registry::Regsosek {
            let out = counts.linked
                + counts.no_identity
                + counts.not_found
                + counts.contradicted
                + counts.ambiguous;
            assert_eq!(out, counts.rows, "{}", registry.slug());
        }
    }
}

#[test]
fn matching_and_overlaps_obey_their_laws() {
    let (_folder, config) = synthetic(1_900);
    let snapshot = rehearse(&config, Some(key()), &Silent).unwrap();
    assert!(snapshot.matching.len() > 1_000 && snapshot.overlaps.len() > 1_000);
    let mut by_region: BTreeMap<(RegionCode, Registry), MatchCounts> = BTreeMap::new();
    let mut children: BTreeMap<(RegionCode, Registry), MatchCounts> = BTreeMap::new();
    for row in &snapshot.matching {
        let c = &row.counts;
        let out = c.linked() + c.pending + c.no_nik + c.not_found + c.contradicted + c.ambiguous;
        assert_eq!(out, c.rows, "{} {}", row.code, row.registry.slug());
        by_region.insert((row.code, row.registry), *c);
        if let Some(parent) = row.code.parent() {
            children.entry((parent, row.registry)).or_default().add(c);
        }
        let sums = snapshot.region(row.code).unwrap().registries[row.registry.index()];
        assert_eq!(
            (sums.rows, sums.linked),
            (c.rows, c.linked()),
            "{} {}",
            row.code,
            row.registry.slug()
        );
    }
    for (key, sum) in &children {
        assert_eq!(by_region[key], *sum, "{key:?} is not the sum of its children");
    }
    let mut overlaps = BTreeMap::new();
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    for o in &snapshot.overlaps {
        overlaps.insert((o.code, o.a, o.b), o.persons);
        if let Some(parent) = o.code.parent() {
            *sums.entry((parent, o.a, o.b)).or_default() += o.persons;
        }
    }
    for (key, persons) in &overlaps {
        let (code, a, b) = *key;
        assert!(
            a <= b && *persons <= overlaps[&(code, a, a)] && *persons <= overlaps[&(code, b, b)]
        );
        if code.level() != Level::Desa {
            assert_eq!(sums[key], *persons);
        }
    }
    let base = overlaps[&(RegionCode::NATION, Registry::Regsosek, Registry::Regsosek)];
    assert!(base >= snapshot.region(RegionCode::NATION).unwrap().n_persons);
    let both = overlaps[&(RegionCode::NATION, Registry::P3ke, Registry::Prakerja)];
    assert!(both > 0);
}

#[test]
fn an_empty_registry_and_one_without_any_nik_are_answered() {
    let place = Place::new();
    let rows: Vec<Row> = (0..50)
        .map(|i| row("", &format!("Orang {}", "X".repeat(i % 7)), Sex::Male, "1980-01-01", DESA))
        .collect();
    let manifest = place.build(&HandOver {
        families: vec![bystander()],
        others: vec![(Registry::Dtks, vec![]), (Registry::Prakerja, rows)],
    });
    assert_eq!(place.lines(&manifest, "answer-dtks.csv").len(), 0);
    let prakerja = manifest.linkage.registries[Registry::Prakerja.index()].1;
    assert_eq!((prakerja.rows, prakerja.linked, prakerja.no_identity), (50, 0, 50));
}

#[test]
fn a_crowd_of_one_name_and_birth_date_ends_soon_and_links_nobody() {
    let begin = Instant::now();
    let twin = row("", "Siti Aminah", Sex::Female, "1990-08-17", DESA);
    let place = Place::new();
    let crowd = HandOver {
        families: (0..3_000).map(|_| vec![twin.clone()]).chain([bystander()]).collect(),
        others: vec![(Registry::Dtks, vec![twin.clone(); 100_000])],
    };
    let manifest = place.build(&crowd);
    let dtks = manifest.linkage.registries[Registry::Dtks.index()].1;
    assert_eq!((dtks.rows, dtks.linked, dtks.no_identity), (100_000, 0, 100_000));
    let first = people(&place.ledger(&manifest));
    let again = place.build(&crowd);
    assert_eq!(people(&place.ledger(&again)), first, "twins keep their ids too");
    // One NIK for everybody is a placeholder as well.
    let mut placeholder = siti();
    placeholder.name = "Budi".to_owned();
    let manifest = place.build(&HandOver {
        families: (0..3_000).map(|_| vec![siti()]).chain([bystander()]).collect(),
        others: vec![(Registry::Dtks, vec![placeholder; 100_000])],
    });
    let dtks = manifest.linkage.registries[Registry::Dtks.index()].1;
    assert_eq!((dtks.rows, dtks.linked), (100_000, 0));
    assert!(begin.elapsed() < Duration::from_secs(120), "{:?}", begin.elapsed());
}

fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

/// NIKs and names of more than one word that stand in the demo's CSV deliveries.
fn secrets() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (file, nik, name, delimiter) in [
        ("dtks.csv", "NIK", "Nama", b','),
        ("pbi_jkn.csv", "nik", "nama", b'|'),
        ("prakerja.csv", "nik", "nama_lengkap", b','),
    ] {
        let path = demo().join("deliveries").join(file);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).unwrap();
        let at =
            |name: &str, header: &csv::StringRecord| header.iter().position(|h| h == name).unwrap();
        let header = reader.headers().unwrap().clone();
        let (nik, name) = (at(nik, &header), at(name, &header));
        for record in reader.records() {
            let record = record.unwrap();
            let number = record[nik].trim_start_matches('\'');
            if number.len() == 16 && !number.bytes().all(|b| b == b'0') {
                all.insert(number.to_owned());
            }
            if record[name].contains(' ') && record[name].len() > 12 {
                all.insert(record[name].to_uppercase());
            }
        }
    }
    all
}

#[test]
fn no_nik_and_no_name_leaves_the_restricted_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(demo().join("tepat.toml")).unwrap();
    let deliveries = demo().join("deliveries");
    let text = text.replace("deliveries/", &format!("{}/", deliveries.display()));
    let config = folder.path().join("tepat.toml");
    fs::write(&config, text).unwrap();
    fs::copy(demo().join("tepat.key"), folder.path().join("tepat.key")).unwrap();
    let mut command = program();
    command.env("TEPAT_LOG", "trace").args(["build", "--config"]).arg(&config);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let store = folder.path().join("store");
    let mut files = Vec::new();
    files_below(&store, &mut files);
    let restricted = store.join("restricted");
    let (inside, outside): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|f| f.starts_with(&restricted));
    let secrets = secrets();
    assert!(secrets.len() > 10_000 && outside.len() >= 4 && inside.len() > 10);
    let mut public: Vec<(String, String)> = outside
        .iter()
        .map(|f| {
            (f.display().to_string(), String::from_utf8_lossy(&fs::read(f).unwrap()).to_uppercase())
        })
        .collect();
    public.push(("stdout".to_owned(), String::from_utf8_lossy(&done.stdout).to_uppercase()));
    public.push(("stderr".to_owned(), String::from_utf8_lossy(&done.stderr).to_uppercase()));
    // Answers go to the owners: they carry verdicts, and no value either.
    for answer in inside.iter().filter(|f| f.to_string_lossy().contains("answer-")) {
        public.push((
            answer.display().to_string(),
            fs::read_to_string(answer).unwrap().to_uppercase(),
        ));
    }
    for (name, text) in &public {
        // Runs of letters or digits first: a search for each secret in each text would take hours.
        let words: BTreeSet<&str> =
            text.split(|c: char| !c.is_ascii_digit()).filter(|w| w.len() >= 16).collect();
        let leaked = words.iter().find(|w| secrets.contains(**w));
        assert!(leaked.is_none(), "a NIK is in {name}");
        if text.len() < 4_000_000 {
            assert!(!secrets.iter().take(8_000).any(|s| text.contains(s.as_str())), "{name}");
        }
    }
    for file in inside {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700, "{}", file.display());
    }
}

#[test]
fn a_snapshot_becomes_current_only_after_its_restricted_folder_is_there() {
    let place = Place::new();
    let manifest = place.build(&small(vec![]));
    let store = Store::at(&place.store());
    let work = store.begin().unwrap();
    let mut snapshot = store.open_current().unwrap();
    snapshot.manifest.min_families = 3;
    let failed: Result<Manifest, tepat::snapshot::StoreError> =
        store.seal_with(&work, snapshot, |id| {
            assert_ne!(id, manifest.id);
            Err(tepat::snapshot::StoreError::Empty { store: place.store() })
        });
    assert!(failed.is_err());
    assert_eq!(store.current_id().unwrap(), manifest.id);
    drop(work);
    assert_eq!(place.ledger(&manifest).len(), 1);
}
