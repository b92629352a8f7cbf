//! `tepat key rotate`: the same names, pairs, ids, second factors and log open with another key and no
//! more with the one of before; killed at any moment nothing is lost, and the next run ends it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tepat::access::{Accounts, Caller, Moment, Policy, Role, Unheard};
use tepat::audit::{Action, Entry, Filter, Head, Log};
use tepat::by_name::{ByName, ByNameError, ListKind, Row};
use tepat::restricted::{Choice, Decision, Restricted, append_decisions, read_pairs};
use tepat::sealing::{MasterKey, Secret};
use tepat::web::log_of;

use super::access::{code_of, enter};
use super::command::{Answer, demo, fresh_folder, program, tepat};
use super::door::add;

const NOTE: &str = "menurut Bu ZUBAEDAH tetangganya";

/// A copy of the demo's store with a key of its own, an account with a second factor, and a note.
struct House {
    folder: PathBuf,
    secret: String,
    head: Head,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}

impl House {
    fn new(name: &str) -> Self {
        let folder = fresh_folder(name);
        for part in ["snapshots", "restricted", "by_name", "CURRENT"] {
            let (from, to) = (demo().join("store").join(part), folder.join("store").join(part));
            if from.is_dir() { copy(&from, &to) } else { fs::copy(from, to).map(drop).unwrap() }
        }
        let store = folder.join("store");
        fs::copy(demo().join("tepat.key"), folder.join("lama.key")).unwrap();
        tepat::sealing::remember(&store, &folder.join("lama.key")).unwrap();
        let old = MasterKey::read(&folder.join("lama.key"), &store).unwrap();
        let log = log_of(&store, Some(&old));
        let mut head = Head { seq: 0, mark: String::new() };
        for number in 0..5 {
            let entry = Entry {
                rows: Some(number),
                ..Entry::new("2026-11-21T12:00:00Z", "siti", Action::ListLooked)
            };
            let receipt = log.append(&entry).unwrap();
            head = Head { seq: receipt.seq, mark: receipt.mark };
        }
        let accounts = open(&store, &old);
        add(&accounts, "siti", Role::Viewer, "36.02");
        let viewer = enter(&accounts, "siti", "", Moment(1_800_000_000)).viewer;
        let secret = accounts.enrol(&viewer).unwrap().secret.to_string();
        let code = code_of(&secret, Moment(1_800_000_000));
        let caller = Caller::default();
        let done = accounts.confirm_enrolment(&viewer, &code, &caller, Moment(1_800_000_000));
        assert!(done.unwrap().is_some());
        // Whatever else the store keeps as a key: the same one, so that it is known again.
        let keys = store.join("restricted");
        fs::copy(keys.join("key"), keys.join("lain-key")).unwrap();
        let restricted = Restricted::of_store(&store).sealed_with(Some(&old));
        let decision = Decision {
            at: "2026-11-21T12:00:00Z".to_owned(),
            by: "budi".to_owned(),
            key: "0123456789abcdef0123456789abcdef".to_owned(),
            decision: Choice::Ya,
            note: NOTE.to_owned(),
        };
        let sealer = restricted.sealer();
        append_decisions(&restricted.decisions(), &[decision], sealer.as_ref()).unwrap();
        Self { folder, secret, head }
    }

    fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn key(&self, name: &str) -> MasterKey {
        MasterKey::read(&self.folder.join(name), &self.store()).unwrap()
    }

    fn rotate(&self, to: &str) -> Answer {
        tepat(self.command(to))
    }

