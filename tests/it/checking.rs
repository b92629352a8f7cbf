//! `tepat check`: every kind of fault is found where it stands, hostile files end well, and what
//! is meant for everybody holds nothing of anybody.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, DataType, ParquetReader, ParquetWriter, SerReader};
use tempfile::TempDir;
use tepat::clean::check::{CheckError, CheckSettings, QualityReport, Words, check};
use tepat::domain::{Level, Registry};
use tepat::labels;
use tepat::pipeline::builtin_programmes;
use tepat::progress::Silent;
use tepat::sources::layout::{FileLayout, Layout};
use tepat::synth::{SynthConfig, synthesise};

use crate::command::{Answer, tepat};

const WORDS: Words = Words {
    issue: labels::issue,
    advice: labels::advice,
    why: labels::repair,
    suppressed: labels::SUPPRESSED,
    synthetic: labels::SYNTHETIC,
};

/// The restricted list's name: part of what is promised.
const RESTRICTED: &str = "TERBATAS_perbaikan.csv";

const PUBLIC: [&str; 3] = ["laporan.json", "mutu_per_kolom.csv", "mutu_per_wilayah.csv"];

fn layout(registry: Registry, file: &str) -> (Layout, FileLayout) {
    let layout = Layout::builtin(registry).unwrap();
    let file = layout.file_for(file).unwrap().clone();
    (layout, file)
}

/// A row of EMIS without a fault: a girl of Lebak born on 17 August 2010.
fn pupil() -> BTreeMap<&'static str, String> {
    let cells = [
        ("nsm", "111236020001"),
        ("nama_siswa", "Siti Aminah"),
        ("nik", "3602015708100004"),
        ("no_kk", "3602010101200001"),
        ("jenis_kelamin", "P"),
        ("tanggal_lahir", "17/08/2010"),
        ("alamat", "KP. CIKUPA RT 001/RW 002"),
        ("kode_desa", "36.02.01.2002"),
        ("penerima_pip", "T"),
    ];
    cells.map(|(column, text)| (column, text.to_owned())).into()
}

/// A family of Regsosek without a fault.
fn family() -> BTreeMap<&'static str, String> {
    let cells = [
        ("r101", "36"),
        ("r102", "02"),
        ("r103", "010"),
        ("r104", "006"),
        ("r105", "0001"),
        ("r109", "1"),
        ("r110", "1"),
        ("r108", "Siti Aminah"),
        ("r114", "3602010101200001"),
        ("r112", "4"),
        ("lintang", "-6.7"),
        ("bujur", "106.2"),
        ("desil_nasional", "3"),
        ("pengeluaran_kapita", "500000"),
    ];
    cells.map(|(column, text)| (column, text.to_owned())).into()
}

