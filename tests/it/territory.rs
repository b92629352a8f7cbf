//! The region table, the crosswalk of the two code systems, and the boundaries, against official
//! counts and against each other.

use geo::{Area, BoundingRect};
use tepat::domain::{BpsCode, Level, RegionCode};
use tepat::regions::{RegionCatalog, RegionKind};
use tepat::spatial::{Boundary, Shapes, read_geojson, rings};

fn code(text: &str) -> RegionCode {
    RegionCode::from_slug(text).unwrap()
}

fn finest(region: RegionCode, level: Level) -> Vec<Boundary> {
    Shapes::product().unwrap().finest(region, level).unwrap()
}

fn catalog() -> &'static RegionCatalog {
    RegionCatalog::shared().unwrap()
}

#[test]
fn the_table_holds_every_unit_of_kepmendagri_2430_of_2025() {
    for (region, level, units) in [
        ("ID", Level::Provinsi, 38),
        ("ID", Level::Kabupaten, 514),
        ("ID", Level::Kecamatan, 7_285),
        ("ID", Level::Desa, 83_762),
        ("36", Level::Kabupaten, 8),
        ("36", Level::Kecamatan, 155),
        ("36", Level::Desa, 1_552),
        ("31", Level::Kabupaten, 6),
        ("31", Level::Kecamatan, 44),
        ("31", Level::Desa, 267),
    ] {
        assert_eq!(catalog().inside(code(region), level).count(), units, "{region} {level:?}");
    }
    let nation = catalog().get(RegionCode::NATION).unwrap();
    assert_eq!(nation.registered_population, Some(284_973_643));
}

#[test]
fn every_region_has_a_parent_in_the_table_and_is_found_by_its_code() {
    let mut children = 0;
    for region in catalog().subtree(RegionCode::NATION) {
        assert_eq!(catalog().get(region.code).map(|r| r.code), Some(region.code));
        if let Some(parent) = region.code.parent() {
            assert!(catalog().get(parent).is_some(), "{} has no parent", region.code);
            children += 1;
        }
    }
    assert_eq!(children, 38 + 514 + 7_285 + 83_762);
}

#[test]
fn the_fourth_part_of_a_code_tells_the_kind() {
    for region in catalog().inside(RegionCode::NATION, Level::Desa) {
        let expected = match region.code.packed() % 10_000 / 1000 {
            1 => RegionKind::Kelurahan,
            2 => RegionKind::Desa,
            3 => RegionKind::DesaAdat,
            other => panic!("{}: part beginning with {other}", region.code),
        };
        assert_eq!(region.kind, expected, "{}", region.code);
    }
}

#[test]
fn the_same_digits_are_another_place_in_the_other_system() {
    let of = |bps: &str| catalog().from_bps(bps.parse::<BpsCode>().unwrap()).unwrap();
    assert_eq!(catalog().name(of("1101")), "Kabupaten Simeulue");
    assert_eq!(catalog().name(code("11.01")), "Kabupaten Aceh Selatan");
    for (bps, kemendagri, name) in [
        ("3173", "31.71", "Jakarta Pusat"),
        ("3175", "31.72", "Jakarta Utara"),
        ("3174", "31.73", "Jakarta Barat"),
        ("3171", "31.74", "Jakarta Selatan"),
        ("3172", "31.75", "Jakarta Timur"),
        ("3602", "36.02", "Lebak"),
    ] {
        assert_eq!(of(bps), code(kemendagri));
        assert!(catalog().name(code(kemendagri)).contains(name), "{kemendagri}");
    }
}

#[test]
fn the_crosswalk_is_whole_above_kecamatan_and_169_codes_are_a_trap() {
    let (mut same, mut trap) = (0, 0);
    for region in catalog().inside(RegionCode::NATION, Level::Kabupaten) {
        let bps = region.bps.unwrap_or_else(|| panic!("{} has no BPS code", region.code));
        assert_eq!(catalog().from_bps(bps), Some(region.code));
        let digits = bps.to_string();
        let alike = code(&format!("{}.{}", &digits[..2], &digits[2..]));
        if alike == region.code {
            same += 1;
        } else if catalog().get(alike).is_some() {
            trap += 1;
        }
    }
    assert_eq!((same, trap), (315, 169), "same digits, digits of another kabupaten");
    assert!(catalog().inside(RegionCode::NATION, Level::Provinsi).all(|r| r.bps.is_some()));
}

#[test]
fn the_boundaries_hold_exactly_the_regions_of_the_table() {
    for (region, levels) in [
        ("ID", &[Level::Provinsi, Level::Kabupaten, Level::Kecamatan][..]),
        ("33", &[Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa]),
        ("92.02", &[Level::Kecamatan, Level::Desa]),
        ("31", &[Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa]),
        ("36", &[Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa]),
        ("36.02", &[Level::Kecamatan, Level::Desa]),
    ] {
        for level in levels {
            let drawn: Vec<RegionCode> =
                finest(code(region), *level).iter().map(|b| b.code).collect();
            let listed: Vec<RegionCode> =
                catalog().inside(code(region), *level).map(|r| r.code).collect();
            assert_eq!(drawn, listed, "{region} {level:?}");
        }
    }
    let shapes = Shapes::product().unwrap();
    assert_eq!(shapes.full_provinces(), [code("31"), code("36")]);
}

