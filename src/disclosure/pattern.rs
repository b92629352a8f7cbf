//! What is hidden of a snapshot: for every group of numbers, in which regions.

use std::collections::BTreeMap;

use super::numbers::Numbers;
use super::pool::{everybody, nobody};
use super::secondary::Secondary;
use super::split::Split;
use super::theme::Theme;
use super::tree::Tree;
use crate::domain::{Level, RegionCode};
use crate::snapshot::Snapshot;

/// What is hidden, and how much that is.
#[derive(Clone, Debug, Default)]
pub(super) struct Pattern {
    tree: Tree,
    places: BTreeMap<Theme, usize>,
    /// By group, then region.
    hidden: Vec<Vec<bool>>,
    /// What of it is said all the same.
    told: Vec<Vec<u32>>,
    /// By level.
    pub(super) lost: BTreeMap<Level, Lost>,
}

/// What is lost by hiding: groups of numbers of regions, such as the poor of one desa or those
/// covered by one programme in one kecamatan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Groups with anything in them.
    pub groups: u64,
    /// Hidden for what they say themselves.
    pub primary: u64,
    /// Hidden because they would give others away.
    pub secondary: u64,
    /// Families, persons or rows that the groups are about, each group for itself.
    pub counted: u64,
    /// Those of the hidden groups.
    pub counted_hidden: u64,
}

impl Lost {
    pub fn hidden(&self) -> u64 {
        self.primary + self.secondary
    }

    /// Two levels, or two snapshots, together.
    pub fn add(&mut self, other: &Self) {
        self.groups += other.groups;
        self.primary += other.primary;
        self.secondary += other.secondary;
        self.counted += other.counted;
        self.counted_hidden += other.counted_hidden;
    }
}

/// What readers know of a group from an earlier snapshot: see [`Secondary`].
struct Past {
    known: Vec<bool>,
    kept: Vec<bool>,
    moved: Vec<bool>,
}

impl Past {
    fn none(regions: usize) -> Self {
        let no = || vec![false; regions];
        Self { known: no(), kept: no(), moved: no() }
    }

    /// A region and all around it; where it is no more, those that are left.
    fn mark_moved(&mut self, code: RegionCode, tree: &Tree) {
        let mut step = Some(code);
        while let Some(code) = step {
            tree.place(code).into_iter().for_each(|place| self.moved[place] = true);
            step = code.parent();
        }
    }
}

/// An earlier snapshot and what was hidden of it.
pub(super) type Before<'a> = (&'a Snapshot, &'a Pattern);

impl Pattern {
    /// Everything is shown.
    pub(super) fn open(snapshot: &Snapshot) -> Self {
        Self { tree: Tree::of(snapshot), ..Self::default() }
    }

    /// Hides what must be hidden. Of what says the same as in the snapshot `before` this one the
    /// hidden stays hidden, and what was shown is not hidden for others: readers know it.
    pub(super) fn of(snapshot: &Snapshot, before: Option<Before<'_>>) -> Self {
        let k = snapshot.manifest.min_families;
        let mut pattern = Self::open(snapshot);
        if k <= 1 {
            return pattern;
        }
        let tree = pattern.tree.clone();
        let numbers = Numbers::of(snapshot, &tree);
        let earlier = before.map(|(was, hid)| (Numbers::of(was, &hid.tree), hid));
        let programmes = &snapshot.manifest.programmes;
        for theme in Theme::all(programmes) {
            let split = numbers.split(theme);
            let mut sensitive = split.sensitive(&tree, k);
            numbers.further(theme, k, &mut sensitive);
            let mut hidden = sensitive.clone();
            let mut outer = vec![false; tree.len()];
            for around in theme.within(programmes) {
                pattern.hide_with(around, &mut outer);
            }
            hidden.iter_mut().zip(&outer).for_each(|(to, outer)| *to |= outer);
            let mut past = Past::none(tree.len());
            if let Some((was, hid)) = &earlier
                && before.is_some_and(|(was, _)| was.manifest.programmes == *programmes)
            {
                past = hid.past(theme, &was.split(theme), (&tree, &split));
                hidden.iter_mut().zip(&past.kept).for_each(|(to, kept)| *to |= kept);
            }
            let Past { known, kept, moved } = past;
            let mut secondary =
                Secondary { tree: &tree, split: &split, k, hidden, sensitive, known, kept, moved };
            secondary.run();
            let mut told = secondary.told(&outer);
            if theme.is_pair() {
                told.iter_mut().for_each(|told| *told &= nobody(0, 0));
            }
            let Secondary { hidden, sensitive, .. } = secondary;
            pattern.count(&split, (&hidden, &sensitive), &told);
            pattern.places.insert(theme, pattern.hidden.len());
            pattern.hidden.push(hidden);
            pattern.told.push(told);
        }
        pattern
    }

