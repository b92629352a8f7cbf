//! The only place that knows the order of the stages: deliveries → records → links → families
//! measured → regions summed → a sealed snapshot.

mod config;
mod ingest;
mod reference;
mod report;
mod workers;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

pub use config::{
    BuildConfig, ConfigError, DEFAULT_MIN_FAMILIES, SourceConfig, builtin_programmes,
};
use ingest::{FAMILIES, MEMBERS, PERSONS, Sinks};
use reference::Reference;
use report::Findings;

use crate::aggregate::{
    AggregateError, MeasureContext, PartitionInput, Placer, add_partition, add_registry_rows,
    measure_partition, roll_up, sum_by_desa,
};
use crate::clean::{CleanerError, IssueLog};
use crate::data::DataError;
use crate::domain::{LinkageCounts, LocationReport, RegionCode, RegionCounts, Registry};
use crate::linkage::{BucketOutcome, MemberLink, link_bucket};
use crate::priority;
use crate::progress::Progress;
use crate::regions::RegionCatalog;
use crate::snapshot::{Manifest, RegionRow, Snapshot, Store, StoreError};
use crate::sources::SourceError;
use crate::sources::layout::LayoutError;
use crate::spatial::BoundaryError;
use crate::spill::{SpillError, SpillWriter, partition_of, take_partition};

/// Version of the definitions behind the figures; raise it when a figure would change.
pub const METHOD_VERSION: &str = "1";

/// Delivered bytes per partition: about 64 MiB of text is about as much in memory.
const BYTES_PER_PARTITION: u64 = 64 << 20;
const MAX_PARTITIONS: u64 = 1024;

const LINKS: &str = "links";

/// Why a build failed. The earlier snapshot is untouched in every case.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("configuration: {0}")]
    Settings(String),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Cleaner(#[from] CleanerError),
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Spill(#[from] SpillError),
    #[error(transparent)]
    Aggregate(#[from] AggregateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "no family could be placed: check that the base delivery has family and member rows of these provinces; the earlier snapshot stays current"
    )]
    NoFamilies,
    #[error("rows of {file} do not add up: {read} read, {used} used, {set_aside} set aside")]
    Rows { file: String, read: u64, used: u64, set_aside: u64 },
}

/// Builds a snapshot and makes it current. `built_at` is RFC 3339 and not part of the snapshot id.
///
/// # Errors
/// See [`PipelineError`]; whatever was current stays current.
pub fn build(
    config: &BuildConfig,
    built_at: &str,
    progress: &dyn Progress,
) -> Result<Manifest, PipelineError> {
    config.check().map_err(PipelineError::Settings)?;
    let catalog = RegionCatalog::shared()?;
    let reference = Reference::load(config)?;
    let store = Store::at(&config.store);
    let work = store.begin()?;
    let jobs = ingest::jobs(config)?;
    let bytes = jobs.iter().filter_map(|j| std::fs::metadata(j.path).ok()).map(|m| m.len()).sum();
    let partitions = partitions_for(bytes);

    progress.stage("Membaca dan membersihkan", Some(bytes));
    let sinks = Sinks::create(work.folder(), partitions)?;
    let mut ingested = ingest::ingest(&jobs, config, catalog, &sinks, progress)?;
    sinks.finish()?;
    ingest::refuse_twins(&jobs, &ingested)?;

    progress.stage("Memadankan NIK", Some(partitions as u64));
    let links = link(work.folder(), partitions, progress)?;

    progress.stage("Menempatkan dan mengukur", Some(partitions as u64));
    let measured = measure(work.folder(), partitions, config, &reference, progress)?;

    progress.stage("Menjumlahkan wilayah", None);
    for (source, log) in measured.logs {
        ingested[usize::from(source)].log.merge(log);
    }
    let programmes = config.programmes.len();
    if measured.desa.is_empty() {
        return Err(PipelineError::NoFamilies);
    }
    let mut desa = measured.desa;
    let (inside, outside) = report::rows_by_region(&jobs, &ingested, &links, &config.provinces);
    add_registry_rows(&mut desa, &inside, programmes);
    let regions = roll_up(&desa, programmes);
    let findings = Findings {
        linkage: report::linkage(&jobs, &ingested, &links),
        sources: report::sources(&jobs, ingested)?,
        location: measured.location,
        rows_without_region: outside,
    };
    let snapshot = Snapshot {
        manifest: report::manifest(config, &reference, findings, built_at, &regions),
        priority: priority::rank_all(&regions),
        matching: Vec::new(),
        overlaps: Vec::new(),
        regions: regions.into_iter().map(|(code, counts)| RegionRow { code, counts }).collect(),
    };
    Ok(store.seal(&work, snapshot)?)
}

fn partitions_for(bytes: u64) -> usize {
    usize::try_from((bytes / BYTES_PER_PARTITION + 4).min(MAX_PARTITIONS)).unwrap_or(4)
}

/// Sums of linkage over all buckets.
#[derive(Default)]
struct Links {
    counts: [LinkageCounts; Registry::ALL.len()],
    by_desa: BTreeMap<(Registry, RegionCode), u64>,
}

fn link(folder: &Path, partitions: usize, progress: &dyn Progress) -> Result<Links, PipelineError> {
    let writer: SpillWriter<MemberLink> = SpillWriter::create(folder, LINKS, partitions)?;
    let total = Mutex::new(Links::default());
    workers::for_each(partitions, |bucket| -> Result<(), PipelineError> {
        let outcome = link_bucket(take_partition(folder, PERSONS, bucket)?);
        for link in &outcome.links {
            writer.push(partition_of(link.family.spread(), partitions), link)?;
        }
        total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&outcome);
        progress.advance(1);
        Ok(())
    })?;
    writer.finish()?;
    Ok(total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

impl Links {
    fn add(&mut self, outcome: &BucketOutcome) {
        for (sum, part) in self.counts.iter_mut().zip(&outcome.counts) {
            sum.add(part);
        }
        for ((registry, desa), rows) in &outcome.linked_by_desa {
            let registry = Registry::ALL[usize::from(*registry)];
            *self.by_desa.entry((registry, desa.code())).or_default() += rows;
        }
    }
}

/// Sums of all partitions.
#[derive(Default)]
struct Measured {
    desa: BTreeMap<RegionCode, RegionCounts>,
    logs: BTreeMap<u16, IssueLog>,
    location: LocationReport,
}

fn measure(
    folder: &Path,
    partitions: usize,
    config: &BuildConfig,
    reference: &Reference,
    progress: &dyn Progress,
) -> Result<Measured, PipelineError> {
    let context = MeasureContext {
        programmes: &config.programmes,
        extreme_line: reference.extreme_line,
        poverty_lines: &reference.poverty_lines,
        placer: Placer::new(&reference.index, &config.provinces),
    };
    let total = Mutex::new(Measured::default());
    workers::for_each(partitions, |partition| -> Result<(), PipelineError> {
        let input = PartitionInput {
            families: take_partition(folder, FAMILIES, partition)?,
            members: take_partition(folder, MEMBERS, partition)?,
            links: take_partition(folder, LINKS, partition)?,
        };
        let outcome = measure_partition(input, &context);
        let partial = sum_by_desa(&outcome.facts, config.programmes.len())?;
        let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        add_partition(&mut total.desa, &partial, config.programmes.len());
        for (source, log) in outcome.logs {
            total.logs.entry(source).or_default().merge(log);
        }
        total.location.add(&outcome.location);
        progress.advance(1);
        Ok(())
    })?;
    Ok(total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}
