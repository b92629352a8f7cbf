//! WKB and GeoParquet against bytes that GEOS wrote, against a writer of the test's own, and
//! against bytes that mean nothing.

use geo::Coord;
use proptest::prelude::*;
use tepat::boundaries::{GeoParquet, GeoParquetError, ReferenceSystem, WkbError, read_wkb};

/// Hex of GEOS 3.13 (`shapely.to_wkb`), with what it says.
const BY_GEOS: &[(&str, Option<u32>, &[usize])] = &[
    // POLYGON((0 0,4 0,4 4,0 0),(1 0.5,2 0.5,2 1,1 0.5)), little and big endian
    (
        "010300000002000000040000000000000000000000000000000000000000000000000010400000000000000000000000000000104000000000000010400000000000000000000000000000000004000000000000000000F03F000000000000E03F0000000000000040000000000000E03F0000000000000040000000000000F03F000000000000F03F000000000000E03F",
        None,
        &[2],
    ),
    (
        "0000000003000000020000000400000000000000000000000000000000401000000000000000000000000000004010000000000000401000000000000000000000000000000000000000000000000000043FF00000000000003FE000000000000040000000000000003FE000000000000040000000000000003FF00000000000003FF00000000000003FE0000000000000",
        None,
        &[2],
    ),
    // MULTIPOLYGON(((106.5 -6.25,107 -6.25,107 -6,106.5 -6.25)),((1 1,2 1,2 2,1 1)))
    (
        "00000000060000000200000000030000000100000004405AA00000000000C019000000000000405AC00000000000C019000000000000405AC00000000000C018000000000000405AA00000000000C019000000000000000000000300000001000000043FF00000000000003FF000000000000040000000000000003FF0000000000000400000000000000040000000000000003FF00000000000003FF0000000000000",
        None,
        &[1, 1],
    ),
    // POLYGON Z((0 0 9,4 0 9,4 4 9,0 0 9)): EWKB with SRID 23836, then ISO; then ISO ZM
    (
        "01030000A01C5D00000100000004000000000000000000000000000000000000000000000000002240000000000000104000000000000000000000000000002240000000000000104000000000000010400000000000002240000000000000000000000000000000000000000000002240",
        Some(23_836),
        &[1],
    ),
    (
        "01EB0300000100000004000000000000000000000000000000000000000000000000002240000000000000104000000000000000000000000000002240000000000000104000000000000010400000000000002240000000000000000000000000000000000000000000002240",
        None,
        &[1],
    ),
    (
        "01BB0B00000100000004000000000000000000000000000000000000000000000000002240000000000000F03F000000000000104000000000000000000000000000002240000000000000F03F000000000000104000000000000010400000000000002240000000000000F03F000000000000000000000000000000000000000000002240000000000000F03F",
        None,
        &[1],
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn polygons_that_geos_wrote_are_read_in_every_flavour() {
    for (hex, srid, rings) in BY_GEOS {
        let shape = read_wkb(&bytes(hex)).unwrap();
        assert_eq!(shape.srid, *srid, "{hex}");
        assert_eq!(shape.parts.iter().map(Vec::len).collect::<Vec<_>>(), *rings, "{hex}");
        assert!(shape.parts.iter().flatten().all(|ring| ring.0.len() == 4), "{hex}");
        if *srid == Some(23_836) {
            assert_eq!(shape.parts[0][0].0[2], Coord { x: 4.0, y: 4.0 }, "Z is dropped");
        }
    }
    let hole = read_wkb(&bytes(BY_GEOS[1].0)).unwrap();
    assert_eq!(hole, read_wkb(&bytes(BY_GEOS[0].0)).unwrap(), "both byte orders say the same");
    assert_eq!(hole.parts[0][1].0[0], Coord { x: 1.0, y: 0.5 });
    let two = read_wkb(&bytes(BY_GEOS[2].0)).unwrap().into_shape();
    assert_eq!(two.0[0].exterior().0[1], Coord { x: 107.0, y: -6.25 });
}

#[test]
fn a_geometry_that_is_cut_off_anywhere_is_refused() {
    for (hex, ..) in BY_GEOS {
        let whole = bytes(hex);
        for end in 0..whole.len() {
            assert!(read_wkb(&whole[..end]).is_err(), "{hex} up to byte {end}");
        }
        let mut longer = whole;
        longer.push(0);
        assert_eq!(read_wkb(&longer), Err(WkbError::Trailing(1)));
    }
}

#[test]
fn a_count_that_cannot_be_is_refused_before_room_is_made_for_it() {
    let mut huge = bytes(BY_GEOS[0].0);
    huge[9..13].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(read_wkb(&huge), Err(WkbError::Count { what: "points", room: 8, .. })));
    let mut rings = bytes(BY_GEOS[0].0);
    rings[5..9].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    assert!(matches!(read_wkb(&rings), Err(WkbError::Count { what: "rings", .. })));
}

#[test]
fn what_is_no_polygon_is_named() {
    let point = bytes("0101000000000000000000F03F0000000000000040");
    assert_eq!(read_wkb(&point), Err(WkbError::Kind("Point")));
    assert_eq!(read_wkb(&[7, 3, 0, 0, 0]), Err(WkbError::Order { at: 0, found: 7 }));
    assert!(matches!(read_wkb(&bytes("0163000000")), Err(WkbError::Type { found: 99, .. })));
    // A MultiPolygon that holds a point.
    let nested = bytes("0106000000010000000101000000000000000000F03F0000000000000040");
    assert!(matches!(read_wkb(&nested), Err(WkbError::Kind(_))));
}

/// Three rows in two row groups: a square, two squares, none.
fn by_geopandas() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/geopandas.parquet")
}

