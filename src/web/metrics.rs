//! What the server counts of itself, for Prometheus: by pattern of the route, never by what was
//! typed; by role, never by account. Listened for on an address of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use jiff::Timestamp;
use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use super::connections::Connections;
use super::site::Site;
use super::tls::Keeper;

const REQUESTS: &str = "tepat_http_requests_total";
const DURATION: &str = "tepat_http_request_duration_seconds";
const BYTES: &str = "tepat_http_response_bytes_total";
const REFUSED: &str = "tepat_http_refused_total";
const SIGN_INS: &str = "tepat_sign_ins_total";
const CONNECTIONS: &str = "tepat_http_connections";
const AGE: &str = "tepat_snapshot_age_seconds";
const PERIOD: &str = "tepat_snapshot_info";
const CERTIFICATE: &str = "tepat_tls_certificate_ends_seconds";
const BUILD: &str = "tepat_build_info";

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Samples of the histogram are gathered this often, so that they do not pile up where nobody asks.
pub(super) const GATHER_EVERY: Duration = Duration::from_secs(2);

const METADATA: Metadata<'static> = Metadata::new("tepat", Level::INFO, None);

/// The counters of one server.
pub(super) struct Metrics {
    recorder: PrometheusRecorder,
}

/// One request that was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered<'a> {
    /// Pattern of the route, such as `/wilayah/{kode}`; `-` where there is none.
    pub(super) route: &'a str,
    pub(super) method: &'a str,
    pub(super) status: u16,
    pub(super) role: &'a str,
    pub(super) seconds: f64,
}

impl Metrics {
    /// # Errors
    /// The buckets are none; they are constants.
    pub(super) fn new() -> io::Result<Self> {
        let duration = Matcher::Full(DURATION.to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(duration, &BUCKETS);
        let metrics = Self { recorder: builder.map_err(io::Error::other)?.build_recorder() };
        metrics.describe();
        Ok(metrics)
    }

    fn describe(&self) {
        let r = &self.recorder;
        r.describe_counter(REQUESTS.into(), None, "Requests by route, method, status, role".into());
        r.describe_histogram(DURATION.into(), Some(Unit::Seconds), "Until the answer began".into());
        r.describe_counter(
            BYTES.into(),
            Some(Unit::Bytes),
            "Bytes of bodies that were sent".into(),
        );
        r.describe_counter(
            REFUSED.into(),
            None,
            "Requests refused before any page, by cause".into(),
        );
        r.describe_counter(SIGN_INS.into(), None, "Attempts to sign in, by outcome".into());
        r.describe_gauge(CONNECTIONS.into(), None, "Connections that are open".into());
        r.describe_gauge(
            AGE.into(),
            Some(Unit::Seconds),
            "Since the served snapshot was built".into(),
        );
        r.describe_gauge(PERIOD.into(), None, "The served snapshot and its period".into());
        r.describe_gauge(CERTIFICATE.into(), Some(Unit::Seconds), "Unix time of its end".into());
        r.describe_gauge(BUILD.into(), None, "Version of the program".into());
    }

    pub(super) fn answered(&self, answered: Answered<'_>) {
        let Answered { route, method, status, role, seconds } = answered;
        let method = known_method(method);
        let label = |name: &'static str, value: &str| Label::new(name, value.to_owned());
        let status_text = status.to_string();
        let labels = vec![
            label("route", route),
            label("method", method),
            label("status", &status_text),
            label("role", role),
        ];
        self.counter(REQUESTS, labels).increment(1);
        let key = Key::from_parts(DURATION, vec![label("route", route)]);
        self.recorder.register_histogram(&key, &METADATA).record(seconds);
        if route == "/masuk" && method == "POST" {
            let outcome = match status {
                300..400 => "opened",
                429 => "throttled",
                _ => "refused",
            };
            self.counter(SIGN_INS, vec![label("outcome", outcome)]).increment(1);
        }
    }

    pub(super) fn sent(&self, bytes: u64) {
        self.counter(BYTES, Vec::new()).increment(bytes);
    }

    pub(super) fn refused(&self, cause: &'static str) {
        self.counter(REFUSED, vec![Label::from_static_parts("cause", cause)]).increment(1);
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>) -> Gauge {
        self.recorder.register_gauge(&Key::from_parts(name, labels), &METADATA)
    }

    /// Gathers what has piled up.
    pub(super) fn gather(&self) {
        self.recorder.handle().run_upkeep();
    }
}

/// A client may send any word as a method; a label must be one of few.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 4] = ["GET", "HEAD", "POST", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Everything that is looked at when somebody asks.
pub(super) struct Gauges {
    pub(super) metrics: Arc<Metrics>,
    pub(super) site: Arc<Site>,
    pub(super) connections: Arc<Connections>,
    pub(super) keeper: Option<Arc<Keeper>>,
}

impl Gauges {
    #[expect(clippy::cast_precision_loss, reason = "seconds and connections stay below 2^53")]
    fn render(&self, now: Timestamp) -> String {
        let m = &self.metrics;
        let manifest = &self.site.served().release;
        let manifest = manifest.manifest();
        if let Ok(built) = manifest.built_at.parse::<Timestamp>() {
            let age = now.as_second() - built.as_second();
            m.gauge(AGE, Vec::new()).set(age as f64);
        }
        let period = vec![
            Label::new("snapshot", manifest.id.clone()),
            Label::new("period", manifest.period.to_string()),
        ];
        m.gauge(PERIOD, period).set(1.0);
        m.gauge(BUILD, vec![Label::new("version", env!("CARGO_PKG_VERSION"))]).set(1.0);
        m.gauge(CONNECTIONS, Vec::new()).set(self.connections.count() as f64);
        if let Some(keeper) = &self.keeper {
            m.gauge(CERTIFICATE, Vec::new()).set(keeper.ends() as f64);
        }
        m.recorder.handle().render()
    }
}

/// Answers `/metrics` at an address of its own.
///
/// # Errors
/// The address is taken or malformed.
pub(super) fn serve(listen: SocketAddr, gauges: Gauges) -> io::Result<(Server, SocketAddr)> {
    let gauges = Data::new(gauges);
    let server = HttpServer::new(move || {
        App::new().app_data(gauges.clone()).route("/metrics", web::get().to(show))
    })
    .workers(1)
    .disable_signals()
    .bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), address))
}

async fn show(gauges: Data<Gauges>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(gauges.render(Timestamp::now()))
}
