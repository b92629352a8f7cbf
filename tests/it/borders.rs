//! Borders of a coverage: taken apart, dissolved, simplified and packed without a gap; who
//! neighbours whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use geo::{Area, Coord, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use tepat::domain::{Level, RegionCode};
use tepat::spatial::{
    Atlas, Boundary, Contiguity, Detail, Origin, SeaLinks, Shapes, Simplified, Topology,
    neighbours, rings, simplify,
};

fn topology(shapes: &[MultiPolygon<f64>]) -> Topology {
    Topology::build(shapes.iter())
}

fn area(shape: &MultiPolygon<f64>) -> f64 {
    shape.unsigned_area()
}

/// The n-th number between -1 and 1 of a seed.
fn dice(seed: u64, n: u64) -> f64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x >> 40) as f64 / f64::from(1_u32 << 23) - 1.0
}

const CELL: f64 = 0.01;

/// A cell of a crooked grid, about 1.1 km wide; neighbours agree on every vertex.
fn cell(seed: u64, column: u64, row: u64) -> MultiPolygon<f64> {
    let corner = |c: u64, r: u64| {
        let n = (c * 100 + r) * 50;
        let jitter = |k: u64| 0.1 * dice(seed, n + k);
        Coord { x: 106.0 + (c as f64 + jitter(0)) * CELL, y: -6.0 + (r as f64 + jitter(1)) * CELL }
    };
    let edge =
        |a: (u64, u64), b: (u64, u64)| {
            let forward = a < b;
            let (low, high) = if forward { (a, b) } else { (b, a) };
            let n = (low.0 * 100 + low.1) * 50 + if low.0 == high.0 { 10 } else { 30 };
            let (from, to) = (corner(low.0, low.1), corner(high.0, high.1));
            let across = Coord { x: from.y - to.y, y: to.x - from.x };
            let mut points: Vec<Coord<f64>> = vec![from];
            points.extend((1..8_u64).map(|i| {
                from + (to - from) * (i as f64 / 8.0) + across * (0.05 * dice(seed, n + i))
            }));
            points.push(to);
            if !forward {
                points.reverse();
            }
            points.pop();
            points
        };
    let (c, r) = (column, row);
    let mut ring = edge((c, r), (c + 1, r));
    ring.extend(edge((c + 1, r), (c + 1, r + 1)));
    ring.extend(edge((c + 1, r + 1), (c, r + 1)));
    ring.extend(edge((c, r + 1), (c, r)));
    MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())])
}

/// A coverage of regions made of cells; cells of region 0 are left out, so that there are holes.
fn coverage(seed: u64, side: u64, labels: &[u8]) -> Vec<MultiPolygon<f64>> {
    let place = |i: usize| (i as u64 % side, i as u64 / side);
    let kept: Vec<usize> = (0..(side * side) as usize).filter(|i| labels[*i] > 0).collect();
    let cells: Vec<MultiPolygon<f64>> =
        kept.iter().map(|i| cell(seed, place(*i).0, place(*i).1)).collect();
    let regions = topology(&cells).dissolve(|i| labels[kept[i]]);
    let sum: f64 = cells.iter().map(area).sum();
    let dissolved: f64 = regions.iter().map(|(_, shape)| area(shape)).sum();
    assert!((sum - dissolved).abs() < 1e-12, "cells {sum}, regions {dissolved}");
    regions.into_iter().map(|(_, shape)| shape).collect()
}

fn side(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i64 {
    let d = |p: [i32; 2], k: usize| i64::from(p[k]) - i64::from(a[k]);
    (d(b, 0) * d(c, 1) - d(c, 0) * d(b, 1)).signum()
}

/// Every pair of segments, compared one by one.
fn crossings(segments: &[([i32; 2], [i32; 2])]) -> usize {
    let mut n = 0;
    for (i, (a, b)) in segments.iter().enumerate() {
        for (c, d) in &segments[i + 1..] {
            let apart = side(*a, *b, *c) * side(*a, *b, *d) >= 0
                || side(*c, *d, *a) * side(*c, *d, *b) >= 0;
            n += usize::from(!apart);
        }
    }
    n
}

fn segments(topology: &Topology, simplified: &Simplified, zoom: u8) -> Vec<([i32; 2], [i32; 2])> {
    (0..topology.borders.len())
        .flat_map(|border| {
            let line = simplified.line(topology, border, zoom);
            line.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>()
        })
        .collect()
}

/// Edges of polygons, each with how often it is walked this way.
fn edges<'a>(
    shapes: impl Iterator<Item = &'a MultiPolygon<f64>>,
) -> BTreeMap<([u64; 2], [u64; 2]), u32> {
    let mut edges = BTreeMap::new();
    let bits = |c: Coord<f64>| [c.x.to_bits(), c.y.to_bits()];
    for line in shapes.flat_map(rings).flat_map(LineString::lines) {
        *edges.entry((bits(line.start), bits(line.end))).or_default() += 1;
    }
    edges
}

