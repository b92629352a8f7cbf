//! What changes must hold: known codes of one level, shares that sum to one both ways, no code that
//! comes back to itself, no code that stands for two regions at a time.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Day, RegionChange, RegionCode};
use crate::regions::RegionCatalog;

/// Sums of shares may miss one by this much: they are typed with a few decimals or as fractions.
const TOLERANCE: f64 = 1e-9;

/// A change that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change {index}, column {column}: {problem}")]
pub struct ChangeProblem {
    /// Its place among the changes that were checked, from 0.
    pub index: usize,
    pub column: &'static str,
    pub problem: String,
}

fn fault<T>(index: usize, column: &'static str, problem: String) -> Result<T, ChangeProblem> {
    Err(ChangeProblem { index, column, problem })
}

/// Holds `further` changes against the ones on record and the region table.
///
/// # Errors
/// The first fault, by the place of its change in `further`.
pub(super) fn check(
    known: &[RegionChange],
    further: &[RegionChange],
    catalog: &RegionCatalog,
) -> Result<(), ChangeProblem> {
    each(known, further, catalog)?;
    sums(further)?;
    circles(further)?;
    lives(known, further, catalog)
}

fn each(
    known: &[RegionChange],
    further: &[RegionChange],
    catalog: &RegionCatalog,
) -> Result<(), ChangeProblem> {
    let all = || known.iter().chain(further);
    // What only stays under its own code is not made known by that.
    let moved = || all().filter(|change| change.from != change.to);
    let made: BTreeSet<RegionCode> = moved().map(|change| change.to).collect();
    let ended: BTreeSet<RegionCode> = moved().map(|change| change.from).collect();
    let on_record: BTreeSet<RegionCode> = known.iter().map(|change| change.from).collect();
    let mut seen = BTreeSet::new();
    for (index, change) in further.iter().enumerate() {
        let RegionChange { from, to, .. } = *change;
        if from.level() != to.level() {
            let problem = format!("{to} is not of the level of {from}");
            return fault(index, "ke", problem);
        }
        let named = !change.from_name.is_empty();
        if catalog.get(from).is_none()
            && !made.contains(&from)
            && !on_record.contains(&from)
            && !named
        {
            let problem = format!(
                "{from} is neither in the region table nor on record; a former code of your own needs nama_dari"
            );
            return fault(index, "dari", problem);
        }
        if catalog.get(to).is_none() && !ended.contains(&to) {
            let problem = format!("{to} is not in the region table and nothing follows it");
            return fault(index, "ke", problem);
        }
        if !seen.insert((change.date, from, to)) {
            return fault(index, "ke", format!("{from} to {to} on {} stands twice", change.date));
        }
    }
    Ok(())
}

fn sums(further: &[RegionChange]) -> Result<(), ChangeProblem> {
    let mut forth: BTreeMap<(Day, RegionCode), (f64, usize)> = BTreeMap::new();
    let mut back: BTreeMap<(Day, RegionCode), (f64, usize)> = BTreeMap::new();
    for (index, change) in further.iter().enumerate() {
        let sum = forth.entry((change.date, change.from)).or_insert((0.0, index));
        *sum = (sum.0 + change.share.value(), index);
        let sum = back.entry((change.date, change.to)).or_insert((0.0, index));
        *sum = (sum.0 + change.back.value(), index);
    }
    let off = |sum: f64| (sum - 1.0).abs() > TOLERANCE;
    for ((date, code), (sum, index)) in forth {
        if off(sum) {
            let problem = format!(
                "the parts of {code} on {date} sum to {sum:.6}, not 1; what stays under the same code is a part too (dari {code}, ke {code})"
            );
            return fault(index, "bagian", problem);
        }
    }
    for ((date, code), (sum, index)) in back {
        if off(sum) {
            let problem = format!("the origins of {code} on {date} sum to {sum:.6}, not 1");
            return fault(index, "bagian_balik", problem);
        }
    }
    Ok(())
}

/// Whole regions that exchange their codes in a circle on one day changed nothing but labels: that is a
/// slip. Parts may go both ways.
fn circles(further: &[RegionChange]) -> Result<(), ChangeProblem> {
    let mut steps: BTreeMap<(Day, RegionCode), Vec<(RegionCode, usize)>> = BTreeMap::new();
    let moved = |c: &RegionChange| c.from != c.to && c.share.is_whole();
    for (index, change) in further.iter().enumerate().filter(|(_, c)| moved(c)) {
        steps.entry((change.date, change.from)).or_default().push((change.to, index));
    }
    for (date, start) in steps.keys() {
        let mut seen = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(code) = open.pop() {
            for (next, index) in steps.get(&(*date, code)).into_iter().flatten() {
                if next == start {
                    let problem = format!("on {date} {start} leads back to itself through {code}");
                    return fault(*index, "ke", problem);
                }
                if seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
    }
    Ok(())
}

/// A code may end only while it stands for a region, and begin only while it stands for none.
fn lives(
    known: &[RegionChange],
    further: &[RegionChange],
    catalog: &RegionCatalog,
) -> Result<(), ChangeProblem> {
    let edition: Option<Day> = super::EDITION.parse().ok();
    let mut touched: BTreeMap<RegionCode, BTreeMap<Day, Touch>> = BTreeMap::new();
    let own = (0..).zip(further).map(|(index, change)| (Some(index), change));
    for (index, change) in known.iter().map(|change| (None, change)).chain(own) {
        let day = touched.entry(change.from).or_default().entry(change.date).or_default();
        day.ends = true;
        day.index = day.index.or(index);
        let day = touched.entry(change.to).or_default().entry(change.date).or_default();
        day.begins = true;
        day.index = day.index.or(index);
    }
    for (code, days) in touched {
        // A change of before the edition may be what made a code of the table; after it every code
        // of the table stands.
        let first = days.iter().next();
        let mut stands = first.is_some_and(|(date, day)| {
            day.ends || (Some(*date) > edition && catalog.get(code).is_some())
        });
        let mut last: Option<usize> = None;
        for (date, day) in &days {
            let at = day.index.or(last).filter(|_| day.index.is_some() || last.is_some());
            if day.ends && !stands {
                if let Some(index) = at {
                    return fault(index, "dari", format!("{code} had already ended before {date}"));
                }
            }
            if day.begins && !day.ends && stands {
                if let Some(index) = at {
                    let problem = format!(
                        "{code} already stands for a region on {date}: two validities would overlap; if part of it stays, add dari {code}, ke {code}"
                    );
                    return fault(index, "ke", problem);
                }
            }
            stands = day.begins;
            last = day.index.or(last);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Touch {
    ends: bool,
    begins: bool,
    /// The first of the further changes that touches the code on that day.
    index: Option<usize>,
}
