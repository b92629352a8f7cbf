//! The counts that a manifest keeps beside its tables, as they are shown: what became of the rows
//! of a file, how families were placed, persons over time. An attacker who knows how they hang
//! together finds none of the small ones.

use std::collections::BTreeMap;

use tepat::disclosure::{Count, Counted, MatchColumn, Release};
use tepat::domain::{RegionCode, Registry, RegistryRows};
use tepat::snapshot::{IssueCount, Snapshot, SourceReport};

use super::attacker::Attack;
use super::between::{FREE, Known, Name, Relation, word};
use super::nasty::{Dice, nasty};
use super::small_cells::K;
use super::web::serve_release;

const FILES: [Registry; 3] = [Registry::Dtks, Registry::Dtks, Registry::Carik];
const PARTS: usize = 3;

fn count(dice: &mut Dice) -> u64 {
    [0, 0, 1, 2, 3, 4, 5, 6, 9, 40, 3000][dice.below(11) as usize]
}

/// A snapshot whose manifest says what nobody's data would.
fn reported(of: &Snapshot, seed: u64) -> Snapshot {
    let (mut whole, mut dice) = (of.clone(), Dice(seed));
    let issue = |code: &str, rows: u64| IssueCount {
        code: code.to_owned(),
        column: String::new(),
        rows,
        examples: (1..=rows.min(5)).collect(),
    };
    let template = whole.manifest.sources[0].clone();
    let codes = ["nik_missing", "region_unusable", "birth_date_unusable"];
    let mut sources: Vec<SourceReport> = Vec::new();
    for (i, registry) in FILES.into_iter().enumerate() {
        let set_aside: Vec<IssueCount> =
            codes.into_iter().take(PARTS).map(|code| issue(code, count(&mut dice))).collect();
        let aside: u64 = set_aside.iter().map(|issue| issue.rows).sum();
        let used = count(&mut dice);
        let issues = codes.map(|code| issue(code, count(&mut dice).min(used + aside))).to_vec();
        let file = format!("berkas{i}.csv");
        let (rows_used, rows_read) = (used, used + aside);
        let template = template.clone();
        let of =
            SourceReport { registry, file, rows_used, rows_read, set_aside, issues, ..template };
        sources.push(of);
    }
    whole.manifest.sources = sources;
    whole.manifest.rows_without_region.clear();
    for registry in [Registry::Dtks, Registry::Carik] {
        let (rows, linked) = (count(&mut dice), 0);
        whole.manifest.rows_without_region.push(RegistryRows { registry, rows, linked });
        let used: u64 = whole
            .manifest
            .sources
            .iter()
            .filter(|s| s.registry == registry)
            .map(|s| s.rows_used)
            .sum();
        // As many are in the nation as there are used in all, so the first file takes the rest.
        let inside = whole.matching_of(RegionCode::NATION, registry).map_or(0, |m| m.rows);
        let total = inside + rows + used;
        let first = whole.manifest.sources.iter_mut().find(|s| s.registry == registry).unwrap();
        first.rows_used += total - used;
        first.rows_read += total - used;
        for (of, counts) in &mut whole.manifest.linkage.registries {
            if *of == registry {
                counts.rows = total;
            }
        }
        // Those of the other file are of no region either.
        whole.manifest.rows_without_region.last_mut().unwrap().rows += used;
    }
    let nation = whole.regions[0].counts.clone();
    let location = &mut whole.manifest.location;
    location.unplaced = count(&mut dice);
    location.unplaced_persons = location.unplaced * (1 + dice.below(4));
    location.families = nation.n_families + location.unplaced;
    let off = location.families - nation.n_by_point;
    location.point_outside = count(&mut dice).min(off);
    location.no_point = off - location.point_outside;
    location.code_unusable = nation.n_by_point - nation.n_both + location.unplaced;
    if let Some(points) = &mut location.points {
        (points.nearest, points.null_island) = (count(&mut dice), count(&mut dice));
        points.abroad = count(&mut dice);
    }
    let times = &mut whole.manifest.linkage.identities;
    times.previous = Some("0123456789abcdef".to_owned());
    (times.kept, times.new) = (count(&mut dice), count(&mut dice));
    (times.gone, times.merged) = (count(&mut dice), count(&mut dice));
    (times.persons, times.moved) = (times.kept + times.new, count(&mut dice).min(times.kept));
    times.split = count(&mut dice).min(times.new);
    whole
}

struct Read {
    truth: Known,
    known: Known,
    relations: Vec<Relation>,
}

fn name(what: &str) -> Name {
    (0, RegionCode::NATION, word(what))
}

