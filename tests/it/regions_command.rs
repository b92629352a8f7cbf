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
    assert!(answer.out.starts_with("33.19"), "{}", answer.out);
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
