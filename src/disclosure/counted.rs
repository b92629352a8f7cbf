//! The counts of a region that pages and files show, and the group that each is shown with.

use super::theme::Theme;
use crate::domain::RegionCounts;

/// One count of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    Families,
    Persons,
    /// Persons whose welfare is known: what poverty rates are shares of. How many are not is no
    /// statement on how anybody lives, and is shown with the region.
    RankedPersons,
    ExtremeFamilies,
    ExtremePersons,
    PoorPersons,
    /// Families with that many programmes, where 3 stands for 3 or more.
    WithProgrammes(usize),
    Ppks,
    ByPoint,
    ByCode,
    /// Families with a coordinate inside a desa and a usable code.
    Both,
    /// Of these, the two name the same desa.
    Agree,
    Eligible(usize),
    /// Eligible and receiving.
    Covered(usize),
    Recipients(usize),
    /// Receiving and not eligible.
    Leaked(usize),
}

impl Counted {
    pub(super) fn value(self, counts: &RegionCounts) -> u64 {
        let programme = |index: usize| counts.programmes.get(index).copied().unwrap_or_default();
        match self {
            Self::Families => counts.n_families,
            Self::Persons => counts.n_persons,
            Self::RankedPersons => counts.n_persons_ranked,
            Self::ExtremeFamilies => counts.n_extreme_families,
            Self::ExtremePersons => counts.n_extreme_persons,
            Self::PoorPersons => counts.n_poor_persons,
            Self::WithProgrammes(n) => counts.families_by_programmes.get(n).copied().unwrap_or(0),
            Self::Ppks => counts.n_ppks,
            Self::ByPoint => counts.n_by_point,
            Self::ByCode => counts.n_by_code,
            Self::Both => counts.n_both,
            Self::Agree => counts.n_agree,
            Self::Eligible(index) => programme(index).eligible,
            Self::Covered(index) => programme(index).covered,
            Self::Recipients(index) => programme(index).recipients,
            Self::Leaked(index) => {
                let sums = programme(index);
                sums.recipients.saturating_sub(sums.covered)
            }
        }
    }

    /// The group, and where the figure is one of its parts: which side and part.
    pub(super) fn group(self) -> (Theme, Option<(usize, usize)>) {
        match self {
            Self::Families | Self::Persons | Self::RankedPersons => (Theme::Region, None),
            Self::PoorPersons => (Theme::Poor, Some((1, 0))),
            Self::ExtremeFamilies => (Theme::Extreme, Some((0, 0))),
            Self::ExtremePersons => (Theme::Extreme, Some((1, 0))),
            Self::WithProgrammes(0) => (Theme::Reached, Some((0, 0))),
            Self::WithProgrammes(n) => (Theme::Programmes(n), Some((0, 0))),
            Self::Ppks => (Theme::Ppks, Some((0, 0))),
            Self::ByPoint => (Theme::Placing, Some((0, 0))),
            Self::ByCode => (Theme::Placing, Some((0, 1))),
            Self::Both => (Theme::Placing, Some((1, 0))),
            Self::Agree => (Theme::Agreement, Some((0, 0))),
            Self::Eligible(index) => (Theme::Eligible(index), Some((0, 0))),
            Self::Covered(index) => (Theme::Covered(index), Some((0, 0))),
            Self::Leaked(index) => (Theme::Leaked(index), Some((0, 0))),
            Self::Recipients(index) => (Theme::Leaked(index), None),
        }
    }
}
