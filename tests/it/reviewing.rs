//! What waits for a decision goes out to a spreadsheet, comes back, and holds at the next build;
//! and owners hear what became of every row.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::command::{Answer, demo, tepat};

/// A copy of the demo's deliveries and configuration with a link threshold that leaves many pairs
/// to people, built.
pub struct Store {
    folder: tempfile::TempDir,
}

impl Store {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(demo().join("tepat.toml")).unwrap();
        let deliveries = demo().join("deliveries");
        let text = text.replace("deliveries/", &format!("{}/", deliveries.display()));
        let at = text.find("\n[[source]]").unwrap();
        let text = format!("{}\n[linkage]\nlink_at = 0.9999\n{}", &text[..at], &text[at..]);
        fs::write(folder.path().join("tepat.toml"), text).unwrap();
        fs::copy(demo().join("tepat.key"), folder.path().join("tepat.key")).unwrap();
        let store = Self { folder };
        store.build();
        store
    }

    /// Builds with other settings of linkage from now on.
    pub fn settle(&self, linkage: &str) {
        let path = self.path("tepat.toml");
        let text = fs::read_to_string(&path).unwrap();
        let at = text.find("[linkage]\n").unwrap() + "[linkage]\n".len();
        let end = at + text[at..].find("\n\n").unwrap();
        fs::write(&path, format!("{}{linkage}{}", &text[..at], &text[end..])).unwrap();
    }

    pub fn build(&self) -> Answer {
        let config = self.path("tepat.toml");
        let built = tepat(["build".as_ref(), "--config".as_ref(), config.as_os_str()]);
        assert_eq!(built.is_decent().code, Some(0), "{built:?}");
        built
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Answer {
        let store = self.path("store");
        let mut all = arguments.to_vec();
        all.extend(["--store", store.to_str().unwrap()]);
        let answer = tepat(all);
        answer.is_decent();
        answer
    }

    pub fn export(&self, name: &str, more: &[&str]) -> PathBuf {
        let path = self.path(name);
        let mut arguments = vec!["review", "export", "--out", path.to_str().unwrap()];
        arguments.extend(more);
        let answer = self.run(&arguments);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        path
    }

    pub fn import(&self, path: &Path) -> Answer {
        self.run(&["review", "import", path.to_str().unwrap(), "--by", "Ibu Ratna"])
    }

    /// Answer lines of a registry by file and row.
    pub fn answers(&self, registry: &str) -> HashMap<(String, String), Vec<String>> {
        let id = fs::read_to_string(self.path("store/CURRENT")).unwrap();
        let file = format!("store/restricted/{}/answer-{registry}.csv", id.trim());
        let mut reader = csv::Reader::from_path(self.path(&file)).unwrap();
        let lines = reader.records().map(|line| {
            let cells: Vec<String> = line.unwrap().iter().map(str::to_owned).collect();
            ((cells[0].clone(), cells[1].clone()), cells)
        });
        lines.collect()
    }
}

/// A sheet as header and rows; `edit` changes it before it is written again.
pub fn edited(path: &Path, delimiter: u8, edit: impl FnOnce(&[String], &mut Vec<Vec<String>>)) {
    let text = fs::read_to_string(path).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    let before = if text.lines().next().unwrap().contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(before).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
    edit(&header, &mut rows);
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_path(path).unwrap();
    writer.write_record(&header).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
}

pub fn at(header: &[String], column: &str) -> usize {
    header.iter().position(|h| h == column).unwrap()
}

/// File and row of the register's side of a pair.
pub type RowOf = (String, String);

/// Decides the first pairs of a sheet; returns the rows that they are about.
pub fn decide(path: &Path, decisions: &[&str]) -> Vec<RowOf> {
    let mut decided = Vec::new();
    edited(path, b',', |header, rows| {
        assert!(rows.len() > decisions.len(), "only {} pairs wait", rows.len());
        for (row, decision) in rows.iter_mut().zip(decisions) {
            row[at(header, "keputusan")] = (*decision).to_owned();
            row[at(header, "catatan")] = "sudah dicek, \"cocok\"".to_owned();
            decided.push((row[at(header, "berkas")].clone(), row[at(header, "baris")].clone()));
        }
    });
    decided
}

