//! The only place that knows the order of the stages: deliveries → records → links → families
//! measured → regions summed → a sealed snapshot.

mod answers;
mod config;
mod households;
mod identity;
mod ingest;
mod link;
mod match_ids;
mod measure;
mod mended;
mod people;
mod piles;
mod reference;
mod repeats;
mod report;
mod score;
mod tally;
mod workers;

pub use config::{
    BuildConfig, ConfigError, DEFAULT_MIN_FAMILIES, LinkageConfig, LinkageMode, SourceConfig,
    builtin_programmes,
};
use std::path::Path;

use reference::Reference;
use report::Findings;

use crate::aggregate::{AggregateError, Conflicts, add_registry_rows, roll_up};
use crate::by_name::{self, ByName, ByNameError};
use crate::clean::CleanerError;
use crate::data::DataError;
use crate::domain::{ConflictRow, Level};
use crate::linkage::LinkerError;
use crate::priority;
use crate::progress::Progress;
use crate::regions::RegionCatalog;
use crate::restricted::{
    Decisions, Key, Ledger, Prints, Restricted, RestrictedDraft, RestrictedError,
};
use crate::sealing::{MasterKey, SealError, Secret, remember};
use crate::snapshot::{BoundarySetReport, Manifest, RegionRow, Snapshot, Store, StoreError, Work};
use crate::sources::SourceError;
use crate::sources::layout::LayoutError;
use crate::spatial::BoundaryError;
use crate::spill::SpillError;

/// Version of the definitions behind the figures; raise it when a figure would change.
pub const METHOD_VERSION: &str = "3";

/// Delivered bytes per partition: about 64 MiB of text is about as much in memory.
const BYTES_PER_PARTITION: u64 = 64 << 20;
const MAX_PARTITIONS: u64 = 1024;

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
    #[error(transparent)]
    Restricted(#[from] RestrictedError),
    #[error(transparent)]
    ByName(#[from] ByNameError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Linker(#[from] LinkerError),
    #[error(
        "no family could be placed: check that the base delivery has family and member rows of these provinces; the earlier snapshot stays current"
    )]
    NoFamilies,
    #[error("rows of {file} do not add up: {read} read, {used} used, {set_aside} set aside")]
    Rows { file: String, read: u64, used: u64, set_aside: u64 },
    #[error("the earlier snapshot stays current, because the new one could not be recorded: {0}")]
    Unrecorded(String),
    #[error("rows of {registry} do not add up: {read} to be linked, {answered} answered")]
    Answers { registry: &'static str, read: u64, answered: u64 },
}

/// Builds a snapshot and makes it current. `built_at` is RFC 3339 and not part of the snapshot id.
/// Person ids are made with the key of the store.
///
/// # Errors
/// See [`PipelineError`]; whatever was current stays current.
pub fn build(
    config: &BuildConfig,
    built_at: &str,
    progress: &dyn Progress,
) -> Result<Manifest, PipelineError> {
    build_with_key(config, built_at, None, progress)
}

/// Told the id of a snapshot before it becomes current: what it refuses, with a reason, does not.
pub type Witness<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// As [`build`], with a witness, who is told before anything is put in place.
///
/// # Errors
/// See [`PipelineError`]; whatever was current stays current.
pub fn build_witnessed(
    config: &BuildConfig,
    built_at: &str,
    witness: Witness<'_>,
    progress: &dyn Progress,
) -> Result<Manifest, PipelineError> {
    seal(config, built_at, None, witness, progress)
}

/// As [`build`], with person ids made by `key` where one is given.
///
/// # Errors
/// See [`PipelineError`]; whatever was current stays current.
pub fn build_with_key(
    config: &BuildConfig,
    built_at: &str,
    key: Option<Key>,
    progress: &dyn Progress,
) -> Result<Manifest, PipelineError> {
    seal(config, built_at, key, &|_| Ok(()), progress)
}

