//! An attacker who has read everything: what is the least and the most that a number can be, which
//! is not shown, given all that is? Linear programming over all numbers at once, made small enough
//! for millions of families: numbers far from the one that is asked for are held at what they
//! truly are until the answer could depend on them.
//!
//! Holding a number at its true value takes possibilities away from the real ones, never adds any:
//! what can be reached so can be reached. So a number that is seen to reach the ends of its
//! protection interval is proven safe. And where no relation that is tight at the best point found
//! knows a number that was held, that point is the best of the whole problem (the direction to a
//! better one would be open inside the small problem too): so bounds that are told are exact.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use super::between::{Known, Name, Relation};

/// What an attacker finds out about a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub low: f64,
    pub high: f64,
    /// False where the search was given up: the real bounds may lie further apart.
    pub exact: bool,
}

/// Terms in places, and bounds less what is known.
struct Folded {
    terms: Vec<(usize, f64)>,
    low: f64,
    high: f64,
    why: &'static str,
}

/// All that hangs together with hidden numbers.
pub struct Attack {
    names: Vec<Name>,
    places: HashMap<Name, usize>,
    truth: Vec<f64>,
    known: Known,
    relations: Vec<Folded>,
    /// By number: the relations that speak of it.
    of: Vec<Vec<usize>>,
    /// Relations that do not hold in the data, by kind: nobody may rely on them.
    pub broken: BTreeMap<&'static str, usize>,
}

/// No number is thought to lie further from what it is: who knows that knows more than any reader.
const FAR: f64 = 200.0;
/// More numbers than that in one problem, and the search is given up.
const LARGEST: usize = 40_000;
const CLOSE: f64 = 1e-5;

impl Attack {
    /// Takes what is known of `truth`, and all relations between its numbers.
    pub fn new(
        known: &Known,
        truth: &Known,
        relations: impl IntoIterator<Item = Relation>,
    ) -> Self {
        let hidden = truth.iter().filter(|(name, _)| !known.contains_key(*name));
        let (names, values): (Vec<Name>, Vec<f64>) = hidden.map(|(n, v)| (*n, *v)).unzip();
        let places = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let of = vec![Vec::new(); names.len()];
        let mut attack = Self {
            names,
            places,
            truth: values,
            known: known.clone(),
            relations: Vec::new(),
            of,
            broken: BTreeMap::new(),
        };
        relations.into_iter().for_each(|relation| attack.fold(&relation));
        attack
    }

    fn fold(&mut self, relation: &Relation) {
        let (mut merged, mut sum) = (BTreeMap::<usize, f64>::new(), 0.0);
        for (name, by) in &relation.terms {
            match self.places.get(name) {
                Some(place) => *merged.entry(*place).or_default() += by,
                None => sum += by * self.known.get(name).copied().unwrap_or(0.0),
            }
        }
        let terms: Vec<(usize, f64)> = merged.into_iter().filter(|(_, by)| *by != 0.0).collect();
        if terms.is_empty() {
            return;
        }
        let of =
            Folded { low: relation.low - sum, high: relation.high - sum, why: relation.why, terms };
        let true_sum: f64 = of.terms.iter().map(|(place, by)| self.truth[*place] * by).sum();
        if true_sum < of.low - CLOSE || true_sum > of.high + CLOSE {
            *self.broken.entry(of.why).or_default() += 1;
            return;
        }
        let at = self.relations.len();
        of.terms.iter().for_each(|(place, _)| self.of[*place].push(at));
        self.relations.push(of);
    }

    pub fn hidden(&self) -> &[Name] {
        &self.names
    }

    /// What a hidden number truly is.
    pub fn truth(&self, name: &Name) -> f64 {
        self.truth[self.places[name]]
    }

    /// The kinds of relations that speak of hidden numbers.
    pub fn kinds(&self) -> BTreeSet<&'static str> {
        self.relations.iter().map(|relation| relation.why).collect()
    }

    /// Least and most of a sum of numbers, `None` where nothing of it is hidden. The search ends
    /// where it has passed both ends of `enough`.
    pub fn bounds(&self, terms: &[(Name, f64)], enough: (f64, f64)) -> Option<Bounds> {
        self.bounds_without(terms, enough, &[])
    }

    /// The same for an attacker who does not know some kinds of relations.
    pub fn bounds_without(
        &self,
        terms: &[(Name, f64)],
        enough: (f64, f64),
        unknown: &[&str],
    ) -> Option<Bounds> {
        let mut goal = BTreeMap::<usize, f64>::new();
        let mut shown = 0.0;
        for (name, by) in terms {
            match self.places.get(name) {
                Some(place) => *goal.entry(*place).or_default() += by,
                None => shown += by * self.known.get(name)?,
            }
        }
        if goal.is_empty() {
            return None;
        }
        let end = |direction, wish: f64| {
            let mut search = Search { of: self, goal: &goal, unknown, ball: BTreeSet::new() };
            search.run(direction, wish - shown)
        };
        let (low, left) = end(OptimizationDirection::Minimize, enough.0);
        let (high, right) = end(OptimizationDirection::Maximize, enough.1);
        Some(Bounds { low: low + shown, high: high + shown, exact: left && right })
    }
}

