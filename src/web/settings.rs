//! What the operator of a server decides, read from `server.toml`: whether pages are open to
//! everybody, how sessions end, who needs a second factor, which other institution vouches for
//! people. Every fault names the key and what to do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::operation::{self, Operation, Sections};
use crate::access::{OidcConfig, Policy, Role};
use crate::disclosure::Method;

/// What was decided. The default shows nothing to anybody who has not signed in.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Pages of figures are open to everybody.
    pub public: bool,
    /// How browsers address the server, such as `https://tepat.go.id`; needed behind a proxy, for
    /// secure cookies, and for sign-in through another institution.
    pub address: Option<String>,
    /// Roles that see figures of small regions too.
    pub unsuppressed: BTreeSet<Role>,
    /// What is done about small numbers for all others.
    pub method: Method,
    pub policy: Policy,
    pub oidc: Option<OidcConfig>,
    /// How the server runs: TLS, proxies, limits, metrics, log.
    pub operation: Operation,
}

impl Settings {
    /// Pages for everybody, as the demo shows them.
    pub fn open_to_everybody() -> Self {
        Self { public: true, ..Self::default() }
    }

    /// Whether browsers reach the server through TLS, so that cookies may be bound to it.
    pub(super) fn secure(&self) -> bool {
        let address = self.address.as_deref();
        self.operation.tls.is_some() || address.is_some_and(|a| a.starts_with("https://"))
    }
}

