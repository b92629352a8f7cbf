//! Means rather than counts: P1 and P2, and the rate of linkage over all registries.

use super::theme::Theme;
use super::{Cell, Count, Counted, MatchColumn, Release};
use crate::domain::{FIXED_POINT, IndicatorId, RegionCode, RegionCounts, Registry};
use crate::indicators;

/// The extreme line is never further below a poverty line, as a share of that. (March 2023: 351,957
/// of 792,515 rupiah in DKI Jakarta, the highest line there is; BPS.)
const DEEPEST: f64 = 0.6;

impl Release {
    /// P1 and P2 are sums over the poor, and bound from above how many of them can be extreme poor:
    /// they are shown where both counts are.
    pub(super) fn depth(&self, code: RegionCode, id: IndicatorId) -> Cell {
        if self.pattern.hides(code, Theme::Extreme) {
            return Cell::Suppressed;
        }
        let Some(counts) = self.snapshot.region(code) else { return Cell::NoData };
        match self.rounded_to() {
            Some(base) => self.rounded_depth(code, id, counts, base),
            None => indicators::value(id, counts).map_or(Cell::NoData, Cell::Value),
        }
    }

    /// The mean over the poor, which is no count, times the rounded headcount. Withheld where few
    /// stand behind it: where the poor are less than what a rate is shown of, and where the extreme
    /// poor may be few and the mean gap would say that there cannot be as many as there may be.
    fn rounded_depth(
        &self,
        code: RegionCode,
        id: IndicatorId,
        counts: &RegionCounts,
        base: u64,
    ) -> Cell {
        let of = |figure| self.count(code, figure);
        let (poor, extreme) = (of(Counted::PoorPersons), of(Counted::ExtremePersons));
        let headcount = match self.share(poor, of(Counted::RankedPersons)) {
            Cell::Value(rate) => rate,
            other => return other,
        };
        let (Count::Value(poor), Count::Value(extreme)) = (poor, extreme) else {
            return Cell::Suppressed;
        };
        let Some([gap, severity]) = means(counts).filter(|_| poor >= super::ROUGH * base) else {
            return Cell::Suppressed;
        };
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let (least_poor, most_extreme) =
            ((poor + 1).saturating_sub(base) as f64, (extreme + base - 1) as f64);
        // Where the extreme poor are surely not few, it is no matter that they could not be more.
        let room = extreme >= 2 * base
            || (gap * least_poor >= DEEPEST * most_extreme
                && severity * least_poor >= DEEPEST * DEEPEST * most_extreme);
        let mean = if id == IndicatorId::Gap { gap } else { severity };
        if room { Cell::Value(mean * headcount) } else { Cell::Suppressed }
    }

    /// Over all registries but the base, where all of them are shown.
    pub(super) fn match_rate(&self, code: RegionCode) -> Cell {
        let (mut rows, mut linked) = (0, 0);
        for registry in Registry::ALL.into_iter().skip(1) {
            let shown = self.matches(code, registry);
            let [all, found] = [MatchColumn::Rows, MatchColumn::Linked].map(|c| shown.get(c));
            let (Count::Value(all), Count::Value(found)) = (all, found) else {
                return Cell::Suppressed;
            };
            (rows, linked) = (rows + all, linked + found);
        }
        if self.rounded_to().is_some() {
            return self.share(Count::Value(linked), Count::Value(rows));
        }
        let counts = self.snapshot.region(code);
        let rate = counts.and_then(|c| indicators::value(IndicatorId::MatchRate, c));
        rate.map_or(Cell::NoData, Cell::Value)
    }
}

/// Mean normalised gap of the poor, and mean of its square.
fn means(counts: &RegionCounts) -> Option<[f64; 2]> {
    #[expect(clippy::cast_precision_loss, reason = "a mean of 0..1, in 1/1e9 of a person")]
    let mean = |sum: u64| sum as f64 / (counts.n_poor_persons * FIXED_POINT) as f64;
    let any = counts.n_poor_persons > 0;
    any.then(|| [mean(counts.gap_fixed), mean(counts.severity_fixed)])
}
