//! TLS: the certificate and its key from PEM files, checked before anything listens and taken up
//! again when the files change, so that a renewal needs no restart.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use webpki::{EndEntityCert, KeyUsage};

/// Days before its end from which a certificate is spoken of.
const REMIND: Duration = Duration::from_secs(14 * 24 * 3600);

/// Where the certificate and its key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM, the server's own certificate first, then those between it and the root.
    pub certificate: PathBuf,
    /// PEM (PKCS#8, PKCS#1 or SEC1), readable by its owner alone.
    pub key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {source}; tls.{key} in the configuration names this file")]
    Read { path: PathBuf, key: &'static str, source: std::io::Error },
    #[error("{path}: {problem}; tls.{key} needs PEM text")]
    Pem { path: PathBuf, key: &'static str, problem: String },
    #[error(
        "{path}: others than its owner may read this key (mode {mode:04o}): chmod 600 {path}, and take a new key if others could read it for long"
    )]
    Open { path: PathBuf, mode: u32 },
    #[error(
        "{certificate} and {key} do not belong together: name the key that the certificate was made for"
    )]
    Pair { certificate: PathBuf, key: PathBuf },
    #[error("{path}: the certificate ended on {day}: renew it")]
    Expired { path: PathBuf, day: String },
    #[error("{path}: the certificate is valid only from {day}: check the clock of this machine")]
    NotYet { path: PathBuf, day: String },
    #[error("{path}: no certificate that a server can show: {problem}")]
    Certificate { path: PathBuf, problem: String },
    #[error("{path}: the key is of no kind that TLS 1.2 or 1.3 uses: {problem}")]
    Key { path: PathBuf, problem: String },
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// A certificate that can be shown.
#[derive(Debug)]
struct Shown {
    key: Arc<CertifiedKey>,
    /// Seconds since 1970.
    ends: u64,
    files: Stamp,
}

/// What tells that a file is another one.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// Keeps the certificate that is shown.
#[derive(Debug)]
pub(super) struct Keeper {
    files: TlsFiles,
    shown: RwLock<Shown>,
}

impl Keeper {
    /// Reads and checks the files.
    pub(super) fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let shown = RwLock::new(files.load(SystemTime::now())?);
        let keeper = Self { files, shown };
        keeper.remind();
        Ok(keeper)
    }

    /// TLS 1.2 and 1.3 with this certificate; the key is looked up at each handshake.
    pub(super) fn config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(provider()));
        let builder = builder
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(TlsError::Setup)?;
        let keeper: Arc<Self> = Arc::clone(self);
        Ok(builder.with_no_client_auth().with_cert_resolver(keeper))
    }

    /// Takes changed files over; what cannot be used changes nothing.
    ///
    /// # Errors
    /// Why the new files cannot be used; told once for each state of the files.
    pub(super) fn look_again(&self) -> Result<bool, TlsError> {
        let files = self.files.stamp();
        let held = self.shown.read().unwrap_or_else(PoisonError::into_inner).files;
        if held == files {
            return Ok(false);
        }
        let loaded = self.files.load(SystemTime::now());
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        shown.files = files;
        *shown = loaded?;
        drop(shown);
        self.remind();
        Ok(true)
    }

    /// Seconds since 1970 at which the certificate that is shown ends.
    pub(super) fn ends(&self) -> u64 {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).ends
    }

    fn remind(&self) {
        let ends = UNIX_EPOCH + Duration::from_secs(self.ends());
        if ends.duration_since(SystemTime::now()).is_ok_and(|left| left < REMIND) {
            tracing::warn!(day = day(self.ends()), "the certificate ends soon: renew it");
        }
    }
}

impl ResolvesServerCert for Keeper {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown.key))
    }
}

fn provider() -> CryptoProvider {
    ring::default_provider()
}

impl TlsFiles {
    fn load(&self, now: SystemTime) -> Result<Shown, TlsError> {
        let files = self.stamp();
        let chain = self.chain()?;
        let key = self.private_key()?;
        let ends = self.validity(&chain, now)?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|e| match e {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::Pair { certificate: self.certificate.clone(), key: self.key.clone() }
            }
            other => TlsError::Key { path: self.key.clone(), problem: other.to_string() },
        })?;
        Ok(Shown { key: Arc::new(certified), ends, files })
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let text = read(&self.certificate, "certificate")?;
        let pem = |problem: String| TlsError::Pem {
            path: self.certificate.clone(),
            key: "certificate",
            problem,
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|e| pem(e.to_string()))?;
        if chain.is_empty() {
            return Err(pem("there is no BEGIN CERTIFICATE in it".to_owned()));
        }
        Ok(chain)
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let text = read(&self.key, "key")?;
        let mode = fs::metadata(&self.key).map_or(0, |m| m.permissions().mode() & 0o7777);
        if mode & 0o077 != 0 {
            return Err(TlsError::Open { path: self.key.clone(), mode });
        }
        // The parser's words are not repeated: they may quote what stands in the file.
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| TlsError::Pem {
            path: self.key.clone(),
            key: "key",
            problem: "there is no private key in it".to_owned(),
        })
    }

    /// When the first certificate ends. There is no reader of dates in rustls, but its verifier looks
    /// at them before anything else and names them.
    fn validity(&self, chain: &[CertificateDer<'_>], now: SystemTime) -> Result<u64, TlsError> {
        let path = || self.certificate.clone();
        let wrong =
            |e: webpki::Error| TlsError::Certificate { path: path(), problem: format!("{e:?}") };
        let Some(first) = chain.first() else {
            return Err(TlsError::Certificate { path: path(), problem: "none".to_owned() });
        };
        let own = EndEntityCert::try_from(first).map_err(wrong)?;
        let at = |time: Duration| {
            let usage = KeyUsage::server_auth();
            let time = UnixTime::since_unix_epoch(time);
            own.verify_for_usage(&[], &[], &[], time, usage, None, None).err()
        };
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        match at(now) {
            Some(webpki::Error::CertExpired { not_after, .. }) => {
                return Err(TlsError::Expired { path: path(), day: day(not_after.as_secs()) });
            }
            Some(webpki::Error::CertNotValidYet { not_before, .. }) => {
                return Err(TlsError::NotYet { path: path(), day: day(not_before.as_secs()) });
            }
            Some(e @ webpki::Error::BadDer) => return Err(wrong(e)),
            _ => {}
        }
        match at(Duration::from_secs(u64::MAX / 4)) {
            Some(webpki::Error::CertExpired { not_after, .. }) => Ok(not_after.as_secs()),
            _ => Ok(u64::MAX),
        }
    }

    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        })
    }
}

fn read(path: &Path, key: &'static str) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), key, source })
}

/// The day of a time, UTC.
fn day(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "no day of this calendar".to_owned(), |t| t.strftime("%F").to_string())
}