/// Edges that are walked one way only: the outline.
fn outline<'a>(
    shapes: impl Iterator<Item = &'a MultiPolygon<f64>>,
) -> BTreeSet<([u64; 2], [u64; 2])> {
    let all = edges(shapes);
    all.iter().filter(|((a, b), _)| !all.contains_key(&(*b, *a))).map(|(edge, _)| *edge).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn simplified_neighbours_keep_one_border_and_nothing_crosses_or_vanishes(
        seed in any::<u64>(),
        (side, labels) in (2_u64..7).prop_flat_map(|side| {
            let n = (side * side) as usize;
            (Just(side), prop::collection::vec(0_u8..6, n))
        }),
        tolerance in 30.0..3000.0_f64,
        step in prop_oneof![Just(1e-5), Just(1e-4), Just(5e-4)],
    ) {
        let shapes = coverage(seed, side, &labels);
        let topology = topology(&shapes);
        let out = simplify(&topology, &[tolerance, tolerance / 4.0], step);
        for zoom in 0..2_u8 {
            prop_assert_eq!(crossings(&segments(&topology, &out, zoom)), 0);
            let report = &out.reports[usize::from(zoom)];
            prop_assert_eq!((report.crossings, report.flat_regions), (0, 0));
            // A border is walked by its two regions in opposite directions, point by point.
            let mut walked: BTreeMap<([i32; 2], [i32; 2]), i32> = BTreeMap::new();
            for ring in topology.regions.iter().flatten() {
                let points = out.ring(&topology, ring, zoom);
                for (a, b) in points.iter().zip(points.iter().cycle().skip(1)) {
                    let (key, way) = if a < b { ((*a, *b), 1) } else { ((*b, *a), -1) };
                    *walked.entry(key).or_default() += way;
                }
            }
            let coast: BTreeSet<([i32; 2], [i32; 2])> = (0..topology.borders.len())
                .filter(|border| topology.borders[*border].uses == 1)
                .flat_map(|border| {
                    let line = out.line(&topology, border, zoom);
                    line.windows(2).map(|w| (w[0].min(w[1]), w[0].max(w[1]))).collect::<Vec<_>>()
                })
                .collect();
            for (edge, ways) in walked {
                prop_assert!(ways == 0 || coast.contains(&edge), "{:?} is walked one way", edge);
            }
        }
    }

    #[test]
    fn a_vertex_of_a_coarse_border_is_one_of_the_finer(
        seed in any::<u64>(),
        labels in prop::collection::vec(0_u8..5, 16),
    ) {
        let shapes = coverage(seed, 4, &labels);
        let topology = topology(&shapes);
        let out = simplify(&topology, &[1000.0, 100.0], 1e-5);
        for border in 0..topology.borders.len() {
            let fine = out.line(&topology, border, 1);
            let coarse = out.line(&topology, border, 0);
            prop_assert!(coarse.iter().all(|p| fine.contains(p)));
            prop_assert!(fine.len() >= coarse.len());
        }
    }

    #[test]
    fn a_damaged_atlas_is_refused_or_read_but_never_a_panic(
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in any::<prop::sample::Index>(),
        both in any::<bool>(),
    ) {
        let mut bytes = serang().1.clone();
        let place = at.index(bytes.len());
        bytes[place] = value;
        if both {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(atlas) = Atlas::from_bytes("uji", bytes.into()) {
            let _ = atlas.boundaries(RegionCode::NATION, Level::Desa, 0.0);
            let _ = atlas.boundaries(RegionCode::NATION, Level::Kabupaten, 1000.0);
        }
    }
}

fn desa(code: &str) -> Vec<Boundary> {
    Shapes::product().unwrap().full(code.parse().unwrap()).unwrap()
}

/// Kota Serang and Kota Cilegon, and their atlas.
fn serang() -> &'static (Vec<Boundary>, Vec<u8>) {
    static MADE: OnceLock<(Vec<Boundary>, Vec<u8>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let boundaries: Vec<Boundary> = ["36.72", "36.73"].into_iter().flat_map(desa).collect();
        let (atlas, _) = Atlas::build(&boundaries, &Detail::default()).unwrap();
        (boundaries, atlas.to_bytes().unwrap())
    })
}

