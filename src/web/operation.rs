//! How the server runs: the sections of `server.toml` about TLS, proxies, limits, metrics and the
//! log. Everything has a default that is safe without a file.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::limits::Limits;
use super::proxy::{Proxies, ProxyHeader};
use super::tls::TlsFiles;

/// What was decided about the running of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    pub tls: Option<TlsFiles>,
    pub proxies: Proxies,
    pub limits: Limits,
    /// Where Prometheus may ask; nowhere by default.
    pub metrics: Option<SocketAddr>,
    pub log: LogFormat,
}

/// The form of the lines on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line, for what collects logs.
    Json,
}

/// The sections as they are written.
#[derive(Debug, Default)]
pub(super) struct Sections {
    pub(super) tls: Option<Tls>,
    pub(super) proxy: Proxy,
    pub(super) limits: Bounds,
    pub(super) metrics: Option<Listen>,
    pub(super) log: Log,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Proxy {
    trusted: Vec<String>,
    header: ProxyHeader,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Bounds {
    requests_per_second: Option<u64>,
    burst: Option<u64>,
    body_bytes: Option<u64>,
    query_bytes: Option<u64>,
    headers: Option<u64>,
    header_bytes: Option<u64>,
    connections: Option<u64>,
    connections_per_address: Option<u64>,
    head_seconds: Option<u64>,
    body_seconds: Option<u64>,
    keep_alive_seconds: Option<u64>,
    stall_seconds: Option<u64>,
    stop_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listen {
    listen: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Log {
    format: LogFormat,
}

/// A key and what is wrong with it.
pub(super) type Wrong = (&'static str, String);

impl Sections {
    /// Checks the values; paths are relative to `folder`.
    pub(super) fn check(self, folder: &Path) -> Result<Operation, Wrong> {
        let proxies = Proxies::new(&self.proxy.trusted, self.proxy.header).map_err(|text| {
            let way = "is no address and no network such as 10.0.0.0/8 or ::1";
            ("proxy.trusted", format!("'{text}' {way}"))
        })?;
        let metrics = self.metrics.map(|section| {
            section.listen.parse().map_err(|_| {
                let way = "is no address with a port such as 127.0.0.1:9090";
                ("metrics.listen", format!("'{}' {way}", section.listen))
            })
        });
        let tls = self.tls.map(|tls| TlsFiles {
            certificate: folder.join(tls.certificate),
            key: folder.join(tls.key),
        });
        Ok(Operation {
            tls,
            proxies,
            limits: self.limits.check()?,
            metrics: metrics.transpose()?,
            log: self.log.format,
        })
    }
}

impl Bounds {
    fn check(&self) -> Result<Limits, Wrong> {
        let usual = Limits::default();
        let rate = within("limits.requests_per_second", self.requests_per_second, 0, 1_000_000)?;
        let burst = within("limits.burst", self.burst, 1, 1_000_000)?.and_then(NonZeroU32::new);
        let bytes = |key, value, most: u32| Ok(within(key, value, 64, most)?.map(|n| n as usize));
        let count = |key, value, most: u32| Ok(within(key, value, 1, most)?.map(|n| n as usize));
        let time = |key, value, most: u32| {
            Ok(within(key, value, 1, most)?.map(|n| Duration::from_secs(n.into())))
        };
        Ok(Limits {
            // Zero is the word for none.
            requests_per_second: rate.map_or(usual.requests_per_second, NonZeroU32::new),
            burst: burst.unwrap_or(usual.burst),
            body_bytes: bytes("limits.body_bytes", self.body_bytes, 64 << 20)?
                .unwrap_or(usual.body_bytes),
            query_bytes: bytes("limits.query_bytes", self.query_bytes, 32 << 10)?
                .unwrap_or(usual.query_bytes),
            headers: count("limits.headers", self.headers, 96)?.unwrap_or(usual.headers),
            header_bytes: bytes("limits.header_bytes", self.header_bytes, 64 << 10)?
                .unwrap_or(usual.header_bytes),
            connections: count("limits.connections", self.connections, 100_000)?
                .unwrap_or(usual.connections),
            connections_per_address: count(
                "limits.connections_per_address",
                self.connections_per_address,
                100_000,
            )?
            .unwrap_or(usual.connections_per_address),
            head: time("limits.head_seconds", self.head_seconds, 600)?.unwrap_or(usual.head),
            body: time("limits.body_seconds", self.body_seconds, 600)?.unwrap_or(usual.body),
            keep_alive: time("limits.keep_alive_seconds", self.keep_alive_seconds, 600)?
                .unwrap_or(usual.keep_alive),
            stall: time("limits.stall_seconds", self.stall_seconds, 600)?.unwrap_or(usual.stall),
            stop: time("limits.stop_seconds", self.stop_seconds, 600)?.unwrap_or(usual.stop),
        })
    }
}

fn within(
    key: &'static str,
    value: Option<u64>,
    least: u32,
    most: u32,
) -> Result<Option<u32>, Wrong> {
    let Some(value) = value else { return Ok(None) };
    u32::try_from(value)
        .ok()
        .filter(|n| (least..=most).contains(n))
        .map(Some)
        .ok_or_else(|| (key, format!("{value} is not between {least} and {most}")))
}
