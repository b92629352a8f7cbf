//! No small number can be worked out from all that is shown: an attacker with linear programming
//! against every page and file of a small and nasty snapshot, and of two.

use std::collections::BTreeMap;

use tepat::disclosure::Release;
use tepat::domain::{Level, RegionCode};
use tepat::snapshot::Snapshot;

use super::attacker::Attack;
use super::between::{Known, Name, Relation, relations, truth, word};
use super::collected::collect;
use super::nasty::{desa, nasty};
use super::shown::shown;
use super::web::serve_release;

pub const K: u64 = 5;

/// A number that must not be found out: what it is made of, its true value, what it is a part of.
pub struct Secret {
    pub terms: Vec<(Name, f64)>,
    pub value: f64,
    pub whole: f64,
}

/// All that are small: the numbers themselves, and what is left of a whole without them.
pub fn secrets(truth: &Known, at: u8) -> Vec<Secret> {
    let mut all = Vec::new();
    let mut add = |terms: Vec<(Name, f64)>, whole: f64| {
        let value: f64 = terms.iter().map(|(name, by)| truth[name] * by).sum();
        if (1.0..K as f64).contains(&value) {
            all.push(Secret { terms, value, whole });
        }
    };
    let mut regions: BTreeMap<RegionCode, Vec<&'static str>> = BTreeMap::new();
    for name in truth.keys().filter(|name| name.0 == at) {
        regions.entry(name.1).or_default().push(name.2);
    }
    for (region, words) in regions {
        let name = |what: &str| (at, region, word(what));
        let of = |what: &str| truth.get(&name(what)).copied().unwrap_or(0.0);
        // Sums behind indices are no counts.
        for what in words.into_iter().filter(|what| !["gap", "square"].contains(what)) {
            // How many are not ranked is said to be no secret; the whole of most numbers is large.
            let whole = match what.split_once(' ') {
                Some(("C", id)) => of(&format!("E {id}")),
                Some((registry, "linked")) => of(&format!("{registry} rows")),
                _ => f64::INFINITY,
            };
            add(vec![(name(what), 1.0)], whole);
            if let Some((a, b)) = what.split_once('+').filter(|(a, b)| a != b) {
                for own in [a, b] {
                    let own = format!("{own}+{own}");
                    let rest = vec![(name(&own), 1.0), (name(what), -1.0)];
                    add(rest, of(&own));
                }
            }
            if let Some(("E", id)) = what.split_once(' ') {
                let [c, r] = ["C", "R"].map(|w| name(&format!("{w} {id}")));
                add(vec![(name(what), 1.0), (c, -1.0)], of(what));
                add(vec![(r, 1.0), (c, -1.0)], f64::INFINITY);
            }
        }
        for (part, whole) in [("poor", "ranked"), ("f0", "F"), ("both", "F"), ("extreme", "poor")] {
            add(vec![(name(whole), 1.0), (name(part), -1.0)], of(whole));
        }
    }
    all
}

/// What came of an attack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub secrets: usize,
    /// Known to the last one.
    pub exact: usize,
    /// Surely not none, or surely fewer than `k` (or than their whole).
    pub close: usize,
    /// Surely somebody, as it is anyhow of the families of a region that has figures.
    pub somebody: usize,
    /// Given up before it was clear.
    pub open: usize,
    pub hidden: usize,
    /// Hidden, not small, and known to the last one.
    pub given_away: usize,
}

/// Attacks every secret, and of the other hidden numbers one in `every`.
pub fn outcome(attack: &Attack, all: &[Secret], every: usize) -> Outcome {
    let mut outcome = Outcome { hidden: attack.hidden().len(), ..Outcome::default() };
    for secret in all {
        outcome.secrets += 1;
        let most = secret.whole.min(K as f64);
        let Some(bounds) = attack.bounds(&secret.terms, (0.0, most)) else {
            println!("shown: {:?} = {}", secret.terms, secret.value);
            outcome.exact += 1;
            continue;
        };
        let found = (bounds.high + 1e-6).floor() - (bounds.low - 1e-6).ceil() < 1.0;
        let close = bounds.low > 1.0 + 1e-4 || bounds.high < most - 1e-4;
        if found || close {
            let by = because(attack, secret);
            println!(
                "{:?} = {} of {}: {bounds:?} because of {by:?}",
                secret.terms, secret.value, secret.whole
            );
        }
        outcome.exact += usize::from(found && bounds.exact);
        outcome.close += usize::from(close && !found && bounds.exact);
        outcome.somebody += usize::from(!close && bounds.low > 1e-4);
        outcome.open += usize::from((close || found) && !bounds.exact);
    }
    for name in attack.hidden().iter().step_by(every) {
        let value = attack.truth(name);
        if let Some(bounds) = attack.bounds(&[(*name, 1.0)], (value - 1.0, value + 1.0))
            && bounds.high - bounds.low < 0.9
        {
            println!("given away: {name:?} = {value}: {bounds:?}");
            outcome.given_away += 1;
        }
    }
    outcome
}

