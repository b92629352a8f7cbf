//! Deliveries read, cleaned and laid by in partitions: families and members of the base by family
//! key, every person with a NIK by NIK, and what scores are compared by birth date and by place.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::config::BuildConfig;
use super::piles::{Piles, Sample};
use super::{PipelineError, workers};
use crate::clean::{Cleaner, FamilyRecord, IssueLog, PersonRecord};
use crate::domain::Registry;
use crate::linkage::{OpenRow, Unlinked};
use crate::progress::Progress;
use crate::regions::RegionCatalog;
use crate::sources::layout::{FileLayout, Layout, RecordKind};
use crate::sources::{RawRow, ReadSummary, read_rows};
use crate::spill::{SpillWriter, partition_of};

/// Names of the partition files.
pub(super) const FAMILIES: &str = "families";
pub(super) const MEMBERS: &str = "members";
pub(super) const PERSONS: &str = "persons";
pub(super) const OPEN: &str = "open";
/// Members of the base, and rows that their NIK does not link.
pub(super) const BASE: &str = "base";
pub(super) const REST: &str = "rest";

/// One file of the build.
pub(super) struct Job<'a> {
    pub source: u16,
    pub registry: Registry,
    pub layout: &'a Layout,
    pub file: &'a FileLayout,
    pub path: &'a Path,
}

/// What is known of a file after it was read.
pub(super) struct Ingested {
    pub summary: ReadSummary,
    pub log: IssueLog,
    /// Person rows that were not set aside.
    pub persons: u64,
}

/// Where records go.
pub(super) struct Sinks {
    pub families: SpillWriter<FamilyRecord>,
    pub members: SpillWriter<PersonRecord>,
    pub persons: SpillWriter<PersonRecord>,
    pub open: SpillWriter<OpenRow>,
    /// `None` where only NIK links.
    pub scores: Option<ScoreSinks>,
}

/// Where records go that scores are to be compared of.
pub(super) struct ScoreSinks {
    pub base: Piles,
    pub rest: Piles,
    pub sample: Sample,
}

impl Sinks {
    pub(super) fn create(
        folder: &Path,
        partitions: usize,
        scores: Option<ScoreSinks>,
    ) -> Result<Self, PipelineError> {
        Ok(Self {
            families: SpillWriter::create(folder, FAMILIES, partitions)?,
            members: SpillWriter::create(folder, MEMBERS, partitions)?,
            persons: SpillWriter::create(folder, PERSONS, partitions)?,
            open: SpillWriter::create(folder, OPEN, partitions)?,
            scores,
        })
    }

    /// Nothing more comes from the deliveries: closes what only they fill, and leaves open what
    /// rows go to that their NIK does not link.
    pub(super) fn close_base(self) -> Result<(OpenSinks, Option<Sample>), PipelineError> {
        self.families.finish()?;
        self.members.finish()?;
        self.persons.finish()?;
        let Some(scores) = self.scores else {
            return Ok((OpenSinks { open: self.open, rest: None }, None));
        };
        scores.base.finish()?;
        Ok((OpenSinks { open: self.open, rest: Some(scores.rest) }, Some(scores.sample)))
    }
}

/// Where rows go that their NIK does not link.
pub(super) struct OpenSinks {
    open: SpillWriter<OpenRow>,
    rest: Option<Piles>,
}

impl OpenSinks {
    pub(super) fn push(&self, row: &OpenRow) -> Result<(), PipelineError> {
        push_open(&self.open, self.rest.as_ref(), row)
    }

    pub(super) fn finish(self) -> Result<(), PipelineError> {
        self.open.finish()?;
        self.rest.map_or(Ok(()), Piles::finish)
    }
}

fn push_open(
    open: &SpillWriter<OpenRow>,
    rest: Option<&Piles>,
    row: &OpenRow,
) -> Result<(), PipelineError> {
    if let Some(rest) = rest {
        rest.push(&row.record)?;
    }
    let partition = open_partition(row.record.source, row.record.row, open.partitions());
    Ok(open.push(partition, row)?)
}

/// The partition of an open row and of its candidates.
pub(super) fn open_partition(source: u16, row: u64, partitions: usize) -> usize {
    partition_of(row << 16 | u64::from(source), partitions)
}

