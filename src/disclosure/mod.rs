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
//! least `k` values. (Where it is plain that there is somebody, as with the families of a region that
//! has figures, the interval begins at one.) This is an interval of fixed ends for what is protected and of fixed width for
//! what is hidden for its sake (upper, lower and sliding protection levels in the words of
//! Fischetti and Salazar-González, "Models and algorithms for the cell suppression problem", 2001;
//! Hundepool et al., Statistical Disclosure Control, 2012, chapter 4). Fixed ends also hold when two
//! snapshots are laid beside each other: two intervals from none to `k` have all of it in common,
//! two of the same width need not.
//!
//! Where the operator prefers it, no count is hidden and all are rounded instead (`rounding`).

mod counted;
mod depth;
mod matching;
mod numbers;
mod pattern;
mod pool;
mod reports;
mod rounding;
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
use crate::priority;
use crate::snapshot::{Manifest, PriorityRow, RegionRow, Snapshot};
pub use counted::Counted;
pub use matching::{MatchColumn, MatchMeasure, ShownMatches};
pub use pattern::Lost;
use pattern::Pattern;
pub use reports::{ShownFile, ShownPersons, ShownPlacing};
pub use rounding::Rounding;
use rounding::{Figure, Rounded};
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

/// What is done about small numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// They are withheld, and others that would give them away.
    #[default]
    Suppress,
    /// All counts are rounded at random to multiples of a base: of this one, or of the threshold of
    /// the snapshot where none is given or that is more.
    Round { base: Option<u64> },
}

/// A rate of rounded counts says nothing where its whole is less than this many times the base.
pub const ROUGH: u64 = 2;

