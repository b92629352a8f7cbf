//! The room of access itself, with a clock that the tests set: who is let in, for how long, after
//! how many attempts, and what is written down of it.

use std::sync::Arc;

use proptest::prelude::*;
use tepat::access::{
    AccessError, AccountName, Accounts, Caller, Credentials, Door, Event, EventKind, Events,
    Moment, NewAccount, NewSession, Password, Policy, Role, Scope, SessionId, Standing, Token,
    Unheard,
};
use totp_rs::{Builder, Secret};

use super::door::{PASSWORD, Recorder, accounts, add};
use super::fixture::code;

const START: Moment = Moment(1_800_000_000);

fn open(policy: Policy) -> (Arc<Accounts>, Arc<Recorder>) {
    let heard = Arc::new(Recorder::default());
    (accounts(policy, heard.clone()), heard)
}

fn knock(accounts: &Accounts, name: &str, password: &str, code: &str, now: Moment) -> Door {
    let typed = Credentials { name, password, code };
    accounts.sign_in(&typed, &Caller::default(), now).unwrap()
}

pub fn enter(accounts: &Accounts, name: &str, code: &str, now: Moment) -> NewSession {
    match knock(accounts, name, PASSWORD, code, now) {
        Door::Open(session) => *session,
        other => panic!("{name}: {other:?}"),
    }
}

fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

fn kinds(heard: &Recorder) -> Vec<EventKind> {
    heard.0.lock().unwrap().iter().map(|event| event.kind).collect()
}

#[test]
fn a_session_ends_when_unused_and_after_its_longest_time() {
    let (accounts, _) = open(Policy::default());
    add(&accounts, "siti", Role::Viewer, "36.02");
    let policy = accounts.policy().clone();
    let token = enter(&accounts, "siti", "", START).token;
    let at = |seconds: i64| accounts.viewer(&token, START.plus(seconds)).unwrap();
    assert_eq!(at(policy.idle - 1).unwrap().name, "siti");
    // Used all the time, it lasts until the longest time and not a second more.
    let mut now = 0;
    while now + 600 < policy.absolute {
        now += 600;
        assert!(at(now).is_some(), "over after {now} s");
    }
    assert!(at(policy.absolute).is_none());
    assert!(at(0).is_none(), "it came back to life");
    let idle = enter(&accounts, "siti", "", START).token;
    assert!(accounts.viewer(&idle, START.plus(policy.idle)).unwrap().is_none());
}