/// The files of a build, in configuration order.
///
/// # Errors
/// A file that is named twice or that no layout describes.
pub(super) fn jobs(config: &BuildConfig) -> Result<Vec<Job<'_>>, PipelineError> {
    let mut jobs = Vec::new();
    for source in &config.sources {
        for path in &source.files {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if jobs.iter().any(|job: &Job<'_>| job.path == path) {
                return Err(PipelineError::Settings(format!(
                    "{}: the file is named twice; its rows would count twice",
                    path.display()
                )));
            }
            let file = source.layout.file_for(name)?;
            let index = u16::try_from(jobs.len()).unwrap_or(u16::MAX);
            jobs.push(Job {
                source: index,
                registry: source.registry,
                layout: &source.layout,
                file,
                path,
            });
        }
    }
    Ok(jobs)
}

/// Reads all files, several at a time.
pub(super) fn ingest(
    jobs: &[Job<'_>],
    config: &BuildConfig,
    catalog: &RegionCatalog,
    sinks: &Sinks,
    progress: &dyn Progress,
) -> Result<Vec<Ingested>, PipelineError> {
    let done: Vec<Mutex<Option<Ingested>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    workers::for_each(jobs.len(), |i| -> Result<(), PipelineError> {
        let ingested = ingest_file(&jobs[i], config, catalog, sinks, progress)?;
        *done[i].lock().unwrap_or_else(PoisonError::into_inner) = Some(ingested);
        Ok(())
    })?;
    Ok(done
        .into_iter()
        .filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect())
}

/// Two files of one content: rows would count twice.
pub(super) fn refuse_twins(jobs: &[Job<'_>], ingested: &[Ingested]) -> Result<(), PipelineError> {
    let twin = ingested.iter().enumerate().find(|(i, file)| {
        ingested[..*i].iter().any(|f| f.summary.rows > 0 && f.summary.sha256 == file.summary.sha256)
    });
    match twin {
        None => Ok(()),
        Some((i, _)) => Err(PipelineError::Settings(format!(
            "{}: another file of this build has the same content; its rows would count twice",
            jobs[i].path.display()
        ))),
    }
}

struct FileState<'a> {
    cleaner: Cleaner<'a>,
    persons: u64,
}

fn ingest_file(
    job: &Job<'_>,
    config: &BuildConfig,
    catalog: &RegionCatalog,
    sinks: &Sinks,
    progress: &dyn Progress,
) -> Result<Ingested, PipelineError> {
    let prepare = |header: &_| {
        let cleaner = Cleaner::new(
            header,
            job.file,
            job.registry,
            job.source,
            config.period,
            catalog,
            &config.programmes,
        )?;
        Ok(FileState { cleaner, persons: 0 })
    };
    let each = |state: &mut FileState<'_>, row: RawRow<'_>| match job.file.record {
        RecordKind::Family => family_row(state, &row, sinks),
        RecordKind::Person => person_row(state, &row, sinks),
    };
    let (summary, state) =
        read_rows::<PipelineError, _>(job.path, job.file, progress, prepare, each)?;
    let mut log = state.cleaner.log;
    for row in &summary.ragged {
        log.set_aside("row_unreadable", "", *row);
    }
    if summary.unterminated {
        log.issue("row_unterminated", "", summary.rows);
    }
    Ok(Ingested { summary, log, persons: state.persons })
}

fn family_row(
    state: &mut FileState<'_>,
    row: &RawRow<'_>,
    sinks: &Sinks,
) -> Result<(), PipelineError> {
    if let Some(family) = state.cleaner.family(row) {
        let partition = partition_of(family.key.spread(), sinks.families.partitions());
        sinks.families.push(partition, &family)?;
    }
    Ok(())
}

fn person_row(
    state: &mut FileState<'_>,
    row: &RawRow<'_>,
    sinks: &Sinks,
) -> Result<(), PipelineError> {
    let Some(person) = state.cleaner.person(row) else { return Ok(()) };
    state.persons += 1;
    if let Some(scores) = &sinks.scores {
        scores.sample.offer(&person);
    }
    let base = person.registry == Registry::Regsosek;
    if let (true, Some(family)) = (base, person.family) {
        let partition = partition_of(family.spread(), sinks.members.partitions());
        sinks.members.push(partition, &person)?;
        if let Some(scores) = &sinks.scores {
            scores.base.push(&person)?;
        }
    }
    match person.nik {
        Some(nik) => {
            let partition = partition_of(nik.expose(), sinks.persons.partitions());
            Ok(sinks.persons.push(partition, &person)?)
        }
        None if base => Ok(()),
        None => {
            let rest = sinks.scores.as_ref().map(|scores| &scores.rest);
            push_open(&sinks.open, rest, &OpenRow { record: person, why: Unlinked::NoNik })
        }
    }
}
