//! From the tables of a snapshot to the parts and wholes of every group.

use super::split::{Empty, Part, Side, Split};
use super::theme::{self, Theme, wholes};
use super::tree::Tree;
use super::triple;
use crate::domain::{
    ConflictCounts, Level, MatchCounts, ProgrammeCounts, ProgrammeUnit, RegionCounts, Registry,
};
use crate::snapshot::Snapshot;

const N: usize = Registry::ALL.len();

/// A snapshot by place in the tree.
#[derive(Debug)]
pub(super) struct Numbers<'a> {
    snapshot: &'a Snapshot,
    regions: Vec<Option<&'a RegionCounts>>,
    matching: Vec<[Option<&'a MatchCounts>; N]>,
    conflicts: Vec<Option<&'a ConflictCounts>>,
    /// Distinct persons, by pair.
    overlaps: Vec<triple::Persons>,
    /// Of these the pairs that are hidden for what they tell inside their region.
    pairs: Vec<triple::Hidden>,
}

impl<'a> Numbers<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, tree: &Tree) -> Self {
        let mut numbers = Self {
            snapshot,
            regions: vec![None; tree.len()],
            matching: vec![[None; N]; tree.len()],
            conflicts: vec![None; tree.len()],
            overlaps: vec![[[0; N]; N]; tree.len()],
            pairs: Vec::new(),
        };
        for row in &snapshot.regions {
            if let Some(place) = tree.place(row.code) {
                numbers.regions[place] = Some(&row.counts);
            }
        }
        for row in &snapshot.matching {
            if let Some(place) = tree.place(row.code) {
                numbers.matching[place][row.registry.index()] = Some(&row.counts);
            }
        }
        for row in &snapshot.conflicts {
            if let Some(place) = tree.place(row.code) {
                numbers.conflicts[place] = Some(&row.counts);
            }
        }
        for row in &snapshot.overlaps {
            if let Some(place) = tree.place(row.code) {
                numbers.overlaps[place][row.a.index()][row.b.index()] = row.persons;
                numbers.overlaps[place][row.b.index()][row.a.index()] = row.persons;
            }
        }
        let k = snapshot.manifest.min_families;
        numbers.pairs = numbers.overlaps.iter().map(|p| triple::hidden(p, k)).collect();
        numbers
    }

    fn region(&self, of: impl Fn(&RegionCounts) -> u64) -> Vec<u64> {
        self.regions.iter().map(|counts| counts.map_or(0, &of)).collect()
    }

    fn programme(&self, index: usize, of: impl Fn(&ProgrammeCounts) -> u64) -> Vec<u64> {
        self.region(|counts| counts.programmes.get(index).map_or(0, &of))
    }

    fn rows(&self, registry: Registry, of: impl Fn(&MatchCounts) -> u64) -> Vec<u64> {
        self.matching.iter().map(|all| all[registry.index()].map_or(0, &of)).collect()
    }

    fn stated(&self, of: impl Fn(&ConflictCounts) -> u64) -> Vec<u64> {
        self.conflicts.iter().map(|counts| counts.map_or(0, &of)).collect()
    }

    fn persons(&self, a: Registry, b: Registry) -> Vec<u64> {
        self.overlaps.iter().map(|all| all[a.index()][b.index()]).collect()
    }

    /// The numbers of one group.
    pub(super) fn split(&self, theme: Theme) -> Split {
        match theme {
            Theme::Region => {
                let mut split = Split::new(vec![Side::alone(self.region(|c| c.n_families))]);
                split.takes_along = true;
                split
            }
            Theme::Poor => self.poor(),
            Theme::Extreme => self.extreme(),
            Theme::Reached => of_region(vec![
                wide(self.region(|c| c.families_by_programmes[0])),
                wide(self.region(|c| c.families_by_programmes[1..].iter().sum())),
            ]),
            Theme::Programmes(n) => {
                of_region([n, 1].map(|n| wide(self.region(|c| c.families_by_programmes[n]))).into())
            }
            Theme::Ppks => {
                let rest = self.region(|c| c.n_persons.saturating_sub(c.n_ppks));
                let parts = vec![wide(self.region(|c| c.n_ppks)), never(rest)];
                Split { finest: Level::Kecamatan, ..of_region(parts) }
            }
            Theme::Placing | Theme::StatedBoth | Theme::Agreement | Theme::Levels(_) => {
                self.places(theme)
            }
            Theme::Eligible(index) => self.eligible(index),
            Theme::Covered(index) => {
                let left = |p: &ProgrammeCounts| p.eligible.saturating_sub(p.covered);
                let covered = wide(self.programme(index, |p| p.covered));
                of_region(vec![covered, wide(self.programme(index, left))])
            }
            Theme::Leaked(index) => self.leaked(index),
            Theme::Holders(registry) => {
                Split::new(vec![Side::alone(self.persons(registry, registry))])
            }
            Theme::Common(a, b) => self.common(a, b),
            Theme::Rows(_)
            | Theme::Linked(_)
            | Theme::Links(..)
            | Theme::Losses(..)
            | Theme::Remark(..) => self.matched(theme),
        }
    }

    /// Regions of a group that are hidden for a reason that no single one of its numbers shows.
    pub(super) fn further(&self, theme: Theme, k: u64, hidden: &mut [bool]) {
        match theme {
            Theme::Common(a, b) => {
                for (hidden, pairs) in hidden.iter_mut().zip(&self.pairs) {
                    *hidden |= pairs[a.index()][b.index()];
                }
            }
            Theme::StatedBoth => self.pressed(k, hidden),
            Theme::Programmes(_) => {
                let of = |c: &RegionCounts| c.families_by_programmes.to_vec();
                let all = self.regions.iter().map(|c| c.map(of));
                few_together(all, &theme::PROGRAMMES, 1, k, hidden);
            }
            Theme::Levels(_) => {
                let all = self.conflicts.iter().map(|c| c.map(|c| c.values().to_vec()));
                few_together(all, &theme::LEVELS, theme::SAME_KECAMATAN, k, hidden);
            }
            Theme::Links(registry, _) | Theme::Losses(registry, _) => {
                let of = |c: &MatchCounts| c.values().to_vec();
                let all = self.matching.iter().map(|all| all[registry.index()].map(of));
                if matches!(theme, Theme::Links(..)) {
                    few_together(all, &theme::LINKS, theme::BY_NIK, k, hidden);
                } else {
                    few_together(all, &theme::LOSSES, theme::NOT_FOUND, k, hidden);
                }
            }
            _ => {}
        }
    }

    fn poor(&self) -> Split {
        let side = |all: fn(&RegionCounts) -> u64, poor: fn(&RegionCounts) -> u64| {
            let rest = self.region(|c| all(c).saturating_sub(poor(c)));
            Side::of_parts(vec![wide(self.region(poor)), never(rest)])
        };
        Split::new(vec![
            side(|c| c.n_families_ranked, |c| c.n_poor_families),
            side(|c| c.n_persons_ranked, |c| c.n_poor_persons),
        ])
    }

    fn extreme(&self) -> Split {
        // Where the extreme line lies above the poverty line of a kabupaten there may be more
        // extreme poor than poor.
        let side = |poor: fn(&RegionCounts) -> u64, extreme: fn(&RegionCounts) -> u64| {
            let whole = self.region(|c| poor(c).max(extreme(c)));
            Side::inside(wide(self.region(extreme)), vec![(whole, Empty::Shown)])
        };
        let sides = vec![
            side(|c| c.n_poor_families, |c| c.n_extreme_families),
            side(|c| c.n_poor_persons, |c| c.n_extreme_persons),
        ];
        Split { two_units: true, ..Split::new(sides) }
    }

    fn whole_of(&self, index: usize) -> Vec<u64> {
        let unit = self.snapshot.manifest.programmes.get(index).map(|p| p.unit);
        match unit {
            Some(ProgrammeUnit::Person) => self.region(|c| c.n_persons),
            _ => self.region(|c| c.n_families),
        }
    }

    fn eligible(&self, index: usize) -> Split {
        let own = self.programme(index, |p| p.eligible);
        let mut around = vec![(self.whole_of(index), Empty::Hidden)];
        for whole in wholes(&self.snapshot.manifest.programmes, index) {
            around.push((self.programme(whole, |p| p.eligible), Empty::Shown));
        }
        Split::new(vec![Side::inside(wide(own), around)])
    }

    fn leaked(&self, index: usize) -> Split {
        let leaked = self.programme(index, |p| p.recipients.saturating_sub(p.covered));
        let eligible = self.programme(index, |p| p.eligible);
        let rest: Vec<u64> = self
            .whole_of(index)
            .iter()
            .zip(&eligible)
            .map(|(all, eligible)| all.saturating_sub(*eligible))
            .collect();
        Split::new(vec![Side::inside(wide(leaked), vec![(rest, Empty::Shown)])])
    }

    fn places(&self, theme: Theme) -> Split {
        match theme {
            Theme::Placing => self.placing(),
            Theme::StatedBoth => Split::new(vec![Side::alone(self.stated(ConflictCounts::both))]),
            // The families whose point and code name the same desa are the same ones whether they
            // are counted where they were placed or where they say they are.
            Theme::Agreement => Split::new(vec![
                Side::of_parts(vec![
                    plain(self.region(|c| c.n_agree)),
                    plain(self.region(|c| c.n_both.saturating_sub(c.n_agree))),
                ]),
                Side::of_parts(vec![
                    plain(self.stated(|c| c.desa)),
                    plain(self.stated(ConflictCounts::differ)),
                ]),
                self.agreeing(),
            ]),
            Theme::Levels(n) => of_region(
                [n, theme::SAME_KECAMATAN].map(|i| plain(self.stated(|c| c.values()[i]))).into(),
            ),
            _ => Split::new(Vec::new()),
        }
    }

    fn placing(&self) -> Split {
        let whole = self.region(|c| c.n_families);
        // With agreeing families held at what they are, the others can be one fewer only so often.
        let room: Vec<(u64, u64)> = self
            .region(|c| c.n_agree)
            .into_iter()
            .zip(&whole)
            .map(|(agree, all)| (agree, *all))
            .collect();
        let both = || plain(self.region(|c| c.n_both));
        Split::new(vec![
            Side::of_parts(vec![
                plain(self.region(|c| c.n_by_point)),
                plain(self.region(|c| c.n_by_code)),
            ]),
            Side::of_parts(vec![
                both(),
                plain(self.region(|c| c.n_families.saturating_sub(c.n_both))),
            ]),
            Side::inside(both(), vec![(whole, Empty::Shown)]).between(&room),
        ])
    }

    /// Families of one and the same desa by point and code, in both of their wholes at once.
    fn agreeing(&self) -> Side {
        let wholes = [self.region(|c| c.n_both), self.stated(ConflictCounts::both)];
        Side::inside(plain(self.region(|c| c.n_agree)), wholes.map(|w| (w, Empty::Shown)).into())
    }

    /// Of families whose point lies elsewhere there are at least as many as those who state a
    /// region are more than those who are placed there with both, and the other way round.
    fn pressed(&self, k: u64, hidden: &mut [bool]) {
        let small = |n: u64| (1..k).contains(&n);
        for ((hidden, counts), stated) in hidden.iter_mut().zip(&self.regions).zip(&self.conflicts)
        {
            let (both, agree) = counts.map_or((0, 0), |c| (c.n_both, c.n_agree));
            let (states, differ) = stated.map_or((0, 0), |c| (c.both(), c.differ()));
            *hidden |= small(differ) && states > both;
            *hidden |= small(both.saturating_sub(agree)) && both > states;
        }
    }

    fn matched(&self, theme: Theme) -> Split {
        let against = |registry: Registry, way: usize, other: usize| {
            let part = |i: usize| plain(self.rows(registry, |c| c.values()[i]));
            of_region(vec![part(way), part(other)])
        };
        match theme {
            Theme::Linked(registry) => {
                let mut split = of_region(vec![
                    plain(self.rows(registry, MatchCounts::linked)),
                    plain(self.rows(registry, |c| c.rows.saturating_sub(c.linked()))),
                ]);
                if registry != Registry::Regsosek {
                    split.sides.extend(self.common(Registry::Regsosek, registry).sides);
                }
                split
            }
            Theme::Links(registry, way) => against(registry, way, theme::BY_NIK),
            Theme::Losses(registry, way) => against(registry, way, theme::NOT_FOUND),
            Theme::Remark(registry, n) => {
                let whole: fn(&MatchCounts) -> u64 =
                    if n == 0 { |c| c.rows } else { MatchCounts::linked };
                let remark = plain(self.rows(registry, |c| c.values()[9 + n]));
                let wholes = vec![(self.rows(registry, whole), Empty::Shown)];
                Split::new(vec![Side::inside(remark, wholes)])
            }
            Theme::Rows(registry) => Split::new(vec![
                Side::alone(self.rows(registry, |c| c.rows)),
                Side::alone(self.persons(registry, registry)),
            ]),
            _ => Split::new(Vec::new()),
        }
    }

    /// Where a pair is hidden for others, it can move as far as the other pairs let it; where it is
    /// hidden for itself, those that hold it are hidden too.
    fn common(&self, a: Registry, b: Registry) -> Split {
        let wholes = [a, b].map(|r| (self.persons(r, r), Empty::Shown));
        let side = Side::inside(plain(self.persons(a, b)), wholes.into());
        let (a, b) = (a.index(), b.index());
        let bounds: Vec<(u64, u64)> = self
            .overlaps
            .iter()
            .zip(&self.pairs)
            .map(|(persons, hidden)| {
                let own = persons[a][b];
                let whole = persons[a][a].min(persons[b][b]).max(own);
                if hidden[a][b] { (0, whole) } else { triple::room(persons, (a, b)) }
            })
            .collect();
        Split::new(vec![side.between(&bounds)])
    }
}

/// Where a small part and the one that it is hidden with are few together, that sum would be left
/// of their whole: all parts are hidden then.
fn few_together(
    regions: impl Iterator<Item = Option<Vec<u64>>>,
    parts: &[usize],
    with: usize,
    k: u64,
    hidden: &mut [bool],
) {
    for (hidden, numbers) in hidden.iter_mut().zip(regions) {
        let Some(numbers) = numbers else { continue };
        *hidden |=
            parts.iter().any(|part| numbers[*part] > 0 && numbers[*part] + numbers[with] < k);
    }
}

fn of_region(parts: Vec<Part>) -> Split {
    Split::new(vec![Side::of_parts(parts)])
}

fn plain(values: Vec<u64>) -> Part {
    Part { values, empty: Empty::Shown }
}

fn wide(values: Vec<u64>) -> Part {
    Part { values, empty: Empty::Wide }
}

fn never(values: Vec<u64>) -> Part {
    Part { values, empty: Empty::Hidden }
}
