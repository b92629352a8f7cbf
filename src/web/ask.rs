//! What was typed → what it means: the address and the query of one request, read against the
//! release, the region table and the programmes, by who asks. Every bad value becomes a [`Fault`]
//! that names it; a region outside the viewer's own is one that does not exist.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::fault::{Candidate, Fault, excerpt};
use super::past::Former;
use super::site::{Served, Site};
use crate::access::{Caller, Token, Viewer};
use crate::disclosure::Release;
use crate::domain::{CodeError, IndicatorId, Level, RegionCode, Registry};
use crate::maps::Layers;
use crate::regions::{History, Readings, Region, RegionCatalog};

pub(super) struct Ask {
    pub(super) site: Arc<Site>,
    pub(super) release: Arc<Release>,
    /// Its maps.
    pub(super) layers: Arc<Layers>,
    /// What became of regions.
    pub(super) history: Arc<History>,
    /// Who asks.
    pub(super) viewer: Viewer,
    /// Where from.
    pub(super) caller: Caller,
    /// What the browser keeps while it stands at the door.
    pub(super) door: Option<Token>,
    /// What it keeps while its owner is at another institution.
    pub(super) away: Option<Token>,
    /// Nothing is withheld in the release.
    pub(super) unsuppressed: bool,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    /// Path and query as typed: the key of the shelf.
    pub(super) url: String,
}

/// The order of a table: a column's key and a direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: String,
    pub(super) descending: bool,
}

impl Ask {
    pub(super) fn of(request: &HttpRequest, site: Arc<Site>, who: Who) -> Result<Self, Fault> {
        let query = Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map_err(|_| bad("?", request.query_string(), &[""; 0]))?
            .into_inner();
        let pairs = request.match_info().iter();
        let path = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let Served { release, layers, history, unsuppressed, .. } = site.served_to(&who.viewer);
        let Who { viewer, caller, door, away } = who;
        let url = request.uri().to_string();
        Ok(Self {
            site,
            release,
            layers,
            history,
            viewer,
            caller,
            door,
            away,
            unsuppressed,
            path,
            query,
            url,
        })
    }

    /// The uppermost region that exists for who asks.
    pub(super) fn home(&self) -> RegionCode {
        self.viewer.scope.region()
    }

    /// Whether a region exists for who asks.
    pub(super) fn sees(&self, code: RegionCode) -> bool {
        self.viewer.scope.contains(code)
    }

    /// The region around, where it exists for who asks.
    pub(super) fn parent(&self, code: RegionCode) -> Option<RegionCode> {
        code.parent().filter(|parent| self.sees(*parent))
    }

