//! What a reader knows of hidden numbers: the regions that are hidden under one shown region, whose
//! sum is the shown one less its shown parts.
//!
//! Where parts of known wholes are hidden in several regions and only their sums over these regions
//! are known, a part can be anything from `max(0, whole + sum - all wholes)` to
//! `min(whole, sum)` (Fréchet 1940), and every whole number between is reached by a table that fits
//! all that is shown. These bounds are exact for one part in one region, for several parts taken
//! together and for several regions taken together. With wholes that are hidden too a reader knows
//! less, so holding them at what they are is on the safe side.

use super::split::{Side, Split};

/// No family has more members, as far as readers know.
const LARGEST_FAMILY: u64 = 20;

/// A hidden region of a pool with what of it lies in the pool.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// How many regions without hidden ones inside it stands for.
    pub(super) leaves: usize,
    pub(super) sensitive: bool,
    /// By side: whole, then parts.
    numbers: Vec<Vec<u64>>,
}

/// The hidden regions under one shown region.
#[derive(Clone, Debug)]
pub(super) struct Pool<'a> {
    split: &'a Split,
    k: u64,
    nodes: Vec<Node>,
    leaves: usize,
    /// Of each leaf the whole of the persons, where families and persons are counted.
    room: Vec<u64>,
    /// By side: the whole, then parts, then rests; over all leaves.
    sums: Vec<Vec<u64>>,
}

/// Says of a part that nobody is of it.
pub(super) fn nobody(side: usize, part: usize) -> u32 {
    1 << (side * 8 + part)
}

/// Says of a part that everybody is of it.
pub(super) fn everybody(side: usize, part: usize) -> u32 {
    1 << (side * 8 + 4 + part)
}

fn numbers(side: &Side, region: usize) -> Vec<u64> {
    let parts = side.parts.iter().chain(&side.rests).map(|part| part.values[region]);
    let whole = side.whole.as_ref().map_or(0, |whole| whole[region]);
    std::iter::once(whole).chain(parts).collect()
}

impl<'a> Pool<'a> {
    pub(super) fn new(split: &'a Split, k: u64) -> Self {
        let sums = split.sides.iter().map(|side| vec![0; 1 + side.parts.len() + side.rests.len()]);
        Self { split, k, nodes: Vec::new(), leaves: 0, room: Vec::new(), sums: sums.collect() }
    }

    /// A node over leaves, which are given by place.
    pub(super) fn node(&self, leaves: &[usize], sensitive: bool) -> Node {
        let mut sums: Vec<Vec<u64>> = self.sums.iter().map(|side| vec![0; side.len()]).collect();
        for leaf in leaves {
            for (sum, side) in sums.iter_mut().zip(&self.split.sides) {
                sum.iter_mut().zip(numbers(side, *leaf)).for_each(|(to, n)| *to += n);
            }
        }
        Node { leaves: leaves.len(), sensitive, numbers: sums }
    }

    /// Adds a node; those that are no leaves repeat what leaves bring.
    pub(super) fn add(&mut self, node: Node, leaf: bool) {
        if leaf {
            self.leaves += 1;
            self.room.extend(node.numbers.get(1).and_then(|side| side.first()));
            for (sum, more) in self.sums.iter_mut().zip(&node.numbers) {
                sum.iter_mut().zip(more).for_each(|(to, n)| *to += n);
            }
        }
        self.nodes.push(node);
    }