#[test]
fn decisions_hold_at_the_next_build_and_the_one_after() {
    let store = Store::new();
    let sheet = store.export("telaah.csv", &["--registry", "dtks"]);
    assert_eq!(fs::metadata(&sheet).unwrap().permissions().mode() & 0o777, 0o600);
    let decided = decide(&sheet, &["ya", "tidak", "ragu"]);
    let before = store.answers("dtks");
    for row in &decided {
        assert_eq!(before[row][2], "menunggu_telaah");
    }
    let imported = store.import(&sheet);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(imported.out.contains("3 keputusan disimpan"), "{imported:?}");
    for _ in 0..2 {
        store.build();
        let after = store.answers("dtks");
        assert_eq!(after[&decided[0]][2..4], ["terpadankan", "telaah"]);
        assert_eq!(after[&decided[0]][12], "diterima");
        assert_ne!(after[&decided[1]][3], "telaah");
        assert_ne!(after[&decided[1]][12], "menunggu", "a pair that was turned down waits again");
        assert_eq!(after[&decided[2]][2], "menunggu_telaah");
    }
    let again = store.export("lagi.csv", &["--registry", "dtks"]);
    let text = fs::read_to_string(&again).unwrap();
    let waits = |(file, row): &RowOf| text.contains(&format!(";{file};{row};"));
    assert!(!waits(&decided[0]) && !waits(&decided[1]) && waits(&decided[2]));

    // A changed mind is a new line, and the last one counts.
    edited(&sheet, b';', |header, rows| {
        rows[0][at(header, "keputusan")] = "tidak".to_owned();
        rows.truncate(1);
    });
    assert_eq!(store.import(&sheet).code, Some(0));
    store.build();
    assert_ne!(store.answers("dtks")[&decided[0]][3], "telaah");
    let log = fs::read_to_string(store.path("store/restricted/decisions.jsonl")).unwrap();
    assert_eq!(log.matches("\"decision\"").count(), 4, "nothing is ever rewritten");
    assert!(log.contains("Ibu Ratna"));
}

#[test]
fn a_bad_row_is_named_and_nothing_is_imported() {
    let store = Store::new();
    let decisions = store.path("store/restricted/decisions.jsonl");
    let sheet = store.export("telaah.csv", &["--limit", "5"]);
    let fails = |edit: &dyn Fn(&[String], &mut Vec<Vec<String>>), words: &[&str]| {
        let copy = store.path("salah.csv");
        fs::copy(&sheet, &copy).unwrap();
        edited(&copy, b',', |header, rows| edit(header, rows));
        let answer = store.import(&copy);
        assert_eq!(answer.code, Some(3), "{answer:?}");
        for word in words {
            assert!(answer.err.contains(word), "'{word}' is not in {}", answer.err);
        }
        assert!(!decisions.exists(), "something was imported");
    };
    let choose = |rows: &mut Vec<Vec<String>>, header: &[String], row: usize, text: &str| {
        rows[row][at(header, "keputusan")] = text.to_owned();
    };
    fails(
        &|header, rows| {
            choose(rows, header, 0, "ya");
            choose(rows, header, 2, "mungkin");
        },
        &["salah.csv", "row 3", "keputusan", "nothing was imported"],
    );
    fails(
        &|header, rows| {
            choose(rows, header, 1, "ya");
            rows[1][at(header, "kunci")] = "3,6E+15".to_owned();
        },
        &["row 2", "kunci"],
    );
    fails(
        &|header, rows| {
            choose(rows, header, 0, "ya");
            rows[2] = rows[0].clone();
            choose(rows, header, 2, "tidak");
        },
        &["row 3", "twice", "row 1"],
    );
    fails(&|_, _| {}, &["keputusan"]);

    // A key of nowhere is reported and kept out; the rest of the file counts.
    let copy = store.path("asing.csv");
    fs::copy(&sheet, &copy).unwrap();
    edited(&copy, b',', |header, rows| {
        choose(rows, header, 0, "ya");
        choose(rows, header, 1, "ya");
        rows[1][at(header, "kunci")] = "0".repeat(32);
    });
    let answer = store.import(&copy);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.out.contains("1 keputusan disimpan") && answer.out.contains("1 baris tidak"));
}

#[test]
fn an_import_cut_off_by_a_crash_is_as_if_it_never_was() {
    let store = Store::new();
    let decisions = store.path("store/restricted/decisions.jsonl");
    let sheet = store.export("telaah.csv", &["--registry", "dtks"]);
    let decided = decide(&sheet, &["ya", "ya"]);
    store.import(&sheet);
    let whole = fs::read_to_string(&decisions).unwrap();
    for cut in [whole.len() - 1, whole.len() - 20, whole.find('\n').unwrap() + 1, 30] {
        fs::write(&decisions, &whole[..cut]).unwrap();
        let read = tepat::restricted::Decisions::read(&decisions).unwrap();
        // Without its last line end the count of the import is there all the same.
        assert_eq!(read.is_empty(), cut != whole.len() - 1, "cut at {cut}");
    }
    // The next import stands although it follows a torn line.
    fs::write(&decisions, &whole[..30]).unwrap();
    let answer = store.import(&sheet);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    store.build();
    assert_eq!(store.answers("dtks")[&decided[1]][3], "telaah");
    // A line changed by hand is refused.
    fs::write(&decisions, whole.replacen("\"ya\"", "\"entah\"", 1)).unwrap();
    let config = store.path("tepat.toml");
    let answer = tepat(["build".as_ref(), "--config".as_ref(), config.as_os_str()]);
    assert_eq!(answer.is_decent().code, Some(5));
    assert!(answer.err.contains("decisions.jsonl") && answer.err.contains("line"), "{answer:?}");
}

