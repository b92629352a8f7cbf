//! Lists by name and the log, through the door: who sees which, for what, for how long, and that
//! nothing is shown that is not written down first.

use std::fs;
use std::sync::Arc;

use tepat::access::{Policy, Role, Unheard};
use tepat::audit::{Action, Filter, Record};
use tepat::disclosure::Release;
use tepat::snapshot::Store;
use tepat::web::{Gate, Settings, SnapshotSource, SourceError, Vault, log_of};

use super::by_name_store::{Fixture, families};
use super::door::{Browser, Seen, accounts, add, serve_source};

struct Sealed(Arc<Release>);

impl SnapshotSource for Sealed {
    fn current(&self) -> Result<Arc<Release>, SourceError> {
        Ok(Arc::clone(&self.0))
    }
}

/// A served store with households.
struct House {
    fixture: Fixture,
    origin: String,
}

impl House {
    fn open() -> Self {
        let fixture = Fixture::new();
        let store = fixture.place.store();
        let release = Release::new(Store::at(&store).open_current().unwrap());
        let accounts =
            accounts(Policy { second_factor: Vec::new(), ..Policy::default() }, Arc::new(Unheard));
        for (name, role, region) in [
            ("siti", Role::Verifier, "36.02"),
            ("tono", Role::Verifier, "36.01"),
            ("budi", Role::Auditor, "ID"),
            ("dewi", Role::Auditor, "36.01"),
        ] {
            add(&accounts, name, role, region);
        }
        let vault = Arc::new(Vault::of_store(&store, Some(fixture.master())));
        let gate = Gate { accounts, settings: Arc::new(Settings::default()), vault };
        Self { origin: serve_source(gate, Arc::new(Sealed(Arc::new(release)))), fixture }
    }

    fn log(&self) -> Vec<Record> {
        let log = log_of(&self.fixture.place.store(), Some(&self.fixture.master()));
        assert!(log.check(None).unwrap().holds());
        let mut all = log.newest(&Filter::default(), None, 1000).unwrap().records;
        all.reverse();
        all
    }

    fn actions(&self) -> Vec<Action> {
        self.log().iter().map(|record| record.action).collect()
    }
}

const WORDS: &str = "Kunjungan lapangan bersama pendamping desa";

async fn open(browser: &mut Browser, region: &str, words: &str) -> Seen {
    let token = browser.get("/nama?wilayah=36.02.01").await.token();
    let fields = [
        ("formulir", token.as_str()),
        ("wilayah", region),
        ("daftar", "belum-terjangkau"),
        ("tujuan", "verifikasi"),
        ("uraian", words),
    ];
    browser.post("/nama", &fields).await
}

fn needles() -> Vec<String> {
    let rows = families().concat();
    let texts = rows.iter().flat_map(|row| [row.name.clone(), row.nik.clone()]);
    texts.filter(|text| !text.is_empty()).collect()
}

#[actix_web::test]
async fn a_list_opens_for_a_purpose_and_every_look_stands_in_the_log() {
    let house = House::open();
    let mut siti = Browser::signed_in(&house.origin, "siti").await;
    let choice = siti.get("/nama?wilayah=36.02.01").await;
    assert_eq!(choice.status, 200);
    assert!(needles().iter().all(|needle| !choice.body.contains(needle)));

    for words in ["cek", "NIK 3602010101800001 mengadu"] {
        let refused = open(&mut siti, "36.02.01", words).await;
        assert_eq!(refused.status, 200);
        assert!(refused.body.contains("role=\"alert\""), "{}", refused.body);
    }
    assert_eq!(house.actions(), []);

    let opened = open(&mut siti, "36.02.01", WORDS).await;
    assert_eq!((opened.status, opened.location()), (303, "/nama/daftar"));
    let list = siti.get("/nama/daftar").await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains("WIRYANTO TANPANOMOR") && list.body.contains("XAVERIUS SEBELAH"));
    assert!(list.header("cache-control").contains("no-store"));
    assert!(list.body.contains("DN-") && list.body.contains(WORDS));
    assert!(list.body.to_lowercase().contains("sintetis"));

    let token = list.token();
    for kind in ["csv", "xlsx"] {
        let file = siti.post("/nama/daftar", &[("formulir", &token), ("apa", kind)]).await;
        assert_eq!(file.status, 200, "{}", file.body);
        assert!(file.header("content-disposition").contains("TERBATAS_DN-"));
        assert!(file.header("cache-control").contains("no-store"));
        if kind == "csv" {
            let lines: Vec<&str> = file.body.lines().collect();
            assert_eq!(lines.len(), 5, "{}", file.body);
            assert!(lines[1..].iter().all(|l| l.contains("DN-") && l.contains("siti")));
            assert!(file.body.contains("'3602010101800001"));
        }
    }
    let shut = siti.post("/nama/daftar", &[("formulir", &token), ("apa", "tutup")]).await;
    assert_eq!(shut.status, 303);
    assert!(!siti.get("/nama/daftar").await.body.contains("WIRYANTO"));

    let log = house.log();
    let actions: Vec<Action> = log.iter().map(|r| r.action).collect();
    assert_eq!(
        actions,
        [
            Action::ListOpened,
            Action::ListLooked,
            Action::ListExported,
            Action::ListExported,
            Action::ListClosed
        ]
    );
    for record in &log {
        assert_eq!((record.actor.as_str(), record.region.as_str()), ("siti", "36.02.01"));
        assert!(record.purpose.contains(WORDS) && !record.from.is_empty());
    }
    assert_eq!(log[1].rows, Some(3));
    let text = fs::read_to_string(house.fixture.place.store().join("audit/000000000001.jsonl"));
    let text = text.unwrap();
    assert!(needles().iter().all(|needle| !text.contains(needle)));
}

