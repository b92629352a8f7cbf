//! Faults that were found once, each by its cause, so that they stay mended.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tepat::disclosure::{Counted, RegionStatus, Release};
use tepat::domain::{Level, RegionCode};

use crate::command::{Answer, Server, demo, tepat};
use crate::fixture;

const BAD_INPUT: Option<i32> = Some(3);

/// A copy of the demo's deliveries and configuration.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let deliveries = folder.path().join("deliveries");
    fs::create_dir(&deliveries).unwrap();
    for entry in fs::read_dir(demo().join("deliveries")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, deliveries.join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::copy(demo().join("tepat.toml"), folder.path().join("tepat.toml")).unwrap();
    fs::copy(demo().join("tepat.key"), folder.path().join("tepat.key")).unwrap();
    folder
}

fn change(folder: &TempDir, file: &str, edit: impl FnOnce(String) -> String) {
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, edit(text)).unwrap();
}

fn build(folder: &TempDir) -> Answer {
    let config = folder.path().join("tepat.toml");
    tepat(["build".as_ref(), "--json".as_ref(), "--config".as_ref(), config.as_os_str()])
}

fn refused(answer: &Answer, words: &[&str]) {
    assert_eq!(answer.is_decent().code, BAD_INPUT, "{answer:?}");
    for word in words {
        assert!(answer.err.contains(word), "'{word}' is not in: {}", answer.err);
    }
}

/// Puts an opening quotation mark before the last field of a row (1 = first under the header).
fn open_quote(text: &str, row: usize, delimiter: char) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines[row].rfind(delimiter).unwrap() + 1;
    lines[row].insert(at, '"');
    lines.join("\n") + "\n"
}

#[test]
fn an_open_quotation_mark_does_not_swallow_the_rows_behind_it() {
    let folder = copy();
    change(&folder, "deliveries/emis.csv", |text| open_quote(&text, 100, ';'));
    refused(&build(&folder), &["emis.csv", "row 100", "penerima_pip", "quotation mark"]);
}

#[test]
fn a_quotation_mark_left_open_in_the_last_row_is_refused() {
    let folder = copy();
    change(&folder, "deliveries/emis.csv", |text| {
        let rows = text.lines().count() - 1;
        open_quote(&text, rows, ';')
    });
    refused(&build(&folder), &["emis.csv", "not closed"]);
}

#[test]
fn a_last_row_without_a_line_end_is_noted_because_it_may_be_cut() {
    let folder = copy();
    change(&folder, "deliveries/prakerja.csv", |text| text[..text.len() - 3].to_owned());
    let answer = build(&folder);
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    let report = answer.json();
    let noted: Vec<&str> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["issues"].as_array().unwrap().iter().any(|i| i["code"] == "row_unterminated"))
        .map(|s| s["file"].as_str().unwrap())
        .collect();
    assert_eq!(noted, ["prakerja.csv"]);
}

#[test]
fn a_cut_off_row_says_how_many_columns_it_has() {
    let folder = copy();
    change(&folder, "deliveries/prakerja.csv", |text| {
        let cut = text.trim_end().rfind(',').unwrap();
        text[..cut].to_owned()
    });
    refused(&build(&folder), &["prakerja.csv", "9 of 10 columns"]);
}

#[test]
fn a_file_that_is_named_twice_or_has_a_twin_does_not_count_twice() {
    let folder = copy();
    change(&folder, "tepat.toml", |text| {
        text.replace(
            "\"deliveries/prakerja.csv\"",
            "\"deliveries/prakerja.csv\", \"deliveries/prakerja.csv\"",
        )
    });
    refused(&build(&folder), &["prakerja.csv", "named twice"]);

    let folder = copy();
    let twin = folder.path().join("twin");
    fs::create_dir(&twin).unwrap();
    fs::copy(folder.path().join("deliveries/prakerja.csv"), twin.join("prakerja.csv")).unwrap();
    change(&folder, "tepat.toml", |text| {
        text.replace(
            "\"deliveries/prakerja.csv\"",
            "\"deliveries/prakerja.csv\", \"twin/prakerja.csv\"",
        )
    });
    refused(&build(&folder), &["twin/prakerja.csv", "same content"]);
}

#[test]
fn a_build_without_families_does_not_replace_the_snapshot() {
    let folder = copy();
    assert_eq!(build(&folder).code, Some(0));
    let current = || fs::read_to_string(folder.path().join("store/CURRENT")).unwrap();
    let before = current();
    change(&folder, "deliveries/regsosek_keluarga.csv", |text| {
        text.lines().next().unwrap().to_owned() + "\n"
    });
    refused(&build(&folder), &["no family could be placed"]);
    change(&folder, "tepat.toml", |text| text.replace("\"deliveries/regsosek_keluarga.csv\"", ""));
    refused(&build(&folder), &["regsosek_keluarga"]);
    assert_eq!(current(), before);
}

