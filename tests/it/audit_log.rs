//! The log of who did what: nothing that was acknowledged is lost, and nothing that is in it can be
//! changed, cut, doubled or moved without being found.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;
use tepat::audit::{Action, Audit, Entry, Filter, Head, Log, Trouble};
use tepat::sealing::Secret;

const FILE: &str = "audit/000000000001.jsonl";

fn key() -> Secret {
    Secret::new([9; 32])
}

fn entry(number: u64) -> Entry {
    Entry {
        rows: Some(number),
        region: Some("36.02".parse().unwrap()),
        purpose: format!("verifikasi: kunjungan ke-{number} \"lapangan\"\nbaris kedua"),
        from: "10.0.0.7".to_owned(),
        ..Entry::new("2026-11-21T12:00:00Z", "verifikator", Action::ListLooked)
    }
}

fn keyed(store: &Path) -> Log {
    Log::of_store(store, Some(key()))
}

fn written(records: u64) -> TempDir {
    let store = tempfile::tempdir().unwrap();
    let log = keyed(store.path());
    for number in 1..=records {
        assert_eq!(log.append(&entry(number)).unwrap().seq, number);
    }
    store
}

fn check(store: &Path) -> Audit {
    keyed(store).check(None).unwrap()
}

fn lines(store: &Path) -> Vec<String> {
    fs::read_to_string(store.join(FILE)).unwrap().lines().map(str::to_owned).collect()
}

fn put(store: &Path, lines: &[String]) {
    fs::write(store.join(FILE), lines.iter().map(|l| format!("{l}\n")).collect::<String>())
        .unwrap();
}

#[test]
fn a_log_that_nobody_touched_holds_and_is_read_back_newest_first() {
    let store = written(7);
    let audit = check(store.path());
    assert!(audit.holds(), "{audit:?}");
    assert_eq!((audit.records, audit.plain, audit.torn), (7, 0, 0));
    let log = keyed(store.path());
    let page = log.newest(&Filter::default(), None, 3).unwrap();
    assert_eq!(page.records.iter().map(|r| r.seq).collect::<Vec<_>>(), [7, 6, 5]);
    assert!(page.more);
    let rest = log.newest(&Filter::default(), Some(5), 10).unwrap();
    assert_eq!(rest.records.len(), 4);
    assert!(!rest.more);
    assert!(rest.records.iter().all(|r| !r.purpose.contains('\n') && r.region == "36.02"));
    let other = Filter { region: Some("36.01".parse().unwrap()), ..Filter::default() };
    assert!(log.newest(&other, None, 10).unwrap().records.is_empty());
    let above = Filter { region: Some("36".parse().unwrap()), ..Filter::default() };
    assert_eq!(log.newest(&above, None, 10).unwrap().records.len(), 7);
}

#[test]
fn every_changed_byte_is_found() {
    let store = written(4);
    for file in [FILE, "audit/head.json"] {
        let whole = fs::read(store.path().join(file)).unwrap();
        for at in 0..whole.len() {
            for bit in [1, 0x20] {
                let mut bytes = whole.clone();
                bytes[at] ^= bit;
                fs::write(store.path().join(file), &bytes).unwrap();
                let audit = check(store.path());
                // A broken last line end is what a crash leaves, but then the head knows more.
                assert!(!audit.holds(), "{file}, byte {at}, bit {bit}");
            }
        }
        fs::write(store.path().join(file), &whole).unwrap();
    }
    assert!(check(store.path()).holds());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn lines_taken_out_doubled_or_moved_are_found(records in 3_usize..9, a in 0_usize..9, b in 0_usize..9, how in 0..4) {
        let store = written(records as u64);
        let (a, b) = (a % records, b % records);
        let original = lines(store.path());
        let mut changed = original.clone();
        match how {
            0 => { changed.remove(a); }
            1 => { let line = changed[a].clone(); changed.insert(b, line); }
            2 => changed.swap(a, b),
            _ => changed.truncate(a),
        }
        put(store.path(), &changed);
        prop_assert_eq!(check(store.path()).holds(), changed == original);
    }
}

