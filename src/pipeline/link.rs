//! The stages from delivered rows to measured families and numbered persons, in their order.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::answers::Lines;
use super::config::{BuildConfig, LinkageMode};
use super::identity::Identities;
use super::ingest::{self, BASE, Ingested, Job, PERSONS, REST, ScoreSinks, Sinks};
use super::measure::{Measured, measure};
use super::mended::MendedNiks;
use super::people::{FOUND, OUTSIDE, People, outside_persons};
use super::piles::{Piles, Sample};
use super::reference::Reference;
use super::score::{PENDING, Resolved, Resolver};
use super::tally::Tally;
use super::{PipelineError, repeats, workers};
use crate::by_name;
use crate::domain::{DecisionCounts, IdentityCounts, ModelReport, Registry};
use crate::linkage::{Claim, RegistryLinker, link_bucket};
use crate::progress::Progress;
use crate::regions::RegionCatalog;
use crate::restricted::{Decisions, Ledger, Prints, ReviewPair, write_model, write_pairs};
use crate::sealing::Sealer;
use crate::spill::{SpillWriter, partition_of, take_partition};

pub(super) const CLAIMS: &str = "claims";

/// What the stages work on.
pub(super) struct Stages<'a> {
    pub config: &'a BuildConfig,
    pub catalog: &'a RegionCatalog,
    pub reference: &'a Reference,
    pub jobs: &'a [Job<'a>],
    /// Of all deliveries.
    pub bytes: u64,
    pub partitions: usize,
    /// Partition files.
    pub work: &'a Path,
    /// The restricted folder that is being made.
    pub draft: &'a Path,
    /// Households by name that are being laid by; `None` where there is no key.
    pub by_name: Option<&'a by_name::Draft>,
    /// What the restricted folder is sealed with.
    pub sealer: Option<Sealer>,
    pub prints: &'a Prints,
    pub decisions: Decisions,
    /// Id and ledger of the current snapshot.
    pub previous: Option<(String, Ledger)>,
    pub progress: &'a dyn Progress,
}

/// What the stages found.
pub(super) struct Found {
    pub ingested: Vec<Ingested>,
    pub measured: Measured,
    pub tally: Tally,
    pub model: Option<ModelReport>,
    pub identities: IdentityCounts,
    pub decisions: DecisionCounts,
}

/// Rows of the base that carry the NIK of another.
#[derive(Default)]
struct Shared {
    /// Of somebody else.
    shared: u64,
    /// Which they repeat.
    repeats: u64,
}

