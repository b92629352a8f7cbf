//! Which more regions are hidden, so that no sum gives a hidden one away, from the desa up to the
//! nation, choosing the small ones first.
//!
//! Every group of numbers is protected by itself with all others held as they are: a table that
//! differs from the true one in this group alone, and only where it is hidden, fits everything that
//! is shown. What a reader of everything can exclude is therefore no more than what is excluded
//! here (the argument by alternative tables of Fischetti and Salazar-González 2001, section 2).

use super::pool::Pool;
use super::split::Split;
use super::tree::Tree;

/// What is hidden of one group: by region.
pub(super) struct Secondary<'a> {
    pub(super) tree: &'a Tree,
    pub(super) split: &'a Split,
    pub(super) k: u64,
    /// In: the small ones and those that others hide. Out: all.
    pub(super) hidden: Vec<bool>,
    pub(super) sensitive: Vec<bool>,
    /// Known to readers from an earlier snapshot: hiding them hides nothing, so they are never
    /// chosen, and where another group hides them they count as shown.
    pub(super) known: Vec<bool>,
    /// Hidden in an earlier snapshot, and the same since: readers may know the sum of several of
    /// them from there, so that they hide nothing else here.
    pub(super) kept: Vec<bool>,
    /// Hidden in an earlier snapshot, and another number since, here or inside: what was hidden
    /// together with them must not be known in sum.
    pub(super) moved: Vec<bool>,
}

/// What is hidden under one shown region, and of it what readers cannot know from before.
#[derive(Clone)]
struct Hiding<'a> {
    all: Pool<'a>,
    fresh: Pool<'a>,
    kept: bool,
    /// There must be something fresh, of everything that is hidden.
    due: bool,
}

impl Hiding<'_> {
    fn holds(&self) -> bool {
        let fresh = || self.fresh.holds() && (!self.due || self.fresh.covers(&self.all));
        self.all.holds() && (!self.kept || fresh())
    }

    /// Adds a node over leaves; those that are no leaves repeat what leaves bring.
    fn add(&mut self, leaves: &[usize], sensitive: bool, is_leaf: bool, kept: bool) {
        self.all.add(self.all.node(leaves, sensitive), is_leaf);
        if is_leaf && kept {
            self.kept = true;
        } else if is_leaf {
            self.fresh.add(self.fresh.node(leaves, sensitive), true);
        }
    }
}

/// Regions that would be hidden together: the leaves among them, and all of them.
struct Choice {
    leaves: Vec<usize>,
    path: Vec<usize>,
    weight: u64,
}

