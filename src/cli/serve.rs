//! `tepat serve`: the current snapshot of a store as a web site; a newer one is taken up by itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use super::fault::Fault;
use super::{gate, key, log, say, served, stopping};
use crate::audit::Action;
use crate::disclosure::{Method, Release, Rounding};
use crate::restricted::Restricted;
use crate::snapshot::{Store, StoreError};
use crate::spatial::{Atlas, Origin, Shapes};
use crate::web::{self, LogFormat, Operation, Proxies, Settings, SnapshotSource, SourceError};

pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Folder of the store that tepat build wrote
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    listen: String,
    /// Configuration of the server; server.toml in the store where it is not given
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show pages of figures to everybody, whether they have signed in or not
    #[arg(long)]
    public: bool,
    /// Round all counts at random instead of withholding small ones, to multiples of N
    /// (min_families of the snapshot where no N is given)
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, value_parser = clap::value_parser!(u64).range(2..=1000))]
    round: Option<Option<u64>>,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Fault> {
        let mut settings = gate::settings(&self.store, self.config.as_deref())?;
        settings.public |= self.public;
        if let Some(base) = self.round {
            settings.method = Method::Round { base };
        }
        serve(&self.store, &self.listen, settings)
    }
}

/// Serves until the process is asked to end.
pub(super) fn serve(store: &Path, listen: &str, settings: Settings) -> Result<(), Fault> {
    if settings.operation.log == LogFormat::Json {
        log::as_json();
    }
    let opened = Store::at(store);
    // A store without a snapshot is its own message, not one of the server's.
    let snapshot = opened.open_current()?;
    match opened.sweep() {
        Ok(0) => {}
        Ok(folders) => tracing::warn!(folders, "removed what killed builds left"),
        Err(error) => {
            tracing::warn!(%error, "what a killed build left holds names and could not be removed");
        }
    }
    let rounding = rounding(store, settings.method, snapshot.manifest.min_families)?;
    let source = StoreSource { store: opened, rounding, held: Mutex::new(None) };
    let gate = gate::gate(store, settings, snapshot.manifest.synthetic)?;
    drop(snapshot);
    if !gate.settings.public && gate.accounts.list()?.is_empty() {
        tracing::warn!(
            "nobody can sign in: make accounts with tepat user add, or serve with --public"
        );
    }
    key::log_of(store)?.announced().append(&key::entry(Action::ServerStarted))?;
    let operation = gate.settings.operation.clone();
    let scheme = if operation.tls.is_some() { "https" } else { "http" };
    actix_web::rt::System::new().block_on(async {
        let (serving, address) = web::serve(listen, Arc::new(source), gate)?;
        warn_of_the_open(address, &operation);
        say(&format!("Tepat siap di {scheme}://{address}/ (Ctrl+C untuk berhenti)"));
        if let Some(metrics) = serving.metrics() {
            say(&format!("Metrik di http://{metrics}/metrics"));
        }
        stopping::run(serving, operation.limits.stop).await.map_err(Fault::Server)
    })
}

/// How counts are rounded, where they are; the key of it is made when it is first needed.
pub(super) fn rounding(
    store: &Path,
    method: Method,
    threshold: u64,
) -> Result<Option<Rounding>, Fault> {
    let Method::Round { base } = method else { return Ok(None) };
    if let Some(base) = base.filter(|base| *base < threshold) {
        return Err(Fault::Input(format!(
            "disclosure.base: {base} is less than min_families of the snapshot, {threshold}: choose {threshold} or more, or take base out"
        )));
    }
    let master = key::of_store(store)?.map(|key| key.master);
    let key = Restricted::of_store(store).sealed_with(master.as_ref()).rounding_key()?;
    Ok(Some(Rounding::new(base.unwrap_or(threshold), move |message| key.number(message))))
}

/// Passwords in the clear over a network are worth a line.
fn warn_of_the_open(address: SocketAddr, operation: &Operation) {
    let behind = operation.proxies != Proxies::default();
    if operation.tls.is_none() && !behind && !address.ip().is_loopback() {
        tracing::warn!(
            "passwords and cookies travel in the clear: name a certificate under [tls], or listen on 127.0.0.1 behind a proxy and name it under [proxy]"
        );
    }
}

/// The store's current snapshot, opened again only when the pointer moves.
struct StoreSource {
    store: Store,
    /// `None`: small numbers are withheld.
    rounding: Option<Rounding>,
    held: Mutex<Option<(String, Arc<Release>)>>,
}

impl SnapshotSource for StoreSource {
    fn current(&self) -> Result<Arc<Release>, SourceError> {
        let fault = |e: StoreError| SourceError(e.to_string());
        let id = self.store.current_id().map_err(fault)?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((held_id, release)) = held.as_ref()
            && *held_id == id
        {
            return Ok(Arc::clone(release));
        }
        let release =
            Arc::new(served::release(&self.store, &id, self.rounding.as_ref()).map_err(fault)?);
        *held = Some((id, Arc::clone(&release)));
        Ok(release)
    }

    fn unsuppressed(&self, release: &Release) -> Result<Option<Arc<Release>>, SourceError> {
        let snapshot = self.store.open(&release.manifest().id);
        let snapshot = snapshot.map_err(|e| SourceError(e.to_string()))?;
        Ok(Some(Arc::new(Release::open(snapshot))))
    }

    fn shapes(&self, release: &Release) -> Result<Arc<Shapes>, SourceError> {
        let Some(set) = &release.manifest().boundary_set else {
            return Shapes::product().map_err(|e| SourceError(e.to_string()));
        };
        let bytes = self.store.atlas(&set.atlas_sha256).map_err(|e| SourceError(e.to_string()))?;
        let atlas = Atlas::from_bytes(&format!("{}.atlas", set.atlas_sha256), bytes.into())
            .map_err(|e| SourceError(e.to_string()))?;
        let origin = Origin {
            vintage: release.manifest().boundary_vintage.clone(),
            attribution: set.attribution.clone(),
            set: Some(set.sha256.clone()),
        };
        Ok(Arc::new(Shapes::of_atlas(atlas, origin)))
    }
}
