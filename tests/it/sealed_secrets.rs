//! What has to stay readable on disk, secrets of second factors and what reviewers remark: sealed with
//! the key outside the store, that of before too; shut to another key, and with a way back.

use std::path::Path;
use std::sync::Arc;

use tepat::access::{
    AccessError, AccountName, Accounts, Caller, Credentials, Door, Moment, Password, Policy, Role,
    Unheard,
};
use tepat::restricted::{Choice, Decision, Decisions, append_decisions};
use tepat::sealing::{MasterKey, Sealer, Secret};

use super::access::{code_of, enter};
use super::door::{PASSWORD, add};

const START: Moment = Moment(1_800_000_000);

fn master(byte: u8) -> MasterKey {
    MasterKey::new(Secret::new([byte; 32]))
}

fn open(folder: &Path, master: Option<&MasterKey>) -> Accounts {
    let accounts = Accounts::open(folder, Policy::default(), Arc::new(Unheard)).unwrap();
    accounts.sealed_with(master).unwrap()
}

/// An account with a second factor: its secret, as it is scanned and as bytes, and recovery codes.
fn enrolled(accounts: &Accounts, name: &str) -> (String, Vec<u8>, Vec<String>) {
    add(accounts, name, Role::Viewer, "36.02");
    let session = enter(accounts, name, "", START);
    let secret = accounts.enrol(&session.viewer).unwrap().secret.to_string();
    let again = accounts.enrol(&session.viewer).unwrap().secret;
    assert_eq!(secret, *again, "asked twice, two secrets");
    let code = code_of(&secret, START);
    let caller = Caller::default();
    let done = accounts.confirm_enrolment(&session.viewer, &code, &caller, START).unwrap();
    let bytes = totp_rs::Secret::try_from_base32(&secret).unwrap();
    (secret, bytes.as_bytes().to_vec(), done.unwrap().0)
}

/// Files of the accounts that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.join("access")).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        if content.windows(bytes.len()).any(|w| w == bytes) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

fn knock(accounts: &Accounts, name: &str, code: &str, now: Moment) -> Result<Door, AccessError> {
    let typed = Credentials { name, password: PASSWORD, code };
    accounts.sign_in(&typed, &Caller::default(), now)
}

#[test]
fn with_a_key_no_secret_lies_in_the_file_and_without_one_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = open(folder.path(), Some(&master(1)));
    let (secret, bytes, _) = enrolled(&sealed, "siti");
    assert_eq!(holding(folder.path(), &bytes), Vec::<String>::new());
    let later = START.plus(60);
    let door = knock(&sealed, "siti", &code_of(&secret, later), later).unwrap();
    assert!(matches!(door, Door::Open(_)));
    // The search would find it.
    let clear = tempfile::tempdir().unwrap();
    let (_, bytes, _) = enrolled(&open(clear.path(), None), "siti");
    assert!(!holding(clear.path(), &bytes).is_empty());
}

#[test]
fn what_lay_in_the_clear_is_sealed_at_the_next_start_with_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, bytes, pending) = {
        let clear = open(folder.path(), None);
        let (secret, bytes, _) = enrolled(&clear, "siti");
        add(&clear, "budi", Role::Viewer, "36.02");
        let pending = clear.enrol(&enter(&clear, "budi", "", START).viewer).unwrap().secret;
        (secret, bytes, pending)
    };
    let pending_bytes = totp_rs::Secret::try_from_base32(&*pending).unwrap();
    assert!(!holding(folder.path(), &bytes).is_empty());
    let sealed = open(folder.path(), Some(&master(1)));
    assert_eq!(holding(folder.path(), &bytes), Vec::<String>::new());
    assert_eq!(holding(folder.path(), pending_bytes.as_bytes()), Vec::<String>::new());
    let later = START.plus(60);
    let door = knock(&sealed, "siti", &code_of(&secret, later), later).unwrap();
    assert!(matches!(door, Door::Open(_)));
    // What was being set up goes on as it was.
    let viewer = enter(&sealed, "budi", "", START).viewer;
    assert_eq!(sealed.enrol(&viewer).unwrap().secret, pending);
}

