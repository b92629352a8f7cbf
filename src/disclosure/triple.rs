//! Three registries in one region. Who reads how many persons are in each of three and in each two
//! of them also knows much of how many are in all three, and so in exactly one or two: these counts
//! are printed nowhere, and may be small. And what two pairs share with a third registry bounds
//! what the two share with each other (the triangle inequalities of the correlation polytope,
//! Pitowsky 1991; Deza and Laurent 1997).

use crate::domain::Registry;

const N: usize = Registry::ALL.len();

/// Distinct persons by pair; on the diagonal those of one registry.
pub(super) type Persons = [[u64; N]; N];

/// The pairs of a region that are hidden before any sum over regions is looked at.
pub(super) type Hidden = [[bool; N]; N];

/// Pairs that are small, that leave a small rest, or that tell of a small group or a small pair
/// together with others.
pub(super) fn hidden(persons: &Persons, k: u64) -> Hidden {
    let mut hidden = [[false; N]; N];
    let small = |n: u64| (1..k).contains(&n);
    for (a, b) in pairs() {
        let both = persons[a][b];
        let rests = [a, b].map(|whole| persons[whole][whole].saturating_sub(both));
        hidden[a][b] = small(both) || rests.into_iter().any(small) || tells(persons, (a, b), k);
        hidden[b][a] = hidden[a][b];
    }
    loop {
        let cause = pairs()
            .filter(|(a, b)| hidden[*a][*b])
            .find_map(|pair| (0..N).find_map(|c| presses(persons, &hidden, pair, c, k)));
        let Some((a, b)) = cause else { return hidden };
        hidden[a][b] = true;
        hidden[b][a] = true;
    }
}

/// Least and most that a pair can be, given all other pairs and registries of its region.
pub(super) fn room(persons: &Persons, (a, b): (usize, usize)) -> (u64, u64) {
    let n = |x: usize, y: usize| i128::from(persons[x][y]);
    let (mut low, mut high) = (0, n(a, a).min(n(b, b)));
    for c in (0..N).filter(|c| *c != a && *c != b) {
        low = low.max(n(a, c) + n(b, c) - n(c, c));
        high = high.min(n(a, a) - n(a, c) + n(b, c)).min(n(b, b) - n(b, c) + n(a, c));
    }
    let own = n(a, b);
    let count = |n: i128| u64::try_from(n.max(0)).unwrap_or(u64::MAX);
    (count(low.min(own)), count(high.max(own)))
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..N).flat_map(|a| (a + 1..N).map(move |b| (a, b)))
}

/// Of the two pairs with a third registry, both shown, the smaller one where together they bound a
/// hidden pair closer than its protection interval.
fn presses(
    persons: &Persons,
    hidden: &Hidden,
    (a, b): (usize, usize),
    c: usize,
    k: u64,
) -> Option<(usize, usize)> {
    if c == a || c == b || hidden[a][c] || hidden[b][c] {
        return None;
    }
    let n = |x: usize, y: usize| i128::from(persons[x][y]);
    let whole = n(a, a).min(n(b, b));
    let low = (n(a, c) + n(b, c) - n(c, c)).max(0);
    let high = (n(a, a) - n(a, c) + n(b, c)).min(n(b, b) - n(b, c) + n(a, c)).min(whole);
    let window = i128::from(k).min(whole);
    let (own, k) = (n(a, b), i128::from(k));
    let fits = if own < k {
        low == 0 && high >= window
    } else if whole - own < k {
        high == whole && low <= whole - window
    } else {
        high - low >= window
    };
    let smaller = if n(a, c) <= n(b, c) { (a, c) } else { (b, c) };
    // A pair of nobody bounds as well, but hiding zero alone would be seen to be for this.
    (!fits).then_some(smaller)
}

/// True where the persons that a pair has in common tell, with those of a third registry, of a
/// group that is surely somebody and surely fewer than `k`. Of the three pairs the smallest that is
/// somebody is the one to hide.
fn tells(persons: &Persons, (a, b): (usize, usize), k: u64) -> bool {
    persons[a][b] > 0
        && (0..N).filter(|c| *c != a && *c != b).any(|c| {
            let others = [(a, c), (b, c)];
            let key = |(x, y): (usize, usize)| (persons[x][y], x.min(y), x.max(y));
            let smallest =
                others.iter().all(|pair| persons[pair.0][pair.1] == 0 || key((a, b)) < key(*pair));
            smallest && small_group(persons, [a, b, c], k)
        })
}

/// Bounds of the persons in all three (Fréchet), and through them of the seven groups.
fn small_group(persons: &Persons, [a, b, c]: [usize; 3], k: u64) -> bool {
    let n = |x: usize, y: usize| i128::from(persons[x][y]);
    let (ab, ac, bc) = (n(a, b), n(a, c), n(b, c));
    let sums = [ab + ac - n(a, a), ab + bc - n(b, b), ac + bc - n(c, c), 0];
    let low = sums.into_iter().max().unwrap_or(0);
    let high = ab.min(ac).min(bc);
    let alone = |all: i128, x: i128, y: i128| (all - x - y + low, all - x - y + high);
    let two = |pair: i128| (pair - high, pair - low);
    let groups = [
        (low, high),
        two(ab),
        two(ac),
        two(bc),
        alone(n(a, a), ab, ac),
        alone(n(b, b), ab, bc),
        alone(n(c, c), ac, bc),
    ];
    low <= high && groups.iter().any(|(least, most)| *least > 0 && *most < i128::from(k))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(own: [u64; 3], [ab, ac, bc]: [u64; 3]) -> Persons {
        let mut persons = [[0; N]; N];
        for (i, n) in own.into_iter().enumerate() {
            persons[i][i] = n;
        }
        for (a, b, n) in [(0, 1, ab), (0, 2, ac), (1, 2, bc)] {
            persons[a][b] = n;
            persons[b][a] = n;
        }
        persons
    }

    #[test]
    fn what_is_left_of_a_registry_by_two_others_that_share_nobody_is_known() {
        // 100 persons, 60 in the second, 38 in the third, nobody in both: two are in neither.
        let persons = of([100, 80, 90], [60, 38, 0]);
        assert!(tells(&persons, (0, 2), 5));
        assert!(!tells(&persons, (0, 1), 5), "one pair is enough");
        assert!(!tells(&of([100, 80, 90], [60, 30, 0]), (0, 2), 5));
        assert!(!tells(&of([100, 80, 90], [60, 38, 20]), (1, 2), 5));
    }

    #[test]
    fn two_pairs_that_press_on_a_small_third_one_lose_one_of_them() {
        // 8 and 7 of the 12 persons of the third registry: at least three are in the first two.
        let hidden = hidden(&of([40, 40, 12], [4, 8, 7]), 5);
        assert!(hidden[0][1] && (hidden[1][2] || hidden[0][2]));
        let apart = super::hidden(&of([40, 40, 60], [4, 8, 7]), 5);
        assert!(apart[0][1] && !apart[0][2] && !apart[1][2]);
    }
}
