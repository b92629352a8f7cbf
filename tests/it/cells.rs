//! The cells under every placed point: against exact arithmetic, against the R-tree, and on the
//! borders of real and made coverages.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use tepat::spatial::{Cells, OUTSIDE, PieceIndex, Shapes, rings};

/// Rings of whole numbers, as the oracle takes them.
type Ring = Vec<(i32, i32)>;

/// The point moved by (2^-16, 2^-40), then counted in whole numbers of 2^-40: exact for
/// coordinates below 2^11, and no edge can touch the moved point.
fn oracle(region: &[Ring], (x, y): (i32, i32)) -> bool {
    let scale = |v: i32| i128::from(v) << 40;
    let (px, py) = (scale(x) + (1 << 24), scale(y) + 1);
    let mut odd = false;
    for ring in region {
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let (ax, ay, bx, by) = (scale(a.0), scale(a.1), scale(b.0), scale(b.1));
            if (ay < py) == (by < py) {
                continue;
            }
            let side = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
            assert_ne!(side, 0, "the moved point lies on no edge");
            odd ^= (side > 0) == (by > ay);
        }
    }
    odd
}

fn shape(region: &[Ring]) -> MultiPolygon<f64> {
    let ring = |r: &Ring| {
        let mut coords: Vec<Coord<f64>> =
            r.iter().map(|(x, y)| Coord { x: f64::from(*x), y: f64::from(*y) }).collect();
        coords.extend(coords.first().copied());
        LineString::new(coords)
    };
    let mut all = region.iter().map(ring);
    let shell = all.next().unwrap_or(LineString::new(vec![]));
    MultiPolygon::new(vec![Polygon::new(shell, all.collect())])
}

fn first(regions: &[Vec<Ring>], at: (i32, i32)) -> Option<u32> {
    regions.iter().position(|region| oracle(region, at)).map(|i| u32::try_from(i).unwrap())
}

fn build(regions: &[Vec<Ring>], threads: usize) -> Cells {
    let shapes: Vec<_> = regions.iter().map(|r| shape(r)).collect();
    Cells::build(&shapes.iter().collect::<Vec<_>>(), threads)
}

fn some_ring(size: i32, most: usize) -> impl Strategy<Value = Ring> {
    prop::collection::vec((0..size, 0..size), 3..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Self-crossing rings with holes on few whole numbers: every degenerate case there is, points
    /// on vertices and edges, level and upright edges, edges twice.
    #[test]
    fn tangled_regions_are_located_as_exact_arithmetic_says(
        regions in prop::collection::vec(prop::collection::vec(some_ring(9, 14), 1..3), 1..5),
    ) {
        let cells = build(&regions, 1);
        for x in -1..10 {
            for y in -1..10 {
                let at = (x, y);
                prop_assert_eq!(cells.locate(f64::from(x), f64::from(y)), first(&regions, at), "{:?}", at);
            }
        }
    }

    /// Many regions over each other: more than a leaf's mask holds, so that leaves follow leaves.
    #[test]
    fn many_regions_over_each_other_leave_the_first(
        regions in prop::collection::vec(prop::collection::vec(some_ring(40, 6), 1..2), 20..90),
        points in prop::collection::vec((0..40, 0..40), 60),
    ) {
        let cells = build(&regions, 2);
        for at in points {
            prop_assert_eq!(
                cells.locate(f64::from(at.0), f64::from(at.1)), first(&regions, at), "{:?}", at);
        }
    }

    #[test]
    fn large_tangles_are_divided_and_stay_exact(
        regions in prop::collection::vec(prop::collection::vec(some_ring(1000, 300), 1..3), 1..4),
        points in prop::collection::vec((0..1000, 0..1000), 200),
    ) {
        let cells = build(&regions, 2);
        let corners = regions.iter().flatten().flatten().copied().take(100);
        for at in points.into_iter().chain(corners) {
            prop_assert_eq!(
                cells.locate(f64::from(at.0), f64::from(at.1)), first(&regions, at), "{:?}", at);
        }
    }

    /// A lattice of bent quadrilaterals: whatever the point, exactly one holds it.
    #[test]
    fn a_point_of_a_coverage_is_in_exactly_one_region(
        bends in prop::collection::vec((-3..4_i32, -3..4_i32), 49),
        points in prop::collection::vec((12..84_i32, 12..84_i32), 50),
    ) {
        let node = |c: i32, r: i32| {
            let (dx, dy) = bends[usize::try_from(r * 7 + c).unwrap()];
            (c * 16 + 2 * dx, r * 16 + 2 * dy)
        };
        let mut quads: Vec<Ring> = Vec::new();
        for c in 0..6 {
            for r in 0..6 {
                quads.push(vec![node(c, r), node(c + 1, r), node(c + 1, r + 1), node(c, r + 1)]);
            }
        }
        let alone: Vec<Cells> = quads.iter().map(|q| build(&[vec![q.clone()]], 1)).collect();
        let regions: Vec<Vec<Ring>> = quads.iter().map(|q| vec![q.clone()]).collect();
        let together = build(&regions, 1);
        let mut tried = points;
        for c in 1..6 {
            for r in 1..6 {
                let (a, b) = (node(c, r), node(c, r - 1));
                tried.push(a);
                // Coordinates are even, so the middle is exact.
                tried.push((i32::midpoint(a.0, b.0), i32::midpoint(a.1, b.1)));
            }
        }
        for (x, y) in tried {
            let at = (f64::from(x), f64::from(y));
            let holding = alone.iter().filter(|cells| cells.locate(at.0, at.1).is_some()).count();
            prop_assert_eq!(holding, 1, "{:?}", at);
            let found = together.locate(at.0, at.1).unwrap();
            prop_assert!(alone[found as usize].locate(at.0, at.1).is_some());
        }
    }
}

fn desa(code: &str) -> Vec<MultiPolygon<f64>> {
    let all = Shapes::product().unwrap().full(code.parse().unwrap()).unwrap();
    all.into_iter().map(|boundary| boundary.shape).collect()
}

/// A fixed sequence in 0..1 (Knuth's multiplier): no test needs more chance than that.
fn fractions(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        f64::from(u32::try_from(state >> 32).unwrap()) / 4_294_967_296.0
    })
}

