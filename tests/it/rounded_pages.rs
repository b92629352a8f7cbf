//! Pages and files of a server that rounds: every number that is read is a multiple, and says so.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tepat::access::{Role, Unheard};
use tepat::disclosure::{Counted, Method, Release};
use tepat::labels;
use tepat::web::{Gate, Settings, SnapshotSource, SourceError};

use super::collected::collect;
use super::command::{Server, demo, fresh_folder, tepat};
use super::door::{Browser, accounts, add, serve_source, vault};
use super::fixture::{code, snapshot};
use super::nasty::nasty;
use super::rounding::rounded;
use super::small_cells::K;
use super::web::serve_release;

fn base() -> &'static str {
    static BASE: OnceLock<String> = OnceLock::new();
    BASE.get_or_init(|| serve_release(rounded(&snapshot(), 21)))
}

async fn text(path: &str) -> String {
    let got = reqwest::get(format!("{}{path}", base())).await.unwrap();
    assert_eq!(got.status().as_u16(), 200, "{path}");
    got.text().await.unwrap()
}

#[tokio::test]
async fn all_that_can_be_read_of_a_nasty_snapshot_are_multiples_of_the_base() {
    let whole = nasty(20_261_121, &[], K);
    let read = collect(&serve_release(rounded(&whole, 22)), &whole, 0).await;
    assert!(read.known.len() > 2500, "{}", read.known.len());
    for (name, n) in &read.known {
        assert!((n / K as f64).fract() < 1e-9, "{name:?}: {n}");
    }
}

#[tokio::test]
async fn pages_files_and_maps_say_that_their_numbers_are_rounded() {
    let words = "dibulatkan acak ke kelipatan 5";
    for path in [
        "/",
        "/wilayah/36.02",
        "/wilayah/36.02.01.2002",
        "/peta?wilayah=36&tingkat=kabupaten",
        "/prioritas",
        "/cakupan",
        "/pemadanan",
        "/mutu-data",
        "/peta.svg?wilayah=36&tingkat=kabupaten",
        "/unduh/36/kabupaten.geojson",
    ] {
        let page = text(path).await;
        // Lines of a map are broken where they are too long.
        let plain = page.replace("</text>", " ").replace("\n", " ");
        assert!(plain.contains("ibulatkan acak ke kelipatan 5"), "{path}");
    }
    let csv = text("/unduh/36/kabupaten.csv").await;
    assert!(csv.lines().next().unwrap().ends_with(",pembulatan"));
    assert!(csv.lines().skip(1).all(|line| line.ends_with("acak ke kelipatan 5")));
    let method = text("/metode").await;
    assert!(
        method.contains("id=\"kecil\">Angka dibulatkan</h2>")
            && !method.contains("Sel kecil dirahasiakan")
    );
    assert!(method.contains("paling banyak 4") && method.contains("5</strong>, juga yang besar"));
    assert!(labels::rounded(5).contains(words));
}

#[tokio::test]
async fn a_server_that_withholds_says_nothing_of_rounding() {
    for path in ["/wilayah/36.02", "/metode", "/unduh/36/kabupaten.csv"] {
        let page = super::web::get(path).await.body;
        assert!(!page.contains("ibulatkan acak"), "{path}");
    }
}

/// The rounded release, and the true one for those who may see it.
struct Both;

impl SnapshotSource for Both {
    fn current(&self) -> Result<Arc<Release>, SourceError> {
        static HELD: OnceLock<Arc<Release>> = OnceLock::new();
        Ok(Arc::clone(HELD.get_or_init(|| Arc::new(rounded(&snapshot(), 23)))))
    }

    fn unsuppressed(&self, _: &Release) -> Result<Option<Arc<Release>>, SourceError> {
        Ok(Some(Arc::new(Release::open(snapshot()))))
    }
}

