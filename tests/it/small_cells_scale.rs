//! The attacker of `small_cells` against a store of any size, kabupaten by kabupaten; run by
//! `benches/disclosure.sh`.

use std::time::Instant;

use tepat::disclosure::{Counted, MatchColumn, Release};
use tepat::domain::{Level, RegionCode, Registry};
use tepat::snapshot::{Snapshot, Store};

use super::attacker::{Attack, Known, Name, relations, truth};
use super::small_cells::{K, secrets};

/// What is shown of a number; `None` where it is withheld.
fn shown(release: &Release, whole: &Snapshot, name: &Name) -> Option<u64> {
    let (_, code, what) = name;
    let count = |counted| release.count(*code, counted).value();
    let programme = |id: &str| whole.manifest.programmes.index_of(id).unwrap();
    let registry = |slug: &str| Registry::from_slug(slug).unwrap();
    if let Some((a, b)) = what.split_once('+') {
        return release.overlap(*code, registry(a), registry(b)).value();
    }
    match what.split_once(' ') {
        Some(("E", id)) => count(Counted::Eligible(programme(id))),
        Some(("C", id)) => count(Counted::Covered(programme(id))),
        Some(("R", id)) => count(Counted::Recipients(programme(id))),
        Some((slug, column)) => {
            let column = MatchColumn::ALL.into_iter().find(|c| c.slug() == column).unwrap();
            release.matches(*code, registry(slug)).get(column).value()
        }
        None => match what.as_str() {
            "F" => count(Counted::Families),
            "P" => count(Counted::Persons),
            "ranked" => count(Counted::RankedPersons),
            "poor" => count(Counted::PoorPersons),
            "extreme" => count(Counted::ExtremePersons),
            "extreme_f" => count(Counted::ExtremeFamilies),
            "f0" | "f1" | "f2" | "f3" => count(Counted::WithProgrammes(what[1..].parse().unwrap())),
            "ppks" => count(Counted::Ppks),
            "point" => count(Counted::ByPoint),
            "code" => count(Counted::ByCode),
            "both" => count(Counted::Both),
            "agree" => count(Counted::Agree),
            "stated" => release.conflicts(*code).map_or(Some(0), |(both, _)| both.value()),
            "differ" => release.conflicts(*code).map_or(Some(0), |(_, differ)| differ.value()),
            _ => None,
        },
    }
}

/// The part of a snapshot inside one region.
fn inside(whole: &Snapshot, code: RegionCode) -> Snapshot {
    let mut part = whole.clone();
    part.regions.retain(|row| code.contains(row.code));
    part.matching.retain(|row| code.contains(row.code));
    part.overlaps.retain(|row| code.contains(row.code));
    part.conflicts.retain(|row| code.contains(row.code));
    part
}

#[test]
#[ignore = "a measurement: STORE=DIR SECRETS=100 cargo test --release -- --ignored small_cells_at_scale"]
fn small_cells_at_scale() {
    let store = std::env::var("STORE").expect("STORE names a store");
    let wanted: usize = std::env::var("SECRETS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let whole = Store::at(store.as_ref()).open_current().unwrap();
    assert_eq!(whole.manifest.min_families, K);
    let start = Instant::now();
    let release = Release::new(whole.clone());
    println!("{} regions, protected in {:?}", whole.regions.len(), start.elapsed());
    for (level, [all, hidden]) in release.withheld() {
        println!("{}: {hidden} of {all} groups withheld", level.slug());
    }
    let (mut tried, mut exact, mut close) = (0, 0, 0);
    let start = Instant::now();
    for kabupaten in release.regions(RegionCode::NATION, Level::Kabupaten) {
        let part = inside(&whole, kabupaten);
        let truth = truth(&part, 0);
        let known: Known = truth
            .iter()
            .filter_map(|(name, value)| {
                let said = shown(&release, &whole, name)?;
                assert!((said as f64 - value).abs() < 0.5, "{name:?}: {said}, not {value}");
                Some((name.clone(), *value))
            })
            .collect();
        // What does not hold in these data (a pair of registries is counted where the first of the
        // two says) helps no attacker.
        let mut relations = relations(&part, 0);
        relations.retain(|relation| {
            let terms = relation.terms.iter();
            let sum: f64 = terms.map(|(name, by)| truth.get(name).unwrap_or(&0.0) * by).sum();
            (relation.low - 1e-9..=relation.high + 1e-9).contains(&sum)
        });
        let attack = Attack::new(&known, &truth, &relations);
        let secrets = secrets(&truth, 0);
        let step = (secrets.len() / wanted).max(1);
        for secret in secrets.iter().step_by(step) {
            tried += 1;
            let Some(bounds) = attack.bounds(&secret.terms, &known) else {
                println!("shown: {:?} = {}", secret.terms, secret.value);
                exact += 1;
                continue;
            };
            let one = bounds.high.floor() - bounds.low.ceil() < 1.0;
            let near = bounds.low > 1.0 + 1e-4 || bounds.high < secret.whole.min(K as f64) - 1e-4;
            if one || near {
                println!("{:?} = {}: {bounds:?}", secret.terms, secret.value);
            }
            exact += usize::from(one);
            close += usize::from(near && !one);
        }
    }
    println!(
        "{tried} small numbers attacked in {:?}: {exact} found, {close} bounded closely",
        start.elapsed()
    );
    assert_eq!((exact, close), (0, 0));
}
