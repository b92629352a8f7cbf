//! What became of every row, put together for the manifest.

use std::collections::BTreeMap;

use super::config::BuildConfig;
use super::ingest::{Ingested, Job};
use super::reference::Reference;
use super::tally::Tally;
use super::{METHOD_VERSION, PipelineError};
use crate::domain::{
    DecisionCounts, IdentityCounts, Level, LocationReport, ModelReport, RegionCode, RegionCounts,
    Registry, RegistryRows,
};
use crate::snapshot::{LinkageReport, Manifest, SourceReport};

/// Every person row that was read is answered exactly once.
pub(super) fn check_answers(
    jobs: &[Job<'_>],
    ingested: &[Ingested],
    tally: &Tally,
) -> Result<(), PipelineError> {
    for registry in Registry::ALL {
        let mine = jobs.iter().zip(ingested).filter(|(job, _)| job.registry == registry);
        let read = mine.map(|(_, file)| file.persons).sum();
        let answered = tally.rows(registry);
        if read != answered {
            return Err(PipelineError::Answers { registry: registry.slug(), read, answered });
        }
    }
    Ok(())
}

pub(super) fn linkage(
    tally: &Tally,
    model: Option<ModelReport>,
    identities: IdentityCounts,
    decisions: DecisionCounts,
) -> LinkageReport {
    LinkageReport {
        registries: Registry::ALL.into_iter().zip(tally.linkage).collect(),
        model: model.map(|model| ModelReport { lambda: as_read_back(model.lambda), ..model }),
        identities,
        decisions,
    }
}

/// To ten digits. A manifest is checked by writing anew what was read from it, and JSON numbers
/// of more digits than a double holds exactly may be read as the double beside the one written.
fn as_read_back(number: f64) -> f64 {
    format!("{number:.9e}").parse().unwrap_or(number)
}

pub(super) fn sources(
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

/// What the stages found out.
pub(super) struct Findings {
    pub sources: Vec<SourceReport>,
    pub linkage: LinkageReport,
    pub location: LocationReport,
    pub rows_without_region: Vec<RegistryRows>,
}

/// The manifest, but for its id and tables: the store fills them in.
pub(super) fn manifest(
    config: &BuildConfig,
    reference: &Reference,
    findings: Findings,
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
        boundary_vintage: reference.origin.vintage.clone(),
        boundary_set: None,
        boundaries_sha256: reference.boundaries_sha256.clone(),
        extreme_line_rp_month: reference.extreme_line,
        extreme_line_standard: reference.extreme_standard.clone(),
        extreme_line_source: reference.extreme_source.clone(),
        poverty_line_period: config.poverty_line_period,
        provinces,
        programmes: config.programmes.clone(),
        min_families: config.min_families,
        sources: findings.sources,
        linkage: findings.linkage,
        location: findings.location,
        rows_without_region: findings.rows_without_region,
        region_changes: config.region_changes.clone(),
        tables: Vec::new(),
    }
}
