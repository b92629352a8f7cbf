//! The groups of numbers that are shown or hidden together, in an order in which a group stands
//! behind all those whose hiding hides it.

use crate::domain::{Programme, ProgrammeSet, Registry, Rule, Who};

/// One group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// Families and persons: the region itself.
    Region,
    /// Poor families and persons among those whose welfare is known.
    Poor,
    /// Extreme poor among the poor, and with them the sums of P1 and P2.
    Extreme,
    /// Families without and with a programme.
    Reached,
    /// Of those with a programme: two, or three and more, against one.
    Programmes(usize),
    /// Persons with PPKS status.
    Ppks,
    /// Families placed by point and by code, and those with both: whoever is placed by the code
    /// has not both, so that the one number bounds the other.
    Placing,
    /// Those with both by the region that they state.
    StatedBoth,
    /// Of those with both: the same desa.
    Agreement,
    /// Of those whose point lies in another desa: how far away it is, against the same kecamatan.
    Levels(usize),
    Eligible(usize),
    Covered(usize),
    /// Recipients who are not eligible; with them all recipients.
    Leaked(usize),
    Rows(Registry),
    Linked(Registry),
    /// A way of the linked rows, against equal NIK; by its place in the counts.
    Links(Registry, usize),
    /// A way of the others, against not found; by its place in the counts.
    Losses(Registry, usize),
    /// A remark on rows, by its place among them.
    Remark(Registry, usize),
    /// Distinct persons of a registry.
    Holders(Registry),
    /// Distinct persons of two registries, the first before the second.
    Common(Registry, Registry),
}

/// How many remarks there are on rows.
pub(super) const REMARKS: usize = 5;

// Where a whole has more than two parts, each small part is hidden together with one and the same
// large part. What is hidden of the two can then be exchanged between regions whatever the other
// parts are, and these stay shown.

/// Ways of linked rows beside equal NIK, in the order of [`crate::domain::MatchCounts`].
pub(super) const LINKS: [usize; 2] = [2, 3];
pub(super) const BY_NIK: usize = 1;
/// Ways of other rows beside not found.
pub(super) const LOSSES: [usize; 4] = [4, 5, 7, 8];
pub(super) const NOT_FOUND: usize = 6;
/// Levels at which a point is elsewhere beside the same kecamatan, in the order of
/// [`crate::domain::ConflictCounts`].
pub(super) const LEVELS: [usize; 3] = [2, 3, 4];
pub(super) const SAME_KECAMATAN: usize = 1;
/// Numbers of programmes beside one.
pub(super) const PROGRAMMES: [usize; 2] = [2, 3];

impl Theme {
    /// Every group of a snapshot with these programmes.
    pub(super) fn all(programmes: &ProgrammeSet) -> Vec<Self> {
        let mut all = vec![Self::Region, Self::Poor, Self::Extreme, Self::Reached];
        all.extend(PROGRAMMES.map(Self::Programmes));
        all.extend([Self::Ppks, Self::Placing]);
        all.extend([Self::StatedBoth, Self::Agreement]);
        all.extend(LEVELS.map(Self::Levels));
        for index in larger_first(programmes) {
            all.extend([Self::Eligible(index), Self::Covered(index), Self::Leaked(index)]);
        }
        for registry in Registry::ALL {
            all.extend([Self::Rows(registry), Self::Linked(registry)]);
            all.extend(LINKS.map(|way| Self::Links(registry, way)));
            all.extend(LOSSES.map(|way| Self::Losses(registry, way)));
            all.extend((0..REMARKS).map(|remark| Self::Remark(registry, remark)));
            all.push(Self::Holders(registry));
        }
        for (i, a) in Registry::ALL.into_iter().enumerate() {
            all.extend(Registry::ALL[i + 1..].iter().map(|b| Self::Common(a, *b)));
        }
        all
    }

