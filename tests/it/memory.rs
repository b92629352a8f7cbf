//! What a running server holds in its memory, in files that it makes meanwhile, and says of itself:
//! searched for every NIK and every name. `/proc/PID/mem` of its readable mappings is more than what
//! a core would hold.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tepat::access::{Accounts, Policy, Role, Unheard};

use super::command::{demo, fresh_folder, program};
use super::door::Browser;
use super::leaks::{Search, secrets};

/// Typed into the address, so that it is in the memory for certain.
const MARKER: &str = "penanda-di-ingatan-7731";

fn search() -> &'static Search {
    static SEARCH: OnceLock<Search> = OnceLock::new();
    SEARCH.get_or_init(|| Search::in_memory(&secrets(&demo().join("deliveries"))))
}

struct Served {
    child: Child,
    origin: String,
    metrics: String,
    log: PathBuf,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Serves a store, with a folder of its own for temporary files, and tells what it does.
    fn start(folder: &Path, store: &Path) -> Self {
        let config = folder.join("server.toml");
        let text = "public = true\n[metrics]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n[sign_in]\nsecond_factor = []\n";
        fs::write(&config, text).unwrap();
        fs::create_dir_all(folder.join("tmp")).unwrap();
        let log = folder.join("server.log");
        let mut child = program()
            .env("TEPAT_LOG", "debug")
            .env("TMPDIR", folder.join("tmp"))
            .args(["serve", "--listen", "127.0.0.1:0", "--store"])
            .arg(store)
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut address = || {
            let line = lines.find(|line| line.contains("http://"))?;
            let rest = &line[line.find("http://")?..];
            let rest: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
            Some(rest.split('/').take(3).collect::<Vec<_>>().join("/"))
        };
        let (origin, metrics) = (address(), address());
        let why = || fs::read_to_string(&log).unwrap_or_default();
        let (Some(origin), Some(metrics)) = (origin, metrics) else {
            let _ = child.kill();
            panic!("the server of {} ended: {}", store.display(), why())
        };
        Self { child, origin, metrics, log }
    }

    /// Everything readable that it has mapped, piece by piece.
    fn memory(&self, mut each: impl FnMut(&[u8])) {
        let place = PathBuf::from(format!("/proc/{}", self.child.id()));
        let maps = fs::read_to_string(place.join("maps")).unwrap();
        let mut memory = File::open(place.join("mem")).expect("the memory of one's own child");
        let mut buffer = vec![0; 1 << 20];
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            if !rights.starts_with('r') || line.ends_with("[vvar]") || line.contains("[vs") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let (mut at, to) = (number(from), number(to));
            // A piece begins with the end of the one before: what lies across is found.
            const ACROSS: u64 = 128;
            while at < to {
                let length = usize::try_from((to - at).min(buffer.len() as u64)).unwrap();
                let piece = &mut buffer[..length];
                let there = memory.seek(SeekFrom::Start(at)).is_ok();
                if there && memory.read_exact(piece).is_ok() && piece.iter().any(|b| *b != 0) {
                    each(piece);
                }
                let last = at + length as u64 == to;
                at += length as u64 - if last { 0 } else { ACROSS };
            }
        }
    }

    /// Secrets in the memory, each once, and how often the marker is there.
    fn held(&self) -> (BTreeSet<Vec<u8>>, usize) {
        let (mut found, mut marked) = (BTreeSet::new(), 0);
        self.memory(|piece| {
            found.extend(search().all_in(piece).cloned());
            marked += piece.windows(MARKER.len()).filter(|w| *w == MARKER.as_bytes()).count();
        });
        (found, marked)
    }
}

/// A copy of the demo's store without what opens it: no key, no log that needs one.
fn store_without_key(folder: &Path) -> PathBuf {
    let store = folder.join("store");
    for part in ["snapshots", "restricted", "by_name", "boundaries"] {
        copy(&demo().join("store").join(part), &store.join(part));
    }
    fs::copy(demo().join("store/CURRENT"), store.join("CURRENT")).unwrap();
    store
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}

