//! Rounding instead of withholding: what a rounded number is, whatever key it was drawn with.

use std::collections::BTreeMap;

use tepat::disclosure::{Agreement, Cell, Count, Counted, MatchColumn, Release, Rounding};
use tepat::domain::{IndicatorId, Level, RegionCode, Registry};
use tepat::snapshot::{Snapshot, Store};

use super::fixture::snapshot;
use super::nasty::{Dice, desa, nasty};
use super::small_cells::K;

/// A keyed hash that is good enough for tests (FNV-1a, then splitmix64).
pub fn rounding(base: u64, key: u64) -> Rounding {
    Rounding::new(base, move |message| {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = message.iter().fold(0xcbf2_9ce4_8422_2325 ^ key, step);
        Dice(hash).below(u64::MAX)
    })
}

pub fn rounded(whole: &Snapshot, key: u64) -> Release {
    Release::rounded(whole.clone(), &rounding(K, key), None)
}

/// Name of a number, as [`shown`] gives it.
pub type Number = (RegionCode, String);

/// Every count that a release tells, by name; `None` where it is withheld.
pub fn shown(release: &Release, whole: &Snapshot) -> BTreeMap<Number, Option<u64>> {
    let mut all = BTreeMap::new();
    for row in &whole.regions {
        let mut say = |what: String, count: Count| {
            all.insert((row.code, what), count.value());
        };
        for (what, counted) in counted(whole) {
            say(what, release.count(row.code, counted));
        }
        for a in Registry::ALL {
            let rows = release.matches(row.code, a);
            for column in MatchColumn::ALL {
                say(format!("{} {}", a.slug(), column.slug()), rows.get(column));
            }
            for b in Registry::ALL.into_iter().filter(|b| *b >= a) {
                say(format!("{}+{}", a.slug(), b.slug()), release.overlap(row.code, a, b));
            }
        }
        let none = (Count::Value(0), Count::Value(0));
        let (both, differ) = release.conflicts(row.code).unwrap_or(none);
        say("stated".to_owned(), both);
        say("differ".to_owned(), differ);
        if let Some(Agreement::Levels(counts)) = release.agreement(row.code) {
            for (n, families) in counts.values().into_iter().enumerate().skip(1) {
                say(format!("level{n}"), Count::Value(families));
            }
        }
    }
    all
}

/// The counts of a region by the names that the attacker uses.
pub fn counted(whole: &Snapshot) -> Vec<(String, Counted)> {
    let mut all: Vec<(String, Counted)> = [
        ("F", Counted::Families),
        ("P", Counted::Persons),
        ("ranked", Counted::RankedPersons),
        ("poor", Counted::PoorPersons),
        ("extreme", Counted::ExtremePersons),
        ("extreme_f", Counted::ExtremeFamilies),
        ("ppks", Counted::Ppks),
        ("point", Counted::ByPoint),
        ("code", Counted::ByCode),
        ("both", Counted::Both),
        ("agree", Counted::Agree),
    ]
    .map(|(name, counted)| (name.to_owned(), counted))
    .to_vec();
    all.extend((0..4).map(|n| (format!("f{n}"), Counted::WithProgrammes(n))));
    for (i, p) in whole.manifest.programmes.enabled() {
        let kinds = [
            ("E", Counted::Eligible(i)),
            ("C", Counted::Covered(i)),
            ("R", Counted::Recipients(i)),
            ("L", Counted::Leaked(i)),
        ];
        all.extend(kinds.map(|(kind, counted)| (format!("{kind} {}", p.id), counted)));
    }
    all
}

fn truth(whole: &Snapshot) -> BTreeMap<Number, u64> {
    let open = Release::open(whole.clone());
    let all = shown(&open, whole);
    all.into_iter().map(|(name, n)| (name, n.unwrap())).collect()
}

fn is_listed((_, what): &Number) -> bool {
    ["F", "P", "regsosek rows"].contains(&what.as_str())
}

#[test]
fn every_count_is_a_multiple_less_than_a_base_away_and_zero_stays_zero() {
    for (seed, key) in [(1, 11), (20_261_121, 12), (77, 13)] {
        let whole = nasty(seed, &[], K);
        let truth = truth(&whole);
        let (mut told, mut withheld) = (0, 0);
        for (name, n) in shown(&rounded(&whole, key), &whole) {
            let Some(n) = n else {
                withheld += u32::from(!(name.1 == "ppks" && name.0.level() == Level::Desa));
                continue;
            };
            told += 1;
            assert!(n.is_multiple_of(K), "{name:?}: {n}");
            assert!(n.abs_diff(truth[&name]) < K, "{name:?}: {n} for {}", truth[&name]);
            assert!(truth[&name] > 0 || n == 0, "{name:?}: {n} for none");
            if is_listed(&name) {
                assert!(n > 0, "{name:?} is told as one of nobody");
            }
        }
        println!("seed {seed}: {told} told, {withheld} withheld");
        assert!(told > 4000 && withheld * 1000 < told, "{withheld} of {told}");
    }
}

