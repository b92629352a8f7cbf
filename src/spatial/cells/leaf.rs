//! What a cell with borders in it holds, and how a point in it is answered.
//!
//! All regions of a cell are decided at once: a mask has a bit for each of them, set where the
//! cell's anchor lies inside; on the way from the anchor to the point every border crossed flips
//! the bits of the regions on its sides. A border that two regions share is stored once and flips
//! both bits, so the two can never both hold a point of it, nor neither.
//!
//! Points are moved by (delta, epsilon), 0 < epsilon << delta << any distance between coordinates,
//! and so never lie on an edge (simulation of simplicity, Edelsbrunner and Mücke 1990). Sides are
//! told exactly (Shewchuk 1997) with the ends of an edge in the order that its place gives.

use geo::Coord;

/// Regions of one leaf: bits of its mask. More go on in a leaf behind it.
pub(super) const BITS: usize = 32;

/// An edge of a cell with the regions whose border it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) a: Coord<f64>,
    pub(super) b: Coord<f64>,
    /// Slots; [`NO_SLOT`] where there is one only.
    pub(super) sides: [u32; 2],
}

pub(super) const NO_SLOT: u32 = u32::MAX;

/// On which side of the edge a point lies: positive on the left, exact in sign.
///
/// The filter of `robust::orient2d`, whose two comparisons of either sign are one here: which sign
/// it is no processor can foretell.
#[inline]
fn side(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> f64 {
    /// Ozaki et al. (2016), doi:10.1007/s10543-015-0574-9.
    const THETA: f64 = 3.330_669_062_177_372_2e-16;
    let left = (a.x - p.x) * (b.y - p.y);
    let right = (a.y - p.y) * (b.x - p.x);
    let det = left - right;
    if det.abs() >= THETA * (left + right).abs() { det } else { exact_side(a, b, p) }
}

#[cold]
fn exact_side(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> f64 {
    let point = |c: Coord<f64>| robust::Coord { x: c.x, y: c.y };
    robust::orient2d(point(a), point(b), point(p))
}

/// Whether the moved point lies strictly left of the upward edge.
#[inline]
pub(super) fn lies_left(low: Coord<f64>, high: Coord<f64>, x: f64, y: f64) -> bool {
    if x < low.x.min(high.x) {
        return true;
    }
    if x > low.x.max(high.x) {
        return false;
    }
    side(low, high, Coord { x, y }) > 0.0
}

/// Whether the moved point lies above the edge from west to east.
#[inline]
fn lies_above(west: Coord<f64>, east: Coord<f64>, x: f64, y: f64) -> bool {
    if y > west.y.max(east.y) {
        return true;
    }
    if y < west.y.min(east.y) {
        return false;
    }
    let side = side(west, east, Coord { x, y });
    side > 0.0 || (side == 0.0 && east.y <= west.y)
}

/// The way from an anchor north or south to the height of a point, then along it to the point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) from: Coord<f64>,
    pub(super) to: Coord<f64>,
}

impl Way {
    /// Whether the edge is crossed an odd number of times.
    #[inline]
    pub(super) fn crosses(&self, a: Coord<f64>, b: Coord<f64>) -> bool {
        let Self { from, to } = *self;
        let mut odd = false;
        let (under_a, under_b) = (a.y <= to.y, b.y <= to.y);
        if under_a != under_b {
            let (low, high) = if under_a { (a, b) } else { (b, a) };
            odd ^= lies_left(low, high, from.x, to.y) != lies_left(low, high, to.x, to.y);
        }
        let (west_a, west_b) = (a.x <= from.x, b.x <= from.x);
        if west_a != west_b {
            let (west, east) = if west_a { (a, b) } else { (b, a) };
            odd ^= lies_above(west, east, from.x, from.y) != lies_above(west, east, from.x, to.y);
        }
        odd
    }
}

/// Words of a leaf: head, slots two by two, then chains (head, then two words a vertex).
///
/// The head holds the mask of the anchor (32 bits), the number of chains (25), of regions (6), and
/// whether another leaf follows. The head of a chain holds the mask it flips and its vertices.
pub(super) struct Leaf<'a> {
    words: &'a [u64],
}

const CHAINS_AT: u32 = 32;
const CHAINS_MASK: u64 = (1 << 25) - 1;
const REGIONS_AT: u32 = 57;
const REGIONS_MASK: u64 = 63;
const MORE: u64 = 1 << 63;

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn low_half(word: u64) -> u32 {
    word as u32
}

fn coord(pair: [u64; 2]) -> Coord<f64> {
    Coord { x: f64::from_bits(pair[0]), y: f64::from_bits(pair[1]) }
}

impl<'a> Leaf<'a> {
    /// A leaf begins the words.
    pub(super) fn at(words: &'a [u64]) -> Self {
        Self { words }
    }