#[test]
fn nothing_that_opens_a_door_stands_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(folder.path(), Policy::default(), Arc::new(Unheard)).unwrap();
    add(&accounts, "siti", Role::Viewer, "36.02");
    let session = enter(&accounts, "siti", "", START);
    let enrolment = accounts.enrol(&session.viewer).unwrap();
    let step = code_of(&enrolment.secret, START);
    let caller = Caller::default();
    let (codes, renewed) =
        accounts.confirm_enrolment(&session.viewer, &step, &caller, START).unwrap().unwrap();
    let mut secrets = vec![PASSWORD.to_owned()];
    secrets.extend([session.token.reveal().to_owned(), renewed.token.reveal().to_owned()]);
    secrets.extend(codes.iter().map(|code| code.replace('-', "")));
    for entry in std::fs::read_dir(folder.path().join("access")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in &secrets {
            let there = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!there, "{} holds a secret", path.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
}

#[test]
fn five_failures_make_an_account_wait_and_the_right_password_too() {
    let (accounts, heard) = open(Policy::default());
    add(&accounts, "siti", Role::Viewer, "36.02");
    for _ in 0..5 {
        assert!(matches!(knock(&accounts, "siti", "salah sekali", "", START), Door::Closed));
    }
    assert!(matches!(knock(&accounts, "siti", PASSWORD, "", START.plus(29)), Door::Wait(1)));
    assert_eq!(kinds(&heard).iter().filter(|k| **k == EventKind::SignInFailed).count(), 5);
    assert_eq!(kinds(&heard).iter().filter(|k| **k == EventKind::LockedOut).count(), 1);
    // The wait doubles with every failure.
    let mut now = START.plus(30);
    for wait in [60, 120, 240, 480, 900, 900] {
        assert!(matches!(knock(&accounts, "siti", "salah sekali", "", now), Door::Closed));
        assert!(matches!(knock(&accounts, "siti", PASSWORD, "", now), Door::Wait(w) if w == wait));
        now = now.plus(wait);
    }
    assert!(matches!(knock(&accounts, "siti", PASSWORD, "", now), Door::Open(_)));
    assert!(matches!(knock(&accounts, "siti", "salah sekali", "", now), Door::Closed));
    assert!(matches!(knock(&accounts, "siti", PASSWORD, "", now), Door::Open(_)));
}

#[test]
fn a_name_that_nobody_has_waits_like_one_that_somebody_has() {
    let (accounts, heard) = open(Policy { address_failures: 1000, ..Policy::default() });
    add(&accounts, "siti", Role::Viewer, "36.02");
    for typed in ["siti", "budi", "' OR '1'='1", "", "a\u{0}b"] {
        let answers: Vec<String> = (0..7)
            .map(|_| format!("{:?}", knock(&accounts, typed, "salah sekali", "", START)))
            .collect();
        let expected = [vec!["Closed"; 5], vec!["Wait(30)"; 2]].concat();
        assert_eq!(answers, expected, "{typed}");
    }
    // What was typed as a name may have been a password: it is not written down.
    assert!(heard.0.lock().unwrap().iter().all(|e| ["", "siti"].contains(&e.subject.as_str())));
}

#[test]
fn an_address_waits_whatever_names_it_tries() {
    let policy = Policy { address_failures: 8, ..Policy::default() };
    let (accounts, _) = open(policy);
    add(&accounts, "siti", Role::Viewer, "36.02");
    let from = |text: &str| Caller { address: Some(text.parse().unwrap()), ..Caller::default() };
    let try_from = |name: &str, password: &str, caller: &Caller| {
        let typed = Credentials { name, password, code: "" };
        accounts.sign_in(&typed, caller, START).unwrap()
    };
    for i in 0..8 {
        // One network of IPv6 is one customer.
        let caller = from(&format!("2001:db8:1:2::{i:x}"));
        assert!(matches!(try_from(&format!("nama{i}"), "salah sekali", &caller), Door::Closed));
    }
    assert!(matches!(try_from("siti", PASSWORD, &from("2001:db8:1:2:ffff::1")), Door::Wait(_)));
    assert!(matches!(try_from("siti", PASSWORD, &from("2001:db8:1:3::1")), Door::Open(_)));
    assert!(matches!(try_from("siti", PASSWORD, &from("192.0.2.1")), Door::Open(_)));
}

#[test]
fn many_attempts_at_the_same_moment_are_not_many_guesses() {
    let (accounts, heard) = open(Policy::default());
    add(&accounts, "siti", Role::Viewer, "36.02");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    knock(&accounts, "siti", "salah sekali", "", START);
                }
            });
        }
    });
    let looked_at = kinds(&heard).iter().filter(|k| **k == EventKind::SignInFailed).count();
    assert_eq!(looked_at, 5, "more than five of 200 passwords were looked at");
}

/// The code of a secret at a time.
pub fn code_of(secret: &str, now: Moment) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
    totp.generate(u64::try_from(now.0).unwrap()).to_string()
}

