//! The quality report: counts, shares, row numbers and words. No value of a row, so that it can be
//! passed on; regions with few rows are withheld like any small figure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::inspection::{ColumnTally, Found};
use super::{CheckSettings, Words};
use crate::clean::date::expected_default_share;
use crate::domain::{IssueCount, Level, RegionCode, Registry};
use crate::regions::RegionCatalog;
use crate::sources::ReadSummary;
use crate::sources::layout::{FileLayout, RecordKind};

/// Regions with fewer rows are withheld.
const MIN_ROWS: u64 = 5;

/// What was found in one file.
#[derive(Clone, Debug, Serialize)]
pub struct QualityReport {
    /// Name of the file, without its folder.
    pub file: String,
    pub registry: Registry,
    pub title: String,
    pub owner: String,
    /// The people of the file are invented.
    pub synthetic: bool,
    pub sha256: String,
    pub bytes: u64,
    pub rows: u64,
    pub rows_usable: u64,
    /// Of files of persons.
    pub nik: Option<NikQuality>,
    pub births: Option<BirthQuality>,
    pub columns: Vec<ColumnQuality>,
    /// Why rows cannot be used, the most frequent first.
    pub set_aside: Vec<FaultCount>,
    /// What is wrong in rows that can be used, the most frequent first.
    pub faults: Vec<FaultCount>,
    /// What is worth knowing and no fault.
    pub notes: Vec<FaultCount>,
    pub kabupaten: Vec<RegionQuality>,
    /// All levels down to the desa, in code order, the nation first; the rows without a known desa
    /// count for the nation only.
    #[serde(skip)]
    pub regions: Vec<RegionQuality>,
}

/// NIK of a file of persons, as numbers of rows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NikQuality {
    pub sound: u64,
    /// Sound, and says the birth date and sex of its row.
    pub verified: u64,
    /// Different NIK that stand on more than one row.
    pub repeated: u64,
}

/// Dates of birth of a file of persons.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BirthQuality {
    pub known: u64,
    /// On a day that is filled in when only the year is known.
    pub on_default_day: u64,
    /// Share that would fall on those days anyway.
    pub expected_share: f64,
}

/// One column that the layout gives a meaning.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnQuality {
    pub column: String,
    /// Fields of the layout that are read from it.
    pub means: Vec<&'static str>,
    pub filled: u64,
    /// 0..1
    pub filled_share: f64,
    /// Faults met in it, alone or joined with others.
    pub faults: u64,
}

/// One kind of fault in one column.
#[derive(Clone, Debug, Serialize)]
pub struct FaultCount {
    pub code: String,
    pub words: String,
    pub column: String,
    pub rows: u64,
    /// Of all rows, 0..1.
    pub share: f64,
    pub first_rows: Vec<u64>,
    pub advice: &'static str,
}

/// Counts of one region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegionFigures {
    pub rows: u64,
    pub usable: u64,
    pub nik_sound: u64,
    pub nik_verified: u64,
    pub faults: u64,
}

/// One region; no figures where it is withheld.
#[derive(Clone, Debug, Serialize)]
pub struct RegionQuality {
    pub code: RegionCode,
    pub level: Level,
    pub name: String,
    pub figures: Option<RegionFigures>,
}

impl QualityReport {
    pub(super) fn new(
        settings: &CheckSettings<'_>,
        summary: &ReadSummary,
        found: Found,
        catalog: &RegionCatalog,
        synthetic: bool,
    ) -> Self {
        let Found { log, notes, columns, totals, desas } = found;
        let (set_aside, issues) = log.into_counts();
        let count = |counts: Vec<IssueCount>| counted(counts, summary.rows, settings.words);
        let regions = regions(&desas, catalog);
        let persons = settings.file.record == RecordKind::Person;
        let all: Vec<&IssueCount> = set_aside.iter().chain(&issues).collect();
        Self {
            file: settings.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            registry: settings.layout.registry,
            title: settings.layout.title.clone(),
            owner: settings.layout.owner.clone(),
            synthetic,
            sha256: summary.sha256.clone(),
            bytes: summary.bytes,
            rows: summary.rows,
            rows_usable: totals.usable,
            nik: persons.then_some(NikQuality {
                sound: totals.nik_sound,
                verified: totals.nik_verified,
                repeated: totals.repeated_niks,
            }),
            births: (totals.births > 0).then(|| BirthQuality {
                known: totals.births,
                on_default_day: totals.default_births,
                expected_share: expected_default_share(),
            }),
            columns: columns
                .into_iter()
                .map(|column| column_quality(column, settings.file, &all, summary.rows))
                .collect(),
            set_aside: count(set_aside),
            faults: count(issues),
            notes: count(notes.into_counts().1),
            kabupaten: regions.iter().filter(|r| r.level == Level::Kabupaten).cloned().collect(),
            regions,
        }
    }

