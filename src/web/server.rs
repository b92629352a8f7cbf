//! The server as a function: it returns itself and the address it is bound to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, NormalizePath, TrailingSlash, from_fn};
use actix_web::{App, HttpServer, web};

use super::site::{self, Gate, Site, SnapshotSource};
use super::{guard, routes};

/// Worker threads; pages are rendered in a pool beside them.
const WORKERS: usize = 2;

/// Seconds that running requests get when the server is told to stop.
const GRACE: u64 = 10;

/// Binds `listen` (`127.0.0.1:8080`; port 0 takes a free one) and serves the source's snapshot
/// until the returned server is stopped or the process is asked to end.
///
/// # Errors
/// The address is taken or malformed, or the source has no snapshot.
pub fn serve(
    listen: &str,
    source: Arc<dyn SnapshotSource>,
    gate: Gate,
) -> io::Result<(Server, SocketAddr)> {
    let site = Arc::new(Site::open(source.as_ref(), gate).map_err(io::Error::other)?);
    let state = web::Data::from(Arc::clone(&site));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .wrap(Compress::default())
            .wrap(from_fn(guard::watch))
            .wrap(NormalizePath::new(TrailingSlash::Trim))
            .configure(routes::configure)
    })
    .workers(WORKERS)
    .shutdown_timeout(GRACE)
    .bind(listen)?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| io::Error::other(format!("{listen}: no address was bound")))?;
    site::follow(&site, source)?;
    Ok((server.run(), address))
}
