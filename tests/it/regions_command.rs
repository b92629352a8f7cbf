//! `tepat regions`: codes of a file in another system, with a report of what could not be told.

use super::command::{fresh_folder, tepat};

const ROWS: &str = "nama,kode\nMerauke,91.01\nSorong,9201\nLebak,36.02\nPapua,91\nTambrauw,96.09\nentah,99.99\nkosong,\nrusak,abc\n";

#[test]
fn former_codes_of_a_file_become_those_of_today() {
    let folder = fresh_folder("regions_convert");
    let file = folder.join("lama.csv");
    std::fs::write(&file, ROWS).unwrap();
    let out = folder.join("baru.csv");
    let arguments = |to: &str| {
        let (file, out) = (file.display().to_string(), out.display().to_string());
        [
            "regions", "convert", &file, "--column", "kode", "--from", "former", "--to", to,
            "--out", &out,
        ]
        .map(str::to_owned)
    };
    let answer = tepat(arguments("kemendagri"));
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    let text = std::fs::read_to_string(&out).unwrap();
    let expected = "nama,kode,kode_tujuan,keterangan\n\
        Merauke,91.01,93.01,kode lama\n\
        Sorong,9201,96.01,kode lama\n\
        Lebak,36.02,36.02,\n\
        Papua,91,91,\n\
        Tambrauw,96.09,96.04,kode lama\n\
        entah,99.99,,tidak ada dalam tabel kode\n\
        kosong,,,kosong\n\
        rusak,abc,,bukan kode dalam sistem itu\n";
    assert_eq!(text, expected);
    assert!(
        answer.err.contains("8 baris: 5 diterjemahkan (3 berubah), 3 tidak."),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("baris berkas 7"), "{}", answer.err);
    // Nothing is overwritten.
    let again = tepat(arguments("kemendagri"));
    assert_eq!(again.code, Some(5), "{again:?}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected);
}

#[test]
fn bps_codes_are_translated_only_when_their_system_is_stated() {
    let folder = fresh_folder("regions_convert_bps");
    let file = folder.join("bps.csv");
    std::fs::write(&file, "kode\n1101\n3173\n3602\n").unwrap();
    let file = file.display().to_string();
    let answer = tepat(["regions", "convert", &file, "--column", "kode", "--from", "bps"]);
    assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
    assert!(answer.out.contains("1101,11.09,"), "{}", answer.out);
    assert!(answer.out.contains("3173,31.71,"), "{}", answer.out);
    let there = tepat([
        "regions",
        "convert",
        &file,
        "--column",
        "kode",
        "--from",
        "kemendagri",
        "--to",
        "bps",
    ]);
    assert!(there.out.contains("1101,1103,"), "Aceh Selatan is BPS 1103: {}", there.out);
    let unsaid = tepat(["regions", "convert", &file, "--column", "kode"]);
    assert_eq!(unsaid.code, Some(2), "{unsaid:?}");
    let column = tepat(["regions", "convert", &file, "--column", "kod", "--from", "bps"]);
    assert_eq!(column.code, Some(3));
    assert!(column.err.contains("there is no column 'kod'; there are: kode"), "{}", column.err);
}

#[test]
fn regions_are_found_from_the_command_line() {
    let answer = tepat(["regions", "find", "Kab.", "Koedoes"]);
    assert_eq!(answer.is_decent().code, Some(0));
    assert!(answer.out.starts_with("33.19          BPS 3319 "), "{}", answer.out);
    let trap = tepat(["regions", "find", "1101"]);
    assert!(trap.out.starts_with("Awas:"), "{}", trap.out);
    let none = tepat(["regions", "find", "zzzzqqqq"]);
    assert!(none.out.contains("Tidak ada wilayah"), "{}", none.out);
}

#[test]
fn a_build_takes_changes_of_its_own_and_refuses_faulty_ones() {
    let folder = fresh_folder("regions_history");
    let config = "store = \"store\"\nperiod = \"2023-03\"\nsynthetic = true\nprovinces = [\"36\"]\nhistory = \"pemekaran.csv\"\n\n[[source]]\nregistry = \"regsosek\"\nfiles = [\"regsosek_keluarga.csv\", \"regsosek_anggota.parquet\"]\n";
    let path = folder.join("tepat.toml");
    std::fs::write(&path, config).unwrap();
    let build = || tepat(["build", "--config", &path.display().to_string()]);
    let missing = build();
    assert_eq!(missing.code, Some(3));
    assert!(missing.err.contains("pemekaran.csv"), "{}", missing.err);
    let head = "tanggal,dari,ke,bagian,dasar\n";
    std::fs::write(
        folder.join("pemekaran.csv"),
        format!("{head}2026-01-01,36.02.01.2002,36.02.01.2002,0.5,luas\n"),
    )
    .unwrap();
    let sums = build();
    assert_eq!(sums.code, Some(3));
    assert!(
        sums.err.contains("pemekaran.csv, row 2, column bagian: the parts of 36.02.01.2002"),
        "{}",
        sums.err
    );
}

/// A square of 0.01 degrees at a place of a grid.
fn square(code: &str, column: f64, row: f64) -> String {
    let (x, y) = (106.0 + column * 0.01, -6.5 + row * 0.01);
    let (e, n) = (x + 0.01, y + 0.01);
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{code}\",\"nama\":\"D {code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{x:.2},{y:.2}],[{e:.2},{y:.2}],[{e:.2},{n:.2}],[{x:.2},{n:.2}],[{x:.2},{y:.2}]]]}}}}"
    )
}