/// The kinds of knowledge without which a number would be safe.
fn because(attack: &Attack, secret: &Secret) -> Vec<&'static str> {
    let most = secret.whole.min(K as f64);
    let safe = |why: &&'static str| {
        let bounds = attack.bounds_without(&secret.terms, (0.0, most), &[*why]);
        bounds.is_some_and(|b| b.low <= 1.0 + 1e-4 && b.high >= most - 1e-4)
    };
    attack.kinds().into_iter().filter(safe).collect()
}

fn not_found(found: Outcome) {
    assert_eq!((found.exact, found.close, found.open), (0, 0, 0), "{found:?}");
}

/// What is said of a snapshot, and what came of attacking that.
fn against(release: &Release, whole: &Snapshot, seed: u64) -> Outcome {
    let truth = truth(whole, 0);
    let known = shown(release, whole, &truth, 0);
    let attack = Attack::new(&known, &truth, relations(whole, 0));
    assert!(attack.broken.is_empty(), "not true of these families: {:?}", attack.broken);
    outcome(&attack, &one_in(3, secrets(&truth, 0), seed), 29)
}

#[tokio::test]
async fn pages_and_files_say_no_more_than_the_release() {
    let whole = nasty(20_261_121, &[], K);
    let truth = truth(&whole, 0);
    let said = shown(&Release::new(whole.clone()), &whole, &truth, 0);
    let read = collect(&serve_release(Release::new(whole.clone())), &whole, 0).await;
    assert!(read.withheld > 300 && read.known.len() > 500);
    for (name, value) in &read.known {
        assert!((truth[name] - value).abs() < 0.5, "{name:?} is said to be {value}");
        assert!(said.contains_key(name), "{name:?} = {value} is read and not said");
    }
    let all = relations(&whole, 0).chain(read.relations);
    let attack = Attack::new(&said, &truth, all);
    assert!(attack.broken.is_empty(), "not true of these families: {:?}", attack.broken);
    let found = outcome(&attack, &one_in(2, secrets(&truth, 0), 0), 29);
    println!("{found:?}, {} read, {} said", read.known.len(), said.len());
    assert!(found.secrets > 500);
    not_found(found);
}

/// How many seeds to try: `SEEDS`, then with every secret; otherwise one in `every` of one or two.
fn thoroughly() -> Option<u64> {
    std::env::var("SEEDS").ok().and_then(|n| n.parse().ok())
}

fn one_in(every: usize, secrets: Vec<Secret>, seed: u64) -> Vec<Secret> {
    let (every, first) = if thoroughly().is_some() { (1, 0) } else { (every, seed as usize) };
    secrets.into_iter().skip(first % every).step_by(every).collect()
}

#[test]
fn no_small_number_can_be_bounded_whatever_the_families() {
    let mut all = Outcome::default();
    for seed in 1..=thoroughly().unwrap_or(4) {
        let whole = nasty(seed, &[], K);
        let found = against(&Release::new(whole.clone()), &whole, seed);
        println!("seed {seed}: {found:?}");
        all.secrets += found.secrets;
        all.exact += found.exact;
        all.close += found.close;
        all.open += found.open;
        all.somebody += found.somebody;
    }
    println!("{all:?}");
    not_found(all);
}

#[test]
fn where_only_the_small_ones_are_hidden_the_attacker_finds_them() {
    let whole = nasty(20_261_121, &[], K);
    let truth = truth(&whole, 0);
    let secrets = secrets(&truth, 0);
    let small: BTreeMap<Name, f64> =
        secrets.iter().flat_map(|secret| secret.terms.iter().take(1).copied()).collect();
    let known: Known =
        truth.iter().filter(|(n, _)| !small.contains_key(*n)).map(|(n, v)| (*n, *v)).collect();
    let attack = Attack::new(&known, &truth, relations(&whole, 0));
    let some: Vec<Secret> = secrets.into_iter().step_by(25).collect();
    let found = outcome(&attack, &some, 1000);
    println!("{found:?}");
    assert!(found.exact > 10, "{found:?}");
}

/// Numbers of the second snapshot that are those of the first, because their desa was delivered as
/// before: what a reader who compares the two knows.
pub fn unchanged(first: &Known, second: &Known, redrawn: &[RegionCode]) -> Vec<Relation> {
    // Points of redrawn families can name any desa as theirs.
    let stated = ["stated", "same", "differ", "level1", "level2", "level3", "level4"];
    second
        .keys()
        .filter(|name| name.1.level() == Level::Desa && !redrawn.contains(&name.1))
        .filter(|name| !stated.contains(&name.2))
        .filter_map(|name| {
            let before = (0, name.1, name.2);
            first.get(&before)?;
            Some(Relation::new("unchanged", vec![(*name, 1.0), (before, -1.0)], 0.0, 0.0))
        })
        .collect()
}

