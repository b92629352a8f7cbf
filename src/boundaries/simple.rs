//! Whether rings are simple, in O(n log n) whatever they look like (Shamos and Hoey 1976): edges
//! are kept in the order in which a line that moves from west to east meets them, and only
//! neighbours in that order are compared. It answers yes or no, exactly; where no, it does not say
//! how often. A net below the sweep that lists, for rings on which that one would not come back.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use geo::Coord;

use super::arrangement::{Part, order};
use super::contact::{Edge, Meeting, meeting, side};

/// True where no two edges meet but neighbours in their common end.
pub(super) fn is_simple(parts: &[Part]) -> bool {
    let edges: Vec<Edge> = parts
        .iter()
        .flatten()
        .flat_map(|ring| ring.windows(2))
        .map(|w| if order(&w[0], &w[1]).is_lt() { (w[0], w[1]) } else { (w[1], w[0]) })
        .map(|(a, b)| Edge { a, b })
        .collect();
    if !every_corner_once(parts) {
        return false;
    }
    let mut events: Vec<(Coord<f64>, bool, u32)> = Vec::with_capacity(edges.len() * 2);
    for (i, edge) in edges.iter().enumerate() {
        let i = u32::try_from(i).unwrap_or(u32::MAX);
        events.push((edge.a, true, i));
        events.push((edge.b, false, i));
    }
    // Ends before beginnings at one point, so that rings that go on there do not meet themselves.
    events.sort_by(|p, q| order(&p.0, &q.0).then(p.1.cmp(&q.1)).then(p.2.cmp(&q.2)));
    let mut line: BTreeSet<Met> = BTreeSet::new();
    for (_, begins, i) in events {
        let met = Met { edge: edges[i as usize], number: i };
        let above = line.range(met..).find(|m| m.number != i).copied();
        let below = line.range(..met).next_back().copied();
        let clear = |p: Option<Met>, q: Option<Met>| match (p, q) {
            (Some(p), Some(q)) => apart(&p.edge, &q.edge),
            _ => true,
        };
        let sound = if begins {
            line.insert(met) && clear(Some(met), above) && clear(Some(met), below)
        } else {
            // Not found: the order is not one any more, because edges cross.
            line.remove(&met) && clear(above, below)
        };
        if !sound {
            return false;
        }
    }
    true
}

fn every_corner_once(parts: &[Part]) -> bool {
    let mut corners: Vec<Coord<f64>> =
        parts.iter().flatten().flat_map(|ring| ring[1..].iter().copied()).collect();
    corners.sort_by(order);
    corners.windows(2).all(|w| w[0] != w[1])
}

fn apart(p: &Edge, q: &Edge) -> bool {
    matches!(meeting(p, q), None | Some(Meeting::Share))
}

/// An edge on the moving line, from its western end to its eastern.
#[derive(Clone, Copy)]
struct Met {
    edge: Edge,
    number: u32,
}

impl Ord for Met {
    /// The lower edge first, at the longitude where the later of the two begins.
    fn cmp(&self, other: &Self) -> Ordering {
        if self.number == other.number {
            return Ordering::Equal;
        }
        let (p, q) = (&self.edge, &other.edge);
        let turn = if order(&p.a, &q.a).is_lt() {
            // q begins later: below p means that p is above.
            let of_start = side(p.a, p.b, q.a);
            if of_start == 0.0 { side(p.a, p.b, q.b) } else { of_start }
        } else {
            let of_start = side(q.a, q.b, p.a);
            -if of_start == 0.0 { side(q.a, q.b, p.b) } else { of_start }
        };
        0.0_f64.total_cmp(&(turn + 0.0)).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Met {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Met {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Met {}