#[test]
fn where_it_was_changed_is_said() {
    let store = written(5);
    let mut changed = lines(store.path());
    changed[2] = changed[2].replace("\"rows\":3", "\"rows\":2");
    put(store.path(), &changed);
    let audit = check(store.path());
    let file = PathBuf::from("000000000001.jsonl");
    assert_eq!(audit.troubles, [Trouble::Changed { file: file.clone(), line: 3 }]);
    changed.remove(2);
    put(store.path(), &changed);
    let gap = Trouble::Order { file, line: 3, expected: 3, found: 4 };
    assert_eq!(check(store.path()).troubles, [gap]);
}

#[test]
fn a_log_written_anew_without_the_key_is_found_and_one_without_a_key_by_its_anchor() {
    let store = written(5);
    fs::remove_dir_all(store.path().join("audit")).unwrap();
    let forger = Log::of_store(store.path(), None);
    (1..=5).for_each(|n| drop(forger.append(&entry(n)).unwrap()));
    assert!(check(store.path()).troubles.contains(&Trouble::NeverKeyed));
    // With a key of his own.
    fs::remove_dir_all(store.path().join("audit")).unwrap();
    let forger = Log::of_store(store.path(), Some(Secret::new([1; 32])));
    (1..=5).for_each(|n| drop(forger.append(&entry(n)).unwrap()));
    assert!(!check(store.path()).holds());

    let store = tempfile::tempdir().unwrap();
    let plain = Log::of_store(store.path(), None);
    let receipts: Vec<_> = (1..=5).map(|n| plain.append(&entry(n)).unwrap()).collect();
    let anchor = Head { seq: 3, mark: receipts[2].mark.clone() };
    assert!(plain.check(Some(&anchor)).unwrap().holds());
    fs::remove_dir_all(store.path().join("audit")).unwrap();
    let forger = Log::of_store(store.path(), None);
    (1..=5).for_each(|n| drop(forger.append(&entry(n + 1)).unwrap()));
    assert!(plain.check(None).unwrap().holds(), "nothing but the anchor can tell");
    assert_eq!(plain.check(Some(&anchor)).unwrap().troubles, [Trouble::Anchor { seq: 3 }]);
}

#[test]
fn a_cut_end_refuses_further_records_and_a_torn_one_is_healed() {
    let store = written(4);
    let mut cut = lines(store.path());
    cut.pop();
    put(store.path(), &cut);
    assert!(keyed(store.path()).append(&entry(9)).unwrap_err().to_string().contains("are gone"));

    let store = written(4);
    let mut file = fs::OpenOptions::new().append(true).open(store.path().join(FILE)).unwrap();
    file.write_all(b"{\"seq\":5,\"time\":\"2026").unwrap();
    assert_eq!(check(store.path()).torn, 21);
    assert!(check(store.path()).holds(), "nobody was told of it");
    assert_eq!(keyed(store.path()).append(&entry(5)).unwrap().seq, 6);
    let audit = check(store.path());
    assert!(audit.holds() && audit.torn == 0, "{audit:?}");
    let page = keyed(store.path()).newest(&Filter::default(), None, 2).unwrap();
    assert_eq!(page.records[1].action, Action::LogHealed);
}

#[test]
fn a_log_begun_without_a_key_goes_on_with_one_but_never_back() {
    let store = tempfile::tempdir().unwrap();
    Log::of_store(store.path(), None).append(&entry(1)).unwrap();
    keyed(store.path()).append(&entry(2)).unwrap();
    let audit = check(store.path());
    assert!(audit.holds() && audit.plain == 1, "{audit:?}");
    assert!(Log::of_store(store.path(), None).append(&entry(3)).is_err());
}

#[test]
fn many_writers_write_one_chain() {
    let store = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            // Each a log of its own, as processes have.
            let log = keyed(store.path());
            scope.spawn(move || (0..40).for_each(|n| drop(log.append(&entry(n)).unwrap())));
        }
    });
    let audit = check(store.path());
    assert!(audit.holds(), "{audit:?}");
    assert_eq!(audit.records, 240);
}