#[test]
fn an_atlas_gives_every_region_back_at_every_tolerance_without_a_gap() {
    let banten = desa("36");
    let (atlas, reports) = Atlas::build(&banten, &Detail::default()).unwrap();
    assert!(reports.iter().all(|r| r.crossings == 0 && r.flat_regions == 0), "{reports:?}");
    let bytes = atlas.to_bytes().unwrap();
    let atlas = Atlas::from_bytes("uji", bytes.clone().into()).unwrap();
    assert_eq!(atlas.to_bytes().unwrap(), bytes);
    let whole: f64 = banten.iter().map(|b| area(&b.shape)).sum();
    let code: RegionCode = "36".parse().unwrap();
    for (tolerance, off) in [(250.0, 4e-3), (60.0, 1e-3), (20.0, 2e-4)] {
        let at = |level| atlas.boundaries(code, level, tolerance).unwrap();
        let drawn = at(Level::Desa);
        let codes = |all: &[Boundary]| all.iter().map(|b| b.code).collect::<Vec<_>>();
        assert_eq!(codes(&drawn), codes(&banten));
        let sum: f64 = drawn.iter().map(|b| area(&b.shape)).sum();
        assert!((sum / whole - 1.0).abs() < off, "{tolerance} m: {sum} of {whole}");
        for (level, n) in [(Level::Kecamatan, 155), (Level::Kabupaten, 8), (Level::Provinsi, 1)] {
            let upper = at(level);
            assert_eq!(upper.len(), n);
            for region in &upper {
                let inside = drawn.iter().filter(|d| region.code.contains(d.code));
                let inner: f64 = inside.map(|d| area(&d.shape)).sum();
                // What has collapsed into a line on the grid may be left of either.
                let off = (area(&region.shape) / inner - 1.0).abs();
                assert!(off < 2e-3, "{} at {tolerance} m: {off}", region.code);
            }
            let mine = outline(upper.iter().map(|b| &b.shape));
            let theirs = outline(drawn.iter().map(|b| &b.shape));
            let shared = mine.intersection(&theirs).count();
            assert!(shared * 1000 >= mine.len() * 995, "{shared} of {}", mine.len());
        }
    }
}

#[test]
fn the_same_polygons_make_the_same_atlas_in_any_order() {
    let (boundaries, bytes) = serang();
    let mut turned = boundaries.clone();
    turned.reverse();
    let (atlas, _) = Atlas::build(&turned, &Detail::default()).unwrap();
    assert!(atlas.to_bytes().unwrap() == *bytes);
}

#[test]
fn an_atlas_says_what_is_wrong_with_it() {
    let bytes = &serang().1;
    let refused =
        |bytes: Vec<u8>| Atlas::from_bytes("a.bin", bytes.into()).unwrap_err().to_string();
    assert!(refused(b"PK".to_vec()).contains("not an atlas"));
    assert!(refused(bytes[..12].to_vec()).contains("cut off"));
    let mut later = bytes.clone();
    later[8] = 99;
    assert!(refused(later).contains("format 99"));
    assert!(refused(bytes[..bytes.len() - 1].to_vec()).contains("outside the file"));
}

#[test]
fn the_product_carries_every_region_of_the_nation_for_drawing() {
    let shapes = Shapes::product().unwrap();
    for (level, n) in [(Level::Provinsi, 38), (Level::Kabupaten, 514)] {
        let drawn = shapes.drawn(RegionCode::NATION, level).unwrap();
        assert_eq!(drawn.len(), n);
        assert!(drawn.iter().all(|b| area(&b.shape) > 0.0));
    }
    let tengah = shapes.drawn("33".parse().unwrap(), Level::Desa).unwrap();
    assert_eq!(tengah.len(), 8563);
}

