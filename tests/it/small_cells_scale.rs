//! The attacker of `small_cells` against a store of any size, all levels at once; run by
//! `benches/disclosure.sh`.

use std::time::Instant;

use tepat::disclosure::Release;

use tepat::snapshot::Store;

use super::attacker::Attack;
use super::between::{relations, truth};
use super::shown::shown;
use super::small_cells::{K, Secret, outcome, secrets};

fn env(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

#[test]
#[ignore = "a measurement: STORE=DIR SECRETS=100 cargo test --release -- --ignored small_cells_at_scale"]
fn small_cells_at_scale() {
    let store = std::env::var("STORE").expect("STORE names a store");
    let whole = Store::at(store.as_ref()).open_current().unwrap();
    assert_eq!(whole.manifest.min_families, K);
    let start = Instant::now();
    let release = Release::new(whole.clone());
    println!("{} regions, protected in {:?}", whole.regions.len(), start.elapsed());
    for (level, [all, hidden]) in release.withheld() {
        println!("{}: {hidden} of {all} groups withheld", level.slug());
    }
    let start = Instant::now();
    let truth = truth(&whole, 0);
    let known = shown(&release, &whole, &truth, 0);
    println!("{} numbers, {} shown, {:?}", truth.len(), known.len(), start.elapsed());
    let attack = Attack::new(&known, &truth, relations(&whole, 0));
    println!("{:?}; broken {:?}", start.elapsed(), attack.broken);
    let all = secrets(&truth, 0);
    println!("{} secrets", all.len());
    let only = std::env::var("ONLY").ok();
    let all: Vec<Secret> = all
        .into_iter()
        .filter(|s| only.as_ref().is_none_or(|o| format!("{:?}", s.terms).contains(o.as_str())))
        .collect();
    let step = env("SECRETS").map_or(1, |n| (all.len() / n).max(1));
    let some: Vec<Secret> = all.into_iter().step_by(step).collect();
    let start = Instant::now();
    let found = outcome(&attack, &some, 100_000_000);
    println!("{found:?} in {:?}", start.elapsed());
    assert_eq!((found.exact, found.close), (0, 0));
}