/// A part of a whole, from what is shown of both; `base` where they are rounded. Then the quotient
/// is that of the rounded counts, never of the true ones, and there is none of a whole that rounding
/// leaves little of.
fn share(part: Count, whole: Count, base: Option<u64>) -> Cell {
    match (part, whole) {
        (_, Count::Value(whole)) if whole < base.map_or(1, |base| ROUGH * base) => Cell::NoData,
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        (Count::Value(part), Count::Value(whole)) if base.is_some() => {
            Cell::Value(part.min(whole) as f64 / whole as f64)
        }
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
    /// Nothing is hidden then, and every count comes from here.
    rounded: Option<Rounded>,
    /// The order among the regions whose extreme poor are shown: ranks and shares that counted the
    /// others would give them away.
    priority: Vec<PriorityRow>,
}

impl Release {
    /// Withholds small cells and those that would give them away.
    pub fn new(snapshot: Snapshot) -> Self {
        let pattern = Pattern::of(&snapshot, None);
        Self::with(snapshot, pattern, None)
    }

    /// As [`Release::new`], for readers who have seen an earlier release: what was hidden there and
    /// says the same now stays hidden, and what was shown is not relied on to hide others.
    pub fn after(snapshot: Snapshot, earlier: &Self) -> Self {
        let pattern = Pattern::of(&snapshot, Some((&earlier.snapshot, &earlier.pattern)));
        Self::with(snapshot, pattern, None)
    }

    /// Rounds every count instead of withholding the small ones. `earlier`: a rounded release that
    /// readers have seen.
    pub fn rounded(snapshot: Snapshot, rounding: &Rounding, earlier: Option<&Self>) -> Self {
        let earlier = earlier.and_then(|earlier| earlier.rounded.as_ref());
        let rounded = Rounded::of(&snapshot, rounding, earlier);
        let pattern = Pattern::open(&snapshot);
        Self::with(snapshot, pattern, Some(rounded))
    }

    /// Withholds nothing: for those who may see single families anyway.
    pub fn open(snapshot: Snapshot) -> Self {
        let pattern = Pattern::open(&snapshot);
        Self::with(snapshot, pattern, None)
    }

    /// Withholds of other numbers what is withheld of these, whatever they are: to see that nothing
    /// that is said of a snapshot depends on what is withheld of it. Never for serving.
    pub fn alike(snapshot: Snapshot, other: &Self) -> Self {
        Self::with(snapshot, other.pattern.clone(), None)
    }

    fn with(snapshot: Snapshot, pattern: Pattern, rounded: Option<Rounded>) -> Self {
        let mut release = Self { snapshot, pattern, rounded, priority: Vec::new() };
        release.priority = priority::rank_all(&release.ranked());
        release
    }

    /// The regions that can be put in order, with the numbers that they are ordered by as they are
    /// shown.
    fn ranked(&self) -> BTreeMap<RegionCode, RegionCounts> {
        let shown = |row: &RegionRow| {
            let (extreme, ranked) = (Counted::ExtremePersons, Counted::RankedPersons);
            let [extreme, ranked] = [extreme, ranked].map(|figure| self.count(row.code, figure));
            let rate = self.share(extreme, ranked).value();
            let (n_extreme_persons, n_persons_ranked) = (extreme.value()?, ranked.value()?);
            // Without a rate there is no order: `rank_all` leaves out who has no ranked persons.
            let n_persons_ranked = if rate.is_some() { n_persons_ranked } else { 0 };
            let counts =
                RegionCounts { n_extreme_persons, n_persons_ranked, ..RegionCounts::zero(0) };
            Some((row.code, counts))
        };
        let there = self.snapshot.regions.iter().filter(|row| row.counts.n_families > 0);
        there.filter_map(shown).collect()
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

    /// What counts are rounded to multiples of, where they are.
    pub fn rounded_to(&self) -> Option<u64> {
        self.rounded.as_ref().map(Rounded::base)
    }

    /// A number of the whole snapshot that is of no region, as it is told; `name` keeps two numbers
    /// apart that happen to be equal.
    pub fn overall(&self, name: &str, n: u64) -> u64 {
        self.rounded.as_ref().map_or(n, |rounded| rounded.overall(name, n))
    }

    /// A part of a whole, where both may be shown.
    pub fn share(&self, part: Count, whole: Count) -> Cell {
        share(part, whole, self.rounded_to())
    }

    fn has_families(&self, code: RegionCode) -> bool {
        self.snapshot.region(code).is_some_and(|counts| counts.n_families > 0)
    }

    /// By level: how much is withheld; nothing where everything is shown. Where counts are rounded:
    /// counts of regions, where any had to be withheld all the same.
    pub fn withheld(&self) -> BTreeMap<Level, Lost> {
        let of = |[groups, primary]: [u64; 2]| Lost { groups, primary, ..Lost::default() };
        match &self.rounded {
            Some(rounded) => rounded.withheld().into_iter().map(|(l, n)| (l, of(n))).collect(),
            None => self.pattern.lost.clone(),
        }
    }

    /// One count of a region; zero where it has no families.
    pub fn count(&self, code: RegionCode, figure: Counted) -> Count {
        if let Some(rounded) = &self.rounded {
            return rounded.count(code, Figure::Region(figure));
        }
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
        let rate = |part, whole| self.share(self.count(code, part), self.count(code, whole));
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

    /// The regions of `level` inside `code` that have families, shown or withheld, in code order.
    pub fn regions(&self, code: RegionCode, level: Level) -> impl Iterator<Item = RegionCode> {
        self.snapshot.inside(code, level).map(|row| row.code)
    }

    /// The registries behind the figures of a region: those delivered, and of them only those with
    /// a row there where that may be said.
    pub fn sources(&self, code: RegionCode) -> Vec<Registry> {
        let there = |registry: &Registry| {
            let hidden = self.pattern.hides(code, Theme::Rows(*registry));
            if let Some(rounded) = &self.rounded {
                let counted = !self.snapshot.matching.is_empty();
                let there = !counted || rounded.has_rows(code, *registry);
                return there && self.delivered(*registry);
            }
            let counts = self.snapshot.region(code).filter(|_| !hidden);
            self.delivered(*registry)
                && counts.is_none_or(|c| c.registries[registry.index()].rows > 0)
        };
        Registry::ALL.into_iter().filter(there).collect()
    }

    fn delivered(&self, registry: Registry) -> bool {
        self.manifest().sources.iter().any(|source| source.registry == registry)
    }

    /// True when the snapshot says what became of linkage in this region, or in a part of it.
    pub fn has_matches(&self, code: RegionCode) -> bool {
        if let Some(rounded) = &self.rounded {
            // A region where every registry is rounded to nobody is one where nobody is.
            return Registry::ALL.into_iter().any(|registry| rounded.has_rows(code, registry));
        }
        let at = self.snapshot.matching.partition_point(|row| row.code < code);
        self.snapshot.matching.get(at).is_some_and(|row| row.code == code)
    }

    /// What became of the rows of a registry in a region; all zero where it has none there.
    pub fn matches(&self, code: RegionCode, registry: Registry) -> ShownMatches {
        if let Some(rounded) = &self.rounded {
            let of = |column| rounded.count(code, Figure::Row(registry, column));
            return ShownMatches::rounded(rounded.base(), of);
        }
        let counts = self.snapshot.matching_of(code, registry).copied().unwrap_or_default();
        ShownMatches::of(&counts, (code, registry), &self.pattern, Count::Value)
    }

    /// What became of all delivered rows of a registry, those of no region among them.
    pub fn totals(&self, registry: Registry) -> ShownTotals {
        let nation = RegionCode::NATION;
        let mut all = self.manifest().linkage.registries.iter();
        let all = all.find(|(of, _)| *of == registry).map(|(_, counts)| *counts);
        let inside = self.snapshot.matching_of(nation, registry).copied().unwrap_or_default();
        if let Some(rounded) = &self.rounded {
            let linked = self.matches(nation, registry).get(MatchColumn::Linked);
            let told = |name: &str, n| rounded.overall(&format!("{name} {}", registry.slug()), n);
            return ShownTotals::rounded(all.unwrap_or_default(), (inside, linked), told);
        }
        let shown = [Theme::Rows(registry), Theme::Linked(registry)]
            .map(|theme| !self.pattern.hides(nation, theme));
        let k = self.threshold();
        ShownTotals::of(all.unwrap_or_default(), (inside, shown), k)
    }

    /// Distinct persons that both registries hold in a region; with `a == b` those of one.
    pub fn overlap(&self, code: RegionCode, a: Registry, b: Registry) -> Count {
        let (a, b) = (a.min(b), a.max(b));
        if let Some(rounded) = &self.rounded {
            return rounded.count(code, Figure::Common(a, b));
        }
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
                self.share(self.overlap(code, a, b), self.overlap(code, a, a))
            }
        }
    }

    /// Of the families that state this region those with a point too, and of these those whose
    /// point lies in another desa; `None` where there are none.
    pub fn conflicts(&self, code: RegionCode) -> Option<(Count, Count)> {
        if let Some(rounded) = &self.rounded {
            let [both, differ] =
                [rounding::BOTH, rounding::DIFFER].map(|n| rounded.count(code, Figure::Stated(n)));
            return (both != Count::Value(0)).then_some((both, differ));
        }
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
        if let Some(rounded) = &self.rounded {
            return rounded.agreement(code);
        }
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
        self.conflicts(code).map_or(Cell::NoData, |(both, differ)| self.share(differ, both))
    }

    /// The first priority order of `level` inside `code`, among the regions that are shown.
    pub fn priority(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &PriorityRow> {
        self.priority.iter().filter(move |row| row.level == level && code.contains(row.code))
    }
}
