//! What surrounds every page: banner, crumbs, navigation, provenance.

use super::assets;
use crate::disclosure::Release;
use crate::domain::{RegionCode, Registry};
use crate::labels;
use crate::regions::RegionCatalog;

/// The entry of the main navigation that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Home,
    Map,
    Priority,
    Coverage,
    Matching,
    Quality,
    Method,
    Download,
    None,
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: String,
    /// The page one is on.
    pub(super) here: bool,
}

impl Link {
    pub(super) fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into(), here: false }
    }

    pub(super) fn here(mut self, here: bool) -> Self {
        self.here = here;
        self
    }
}

/// Fields that `templates/base.html` reads.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) section: Section,
    pub(super) crumbs: Vec<Link>,
    pub(super) synthetic: bool,
    pub(super) provenance: Vec<(String, String)>,
    pub(super) stamp: Stamp,
    pub(super) attribution: String,
    pub(super) css: String,
    pub(super) js: String,
    /// The script with the names that the search box offers.
    pub(super) names: String,
    pub(super) icon: String,
    pub(super) searched: String,
}

/// The short form of the provenance that stands under each map and table.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) period: String,
    pub(super) boundaries: String,
    pub(super) method: String,
    pub(super) snapshot: String,
    pub(super) sources: String,
    pub(super) synthetic: bool,
}

impl Stamp {
    /// `scope`: the region that the figures are of.
    pub(super) fn of(release: &Release, scope: RegionCode) -> Self {
        let manifest = release.manifest();
        Self {
            period: labels::period(manifest.period).clone(),
            boundaries: manifest.boundary_vintage.clone(),
            method: manifest.method_version.clone(),
            snapshot: manifest.id.clone(),
            sources: labels::listed(&release.sources(scope)),
            synthetic: manifest.synthetic,
        }
    }
}

impl Stamp {
    /// Where only these registries stand behind the figures.
    pub(super) fn from(mut self, registries: &[Registry]) -> Self {
        self.sources = labels::listed(registries);
        self
    }
}

impl Frame {
    pub(super) fn new(release: &Release, section: Section, crumbs: Vec<Link>) -> Self {
        Self {
            section,
            crumbs,
            synthetic: release.manifest().synthetic,
            provenance: labels::provenance(release.manifest()),
            stamp: Stamp::of(release, RegionCode::NATION),
            attribution: labels::boundary_attribution(release.manifest()).to_owned(),
            css: assets::address("tepat.css"),
            js: assets::address("tepat.js"),
            names: assets::address(assets::NAMES),
            icon: assets::address("tepat.svg"),
            searched: String::new(),
        }
    }

    /// Whether a navigation entry is the current one, for `aria-current`.
    pub(super) fn is(&self, section: Section) -> bool {
        self.section == section
    }
}

/// The way from the nation down to `code`, itself last.
pub(super) fn crumbs(catalog: &RegionCatalog, code: RegionCode) -> Vec<Link> {
    let mut way = vec![code];
    while let Some(parent) = way.last().and_then(|code| code.parent()) {
        way.push(parent);
    }
    way.iter()
        .rev()
        .map(|step| Link::new(region_href(*step), catalog.name(*step)).here(*step == code))
        .collect()
}

/// The address of a region's page; the nation's is the home page.
pub(super) fn region_href(code: RegionCode) -> String {
    if code == RegionCode::NATION { "/".to_owned() } else { format!("/wilayah/{code}") }
}
