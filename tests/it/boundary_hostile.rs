//! Boundary files that are wrong, damaged or malicious: a clear answer, no panic, bounded memory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use geo::Coord;
use tepat::boundaries::{
    DefectKind, ImportOptions, Imported, IntakeOptions, ReadOptions, Ring, import, mend, read_file,
};
use tepat::domain::Level;
use tepat::progress::Silent;

use crate::boundary_formats::sample;
use crate::command::fresh_folder;

fn refused(path: &Path) -> String {
    read_file(path, &ReadOptions::default()).map(|f| f.rows.len()).unwrap_err().to_string()
}

fn taken(path: PathBuf, options: &ImportOptions) -> Result<Imported, String> {
    import(&[path], options, &Silent).map_err(|e| e.to_string())
}

fn written(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn feature(code: &str, coordinates: &str) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{coordinates}}}}}"
    )
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

const SQUARE: &str = "[[[106.8,-6.2],[106.9,-6.2],[106.9,-6.1],[106.8,-6.1],[106.8,-6.2]]]";

#[test]
fn files_that_are_nothing_known_are_refused_with_advice() {
    let folder = fresh_folder("boundary-refused");
    let plain = folder.join("plain.gpkg");
    rusqlite::Connection::open(&plain).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    let mut deep = "{\"type\":\"FeatureCollection\",\"features\":[{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":".to_owned();
    deep.push_str(&"[".repeat(1_000_000));
    for (name, bytes, part) in [
        ("empty.geojson", Vec::new(), "empty"),
        ("zip.shp", b"PK\x03\x04rest".to_vec(), "ZIP archive"),
        ("page.geojson", b"<html><body>404</body></html>".to_vec(), "XML"),
        ("list.json", b"[1,2]".to_vec(), "FeatureCollection"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\r".to_vec(), "known"),
        ("words.txt", b"hello".to_vec(), "known"),
        ("latin.geojson", b"{\"nama\":\"caf\xe9\"}".to_vec(), "UTF-8"),
        ("point.geojson", b"{\"type\":\"Point\",\"coordinates\":[1,2]}".to_vec(), "Point"),
        ("deep.geojson", deep.into_bytes(), "recursion"),
        ("nan.geojson", b"{\"type\":\"FeatureCollection\",\"features\":[NaN]}".to_vec(), "line 1"),
    ] {
        let error = refused(&written(&folder, name, bytes));
        assert!(error.contains(part) && error.contains(name), "{name}: {error}");
    }
    let error = refused(&plain);
    assert!(error.contains("without the tables of a GeoPackage"), "{error}");
    assert!(refused(&folder.join("absent.shp")).contains("check the path"));
    assert!(refused(&folder).contains("folder"));
}

#[test]
fn bombs_stop_at_the_limit_and_the_limit_can_be_raised() {
    let folder = fresh_folder("boundary-bombs");
    let zeros = vec![b' '; 40 << 20];
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(&zeros).unwrap();
    let bombs = [
        ("bomb.geojson.gz", gz.finish().unwrap()),
        ("bomb.geojson.zst", zstd::encode_all(zeros.as_slice(), 19).unwrap()),
    ];
    for (name, bytes) in bombs {
        let path = written(&folder, name, bytes);
        let error = refused(&path);
        assert!(error.contains("--max-bytes"), "{name}: {error}");
        let raised = ReadOptions { max_bytes: Some(1 << 30), ..ReadOptions::default() };
        let error = read_file(&path, &raised).unwrap_err().to_string();
        assert!(error.contains("empty"), "spaces only: {error}");
    }
    let small = ReadOptions { max_bytes: Some(100), ..ReadOptions::default() };
    for name in ["formats/regions.geojson", "formats/regions.fgb", "formats/utm48s.shp"] {
        let error = read_file(&sample(name), &small).unwrap_err().to_string();
        assert!(error.contains("--max-bytes"), "{name}: {error}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused_or_says_what_is_missing() {
    let folder = fresh_folder("boundary-cut");
    for ending in ["shx", "dbf", "prj", "cpg"] {
        let from = sample("formats/utm48s.shp").with_extension(ending);
        fs::copy(from, folder.join(format!("cut.{ending}"))).unwrap();
    }
    for (name, to) in [
        ("formats/regions.geojson", "cut.geojson"),
        ("formats/regions.geojsonl", "cut.geojsonl"),
        ("formats/regions.gpkg", "cut.gpkg"),
        ("formats/regions.fgb", "cut.fgb"),
        ("formats/regions.parquet", "cut.parquet"),
        ("formats/utm48s.shp", "cut.shp"),
        ("seribu.sql", "cut.sql"),
    ] {
        let whole = fs::read(sample(name)).unwrap();
        for share in [1, 10, 30, 50, 70, 90, 99] {
            let cut = &whole[..whole.len() * share / 100];
            let path = written(&folder, to, cut);
            let error = refused(&path);
            assert!(error.contains(to), "{name} at {share} %: {error}");
        }
    }
    let whole = fs::read(sample("formats/utm48s.shp")).unwrap();
    let shp = written(&folder, "cut.shp", whole);
    let dbf = fs::read(shp.with_extension("dbf")).unwrap();
    fs::write(shp.with_extension("dbf"), &dbf[..dbf.len() / 2]).unwrap();
    assert!(refused(&shp).contains("cut off"));
    fs::remove_file(shp.with_extension("dbf")).unwrap();
    assert!(refused(&shp).contains(".dbf"));
}

#[test]
fn coordinates_that_contradict_what_they_are_said_to_be_are_explained() {
    let folder = fresh_folder("boundary-misplaced");
    let swapped = collection(&[feature(
        "31.71.01.1001",
        "[[[-6.2,106.8],[-6.2,106.9],[-6.1,106.9],[-6.2,106.8]]]",
    )]);
    let swapped = written(&folder, "swapped.geojson", swapped);
    let error = taken(swapped.clone(), &ImportOptions::default()).unwrap_err();
    assert!(error.contains("--swap-axes"), "{error}");
    let intake = IntakeOptions { swap_axes: true, ..IntakeOptions::default() };
    let options = ImportOptions { intake, ..ImportOptions::default() };
    assert_eq!(taken(swapped, &options).unwrap().polygons[&Level::Desa].len(), 1);
    let metres = collection(&[feature(
        "31.71.01.1001",
        "[[[700000,9314000],[701000,9314000],[701000,9315000],[700000,9314000]]]",
    )]);
    let error = taken(written(&folder, "metres.geojson", metres), &ImportOptions::default());
    let error = error.unwrap_err();
    assert!(error.contains("metres, not degrees") && error.contains("EPSG:32748"), "{error}");
    // A wrong declaration: metres of TM-3 said to be Web Mercator lie in the Atlantic.
    let text = fs::read_to_string(sample("formats/tm3.geojson")).unwrap();
    let wrong = text.replace("EPSG::23834", "EPSG::3857");
    let error = taken(written(&folder, "wrong.geojson", wrong), &ImportOptions::default());
    let error = error.unwrap_err();
    assert!(error.contains("which cannot be") && error.contains("EPSG:23834"), "{error}");
    let degrees = fs::read_to_string(sample("formats/regions.geojson")).unwrap();
    let degrees = degrees.replace("\"urn:ogc:def:crs:OGC:1.3:CRS84\"", "\"EPSG:32748\"");
    let error = taken(written(&folder, "degrees.geojson", degrees), &ImportOptions::default());
    let error = error.unwrap_err();
    assert!(error.contains("--crs EPSG:4326"), "{error}");
}

#[test]
fn rows_that_cannot_be_used_are_named_and_the_rest_is_taken() {
    let folder = fresh_folder("boundary-rows");
    let nulls = SQUARE.replacen("106.9,-6.2", "null,-6.2", 1);
    let features = [
        feature("31.71.01.1001", SQUARE),
        feature("31.71.01.1002", SQUARE),
        feature("31.71.01.1002", SQUARE),
        feature("31.71.01.1003", &nulls),
        feature("31.71.01.1004", "[]"),
        feature("31.71.01.1005", "\"x\""),
        feature("31.71.01.1006", "[[[106.8,-6.2],[106.9,-6.2],[106.8,-6.2]]]"),
        feature("31.71.02.1001", "[[[179.9,-6.2],[-179.9,-6.2],[-179.9,-6.1],[179.9,-6.2]]]"),
        feature("bukan kode", SQUARE),
        feature("", SQUARE),
        feature("99.01.01.1001", "[[[120.0,-5.0],[120.1,-5.0],[120.1,-4.9],[120.0,-5.0]]]"),
        "{\"type\":\"Feature\",\"properties\":{\"kode\":\"31.71.03.1001\"},\"geometry\":null}".to_owned(),
        "{\"type\":\"Feature\",\"properties\":{\"kode\":\"31.71.03.1002\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[106.8,-6.2]}}".to_owned(),
    ];
    let path = written(&folder, "rows.geojson", collection(&features));
    let found = taken(path, &ImportOptions::default()).unwrap();
    let has = |kind: DefectKind, code: &str| {
        found
            .defects
            .iter()
            .any(|d| d.kind == kind && d.code.map(|c| c.to_string()).unwrap_or_default() == code)
    };
    for (kind, code) in [
        (DefectKind::DuplicateCode, "31.71.01.1002"),
        (DefectKind::NotFinite, "31.71.01.1003"),
        (DefectKind::Empty, "31.71.01.1004"),
        (DefectKind::Unreadable, "31.71.01.1005"),
        (DefectKind::ShortRing, "31.71.01.1006"),
        (DefectKind::Empty, "31.71.01.1006"),
        (DefectKind::Antimeridian, "31.71.02.1001"),
        (DefectKind::BadCode, ""),
        (DefectKind::NoCode, ""),
        (DefectKind::UnknownCode, "99.01.01.1001"),
        (DefectKind::Missing, "31.71.03.1001"),
        (DefectKind::OtherGeometry, "31.71.03.1002"),
    ] {
        assert!(has(kind, code), "{kind:?} {code}: {:?}", found.defects);
    }
    let drawn =
        |code: &str| found.polygons[&Level::Desa].iter().any(|b| b.code.to_string() == code);
    assert!(drawn("31.71.01.1001") && !drawn("31.71.01.1002"));
    let joined = ImportOptions { join_rows: true, ..ImportOptions::default() };
    let twice = collection(&[features[1].clone(), features[2].clone()]);
    let found = taken(written(&folder, "twice.geojson", twice), &joined).unwrap();
    assert!(found.defects.iter().all(|d| d.kind != DefectKind::DuplicateCode));
    assert!(found.defects.iter().any(|d| d.kind == DefectKind::PartsOverlap));
}

#[test]
fn a_hundred_thousand_empty_features_and_a_million_corners_take_seconds() {
    let folder = fresh_folder("boundary-large");
    let mut empty =
        vec!["{\"type\":\"Feature\",\"properties\":{},\"geometry\":null}".to_owned(); 100_000];
    empty.push(feature("31.71.01.1001", SQUARE));
    let path = written(&folder, "empty.geojson", collection(&empty));
    let found = taken(path, &ImportOptions::default()).unwrap_err();
    assert!(found.contains("--code"), "one code in a hundred thousand rows is no column: {found}");
    let noisy = |n: u32, noise: f64| -> Ring {
        let mut seed = 1_u64;
        let mut ring: Ring = (0..n)
            .map(|i| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let radius = 1.0 + noise * f64::from((seed >> 40) as u32) / f64::from(1 << 24);
                let angle = f64::from(i) * std::f64::consts::TAU / f64::from(n);
                Coord { x: 110.0 + radius * angle.cos(), y: -5.0 + radius * angle.sin() }
            })
            .collect();
        ring.push(ring[0]);
        ring
    };
    // Smooth: the listing sweep; jagged: every edge is near a thousand others, and the strict
    // sweep has to answer.
    for (n, noise) in [(1_000_000, 0.0), (100_000, 0.3)] {
        let ring = noisy(n, noise);
        let mended = mend(vec![vec![ring]], 0.0);
        assert_eq!(mended.faults, [], "{n} corners");
        assert_eq!(mended.shape.0.len(), 1);
    }
    // A scribble that crosses itself millions of times is not worked on for hours.
    let mut scribble: Ring = (0..20_000_u32)
        .map(|i| Coord {
            x: 110.0 + f64::from(i.wrapping_mul(2_654_435_761) % 10_007) * 1e-4,
            y: -5.0 + f64::from(i.wrapping_mul(40_503) % 9_973) * 1e-4,
        })
        .collect();
    scribble.push(scribble[0]);
    let mended = mend(vec![vec![scribble]], 0.0);
    assert!(
        mended.faults.iter().any(|(f, _)| f.kind == DefectKind::Tangled),
        "{:?}",
        mended.faults
    );
}

/// Writes the bytes beside what a shapefile needs, and reads them.
fn survives(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    if let Ok(features) = read_file(&path, &ReadOptions::default()) {
        // What is read can be mended, whatever it is.
        for row in features.rows {
            if let tepat::boundaries::Delivered::Parts(parts) = row.geometry {
                mend(parts, 0.01);
            }
        }
    }
}

/// Values that turn a byte into a sign, an exponent, a length, a digit or nothing.
const VALUES: [u8; 6] = [0, 0xff, 0x7f, 0x80, b'9', b'e'];

#[test]
fn no_changed_byte_makes_a_reader_panic() {
    let folder = fresh_folder("boundary-flips");
    for ending in ["dbf", "prj"] {
        let from = sample("formats/utm48s.shp").with_extension(ending);
        fs::write(folder.join(format!("f.{ending}")), fs::read(from).unwrap()).unwrap();
    }
    let shp = fs::read(sample("formats/utm48s.shp")).unwrap();
    // Steps that share no factor with the length of a record or a page.
    for (from, to, step) in [
        ("formats/regions.fgb", "f.fgb", 19),
        ("formats/utm48s.shp", "f.shp", 13),
        ("formats/utm48s.dbf", "g.dbf", 7),
        ("formats/regions.gpkg", "f.gpkg", 401),
        ("formats/regions.geojson", "f.geojson", 29),
        ("formats/regions.parquet", "f.parquet", 53),
        ("seribu.sql", "f.sql", 59),
    ] {
        let good = fs::read(sample(from)).unwrap();
        for at in (0..good.len()).step_by(step) {
            for value in VALUES {
                let mut bytes = good.clone();
                bytes[at] = value;
                if to == "g.dbf" {
                    fs::write(folder.join(to), &bytes).unwrap();
                    survives(&folder, "g.shp", &shp);
                } else {
                    survives(&folder, to, &bytes);
                }
            }
        }
    }
}

#[test]
fn a_page_that_claims_more_values_than_its_column_is_refused() {
    let folder = fresh_folder("boundary-pages");
    let good = fs::read(sample("formats/regions.parquet")).unwrap();
    let mut refused = 0;
    // The first page header lies behind the four letters that every file begins with.
    for at in 4..40 {
        let mut bytes = good.clone();
        bytes[at] = 0xff;
        let path = written_bytes(&folder, &bytes);
        match tepat::parquet::ParquetFile::open(&path) {
            Err(tepat::parquet::ParquetError::Damaged { problem, .. }) => {
                assert!(problem.contains("page"), "{problem}");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
            Ok(_) => {}
        }
    }
    assert!(refused > 5, "{refused} of 36");
}

fn written_bytes(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("f.parquet");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn coordinates_beyond_any_map_are_taken_out_and_vanishing_ones_are_zero() {
    let ring = |x: f64| -> Ring {
        [(106.0, -6.0), (107.0, -6.0), (107.0, -5.0), (x, -5.0), (106.5, -5.5), (106.0, -6.0)]
            .map(|(x, y)| Coord { x, y })
            .to_vec()
    };
    for x in [1e300, -1e200, 1e13, f64::MAX, f64::INFINITY, f64::NAN] {
        let mended = mend(vec![vec![ring(x)]], 0.0);
        assert!(
            mended.faults.iter().any(|(f, _)| f.kind == DefectKind::NotFinite),
            "{x}: {:?}",
            mended.faults
        );
        assert_eq!(mended.shape.0.len(), 1, "{x}");
    }
    for x in [1e-300, -1e-310, f64::MIN_POSITIVE] {
        assert_eq!(mend(vec![vec![ring(x)]], 0.0).shape, mend(vec![vec![ring(0.0)]], 0.0).shape);
    }
}
