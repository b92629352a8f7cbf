//! From desa to the nation: every parent is the sum of its children, exactly.

use std::collections::BTreeMap;

use crate::domain::{Level, RegionCode, RegionCounts, Registry, RegistryCounts};

/// Adds the sums of one more partition.
pub fn add_partition(
    total: &mut BTreeMap<RegionCode, RegionCounts>,
    partition: &BTreeMap<RegionCode, RegionCounts>,
    programmes: usize,
) {
    for (code, counts) in partition {
        *total.entry(*code).or_insert_with(|| RegionCounts::zero(programmes)) += counts;
    }
}

/// Adds rows of the other registries to the desa that they state.
pub fn add_registry_rows(
    desa: &mut BTreeMap<RegionCode, RegionCounts>,
    rows: &BTreeMap<(Registry, RegionCode), RegistryCounts>,
    programmes: usize,
) {
    for ((registry, code), counts) in rows {
        let region = desa.entry(*code).or_insert_with(|| RegionCounts::zero(programmes));
        let to = &mut region.registries[registry.index()];
        to.rows += counts.rows;
        to.linked += counts.linked;
    }
}

/// All levels from the desa's sums, in code order, the nation first.
pub fn roll_up(
    desa: &BTreeMap<RegionCode, RegionCounts>,
    programmes: usize,
) -> BTreeMap<RegionCode, RegionCounts> {
    let mut all: BTreeMap<RegionCode, RegionCounts> = BTreeMap::new();
    for (code, counts) in desa {
        for level in Level::ALL {
            *all.entry(code.ancestor(level)).or_insert_with(|| RegionCounts::zero(programmes)) +=
                counts;
        }
    }
    all
}
