//! What may be shown of linkage: outcomes of the rows of a registry, and persons that two
//! registries both hold, region by region.

use super::pattern::Pattern;
use super::theme::{self, Theme};
use super::{Cell, Count, share};
use crate::domain::{MatchCounts, RegionCode, Registry};

/// One number of a registry in a region: those of [`MatchCounts::values`], then the linked rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchColumn {
    Rows,
    ByNik,
    ByScore,
    ByReview,
    Pending,
    NoNik,
    NotFound,
    Contradicted,
    Ambiguous,
    Duplicates,
    ConflictName,
    ConflictSex,
    ConflictBirth,
    ConflictRegion,
    /// [`MatchCounts::linked`].
    Linked,
}

impl MatchColumn {
    pub const ALL: [Self; 15] = [
        Self::Rows,
        Self::ByNik,
        Self::ByScore,
        Self::ByReview,
        Self::Pending,
        Self::NoNik,
        Self::NotFound,
        Self::Contradicted,
        Self::Ambiguous,
        Self::Duplicates,
        Self::ConflictName,
        Self::ConflictSex,
        Self::ConflictBirth,
        Self::ConflictRegion,
        Self::Linked,
    ];

    /// The ways of a row: they add up to [`MatchColumn::Rows`].
    pub const OUTCOMES: [Self; 8] = [
        Self::ByNik,
        Self::ByScore,
        Self::ByReview,
        Self::Pending,
        Self::NoNik,
        Self::NotFound,
        Self::Contradicted,
        Self::Ambiguous,
    ];

    /// The ways by which a row is linked: they add up to [`MatchColumn::Linked`].
    pub const LINKS: [Self; 3] = [Self::ByNik, Self::ByScore, Self::ByReview];

    /// Not in the sums: remarks on rows that were counted above.
    pub const REMARKS: [Self; 5] = [
        Self::Duplicates,
        Self::ConflictName,
        Self::ConflictSex,
        Self::ConflictBirth,
        Self::ConflictRegion,
    ];

    pub fn index(self) -> usize {
        self as usize
    }

    /// Stable name for files: that of [`MatchCounts::COLUMNS`], or `linked`.
    pub fn slug(self) -> &'static str {
        MatchCounts::COLUMNS.get(self.index()).copied().unwrap_or("linked")
    }

    pub(super) fn value(self, counts: &MatchCounts) -> u64 {
        counts.values().get(self.index()).copied().unwrap_or_else(|| counts.linked())
    }

    fn hidden(self, pattern: &Pattern, code: RegionCode, registry: Registry) -> bool {
        let column = self.index();
        let first = |theme| pattern.hides_part(code, theme, (0, 0));
        // A number that is hidden only along with others is their rest: where all of them are told,
        // to hide it would only seem to.
        let all_told =
            |terms: &[Self]| !terms.iter().any(|term| term.hidden(pattern, code, registry));
        match self {
            Self::Rows => first(Theme::Rows(registry)),
            Self::Linked => first(Theme::Linked(registry)),
            Self::ByNik => {
                let ways = theme::LINKS.into_iter();
                pattern.hides_with(code, ways.map(|way| Theme::Links(registry, way)))
                    && !all_told(&[Self::Linked, Self::ByScore, Self::ByReview])
            }
            Self::NotFound => {
                let ways = theme::LOSSES.into_iter();
                let others = [Self::Pending, Self::NoNik, Self::Contradicted, Self::Ambiguous];
                pattern.hides_with(code, ways.map(|way| Theme::Losses(registry, way)))
                    && !(all_told(&[Self::Rows, Self::Linked]) && all_told(&others))
            }
            Self::ByScore | Self::ByReview => first(Theme::Links(registry, column)),
            Self::Pending | Self::NoNik | Self::Contradicted | Self::Ambiguous => {
                first(Theme::Losses(registry, column))
            }
            _ => first(Theme::Remark(registry, column - 9)),
        }
    }
}

const COLUMNS: usize = MatchColumn::ALL.len();

/// The numbers of a registry in a region, as they may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownMatches {
    counts: [Count; COLUMNS],
    /// What they are multiples of, where they are rounded.
    base: Option<u64>,
}

impl ShownMatches {
    pub(super) fn of(
        counts: &MatchCounts,
        (code, registry): (RegionCode, Registry),
        pattern: &Pattern,
        shown: impl Fn(u64) -> Count,
    ) -> Self {
        let of = |column: MatchColumn| {
            if column.hidden(pattern, code, registry) {
                Count::Withheld
            } else {
                shown(column.value(counts))
            }
        };
        Self { counts: MatchColumn::ALL.map(of), base: None }
    }

    /// As they are after rounding to multiples of `base`.
    pub(super) fn rounded(base: u64, of: impl Fn(MatchColumn) -> Count) -> Self {
        Self { counts: MatchColumn::ALL.map(of), base: Some(base) }
    }

    pub fn get(&self, column: MatchColumn) -> Count {
        self.counts[column.index()]
    }

    /// A column as a share of the registry's rows.
    pub fn of_rows(&self, column: MatchColumn) -> Cell {
        share(self.get(column), self.get(MatchColumn::Rows), self.base)
    }
}

/// A measure of linkage that a map can show; all are shares 0..1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchMeasure {
    /// Linked rows / rows.
    Linked(Registry),
    /// Rows linked by probability / rows.
    ByScore(Registry),
    /// Rows that wait for review / rows.
    Pending(Registry),
    /// Persons of the first that the second holds too / persons of the first.
    Overlap(Registry, Registry),
}

impl MatchMeasure {
    /// The registries that the measure speaks of; the base is behind all of them.
    pub fn registries(self) -> Vec<Registry> {
        match self {
            Self::Linked(registry) | Self::ByScore(registry) | Self::Pending(registry) => {
                vec![registry]
            }
            Self::Overlap(a, b) => vec![a, b],
        }
    }
}
