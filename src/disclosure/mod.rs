//! Small cells: what of a snapshot may be shown. Everything that serves or exports figures goes
//! through [`Release`]; nothing reads a region's sums past it.
//!
//! **What must not be found out**: how many families or persons of a region are of one kind, where
//! that is fewer than `k` (the manifest's `min_families`) or all but fewer than `k` of a known
//! whole; that all of them are poor, or none of a small whole (`split`). These cells are hidden
//! (primary suppression), and as many more that no sum, quotient or earlier snapshot gives them
//! away (secondary suppression; `secondary`, `pool`).
//!
//! **The protection interval**: whoever reads everything that is shown must still think possible,
//! for a hidden number that is small, everything from none to `k` (or to its whole, where that is
//! smaller), for one that is nearly its whole the same of what is missing, and for any other at
//! least `k` values. This is an interval of fixed ends for what is protected and of fixed width for
//! what is hidden for its sake (upper, lower and sliding protection levels in the words of
//! Fischetti and Salazar-González, "Models and algorithms for the cell suppression problem", 2001;
//! Hundepool et al., Statistical Disclosure Control, 2012, chapter 4). Fixed ends also hold when two
//! snapshots are laid beside each other: two intervals from none to `k` have all of it in common,
//! two of the same width need not.

mod counted;
mod matching;
mod numbers;
mod pattern;
mod pool;
mod reports;
mod secondary;
mod split;
mod theme;
mod totals;
mod tree;
mod triple;

#[cfg(test)]
mod golden;

use std::collections::BTreeMap;

use crate::domain::{ConflictCounts, IndicatorId, Level, RegionCode, RegionCounts, Registry};
use crate::indicators;
use crate::priority;
use crate::snapshot::{Manifest, PriorityRow, Snapshot};
pub use counted::Counted;
pub use matching::{MatchColumn, MatchMeasure, ShownMatches};
pub use pattern::Lost;
use pattern::Pattern;
pub use reports::{ShownFile, ShownPersons, ShownPlacing};
pub use split::WIDE;
pub use theme::Theme;
pub use totals::ShownTotals;

/// One figure as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    Value(f64),
    /// The measure does not exist here; not zero.
    NoData,
    /// It exists, but it could speak of a single family, or give away another one that does.
    Suppressed,
}

impl Cell {
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::NoData | Self::Suppressed => None,
        }
    }
}

/// A count as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Value(u64),
    /// Small, or its number would give a small one away. Which of the two is not said.
    Withheld,
}

impl Count {
    pub fn value(self) -> Option<u64> {
        match self {
            Self::Value(n) => Some(n),
            Self::Withheld => None,
        }
    }
}

/// A part of a whole, where both may be shown.
pub fn share(part: Count, whole: Count) -> Cell {
    match (part, whole) {
        (_, Count::Value(0)) => Cell::NoData,
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        (Count::Value(part), Count::Value(whole)) => Cell::Value(part as f64 / whole as f64),
        _ => Cell::Suppressed,
    }
}

/// What may be shown of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionStatus {
    Published,
    Suppressed,
    NoData,
}

/// How far points and codes agree, as finely as it may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Level by level.
    Levels(ConflictCounts),
    /// Only which desa are the same and which are not.
    Desa { same: u64, other: u64 },
    /// Even these are too few.
    Both(u64),
}

/// A snapshot with what must not be shown of it withheld.
#[derive(Debug)]
pub struct Release {
    snapshot: Snapshot,
    pattern: Pattern,
    /// The order among the regions whose extreme poor are shown: ranks and shares that counted the
    /// others would give them away.
    priority: Vec<PriorityRow>,
}

impl Release {
    /// Withholds small cells and those that would give them away.
    pub fn new(snapshot: Snapshot) -> Self {
        let pattern = Pattern::of(&snapshot, None);
        Self::with(snapshot, pattern)
    }

    /// As [`Release::new`], for readers who have seen an earlier release: what was hidden there and
    /// says the same now stays hidden, and what was shown is not relied on to hide others.
    pub fn after(snapshot: Snapshot, earlier: &Self) -> Self {
        let pattern = Pattern::of(&snapshot, Some((&earlier.snapshot, &earlier.pattern)));
        Self::with(snapshot, pattern)
    }

    /// Withholds nothing: for those who may see single families anyway.
    pub fn open(snapshot: Snapshot) -> Self {
        let pattern = Pattern::open(&snapshot);
        Self::with(snapshot, pattern)
    }

    /// Withholds of other numbers what is withheld of these, whatever they are: to see that nothing
    /// that is said of a snapshot depends on what is withheld of it. Never for serving.
    pub fn alike(snapshot: Snapshot, other: &Self) -> Self {
        Self::with(snapshot, other.pattern.clone())
    }

    fn with(snapshot: Snapshot, pattern: Pattern) -> Self {
        let (theme, part) = Counted::ExtremePersons.group();
        let hidden = |code| part.is_some_and(|part| pattern.hides_part(code, theme, part));
        let shown = snapshot
            .regions
            .iter()
            .filter(|row| row.counts.n_families > 0 && !hidden(row.code))
            .filter(|row| !pattern.hides(row.code, Theme::Region))
            .map(|row| (row.code, row.counts.clone()))
            .collect();
        let priority = priority::rank_all(&shown);
        Self { snapshot, pattern, priority }
    }

