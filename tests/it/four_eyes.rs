//! That no admin alone lets anybody see people by name: what another has to confirm, who that may be,
//! and that neither of the two ever has the whole password.

use std::sync::Arc;

use tepat::access::{
    AccessError, AccountName, Accounts, Asked, Caller, Change, Confirmer, Credentials, Door, Event,
    EventKind, Moment, NewAccount, Policy, Role, Scope,
};
use tepat::web::Settings;

use super::access::enter;
use super::door::{Browser, House, PASSWORD, Recorder, Seen, add};
use super::fixture::code;
use super::web::between;

const WAY: &str = "/akun/pengguna";

fn house() -> House {
    let mut settings = Settings::default();
    settings.policy.second_factor.clear();
    let house = House::open(settings);
    add(&house.accounts, "satu", Role::Admin, "ID");
    add(&house.accounts, "dua", Role::Admin, "36");
    add(&house.accounts, "tiga", Role::Admin, "31");
    house
}

async fn ask(admin: &mut Browser, what: &str, name: &str, role: &str) -> Seen {
    let token = admin.get(WAY).await.token();
    let fields = [
        ("formulir", token.as_str()),
        ("apa", what),
        ("nama", name),
        ("peran", role),
        ("wilayah", "36.02"),
        ("surel", ""),
    ];
    admin.post(WAY, &fields).await
}

async fn decide(admin: &mut Browser, what: &str, id: &str) -> Seen {
    let token = admin.get(WAY).await.token();
    let fields = [("formulir", token.as_str()), ("apa", what), ("usulan", id)];
    admin.post(WAY, &fields).await
}

fn half(seen: &Seen) -> String {
    assert_eq!(seen.status, 200, "{}", seen.body);
    let half = between(&seen.body, "<code class=\"key\">", "</code>");
    assert_eq!(half.len(), 11, "{half}");
    half
}

fn exists(house: &House, name: &str) -> bool {
    house.accounts.get(&AccountName::new(name).unwrap()).is_ok()
}

async fn opens(house: &House, name: &str, password: &str) -> bool {
    Browser::new(&house.origin).knock(name, password, "").await.status == 303
}

#[tokio::test]
async fn a_role_that_sees_names_is_given_by_two_and_neither_has_the_password() {
    let house = house();
    let mut satu = Browser::signed_in(&house.origin, "satu").await;
    let mut dua = Browser::signed_in(&house.origin, "dua").await;
    let mut tiga = Browser::signed_in(&house.origin, "tiga").await;
    let first = half(&ask(&mut satu, "tambah", "siti", "verifier").await);
    assert!(!exists(&house, "siti"));
    assert!(!opens(&house, "siti", &first).await);
    let again = ask(&mut dua, "tambah", "siti", "verifier").await;
    assert_eq!(again.status, 422, "two changes of one account wait");

    let page = dua.get(WAY).await;
    assert!(!page.body.contains(&first), "the half is shown once");
    let id = between(&page.body, "name=\"usulan\" value=\"", "\"");
    let own = satu.get(WAY).await;
    assert!(own.body.contains("siti") && !own.body.contains("value=\"setujui\""), "{}", own.body);
    assert_eq!(decide(&mut satu, "setujui", &id).await.status, 422, "one's own");
    assert!(!tiga.get(WAY).await.body.contains("siti"), "of another region");
    assert_eq!(decide(&mut tiga, "setujui", &id).await.status, 422);
    assert_eq!(decide(&mut tiga, "tolak", &id).await.status, 422);
    assert!(!exists(&house, "siti"));

    let second = half(&decide(&mut dua, "setujui", &id).await);
    assert!(exists(&house, "siti"));
    for wrong in [&first, &second, &format!("{second}-{first}")] {
        assert!(!opens(&house, "siti", wrong).await);
    }
    assert!(opens(&house, "siti", &format!("{first}-{second}")).await);
    assert_eq!(decide(&mut dua, "setujui", &id).await.status, 422, "confirmed twice");

    let heard = house.heard.0.lock().unwrap();
    let told = |kind, actor: &str| {
        heard.iter().any(|e| {
            e.kind == kind
                && e.actor == actor
                && e.subject.starts_with("siti")
                && e.scope == Scope::of(code("36.02"))
        })
    };
    assert!(told(EventKind::ChangeAsked, "satu") && told(EventKind::ChangeConfirmed, "dua"));
    assert!(told(EventKind::AccountAdded, "satu"));
}