fn seal(
    config: &BuildConfig,
    built_at: &str,
    key: Option<Key>,
    witness: Witness<'_>,
    progress: &dyn Progress,
) -> Result<Manifest, PipelineError> {
    let Drafted { store, restricted, work, draft, by_name, snapshot } =
        draft(config, built_at, key, progress)?;
    let previous = snapshot.manifest.linkage.identities.previous.clone();
    store.seal_with(&work, snapshot, |id| {
        witness(id).map_err(PipelineError::Unrecorded)?;
        restricted.place(&draft, id, previous.as_deref() == Some(id))?;
        if let Some(by_name) = by_name {
            by_name.place(id, config.period, config.synthetic)?;
        }
        Ok(())
    })
}

/// What [`build_with_key`] would seal, without sealing it: nothing of it stays but the key.
///
/// # Errors
/// See [`PipelineError`].
pub fn rehearse(
    config: &BuildConfig,
    key: Option<Key>,
    progress: &dyn Progress,
) -> Result<Snapshot, PipelineError> {
    Ok(draft(config, "", key, progress)?.snapshot)
}

/// A snapshot that is not sealed, with what keeps its files alive.
struct Drafted {
    store: Store,
    restricted: Restricted,
    work: Work,
    draft: RestrictedDraft,
    by_name: Option<by_name::Sealed>,
    snapshot: Snapshot,
}

fn draft(
    config: &BuildConfig,
    built_at: &str,
    key: Option<Key>,
    progress: &dyn Progress,
) -> Result<Drafted, PipelineError> {
    config.check().map_err(PipelineError::Settings)?;
    let reference = Reference::load(config)?;
    let store = Store::at(&config.store);
    let master = master(config)?;
    let restricted = Restricted::of_store(&config.store).sealed_with(master.as_ref());
    let work = store.begin()?;
    let draft = RestrictedDraft::create(work.folder())?;
    let prints = Prints::new(key.map_or_else(|| restricted.key(), Ok)?);
    let jobs = ingest::jobs(config)?;
    let bytes = jobs.iter().filter_map(|j| std::fs::metadata(j.path).ok()).map(|m| m.len()).sum();
    let partitions = partitions_for(bytes);
    let by_name = by_name_draft(config, master, work.folder(), partitions)?;
    let stages = link::Stages {
        config,
        catalog: RegionCatalog::shared()?,
        reference: &reference,
        jobs: &jobs,
        bytes,
        partitions,
        work: work.folder(),
        draft: draft.folder(),
        by_name: by_name.as_ref(),
        sealer: restricted.sealer(),
        prints: &prints,
        decisions: Decisions::read(&restricted.decisions())?,
        previous: if config.without_history { None } else { previous(&store, &restricted)? },
        progress,
    };
    let mut snapshot = assemble(&stages, stages.run()?, built_at)?;
    snapshot.manifest.boundary_set = boundary_set(config, &reference, &store, &work)?;
    let by_name = by_name.map(|laid_by| households::seal(laid_by, progress)).transpose()?;
    Ok(Drafted { store, restricted, work, draft, by_name, snapshot })
}

/// The key that names are sealed with, which the store is made to remember; `None` where the
/// configuration names none.
fn master(config: &BuildConfig) -> Result<Option<MasterKey>, PipelineError> {
    let Some(path) = &config.by_name_key else { return Ok(None) };
    std::fs::create_dir_all(&config.store)
        .map_err(|source| StoreError::Io { path: config.store.clone(), source })?;
    let master = MasterKey::read(path, &config.store)?;
    remember(&config.store, path)?;
    Ok(Some(master))
}

/// Where households are laid by; `None` where there is no key to seal them with.
fn by_name_draft(
    config: &BuildConfig,
    master: Option<MasterKey>,
    work: &Path,
    partitions: usize,
) -> Result<Option<by_name::Draft>, PipelineError> {
    let Some(master) = master else { return Ok(None) };
    let by_name = ByName::of_store(&config.store, master);
    Ok(Some(by_name::Draft::create(by_name, Secret::random()?, work, partitions)?))
}

