//! Tests of room `maps`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tepat::domain::{IndicatorId, Level, RegionCode};
use tepat::maps::{
    Area, ClassCounts, Classes, Layer, Layers, MapSpec, choropleth, legend, standalone_svg,
};
use tepat::spatial::Shapes;

use crate::fixture::{code, programmes, release};

fn shapes() -> std::sync::Arc<Shapes> {
    Shapes::product().unwrap()
}

fn map(region: &str, level: Level, id: IndicatorId) -> (String, String) {
    let release = release();
    let layer = Layer::load(&shapes(), code(region), level).unwrap();
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
    let around = Layers::new(shapes()).around(&layer).unwrap();
    let provenance = tepat::labels::provenance(&release);
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
        attribution: tepat::labels::boundary_attribution(release.manifest()),
    };
    (choropleth(&spec), standalone_svg(&spec))
}

#[test]
fn every_map_fits_its_budget() {
    let kabupaten: Vec<String> =
        (1..=4).map(|k| format!("36.{k:02}")).chain((71..=75).map(|k| format!("31.{k}"))).collect();
    let kabupaten = kabupaten.iter().map(|k| (k.as_str(), Level::Kecamatan, 60_000));
    for (region, level, budget) in kabupaten.chain([
        ("36", Level::Kabupaten, 60_000),
        ("31", Level::Kabupaten, 60_000),
        ("36", Level::Desa, 450_000),
        ("31", Level::Desa, 450_000),
        ("ID", Level::Provinsi, 120_000),
        ("ID", Level::Kabupaten, 350_000),
        ("31.01", Level::Desa, 60_000),
        ("36.02.01", Level::Desa, 60_000),
        ("36.02", Level::Desa, 150_000),
    ]) {
        let (svg, sheet) = map(region, level, IndicatorId::ExtremeRate);
        // To look at the maps: TEPAT_MAPS_OUT=/tmp cargo test --release --test it maps
        if let Ok(folder) = std::env::var("TEPAT_MAPS_OUT") {
            let name = format!("{folder}/{region}-{}", level.slug());
            let page = format!("<style>{}</style>{svg}", tepat::maps::css());
            std::fs::write(format!("{name}.svg"), &sheet).unwrap();
            std::fs::write(format!("{name}.html"), page).unwrap();
        }
        // The budget is raw; what a browser receives is about a third of it.
        assert!(svg.len() <= budget, "{region} {level:?}: {} bytes", svg.len());
    }
}

/// A well-formedness check that knows just enough XML: tags nest, attributes are quoted and do not
/// repeat, entities are the five.
fn check_xml(text: &str) -> Result<usize, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut elements = 0;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        check_text(&rest[..at])?;
        let end = rest[at..].find('>').ok_or("a tag does not end")? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop().ok_or("too many end tags")?;
            if last != name {
                return Err(format!("</{name}> ends <{last}>"));
            }
            continue;
        }
        elements += 1;
        let (tag, single) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        check_attributes(attributes)?;
        if !single {
            open.push(name);
        }
    }
    check_text(rest)?;
    if open.is_empty() { Ok(elements) } else { Err(format!("{open:?} do not end")) }
}

fn check_text(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        if !known.iter().any(|e| text[at..].starts_with(e)) {
            return Err(format!("a bare & in {text:.60}"));
        }
    }
    Ok(())
}

fn check_attributes(mut text: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    while !text.trim().is_empty() {
        let (name, rest) = text.trim_start().split_once("=\"").ok_or(format!("bad: {text:.60}"))?;
        let (value, rest) = rest.split_once('"').ok_or("a value does not end")?;
        check_text(value)?;
        if name.contains(char::is_whitespace) || !seen.insert(name) {
            return Err(format!("attribute {name}"));
        }
        if name == "style" || name.starts_with("on") {
            return Err(format!("{name} is barred by the content policy"));
        }
        text = rest;
    }
    Ok(())
}

#[test]
fn the_checker_rejects_what_is_not_xml() {
    for bad in ["<a><b></a></b>", "<a", "<a x=1/>", "<a>&nbsp;</a>", "<a x=\"1\" x=\"2\"/>", "<a>"]
    {
        assert!(check_xml(bad).is_err(), "{bad}");
    }
    assert_eq!(check_xml("<a x=\"&amp;\"><b/>t</a>"), Ok(2));
}

