//! What surrounds every page: banner, crumbs, navigation, provenance.

use super::ask::Ask;
use super::assets;
use super::rules::FIGURES;
use super::site::Site;
use crate::access::{Role, Standing, Viewer};
use crate::disclosure::Release;
use crate::domain::{RegionCode, Registry};
use crate::labels;

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
    Account,
    Users,
    ByName,
    Audit,
    /// No page: why there is none.
    Fault,
    None,
}

/// Who is signed in, as every page says it. Never the name: a page is kept for all of one role and
/// region.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    pub(super) role: &'static str,
    pub(super) region: String,
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
    /// Whether pages of figures exist for who asks; without them there is nothing to lead to.
    pub(super) open: bool,
    /// Small numbers are not withheld: the page is for its reader alone.
    pub(super) unsuppressed: bool,
    pub(super) signed_in: Option<SignedIn>,
    /// Keeps the accounts.
    pub(super) admin: bool,
    /// Opens lists by name.
    pub(super) verifier: bool,
    /// Reads the log.
    pub(super) auditor: bool,
    pub(super) provenance: Vec<(String, String)>,
    pub(super) stamp: Stamp,
    pub(super) attribution: String,
    pub(super) css: String,
    pub(super) js: String,
    /// The script with the names that the search box offers, to those who see the nation.
    pub(super) names: String,
    /// The names themselves, to those who see a part of it.
    pub(super) near: Vec<&'static str>,
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
    /// A sentence, where counts are rounded.
    pub(super) rounded: Option<String>,
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
            rounded: release.rounded_to().map(|base| sentence(&labels::rounded(base))),
            synthetic: manifest.synthetic,
        }
    }
}

/// A remark of its own.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).chain(['.']).collect()
}

impl Stamp {
    /// Where only these registries stand behind the figures.
    pub(super) fn from(mut self, registries: &[Registry]) -> Self {
        self.sources = labels::listed(registries);
        self
    }
}

impl Frame {
    /// Whether the page shows figures, whose source belongs at its foot.
    pub(super) fn has_figures(&self) -> bool {
        self.open && !matches!(self.section, Section::Account | Section::Users | Section::Fault)
    }

    pub(super) fn new(ask: &Ask, section: Section, crumbs: Vec<Link>) -> Self {
        let mut frame = Self::around(&ask.site, &ask.release, &ask.viewer, section, crumbs);
        frame.unsuppressed = frame.open && ask.unsuppressed;
        frame
    }

    /// What surrounds a page for a viewer.
    pub(super) fn around(
        site: &Site,
        release: &Release,
        viewer: &Viewer,
        section: Section,
        crumbs: Vec<Link>,
    ) -> Self {
        let ready = viewer.standing == Standing::Ready;
        let open = if viewer.is_signed_in() {
            ready && FIGURES.contains(&viewer.role)
        } else {
            site.gate.settings.public
        };
        let signed_in = viewer.is_signed_in().then(|| SignedIn {
            role: labels::role(viewer.role),
            region: site.catalog.name(viewer.scope.region()),
        });
        // The door says nothing of what lies behind it.
        let provenance = if open { labels::provenance(release) } else { Vec::new() };
        Self {
            section,
            crumbs: if open { crumbs } else { Vec::new() },
            synthetic: open && release.manifest().synthetic,
            open,
            unsuppressed: false,
            signed_in,
            admin: ready && viewer.role == Role::Admin,
            verifier: ready && viewer.role == Role::Verifier,
            auditor: ready && viewer.role == Role::Auditor,
            provenance,
            stamp: Stamp::of(release, viewer.scope.region()),
            attribution: labels::boundary_attribution(release.manifest()).to_owned(),
            css: assets::address("tepat.css"),
            js: assets::address("tepat.js"),
            names: assets::address(assets::NAMES),
            near: match viewer.scope.region() {
                RegionCode::NATION => Vec::new(),
                home => assets::names(home),
            },
            icon: assets::address("tepat.svg"),
            searched: String::new(),
        }
    }

    /// Whether a navigation entry is the current one, for `aria-current`.
    pub(super) fn is(&self, section: Section) -> bool {
        self.section == section
    }
}

impl Ask {
    /// The way down to `code` from the uppermost region that exists for who asks, itself last.
    pub(super) fn crumbs(&self, code: RegionCode) -> Vec<Link> {
        let mut way = vec![code];
        while let Some(parent) = way.last().and_then(|code| self.parent(*code)) {
            way.push(parent);
        }
        let catalog = self.catalog();
        way.iter()
            .rev()
            .map(|step| Link::new(region_href(*step), catalog.name(*step)).here(*step == code))
            .collect()
    }

    /// The first of the crumbs alone.
    pub(super) fn top(&self) -> Vec<Link> {
        let home = self.home();
        vec![Link::new(region_href(home), self.catalog().name(home))]
    }
}

/// The address of a region's page; the nation's is the home page.
pub(super) fn region_href(code: RegionCode) -> String {
    if code == RegionCode::NATION { "/".to_owned() } else { format!("/wilayah/{code}") }
}
