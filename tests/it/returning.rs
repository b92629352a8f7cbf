//! Sheets for review as people hand them back: what Excel makes of them is understood, and a row
//! that is not that of its key any more is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use rust_xlsxwriter::Workbook;
use tepat::restricted::{Decision, Restricted, read_pairs};
use tepat::sealing::MasterKey;

use super::reviewing::{Store, at, decide, edited};

/// A sheet of the store, decided as `choice` in every row.
fn decided(store: &Store, choice: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let path = store.path("telaah.csv");
    if !path.exists() {
        store.export("telaah.csv", &[]);
    }
    let (mut header, mut all) = (Vec::new(), Vec::new());
    edited(&path, b';', |names, rows| {
        header = names.to_vec();
        all = rows.clone();
    });
    all.iter_mut().for_each(|row| row[at(&header, "keputusan")] = choice.to_owned());
    (header, all)
}

fn text(header: &[String], rows: &[Vec<String>], delimiter: u8, end: csv::Terminator) -> String {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(end)
        .flexible(true)
        .from_writer(Vec::new());
    writer.write_record(header).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn write(store: &Store, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = store.path(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn decisions(store: &Store) -> usize {
    let path = store.path("store/restricted/decisions.jsonl");
    fs::read_to_string(path).map_or(0, |text| text.matches("\"decision\"").count())
}

fn refused(store: &Store, path: &PathBuf, words: &[&str]) {
    let before = decisions(store);
    let answer = store.import(path);
    assert_eq!(answer.code, Some(3), "{answer:?}");
    for word in words {
        assert!(answer.err.contains(word), "'{word}' is not in {}", answer.err);
    }
    assert_eq!(decisions(store), before, "something was imported");
}

#[test]
fn a_key_stands_once_in_a_sheet_and_may_be_decided_twice_alike() {
    let store = Store::new();
    let (header, rows) = decided(&store, "ragu");
    let keys: Vec<&String> = rows.iter().map(|row| &row[at(&header, "kunci")]).collect();
    let once: BTreeSet<&String> = keys.iter().copied().collect();
    assert_eq!(keys.len(), once.len(), "a key stands twice");
    let id = fs::read_to_string(store.path("store/CURRENT")).unwrap();
    let master = MasterKey::read(&store.path("tepat.key"), &store.path("store")).unwrap();
    let restricted = Restricted::of_store(&store.path("store")).sealed_with(Some(&master));
    let folder = restricted.folder_of(id.trim());
    assert!(read_pairs(&folder, None, |_| true).is_err(), "without the key nothing is read");
    let waiting = read_pairs(&folder, restricted.sealer(), |_| true).unwrap();
    let all: BTreeSet<String> = waiting.into_iter().map(|pair| pair.key).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>(), once);
    assert_eq!(store.import(&store.path("telaah.csv")).code, Some(3), "nothing was decided");

    let mut twice = rows.clone();
    twice.extend(rows[..2].iter().cloned());
    let comma = text(&header, &twice, b',', csv::Terminator::CRLF);
    let answer = store.import(&write(&store, "dua.csv", comma));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(decisions(&store), rows.len());
    let last = twice.len() - 1;
    twice[last][at(&header, "keputusan")] = "tidak".to_owned();
    let both = text(&header, &twice, b',', csv::Terminator::CRLF);
    let row = format!("row {}", last + 1);
    refused(&store, &write(&store, "dua.csv", both), &[&row, "row 2", "keputusan"]);
}

#[test]
fn a_sheet_that_was_sorted_in_part_is_refused_by_row() {
    let store = Store::new();
    let (header, rows) = decided(&store, "ya");
    assert!(rows.len() > 10);
    let moved = |column: &str| {
        let mut rows = rows.clone();
        let place = at(&header, column);
        let cells: Vec<String> = rows.iter().map(|row| row[place].clone()).collect();
        for (i, row) in rows.iter_mut().enumerate() {
            row[place].clone_from(&cells[(i + 1) % cells.len()]);
        }
        write(&store, "geser.csv", text(&header, &rows, b';', csv::Terminator::CRLF))
    };
    refused(&store, &moved("kunci"), &["row 1", "sorted", "nothing was imported"]);
    refused(&store, &moved("nama_register"), &["nama_register"]);
    refused(&store, &moved("nik_regsosek"), &["nik_regsosek"]);
    refused(&store, &moved("baris"), &["baris"]);
    // Rounded NIKs of a spreadsheet are no other NIKs.
    let mut rounded = rows.clone();
    for row in &mut rounded {
        for column in ["nik_regsosek", "nik_register"] {
            let cell = &mut row[at(&header, column)];
            if cell.len() == 17 {
                *cell = format!("{}0", &cell[1..16]);
            }
        }
        row[at(&header, "tanggal_lahir_register")] = "17/08/1990".to_owned();
    }
    let path = write(&store, "bulat.csv", text(&header, &rounded, b';', csv::Terminator::CRLF));
    assert_eq!(store.import(&path).code, Some(0));
    // Whole rows in another order are the same sheet.
    let mut turned = rows.clone();
    turned.reverse();
    let path = write(&store, "balik.csv", text(&header, &turned, b';', csv::Terminator::CRLF));
    assert_eq!(store.import(&path).code, Some(0));
    assert_eq!(decisions(&store), 2 * rows.len());
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let store = Store::new();
    let (mut header, mut rows) = decided(&store, "ya");
    header.push(" Keputusan".to_owned());
    rows.iter_mut().for_each(|row| row.push("tidak".to_owned()));
    let path = write(&store, "dua.csv", text(&header, &rows, b';', csv::Terminator::CRLF));
    refused(&store, &path, &["keputusan", "19th", "22th"]);
}

#[test]
fn every_form_that_excel_writes_is_understood() {
    let store = Store::new();
    let (header, rows) = decided(&store, "ya");
    let (choice, note) = (at(&header, "keputusan"), at(&header, "catatan"));
    let plain = text(&header, &rows, b'\t', csv::Terminator::CRLF);
    let wide = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect()
    };
    let mut noted = rows.clone();
    noted.iter_mut().for_each(|row| row[note] = "é – “cocok”".to_owned());
    let western: Vec<u8> = text(&header, &noted, b';', csv::Terminator::CRLF)
        .chars()
        .map(|c| match c {
            '–' => 0x96,
            '“' => 0x93,
            '”' => 0x94,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    let short: Vec<Vec<String>> = rows.iter().map(|row| row[..=choice].to_vec()).collect();
    let capitals: Vec<String> = header.iter().map(|name| name.to_uppercase()).collect();
    let mut keys = rows.clone();
    keys.iter_mut().for_each(|r| r[at(&header, "kunci")] = r[at(&header, "kunci")].to_uppercase());
    let mut blank = rows.clone();
    blank.extend(vec![vec![String::new(); header.len()]; 5]);
    let as_text = |rows: &[Vec<String>]| text(&header, rows, b';', csv::Terminator::CRLF);
    for (name, bytes) in [
        ("tab.csv", plain.clone().into_bytes()),
        ("utf16le.csv", wide(&plain, u16::to_le_bytes)),
        ("utf16be.txt", wide(&plain, u16::to_be_bytes)),
        ("cp1252.csv", western),
        ("pendek.csv", as_text(&short).into_bytes()),
        ("judul.csv", format!("Telaah bulan ini\r\n\r\n{}", as_text(&rows)).into_bytes()),
        ("sep.csv", format!("sep=;\r\n{}", as_text(&rows)).into_bytes()),
        ("cr.csv", text(&header, &rows, b';', csv::Terminator::Any(b'\r')).into_bytes()),
        ("kapital.csv", text(&capitals, &rows, b';', csv::Terminator::CRLF).into_bytes()),
        ("kunci.csv", as_text(&keys).into_bytes()),
        ("kosong.csv", as_text(&blank).into_bytes()),
    ] {
        let before = decisions(&store);
        let answer = store.import(&write(&store, name, bytes));
        assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
        assert_eq!(decisions(&store) - before, rows.len(), "{name}");
    }
    let log = fs::read_to_string(store.path("store/restricted/decisions.jsonl")).unwrap();
    let key = tepat::sealing::key_of_store(&store.path("store"), None).unwrap().unwrap();
    let restricted = Restricted::of_store(&store.path("store")).sealed_with(Some(&key.master));
    let sealer = restricted.sealer();
    let decisions = log.lines().filter_map(|line| serde_json::from_str::<Decision>(line).ok());
    let notes: Vec<String> = decisions.map(|d| d.open_note(sealer.as_ref()).unwrap()).collect();
    assert!(notes.iter().any(|note| note == "é – “cocok”"));
    assert!(!log.contains("cocok"), "a note lies in the clear");
    let answer = store.import(&write(&store, "nol.csv", plain.replace("ya", "y\0a")));
    assert_eq!(answer.code, Some(3), "{answer:?}");
}

#[test]
fn a_workbook_may_have_other_sheets_first_and_lines_above_the_header() {
    let store = Store::new();
    let (header, rows) = decided(&store, "ya");
    for (number, telaah, lead) in [(0, true, 0), (1, true, 1), (2, false, 3)] {
        let mut book = Workbook::new();
        book.add_worksheet().set_name("Pivot").unwrap().write_string(0, 0, "kunci").unwrap();
        let sheet = book.add_worksheet();
        sheet.set_name(if telaah { "Telaah" } else { "Lembar1" }).unwrap();
        sheet.write_string(0, 0, "Telaah bulan ini").unwrap();
        for (line, row) in (lead..).zip([&header].into_iter().chain(&rows)) {
            for (column, cell) in (1_u16..).zip(row) {
                sheet.write_string(line, column, cell).unwrap();
            }
        }
        let path = store.path(&format!("buku{number}.xlsx"));
        book.save(&path).unwrap();
        let before = decisions(&store);
        let answer = store.import(&path);
        assert_eq!(answer.code, Some(0), "{number}: {answer:?}");
        assert_eq!(decisions(&store) - before, rows.len());
    }
    let mut book = Workbook::new();
    book.add_worksheet().write_string(0, 0, "kunci").unwrap();
    book.save(store.path("tanpa.xlsx")).unwrap();
    refused(&store, &store.path("tanpa.xlsx"), &["no column 'keputusan'"]);
}

#[test]
fn a_file_of_which_no_key_is_known_is_a_fault() {
    let store = Store::new();
    let (header, mut rows) = decided(&store, "ya");
    for (row, number) in rows.iter_mut().zip(0..) {
        row[at(&header, "kunci")] = format!("{number:032x}");
        row[at(&header, "potret")] = "fedcba9876543210".to_owned();
    }
    let unknown = rows.len().to_string();
    let path = write(&store, "asing.csv", text(&header, &rows, b';', csv::Terminator::CRLF));
    refused(&store, &path, &["nothing was imported", &unknown, "snapshot fedcba9876543210"]);
    // A path is no id of a snapshot.
    rows.iter_mut().for_each(|row| row[at(&header, "potret")] = "../../../etc".to_owned());
    let path = write(&store, "asing.csv", text(&header, &rows, b';', csv::Terminator::CRLF));
    refused(&store, &path, &["nothing was imported"]);
}

#[test]
fn a_disk_that_is_full_leaves_no_file_that_looks_whole() {
    let store = Store::new();
    let folder = store.path("store");
    for (name, command) in [
        ("telaah.csv", "review export"),
        ("telaah.xlsx", "review export"),
        ("jawaban.csv", "answer --registry dtks"),
    ] {
        let out = store.path(name);
        // A file may grow to 512 bytes here; the signal that would end the program is ignored.
        let script = format!(
            "trap '' XFSZ; ulimit -f 1; exec {} {command} --store {} --out {}",
            env!("CARGO_BIN_EXE_tepat"),
            folder.display(),
            out.display()
        );
        let done = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(done.status.code(), Some(5), "{name}: {done:?}");
        assert!(!out.exists(), "{name}: a part of it has the name of the whole");
        let left = fs::read_dir(store.path("")).unwrap();
        let left =
            left.filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().contains("part"));
        assert_eq!(left.count(), 0, "{name}: a part of it is left over");
    }
}

#[test]
fn what_people_accepted_holds_under_other_settings_and_what_does_not_is_counted() {
    let store = Store::new();
    let sheet = store.export("telaah.csv", &["--registry", "dtks"]);
    let accepted = decide(&sheet, &["ya", "ya", "ya"]);
    assert_eq!(store.import(&sheet).code, Some(0));
    for linkage in
        ["mode = \"nik\"", "link_at = 0.999999999\nreview_at = 0.99999999", "link_at = 0.9"]
    {
        store.settle(linkage);
        let report = store.build();
        assert!(
            report.out.contains("Putusan telaah “ya”: 3, dipakai 3; tidak terpakai 0"),
            "{report:?}"
        );
        let answers = store.answers("dtks");
        for row in &accepted {
            assert_eq!(answers[row][2..4], ["terpadankan", "telaah"], "{linkage}");
        }
        if linkage.contains("nik") {
            let others =
                answers.values().filter(|line| line[3] == "skor" || line[12] == "menunggu");
            assert_eq!(others.count(), 0, "by NIK alone nothing else is linked or waits");
        }
    }
    // A decision about rows that are not delivered any more.
    let log = store.path("store/restricted/decisions.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let first = text.lines().next().unwrap();
    let at = first.find("\"key\":\"").unwrap() + 7;
    let other = format!("{}{}{}", &first[..at], "0".repeat(32), &first[at + 32..]);
    fs::write(&log, format!("{text}{other}\n{{\"imported\":1}}\n")).unwrap();
    let report = store.build();
    assert!(report.out.contains("4, dipakai 3; tidak terpakai 1"), "{report:?}");
}