#[test]
fn every_map_is_well_formed_and_every_area_a_named_link() {
    for (region, level, n) in
        [("36", Level::Kabupaten, 8), ("31", Level::Desa, 267), ("36.02.01", Level::Desa, 14)]
    {
        let (svg, sheet) = map(region, level, IndicatorId::ExtremeRate);
        check_xml(&svg).unwrap();
        check_xml(&sheet).unwrap();
        assert_eq!(svg.matches("<a href=\"/wilayah/").count(), n, "{region}");
        assert_eq!(svg.matches("aria-label=\"").count(), n);
        assert!(
            svg.contains("<title id=\"peta-title\">") && svg.contains("<desc id=\"peta-desc\">")
        );
        assert!(svg.contains("batas indikatif") && svg.contains("\u{a0}km<"));
        assert!(sheet.contains("Data sintetis") && sheet.contains("4\u{a0}% atau lebih"));
        assert!(!svg.contains("<style") && sheet.contains("<style>"));
    }
    // Of families the small desa and its smallest sibling; of extreme poor more.
    let (svg, _) = map("36.02.01", Level::Desa, IndicatorId::Families);
    assert_eq!(svg.matches("class=\"suppressed\" fill=\"url(#peta-suppressed)\"").count(), 2);
    assert_eq!(svg.matches("dirahasiakan\">").count(), 2);
}

#[test]
fn hostile_words_stay_words() {
    let layer = Layer::load(&shapes(), code("36.02.01"), Level::Desa).unwrap();
    let classes = Classes::for_indicator(IndicatorId::ExtremeRate, Level::Desa);
    let evil = "\"><script>alert('1')</script>&\u{0}";
    let areas = layer.shapes.iter().map(|shape| Area {
        code: shape.code,
        name: evil.to_owned(),
        cell: tepat::disclosure::Cell::Value(f64::NAN),
        text: evil.to_owned(),
        href: Some(evil.to_owned()),
    });
    let spec = MapSpec {
        id: "x",
        title: evil,
        description: evil,
        layer: &layer,
        classes: &classes,
        areas: areas.collect(),
        highlighted: None,
        context: None,
        provenance: &[],
        attribution: evil,
    };
    for svg in [choropleth(&spec), standalone_svg(&spec)] {
        check_xml(&svg).unwrap();
        assert!(!svg.contains("<script"));
    }
}

/// Every layer that pages draw, with the area of its outline.
#[test]
fn simplified_shapes_leave_no_gap_and_none_disappears() {
    for (region, level) in [
        ("36", Level::Desa),
        ("36", Level::Kabupaten),
        ("36.02", Level::Kecamatan),
        ("31", Level::Desa),
        ("31", Level::Kabupaten),
        ("31.01", Level::Desa),
        ("ID", Level::Provinsi),
        ("ID", Level::Kabupaten),
        ("33", Level::Desa),
        ("33.01", Level::Desa),
        ("21", Level::Desa),
        ("92.02", Level::Kecamatan),
    ] {
        let boundaries = shapes().drawn(code(region), level).unwrap();
        let layer = Layer::load(&shapes(), code(region), level).unwrap();
        assert_eq!(layer.shapes.len(), boundaries.len());
        let sum: f64 = layer.shapes.iter().map(|s| s.area).sum();
        let off = (sum - layer.outline_area).abs() / layer.outline_area;
        assert!(off < 1e-9, "{region} {level:?}: {sum} against {}", layer.outline_area);
        let mut gone = layer.shapes.iter().filter(|s| s.area <= 0.0 && !s.has_marker());
        assert!(gone.next().is_none(), "{region} {level:?}");
    }
}

#[test]
fn neighbours_share_the_same_simplified_border() {
    // Half of the edges of a ring belong to a neighbour, in the opposite direction.
    let layer = Layer::load(&shapes(), code("36"), Level::Desa).unwrap();
    let mut edges: BTreeMap<([i32; 2], [i32; 2]), u32> = BTreeMap::new();
    for shape in &layer.shapes {
        for ring in shape.rings() {
            for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                *edges.entry((*a, *b)).or_default() += 1;
            }
        }
    }
    let (mut shared, mut alone) = (0_u32, 0_u32);
    for ((a, b), n) in &edges {
        match edges.get(&(*b, *a)) {
            Some(m) => {
                assert_eq!(n, m, "{a:?} {b:?}");
                shared += n;
            }
            None => alone += n,
        }
    }
    // Of 1,552 desa the coast and the provincial border are a small part.
    assert!(shared > 10 * alone, "{shared} shared, {alone} alone");
}

