//! The house rules as tests: one direction of imports, the wall between persons and regions,
//! frames and HTTP only where they belong, and what every file owes its reader.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::rust_source::{
    code_only, crate_paths, files_below, function_lengths, product, room, root, words,
};

/// Every room and the rooms it may use, in the order of the flow. A path with two parts allows
/// only that part of a room. A new room is a line here, and so a decision.
const ROOMS: &[(&str, &str)] = &[
    ("data", ""),
    ("progress", ""),
    ("fresh", ""),
    ("parquet", ""),
    ("spill", ""),
    ("domain", ""),
    // The key outside the data folder, and what is sealed with it.
    ("sealing", "data fresh"),
    // Who did what: rooms that hand out names write to it, and what serves reads it.
    ("audit", "data fresh domain sealing"),
    ("regions", "data domain"),
    // Published figures on the regions of another time need to know what became of regions.
    ("figures", "data domain regions"),
    ("spatial", "data progress fresh parquet domain regions"),
    ("boundaries", "data progress fresh parquet domain regions spatial"),
    ("sources", "data progress parquet domain regions"),
    // Its rules are data, and looking for repeated numbers can outgrow memory.
    ("clean", "data progress spill domain regions sources"),
    ("linkage", "data progress fresh domain sources clean"),
    // Names and NIK on disk: left of the wall, and never for what serves.
    ("restricted", "data spill fresh domain sealing clean"),
    // Households by name, sealed: the one exception to the wall, for its own pages alone.
    ("by_name", "data spill fresh domain clean restricted sealing audit"),
    // Definitions over sums, so they stand before the room that sums by them.
    ("indicators", "domain"),
    ("aggregate", "progress domain regions figures spatial clean linkage indicators"),
    ("priority", "domain indicators"),
    ("snapshot", "data progress parquet domain indicators priority"),
    // A store in one file: knows folders and the log, and opens what it put back.
    ("backup", "data fresh domain sealing audit snapshot"),
    ("disclosure", "domain indicators priority snapshot"),
    // Who may come in: what pages and lists are cut by.
    ("access", "domain sealing"),
    // Every room that seals, brought over to another key.
    ("rotation", "domain sealing audit restricted by_name access snapshot"),
    ("labels", "domain access audit by_name regions figures indicators snapshot disclosure"),
    ("maps", "domain regions figures spatial indicators snapshot disclosure labels"),
    ("exports", "domain regions figures spatial indicators snapshot disclosure labels maps"),
    (
        "web",
        "data domain access sealing audit by_name regions figures spatial indicators snapshot \
         disclosure labels maps exports",
    ),
    (
        "pipeline",
        "data progress spill domain regions figures spatial boundaries sources clean linkage \
         indicators aggregate priority snapshot restricted by_name sealing",
    ),
    // Reads the synthetic truth too: nothing that serves may use it.
    ("verify", "progress parquet domain regions indicators snapshot restricted"),
    ("synth", "data progress domain regions figures spatial sources::layout"),
    ("cli", "*"),
    ("main", "cli"),
    ("lib", ""),
];

/// Where polars may be named: left of the snapshot, where deliveries are written, and where the
/// truth beside them is read.
const FRAMES: &[&str] = &[
    "parquet",
    "sources",
    "clean",
    "linkage",
    "spatial",
    "boundaries",
    "aggregate",
    "indicators",
    "snapshot",
    "synth",
    "verify",
];

/// Where actix-web may be named.
const HTTP: &[&str] = &["web", "cli"];

/// Right of the wall, where no person exists, not even as a type.
const BEHIND_THE_WALL: &[&str] =
    &["indicators", "priority", "snapshot", "disclosure", "labels", "maps", "exports", "web"];

const PERSONAL: &[&str] = &["Nik", "FamilyCard", "BirthDate"];

/// Where the digits of a NIK or KK may be taken out of their type: to compare them, to choose a
/// partition by them, to write a delivery, to write the restricted list for a delivery's owner, to show them
/// to a reviewer.
const MAY_EXPOSE: &[&str] =
    &["domain", "clean", "linkage", "pipeline", "restricted", "by_name", "synth"];

