//! What the server holds: the release that is served now, swapped when the store's pointer moves,
//! and the shelf of finished pages and map layers.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use super::answer::Answer;
use super::shelf::Shelf;
use crate::data::DataError;
use crate::disclosure::Release;
use crate::figures::Survey;
use crate::maps::Atlas;
use crate::regions::{History, RegionCatalog, SearchIndex};

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

/// State shared by all workers.
pub struct Site {
    current: RwLock<Serving>,
    pub(super) pages: Shelf<Answer>,
    pub(super) atlas: Atlas,
    pub(super) catalog: &'static RegionCatalog,
    pub(super) survey: &'static Survey,
    pub(super) search: &'static SearchIndex,
}

/// A release and the history of regions that goes with it: the product's, and what the
/// configuration of its build adds.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) release: Arc<Release>,
    pub(super) history: Arc<History>,
}

impl Serving {
    fn of(release: Arc<Release>) -> Result<Self, SourceError> {
        let wrong = |e: &dyn std::fmt::Display| SourceError(e.to_string());
        let catalog = RegionCatalog::shared().map_err(|e| wrong(&e))?;
        let own = History::shared().map_err(|e| wrong(&e))?;
        let changes = &release.manifest().region_changes;
        let history = own.with(changes, catalog).map_err(|e| wrong(&e))?;
        Ok(Self { release, history: Arc::new(history) })
    }
}

impl Site {
    /// Loads the first release.
    ///
    /// # Errors
    /// The source has none, or a table of this build is damaged.
    pub fn open(source: &dyn SnapshotSource) -> Result<Self, SiteError> {
        Ok(Self {
            current: RwLock::new(Serving::of(source.current()?)?),
            pages: Shelf::new(PAGES_BYTES),
            atlas: Atlas::new(),
            catalog: RegionCatalog::shared()?,
            survey: Survey::shared()?,
            search: SearchIndex::shared()?,
        })
    }

    /// The release that is served now. A request keeps the one it began with.
    pub(super) fn release(&self) -> Arc<Release> {
        self.serving().release
    }

    /// The release that is served now, and the history of regions behind it.
    pub(super) fn serving(&self) -> Serving {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the source's release over, where it is another one; true when it was.
    ///
    /// # Errors
    /// As [`SnapshotSource::current`]; nothing changes then.
    pub fn refresh(&self, source: &dyn SnapshotSource) -> Result<bool, SourceError> {
        let next = source.current()?;
        let changed = !Arc::ptr_eq(&next, &self.release());
        if changed {
            let next = Serving::of(next)?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
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
                    tracing::info!(snapshot = %site.release().manifest().id, "another snapshot is served");
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
