//! The attacker of `small_cells` against a store of any size, all levels and all tables at once,
//! and against two snapshots of that size; run by `benches/disclosure.sh`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use tepat::disclosure::{Lost, Release};
use tepat::domain::{Level, RegionCode, RegionCounts, Registry};
use tepat::snapshot::{Snapshot, Store};

use super::attacker::Attack;
use super::between::{Known, relations, truth};
use super::shown::shown;
use super::small_cells::{K, Outcome, Secret, outcome, secrets, unchanged};

fn env(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

fn open() -> Snapshot {
    let store = std::env::var("STORE").expect("STORE names a store");
    let whole = Store::at(store.as_ref()).open_current().unwrap();
    assert_eq!(whole.manifest.min_families, K);
    whole
}

fn report(release: &Release) {
    let mut all = Lost::default();
    let say = |what: &str, lost: &Lost| {
        let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        println!(
            "{what}: {} groups, {} primary, {} secondary, {:.2} % of groups, {:.2} % of what they count",
            lost.groups,
            lost.primary,
            lost.secondary,
            percent(lost.hidden(), lost.groups),
            percent(lost.counted_hidden, lost.counted),
        );
    };
    for (level, lost) in &release.withheld() {
        say(level.slug(), lost);
        all.add(lost);
    }
    say("all levels", &all);
}

/// What a secret is about.
fn table(secret: &Secret) -> &'static str {
    let what = secret.terms[0].0.2;
    match what.split_once(' ') {
        _ if what.contains('+') => "overlaps of registries",
        Some(("E" | "C" | "R", _)) => "programmes",
        Some(_) => "linkage",
        None if ["f0", "f1", "f2", "f3"].contains(&what) => "programmes",
        None if ["F", "P", "ranked", "poor", "extreme", "extreme_f", "ppks"].contains(&what) => {
            if secret.terms.last().is_some_and(|t| t.0.2 == "both") {
                "places"
            } else {
                "welfare"
            }
        }
        None => "places",
    }
}

/// One in so many, that about as many as wanted are left.
fn some(all: Vec<Secret>) -> Vec<Secret> {
    let step = env("SECRETS").map_or(1, |wanted| (all.len() / wanted).max(1));
    all.into_iter().step_by(step).collect()
}

fn run(attack: &Attack, all: Vec<Secret>) -> Outcome {
    println!("relations that do not hold in these data, and help nobody: {:?}", attack.broken);
    let mut tables: BTreeMap<&str, Vec<Secret>> = BTreeMap::new();
    for secret in some(all) {
        tables.entry(table(&secret)).or_default().push(secret);
    }
    let (start, mut sum) = (Instant::now(), Outcome::default());
    for (name, secrets) in &tables {
        let found = outcome(attack, secrets, usize::MAX);
        println!(
            "{name}: {} small numbers attacked, {} found, {} bounded closely, {} open",
            found.secrets, found.exact, found.close, found.open
        );
        sum.secrets += found.secrets;
        sum.exact += found.exact;
        sum.close += found.close;
        sum.open += found.open;
    }
    println!("{} attacked in {:.1} s", sum.secrets, start.elapsed().as_secs_f64());
    sum
}

fn none(found: Outcome) {
    assert!(found.secrets > 0);
    assert_eq!((found.exact, found.close, found.open), (0, 0, 0), "{found:?}");
}

#[test]
#[ignore = "a measurement: see benches/disclosure.sh"]
fn small_cells_at_scale() {
    let whole = open();
    let start = Instant::now();
    let release = Release::new(whole.clone());
    println!("{} regions, protected in {:?}", whole.regions.len(), start.elapsed());
    report(&release);
    let truth = truth(&whole, 0);
    let known = shown(&release, &whole, &truth, 0);
    println!("{} numbers, {} of them shown", truth.len(), known.len());
    let attack = Attack::new(&known, &truth, relations(&whole, 0));
    none(run(&attack, secrets(&truth, 0)));
}