#[test]
fn a_file_of_geopandas_is_read_with_its_system_texts_and_missing_polygons() {
    let file = GeoParquet::open(&by_geopandas()).unwrap();
    assert_eq!(file.reference, ReferenceSystem::LngLat);
    assert_eq!((file.rows(), file.groups()), (3, 2));
    assert_eq!(file.columns().collect::<Vec<_>>(), ["kode", "nama", "bbox"]);
    let mut seen = Vec::new();
    file.for_each(&["nama", "kode"], |row| {
        let parts = row.wkb.map(|wkb| read_wkb(wkb).unwrap().parts.len());
        seen.push((
            row.number,
            row.text(0).unwrap().to_owned(),
            row.text(1).unwrap().to_owned(),
            parts,
        ));
        Ok::<(), GeoParquetError>(())
    })
    .unwrap();
    let due = [
        (1, "Satu", "36.01", Some(1)),
        (2, "Dua", "36.02", Some(2)),
        (3, "Tanpa poligon", "36.03", None),
    ];
    assert_eq!(seen, due.map(|(n, a, b, parts)| (n, a.to_owned(), b.to_owned(), parts)));
    let missing = file.for_each(&["luas"], |_| Ok::<(), GeoParquetError>(())).unwrap_err();
    assert!(missing.to_string().contains("there is no column 'luas'"), "{missing}");
}

#[test]
fn a_parquet_file_that_is_cut_off_or_holds_no_polygons_is_refused() {
    let whole = std::fs::read(by_geopandas()).unwrap();
    let folder = crate::command::fresh_folder("geoparquet-cut");
    let path = folder.join("cut.parquet");
    for end in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert!(GeoParquet::open(&path).is_err(), "{end}");
    }
}

/// Files of the same 300 squares, each with other pages.
const PAGES: [&str; 4] =
    ["pages_dictionary", "pages_second_version", "pages_plain", "pages_lengths"];

