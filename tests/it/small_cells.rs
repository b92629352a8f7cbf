//! No small number can be worked out from all that is shown: an attacker with linear programming
//! against every page and file of a small and nasty snapshot, and of two.

use std::collections::BTreeMap;

use tepat::disclosure::Release;
use tepat::domain::{Level, RegionCode};
use tepat::snapshot::Snapshot;

use super::attacker::{Attack, Known, Name, Relation, relations, truth};
use super::collected::{Collected, collect};
use super::nasty::{desa, nasty};
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
    let regions: Vec<RegionCode> = truth.keys().filter(|n| n.2 == "F").map(|n| n.1).collect();
    for region in regions {
        let name = |what: &str| (at, region, what.to_owned());
        let of = |what: &str| truth.get(&name(what)).copied().unwrap_or(0.0);
        for (_, _, what) in truth.keys().filter(|n| n.1 == region) {
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
                add(vec![(name(what), 1.0), (c.clone(), -1.0)], of(what));
                add(vec![(r, 1.0), (c, -1.0)], f64::INFINITY);
            }
        }
        for (part, whole) in [("poor", "ranked"), ("f0", "F"), ("both", "F"), ("extreme", "poor")] {
            add(vec![(name(whole), 1.0), (name(part), -1.0)], of(whole));
        }
    }
    all
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    secrets: usize,
    /// Known to the last one.
    exact: usize,
    /// Surely small, or surely more than one.
    close: usize,
    hidden: usize,
    /// Hidden, not small, and known to the last one.
    given_away: usize,
}

fn attack(
    truth: &Known,
    known: &Known,
    relations: &[Relation],
    ats: &[u8],
    every: usize,
) -> Outcome {
    for (name, value) in known {
        assert!(
            (truth[name] - value).abs() < 0.5,
            "{name:?} is {} and said to be {value}",
            truth[name]
        );
    }
    let attack = Attack::new(known, truth, relations);
    let mut outcome = Outcome { hidden: attack.hidden().len(), ..Outcome::default() };
    let all: Vec<Secret> = ats.iter().flat_map(|at| secrets(truth, *at)).collect();
    for secret in all.iter().step_by(every) {
        outcome.secrets += 1;
        let what = || format!("{:?} = {}", secret.terms, secret.value);
        let Some(bounds) = attack.bounds(&secret.terms, known) else {
            println!("shown: {}", what());
            outcome.exact += 1;
            continue;
        };
        assert!(
            bounds.low <= secret.value + 1e-4 && bounds.high >= secret.value - 1e-4,
            "{}",
            what()
        );
        let exact = bounds.high.floor() - bounds.low.ceil() < 1.0;
        let close = bounds.low > 1.0 + 1e-4 || bounds.high < secret.whole.min(K as f64) - 1e-4;
        if exact || close {
            println!("{}: {bounds:?} of {}", what(), secret.whole);
        }
        outcome.exact += usize::from(exact);
        outcome.close += usize::from(close && !exact);
    }
    for name in attack.hidden().iter().step_by(every * 3) {
        if let Some(bounds) = attack.bounds(&[(name.clone(), 1.0)], known)
            && bounds.high - bounds.low < 0.9
        {
            println!("given away: {name:?} = {}: {bounds:?}", truth[name]);
            outcome.given_away += 1;
        }
    }
    outcome
}

/// None is found out. Of one in fifty, at most, a reader is surer than the protection interval: an
/// inequality between groups (a family of three programmes is a recipient of three) binds there.
fn not_found(found: Outcome) {
    assert_eq!(found.exact, 0, "{found:?}");
    assert!(found.close * 50 <= found.secrets, "{found:?}");
}

async fn read(release: Release, whole: &Snapshot, at: u8) -> Collected {
    collect(&serve_release(release), whole, at).await
}

fn with(whole: &Snapshot, at: u8, read: &Collected) -> Vec<Relation> {
    let mut all = relations(whole, at);
    all.extend(read.relations.clone());
    all
}

#[tokio::test]
async fn no_small_number_can_be_bounded_by_all_that_is_shown() {
    let whole = nasty(20_261_121, &[], K);
    let read = read(Release::new(whole.clone()), &whole, 0).await;
    assert!(read.withheld > 300 && read.known.len() > 500);
    let truth = truth(&whole, 0);
    let found = attack(&truth, &read.known, &with(&whole, 0, &read), &[0], 9);
    println!("{found:?}, {} shown", read.known.len());
    assert!(found.secrets > 100);
    not_found(found);
}

