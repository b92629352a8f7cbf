//! What stands before every page and behind every answer, whoever made it: a request id, limits,
//! security headers, a count and a line in the log. A line never carries what was typed, where a name
//! may stand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    self, AcceptEncoding, CONTENT_LENGTH, Encoding, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use actix_web::http::{ConnectionType, Method, Version};
use actix_web::middleware::Next;
use actix_web::web::{self, Data};
use actix_web::{Error, HttpMessage, HttpRequest};

use super::answer::Audience;
use super::connections::Connection;
use super::fault::{self, Fault};
use super::limits::{Limits, Throttle};
use super::metrics::{Answered, Metrics};
use super::proxy::{self, Origin, Proxies};
use super::sent::{Line, Sent};
use super::site::Site;
use crate::access::Viewer;

/// Nothing inline, nothing from another host, nothing of the machine.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

/// Said where the page came through TLS: from now on only so.
const ONLY_TLS: &str = "max-age=31536000";

/// For machines that ask often whether the server is there.
const UNCOUNTED: &str = "/sehat";

/// What is decided before a request gets any further.
pub(super) struct Guard {
    pub(super) site: Arc<Site>,
    pub(super) limits: Limits,
    pub(super) proxies: Proxies,
    pub(super) throttle: Throttle,
    pub(super) metrics: Option<Arc<Metrics>>,
    /// Whether a proxy that is not in the configuration was spoken of already.
    pub(super) told: AtomicBool,
}

/// Identifies a request in the log and on an error page.
#[derive(Clone, Debug)]
pub(super) struct RequestId(String);

impl RequestId {
    /// Start of the process and a running number: unique without a source of randomness.
    fn next() -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(1);
        static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
        let start = *START.get_or_init(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs())
        });
        Self(format!("{start:08x}-{:06x}", COUNTER.fetch_add(1, Ordering::Relaxed)))
    }

    pub(super) fn of(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map_or_else(String::new, |id| id.0.clone())
    }
}

/// The detail of a failure for the log; attached to the response, never sent.
#[derive(Clone, Debug)]
pub(super) struct FailureDetail(pub(super) String);

/// Who turned out to ask; attached to the request where that was looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedBy {
    role: &'static str,
    account: i64,
}

impl AskedBy {
    pub(super) fn new(viewer: &Viewer) -> Self {
        let account = viewer.account.map_or(0, |account| account.number());
        Self { role: viewer.role.slug(), account }
    }
}

/// Where a request comes from; behind a trusted proxy not where its connection does.
pub(super) fn origin(request: &HttpRequest) -> Option<std::net::IpAddr> {
    request.extensions().get::<Origin>().and_then(|origin| origin.address)
}

