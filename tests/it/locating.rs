//! The point index against geo's own test of every polygon, and on the borders between two.

use geo::{Contains, Coord, Point};
use proptest::prelude::*;
use tepat::domain::RegionCode;
use tepat::spatial::{Boundary, RegionIndex, Shapes, rings};

fn desa(code: &str) -> Vec<Boundary> {
    let code: RegionCode = code.parse().unwrap();
    Shapes::product().unwrap().full(code).unwrap()
}

/// How many of the regions claim the point when each is asked alone.
fn claims(alone: &[RegionIndex], at: Coord<f64>) -> usize {
    alone.iter().filter(|index| index.locate(at.x, at.y).is_some()).count()
}

#[test]
fn a_point_on_a_border_between_two_desa_belongs_to_exactly_one() {
    let all = desa("36.71");
    let alone: Vec<RegionIndex> =
        all.iter().map(|b| RegionIndex::build(std::slice::from_ref(b))).collect();
    let mut ends: std::collections::HashMap<[u64; 4], (Coord<f64>, Coord<f64>, u32)> =
        std::collections::HashMap::new();
    for line in all.iter().flat_map(|b| rings(&b.shape)).flat_map(geo::LineString::lines) {
        let (a, b) = (line.start, line.end);
        let (low, high) = if (a.x, a.y) <= (b.x, b.y) { (a, b) } else { (b, a) };
        let key = [low.x, low.y, high.x, high.y].map(f64::to_bits);
        ends.entry(key).or_insert((low, high, 0)).2 += 1;
    }
    let mut shared = 0;
    for (a, b, n) in ends.values() {
        let middle = Coord { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 };
        if *n == 2 {
            // The midpoint is rounded, so it may lie a hair to either side: never in both or none.
            shared += 1;
            assert_eq!(claims(&alone, middle), 1, "an inner edge");
        }
        assert!(claims(&alone, *a) <= 1, "a vertex is never in two");
    }
    assert!(shared > 2_500, "{shared} inner edges were tried");
}

#[test]
fn a_point_at_sea_or_abroad_is_in_no_desa() {
    let index = RegionIndex::build(&desa("36"));
    for (lng, lat) in [(105.0, -6.5), (0.0, 0.0), (106.0, -5.5), (140.0, -3.0), (f64::NAN, -6.0)] {
        assert_eq!(index.locate(lng, lat), None);
    }
}

#[test]
fn a_point_in_a_hole_is_not_in_the_polygon_around_it() {
    let square =
        |a: f64, b: f64| geo::LineString::from(vec![(a, a), (b, a), (b, b), (a, b), (a, a)]);
    let ring = Boundary {
        code: "36.01.01.2001".parse().unwrap(),
        name: String::new(),
        shape: geo::MultiPolygon::new(vec![geo::Polygon::new(
            square(0.0, 9.0),
            vec![square(3.0, 6.0)],
        )]),
    };
    let index = RegionIndex::build(&[ring]);
    assert!(index.locate(1.0, 1.0).is_some());
    assert!(index.locate(4.5, 4.5).is_none());
    assert!(index.locate(7.0, 4.5).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn the_index_agrees_with_a_test_of_every_polygon(x in 106.1_f64..106.8, y in -6.4_f64..-5.95) {
        use std::sync::OnceLock;
        static ALL: OnceLock<(Vec<Boundary>, RegionIndex)> = OnceLock::new();
        let (all, index) = ALL.get_or_init(|| {
            let all = desa("36.03");
            let index = RegionIndex::build(&all);
            (all, index)
        });
        let naive = all.iter().find(|b| b.shape.contains(&Point::new(x, y))).map(|b| b.code);
        prop_assert_eq!(index.locate(x, y), naive);
    }
}
