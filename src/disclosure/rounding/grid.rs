//! The counts of a snapshot by figure and place, with everything that holds between them: sums over
//! the regions inside a region, and the relations inside one.

use std::collections::BTreeMap;

use super::figure::{Figure, Places};
use super::relation::{self, Relation};
use crate::disclosure::tree::Tree;
use crate::domain::Level;
use crate::snapshot::Snapshot;

/// A count: which figure, in which place of the tree.
pub(super) type Spot = (usize, usize);

/// Terms of a relation between counts.
pub(super) type Terms = Vec<(Spot, i64)>;

/// All counts.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) tree: Tree,
    pub(super) figures: Vec<Figure>,
    at: BTreeMap<Figure, usize>,
    values: Vec<Vec<u32>>,
    relations: Vec<(Vec<(usize, i64)>, Relation)>,
    /// By figure: its name, and all figures of that name.
    pub(super) names: Vec<String>,
    same: Vec<Vec<usize>>,
    /// By figure, the relations that it stands in.
    of_figure: Vec<Vec<usize>>,
    /// By place: families are listed there.
    pub(super) listed: Vec<bool>,
}

impl Grid {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let tree = Tree::of(snapshot);
        let places = Places::of(snapshot, &tree);
        let programmes = &snapshot.manifest.programmes;
        let figures = Figure::all(programmes);
        let values = figures.iter().map(|f| f.values(snapshot, &places, tree.len())).collect();
        let at: BTreeMap<Figure, usize> = figures.iter().copied().zip(0..).collect();
        let relations: Vec<(Vec<(usize, i64)>, Relation)> = relation::relations(programmes)
            .into_iter()
            .map(|relation| {
                let terms = relation.terms.iter();
                (terms.filter_map(|(f, by)| Some((*at.get(f)?, *by))).collect(), relation)
            })
            .collect();
        let mut of_figure = vec![Vec::new(); figures.len()];
        for (i, (terms, _)) in relations.iter().enumerate() {
            terms.iter().for_each(|(figure, _)| of_figure[*figure].push(i));
        }
        let mut listed = vec![false; tree.len()];
        for row in snapshot.regions.iter().filter(|row| row.counts.n_families > 0) {
            if let Some(place) = tree.place(row.code) {
                listed[place] = true;
            }
        }
        let names: Vec<String> = figures.iter().map(|f| f.name(programmes)).collect();
        let same = names.iter().map(|name| {
            (0..names.len()).filter(|other| names[*other] == *name).collect::<Vec<usize>>()
        });
        let same = same.collect();
        Self { tree, figures, at, values, names, same, relations, of_figure, listed }
    }

    pub(super) fn index(&self, figure: Figure) -> Option<usize> {
        self.at.get(&figure).copied()
    }

    pub(super) fn value(&self, (figure, place): Spot) -> u32 {
        self.values[figure][place]
    }

    /// At least one, as everybody knows.
    pub(super) fn is_some(&self, (figure, place): Spot) -> bool {
        self.listed[place] && self.figures[figure].is_listed()
    }

    /// Known to whoever has the deliveries.
    pub(super) fn is_known(&self, (figure, place): Spot) -> bool {
        self.tree.level(place) == Level::Nation && self.figures[figure].is_delivered()
    }

    pub(super) fn is_told(&self, (figure, place): Spot) -> bool {
        self.figures[figure].is_told(self.tree.level(place))
    }

    /// The one region inside that is all of a region, as everybody can see, or else itself. Where a
    /// region only happens to hold all there is of a count, it is not taken for the one around: that
    /// both are told differently would tell that others hold some of it.
    pub(super) fn innermost(&self, mut place: usize) -> usize {
        while let [child] = self.tree.children(place, Level::Desa) {
            place = *child;
        }
        place
    }

    /// A count and those that are the same one: they are drawn and told as one.
    pub(super) fn twins(&self, (figure, place): Spot) -> Vec<Spot> {
        let mut places = vec![self.innermost(place)];
        while let Some(parent) = places.last().and_then(|last| self.tree.parent(*last)) {
            if self.tree.children(parent, Level::Desa).len() > 1 {
                break;
            }
            places.push(parent);
        }
        let all = self.same[figure].iter().flat_map(|f| places.iter().map(|p| (*f, *p)));
        all.filter(|twin| self.value(*twin) == self.value((figure, place))).collect()
    }

    /// A region as the sum of those inside it, where it is.
    pub(super) fn sum(&self, (figure, place): Spot) -> Option<Terms> {
        let children = self.tree.children(place, Level::Desa);
        let values = &self.values[figure];
        let sum: u64 = children.iter().map(|child| u64::from(values[*child])).sum();
        let is_sum = !children.is_empty() && sum == u64::from(values[place]);
        is_sum.then(|| {
            let inside = children.iter().map(|child| ((figure, *child), 1));
            inside.chain([((figure, place), -1)]).collect()
        })
    }

    /// The relations of one place that hold there. What does not hold helps no reader.
    pub(super) fn related(&self, place: usize) -> impl Iterator<Item = (Terms, &Relation)> {
        self.relations.iter().filter_map(move |relation| self.relation(relation, place))
    }

    /// Of these the ones whose rest is a secret.
    pub(super) fn rests(&self, place: usize) -> impl Iterator<Item = Terms> {
        let secret = self.relations.iter().filter(|(_, relation)| relation.rest);
        secret.filter_map(move |relation| Some(self.relation(relation, place)?.0))
    }

    /// Those that a count stands in: its sums, and the relations of its place.
    pub(super) fn around(&self, (figure, place): Spot) -> Vec<(Terms, bool)> {
        let parent = self.tree.parent(place).map(|parent| (figure, parent));
        let sums = parent.into_iter().chain([(figure, place)]);
        let sums = sums.filter_map(|spot| Some((self.sum(spot)?, true)));
        let own = self.of_figure[figure].iter().filter_map(|i| {
            let (terms, relation) = self.relation(&self.relations[*i], place)?;
            Some((terms, relation.equal))
        });
        sums.chain(own).collect()
    }

    fn relation<'a>(
        &self,
        (terms, relation): &'a (Vec<(usize, i64)>, Relation),
        place: usize,
    ) -> Option<(Terms, &'a Relation)> {
        let value = |figure: usize| i64::from(self.values[figure][place]);
        let sum: i64 = terms.iter().map(|(figure, by)| by * value(*figure)).sum();
        let holds = sum == 0 || (sum > 0 && !relation.equal);
        let here = |(figure, by): &(usize, i64)| ((*figure, place), *by);
        holds.then(|| (terms.iter().map(here).collect(), relation))
    }
}