    pub(super) fn catalog(&self) -> &'static RegionCatalog {
        self.site.catalog
    }

    /// A part of the address; the route says which there are.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of that name that is not empty: an empty field of a form was not filled in.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let typed = self.query.iter().filter(|(key, _)| key == name);
        typed.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }

    /// All values of that name, lists with commas taken apart.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// The text of that name as typed, commas and all.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The region that a code names.
    pub(super) fn region(&self, typed: &str) -> Result<&'static Region, Fault> {
        match RegionCode::from_slug(typed) {
            Ok(code) => {
                let found = self.catalog().get(code).filter(|region| self.sees(region.code));
                found.ok_or_else(|| self.no_region(code))
            }
            Err(CodeError::Undotted(_)) => Err(self.undotted(typed)),
            Err(_) => Err(Fault::NotACode { typed: excerpt(typed) }),
        }
    }

    /// Why there is no region of that code today: it is of earlier years, or never was, or does not
    /// exist for who asks, which is answered like one that never was.
    fn no_region(&self, code: RegionCode) -> Fault {
        let former = Former::of(code, self).filter(|_| self.sees(code));
        former.map_or_else(|| self.unknown(code), Fault::Former)
    }

    pub(super) fn unknown(&self, code: RegionCode) -> Fault {
        let catalog = self.catalog();
        let mut above = code.parent();
        while let Some(parent) = above.filter(|parent| catalog.get(*parent).is_none()) {
            above = parent.parent();
        }
        let above = above.filter(|above| self.sees(*above)).map(|parent| self.candidate(parent));
        Fault::UnknownRegion { typed: code.to_string(), above }
    }

    fn undotted(&self, typed: &str) -> Fault {
        let Readings { kemendagri, bps, former } =
            Readings::of(typed, self.catalog(), &self.history);
        let name = |code: Option<RegionCode>| {
            code.filter(|code| self.sees(*code)).map(|code| self.candidate(code))
        };
        let former = former.and_then(|(code, _)| Former::of(code, self));
        Fault::Undotted {
            typed: excerpt(typed),
            kemendagri: name(kemendagri),
            bps: name(bps),
            former: former.map(Box::new),
        }
    }

    /// The code and the name with all parents that exist for who asks: names are no keys.
    pub(super) fn candidate(&self, code: RegionCode) -> Candidate {
        let catalog = self.catalog();
        let mut name = catalog.name(code);
        let mut step = code;
        while let Some(parent) = self.parent(step).filter(|p| *p != RegionCode::NATION) {
            name.push_str(", ");
            name.push_str(&catalog.name(parent));
            step = parent;
        }
        Candidate { code, name }
    }

    /// `wilayah=`, the uppermost region of who asks where it is not given.
    pub(super) fn scope(&self) -> Result<&'static Region, Fault> {
        match self.query("wilayah") {
            Some(typed) => self.region(typed),
            None => self.region(&self.home().to_string()),
        }
    }

    /// Levels a map or a table of `scope` can show. Whoever is bound to a single desa sees that.
    pub(super) fn levels_below(&self, scope: RegionCode) -> Vec<Level> {
        if scope.level() == Level::Desa && scope == self.home() {
            return vec![Level::Desa];
        }
        Level::ALL.into_iter().filter(|level| *level > scope.level()).collect()
    }

    /// `tingkat=`, which must lie below `scope`.
    pub(super) fn level(&self, scope: RegionCode, default: Level) -> Result<Level, Fault> {
        let allowed = self.levels_below(scope);
        let Some(typed) = self.query("tingkat") else { return Ok(default) };
        Level::from_slug(typed)
            .filter(|level| allowed.contains(level))
            .ok_or_else(|| bad("tingkat", typed, &slugs(&allowed)))
    }

    /// `indikator=`.
    pub(super) fn indicator(&self, default: IndicatorId) -> Result<IndicatorId, Fault> {
        self.query("indikator").map_or(Ok(default), |typed| self.parse_indicator(typed))
    }

    /// Every `indikator=`; none given means all.
    pub(super) fn indicators(&self) -> Result<Vec<IndicatorId>, Fault> {
        let mut ids = self
            .all("indikator")
            .map(|typed| self.parse_indicator(typed))
            .collect::<Result<Vec<_>, _>>()?;
        if ids.is_empty() {
            ids = IndicatorId::all(&self.release.manifest().programmes);
        }
        Ok(ids)
    }

    fn parse_indicator(&self, typed: &str) -> Result<IndicatorId, Fault> {
        let programmes = &self.release.manifest().programmes;
        IndicatorId::parse(typed, programmes).map_err(|_| {
            let all = IndicatorId::all(programmes);
            bad("indikator", typed, &all.iter().map(|id| id.slug(programmes)).collect::<Vec<_>>())
        })
    }

    /// `program=`, as an index into the programmes; the first that is switched on by default.
    pub(super) fn programme(&self) -> Result<Option<usize>, Fault> {
        let programmes = &self.release.manifest().programmes;
        let Some(typed) = self.query("program") else {
            return Ok(programmes.enabled().map(|(index, _)| index).next());
        };
        programmes.enabled().find(|(_, p)| p.id == typed).map(|(index, _)| Some(index)).ok_or_else(
            || bad("program", typed, &programmes.enabled().map(|(_, p)| &p.id).collect::<Vec<_>>()),
        )
    }

    /// A registry by its slug, among those delivered; `None` where it is not given.
    pub(super) fn registry(&self, name: &'static str) -> Result<Option<Registry>, Fault> {
        let Some(typed) = self.query(name) else { return Ok(None) };
        let delivered = self.release.sources(RegionCode::NATION);
        let found = Registry::from_slug(typed).filter(|registry| delivered.contains(registry));
        found.map(Some).ok_or_else(|| {
            bad(name, typed, &delivered.iter().map(|registry| registry.slug()).collect::<Vec<_>>())
        })
    }

    /// One of a few words.
    pub(super) fn word(
        &self,
        name: &'static str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, Fault> {
        let Some(typed) = self.query(name) else { return Ok(None) };
        let found = allowed.iter().copied().find(|word| *word == typed);
        found.map(Some).ok_or_else(|| bad(name, typed, allowed))
    }

    /// `urut=` and `arah=`, where `columns` are the keys that can be sorted by.
    pub(super) fn order(&self, columns: &[String]) -> Result<Option<Order>, Fault> {
        let descending = match self.query("arah") {
            None | Some("naik") => false,
            Some("turun") => true,
            Some(typed) => return Err(bad("arah", typed, &["naik", "turun"])),
        };
        let Some(typed) = self.query("urut") else { return Ok(None) };
        if !columns.iter().any(|column| column == typed) {
            return Err(bad("urut", typed, columns));
        }
        Ok(Some(Order { column: typed.to_owned(), descending }))
    }

    /// `halaman=`, from 1.
    pub(super) fn page_number(&self, pages: usize) -> Result<usize, Fault> {
        let Some(typed) = self.query("halaman") else { return Ok(1) };
        let last = pages.max(1);
        typed
            .parse()
            .ok()
            .filter(|page| (1..=last).contains(page))
            .ok_or_else(|| bad("halaman", typed, &[format!("1–{last}")]))
    }
}

/// A fault that names the field, what was typed and what would be understood.
pub(super) fn bad(name: &'static str, typed: &str, allowed: &[impl AsRef<str>]) -> Fault {
    let allowed = allowed.iter().map(|value| value.as_ref().to_owned()).collect();
    Fault::BadValue { name, typed: excerpt(typed), allowed }
}

/// The words of levels.
pub(super) fn slugs(levels: &[Level]) -> Vec<&'static str> {
    levels.iter().map(|level| level.slug()).collect()
}

/// Who asks, before anything is asked.
pub(super) struct Who {
    pub(super) viewer: Viewer,
    pub(super) caller: Caller,
    pub(super) door: Option<Token>,
    pub(super) away: Option<Token>,
}
