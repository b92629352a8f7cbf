//! Definitions, formulas, sources, code systems, boundaries, limits.

use askama::Template;

use crate::disclosure::{self, Lost};
use crate::domain::{IndicatorId, Programme, ProgrammeUnit, RegionCode};
use crate::labels::{self, IndicatorLabel};
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Section};

struct Source {
    name: String,
    title: String,
    owner: String,
    basis: String,
}

/// Rounding, in numbers for a reader.
struct Rounded {
    base: String,
    /// The largest error, and the largest number told as 0.
    error: String,
    /// A count that may be told as the base, and as nothing.
    example: String,
    /// Its chances in percent, of the base and of nothing.
    up: String,
    down: String,
    /// The largest number told as the base.
    most: String,
    /// The least whole of a rate.
    rate: String,
}

impl Rounded {
    fn of(base: u64) -> Self {
        let example = (base / 2).max(1);
        let chance = |part: u64| labels::integer((100 * part + base / 2) / base);
        Self {
            base: labels::integer(base),
            error: labels::integer(base - 1),
            example: labels::integer(example),
            up: chance(example),
            down: chance(base - example),
            most: labels::integer(2 * base - 1),
            rate: labels::integer(disclosure::ROUGH * base),
        }
    }
}

#[derive(Template)]
#[template(path = "method.html")]
struct MethodPage {
    frame: Frame,
    indicators: Vec<(String, IndicatorLabel)>,
    programmes: Vec<Programme>,
    sources: Vec<Source>,
    line: String,
    line_standard: String,
    line_source: String,
    line_period: String,
    minimum: String,
    /// The largest number that is too small to be shown.
    below: String,
    /// Groups of numbers of the snapshot, those withheld as small, those withheld for their sake,
    /// and the share that is withheld; `None` where nothing is.
    withheld: Option<[String; 4]>,
    /// A whole from which "none of them" is shown.
    wide: String,
    /// What counts are multiples of, where they are rounded.
    rounded: Option<Rounded>,
    /// Match probability from which pairs are linked, and from which they are reviewed.
    thresholds: Option<(String, String)>,
    provinces: String,
    /// Changes of regions on record, and those that the configuration adds.
    n_changes: String,
    n_own: usize,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let manifest = ask.release.manifest();
    let set = &manifest.programmes;
    let names: Vec<String> =
        manifest.provinces.iter().map(|code| ask.catalog().name(*code)).collect();
    let page =
        MethodPage {
            frame: Frame::new(ask, Section::Method, ask.top()),
            indicators: IndicatorId::all(set)
                .into_iter()
                .map(|id| (id.slug(set), labels::indicator(id, set)))
                .collect(),
            programmes: set.enabled().map(|(_, programme)| programme.clone()).collect(),
            sources: sources(ask),
            line: labels::rupiah(manifest.extreme_line_rp_month),
            line_standard: manifest.extreme_line_standard.clone(),
            line_source: manifest.extreme_line_source.clone(),
            line_period: labels::period(manifest.poverty_line_period),
            minimum: labels::integer(manifest.min_families),
            below: labels::integer(manifest.min_families.saturating_sub(1)),
            withheld: withheld(ask),
            wide: labels::integer(disclosure::WIDE * manifest.min_families),
            rounded: ask.release.rounded_to().map(Rounded::of),
            thresholds: manifest.linkage.model.as_ref().map(|model| {
                (labels::decimal(model.link_at, 3), labels::decimal(model.review_at, 3))
            }),
            provinces: names.join(", "),
            n_changes: labels::integer(ask.history.changes().len() as u64),
            n_own: manifest.region_changes.len(),
        };
    Ok(Answer::page(&page)?)
}

/// The counts are of the whole snapshot: only for who sees all of it.
fn withheld(ask: &Ask) -> Option<[String; 4]> {
    let mut all = Lost::default();
    ask.release.withheld().values().for_each(|level| all.add(level));
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let share = all.hidden() as f64 / all.groups.max(1) as f64;
    let counts = [all.groups, all.primary, all.secondary].map(labels::integer);
    let [groups, primary, secondary] = counts;
    (all.groups > 0 && ask.sees(RegionCode::NATION))
        .then(|| [groups, primary, secondary, labels::percent(share, 2)])
}

/// Each registry once, in the order of delivery.
fn sources(ask: &Ask) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for report in &ask.release.manifest().sources {
        let name = labels::registry(report.registry);
        if sources.iter().all(|source| source.name != name) {
            sources.push(Source {
                name: name.to_owned(),
                title: labels::registry_title(report.registry).to_owned(),
                owner: report.owner.clone(),
                basis: report.basis.clone(),
            });
        }
    }
    sources
}