impl Stages<'_> {
    pub(super) fn run(&self) -> Result<Found, PipelineError> {
        let files: Vec<String> = self.jobs.iter().map(file_name).collect();
        let sinks = Sinks::create(self.work, self.partitions, self.score_sinks()?)?;
        self.progress.stage("Membaca dan membersihkan", Some(self.bytes));
        let ingested = ingest::ingest(self.jobs, self.config, self.catalog, &sinks, self.progress)?;
        ingest::refuse_twins(self.jobs, &ingested)?;

        let claims: SpillWriter<Claim> = SpillWriter::create(self.work, CLAIMS, self.partitions)?;
        let outside = SpillWriter::create(self.work, OUTSIDE, self.partitions)?;
        let (sinks, sample) = sinks.close_base()?;
        if let Some((_, before)) = &self.previous {
            MendedNiks::find(self.work, self.partitions, before)?;
        }
        self.progress.stage("Memadankan NIK", Some(self.partitions as u64));
        let Shared { shared, repeats } = self.link_niks(&sinks, &claims)?;
        sinks.finish()?;

        let scorer = sample
            .map(|sample| self.linker(sample, self.base_rows(&ingested) - repeats))
            .transpose()?
            .flatten();
        // By NIK alone scores only find again what people have decided.
        let linker = scorer.as_ref().filter(|_| self.by_score());
        if let Some(linker) = linker {
            write_model(self.draft, &linker.to_toml()?)?;
        }
        self.progress.stage("Memadankan dengan skor", Some(self.partitions as u64));
        let pending = SpillWriter::create(self.work, PENDING, Registry::ALL.len())?;
        let to = Resolved { claims: &claims, outside: &outside, pending: &pending };
        let resolver = self.resolver(scorer.as_ref(), &files);
        resolver.run(&to, self.progress)?;
        let decisions =
            DecisionCounts { accepted: self.decisions.accepted(), applied: resolver.applied() };
        claims.finish()?;
        pending.finish()?;
        self.write_pending()?;

        let lines = Lines::create(self.work, &ingested)?;
        let found = SpillWriter::create(self.work, FOUND, self.partitions)?;
        let (provinces, prints) = (&self.config.provinces, self.prints);
        let people = People { provinces, prints, lines: &lines, found: &found };
        self.progress.stage("Menempatkan dan mengukur", Some(self.partitions as u64));
        let (measured, mut tally) = measure(self, &people, &outside)?;
        outside.finish()?;
        self.progress.stage("Menyusun daftar orang", Some(self.partitions as u64));
        tally.add(outside_persons(self.work, self.partitions, &people, self.progress)?);
        tally.linkage[Registry::Regsosek.index()].ambiguous = shared;
        found.finish()?;
        lines.write(self.work, self.draft, self.jobs, &files)?;

        self.progress.stage("Menjaga identitas", None);
        let identities = self.identities(linker).run()?;
        let settings = &self.config.linkage;
        let model = linker.map(|l| l.report(settings.link_at, settings.review_at)).transpose()?;
        Ok(Found { ingested, measured, tally, model, identities, decisions })
    }

    fn score_sinks(&self) -> Result<Option<ScoreSinks>, PipelineError> {
        if !self.by_score() && self.decisions.accepted() == 0 {
            return Ok(None);
        }
        Ok(Some(ScoreSinks {
            base: Piles::create(self.work, BASE, self.partitions)?,
            rest: Piles::create(self.work, REST, self.partitions)?,
            sample: Sample::for_bytes(self.bytes),
        }))
    }

    fn by_score(&self) -> bool {
        self.config.linkage.mode == LinkageMode::Score
    }

    /// The model that the configuration names, or the product's, trained on these deliveries. Where
    /// it only serves decisions, deliveries that teach nothing are no fault: the decisions that
    /// are not applied are counted.
    fn linker(
        &self,
        sample: Sample,
        population: u64,
    ) -> Result<Option<RegistryLinker>, PipelineError> {
        let linker = match &self.config.linkage.model {
            Some((path, text)) => RegistryLinker::from_model(path, text)
                .map(|linker| sample.names_for(linker))
                .map_err(Into::into),
            None => sample.train(population),
        };
        match linker {
            Err(PipelineError::Linker(_)) if !self.by_score() => Ok(None),
            linker => linker.map(Some),
        }
    }

    fn base_rows(&self, ingested: &[Ingested]) -> u64 {
        let base = self.jobs.iter().zip(ingested).filter(|(j, _)| j.registry == Registry::Regsosek);
        base.map(|(_, file)| file.persons).sum()
    }

    /// Links by equal NIK.
    fn link_niks(
        &self,
        sinks: &ingest::OpenSinks,
        claims: &SpillWriter<Claim>,
    ) -> Result<Shared, PipelineError> {
        let sum = Mutex::new(Shared::default());
        workers::for_each(self.partitions, |bucket| -> Result<(), PipelineError> {
            let (persons, repeats) =
                repeats::set_apart(take_partition(self.work, PERSONS, bucket)?);
            let outcome = link_bucket(persons);
            for claim in &outcome.claims {
                claims.push(partition_of(claim.family.spread(), self.partitions), claim)?;
            }
            let mended = match &self.previous {
                Some(_) => MendedNiks::take(self.work, bucket)?,
                None => MendedNiks::default(),
            };
            for row in &outcome.open {
                match mended.claim(row) {
                    Some(claim) => {
                        claims
                            .push(partition_of(claim.family.spread(), self.partitions), &claim)?;
                    }
                    None => sinks.push(row)?,
                }
            }
            let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
            sum.shared += outcome.repeated;
            sum.repeats += repeats.len() as u64;
            self.progress.advance(1);
            Ok(())
        })?;
        Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn resolver<'r>(
        &'r self,
        linker: Option<&'r RegistryLinker>,
        files: &'r [String],
    ) -> Resolver<'r> {
        Resolver {
            folder: self.work,
            partitions: self.partitions,
            linker,
            link_at: self.config.linkage.link_at,
            review_at: self.config.linkage.review_at,
            decisions: &self.decisions,
            only_decided: !self.by_score(),
            applied: Mutex::default(),
            prints: self.prints,
            files,
        }
    }

    /// Pairs that wait, registry by registry.
    fn write_pending(&self) -> Result<(), PipelineError> {
        let part = |i| {
            let pairs: Vec<ReviewPair> = take_partition(self.work, PENDING, i)?;
            if let Some(by_name) = self.by_name {
                pairs.iter().try_for_each(|pair| by_name.push_pair(pair))?;
            }
            Ok::<_, PipelineError>(pairs)
        };
        write_pairs(self.draft, self.sealer.clone(), (0..Registry::ALL.len()).map(part))
    }

    fn identities<'r>(&'r self, linker: Option<&'r RegistryLinker>) -> Identities<'r> {
        Identities {
            work: self.work,
            draft: self.draft,
            partitions: self.partitions,
            linker,
            link_at: self.config.linkage.link_at,
            prints: self.prints,
            sealer: self.sealer.clone(),
            previous: self.previous.clone(),
        }
    }
}

fn file_name(job: &Job<'_>) -> String {
    job.path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned()
}
