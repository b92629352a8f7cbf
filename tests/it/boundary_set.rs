//! A boundary set on disk: what is written is what is read, nothing is overwritten, a damaged set
//! is not opened; and `tepat regions` as a user runs it.

use std::fs;

use tepat::boundaries::{
    About, BoundarySet, DefectKind, ImportOptions, SetError, import, write_set,
};
use tepat::domain::Level;
use tepat::progress::Silent;

use crate::boundary_formats::sample;
use crate::command::{fresh_folder, tepat};

fn about() -> About {
    About {
        vintage: "uji".to_owned(),
        valid_from: Some("2025-01-01".to_owned()),
        licence: Some("MIT".to_owned()),
        ..About::default()
    }
}

fn same(_: &str) -> &'static str {
    "dibiarkan"
}

#[test]
fn a_set_gives_back_what_was_put_in() {
    let folder = fresh_folder("boundary-set");
    let files = [sample("formats/regions.fgb")];
    let imported = import(&files, &ImportOptions::default(), &Silent).unwrap();
    let set = write_set(&folder.join("set"), &imported, &about(), same).unwrap();
    let again = BoundarySet::open(&folder.join("set")).unwrap();
    assert_eq!(again.manifest(), set.manifest());
    assert_eq!(again.id(), set.id());
    assert_eq!(again.manifest().valid_from.as_deref(), Some("2025-01-01"));
    assert_eq!(again.stored_levels(), [Level::Desa]);
    let (put, got) = (&imported.polygons[&Level::Desa], again.boundaries(Level::Desa).unwrap());
    assert_eq!(put.len(), 5);
    for (put, got) in put.iter().zip(&got) {
        assert_eq!((put.code, &put.name, &put.shape), (got.code, &got.name, &got.shape));
    }
    assert_eq!(again.regions().unwrap(), imported.regions);
    assert!(matches!(again.boundaries(Level::Kecamatan), Err(SetError::Level { .. })));
    // The same files make the same set, byte by byte.
    let twin = write_set(&folder.join("twin"), &imported, &about(), same).unwrap();
    assert_eq!(twin.id(), set.id());
}

#[test]
fn nothing_is_overwritten_and_a_changed_set_is_not_opened() {
    let folder = fresh_folder("boundary-set-damage");
    let imported =
        import(&[sample("formats/regions.fgb")], &ImportOptions::default(), &Silent).unwrap();
    let place = folder.join("set");
    write_set(&place, &imported, &about(), same).unwrap();
    let again = write_set(&place, &imported, &about(), same);
    assert!(matches!(again, Err(SetError::Exists(_))), "{again:?}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no unfinished folder is left behind");
    for name in ["desa.parquet", "regions.csv", "report.json", "defects.csv"] {
        let path = place.join(name);
        let bytes = fs::read(&path).unwrap();
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&path, &changed).unwrap();
        let error = BoundarySet::open(&place).unwrap_err();
        assert!(matches!(&error, SetError::Damaged { path: p } if *p == path), "{name}: {error}");
        fs::remove_file(&path).unwrap();
        assert!(BoundarySet::open(&place).is_err(), "{name} is gone");
        fs::write(&path, &bytes).unwrap();
    }
    BoundarySet::open(&place).unwrap();
    for (text, part) in [
        ("{", "not a boundary set"),
        ("{\"format\":99}", "format 99"),
        ("{\"format\":1}", "missing field"),
    ] {
        fs::write(place.join("set.json"), text).unwrap();
        let error = BoundarySet::open(&place).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let manifest = "{\"format\":1,\"vintage\":\"x\",\"valid_from\":null,\"valid_to\":null,\"source\":null,\"licence\":null,\"finest\":\"desa\",\"bounds\":[0,0,0,0],\"levels\":{},\"defects\":{},\"inputs\":[],\"files\":{\"../out\":\"00\"}}";
    fs::write(place.join("set.json"), manifest).unwrap();
    let error = BoundarySet::open(&place).unwrap_err().to_string();
    assert!(error.contains("../out"), "a file outside is never read: {error}");
}

#[test]
fn regions_of_a_table_without_polygons_stay_in_the_set() {
    let folder = fresh_folder("boundary-set-table");
    let table = folder.join("lain.csv");
    fs::write(&table, "kode,nama\n31.71.01.1002,Cideng\n31.71.01.9999,Desa Baru\n").unwrap();
    let files = [sample("formats/regions.geojson"), table];
    let imported = import(&files, &ImportOptions::default(), &Silent).unwrap();
    let find = |code: &str| imported.regions.iter().find(|r| r.code.to_string() == code).unwrap();
    assert!(!find("31.71.01.1002").with_polygon);
    assert!(find("31.71.01.1001").with_polygon);
    assert_eq!(find("31.71.01").kind, "kecamatan");
    assert_eq!(find("31.71.01.9999").name, "Desa Baru");
    let kinds = |code: &str| -> Vec<DefectKind> {
        let of = imported.defects.iter().filter(|d| d.code.is_some_and(|c| c.to_string() == code));
        of.map(|d| d.kind).collect()
    };
    assert_eq!(kinds("31.71.01.1002"), [DefectKind::NoPolygon]);
    assert_eq!(kinds("31.71.01.9999"), [DefectKind::UnknownCode, DefectKind::NoPolygon]);
}

#[test]
fn the_command_reports_writes_and_shows() {
    let folder = fresh_folder("regions-command");
    let out = folder.join("set");
    let (file, place) = (sample("real_faults.geojson"), out.display().to_string());
    let file = file.display().to_string();
    let run = ["regions", "import", &file, "--out", &place, "--vintage", "uji 2025"];
    let first = tepat(run);
    assert_eq!(first.is_decent().code, Some(0), "{first:?}");
    for part in
        ["bagian di dalam bagian lain", "tumpang tindih antarwilayah", "20,741 km²", "uji 2025"]
    {
        assert!(first.out.contains(part), "{part}: {}", first.out);
    }
    let again = tepat(run);
    assert_eq!(again.code, Some(5), "{again:?}");
    assert!(again.err.contains("not overwritten"), "{again:?}");
    let shown = tepat(["regions", "show", &place]);
    assert!(shown.code == Some(0) && shown.out.contains("uji 2025"), "{shown:?}");
    let head = "kode,nama,jenis_cacat,tingkat,lng,lat,luas_m2,tindakan,kode_lain,keterangan";
    assert!(fs::read_to_string(out.join("defects.csv")).unwrap().starts_with(head));
    let strict =
        tepat(["regions", "import", &file, "--out", &format!("{place}2"), "--strict", "--json"]);
    assert_eq!(strict.code, Some(4), "{strict:?}");
    assert_eq!(strict.json()["defects"]["tumpang_tindih"], 2);
    for wrong in [["--valid-from", "31-12-2025"], ["--level", "dusun"], ["--crs", "UTM"]] {
        let run =
            tepat(["regions", "import", &file, "--out", &format!("{place}3"), wrong[0], wrong[1]]);
        assert_eq!(run.is_decent().code, Some(2), "{wrong:?}: {run:?}");
    }
}