/// `neighbors_*.json` as libpysal wrote it: ids are the order of the features.
fn golden(name: &str, by: &str) -> Vec<Vec<u32>> {
    let path = format!("tests/golden/spatial/neighbors_{name}_{by}.json");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |v: &serde_json::Value| v.as_str().unwrap().parse::<u32>().unwrap();
    let rows = rows.as_array().unwrap();
    let mut lists = vec![Vec::new(); rows.len()];
    for row in rows {
        let mut list: Vec<u32> = row["neighbors"].as_array().unwrap().iter().map(number).collect();
        list.sort_unstable();
        lists[number(&row["id"]) as usize] = list;
    }
    lists
}

fn features(name: &str) -> Vec<MultiPolygon<f64>> {
    let path = format!("tests/golden/spatial/{name}.geojson");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let collection: geojson::FeatureCollection = text.parse().unwrap();
    let shape = |feature: geojson::Feature| match feature.geometry.unwrap().try_into().unwrap() {
        geo::Geometry::Polygon(p) => MultiPolygon::new(vec![p]),
        geo::Geometry::MultiPolygon(m) => m,
        other => panic!("{other:?}"),
    };
    collection.features.into_iter().map(shape).collect()
}

#[test]
fn neighbours_are_those_of_libpysal() {
    for name in ["columbus", "sids2", "stl"] {
        let topology = topology(&features(name));
        for (by, slug) in [(Contiguity::Queen, "queen"), (Contiguity::Rook, "rook")] {
            let found = neighbours(&topology, by, None).land;
            assert_eq!(found, golden(name, slug), "{name} {slug}");
        }
    }
}

#[test]
fn sea_links_leave_no_island_alone_and_only_islands_get_them() {
    let islands = desa("31");
    let shapes: Vec<MultiPolygon<f64>> = islands.iter().map(|b| b.shape.clone()).collect();
    let topology = topology(&shapes);
    let plain = neighbours(&topology, Contiguity::Queen, None);
    let alone = |n: &[Vec<u32>]| n.iter().filter(|list| list.is_empty()).count();
    assert!(alone(&plain.land) > 0 && plain.sea.iter().all(Vec::is_empty));
    for links in [SeaLinks::Nearest(1), SeaLinks::Nearest(3), SeaLinks::Within(5.0)] {
        let linked = neighbours(&topology, Contiguity::Queen, Some(links));
        assert_eq!(linked.land, plain.land);
        for (i, (land, sea)) in linked.land.iter().zip(&linked.sea).enumerate() {
            assert!(!land.is_empty() || !sea.is_empty(), "{}", islands[i].code);
            for other in sea {
                assert!(linked.sea[*other as usize].contains(&(i as u32)), "not mutual");
                let one_is_alone = land.is_empty() || linked.land[*other as usize].is_empty();
                assert!(one_is_alone, "{} has neighbours by land", islands[i].code);
            }
        }
        if let SeaLinks::Nearest(k) = links {
            let short =
                linked.land.iter().zip(&linked.sea).filter(|(l, s)| l.is_empty() && s.len() < k);
            assert_eq!(short.count(), 0);
        }
    }
}

/// A round island of that many vertices.
fn island(x: f64, y: f64, radius: f64, vertices: u32) -> MultiPolygon<f64> {
    let at = |i: u32| {
        let angle = f64::from(i % vertices) / f64::from(vertices) * std::f64::consts::TAU;
        Coord { x: x + radius * angle.cos(), y: y + radius * angle.sin() }
    };
    let ring: Vec<Coord<f64>> = (0..=vertices).map(at).collect();
    MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())])
}

/// Once every vertex of an island walked past all the others of it: 10^12 steps here, for ever.
#[test]
fn an_island_of_a_million_vertices_finds_its_neighbour_and_a_lone_one_that_it_has_none() {
    let large = island(120.0, 0.0, 0.5, 1_000_000);
    let alone = topology(std::slice::from_ref(&large));
    for links in [SeaLinks::Nearest(1), SeaLinks::Nearest(3), SeaLinks::Within(5.0)] {
        let found = neighbours(&alone, Contiguity::Queen, Some(links));
        assert_eq!((found.land, found.sea), (vec![vec![]], vec![vec![]]));
    }
    let three = topology(&[large, island(125.0, 0.0, 0.1, 9), island(121.0, 3.0, 0.1, 9)]);
    let found = neighbours(&three, Contiguity::Queen, Some(SeaLinks::Nearest(1)));
    assert_eq!(found.sea, [vec![1, 2], vec![0], vec![0]]);
}

