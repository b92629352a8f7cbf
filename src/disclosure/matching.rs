//! What may be shown of linkage: outcomes of the rows of a registry, and persons that two
//! registries both hold, region by region.

use std::collections::BTreeSet;

use super::Cell;
use super::overlaps;
use super::protect::{Equation, State, protect};
use super::totals::{ShownTotals, Totals};
use crate::domain::{MatchCounts, RegionCode, Registry};
use crate::snapshot::Snapshot;

/// A count as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Value(u64),
    /// From 1 to `min_families - 1`.
    Small,
    /// Not said at all: the region is withheld, or the number would give another one away.
    Withheld,
}

impl Count {
    pub fn value(self) -> Option<u64> {
        match self {
            Self::Value(n) => Some(n),
            Self::Small | Self::Withheld => None,
        }
    }

    pub(super) fn of(value: u64, state: State) -> Self {
        match state {
            State::Shown | State::Public => Self::Value(value),
            State::Small => Self::Small,
            State::Complement | State::Veiled | State::Region => Self::Withheld,
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
}

pub(super) const COLUMNS: usize = MatchColumn::ALL.len();

/// The numbers of a registry in a region, as they may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownMatches([Count; COLUMNS]);

impl ShownMatches {
    pub(super) const WITHHELD: Self = Self([Count::Withheld; COLUMNS]);

    pub fn get(&self, column: MatchColumn) -> Count {
        self.0[column.index()]
    }

    /// A column as a share of the registry's rows.
    pub fn of_rows(&self, column: MatchColumn) -> Cell {
        share(self.get(column), self.get(MatchColumn::Rows))
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

/// Which cells of the two tables of linkage are hidden: row by row as they are in the snapshot.
#[derive(Debug)]
pub(super) struct Hidden {
    matching: Vec<[State; COLUMNS]>,
    overlaps: Vec<State>,
    /// By registry.
    totals: [[State; Totals::CELLS]; Registry::ALL.len()],
}

fn values(counts: &MatchCounts) -> [u64; COLUMNS] {
    let own = counts.values();
    std::array::from_fn(|i| own.get(i).copied().unwrap_or_else(|| counts.linked()))
}

impl Hidden {
    /// `withheld`: regions of which nothing is shown.
    pub(super) fn of(snapshot: &Snapshot, withheld: &BTreeSet<RegionCode>) -> Self {
        let mut hidden = Self {
            matching: vec![[State::Shown; COLUMNS]; snapshot.matching.len()],
            overlaps: overlaps::hide(snapshot, |code| first_state(code, withheld)),
            totals: [[State::Shown; Totals::CELLS]; Registry::ALL.len()],
        };
        for registry in Registry::ALL {
            hidden.hide_outcomes(snapshot, withheld, registry);
        }
        hidden
    }

    fn hide_outcomes(
        &mut self,
        snapshot: &Snapshot,
        withheld: &BTreeSet<RegionCode>,
        registry: Registry,
    ) {
        let rows: Vec<usize> = (0..snapshot.matching.len())
            .filter(|i| snapshot.matching[*i].registry == registry)
            .collect();
        let codes: Vec<RegionCode> = rows.iter().map(|i| snapshot.matching[*i].code).collect();
        let mut numbers: Vec<u64> =
            rows.iter().flat_map(|i| values(&snapshot.matching[*i].counts)).collect();
        let mut states: Vec<State> =
            codes.iter().flat_map(|code| [first_state(*code, withheld); COLUMNS]).collect();
        let mut equations: Vec<Equation> =
            (0..rows.len()).flat_map(|row| row_equations(row * COLUMNS)).collect();
        for family in families(&codes) {
            let column = |column: usize| Equation {
                total: family.total * COLUMNS + column,
                parts: family.parts.iter().map(|part| part * COLUMNS + column).collect(),
            };
            equations.extend((0..COLUMNS).map(column));
        }
        let totals = Totals::of(snapshot, registry);
        let nation = codes.iter().position(|code| *code == RegionCode::NATION);
        totals.add_to((&mut numbers, &mut states, &mut equations), nation, rows.len());
        protect(&numbers, &mut states, &equations, snapshot.manifest.min_families);
        let behind = rows.len() * COLUMNS;
        self.totals[registry.index()].copy_from_slice(&states[behind..behind + Totals::CELLS]);
        for (row, states) in rows.into_iter().zip(states.chunks_exact(COLUMNS)) {
            self.matching[row].copy_from_slice(states);
        }
    }

    pub(super) fn matches(
        &self,
        snapshot: &Snapshot,
        code: RegionCode,
        registry: Registry,
    ) -> ShownMatches {
        let place =
            snapshot.matching.binary_search_by_key(&(code, registry), |m| (m.code, m.registry));
        let Ok(place) = place else { return ShownMatches([Count::Value(0); COLUMNS]) };
        let (values, states) = (values(&snapshot.matching[place].counts), self.matching[place]);
        ShownMatches(std::array::from_fn(|i| Count::of(values[i], states[i])))
    }

    pub(super) fn totals(&self, snapshot: &Snapshot, registry: Registry) -> ShownTotals {
        Totals::of(snapshot, registry).shown(&self.totals[registry.index()])
    }

    pub(super) fn overlap(
        &self,
        snapshot: &Snapshot,
        code: RegionCode,
        (a, b): (Registry, Registry),
    ) -> Count {
        let wanted = (code, a.min(b), a.max(b));
        let place = snapshot.overlaps.binary_search_by_key(&wanted, |o| (o.code, o.a, o.b));
        place.map_or(Count::Value(0), |place| {
            Count::of(snapshot.overlaps[place].persons, self.overlaps[place])
        })
    }
}

/// What is known of a region before any number is looked at.
fn first_state(code: RegionCode, withheld: &BTreeSet<RegionCode>) -> State {
    if withheld.contains(&code) { State::Region } else { State::Shown }
}

/// The sums within a row: the links, the rows from the links, the rows from all outcomes (which
/// says more than the two before where the linked rows are hidden).
fn row_equations(start: usize) -> [Equation; 3] {
    let at = |column: MatchColumn| start + column.index();
    let all = |columns: &[MatchColumn]| columns.iter().map(|column| at(*column)).collect();
    let mut through: Vec<usize> = vec![at(MatchColumn::Linked)];
    through.extend(MatchColumn::OUTCOMES[MatchColumn::LINKS.len()..].iter().map(|c| at(*c)));
    [
        Equation { total: at(MatchColumn::Linked), parts: all(&MatchColumn::LINKS) },
        Equation { total: at(MatchColumn::Rows), parts: through },
        Equation { total: at(MatchColumn::Rows), parts: all(&MatchColumn::OUTCOMES) },
    ]
}

/// Every region with the regions just inside it, as places in `codes` (which are in code order).
pub(super) fn families(codes: &[RegionCode]) -> Vec<Equation> {
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); codes.len()];
    for (i, code) in codes.iter().enumerate() {
        if let Some(parent) = code.parent().and_then(|parent| codes.binary_search(&parent).ok()) {
            parts[parent].push(i);
        }
    }
    let family = |(total, parts): (usize, Vec<usize>)| Equation { total, parts };
    parts.into_iter().enumerate().filter(|(_, parts)| !parts.is_empty()).map(family).collect()
}