/// Everything in one file that runs against the flow.
fn violations(path: &Path, source: &str) -> Vec<String> {
    let here = room(path);
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == here) else {
        return vec![format!("{}: room '{here}' is not in the table of rooms", path.display())];
    };
    let mut found = Vec::new();
    let mut say = |what: String| found.push(format!("{}: {what}", path.display()));
    for used in crate_paths(path, source) {
        let target = used.split("::").next().unwrap_or_default();
        let is_room = ROOMS.iter().any(|(name, _)| *name == target);
        let two: Vec<&str> = used.split("::").take(2).collect();
        let fine =
            allowed.split_whitespace().any(|a| a == "*" || a == target || a == two.join("::"));
        if is_room && target != here && !fine {
            say(format!("room '{here}' must not use {used}"));
        }
    }
    let code = code_only(source);
    let has = |wanted: &dyn Fn(&str) -> bool| words(&code).any(wanted);
    if !FRAMES.contains(&here.as_str()) && has(&|w| w == "polars" || w.starts_with("polars_")) {
        say(format!("room '{here}' must not know polars"));
    }
    if !HTTP.contains(&here.as_str()) && has(&|w| w.starts_with("actix_")) {
        say(format!("room '{here}' must not know actix"));
    }
    if BEHIND_THE_WALL.contains(&here.as_str()) {
        for word in PERSONAL.iter().filter(|p| has(&|w| w == **p)) {
            say(format!("{word} stands right of the wall"));
        }
    }
    if !MAY_EXPOSE.contains(&here.as_str()) && code.contains(".expose()") {
        say("takes the digits out of a NIK or KK".to_owned());
    }
    found
}