fn kilometres(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> f64 {
    let plane = |c: &Coord<f64>| (c.x * c.y.to_radians().cos() * 111.195, c.y * 111.195);
    let points = |shape: &MultiPolygon<f64>| -> Vec<(f64, f64)> {
        rings(shape).flat_map(|ring| ring.0.iter().map(plane).collect::<Vec<_>>()).collect()
    };
    let (a, b) = (points(a), points(b));
    let pairs = a.iter().flat_map(|p| b.iter().map(move |q| (p.0 - q.0).hypot(p.1 - q.1)));
    pairs.fold(f64::INFINITY, f64::min)
}

proptest! {
    #[test]
    fn links_across_the_sea_lead_to_the_nearest_as_measured_one_by_one(
        seed in any::<u64>(),
        n in 2_usize..9,
        k in 1_usize..4,
    ) {
        let place = |i: usize| {
            let wide = [0.5, 5.0, 20.0][seed as usize % 3];
            (118.0 + wide * dice(seed, i as u64 * 2), 0.4 * wide * dice(seed, i as u64 * 2 + 1))
        };
        let islands: Vec<MultiPolygon<f64>> =
            (0..n).map(|i| island(place(i).0, place(i).1, 0.003, 5 + i as u32)).collect();
        let topology = topology(&islands);
        let land = neighbours(&topology, Contiguity::Queen, None).land;
        prop_assume!(land.iter().all(Vec::is_empty));
        let found = neighbours(&topology, Contiguity::Queen, Some(SeaLinks::Nearest(k))).sea;
        let mut expected: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); n];
        for i in 0..n {
            let mut others: Vec<(f64, usize)> = (0..n)
                .filter(|j| *j != i)
                .map(|j| (kilometres(&islands[i], &islands[j]), j))
                .collect();
            others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            // Two that are equally near but for rounding may change places.
            let tied = others.windows(2).any(|w| (w[0].0 - w[1].0).abs() < 1e-6);
            prop_assume!(!tied);
            for (_, j) in others.into_iter().take(k) {
                expected[i].insert(j as u32);
                expected[j].insert(i as u32);
            }
        }
        let expected: Vec<Vec<u32>> =
            expected.into_iter().map(|set| set.into_iter().collect()).collect();
        prop_assert_eq!(found, expected);
    }
}

/// Every line of a scribble crosses a quarter of the others. All pairs of 40,000 were 180 million,
/// and were looked for eighteen times; a set of one such desa took any memory there was.
#[test]
fn of_a_scribble_no_more_crossings_are_kept_than_it_has_lines_many_times() {
    let n = 40_000;
    let mut ring: Vec<Coord<f64>> =
        (0..n).map(|i| Coord { x: 106.0 + dice(7, 2 * i), y: -6.0 + dice(7, 2 * i + 1) }).collect();
    ring.push(ring[0]);
    let scribble = MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())]);
    let topology = topology(&[scribble]);
    let report = &simplify(&topology, &[20.0], 2e-5).reports[0];
    assert!(report.crossings > 0 && report.crossings < 100 * n as usize, "{report:?}");
}

#[test]
fn a_set_of_one_province_leaves_the_others_to_the_product() {
    let (boundaries, bytes) = serang();
    let atlas = Atlas::from_bytes("uji", bytes.clone().into()).unwrap();
    let shapes = Shapes::of_atlas(atlas, Origin::product());
    let kabupaten = shapes.drawn(RegionCode::NATION, Level::Kabupaten).unwrap();
    let codes: BTreeSet<RegionCode> = kabupaten.iter().map(|b| b.code).collect();
    assert_eq!(codes.len(), kabupaten.len());
    // Of Banten only what the set has; of the other 37 provinces all 506.
    assert_eq!(kabupaten.len(), 506 + 2);
    let cilegon: RegionCode = "36.72".parse().unwrap();
    let own = boundaries.iter().filter(|b| cilegon.contains(b.code)).count();
    assert_eq!(shapes.drawn(cilegon, Level::Desa).unwrap().len(), own);
    assert!(shapes.drawn("36.01".parse().unwrap(), Level::Desa).unwrap().is_empty());
    assert_eq!(shapes.drawn("33".parse().unwrap(), Level::Kabupaten).unwrap().len(), 35);
    assert!(shapes.full_provinces().is_empty());
}