    pub fn manifest(&self) -> &Manifest {
        &self.snapshot.manifest
    }

    pub fn status(&self, code: RegionCode) -> RegionStatus {
        if !self.has_families(code) {
            RegionStatus::NoData
        } else if self.pattern.hides(code, Theme::Region) {
            RegionStatus::Suppressed
        } else {
            RegionStatus::Published
        }
    }

    fn has_families(&self, code: RegionCode) -> bool {
        self.snapshot.region(code).is_some_and(|counts| counts.n_families > 0)
    }

    /// By level: how much is withheld; nothing where everything is shown.
    pub fn withheld(&self) -> &BTreeMap<Level, Lost> {
        &self.pattern.lost
    }

    /// One count of a region; zero where it has no families.
    pub fn count(&self, code: RegionCode, figure: Counted) -> Count {
        if let Counted::Recipients(index) = figure {
            let parts = [Counted::Covered(index), Counted::Leaked(index)];
            let [covered, leaked] = parts.map(|part| self.count(code, part).value());
            let sum = covered.and_then(|covered| Some(covered + leaked?));
            return sum.map_or(Count::Withheld, Count::Value);
        }
        let (theme, part) = figure.group();
        let hidden = match part {
            _ if figure == Counted::WithProgrammes(1) => {
                self.pattern.hides_with(code, theme::PROGRAMMES.into_iter().map(Theme::Programmes))
            }
            Some(part) => self.pattern.hides_part(code, theme, part),
            None => self.pattern.hides(code, theme),
        };
        if hidden || self.status(code) == RegionStatus::Suppressed {
            return Count::Withheld;
        }
        let value = |counts: &RegionCounts| figure.value(counts);
        Count::Value(self.snapshot.region(code).map_or(0, value))
    }

    /// One figure.
    pub fn cell(&self, code: RegionCode, id: IndicatorId) -> Cell {
        match self.status(code) {
            RegionStatus::Suppressed => Cell::Suppressed,
            RegionStatus::NoData => Cell::NoData,
            RegionStatus::Published => self.figure(code, id),
        }
    }

    fn figure(&self, code: RegionCode, id: IndicatorId) -> Cell {
        let number = |figure| match self.count(code, figure) {
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            Count::Value(n) => Cell::Value(n as f64),
            Count::Withheld => Cell::Suppressed,
        };
        let rate = |part, whole| share(self.count(code, part), self.count(code, whole));
        match id {
            IndicatorId::Population => number(Counted::Persons),
            IndicatorId::Families => number(Counted::Families),
            IndicatorId::ExtremePersons => number(Counted::ExtremePersons),
            IndicatorId::ExtremeFamilies => number(Counted::ExtremeFamilies),
            IndicatorId::PoorPersons => number(Counted::PoorPersons),
            IndicatorId::ExtremeRate => rate(Counted::ExtremePersons, Counted::RankedPersons),
            IndicatorId::Headcount => rate(Counted::PoorPersons, Counted::RankedPersons),
            IndicatorId::Gap | IndicatorId::Severity => self.depth(code, id),
            IndicatorId::Coverage(i) => {
                rate(Counted::Covered(i.into()), Counted::Eligible(i.into()))
            }
            IndicatorId::InclusionError(i) => {
                rate(Counted::Leaked(i.into()), Counted::Recipients(i.into()))
            }
            IndicatorId::ProgrammesPerFamily(n) => {
                rate(Counted::WithProgrammes(n.into()), Counted::Families)
            }
            IndicatorId::MatchRate => self.match_rate(code),
            IndicatorId::LocationAgreement => rate(Counted::Agree, Counted::Both),
        }
    }

    /// P1 and P2 are sums over the poor, and bound from above how many of them can be extreme poor:
    /// they are shown where both counts are.
    fn depth(&self, code: RegionCode, id: IndicatorId) -> Cell {
        if self.pattern.hides(code, Theme::Extreme) {
            return Cell::Suppressed;
        }
        let counts = self.snapshot.region(code);
        counts.and_then(|c| indicators::value(id, c)).map_or(Cell::NoData, Cell::Value)
    }

    /// Over all registries but the base, where all of them are shown.
    fn match_rate(&self, code: RegionCode) -> Cell {
        let hidden = Registry::ALL.into_iter().skip(1).any(|registry| {
            let shown = self.matches(code, registry);
            [MatchColumn::Linked, MatchColumn::Rows].iter().any(|c| shown.get(*c).value().is_none())
        });
        if hidden {
            return Cell::Suppressed;
        }
        let counts = self.snapshot.region(code);
        let rate = counts.and_then(|c| indicators::value(IndicatorId::MatchRate, c));
        rate.map_or(Cell::NoData, Cell::Value)
    }