#[test]
fn simplification_keeps_the_area_of_every_large_region() {
    for (region, level) in [("36", Level::Kabupaten), ("36", Level::Kecamatan)] {
        let layer = Layer::load(&shapes(), code(region), level).unwrap();
        let catalog = tepat::regions::RegionCatalog::shared().unwrap();
        let km2 = layer.frame.km_per_unit().powi(2);
        for shape in layer.shapes.iter().filter(|s| s.area > 400.0) {
            let official = catalog.get(shape.code).unwrap().area_km2;
            let Some(official) = official else { continue };
            let off = (shape.area * km2 / official - 1.0).abs();
            assert!(off < 0.25, "{}: {} against {official} km²", shape.code, shape.area * km2);
        }
    }
}

#[test]
fn an_absent_layer_is_an_empty_map() {
    let layer = Layer::load(&shapes(), RegionCode::NATION, Level::Desa).unwrap();
    assert!(layer.is_empty());
    let (svg, sheet) = map("ID", Level::Desa, IndicatorId::ExtremeRate);
    check_xml(&svg).unwrap();
    check_xml(&sheet).unwrap();
}

fn all_classes() -> impl Iterator<Item = (IndicatorId, Classes)> {
    IndicatorId::all(&programmes())
        .into_iter()
        .flat_map(|id| Level::ALL.map(|level| (id, Classes::for_indicator(id, level))))
}

#[test]
fn classes_rise_and_have_words_and_colours() {
    for (id, classes) in all_classes() {
        assert!(classes.breaks.windows(2).all(|w| w[0] < w[1]), "{id:?}");
        assert_eq!(classes.len(), classes.breaks.len() + 1);
        assert_eq!(classes.colors.len(), classes.len());
        assert!((4..=6).contains(&classes.len()));
        let words: BTreeSet<&String> = classes.labels.iter().collect();
        assert_eq!(words.len(), classes.len(), "{id:?}");
        for (i, low) in classes.breaks.iter().enumerate() {
            assert_eq!(classes.index(*low), i + 1, "{id:?}: a class holds its lowest value");
        }
        assert_eq!(classes.index(0.0), 0, "{id:?}");
    }
    // 3 of 100 is 3 %, however the quotient is rounded.
    let p0 = Classes::for_indicator(IndicatorId::Headcount, Level::Desa);
    for whole in (100..100_000_u32).step_by(100) {
        assert_eq!(p0.index(f64::from(whole / 100 * 3) / f64::from(whole)), 1);
        assert_eq!(p0.index(f64::from(whole / 100 * 3 - 1) / f64::from(whole)), 0);
    }
}

proptest! {
    #[test]
    fn every_number_has_a_class_and_more_is_never_lower(
        a in prop_oneof![0.0..1.0_f64, 0.0..1e9_f64, any::<f64>()],
        b in prop_oneof![0.0..1.0_f64, 0.0..1e9_f64, any::<f64>()],
    ) {
        for (_, classes) in all_classes() {
            prop_assert!(classes.index(a) < classes.len());
            if a <= b {
                prop_assert!(classes.index(a) <= classes.index(b));
            }
        }
    }
}

#[test]
fn a_legend_has_every_class_with_its_number_of_areas() {
    let classes = Classes::for_indicator(IndicatorId::ExtremeRate, Level::Desa);
    let release = release();
    let cells = || {
        release
            .regions(code("36"), Level::Desa)
            .map(|region| release.cell(region, IndicatorId::ExtremeRate))
    };
    let counts = ClassCounts::of(&classes, cells());
    let total = counts.classes.iter().sum::<u64>() + counts.no_data + counts.suppressed;
    assert_eq!(total, 1552);
    assert!(counts.suppressed >= 4);
    let html = legend("peta", &classes, &counts, "desa/kelurahan");
    check_xml(&html).unwrap();
    assert_eq!(html.matches("<li>").count(), classes.len() + 1);
    assert!(html.contains("dirahasiakan") && !html.contains("tidak ada data"));
    let css = tepat::maps::css();
    for color in &classes.colors {
        assert!(css.contains(color), "{color}");
    }
}

#[test]
fn an_atlas_gives_the_same_layer_again_and_the_land_around_it() {
    let atlas = Layers::new(shapes());
    let layer = atlas.layer(code("36.02"), Level::Kecamatan).unwrap();
    let again = atlas.layer(code("36.02"), Level::Kecamatan).unwrap();
    assert!(std::sync::Arc::ptr_eq(&layer, &again));
    let around = atlas.around(&layer).unwrap();
    assert_eq!(around.frame, layer.frame);
    assert!(around.shape(code("36.01")).is_some() && around.shape(code("36.02")).is_none());
}