#[tokio::test]
async fn there_is_no_way_around_by_a_puppet_a_reset_or_a_closed_account() {
    let house = house();
    for (name, role) in [("siti", Role::Verifier), ("budi", Role::Viewer), ("eka", Role::Admin)] {
        add(&house.accounts, name, role, "36.02");
    }
    let mut satu = Browser::signed_in(&house.origin, "satu").await;
    // Another admin of one's own making, and the account of one that is there.
    for (what, name, role) in [
        ("tambah", "boneka", "admin"),
        ("tambah", "petugas", "data-officer"),
        ("atur-ulang", "dua", ""),
        ("atur-ulang", "siti", ""),
        ("peran", "budi", "verifier"),
    ] {
        let seen = ask(&mut satu, what, name, role).await;
        assert_eq!(seen.status, 200, "{what} {name}");
        assert!(seen.body.contains("menunggu administrator lain"), "{what} {name}");
    }
    assert!(!exists(&house, "boneka") && !exists(&house, "petugas"));
    assert!(opens(&house, "dua", PASSWORD).await && opens(&house, "siti", PASSWORD).await);
    let budi = house.accounts.get(&AccountName::new("budi").unwrap()).unwrap();
    assert_eq!(budi.role, Role::Viewer);
    // A closed one is opened by two; closing needs one.
    assert_eq!(ask(&mut satu, "tutup", "eka", "").await.status, 303);
    assert_eq!(ask(&mut satu, "buka", "eka", "").await.status, 200);
    assert!(!opens(&house, "eka", PASSWORD).await);
    // Who sees no names is made, changed and reset by one.
    assert_eq!(ask(&mut satu, "tambah", "wati", "planner").await.status, 200);
    assert!(exists(&house, "wati"));
    assert_eq!(ask(&mut satu, "peran", "wati", "auditor").await.status, 303);
    // Nobody confirms what is about oneself.
    let mut dua = Browser::signed_in(&house.origin, "dua").await;
    let all = house.accounts.proposals(Moment::now()).unwrap();
    let id = |name: &str| all.iter().find(|p| p.name == name).unwrap().id.number().to_string();
    assert_eq!(decide(&mut dua, "setujui", &id("dua")).await.status, 422);
    assert_eq!(decide(&mut dua, "tolak", &id("boneka")).await.status, 303);
    // Who asked and is closed since has asked for nothing.
    let name = AccountName::new("satu").unwrap();
    house.accounts.set_disabled(&name, true, "test", Moment::now()).unwrap();
    assert_eq!(decide(&mut dua, "setujui", &id("petugas")).await.status, 422);
    assert!(!exists(&house, "petugas"));
    let heard = house.heard.0.lock().unwrap();
    assert!(heard.iter().any(|e| e.kind == EventKind::ChangeRefused && e.actor == "dua"));
    // From where, as well.
    let by_page = |e: &&Event| e.actor == "satu" && ["wati", "eka"].contains(&e.subject.as_str());
    assert!(heard.iter().filter(by_page).count() > 2);
    assert!(heard.iter().filter(by_page).all(|e| e.from.contains("127.0.0.1")));
}

/// A role given to an account whose password one admin alone made once opened names to that one.
#[tokio::test]
async fn who_comes_to_see_names_begins_anew_with_halves() {
    let house = house();
    let mut satu = Browser::signed_in(&house.origin, "satu").await;
    let mut dua = Browser::signed_in(&house.origin, "dua").await;
    let made = ask(&mut satu, "tambah", "siti", "viewer").await;
    let alone = between(&made.body, "<code class=\"key\">", "</code>");
    assert!(opens(&house, "siti", &alone).await);
    let first = half(&ask(&mut satu, "peran", "siti", "verifier").await);
    let page = dua.get(WAY).await;
    let id = between(&page.body, "name=\"usulan\" value=\"", "\"");
    let second = half(&decide(&mut dua, "setujui", &id).await);
    assert!(!opens(&house, "siti", &alone).await);
    assert!(opens(&house, "siti", &format!("{first}-{second}")).await);
    let siti = AccountName::new("siti").unwrap();
    assert_eq!(house.accounts.get(&siti).unwrap().role, Role::Verifier);
    // The way out is for two as well.
    let out = ask(&mut satu, "peran", "siti", "viewer").await;
    assert!(out.body.contains("menunggu administrator lain"), "{}", out.body);
    assert_eq!(house.accounts.get(&siti).unwrap().role, Role::Verifier);
}