/// A set of these desa: where it is, and what was said when it was made.
fn imported(folder: &std::path::Path, squares: &[String]) -> (String, super::command::Answer) {
    let file = folder.join("desa.geojson");
    let all = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", squares.join(","));
    std::fs::write(&file, all).unwrap();
    let set = folder.join("set").display().to_string();
    let made =
        tepat(["regions", "import", file.to_str().unwrap(), "--code", "kode", "--out", &set]);
    assert_eq!(made.is_decent().code, Some(0), "{made:?}");
    (set, made)
}

/// Four squares in a block, two of each kecamatan, and an island to the east:
///
/// ```text
/// 02.2001 02.2002
/// 01.2002 01.2003    03.2001
/// ```
#[test]
fn the_neighbours_of_a_region_are_listed_by_border_by_point_and_across_the_sea() {
    let folder = fresh_folder("regions_neighbours");
    let squares = [
        square("36.02.01.2002", 0.0, 0.0),
        square("36.02.01.2003", 1.0, 0.0),
        square("36.02.02.2001", 0.0, 1.0),
        square("36.02.02.2002", 1.0, 1.0),
        square("36.02.03.2001", 5.0, 0.0),
    ];
    let (set, _) = imported(&folder, &squares);
    let ask = |code: &str, more: &[&str]| {
        let mut arguments = vec!["regions", "neighbours", &set, code];
        arguments.extend(more);
        tepat(arguments)
    };
    let pairs = |answer: &super::command::Answer| -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let json = answer.json();
        let rows = json["tetangga"].as_array().unwrap().iter();
        rows.map(|row| (text(&row["kode"]), text(&row["hubungan"]))).collect()
    };
    let expect = |code: &str, more: &[&str], expected: &[(&str, &str)]| {
        let answer = ask(code, &[more, &["--json"]].concat());
        assert_eq!(answer.is_decent().code, Some(0), "{answer:?}");
        let expected: Vec<(String, String)> =
            expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(pairs(&answer), expected, "{code}");
    };
    let first =
        [("36.02.01.2003", "benteng"), ("36.02.02.2001", "benteng"), ("36.02.02.2002", "ratu")];
    expect("36.02.01.2002", &[], &first);
    expect("36.02.01.2002", &["--rook"], &first[..2]);
    expect("36.02.03.2001", &[], &[("36.02.01.2003", "laut")]);
    // Above the level of the file: as closely as any two desa inside.
    expect("36.02.01", &[], &[("36.02.02", "benteng"), ("36.02.03", "laut")]);
    expect("36.02", &[], &[]);
    let words = ask("36.02.01.2003", &[]);
    assert!(words.out.starts_with("36.02.01.2003 D 36.02.01.2003: 4 tetangga"), "{}", words.out);
    assert!(words.out.contains("36.02.03.2001  laut     D 36.02.03.2001"), "{}", words.out);
    for (code, exit, says) in [
        ("36.02.09.2001", 3, "the set has no region 36.02.09.2001"),
        ("3602", 2, "3602"),
        ("x", 2, "x"),
    ] {
        let refused = ask(code, &[]);
        assert_eq!(refused.is_decent().code, Some(exit), "{refused:?}");
        assert!(refused.err.contains(says), "{}", refused.err);
    }
    let nowhere = tepat(["regions", "neighbours", folder.to_str().unwrap(), "36.02"]);
    assert_eq!(nowhere.code, Some(3), "{nowhere:?}");
}