/// What the manifest says of the boundary set, whose display geometry goes into the store: what
/// serves needs the set no more.
fn boundary_set(
    config: &BuildConfig,
    reference: &Reference,
    store: &Store,
    work: &Work,
) -> Result<Option<BoundarySetReport>, PipelineError> {
    let (Some(shapes), Some(id)) = (&config.boundaries, &reference.origin.set) else {
        return Ok(None);
    };
    let bytes = shapes.atlas().to_bytes().map_err(BoundaryError::from)?;
    Ok(Some(BoundarySetReport {
        sha256: id.clone(),
        atlas_sha256: store.keep_atlas(work, &bytes)?,
        attribution: reference.origin.attribution.clone(),
    }))
}

/// The current snapshot and its ledger, where there is a snapshot. One that an earlier version
/// built has no ledger; of any other it must be there, because without it nobody keeps their id.
fn previous(
    store: &Store,
    restricted: &Restricted,
) -> Result<Option<(String, Ledger)>, PipelineError> {
    match store.current_id() {
        Err(StoreError::Empty { .. }) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(id) => {
            let folder = restricted.folder_of(&id);
            if let Some(ledger) = Ledger::open(&folder, restricted.sealer())? {
                return Ok(Some((id, ledger)));
            }
            match store.open(&id) {
                Err(StoreError::Outdated { .. }) => Ok(None),
                Ok(snapshot) if snapshot.manifest.linkage.identities.persons == 0 => Ok(None),
                _ => Err(RestrictedError::NoLedger { path: folder }.into()),
            }
        }
    }
}

/// Sums of all levels and the report, from what the stages found.
fn assemble(
    stages: &link::Stages<'_>,
    found: link::Found,
    built_at: &str,
) -> Result<Snapshot, PipelineError> {
    stages.progress.stage("Menjumlahkan wilayah", None);
    let config = stages.config;
    let (provinces, programmes) = (&config.provinces, config.programmes.len());
    let link::Found { mut ingested, mut measured, tally, model, identities, decisions } = found;
    for (source, log) in std::mem::take(&mut measured.logs) {
        ingested[usize::from(source)].log.merge(log);
    }
    let mut desa = std::mem::take(&mut measured.desa);
    if desa.is_empty() {
        return Err(PipelineError::NoFamilies);
    }
    report::check_answers(stages.jobs, &ingested, &tally)?;
    let (inside, outside) = tally.stated(provinces);
    add_registry_rows(&mut desa, &inside, programmes);
    let regions = roll_up(&desa, programmes);
    let findings = Findings {
        linkage: report::linkage(&tally, model, identities, decisions),
        sources: report::sources(stages.jobs, ingested)?,
        location: measured.location,
        rows_without_region: outside,
    };
    Ok(Snapshot {
        manifest: report::manifest(config, stages.reference, findings, built_at, &regions),
        priority: priority::rank_all(&regions),
        matching: tally.match_rows(provinces),
        overlaps: tally.overlaps(provinces),
        conflicts: conflict_rows(&measured.conflicts),
        regions: regions.into_iter().map(|(code, counts)| RegionRow { code, counts }).collect(),
    })
}

/// Conflicts of every stated desa and of the regions above.
fn conflict_rows(desas: &Conflicts) -> Vec<ConflictRow> {
    let mut all = Conflicts::new();
    for (desa, counts) in desas {
        for level in Level::ALL {
            all.entry(desa.ancestor(level)).or_default().add(counts);
        }
    }
    all.into_iter().map(|(code, counts)| ConflictRow { code, counts }).collect()
}

fn partitions_for(bytes: u64) -> usize {
    usize::try_from((bytes / BYTES_PER_PARTITION + 4).min(MAX_PARTITIONS)).unwrap_or(4)
}