#[test]
fn segments_follow_each_other_and_one_that_is_missing_is_found() {
    let store = tempfile::tempdir().unwrap();
    let log = keyed(store.path());
    let long = Entry { purpose: "x".repeat(600), object: "y".repeat(200), ..entry(1) };
    let segments = || {
        let names = fs::read_dir(store.path().join("audit")).unwrap();
        let names = names.map(|e| e.unwrap().path());
        let mut names: Vec<_> =
            names.filter(|p| p.extension().is_some_and(|e| e == "jsonl")).collect();
        names.sort();
        names
    };
    // The length of a segment is a matter of the file alone.
    log.append(&long).unwrap();
    for next in [2, 3] {
        let last = segments().pop().unwrap();
        tepat::audit::Log::of_store(store.path(), Some(key()))
            .with_segments_of(1)
            .append(&long)
            .unwrap();
        assert_eq!(segments().len(), next, "{}", last.display());
    }
    assert!(check(store.path()).holds());
    assert_eq!(log.newest(&Filter::default(), None, 9).unwrap().records.len(), 3);
    let middle = segments().remove(1);
    fs::rename(&middle, store.path().join("away")).unwrap();
    assert!(!check(store.path()).holds());
}

/// What a child process of the tests below runs: appends until it is killed or cannot, and says
/// after each record that it is acknowledged.
#[test]
#[ignore = "run by other tests, in a process of its own"]
fn appends_until_it_ends() {
    let Some(store) = std::env::var_os("TEPAT_TEST_STORE") else { return };
    let log = keyed(Path::new(&store));
    let mut out = std::io::stdout();
    for number in 0..100_000 {
        match log.append(&entry(number)) {
            Ok(receipt) => writeln!(out, "ack {}", receipt.seq).unwrap(),
            Err(error) => {
                writeln!(out, "refused {error}").unwrap();
                return;
            }
        }
        out.flush().unwrap();
    }
}

fn child(store: &Path, before: &str) -> Command {
    let exe = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    let run = "exec \"$0\" --ignored --exact audit_log::appends_until_it_ends --nocapture";
    command.arg("-c").arg(format!("{before} {run}")).arg(exe);
    command.env("TEPAT_TEST_STORE", store).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn last_acknowledged(out: impl std::io::Read) -> u64 {
    let lines = BufReader::new(out).lines().map_while(Result::ok);
    let acks = lines.filter_map(|l| l.split("ack ").nth(1)?.trim().parse().ok());
    acks.max().unwrap_or(0)
}

#[test]
fn kill_9_while_records_are_written_loses_none_that_was_acknowledged() {
    let store = tempfile::tempdir().unwrap();
    let mut known = 0;
    for round in 0..6 {
        let mut child = child(store.path(), "").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(120 + 37 * round));
        child.kill().unwrap();
        known = last_acknowledged(child.stdout.take().unwrap()).max(known);
        child.wait().unwrap();
        let audit = check(store.path());
        assert!(audit.holds(), "{audit:?}");
        assert!(audit.records >= known, "{known} acknowledged, {} there", audit.records);
    }
    assert!(known > 0, "the child has written nothing");
    keyed(store.path()).append(&entry(0)).unwrap();
    assert!(check(store.path()).holds());
}

#[test]
fn a_full_disk_refuses_the_record_and_keeps_all_before_it() {
    let store = tempfile::tempdir().unwrap();
    // The kernel refuses bytes beyond the limit as a full disk does; without the trap it would
    // end the process instead.
    let full = child(store.path(), "trap '' XFSZ; ulimit -f 12;").output().unwrap();
    let text = String::from_utf8_lossy(&full.stdout).into_owned();
    assert!(text.contains("refused"), "{text}");
    let known = last_acknowledged(text.as_bytes());
    assert!(known > 3, "{text}");
    let audit = check(store.path());
    assert!(audit.holds() && audit.records == known && audit.torn == 0, "{audit:?}");
    assert_eq!(keyed(store.path()).append(&entry(0)).unwrap().seq, known + 1);
    assert!(check(store.path()).holds());
}

#[test]
fn numbers_that_may_be_a_persons_never_reach_the_log() {
    let store = tempfile::tempdir().unwrap();
    let log = keyed(store.path());
    for text in ["NIK 3602010101010001 ada", "3602 0101 0101 0001", "36.02.01.010101.0001 lagi"] {
        let purpose = text.to_owned();
        log.append(&Entry { purpose, actor: text.to_owned(), ..entry(1) }).unwrap();
    }
    let text = fs::read_to_string(store.path().join(FILE)).unwrap();
    assert!(!text.contains("0001"), "{text}");
    log.append(&Entry { purpose: "desa 36.02.01.2001 tahun 2023".to_owned(), ..entry(1) }).unwrap();
    assert!(
        fs::read_to_string(store.path().join(FILE)).unwrap().contains("36.02.01.2001 tahun 2023")
    );
}
