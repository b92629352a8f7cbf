//! The server as a function: it returns itself and the address it is bound to.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, NormalizePath, TrailingSlash, from_fn};
use actix_web::{App, HttpServer, web};

use super::connections::{self, Connections};
use super::guard::{self, Guard};
use super::limits::Throttle;
use super::metrics::{self, Gauges, Metrics};
use super::operation::Operation;
use super::routes;
use super::site::{self, Gate, Site, SiteError, SnapshotSource};
use super::tls::{Keeper, TlsError};

/// Worker threads; pages are rendered in a pool beside them.
const WORKERS: usize = 2;

/// Pages, files and password hashes made at once by each worker: what they hold in memory is bounded
/// by it (a hash takes 19 MiB), whatever the number of clients.
const MAKING: usize = 16;

/// Open files that the process needs beside its connections.
const OWN_FILES: usize = 64;

/// Why the server does not begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{listen}: {source}")]
    Listen { listen: String, source: io::Error },
    #[error("metrics.listen: {listen}: {source}; choose a free address such as 127.0.0.1:9090")]
    Metrics { listen: SocketAddr, source: io::Error },
    #[error(
        "limits.connections: {connections} connections need {needed} open files, and this process may have {allowed}: raise its limit (ulimit -n, LimitNOFILE) or allow fewer connections"
    )]
    OpenFiles { connections: usize, needed: usize, allowed: usize },
    #[error("{0}")]
    Start(io::Error),
}

/// A server that runs as long as this future does.
pub struct Serving {
    running: Pin<Box<dyn Future<Output = io::Result<()>>>>,
    handle: ServerHandle,
    metrics: Option<SocketAddr>,
    again: Option<Arc<Keeper>>,
}

impl Serving {
    /// With which it is stopped.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Where Prometheus may ask.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Looks at the files of the certificate now. Without TLS there are none.
    pub fn look_again(&self) -> impl Fn() + use<> {
        let keeper = self.again.clone();
        move || {
            if let Some(keeper) = &keeper {
                look_again(keeper);
            }
        }
    }
}

impl Future for Serving {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.running.as_mut().poll(cx)
    }
}

/// Binds `listen` (`127.0.0.1:8080`; port 0 takes a free one) and serves the source's snapshot
/// until the returned server is stopped.
///
/// # Errors
/// The address is taken or malformed, the source has no snapshot, or what the settings name cannot
/// be used.
pub fn serve(
    listen: &str,
    source: Arc<dyn SnapshotSource>,
    gate: Gate,
) -> Result<(Serving, SocketAddr), ServeError> {
    let operation = gate.settings.operation.clone();
    open_files(operation.limits.connections)?;
    let keeper = operation.tls.clone().map(Keeper::open).transpose()?.map(Arc::new);
    let site = Arc::new(Site::open(source.as_ref(), gate)?);
    let connections = Connections::new(operation.limits.clone(), operation.proxies.clone());
    let counted = operation.metrics.map(|_| Metrics::new().map(Arc::new)).transpose();
    let counted = counted.map_err(ServeError::Start)?;
    let guard = guard_of(&site, &operation, counted.clone());
    let (server, address) = bind(listen, &operation, &site, guard, &connections, keeper.as_ref())?;
    let gauges = counted.clone().map(|metrics| Gauges {
        metrics,
        site: Arc::clone(&site),
        connections: Arc::clone(&connections),
        keeper: keeper.clone(),
    });
    let beside = operation.metrics.zip(gauges).map(|(listen, gauges)| {
        metrics::serve(listen, gauges).map_err(|source| ServeError::Metrics { listen, source })
    });
    let beside = beside.transpose()?;
    let started = site::follow(&site, source)
        .and_then(|()| connections::follow(&connections))
        .and_then(|()| follow(keeper.as_ref(), counted.as_ref()));
    started.map_err(ServeError::Start)?;
    Ok((together(server, beside, keeper), address))
}

fn guard_of(site: &Arc<Site>, operation: &Operation, metrics: Option<Arc<Metrics>>) -> Guard {
    Guard {
        site: Arc::clone(site),
        limits: operation.limits.clone(),
        proxies: operation.proxies.clone(),
        throttle: Throttle::new(&operation.limits),
        metrics,
        told: AtomicBool::new(false),
    }
}

