//! Families of each partition joined with their links, placed and measured; their members become
//! persons on the way.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::ingest::{FAMILIES, MEMBERS};
use super::link::{CLAIMS, Stages};
use super::people::{BaseRows, OutsideRow, People, accept, base_persons};
use super::repeats::{self, Repeat};
use super::tally::Tally;
use super::{PipelineError, households, workers};
use crate::aggregate::{
    Conflicts, MeasureContext, PartitionInput, Placer, add_partition, measure_partition,
    sum_by_desa,
};
use crate::clean::IssueLog;
use crate::domain::{LocationReport, RegionCode, RegionCounts};
use crate::linkage::member_links;
use crate::spill::{SpillWriter, take_partition};

/// Sums of all partitions.
#[derive(Default)]
pub(super) struct Measured {
    pub desa: BTreeMap<RegionCode, RegionCounts>,
    pub logs: BTreeMap<u16, IssueLog>,
    pub location: LocationReport,
    pub conflicts: Conflicts,
}

/// Measures all families. Links that others speak against go to `outside`.
pub(super) fn measure(
    stages: &Stages<'_>,
    people: &People<'_>,
    outside: &SpillWriter<OutsideRow>,
) -> Result<(Measured, Tally), PipelineError> {
    let config = stages.config;
    let context = MeasureContext {
        programmes: &config.programmes,
        extreme_line: stages.reference.extreme_line,
        poverty_lines: &stages.reference.poverty_lines,
        placer: Placer::new(&stages.reference.index, &config.provinces, config.location),
    };
    let total = Mutex::new((Measured::default(), Tally::default()));
    workers::for_each(stages.partitions, |partition| -> Result<(), PipelineError> {
        let claims = accept(take_partition(stages.work, CLAIMS, partition)?, outside)?;
        let (members, repeats) =
            repeats::set_apart(take_partition(stages.work, MEMBERS, partition)?);
        let mut input = PartitionInput {
            families: take_partition(stages.work, FAMILIES, partition)?,
            members,
            links: member_links(&claims),
        };
        let mut outcome = measure_partition(&mut input, &context);
        let partial = sum_by_desa(&outcome.facts, config.programmes.len())?;
        let homes = std::mem::take(&mut outcome.homes);
        if let Some(by_name) = stages.by_name {
            households::lay_by(by_name, &outcome.facts, &input, &claims)?;
        }
        let base =
            BaseRows { families: &input.families, members: &input.members, repeats: &repeats };
        let tally = base_persons(&base, &claims, homes, people)?;
        for Repeat { row, .. } in repeats {
            outcome.logs.entry(row.source).or_default().set_aside("member_duplicate", "", row.row);
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        let (measured, sum) = &mut *total;
        add_partition(&mut measured.desa, &partial, config.programmes.len());
        for (source, log) in outcome.logs {
            measured.logs.entry(source).or_default().merge(log);
        }
        measured.location.add(&outcome.location);
        for (desa, counts) in &outcome.conflicts {
            measured.conflicts.entry(*desa).or_default().add(counts);
        }
        sum.add(tally);
        stages.progress.advance(1);
        Ok(())
    })?;
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}