/// A server with the key, which a verifier has read a list of: what it was shown may lie in buffers
/// that are not ours, until they are used again; whom it was not shown was wiped.
#[actix_web::test]
async fn whoever_was_opened_and_not_shown_is_gone_from_the_memory() {
    let folder = fresh_folder("memory-names");
    let store = folder.join("store");
    for part in ["snapshots", "restricted", "by_name", "boundaries"] {
        copy(&demo().join("store").join(part), &store.join(part));
    }
    fs::copy(demo().join("store/CURRENT"), store.join("CURRENT")).unwrap();
    fs::copy(demo().join("tepat.key"), folder.join("tepat.key")).unwrap();
    tepat::sealing::remember(&store, &folder.join("tepat.key")).unwrap();
    let accounts = Accounts::open(&store, Policy::default(), Arc::new(Unheard)).unwrap();
    super::door::add(&accounts, "siti", Role::Verifier, "36.02");
    let served = Served::start(&folder, &store);
    let mut siti = Browser::signed_in(&served.origin, "siti").await;
    let own = siti.get("/nama?wilayah=36.02").await;
    let at = own.body.rfind("/nama?wilayah=36.02.").unwrap();
    let address: String = own.body[at..].chars().take_while(|c| *c != '"').collect();
    let region = address.split('=').next_back().unwrap();
    let choice = siti.get(&address).await;
    let (before, _) = served.held();
    assert!(before.is_empty(), "{} secrets before the look", before.len());
    let fields = [
        ("formulir", choice.token()),
        ("wilayah", region.to_owned()),
        ("daftar", "belum-lengkap".to_owned()),
        ("tujuan", "verifikasi".to_owned()),
        ("uraian", "Kunjungan lapangan pekan ini".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(siti.post("/nama", &fields).await.status, 303);
    let list = siti.get("/nama/daftar").await;
    let shown: BTreeSet<Vec<u8>> = search().all_in(list.body.as_bytes()).cloned().collect();
    assert!(!shown.is_empty(), "{}", list.body);
    siti.post("/nama/daftar", &[("formulir", &list.token()), ("apa", "tutup")]).await;
    let (held, _) = served.held();
    let texts: Vec<&Vec<u8>> = held.iter().filter(|secret| secret.len() > 8).collect();
    let hidden = texts.iter().filter(|secret| !shown.contains(**secret)).count();
    // For whoever measures: of those on the page, and of the numbers as numbers.
    println!(
        "shown {}, held as text {}, not shown {hidden}, as numbers {}",
        shown.len(),
        texts.len(),
        held.len() - texts.len()
    );
    assert_eq!(hidden, 0, "of people who were not shown, of {} held", texts.len());
}

const EXPORTS: [&str; 9] = [
    "/unduh/ID/desa.csv",
    "/unduh/36/desa.xlsx",
    "/unduh/36/desa.geojson",
    "/unduh/pemadanan/36/desa.csv",
    "/unduh/pemadanan/36/desa.xlsx",
    "/unduh/irisan/36/desa.csv",
    "/peta.svg?wilayah=36",
    "/pemadanan.svg?wilayah=36",
    "/mutu-data.svg?wilayah=36",
];

/// Reads whatever regular file the process has open that is not of the store: temporary files have no
/// name, or lose it at once. Counts them, and the secrets in them.
fn watch(process: u32, over: &AtomicBool) -> (usize, usize) {
    let (mut files, mut found) = (0, 0);
    while !over.load(Ordering::Relaxed) {
        for entry in fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            let target = target.to_string_lossy().into_owned();
            if !target.contains("/tmp/") && !target.ends_with("(deleted)") {
                continue;
            }
            let Ok(bytes) = fs::read(entry.path()) else { continue };
            files += 1;
            found += usize::from(search().in_bytes(&bytes).is_some());
        }
        std::thread::yield_now();
    }
    (files, found)
}

#[actix_web::test]
async fn a_server_that_shows_figures_holds_no_nik_and_no_name_and_says_none() {
    let folder = fresh_folder("memory-figures");
    let served = Served::start(&folder, &store_without_key(&folder));
    let over = std::sync::Arc::new(AtomicBool::new(false));
    let (process, until) = (served.child.id(), over.clone());
    let watching = std::thread::spawn(move || watch(process, &until));
    let mut anybody = Browser::new(&served.origin);
    for path in ["/", "/wilayah/36.02", "/prioritas", "/cakupan", "/sehat", "/siap"] {
        let seen = anybody.get(path).await;
        assert_eq!(search().in_bytes(seen.body.as_bytes()), None, "{path}");
    }
    for path in EXPORTS {
        let seen = anybody.get(path).await;
        assert_eq!(seen.status, 200, "{path}: {}", seen.body);
        assert_eq!(search().in_bytes(seen.body.as_bytes()), None, "{path}");
    }
    let typed = anybody.get(&format!("/cari?q={MARKER}")).await;
    assert_eq!(typed.status, 200);
    let metrics = Browser::new(&served.metrics).get("/metrics").await;
    assert!(metrics.status == 200 && metrics.body.contains("# TYPE"), "{}", metrics.body);
    assert_eq!(search().in_bytes(metrics.body.as_bytes()), None, "the metrics");
    let (held, marked) = served.held();
    assert!(marked > 0, "the marker is not found, so nothing would be");
    assert!(held.is_empty(), "{} secrets in the memory of a server without a key", held.len());
    over.store(true, Ordering::Relaxed);
    let (_, found) = watching.join().unwrap();
    assert_eq!(found, 0, "temporary files hold secrets");
    assert_eq!(fs::read_dir(folder.join("tmp")).unwrap().count(), 0, "a temporary file stays");
    let log = fs::read(&served.log).unwrap();
    assert_eq!(search().in_bytes(&log), None, "the log");
    let log = String::from_utf8_lossy(&log).into_owned();
    assert!(log.contains("/unduh/36/desa.xlsx") || log.contains("/unduh/"), "requests are logged");
    assert!(!log.contains(MARKER), "what was typed stands in the log");
}
