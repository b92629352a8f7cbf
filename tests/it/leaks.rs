//! Where a NIK or a name might get out: everything that the program writes and serves while names are
//! looked at is searched for every NIK and every name of the deliveries.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tepat::domain::{FamilyCard, Nik};

use super::command::{fresh_folder, program, tepat};
use super::door::Browser;

/// Every NIK (sixteen digits) and every name of more than one word in the delivered CSV files, as
/// delivered and as the product writes names.
pub fn secrets(deliveries: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(deliveries).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "csv") {
            continue;
        }
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&path).unwrap();
        let heads = reader.headers().unwrap().clone();
        let named = |head: &str| head.to_lowercase().contains("nama") || head == "r108";
        for row in reader.records().map_while(Result::ok) {
            for (head, cell) in heads.iter().zip(&row) {
                let digits = cell.trim_start_matches('\'');
                if Nik::parse(digits).is_ok() || FamilyCard::parse(digits).is_ok() {
                    found.insert(digits.to_owned());
                }
                // Long enough not to be a place or a word by chance.
                let person = named(head) && !head.contains("prov") && !head.contains("kab");
                if person && cell.len() >= 14 && cell.split_whitespace().count() >= 2 {
                    found.insert(cell.to_owned());
                    found.insert(tepat::clean::standardise(cell));
                }
            }
        }
    }
    found
}

/// Finds secrets by their first eight bytes, because there are thousands; and those by a bit of their
/// hash, because a memory has hundreds of millions.
pub struct Search {
    pub secrets: BTreeSet<String>,
    by_start: HashMap<[u8; 8], Vec<Vec<u8>>>,
    bits: Vec<u64>,
}

/// A word of 64 bits and a bit in it, of 2^20.
fn bit_of(start: [u8; 8]) -> (usize, u64) {
    let hash = u64::from_le_bytes(start).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
    (usize::try_from(hash >> 6).unwrap(), 1 << (hash & 63))
}

impl Search {
    pub fn new(secrets: BTreeSet<String>) -> Self {
        let secrets: BTreeSet<String> = secrets.into_iter().filter(|s| s.len() >= 8).collect();
        let wanted = secrets.iter().map(|secret| secret.clone().into_bytes()).collect();
        Self::of_bytes(secrets, wanted)
    }

    /// With the numbers as a program holds them too: eight bytes.
    pub fn in_memory(secrets: &BTreeSet<String>) -> Self {
        let numbers = secrets.iter().filter_map(|s| s.parse::<u64>().ok());
        let numbers: Vec<Vec<u8>> = numbers.map(|n| n.to_le_bytes().to_vec()).collect();
        let texts = secrets.iter().filter(|s| s.len() >= 8).map(|s| s.clone().into_bytes());
        Self::of_bytes(secrets.clone(), texts.chain(numbers).collect())
    }

    fn of_bytes(secrets: BTreeSet<String>, wanted: Vec<Vec<u8>>) -> Self {
        let mut by_start: HashMap<[u8; 8], Vec<Vec<u8>>> = HashMap::new();
        let mut bits = vec![0; 1 << 14];
        for secret in wanted {
            let start = secret[..8].try_into().unwrap();
            let (word, bit) = bit_of(start);
            bits[word] |= bit;
            by_start.entry(start).or_default().push(secret);
        }
        Self { secrets, by_start, bits }
    }

    pub fn in_bytes(&self, bytes: &[u8]) -> Option<&Vec<u8>> {
        self.all_in(bytes).next()
    }

    /// Every secret in the bytes, in their order.
    pub fn all_in<'a, 'b>(
        &'a self,
        bytes: &'b [u8],
    ) -> impl Iterator<Item = &'a Vec<u8>> + use<'a, 'b> {
        bytes.windows(8).enumerate().filter_map(|(at, window)| {
            let start: [u8; 8] = window.try_into().unwrap();
            let (word, bit) = bit_of(start);
            if self.bits[word] & bit == 0 {
                return None;
            }
            let mine = self.by_start.get(&start)?;
            mine.iter().find(|secret| bytes[at..].starts_with(secret))
        })
    }
}

pub fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

/// Name and password of a demo account, out of what the demo printed.
pub fn password(printed: &str, account: &str) -> String {
    let line = printed.lines().find(|line| line.trim_start().starts_with(account)).unwrap();
    line.trim().strip_prefix(account).unwrap().trim().split("   ").next().unwrap().to_owned()
}

#[actix_web::test]
async fn no_nik_and_no_name_gets_out_of_the_room_of_names() {
    let folder = fresh_folder("leaks");
    let data = folder.to_str().unwrap();
    let made = tepat(["demo", "--families", "3000", "--no-serve", "--data-dir", data]);
    assert_eq!(made.is_decent().code, Some(0), "{made:?}");
    let search = Search::new(secrets(&folder.join("deliveries")));
    assert!(search.secrets.len() > 5000, "{}", search.secrets.len());
    assert!(search.in_bytes(&fs::read(folder.join("deliveries/dtks.csv")).unwrap()).is_some());
    let said = format!("{}{}", made.out, made.err);
    assert_eq!(search.in_bytes(said.as_bytes()), None);

    let log = folder.join("server.log");
    let mut server = program()
        .env("TEPAT_LOG", "debug")
        .args(["demo", "--families", "3000", "--listen", "127.0.0.1:0", "--data-dir", data])
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let origin = lines.find_map(|line| {
        let rest = &line[line.find("http://")?..];
        Some(rest.split('/').take(3).collect::<Vec<_>>().join("/"))
    });
    let outcome = walk(&origin.unwrap(), &made.out, &search).await;
    let _ = server.kill();
    let _ = server.wait();
    outcome.unwrap();

    assert_eq!(search.in_bytes(&fs::read(&log).unwrap()), None, "the server's log");
    assert!(fs::read_to_string(&log).unwrap().contains("noted"), "the log says what is noted");
    // Everything on disk but what was delivered.
    let mut files = Vec::new();
    files_below(&folder.join("store"), &mut files);
    assert!(files.len() > 20);
    for path in files {
        assert_eq!(search.in_bytes(&fs::read(&path).unwrap()), None, "{}", path.display());
    }
}