fn delimited(file: &FileLayout, rows: &[BTreeMap<&'static str, String>]) -> String {
    let delimiter = file.delimiter.to_string();
    let mut text = file.columns.join(&delimiter);
    for row in rows {
        let cell = |column: &String| row.get(column.as_str()).cloned().unwrap_or_default();
        let cells: Vec<String> = file.columns.iter().map(cell).collect();
        let _ = write!(text, "\n{}", cells.join(&delimiter));
    }
    text + "\n"
}

fn checked(
    layout: &(Layout, FileLayout),
    path: &Path,
    out: Option<&Path>,
) -> Result<QualityReport, CheckError> {
    let programmes = builtin_programmes().unwrap();
    let settings = CheckSettings {
        path,
        layout: &layout.0,
        file: &layout.1,
        programmes: &programmes,
        words: WORDS,
        out,
    };
    check(&settings, &Silent)
}

/// What was found: code, column and first rows, in the order of the report.
type Faults = Vec<(String, String, Vec<u64>)>;

fn faults(report: &QualityReport) -> Faults {
    let mut all: Faults = report
        .set_aside
        .iter()
        .chain(&report.faults)
        .map(|f| (f.code.clone(), f.column.clone(), f.first_rows.clone()))
        .collect();
    all.sort();
    all
}

/// Checks two good rows with the changed one between them, by the file's text.
fn report_of(
    layout: &(Layout, FileLayout),
    good: &BTreeMap<&'static str, String>,
    changed: &[(&'static str, &str)],
) -> QualityReport {
    let folder = tempfile::tempdir().unwrap();
    let mut others = [good.clone(), good.clone()];
    for (i, row) in others.iter_mut().enumerate() {
        row.entry("nik").and_modify(|nik| *nik = format!("{}{}", &nik[..15], 5 + i));
        row.entry("r110").and_modify(|number| *number = (5 + i).to_string());
    }
    let mut bad = good.clone();
    bad.extend(changed.iter().map(|(column, text)| (*column, (*text).to_owned())));
    let [first, last] = others;
    let path = folder.path().join(format!("{}.csv", layout.1.name));
    fs::write(&path, delimited(&layout.1, &[first, bad, last])).unwrap();
    checked(layout, &path, None).unwrap()
}

fn one(code: &str, column: &str) -> Faults {
    vec![(code.to_owned(), column.to_owned(), vec![2])]
}

#[test]
fn every_fault_of_a_person_is_found_in_its_row_and_column() {
    let emis = layout(Registry::Emis, "emis.csv");
    let long = "X".repeat(10_001);
    let cases: &[(&'static str, &str, &str)] = &[
        ("nik", "", "nik_missing"),
        ("nik", "0000000000000000", "nik_zero"),
        ("nik", "3,60201E+15", "nik_spreadsheet"),
        ("nik", "3602015708100000", "nik_rounded"),
        ("nik", "36O2015708100004", "nik_letter"),
        ("nik", "360201570810004", "nik_length"),
        ("nik", "3602019908100004", "nik_structure"),
        ("nik", "7777777777777777", "nik_dummy"),
        ("nik", "1234567890123456", "nik_dummy"),
        ("nik", "3650015708100004", "nik_prefix_unknown"),
        ("nik", "3602015808100004", "nik_birth_differs"),
        ("nik", "3602011708100004", "nik_sex_differs"),
        ("no_kk", "", "card_missing"),
        ("no_kk", "0000000000000000", "card_zero"),
        ("no_kk", "3,60201E+15", "card_spreadsheet"),
        ("no_kk", "3602010101200000", "card_rounded"),
        ("no_kk", "36O2010101200001", "card_letter"),
        ("no_kk", "360201010120001", "card_length"),
        ("no_kk", "0602010101200001", "card_structure"),
        ("no_kk", "7777777777777777", "card_dummy"),
        ("no_kk", "3650010101200001", "card_prefix_unknown"),
        ("no_kk", "3602014101200001", "card_date_impossible"),
        ("nama_siswa", "", "name_missing"),
        ("jenis_kelamin", "X", "sex_unreadable"),
        ("tanggal_lahir", "31/02/2010", "birth_unreadable"),
        ("kode_desa", "", "region_missing"),
        ("kode_desa", "36.02.01.2999", "region_unknown"),
        ("kode_desa", "3602010006", "region_other_system"),
        ("nama_siswa", &long, "field_too_long"),
    ];
    for (column, text, code) in cases {
        let report = report_of(&emis, &pupil(), &[(column, text)]);
        assert_eq!(faults(&report), one(code, column), "{code}");
        assert_eq!(report.n_faults(), 1, "{code}");
        assert!(report.rows == 3 && report.rows_usable >= 2, "{code}");
        let spoken = &report.set_aside.iter().chain(&report.faults).next().unwrap();
        assert_ne!(spoken.words.replace(' ', "_").to_lowercase(), *code, "no words for {code}");
        assert!(!spoken.advice.is_empty(), "no advice for {code}");
    }
    assert_eq!(faults(&report_of(&emis, &pupil(), &[])), []);
    let copied = report_of(&emis, &pupil(), &[("nik", "3602010101200001")]);
    let all = ["nik_birth_differs", "nik_is_card", "nik_sex_differs"].map(|code| one(code, "nik"));
    assert_eq!(faults(&copied), all.concat());
    let born_that_day =
        [("nik", "3602010101200001"), ("tanggal_lahir", "01/01/2020"), ("jenis_kelamin", "L")];
    assert_eq!(faults(&report_of(&emis, &pupil(), &born_that_day)), [], "a coincidence");
}

#[test]
fn every_fault_of_a_family_is_found_in_its_row_and_column() {
    let regsosek = layout(Registry::Regsosek, "regsosek_keluarga.csv");
    for (column, text, code, named) in [
        ("r114", "", "card_missing", "r114"),
        ("r112", "x", "members_unreadable", "r112"),
        ("desil_nasional", "11", "decile_unreadable", "desil_nasional"),
        ("pengeluaran_kapita", "-5", "expenditure_unreadable", "pengeluaran_kapita"),
        ("lintang", "x", "coordinate_unreadable", "lintang"),
        ("r104", "999", "region_unknown", "r101+r102+r103+r104"),
    ] {
        let report = report_of(&regsosek, &family(), &[(column, text)]);
        assert_eq!(faults(&report), one(code, named), "{code}");
        assert!(report.nik.is_none(), "a family row has no NIK");
    }
    let blank = report_of(&regsosek, &family(), &[("lintang", ""), ("bujur", "")]);
    assert_eq!(faults(&blank), one("coordinate_missing", "lintang"));
    let swapped = report_of(&regsosek, &family(), &[("lintang", "106.2"), ("bujur", "-6.7")]);
    assert_eq!(faults(&swapped), one("coordinate_swapped", "lintang"));
    let key = ["r101", "r102", "r103", "r104", "r105", "r109", "r110"].map(|part| (part, ""));
    let lost = report_of(&regsosek, &family(), &key);
    assert_eq!(faults(&lost), one("family_key_missing", "r101+r102+r103+r104+r105+r109+r110"));
    assert_eq!(lost.rows_usable, 2);
}

#[test]
fn what_is_worth_knowing_is_a_note_and_no_fault() {
    let emis = layout(Registry::Emis, "emis.csv");
    let note = |report: &QualityReport| {
        assert_eq!(report.n_faults(), 0);
        report.notes.iter().map(|n| (n.code.clone(), n.first_rows.clone())).collect::<Vec<_>>()
    };
    let former = report_of(&emis, &pupil(), &[("nik", "9601395708100004")]);
    assert_eq!(note(&former), [("nik_prefix_former".to_owned(), vec![2])]);
    let january = [("nik", "3602014101100004"), ("tanggal_lahir", "01/01/2010")];
    let default = report_of(&emis, &pupil(), &january);
    assert_eq!(note(&default), [("birth_default".to_owned(), vec![2])]);
    assert_eq!(default.births.unwrap().on_default_day, 1);
}

#[test]
fn a_repeated_nik_is_told_apart_from_a_repeated_person() {
    let emis = layout(Registry::Emis, "emis.csv");
    let nik = "3602015708100005";
    let other = report_of(&emis, &pupil(), &[("nik", nik), ("nama_siswa", "Rina Marlina")]);
    assert_eq!(faults(&other), [("nik_repeated".to_owned(), "nik".to_owned(), vec![1, 2])]);
    let same = report_of(&emis, &pupil(), &[("nik", nik), ("nama_siswa", "HJ. SITTI AMINAH")]);
    assert_eq!(faults(&same), [("row_repeated".to_owned(), "nik".to_owned(), vec![1, 2])]);
    assert_eq!(same.nik.unwrap().repeated, 1);
}

#[test]
fn a_row_of_another_width_and_a_missing_line_end_are_counted() {
    let emis = layout(Registry::Emis, "emis.csv");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emis.csv");
    let mut second = pupil();
    second.insert("nik", "3602015708100009".to_owned());
    let good = delimited(&emis.1, &[pupil(), second]);
    let lines: Vec<&str> = good.lines().collect();
    fs::write(&path, format!("{}\n{}\na;b;c\n{}", lines[0], lines[1], lines[2])).unwrap();
    let report = checked(&emis, &path, None).unwrap();
    assert_eq!(
        faults(&report),
        [
            ("row_unreadable".to_owned(), String::new(), vec![2]),
            ("row_unterminated".to_owned(), String::new(), vec![3])
        ]
    );
    assert_eq!((report.rows, report.rows_usable), (3, 2));
}

#[test]
fn the_restricted_list_holds_value_proposal_and_reason_and_cannot_run_in_a_spreadsheet() {
    let emis = layout(Registry::Emis, "emis.csv");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emis.csv");
    let mut rows = vec![pupil(), pupil(), pupil(), pupil()];
    rows[0].insert("nik", "36O2015708100004".to_owned());
    rows[1].insert("nik", "3602015780100004".to_owned());
    rows[2].insert("nik", "3,60201E+15".to_owned());
    rows[3].insert("jenis_kelamin", "=1+1".to_owned());
    fs::write(&path, delimited(&emis.1, &rows)).unwrap();
    let out = folder.path().join("out");
    checked(&emis, &path, Some(&out)).unwrap();
    let mut reader = csv::Reader::from_path(out.join(RESTRICTED)).unwrap();
    let list: Vec<BTreeMap<String, String>> =
        reader.deserialize().map(|row| row.unwrap()).collect();
    let cell = |row: usize, column: &str| list[row][column].as_str();
    assert_eq!(list.len(), 4);
    for (i, code) in
        ["nik_letter", "nik_structure", "nik_spreadsheet", "sex_unreadable"].into_iter().enumerate()
    {
        assert_eq!((cell(i, "sifat"), cell(i, "berkas")), ("TERBATAS", "emis.csv"));
        assert_eq!(cell(i, "baris"), (i + 1).to_string());
        assert_eq!(cell(i, "kode"), code);
        assert!(!cell(i, "cacat").is_empty() && !cell(i, "kolom").is_empty());
    }
    for row in [0, 1] {
        assert_eq!(cell(row, "usulan"), "'3602015708100004");
        assert_eq!((cell(row, "tunggal"), cell(row, "cocok")), ("ya", "ya"));
        assert!(!cell(row, "alasan").is_empty());
    }
    assert_eq!(cell(1, "nilai"), "'3602015780100004");
    assert_eq!(cell(2, "usulan"), "360201··········");
    assert_eq!(cell(3, "nilai"), "'=1+1");
}

#[test]
fn regions_with_few_rows_are_withheld_with_as_many_as_hide_them() {
    let emis = layout(Registry::Emis, "emis.csv");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emis.csv");
    let mut rows = Vec::new();
    for (desa, n) in
        [("36.02.01.2002", 2), ("36.02.01.2003", 6), ("36.02.01.2004", 9), ("36.01.01.2001", 7)]
    {
        for _ in 0..n {
            let mut row = pupil();
            row.insert("nik", format!("360201570810{:04}", 100 + rows.len()));
            row.insert("kode_desa", desa.to_owned());
            rows.push(row);
        }
    }
    fs::write(&path, delimited(&emis.1, &rows)).unwrap();
    let report = checked(&emis, &path, None).unwrap();
    let shown = |code: &str| {
        let region = report.regions.iter().find(|r| r.code.to_string() == code).unwrap();
        region.figures.map(|f| f.rows)
    };
    assert_eq!(shown("36.02.01.2002"), None, "two rows");
    assert_eq!(shown("36.02.01.2003"), None, "or the two rows could be worked out");
    assert_eq!(shown("36.02.01.2004"), Some(9));
    assert_eq!(shown("36.02.01"), Some(17));
    assert_eq!(shown("36.01.01.2001"), Some(7));
    assert_eq!(shown("ID"), Some(24));
    let kabupaten: u64 = report.kabupaten.iter().filter_map(|r| r.figures).map(|f| f.rows).sum();
    assert_eq!(kabupaten, 24);
}

/// `tepat check FILE --layout LAYOUT` and more arguments.
fn command(path: &Path, layout: &str, more: &[&str]) -> Answer {
    let start = ["check".as_ref(), path.as_os_str(), "--layout".as_ref(), layout.as_ref()];
    tepat(start.into_iter().chain(more.iter().map(AsRef::as_ref)))
}

fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn hostile_files_end_in_words_and_with_the_documented_code() {
    let folder = tempfile::tempdir().unwrap();
    let (_, emis) = layout(Registry::Emis, "emis.csv");
    let head = emis.columns.join(";");
    let fails = |path: &Path, layout: &str, code: i32, words: &[&str]| {
        let out = folder.path().join("out");
        let answer = command(path, layout, &["--out", out.to_str().unwrap()]);
        assert_eq!(answer.is_decent().code, Some(code), "{answer:?}");
        for word in words {
            assert!(answer.err.contains(word), "'{word}' is not in: {}", answer.err);
        }
        assert!(!out.exists(), "a failed check left a folder");
        let left = fs::read_dir(folder.path()).unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_string_lossy().contains("sebagian")
        });
        assert_eq!(left.count(), 0, "a failed check left its work");
    };
    fails(&written(&folder, "emis.csv", ""), "emis", 3, &["emis.csv", "empty"]);
    fails(&folder.path().join("none.csv"), "emis", 3, &["none.csv"]);
    fails(folder.path(), "emis", 3, &["folder"]);
    let commas = written(&folder, "commas.csv", &head.replace(';', ","));
    fails(&commas, "emis", 3, &["header", "delimiter"]);
    fails(&written(&folder, "emis2.csv", "a;b\n1;2\n"), "emis", 3, &["'nsm'", "missing"]);
    fails(&written(&folder, "p3ke.csv", &head), "p3ke", 3, &["p3ke_keluarga", "p3ke_individu"]);
    let latin = folder.path().join("latin.csv");
    let good = delimited(&emis, &[pupil()]);
    fs::write(&latin, [good.as_bytes(), b"1;\xe9;;;;;;;;;;;;\n"].concat()).unwrap();
    fails(&latin, "emis", 3, &["row 2", "UTF-8"]);
    fails(&latin, "madrasah", 2, &["madrasah", "emis"]);
    fails(&latin, "no_such.toml", 3, &["no_such.toml"]);
    let layout = written(&folder, "own.toml", "registry = \"emis\"\n");
    fails(&latin, layout.to_str().unwrap(), 3, &["own.toml"]);
}

#[test]
fn a_file_of_nothing_but_a_header_or_of_a_column_of_nothing_is_reported_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let emis = layout(Registry::Emis, "emis.csv");
    let empty =
        checked(&emis, &written(&folder, "emis.csv", &delimited(&emis.1, &[])), None).unwrap();
    assert_eq!((empty.rows, empty.n_faults(), empty.regions.len()), (0, 0, 0));
    assert!(empty.columns.iter().all(|c| c.filled == 0 && c.filled_share.abs() < 1e-12));
    let prakerja = layout(Registry::Prakerja, "prakerja.csv");
    let path = folder.path().join("prakerja.parquet");
    let texts = |name: &str, text: &str| Column::new(name.into(), vec![text; 3]);
    let columns = |nik: Column| {
        prakerja
            .1
            .columns
            .iter()
            .map(|name| match name.as_str() {
                "nik" => nik.clone(),
                "nama_lengkap" => texts(name, "Siti Aminah"),
                "jenis_kelamin" => texts(name, "Perempuan"),
                "tanggal_lahir" => texts(name, "1990-08-17"),
                "kode_kelurahan" => texts(name, "36.02.01.2002"),
                other => texts(other, "x"),
            })
            .collect::<Vec<_>>()
    };
    let write = |nik: Column| {
        let mut frame = DataFrame::new(3, columns(nik)).unwrap();
        ParquetWriter::new(fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
        checked(&prakerja, &path, None).unwrap()
    };
    let nothing = write(Column::full_null("nik".into(), 3, &DataType::String));
    assert_eq!(faults(&nothing), [("nik_missing".to_owned(), "nik".to_owned(), vec![1, 2, 3])]);
    assert_eq!(nothing.nik.unwrap().sound, 0);
    // A table program took the numbers for measurements.
    let floats = write(Column::new("nik".into(), vec![3_602_015_708_900_003.0_f64; 3]));
    let found = faults(&floats);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(["nik_letter", "nik_spreadsheet"].contains(&found[0].0.as_str()), "{found:?}");
    let whole = write(Column::new("nik".into(), vec![3_602_015_708_900_003_i64; 3]));
    assert_eq!(faults(&whole), [("row_repeated".to_owned(), "nik".to_owned(), vec![1, 2, 3])]);
}

#[test]
fn a_hundred_thousand_rows_of_one_person_are_one_repeated_person() {
    let folder = tempfile::tempdir().unwrap();
    let emis = layout(Registry::Emis, "emis.csv");
    let text = delimited(&emis.1, &vec![pupil(); 100_000]);
    let report = checked(&emis, &written(&folder, "emis.csv", &text), None).unwrap();
    assert_eq!(report.faults.len(), 1);
    assert_eq!((report.faults[0].code.as_str(), report.faults[0].rows), ("row_repeated", 100_000));
    assert_eq!(report.nik.unwrap().verified, 100_000);
}

#[test]
fn a_folder_that_holds_something_is_never_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let emis = layout(Registry::Emis, "emis.csv");
    let path = written(&folder, "emis.csv", &delimited(&emis.1, &[pupil()]));
    let full = folder.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), "mine").unwrap();
    let answer = command(&path, "emis", &["--out", full.to_str().unwrap()]);
    assert_eq!(answer.code, Some(5), "{answer:?}");
    assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(command(&path, "emis", &["--out", empty.to_str().unwrap()]).code, Some(0));
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 4);
}

