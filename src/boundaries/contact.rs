//! How two edges meet, decided exactly (Shewchuk 1997), and a sweep that finds all pairs that do.

use geo::Coord;

/// An edge of some ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub a: Coord<f64>,
    pub b: Coord<f64>,
}

impl Edge {
    fn west(&self) -> f64 {
        self.a.x.min(self.b.x)
    }

    fn east(&self) -> f64 {
        self.a.x.max(self.b.x)
    }

    fn heights_meet(&self, other: &Self) -> bool {
        self.a.y.min(self.b.y) <= other.a.y.max(other.b.y)
            && other.a.y.min(other.b.y) <= self.a.y.max(self.b.y)
    }

    /// True where a point of the edge's line lies within its box.
    fn reaches(&self, at: Coord<f64>) -> bool {
        self.west() <= at.x
            && at.x <= self.east()
            && self.a.y.min(self.b.y) <= at.y
            && at.y <= self.a.y.max(self.b.y)
    }

    fn ends_in(&self, at: Coord<f64>) -> bool {
        self.a == at || self.b == at
    }
}

/// How two edges that are not apart meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meeting {
    /// Inside both.
    Cross(Coord<f64>),
    /// An end of one lies inside the other: of the second inside the first, if `true`.
    Touch(Coord<f64>, bool),
    /// They have an end in common and nothing else.
    Share,
    /// They lie on one line and have a stretch in common, which begins here.
    Overlap(Coord<f64>),
}

/// Positive where `c` lies left of the line from `a` to `b`; exact in sign.
pub(super) fn side(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> f64 {
    let point = |c: Coord<f64>| robust::Coord { x: c.x, y: c.y };
    robust::orient2d(point(a), point(b), point(c))
}

/// `None` where they have no point in common.
pub(super) fn meeting(p: &Edge, q: &Edge) -> Option<Meeting> {
    let (of_c, of_d) = (side(p.a, p.b, q.a), side(p.a, p.b, q.b));
    if (of_c > 0.0 && of_d > 0.0) || (of_c < 0.0 && of_d < 0.0) {
        return None;
    }
    let (of_a, of_b) = (side(q.a, q.b, p.a), side(q.a, q.b, p.b));
    if (of_a > 0.0 && of_b > 0.0) || (of_a < 0.0 && of_b < 0.0) {
        return None;
    }
    if of_c == 0.0 && of_d == 0.0 {
        return on_one_line(p, q);
    }
    if of_c != 0.0 && of_d != 0.0 && of_a != 0.0 && of_b != 0.0 {
        return Some(Meeting::Cross(crossing_point(p, q)));
    }
    let within = |edge: &Edge, zero: f64, at: Coord<f64>| zero == 0.0 && edge.reaches(at);
    for (zero, at, inside, second) in
        [(of_c, q.a, p, true), (of_d, q.b, p, true), (of_a, p.a, q, false), (of_b, p.b, q, false)]
    {
        if within(inside, zero, at) {
            let shared = inside.ends_in(at);
            return Some(if shared { Meeting::Share } else { Meeting::Touch(at, second) });
        }
    }
    None
}

fn on_one_line(p: &Edge, q: &Edge) -> Option<Meeting> {
    // Along the axis in which the line is longer; ties cannot be, the edges have a length.
    let flat = (p.a.x - p.b.x).abs() >= (p.a.y - p.b.y).abs();
    let along = |at: Coord<f64>| if flat { at.x } else { at.y };
    let ends = |e: &Edge| if along(e.a) <= along(e.b) { (e.a, e.b) } else { (e.b, e.a) };
    let ((p_from, p_to), (q_from, q_to)) = (ends(p), ends(q));
    let from = if along(p_from) >= along(q_from) { p_from } else { q_from };
    let to = along(p_to).min(along(q_to));
    if along(from) > to {
        None
    } else if along(from) == to {
        Some(Meeting::Share)
    } else {
        Some(Meeting::Overlap(from))
    }
}

/// Rounded, and kept within both boxes.
fn crossing_point(p: &Edge, q: &Edge) -> Coord<f64> {
    let (along, other, gap) = (p.b - p.a, q.b - q.a, q.a - p.a);
    let cross = |u: Coord<f64>, v: Coord<f64>| u.x * v.y - u.y * v.x;
    let share = cross(gap, other) / cross(along, other);
    let at = if share.is_finite() { p.a + along * share } else { p.a };
    let low = |f: fn(&Coord<f64>) -> f64| f(&p.a).min(f(&p.b)).max(f(&q.a).min(f(&q.b)));
    let high = |f: fn(&Coord<f64>) -> f64| f(&p.a).max(f(&p.b)).min(f(&q.a).max(f(&q.b)));
    let within = |v: f64, low: f64, high: f64| v.max(low).min(high);
    Coord {
        x: within(at.x, low(|c| c.x), high(|c| c.x)),
        y: within(at.y, low(|c| c.y), high(|c| c.y)),
    }
}

/// Calls `visit` for every pair of edges that have a point in common. Edges are swept from west
/// to east and compared with those that still reach there: borders have few at any one longitude,
/// so this is near linear. `false` where more than `budget` comparisons would be due: such a
/// shape is no border but a knot, and the caller says so instead of working on for hours.
pub(super) fn sweep(
    edges: &[Edge],
    budget: u64,
    mut visit: impl FnMut(usize, usize, Meeting),
) -> bool {
    let mut order: Vec<u32> = (0..u32::try_from(edges.len()).unwrap_or(u32::MAX)).collect();
    order.sort_by(|i, j| edges[*i as usize].west().total_cmp(&edges[*j as usize].west()));
    let mut reaching: Vec<u32> = Vec::new();
    let mut spent = 0_u64;
    for next in order {
        let edge = &edges[next as usize];
        let west = edge.west();
        spent += reaching.len() as u64;
        if spent > budget {
            return false;
        }
        let mut at = 0;
        while at < reaching.len() {
            let other = &edges[reaching[at] as usize];
            if other.east() < west {
                reaching.swap_remove(at);
                continue;
            }
            if other.heights_meet(edge)
                && let Some(how) = meeting(other, edge)
            {
                visit(reaching[at] as usize, next as usize, how);
            }
            at += 1;
        }
        reaching.push(next);
    }
    true
}