fn bind(
    listen: &str,
    operation: &Operation,
    site: &Arc<Site>,
    guard: Guard,
    connections: &Arc<Connections>,
    keeper: Option<&Arc<Keeper>>,
) -> Result<(Server, SocketAddr), ServeError> {
    let limits = &operation.limits;
    let taken = |source| ServeError::Listen { listen: listen.to_owned(), source };
    let state = web::Data::from(Arc::clone(site));
    let guard = web::Data::new(guard);
    let connections = Arc::clone(connections);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(guard.clone())
            .wrap(Compress::default())
            .wrap(from_fn(guard::watch))
            .wrap(NormalizePath::new(TrailingSlash::Trim))
            .configure(routes::configure)
    })
    .workers(WORKERS)
    .worker_max_blocking_threads(MAKING)
    .disable_signals()
    .shutdown_timeout(limits.stop.as_secs())
    .max_connections(limits.connections.div_ceil(WORKERS))
    .client_request_timeout(limits.head)
    .tls_handshake_timeout(limits.head)
    .keep_alive(limits.keep_alive)
    .on_connect(move |io, data| {
        if let Some(connection) = connections.accept(io) {
            data.insert(connection);
        }
    });
    let server = match keeper {
        Some(keeper) => server.bind_rustls_0_23(listen, keeper.config()?),
        None => server.bind(listen),
    };
    let server = server.map_err(taken)?;
    let none = || taken(io::Error::other("no address was bound"));
    let address = server.addrs().first().copied().ok_or_else(none)?;
    Ok((server.run(), address))
}

/// Both servers as one: the pages decide when it is over.
fn together(
    server: Server,
    beside: Option<(Server, SocketAddr)>,
    again: Option<Arc<Keeper>>,
) -> Serving {
    let handle = server.handle();
    let metrics = beside.as_ref().map(|(_, address)| *address);
    let running: Pin<Box<dyn Future<Output = io::Result<()>>>> = match beside {
        None => Box::pin(server),
        Some((beside, _)) => Box::pin(async move {
            let stop = beside.handle();
            let pages = async {
                let ended = server.await;
                stop.stop(false).await;
                ended
            };
            tokio::join!(pages, beside).0
        }),
    };
    Serving { running, handle, metrics, again }
}

/// Looks at the certificate's files, and gathers counts, from time to time.
fn follow(keeper: Option<&Arc<Keeper>>, metrics: Option<&Arc<Metrics>>) -> io::Result<()> {
    if keeper.is_none() && metrics.is_none() {
        return Ok(());
    }
    let (keeper, metrics) = (keeper.map(Arc::downgrade), metrics.map(Arc::downgrade));
    let look = move || {
        loop {
            std::thread::sleep(metrics::GATHER_EVERY);
            let (keeper, metrics) = (
                keeper.as_ref().and_then(std::sync::Weak::upgrade),
                metrics.as_ref().and_then(std::sync::Weak::upgrade),
            );
            if keeper.is_none() && metrics.is_none() {
                return;
            }
            if let Some(keeper) = keeper {
                look_again(&keeper);
            }
            if let Some(metrics) = metrics {
                metrics.gather();
            }
        }
    };
    std::thread::Builder::new().name("certificate-watch".to_owned()).spawn(look)?;
    Ok(())
}

fn look_again(keeper: &Keeper) {
    match keeper.look_again() {
        Ok(true) => tracing::info!("another certificate is shown"),
        Ok(false) => {}
        Err(error) => {
            tracing::error!(%error, "the new certificate cannot be used; the earlier one is shown");
        }
    }
}

/// Each connection takes two open files: its own, and the handle by which it can be ended.
fn open_files(connections: usize) -> Result<(), ServeError> {
    let needed = 2 * connections + OWN_FILES;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let allowed = line.and_then(|line| line.split_whitespace().nth(3)).and_then(|n| n.parse().ok());
    match allowed {
        Some(allowed) if allowed < needed => {
            Err(ServeError::OpenFiles { connections, needed, allowed })
        }
        _ => Ok(()),
    }
}