#[test]
fn a_role_that_sees_people_is_closed_until_there_is_a_second_factor() {
    let (accounts, heard) = open(Policy::default());
    for role in [Role::Verifier, Role::DataOfficer, Role::Admin] {
        add(&accounts, role.slug(), role, "36.02");
        let session = enter(&accounts, role.slug(), "", START);
        assert_eq!(session.viewer.standing, Standing::MustSetUpSecondFactor, "{role}");
    }
    let session = enter(&accounts, "verifier", "", START);
    let enrolment = accounts.enrol(&session.viewer).unwrap();
    assert_eq!(accounts.enrol(&session.viewer).unwrap().secret, enrolment.secret, "asked twice");
    let caller = Caller::default();
    let wrong = accounts.confirm_enrolment(&session.viewer, "000000", &caller, START).unwrap();
    // One in some hundred thousands.
    if code_of(&enrolment.secret, START) != "000000" {
        assert!(wrong.is_none());
    }
    let right = code_of(&enrolment.secret, START);
    let (codes, renewed) =
        accounts.confirm_enrolment(&session.viewer, &right, &caller, START).unwrap().unwrap();
    assert_eq!(renewed.viewer.standing, Standing::Ready);
    assert_eq!(codes.len(), 10);
    // The session has another token, and the others of the account are over.
    assert_ne!(renewed.token, session.token);
    assert!(accounts.viewer(&session.token, START).unwrap().is_none());
    let role_is_closed = accounts.drop_second_factor(&renewed.viewer, PASSWORD, &caller, START);
    assert!(role_is_closed.is_err(), "the role was left open without a second factor");
    assert!(kinds(&heard).contains(&EventKind::SecondFactorOn));
}

#[test]
fn a_code_opens_one_door_and_a_recovery_code_too() {
    let (accounts, _) = open(Policy { account_failures: 100, ..Policy::default() });
    add(&accounts, "siti", Role::Viewer, "36.02");
    let session = enter(&accounts, "siti", "", START);
    let secret = accounts.enrol(&session.viewer).unwrap().secret;
    let first = code_of(&secret, START);
    let caller = Caller::default();
    let (codes, _) =
        accounts.confirm_enrolment(&session.viewer, &first, &caller, START).unwrap().unwrap();
    let closed =
        |code: &str, now| matches!(knock(&accounts, "siti", PASSWORD, code, now), Door::Closed);
    assert!(closed("", START), "the password alone");
    assert!(closed(&first, START), "the code that set it up");
    let later = START.plus(60);
    let code = code_of(&secret, later);
    assert!(!closed(&code, later));
    assert!(closed(&code, later), "a code was accepted twice");
    assert!(closed(&code, later.plus(300)), "an old code");
    // A code of before one that was used is old, too.
    assert!(closed(&code_of(&secret, START.plus(30)), later));
    assert!(!closed(&codes[0], later) && closed(&codes[0], later), "a recovery code opens once");
    assert!(!closed(&codes[1].to_uppercase().replace('-', " "), later), "typed in another way");
    let viewer = accounts.viewer(&enter(&accounts, "siti", &codes[2], later).token, later);
    assert_eq!(accounts.recovery_codes_left(&viewer.unwrap().unwrap()).unwrap(), Some(7));
}

#[test]
fn whoever_is_changed_is_signed_out_at_once() {
    let (accounts, heard) = open(Policy::default());
    add(&accounts, "siti", Role::Viewer, "36.02");
    let in_now = |token: &Token| accounts.viewer(token, START).unwrap();
    let token = enter(&accounts, "siti", "", START).token;
    let scope = Scope::of(code("36.01"));
    accounts.set_role(&name("siti"), Role::Planner, scope, "admin", START).unwrap();
    assert!(in_now(&token).is_none());
    let session = enter(&accounts, "siti", "", START);
    assert_eq!((session.viewer.role, session.viewer.scope), (Role::Planner, scope));
    accounts.set_disabled(&name("siti"), true, "admin", START).unwrap();
    assert!(in_now(&session.token).is_none());
    assert!(matches!(knock(&accounts, "siti", PASSWORD, "", START), Door::Closed));
    accounts.set_disabled(&name("siti"), false, "admin", START).unwrap();
    let token = enter(&accounts, "siti", "", START).token;
    assert_eq!(accounts.revoke_all(&name("siti"), "admin", START).unwrap(), 1);
    assert!(in_now(&token).is_none());
    let heard = heard.0.lock().unwrap();
    let by_admin: Vec<EventKind> =
        heard.iter().filter(|e| e.actor == "admin").map(|e| e.kind).collect();
    assert_eq!(
        by_admin,
        [
            EventKind::RoleChanged,
            EventKind::AccountDisabled,
            EventKind::AccountEnabled,
            EventKind::SessionRevoked
        ]
    );
}