impl Secondary<'_> {
    /// Hides until every pool holds. Regions come in an order in which what is inside comes later,
    /// so walking backwards meets a region after everything inside it.
    pub(super) fn run(&mut self) {
        if self.split.takes_along {
            self.take_along();
        }
        for place in (0..self.tree.len()).rev() {
            if self.split.too_fine(self.tree, place) {
                self.hidden[place] = true;
            } else if self.veiled(place) {
                self.open(place);
            } else {
                self.mend(place);
            }
        }
    }

    fn take_along(&mut self) {
        for place in 0..self.tree.len() {
            if self.tree.parent(place).is_some_and(|parent| self.hidden[parent]) {
                self.hidden[place] |= self.split.present(place);
            }
        }
    }

    /// Hidden from readers who have seen earlier snapshots.
    fn veiled(&self, place: usize) -> bool {
        self.hidden[place] && !self.known[place]
    }

    /// A region that could be hidden from them.
    fn open_to_hiding(&self, place: usize) -> bool {
        !self.known[place] && self.split.present(place)
    }

    fn children(&self, place: usize) -> &[usize] {
        self.tree.children(place, self.split.finest)
    }

    /// A hidden region whose parts are all shown is their sum: one of them is hidden too.
    fn open(&mut self, place: usize) {
        for step in self.choice(place).path {
            self.hidden[step] = true;
        }
    }

    /// Hides regions under a shown one until what is hidden there is safe, at last itself.
    fn mend(&mut self, place: usize) {
        if !self.children(place).iter().any(|child| self.veiled(*child)) {
            return;
        }
        loop {
            let hiding = self.hiding(place);
            if hiding.holds() {
                return;
            }
            let Some(choice) = self.choose(place, &hiding) else { break };
            for step in choice.path {
                self.hidden[step] = true;
            }
        }
        self.hidden[place] = true;
    }

    /// What is hidden under a shown region.
    fn hiding(&self, place: usize) -> Hiding<'_> {
        let pool = Pool::new(self.split, self.k);
        let due = self.moved[place];
        let mut hiding = Hiding { all: pool.clone(), fresh: pool, kept: false, due };
        for child in self.children(place) {
            if self.veiled(*child) {
                self.collect(*child, &mut hiding);
            }
        }
        hiding
    }

    /// Adds a hidden region and all hidden ones reached through it; returns its leaves.
    fn collect(&self, place: usize, to: &mut Hiding<'_>) -> Vec<usize> {
        if !self.split.present(place) {
            return Vec::new();
        }
        let hidden = |child: &usize| self.veiled(*child) && self.split.present(*child);
        let inside: Vec<usize> = self.children(place).iter().copied().filter(hidden).collect();
        let leaves = if inside.is_empty() {
            vec![place]
        } else {
            inside.iter().flat_map(|child| self.collect(*child, to)).collect()
        };
        to.add(&leaves, self.sensitive[place], inside.is_empty(), self.kept[place]);
        leaves
    }

    /// The child to hide next: the lightest that is enough by itself, or the one that helps most.
    fn choose(&self, place: usize, hiding: &Hiding<'_>) -> Option<Choice> {
        let open = |child: &&usize| !self.hidden[**child] && self.open_to_hiding(**child);
        let mut choices: Vec<Choice> =
            self.children(place).iter().filter(open).map(|child| self.choice(*child)).collect();
        choices.sort_by_key(|choice| (choice.weight, choice.path[0]));
        let enough = |choice: &Choice| {
            let mut larger = hiding.clone();
            for step in &choice.path {
                let leaf = choice.leaves.contains(step);
                let leaves = if leaf { std::slice::from_ref(step) } else { &choice.leaves[..] };
                larger.add(leaves, self.sensitive[*step], leaf, self.kept[*step]);
            }
            larger.holds()
        };
        if let Some(at) = choices.iter().position(enough) {
            return Some(choices.swap_remove(at));
        }
        let best = (0..choices.len())
            .max_by_key(|at| (hiding.all.helps(&choices[*at].leaves), std::cmp::Reverse(*at)))?;
        Some(choices.swap_remove(best))
    }

    /// What hiding a region means: itself, and down to a region without hidden ones inside.
    fn choice(&self, place: usize) -> Choice {
        let mut choice =
            Choice { leaves: Vec::new(), path: Vec::new(), weight: self.split.weight(place) };
        self.walk(place, &mut choice);
        choice
    }

    fn walk(&self, place: usize, choice: &mut Choice) {
        choice.path.push(place);
        let present = |child: &&usize| self.open_to_hiding(**child);
        let inside: Vec<usize> = self.children(place).iter().filter(present).copied().collect();
        let hidden: Vec<usize> =
            inside.iter().copied().filter(|child| self.hidden[*child]).collect();
        if self.split.takes_along {
            inside.iter().for_each(|child| self.walk(*child, choice));
        } else if !hidden.is_empty() {
            hidden.iter().for_each(|child| self.walk(*child, choice));
        } else {
            // The lightest that still has room for k, or the heaviest.
            let key = |child: &usize| (self.split.weight(*child), *child);
            let roomy = inside.iter().filter(|child| self.split.weight(**child) >= 2 * self.k);
            let next = roomy
                .min_by_key(|c| key(c))
                .or_else(|| inside.iter().max_by_key(|child| self.split.weight(**child)));
            match next {
                Some(next) => self.walk(*next, choice),
                None => choice.leaves.push(place),
            }
            return;
        }
        if inside.is_empty() {
            choice.leaves.push(place);
        }
    }

    /// By region: what is said although the group is hidden. Where nobody of a part is left in
    /// what is hidden together, zero is said; where nobody else is left, the part is its whole, and
    /// is said where the whole is: where no `outer` group hides it.
    pub(super) fn told(&self, outer: &[bool]) -> Vec<u32> {
        let mut told = vec![0; self.tree.len()];
        for place in 0..self.tree.len() {
            let of_children = if self.veiled(place) { told[place] } else { self.left_over(place) };
            for child in self.tree.children(place, self.split.finest) {
                if self.hidden[*child] {
                    told[*child] = of_children;
                }
            }
        }
        let whole_hidden = told.iter_mut().zip(outer).filter(|(_, outer)| **outer);
        whole_hidden.for_each(|(told, _)| *told &= 0x0f0f_0f0f);
        told
    }

    fn left_over(&self, place: usize) -> u32 {
        let any = self.children(place).iter().any(|child| self.veiled(*child));
        if any { self.hiding(place).all.told() } else { 0 }
    }
}