pub(super) async fn watch(
    guard: Data<Guard>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Sent>, Error> {
    let began = Instant::now();
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let busy = Busy::new(connection.clone());
    let id = RequestId::next();
    let origin = guard.origin(&request);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(origin);
    let mut response = match guard.admit(&mut request, origin).await {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(fault) => guard.refuse(request, &fault, &id),
    };
    if response.status().is_server_error() {
        log_failure(&id, &response);
    }
    dress(&mut response, &id, origin.secure);
    let line = guard.line(&response, id, origin, began);
    let metrics = guard.metrics.clone();
    busy.answer();
    Ok(response.map_body(|_, body| Sent::new(body, line, connection, metrics)))
}

/// A request for which a page is made; over when the answer begins, or when nobody waits any more.
struct Busy {
    connection: Option<Arc<Connection>>,
}

impl Busy {
    fn new(connection: Option<Arc<Connection>>) -> Self {
        if let Some(connection) = &connection {
            connection.begin();
        }
        Self { connection }
    }

    fn answer(mut self) {
        if let Some(connection) = self.connection.take() {
            connection.send();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.send();
            connection.end();
        }
    }
}

impl Guard {
    fn origin(&self, request: &ServiceRequest) -> Origin {
        let peer = request.peer_addr().map(|peer| peer.ip());
        let headers = request.headers();
        if self.proxies.is_unknown_proxy(peer, headers) && !self.told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                from = peer.map(proxy::prefix).unwrap_or_default(),
                "X-Forwarded-For from an address that proxy.trusted does not name is not believed; if this is your proxy, name it: without, all its clients count as one"
            );
        }
        self.proxies.origin(peer, request.app_config().secure(), headers)
    }

    /// Everything that can be refused before anybody is looked up.
    async fn admit(&self, request: &mut ServiceRequest, origin: Origin) -> Result<(), Fault> {
        if request.path() != UNCOUNTED {
            let counted = self.throttle.count(origin.address, request.path());
            counted.map_err(|seconds| Fault::TooOften { seconds })?;
        }
        self.limits.check(request.query_string(), request.headers())?;
        acceptable(request)?;
        self.gather(request).await
    }

    /// Reads the body, so that nothing behind has to wait for a client.
    async fn gather(&self, request: &mut ServiceRequest) -> Result<(), Fault> {
        if !brings_a_body(request) {
            return Ok(());
        }
        let declared = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        let declared = declared.and_then(|text| text.parse::<u64>().ok());
        if declared.is_some_and(|bytes| bytes > self.limits.body_bytes as u64) {
            return Err(Fault::TooLarge);
        }
        let payload = request.extract::<web::Payload>().await.map_err(|_| Fault::Unreadable)?;
        let reading = payload.to_bytes_limited(self.limits.body_bytes);
        match tokio::time::timeout(self.limits.body, reading).await {
            Err(_) => Err(Fault::Slow),
            Ok(Err(_)) => Err(Fault::TooLarge),
            Ok(Ok(Err(_))) => Err(Fault::Unreadable),
            Ok(Ok(Ok(bytes))) => {
                request.set_payload(Payload::from(bytes));
                Ok(())
            }
        }
    }

    /// The page that says why. What is left of the request is not read: the connection ends.
    fn refuse(&self, request: ServiceRequest, fault: &Fault, id: &RequestId) -> ServiceResponse {
        if let Some(metrics) = &self.metrics {
            metrics.refused(fault.cause());
        }
        let page = fault::page(&self.site, &Viewer::public(), fault, &id.0);
        let mut response = page.respond(request.request(), Audience::One);
        if matches!(fault, Fault::TooLarge | Fault::Slow | Fault::Unreadable) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        request.into_response(response)
    }

    fn line<B>(
        &self,
        response: &ServiceResponse<B>,
        id: RequestId,
        origin: Origin,
        began: Instant,
    ) -> Line {
        let request = response.request();
        let by = request.extensions().get::<AskedBy>().copied();
        let line = Line {
            id: id.0,
            method: known(request.method()).to_owned(),
            route: request.match_pattern().unwrap_or_else(|| "-".to_owned()),
            status: response.status().as_u16(),
            took: began.elapsed(),
            from: origin.address.map(proxy::prefix).unwrap_or_default(),
            role: by.map_or("public", |by| by.role),
            account: by.map_or(0, |by| by.account),
        };
        if let Some(metrics) = &self.metrics {
            metrics.answered(Answered {
                route: &line.route,
                method: &line.method,
                status: line.status,
                role: line.role,
                seconds: line.took.as_secs_f64(),
            });
        }
        line
    }
}

/// A client may send any word as a method; the log has a few.
fn known(method: &Method) -> &'static str {
    const KNOWN: [(&Method, &str); 4] = [
        (&Method::GET, "GET"),
        (&Method::HEAD, "HEAD"),
        (&Method::POST, "POST"),
        (&Method::OPTIONS, "OPTIONS"),
    ];
    KNOWN.into_iter().find(|(one, _)| *one == method).map_or("other", |(_, word)| word)
}

fn brings_a_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    length || headers.contains_key(TRANSFER_ENCODING) || request.version() == Version::HTTP_2
}

/// Whether there is a form of an answer that the client takes: plain is one that is always there,
/// unless it is named as refused.
fn acceptable(request: &ServiceRequest) -> Result<(), Fault> {
    const FORMS: [Encoding; 2] = [Encoding::identity(), Encoding::gzip()];
    let Some(wanted) = request.get_header::<AcceptEncoding>() else { return Ok(()) };
    wanted.negotiate(FORMS.iter()).map(|_| ()).ok_or(Fault::NoSuchForm)
}

/// The headers of every response.
fn dress(response: &mut ServiceResponse<BoxBody>, id: &RequestId, secure: bool) {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if secure {
        let only = HeaderValue::from_static(ONLY_TLS);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, only);
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

fn log_failure<B>(id: &RequestId, response: &ServiceResponse<B>) {
    let detail = response
        .response()
        .extensions()
        .get::<FailureDetail>()
        .map_or_else(String::new, |detail| detail.0.clone());
    tracing::error!(
        request = %id.0,
        status = response.status().as_u16(),
        route = response.request().match_pattern().unwrap_or_default(),
        detail,
        "a request failed"
    );
}
