//! What may be shown of linkage over all rows of a registry. These are the rows of the nation and
//! those of no region, and how many rows there are of each is known from the delivered files: so
//! what is hidden of one of the three must not be the difference of the other two.

use super::Count;
use crate::domain::{LinkageCounts, MatchCounts};

/// Over all rows of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownTotals {
    pub rows: Count,
    pub linked: Count,
    pub unlinked: Count,
    /// Linked, and one of name, sex and birth date differs.
    pub remark: Count,
    /// Of the rows of no region those that are linked.
    pub linked_nowhere: Count,
}

impl ShownTotals {
    /// `inside`: the rows of the nation, and whether they and the linked ones are shown.
    pub(super) fn of(all: LinkageCounts, inside: (MatchCounts, [bool; 2]), k: u64) -> Self {
        let (inside, [rows_shown, nation_shown]) = inside;
        let small = |n: u64| (1..k).contains(&n);
        let linked_nowhere = all.linked.saturating_sub(inside.linked());
        let rows_nowhere = all.rows.saturating_sub(inside.rows).max(linked_nowhere);
        let unlinked = all.rows.saturating_sub(all.linked);
        let rest = all.linked.saturating_sub(all.linked_with_remark);
        let none = rows_nowhere == 0;
        let safe_nowhere = !small(linked_nowhere) && !small(rows_nowhere - linked_nowhere);
        let shown = |so: bool, n: u64| if so { Count::Value(n) } else { Count::Withheld };
        let nowhere = none || (nation_shown && safe_nowhere);
        let of_all = nation_shown && safe_nowhere && !small(all.linked) && !small(unlinked);
        let remark = of_all && !small(all.linked_with_remark) && !small(rest);
        Self {
            rows: shown(rows_shown && !small(rows_nowhere) && !small(all.rows), all.rows),
            linked: shown(of_all, all.linked),
            unlinked: shown(of_all, unlinked),
            remark: shown(remark, all.linked_with_remark),
            linked_nowhere: shown(nowhere, linked_nowhere),
        }
    }

    /// As [`ShownTotals::of`] where counts are rounded: what is told of the nation and of the rows of
    /// no region, and their sum. `told` rounds a number of no region by its name.
    pub(super) fn rounded(
        all: LinkageCounts,
        (inside, linked): (MatchCounts, Count),
        told: impl Fn(&str, u64) -> u64,
    ) -> Self {
        let nowhere = all.linked.saturating_sub(inside.linked());
        let rows_nowhere = all.rows.saturating_sub(inside.rows);
        let linked_nowhere = told("tanpa wilayah", nowhere).min(rows_nowhere.max(nowhere));
        let of = |n: u64| linked.value().map_or(Count::Withheld, |_| Count::Value(n));
        let sum = (linked.value().unwrap_or(0) + linked_nowhere).min(all.rows);
        Self {
            rows: Count::Value(all.rows),
            linked: of(sum),
            unlinked: of(all.rows - sum),
            remark: of(told("catatan", all.linked_with_remark).min(sum)),
            linked_nowhere: Count::Value(linked_nowhere),
        }
    }
}