#[test]
fn a_workbook_for_review_holds_text_and_a_list_to_choose_from() {
    let store = Store::new();
    let sheet = store.export("telaah.xlsx", &["--limit", "20"]);
    let parts = super::exports::unzip(&fs::read(sheet).unwrap());
    let of = |name: &str| {
        let part = parts.iter().find(|(part, _)| part.ends_with(name)).unwrap();
        String::from_utf8(part.1.clone()).unwrap()
    };
    let page = of("sheet1.xml");
    assert!(page.contains("dataValidation") && page.contains("ya,tidak,ragu"));
    assert!(!page.contains("<v>3602"), "a NIK as a number");
    let styles = of("styles.xml");
    assert!(styles.contains("\"@\"") || styles.contains("numFmtId=\"49\""), "{styles}");
    let answer =
        store.run(&["review", "export", "--out", store.path("telaah.xlsx").to_str().unwrap()]);
    assert_eq!(answer.code, Some(5), "an earlier file was overwritten: {answer:?}");
}

#[test]
fn a_workbook_that_was_decided_is_taken_like_a_csv_file() {
    let store = Store::new();
    let csv = store.export("telaah.csv", &["--registry", "dtks"]);
    let text = fs::read_to_string(&csv).unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let pair = reader.records().next().unwrap().unwrap();
    let write = |name: &str, decision: &str| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, (name, cell)) in (0_u16..).zip(header.iter().zip(&pair)) {
            let cell = if name == "keputusan" { decision } else { cell };
            sheet.write_string(0, column, name).unwrap();
            sheet.write_string(1, column, cell).unwrap();
        }
        let path = store.path(name);
        book.save(&path).unwrap();
        path
    };
    let wrong = store.import(&write("salah.xlsx", "barangkali"));
    assert_eq!(wrong.code, Some(3));
    assert!(wrong.err.contains("row 1") && wrong.err.contains("keputusan"), "{wrong:?}");
    let imported = store.import(&write("benar.xlsx", "Ya"));
    assert_eq!(imported.code, Some(0), "{imported:?}");
    store.build();
    let row = (pair[at(&header, "berkas")].to_owned(), pair[at(&header, "baris")].to_owned());
    assert_eq!(store.answers("dtks")[&row][3], "telaah");
    fs::write(store.path("rusak.xlsx"), "PK not a workbook").unwrap();
    assert_eq!(store.import(&store.path("rusak.xlsx")).code, Some(3));
}

#[test]
fn an_owner_hears_of_every_row_or_of_those_asked_for() {
    let store = Store::new();
    let delivered = fs::read_to_string(demo().join("deliveries/prakerja.csv")).unwrap();
    let all = store.path("semua.csv");
    let ask = |out: &Path, more: &[&str]| {
        let mut arguments =
            vec!["answer", "--registry", "prakerja", "--out", out.to_str().unwrap()];
        arguments.extend(more);
        store.run(&arguments)
    };
    let answer = ask(&all, &[]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let text = fs::read_to_string(&all).unwrap();
    assert_eq!(text.lines().count(), delivered.lines().count());
    assert_eq!(fs::metadata(&all).unwrap().permissions().mode() & 0o777, 0o600);
    let rows: Vec<&str> = text.lines().skip(1).map(|l| l.split(',').nth(1).unwrap()).collect();
    assert!(rows.iter().zip(1..).all(|(row, n)| *row == n.to_string()), "not in delivered order");
    let count = |what: &str| text.lines().filter(|l| l.split(',').nth(2) == Some(what)).count();
    let unmatched = rows.len() - count("terpadankan");
    let some = store.path("tidak.csv");
    assert_eq!(ask(&some, &["--only", "unmatched"]).code, Some(0));
    assert_eq!(fs::read_to_string(&some).unwrap().lines().count(), unmatched + 1);
    assert!(unmatched > 0);
    assert_eq!(ask(&all, &[]).code, Some(5), "an earlier file was overwritten");
    let unknown = store.run(&["answer", "--registry", "bpjs"]);
    assert_eq!(unknown.code, Some(2));
    for line in delivered.lines().skip(1).take(50) {
        let name = line.split(',').nth(3).unwrap();
        assert!(!text.contains(name), "a name is in the answer");
    }
}