    /// True where of every number that the other has, `k` are here.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let numbers = self.sums.iter().flatten().zip(other.sums.iter().flatten());
        numbers.into_iter().all(|(here, there)| *there == 0 || *here >= self.k)
    }

    /// True when every hidden number keeps its protection interval.
    pub(super) fn holds(&self) -> bool {
        (0..self.sums.len()).all(|side| self.side_holds(side)) && self.units_hold()
    }

    /// Where a region may have all `k` families of a kind, the persons of that kind that cannot be
    /// there too are in the others, and need families there: one for each region that they take,
    /// and one for each [`LARGEST_FAMILY`] of them.
    fn units_hold(&self) -> bool {
        let of = |side: usize| self.sums.get(side).and_then(|side| side.get(1)).copied();
        let (Some(families), Some(persons)) = (of(0), of(1)) else { return true };
        if !self.split.two_units || families == 0 {
            return true;
        }
        // The fewest regions are those with the most room; which of them lie in a node is not asked,
        // so the roomiest are left out for it.
        let mut room = self.room.clone();
        room.sort_unstable_by(|a, b| b.cmp(a));
        let within = |skip: usize, persons: u64| {
            let mut left = persons;
            let mut taken = room.iter().skip(skip);
            let mut regions = 0;
            while left > 0 {
                left = left.saturating_sub(*taken.next()?);
                regions += 1;
            }
            Some(regions)
        };
        self.nodes.iter().filter(|node| node.sensitive).all(|node| {
            let others = (self.leaves - node.leaves) as u64;
            if families >= self.k + others {
                return true;
            }
            let most = self.k.min(node.numbers[0][0]);
            let there = node.numbers[1][0].min(most * LARGEST_FAMILY);
            let elsewhere = persons.saturating_sub(there);
            within(node.leaves, elsewhere).is_some_and(|regions| {
                families >= most + regions + elsewhere.div_ceil(LARGEST_FAMILY)
            })
        })
    }

    fn side_holds(&self, side: usize) -> bool {
        let (of, sums) = (&self.split.sides[side], &self.sums[side]);
        let (parts, rests) = sums[1..].split_at(of.parts.len());
        let sums_hold = of.parts.iter().zip(parts).chain(of.rests.iter().zip(rests)).all(
            |(part, sum)| match sum {
                0 => sums[0] == 0 || part.empty.may_be_said(sums[0], self.k),
                sum => *sum >= self.k,
            },
        );
        sums_hold
            && self.has_room(side)
            && self.nodes.iter().all(|node| match of.whole {
                None => self.free_without_whole(node, side),
                Some(_) => (0..parts.len()).all(|part| self.free(node, side, part)),
            })
    }

    /// A number that is held between others moves no further than they let it.
    fn has_room(&self, side: usize) -> bool {
        let (of, sums) = (&self.split.sides[side], &self.sums[side][1..]);
        let (room, numbers) = sums.split_at(of.parts.len());
        let nobody = numbers.first().is_none_or(|sum| *sum == 0);
        !of.room || nobody || room.iter().all(|sum| *sum >= self.k)
    }

    /// Each of the others has at least one, and together they must be able to leave this one with
    /// `k`.
    fn free_without_whole(&self, node: &Node, side: usize) -> bool {
        let sum = self.sums[side][1];
        let others = (self.leaves - node.leaves) as u64;
        sum == 0 || (others > 0 && (!node.sensitive || sum >= self.k + others))
    }

    fn free(&self, node: &Node, side: usize, part: usize) -> bool {
        let (all, sum) = (self.sums[side][0], self.sums[side][1 + part]);
        let (whole, value) = (node.numbers[side][0], node.numbers[side][1 + part]);
        // All or none of the pool: what a region has of it is known from its whole, and that this
        // may be is decided by the sums.
        if whole == 0 || sum == 0 || sum == all {
            return true;
        }
        if node.sensitive && value < self.k {
            // From none to k (or to the whole): the others can take all of it.
            return whole + sum <= all;
        }
        let width = whole.min(all - whole).min(sum).min(all - sum);
        width >= self.k.min(whole)
    }

    /// How much a leaf would add to what the sums lack.
    pub(super) fn helps(&self, leaves: &[usize]) -> u64 {
        let mut help = 0;
        for (side, sums) in self.split.sides.iter().zip(&self.sums) {
            for (at, part) in side.parts.iter().chain(&side.rests).enumerate() {
                let lacking = self.k.saturating_sub(sums[1 + at]);
                let more: u64 = leaves.iter().map(|leaf| part.values[*leaf]).sum();
                help += lacking.min(more) * 1000;
            }
            let room: u64 = leaves.iter().map(|leaf| side.weight(*leaf)).sum();
            help += room.min(500);
        }
        help
    }

    /// The parts that the pool has nobody of, and those that it has nobody else than.
    pub(super) fn told(&self) -> u32 {
        let mut told = 0;
        for (side, (of, sums)) in self.split.sides.iter().zip(&self.sums).enumerate() {
            if of.room {
                told |= if sums[1 + of.parts.len()] == 0 { nobody(side, 0) } else { 0 };
                continue;
            }
            for part in 0..of.parts.len() {
                match sums[1 + part] {
                    0 => told |= nobody(side, part),
                    all if of.whole.is_some() && all == sums[0] => told |= everybody(side, part),
                    _ => {}
                }
            }
        }
        told
    }
}
