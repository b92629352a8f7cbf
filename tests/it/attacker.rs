//! An attacker who reads every answer of the server: what is the least and the most that a number
//! can be, which is not shown, given all that is? Linear programming over all numbers at once, with
//! all that is known of how they hang together; and the same over two snapshots.

use std::collections::{BTreeMap, BTreeSet};

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};
use tepat::domain::{Level, RegionCode, Registry};
use tepat::snapshot::Snapshot;

/// A number that the attacker thinks about: of which snapshot, which region, what.
pub type Name = (u8, RegionCode, String);
pub type Known = BTreeMap<Name, f64>;

/// `low <= sum of numbers <= high`.
#[derive(Clone, Debug)]
pub struct Relation {
    pub terms: Vec<(Name, f64)>,
    pub low: f64,
    pub high: f64,
}

pub const FREE: f64 = f64::INFINITY;

impl Relation {
    pub fn new(terms: Vec<(Name, f64)>, low: f64, high: f64) -> Self {
        Self { terms, low, high }
    }
}

/// The true numbers, by name.
pub fn truth(snapshot: &Snapshot, at: u8) -> Known {
    let mut all = Known::new();
    for row in &snapshot.regions {
        let c = &row.counts;
        let mut say = |what: &str, n: u64| all.insert((at, row.code, what.to_owned()), n as f64);
        say("F", c.n_families);
        say("P", c.n_persons);
        say("ranked", c.n_persons_ranked);
        say("poor", c.n_poor_persons);
        say("extreme", c.n_extreme_persons);
        say("extreme_f", c.n_extreme_families);
        for (n, families) in c.families_by_programmes.iter().enumerate() {
            say(&format!("f{n}"), *families);
        }
        if row.code.level() < Level::Desa {
            say("ppks", c.n_ppks);
        }
        say("point", c.n_by_point);
        say("code", c.n_by_code);
        say("both", c.n_both);
        say("agree", c.n_agree);
        for (i, p) in snapshot.manifest.programmes.enabled() {
            let sums = c.programmes[i];
            say(&format!("E {}", p.id), sums.eligible);
            say(&format!("C {}", p.id), sums.covered);
            say(&format!("R {}", p.id), sums.recipients);
        }
        for a in Registry::ALL {
            let m = snapshot.matching_of(row.code, a).copied().unwrap_or_default();
            for (column, n) in tepat::domain::MatchCounts::COLUMNS.iter().zip(m.values()) {
                say(&format!("{} {column}", a.slug()), n);
            }
            say(&format!("{} linked", a.slug()), m.linked());
            for b in Registry::ALL.into_iter().filter(|b| *b >= a) {
                let name = format!("{}+{}", a.slug(), b.slug());
                say(&name, snapshot.overlap(row.code, a, b));
            }
        }
    }
    for row in &snapshot.regions {
        let c = snapshot.conflicts_of(row.code).copied().unwrap_or_default();
        let mut say = |what: &str, n: u64| all.insert((at, row.code, what.to_owned()), n as f64);
        say("stated", c.both());
        say("differ", c.differ());
        for (n, families) in c.values().into_iter().enumerate().skip(1) {
            say(&format!("level{n}"), families);
        }
    }
    all
}

/// What holds between the numbers of a snapshot, whatever they are.
pub fn relations(snapshot: &Snapshot, at: u8) -> Vec<Relation> {
    let mut all = Vec::new();
    let names: BTreeSet<String> = truth(snapshot, at).into_keys().map(|name| name.2).collect();
    for row in &snapshot.regions {
        let name = |what: &str| (at, row.code, what.to_owned());
        if let Some(level) = row.code.level().child() {
            for what in &names {
                if what == "ppks" && level == Level::Desa {
                    continue;
                }
                let mut terms = vec![(name(what), -1.0)];
                let children = snapshot.inside(row.code, level);
                terms.extend(children.map(|child| ((at, child.code, what.clone()), 1.0)));
                all.push(Relation::new(terms, 0.0, 0.0));
            }
        }
        let mut is = |terms: &[(&str, f64)], low: f64, high: f64| {
            let terms = terms.iter().map(|(what, by)| (name(what), *by)).collect();
            all.push(Relation::new(terms, low, high));
        };
        welfare(&mut is);
        programmes(snapshot, &mut is);
        linkage(&mut is);
    }
    all
}

type Say<'a> = &'a mut dyn FnMut(&[(&str, f64)], f64, f64);

/// No family has more members.
const LARGEST: f64 = 20.0;