    /// The regions of `level` inside `code` that have families, shown or withheld, in code order.
    pub fn regions(&self, code: RegionCode, level: Level) -> impl Iterator<Item = RegionCode> {
        self.snapshot.inside(code, level).map(|row| row.code)
    }

    /// The registries behind the figures of a region: those delivered, and of them only those with
    /// a row there where that may be said.
    pub fn sources(&self, code: RegionCode) -> Vec<Registry> {
        let there = |registry: &Registry| {
            let hidden = self.pattern.hides(code, Theme::Rows(*registry));
            let counts = self.snapshot.region(code).filter(|_| !hidden);
            self.manifest().sources.iter().any(|source| source.registry == *registry)
                && counts.is_none_or(|c| c.registries[registry.index()].rows > 0)
        };
        Registry::ALL.into_iter().filter(there).collect()
    }

    /// True when the snapshot says what became of linkage in this region, or in a part of it.
    pub fn has_matches(&self, code: RegionCode) -> bool {
        let at = self.snapshot.matching.partition_point(|row| row.code < code);
        self.snapshot.matching.get(at).is_some_and(|row| row.code == code)
    }

    /// What became of the rows of a registry in a region; all zero where it has none there.
    pub fn matches(&self, code: RegionCode, registry: Registry) -> ShownMatches {
        let counts = self.snapshot.matching_of(code, registry).copied().unwrap_or_default();
        ShownMatches::of(&counts, (code, registry), &self.pattern, Count::Value)
    }

    /// What became of all delivered rows of a registry, those of no region among them.
    pub fn totals(&self, registry: Registry) -> ShownTotals {
        let nation = RegionCode::NATION;
        let mut all = self.manifest().linkage.registries.iter();
        let all = all.find(|(of, _)| *of == registry).map(|(_, counts)| *counts);
        let inside = self.snapshot.matching_of(nation, registry).copied().unwrap_or_default();
        let shown = [Theme::Rows(registry), Theme::Linked(registry)]
            .map(|theme| !self.pattern.hides(nation, theme));
        let k = self.threshold();
        ShownTotals::of(all.unwrap_or_default(), (inside, shown), k)
    }

    /// Distinct persons that both registries hold in a region; with `a == b` those of one.
    pub fn overlap(&self, code: RegionCode, a: Registry, b: Registry) -> Count {
        let (a, b) = (a.min(b), a.max(b));
        let theme = if a == b { Theme::Holders(a) } else { Theme::Common(a, b) };
        if self.pattern.hides_part(code, theme, (0, 0)) {
            Count::Withheld
        } else {
            Count::Value(self.snapshot.overlap(code, a, b))
        }
    }

    /// One measure of linkage.
    pub fn match_cell(&self, code: RegionCode, measure: MatchMeasure) -> Cell {
        let of_rows = |registry, column| self.matches(code, registry).of_rows(column);
        match measure {
            MatchMeasure::Linked(registry) => of_rows(registry, MatchColumn::Linked),
            MatchMeasure::ByScore(registry) => of_rows(registry, MatchColumn::ByScore),
            MatchMeasure::Pending(registry) => of_rows(registry, MatchColumn::Pending),
            MatchMeasure::Overlap(a, b) => {
                share(self.overlap(code, a, b), self.overlap(code, a, a))
            }
        }
    }

    /// Of the families that state this region those with a point too, and of these those whose
    /// point lies in another desa; `None` where there are none.
    pub fn conflicts(&self, code: RegionCode) -> Option<(Count, Count)> {
        let counts = self.snapshot.conflicts_of(code).filter(|counts| counts.both() > 0)?;
        let shown = |theme, part, n| {
            if self.pattern.hides_part(code, theme, part) {
                Count::Withheld
            } else {
                Count::Value(n)
            }
        };
        let both = shown(Theme::StatedBoth, (0, 0), counts.both());
        Some((both, shown(Theme::Agreement, (1, 1), counts.differ())))
    }

    /// How far points and codes agree in a region, as finely as it may be said.
    pub fn agreement(&self, code: RegionCode) -> Option<Agreement> {
        let counts = *self.snapshot.conflicts_of(code)?;
        match self.conflicts(code)? {
            (Count::Withheld, _) => None,
            (Count::Value(both), Count::Withheld) => Some(Agreement::Both(both)),
            _ if theme::LEVELS.iter().any(|n| self.pattern.hides(code, Theme::Levels(*n))) => {
                Some(Agreement::Desa { same: counts.desa, other: counts.differ() })
            }
            _ => Some(Agreement::Levels(counts)),
        }
    }

    /// True when the snapshot knows of points and codes at all.
    pub fn has_conflicts(&self) -> bool {
        !self.snapshot.conflicts.is_empty()
    }

    /// Share of the families stating this region whose point lies in another desa.
    pub fn conflict_cell(&self, code: RegionCode) -> Cell {
        self.conflicts(code).map_or(Cell::NoData, |(both, differ)| share(differ, both))
    }

    /// The first priority order of `level` inside `code`, among the regions that are shown.
    pub fn priority(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &PriorityRow> {
        self.priority.iter().filter(move |row| row.level == level && code.contains(row.code))
    }
}
