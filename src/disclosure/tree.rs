//! The regions of a snapshot as places in one list, each with what it is part of and what is part
//! of it: the sums that every reader can take apart.

use std::collections::BTreeSet;

use crate::domain::{Level, RegionCode};
use crate::snapshot::Snapshot;

/// Regions in code order, so that a region stands before everything inside it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    codes: Vec<RegionCode>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
}

impl Tree {
    /// All regions that any table of the snapshot speaks of, and those around them.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let codes = snapshot.regions.iter().map(|row| row.code);
        let codes = codes
            .chain(snapshot.matching.iter().map(|row| row.code))
            .chain(snapshot.overlaps.iter().map(|row| row.code))
            .chain(snapshot.conflicts.iter().map(|row| row.code));
        Self::over(codes)
    }

    pub(super) fn over(codes: impl Iterator<Item = RegionCode>) -> Self {
        let mut all = BTreeSet::from([RegionCode::NATION]);
        for code in codes {
            let mut step = Some(code);
            while let Some(code) = step.filter(|code| all.insert(*code)) {
                step = code.parent();
            }
        }
        let codes: Vec<RegionCode> = all.into_iter().collect();
        let at = |code: &RegionCode| codes.binary_search(code).ok();
        let parents: Vec<Option<usize>> =
            codes.iter().map(|code| code.parent().and_then(|parent| at(&parent))).collect();
        let mut children = vec![Vec::new(); codes.len()];
        for (place, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(place);
            }
        }
        Self { codes, parents, children }
    }

    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn codes(&self) -> &[RegionCode] {
        &self.codes
    }

    pub(super) fn place(&self, code: RegionCode) -> Option<usize> {
        self.codes.binary_search(&code).ok()
    }

    pub(super) fn level(&self, place: usize) -> Level {
        self.codes[place].level()
    }

    pub(super) fn parent(&self, place: usize) -> Option<usize> {
        self.parents[place]
    }

    /// The regions just inside, as far as figures go down.
    pub(super) fn children(&self, place: usize, finest: Level) -> &[usize] {
        if self.level(place) >= finest { &[] } else { &self.children[place] }
    }
}
