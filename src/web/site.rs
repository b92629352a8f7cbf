//! What the server holds: the release that is served now, swapped when the store's pointer moves,
//! and the shelf of finished pages and map layers.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use super::answer::Answer;
use super::settings::Settings;
use super::shelf::Shelf;
use super::vault::Vault;
use crate::access::{Accounts, Viewer};
use crate::data::DataError;
use crate::disclosure::Release;
use crate::figures::Survey;
use crate::maps::Layers;
use crate::regions::{History, RegionCatalog, SearchIndex};
use crate::spatial::Shapes;

/// Bytes of rendered pages that are kept (body and its gzip form).
const PAGES_BYTES: usize = 96 << 20;

/// How often the source is asked whether the snapshot has changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the served snapshot comes from: the store on disk, or a fixture.
pub trait SnapshotSource: Send + Sync + 'static {
    /// The release to serve now. Asked every few seconds: return the same `Arc` while nothing has
    /// changed.
    ///
    /// # Errors
    /// No snapshot, or a damaged one; the server goes on with the one it has.
    fn current(&self) -> Result<Arc<Release>, SourceError>;

    /// The same snapshot with nothing withheld, for the roles that the settings name; asked for
    /// only where they name one.
    ///
    /// # Errors
    /// As [`SnapshotSource::current`].
    fn unsuppressed(&self, release: &Release) -> Result<Option<Arc<Release>>, SourceError> {
        let _ = release;
        Ok(None)
    }

    /// The polygons that a release is drawn with; those of the product where it says nothing else.
    ///
    /// # Errors
    /// They are missing or damaged.
    fn shapes(&self, release: &Release) -> Result<Arc<Shapes>, SourceError> {
        let _ = release;
        Shapes::product().map_err(|e| SourceError(e.to_string()))
    }
}

/// Why no snapshot could be had; the text says which file and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Data(#[from] DataError),
}

/// A release, the maps that belong to it, and the history of regions that goes with it: the
/// product's, and what the configuration of its build adds.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) release: Arc<Release>,
    pub(super) layers: Arc<Layers>,
    pub(super) history: Arc<History>,
    /// The release with nothing withheld, where a role may see it.
    open: Option<Arc<Release>>,
    /// Nothing is withheld in `release`.
    pub(super) unsuppressed: bool,
}

impl Served {
    fn of(
        source: &dyn SnapshotSource,
        release: Arc<Release>,
        gate: &Gate,
    ) -> Result<Self, SourceError> {
        let layers = Arc::new(Layers::new(source.shapes(&release)?));
        Self::with(source, release, layers, gate)
    }

    fn with(
        source: &dyn SnapshotSource,
        release: Arc<Release>,
        layers: Arc<Layers>,
        gate: &Gate,
    ) -> Result<Self, SourceError> {
        let nobody = gate.settings.unsuppressed.is_empty();
        let open = if nobody { None } else { source.unsuppressed(&release)? };
        Ok(Self { history: history_of(&release)?, release, layers, open, unsuppressed: false })
    }
}

fn history_of(release: &Release) -> Result<Arc<History>, SourceError> {
    let wrong = |e: &dyn std::fmt::Display| SourceError(e.to_string());
    let catalog = RegionCatalog::shared().map_err(|e| wrong(&e))?;
    let own = History::shared().map_err(|e| wrong(&e))?;
    let changes = &release.manifest().region_changes;
    Ok(Arc::new(own.with(changes, catalog).map_err(|e| wrong(&e))?))
}

/// Who may come in, and what was decided about it.
#[derive(Clone, Debug)]
pub struct Gate {
    pub accounts: Arc<Accounts>,
    pub settings: Arc<Settings>,
    /// Names, and the log.
    pub vault: Arc<Vault>,
}

/// State shared by all workers.
pub struct Site {
    current: RwLock<Served>,
    pub(super) pages: Shelf<Answer>,
    pub(super) gate: Gate,
    pub(super) catalog: &'static RegionCatalog,
    pub(super) survey: &'static Survey,
    pub(super) search: &'static SearchIndex,
}

impl Site {
    /// Loads the first release.
    ///
    /// # Errors
    /// The source has none, or a table of this build is damaged.
    pub fn open(source: &dyn SnapshotSource, gate: Gate) -> Result<Self, SiteError> {
        Ok(Self {
            current: RwLock::new(Served::of(source, source.current()?, &gate)?),
            pages: Shelf::new(PAGES_BYTES),
            gate,
            catalog: RegionCatalog::shared()?,
            survey: Survey::shared()?,
            search: SearchIndex::shared()?,
        })
    }

    /// The release that is served now, its maps, and the history of regions behind it. A request
    /// keeps what it began with.
    pub(super) fn served(&self) -> Served {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is served to somebody: the one place where the release is chosen by who asks.
    pub(super) fn served_to(&self, viewer: &Viewer) -> Served {
        let mut served = self.served();
        let may = viewer.is_signed_in() && self.gate.settings.unsuppressed.contains(&viewer.role);
        if let Some(open) = served.open.take().filter(|_| may) {
            served.release = open;
            served.unsuppressed = true;
        }
        served
    }

    /// Takes the source's release over, where it is another one; true when it was.
    ///
    /// # Errors
    /// As [`SnapshotSource::current`]; nothing changes then.
    pub fn refresh(&self, source: &dyn SnapshotSource) -> Result<bool, SourceError> {
        let next = source.current()?;
        let held = self.served();
        let changed = !Arc::ptr_eq(&next, &held.release);
        if changed {
            // Maps that were drawn stay as long as the polygons do.
            let same = next.manifest().boundary_set == held.release.manifest().boundary_set;
            let served = if same {
                Served::with(source, next, held.layers, &self.gate)?
            } else {
                Served::of(source, next, &self.gate)?
            };
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = served;
        }
        Ok(changed)
    }
}

/// Follows the source in a thread of its own, because loading a snapshot takes time that no
/// request should wait for; ends when the site is gone.
pub(super) fn follow(site: &Arc<Site>, source: Arc<dyn SnapshotSource>) -> std::io::Result<()> {
    let site = Arc::downgrade(site);
    std::thread::Builder::new()
        .name("snapshot-watch".to_owned())
        .spawn(move || watch(&site, source.as_ref()))?;
    Ok(())
}

fn watch(site: &Weak<Site>, source: &dyn SnapshotSource) {
    let mut failure: Option<SourceError> = None;
    loop {
        std::thread::sleep(LOOK_EVERY);
        let Some(site) = site.upgrade() else { return };
        match site.refresh(source) {
            Ok(changed) => {
                if changed {
                    tracing::info!(snapshot = %site.served().release.manifest().id, "another snapshot is served");
                }
                failure = None;
            }
            // The same failure every two seconds is one failure.
            Err(error) if failure.as_ref() == Some(&error) => {}
            Err(error) => {
                tracing::error!(%error, "the current snapshot cannot be loaded; the earlier one is served");
                failure = Some(error);
            }
        }
    }
}