#[test]
fn two_snapshots_together_tell_no_more() {
    for seed in 7..7 + thoroughly().unwrap_or(2) {
        let redrawn = [desa()[seed as usize % 16], desa()[(seed as usize + 5) % 16]];
        let (first, second) = (nasty(seed, &[], K), nasty(seed, &redrawn, K));
        let before = Release::new(first.clone());
        let after = Release::after(second.clone(), &before);
        let (mut all, later) = (truth(&first, 0), truth(&second, 1));
        let between = unchanged(&all, &later, &redrawn);
        all.extend(later);
        let mut known = shown(&before, &first, &all, 0);
        known.extend(shown(&after, &second, &all, 1));
        let relations = relations(&first, 0).chain(relations(&second, 1)).chain(between);
        let attack = Attack::new(&known, &all, relations);
        assert!(attack.broken.is_empty(), "not true of these families: {:?}", attack.broken);
        let secrets: Vec<Secret> = [0, 1].iter().flat_map(|at| secrets(&all, *at)).collect();
        let found = outcome(&attack, &one_in(7, secrets, seed), 401);
        println!("seed {seed}: {found:?}");
        not_found(found);
    }
}

#[test]
fn an_unchanged_delivery_is_hidden_as_before() {
    let whole = nasty(3, &[], K);
    let first = Release::new(whole.clone());
    let again = Release::after(whole.clone(), &first);
    assert_eq!(first.withheld(), again.withheld());
    let open = Release::open(whole);
    assert!(open.withheld().is_empty());
    assert!(first.withheld().values().any(|lost| lost.primary > 0 && lost.secondary > 0));
}

/// Beyond every end.
const ALL: (f64, f64) = (-1.0, 1e6);

/// The table of sdcTable's attacker test, with these cells suppressed.
fn four_by_four(suppressed: &[(&str, &str)]) -> Attack {
    let text = std::fs::read_to_string("tests/golden/sdc/sdctable_4x4.csv").unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let name = |row: &str, col: &str| (0, RegionCode::NATION, word(&format!("{row}{col}")));
    let mut all = Known::new();
    let mut relations = Vec::new();
    for record in reader.records().map(Result::unwrap) {
        for (col, n) in head.iter().zip(&record).skip(1) {
            all.insert(name(&record[0], col), n.parse().unwrap());
        }
    }
    let (rows, cols) = (["w", "x", "y", "z", "tot"], ["a", "b", "c", "d", "tot"]);
    for col in cols {
        let mut terms: Vec<_> = rows[..4].iter().map(|row| (name(row, col), 1.0)).collect();
        terms.push((name("tot", col), -1.0));
        relations.push(Relation::new("sum", terms, 0.0, 0.0));
    }
    for row in rows {
        let mut terms: Vec<_> = cols[..4].iter().map(|col| (name(row, col), 1.0)).collect();
        terms.push((name(row, "tot"), -1.0));
        relations.push(Relation::new("sum", terms, 0.0, 0.0));
    }
    let mut known = all.clone();
    known.retain(|at, _| suppressed.iter().all(|(row, col)| *at != name(row, col)));
    Attack::new(&known, &all, relations)
}

#[test]
fn the_attacker_finds_what_the_one_of_sdctable_finds() {
    let text = std::fs::read_to_string("tests/golden/sdc/audit.json").unwrap();
    let audit: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cells = audit["sdcTable_4x4_nine_suppressions"].as_array().unwrap();
    let of = |cell: &serde_json::Value, key: &str| cell[key].as_str().unwrap().to_owned();
    let places: Vec<(String, String)> =
        cells.iter().map(|cell| (of(cell, "row"), of(cell, "col"))).collect();
    let mut suppressed: Vec<(&str, &str)> =
        places.iter().map(|(row, col)| (row.as_str(), col.as_str())).collect();
    let attack = four_by_four(&suppressed);
    for cell in cells {
        let name =
            (0, RegionCode::NATION, word(&format!("{}{}", of(cell, "row"), of(cell, "col"))));
        let bounds = attack.bounds(&[(name, 1.0)], ALL).unwrap();
        let (low, high) = (cell["lo"].as_f64().unwrap(), cell["hi"].as_f64().unwrap());
        assert!((bounds.low - low).abs() < 1e-6 && (bounds.high - high).abs() < 1e-6, "{name:?}");
    }
    suppressed.push(("x", "b"));
    let attack = four_by_four(&suppressed);
    let wb = (0, RegionCode::NATION, "wb");
    let bounds = attack.bounds(&[(wb, 1.0)], ALL).unwrap();
    assert!(bounds.low.abs() < 1e-6 && (bounds.high - 141.0).abs() < 1e-6, "{bounds:?}");
}