impl Read {
    fn say(&mut self, what: &str, value: u64, shown: Count) {
        self.truth.insert(name(what), value as f64);
        if let Count::Value(n) = shown {
            assert_eq!(n, value, "{what}");
            self.known.insert(name(what), n as f64);
        }
    }

    fn is(&mut self, terms: &[(&str, f64)], low: f64, high: f64) {
        let terms = terms.iter().map(|(what, by)| (name(what), *by)).collect();
        self.relations.push(Relation::new("report", terms, low, high));
    }

    fn files(&mut self, whole: &Snapshot, release: &Release) {
        let mut used: BTreeMap<Registry, Vec<String>> = BTreeMap::new();
        for (i, report) in whole.manifest.sources.iter().enumerate() {
            let shown = release.file(report);
            let of = |what: &str| format!("{what} {i}");
            self.say(&of("read"), report.rows_read, shown.read);
            self.say(&of("used"), report.rows_used, shown.used);
            let aside = report.rows_read - report.rows_used;
            self.say(&of("aside"), aside, shown.aside);
            used.entry(report.registry).or_default().push(of("used"));
            self.is(&[(&of("read"), 1.0), (&of("used"), -1.0), (&of("aside"), -1.0)], 0.0, 0.0);
            let mut parts = vec![(of("aside"), -1.0)];
            for (n, (issue, rows)) in report.set_aside.iter().zip(&shown.set_aside).enumerate() {
                self.say(&of(&format!("part{n}")), issue.rows, *rows);
                parts.push((of(&format!("part{n}")), 1.0));
            }
            let parts: Vec<(&str, f64)> = parts.iter().map(|(n, by)| (n.as_str(), *by)).collect();
            self.is(&parts, 0.0, 0.0);
            for (n, (issue, rows)) in report.issues.iter().zip(&shown.issues).enumerate() {
                self.say(&of(&format!("issue{n}")), issue.rows, *rows);
                self.is(&[(&of("read"), 1.0), (&of(&format!("issue{n}")), -1.0)], 0.0, FREE);
            }
        }
        for (registry, files) in used {
            let of = |what: &str| format!("{} {what}", registry.slug());
            let total = whole.manifest.linkage.registries.iter().find(|(r, _)| *r == registry);
            self.say(&of("all"), total.unwrap().1.rows, release.totals(registry).rows);
            let nowhere = &whole.manifest.rows_without_region;
            let rows = nowhere.iter().find(|r| r.registry == registry).unwrap().rows;
            self.say(&of("nowhere"), rows, release.rows_nowhere(registry));
            let inside = whole.matching_of(RegionCode::NATION, registry).map_or(0, |m| m.rows);
            let shown = release.matches(RegionCode::NATION, registry).get(MatchColumn::Rows);
            self.say(&of("inside"), inside, shown);
            let all = of("all");
            let mut terms: Vec<(&str, f64)> = files.iter().map(|f| (f.as_str(), 1.0)).collect();
            terms.push((&all, -1.0));
            self.is(&terms, 0.0, 0.0);
            self.is(&[(&all, -1.0), (&of("nowhere"), 1.0), (&of("inside"), 1.0)], 0.0, 0.0);
        }
    }

    fn placing(&mut self, whole: &Snapshot, release: &Release) {
        let (l, shown) = (&whole.manifest.location, release.placing());
        let nation = |figure| release.count(RegionCode::NATION, figure);
        for (what, value, count) in [
            ("families", l.families, shown.families),
            ("unplaced", l.unplaced, shown.unplaced),
            ("unplaced persons", l.unplaced_persons, shown.unplaced_persons),
            ("outside", l.point_outside, shown.point_outside),
            ("no point", l.no_point, shown.no_point),
            ("unusable", l.code_unusable, shown.code_unusable),
            ("by point", l.by_point, nation(Counted::ByPoint)),
            ("by code", l.by_code, nation(Counted::ByCode)),
            ("both", l.both, nation(Counted::Both)),
        ] {
            self.say(what, value, count);
        }
        let families = ("families", -1.0);
        self.is(&[families, ("by point", 1.0), ("by code", 1.0), ("unplaced", 1.0)], 0.0, 0.0);
        self.is(&[families, ("by point", 1.0), ("outside", 1.0), ("no point", 1.0)], 0.0, 0.0);
        let unusable = ("unusable", -1.0);
        self.is(&[unusable, ("by point", 1.0), ("both", -1.0), ("unplaced", 1.0)], 0.0, 0.0);
        self.is(&[("unplaced persons", 1.0), ("unplaced", -1.0)], 0.0, FREE);
        self.is(&[("unplaced persons", -1.0), ("unplaced", 20.0)], 0.0, FREE);
    }