    /// The first region, in the order of slots, that holds the point.
    #[inline]
    pub(super) fn find(&self, anchor: Coord<f64>, to: Coord<f64>) -> Option<u32> {
        let way = Way { from: anchor, to };
        let mut words = self.words;
        loop {
            let head = *words.first()?;
            let slots = words.get(1..)?;
            let regions = ((head >> REGIONS_AT) & REGIONS_MASK) as usize;
            let mut rest = slots.get(regions.div_ceil(2)..)?;
            let mut mask = low_half(head);
            for _ in 0..(head >> CHAINS_AT) & CHAINS_MASK {
                let (first, behind) = rest.split_first()?;
                let n = (first >> 32) as usize;
                let (vertices, after) = behind.split_at_checked(2 * n)?;
                if chain_is_crossed(&way, vertices) {
                    mask ^= low_half(*first);
                }
                rest = after;
            }
            if mask != 0 {
                let bit = mask.trailing_zeros();
                let pair = *slots.get(bit as usize / 2)?;
                return Some(low_half(pair >> (32 * (bit % 2))));
            }
            if head & MORE == 0 {
                return None;
            }
            words = rest;
        }
    }
}

/// Whether the way crosses the chain an odd number of times.
#[inline]
fn chain_is_crossed(way: &Way, vertices: &[u64]) -> bool {
    let (pairs, _) = vertices.as_chunks::<2>();
    let Some((first, rest)) = pairs.split_first() else { return false };
    let mut odd = false;
    // Rounding may put a point a hair west of the anchor of its cell.
    let back = way.to.x < way.from.x;
    let mut a = coord(*first);
    let (mut under_a, mut west_a) = (a.y <= way.to.y, a.x <= way.from.x);
    for pair in rest {
        let b = coord(*pair);
        let (under_b, west_b) = (b.y <= way.to.y, b.x <= way.from.x);
        let across = west_a != west_b;
        if (under_a != under_b) | across {
            if across | back {
                odd ^= way.crosses(a, b);
            } else if !west_a {
                // All of the edge lies east of the anchor and crosses the height of the point:
                // nearly every edge that counts. What lies west of the anchor is out of the way.
                let (low, high) = if under_a { (a, b) } else { (b, a) };
                odd ^= side(low, high, way.to) <= 0.0;
            }
        }
        (a, under_a, west_a) = (b, under_b, west_b);
    }
    odd
}

/// The words of a block as they are written.
#[derive(Default)]
pub(super) struct Pen {
    pub(super) words: Vec<u64>,
    slots: Vec<u32>,
}

impl Pen {
    /// Appends a leaf: `inside` are the slots (sorted) that hold the anchor.
    pub(super) fn leaf(&mut self, edges: &[Edge], inside: &[u32]) {
        let Self { words, slots } = self;
        slots.clear();
        for slot in edges.iter().flat_map(|edge| edge.sides).chain(inside.iter().copied()) {
            // A look at the last of them spares most of the sorting.
            let last = slots.len().saturating_sub(4);
            if slot != NO_SLOT && !slots[last..].contains(&slot) {
                slots.push(slot);
            }
        }
        slots.sort_unstable();
        slots.dedup();
        let layers = slots.len().div_ceil(BITS).max(1);
        for (i, layer) in slots.chunks(BITS).enumerate() {
            layer_words(edges, inside, layer, i + 1 < layers, words);
        }
    }
}

fn layer_words(edges: &[Edge], inside: &[u32], slots: &[u32], more: bool, out: &mut Vec<u64>) {
    // Slots are few: two or three.
    let bit = |slot: u32| slots.iter().position(|s| *s == slot).map_or(0_u32, |at| 1 << at);
    let anchor = inside.iter().fold(0, |mask, slot| mask | bit(*slot));
    let head_at = out.len();
    out.push(0);
    out.extend(slots.chunks(2).map(|pair| {
        u64::from(pair[0]) | (u64::from(pair.get(1).copied().unwrap_or(NO_SLOT)) << 32)
    }));
    let mut chains = 0_u64;
    let mut open: Option<(usize, u32, Coord<f64>)> = None;
    for edge in edges {
        let mask = edge.sides.iter().fold(0, |mask, slot| mask ^ bit(*slot));
        if mask == 0 {
            continue;
        }
        match open {
            Some((at, before, end)) if before == mask && end == edge.a => {
                out[at] += 1 << 32;
            }
            _ => {
                out.push(u64::from(mask) | (2 << 32));
                open = Some((out.len() - 1, mask, edge.a));
                out.extend([edge.a.x.to_bits(), edge.a.y.to_bits()]);
                chains += 1;
            }
        }
        out.extend([edge.b.x.to_bits(), edge.b.y.to_bits()]);
        if let Some((_, _, end)) = &mut open {
            *end = edge.b;
        }
    }
    out[head_at] = u64::from(anchor)
        | (chains << CHAINS_AT)
        | ((slots.len() as u64) << REGIONS_AT)
        | if more { MORE } else { 0 };
}
