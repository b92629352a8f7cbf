//! The table from the name of a measure to its computation.

use super::{coverage, poverty, quality};
use crate::domain::{IndicatorId, RegionCounts};

/// The value of a measure: a count, or a rate 0..1 (P1 and P2 are indices 0..1).
pub fn value(id: IndicatorId, counts: &RegionCounts) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let count = |n: u64| Some(n as f64);
    match id {
        IndicatorId::Population => count(counts.n_persons),
        IndicatorId::Families => count(counts.n_families),
        IndicatorId::ExtremeRate => poverty::extreme_rate(counts),
        IndicatorId::ExtremePersons => count(counts.n_extreme_persons),
        IndicatorId::ExtremeFamilies => count(counts.n_extreme_families),
        IndicatorId::Headcount => poverty::headcount(counts),
        IndicatorId::PoorPersons => count(counts.n_poor_persons),
        IndicatorId::Gap => poverty::gap(counts),
        IndicatorId::Severity => poverty::severity(counts),
        IndicatorId::Coverage(i) => coverage::coverage(counts, usize::from(i)),
        IndicatorId::InclusionError(i) => coverage::inclusion_error(counts, usize::from(i)),
        IndicatorId::ProgrammesPerFamily(n) => {
            coverage::programmes_per_family(counts, usize::from(n))
        }
        IndicatorId::MatchRate => quality::match_rate(counts),
        IndicatorId::LocationAgreement => quality::location_agreement(counts),
    }
}