fn of_pages(name: &str) -> std::path::PathBuf {
    let file = format!("tests/data/{name}.parquet");
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// The squares of a file: row, code, south-west corner.
fn squares(path: &std::path::Path) -> Result<Vec<(u64, String, Option<(f64, f64)>)>, String> {
    let file = GeoParquet::open(path).map_err(|e| e.to_string())?;
    let mut seen = Vec::new();
    let done = file.for_each(&["kode"], |row| {
        let corner = row.wkb.and_then(|wkb| read_wkb(wkb).ok()).and_then(|shape| {
            let ring = shape.parts.first()?.first()?;
            (ring.0.len() == 5).then(|| (ring.0[0].x, ring.0[0].y))
        });
        seen.push((row.number, row.text(0).unwrap_or_default().to_owned(), corner));
        Ok::<(), GeoParquetError>(())
    });
    done.map_err(|e| e.to_string()).map(|()| seen)
}

#[test]
fn polygons_are_the_same_whatever_pages_they_are_written_in() {
    for name in PAGES {
        let seen = squares(&of_pages(name)).unwrap();
        assert_eq!(seen.len(), 300, "{name}");
        for (i, (row, code, corner)) in (0_u32..).zip(seen) {
            let due = (f64::from(i % 40), f64::from(i % 7));
            let missing = name != "pages_plain" && i % 5 == 3;
            let at = u64::from(i) + 1;
            assert_eq!((row, code), (at, at.to_string()), "{name}");
            assert_eq!(corner, (!missing).then_some(due), "{name}, row {at}");
        }
    }
}

#[test]
fn damaged_pages_are_refused_or_read_and_nothing_breaks() {
    let folder = crate::command::fresh_folder("geoparquet-pages");
    let path = folder.join("damaged.parquet");
    for name in PAGES {
        let good = std::fs::read(of_pages(name)).unwrap();
        for at in (4..good.len()).step_by(127) {
            for value in [0x00, 0x7f, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = value;
                std::fs::write(&path, &bytes).unwrap();
                if let Ok(seen) = squares(&path) {
                    assert!(seen.len() <= 300, "{name}, byte {at}");
                }
            }
        }
    }
}

type Rings = Vec<Vec<Vec<(f64, f64)>>>;

/// A writer of its own: MultiPolygon, either order, dimensions as ISO says.
fn written(parts: &Rings, little: bool, dimensions: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let word = |out: &mut Vec<u8>, n: u32| {
        out.extend(if little { n.to_le_bytes() } else { n.to_be_bytes() });
    };
    let head = |out: &mut Vec<u8>, kind: u32, n: usize| {
        out.push(u8::from(little));
        word(out, kind + 1000 * dimensions);
        word(out, u32::try_from(n).unwrap());
    };
    head(&mut out, 6, parts.len());
    for part in parts {
        head(&mut out, 3, part.len());
        for ring in part {
            word(&mut out, u32::try_from(ring.len()).unwrap());
            for (x, y) in ring {
                let more = [0, 1, 1, 2][dimensions as usize];
                for v in [*x, *y, 1e300, f64::NAN].into_iter().take(2 + more) {
                    out.extend(if little { v.to_le_bytes() } else { v.to_be_bytes() });
                }
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(
        parts in prop::collection::vec(
            prop::collection::vec(
                prop::collection::vec((-180.0..180.0_f64, -90.0..90.0_f64), 0..6), 0..4), 0..4),
        little: bool,
        dimensions in 0..4_u32,
    ) {
        let shape = read_wkb(&written(&parts, little, dimensions)).unwrap();
        let back: Rings = shape.parts.iter()
            .map(|part| part.iter().map(|r| r.0.iter().map(|c| (c.x, c.y)).collect()).collect())
            .collect();
        prop_assert_eq!(back, parts);
    }

    #[test]
    fn bytes_that_mean_nothing_never_panic(
        mut noise in prop::collection::vec(any::<u8>(), 0..300),
        polygon: bool,
    ) {
        let _ = read_wkb(&noise);
        if noise.len() > 5 {
            noise[..5].copy_from_slice(&[1, if polygon { 3 } else { 6 }, 0, 0, 0]);
            let _ = read_wkb(&noise);
        }
    }

    #[test]
    fn a_damaged_byte_never_panics(at in 0..140_usize, value: u8) {
        let mut damaged = bytes(BY_GEOS[0].0);
        let at = at % damaged.len();
        damaged[at] = value;
        if let Ok(shape) = read_wkb(&damaged) {
            let points: usize = shape.parts.iter().flatten().map(|r| r.0.len()).sum();
            prop_assert!(points * 16 <= damaged.len());
        }
    }
}