#[tokio::test]
async fn where_only_the_small_ones_are_hidden_the_attacker_finds_them() {
    let whole = nasty(20_261_121, &[], K);
    let truth = truth(&whole, 0);
    let small: BTreeMap<Name, f64> = secrets(&truth, 0)
        .into_iter()
        .flat_map(|secret| secret.terms.into_iter().take(1))
        .collect();
    let known: Known = truth
        .iter()
        .filter(|(name, _)| !small.contains_key(name))
        .map(|(n, v)| (n.clone(), *v))
        .collect();
    let found = attack(&truth, &known, &relations(&whole, 0), &[0], 25);
    println!("{found:?}");
    assert!(found.exact > 10, "{found:?}");
}

/// Numbers of the second snapshot that are those of the first, because their desa was delivered as
/// before: what a reader who compares the two knows.
fn unchanged(first: &Known, second: &Known, redrawn: &[RegionCode]) -> Vec<Relation> {
    second
        .keys()
        .filter(|name| name.1.level() == Level::Desa && !redrawn.contains(&name.1))
        // Points of redrawn families can name any desa as theirs.
        .filter(|name| {
            !["stated", "differ"].contains(&name.2.as_str()) && !name.2.starts_with("level")
        })
        .filter_map(|name| {
            let before = (0, name.1, name.2.clone());
            first.get(&before)?;
            Some(Relation::new(vec![(name.clone(), 1.0), (before, -1.0)], 0.0, 0.0))
        })
        .collect()
}

#[tokio::test]
async fn two_snapshots_together_tell_no_more() {
    let redrawn = [desa()[1], desa()[6]];
    let (first, second) = (nasty(7, &[], K), nasty(7, &redrawn, K));
    let before = Release::new(first.clone());
    let after = Release::after(second.clone(), &before);
    let (one, two) = (read(before, &first, 0).await, read(after, &second, 1).await);
    let mut all = truth(&first, 0);
    let later = truth(&second, 1);
    let mut relations = with(&first, 0, &one);
    relations.extend(with(&second, 1, &two));
    relations.extend(unchanged(&all, &later, &redrawn));
    all.extend(later);
    let mut known = one.known;
    known.extend(two.known);
    let found = attack(&all, &known, &relations, &[0, 1], 41);
    println!("{found:?}");
    not_found(found);
}

#[test]
fn an_unchanged_delivery_is_hidden_as_before() {
    let whole = nasty(3, &[], K);
    let first = Release::new(whole.clone());
    let again = Release::after(whole.clone(), &first);
    assert_eq!(first.withheld(), again.withheld());
    let open = Release::open(whole);
    assert!(open.withheld().values().all(|[_, hidden]| *hidden == 0));
    assert!(first.withheld().values().any(|[_, hidden]| *hidden > 0));
}

/// The table of sdcTable's attacker test, with these cells suppressed.
fn four_by_four(suppressed: &[(&str, &str)]) -> (Attack, Known) {
    let text = std::fs::read_to_string("tests/golden/sdc/sdctable_4x4.csv").unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let name = |row: &str, col: &str| (0, RegionCode::NATION, format!("{row}{col}"));
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
        relations.push(Relation::new(terms, 0.0, 0.0));
    }
    for row in rows {
        let mut terms: Vec<_> = cols[..4].iter().map(|col| (name(row, col), 1.0)).collect();
        terms.push((name(row, "tot"), -1.0));
        relations.push(Relation::new(terms, 0.0, 0.0));
    }
    let mut known = all.clone();
    known.retain(|at, _| suppressed.iter().all(|(row, col)| *at != name(row, col)));
    (Attack::new(&known, &all, &relations), known)
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
    let (attack, known) = four_by_four(&suppressed);
    for cell in cells {
        let name = (0, RegionCode::NATION, format!("{}{}", of(cell, "row"), of(cell, "col")));
        let bounds = attack.bounds(&[(name.clone(), 1.0)], &known).unwrap();
        let (low, high) = (cell["lo"].as_f64().unwrap(), cell["hi"].as_f64().unwrap());
        assert!((bounds.low - low).abs() < 1e-6 && (bounds.high - high).abs() < 1e-6, "{name:?}");
    }
    suppressed.push(("x", "b"));
    let (attack, known) = four_by_four(&suppressed);
    let wb = (0, RegionCode::NATION, "wb".to_owned());
    let bounds = attack.bounds(&[(wb, 1.0)], &known).unwrap();
    assert!(bounds.low.abs() < 1e-6 && (bounds.high - 141.0).abs() < 1e-6, "{bounds:?}");
}
