//! TLS as a client meets it: versions, certificate, cookies, a renewal without a restart; and files
//! that cannot be used, told of before anything listens.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use tempfile::TempDir;
use tepat::web::{Settings, TlsFiles};

use super::door::patient;
use super::serving::start;

/// A certificate and its key as an operator has them.
pub struct Pair {
    pub folder: TempDir,
}

impl Pair {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), |_| {});
        Self { folder }
    }

    pub fn files(&self) -> TlsFiles {
        let at = |name: &str| self.folder.path().join(name);
        TlsFiles { certificate: at("tepat.pem"), key: at("tepat.key") }
    }
}

/// A fresh pair of files, self-signed.
pub fn write(folder: &Path, change: impl FnOnce(&mut CertificateParams)) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["tepat.test".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    fs::write(folder.join("tepat.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("tepat.key"), key.serialize_pem()).unwrap();
    private(&folder.join("tepat.key"), 0o600);
}

pub fn private(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A client that trusts this one certificate.
pub fn connect(
    address: SocketAddr,
    certificate: &Path,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<Tls> {
    let mut roots = RootCertStore::empty();
    let pem = fs::read(certificate).unwrap();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let config = builder.with_protocol_versions(versions).unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("tepat.test").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(connection, socket);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

fn get(stream: &mut Tls, target: &str) -> String {
    let text = format!("GET {target} HTTP/1.1\r\nHost: tepat.test\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encrypted(pair: &Pair) -> SocketAddr {
    let mut settings = Settings::open_to_everybody();
    settings.operation.limits = patient();
    settings.operation.tls = Some(pair.files());
    start(settings).address
}

#[test]
fn pages_come_through_tls_1_2_and_1_3_with_their_cookies_bound_to_it() {
    let pair = Pair::new();
    let address = encrypted(&pair);
    let certificate = pair.files().certificate;
    for (version, name) in [(&rustls::version::TLS12, "1.2"), (&rustls::version::TLS13, "1.3")] {
        let mut stream = connect(address, &certificate, &[version]).unwrap();
        assert_eq!(stream.conn.protocol_version(), Some(version.version), "{name}");
        let page = get(&mut stream, "/masuk");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let head = page.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.contains("strict-transport-security: max-age=31536000"), "{head}");
        let cookie = head.lines().find(|line| line.starts_with("set-cookie")).unwrap();
        for part in ["__host-tepat_pintu=", "secure", "httponly", "samesite=lax", "path=/"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
    }
}

#[test]
fn older_versions_and_plain_words_get_nothing() {
    let pair = Pair::new();
    let address = encrypted(&pair);
    // The hello of a client that knows TLS 1.1 at most (RFC 4346, 7.4.1.2).
    let mut hello = vec![0x16, 0x03, 0x01, 0x00, 0x2d, 0x01, 0x00, 0x00, 0x29, 0x03, 0x02];
    hello.extend([7_u8; 32]);
    hello.extend([0x00, 0x00, 0x02, 0x00, 0x2f, 0x01, 0x00]);
    for sent in [hello.as_slice(), b"GET / HTTP/1.1\r\nHost: tepat\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        stream.write_all(sent).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        // An alert, or nothing: no hello of the server's, no page.
        assert!(bytes.first().is_none_or(|kind| *kind == 0x15), "{bytes:?}");
        assert!(bytes.len() < 16, "{bytes:?}");
    }
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_a_bad_one_is_not() {
    let pair = Pair::new();
    let address = encrypted(&pair);
    let both = [&rustls::version::TLS13];
    let earlier = pair.folder.path().join("earlier.pem");
    fs::copy(pair.files().certificate, &earlier).unwrap();
    fs::write(pair.files().certificate, "-----BEGIN NOTHING-----").unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    assert!(connect(address, &earlier, &both).is_ok(), "a damaged file took the old one away");
    write(pair.folder.path(), |_| {});
    let began = Instant::now();
    while connect(address, &pair.files().certificate, &both).is_err() {
        assert!(began.elapsed() < Duration::from_secs(8), "the new one is not shown");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(connect(address, &earlier, &both).is_err());
}

/// What the server says when it cannot begin.
fn refused(files: TlsFiles) -> String {
    let mut settings = Settings::open_to_everybody();
    settings.operation.tls = Some(files);
    let gate = tepat::web::Gate { settings: Arc::new(settings), ..super::door::open_gate() };
    match tepat::web::serve("127.0.0.1:0", super::web::source(), gate) {
        Ok(_) => panic!("it began"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_way_out() {
    let pair = Pair::new();
    let files = pair.files();
    let good = |name: &str| fs::read(pair.folder.path().join(name)).unwrap();
    let (certificate, key) = (good("tepat.pem"), good("tepat.key"));
    let says = |words: &[&str]| {
        let said = refused(files.clone());
        for word in words {
            assert!(said.contains(word), "'{word}' is not in: {said}");
        }
        assert!(!said.contains("PRIVATE KEY"), "{said}");
    };

    fs::remove_file(&files.certificate).unwrap();
    says(&["tepat.pem", "tls.certificate"]);
    fs::write(&files.certificate, &key).unwrap();
    says(&["tepat.pem", "BEGIN CERTIFICATE"]);
    fs::write(&files.certificate, &certificate[..certificate.len() / 2]).unwrap();
    says(&["tepat.pem"]);

    fs::write(&files.certificate, &certificate).unwrap();
    fs::write(&files.key, &certificate).unwrap();
    says(&["tepat.key", "no private key"]);
    fs::write(&files.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    says(&["tepat.pem", "tepat.key", "do not belong together"]);

    fs::write(&files.key, &key).unwrap();
    for mode in [0o644, 0o640, 0o604] {
        private(&files.key, mode);
        says(&["tepat.key", &format!("{mode:04o}"), "chmod 600"]);
    }

    let days = |from: i32, to: i32| {
        write(pair.folder.path(), |params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 2, 3);
        });
    };
    days(2020, 2021);
    says(&["tepat.pem", "ended on 2021-02-03", "renew"]);
    days(2090, 2091);
    says(&["tepat.pem", "2090-01-01", "clock"]);
}

#[test]
fn a_certificate_as_openssl_signs_its_own_is_served() {
    let pair = Pair::new();
    write(pair.folder.path(), |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let address = encrypted(&pair);
    let stream = TcpStream::connect(address).unwrap();
    drop(stream);
    let mut settings = Settings::open_to_everybody();
    settings.operation.tls = Some(pair.files());
    assert!(start(settings).address.port() > 0);
}