/// The snapshot with what some desa delivered exchanged in a ring, summed upwards again.
fn redrawn(of: &Snapshot, desa: &[RegionCode]) -> Snapshot {
    let mut whole = of.clone();
    let next: BTreeMap<RegionCode, RegionCode> =
        desa.iter().copied().zip(desa.iter().copied().cycle().skip(1)).collect();
    let source = |code: RegionCode| next.get(&code).copied().unwrap_or(code);
    let is_desa = |code: RegionCode| code.level() == Level::Desa;
    let programmes = of.manifest.programmes.len();
    let mut counts: BTreeMap<RegionCode, RegionCounts> = BTreeMap::new();
    let (mut matching, mut overlaps) = (BTreeMap::new(), BTreeMap::new());
    let mut conflicts = BTreeMap::new();
    let moved =
        |code: RegionCode| desa.iter().copied().find(|d| source(*d) == code).unwrap_or(code);
    for level in Level::ALL {
        for row in of.regions.iter().filter(|row| is_desa(row.code)) {
            let to = moved(row.code).ancestor(level);
            *counts.entry(to).or_insert_with(|| RegionCounts::zero(programmes)) += &row.counts;
        }
        for row in of.matching.iter().filter(|row| is_desa(row.code)) {
            let to: (RegionCode, Registry) = (moved(row.code).ancestor(level), row.registry);
            matching.entry(to).or_insert(tepat::domain::MatchCounts::default()).add(&row.counts);
        }
        for row in of.overlaps.iter().filter(|row| is_desa(row.code)) {
            *overlaps.entry((moved(row.code).ancestor(level), row.a, row.b)).or_insert(0) +=
                row.persons;
        }
        for row in of.conflicts.iter().filter(|row| is_desa(row.code)) {
            let to = moved(row.code).ancestor(level);
            let of = conflicts.entry(to).or_insert(tepat::domain::ConflictCounts::default());
            of.add(&row.counts);
        }
    }
    whole.regions = counts
        .into_iter()
        .map(|(code, counts)| tepat::snapshot::RegionRow { code, counts })
        .collect();
    whole.matching = matching
        .into_iter()
        .map(|((code, registry), counts)| tepat::domain::MatchRow { code, registry, counts })
        .collect();
    whole.overlaps = overlaps
        .into_iter()
        .map(|((code, a, b), persons)| tepat::domain::OverlapRow { code, a, b, persons })
        .collect();
    whole.conflicts = conflicts
        .into_iter()
        .map(|(code, counts)| tepat::domain::ConflictRow { code, counts })
        .collect();
    whole
}

#[test]
#[ignore = "a measurement: see benches/disclosure.sh"]
fn two_snapshots_at_scale() {
    let first = open();
    let desa: Vec<RegionCode> =
        first.inside(RegionCode::NATION, Level::Desa).map(|r| r.code).collect();
    let step = (desa.len() / env("REDRAWN").unwrap_or(20)).max(1);
    let desa: Vec<RegionCode> = desa.into_iter().step_by(step).collect();
    let second = redrawn(&first, &desa);
    let before = Release::new(first.clone());
    let start = Instant::now();
    let after = Release::after(second.clone(), &before);
    println!("{} desa delivered anew, protected in {:?}", desa.len(), start.elapsed());
    report(&after);
    let (mut all, later) = (truth(&first, 0), truth(&second, 1));
    let between = unchanged(&all, &later, &desa);
    all.extend(later);
    let mut known: Known = shown(&before, &first, &all, 0);
    known.extend(shown(&after, &second, &all, 1));
    println!("{} numbers, {} of them shown", all.len(), known.len());
    let relations = relations(&first, 0).chain(relations(&second, 1)).chain(between);
    let attack = Attack::new(&known, &all, relations);
    // All small ones of what is around the new desa, and some of the others.
    let near: BTreeSet<RegionCode> =
        desa.iter().flat_map(|desa| Level::ALL.map(|level| desa.ancestor(level))).collect();
    let secrets: Vec<Secret> = [0, 1].iter().flat_map(|at| secrets(&all, *at)).collect();
    let is_near = |s: &Secret| {
        let code = s.terms[0].0.1;
        near.contains(&code)
            || code.parent().is_some_and(|p| p.level() == Level::Kecamatan && near.contains(&p))
    };
    let (near, far): (Vec<Secret>, Vec<Secret>) = secrets.into_iter().partition(is_near);
    println!("near the desa delivered anew:");
    none(run(&attack, near));
    println!("elsewhere:");
    none(run(&attack, far));
}
