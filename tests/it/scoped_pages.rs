//! What an account that is bound to a region gets to see: nothing of what lies outside, in no page,
//! file, search or cache, and no difference between what is outside and what never was.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use tepat::access::{Role, Unheard};
use tepat::disclosure::Release;
use tepat::domain::{IndicatorId, Level, RegionCode};
use tepat::labels;
use tepat::regions::RegionCatalog;
use tepat::web::{Gate, Settings, SnapshotSource, SourceError};

use super::door::{Browser, Seen, accounts, add, house, serve_source, vault};
use super::fixture::{code, shared_release, snapshot};
use super::web::{attributes, between, text_of};

async fn lebak() -> Browser {
    Browser::signed_in(&house().origin, "lebak-viewer").await
}

/// Every region code that a text names in an address.
fn codes(body: &str) -> Vec<RegionCode> {
    attributes(body, "href")
        .into_iter()
        .flat_map(|href| {
            href.split(['/', '=', '&', '?', '#', ';'])
                .filter(|part| *part == "ID" || part.contains('.'))
                .filter_map(|part| RegionCode::from_slug(part).ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test]
async fn no_page_of_a_crawl_leads_outside_or_names_a_code_from_there() {
    let mut browser = lebak().await;
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<String> = ["/wilayah/36.02", "/metode", "/cari?q=cikulur", "/akun"]
        .map(str::to_owned)
        .into_iter()
        .collect();
    while let Some(path) = queue.pop_front() {
        if seen.len() >= 120 || !seen.insert(path.clone()) {
            continue;
        }
        let got = browser.get(&path).await;
        let fine = got.status == 200 || (path == "/" && got.status == 303);
        assert!(fine, "{path}: {}", got.status);
        for found in codes(&got.body) {
            assert!(code("36.02").contains(found), "{path} leads to {found}");
        }
        for found in attributes(&got.body, "data-code") {
            assert!(found.starts_with("36.02"), "{path} draws {found}");
        }
        for href in attributes(&got.body, "href") {
            let href = href.replace("&amp;", "&").replace("&#38;", "&");
            let address = href.split('#').next().unwrap_or_default();
            if address.starts_with('/') && !address.starts_with("/static") {
                queue.push_back(address.to_owned());
            }
        }
    }
    assert!(seen.len() >= 120, "only {} pages", seen.len());
}

/// A page without what differs by nature: the code that was typed and the request's number.
fn without(body: &str, typed: &str) -> String {
    let id = between(body, "Nomor permintaan: <code>", "</code>");
    body.replace(typed, "KODE").replace(&id, "NOMOR")
}

async fn refusal(browser: &mut Browser, path: &str, typed: &str) -> (Seen, String) {
    let seen = browser.get(path).await;
    let plain = without(&seen.body, typed);
    (seen, plain)
}

#[tokio::test]
async fn what_is_outside_answers_as_what_never_was() {
    let mut browser = lebak().await;
    for pattern in [
        "/wilayah/{}",
        "/peta?wilayah={}",
        "/peta.svg?wilayah={}",
        "/prioritas?wilayah={}",
        "/cakupan?wilayah={}",
        "/pemadanan?wilayah={}",
        "/pemadanan.svg?wilayah={}",
        "/mutu-data?wilayah={}",
        "/mutu-data.svg?wilayah={}",
        "/unduh?wilayah={}",
        "/unduh/{}/desa.csv",
        "/unduh/{}/desa.xlsx",
        "/unduh/{}/desa.geojson",
        "/unduh/pemadanan/{}/desa.csv",
        "/unduh/irisan/{}/desa.csv",
    ] {
        let (never, never_page) =
            refusal(&mut browser, &pattern.replace("{}", "36.99"), "36.99").await;
        // Another kabupaten, one of another province, and one that is only in old books.
        for outside in ["36.01", "31.71", "91.01"] {
            let path = pattern.replace("{}", outside);
            let (seen, page) = refusal(&mut browser, &path, outside).await;
            assert_eq!(seen.status, never.status, "{path}");
            assert_eq!(page, never_page, "{path}");
            assert_eq!(seen.header("content-type"), never.header("content-type"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_code_of_other_digits_or_years_tells_nothing_of_the_outside() {
    let mut browser = lebak().await;
    for typed in ["1101", "3601", "9999", "360201"] {
        let page = text_of(&browser.get(&format!("/wilayah/{typed}")).await.body);
        assert!(!page.contains("Simeulue") && !page.contains("Pandeglang"), "{typed}: {page}");
        let found = browser.get(&format!("/cari?q={typed}")).await;
        assert!(codes(&found.body).iter().all(|c| code("36.02").contains(*c)), "{typed}");
    }
    // 36.02 is Lebak in both systems.
    assert!(browser.get("/wilayah/3602").await.body.contains("/wilayah/36.02\""));
}

#[tokio::test]
async fn the_search_finds_what_is_inside_alone() {
    let mut browser = lebak().await;
    // Names that many regions of the country bear, and one of a neighbour.
    for (typed, inside) in [("sukamaju", true), ("serang", false), ("pandeglang", false)] {
        let body = browser.get(&format!("/cari?q={typed}")).await.body;
        let none = !body.contains("<ol class=\"hits\"");
        let hits = if none { String::new() } else { between(&body, "<ol class=\"hits\"", "</ol>") };
        let found: Vec<String> = attributes(&hits, "href").into_iter().map(str::to_owned).collect();
        assert!(found.iter().all(|href| href.starts_with("/wilayah/36.02.")), "{typed}: {found:?}");
        if inside {
            let catalog = RegionCatalog::shared().unwrap();
            let bear = |r: &&tepat::regions::Region| r.name.to_lowercase().contains(typed);
            let n = catalog.inside(code("36.02"), Level::Desa).filter(bear).count();
            assert!(found.len() >= n.min(1), "{typed}: {found:?}");
        }
    }
}

#[tokio::test]
async fn figures_of_the_regions_around_stand_nowhere() {
    let mut browser = lebak().await;
    let release = shared_release();
    let mut outside = Vec::new();
    for around in ["ID", "36", "36.01"] {
        for id in [IndicatorId::Population, IndicatorId::Families, IndicatorId::ExtremePersons] {
            let cell = release.cell(code(around), id);
            outside.push((around, labels::value(id, cell)));
        }
    }
    for path in [
        "/wilayah/36.02",
        "/wilayah/36.02.01",
        "/prioritas",
        "/prioritas?tingkat=desa",
        "/pemadanan",
        "/mutu-data",
        "/metode",
        "/cakupan",
        "/peta",
        "/unduh/36.02/kabupaten.csv",
        "/unduh/36.02/desa.csv",
    ] {
        let seen = browser.get(path).await;
        assert_eq!(seen.status, 200, "{path}");
        let words = text_of(&seen.body);
        let told: BTreeSet<&str> = words
            .split(|c: char| c.is_whitespace() || ",;()\"".contains(c))
            .map(|word| word.trim_end_matches('.'))
            .collect();
        for (around, figure) in &outside {
            let bare = figure.replace('.', "");
            let tells = told.contains(figure.as_str()) || told.contains(bare.as_str());
            assert!(!tells, "{path} tells {figure} of {around}");
        }
        assert!(!words.contains("gabungan provinsi"), "{path} compares with the nation");
    }
}

#[tokio::test]
async fn ranks_and_shares_of_a_bound_account_count_its_own_regions_alone() {
    let mut browser = lebak().await;
    let body = browser.get("/prioritas?tingkat=kecamatan").await.body;
    let rows = between(&between(&body, "data-table", "</table>"), "<tbody>", "</tbody>");
    let cells: Vec<Vec<String>> = rows
        .split("<tr ")
        .skip(1)
        .map(|row| {
            row.split("<td")
                .skip(1)
                .map(|c| text_of(&between(&format!("<td{c}"), "", "</td>")))
                .collect()
        })
        .collect();
    assert!(cells.len() > 10);
    let number = |text: &str| text.replace('.', "").parse::<usize>().unwrap();
    for (i, row) in cells.iter().enumerate() {
        assert_eq!(number(&row[0]), i + 1, "{row:?}");
        assert!(number(&row[3]) <= cells.len() && number(&row[4]) <= cells.len(), "{row:?}");
    }
    // All of one's own extreme poor are all there are.
    assert!(cells.last().unwrap()[5].starts_with("100"), "{:?}", cells.last());
}

#[tokio::test]
async fn nobody_gets_a_page_that_was_made_for_somebody_else() {
    let origin = &house().origin;
    let mut nation = Browser::signed_in(origin, "nation-viewer").await;
    let mut lebak = lebak().await;
    let mut nobody = Browser::new(origin);
    let path = "/peta?indikator=p0";
    for _ in 0..2 {
        let (all, own) = (nation.get(path).await, lebak.get(path).await);
        assert!(all.body.contains("/wilayah/36.01") && !own.body.contains("/wilayah/36.01"));
        let turned_away = nobody.get(path).await;
        assert_eq!(turned_away.status, 303);
        assert_eq!(turned_away.location(), "/masuk?lanjut=%2Fpeta%3Findikator%3Dp0");
        assert!(turned_away.body.is_empty());
    }
    // A tag that somebody saw opens nothing.
    let guessed = [("if-none-match", "W/\"0123456789abcdef-0000000000000000\", *")];
    let asked = lebak.send(reqwest::Method::GET, path, None, &guessed).await;
    assert_eq!(asked.status, 200);
    assert!(!nation.get(path).await.body.contains("nation-viewer"), "a kept page names somebody");
}

#[tokio::test]
async fn an_account_of_one_desa_has_pages_too() {
    let house = house();
    let desa = "36.02.02.2002";
    add(&house.accounts, "desa-viewer", Role::Viewer, desa);
    let mut browser = Browser::signed_in(&house.origin, "desa-viewer").await;
    assert_eq!(browser.get("/").await.location(), format!("/wilayah/{desa}"));
    for path in [
        format!("/wilayah/{desa}"),
        "/peta".to_owned(),
        "/prioritas".to_owned(),
        "/cakupan".to_owned(),
        "/pemadanan".to_owned(),
        "/mutu-data".to_owned(),
        "/unduh".to_owned(),
        format!("/unduh/{desa}/desa.csv"),
        format!("/unduh/{desa}/desa.geojson"),
        "/cari?q=panggarangan".to_owned(),
    ] {
        let seen = browser.get(&path).await;
        assert_eq!(seen.status, 200, "{path}");
        for found in codes(&seen.body) {
            assert_eq!(found, code(desa), "{path} leads to {found}");
        }
        for found in attributes(&seen.body, "data-code") {
            assert_eq!(found, desa, "{path} draws {found}");
        }
    }
    assert_eq!(browser.get("/wilayah/36.02.02").await.status, 404);
    assert_eq!(browser.get("/wilayah/36.02.02.2001").await.status, 404);
}

#[tokio::test]
async fn the_closed_house_tells_nobody_what_is_inside() {
    let mut nobody = Browser::new(&house().origin);
    for path in ["/", "/wilayah/36", "/wilayah/99", "/unduh/36/kabupaten.csv", "/cari?q=lebak"] {
        let seen = nobody.get(path).await;
        assert_eq!(seen.status, 303, "{path}");
        assert!(seen.location().starts_with("/masuk"), "{path}: {}", seen.location());
    }
    let door = nobody.get("/masuk").await.body;
    for word in ["0123456789abcdef", "Potret data", "Prakerja", "/peta", "/wilayah"] {
        assert!(!door.contains(word), "the door tells {word}");
    }
    let missing = nobody.get("/tiada").await;
    assert_eq!(missing.status, 404);
    assert!(!missing.body.contains("0123456789abcdef"));
}

/// A source that has two releases, told apart by their id.
struct Two;

impl SnapshotSource for Two {
    fn current(&self) -> Result<Arc<Release>, SourceError> {
        Ok(shared_release())
    }

    fn unsuppressed(&self, _: &Release) -> Result<Option<Arc<Release>>, SourceError> {
        let mut open = snapshot();
        open.manifest.id = "eeeeeeeeeeeeeeee".to_owned();
        Ok(Some(Arc::new(Release::open(open))))
    }
}

#[tokio::test]
async fn roles_that_may_see_small_numbers_get_them_and_nobody_else() {
    let mut settings = Settings { public: true, ..Settings::default() };
    settings.unsuppressed.insert(Role::DataOfficer);
    settings.policy.second_factor.clear();
    let accounts = accounts(settings.policy.clone(), Arc::new(Unheard));
    add(&accounts, "petugas", Role::DataOfficer, "36.02");
    add(&accounts, "pembaca", Role::Viewer, "36.02");
    let gate = Gate { accounts, settings: Arc::new(settings), vault: vault() };
    let origin = serve_source(gate, Arc::new(Two));
    let mut may = Browser::signed_in(&origin, "petugas").await;
    let mut may_not = Browser::signed_in(&origin, "pembaca").await;
    let mut nobody = Browser::new(&origin);
    for path in ["/wilayah/36.02", "/unduh/36.02/desa.csv", "/peta.svg?wilayah=36.02"] {
        for _ in 0..2 {
            let open = may.get(path).await;
            assert!(open.body.contains("eeeeeeeeeeeeeeee"), "{path}");
            for other in [&mut may_not, &mut nobody] {
                let seen = other.get(path).await;
                assert_eq!(seen.status, 200, "{path}");
                assert!(!seen.body.contains("eeeeeeeeeeeeeeee"), "{path} was given to another");
                assert!(!seen.body.contains("Angka kecil ditampilkan"), "{path}");
                assert!(!seen.header("content-disposition").contains("TERBATAS"), "{path}");
            }
            if path.starts_with("/wilayah") {
                assert!(open.body.contains("Angka kecil ditampilkan"));
            } else {
                assert!(open.header("content-disposition").contains("TERBATAS_tepat"), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_search_box_offers_the_names_of_what_exists_for_who_asks() {
    let mut browser = lebak().await;
    for path in ["/wilayah/36.02", "/cari", "/cari?q=tidakada"] {
        let body = browser.get(path).await.body;
        assert_eq!(body.matches("<datalist").count(), 1, "{path}");
        assert!(!body.contains("data-names"), "{path}: the list of the nation is not for Lebak");
        let list = between(&body, "<datalist id=\"nama-wilayah\">", "</datalist>");
        let names: Vec<&str> = attributes(&list, "value");
        let lebak = code("36.02");
        let catalog = RegionCatalog::shared().unwrap();
        let expected: Vec<&str> = std::iter::once(catalog.get(lebak).unwrap())
            .chain(catalog.children(lebak))
            .map(|region| region.name.as_str())
            .collect();
        assert_eq!(names, expected, "{path}");
        assert_eq!(names.len(), 1 + 28);
    }
}
