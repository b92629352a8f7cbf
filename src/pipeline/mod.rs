//! The only place that knows the order of the stages: deliveries → records → links → families
//! measured → regions summed → a sealed snapshot.

mod config;
mod ingest;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

pub use config::{
    BuildConfig, ConfigError, DEFAULT_MIN_FAMILIES, SourceConfig, builtin_programmes,
};
use ingest::{FAMILIES, Ingested, Job, MEMBERS, PERSONS, Sinks};

use crate::aggregate::{
    AggregateError, MeasureContext, PartitionInput, Placer, add_partition, add_registry_rows,
    measure_partition, roll_up, sum_by_desa,
};
use crate::clean::{CleanerError, IssueLog};
use crate::data::{self, DataError};
use crate::domain::{
    Level, LinkageCounts, LocationReport, Period, RegionCode, RegionCounts, Registry,
    RegistryCounts, RegistryRows,
};
use crate::figures::{Measure, Survey};
use crate::linkage::{BucketOutcome, MemberLink, link_bucket};
use crate::priority;
use crate::progress::Progress;
use crate::regions::{BOUNDARY_VINTAGE, RegionCatalog};
use crate::snapshot::{
    LinkageReport, Manifest, PriorityRow, RegionRow, Snapshot, SourceReport, Store, StoreError,
};
use crate::sources::SourceError;
use crate::sources::layout::LayoutError;
use crate::spatial::{BoundaryError, RegionIndex, load_boundaries};
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
    #[error("rows of {file} do not add up: {read} read, {used} used, {set_aside} set aside")]
    Rows { file: String, read: u64, used: u64, set_aside: u64 },
}

/// Lines and polygons of the regions in question.
struct Reference {
    extreme_line: f64,
    extreme_standard: String,
    extreme_source: String,
    poverty_lines: HashMap<RegionCode, f64>,
    index: RegionIndex,
    boundaries_sha256: String,
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

    progress.stage("Memadankan NIK", Some(partitions as u64));
    let links = link(work.folder(), partitions, progress)?;

    progress.stage("Menempatkan dan mengukur", Some(partitions as u64));
    let measured = measure(work.folder(), partitions, config, &reference, progress)?;

    progress.stage("Menjumlahkan wilayah", None);
    for (source, log) in measured.logs {
        ingested[usize::from(source)].log.merge(log);
    }
    let programmes = config.programmes.len();
    let mut desa = measured.desa;
    let stated = registry_rows(&jobs, &ingested, &links);
    let (inside, outside) = split_scope(stated.0, &stated.1, &config.provinces);
    add_registry_rows(&mut desa, &inside, programmes);
    let regions = roll_up(&desa, programmes);
    let linkage = linkage_report(&jobs, &ingested, &links);
    let sources = source_reports(&jobs, ingested)?;
    let snapshot = Snapshot {
        manifest: manifest(
            config,
            &reference,
            sources,
            linkage,
            measured.location,
            outside,
            built_at,
            &regions,
        ),
        priority: priority_rows(&regions),
        regions: regions.into_iter().map(|(code, counts)| RegionRow { code, counts }).collect(),
    };
    Ok(store.seal(&work, snapshot)?)
}

fn partitions_for(bytes: u64) -> usize {
    usize::try_from((bytes / BYTES_PER_PARTITION + 4).min(MAX_PARTITIONS)).unwrap_or(4)
}

impl Reference {
    fn load(config: &BuildConfig) -> Result<Self, PipelineError> {
        let survey = Survey::shared()?;
        let catalog = RegionCatalog::shared()?;
        let (mut polygons, mut lines, mut hashes) = (Vec::new(), HashMap::new(), String::new());
        for province in &config.provinces {
            polygons.extend(load_boundaries(*province, Level::Desa)?);
            hashes += &data::hex(&data::sha256(&format!("boundaries/{province}/desa.geojson.gz"))?);
            for kabupaten in catalog.inside(*province, Level::Kabupaten) {
                let line = survey
                    .get(kabupaten.code, Measure::PovertyLine, config.poverty_line_period)
                    .ok_or_else(|| no_line(kabupaten.code, config.poverty_line_period))?;
                lines.insert(kabupaten.code, line.value);
            }
        }
        let official = survey.extreme_line(config.period);
        let (extreme_line, extreme_standard, extreme_source) =
            match (config.extreme_line_rp_month, official) {
                (Some(rp), _) if rp > 0.0 && rp.is_finite() => {
                    (rp, "ditetapkan pengguna".to_owned(), "konfigurasi".to_owned())
                }
                (Some(rp), _) => {
                    return Err(PipelineError::Settings(format!(
                        "extreme_line_rp_month = {rp}: a positive amount is due"
                    )));
                }
                (None, Some(line)) => (line.rp_month, line.standard.clone(), line.source.clone()),
                (None, None) => {
                    return Err(PipelineError::Settings(format!(
                        "no official extreme-poverty line for {}; set extreme_line_rp_month",
                        config.period
                    )));
                }
            };
        Ok(Self {
            extreme_line,
            extreme_standard,
            extreme_source,
            poverty_lines: lines,
            index: RegionIndex::build(&polygons),
            boundaries_sha256: sha256_hex(&hashes),
        })
    }
}

fn no_line(code: RegionCode, period: Period) -> PipelineError {
    PipelineError::Settings(format!(
        "no published poverty line of {code} for {period}; set poverty_line_period to a round that has one"
    ))
}

fn sha256_hex(text: &str) -> String {
    use sha2::Digest;
    data::hex(&sha2::Sha256::digest(text.as_bytes()))
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
    (0..partitions).into_par_iter().try_for_each(|bucket| -> Result<(), PipelineError> {
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
            add_counts(sum, part);
        }
        for ((registry, desa), rows) in &outcome.linked_by_desa {
            let registry = Registry::ALL[usize::from(*registry)];
            *self.by_desa.entry((registry, desa.code())).or_default() += rows;
        }
    }
}

