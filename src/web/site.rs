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
use crate::regions::RegionCatalog;

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
    current: RwLock<Arc<Release>>,
    pub(super) pages: Shelf<Answer>,
    pub(super) atlas: Atlas,
    pub(super) catalog: &'static RegionCatalog,
    pub(super) survey: &'static Survey,
}

impl Site {
    /// Loads the first release.
    ///
    /// # Errors
    /// The source has none, or a table of this build is damaged.
    pub fn open(source: &dyn SnapshotSource) -> Result<Self, SiteError> {
        Ok(Self {
            current: RwLock::new(source.current()?),
            pages: Shelf::new(PAGES_BYTES),
            atlas: Atlas::new(),
            catalog: RegionCatalog::shared()?,
            survey: Survey::shared()?,
        })
    }

    /// The release that is served now. A request keeps the one it began with.
    pub(super) fn release(&self) -> Arc<Release> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the source's release over, where it is another one; true when it was.
    ///
    /// # Errors
    /// As [`SnapshotSource::current`]; nothing changes then.
    pub fn refresh(&self, source: &dyn SnapshotSource) -> Result<bool, SourceError> {
        let next = source.current()?;
        let changed = !Arc::ptr_eq(&next, &self.release());
        if changed {
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