    fn persons(&mut self, whole: &Snapshot, release: &Release) {
        let (t, shown) = (&whole.manifest.linkage.identities, release.persons_over_time());
        for (what, value, count) in [
            ("persons", t.persons, shown.persons),
            ("kept", t.kept, shown.kept),
            ("new", t.new, shown.new),
            ("gone", t.gone, shown.gone),
            ("moved", t.moved, shown.moved),
            ("split", t.split, shown.split),
            ("merged", t.merged, shown.merged),
        ] {
            self.say(what, value, count);
        }
        // The snapshot before said it.
        let before = t.kept + t.gone + t.merged;
        self.say("before", before, Count::Value(before));
        self.is(&[("persons", -1.0), ("kept", 1.0), ("new", 1.0)], 0.0, 0.0);
        self.is(&[("before", -1.0), ("kept", 1.0), ("gone", 1.0), ("merged", 1.0)], 0.0, 0.0);
        self.is(&[("kept", 1.0), ("moved", -1.0)], 0.0, FREE);
        self.is(&[("new", 1.0), ("split", -1.0)], 0.0, FREE);
    }
}

#[test]
fn no_small_count_of_a_report_can_be_worked_out() {
    let base = nasty(5, &[], K);
    let (mut secrets, mut told) = (0, 0);
    let seeds = std::env::var("SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    for seed in 1..=seeds {
        let whole = reported(&base, seed);
        let release = Release::new(whole.clone());
        let mut read = Read { truth: Known::new(), known: Known::new(), relations: Vec::new() };
        read.files(&whole, &release);
        read.placing(&whole, &release);
        read.persons(&whole, &release);
        told += read.known.len();
        let attack = Attack::new(&read.known, &read.truth, read.relations);
        assert!(attack.broken.is_empty());
        for (name, value) in &read.truth {
            // What the snapshot before said, and had to hide there, is not this one's to hide; and
            // of a few persons in all nobody is lost among others.
            let few = read.truth[&self::name("before")] < K as f64
                || read.truth[&self::name("persons")] < K as f64;
            let of_persons = ["kept", "new", "gone", "merged", "moved", "split"].contains(&name.2);
            if !(1.0..K as f64).contains(value) || name.2 == "before" || (few && of_persons) {
                continue;
            }
            secrets += 1;
            let bounds = attack.bounds(&[(*name, 1.0)], (0.0, K as f64));
            let bounds = bounds.unwrap_or_else(|| panic!("seed {seed}: {name:?} is told"));
            assert!(
                bounds.low <= 1.0 + 1e-6 && bounds.high > value.max(2.0) - 1e-6,
                "seed {seed}: {name:?} = {value} is in {bounds:?}"
            );
        }
    }
    println!("{secrets} small ones, {told} told");
    assert!(secrets as u64 > 5 * seeds && told as u64 > 10 * seeds);
}

#[test]
fn who_may_see_everything_sees_the_reports_whole() {
    let whole = reported(&nasty(5, &[], K), 3);
    let release = Release::open(whole.clone());
    for report in &whole.manifest.sources {
        let shown = release.file(report);
        let told = shown.set_aside.iter().chain(&shown.issues).chain([&shown.read, &shown.used]);
        assert!(told.into_iter().all(|count| *count != Count::Withheld), "{shown:?}");
    }
    assert_ne!(release.placing().unplaced, Count::Withheld);
    assert_ne!(release.persons_over_time().gone, Count::Withheld);
}

#[tokio::test]
async fn pages_say_no_small_count_of_a_report() {
    // Every count that is small has its own digits here, to be looked for.
    let mut whole = reported(&nasty(5, &[], 5000), 3);
    let file = &mut whole.manifest.sources[0];
    (file.rows_read, file.rows_used) = (904_321, 900_000);
    file.set_aside.truncate(1);
    file.set_aside[0].rows = 4321;
    file.set_aside[0].examples = vec![777_123];
    file.issues[0].rows = 4322;
    file.issues[0].examples = vec![777_124];
    let location = &mut whole.manifest.location;
    (location.unplaced, location.unplaced_persons) = (4323, 4324);
    location.points.as_mut().unwrap().nearest = 4325;
    let times = &mut whole.manifest.linkage.identities;
    (times.gone, times.moved) = (4326, 4327);
    let base = serve_release(Release::new(whole));
    let mut shown = 0;
    for path in ["/mutu-data", "/pemadanan", "/metode", "/unduh"] {
        let body = reqwest::get(format!("{base}{path}")).await.unwrap().text().await.unwrap();
        shown += body.matches("dirahasiakan").count();
        for digits in ["4.321", "4.322", "4.323", "4.324", "4.325", "4.326", "4.327", "777.12"] {
            assert!(!body.contains(digits), "{path} says {digits}");
        }
    }
    assert!(shown > 10);
}
