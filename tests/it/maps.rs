//! Tests of room `maps`.

use tepat::domain::{IndicatorId, Level};
use tepat::maps::{Area, Atlas, Classes, Layer, MapSpec, choropleth, standalone_svg};

use crate::fixture::{code, release};

fn map(region: &str, level: Level, id: IndicatorId) -> (String, String) {
    let release = release();
    let layer = Layer::load(code(region), level).unwrap();
    let classes = Classes::for_indicator(id, level);
    let areas = layer.shapes.iter().map(|shape| {
        let cell = release.cell(shape.code, id);
        Area {
            code: shape.code,
            name: shape.name.clone(),
            cell,
            text: tepat::labels::value(id, cell),
            href: Some(format!("/wilayah/{}", shape.code)),
        }
    });
    let around = Atlas::new().around(&layer).unwrap();
    let provenance = tepat::labels::provenance(release.manifest());
    let spec = MapSpec {
        id: "peta",
        title: "Tingkat kemiskinan ekstrem",
        description: "Peta uji",
        layer: &layer,
        classes: &classes,
        areas: areas.collect(),
        highlighted: (region == "36.02").then(|| code("36.02.03")),
        context: Some(&around),
        provenance: &provenance,
    };
    (choropleth(&spec), standalone_svg(&spec))
}

#[test]
fn every_map_fits_its_budget() {
    for (region, level, budget) in [
        ("36", Level::Kabupaten, 60_000),
        ("31", Level::Kabupaten, 60_000),
        ("36.02", Level::Kecamatan, 60_000),
        ("36", Level::Desa, 450_000),
        ("31", Level::Desa, 450_000),
        ("ID", Level::Provinsi, 120_000),
        ("ID", Level::Kabupaten, 350_000),
        ("31.01", Level::Desa, 60_000),
        ("36.02.01", Level::Desa, 60_000),
    ] {
        let (svg, sheet) = map(region, level, IndicatorId::ExtremeRate);
        if let Ok(folder) = std::env::var("TEPAT_MAPS_OUT") {
            std::fs::write(format!("{folder}/{region}-{}.svg", level.slug()), &sheet).unwrap();
        }
        println!("{region} {level:?}: {} bytes", svg.len());
        assert!(svg.len() <= budget, "{region} {level:?}: {} bytes", svg.len());
    }
}