/// Looks at names as a verifier, and at everything else.
async fn walk(origin: &str, printed: &str, search: &Search) -> Result<(), String> {
    let mut verifier = Browser::new(origin);
    let seen = verifier.knock("demo-verifier", &password(printed, "demo-verifier"), "").await;
    assert_eq!(seen.status, 303, "{}", seen.body);
    let own = verifier.get("/nama").await;
    let at = own.body.find("/nama?wilayah=").ok_or("no kecamatan to choose")?;
    let address: String = own.body[at..].chars().take_while(|c| *c != '"').collect();
    let choice = verifier.get(&address).await;
    let region = address.split('=').next_back().unwrap().to_owned();
    for kind in ["belum-terjangkau", "belum-lengkap", "pertentangan", "telaah"] {
        let token = choice.token();
        let fields = [
            ("formulir", token.as_str()),
            ("wilayah", region.as_str()),
            ("daftar", kind),
            ("tujuan", "verifikasi"),
            ("uraian", "Kunjungan lapangan pekan ini"),
        ];
        assert_eq!(verifier.post("/nama", &fields).await.status, 303);
        let list = verifier.get("/nama/daftar").await;
        if kind == "pertentangan" {
            let found = search.in_bytes(list.body.as_bytes());
            assert!(found.is_some(), "the list itself names people: {}", list.body);
        }
        verifier.post("/nama/daftar", &[("formulir", &list.token()), ("apa", "xlsx")]).await;
    }
    // And everything that is for everybody, errors too; a NIK that was typed is not repeated.
    let nik = search.secrets.iter().find(|s| s.bytes().all(|b| b.is_ascii_digit())).unwrap();
    let typed = format!("/cari?q={nik}");
    let mut anybody = Browser::new(origin);
    for path in [
        "/",
        "/wilayah/36.02",
        "/peta",
        "/prioritas",
        "/cakupan",
        "/pemadanan",
        "/mutu-data",
        "/unduh",
        "/unduh/36.02/desa.csv",
        "/unduh/36/desa.geojson",
        "/unduh/pemadanan/36/desa.csv",
        "/unduh/irisan/36/desa.csv",
        "/cari?q=siti",
        "/wilayah/99",
        "/sehat",
        "/siap",
        "/robots.txt",
        "/metrics",
        &typed,
    ] {
        let seen = anybody.get(path).await;
        if let Some(found) = search.in_bytes(seen.body.as_bytes()) {
            return Err(format!("{} bytes of a secret on {path}", found.len()));
        }
    }
    Ok(())
}

/// Folders of builds in a store.
fn work_folders(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|p| p.file_name().unwrap().to_string_lossy().starts_with("work-")).collect()
}

/// A store that builds again from the deliveries of the demo.
fn rebuilding(name: &str) -> (PathBuf, PathBuf) {
    let (folder, demo) = (fresh_folder(name), super::command::demo());
    let text = fs::read_to_string(demo.join("tepat.toml")).unwrap();
    let there = format!("{}/", demo.join("deliveries").display());
    fs::write(folder.join("tepat.toml"), text.replace("deliveries/", &there)).unwrap();
    fs::copy(demo.join("tepat.key"), folder.join("tepat.key")).unwrap();
    let store = folder.join("store");
    for part in ["snapshots", "restricted", "by_name", "boundaries"] {
        super::memory::copy(&demo.join("store").join(part), &store.join(part));
    }
    fs::copy(demo.join("store/CURRENT"), store.join("CURRENT")).unwrap();
    tepat::sealing::remember(&store, &folder.join("tepat.key")).unwrap();
    (folder, store)
}

#[test]
fn what_a_killed_build_leaves_in_the_clear_is_gone_when_the_server_starts() {
    let (folder, store) = rebuilding("leaks-killed-build");
    let search = Search::new(secrets(&super::command::demo().join("deliveries")));
    let mut held = false;
    for wait in (50..2000).step_by(150) {
        let mut build = program()
            .args(["build", "--config"])
            .arg(folder.join("tepat.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        build.kill().unwrap();
        build.wait().unwrap();
        let mut files = Vec::new();
        work_folders(&store).iter().for_each(|work| files_below(work, &mut files));
        held = files.iter().any(|path| search.in_bytes(&fs::read(path).unwrap()).is_some());
        if held {
            break;
        }
    }
    assert!(held, "no build was killed while it had names laid by");
    let _served = super::command::Server::start(&store);
    assert_eq!(work_folders(&store), Vec::<PathBuf>::new());
    let mut files = Vec::new();
    files_below(&store, &mut files);
    for path in files {
        assert_eq!(search.in_bytes(&fs::read(&path).unwrap()), None, "{}", path.display());
    }
}

#[test]
fn a_build_that_is_at_work_keeps_its_files_when_the_server_starts() {
    let (_, store) = rebuilding("leaks-working-build");
    let work = tepat::snapshot::Store::at(&store).begin().unwrap();
    fs::write(work.folder().join("pile"), "").unwrap();
    let _served = super::command::Server::start(&store);
    assert!(work.folder().join("pile").exists());
}
