//! What every response gets, whoever made it: a request id, security headers, and one line in the
//! log when it failed. A log line never carries the query, where a name may have been typed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};

/// Nothing inline, nothing from another host.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

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

pub(super) async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = RequestId::next();
    request.extensions_mut().insert(id.clone());
    let mut response = next.call(request).await?;
    if response.status().is_server_error() {
        log_failure(&id, &response);
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(response)
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
