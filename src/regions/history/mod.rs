//! What became of regions: changes of code, splits and merges since the codes of 2019, each with
//! its date, its law and the part of the former region that lies in the later one. A figure of any
//! vintage can be told for any other ([`convert`]).

mod check;
mod convert;
mod file;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

pub use check::ChangeProblem;
pub use convert::{Converted, Estimate, Quality, Rate, Stranded};
pub use file::{ChangeFileError, read_changes};

use super::RegionCatalog;
use crate::data::{self, DataError};
use crate::domain::{Day, Period, RegionChange, RegionCode};

const LAWS: &str = "regions/history.csv";
const RENUMBERED: &str = "regions/renumbered.csv.gz";
const SOURCES: &str = "regions/history_sources.csv";
const INTERIM: &str = "regions/interim_codes.csv";
const LOOSE: &str = "regions/loose_ends.csv.gz";

/// The day on which changes that are known from editions alone are dated: at the latest then.
const EDITION: &str = "2025-04-25";

/// The day before which no change is on record here.
pub const RECORDS_BEGIN: &str = "Permendagri 72/2019";

/// A code that stood for another region for some years, in one system of numbers or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterimCode {
    pub code: RegionCode,
    pub name: String,
    /// The region of today.
    pub now: RegionCode,
    pub from: Day,
    pub until: Day,
    pub source: String,
}

/// The time in which a code stood for a region: from the first day, up to but without the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// `None`: since before the records begin.
    pub from: Option<Day>,
    /// `None`: to this day.
    pub until: Option<Day>,
}

