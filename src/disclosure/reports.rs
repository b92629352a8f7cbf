//! What may be shown of the counts that a manifest keeps beside its tables: what became of the rows
//! of a file, how families were placed, and persons against those of the snapshot before. They are
//! of the whole snapshot and hang together in a few sums, so that what goes with a small one is
//! written down here and not searched for.

use super::{Count, Release};
use crate::domain::{IssueCount, Registry};
use crate::snapshot::SourceReport;

/// What became of the rows of one delivered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFile {
    pub read: Count,
    pub used: Count,
    pub aside: Count,
    /// In the order of the report.
    pub set_aside: Vec<Count>,
    pub issues: Vec<Count>,
}

/// How the families of the base were placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownPlacing {
    pub families: Count,
    pub unplaced: Count,
    pub unplaced_persons: Count,
    pub point_outside: Count,
    pub no_point: Count,
    pub code_unusable: Count,
    /// In no desa and given to the nearest; at 0, 0; abroad.
    pub special: [Count; 3],
}

/// Persons against those of the snapshot before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownPersons {
    pub persons: Count,
    pub kept: Count,
    pub new: Count,
    pub gone: Count,
    pub moved: Count,
    pub split: Count,
    pub merged: Count,
}

fn small(n: u64, k: u64) -> bool {
    (1..k).contains(&n)
}

fn shown(hidden: bool, n: u64) -> Count {
    if hidden { Count::Withheld } else { Count::Value(n) }
}

/// Parts of a sum that is known: the small ones are hidden, and as many of the next larger that
/// they can share at least `k` in several ways. True where even the sum of all would tell.
fn parts(numbers: &[u64], k: u64) -> (Vec<bool>, bool) {
    let mut hidden: Vec<bool> = numbers.iter().map(|n| small(*n, k)).collect();
    if !hidden.contains(&true) {
        return (hidden, false);
    }
    loop {
        let of: Vec<u64> =
            numbers.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(n, _)| *n).collect();
        if of.len() > 1 && of.iter().sum::<u64>() >= k {
            return (hidden, false);
        }
        let open = (0..numbers.len()).filter(|at| !hidden[*at] && numbers[*at] > 0);
        let Some(next) = open.min_by_key(|at| numbers[*at]) else { return (hidden, true) };
        hidden[next] = true;
    }
}

impl Release {
    /// The number from which a count may be told: nothing is too small where everything is shown.
    pub(super) fn threshold(&self) -> u64 {
        let everything = self.pattern.is_open() && self.rounded.is_none();
        if everything { 1 } else { self.manifest().min_families }
    }

    /// A number of the whole snapshot: rounded where counts are, and not withheld then.
    fn told(&self, name: &str, hidden: bool, n: u64) -> Count {
        shown(hidden && self.rounded.is_none(), self.overall(name, n))
    }

    /// Rows of a registry that are in no region.
    pub fn rows_nowhere(&self, registry: Registry) -> Count {
        let mut all = self.manifest().rows_without_region.iter();
        let rows = all.find(|of| of.registry == registry).map_or(0, |of| of.rows);
        shown(small(rows, self.threshold()), rows)
    }

    /// Read are those used and those set aside, and of the used ones those with a region are told
    /// with the nation.
    pub fn file(&self, report: &SourceReport) -> ShownFile {
        let k = self.threshold();
        let rows = |issues: &[IssueCount]| issues.iter().map(|i| i.rows).collect::<Vec<u64>>();
        let numbers = rows(&report.set_aside);
        let aside: u64 = numbers.iter().sum();
        let (set_aside, sum_tells) = parts(&numbers, k);
        // Of several files of a registry each is the rest of the others.
        let mut files = self.manifest().sources.iter().filter(|s| s.registry == report.registry);
        let hide_used = self.totals(report.registry).rows == Count::Withheld
            || files.any(|file| small(file.rows_used, k));
        let hide_aside = sum_tells || small(aside, k);
        let hide_read = hide_used || hide_aside;
        let told = |hidden: Vec<bool>, numbers: &[u64]| {
            hidden.into_iter().zip(numbers).map(|(hidden, n)| shown(hidden, *n)).collect()
        };
        let issues = rows(&report.issues);
        // A fault that nearly every row has is one that few have not; one that every row has says
        // how many they are.
        let few = |n: &u64| {
            let rest = report.rows_read.saturating_sub(*n);
            small(*n, k) || small(rest, k) || (hide_read && rest == 0)
        };
        ShownFile {
            read: shown(hide_read, report.rows_read),
            used: shown(hide_used, report.rows_used),
            aside: shown(hide_aside, aside),
            set_aside: told(set_aside, &numbers),
            issues: told(issues.iter().map(few).collect(), &issues),
        }
    }

    /// Families are those placed and those not; those placed by their point are all but those
    /// without one and those whose point is outside; and how many have an unusable code follows
    /// from those that could not be placed.
    pub fn placing(&self) -> ShownPlacing {
        let k = self.threshold();
        let all = &self.manifest().location;
        let few = |n: u64| small(n, k);
        let off = all.point_outside + all.no_point;
        let pointless = few(all.point_outside) || few(all.no_point);
        let nowhere = few(all.unplaced)
            || few(all.unplaced_persons)
            || few(all.code_unusable)
            || (pointless && off < k);
        let point = all.points.unwrap_or_default();
        let told = |hidden, n| self.told("penempatan", hidden, n);
        ShownPlacing {
            families: told(nowhere, all.families),
            unplaced: told(nowhere, all.unplaced),
            unplaced_persons: self.told("jiwa", nowhere, all.unplaced_persons),
            point_outside: told(nowhere || pointless, all.point_outside),
            no_point: told(nowhere || pointless, all.no_point),
            code_unusable: told(nowhere, all.code_unusable),
            special: [point.nearest, point.null_island, point.abroad].map(|n| told(few(n), n)),
        }
    }

    /// Persons are those kept and the new ones; those of the snapshot before, whose number is told
    /// there, are those kept, those gone and those merged: who reads three of these four reads the
    /// fourth.
    pub fn persons_over_time(&self) -> ShownPersons {
        let k = self.threshold();
        let all = &self.manifest().linkage.identities;
        let few = |n: u64| small(n, k);
        let sums = [all.kept, all.new, all.gone, all.merged];
        let hidden = all.previous.is_some() && sums.into_iter().any(few);
        let before = all.kept + all.gone + all.merged;
        // A few more or fewer in all are at least as many new or gone.
        let change = hidden && few(all.persons.abs_diff(before));
        // Where they are all of their whole, that is no less than they are.
        let rest = |n: u64, whole: u64| {
            let rest = whole.saturating_sub(n);
            few(n) || few(rest) || (hidden && n > 0 && rest == 0)
        };
        let told = |hidden, n| self.told("orang", hidden, n);
        ShownPersons {
            persons: told(change || few(all.persons), all.persons),
            kept: told(hidden, all.kept),
            new: told(hidden, all.new),
            gone: told(hidden, all.gone),
            moved: told(rest(all.moved, all.kept), all.moved),
            split: told(rest(all.split, all.new), all.split),
            merged: told(hidden, all.merged),
        }
    }
}
