//! The built program as a user runs it: its answers, its exit codes, its server.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// What a finished command left behind.
#[derive(Debug)]
pub struct Answer {
    /// `None` when it was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// The report of `build --json`.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The promise that holds for every command: an end of its own, and no number of a person.
    pub fn is_decent(&self) -> &Self {
        assert!(!self.err.contains("panicked"), "{self:?}");
        assert!(self.code.is_some(), "ended by a signal: {self:?}");
        for text in [&self.out, &self.err] {
            // A hash of 64 hexadecimal digits has sixteen decimal ones in a row once in fifty.
            let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
            let long = words.find(|word| {
                let number = word.len() < 32;
                number && word.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == 16)
            });
            assert!(long.is_none(), "sixteen digits in a row, a NIK or KK: {text}");
        }
        self
    }
}

/// The program, quiet.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tepat"));
    command.env("TEPAT_LOG", "warn").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn tepat<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Answer {
    let done = program().args(arguments).output().unwrap();
    Answer {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// A fresh folder of this test run, below `target/`.
pub fn fresh_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `tepat demo` makes of 6,000 families: deliveries, configuration and store. Made once, by
/// the program as built; to be read only.
pub fn demo() -> &'static Path {
    static DEMO: OnceLock<PathBuf> = OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = fresh_folder("demo");
        let folder_text = folder.to_str().unwrap();
        let made = tepat(["demo", "--families", "6000", "--no-serve", "--data-dir", folder_text]);
        assert_eq!(made.is_decent().code, Some(0), "{made:?}");
        folder
    })
}

/// A running server, stopped when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:port`
    pub origin: String,
}

impl Server {
    /// Serves a store on a free port.
    pub fn start(store: &Path) -> Self {
        Self::start_with(store, &[])
    }

    /// The same with more options.
    pub fn start_with(store: &Path, more: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--public", "--listen", "127.0.0.1:0"])
            .args(more)
            .arg("--store")
            .arg(store)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let origin = lines.find_map(|line| {
            let rest = &line[line.find("http://")?..];
            Some(rest.split('/').take(3).collect::<Vec<_>>().join("/"))
        });
        let Some(origin) = origin else {
            let _ = child.kill();
            panic!("the server of {} ended without an address", store.display())
        };
        Self { child, origin }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    for arguments in
        [&["bake"][..], &["build"], &["build", "--no-such-option"], &["synth", "--out"]]
    {
        let answer = tepat(arguments);
        assert_eq!(answer.is_decent().code, Some(2), "{answer:?}");
        assert!(answer.err.contains("Usage") || answer.err.contains("--help"), "{answer:?}");
    }
    let help = tepat(["--help"]);
    assert_eq!(help.code, Some(0));
    for command in ["demo", "build", "serve", "verify", "synth", "Exit codes"] {
        assert!(help.out.contains(command), "--help does not name {command}");
    }
}

#[test]
fn the_demo_verifies_against_its_truth_and_reuses_what_exists() {
    let demo = demo();
    let store = demo.join("store");
    let truth = demo.join("deliveries/truth");
    let verified = tepat([
        "verify".as_ref(),
        "--store".as_ref(),
        store.as_os_str(),
        "--truth".as_ref(),
        truth.as_os_str(),
        "--json".as_ref(),
    ]);
    assert_eq!(verified.is_decent().code, Some(0), "{verified:?}");
    let checks = verified.json();
    assert!(checks.as_array().unwrap().iter().all(|check| check["passed"] == true), "{checks}");
    let snapshots = || std::fs::read_dir(store.join("snapshots")).unwrap().count();
    assert_eq!(snapshots(), 1);
    let current = std::fs::read_to_string(store.join("CURRENT")).unwrap();
    let again =
        tepat(["demo", "--families", "6000", "--no-serve", "--data-dir", demo.to_str().unwrap()]);
    assert_eq!(again.is_decent().code, Some(0), "{again:?}");
    assert!(again.out.lines().count() < 5, "it was not reused: {again:?}");
    assert_eq!(std::fs::read_to_string(store.join("CURRENT")).unwrap(), current);
    assert_eq!(snapshots(), 1);
}