    /// The groups whose hiding hides this one.
    pub(super) fn within(self, programmes: &ProgrammeSet) -> Vec<Self> {
        match self {
            Self::Region => Vec::new(),
            Self::Poor
            | Self::Reached
            | Self::Ppks
            | Self::Placing
            | Self::StatedBoth
            | Self::Rows(_) => vec![Self::Region],
            // Distinct persons are nearly the rows, and those in common with the base nearly the
            // linked rows: what is hidden of the one is hidden of the other.
            Self::Holders(registry) => vec![Self::Rows(registry)],
            Self::Common(Registry::Regsosek, b) => {
                vec![Self::Holders(Registry::Regsosek), Self::Holders(b), Self::Linked(b)]
            }
            Self::Extreme => vec![Self::Poor],
            Self::Programmes(_) => vec![Self::Reached],
            Self::Agreement => vec![Self::Placing, Self::StatedBoth],
            Self::Levels(_) => vec![Self::Agreement],
            Self::Eligible(index) => {
                let larger = wholes(programmes, index).into_iter().map(Self::Eligible);
                larger.chain([Self::Region]).collect()
            }
            Self::Covered(index) => vec![Self::Eligible(index)],
            Self::Leaked(index) => vec![Self::Covered(index)],
            Self::Linked(registry) => vec![Self::Rows(registry)],
            Self::Links(registry, _) | Self::Losses(registry, _) => vec![Self::Linked(registry)],
            Self::Remark(registry, 0) => vec![Self::Rows(registry)],
            Self::Remark(registry, _) => vec![Self::Linked(registry)],
            Self::Common(a, b) => vec![Self::Holders(a), Self::Holders(b)],
        }
    }

    /// One small part against the large part that all small ones are hidden with.
    pub(super) fn is_pair(self) -> bool {
        matches!(self, Self::Programmes(_) | Self::Levels(_) | Self::Links(..) | Self::Losses(..))
    }

    /// Stable name of the group.
    pub fn name(self, programmes: &ProgrammeSet) -> String {
        let of = |what: &str, index: usize| {
            format!("{what}_{}", programmes.get(index).map_or("?", |p| p.id.as_str()))
        };
        let by = |what: &str, registry: Registry| format!("{what}_{}", registry.slug());
        match self {
            Self::Region => "region".to_owned(),
            Self::Poor => "poor".to_owned(),
            Self::Extreme => "extreme".to_owned(),
            Self::Reached => "reached".to_owned(),
            Self::Programmes(n) => format!("programmes{n}"),
            Self::Ppks => "ppks".to_owned(),
            Self::Placing => "placing".to_owned(),
            Self::StatedBoth => "stated_both".to_owned(),
            Self::Agreement => "agreement".to_owned(),
            Self::Levels(n) => format!("levels{n}"),
            Self::Eligible(index) => of("eligible", index),
            Self::Covered(index) => of("covered", index),
            Self::Leaked(index) => of("leaked", index),
            Self::Rows(registry) => by("rows", registry),
            Self::Linked(registry) => by("linked", registry),
            Self::Links(registry, n) => format!("link{n}_{}", registry.slug()),
            Self::Losses(registry, n) => format!("loss{n}_{}", registry.slug()),
            Self::Remark(registry, n) => format!("remark{n}_{}", registry.slug()),
            Self::Holders(registry) => by("holders", registry),
            Self::Common(a, b) => format!("common_{}_{}", a.slug(), b.slug()),
        }
    }
}

/// The programmes whose eligible are, by the rules, all eligible for another one stand behind it:
/// what the two differ in is a count as well (who is eligible for the one alone).
fn larger_first(programmes: &ProgrammeSet) -> Vec<usize> {
    let mut order: Vec<usize> = programmes.enabled().map(|(index, _)| index).collect();
    order.sort_by_key(|index| (wholes(programmes, *index).len(), *index));
    order
}

/// Programmes that everybody who is eligible for this one is eligible for too.
pub(super) fn wholes(programmes: &ProgrammeSet, index: usize) -> Vec<usize> {
    let Some(part) = programmes.get(index) else { return Vec::new() };
    let larger = |(other, whole): &(usize, &Programme)| {
        *other != index
            && whole.unit == part.unit
            && contains(&whole.rule, &part.rule)
            // Of two that are the same the first is the whole.
            && (*other < index || !contains(&part.rule, &whole.rule))
    };
    programmes.enabled().filter(larger).map(|(other, _)| other).collect()
}

/// True when the rule of the whole asks nothing that the rule of the part does not ask.
fn contains(whole: &Rule, part: &Rule) -> bool {
    let rank = whole.max_decile.is_none_or(|max| part.max_decile.is_some_and(|own| own <= max));
    let place = whole.regions.is_empty()
        || (!part.regions.is_empty()
            && part.regions.iter().all(|own| whole.regions.iter().any(|r| r.contains(*own))));
    let who = whole.who.is_empty()
        || (!part.who.is_empty()
            && part.who.iter().all(|own| whole.who.iter().any(|w| includes(w, own))));
    rank && place && who
}

fn includes(whole: &Who, part: &Who) -> bool {
    let age = whole
        .age
        .is_none_or(|[low, high]| part.age.is_some_and(|[from, to]| low <= from && to <= high));
    let asks = |who: &Who| [who.pupil, who.pregnant, who.disabled, who.working, who.business];
    age && asks(whole).iter().zip(asks(part)).all(|(w, p)| w.is_none() || *w == p)
}
