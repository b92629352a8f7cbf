//! What may be shown of linkage over all rows of a registry. These are the rows of the nation and
//! those of no region, and how many rows there are of each is known from the delivered files: so
//! what is hidden of one of the three must not be the difference of the other two.

use super::matching::{COLUMNS, Count, MatchColumn};
use super::protect::{Equation, State};
use crate::domain::{LinkageCounts, RegionCode, Registry};
use crate::snapshot::Snapshot;

/// Over all rows of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownTotals {
    pub rows: u64,
    pub linked: Count,
    pub unlinked: Count,
    /// Linked, and one of name, sex and birth date differs.
    pub remark: Count,
    /// Of the rows of no region those that are linked.
    pub linked_nowhere: Count,
}

/// The numbers behind it: all rows, and those of no region.
pub(super) struct Totals {
    all: LinkageCounts,
    /// Rows of no region: all, linked.
    nowhere: [u64; 2],
    m: u64,
}

const LINKED: usize = 0;
const UNLINKED: usize = 1;
const REMARK: usize = 2;
const NOWHERE_LINKED: usize = 3;
const NOWHERE_UNLINKED: usize = 4;
const ROWS: usize = 5;
const NOWHERE_ROWS: usize = 6;

impl Totals {
    pub(super) const CELLS: usize = 7;

    pub(super) fn of(snapshot: &Snapshot, registry: Registry) -> Self {
        let mut of_registry = snapshot.manifest.linkage.registries.iter();
        let all = of_registry.find(|(of, _)| *of == registry).map(|(_, counts)| *counts);
        let all = all.unwrap_or_default();
        let nation = (RegionCode::NATION, registry);
        let at = snapshot.matching.binary_search_by_key(&nation, |row| (row.code, row.registry));
        let inside = at.map(|at| snapshot.matching[at].counts).unwrap_or_default();
        let linked = all.linked.saturating_sub(inside.linked());
        let nowhere = [all.rows.saturating_sub(inside.rows).max(linked), linked];
        Self { all, nowhere, m: snapshot.manifest.min_families }
    }

    fn values(&self) -> [u64; Self::CELLS] {
        let mut values = [0; Self::CELLS];
        values[LINKED] = self.all.linked;
        values[UNLINKED] = self.all.rows.saturating_sub(self.all.linked);
        values[REMARK] = self.all.linked_with_remark;
        [values[NOWHERE_ROWS], values[NOWHERE_LINKED]] = self.nowhere;
        values[NOWHERE_UNLINKED] = self.nowhere[0] - self.nowhere[1];
        values[ROWS] = self.all.rows;
        values
    }

    /// Puts the numbers, and the sums that they stand in, behind those of the regions.
    pub(super) fn add_to(
        &self,
        (numbers, states, equations): (&mut Vec<u64>, &mut Vec<State>, &mut Vec<Equation>),
        nation: Option<usize>,
        regions: usize,
    ) {
        let start = regions * COLUMNS;
        let at = |cell: usize| start + cell;
        numbers.extend(self.values());
        let mut mine = [State::Shown; Self::CELLS];
        mine[ROWS] = State::Public;
        mine[NOWHERE_ROWS] = State::Public;
        // So few rows that any part of them is few: nothing is said of them but their number.
        let few = (1..self.m).contains(&self.nowhere[0]);
        if few {
            mine[NOWHERE_LINKED] = State::Region;
            mine[NOWHERE_UNLINKED] = State::Region;
        } else {
            let parts = vec![at(NOWHERE_LINKED), at(NOWHERE_UNLINKED)];
            equations.push(Equation { total: at(NOWHERE_ROWS), parts });
        }
        states.extend(mine);
        let cell = |column: MatchColumn| nation.map(|row| row * COLUMNS + column.index());
        // Rows less those of no region: hiding them would hide nothing.
        if let Some(rows) = cell(MatchColumn::Rows).filter(|c| numbers[*c] >= self.m)
            && states[rows] == State::Shown
        {
            states[rows] = State::Public;
        }
        let unlinked = &MatchColumn::OUTCOMES[MatchColumn::LINKS.len()..];
        let mut rest: Vec<usize> = unlinked.iter().filter_map(|column| cell(*column)).collect();
        rest.push(at(NOWHERE_UNLINKED));
        let mut linked: Vec<usize> = cell(MatchColumn::Linked).into_iter().collect();
        linked.push(at(NOWHERE_LINKED));
        equations.extend([
            Equation { total: at(LINKED), parts: linked },
            Equation { total: at(UNLINKED), parts: rest },
            Equation { total: at(ROWS), parts: vec![at(LINKED), at(UNLINKED)] },
        ]);
    }

    pub(super) fn shown(&self, states: &[State; Self::CELLS]) -> ShownTotals {
        let values = self.values();
        let count = |cell: usize| Count::of(values[cell], states[cell]);
        ShownTotals {
            rows: self.all.rows,
            linked: count(LINKED),
            unlinked: count(UNLINKED),
            remark: count(REMARK),
            linked_nowhere: count(NOWHERE_LINKED),
        }
    }
}