#[test]
fn the_cells_agree_with_the_tree_of_pieces_inside_and_on_borders() {
    let shapes = desa("31");
    let shapes: Vec<_> = shapes.iter().collect();
    let (cells, pieces) = (Cells::build(&shapes, 2), PieceIndex::build(&shapes));
    let mut chance = fractions(7);
    let mut in_land = 0;
    let mut compare = |x: f64, y: f64| {
        let found = cells.locate(x, y);
        in_land += usize::from(found.is_some());
        assert_eq!(found, pieces.locate(x, y), "({x}, {y})");
    };
    for _ in 0..60_000 {
        let (u, v) = (chance.next().unwrap(), chance.next().unwrap());
        compare(106.68 + 0.3 * u, -6.38 + 0.3 * v);
    }
    for line in shapes.iter().flat_map(|s| rings(s)).flat_map(LineString::lines) {
        compare(line.start.x, line.start.y);
        compare(f64::midpoint(line.start.x, line.end.x), f64::midpoint(line.start.y, line.end.y));
    }
    assert!(in_land > 40_000, "{in_land} points lay in a desa");
}

#[test]
fn threads_do_not_change_what_is_built_and_batches_not_what_is_found() {
    let shapes = desa("36.04");
    let shapes: Vec<_> = shapes.iter().collect();
    let (one, four) = (Cells::build(&shapes, 1), Cells::build(&shapes, 4));
    assert_eq!(format!("{one:?}"), format!("{four:?}"));
    let mut chance = fractions(1);
    let xs: Vec<f64> = (0..5000).map(|_| 105.8 + 0.7 * chance.next().unwrap()).collect();
    let ys: Vec<f64> = (0..5000).map(|_| -6.4 + 0.5 * chance.next().unwrap()).collect();
    let mut slots = vec![0; 5000];
    one.locate_all(&xs, &ys, &mut slots);
    let found = slots.iter().filter(|slot| **slot != OUTSIDE).count();
    assert!(found > 1000, "{found}");
    for ((x, y), slot) in xs.iter().zip(&ys).zip(&slots) {
        assert_eq!(one.locate(*x, *y).unwrap_or(OUTSIDE), *slot);
    }
}

#[test]
fn coordinates_that_are_none_are_outside_and_polygons_that_are_none_hold_nothing() {
    let none = Cells::build(&[], 2);
    assert_eq!(none.locate(106.0, -6.0), None);
    let empty = MultiPolygon::new(vec![]);
    let spoilt = shape(&[vec![(0, 0), (8, 0), (8, 8), (0, 8)]]);
    let mut coords = spoilt.0[0].exterior().0.clone();
    coords.insert(2, Coord { x: f64::NAN, y: 4.0 });
    coords.insert(4, Coord { x: 4.0, y: f64::INFINITY });
    let spoilt = MultiPolygon::new(vec![Polygon::new(LineString::new(coords), vec![])]);
    let far = MultiPolygon::new(vec![Polygon::new(
        LineString::from(vec![(1e300, 1e300), (1.1e300, 1e300), (1e300, 1.1e300)]),
        vec![],
    )]);
    let dot = MultiPolygon::new(vec![Polygon::new(LineString::from(vec![(9.0, 9.0); 4]), vec![])]);
    for shapes in [vec![&empty, &spoilt], vec![&spoilt, &dot], vec![&spoilt, &far]] {
        let cells = Cells::build(&shapes, 1);
        let slot = u32::try_from(
            shapes
                .iter()
                .position(|s| *s == &spoilt || s.0.len() == 1 && s.0[0].exterior().0.len() > 5)
                .unwrap(),
        )
        .unwrap();
        assert_eq!(cells.locate(4.0, 4.0), Some(slot));
        let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e300, 1e18, f64::MIN_POSITIVE];
        for x in strange {
            for y in [f64::NAN, f64::INFINITY, -1e300, 1e18, 9.5] {
                assert_eq!(cells.locate(x, y), None, "({x}, {y})");
            }
        }
    }
}

/// A ring that goes right across its extent with every edge: once it took as many cells as the grid
/// has columns for each of them, and a polygon of 200,000 corners all memory there was.
#[test]
fn a_scribble_takes_bounded_room_and_is_located_rightly() {
    let mut state = 20_261_121_u64;
    let mut draw = |below: i32| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % u64::try_from(below).unwrap()).unwrap()
    };
    let scribble: Ring = (0..20_000).map(|_| (draw(2000), draw(2000))).collect();
    let regions = [vec![scribble]];
    let cells = build(&regions, 2);
    assert!(cells.figures().bytes < 200 << 20, "{:?}", cells.figures());
    for _ in 0..300 {
        let at = (draw(2000), draw(2000));
        let found = cells.locate(f64::from(at.0), f64::from(at.1));
        assert_eq!(found, first(&regions, at), "{at:?}");
    }
}