/// A build over such a set once sealed a snapshot whose own check failed: the families of the new
/// desa were in the sums above it and in no table.
#[test]
fn a_set_with_a_region_that_the_table_does_not_know_is_kept_but_not_built_on() {
    let folder = fresh_folder("regions_unknown_code");
    let squares = [square("36.02.01.2002", 0.0, 0.0), square("36.02.01.2999", 1.0, 0.0)];
    let (set, made) = imported(&folder, &squares);
    assert!(made.out.contains("kode tidak ada dalam tabel wilayah: 1"), "{}", made.out);
    let out = folder.join("titipan").display().to_string();
    let synth = tepat([
        "synth",
        "--boundaries",
        &set,
        "--provinces",
        "36",
        "--families",
        "100",
        "--out",
        &out,
    ]);
    assert_eq!(synth.is_decent().code, Some(3), "{synth:?}");
    assert!(synth.err.contains("1 regions have codes that the region table"), "{}", synth.err);
    assert!(synth.err.contains("36.02.01.2999 D 36.02.01.2999"), "{}", synth.err);
    assert!(!folder.join("titipan").exists());
    let shown = tepat(["regions", "show", &set]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
}

/// The .prj of a neighbour's file: UTM zone 50 in the place of 48, twelve degrees to the east, which
/// is Indonesia too. It was imported without a word, Banten in Sulawesi.
#[test]
fn a_reference_system_that_moves_regions_away_from_their_kabupaten_is_refused() {
    let folder = fresh_folder("regions_wrong_prj");
    for end in ["shp", "shx", "dbf", "cpg", "prj"] {
        let from = crate::boundary_formats::sample(&format!("formats/utm48s.{end}"));
        std::fs::copy(from, folder.join(format!("desa.{end}"))).unwrap();
    }
    let file = folder.join("desa.shp").display().to_string();
    let import = |out: &str, more: &[&str]| {
        let out = folder.join(out).display().to_string();
        let mut arguments = vec!["regions", "import", &file, "--out", &out];
        arguments.extend(more);
        tepat(arguments)
    };
    assert_eq!(import("benar", &[]).is_decent().code, Some(0));
    let text = std::fs::read_to_string(folder.join("desa.prj")).unwrap();
    assert!(text.contains("Zone_48S") && text.contains("105"));
    let wrong = text.replace("Zone_48S", "Zone_50S").replace("105", "117");
    std::fs::write(folder.join("desa.prj"), wrong).unwrap();
    let refused = import("salah", &[]);
    assert_eq!(refused.is_decent().code, Some(3), "{refused:?}");
    assert!(refused.err.contains("5 of 5 polygons lie more than 1 degree"), "{}", refused.err);
    assert!(refused.err.contains("--crs") && !folder.join("salah").exists(), "{}", refused.err);
    assert_eq!(import("lagi", &["--crs", "EPSG:32748"]).is_decent().code, Some(0));
}
