//! What an attacker knows before reading anything: which numbers there are of every region of a
//! snapshot, and how they hang together whatever they are. Numbers go by name, so that what a page
//! says and what a relation asks meet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tepat::domain::{IndicatorId, Level, MatchCounts, ProgrammeUnit, RegionCode, Registry};
use tepat::snapshot::Snapshot;

/// A number that the attacker thinks about: of which snapshot, which region, what.
pub type Name = (u8, RegionCode, &'static str);
pub type Known = BTreeMap<Name, f64>;

pub const FREE: f64 = f64::INFINITY;

/// `low <= sum of numbers <= high`.
#[derive(Clone, Debug)]
pub struct Relation {
    pub terms: Vec<(Name, f64)>,
    pub low: f64,
    pub high: f64,
    /// The kind of knowledge that it is.
    pub why: &'static str,
}

impl Relation {
    pub fn new(why: &'static str, terms: Vec<(Name, f64)>, low: f64, high: f64) -> Self {
        Self { terms, low, high, why }
    }
}

/// One and the same text for all names of one kind: half a million of them are small then.
pub fn word(text: &str) -> &'static str {
    static ALL: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap();
    if let Some(known) = all.get(text) {
        return known;
    }
    let new: &'static str = Box::leak(text.to_owned().into_boxed_str());
    all.insert(new);
    new
}

pub fn pair(a: Registry, b: Registry) -> &'static str {
    word(&format!("{}+{}", a.min(b).slug(), a.max(b).slug()))
}

/// Every region that a table of the snapshot speaks of.
pub fn regions(snapshot: &Snapshot) -> BTreeSet<RegionCode> {
    let codes = snapshot.regions.iter().map(|row| row.code);
    let codes = codes.chain(snapshot.matching.iter().map(|row| row.code));
    let codes = codes.chain(snapshot.overlaps.iter().map(|row| row.code));
    codes.chain(snapshot.conflicts.iter().map(|row| row.code)).collect()
}

/// The true numbers, by name.
pub fn truth(snapshot: &Snapshot, at: u8) -> Known {
    let mut all = Known::new();
    for code in regions(snapshot) {
        for (what, sum) in depth(snapshot, code) {
            all.insert((at, code, what), sum);
        }
        let mut say = |what: &str, n: u64| {
            all.insert((at, code, word(what)), n as f64);
        };
        of_families(snapshot, code, &mut say);
        for a in Registry::ALL {
            let m = snapshot.matching_of(code, a).copied().unwrap_or_default();
            for (column, n) in MatchCounts::COLUMNS.iter().zip(m.values()) {
                say(&format!("{} {column}", a.slug()), n);
            }
            say(&format!("{} linked", a.slug()), m.linked());
            for b in Registry::ALL.into_iter().filter(|b| *b >= a) {
                say(pair(a, b), snapshot.overlap(code, a, b));
            }
        }
        let c = snapshot.conflicts_of(code).copied().unwrap_or_default();
        say("stated", c.both());
        say("same", c.desa);
        say("differ", c.differ());
        for (n, families) in c.values().into_iter().enumerate().skip(1) {
            say(&format!("level{n}"), families);
        }
    }
    all
}

