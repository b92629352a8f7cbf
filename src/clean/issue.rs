//! The tally of faults of one delivered file.

use std::collections::BTreeMap;

use crate::domain::IssueCount;

/// Row numbers kept for each fault, so that its owner can find it.
const EXAMPLES: usize = 5;

#[derive(Clone, Debug, Default)]
struct Tally {
    rows: u64,
    /// The smallest row numbers, sorted.
    examples: Vec<u64>,
}

impl Tally {
    fn add(&mut self, row: u64) {
        self.rows += 1;
        if self.examples.len() < EXAMPLES || self.examples.last().is_some_and(|last| row < *last) {
            let at = self.examples.partition_point(|r| *r < row);
            self.examples.insert(at, row);
            self.examples.truncate(EXAMPLES);
        }
    }
}

/// One fault of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    pub code: &'static str,
    pub column: String,
    /// The row cannot be used.
    pub set_aside: bool,
}

/// Faults by code and column. The same rows give the same log in whatever order they are added.
#[derive(Clone, Debug, Default)]
pub struct IssueLog {
    set_aside: BTreeMap<(&'static str, String), Tally>,
    issues: BTreeMap<(&'static str, String), Tally>,
    /// The faults since they were last taken, where somebody wants them row by row.
    watched: Option<Vec<RowFault>>,
}

impl IssueLog {
    /// A log that also keeps the faults of each row until they are taken.
    pub fn watching() -> Self {
        Self { watched: Some(Vec::new()), ..Self::default() }
    }

    /// The faults since the last call; none where nobody watches.
    pub fn take_row(&mut self) -> Vec<RowFault> {
        self.watched.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The row cannot be used.
    pub fn set_aside(&mut self, code: &'static str, column: &str, row: u64) {
        entry(&mut self.set_aside, code, column).add(row);
        self.watch(code, column, true);
    }

    /// The row is used without this value.
    pub fn issue(&mut self, code: &'static str, column: &str, row: u64) {
        entry(&mut self.issues, code, column).add(row);
        self.watch(code, column, false);
    }

    fn watch(&mut self, code: &'static str, column: &str, set_aside: bool) {
        if let Some(watched) = &mut self.watched {
            watched.push(RowFault { code, column: column.to_owned(), set_aside });
        }
    }

    /// Takes over all of another log.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in
            [(&mut self.set_aside, other.set_aside), (&mut self.issues, other.issues)]
        {
            for ((code, column), tally) in theirs {
                let to = mine.entry((code, column)).or_default();
                let rows = to.rows + tally.rows;
                tally.examples.into_iter().for_each(|row| to.add(row));
                to.rows = rows;
            }
        }
    }

    pub fn rows_set_aside(&self) -> u64 {
        self.set_aside.values().map(|t| t.rows).sum()
    }

    /// Set-aside rows and issues for the manifest.
    pub fn into_counts(self) -> (Vec<IssueCount>, Vec<IssueCount>) {
        (counts(self.set_aside), counts(self.issues))
    }
}

fn entry<'a>(
    map: &'a mut BTreeMap<(&'static str, String), Tally>,
    code: &'static str,
    column: &str,
) -> &'a mut Tally {
    map.entry((code, column.to_owned())).or_default()
}

fn counts(map: BTreeMap<(&'static str, String), Tally>) -> Vec<IssueCount> {
    map.into_iter()
        .map(|((code, column), tally)| IssueCount {
            code: code.to_owned(),
            column,
            rows: tally.rows,
            examples: tally.examples,
        })
        .collect()
}