impl Validity {
    pub fn holds(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// All changes on record, oldest first.
#[derive(Clone, Debug)]
pub struct History {
    changes: Vec<RegionChange>,
    out_of: HashMap<RegionCode, Vec<usize>>,
    into: HashMap<RegionCode, Vec<usize>>,
    interim: Vec<InterimCode>,
    loose: LooseEnds,
}

/// What the two editions leave open: where a region came from, or what became of it.
#[derive(Clone, Debug, Default)]
struct LooseEnds {
    born: BTreeSet<RegionCode>,
    gone: BTreeMap<RegionCode, String>,
    /// At the latest then.
    by: Option<Day>,
}

impl History {
    /// The history of this build, parsed and checked once.
    ///
    /// # Errors
    /// A damaged table: a fault of the build.
    pub fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<History> = OnceLock::new();
        if let Some(history) = SHARED.get() {
            return Ok(history);
        }
        let history = Self::load()?;
        Ok(SHARED.get_or_init(|| history))
    }

    /// No change at all.
    pub fn empty() -> Self {
        Self::of(Vec::new(), Vec::new(), LooseEnds::default())
    }

    fn load() -> Result<Self, DataError> {
        let sources = sources()?;
        let mut changes = Vec::new();
        for path in [LAWS, RENUMBERED] {
            let content =
                |line, problem| DataError::Content { path: path.to_owned(), line, problem };
            for row in
                file::csv_rows(&data::bytes(path)?).map_err(|p| content(p.row, p.to_string()))?
            {
                let mut change = row.change;
                if let Some(words) = sources.get(&change.source) {
                    change.source.clone_from(words);
                }
                changes.push(change);
            }
        }
        Ok(Self::of(changes, interim()?, loose_ends()?))
    }

    fn of(mut changes: Vec<RegionChange>, interim: Vec<InterimCode>, loose: LooseEnds) -> Self {
        changes.sort_by(|a, b| (a.date, a.from, a.to).cmp(&(b.date, b.from, b.to)));
        let mut out_of: HashMap<RegionCode, Vec<usize>> = HashMap::new();
        let mut into: HashMap<RegionCode, Vec<usize>> = HashMap::new();
        for (at, change) in changes.iter().enumerate() {
            out_of.entry(change.from).or_default().push(at);
            into.entry(change.to).or_default().push(at);
        }
        Self { changes, out_of, into, interim, loose }
    }

    /// This history and further changes, checked against it and the region table.
    ///
    /// # Errors
    /// The first change that does not fit, by its place in `further`.
    pub fn with(
        &self,
        further: &[RegionChange],
        catalog: &RegionCatalog,
    ) -> Result<Self, ChangeProblem> {
        check::check(&self.changes, further, catalog)?;
        let mut changes = self.changes.clone();
        changes.extend_from_slice(further);
        Ok(Self::of(changes, self.interim.clone(), self.loose.clone()))
    }

    pub fn changes(&self) -> &[RegionChange] {
        &self.changes
    }

    /// What became of a code, oldest first; empty where nothing did.
    pub fn successors(&self, code: RegionCode) -> impl Iterator<Item = &RegionChange> {
        self.picked(self.out_of.get(&code))
    }

    /// What a region was made from, oldest first.
    pub fn predecessors(&self, code: RegionCode) -> impl Iterator<Item = &RegionChange> {
        self.picked(self.into.get(&code))
    }

    fn picked<'a>(&'a self, at: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a RegionChange> {
        at.into_iter().flatten().map(|at| &self.changes[*at])
    }

    /// Codes that stood for another region for some years only.
    pub fn interim(&self, code: RegionCode) -> impl Iterator<Item = &InterimCode> {
        self.interim.iter().filter(move |interim| interim.code == code)
    }

    /// A region that was not among the codes of 2019 and whose origin is not on record.
    pub fn is_of_unknown_origin(&self, code: RegionCode) -> bool {
        self.loose.born.contains(&code) && self.predecessors(code).next().is_none()
    }

    /// A code of 2019 that is not in the table of today, and nothing says what became of it.
    pub fn is_lost(&self, code: RegionCode) -> bool {
        self.loose.gone.contains_key(&code) && self.successors(code).next().is_none()
    }

    /// True for a code that is on record, though it may have no region today.
    pub fn knows(&self, code: RegionCode) -> bool {
        self.out_of.contains_key(&code)
            || self.into.contains_key(&code)
            || self.interim(code).next().is_some()
            || self.is_lost(code)
    }

    /// What a code that is no longer in use was called.
    pub fn former_name(&self, code: RegionCode) -> Option<&str> {
        let changed = self.successors(code).last().map(|change| change.from_name.as_str());
        changed
            .or_else(|| self.interim(code).map(|interim| interim.name.as_str()).next())
            .or_else(|| self.loose.gone.get(&code).map(String::as_str))
            .filter(|name| !name.is_empty())
    }

    /// Former codes with their names, in code order; a code once.
    pub fn former_codes<'a>(
        &'a self,
        catalog: &'a RegionCatalog,
    ) -> impl Iterator<Item = (RegionCode, &'a str)> {
        let mut names: BTreeMap<RegionCode, &str> = BTreeMap::new();
        for change in &self.changes {
            names.insert(change.from, &change.from_name);
        }
        for interim in &self.interim {
            names.entry(interim.code).or_insert(&interim.name);
        }
        names.into_iter().filter(move |(code, _)| catalog.get(*code).is_none())
    }

    /// The regions of today that a former code leads to, with the part of it that each holds;
    /// a code that is still in use leads to itself where nothing happened to it.
    pub fn today(&self, code: RegionCode) -> BTreeMap<RegionCode, f64> {
        let mut parts = BTreeMap::from([(code, 1.0)]);
        for date in self.dates() {
            let mut next: BTreeMap<RegionCode, f64> = BTreeMap::new();
            for (code, part) in parts {
                let mut moved = false;
                for change in self.successors(code).filter(|change| change.date == date) {
                    *next.entry(change.to).or_default() += part * change.share.value();
                    moved = true;
                }
                if !moved {
                    *next.entry(code).or_default() += part;
                }
            }
            parts = next;
        }
        parts
    }

