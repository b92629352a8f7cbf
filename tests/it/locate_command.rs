//! `tepat locate` as a user runs it: CSV and Parquet in and out, odd points, refusals.

use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, DataType, NamedFrom, ParquetReader, ParquetWriter, SerReader, Series,
};

use crate::command::{Answer, fresh_folder, tepat};

fn boundaries() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/points/georgia.geojson")
        .display()
        .to_string()
}

/// Three squares side by side in degrees, in the first a hole.
const SQUARES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"kode":"36.01.01.2001","nama":"Satu"},"geometry":{"type":"Polygon","coordinates":[[[106,-7],[107,-7],[107,-6],[106,-6],[106,-7]],[[106.4,-6.6],[106.6,-6.6],[106.6,-6.4],[106.4,-6.4],[106.4,-6.6]]]}},
{"type":"Feature","properties":{"kode":"36.01.02.2001","nama":"Dua"},"geometry":{"type":"Polygon","coordinates":[[[107,-7],[108,-7],[108,-6],[107,-6],[107,-7]]]}},
{"type":"Feature","properties":{"kode":"36.02.01.2001","nama":"Satu"},"geometry":{"type":"Polygon","coordinates":[[[108,-7],[109,-7],[109,-6],[108,-6],[108,-7]]]}},
{"type":"Feature","properties":{"kode":"36.02.01.2002","nama":"Tiada"},"geometry":null}]}"#;

const POINTS: &str = "id,nama,lng,lat,kode\n\
1,\"Siti, A\",106.2,-6.5,36.01.01.2001\n\
2,,107.5,-6.5,36.01.01.2001\n\
3,baris\u{20}tiga,107.001,-6.5,36.02.01.2001\n\
4,x,106.5,-6.5,36.01.01.2001\n\
5,x,107.5,-5.999,36.01.02.2001\n\
6,x,0,0,36.01.02.2001\n\
7,x,-6.5,107.5,\n\
8,x,,,99.99.99.2001\n\
9,x,NaN,1e300,36.02.01.2001\n\
10,x,abc,-6.5,\n\
11,x,20,50,\n\
12,x,120,-3,\n";

fn folder(name: &str) -> (PathBuf, String) {
    let folder = fresh_folder(name);
    let squares = folder.join("batas.geojson");
    std::fs::write(&squares, SQUARES).unwrap();
    std::fs::write(folder.join("titik.csv"), POINTS).unwrap();
    (folder, squares.display().to_string())
}

fn run(boundaries: &str, points: &Path, out: &Path, more: &[&str]) -> Answer {
    let (points, out) = (points.display().to_string(), out.display().to_string());
    let mut all = vec!["locate", "--boundaries", boundaries, "--points", &points, "--out", &out];
    all.extend(more);
    let answer = tepat(all);
    answer.is_decent();
    answer
}

fn columns(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|h| h == name).unwrap();
    reader.records().map(|r| r.unwrap()[at].to_owned()).collect()
}

#[test]
fn every_row_is_answered_in_its_order_and_odd_points_are_named() {
    let (folder, batas) = folder("locate-csv");
    let out = folder.join("hasil.csv");
    let more = ["--code", "kode", "--distance", "--remark", "--name", "--json"];
    let answer = run(&batas, &folder.join("titik.csv"), &out, &more);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let csv = std::fs::read_to_string(&out).unwrap();
    let column = |name: &str| columns(&csv, name);
    assert_eq!(column("id"), (1..=12).map(|i| i.to_string()).collect::<Vec<_>>());
    assert_eq!(column("nama")[0], "Siti, A");
    let how = [
        "point", "point", "point", "code", "nearest", "code", "none", "invalid", "code", "invalid",
        "none", "none",
    ];
    assert_eq!(column("how"), how);
    let code = column("region_code");
    assert_eq!(
        code[..6],
        [
            "36.01.01.2001",
            "36.01.02.2001",
            "36.01.02.2001",
            "36.01.01.2001",
            "36.01.02.2001",
            "36.01.02.2001"
        ]
    );
    assert_eq!(code[6..], ["", "", "36.02.01.2001", "", "", ""]);
    assert_eq!(column("region_name")[..3], ["Satu", "Dua", "Dua"]);
    let remark = [
        "",
        "",
        "",
        "",
        "",
        "null_island",
        "swapped_axes",
        "no_coordinate",
        "no_coordinate",
        "no_coordinate",
        "abroad",
        "",
    ];
    assert_eq!(column("remark"), remark);
    let agreement = ["desa", "kabupaten", "provinsi", "", "desa", "", "", "", "", "", "", ""];
    assert_eq!(column("agreement"), agreement);
    let metres = |name: &str, row: usize| column(name)[row].parse::<f64>().unwrap();
    assert!((metres("distance_m", 4) - 110.6).abs() < 0.1, "0.001 degrees north of it");
    assert!((metres("stated_distance_m", 1) - 55_200.0).abs() < 200.0, "half a degree east of it");
    assert!((metres("stated_distance_m", 3) - 11_000.0).abs() < 200.0, "in the middle of its hole");
    assert_eq!(metres("stated_distance_m", 0), 0.0);
    let rows = &answer.json()["rows"];
    for (name, due) in [
        ("rows", 12),
        ("point", 3),
        ("nearest", 1),
        ("code", 3),
        ("none", 3),
        ("invalid", 2),
        ("null_island", 1),
        ("swapped_axes", 1),
        ("no_coordinate", 3),
        ("abroad", 1),
        ("agree_desa", 2),
        ("agree_kabupaten", 1),
        ("agree_provinsi", 1),
        ("stated_unknown", 1),
    ] {
        assert_eq!(rows[name], due, "{name}: {rows}");
    }
    assert_eq!(answer.json()["regions_left_out"], 1);
}

