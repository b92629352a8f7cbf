//! `tepat user` as the operator types it, and a server that does not start wrongly configured.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::command::{demo, fresh_folder, program, tepat};

/// Runs `tepat user …` on a store: exit code, output and errors.
fn user(store: &Path, arguments: &[&str], input: Option<&str>) -> (Option<i32>, String, String) {
    let mut child = program()
        .arg("user")
        .args(arguments)
        .arg("--store")
        .arg(store)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let Some(input) = input {
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    }
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn accounts_are_made_changed_and_closed_at_the_command_line() {
    let store = fresh_folder("user-command");
    let add = ["add", "Siti.Aminah", "--role", "verifier", "--region", "36.02"];
    let (code, out, err) = user(&store, &add, None);
    assert_eq!(code, Some(0), "{err}");
    let password = out.lines().find_map(|l| l.strip_prefix("Kata sandi sementara: ")).unwrap();
    assert_eq!(password.len(), 23, "{out}");
    assert!(!err.contains(password), "the password is in the log");
    assert!(out.contains("verifikator, Kabupaten Lebak (36.02)"), "{out}");
    for (arguments, expected, says) in [
        (&add[..], 3, "there is an account 'siti.aminah' already"),
        (&["add", "x", "--role", "viewer", "--region", "36"][..], 3, "'x' is no account name"),
        (&["add", "budi", "--role", "public", "--region", "36"][..], 2, "not a role"),
        (&["add", "budi", "--role", "viewer", "--region", "3602"][..], 2, "has no dots"),
        (&["add", "budi", "--role", "viewer", "--region", "36.99"][..], 3, "36.99 is no region"),
        (&["role", "budi", "viewer"][..], 3, "there is no account 'budi'"),
        (
            &["add", "budi", "--role", "viewer", "--region", "36", "--password", "x"][..],
            2,
            "--password",
        ),
    ] {
        let (code, _, err) = user(&store, arguments, None);
        assert_eq!(code, Some(expected), "{arguments:?}: {err}");
        assert!(err.contains(says), "{arguments:?}: {err}");
    }
    let typed = ["add", "budi", "--role", "viewer", "--region", "ID", "--password-stdin"];
    let (code, out, err) = user(&store, &typed, Some("kuda baterai jepit benar\n"));
    assert_eq!(code, Some(0), "{err}");
    assert!(!out.contains("kuda"), "a typed password was repeated");
    let weak = ["reset", "budi", "--password-stdin"];
    let (code, _, err) = user(&store, &weak, Some("password1234\n"));
    assert_eq!(code, Some(3), "{err}");
    assert!(!err.contains("password1234"), "a typed password was repeated: {err}");
    for arguments in [
        &["role", "budi", "planner", "--region", "31"][..],
        &["disable", "budi"],
        &["revoke", "budi"],
        &["sessions", "budi"],
        &["reset", "siti.aminah", "--second-factor"],
    ] {
        let (code, _, err) = user(&store, arguments, None);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
    }
    let (_, list, _) = user(&store, &["list"], None);
    assert!(
        list.contains("budi\tperencana, Daerah Khusus Ibukota Jakarta (31)\tditutup"),
        "{list}"
    );
    assert!(list.contains("siti.aminah\tverifikator"), "{list}");
    let (code, _, err) = user(Path::new("tiada/store"), &["list"], None);
    assert_eq!(code, Some(5), "{err}");
}

#[test]
fn the_demo_prints_an_account_for_each_role_once() {
    let store = demo().join("store");
    let (code, list, _) = user(&store, &["list"], None);
    assert_eq!(code, Some(0));
    for account in ["viewer", "planner", "verifier", "data-officer", "auditor", "admin"] {
        assert!(list.contains(&format!("demo-{account}\t")), "{account}: {list}");
    }
    assert!(list.contains("demo-verifier\tverifikator, Kabupaten Lebak (36.02)"), "{list}");
    assert!(list.contains("demo-viewer\tpembaca, Indonesia (ID)"), "{list}");
}

#[test]
fn a_wrong_configuration_is_explained_at_the_start() {
    let folder = fresh_folder("server-settings");
    let store = demo().join("store");
    for (text, says) in [
        ("publik = true", "unknown field `publik`"),
        ("public = \"ya\"", "invalid type"),
        ("address = \"tepat.go.id\"", "address: write it as browsers do"),
        ("address = \"https://tepat.go.id/a\"", "address: write it as browsers do"),
        ("unsuppressed = [\"public\"]", "never for everybody"),
        ("unsuppressed = [\"raja\"]", "unknown variant `raja`"),
        ("[sessions]\nidle_minutes = 0", "sessions.idle_minutes: 0 is not between 1 and 720"),
        ("[sessions]\nlongest_hours = 1000", "sessions.longest_hours"),
        ("[oidc]\nissuer = \"https://sso\"\nname = \"SSO\"\nclient_id = \"x\"", "set address"),
        (
            "address = \"https://t.id\"\n[oidc]\nissuer = \"http://sso.example\"\nname = \"SSO\"\nclient_id = \"x\"",
            "oidc.issuer: the issuer must begin with https://",
        ),
        (
            "address = \"https://t.id\"\n[oidc]\nissuer = \"https://s\"\nname = \"S\"\nclient_id = \"x\"\nclient_secret_file = \"tiada\"",
            "tiada",
        ),
    ] {
        let path = folder.join("server.toml");
        fs::write(&path, text).unwrap();
        let served = tepat([
            "serve".as_ref(),
            "--store".as_ref(),
            store.as_os_str(),
            "--config".as_ref(),
            path.as_os_str(),
        ]);
        assert_eq!(served.code, Some(3), "{text}: {served:?}");
        assert!(served.err.contains(says), "{text}: {served:?}");
        assert!(served.err.contains("server.toml") || says == "tiada", "{text}: {served:?}");
    }
}
