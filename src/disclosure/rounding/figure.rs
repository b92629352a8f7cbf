//! Every count that anybody is told, by name, and how it is read from a snapshot.

use crate::disclosure::{Counted, MatchColumn};
use crate::domain::{Level, ProgrammeSet, Registry};
use crate::snapshot::Snapshot;

use super::super::tree::Tree;

/// One count of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::disclosure) enum Figure {
    Region(Counted),
    Row(Registry, MatchColumn),
    /// Distinct persons of two registries, the first not behind the second.
    Common(Registry, Registry),
    /// By the stated region: [`crate::domain::ConflictCounts::values`], then [`BOTH`] and [`DIFFER`].
    Stated(usize),
}

/// Families that state a region and have a point.
pub(in crate::disclosure) const BOTH: usize = 5;
/// Of these, the point lies in another desa.
pub(in crate::disclosure) const DIFFER: usize = 6;

impl Figure {
    /// All of a snapshot with these programmes, in a fixed order.
    pub(super) fn all(programmes: &ProgrammeSet) -> Vec<Self> {
        let mut all: Vec<Self> = REGION.map(Self::Region).to_vec();
        for (index, _) in programmes.iter() {
            let counts = [Counted::Eligible, Counted::Covered, Counted::Leaked];
            all.extend(counts.map(|of| Self::Region(of(index))));
            all.push(Self::Region(Counted::Recipients(index)));
        }
        all.extend((0..=DIFFER).map(Self::Stated));
        for a in Registry::ALL {
            all.extend(MatchColumn::ALL.map(|column| Self::Row(a, column)));
            let after = Registry::ALL.into_iter().filter(|b| *b >= a);
            all.extend(after.map(|b| Self::Common(a, b)));
        }
        all
    }

    /// What it is drawn as: the same name for numbers that are the same by what they mean, and for no
    /// others. Numbers that only happen to be equal must be drawn apart: were they drawn as one, two
    /// that are told differently would be known to differ. The names stay for ever, as the key does.
    pub(super) fn name(self, programmes: &ProgrammeSet) -> String {
        let id = |index: usize| programmes.get(index).map_or("?", |p| p.id.as_str());
        match self {
            Self::Region(counted) => match counted {
                Counted::Families => "families".to_owned(),
                Counted::Persons => "persons".to_owned(),
                Counted::RankedPersons => "ranked".to_owned(),
                Counted::PoorPersons => "poor".to_owned(),
                Counted::ExtremePersons => "extreme".to_owned(),
                Counted::ExtremeFamilies => "extreme families".to_owned(),
                Counted::WithProgrammes(n) => format!("with {n}"),
                Counted::Ppks => "ppks".to_owned(),
                Counted::ByPoint => "by point".to_owned(),
                Counted::ByCode => "by code".to_owned(),
                Counted::Both => "both".to_owned(),
                // Whose point and code name the same desa is there by either.
                Counted::Agree => "stated 0".to_owned(),
                Counted::Eligible(i) => format!("eligible {}", id(i)),
                Counted::Covered(i) => format!("covered {}", id(i)),
                Counted::Leaked(i) => format!("leaked {}", id(i)),
                Counted::Recipients(i) => format!("recipients {}", id(i)),
            },
            Self::Stated(n) => format!("stated {n}"),
            // Rows of the base are the persons of a region.
            Self::Row(Registry::Regsosek, MatchColumn::Rows) => "persons".to_owned(),
            Self::Row(registry, column) => format!("{} {}", registry.slug(), column.slug()),
            Self::Common(a, b) => format!("{}+{}", a.slug(), b.slug()),
        }
    }

    /// How many a registry delivered is known to whoever has the file; so the nation is no secret.
    pub(super) fn is_delivered(self) -> bool {
        matches!(
            self,
            Self::Region(Counted::Families | Counted::Persons) | Self::Row(_, MatchColumn::Rows)
        )
    }

    /// At least one wherever a region is listed at all.
    pub(super) fn is_listed(self) -> bool {
        matches!(
            self,
            Self::Region(Counted::Families | Counted::Persons)
                | Self::Row(Registry::Regsosek, MatchColumn::Rows)
        )
    }

    /// Told at regions of a level: one person with PPKS status could be found in a desa.
    pub(super) fn is_told(self, level: Level) -> bool {
        self != Self::Region(Counted::Ppks) || level < Level::Desa
    }

    /// By place in the tree; zero where there is none.
    pub(super) fn values(self, snapshot: &Snapshot, places: &Places, len: usize) -> Vec<u32> {
        let mut values = vec![0; len];
        let mut say = |place: usize, n: u64| values[place] = u32::try_from(n).unwrap_or(u32::MAX);
        match self {
            Self::Region(counted) => {
                let rows = snapshot.regions.iter().zip(&places.regions);
                rows.for_each(|(row, at)| say(*at, counted.value(&row.counts)));
            }
            Self::Row(registry, column) => {
                let rows = snapshot.matching.iter().zip(&places.matching);
                let own = rows.filter(|(row, _)| row.registry == registry);
                own.for_each(|(row, at)| say(*at, column.value(&row.counts)));
            }
            Self::Common(a, b) => {
                let rows = snapshot.overlaps.iter().zip(&places.overlaps);
                let own = rows.filter(|(row, _)| (row.a, row.b) == (a, b));
                own.for_each(|(row, at)| say(*at, row.persons));
            }
            Self::Stated(n) => {
                for (row, at) in snapshot.conflicts.iter().zip(&places.conflicts) {
                    let counts = &row.counts;
                    let own = counts.values().get(n).copied();
                    let sum = if n == BOTH { counts.both() } else { counts.differ() };
                    say(*at, own.unwrap_or(sum));
                }
            }
        }
        values
    }
}

const REGION: [Counted; 15] = [
    Counted::Families,
    Counted::Persons,
    Counted::RankedPersons,
    Counted::PoorPersons,
    Counted::ExtremePersons,
    Counted::ExtremeFamilies,
    Counted::WithProgrammes(0),
    Counted::WithProgrammes(1),
    Counted::WithProgrammes(2),
    Counted::WithProgrammes(3),
    Counted::Ppks,
    Counted::ByPoint,
    Counted::ByCode,
    Counted::Both,
    Counted::Agree,
];

/// Where the rows of every table stand in the tree.
#[derive(Debug)]
pub(super) struct Places {
    regions: Vec<usize>,
    matching: Vec<usize>,
    overlaps: Vec<usize>,
    conflicts: Vec<usize>,
}

impl Places {
    /// `tree` holds every region of the snapshot.
    pub(super) fn of(snapshot: &Snapshot, tree: &Tree) -> Self {
        let at = |code| tree.place(code).unwrap_or(0);
        Self {
            regions: snapshot.regions.iter().map(|row| at(row.code)).collect(),
            matching: snapshot.matching.iter().map(|row| at(row.code)).collect(),
            overlaps: snapshot.overlaps.iter().map(|row| at(row.code)).collect(),
            conflicts: snapshot.conflicts.iter().map(|row| at(row.code)).collect(),
        }
    }
}