#[test]
fn what_an_account_has_become_meanwhile_is_not_decided_by_those_who_asked_before() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(Policy::default(), folder.path());
    for (name, role) in [("satu", Role::Admin), ("dua", Role::Admin), ("siti", Role::Verifier)] {
        add(&accounts, name, role, "36.02");
    }
    let now = Moment(1_800_000_000);
    let [satu, dua] = ["satu", "dua"].map(|name| enter(&accounts, name, "", now).viewer);
    let siti = AccountName::new("siti").unwrap();
    let nation = Scope::of(code("ID"));
    let reset = Change::Reset { name: siti.clone(), second_factor: true };
    accounts.ask(&satu, &reset, "", now).unwrap();
    accounts.set_role(&siti, Role::Admin, nation, "os:budi", now).unwrap();
    let id = accounts.proposals(now).unwrap()[0].id;
    let done = accounts.confirm_change(id, Confirmer::Admin(&dua, ""), now);
    assert!(matches!(done, Err(AccessError::NoProposal)), "{done:?}");
    accounts.refuse_change(id, Confirmer::Operator("os:budi"), now).unwrap();
    let role = Change::Role { name: siti, role: Role::Verifier, scope: satu.scope };
    accounts.ask(&satu, &role, "", now).unwrap();
    let id = accounts.proposals(now).unwrap()[0].id;
    let done = accounts.confirm_change(id, Confirmer::Admin(&dua, ""), now);
    assert!(matches!(done, Err(AccessError::NoProposal)), "{done:?}");
}

fn accounts(policy: Policy, folder: &std::path::Path) -> Accounts {
    Accounts::open(folder, policy, Arc::new(Recorder::default())).unwrap()
}

fn new(name: &str, role: Role) -> Change {
    Change::Add(NewAccount {
        name: AccountName::new(name).unwrap(),
        role,
        scope: Scope::of(code("36.02")),
        email: None,
        temporary: true,
    })
}

#[test]
fn a_change_that_nobody_confirms_in_a_week_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(Policy::default(), folder.path());
    add(&accounts, "satu", Role::Admin, "ID");
    let start = Moment(1_800_000_000);
    let viewer = enter(&accounts, "satu", "", start).viewer;
    let asked = accounts.ask(&viewer, &new("siti", Role::Verifier), "", start).unwrap();
    assert!(matches!(asked, Asked::Waits(Some(_))));
    let id = accounts.proposals(start).unwrap()[0].id;
    let late = start.plus(accounts.policy().temporary);
    assert!(accounts.proposals(late).unwrap().is_empty());
    let done = accounts.confirm_change(id, Confirmer::Operator("os:budi"), late);
    assert!(matches!(done, Err(AccessError::NoProposal)));
    // And stands in nobody's way.
    let again = accounts.ask(&viewer, &new("siti", Role::Verifier), "", late).unwrap();
    assert!(matches!(again, Asked::Waits(Some(_))));
}

#[test]
fn where_it_is_switched_off_one_admin_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(Policy { four_eyes: false, ..Policy::default() }, folder.path());
    add(&accounts, "satu", Role::Admin, "ID");
    let viewer = enter(&accounts, "satu", "", Moment(1_800_000_000)).viewer;
    let asked = accounts.ask(&viewer, &new("siti", Role::Verifier), "", Moment(1_800_000_000));
    assert!(matches!(asked.unwrap(), Asked::Done(Some(_))));
}

#[test]
fn the_operator_of_the_machine_is_another_pair_of_eyes() {
    let store = super::command::fresh_folder("four-eyes");
    let now = Moment::now();
    let first = {
        let accounts = accounts(Policy::default(), &store);
        add(&accounts, "satu", Role::Admin, "ID");
        let viewer = enter(&accounts, "satu", "", now).viewer;
        match accounts.ask(&viewer, &new("siti", Role::Verifier), "", now).unwrap() {
            Asked::Waits(Some(half)) => half.reveal().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let user = |arguments: &[&str]| {
        let store = ["--store", store.to_str().unwrap()];
        super::command::tepat([&["user"], arguments, &store].concat())
    };
    let pending = user(&["pending"]);
    assert!(pending.is_decent().out.starts_with("siti\takun baru\tverifikator"), "{pending:?}");
    assert_eq!(user(&["confirm", "budi"]).code, Some(3));
    let done = user(&["confirm", "siti"]);
    assert_eq!(done.is_decent().code, Some(0), "{done:?}");
    let mut lines = done.out.lines();
    let second = lines.find_map(|l| l.strip_prefix("Bagian kedua kata sandi sementara: "));
    let password = format!("{first}-{}", second.unwrap());
    let accounts = accounts(Policy::default(), &store);
    let typed = Credentials { name: "siti", password: &password, code: "" };
    let door = accounts.sign_in(&typed, &Caller::default(), Moment::now()).unwrap();
    assert!(matches!(door, Door::Open(_)));
    assert!(user(&["pending"]).out.contains("Tidak ada usulan"), "done once");
    let log = tepat::web::log_of(&store, None);
    let all = log.newest(&tepat::audit::Filter::default(), None, 10).unwrap().records;
    let confirmed = all.iter().find(|r| r.action == tepat::audit::Action::ChangeConfirmed);
    assert!(confirmed.unwrap().actor.starts_with("os:"), "{all:?}");
}
