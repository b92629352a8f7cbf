//! A first order of where to go: by extreme-poverty rate and by number of extreme poor together,
//! as the selection of 2021 did (the rate alone picks the thinly peopled, the number alone the large).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Level, RegionCode, RegionCounts};
use crate::indicators::poverty;

/// One region's place among the regions of its level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriorityRow {
    pub code: RegionCode,
    pub level: Level,
    /// 1 = highest rate; equal rates share the better rank.
    pub rank_rate: u32,
    /// 1 = most extreme poor.
    pub rank_number: u32,
    /// 1 = first by the sum of both ranks; ties by number, then by code.
    pub rank: u32,
    /// Share of the level's extreme poor in this region and all ranked before it (0..1).
    pub cumulative_share: f64,
}

/// Ranks the regions of every level below the nation. Regions without a rate are left out.
pub fn rank_all(regions: &BTreeMap<RegionCode, RegionCounts>) -> Vec<PriorityRow> {
    Level::ALL.into_iter().skip(1).flat_map(|level| rank_level(regions, level)).collect()
}

/// Ranks the regions of one level, first place first.
pub fn rank_level(regions: &BTreeMap<RegionCode, RegionCounts>, level: Level) -> Vec<PriorityRow> {
    let candidates: Vec<(RegionCode, f64, u64)> = regions
        .iter()
        .filter(|(code, _)| code.level() == level)
        .filter_map(|(code, c)| Some((*code, poverty::extreme_rate(c)?, c.n_extreme_persons)))
        .collect();
    let by_rate = ranks(&candidates, |a, b| b.1.total_cmp(&a.1));
    let by_number = ranks(&candidates, |a, b| b.2.cmp(&a.2));
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|i| {
        (by_rate[*i] + by_number[*i], std::cmp::Reverse(candidates[*i].2), candidates[*i].0)
    });
    let total: u64 = candidates.iter().map(|c| c.2).sum();
    let mut running = 0;
    order
        .into_iter()
        .zip(1_u32..)
        .map(|(i, rank)| {
            running += candidates[i].2;
            #[expect(clippy::cast_precision_loss, reason = "persons stay below 2^53")]
            let cumulative_share = if total > 0 { running as f64 / total as f64 } else { 0.0 };
            PriorityRow {
                code: candidates[i].0,
                level,
                rank_rate: by_rate[i],
                rank_number: by_number[i],
                rank,
                cumulative_share,
            }
        })
        .collect()
}

/// Competition ranks (1, 2, 2, 4) in the given order.
fn ranks<T>(items: &[T], compare: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<u32> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| compare(&items[*a], &items[*b]));
    let mut ranks = vec![0; items.len()];
    let mut shared = 1;
    for (at, position) in order.iter().zip(1_u32..) {
        let tied = position > 1 && {
            let before = order[position as usize - 2];
            compare(&items[before], &items[*at]).is_eq()
        };
        if !tied {
            shared = position;
        }
        ranks[*at] = shared;
    }
    ranks
}