#[test]
fn parquet_and_csv_give_the_same_answers_on_one_thread_and_on_three() {
    let folder = fresh_folder("locate-kinds");
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/points/georgia_noisy_points.csv");
    let more = [
        "--plane",
        "--lng",
        "x",
        "--lat",
        "y",
        "--code",
        "declared",
        "--keep",
        "pt,noise_sigma_m",
        "--distance",
    ];
    let mut texts = Vec::new();
    for threads in ["1", "3"] {
        let out = folder.join(format!("{threads}.csv"));
        let answer =
            run(&boundaries(), &golden, &out, &[&more[..], &["--threads", threads]].concat());
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert!(answer.out.contains("titik di dalam wilayah"), "{answer:?}");
        texts.push(std::fs::read_to_string(out).unwrap());
    }
    assert!(texts[0] == texts[1], "the threads change the answers");
    let parquet = folder.join("a.parquet");
    assert_eq!(run(&boundaries(), &golden, &parquet, &more).code, Some(0));
    let frame = ParquetReader::new(std::fs::File::open(&parquet).unwrap()).finish().unwrap();
    let text = |name: &str| -> Vec<String> {
        let column = frame.column(name).unwrap().cast(&DataType::String).unwrap();
        column.str().unwrap().iter().map(|t| t.unwrap_or("").to_owned()).collect()
    };
    for name in ["pt", "region_code", "how"] {
        assert!(text(name) == columns(&texts[0], name), "{name} differs");
    }
    // Parquet in: numbers and empty cells of the points as they come, out as CSV once more.
    let (xs, ys) = (
        columns(&std::fs::read_to_string(&golden).unwrap(), "x"),
        columns(&std::fs::read_to_string(&golden).unwrap(), "y"),
    );
    let number = |texts: &[String]| texts.iter().map(|t| t.parse::<f64>().ok()).collect::<Vec<_>>();
    let ids: Vec<i64> = (0..i64::try_from(xs.len()).unwrap()).collect();
    let mut points = DataFrame::new_infer_height(vec![
        Series::new("pt".into(), ids).into(),
        Series::new("x".into(), number(&xs)).into(),
        Series::new("y".into(), number(&ys)).into(),
    ])
    .unwrap();
    let path = folder.join("titik.parquet");
    ParquetWriter::new(std::fs::File::create(&path).unwrap())
        .with_row_group_size(Some(100))
        .finish(&mut points)
        .unwrap();
    let out = folder.join("b.csv");
    assert_eq!(run(&boundaries(), &path, &out, &["--plane", "--threads", "2"]).code, Some(0));
    let csv = std::fs::read_to_string(&out).unwrap();
    // Without stated codes a point in no region stays without one.
    let with_code = columns(&texts[0], "region_code").into_iter().zip(columns(&texts[0], "how"));
    let due: Vec<String> =
        with_code.map(|(code, how)| if how == "code" { String::new() } else { code }).collect();
    assert!(columns(&csv, "region_code") == due, "the codes differ");
}