    /// How many faults there are in all, set-aside rows included.
    pub fn n_faults(&self) -> u64 {
        self.set_aside.iter().chain(&self.faults).map(|fault| fault.rows).sum()
    }
}

/// A quotient that is 0 where there is nothing to divide by.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "rows stay below 2^53")]
    let share = part as f64 / whole.max(1) as f64;
    share
}

fn counted(counts: Vec<IssueCount>, rows: u64, words: Words) -> Vec<FaultCount> {
    let mut all: Vec<FaultCount> = counts
        .into_iter()
        .map(|count| FaultCount {
            words: (words.issue)(&count.code),
            advice: (words.advice)(&count.code),
            share: share(count.rows, rows),
            code: count.code,
            column: count.column,
            rows: count.rows,
            first_rows: count.examples,
        })
        .collect();
    all.sort_by(|a, b| {
        b.rows.cmp(&a.rows).then_with(|| (&a.code, &a.column).cmp(&(&b.code, &b.column)))
    });
    all
}

fn column_quality(
    column: ColumnTally,
    file: &FileLayout,
    counts: &[&IssueCount],
    rows: u64,
) -> ColumnQuality {
    let means = file.fields.iter().filter(|(_, c)| c.names().contains(&column.name));
    let inside = |count: &&&IssueCount| count.column.split('+').any(|part| part == column.name);
    ColumnQuality {
        means: means.map(|(field, _)| field.slug()).collect(),
        filled: column.filled,
        filled_share: share(column.filled, rows),
        faults: counts.iter().filter(inside).map(|count| count.rows).sum(),
        column: column.name,
    }
}

fn regions(desas: &BTreeMap<u64, RegionFigures>, catalog: &RegionCatalog) -> Vec<RegionQuality> {
    let mut all: BTreeMap<RegionCode, RegionFigures> = BTreeMap::new();
    for (packed, figures) in desas {
        let desa = RegionCode::from_packed(*packed).unwrap_or(RegionCode::NATION);
        let mut codes: Vec<RegionCode> = Level::ALL.map(|level| desa.ancestor(level)).to_vec();
        codes.dedup();
        for code in codes {
            let sum = all.entry(code).or_default();
            sum.rows += figures.rows;
            sum.usable += figures.usable;
            sum.nik_sound += figures.nik_sound;
            sum.nik_verified += figures.nik_verified;
            sum.faults += figures.faults;
        }
    }
    let withheld = withheld(&all);
    all.into_iter()
        .map(|(code, figures)| RegionQuality {
            code,
            level: code.level(),
            name: catalog.name(code),
            figures: (!withheld.contains(&code)).then_some(figures),
        })
        .collect()
}

/// Regions with few rows, and as many more of their siblings that none can be worked out from the
/// sum above it; all that lies in a withheld region.
fn withheld(all: &BTreeMap<RegionCode, RegionFigures>) -> BTreeSet<RegionCode> {
    let mut hidden = BTreeSet::new();
    for level in Level::ALL.into_iter().skip(1) {
        let mut families: BTreeMap<RegionCode, Vec<(u64, RegionCode)>> = BTreeMap::new();
        for (code, figures) in all.iter().filter(|(code, _)| code.level() == level) {
            let parent = code.parent().unwrap_or(RegionCode::NATION);
            families.entry(parent).or_default().push((figures.rows, *code));
        }
        for (parent, mut siblings) in families {
            siblings.sort_unstable();
            let mut sum = 0;
            for (i, (rows, code)) in siblings.into_iter().enumerate() {
                let small = rows < MIN_ROWS;
                let covers = i > 0 && (i < 2 || sum < MIN_ROWS) && sum > 0;
                if hidden.contains(&parent) || small || covers {
                    hidden.insert(code);
                    sum += rows;
                } else {
                    break;
                }
            }
        }
    }
    hidden
}
