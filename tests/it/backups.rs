//! A store in one file and back: everything is there, every byte is checked, nothing is overwritten,
//! what was sealed stays sealed, and a kill leaves nothing behind that looks like a backup or a store.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;

use crate::command::{Answer, demo, fresh_folder, program, tepat};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn key() -> PathBuf {
    demo().join("tepat.key")
}

/// One backup at a time: each takes the lock of builds.
static TURN: Mutex<()> = Mutex::new(());

fn backed_up(folder: &Path) -> PathBuf {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let out = folder.join("store.tar");
    let made = tepat(["backup", "--store", text(&demo().join("store")), "--out", text(&out)]);
    assert_eq!(made.is_decent().code, Some(0), "{made:?}");
    out
}

fn restored(file: &Path, store: &Path) -> Answer {
    tepat(["restore", text(file), "--store", text(store)])
}

/// Path and content of every file of the sealed parts.
fn sealed(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                into.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    for part in ["snapshots", "restricted", "by_name"] {
        walk(store, &store.join(part), &mut all);
    }
    all
}

#[test]
fn what_comes_out_is_what_went_in_and_verifies() {
    let folder = fresh_folder("backup-whole");
    let file = backed_up(&folder);
    let again = tepat(["backup", "--store", text(&demo().join("store")), "--out", text(&file)]);
    assert_eq!(again.code, Some(5), "{again:?}");
    assert!(again.err.contains("not overwritten"), "{again:?}");
    let store = folder.join("restored");
    let done = restored(&file, &store);
    assert_eq!(done.is_decent().code, Some(0), "{done:?}");
    assert_eq!(sealed(&demo().join("store")), sealed(&store));
    assert!(sealed(&store).keys().any(|path| path.starts_with("by_name")));
    for more in [&[][..], &["--audit"]] {
        let verified = tepat(["verify", "--store", text(&store)].into_iter().chain(more.to_vec()));
        assert_eq!(verified.is_decent().code, Some(0), "{verified:?}");
    }
    let twice = restored(&file, &store);
    assert_eq!(twice.is_decent().code, Some(5), "{twice:?}");
    // Any tar reads it.
    let listed = std::process::Command::new("tar").arg("-tf").arg(&file).output().unwrap();
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success() && names.ends_with("CADANGAN.json\n"), "{names}");
    assert!(!names.contains("tepat.key"), "the key is not part of it");
}

#[test]
fn a_backup_that_was_changed_or_cut_makes_no_store() {
    let folder = fresh_folder("backup-damaged");
    let file = backed_up(&folder);
    let whole = fs::read(&file).unwrap();
    let bad = folder.join("bad.tar");
    let store = folder.join("restored");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let cases = (any::<prop::sample::Index>(), any::<bool>());
    let outcome = runner.run(&cases, |(at, cut)| {
        // Beyond the list are only zeros.
        let at = at.index(whole.len() - 2048);
        let mut bytes = whole.clone();
        if cut {
            bytes.truncate(at)
        } else {
            bytes[at] ^= 0x11
        }
        fs::write(&bad, &bytes).unwrap();
        let done = restored(&bad, &store);
        let shut = done.code.is_some_and(|code| (3..=5).contains(&code));
        prop_assert!(shut && !store.exists(), "at {}: {:?}", at, done);
        prop_assert!(!done.err.contains("panicked"));
        Ok(())
    });
    outcome.unwrap();
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("sebagian")), "{left:?}");
}

