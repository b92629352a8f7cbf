//! The server as a hostile client meets it: limits, proxies, slow clients, headers, what it counts
//! of itself. Spoken to in raw bytes, because no library sends what is sent here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU32;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tepat::web::{Gate, Limits, Proxies, ProxyHeader, Settings, rules, serve};

use super::door::{accounts, add, patient, vault};
use super::web::source;

const SECOND: Duration = Duration::from_secs(1);

/// A server of its own for one test.
pub struct Started {
    pub address: SocketAddr,
    pub metrics: Option<SocketAddr>,
}

pub fn start(settings: Settings) -> Started {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let people = accounts(settings.policy.clone(), Arc::new(tepat::access::Unheard));
            add(&people, "lebak-viewer", tepat::access::Role::Viewer, "36.02");
            let gate = Gate { accounts: people, settings: Arc::new(settings), vault: vault() };
            let (server, address) = serve("127.0.0.1:0", source(), gate).unwrap();
            tell.send(Started { address, metrics: server.metrics() }).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}

fn open(limits: Limits) -> Settings {
    let mut settings = Settings::open_to_everybody();
    settings.operation.limits = limits;
    settings
}

/// What came back: head and body.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().skip(1).find(|line| {
            line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
        });
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(10 * SECOND)).unwrap();
    stream
}

/// Everything until the other side closes.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

fn reply(bytes: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}