#[test]
fn another_key_opens_no_second_factor_and_there_are_two_ways_back() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, _, recovery) = enrolled(&open(folder.path(), Some(&master(1))), "siti");
    let later = START.plus(60);
    for key in [Some(master(2)), None] {
        let other = open(folder.path(), key.as_ref());
        let refused = knock(&other, "siti", &code_of(&secret, later), later);
        assert!(matches!(refused, Err(AccessError::Sealed(name)) if name == "siti"));
        assert_eq!(other.shut_out().unwrap(), ["siti"]);
    }
    let other = open(folder.path(), Some(&master(2)));
    let door = knock(&other, "siti", &recovery[0], later).unwrap();
    assert!(matches!(door, Door::Open(_)), "a recovery code needs no secret");
    let name = AccountName::new("siti").unwrap();
    let password = Password::new(PASSWORD, "siti").unwrap();
    other.reset(&name, &password, true, "os:budi", later).unwrap();
    assert_eq!(other.shut_out().unwrap(), Vec::<String>::new());
    assert!(matches!(knock(&other, "siti", "", later).unwrap(), Door::Open(_)));
}

#[test]
fn a_sealed_secret_does_not_open_for_another_account() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = open(folder.path(), Some(&master(1)));
    enrolled(&accounts, "siti");
    enrolled(&accounts, "budi");
    let db = rusqlite::Connection::open(folder.path().join("access/accounts.sqlite")).unwrap();
    db.execute("UPDATE account SET totp = (SELECT totp FROM account WHERE name = 'siti')", [])
        .unwrap();
    assert_eq!(accounts.shut_out().unwrap(), ["budi"]);
}

#[test]
fn notes_of_earlier_imports_are_sealed_at_the_next_one_and_no_decision_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("restricted/decisions.jsonl");
    let decision = |number: u8, choice, note: &str| Decision {
        at: format!("2026-11-21T12:00:0{number}Z"),
        by: "budi".to_owned(),
        key: format!("{number:032}"),
        decision: choice,
        note: note.to_owned(),
    };
    let first = [decision(1, Choice::Ya, "kata Bu ZUBAEDAH"), decision(2, Choice::Tidak, "")];
    append_decisions(&path, &first, None).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("ZUBAEDAH"));
    // An import that a crash cut off counts for nothing, before and after.
    let cut = serde_json::to_string(&decision(3, Choice::Ya, "")).unwrap();
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{cut}\n{{\"at\":\"20")).unwrap();

    let sealer = Sealer::new(&Secret::new([7; 32]));
    append_decisions(&path, &[decision(4, Choice::Ya, "QOMARIYAH")], Some(&sealer)).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("ZUBAEDAH") && !text.contains("QOMARIYAH"), "{text}");
    let read = Decisions::read(&path).unwrap();
    assert_eq!((read.len(), read.accepted(), read.torn), (3, 2, 2), "{text}");
    assert_eq!(read.of(&format!("{:032}", 2)), Some(Choice::Tidak));
    let notes = |sealer: Option<&Sealer>| -> Vec<Option<String>> {
        let all = text.lines().filter_map(|line| serde_json::from_str::<Decision>(line).ok());
        all.filter(|d| !d.note.is_empty()).map(|d| d.open_note(sealer)).collect()
    };
    let open = ["kata Bu ZUBAEDAH", "QOMARIYAH"].map(|note| Some(note.to_owned()));
    assert_eq!(notes(Some(&sealer)), open);
    assert_eq!(notes(None), [None, None]);
    // Of a key that is gone: it stays shut, and stands in nobody's way.
    let other = Sealer::new(&Secret::new([8; 32]));
    append_decisions(&path, &[decision(5, Choice::Ragu, "")], Some(&other)).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(text.lines().next().unwrap()));
    assert_eq!(Decisions::read(&path).unwrap().len(), 4);
}
