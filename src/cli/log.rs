//! The program's log, on standard error: lines for people, or one JSON object a line for what
//! collects logs. `TEPAT_LOG` sets what is told (`info` by default).

use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Set when the configuration that asks for it has been read; the log begins before.
static JSON: AtomicBool = AtomicBool::new(false);

/// From now on one JSON object a line.
pub(super) fn as_json() {
    JSON.store(true, Ordering::Relaxed);
}

/// Begins the log. `usual` is what is told where `TEPAT_LOG` says nothing.
pub(super) fn start(usual: &str) {
    let filter = EnvFilter::try_from_env("TEPAT_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .event_format(Lines { text: Format::default() })
        .try_init();
}

/// Both forms of a line.
struct Lines {
    text: Format<Full>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if !JSON.load(Ordering::Relaxed) {
            return self.text.format_event(context, writer, event);
        }
        let mut object = Map::new();
        let about = event.metadata();
        object.insert("time".to_owned(), Timestamp::now().to_string().into());
        object.insert("level".to_owned(), about.level().as_str().to_lowercase().into());
        object.insert("target".to_owned(), about.target().into());
        event.record(&mut Fields(&mut object));
        writeln!(writer, "{}", Value::Object(object))
    }
}

/// Puts the fields of an event into an object; the sentence is `message`.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}