/// One request on a connection of its own, with header lines as they are.
fn ask(address: SocketAddr, method: &str, target: &str, lines: &str) -> Reply {
    let mut stream = connect(address);
    let text =
        format!("{method} {target} HTTP/1.1\r\nHost: tepat\r\nConnection: close\r\n{lines}\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    reply(&rest(&mut stream))
}

fn get(address: SocketAddr, target: &str, lines: &str) -> Reply {
    ask(address, "GET", target, lines)
}

const ALWAYS: [(&str, &str); 8] = [
    ("content-security-policy", "default-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "geolocation=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

fn is_dressed(reply: &Reply) {
    for (name, part) in ALWAYS {
        let value = reply.header(name).unwrap_or_default();
        assert!(value.contains(part), "{name}: '{value}' in {}", reply.head);
    }
    assert!(reply.header("x-request-id").is_some_and(|id| id.len() > 8), "{}", reply.head);
    for banner in ["server", "x-powered-by"] {
        assert_eq!(reply.header(banner), None, "{}", reply.head);
    }
}

#[test]
fn every_route_and_every_refusal_has_the_headers_and_no_banner() {
    let address = start(open(patient())).address;
    for route in rules() {
        let path = route
            .path
            .replace("{kode}", "36.02")
            .replace("{tingkat}", "kecamatan")
            .replace("{jenis}", "csv")
            .replace("{nama}", "tepat.css");
        for method in ["GET", "HEAD", "POST", "DELETE", "TRACE"] {
            let reply = ask(address, method, &path, "Content-Length: 0\r\n");
            assert!(reply.status >= 200, "{method} {path}: {reply:?}");
            assert!(reply.status < 500, "{method} {path}: {}", reply.head);
            if !reply.body.is_empty() {
                let kind = reply.header("content-type").unwrap_or_default();
                let plain = !kind.starts_with("text/") || kind.contains("charset=utf-8");
                assert!(!kind.is_empty() && plain, "{method} {path}: {}", reply.head);
            }
            is_dressed(&reply);
            assert_eq!(reply.header("strict-transport-security"), None, "without TLS");
        }
    }
    let many = "x-a: 1\r\n".repeat(70);
    let wide = format!("cookie: a={}\r\n", "x".repeat(20_000));
    let long = format!("/cari?q={}", "x".repeat(5000));
    for (expected, target, lines) in [
        (404, "/tidak-ada", ""),
        (404, "/..%2f..%2fetc/passwd", ""),
        (404, "/%00", ""),
        (404, "/static/../Cargo.toml", ""),
        (404, "/static/..%2f..%2fCargo.toml", ""),
        (431, "/", many.as_str()),
        (431, "/", wide.as_str()),
        (414, long.as_str(), ""),
        (406, "/", "accept-encoding: *;q=0\r\n"),
        (406, "/", "accept-encoding: identity;q=0, zstd, br\r\n"),
        (413, "/masuk", "content-length: 10000000\r\n"),
    ] {
        let reply = get(address, target, lines);
        assert_eq!(reply.status, expected, "{target}: {}", reply.head);
        is_dressed(&reply);
        assert!(reply.body.contains("<html lang=\"id\">"), "{target}: {}", reply.head);
        assert!(reply.body.contains("Nomor permintaan"), "{target}");
    }
}

#[test]
fn what_is_no_http_gets_a_bare_refusal_and_nothing_of_the_machine() {
    let address = start(open(patient())).address;
    let line = format!("GET /{} HTTP/1.1\r\nHost: tepat\r\n\r\n", "x".repeat(100_000));
    let heads = format!("GET / HTTP/1.1\r\n{}\r\n", "x-a: 1\r\n".repeat(120));
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(200_000));
    for (sent, statuses) in [
        (line.as_str(), [400, 414]),
        (heads.as_str(), [400, 431]),
        (endless.as_str(), [400, 431]),
        ("\0\0\0\0\r\n\r\n", [400, 400]),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            [400, 400],
        ),
        (
            "POST /masuk HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [400, 413],
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nx-a: b\r\n c: d\r\n\r\n", [400, 400]),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", [400, 400]),
    ] {
        let mut stream = connect(address);
        // The server may close before it has read everything.
        let _ = stream.write_all(sent.as_bytes());
        let reply = reply(&rest(&mut stream));
        let start: String = sent.chars().take(30).collect();
        assert!(statuses.contains(&reply.status) || reply.status == 0, "{start}: {}", reply.head);
        assert_eq!(reply.header("server"), None);
    }
    assert_eq!(get(address, "/sehat", "").status, 200);
}

#[test]
fn what_was_typed_never_becomes_a_header() {
    let address = start(open(patient())).address;
    for target in [
        "/wilayah/36%0d%0aSet-Cookie:%20a=b",
        "/masuk?lanjut=%0d%0aSet-Cookie:%20a=b",
        "/masuk?lanjut=//evil.example/",
        "/unduh/36%0d%0aX-Evil:1/desa.csv",
        "//evil.example/%2e%2e",
        "/cari?q=%0d%0aX-Evil:%201",
    ] {
        let reply = get(address, target, "X-Forwarded-Host: evil.example\r\n");
        let head = reply.head.to_lowercase();
        assert!(!head.contains("evil"), "{target}: {head}");
        assert!(!head.contains("a=b"), "{target}: {head}");
    }
}

#[test]
fn forms_of_an_answer_are_weighed_as_the_client_says() {
    let address = start(open(patient())).address;
    let form = |wanted: &str| {
        let reply = get(address, "/", &format!("accept-encoding: {wanted}\r\n"));
        assert_eq!(reply.status, 200, "{wanted}");
        reply.header("content-encoding").unwrap_or("plain").to_owned()
    };
    for plain in
        ["br", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "identity", "identity, gzip;q=0.5", ""]
    {
        assert_eq!(form(plain), "plain", "{plain}");
    }
    for packed in ["gzip", "gzip;q=0.001", "*", "gzip, deflate, br", "*;q=0, gzip"] {
        assert_eq!(form(packed), "gzip", "{packed}");
    }
}

fn few(rate: u32, burst: u32) -> Limits {
    let number = |n| NonZeroU32::new(n).unwrap();
    Limits { requests_per_second: Some(number(rate)), burst: number(burst), ..patient() }
}

/// Asks until it is too often: the refusal, and how many were answered before.
fn until_stopped(mut ask: impl FnMut(usize) -> Reply) -> (Reply, usize) {
    for turn in 0..60 {
        let reply = ask(turn);
        if reply.status == 429 {
            return (reply, turn);
        }
        assert_eq!(reply.status, 200, "{}", reply.head);
    }
    panic!("nobody was stopped")
}

#[test]
fn a_page_with_a_token_is_not_compressed() {
    let address = start(open(patient())).address;
    for target in ["/masuk?lanjut=/wilayah/36", "/cari?q=lebak"] {
        let reply = get(address, target, "accept-encoding: gzip, br\r\n");
        assert_eq!((reply.status, reply.header("content-encoding")), (200, None), "{target}");
    }
}

#[test]
fn who_asks_too_often_is_told_how_long_to_wait() {
    let address = start(open(few(1, 3))).address;
    let (stopped, before) = until_stopped(|_| get(address, "/metode", ""));
    assert!(before >= 3, "stopped after {before}");
    is_dressed(&stopped);
    let wait: u64 = stopped.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert!(stopped.body.contains("Terlalu banyak permintaan"));
    assert_eq!(get(address, "/sehat", "").status, 200, "a health check is not counted");
    let style = stopped.body.split("href=\"").find(|rest| rest.starts_with("/static/"));
    let style = style.unwrap().split('"').next().unwrap();
    assert_eq!(get(address, style, "").status, 200, "the page that says so has its style");
    std::thread::sleep(Duration::from_secs(wait));
    assert_eq!(get(address, "/metode", "").status, 200);
}

#[test]
fn behind_a_trusted_proxy_each_client_counts_and_elsewhere_none_can_choose_its_address() {
    let mut trusting = open(few(1, 2));
    trusting.operation.proxies =
        Proxies::new(&["127.0.0.0/8".to_owned()], ProxyHeader::XForwardedFor).unwrap();
    let address = start(trusting).address;
    let said = |lines: &str| get(address, "/robots.txt", lines);
    let from = |client: &str| said(&format!("x-forwarded-for: {client}\r\n"));
    until_stopped(|_| from("203.0.113.1"));
    assert_eq!(from("203.0.113.2").status, 200, "another client");
    until_stopped(|turn| from(&format!("198.51.100.{turn}, 203.0.113.1")));
    let secure = said("x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n");
    assert!(secure.header("strict-transport-security").is_some_and(|v| v.contains("max-age=")));

    let address = start(open(few(1, 2))).address;
    until_stopped(|n| {
        let lines = format!(
            "x-forwarded-for: 203.0.113.{n}\r\nx-forwarded-proto: https\r\nforwarded: for=203.0.113.{n}\r\n"
        );
        let reply = get(address, "/robots.txt", &lines);
        assert_eq!(reply.header("strict-transport-security"), None);
        reply
    });
}

#[test]
fn a_body_is_neither_endless_nor_slow() {
    let limits = Limits { body_bytes: 1000, body: SECOND, ..patient() };
    let address = start(open(limits)).address;
    let post = |lines: &str, body: &[u8]| {
        let mut stream = connect(address);
        let head = format!(
            "POST /masuk HTTP/1.1\r\nHost: tepat\r\nContent-Type: application/x-www-form-urlencoded\r\n{lines}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(body);
        let began = Instant::now();
        let mut first = [0; 4096];
        let read = stream.read(&mut first).unwrap_or(0);
        (reply(&first[..read]), began.elapsed())
    };
    let (declared, _) = post("Content-Length: 1001\r\n", b"");
    assert_eq!(declared.status, 413);
    assert_eq!(declared.header("connection"), Some("close"));
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    let (endless, _) = post("Transfer-Encoding: chunked\r\n", chunk.as_bytes());
    assert_eq!(endless.status, 413);
    is_dressed(&endless);
    let (slow, took) = post("Content-Length: 500\r\n", b"nama=a");
    assert_eq!(slow.status, 408);
    assert!(took < 6 * SECOND, "{took:?}");
    // A whole one is read, and refused only for what is in it.
    let (whole, _) = post("Content-Length: 6\r\n", b"nama=a");
    assert_eq!(whole.status, 403);
}

fn impatient() -> Limits {
    Limits { head: SECOND, keep_alive: SECOND, stall: SECOND, body: SECOND, ..patient() }
}

/// Sends one byte after another until the other side has closed; how long that took.
fn drip(stream: &mut TcpStream, mut patience: u32) -> Option<Duration> {
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let began = Instant::now();
    let mut buffer = [0; 4096];
    stream.write_all(b"GET /metode HTTP/1.1\r\nx-a: ").ok()?;
    while patience > 0 {
        patience -= 1;
        let gone = stream.write_all(b"x").is_err();
        let ended = match stream.read(&mut buffer) {
            Ok(0) => true,
            Ok(_) => false,
            Err(e) => {
                !matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
            }
        };
        if gone || ended {
            return Some(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}

#[test]
fn heads_sent_byte_by_byte_are_closed_and_others_are_served_meanwhile() {
    let address = start(open(impatient())).address;
    let slow: Vec<_> = (0..30)
        .map(|_| {
            std::thread::spawn(move || {
                let mut stream = connect(address);
                drip(&mut stream, 200)
            })
        })
        .collect();
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(get(address, "/metode", "").status, 200);
    }
    assert!(began.elapsed() < 5 * SECOND, "others waited {:?}", began.elapsed());
    for one in slow {
        let took = one.join().unwrap().expect("a slow head was never closed");
        assert!(took < 8 * SECOND, "{took:?}");
    }
}

#[test]
fn a_slow_head_behind_a_first_request_is_closed_too() {
    let address = start(open(impatient())).address;
    let mut stream = connect(address);
    stream.write_all(b"GET /sehat HTTP/1.1\r\nHost: tepat\r\n\r\n").unwrap();
    let mut buffer = [0; 4096];
    assert!(stream.read(&mut buffer).unwrap() > 0);
    let took = drip(&mut stream, 200).expect("the second head was never closed");
    assert!(took < 9 * SECOND, "{took:?}");
}

/// The value of a line of the metrics.
fn gauge(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn an_answer_that_nobody_takes_holds_no_connection() {
    let mut settings = open(impatient());
    settings.operation.metrics = Some("127.0.0.1:0".parse().unwrap());
    let started = start(settings);
    let mut stream = connect(started.address);
    let request = "GET /prioritas HTTP/1.1\r\nHost: tepat\r\n\r\n".repeat(200);
    let _ = stream.set_write_timeout(Some(SECOND));
    let _ = stream.write_all(request.as_bytes());
    let counted = || get(started.metrics.unwrap(), "/metrics", "").body;
    let wait = |what: &str, done: &dyn Fn(&str) -> bool| {
        let began = Instant::now();
        while !done(&counted()) {
            assert!(began.elapsed() < 20 * SECOND, "{what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    wait("nothing was asked", &|text| text.contains("route=\"/prioritas\""));
    let none = |text: &str| gauge(text, "tepat_http_connections") == Some(0.0);
    wait("the connection is still there", &none);
}

#[test]
fn one_address_has_only_so_many_connections() {
    let limits = Limits { connections_per_address: 5, head: 5 * SECOND, ..patient() };
    let address = start(open(limits)).address;
    let ask = |stream: &mut TcpStream| {
        let sent = stream.write_all(b"GET /sehat HTTP/1.1\r\nHost: tepat\r\n\r\n");
        let mut buffer = [0; 4096];
        sent.is_ok() && stream.read(&mut buffer).is_ok_and(|n| n > 0)
    };
    let mut streams: Vec<TcpStream> = (0..5).map(|_| connect(address)).collect();
    assert!(streams.iter_mut().all(ask), "five are served");
    assert!(!ask(&mut connect(address)), "a sixth is not");
    streams.truncate(2);
    let began = Instant::now();
    while !ask(&mut connect(address)) {
        assert!(began.elapsed() < 5 * SECOND, "none was freed");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(streams.iter_mut().all(ask), "the others go on");
}

#[test]
fn metrics_count_by_pattern_and_role_and_hold_nothing_of_what_was_typed() {
    let mut settings = open(patient());
    settings.operation.metrics = Some("127.0.0.1:0".parse().unwrap());
    let started = start(settings);
    let typed = ["3602011201900001", "SitiAminah", "lebak-viewer", "203.0.113"];
    let [nik, name, account, _] = typed;
    for target in [
        format!("/wilayah/{nik}"),
        format!("/{name}/{nik}"),
        format!("/cari?q={name}+{nik}"),
        format!("/static/{name}"),
        "/wilayah/36.02".to_owned(),
    ] {
        get(started.address, &target, "x-forwarded-for: 203.0.113.4\r\n");
    }
    ask(started.address, &format!("METHOD{name}"), "/", "Content-Length: 0\r\n");
    let mut stream = connect(started.address);
    let form = format!("nama={account}&sandi={name}");
    let head = format!(
        "POST /masuk HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    rest(&mut stream);
    let text = get(started.metrics.unwrap(), "/metrics", "").body;
    for part in [
        "tepat_http_requests_total{route=\"/wilayah/{kode}\",method=\"GET\",status=\"200\",role=\"public\"} 1",
        "route=\"-\",method=\"GET\",status=\"404\"",
        "method=\"other\"",
        "tepat_http_request_duration_seconds_bucket",
        "tepat_sign_ins_total{outcome=\"refused\"} 1",
        "tepat_snapshot_age_seconds ",
        "tepat_http_response_bytes_total ",
        "tepat_build_info{version=",
        "tepat_snapshot_info{snapshot=\"0123456789abcdef\"",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    for secret in typed {
        assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret} is in:\n{text}");
    }
    assert_eq!(get(started.address, "/metrics", "").status, 404, "not among the pages");
}

#[test]
fn ready_is_another_question_than_alive() {
    let address = start(open(patient())).address;
    let ready = get(address, "/siap", "");
    assert_eq!((ready.status, ready.body.starts_with("siap\n")), (200, true), "{ready:?}");
    let alive = get(address, "/sehat", "");
    assert_eq!((alive.status, alive.body.starts_with("sehat\n")), (200, true), "{alive:?}");
}