/// Why a configuration is not one.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}")]
    Syntax { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{path}, {key}: {problem}")]
    Value { path: PathBuf, key: &'static str, problem: String },
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    public: bool,
    address: Option<String>,
    unsuppressed: BTreeSet<Role>,
    disclosure: Disclosure,
    sessions: Sessions,
    sign_in: SignIn,
    by_name: ByName,
    oidc: Option<Oidc>,
    tls: Option<operation::Tls>,
    proxy: operation::Proxy,
    limits: operation::Bounds,
    metrics: Option<operation::Listen>,
    log: operation::Log,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Disclosure {
    method: Option<String>,
    base: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sessions {
    idle_minutes: Option<i64>,
    longest_hours: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SignIn {
    second_factor: Option<Vec<Role>>,
    failures_per_account: Option<i64>,
    failures_per_address: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ByName {
    four_eyes: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Oidc {
    issuer: String,
    name: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    match_email: bool,
}

impl Settings {
    /// Reads a `server.toml`. Paths in it are relative to its own folder.
    ///
    /// # Errors
    /// It cannot be read, a key is unknown, or a value makes no sense.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
        let file: File = toml::from_str(&text).map_err(|source| SettingsError::Syntax {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        Reading { path }.settings(file)
    }
}

/// Checks the values of one file.
struct Reading<'a> {
    path: &'a Path,
}

impl Reading<'_> {
    fn settings(&self, file: File) -> Result<Settings, SettingsError> {
        if file.unsuppressed.contains(&Role::Public) {
            let problem = "figures of small regions are never for everybody: take public out";
            return Err(self.wrong("unsuppressed", problem));
        }
        let address = file.address.map(|text| self.address(&text)).transpose()?;
        let sections = Sections {
            tls: file.tls,
            proxy: file.proxy,
            limits: file.limits,
            metrics: file.metrics,
            log: file.log,
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let operation = sections.check(folder).map_err(|(key, why)| self.wrong(key, &why))?;
        let oidc = file.oidc.map(|oidc| self.oidc(oidc, address.as_deref())).transpose()?;
        Ok(Settings {
            public: file.public,
            address,
            unsuppressed: file.unsuppressed,
            method: self.method(&file.disclosure)?,
            policy: Policy {
                four_eyes: file.by_name.four_eyes.unwrap_or(true),
                ..self.policy(&file.sessions, file.sign_in)?
            },
            oidc,
            operation,
        })
    }

    fn address(&self, text: &str) -> Result<String, SettingsError> {
        let trimmed = text.trim_end_matches('/');
        let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
        let fine = host.is_some_and(|host| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
        });
        if fine {
            Ok(trimmed.to_ascii_lowercase())
        } else {
            let problem = "write it as browsers do, without a path, such as https://tepat.go.id";
            Err(self.wrong("address", problem))
        }
    }

    fn method(&self, disclosure: &Disclosure) -> Result<Method, SettingsError> {
        match (disclosure.method.as_deref().unwrap_or("suppress"), disclosure.base) {
            ("suppress", None) => Ok(Method::Suppress),
            ("suppress", Some(_)) => {
                let problem =
                    "numbers are only rounded with method = \"round\": set it, or take base out";
                Err(self.wrong("disclosure.base", problem))
            }
            ("round", Some(base)) if !(2..=1000).contains(&base) => {
                let problem = format!("{base} is not between 2 and 1000");
                Err(self.wrong("disclosure.base", &problem))
            }
            ("round", base) => Ok(Method::Round { base }),
            (other, _) => {
                let problem = format!("\"{other}\" is not \"suppress\" or \"round\"");
                Err(self.wrong("disclosure.method", &problem))
            }
        }
    }

    fn policy(&self, sessions: &Sessions, sign_in: SignIn) -> Result<Policy, SettingsError> {
        let usual = Policy::default();
        let within = |key, value: Option<i64>, unit: i64, usual: i64, most: i64| match value {
            None => Ok(usual),
            Some(n) if (1..=most).contains(&n) => Ok(n * unit),
            Some(n) => Err(self.wrong(key, &format!("{n} is not between 1 and {most}"))),
        };
        let policy = Policy {
            idle: within("sessions.idle_minutes", sessions.idle_minutes, 60, usual.idle, 720)?,
            absolute: within(
                "sessions.longest_hours",
                sessions.longest_hours,
                3600,
                usual.absolute,
                72,
            )?,
            account_failures: within(
                "sign_in.failures_per_account",
                sign_in.failures_per_account,
                1,
                usual.account_failures,
                100,
            )?,
            address_failures: within(
                "sign_in.failures_per_address",
                sign_in.failures_per_address,
                1,
                usual.address_failures,
                10_000,
            )?,
            second_factor: sign_in.second_factor.unwrap_or(usual.second_factor),
            ..Policy::default()
        };
        Ok(policy)
    }

    fn oidc(&self, oidc: Oidc, address: Option<&str>) -> Result<OidcConfig, SettingsError> {
        let Some(address) = address else {
            let problem =
                "sign-in through another institution needs the server's own address: set address";
            return Err(self.wrong("oidc", problem));
        };
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        if !oidc.issuer.starts_with("https://")
            && !local.iter().any(|host| oidc.issuer.starts_with(host))
        {
            return Err(self.wrong("oidc.issuer", "the issuer must begin with https://"));
        }
        let secret = oidc.client_secret_file.map(|file| self.secret(&file)).transpose()?;
        Ok(OidcConfig {
            issuer: oidc.issuer,
            name: oidc.name,
            client_id: oidc.client_id,
            client_secret: secret,
            back_to: format!("{address}{BACK}"),
            match_email: oidc.match_email,
        })
    }

    fn secret(&self, file: &Path) -> Result<String, SettingsError> {
        let path = self.path.parent().map_or_else(|| file.to_owned(), |folder| folder.join(file));
        let text =
            fs::read_to_string(&path).map_err(|source| SettingsError::Read { path, source })?;
        let secret = text.trim().to_owned();
        if secret.is_empty() {
            return Err(self.wrong("oidc.client_secret_file", "the file is empty"));
        }
        Ok(secret)
    }

    fn wrong(&self, key: &'static str, problem: &str) -> SettingsError {
        SettingsError::Value { path: self.path.to_owned(), key, problem: problem.to_owned() }
    }
}

/// Where another institution sends people back to.
pub(super) const BACK: &str = "/masuk/oidc/kembali";