#[test]
fn rounding_leans_neither_up_nor_down() {
    let whole = nasty(5, &[], K);
    let truth = truth(&whole);
    let keys = 60;
    let mut sums: BTreeMap<Number, i64> = BTreeMap::new();
    // Where a region is listed, its families are never told as none: these lean up, and say so.
    let small = |name: &Number| is_listed(name) && truth[name] < K;
    let mut means = Vec::new();
    for key in 0..keys {
        let (mut sum, mut all) = (0, 0);
        for (name, n) in shown(&rounded(&whole, 1000 + key), &whole) {
            if let Some(n) = n {
                let error = n as i64 - truth[&name] as i64;
                *sums.entry(name.clone()).or_default() += error;
                if !small(&name) {
                    (sum, all) = (sum + error, all + 1);
                }
            }
        }
        means.push(sum as f64 / f64::from(all));
    }
    let even: Vec<i64> = sums.iter().filter(|(n, _)| !small(n)).map(|(_, sum)| *sum).collect();
    let lean = means.iter().sum::<f64>() / keys as f64;
    let spread = means.iter().map(|mean| (mean - lean).powi(2)).sum::<f64>() / (keys - 1) as f64;
    let error = (spread / keys as f64).sqrt();
    println!("{} counts, {keys} keys: mean error {lean:.5}, standard error {error:.5}", even.len());
    assert!(lean.abs() < 4.5 * error + 0.005 && lean.abs() < 0.05, "{lean}");
    // Of every single number the mean is within five standard errors, but for the few that are
    // mended often: at most one in a hundred.
    let limit = 5.0 * (K as f64 / 2.0) * (keys as f64).sqrt();
    let far = even.iter().filter(|sum| (**sum as f64).abs() > limit).count();
    assert!(far * 100 <= even.len(), "{far} of {}", even.len());
}

#[test]
fn the_same_number_is_rounded_the_same_in_every_snapshot() {
    let redrawn = [desa()[1], desa()[6]];
    for seed in [7, 8, 9] {
        let (first, second) = (nasty(seed, &[], K), nasty(seed, &redrawn, K));
        let rounding = rounding(K, seed);
        let before = Release::rounded(first.clone(), &rounding, None);
        let after = Release::rounded(second.clone(), &rounding, Some(&before));
        let (was, is) = (truth(&first), truth(&second));
        let (seen, told) = (shown(&before, &first), shown(&after, &second));
        let (mut same, mut hidden) = (0, 0);
        for (name, n) in &is {
            if was.get(name) != Some(n) {
                continue;
            }
            // Levels are told where the families that they are levels of are.
            let (Some(seen), Some(told)) = (seen.get(name), told.get(name)) else { continue };
            match (*seen, *told) {
                (Some(a), Some(b)) => {
                    assert_eq!(a, b, "{name:?} = {n}");
                    same += 1;
                }
                (None, b) => assert_eq!(b, None, "{name:?} = {n} was withheld"),
                (Some(_), None) => hidden += 1,
            }
        }
        assert!(same > 3000 && hidden * 100 < same, "{same} the same, {hidden} withheld since");
        let again = Release::rounded(first.clone(), &rounding, Some(&before));
        assert_eq!(shown(&again, &first), seen);
    }
}

/// A snapshot with one desa in each kecamatan of one kabupaten and one in the other.
fn alone() -> Snapshot {
    let mut whole = nasty(31, &[], K);
    let keep = [desa()[0], desa()[8]];
    let around = |code: RegionCode| {
        keep.iter().any(|desa| code.contains(*desa)) && code.level() >= Level::Kabupaten
    };
    let of = |code: RegionCode| keep.iter().copied().find(|desa| code.contains(*desa)).unwrap();
    let counts: BTreeMap<RegionCode, _> =
        whole.regions.iter().map(|row| (row.code, row.counts.clone())).collect();
    whole.regions.retain(|row| around(row.code));
    whole.regions.iter_mut().for_each(|row| row.counts = counts[&of(row.code)].clone());
    whole.matching.clear();
    whole.overlaps.clear();
    whole.conflicts.clear();
    whole
}