#[test]
fn faults_end_with_4_only_when_none_are_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let emis = layout(Registry::Emis, "emis.csv");
    let good = written(&folder, "good.csv", &delimited(&emis.1, &[pupil()]));
    let mut row = pupil();
    row.insert("nik", String::new());
    let bad = written(&folder, "bad.csv", &delimited(&emis.1, &[row]));
    for (path, more, code) in [
        (&good, &[][..], 0),
        (&good, &["--strict"], 0),
        (&bad, &[], 0),
        (&bad, &["--strict", "--json"], 4),
    ] {
        let answer = command(path, "emis", more);
        assert_eq!(answer.is_decent().code, Some(code), "{answer:?}");
        if more.contains(&"--json") {
            assert_eq!(answer.json()["faults"][0]["code"], "nik_missing");
        }
    }
}

/// Every text of a column of a delivered file.
fn texts(path: &Path, delimiter: u8, column: &str) -> Vec<String> {
    if path.extension().is_some_and(|e| e == "parquet") {
        let frame = ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap();
        let column = frame.column(column).unwrap().str().unwrap().clone();
        return column.iter().map(|text| text.unwrap_or("").to_owned()).collect();
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

#[test]
fn what_everybody_may_read_holds_no_number_name_or_address_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let deliveries = folder.path().join("deliveries");
    synthesise(&SynthConfig::demo(2_000, deliveries.clone()), &Silent).unwrap();
    for (file, slug, delimiter, nik, name, address) in [
        ("dtks.csv", "dtks", b',', "NIK", "Nama", "Alamat"),
        ("pbi_jkn.csv", "pbi_jkn", b'|', "nik", "nama", "alamat"),
        ("carik.parquet", "carik", b',', "nik", "nama", "alamat"),
        ("p3ke_keluarga.csv", "p3ke", b',', "nik", "kepala_keluarga", "alamat"),
        ("regsosek_keluarga.csv", "regsosek", b',', "r114", "r108", "r107"),
    ] {
        let (path, out) = (deliveries.join(file), folder.path().join(slug));
        let answer = command(&path, slug, &["--out", out.to_str().unwrap()]);
        assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
        assert!(answer.out.contains("SINTETIS"), "{file}: not said to be invented");
        let mut open = answer.out.clone() + &answer.err;
        for public in PUBLIC {
            let text = fs::read_to_string(out.join(public)).unwrap();
            assert!(text.contains("ata sintetis") || text.contains("\"synthetic\": true"));
            open += &text;
        }
        let open = open.to_uppercase();
        let personal = [
            texts(&path, delimiter, nik),
            texts(&path, delimiter, name).into_iter().filter(|n| n.contains(' ')).collect(),
            texts(&path, delimiter, address),
        ]
        .concat();
        assert!(personal.len() > 1_000, "{file}: only {} texts", personal.len());
        let shown = personal.iter().filter(|t| t.len() > 6 && open.contains(&t.to_uppercase()));
        assert_eq!(shown.count(), 0, "{file}: something personal is open");
        let restricted = fs::read_to_string(out.join(RESTRICTED)).unwrap();
        if slug != "regsosek" {
            assert!(personal.iter().any(|t| t.len() >= 16 && restricted.contains(t.as_str())));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&out.join(RESTRICTED)), 0o600, "{file}");
        assert_eq!(mode(&out), 0o700, "{file}");
    }
}

