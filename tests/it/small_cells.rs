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

const K: u64 = 5;

/// A number that must not be found out: what it is made of, its true value, what it is a part of.
struct Secret {
    terms: Vec<(Name, f64)>,
    value: f64,
    whole: f64,
}

/// All that are small: the numbers themselves, and what is left of a whole without them.
fn secrets(truth: &Known, at: u8) -> Vec<Secret> {
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

fn attack(truth: &Known, known: &Known, relations: &[Relation], ats: &[u8], every: usize) -> Outcome {
    for (name, value) in known {
        assert!((truth[name] - value).abs() < 0.5, "{name:?} is {} and said to be {value}", truth[name]);
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
        assert!(bounds.low <= secret.value + 1e-4 && bounds.high >= secret.value - 1e-4, "{}", what());
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
    let found = attack(&truth, &read.known, &with(&whole, 0, &read), &[0], 5);
    println!("{found:?}, {} shown", read.known.len());
    assert!(found.secrets > 100);
    assert_eq!((found.exact, found.close), (0, 0), "{found:?}");
}

#[tokio::test]
async fn where_only_the_small_ones_are_hidden_the_attacker_finds_them() {
    let whole = nasty(20_261_121, &[], K);
    let truth = truth(&whole, 0);
    let small: BTreeMap<Name, f64> = secrets(&truth, 0)
        .into_iter()
        .flat_map(|secret| secret.terms.into_iter().take(1))
        .collect();
    let known: Known =
        truth.iter().filter(|(name, _)| !small.contains_key(name)).map(|(n, v)| (n.clone(), *v)).collect();
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
        .filter(|name| !["stated", "differ"].contains(&name.2.as_str()) && !name.2.starts_with("level"))
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
    let found = attack(&all, &known, &relations, &[0, 1], 23);
    println!("{found:?}");
    assert_eq!((found.exact, found.close), (0, 0), "{found:?}");
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