#[test]
fn a_threshold_of_no_families_is_refused() {
    let folder = copy();
    change(&folder, "tepat.toml", |text| format!("min_families = 0\n{text}"));
    refused(&build(&folder), &["min_families"]);
}

#[test]
fn a_number_of_families_that_no_memory_holds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for families in ["20000001", "4294967296", "18446744073709551615"] {
        let out = folder.path().join("x");
        let answer = tepat(["synth", "--families", families, "--out", out.to_str().unwrap()]);
        assert_eq!(answer.is_decent().code, Some(2), "{answer:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

fn run_demo(folder: &Path, families: &str) -> Answer {
    let folder = folder.to_str().unwrap();
    tepat(["demo", "--no-serve", "--families", families, "--data-dir", folder])
}

#[test]
fn the_demo_overwrites_nothing_of_somebody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let config: PathBuf = folder.path().join("tepat.toml");
    fs::write(&config, "store = \"mine\"\n").unwrap();
    let answer = run_demo(folder.path(), "1000");
    assert_eq!(answer.is_decent().code, Some(5), "{answer:?}");
    assert!(answer.err.contains("tepat.toml"));
    assert_eq!(fs::read_to_string(&config).unwrap(), "store = \"mine\"\n");

    fs::remove_file(&config).unwrap();
    assert_eq!(run_demo(folder.path(), "1000").code, Some(0));
    let mine = folder.path().join("deliveries/catatan saya.txt");
    fs::write(&mine, "penting").unwrap();
    let answer = run_demo(folder.path(), "1100");
    assert_eq!(answer.is_decent().code, Some(5), "{answer:?}");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "penting");
}

#[test]
fn a_demo_makes_again_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run_demo(folder.path(), "1000").code, Some(0));
    fs::remove_file(folder.path().join("deliveries/regsosek_keluarga.csv")).unwrap();
    assert_eq!(run_demo(folder.path(), "1000").code, Some(0));
    assert!(folder.path().join("deliveries/regsosek_keluarga.csv").exists());
}

/// The fixture with a threshold that withholds many desa.
fn strict() -> Release {
    let mut snapshot = fixture::snapshot();
    snapshot.manifest.min_families = 40;
    Release::new(snapshot)
}

#[test]
fn what_is_withheld_under_one_parent_is_together_no_smaller_than_the_threshold() {
    let (release, whole) = (strict(), fixture::snapshot());
    let mut groups = 0;
    for row in &whole.regions {
        let Some(level) = row.code.level().child() else { continue };
        if release.status(row.code) != RegionStatus::Published {
            continue;
        }
        let withheld: Vec<u64> = whole
            .inside(row.code, level)
            .filter(|c| release.status(c.code) == RegionStatus::Suppressed)
            .map(|c| c.counts.n_families)
            .collect();
        if !withheld.is_empty() && withheld.len() < whole.inside(row.code, level).count() {
            groups += 1;
            assert!(withheld.len() > 1 && withheld.iter().sum::<u64>() >= 40, "{}", row.code);
        }
    }
    assert!(groups > 0);
}

#[test]
fn ranks_and_shares_do_not_count_what_is_withheld() {
    let release = strict();
    for level in [Level::Kecamatan, Level::Desa] {
        let rows: Vec<_> = release.priority(RegionCode::NATION, level).collect();
        let ranks: Vec<u32> = rows.iter().map(|r| r.rank).collect();
        assert_eq!(ranks, (1..=u32::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
        assert!((rows.last().unwrap().cumulative_share - 1.0).abs() < 1e-12);
        let persons =
            |code| release.count(code, Counted::ExtremePersons).value().expect("ranked and hidden");
        let first = persons(rows[0].code) as f64;
        let total: u64 = rows.iter().map(|r| persons(r.code)).sum();
        assert!((rows[0].cumulative_share - first / total as f64).abs() < 1e-12);
    }
}

#[test]
fn a_number_as_long_as_a_nik_is_not_repeated_on_a_page() {
    let server = Server::start(&demo().join("store"));
    for path in ["/cari?q=3602015708900003", "/wilayah/3602015708900003"] {
        let mut stream = TcpStream::connect(server.origin.trim_start_matches("http://")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("<html"), "a page answers");
        assert!(!answer.contains("3602015708900003"), "{path}");
    }
}

#[test]
fn invented_deliveries_cannot_be_built_as_real_ones() {
    let folder = copy();
    change(&folder, "tepat.toml", |text| text.replace("synthetic = true", "synthetic = false"));
    refused(&build(&folder), &["SINTETIS.txt", "synthetic = true"]);
}

#[test]
fn two_runs_cannot_write_into_one_delivery_folder() {
    let folder = tempfile::tempdir().unwrap();
    let lock = fs::File::create(folder.path().join(".x.kunci")).unwrap();
    lock.try_lock().unwrap();
    let out = folder.path().join("x");
    let answer = tepat(["synth", "--families", "1000", "--out", out.to_str().unwrap()]);
    assert_eq!(answer.is_decent().code, Some(5), "{answer:?}");
    assert!(answer.err.contains("another run is writing here"));
}