/// One end of one number.
struct Search<'a> {
    of: &'a Attack,
    goal: &'a BTreeMap<usize, f64>,
    unknown: &'a [&'a str],
    /// The numbers that are not held.
    ball: BTreeSet<usize>,
}

impl Search<'_> {
    /// The end, and whether it is exact: reached because the real end lies no nearer, or because it
    /// is beyond the wish.
    fn run(&mut self, direction: OptimizationDirection, wish: f64) -> (f64, bool) {
        self.ball.extend(self.goal.keys());
        self.grow(&self.goal.keys().copied().map(|p| (p, self.of.truth[p])).collect());
        loop {
            let point = self.solve(direction, wish);
            let value: f64 = self.goal.iter().map(|(place, by)| point[place] * by).sum();
            let passed = match direction {
                OptimizationDirection::Minimize => value <= wish + CLOSE,
                OptimizationDirection::Maximize => value >= wish - CLOSE,
            };
            if passed || !self.grow(&point) {
                return (value, true);
            }
            if self.ball.len() > LARGEST {
                return (value, false);
            }
        }
    }

    fn relations(&self) -> BTreeSet<usize> {
        let of = |place: &usize| self.of.of[*place].iter().copied();
        let known = |at: &usize| !self.unknown.contains(&self.of.relations[*at].why);
        self.ball.iter().flat_map(of).filter(known).collect()
    }

    /// Lets go of the numbers that a relation speaks of which is tight at this point. False where
    /// there are none.
    fn grow(&mut self, point: &BTreeMap<usize, f64>) -> bool {
        let before = self.ball.len();
        for at in self.relations() {
            let relation = &self.of.relations[at];
            let value = |place: &usize| point.get(place).copied().unwrap_or(self.of.truth[*place]);
            let sum: f64 = relation.terms.iter().map(|(place, by)| value(place) * by).sum();
            if sum <= relation.low + CLOSE || sum >= relation.high - CLOSE {
                self.ball.extend(relation.terms.iter().map(|(place, _)| place));
            }
        }
        self.ball.len() > before
    }

    /// The best point with everything else held. Numbers are moved away from what they truly are,
    /// up and down, so that the solver begins at a point that fits everything.
    fn solve(&self, direction: OptimizationDirection, wish: f64) -> BTreeMap<usize, f64> {
        let mut problem = Problem::new(direction);
        let mut moves: BTreeMap<usize, [Variable; 2]> = BTreeMap::new();
        for place in &self.ball {
            let by = self.goal.get(place).copied().unwrap_or(0.0);
            let down = self.of.truth[*place].min(FAR);
            let both = [problem.add_var(by, (0.0, FAR)), problem.add_var(-by, (0.0, down))];
            moves.insert(*place, both);
        }
        let both = |place: &usize, by: f64| {
            let [up, down] = moves[place];
            [(up, by), (down, -by)]
        };
        let goal: Vec<(Variable, f64)> =
            self.goal.iter().flat_map(|(place, by)| both(place, *by)).collect();
        let now: f64 = self.goal.iter().map(|(place, by)| self.of.truth[*place] * by).sum();
        // Beyond the wish nothing is asked.
        match direction {
            OptimizationDirection::Minimize => {
                problem.add_constraint(&goal, ComparisonOp::Ge, (wish - now).min(0.0) - 1.0);
            }
            OptimizationDirection::Maximize => {
                problem.add_constraint(&goal, ComparisonOp::Le, (wish - now).max(0.0) + 1.0);
            }
        }
        for at in self.relations() {
            let relation = &self.of.relations[at];
            let (mut terms, mut sum, mut reach) = (Vec::new(), 0.0, 0.0);
            for (place, by) in &relation.terms {
                sum += self.of.truth[*place] * by;
                if self.ball.contains(place) {
                    terms.extend(both(place, *by));
                    reach += by.abs() * FAR;
                }
            }
            let (low, high) = ((relation.low - sum).min(0.0), (relation.high - sum).max(0.0));
            if low == high {
                problem.add_constraint(&terms, ComparisonOp::Eq, low);
                continue;
            }
            if low > -reach {
                problem.add_constraint(&terms, ComparisonOp::Ge, low);
            }
            if high < reach {
                problem.add_constraint(&terms, ComparisonOp::Le, high);
            }
        }
        let solution = problem.solve().unwrap().into_solution().unwrap();
        let value = |place: &usize, [up, down]: &[Variable; 2]| {
            self.of.truth[*place] + solution.var_value(*up) - solution.var_value(*down)
        };
        moves.iter().map(|(place, moved)| (*place, value(place, moved))).collect()
    }
}