    fn command(&self, to: &str) -> Vec<String> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let (store, to) = (text(self.store()), text(self.folder.join(to)));
        ["key", "rotate", "--store", &store, "--to", &to].map(str::to_owned).to_vec()
    }

    /// Everything that a key opens, as one can compare it.
    fn content(&self, key: &MasterKey) -> BTreeMap<String, String> {
        let store = self.store();
        let id = fs::read_to_string(store.join("CURRENT")).unwrap().trim().to_owned();
        let opened = ByName::of_store(&store, key.clone()).open(&id).unwrap();
        let mut all = BTreeMap::new();
        for desa in opened.counts("36.02.01".parse().unwrap()).unwrap() {
            for kind in ListKind::ALL {
                // The period before is this one: nobody fell, but everybody is looked up.
                let (rows, total) = opened.list(kind, desa.desa, Some(&opened), 1000).unwrap();
                let names: Vec<String> = rows
                    .iter()
                    .map(|row| match row {
                        Row::Household(h) => h.members.iter().map(|m| m.nik.as_str()).collect(),
                        Row::Pair { base, other, .. } => format!("{}{}", base.nik, other.name),
                    })
                    .collect();
                all.insert(format!("{} {}", desa.desa, kind.slug()), format!("{total} {names:?}"));
            }
        }
        let restricted = Restricted::of_store(&store).sealed_with(Some(key));
        let pairs = read_pairs(&restricted.folder_of(&id), restricted.sealer(), |_| true).unwrap();
        all.insert("pairs".to_owned(), format!("{pairs:?}"));
        // Of a record: the same for equal keys alone.
        let of_store = restricted.key().unwrap().number(b"sama");
        all.insert("key of persons".to_owned(), of_store.to_string());
        let keys = ["key", "lain-key"].map(|name| fs::read(store.join("restricted").join(name)));
        let [own, other] = keys.map(Result::unwrap);
        assert!(own.len() == 72 && own == other, "one was left behind");
        let ledger =
            tepat::restricted::Ledger::open(&restricted.folder_of(&id), restricted.sealer());
        let ledger = ledger.unwrap().unwrap();
        let mut persons = 0_u64;
        for partition in 0..ledger.partitions() {
            ledger
                .read(partition, |person| -> Result<(), tepat::restricted::RestrictedError> {
                    persons = persons.wrapping_mul(31).wrapping_add(person.id);
                    Ok(())
                })
                .unwrap();
        }
        all.insert("persons".to_owned(), persons.to_string());
        let line = fs::read_to_string(restricted.decisions()).unwrap();
        let decision: Decision = serde_json::from_str(line.lines().next().unwrap()).unwrap();
        let note = decision.open_note(restricted.sealer().as_ref());
        all.insert("note".to_owned(), note.unwrap());
        all
    }

    fn second_factor_opens(&self, key: &MasterKey) -> bool {
        let accounts = open(&self.store(), key);
        let now = Moment(1_800_000_000 + 300);
        accounts.shut_out().unwrap().is_empty()
            && enter(&accounts, "siti", &code_of(&self.secret, now), now).viewer.name == "siti"
    }
}

fn open(store: &Path, key: &MasterKey) -> Accounts {
    let accounts = Accounts::open(store, Policy::default(), Arc::new(Unheard)).unwrap();
    accounts.sealed_with(Some(key)).unwrap()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files_below(&path)) } else { all.push(path) }
    }
    all
}

