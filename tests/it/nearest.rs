//! Distances to regions: against GEOS on a plane, against geodesics on the ellipsoid.

use std::path::PathBuf;

use geo::{Coord, Distance, Geodesic, Point};
use tepat::boundaries::{RegionOptions, read_regions};
use tepat::spatial::{Metric, Places};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/points").join(name)
}

fn georgia() -> Places {
    let options = RegionOptions { plane: true, ..RegionOptions::default() };
    let read = read_regions(&golden("georgia.geojson"), &options).unwrap();
    assert_eq!((read.regions.len(), read.left_out), (159, 0));
    Places::build(read.regions, Metric::Plane, 2)
}

#[test]
fn hits_nearest_regions_and_distances_are_those_of_geos() {
    let places = georgia();
    let mut reader = csv::Reader::from_path(golden("georgia_noisy_points.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|h| h == name).unwrap();
    let [x, y, declared, hits, nearest, near_m, declared_m] = [
        "x",
        "y",
        "declared",
        "polys_intersecting",
        "nearest",
        "nearest_dist_m",
        "dist_to_declared_m",
    ]
    .map(at);
    let consistent = [0.0, 100.0, 1000.0].map(|m: f64| (m, at(&format!("consistent_{m}m"))));
    let (mut rows, mut on_borders, mut outside) = (0, 0, 0);
    for record in reader.records() {
        let record = record.unwrap();
        let number = |at: usize| record[at].parse::<f64>().unwrap();
        let (x, y) = (number(x), number(y));
        let mut due: Vec<&str> = record[hits].split('|').filter(|hit| !hit.is_empty()).collect();
        due.sort_unstable();
        let slot = places.cells().locate(x, y);
        // Where several meet GEOS names all of them, and we are in exactly one.
        match slot {
            Some(slot) => assert!(due.contains(&places.code(slot)), "{record:?}"),
            None => assert!(due.is_empty(), "{record:?}"),
        }
        let outlines = places.outlines();
        if due.len() > 1 {
            on_borders += 1;
            let touching: Vec<&str> = (0..159)
                .filter(|s| outlines.distance(places.cells(), *s, x, y).unwrap() == 0.0)
                .map(|s| places.code(s))
                .collect();
            assert_eq!(touching, due, "{record:?}");
        }
        if due.is_empty() {
            outside += 1;
            let (slot, distance) = outlines.nearest(x, y, 1e7).unwrap();
            // A vertex of two regions is as near to the one as to the other.
            let due = places.slot(&record[nearest]).unwrap();
            let at = Coord { x, y };
            assert_eq!(outlines.to_border(slot, at), outlines.to_border(due, at), "{record:?}");
            assert!(slot <= due, "{record:?}");
            assert!((distance - number(near_m)).abs() <= 1e-6, "{distance} {record:?}");
            assert_eq!(outlines.nearest(x, y, number(near_m) * 0.999), None);
        }
        let stated = places.slot(&record[declared]).unwrap();
        let distance = outlines.distance(places.cells(), stated, x, y).unwrap();
        assert!((distance - number(declared_m)).abs() <= 1e-6, "{distance} {record:?}");
        for (within, at) in consistent {
            assert_eq!(distance <= within + 1e-6, &record[at] == "True", "{record:?}");
        }
        rows += 1;
    }
    assert!(rows > 1500 && on_borders > 50 && outside > 20, "{rows} {on_borders} {outside}");
}

#[test]
fn distances_on_the_ellipsoid_are_those_of_geodesics() {
    for (lng, lat) in [(106.8, -6.2), (95.3, 5.6), (140.7, -8.9), (120.0, 0.0)] {
        for (dx, dy) in [(0.001, 0.0), (0.0, 0.004), (-0.003, 0.002), (0.05, -0.07), (0.6, 0.6)] {
            let (a, b) = (Coord { x: lng, y: lat }, Coord { x: lng + dx, y: lat + dy });
            let due = Geodesic.distance(Point::from(a), Point::from(b));
            let ours = Metric::Ellipsoid.distance(a, b);
            let allowed = if due < 1000.0 { 1e-3 } else { due * 1e-5 };
            assert!((ours - due).abs() < allowed, "{ours} {due}");
        }
    }
}

#[test]
fn a_point_off_the_coast_goes_to_the_nearest_region_within_the_tolerance() {
    let square = |west: f64, code: &str| {
        let ring =
            vec![(west, 0.0), (west + 0.01, 0.0), (west + 0.01, 0.01), (west, 0.01), (west, 0.0)];
        let shape = geo::Polygon::new(geo::LineString::from(ring), vec![]);
        (code.to_owned(), String::new(), geo::MultiPolygon::new(vec![shape]))
    };
    let regions = vec![square(100.0, "b"), square(100.02, "a"), square(100.02, "c")];
    let places = Places::build(regions, Metric::Ellipsoid, 1);
    let near = |x: f64, m: f64| places.outlines().nearest(x, 0.005, m).map(|(s, _)| places.code(s));
    assert_eq!(near(100.012, 1000.0), Some("b"));
    assert_eq!(near(100.012, 200.0), None, "0.002 degrees are 222 m");
    assert_eq!(near(100.012, 223.0), Some("b"));
    // Two regions are equally near: the first by code.
    assert_eq!(near(100.019, 1000.0), Some("a"));
    assert_eq!(near(f64::NAN, 1000.0), None);
    let slot = places.slot("b").unwrap();
    let distance = |x: f64| places.outlines().distance(places.cells(), slot, x, 0.005);
    assert_eq!(distance(100.005), Some(0.0));
    assert!((distance(100.011).unwrap() - 111.3).abs() < 0.1);
    assert_eq!(distance(f64::INFINITY), None);
}
