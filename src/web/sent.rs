//! A body on its way out: handed over in pieces, so that one can see that it moves, counted, and
//! told of in one line of the log when it has ended. The line holds the pattern of the route and the
//! network of who asked: never an address as typed, a query, a name or a whole address.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use super::connections::Connection;
use super::metrics::Metrics;

/// Bytes that are handed over at once.
const PIECE: usize = 32 << 10;

/// The target of the lines, for who wants to filter them.
const TARGET: &str = "tepat::request";

/// What is told of a request.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) route: String,
    pub(super) status: u16,
    pub(super) took: Duration,
    /// The network of who asked.
    pub(super) from: String,
    pub(super) role: &'static str,
    /// The number of the account; 0 for nobody.
    pub(super) account: i64,
}

/// A body that is watched.
pub(super) struct Sent {
    body: BoxBody,
    /// What of the last piece is still to be handed over.
    rest: Bytes,
    bytes: u64,
    line: Line,
    connection: Option<Arc<Connection>>,
    metrics: Option<Arc<Metrics>>,
}

impl Sent {
    pub(super) fn new(
        body: BoxBody,
        line: Line,
        connection: Option<Arc<Connection>>,
        metrics: Option<Arc<Metrics>>,
    ) -> Self {
        Self { body, rest: Bytes::new(), bytes: 0, line, connection, metrics }
    }

    fn piece(&mut self) -> Bytes {
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        self.bytes += piece.len() as u64;
        if let Some(connection) = &self.connection {
            connection.moved();
        }
        piece
    }
}

impl MessageBody for Sent {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
                other => return other,
            }
        }
        Poll::Ready(Some(Ok(self.piece())))
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.end();
        }
        if let Some(metrics) = &self.metrics {
            metrics.sent(self.bytes);
        }
        let line = &self.line;
        tracing::info!(
            target: TARGET,
            id = line.id,
            method = line.method,
            route = line.route,
            status = line.status,
            ms = u64::try_from(line.took.as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            from = line.from,
            role = line.role,
            account = line.account,
            "request"
        );
    }
}