#[tokio::test]
async fn roles_that_see_small_numbers_see_true_ones() {
    let mut settings = Settings { public: true, ..Settings::default() };
    settings.unsuppressed.insert(Role::DataOfficer);
    settings.policy.second_factor.clear();
    let accounts = accounts(settings.policy.clone(), Arc::new(Unheard));
    add(&accounts, "petugas", Role::DataOfficer, "ID");
    let gate = Gate { accounts, settings: Arc::new(settings), vault: vault() };
    let origin = serve_source(gate, Arc::new(Both));
    let path = "/unduh/36.02/desa.csv?indikator=penduduk";
    let mut may = Browser::signed_in(&origin, "petugas").await;
    let (open, shut) = (may.get(path).await.body, Browser::new(&origin).get(path).await.body);
    let persons = |text: &str| -> Vec<u64> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap()[4].parse().unwrap()).collect()
    };
    let (open, shut) = (persons(&open), persons(&shut));
    assert!(open.len() > 100 && open.iter().any(|n| !n.is_multiple_of(K)));
    assert!(shut.len() == open.len() && shut.iter().all(|n| n.is_multiple_of(K)));
    let truth = snapshot().region(code("36.02.01.2002")).unwrap().n_persons;
    let told = Both.current().unwrap().count(code("36.02.01.2002"), Counted::Persons);
    assert!(told.value().unwrap().abs_diff(truth) < K);
}

fn settings(name: &str, text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    Settings::read(&path).map_err(|error| error.to_string())
}

#[test]
fn the_method_is_chosen_in_the_configuration_and_nonsense_is_refused() {
    let method = |text: &str| settings("server.toml", text).map(|settings| settings.method);
    assert_eq!(method(""), Ok(Method::Suppress));
    assert_eq!(method("[disclosure]\nmethod = \"suppress\""), Ok(Method::Suppress));
    assert_eq!(method("[disclosure]\nmethod = \"round\""), Ok(Method::Round { base: None }));
    let ten = "[disclosure]\nmethod = \"round\"\nbase = 10";
    assert_eq!(method(ten), Ok(Method::Round { base: Some(10) }));
    for (text, word) in [
        ("[disclosure]\nmethod = \"bulat\"", "disclosure.method"),
        ("[disclosure]\nbase = 5", "disclosure.base"),
        ("[disclosure]\nmethod = \"round\"\nbase = 1", "disclosure.base"),
        ("[disclosure]\nmethod = \"round\"\nkey = 1", "unknown field"),
    ] {
        let refused = method(text).unwrap_err();
        assert!(refused.contains(word) && refused.contains("server.toml"), "{refused}");
    }
}

/// A copy of the demo's store, of this test alone.
fn store(name: &str) -> PathBuf {
    let folder = fresh_folder(name);
    let copied = std::process::Command::new("cp")
        .args(["-a".as_ref(), demo().join("store").as_os_str(), folder.as_os_str()])
        .status();
    assert!(copied.unwrap().success());
    // The store remembers where its key lies.
    folder.join("store")
}

/// The persons of every desa of Lebak, as a started server tells them.
async fn told(store: &Path, more: &[&str]) -> String {
    let server = Server::start_with(store, more);
    let path = "/unduh/36.02/desa.csv?indikator=penduduk,keluarga,jiwa-miskin";
    let got = reqwest::get(format!("{}{path}", server.origin)).await.unwrap();
    assert_eq!(got.status().as_u16(), 200);
    got.text().await.unwrap()
}

#[tokio::test]
async fn a_server_that_is_started_again_tells_the_same_numbers() {
    let store = store("rounded-again");
    let first = told(&store, &["--round"]).await;
    assert!(first.lines().count() > 100 && first.contains("acak ke kelipatan 5"));
    std::fs::write(store.join("server.toml"), "[disclosure]\nmethod = \"round\"\n").unwrap();
    assert_eq!(told(&store, &[]).await, first, "the key stays with the store");
    let key = store.join("restricted/rounding-key");
    let mode = std::fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(&key).unwrap();
    assert_ne!(told(&store, &[]).await, first, "another key draws others");
}

#[test]
fn a_base_below_the_threshold_of_the_snapshot_is_refused() {
    let store = store("rounded-base");
    let text = store.to_str().unwrap();
    let refused =
        tepat(["serve", "--store", text, "--listen", "127.0.0.1:0", "--public", "--round=3"]);
    assert_eq!(refused.is_decent().code, Some(3), "{refused:?}");
    for word in ["disclosure.base", "3", "min_families", "5"] {
        assert!(refused.err.contains(word), "{refused:?}");
    }
}