#[test]
fn a_password_of_somebody_else_is_changed_first_and_does_not_last() {
    let (accounts, _) = open(Policy::default());
    add(&accounts, "siti", Role::Viewer, "36.02");
    let given = Password::generate().unwrap();
    accounts.reset(&name("siti"), &given, false, "admin", START).unwrap();
    assert!(matches!(knock(&accounts, "siti", PASSWORD, "", START), Door::Closed));
    let Door::Open(session) = knock(&accounts, "siti", given.reveal(), "", START) else {
        panic!("the given password does not open")
    };
    assert_eq!(session.viewer.standing, Standing::MustChangePassword);
    let own = Password::new(PASSWORD, "siti").unwrap();
    let caller = Caller::default();
    let wrong = accounts.change_password(&session.viewer, "bukan ini", &own, &caller, START);
    assert!(matches!(wrong.unwrap(), Door::Closed));
    let right = accounts.change_password(&session.viewer, given.reveal(), &own, &caller, START);
    let Door::Open(renewed) = right.unwrap() else { panic!("not changed") };
    assert_eq!(renewed.viewer.standing, Standing::Ready);
    assert!(accounts.viewer(&session.token, START).unwrap().is_none(), "the old token lives");
    accounts.reset(&name("siti"), &given, false, "admin", START).unwrap();
    let late = START.plus(accounts.policy().temporary);
    assert!(matches!(knock(&accounts, "siti", given.reveal(), "", late), Door::Closed));
}

#[test]
fn a_session_is_ended_by_its_owner_alone() {
    let (accounts, _) = open(Policy::default());
    add(&accounts, "siti", Role::Viewer, "36.02");
    add(&accounts, "budi", Role::Viewer, "36.02");
    let (siti, budi) = (enter(&accounts, "siti", "", START), enter(&accounts, "budi", "", START));
    let caller = Caller::default();
    let theirs = budi.viewer.session.unwrap();
    let refused = accounts.revoke_own(&siti.viewer, theirs, &caller, START);
    assert!(matches!(refused, Err(AccessError::NoSession)));
    assert!(accounts.viewer(&budi.token, START).unwrap().is_some());
    let other = enter(&accounts, "siti", "", START);
    let own = accounts.sessions(siti.viewer.account.unwrap(), START).unwrap();
    assert_eq!(own.len(), 2);
    accounts.revoke_own(&siti.viewer, other.viewer.session.unwrap(), &caller, START).unwrap();
    assert!(accounts.viewer(&other.token, START).unwrap().is_none());
    accounts.sign_out(&siti.token, &caller, START).unwrap();
    assert!(accounts.viewer(&siti.token, START).unwrap().is_none());
    assert!(SessionId::parse("-1").is_none() && SessionId::parse("1 OR 1=1").is_none());
}

/// Refuses to remember.
struct Deaf;

impl Events for Deaf {
    fn record(&self, _event: &Event) -> Result<(), String> {
        Err("the disk is full".to_owned())
    }
}

#[test]
fn what_cannot_be_recorded_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let heard = Arc::new(Recorder::default());
    let accounts = Accounts::open(folder.path(), Policy::default(), heard).unwrap();
    add(&accounts, "siti", Role::Viewer, "36.02");
    let token = enter(&accounts, "siti", "", START).token;
    let deaf = Accounts::open(folder.path(), Policy::default(), Arc::new(Deaf)).unwrap();
    let typed = Credentials { name: "siti", password: PASSWORD, code: "" };
    let refused = deaf.sign_in(&typed, &Caller::default(), START);
    assert!(matches!(refused, Err(AccessError::Unrecorded(_))), "{refused:?}");
    let changed = deaf.set_role(&name("siti"), Role::Admin, Scope::NATION, "x", START);
    assert!(matches!(changed, Err(AccessError::Unrecorded(_))));
    let viewer = accounts.viewer(&token, START).unwrap().unwrap();
    assert_eq!(viewer.role, Role::Viewer, "the change was made all the same");
    assert_eq!(accounts.sessions(viewer.account.unwrap(), START).unwrap().len(), 1);
}

