//! The server as its operator has it: the built program, its configuration, its log, its end.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tepat::web::Settings;

use super::command::{demo, fresh_folder, program, tepat};
use super::encrypted::{Pair, connect, write};

/// A server that runs, its log with it.
struct Running {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    fn start(config: &Path) -> Self {
        let mut child = program()
            .env("TEPAT_LOG", "info,actix_server=warn")
            .args(["serve", "--public", "--listen", "127.0.0.1:0", "--store"])
            .arg(demo().join("store"))
            .arg("--config")
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (kept, errors) = (Arc::clone(&log), child.stderr.take().unwrap());
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                kept.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let rest = line.split("://").nth(1)?;
            rest.split('/').next()?.parse().ok()
        });
        let Some(address) = address else {
            let _ = child.kill();
            panic!("no address: {}", log.lock().unwrap())
        };
        Self { child, address, log, reader: Some(reader) }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Its exit code and its whole log.
    fn end(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        let code = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if began.elapsed() > Duration::from_secs(15) => panic!("it does not end"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        self.reader.take().unwrap().join().unwrap();
        let log = self.log.lock().unwrap().clone();
        (code, log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: SocketAddr, target: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let text = format!("GET {target} HTTP/1.1\r\nHost: tepat\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn config(name: &str, text: &str) -> PathBuf {
    let path = fresh_folder(name).join("server.toml");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_log_line_says_enough_and_nothing_of_a_person() {
    let path = config("operating-log", "[log]\nformat = \"json\"\n");
    let running = Running::start(&path);
    let typed = ["3602011201900001", "Siti Aminah", "Siti+Aminah", "siti.aminah"];
    for target in [
        "/wilayah/36.02?nama=Siti+Aminah&nik=3602011201900001",
        "/cari?q=Siti+Aminah",
        "/wilayah/3602011201900001",
        "/siti.aminah/3602011201900001",
        "/static/siti.aminah",
    ] {
        get(running.address, target).unwrap();
    }
    running.signal("-TERM");
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), 5, "{log}");
    let first = requests[0];
    assert_eq!(first["route"], "/wilayah/{kode}");
    assert_eq!(first["status"], 200);
    assert_eq!(first["method"], "GET");
    assert_eq!(first["from"], "127.0.0.0/24");
    assert_eq!(first["account"], 0);
    assert!(first["bytes"].as_u64().unwrap() > 1000);
    assert!(first["ms"].is_u64() && first["id"].as_str().unwrap().len() > 8);
    assert!(lines.iter().any(|line| line["message"] == "stopped"), "{log}");
    for secret in typed {
        assert!(!log.contains(secret), "{secret} is in:\n{log}");
    }
    assert!(!log.contains("127.0.0.1"), "a whole address is in:\n{log}");
}

#[test]
fn told_to_stop_it_finishes_what_it_has_begun() {
    for signal in ["-TERM", "-INT"] {
        let path =
            config(&format!("operating-stop{signal}"), "[limits]\nrequests_per_second = 0\n");
        let running = Running::start(&path);
        let address = running.address;
        // Somebody who has asked once and keeps the connection holds nothing up.
        let mut idle = TcpStream::connect(address).unwrap();
        idle.write_all(b"GET /sehat HTTP/1.1\r\nHost: tepat\r\n\r\n").unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..8)
            .map(|n| {
                let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
                std::thread::spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        let target = format!("/prioritas?tingkat=desa&wilayah=36.0{}", 1 + n % 4);
                        let Some(text) = get(address, &target) else { break };
                        if text.is_empty() {
                            break;
                        }
                        let (head, body) = text.split_once("\r\n\r\n").expect("half a head");
                        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                        assert!(
                            body.trim_end().ends_with("</html>") || body.ends_with("0\r\n\r\n"),
                            "half a page"
                        );
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let began = Instant::now();
        while answered.load(Ordering::Relaxed) < 20 {
            assert!(began.elapsed() < Duration::from_secs(30), "pages do not come");
            std::thread::sleep(Duration::from_millis(10));
        }
        running.signal(signal);
        let told = Instant::now();
        let (code, log) = running.end();
        over.store(true, Ordering::Relaxed);
        clients.into_iter().for_each(|client| client.join().unwrap());
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("stopping") && log.contains("stopped"), "{log}");
        assert!(told.elapsed() < Duration::from_secs(8), "{:?}", told.elapsed());
    }
}

#[test]
fn a_hangup_has_the_certificate_read_again() {
    let pair = Pair::new();
    let text = "[tls]\ncertificate = \"tepat.pem\"\nkey = \"tepat.key\"\n";
    let path = pair.folder.path().join("server.toml");
    fs::write(&path, text).unwrap();
    let running = Running::start(&path);
    let certificate = pair.files().certificate;
    let versions = [&rustls::version::TLS13];
    assert!(connect(running.address, &certificate, &versions).is_ok());
    write(pair.folder.path(), |_| {});
    running.signal("-HUP");
    let began = Instant::now();
    while connect(running.address, &certificate, &versions).is_err() {
        assert!(began.elapsed() < Duration::from_secs(3), "{}", running.log.lock().unwrap());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_wrong_configuration_is_named_by_file_and_key_before_anything_listens() {
    for (number, (text, words)) in [
        ("[limits]\nrequests_per_second = -1\n", &["requests_per_second"][..]),
        ("[limits]\nburst = 0\n", &["limits.burst", "between 1 and"]),
        ("[limits]\nbody_bytes = 99999999999\n", &["limits.body_bytes", "between"]),
        ("[limits]\nheaders = 500\n", &["limits.headers", "between 1 and 96"]),
        ("[limits]\nspeed = 3\n", &["speed", "unknown field"]),
        ("[limits]\nconnections = 90000000\n", &["limits.connections"]),
        ("[proxy]\ntrusted = [\"10.0.0.0/33\"]\n", &["proxy.trusted", "10.0.0.0/33", "10.0.0.0/8"]),
        ("[proxy]\nheader = \"via\"\n", &["via", "x-forwarded-for"]),
        ("[metrics]\nlisten = \"9090\"\n", &["metrics.listen", "127.0.0.1:9090"]),
        ("[log]\nformat = \"xml\"\n", &["xml", "json"]),
        ("[tls]\ncertificate = \"a.pem\"\n", &["key"]),
        ("[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n", &["a.pem", "tls.certificate"]),
    ]
    .into_iter()
    .enumerate()
    {
        let path = config(&format!("operating-config-{number}"), text);
        let store = demo().join("store");
        let answer = tepat([
            "serve".as_ref(),
            "--listen".as_ref(),
            "127.0.0.1:0".as_ref(),
            "--store".as_ref(),
            store.as_os_str(),
            "--config".as_ref(),
            path.as_os_str(),
        ]);
        assert_eq!(answer.is_decent().code, Some(3), "{text}: {answer:?}");
        assert!(answer.out.is_empty(), "{text}: it listened: {}", answer.out);
        for word in words {
            assert!(answer.err.contains(word), "{text}: '{word}' is not in: {}", answer.err);
        }
    }
}

/// The example with the marks of its keys taken away.
fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/server/server.toml");
    let text = fs::read_to_string(path).unwrap();
    let key = |line: &&str| {
        let bare = line.trim_start_matches("# ");
        let word = bare.split([' ', '=']).next().unwrap_or_default();
        let name = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        bare.starts_with('[') || name && bare[word.len()..].starts_with(" = ")
    };
    text.lines().filter(key).map(|line| format!("{}\n", line.trim_start_matches("# "))).collect()
}

#[test]
fn the_example_names_every_default_as_it_is() {
    let text = example();
    for key in ["public", "trusted", "requests_per_second", "stop_seconds", "certificate", "format"]
    {
        assert!(text.contains(&format!("{key} = ")), "{key} is not in:\n{text}");
    }
    let path = config("operating-example", &text);
    let settings = Settings::read(&path).unwrap();
    let usual = Settings::default();
    assert_eq!(settings.operation.limits, usual.operation.limits);
    assert_eq!(settings.operation.proxies, usual.operation.proxies);
    assert_eq!(settings.operation.log, usual.operation.log);
    assert_eq!(settings.public, usual.public);
    assert!(text.contains("four_eyes = ") && usual.policy.four_eyes);
    assert_eq!(settings.policy, usual.policy);
    assert!(settings.operation.tls.is_some() && settings.operation.metrics.is_some());
}