/// The sums behind P1 and P2, in persons.
fn depth(snapshot: &Snapshot, code: RegionCode) -> [(&'static str, f64); 2] {
    let of = |id| {
        let counts = snapshot.region(code).filter(|counts| counts.n_persons_ranked > 0);
        let rate = counts.and_then(|c| tepat::indicators::value(id, c)).unwrap_or(0.0);
        rate * counts.map_or(0.0, |c| c.n_persons_ranked as f64)
    };
    [("gap", of(IndicatorId::Gap)), ("square", of(IndicatorId::Severity))]
}

fn of_families(snapshot: &Snapshot, code: RegionCode, say: &mut dyn FnMut(&str, u64)) {
    let none = tepat::domain::RegionCounts::zero(snapshot.manifest.programmes.len());
    let c = snapshot.region(code).unwrap_or(&none);
    say("F", c.n_families);
    say("P", c.n_persons);
    say("ranked", c.n_persons_ranked);
    say("poor", c.n_poor_persons);
    say("extreme", c.n_extreme_persons);
    say("extreme_f", c.n_extreme_families);
    for (n, families) in c.families_by_programmes.iter().enumerate() {
        say(&format!("f{n}"), *families);
    }
    if code.level() < Level::Desa {
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
}

/// A relation that holds in every region alike.
struct Everywhere {
    terms: Vec<(&'static str, f64)>,
    low: f64,
    high: f64,
    why: &'static str,
}

/// What holds between the numbers of a snapshot, whatever they are: region by region, and between
/// a region and what is inside it.
pub fn relations(snapshot: &Snapshot, at: u8) -> impl Iterator<Item = Relation> {
    let codes = regions(snapshot);
    let names: BTreeSet<&'static str> = truth_words(snapshot);
    let everywhere = everywhere(snapshot);
    let mut inside: BTreeMap<RegionCode, Vec<RegionCode>> = BTreeMap::new();
    for code in &codes {
        if let Some(parent) = code.parent() {
            inside.entry(parent).or_default().push(*code);
        }
    }
    let with_families: BTreeSet<RegionCode> = snapshot
        .regions
        .iter()
        .filter(|row| row.counts.n_families > 0)
        .map(|row| row.code)
        .collect();
    codes.into_iter().flat_map(move |code| {
        let children = inside.remove(&code).unwrap_or_default();
        let finest = children.first().is_some_and(|child| child.level() == Level::Desa);
        let sums = names.iter().filter(|what| !(finest && **what == "ppks")).map(|what| {
            let mut terms = vec![((at, code, *what), -1.0)];
            terms.extend(children.iter().map(|child| ((at, *child, *what), 1.0)));
            Relation::new("sum", terms, 0.0, 0.0)
        });
        let mut all: Vec<Relation> = if children.is_empty() { Vec::new() } else { sums.collect() };
        let here = everywhere.iter().map(|of| {
            let terms = of.terms.iter().map(|(what, by)| ((at, code, *what), *by)).collect();
            Relation::new(of.why, terms, of.low, of.high)
        });
        all.extend(here);
        if with_families.contains(&code) {
            // That there are figures of a region says that somebody is in it.
            all.push(Relation::new("somebody", vec![((at, code, "F"), 1.0)], 1.0, FREE));
        }
        all
    })
}

fn truth_words(snapshot: &Snapshot) -> BTreeSet<&'static str> {
    let mut nation = snapshot.clone();
    nation.regions.truncate(1);
    nation.matching.clear();
    nation.overlaps.clear();
    nation.conflicts.clear();
    truth(&nation, 0).into_keys().map(|name| name.2).collect()
}

fn everywhere(snapshot: &Snapshot) -> Vec<Everywhere> {
    let mut all = Vec::new();
    let mut is = |why: &'static str, terms: &[(&str, f64)], low: f64, high: f64| {
        let terms = terms.iter().map(|(what, by)| (word(what), *by)).collect();
        all.push(Everywhere { terms, low, high, why });
    };
    welfare(&mut is);
    programmes(snapshot, &mut is);
    linkage(&mut is);
    all
}

type Say<'a> = &'a mut dyn FnMut(&'static str, &[(&str, f64)], f64, f64);

/// No family has more members.
const LARGEST: f64 = 20.0;

fn welfare(is: Say<'_>) {
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
        ("gap", "poor"),
        ("square", "gap"),
    ] {
        is("part", &[(more, 1.0), (less, -1.0)], 0.0, FREE);
    }
    // The extreme poor of the small population are three tenths below the line at least, the other
    // poor at most.
    is("gap", &[("gap", 1.0), ("extreme", -0.3)], -1e-6, FREE);
    is("gap", &[("poor", 0.3), ("extreme", 0.7), ("gap", -1.0)], -1e-6, FREE);
    is("size", &[("F", LARGEST), ("P", -1.0)], 0.0, FREE);
    is("size", &[("extreme_f", LARGEST), ("extreme", -1.0)], 0.0, FREE);
    is("whole", &[("point", 1.0), ("code", 1.0), ("F", -1.0)], 0.0, 0.0);
    is("whole", &[("f0", 1.0), ("f1", 1.0), ("f2", 1.0), ("f3", 1.0), ("F", -1.0)], 0.0, 0.0);
    is("whole", &[("same", 1.0), ("differ", 1.0), ("stated", -1.0)], 0.0, 0.0);
    // Placed by a point and stated by a code are the same desa for them.
    is("whole", &[("same", 1.0), ("agree", -1.0)], 0.0, 0.0);
    let levels = [("level1", 1.0), ("level2", 1.0), ("level3", 1.0), ("level4", 1.0)];
    is("whole", &[&levels[..], &[("differ", -1.0)]].concat(), 0.0, 0.0);
}

fn programmes(snapshot: &Snapshot, is: Say<'_>) {
    let set = &snapshot.manifest.programmes;
    let mut received: Vec<(String, f64)> = Vec::new();
    for (_, p) in set.enabled() {
        let person = p.unit == ProgrammeUnit::Person;
        let whole = if person { "P" } else { "F" };
        let [e, c, r] = ["E", "C", "R"].map(|what| format!("{what} {}", p.id));
        is("part", &[(whole, 1.0), (&e, -1.0)], 0.0, FREE);
        is("part", &[(&e, 1.0), (&c, -1.0)], 0.0, FREE);
        is("part", &[(&r, 1.0), (&c, -1.0)], 0.0, FREE);
        is("neither", &[(whole, 1.0), (&e, -1.0), (&r, -1.0), (&c, 1.0)], 0.0, FREE);
        let families = if person { 1.0 / LARGEST } else { 1.0 };
        // Whoever receives it is of a family with one programme at least.
        let reached = [("f1", 1.0), ("f2", 1.0), ("f3", 1.0), (r.as_str(), -families)];
        is("reached", &reached, 0.0, FREE);
        received.push((r, families));
    }
    for (part, whole) in [("pkh", "sembako"), ("pip", "pbi_jkn"), ("kjs", "pbi_jkn")] {
        let [part, whole] = [part, whole].map(|id| format!("E {id}"));
        is("rule", &[(&whole, 1.0), (&part, -1.0)], 0.0, FREE);
    }
    // A family with two programmes is among the recipients of two.
    let by_number = [("f1", -1.0), ("f2", -2.0), ("f3", -3.0)];
    let all = received.iter().map(|(r, _)| (r.as_str(), 1.0));
    is("at least", &by_number.into_iter().chain(all).collect::<Vec<_>>(), 0.0, FREE);
    let most = received.len() as f64;
    let by_number = [("f1", 1.0), ("f2", 2.0), ("f3", most)];
    let all = received.iter().map(|(r, families)| (r.as_str(), -families));
    is("at most", &by_number.into_iter().chain(all).collect::<Vec<_>>(), 0.0, FREE);
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
            is("whole", &terms, 0.0, 0.0);
        }
        is("remark", &[(&of("rows"), 1.0), (&of("duplicates"), -1.0)], 0.0, FREE);
        for conflict in ["conflict_name", "conflict_sex", "conflict_birth", "conflict_region"] {
            is("remark", &[(&of("linked"), 1.0), (&of(conflict), -1.0)], 0.0, FREE);
        }
    }
    is("base", &[("regsosek rows", 1.0), ("P", -1.0)], 0.0, 0.0);
    // A person can have several rows, never fewer than one.
    for registry in Registry::ALL {
        let rows = format!("{} rows", registry.slug());
        is("distinct", &[(&rows, 1.0), (pair(registry, registry), -1.0)], 0.0, FREE);
        if registry != Registry::Regsosek {
            let linked = format!("{} linked", registry.slug());
            is(
                "distinct",
                &[(&linked, 1.0), (pair(Registry::Regsosek, registry), -1.0)],
                0.0,
                FREE,
            );
        }
    }
    for a in Registry::ALL {
        for b in Registry::ALL.into_iter().filter(|b| *b != a) {
            is("pair", &[(pair(a, a), 1.0), (pair(a, b), -1.0)], 0.0, FREE);
            for c in Registry::ALL.into_iter().filter(|c| *c > b && *c != a) {
                let [ab, ac, bc] = [pair(a, b), pair(a, c), pair(b, c)];
                let own = pair(a, a);
                is("triangle", &[(own, 1.0), (ab, -1.0), (ac, -1.0), (bc, 1.0)], 0.0, FREE);
            }
        }
    }
}