#[test]
fn accounts_outlive_the_program_and_are_shared_between_two() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Accounts::open(folder.path(), Policy::default(), Arc::new(Unheard)).unwrap();
    let (one, other) = (open(), open());
    add(&one, "siti", Role::Viewer, "36.02");
    let token = enter(&other, "siti", "", START).token;
    one.set_disabled(&name("siti"), true, "x", START).unwrap();
    assert!(other.viewer(&token, START).unwrap().is_none(), "the other process still lets her in");
    drop((one, other));
    assert!(open().get(&name("siti")).unwrap().disabled);
    let file = folder.path().join("access/accounts.sqlite");
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let later = Accounts::open(folder.path(), Policy::default(), Arc::new(Unheard));
    assert!(later.is_err_and(|e| e.to_string().contains("later version")));
    std::fs::write(folder.path().join("access/accounts.sqlite"), b"not a database at all").unwrap();
    let damaged = Accounts::open(folder.path(), Policy::default(), Arc::new(Unheard));
    assert!(damaged.is_err_and(|e| e.to_string().contains("accounts.sqlite")));
}

#[test]
fn names_are_plain_and_nobody_is_public() {
    for typed in [
        "",
        "ab",
        ".abc",
        "a b c",
        "siti\n",
        "sîti",
        "a;DROP TABLE account",
        "3602014107850001",
        &"a".repeat(65),
    ] {
        assert!(AccountName::new(typed).is_err() || typed == "siti\n", "{typed}");
    }
    assert_eq!(AccountName::new(" Siti.Aminah@Lebak ").unwrap().as_str(), "siti.aminah@lebak");
    let (accounts, _) = open(Policy::default());
    let new = |role| NewAccount {
        name: name("siti"),
        role,
        scope: Scope::NATION,
        email: None,
        temporary: false,
    };
    assert!(accounts.add(&new(Role::Public), None, "x", START).is_err());
    accounts.add(&new(Role::Viewer), None, "x", START).unwrap();
    assert!(matches!(
        accounts.add(&new(Role::Admin), None, "x", START),
        Err(AccessError::Exists(_))
    ));
    // Without a password no password opens it.
    assert!(matches!(knock(&accounts, "siti", "", "", START), Door::Closed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_region_exists_for_its_own_line_of_ancestors_alone(
        parts in (11_u64..99, 1_u64..99, 1_u64..99, 1000_u64..9999),
        other in (11_u64..99, 1_u64..99, 1_u64..99, 1000_u64..9999),
        (mine, theirs) in (0_usize..5, 0_usize..5),
    ) {
        let line = |p: (u64, u64, u64, u64)| {
            let text = format!("{:02}.{:02}.{:02}.{:04}", p.0, p.1, p.2, p.3);
            let cut = [0, 2, 5, 8, 13];
            [0, 1, 2, 3, 4].map(|i| if i == 0 { "ID".to_owned() } else { text[..cut[i]].to_owned() })
        };
        let (own, asked) = (&line(parts)[mine], &line(other)[theirs]);
        let scope = Scope::of(code(own));
        let text_says = own == "ID" || asked == own || asked.starts_with(&format!("{own}."));
        prop_assert_eq!(scope.contains(code(asked)), text_says);
        prop_assert!(scope.contains(code(&line(parts)[4])));
    }

    #[test]
    fn no_text_is_taken_for_a_token_that_is_none(text in "\\PC{0,80}") {
        if let Some(token) = Token::parse(&text) {
            prop_assert_eq!(token.reveal().len(), 64);
        }
    }
}