    /// True where nothing is hidden, because who looks may see everything.
    pub(super) fn is_open(&self) -> bool {
        self.places.is_empty()
    }

    fn hide_with(&self, outer: Theme, hidden: &mut [bool]) {
        if let Some(group) = self.places.get(&outer) {
            hidden.iter_mut().zip(&self.hidden[*group]).for_each(|(to, outer)| *to |= outer);
        }
    }

    /// What readers of this earlier pattern know of a group.
    fn past(&self, theme: Theme, was: &Split, (tree, split): (&Tree, &Split)) -> Past {
        let mut past = Past::none(tree.len());
        let Some(hidden) = self.places.get(&theme).map(|group| &self.hidden[*group]) else {
            return past;
        };
        for (there, code) in self.tree.codes().iter().enumerate() {
            let place = tree.place(*code);
            match place.filter(|place| split.same(*place, was, there)) {
                Some(place) if split.present(place) => {
                    past.kept[place] = hidden[there];
                    past.known[place] = !hidden[there];
                }
                Some(_) => {}
                None if hidden[there] => past.mark_moved(*code, tree),
                None => {}
            }
        }
        past
    }

    fn count(&mut self, split: &Split, (hidden, sensitive): (&[bool], &[bool]), told: &[u32]) {
        for place in 0..hidden.len() {
            if !split.present(place) || split.too_fine(&self.tree, place) {
                continue;
            }
            let (is_hidden, weight) = (hidden[place] && told[place] == 0, split.weight(place));
            self.lost.entry(self.tree.level(place)).or_default().add(&Lost {
                groups: 1,
                primary: u64::from(is_hidden && sensitive[place]),
                secondary: u64::from(is_hidden && !sensitive[place]),
                counted: weight,
                counted_hidden: if is_hidden { weight } else { 0 },
            });
        }
    }

    /// True where a group is hidden in a region.
    pub(super) fn hides(&self, code: RegionCode, theme: Theme) -> bool {
        self.at(code, theme).is_some_and(|(group, place)| self.hidden[group][place])
    }

    /// True where one part of a group may not be said.
    pub(super) fn hides_part(
        &self,
        code: RegionCode,
        theme: Theme,
        (side, part): (usize, usize),
    ) -> bool {
        if self.hides(code, Theme::Region) {
            return true;
        }
        self.at(code, theme).is_some_and(|(group, place)| {
            let said = nobody(side, part) | everybody(side, part);
            self.hidden[group][place] && self.told[group][place] & said == 0
        })
    }

    /// True where the part that is hidden along with others may not be said: the second of each of
    /// these groups. What is hidden of it in one of them is not known in sum, because the others
    /// hide it elsewhere.
    pub(super) fn hides_with(
        &self,
        code: RegionCode,
        mut themes: impl Iterator<Item = Theme>,
    ) -> bool {
        themes.any(|theme| self.hides(code, theme))
    }

    fn at(&self, code: RegionCode, theme: Theme) -> Option<(usize, usize)> {
        Some((*self.places.get(&theme)?, self.tree.place(code)?))
    }
}