#[actix_web::test]
async fn a_list_belongs_to_one_session_and_one_region() {
    let house = House::open();
    let mut siti = Browser::signed_in(&house.origin, "siti").await;
    open(&mut siti, "36.02.01.2003", WORDS).await;
    let list = siti.get("/nama/daftar").await;
    assert!(list.body.contains("WIRYANTO") && !list.body.contains("XAVERIUS"));
    // The same account in another browser.
    let mut elsewhere = Browser::signed_in(&house.origin, "siti").await;
    assert!(!elsewhere.get("/nama/daftar").await.body.contains("WIRYANTO"));
    // Another region's verifier.
    let mut tono = Browser::signed_in(&house.origin, "tono").await;
    assert_eq!(tono.get("/nama?wilayah=36.02.01").await.status, 404);
    let token = tono.get("/nama").await.token();
    let fields = [
        ("formulir", token.as_str()),
        ("wilayah", "36.02.01"),
        ("daftar", "belum-terjangkau"),
        ("tujuan", "verifikasi"),
        ("uraian", WORDS),
    ];
    assert!([403, 404].contains(&tono.post("/nama", &fields).await.status));
    // A kabupaten is too much at once.
    let wide = open(&mut siti, "36.02", WORDS).await;
    assert_eq!(wide.status, 200);
    assert_eq!(house.actions(), [Action::ListOpened, Action::ListLooked]);
    // Without the form's token nothing opens.
    let bare: Vec<(&str, &str)> = fields[1..].to_vec();
    assert_eq!(siti.post("/nama", &bare).await.status, 403);
}

#[actix_web::test]
async fn a_look_that_cannot_be_written_down_does_not_happen() {
    let house = House::open();
    let mut siti = Browser::signed_in(&house.origin, "siti").await;
    open(&mut siti, "36.02.01", WORDS).await;
    let head = house.fixture.place.store().join("audit/head.new");
    // As a disk that is full or gone would: the head cannot be written.
    fs::create_dir(&head).unwrap();
    let list = siti.get("/nama/daftar").await;
    assert_eq!(list.status, 503);
    assert!(needles().iter().all(|needle| !list.body.contains(needle)), "{}", list.body);
    assert_eq!(open(&mut siti, "36.02.01", WORDS).await.status, 503);
    fs::remove_dir(&head).unwrap();
    assert_eq!(siti.get("/nama/daftar").await.status, 200);
    assert!(house.log().len() >= 2);
}

#[actix_web::test]
async fn the_auditor_reads_the_log_and_nobody_else_does() {
    let house = House::open();
    let mut siti = Browser::signed_in(&house.origin, "siti").await;
    open(&mut siti, "36.02.01", WORDS).await;
    siti.get("/nama/daftar").await;
    assert_eq!(siti.get("/audit").await.status, 404);
    let mut budi = Browser::signed_in(&house.origin, "budi").await;
    assert_eq!(budi.get("/nama").await.status, 404);
    let page = budi.get("/audit?perbuatan=list_looked&wilayah=36.02").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Rantai utuh") && page.body.contains("siti"), "{}", page.body);
    assert!(page.body.contains("Daftar nama dilihat"));
    for (kind, start) in [("csv", "\u{feff}nomor"), ("jsonl", "{\"seq\":1,")] {
        let file = budi.get(&format!("/audit/catatan.{kind}")).await;
        assert!(file.status == 200 && file.body.starts_with(start), "{}", file.body);
    }
    assert!(house.actions().contains(&Action::LogExported));
    // Bound to another region: what happened here does not exist.
    let mut dewi = Browser::signed_in(&house.origin, "dewi").await;
    let page = dewi.get("/audit").await;
    assert!(page.status == 200 && !page.body.contains("siti"), "{}", page.body);
    assert_eq!(dewi.get("/audit?wilayah=36.02").await.status, 404);
    for bad in ["perbuatan=menari", "sejak=kemarin", "sebelum=-1"] {
        assert_eq!(budi.get(&format!("/audit?{bad}")).await.status, 400, "{bad}");
    }
    // A change by hand is seen at once.
    let path = house.fixture.place.store().join("audit/000000000001.jsonl");
    let text = fs::read_to_string(&path).unwrap().replacen("siti", "tono", 1);
    fs::write(&path, text).unwrap();
    assert!(budi.get("/audit").await.body.contains("Rantai rusak"));
}