#[test]
fn where_there_are_no_polygons_the_answer_is_empty() {
    assert!(Shapes::product().unwrap().full(code("11")).unwrap().is_empty());
    assert!(finest(RegionCode::NATION, Level::Desa).is_empty());
    assert!(finest(code("13.01.99"), Level::Desa).is_empty());
}

/// Recent splits whose land lies in the polygon of the desa that they were split from.
#[test]
fn every_desa_but_360_is_drawn_and_every_kecamatan_has_land() {
    let shapes = Shapes::product().unwrap();
    let mut drawn = 0;
    for province in catalog().inside(RegionCode::NATION, Level::Provinsi) {
        let desa = shapes.atlas().boundaries(province.code, Level::Desa, 250.0).unwrap();
        assert!(desa.iter().all(|d| catalog().get(d.code).is_some()), "{}", province.code);
        assert!(desa.iter().all(|d| d.shape.unsigned_area() > 0.0), "{}", province.code);
        drawn += desa.len();
    }
    assert_eq!(drawn, 83_762 - 360);
}

/// The upper levels were made by dissolving the desa, so they must tile without gap or overlap.
#[test]
fn the_desa_of_a_province_fill_its_kecamatan_kabupaten_and_outline_exactly() {
    for province in Shapes::product().unwrap().full_provinces() {
        let desa = finest(province, Level::Desa);
        for level in [Level::Kecamatan, Level::Kabupaten, Level::Provinsi] {
            for outer in finest(province, level) {
                let inner: f64 = desa
                    .iter()
                    .filter(|d| outer.code.contains(d.code))
                    .map(|d| d.shape.unsigned_area())
                    .sum();
                let area = outer.shape.unsigned_area();
                assert!((inner / area - 1.0).abs() < 1e-9, "{}: {inner} of {area}", outer.code);
            }
        }
    }
}

#[test]
fn no_boundary_has_its_axes_exchanged_or_an_open_ring() {
    for boundary in finest(RegionCode::NATION, Level::Kabupaten) {
        let bounds = boundary.shape.bounding_rect().unwrap();
        let in_indonesia = bounds.min().x > 94.0
            && bounds.max().x < 142.0
            && bounds.min().y > -12.0
            && bounds.max().y < 7.0;
        assert!(in_indonesia, "{}: {bounds:?}", boundary.code);
        assert!(rings(&boundary.shape).all(|ring| ring.0.len() >= 4 && ring.is_closed()));
    }
}

/// A collection of one feature with these rings.
fn collection(kode: &str, coordinates: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"kode":"{kode}","nama":"Uji"}},"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}]}}"#
    )
}

#[test]
fn a_sound_ring_is_read() {
    let text = collection("36.02.01.2001", "[[[106,-6],[106.1,-6],[106.1,-6.1],[106,-6]]]");
    let read = read_geojson("batas.geojson", &text).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].code, code("36.02.01.2001"));
}

#[test]
fn a_faulty_boundary_is_refused_with_the_file_the_feature_and_the_reason() {
    let sound = "[[[106,-6],[106.1,-6],[106.1,-6.1],[106,-6]]]";
    for (what, text, parts) in [
        (
            "an unclosed ring",
            collection("36.02", "[[[106,-6],[106.1,-6],[106.1,-6.1],[106,-6.1]]]"),
            &["feature 1", "36.02", "not closed"][..],
        ),
        (
            "a ring of three points",
            collection("36.02", "[[[106,-6],[106.1,-6],[106,-6]]]"),
            &["feature 1", "no area"],
        ),
        (
            "a ring that crosses itself",
            collection("36.02", "[[[106,-6],[106.1,-6.1],[106.1,-6],[106,-6.1],[106,-6]]]"),
            &["feature 1", "36.02", "cross"],
        ),
        ("a BPS code", collection("3602", sound), &["feature 1", "BPS", "dots"]),
        ("a damaged code", collection("36.2", sound), &["feature 1", "36.2"]),
        ("no code", collection("", sound), &["feature 1", "empty"]),
        ("a text that is cut off", collection("36.02", sound)[..90].to_owned(), &["GeoJSON"]),
        ("an empty file", String::new(), &["GeoJSON"]),
    ] {
        let error = read_geojson("batas.geojson", &text).expect_err(what).to_string();
        assert!(error.starts_with("batas.geojson"), "{what}: {error}");
        for part in parts {
            assert!(error.contains(part), "{what}: '{part}' is not in: {error}");
        }
    }
}