#[test]
fn names_that_lead_out_of_the_store_are_refused() {
    let folder = fresh_folder("backup-path");
    let file = backed_up(&folder);
    let whole = fs::read(&file).unwrap();
    let bad = folder.join("bad.tar");
    for name in ["../../escaped", "/tmp/tepat-escaped", "audit/../../escaped"] {
        let mut head = [0_u8; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[100..107].copy_from_slice(b"0000600");
        head[124..135].copy_from_slice(b"00000000000");
        head[156] = b'0';
        head[257..265].copy_from_slice(b"ustar\x0000");
        head[148..156].copy_from_slice(b"        ");
        let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        fs::write(&bad, [&head[..], &whole].concat()).unwrap();
        let done = restored(&bad, &folder.join("restored"));
        assert_eq!(done.is_decent().code, Some(3), "{done:?}");
        assert!(!folder.join("escaped").exists() && !Path::new("/tmp/tepat-escaped").exists());
    }
}

#[test]
fn another_key_does_not_pass_for_the_one_it_was_made_with() {
    let folder = fresh_folder("backup-key");
    let file = backed_up(&folder);
    let other = folder.join("other.key");
    assert_eq!(tepat(["key", "new", text(&other)]).is_decent().code, Some(0));
    let run = |key: &Path, store: &Path| {
        let mut command = program();
        command.env("TEPAT_KEY_FILE", key).args(["restore", text(&file), "--store", text(store)]);
        command.output().unwrap()
    };
    let store = folder.join("restored");
    assert_eq!(run(&other, &store).status.code(), Some(3));
    assert!(!store.exists());
    let good = run(&key(), &store);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    assert!(String::from_utf8_lossy(&good.stdout).contains("tanda kuncinya cocok"));
}

/// Runs the program with files of at most so many blocks of 512 bytes: a full disk.
fn on_a_full_disk(blocks: u64, arguments: &[&str]) -> Answer {
    let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let done = std::process::Command::new("bash")
        .env("TEPAT_LOG", "warn")
        .args(["-c", &limit, env!("CARGO_BIN_EXE_tepat")])
        .args(arguments)
        .output()
        .unwrap();
    Answer {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut all: Vec<String> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

#[test]
fn a_full_disk_ends_a_backup_with_a_word_and_leaves_nothing_of_it() {
    let folder = fresh_folder("backup-full");
    let store = demo().join("store");
    let out = folder.join("store.tar");
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = sealed(&store);
    // From less than the log takes to most of the archive (in KiB: bash counts in 1,024).
    let mut unrecorded = 0;
    for blocks in [0, 200, 1200] {
        let done =
            on_a_full_disk(blocks, &["backup", "--store", text(&store), "--out", text(&out)]);
        assert_eq!(done.is_decent().code, Some(5), "{blocks}: {done:?}");
        let said = done.err.contains("no room") || done.err.contains("File too large");
        assert!(said, "{blocks}: {done:?}");
        unrecorded += u64::from(done.err.contains("audit log"));
        assert_eq!(names_in(&folder), Vec::<String>::new(), "{blocks}");
        let left: Vec<String> =
            names_in(&store).into_iter().filter(|name| name.starts_with("work-")).collect();
        assert!(left.is_empty(), "{left:?}");
        let held = tepat(["verify", "--audit", "--store", text(&store)]);
        assert_eq!(held.is_decent().code, Some(0), "{held:?}");
    }
    assert!(unrecorded > 0, "none ended in the log");
    assert_eq!(sealed(&store), before);
    // The one that began is known to have come to nothing.
    let master = tepat::sealing::MasterKey::read(&key(), &store).unwrap();
    let failed = tepat::audit::Filter {
        action: Some(tepat::audit::Action::Failed),
        ..tepat::audit::Filter::default()
    };
    let log = tepat::web::log_of(&store, Some(&master)).newest(&failed, None, 9).unwrap();
    assert!(!log.records.is_empty() && log.records[0].object == "backed_up store.tar", "{log:?}");
    let whole = tepat(["backup", "--store", text(&store), "--out", text(&out)]);
    assert_eq!(whole.is_decent().code, Some(0), "{whole:?}");
}

#[test]
fn a_full_disk_ends_a_restore_with_a_word_and_leaves_no_store() {
    let folder = fresh_folder("restore-full");
    let file = backed_up(&folder);
    let store = folder.join("restored");
    for blocks in [1, 50, 900] {
        let done = on_a_full_disk(blocks, &["restore", text(&file), "--store", text(&store)]);
        assert_eq!(done.is_decent().code, Some(5), "{blocks}: {done:?}");
        assert!(done.err.contains("no room"), "{blocks}: {done:?}");
        assert_eq!(names_in(&folder), ["store.tar"], "{blocks}");
    }
    assert_eq!(restored(&file, &store).is_decent().code, Some(0));
}

/// What is left of a program that is killed so many milliseconds after it began, or `None` where it
/// was faster.
fn killed(arguments: &[&str], after: u64) -> Option<()> {
    let mut child =
        program().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(after));
    child.kill().unwrap();
    (!child.wait().unwrap().success()).then_some(())
}

#[test]
fn what_a_killed_restore_leaves_opens_nowhere_and_the_next_one_clears_it_away() {
    let folder = fresh_folder("restore-killed");
    let file = backed_up(&folder);
    let store = folder.join("restored");
    let arguments = ["restore", text(&file), "--store", text(&store)];
    let mut left_something = 0;
    for after in (2..40).step_by(6) {
        if killed(&arguments, after).is_none() {
            fs::remove_dir_all(&store).unwrap();
            continue;
        }
        if store.exists() {
            // Killed behind the last step: then it is whole.
            let verified = tepat(["verify", "--store", text(&store)]);
            assert_eq!(verified.is_decent().code, Some(0), "{verified:?}");
            fs::remove_dir_all(&store).unwrap();
        }
        for name in names_in(&folder).iter().filter(|name| name.ends_with(".sebagian")) {
            left_something += 1;
            let half = folder.join(name);
            for command in [&["verify", "--store"][..], &["serve", "--listen", "x", "--store"]] {
                let opened = tepat(command.iter().copied().chain([text(&half)]));
                assert_eq!(opened.is_decent().code, Some(5), "{name}: {opened:?}");
            }
        }
    }
    assert!(left_something > 0, "it was always faster");
    while names_in(&folder).iter().all(|name| !name.ends_with(".sebagian")) {
        killed(&arguments, 8);
        let _ = fs::remove_dir_all(&store);
    }
    let left = names_in(&folder);
    let left = left.iter().find(|name| name.ends_with(".sebagian")).unwrap();
    let done = restored(&file, &store);
    assert_eq!(done.is_decent().code, Some(0), "{done:?}");
    assert!(done.out.contains(&format!("dibuang: {}", text(&folder.join(left)))), "{done:?}");
    assert_eq!(names_in(&folder), ["restored", "store.tar"]);
}

#[test]
fn what_a_killed_backup_leaves_is_named_and_cleared_away_by_the_next_one() {
    let folder = fresh_folder("backup-remains");
    let store = demo().join("store");
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Of another name: backups carry their day.
    let first = folder.join("senin.tar");
    let arguments = ["backup", "--store", text(&store), "--out", text(&first)];
    let mut after = 4;
    while names_in(&folder).iter().all(|name| !name.ends_with(".sebagian")) {
        killed(&arguments, after);
        let _ = fs::remove_file(&first);
        after = if after > 60 { 4 } else { after + 1 };
    }
    let left = names_in(&folder);
    assert!(left[0].starts_with(".senin.tar."), "{left:?}");
    // One that is at work holds a lock, and a file of somebody else has another name.
    let working = folder.join(".kamis.tar.77.sebagian");
    let held = fs::File::create(&working).unwrap();
    held.lock().unwrap();
    fs::write(folder.join(".selasa.tar.sebagian"), "").unwrap();
    let out = folder.join("rabu.tar");
    let done = tepat(["backup", "--store", text(&store), "--out", text(&out)]);
    assert_eq!(done.is_decent().code, Some(0), "{done:?}");
    assert!(done.out.contains(&format!("dibuang: {}", text(&folder.join(&left[0])))), "{done:?}");
    let kept = [".kamis.tar.77.sebagian", ".selasa.tar.sebagian", "rabu.tar"];
    assert_eq!(names_in(&folder), kept);
    let whole = restored(&out, &folder.join("restored"));
    assert_eq!(whole.code, Some(0), "{whole:?}");
}

#[test]
fn kill_9_leaves_no_half_backup_under_its_name_and_the_log_holds() {
    let folder = fresh_folder("backup-killed");
    let store = demo().join("store");
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for round in 0..5_u64 {
        let out = folder.join(format!("{round}.tar"));
        let mut child = program()
            .args(["backup", "--store", text(&store), "--out", text(&out)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(3 + 9 * round));
        child.kill().unwrap();
        let killed = !child.wait().unwrap().success();
        if out.exists() {
            let whole = restored(&out, &folder.join(format!("store-{round}")));
            assert_eq!(whole.code, Some(0), "{killed}, {whole:?}");
        }
        let held = tepat(["verify", "--audit", "--store", text(&store)]);
        assert_eq!(held.is_decent().code, Some(0), "{held:?}");
    }
}