fn welfare(is: Say<'_>) {
    is(&[("F", 1.0)], 1.0, FREE);
    for (less, more) in [
        ("F", "P"),
        ("ranked", "P"),
        ("poor", "ranked"),
        ("extreme", "poor"),
        ("extreme_f", "extreme"),
        ("extreme_f", "F"),
        ("both", "point"),
        ("agree", "both"),
        ("ppks", "P"),
    ] {
        is(&[(more, 1.0), (less, -1.0)], 0.0, FREE);
    }
    is(&[("F", LARGEST), ("P", -1.0)], 0.0, FREE);
    is(&[("extreme_f", LARGEST), ("extreme", -1.0)], 0.0, FREE);
    is(&[("point", 1.0), ("code", 1.0), ("F", -1.0)], 0.0, 0.0);
    is(&[("f0", 1.0), ("f1", 1.0), ("f2", 1.0), ("f3", 1.0), ("F", -1.0)], 0.0, 0.0);
    is(&[("agree", 1.0), ("differ", 1.0), ("stated", -1.0)], 0.0, 0.0);
    let levels = [("level1", 1.0), ("level2", 1.0), ("level3", 1.0), ("level4", 1.0)];
    is(&[&levels[..], &[("differ", -1.0)]].concat(), 0.0, 0.0);
}

fn programmes(snapshot: &Snapshot, is: Say<'_>) {
    let set = &snapshot.manifest.programmes;
    let mut received: Vec<(String, f64)> = Vec::new();
    for (_, p) in set.enabled() {
        let person = p.unit == tepat::domain::ProgrammeUnit::Person;
        let whole = if person { "P" } else { "F" };
        let [e, c, r] = ["E", "C", "R"].map(|what| format!("{what} {}", p.id));
        is(&[(whole, 1.0), (&e, -1.0)], 0.0, FREE);
        is(&[(&e, 1.0), (&c, -1.0)], 0.0, FREE);
        is(&[(&r, 1.0), (&c, -1.0)], 0.0, FREE);
        is(&[(whole, 1.0), (&e, -1.0), (&r, -1.0), (&c, 1.0)], 0.0, FREE);
        received.push((r, if person { 1.0 } else { 0.0 }));
    }
    for (part, whole) in [("pkh", "sembako"), ("pip", "pbi_jkn"), ("kjs", "pbi_jkn")] {
        let [part, whole] = [part, whole].map(|id| format!("E {id}"));
        is(&[(&whole, 1.0), (&part, -1.0)], 0.0, FREE);
    }
    // A family with two programmes is among the recipients of two.
    let by_number = [("f1", -1.0), ("f2", -2.0), ("f3", -3.0)];
    let all = received.iter().map(|(r, _)| (r.as_str(), 1.0));
    is(&by_number.into_iter().chain(all).collect::<Vec<_>>(), 0.0, FREE);
    let most = received.len() as f64;
    let by_number = [("f1", 1.0), ("f2", 2.0), ("f3", most)];
    let least = |(r, person): &(String, f64)| {
        (r.clone(), if *person > 0.0 { -1.0 / LARGEST } else { -1.0 })
    };
    let all: Vec<(String, f64)> = received.iter().map(least).collect();
    let all = all.iter().map(|(r, by)| (r.as_str(), *by));
    is(&by_number.into_iter().chain(all).collect::<Vec<_>>(), 0.0, FREE);
}

fn linkage(is: Say<'_>) {
    for registry in Registry::ALL {
        let of = |column: &str| format!("{} {column}", registry.slug());
        let sum = |parts: &[&str], whole: &str| -> Vec<(String, f64)> {
            let parts = parts.iter().map(|part| (of(part), 1.0));
            parts.chain([(of(whole), -1.0)]).collect()
        };
        let lost = ["linked", "pending", "no_nik", "not_found", "contradicted", "ambiguous"];
        for terms in [sum(&["by_nik", "by_score", "by_review"], "linked"), sum(&lost, "rows")] {
            let terms: Vec<(&str, f64)> = terms.iter().map(|(n, by)| (n.as_str(), *by)).collect();
            is(&terms, 0.0, 0.0);
        }
        is(&[(&of("rows"), 1.0), (&of("duplicates"), -1.0)], 0.0, FREE);
        for conflict in ["conflict_name", "conflict_sex", "conflict_birth", "conflict_region"] {
            is(&[(&of("linked"), 1.0), (&of(conflict), -1.0)], 0.0, FREE);
        }
    }
    is(&[("regsosek rows", 1.0), ("P", -1.0)], 0.0, 0.0);
    let pair = |a: Registry, b: Registry| format!("{}+{}", a.min(b).slug(), a.max(b).slug());
    for a in Registry::ALL {
        for b in Registry::ALL.into_iter().filter(|b| *b != a) {
            is(&[(&pair(a, a), 1.0), (&pair(a, b), -1.0)], 0.0, FREE);
            for c in Registry::ALL.into_iter().filter(|c| *c > b && *c != a) {
                let (ab, ac, bc) = (pair(a, b), pair(a, c), pair(b, c));
                let own = pair(a, a);
                is(&[(&own, 1.0), (&ab, -1.0), (&ac, -1.0), (&bc, 1.0)], 0.0, FREE);
            }
        }
    }
}

