//! What became of every row, put together for the manifest.

use std::collections::BTreeMap;

use super::config::BuildConfig;
use super::ingest::{Ingested, Job};
use super::reference::Reference;
use super::{Links, METHOD_VERSION, PipelineError};
use crate::domain::{
    Level, LocationReport, RegionCode, RegionCounts, Registry, RegistryCounts, RegistryRows,
};
use crate::regions::BOUNDARY_VINTAGE;
use crate::snapshot::{LinkageReport, Manifest, SourceReport};

/// Rows and linked rows of the other registries by stated desa.
pub(super) type StatedRows = BTreeMap<(Registry, RegionCode), RegistryCounts>;

/// Rows that state a desa of the provinces, by desa; and by registry the rest.
pub(super) fn rows_by_region(
    jobs: &[Job<'_>],
    ingested: &[Ingested],
    links: &Links,
    provinces: &[RegionCode],
) -> (StatedRows, Vec<RegistryRows>) {
    let (stated, totals) = registry_rows(jobs, ingested, links);
    split_scope(stated, &totals, provinces)
}

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

pub(super) fn linkage(jobs: &[Job<'_>], ingested: &[Ingested], links: &Links) -> LinkageReport {
    let mut counts = links.counts;
    for (job, file) in jobs.iter().zip(ingested) {
        counts[job.registry.index()].add(&file.counts);
    }
    LinkageReport {
        registries: Registry::ALL.into_iter().zip(counts).collect(),
        model: None,
        identities: crate::domain::IdentityCounts::default(),
    }
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
        boundary_vintage: BOUNDARY_VINTAGE.to_owned(),
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
        tables: Vec::new(),
    }
}