/// The rules of others that hold here too (`published_rules.json`).
fn rules() -> serde_json::Value {
    let text = std::fs::read_to_string("tests/golden/sdc/published_rules.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_same_families_are_the_same_number_in_any_table() {
    let rules = rules();
    let rule = rules["cell_key_handbook_example"]["properties"][0].as_str().unwrap();
    assert_eq!(rule, "same set of records -> same perturbed count in any table");
    let whole = alone();
    for key in 0..40 {
        let release = rounded(&whole, key);
        for (_, counted) in counted(&whole) {
            if counted == Counted::Ppks {
                continue;
            }
            for desa in [desa()[0], desa()[8]] {
                let around = [desa.ancestor(Level::Kecamatan), desa.ancestor(Level::Kabupaten)];
                for region in around {
                    let (a, b) = (release.count(desa, counted), release.count(region, counted));
                    assert_eq!(a, b, "{counted:?} of {desa} and {region}, key {key}");
                }
            }
        }
    }
}

#[test]
fn rounding_to_five_makes_of_eight_ten_or_five_as_often_as_it_is_near() {
    let rules = rules();
    let ehrql = &rules["opensafely_ehrql"];
    let case = ehrql["cases"][2].as_array().unwrap();
    let (n, up) = (case[0].as_u64().unwrap(), case[1].as_u64().unwrap());
    assert_eq!((n, up, ehrql["round_to"].as_u64()), (8, 10, Some(K)));
    // One desa, in one number that hangs together with nothing near it.
    let mut whole = alone();
    whole.regions.iter_mut().for_each(|row| row.counts.n_ppks = n);
    let kecamatan = [desa()[0], desa()[8]].map(|desa| desa.ancestor(Level::Kecamatan));
    let mut told = Vec::new();
    for key in 0..120 {
        let release = rounded(&whole, key);
        told.extend(kecamatan.map(|code| release.count(code, Counted::Ppks).value().unwrap()));
    }
    assert!(told.iter().all(|n| [5, up].contains(n)), "{told:?}");
    let (ten, keys) = (told.iter().filter(|n| **n == up).count(), told.len());
    // Three in five; four and a half standard errors.
    let error = 4.5 * (0.24_f64 / keys as f64).sqrt();
    assert!((ten as f64 / keys as f64 - 0.6).abs() < error, "{ten} of {keys}");
}

#[test]
fn every_rate_is_the_quotient_of_what_is_shown() {
    let rules = rules();
    let rule = rules["opensafely_ehrql"]["note"].as_str().unwrap();
    assert!(rule.starts_with("ratio is computed from the protected numerator and denominator"));
    let whole = snapshot();
    let release = rounded(&whole, 3);
    let mut rates = 0;
    for row in &whole.regions {
        let of = |counted| release.count(row.code, counted).value().unwrap();
        let mut pairs = vec![
            (IndicatorId::ExtremeRate, Counted::ExtremePersons, Counted::RankedPersons),
            (IndicatorId::Headcount, Counted::PoorPersons, Counted::RankedPersons),
            (IndicatorId::LocationAgreement, Counted::Agree, Counted::Both),
        ];
        for (i, _) in whole.manifest.programmes.enabled() {
            let id = u8::try_from(i).unwrap();
            pairs.push((IndicatorId::Coverage(id), Counted::Covered(i), Counted::Eligible(i)));
            let error = (IndicatorId::InclusionError(id), Counted::Leaked(i));
            pairs.push((error.0, error.1, Counted::Recipients(i)));
        }
        for (id, part, all) in pairs {
            let (part, all) = (of(part), of(all));
            let said = release.cell(row.code, id);
            if all < 2 * K {
                assert_eq!(said, Cell::NoData, "{} {id:?}: {part} of {all}", row.code);
            } else {
                assert_eq!(said, Cell::Value(part.min(all) as f64 / all as f64), "{id:?}");
                rates += 1;
            }
        }
    }
    assert!(rates > 10_000, "{rates}");
}

#[test]
fn the_order_of_priority_is_that_of_the_rounded_numbers() {
    let whole = snapshot();
    let release = rounded(&whole, 4);
    let province = RegionCode::from_slug("36").unwrap();
    for level in [Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa] {
        let order: Vec<_> = release.priority(RegionCode::NATION, level).cloned().collect();
        let persons = |code| release.count(code, Counted::ExtremePersons).value().unwrap();
        let rate = |code| release.cell(code, IndicatorId::ExtremeRate).value().unwrap();
        let total: u64 = order.iter().map(|row| persons(row.code)).sum();
        let mut so_far = 0;
        for row in &order {
            so_far += persons(row.code);
            let share = so_far as f64 / total as f64;
            assert!((row.cumulative_share - share).abs() < 1e-12, "{}", row.code);
            let before = order.iter().filter(|o| rate(o.code) > rate(row.code)).count();
            assert_eq!(row.rank_rate as usize, before + 1);
        }
        assert!(level == Level::Provinsi || order.iter().any(|row| province.contains(row.code)));
    }
}

#[test]
fn means_of_few_are_withheld_and_those_of_many_follow_the_rounded_headcount() {
    for whole in [nasty(3, &[], K), snapshot()] {
        let release = rounded(&whole, 5);
        let mut shown = 0;
        for row in &whole.regions {
            let (gap, depth) = (IndicatorId::Gap, IndicatorId::Severity);
            let [p0, p1, p2] =
                [IndicatorId::Headcount, gap, depth].map(|id| release.cell(row.code, id));
            let poor = release.count(row.code, Counted::PoorPersons).value().unwrap_or(0);
            if poor < 2 * K {
                assert!(p1.value().is_none() && p2.value().is_none(), "{}", row.code);
            }
            let (Some(p0), Some(p1), Some(p2)) = (p0.value(), p1.value(), p2.value()) else {
                continue;
            };
            let mean = row.counts.gap_fixed as f64 / 1e9 / row.counts.n_poor_persons as f64;
            assert!((p1 - p0 * mean).abs() < 1e-12 && p2 <= p1 && p1 <= p0, "{}", row.code);
            shown += 1;
        }
        assert!(shown > 3, "{shown}");
    }
}

/// Mean absolute error of a rate over the regions of a level that show it, and the share that does.
fn loss(release: &Release, open: &Release, whole: &Snapshot, level: Level) -> (f64, f64) {
    let (mut all, mut told, mut error) = (0, 0, 0.0);
    for row in whole.regions.iter().filter(|row| row.code.level() == level) {
        let truth = open.cell(row.code, IndicatorId::ExtremeRate).value();
        let Some(truth) = truth else { continue };
        all += 1;
        if let Some(said) = release.cell(row.code, IndicatorId::ExtremeRate).value() {
            told += 1;
            error += (said - truth).abs();
        }
    }
    (error / f64::from(told.max(1)), f64::from(told) / f64::from(all.max(1)))
}

#[test]
fn more_is_told_rounded_than_withheld_and_rates_stay_near() {
    let whole = snapshot();
    let open = Release::open(whole.clone());
    let (hidden, rounded) = (Release::new(whole.clone()), rounded(&whole, 6));
    let told = |release: &Release| {
        let all = shown(release, &whole);
        all.values().filter(|n| n.is_some()).count() as f64 / all.len() as f64
    };
    let (withheld, rounded_told) = (told(&hidden), told(&rounded));
    println!("counts told: {:.4} withheld, {:.4} rounded", withheld, rounded_told);
    assert!(rounded_told >= withheld);
    for level in [Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa] {
        let (error, share) = loss(&rounded, &open, &whole, level);
        let (_, before) = loss(&hidden, &open, &whole, level);
        println!(
            "{}: mean error {:.4} points, told {share:.4} (withheld: {before:.4})",
            level.slug(),
            error * 100.0
        );
        assert!(share >= before && error < 0.002, "{level:?}: {error}, {share} {before}");
    }
}

#[test]
#[ignore = "a measurement: benches/rounding.sh"]
fn rounding_at_scale() {
    let store = std::env::var("STORE").expect("STORE names a store");
    let whole = Store::at(store.as_ref()).open_current().unwrap();
    let start = std::time::Instant::now();
    let release = rounded(&whole, 1);
    println!("{} regions rounded in {:?}", whole.regions.len(), start.elapsed());
    let start = std::time::Instant::now();
    let hidden = Release::new(whole.clone());
    println!("withheld in {:?}", start.elapsed());
    let open = Release::open(whole.clone());
    let truth = truth(&whole);
    let (mut all, mut told, mut before, mut error) = (0, 0, 0, 0);
    let withheld = shown(&hidden, &whole);
    for (name, n) in shown(&release, &whole) {
        // What is nowhere is no loss.
        if truth[&name] == 0 {
            continue;
        }
        all += 1;
        before += u32::from(withheld.get(&name).is_some_and(Option::is_some));
        if let Some(n) = n {
            told += 1;
            error += n.abs_diff(truth[&name]);
        }
    }
    println!("counts above zero: {all}; told rounded {told}, told by withholding {before}");
    println!("mean absolute error of a rounded count: {:.3}", error as f64 / f64::from(told));
    for level in [Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa] {
        let (error, share) = loss(&release, &open, &whole, level);
        let (_, before) = loss(&hidden, &open, &whole, level);
        println!(
            "{}: extreme rate told of {:.1} % with mean error {:.3} points (withheld: of {:.1} %)",
            level.slug(),
            share * 100.0,
            error * 100.0,
            before * 100.0
        );
    }
}