#[test]
fn what_cannot_be_done_is_refused_before_the_work() {
    let (folder, batas) = folder("locate-refused");
    let points = folder.join("titik.csv");
    let out = folder.join("hasil.csv");
    let refused = |answer: Answer, code: i32, part: &str| {
        assert_eq!(answer.code, Some(code), "{answer:?}");
        assert!(answer.err.contains(part), "{part}: {answer:?}");
        assert!(!out.exists());
    };
    refused(run(&batas, &points, &points, &[]), 5, "not overwritten");
    refused(run(&batas, &points, &folder.join("hasil.xlsx"), &[]), 2, ".parquet");
    refused(run(&batas, &points, &out, &["--lng", "bujur"]), 3, "there is no column 'bujur'");
    refused(run(&batas, &points, &out, &["--keep", "id,telepon"]), 3, "'telepon'");
    refused(run(&batas, &points, &out, &["--region-code", "iddesa"]), 3, "iddesa");
    refused(run(&batas, &points, &out, &["--tolerance-m", "-1"]), 2, "");
    refused(run(&batas, &points, &folder.join("tiada/hasil.csv"), &[]), 5, "hasil.csv");
    refused(run(&batas, &folder, &out, &[]), 3, "folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    refused(run(&batas, &write("kosong.csv", b""), &out, &[]), 3, "empty");
    refused(run(&batas, &write("x.parquet", b"PAR1 no"), &out, &[]), 3, "not a readable Parquet");
    refused(run(&batas, &write("lain.csv", b"a,b\n1,2\n"), &out, &[]), 3, "--lng");
    refused(run(&batas, &write("panjang.csv", b"lng,lat\n1,2\n3,4,5\n"), &out, &[]), 3, "row 2");
    refused(run(&batas, &write("kembar.csv", b"lng,lat,lng\n1,2,3\n"), &out, &[]), 3, "twice");
    refused(run(&batas, &write("utf.csv", b"lng,lat,n\n1,2,\xff\n"), &out, &[]), 3, "UTF-8");
    let none = r#"{"type":"FeatureCollection","features":[]}"#;
    let nothing = write("tiada.geojson", none.as_bytes()).display().to_string();
    let answer = run(&nothing, &points, &out, &[]);
    assert_eq!(answer.code, Some(3), "{answer:?}");
    let left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".part")), "{left:?}");
}

#[test]
fn a_file_without_rows_gives_one_without_rows() {
    let (folder, batas) = folder("locate-none");
    let points = folder.join("judul.csv");
    std::fs::write(&points, "id;lng;lat\n").unwrap();
    for name in ["a.csv", "a.parquet"] {
        let answer = run(&batas, &points, &folder.join(name), &["--json"]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert_eq!(answer.json()["rows"]["rows"], 0);
    }
    let text = std::fs::read_to_string(folder.join("a.csv")).unwrap();
    assert_eq!(text, "id,lng,lat,region_code,how\n");
}

#[test]
fn a_place_that_cannot_be_written_is_said() {
    let (folder, batas) = folder("locate-blocked");
    // A file in the place of a folder.
    let blocked = folder.join("titik.csv").join("hasil.csv");
    let answer = run(&batas, &folder.join("titik.csv"), &blocked, &[]);
    assert_eq!(answer.code, Some(5), "{answer:?}");
}

/// A file of squares with one text in the place of another.
fn squares_but(folder: &Path, name: &str, from: &str, to: &str) -> String {
    assert!(SQUARES.contains(from));
    let path = folder.join(name);
    std::fs::write(&path, SQUARES.replace(from, to)).unwrap();
    path.display().to_string()
}

#[test]
fn polygons_that_cannot_be_degrees_are_refused_and_repeated_codes_are_counted() {
    let (folder, batas) = folder("locate-ground");
    let points = folder.join("titik.csv");
    let refused = |polygons: &str, says: &str| {
        let out = folder.join("ditolak.csv");
        let answer = run(polygons, &points, &out, &[]);
        assert_eq!(answer.code, Some(3), "{answer:?}");
        assert!(answer.err.contains(says), "{}", answer.err);
        assert!(!out.exists());
    };
    // Latitude first: 107 degrees north.
    let swapped = folder.join("tertukar.geojson");
    let mut text = SQUARES.to_owned();
    for x in ["106", "107", "108", "109"] {
        for y in ["-6", "-7"] {
            text = text.replace(&format!("[{x},{y}]"), &format!("[{y},{x}]"));
        }
    }
    std::fs::write(&swapped, text).unwrap();
    refused(&swapped.display().to_string(), "the axes are exchanged (latitude first)");
    let metres = squares_but(&folder, "meter.geojson", "[109,-7]", "[650000,9280000]");
    refused(&metres, "they may be metres");
    let empty = folder.join("kosong.geojson");
    std::fs::write(&empty, "{\"type\":\"FeatureCollection\",\"features\":[]}").unwrap();
    refused(&empty.display().to_string(), "no row has a polygon");
    // In the plane of its points anything goes.
    let out = folder.join("bidang.csv");
    assert_eq!(run(&metres, &points, &out, &["--plane"]).code, Some(0));
    let twice = squares_but(&folder, "ganda.geojson", "36.01.02.2001", "36.01.01.2001");
    let answer = run(&twice, &points, &folder.join("ganda.csv"), &[]);
    assert!(answer.out.contains("1 kode berdiri pada lebih dari satu poligon"), "{}", answer.out);
    let once = run(&batas, &points, &folder.join("sekali.csv"), &[]);
    assert!(!once.out.contains("berdiri pada lebih"), "{}", once.out);
    assert!(!once.out.contains("Tidak satu titik pun"), "{}", once.out);
    let far = folder.join("jauh.csv");
    std::fs::write(&far, "id,lng,lat\n1,120,-3\n2,121,-3\n").unwrap();
    let none = run(&batas, &far, &folder.join("jauh-hasil.csv"), &[]);
    assert!(
        none.out.contains("batas meliputi 106,00 sampai 109,00 dan −7,00 sampai −6,00"),
        "{}",
        none.out
    );
}
