//! That every deed which the log can name is written by somebody, under the name of who did it, and
//! is shown in words; and that nothing becomes current which could not be written down.

use std::fs;
use std::sync::Arc;

use tepat::access::{Policy, Role, Unheard};
use tepat::audit::{Action, Entry, Filter};
use tepat::disclosure::Release;
use tepat::pipeline::{PipelineError, build_witnessed};
use tepat::progress::Silent;
use tepat::sealing::MasterKey;
use tepat::snapshot::Store;
use tepat::web::{Gate, Settings, SnapshotSource, SourceError, Vault, log_of};

use super::by_name_store::{Fixture, families};
use super::command::{demo, tepat};
use super::door::{Browser, accounts, add, serve_source};
use super::handover::{HandOver, Place};
use super::rust_source::{code_only, product};

#[test]
fn every_deed_that_the_log_can_name_is_written_somewhere() {
    let sources = product();
    let entry = sources.iter().find(|(path, _)| path.ends_with("audit/entry.rs")).unwrap();
    let listed: Vec<String> = Action::ALL.iter().map(|action| format!("{action:?}")).collect();
    let body = code_only(&entry.1);
    let body = body.split("pub enum Action {").nth(1).unwrap().split('}').next().unwrap();
    let named: Vec<String> = body
        .split(',')
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    assert_eq!(named, listed, "ALL names every deed once, in order");
    // Who reads or words the log writes nothing; who compares with a deed does not either.
    let reads = ["audit/entry.rs", "labels/audit.rs"];
    let writes = |action: &Action| {
        let wanted = format!("Action::{action:?}");
        sources.iter().filter(|(path, _)| reads.iter().all(|r| !path.ends_with(r))).any(
            |(_, source)| {
                code_only(source).match_indices(&wanted).any(|(at, _)| {
                    let after = &source_after(&code_only(source), at + wanted.len());
                    !after.starts_with([' ', '|']) || after.starts_with(" }")
                })
            },
        )
    };
    let silent: Vec<&Action> = Action::ALL.iter().filter(|action| !writes(action)).collect();
    assert!(silent.is_empty(), "nobody writes {silent:?}");
}

fn source_after(source: &str, at: usize) -> String {
    source[at..].chars().take(4).collect()
}

#[test]
fn a_build_stands_in_the_log_under_the_name_of_who_ran_it() {
    let store = demo().join("store");
    let master = MasterKey::read(&demo().join("tepat.key"), &store).unwrap();
    let built = Filter { action: Some(Action::Built), ..Filter::default() };
    let page = log_of(&store, Some(&master)).newest(&built, None, 10).unwrap();
    let current = fs::read_to_string(store.join("CURRENT")).unwrap();
    let record = page.records.iter().find(|r| r.object == current.trim()).unwrap();
    assert!(record.actor.starts_with("os:") && record.actor.len() > 3, "{record:?}");
    assert_eq!((record.from.as_str(), record.rows), ("terminal", None));
    assert!(record.purpose.starts_with("periode "), "{record:?}");
    assert!(record.keyed);
}

#[test]
fn whoever_changes_the_environment_is_still_the_user_of_the_system() {
    let folder = super::command::fresh_folder("recorded-operator");
    let store = folder.join("store");
    fs::create_dir_all(&store).unwrap();
    let add = ["user", "add", "siti", "--role", "viewer", "--region", "36", "--store"];
    let done = super::command::program()
        .env("USER", "3602010101800001")
        .env("LOGNAME", "palsu")
        .env_remove("SUDO_USER")
        .args(add)
        .arg(&store)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let log = log_of(&store, None).newest(&Filter::default(), None, 10).unwrap();
    let actor = &log.records[0].actor;
    assert!(actor.starts_with("os:") && !actor.contains("palsu"), "{actor}");
    assert!(!actor.contains("36020101"), "{actor}");
}

#[test]
fn what_cannot_be_recorded_does_not_become_current() {
    let place = Place::new();
    let config = place.write(&HandOver { families: families(), others: Vec::new() });
    let when = "2026-01-01T00:00:00Z";
    let refused = build_witnessed(&config, when, &|_| Err("the disk is full".into()), &Silent);
    assert!(matches!(refused, Err(PipelineError::Unrecorded(why)) if why.contains("full")));
    assert!(Store::at(&place.store()).current_id().is_err());
    let told = std::cell::RefCell::new(Vec::new());
    let witness = |id: &str| {
        // Before it is current.
        assert!(Store::at(&place.store()).current_id().is_err());
        told.borrow_mut().push(id.to_owned());
        Ok(())
    };
    let built = build_witnessed(&config, when, &witness, &Silent).unwrap();
    assert_eq!(told.into_inner(), [built.id]);
}

#[test]
fn another_key_than_the_one_of_the_store_is_refused_before_the_work() {
    let folder = super::command::fresh_folder("recorded-key");
    let other = folder.join("lain.key");
    MasterKey::create(&other).unwrap();
    let answer = super::command::program()
        .env("TEPAT_KEY_FILE", &other)
        .args(["build", "--config"])
        .arg(demo().join("tepat.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(3), "{said}");
    assert!(said.contains("tepat key rotate"), "{said}");
    let held = tepat(["verify", "--audit", "--store", demo().join("store").to_str().unwrap()]);
    assert_eq!(held.is_decent().code, Some(0), "{held:?}");
}

struct Sealed(Arc<Release>);

impl SnapshotSource for Sealed {
    fn current(&self) -> Result<Arc<Release>, SourceError> {
        Ok(Arc::clone(&self.0))
    }
}

#[actix_web::test]
async fn every_deed_is_shown_in_words_on_the_page_of_the_log() {
    let fixture = Fixture::new();
    let store = fixture.place.store();
    let log = log_of(&store, Some(&fixture.master()));
    for action in Action::ALL {
        let entry = Entry {
            object: format!("objek-{}", action.slug()),
            ..Entry::new("2026-11-21T12:00:00Z", "os:budi", action)
        };
        log.append(&entry).unwrap();
    }
    let accounts =
        accounts(Policy { second_factor: Vec::new(), ..Policy::default() }, Arc::new(Unheard));
    add(&accounts, "budi", Role::Auditor, "ID");
    let release = Release::new(Store::at(&store).open_current().unwrap());
    let vault = Arc::new(Vault::of_store(&store, Some(fixture.master())));
    let gate = Gate { accounts, settings: Arc::new(Settings::default()), vault };
    let origin = serve_source(gate, Arc::new(Sealed(Arc::new(release))));
    let mut auditor = Browser::signed_in(&origin, "budi").await;
    let mut words = Vec::new();
    for action in Action::ALL {
        let page = auditor.get(&format!("/audit?perbuatan={}", action.slug())).await;
        assert_eq!(page.status, 200, "{action:?}");
        let row = page.body.split("<tr").find(|r| r.contains(&format!("objek-{}", action.slug())));
        let word = tepat::labels::action(action);
        assert!(row.unwrap().contains(&format!("<td>{word}</td>")), "{action:?}: {row:?}");
        words.push(word);
    }
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Action::ALL.len(), "two deeds of one word");
}