#[test]
fn everything_opens_with_the_new_key_and_nothing_with_the_old_one() {
    let house = House::new("rotate-whole");
    let (store, old) = (house.store(), house.key("lama.key"));
    let before = house.content(&old);
    assert!(before.len() > 20 && before["note"] == NOTE, "{:?}", before.keys());
    let done = house.rotate("baru.key");
    assert_eq!(done.is_decent().code, Some(0), "{done:?}");
    let new = house.key("baru.key");
    assert_eq!(house.content(&new), before);
    assert!(house.second_factor_opens(&new));

    let id = fs::read_to_string(store.join("CURRENT")).unwrap().trim().to_owned();
    let shut = ByName::of_store(&store, old.clone()).open(&id);
    assert!(matches!(shut, Err(ByNameError::OtherKey { .. })));
    let restricted = Restricted::of_store(&store).sealed_with(Some(&old));
    assert!(restricted.key().is_err());
    assert!(read_pairs(&restricted.folder_of(&id), restricted.sealer(), |_| true).is_err());
    assert_eq!(open(&store, &old).shut_out().unwrap(), ["siti"]);
    let entry = Entry::new("2026-11-21T13:00:00Z", "siti", Action::ListLooked);
    assert!(log_of(&store, Some(&old)).append(&entry).is_err());

    // The log is one, and what was noted elsewhere before is still in it.
    let log = log_of(&store, Some(&new));
    let audit = log.check(Some(&house.head)).unwrap();
    assert!(audit.holds() && audit.unchecked == 0 && audit.plain == 0, "{audit:?}");
    let page = log.newest(&Filter::default(), None, 2).unwrap().records;
    let said: Vec<_> = page.iter().map(|r| (r.action, r.purpose.as_str())).collect();
    assert_eq!(said, [(Action::KeyRotated, "selesai"), (Action::KeyRotated, "mulai")]);
    assert!(page[0].object.contains(&old.name()) && page[0].object.contains(&new.name()));
    // A record of before that is changed shows.
    let segment = store.join("audit/000000000001.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replacen("\"rows\":2", "\"rows\":1", 1)).unwrap();
    assert!(!log_of(&store, Some(&new)).check(None).unwrap().holds());
    fs::write(&segment, text).unwrap();

    let verified = tepat(["verify", "--audit", "--store", store.to_str().unwrap()]);
    assert_eq!(verified.is_decent().code, Some(0), "{verified:?}");
    let note = NOTE.as_bytes();
    for path in files_below(&store) {
        let bytes = fs::read(&path).unwrap();
        let there = bytes.windows(note.len()).any(|w| w == note);
        assert!(!there && !path.ends_with("KEYS.exchange"), "{}", path.display());
        assert_ne!(path.extension().and_then(|e| e.to_str()), Some("exchange"));
    }
    // A backup of now comes back with the new key, its log with those of before.
    let (file, back) = (house.folder.join("baru.tar"), house.folder.join("balik"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let made = tepat(["backup", "--store", &text(&store), "--out", &text(&file)]);
    assert_eq!(made.is_decent().code, Some(0), "{made:?}");
    let restored = tepat(["restore", &text(&file), "--store", &text(&back)]);
    assert!(restored.is_decent().out.contains("tanda kuncinya cocok"), "{restored:?}");
    assert!(log_of(&back, Some(&new)).check(Some(&house.head)).unwrap().holds());
    // And once more, over the keys of before.
    let again = house.rotate("ketiga.key");
    assert_eq!(again.is_decent().code, Some(0), "{again:?}");
    let third = house.key("ketiga.key");
    assert_eq!(house.content(&third), before);
    let audit = log_of(&store, Some(&third)).check(Some(&house.head)).unwrap();
    assert!(audit.holds() && audit.unchecked == 0, "{audit:?}");
    let same = house.rotate("ketiga.key");
    assert_eq!(same.is_decent().code, Some(2), "{same:?}");
    let inside = house.rotate("store/di-dalam.key");
    assert_eq!(inside.is_decent().code, Some(5), "{inside:?}");
    assert!(!store.join("di-dalam.key").exists());
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_the_next_run_ends_it() {
    let house = House::new("rotate-killed");
    let store = house.store();
    let before = house.content(&house.key("lama.key"));
    let (mut from, mut cut) = ("lama.key".to_owned(), 0);
    for round in 0..10_u64 {
        let to = format!("kunci-{round}.key");
        let mut child = program()
            .args(house.command(&to))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(4 + round * 8));
        child.kill().unwrap();
        child.wait().unwrap();
        if store.join("KEYS.exchange").exists() {
            cut += 1;
            // Nothing opens meanwhile, and everybody is told what to do.
            for command in [&["verify", "--audit"][..], &["user", "list"]] {
                let shut =
                    tepat(command.iter().copied().chain(["--store", store.to_str().unwrap()]));
                assert_eq!(shut.is_decent().code, Some(5), "{shut:?}");
                assert!(shut.err.contains("tepat key rotate"), "{shut:?}");
            }
            let other = house.rotate("lain-lagi.key");
            assert_eq!(other.is_decent().code, Some(2), "{other:?}");
        }
        let done = house.rotate(&to);
        // Killed behind the last step, it was done.
        assert!(matches!(done.is_decent().code, Some(0 | 2)), "{round}: {done:?}");
        let key = house.key(&to);
        assert_eq!(house.content(&key), before, "{round}, from {from}");
        let audit = log_of(&store, Some(&key)).check(Some(&house.head)).unwrap();
        assert!(audit.holds() && audit.unchecked == 0, "{round}: {audit:?}");
        assert!(open(&store, &key).shut_out().unwrap().is_empty(), "{round}");
        from = to;
    }
    assert!(cut > 0, "never cut off in the middle");
}

#[test]
fn an_exchange_of_the_logs_key_that_was_cut_off_goes_on_from_where_records_are() {
    let store = tempfile::tempdir().unwrap();
    let key = |byte| Secret::new([byte; 32]);
    let entry = |n| Entry { rows: Some(n), ..Entry::new("t", "siti", Action::ListLooked) };
    let log = |byte| Log::of_store(store.path(), Some(key(byte)));
    (0..3).for_each(|n| drop(log(1).append(&entry(n)).unwrap()));
    let former = store.path().join("audit/former.json");
    log(1).exchange(&key(2), &entry(3)).unwrap();
    // As a crash leaves it: the old key is laid by, and nothing is marked with the new one yet.
    let segment = store.path().join("audit/000000000001.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    let kept: String = text.lines().take(3).map(|line| format!("{line}\n")).collect();
    let laid_by = fs::read(&former).unwrap();
    fs::remove_dir_all(store.path().join("audit")).unwrap();
    (0..3).for_each(|n| drop(log(1).append(&entry(n)).unwrap()));
    assert_eq!(fs::read_to_string(&segment).unwrap(), kept, "the same records, the same marks");
    fs::write(&former, laid_by).unwrap();
    // A server that still runs goes on with the old key.
    log(1).append(&entry(9)).unwrap();
    log(1).exchange(&key(2), &entry(3)).unwrap();
    let audit = log(2).check(None).unwrap();
    assert!(audit.holds() && audit.unchecked == 0 && audit.records == 5, "{audit:?}");
    // Done already: nothing more is written.
    log(1).exchange(&key(2), &entry(3)).unwrap();
    assert_eq!(log(2).check(None).unwrap().records, 5);
    // The old key alone makes no record behind it that fits.
    assert!(log(1).append(&entry(4)).is_err());
    assert!(log(2).append(&entry(4)).is_ok());
    // Without the keys of before the log does not hold.
    fs::remove_file(&former).unwrap();
    assert!(!log(2).check(None).unwrap().holds());
}

#[test]
fn a_key_that_the_store_had_before_may_come_back_and_go_again() {
    let store = tempfile::tempdir().unwrap();
    let key = |byte| Secret::new([byte; 32]);
    let entry = |n| Entry { rows: Some(n), ..Entry::new("t", "siti", Action::ListLooked) };
    let log = |byte| Log::of_store(store.path(), Some(key(byte)));
    log(1).append(&entry(0)).unwrap();
    for (n, (from, to)) in (1..).zip([(1, 2), (2, 1), (1, 3), (3, 2)]) {
        log(from).exchange(&key(to), &entry(n)).unwrap();
        log(to).append(&entry(n)).unwrap();
        let audit = log(to).check(None).unwrap();
        assert!(audit.holds() && audit.unchecked == 0, "{n}: {audit:?}");
    }
}

#[test]
fn a_key_is_not_exchanged_over_a_damaged_log_nor_in_no_store() {
    let house = House::new("rotating_damaged");
    let segment = house.store().join("audit/000000000001.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replacen("siti", "sita", 1)).unwrap();
    let refused = house.rotate("baru.key");
    assert!(
        refused.is_decent().code != Some(0) && refused.err.contains("the key is not exchanged")
    );
    // Nothing was begun: with the log of before it goes through.
    fs::write(&segment, text).unwrap();
    assert_eq!(house.rotate("baru.key").code, Some(0));
    let nowhere = house.folder.join("tiada");
    let arguments = ["key", "rotate", "--store", nowhere.to_str().unwrap(), "--to", "x.key"];
    let refused = tepat(arguments);
    assert!(refused.is_decent().code == Some(2) && !nowhere.exists(), "{refused:?}");
}