/// What an attacker finds out about a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub low: f64,
    pub high: f64,
}

/// All that hangs together with hidden numbers.
pub struct Attack {
    names: Vec<Name>,
    places: BTreeMap<Name, usize>,
    /// Terms in places, bounds less what is known.
    relations: Vec<(Vec<(usize, f64)>, f64, f64)>,
    /// By number: its part of the whole, and the relations of each part.
    part: Vec<usize>,
    parts: BTreeMap<usize, (Vec<usize>, Vec<usize>)>,
}

impl Attack {
    pub fn new(known: &Known, truth: &Known, relations: &[Relation]) -> Self {
        let names: Vec<Name> =
            truth.keys().filter(|name| !known.contains_key(name)).cloned().collect();
        let places: BTreeMap<Name, usize> =
            names.iter().cloned().enumerate().map(|(i, name)| (name, i)).collect();
        let mut folded = Vec::new();
        let mut root: Vec<usize> = (0..names.len()).collect();
        for relation in relations {
            let (mut merged, mut sum) = (BTreeMap::<usize, f64>::new(), 0.0);
            for (name, by) in &relation.terms {
                match (known.get(name), places.get(name)) {
                    (Some(value), _) => sum += by * value,
                    (None, Some(place)) => *merged.entry(*place).or_default() += by,
                    (None, None) => {}
                }
            }
            let terms: Vec<(usize, f64)> =
                merged.into_iter().filter(|(_, by)| *by != 0.0).collect();
            if let Some((first, _)) = terms.first().copied() {
                for (other, _) in &terms {
                    let (a, b) = (top(&mut root, first), top(&mut root, *other));
                    root[a] = b;
                }
                folded.push((terms, relation.low - sum, relation.high - sum));
            }
        }
        let part: Vec<usize> = (0..names.len()).map(|i| top(&mut root, i)).collect();
        let mut parts: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (i, part) in part.iter().enumerate() {
            parts.entry(*part).or_default().0.push(i);
        }
        for (i, (terms, _, _)) in folded.iter().enumerate() {
            parts.entry(part[terms[0].0]).or_default().1.push(i);
        }
        Self { names, places, relations: folded, part, parts }
    }

    pub fn hidden(&self) -> &[Name] {
        &self.names
    }

    /// Least and most of a sum of numbers, `None` where nothing of it is hidden.
    pub fn bounds(&self, terms: &[(Name, f64)], known: &Known) -> Option<Bounds> {
        let hidden: Vec<(usize, f64)> =
            terms.iter().filter_map(|(name, by)| Some((*self.places.get(name)?, *by))).collect();
        if hidden.is_empty() {
            return None;
        }
        let shown: f64 = terms.iter().filter_map(|(name, by)| Some(known.get(name)? * by)).sum();
        let end = |direction| self.solve(&hidden, direction) + shown;
        let low = end(OptimizationDirection::Minimize);
        Some(Bounds { low, high: end(OptimizationDirection::Maximize) })
    }

    fn solve(&self, goal: &[(usize, f64)], direction: OptimizationDirection) -> f64 {
        let wanted: BTreeSet<usize> = goal.iter().map(|(place, _)| self.part[*place]).collect();
        let mut problem = Problem::new(direction);
        let mut variables: BTreeMap<usize, Variable> = BTreeMap::new();
        for part in &wanted {
            for place in &self.parts[part].0 {
                let by: f64 = goal.iter().filter(|(p, _)| p == place).map(|(_, by)| by).sum();
                variables.insert(*place, problem.add_var(by, (0.0, 1e6)));
            }
            for relation in &self.parts[part].1 {
                let (terms, low, high) = &self.relations[*relation];
                let terms: Vec<(Variable, f64)> =
                    terms.iter().map(|(place, by)| (variables[place], *by)).collect();
                if low == high {
                    problem.add_constraint(&terms, ComparisonOp::Eq, *low);
                    continue;
                }
                if low.is_finite() {
                    problem.add_constraint(&terms, ComparisonOp::Ge, *low);
                }
                if high.is_finite() {
                    problem.add_constraint(&terms, ComparisonOp::Le, *high);
                }
            }
        }
        let solution = problem.solve().unwrap().into_solution().unwrap();
        solution.objective()
    }
}

fn top(root: &mut [usize], mut place: usize) -> usize {
    while root[place] != place {
        root[place] = root[root[place]];
        place = root[place];
    }
    place
}
