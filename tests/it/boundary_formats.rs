//! Boundary files as GDAL writes them: every format gives the same regions, projected ones fall on
//! those in degrees, and columns and code systems are told by content.

use std::path::{Path, PathBuf};

use geo::Coord;
use tepat::boundaries::{
    ColumnOptions, Columns, FileKind, ReadOptions, Reason, ReferenceSystem, choose, project,
    read_file, reference_of_option, systems,
};
use tepat::domain::CodeSystem;
use tepat::regions::RegionCatalog;

use crate::command::fresh_folder;
use crate::rust_source::root;

pub fn sample(name: &str) -> PathBuf {
    root().join("tests/boundaries").join(name)
}

fn read(path: &Path) -> tepat::boundaries::Features {
    read_file(path, &ReadOptions::default()).unwrap()
}

fn columns(features: &tepat::boundaries::Features, options: &ColumnOptions) -> Columns {
    choose(features, RegionCatalog::shared().unwrap(), options).unwrap()
}

/// Codes and points of a file in degrees, in code order.
fn regions(name: &str) -> Vec<(String, Vec<Coord<f64>>)> {
    let mut features = read(&sample(name));
    project(&mut features, None).unwrap();
    let code = features.find("kode").unwrap();
    let mut all: Vec<(String, Vec<Coord<f64>>)> = features
        .rows
        .into_iter()
        .map(|row| {
            let code = row.text(code).unwrap().to_owned();
            let shape = row.geometry.into_shape().unwrap();
            let mut points: Vec<Coord<f64>> =
                tepat::spatial::rings(&shape).flat_map(|ring| ring.0.iter().copied()).collect();
            // A shapefile's rings run the other way and may begin elsewhere.
            points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
            points.dedup();
            (code, points)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn every_format_gives_the_same_regions() {
    let truth = regions("formats/regions.geojson");
    assert_eq!(truth.len(), 5);
    for (name, kind) in [
        ("formats/regions.geojsonl", FileKind::GeoJsonSeq),
        ("formats/regions.gpkg", FileKind::GeoPackage),
        ("formats/regions.fgb", FileKind::FlatGeobuf),
        ("formats/regions.parquet", FileKind::GeoParquet),
    ] {
        let features = read(&sample(name));
        assert_eq!(features.kind, kind, "{name}");
        assert_eq!(features.reference, ReferenceSystem::LngLat, "{name}");
        let found = regions(name);
        for ((code, points), (due, expected)) in found.iter().zip(&truth) {
            assert_eq!(code, due, "{name}");
            assert_eq!(points.len(), expected.len(), "{name} {code}");
            let far =
                points.iter().zip(expected).map(|(p, q)| (p.x - q.x).abs().max((p.y - q.y).abs()));
            // GeoJSON is written with 15 digits.
            assert!(far.fold(0.0, f64::max) < 1e-9, "{name} {code}");
        }
        assert_eq!(found.len(), truth.len(), "{name}");
    }
}

#[test]
fn projected_files_fall_on_those_in_degrees() {
    let truth = regions("formats/regions.geojson");
    for (name, epsg) in [
        ("formats/utm48s.shp", 32748),
        ("formats/tm3.geojson", 23834),
        ("formats/mercator.fgb", 3857),
    ] {
        assert_eq!(read(&sample(name)).reference, ReferenceSystem::Epsg(epsg), "{name}");
        for ((code, points), (due, expected)) in regions(name).iter().zip(&truth) {
            assert_eq!(code, due, "{name}");
            let nearest = |p: &Coord<f64>| {
                let far = expected.iter().map(|q| (p.x - q.x).hypot(p.y - q.y));
                far.fold(f64::INFINITY, f64::min)
            };
            // 1e-8 degrees are a millimetre.
            assert!(points.iter().all(|p| nearest(p) < 1e-8), "{name} {code}");
        }
    }
}

#[test]
fn the_kind_of_a_file_is_told_by_its_content() {
    let folder = fresh_folder("boundary-kinds");
    for (from, to, kind) in [
        ("formats/regions.fgb", "a.geojson", FileKind::FlatGeobuf),
        ("formats/regions.geojsonl", "b.json", FileKind::GeoJsonSeq),
        ("formats/regions.gpkg", "c.db", FileKind::GeoPackage),
        ("seribu.sql", "d.txt", FileKind::SqlDump),
    ] {
        std::fs::copy(sample(from), folder.join(to)).unwrap();
        assert_eq!(read(&folder.join(to)).kind, kind, "{from}");
    }
    let lines = std::fs::read_to_string(sample("formats/regions.geojsonl")).unwrap();
    let separated: String = lines.lines().map(|line| format!("\u{1e}{line}\n")).collect();
    std::fs::write(folder.join("rs.json"), &separated).unwrap();
    assert_eq!(read(&folder.join("rs.json")).rows.len(), 5);
    let packed = zstd::encode_all(separated.as_bytes(), 3).unwrap();
    std::fs::write(folder.join("rs.zst"), packed).unwrap();
    assert_eq!(read(&folder.join("rs.zst")).rows.len(), 5);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gz, lines.as_bytes()).unwrap();
    std::fs::write(folder.join("plain.gz"), gz.finish().unwrap()).unwrap();
    assert_eq!(read(&folder.join("plain.gz")).rows.len(), 5);
}

#[test]
fn the_source_s_own_sql_is_read_with_its_axes_set_right() {
    let features = read(&sample("seribu.sql"));
    assert_eq!(features.rows.len(), 2);
    for row in features.rows {
        let code = row.text(features.columns.iter().position(|c| c == "kode").unwrap());
        assert!(code.unwrap().starts_with("31.01."));
        let shape = row.geometry.into_shape().unwrap();
        for at in tepat::spatial::rings(&shape).flat_map(|r| &r.0) {
            assert!((106.0..107.0).contains(&at.x) && (-6.2..-5.0).contains(&at.y), "{at:?}");
        }
    }
}

/// A file of rows without polygons.
fn table(folder: &Path, name: &str, text: &str) -> tepat::boundaries::Features {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    read(&path)
}

#[test]
fn bps_codes_without_dots_are_told_from_kemendagri_codes_by_what_they_name() {
    let folder = fresh_folder("boundary-systems");
    // BPS 1101 is Simeulue, Kemendagri 11.01 is Aceh Selatan: the digits alone say nothing.
    let bps = table(
        &folder,
        "bps.csv",
        "idkab,nmkab\n1101,SIMEULUE\n1102,ACEH SINGKIL\n1103,ACEH SELATAN\n1104,ACEH TENGGARA\n",
    );
    let found = columns(&bps, &ColumnOptions::default());
    assert_eq!(
        (found.system, found.code.as_slice(), found.name),
        (CodeSystem::Bps, &[0][..], Some(1))
    );
    let home = table(
        &folder,
        "home.csv",
        "kode;nama\n1101;Aceh Selatan\n1102;Aceh Tenggara\n1103;Aceh Timur\n",
    );
    assert_eq!(columns(&home, &ColumnOptions::default()).system, CodeSystem::Kemendagri);
    let bare = table(&folder, "bare.csv", "kode,luas\n1101,1\n1102,2\n1103,3\n");
    let error = choose(&bare, RegionCatalog::shared().unwrap(), &ColumnOptions::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("--code-system") && error.contains("169"), "{error}");
    let stated = ColumnOptions { system: Some(CodeSystem::Bps), ..ColumnOptions::default() };
    assert_eq!(columns(&bare, &stated).system, CodeSystem::Bps);
}

#[test]
fn the_finest_code_and_its_name_are_chosen_among_many() {
    let folder = fresh_folder("boundary-columns");
    let big = table(
        &folder,
        "big.csv",
        "OBJECTID,NAMOBJ,KDPPUM,KDPKAB,KDCPUM,KDEPUM,WADMKC,WADMKD,WADMKK,WADMPR\n\
         1,Gambir,31,31.71,31.71.01,31.71.01.1001,Gambir,Gambir,Kota Adm. Jakarta Pusat,DKI Jakarta\n\
         2,Cideng,31,31.71,31.71.01,31.71.01.1002,Gambir,Cideng,Kota Adm. Jakarta Pusat,DKI Jakarta\n\
         3,Petojo Utara,31,31.71,31.71.01,31.71.01.1003,Gambir,Petojo Utara,Kota Adm. Jakarta Pusat,DKI Jakarta\n",
    );
    let found = columns(&big, &ColumnOptions::default());
    assert_eq!(big.columns[found.code[0]], "KDEPUM");
    assert_eq!(big.columns[found.name.unwrap()], "NAMOBJ");
    assert!(found.reasons.contains(&Reason::SystemByDots));
    let pieces = table(
        &folder,
        "pieces.csv",
        "PROVNO,KABKOTNO,KECNO,DESANO,DESA\n36,01,010,001,SUMUR\n36,01,010,002,TAMANJAYA\n",
    );
    let options = ColumnOptions {
        code: Some("PROVNO+KABKOTNO+KECNO+DESANO".to_owned()),
        ..ColumnOptions::default()
    };
    assert_eq!(columns(&pieces, &options).code.len(), 4);
    let missing = ColumnOptions { code: Some("KODE".to_owned()), ..ColumnOptions::default() };
    let error = choose(&pieces, RegionCatalog::shared().unwrap(), &missing).unwrap_err();
    assert!(error.to_string().contains("PROVNO"), "{error}");
}

#[test]
fn every_system_of_the_table_can_be_used_and_others_are_refused_with_advice() {
    let all = systems().unwrap();
    assert!(all.len() > 60);
    for system in &all {
        let reference = reference_of_option(&format!("EPSG:{}", system.epsg)).unwrap();
        tepat::boundaries::Projection::to_degrees(&reference)
            .unwrap_or_else(|e| panic!("{}: {e}", system.name));
    }
    let unknown = reference_of_option("EPSG:2154").unwrap();
    let error = tepat::boundaries::Projection::to_degrees(&unknown).unwrap_err().to_string();
    assert!(error.contains("--crs"), "{error}");
    assert!(reference_of_option("UTM 48S").is_err());
    let own = reference_of_option("+proj=utm +zone=48 +south +datum=WGS84").unwrap();
    assert!(tepat::boundaries::Projection::to_degrees(&own).unwrap().is_some());
}

/// `kode`, `kode_bps` and `induk` of regions of Banten; the first with one code that is new.
fn with_new_code(known: &[&str]) -> String {
    let catalog = RegionCatalog::shared().unwrap();
    let feature = |code: String, bps: String, parent: String, name: &str| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"kode_bps\":\"{bps}\",\"induk\":\"{parent}\",\"kode\":\"{code}\",\"nama\":\"{name}\"}},\"geometry\":null}}"
        )
    };
    let mut features: Vec<String> = known
        .iter()
        .map(|code| {
            let region = catalog.get(code.parse().unwrap()).unwrap();
            let parent = region.code.parent().unwrap();
            feature(
                (*code).to_owned(),
                region.bps.unwrap().to_string(),
                parent.to_string(),
                &region.name,
            )
        })
        .collect();
    features.push(feature("36.02.01.2999".into(), String::new(), "36.02.01".into(), "Baru"));
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

/// One new desa, which has no BPS code yet, once made the column of BPS codes the better one, and
/// was thrown away with all that had none.
#[test]
fn one_code_that_the_table_does_not_know_does_not_change_the_column_that_is_taken() {
    let folder = crate::command::fresh_folder("boundary-new-code");
    let path = folder.join("baru.geojson");
    let codes =
        ["36.02.01.2002", "36.02.01.2003", "36.02.01.2004", "36.02.01.2005", "36.02.01.2006"];
    std::fs::write(&path, with_new_code(&codes)).unwrap();
    let features = read_file(&path, &ReadOptions::default()).unwrap();
    let columns = columns(&features, &ColumnOptions::default());
    assert_eq!(
        columns.code.iter().map(|c| features.columns[*c].as_str()).collect::<Vec<_>>(),
        ["kode"]
    );
    assert_eq!(columns.system, CodeSystem::Kemendagri);
}