fn add_counts(sum: &mut LinkageCounts, part: &LinkageCounts) {
    sum.rows += part.rows;
    sum.linked += part.linked;
    sum.no_identity += part.no_identity;
    sum.not_found += part.not_found;
    sum.contradicted += part.contradicted;
    sum.ambiguous += part.ambiguous;
    sum.linked_with_remark += part.linked_with_remark;
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
    (0..partitions).into_par_iter().try_for_each(|partition| -> Result<(), PipelineError> {
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

/// Rows and linked rows of the other registries by stated desa, and their totals.
type StatedRows = BTreeMap<(Registry, RegionCode), RegistryCounts>;

fn registry_rows(
    jobs: &[Job<'_>],
    ingested: &[Ingested],
    links: &Links,
) -> (StatedRows, Vec<RegistryRows>) {
    let mut stated = StatedRows::new();
    for (job, file) in jobs.iter().zip(ingested) {
        for (desa, rows) in &file.rows_by_desa {
            stated.entry((job.registry, desa.code())).or_default().rows += rows;
        }
    }
    for (key, linked) in &links.by_desa {
        stated.entry(*key).or_default().linked += linked;
    }
    let totals = Registry::ALL[1..]
        .iter()
        .map(|registry| RegistryRows {
            registry: *registry,
            rows: jobs
                .iter()
                .zip(ingested)
                .filter(|(job, _)| job.registry == *registry)
                .map(|(_, file)| file.counts.rows)
                .sum(),
            linked: links.counts[registry.index()].linked,
        })
        .collect();
    (stated, totals)
}

/// Rows that state a desa of these provinces, and by registry the rest.
fn split_scope(
    stated: StatedRows,
    totals: &[RegistryRows],
    provinces: &[RegionCode],
) -> (StatedRows, Vec<RegistryRows>) {
    let inside: StatedRows = stated
        .into_iter()
        .filter(|((_, code), _)| provinces.iter().any(|province| province.contains(*code)))
        .collect();
    let outside = totals
        .iter()
        .map(|total| {
            let mine = || inside.iter().filter(|((r, _), _)| *r == total.registry).map(|(_, c)| c);
            RegistryRows {
                registry: total.registry,
                rows: total.rows - mine().map(|c| c.rows).sum::<u64>(),
                linked: total.linked - mine().map(|c| c.linked).sum::<u64>(),
            }
        })
        .collect();
    (inside, outside)
}

fn linkage_report(jobs: &[Job<'_>], ingested: &[Ingested], links: &Links) -> LinkageReport {
    let mut counts = links.counts;
    for (job, file) in jobs.iter().zip(ingested) {
        add_counts(&mut counts[job.registry.index()], &file.counts);
    }
    LinkageReport { registries: Registry::ALL.into_iter().zip(counts).collect() }
}

fn source_reports(
    jobs: &[Job<'_>],
    ingested: Vec<Ingested>,
) -> Result<Vec<SourceReport>, PipelineError> {
    jobs.iter()
        .zip(ingested)
        .map(|(job, file)| {
            let name = job.path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let (read, aside) = (file.summary.rows, file.log.rows_set_aside());
            let used = read.checked_sub(aside).ok_or_else(|| PipelineError::Rows {
                file: name.to_owned(),
                read,
                used: 0,
                set_aside: aside,
            })?;
            let (set_aside, issues) = file.log.into_counts();
            Ok(SourceReport {
                registry: job.registry,
                file: name.to_owned(),
                title: job.layout.title.clone(),
                owner: job.layout.owner.clone(),
                basis: job.layout.basis.clone(),
                sha256: file.summary.sha256,
                bytes: file.summary.bytes,
                rows_read: read,
                rows_used: used,
                set_aside,
                issues,
            })
        })
        .collect()
}

fn priority_rows(regions: &BTreeMap<RegionCode, RegionCounts>) -> Vec<PriorityRow> {
    priority::rank_all(regions)
        .into_iter()
        .map(|r| PriorityRow {
            code: r.code,
            level: r.level,
            rank_rate: r.rank_rate,
            rank_number: r.rank_number,
            rank: r.rank,
            cumulative_share: r.cumulative_share,
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "one call, at the end of the pipeline")]
fn manifest(
    config: &BuildConfig,
    reference: &Reference,
    sources: Vec<SourceReport>,
    linkage: LinkageReport,
    location: LocationReport,
    rows_without_region: Vec<RegistryRows>,
    built_at: &str,
    regions: &BTreeMap<RegionCode, RegionCounts>,
) -> Manifest {
    let provinces = regions
        .iter()
        .filter(|(code, counts)| code.level() == Level::Provinsi && counts.n_families > 0)
        .map(|(code, _)| *code)
        .collect();
    Manifest {
        id: String::new(),
        tepat_version: env!("CARGO_PKG_VERSION").to_owned(),
        method_version: METHOD_VERSION.to_owned(),
        built_at: built_at.to_owned(),
        period: config.period,
        synthetic: config.synthetic,
        boundary_vintage: BOUNDARY_VINTAGE.to_owned(),
        boundaries_sha256: reference.boundaries_sha256.clone(),
        extreme_line_rp_month: reference.extreme_line,
        extreme_line_standard: reference.extreme_standard.clone(),
        extreme_line_source: reference.extreme_source.clone(),
        poverty_line_period: config.poverty_line_period,
        provinces,
        programmes: config.programmes.clone(),
        min_families: config.min_families,
        sources,
        linkage,
        location,
        rows_without_region,
        tables: Vec::new(),
    }
}