#[test]
fn the_same_file_gives_the_same_reports_and_sums_of_regions_are_those_above_them() {
    let folder = tempfile::tempdir().unwrap();
    let deliveries = folder.path().join("deliveries");
    synthesise(&SynthConfig::demo(1_500, deliveries.clone()), &Silent).unwrap();
    let members = layout(Registry::Regsosek, "regsosek_anggota.parquet");
    let path = deliveries.join("regsosek_anggota.parquet");
    let outs = ["a", "b"].map(|name| folder.path().join(name));
    let reports = outs.each_ref().map(|out| checked(&members, &path, Some(out)).unwrap());
    for name in PUBLIC.iter().chain(&[RESTRICTED]) {
        let [a, b] = outs.each_ref().map(|out| fs::read(out.join(name)).unwrap());
        assert!(a == b && !a.is_empty(), "{name} differs");
    }
    let report = &reports[0];
    let sum = |level: Level| -> u64 {
        report
            .regions
            .iter()
            .filter(|r| r.level == level)
            .filter_map(|r| r.figures)
            .map(|f| f.rows)
            .sum()
    };
    assert_eq!(sum(Level::Nation), report.rows);
    assert_eq!(sum(Level::Provinsi), sum(Level::Kabupaten));
    assert!(sum(Level::Desa) > 0 && sum(Level::Desa) <= sum(Level::Kabupaten));
    let nik = report.nik.unwrap();
    assert!(nik.verified <= nik.sound && nik.sound <= report.rows_usable);
    // Stated error rates of the false population: about 3.5 % of NIK are unusable.
    assert!(nik.sound * 100 > report.rows * 95 && nik.sound * 100 < report.rows * 98);
}