#[test]
fn imports_run_one_way_and_persons_stay_left_of_the_wall() {
    let found: Vec<String> =
        product().iter().flat_map(|(path, source)| violations(path, source)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_import_rule_catches_what_it_is_for() {
    let caught = |path: &str, source: &str| violations(Path::new(path), source);
    for (path, source, part) in [
        ("src/maps/svg.rs", "use crate::sources::layout::Layout;", "sources::layout"),
        ("src/maps/mod.rs", "use super::web;", "web"),
        ("src/exports/csv.rs", "use crate::{domain::Level, aggregate::Sums};", "aggregate::Sums"),
        ("src/web/page.rs", "fn f() { crate::pipeline::run() }", "pipeline::run"),
        ("src/web/page.rs", "use polars::prelude::*;", "polars"),
        ("src/domain/code.rs", "use crate::regions::Region;", "regions::Region"),
        ("src/snapshot/reader.rs", "use actix_web::web;", "actix"),
        ("src/synth/person.rs", "use crate::sources::read::Rows;", "sources::read"),
        ("src/synth/person.rs", "use crate::{domain, clean};", "clean"),
        ("src/disclosure/mod.rs", "fn f(nik: Nik) {}", "Nik"),
        ("src/web/page.rs", "let card: crate::domain::FamilyCard;", "FamilyCard"),
        ("src/sources/person.rs", "let digits = nik.expose();", "digits"),
        ("src/misplaced/mod.rs", "", "table of rooms"),
    ] {
        let found = caught(path, source);
        assert!(found.len() == 1 && found[0].contains(part), "{path} {source}: {found:?}");
    }
    for (path, source) in [
        ("src/maps/svg.rs", "// crate::sources is left of the wall\nuse crate::labels::number;"),
        ("src/web/page.rs", "const HELP: &str = \"polars, Nik, crate::sources::x\";"),
        ("src/synth/person.rs", "use crate::sources::layout::{Field, Layout};"),
        ("src/cli/demo.rs", "use crate::{synth, web, pipeline}; use actix_web::rt;"),
        ("src/spatial/index.rs", "use super::boundary::Boundary; use polars::prelude::*;"),
    ] {
        assert_eq!(caught(path, source), Vec::<String>::new(), "{path} {source}");
    }
}

#[test]
fn the_table_of_rooms_has_no_way_back() {
    for (i, (name, uses)) in ROOMS.iter().enumerate() {
        for used in uses.split_whitespace().filter(|used| *used != "*") {
            let target = used.split("::").next().unwrap();
            let at = ROOMS.iter().position(|(room, _)| *room == target);
            let before = at.is_some_and(|at| at < i);
            assert!(before || *name == "main", "{name} uses {used}, which does not stand above it");
        }
    }
}

#[test]
fn every_file_says_what_belongs_in_it() {
    let silent: Vec<_> = product()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(p, _)| p)
        .collect();
    assert!(silent.is_empty(), "no //! on the first line: {silent:?}");
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let lines = |text: &str| text.lines().count();
    let tests = files_below("tests/it").into_iter().map(|path| {
        let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
        (path, text)
    });
    let long: Vec<_> = product()
        .into_iter()
        .chain(tests)
        .filter(|(_, text)| lines(text) > 600)
        .map(|(path, text)| (path, lines(&text)))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn functions_stay_short() {
    let mut lengths: Vec<(usize, String)> = product()
        .iter()
        .flat_map(|(path, text)| {
            let place = path.display().to_string();
            function_lengths(text).into_iter().map(move |(name, n)| (n, format!("{place} {name}")))
        })
        .collect();
    lengths.sort();
    let at = |share: usize| lengths[(lengths.len() - 1) * share / 100].0;
    assert!(lengths.len() > 50, "the functions are not found any more");
    assert!(at(50) <= 15, "median {}", at(50));
    assert!(at(90) < 45, "p90 {}; longest: {:?}", at(90), &lengths[lengths.len() - 10..]);
}

#[test]
fn no_file_is_named_after_nothing() {
    let empty = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "service"];
    let named: Vec<_> = ["src", "tests", "templates", "static", "benches"]
        .iter()
        .flat_map(|folder| files_below(folder))
        .filter(|path| !path.starts_with("tests/vendor"))
        .filter(|path| {
            path.iter().any(|part| {
                let part = part.to_string_lossy();
                empty.contains(&part.split('.').next().unwrap_or_default())
            })
        })
        .collect();
    assert!(named.is_empty(), "{named:?}");
}

/// All text files of the project that people wrote.
fn written() -> Vec<(std::path::PathBuf, String)> {
    let top = ["README.md", "CHANGELOG.md", "Cargo.toml", ".ci/run"].map(Into::into);
    ["src", "tests", "templates", "static", "benches", "data"]
        .iter()
        .flat_map(|folder| files_below(folder))
        .chain(top)
        .filter(|path| !path.starts_with("tests/vendor"))
        .filter_map(|path| fs::read_to_string(root().join(&path)).ok().map(|text| (path, text)))
        .collect()
}

#[test]
fn nothing_unfinished_and_nothing_of_one_machine_is_written_down() {
    // Put together here, so that this list does not find itself.
    let words_banned = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let macros = [concat!("todo", "!("), concat!("unimplemented", "!(")];
    let paths = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/fa", "rm/"),
    ];
    let mut found = Vec::new();
    let mut files = 0;
    for (path, text) in written() {
        files += 1;
        for (i, line) in text.lines().enumerate() {
            let unfinished = words(line).any(|word| words_banned.contains(&word))
                || macros.iter().any(|m| line.contains(m));
            if unfinished || paths.iter().any(|p| line.contains(p)) {
                found.push(format!("{}:{}: {}", path.display(), i + 1, line.trim()));
            }
        }
    }
    assert!(files > 50, "only {files} files were read");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Addresses in a page's source that a browser could load.
fn outside_hosts(text: &str) -> Vec<String> {
    // Names, not addresses: nothing fetches them.
    let namespaces = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"];
    let mut found = BTreeSet::new();
    for scheme in ["http://", "https://", "=\"//", "='//", "(//", "@import"] {
        for (at, _) in text.match_indices(scheme) {
            let rest: String =
                text[at..].chars().take_while(|c| !c.is_whitespace()).take(80).collect();
            if !namespaces.iter().any(|ns| rest.starts_with(ns)) {
                found.insert(rest);
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn pages_name_no_outside_host() {
    let mut found = Vec::new();
    for (path, text) in written() {
        if path.starts_with("templates") || path.starts_with("static") {
            found.extend(
                outside_hosts(&text).into_iter().map(|h| format!("{}: {h}", path.display())),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let planted = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script src=\"//cdn.example/x.js\">";
    assert_eq!(outside_hosts(planted).len(), 1, "the check does not see a planted host");
}