    /// When a code stood for a region. Empty for a code that was never on record.
    pub fn validity(&self, code: RegionCode, catalog: &RegionCatalog) -> Vec<Validity> {
        let dates: BTreeSet<Day> =
            self.successors(code).chain(self.predecessors(code)).map(|c| c.date).collect();
        let mut spans: Vec<Validity> = Vec::new();
        let mut open = None;
        for (nth, date) in dates.iter().enumerate() {
            let born = self.predecessors(code).any(|c| c.date == *date);
            let ends = self.successors(code).any(|c| c.date == *date);
            if ends {
                let from = if nth == 0 { None } else { open.flatten() };
                if nth == 0 || open.is_some() {
                    spans.push(Validity { from, until: Some(*date) });
                }
                open = None;
            }
            if born {
                open = Some(Some(*date));
            }
        }
        if dates.is_empty() && catalog.get(code).is_some() {
            open = Some(self.loose.by.filter(|_| self.loose.born.contains(&code)));
        }
        if self.is_lost(code) {
            spans.push(Validity { from: None, until: self.loose.by });
        }
        spans.extend(open.map(|from| Validity { from, until: None }));
        spans
    }

    /// The days on which anything changed, in order.
    pub fn dates(&self) -> BTreeSet<Day> {
        self.changes.iter().map(|change| change.date).collect()
    }
}

/// Words for the short names of laws and editions in the tables.
fn sources() -> Result<HashMap<String, String>, DataError> {
    let bytes = data::bytes(SOURCES)?;
    let mut words = HashMap::new();
    for row in csv::Reader::from_reader(bytes.as_ref()).records() {
        let row = row.map_err(|e| damaged(SOURCES, &e, e.to_string()))?;
        let field = |i: usize| row.get(i).unwrap_or_default().to_owned();
        words.insert(field(0), field(1));
    }
    Ok(words)
}

fn interim() -> Result<Vec<InterimCode>, DataError> {
    let bytes = data::bytes(INTERIM)?;
    let mut codes = Vec::new();
    for row in csv::Reader::from_reader(bytes.as_ref()).records() {
        let row = row.map_err(|e| damaged(INTERIM, &e, e.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let field = |i: usize| row.get(i).unwrap_or_default();
        let content = |problem| DataError::Content { path: INTERIM.to_owned(), line, problem };
        let code =
            |i| field(i).parse().map_err(|e: crate::domain::CodeError| content(e.to_string()));
        let day =
            |i| field(i).parse().map_err(|e: crate::domain::ParseDayError| content(e.to_string()));
        codes.push(InterimCode {
            code: code(0)?,
            name: field(1).to_owned(),
            now: code(2)?,
            from: day(3)?,
            until: day(4)?,
            source: field(5).to_owned(),
        });
    }
    Ok(codes)
}

fn loose_ends() -> Result<LooseEnds, DataError> {
    let bytes = data::bytes(LOOSE)?;
    let mut loose = LooseEnds { by: EDITION.parse().ok(), ..LooseEnds::default() };
    for row in csv::Reader::from_reader(bytes.as_ref()).records() {
        let row = row.map_err(|e| damaged(LOOSE, &e, e.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let content = |problem| DataError::Content { path: LOOSE.to_owned(), line, problem };
        let field = |i: usize| row.get(i).unwrap_or_default();
        let code =
            field(0).parse().map_err(|e: crate::domain::CodeError| content(e.to_string()))?;
        match field(2) {
            "baru" => drop(loose.born.insert(code)),
            "hilang" => drop(loose.gone.insert(code, field(1).to_owned())),
            other => return Err(content(format!("column apa: '{other}'"))),
        }
    }
    Ok(loose)
}

fn damaged(path: &str, error: &csv::Error, problem: String) -> DataError {
    let line = error.position().map_or(0, csv::Position::line);
    DataError::Content { path: path.to_owned(), line, problem }
}

/// The day whose regions a figure of that period speaks of.
pub fn vintage_of(period: Period) -> Day {
    Day::first_of(period)
}
