//! What people do in a browser, done in a browser: from the nation down to a desa by mouse and by
//! keyboard, sorting, downloading, without scripts, on a phone, with a screen reader's eyes.

use std::time::{Duration, Instant};

use chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams;

use crate::browser::{Tab, in_browser};
use crate::command::{Server, demo};

/// Every kind of page.
const PAGES: &[&str] = &[
    "/",
    "/wilayah/36",
    "/wilayah/36.02",
    "/wilayah/36.02.01",
    "/wilayah/36.02.01.2002",
    "/wilayah/31.74",
    "/wilayah/11",
    "/wilayah/11.01",
    "/peta",
    "/prioritas",
    "/cakupan",
    "/pemadanan",
    "/pemadanan?ukuran=irisan&tingkat=kecamatan&wilayah=36.02",
    "/mutu-data",
    "/metode",
    "/unduh",
    "/cari?q=serang",
    "/cari?q=",
];

/// Pages that refuse, each with an answer of its own.
const REFUSALS: &[&str] = &["/wilayah/99", "/wilayah/..%2f", "/wilayah/3602", "/tiada"];

fn server() -> Server {
    Server::start(&demo().join("store"))
}

fn area(path: &str) -> String {
    format!(".map-box a[href='{path}']")
}

fn row(path: &str) -> String {
    format!("table.regions tbody a[href='{path}']")
}

/// Addresses of the map's areas, in document order.
async fn areas(tab: &Tab) -> Vec<String> {
    tab.value("[...document.querySelectorAll('.map-box a')].map(a => a.getAttribute('href'))").await
}

async fn heading(tab: &Tab) -> String {
    tab.value("document.querySelector('h1').innerText.trim()").await
}

/// From Lebak's page to one of its kecamatan and one of its desa: their addresses.
async fn lebak_to_desa(tab: &Tab) -> (String, String) {
    let kecamatan = areas(tab).await;
    assert_eq!(kecamatan.len(), 28, "kecamatan of Lebak");
    let kecamatan = kecamatan[kecamatan.len() / 2].clone();
    tab.click_to(&row(&kecamatan), &kecamatan).await;
    let inside = format!("{kecamatan}.");
    let desa: Vec<String> =
        areas(tab).await.into_iter().filter(|d| d.starts_with(&inside)).collect();
    let desa = desa[desa.len() / 2].clone();
    tab.click_to(&area(&desa), &desa).await;
    (kecamatan, desa)
}

#[tokio::test]
async fn by_mouse_from_the_nation_to_a_desa_and_back_by_the_crumbs() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        tab.goto(&format!("{}/", server.origin)).await;
        tab.click_to(&area("/wilayah/36"), "/wilayah/36").await;
        assert_eq!(heading(&tab).await, "Banten");
        tab.click_to(&area("/wilayah/36.02"), "/wilayah/36.02").await;
        assert_eq!(heading(&tab).await, "Kabupaten Lebak");
        let (kecamatan, desa) = lebak_to_desa(&tab).await;
        assert!(desa.starts_with(&kecamatan), "{desa} is not in {kecamatan}");
        for up in [kecamatan.as_str(), "/wilayah/36.02", "/wilayah/36", "/"] {
            tab.click_to(&format!(".crumbs a[href='{up}']"), up).await;
        }
        let traffic = tab.take_traffic().await;
        assert_eq!(traffic.outside(&server.origin), Vec::<&String>::new());
        assert_eq!(traffic.complaints, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn by_keyboard_alone_from_the_nation_to_a_desa() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        tab.goto(&format!("{}/", server.origin)).await;
        assert_eq!(tab.tab_to("e.matches('a.skip')", 1).await, 1, "the first stop skips the menu");
        tab.press("Enter").await;
        tab.until("document.activeElement.id === 'isi'").await;
        for path in ["/wilayah/36", "/wilayah/36.02"] {
            let is_area = format!("e.matches({:?})", area(path));
            tab.tab_to(&is_area, 80).await;
            let label: String =
                tab.value("document.activeElement.getAttribute('aria-label')").await;
            assert!(label.contains("Banten") || label.contains("Lebak"), "{label}");
            tab.press("Enter").await;
            tab.arrived(path).await;
        }
        for level in ["kecamatan", "desa"] {
            tab.tab_to("e.matches('.map-box a')", 80).await;
            let path: String = tab.value("document.activeElement.getAttribute('href')").await;
            tab.press("Enter").await;
            tab.arrived(&path).await;
            assert!(path.starts_with("/wilayah/36.02."), "{level}: {path}");
        }
        let place = tab.place().await;
        assert_eq!(place.matches('.').count(), 3, "{place} is not a desa");
    })
    .await;
}

/// Numbers as the table shows them (`1.234,5`), by column; withheld and missing ones left out.
const COLUMN: &str = "column => [...document.querySelectorAll('table.regions tbody tr')]
    .map(row => row.children[column].firstChild.textContent.trim())
    .map(text => parseFloat(text.replace(/\\./g, '').replace(',', '.')))
    .filter(number => !Number.isNaN(number))";

#[tokio::test]
async fn the_table_sorts_by_link_both_ways() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        tab.goto(&format!("{}/wilayah/36.02", server.origin)).await;
        let mut ways = Vec::new();
        for _ in 0..2 {
            let link = "table.regions thead th:nth-child(8) a";
            let to: String = tab
                .value(&format!("new URL(document.querySelector({link:?}).href).pathname + new URL(document.querySelector({link:?}).href).search"))
                .await;
            tab.click_to(link, &to).await;
            let way: String = tab
                .value("document.querySelector('table.regions thead th:nth-child(8)').getAttribute('aria-sort')")
                .await;
            let numbers: Vec<f64> = tab.value(&format!("({COLUMN})(7)")).await;
            // Regions whose number is small show none.
            assert!(numbers.len() > 6, "{numbers:?}");
            let sorted = match way.as_str() {
                "ascending" => numbers.is_sorted_by(|a, b| a <= b),
                "descending" => numbers.is_sorted_by(|a, b| a >= b),
                other => panic!("aria-sort={other}"),
            };
            assert!(sorted, "{way}: {numbers:?}");
            ways.push(way);
        }
        ways.sort();
        assert_eq!(ways, ["ascending", "descending"], "the second click turns the order");
    })
    .await;
}

#[tokio::test]
async fn a_click_on_csv_brings_a_file_that_tells_where_it_is_from() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    in_browser(async |chromium| {
        chromium.keep_downloads(folder.path()).await;
        let tab = chromium.tab().await;
        tab.goto(&format!("{}/wilayah/36.02", server.origin)).await;
        let link = tab.element("main a[href$='.csv'][download]").await;
        link.click().await.unwrap();
        let begin = Instant::now();
        let file = loop {
            let ready = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .find(|path| path.extension().is_some_and(|e| e == "csv"));
            if let Some(path) = ready {
                break path;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "no file came");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("36.02.01") && text.contains("2023-03"), "{text}");
        assert!(text.lines().filter(|line| line.contains("36.02.")).count() >= 28);
        let id = std::fs::read_to_string(demo().join("store/CURRENT")).unwrap();
        assert!(text.contains(id.trim()), "the file does not name its snapshot");
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_page_passes_axe_asks_no_other_host_and_breaks_no_rule_of_its_own() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        let mut found = Vec::new();
        for path in PAGES.iter().chain(REFUSALS) {
            tab.goto(&format!("{}{path}", server.origin)).await;
            let traffic = tab.take_traffic().await;
            assert_eq!(traffic.outside(&server.origin), Vec::<&String>::new(), "{path}");
            let refused = REFUSALS.contains(path);
            if !refused {
                assert_eq!(traffic.complaints, Vec::<String>::new(), "{path}");
            }
            let status = traffic.answers.iter().find(|(url, _)| url.ends_with(path)).map(|a| a.1);
            let expected = if refused { 400..500 } else { 200..201 };
            assert!(status.is_some_and(|s| expected.contains(&s)), "{path}: {status:?}");
            found
                .extend(tab.accessibility_violations().await.iter().map(|v| format!("{path} {v}")));
        }
        assert!(found.is_empty(), "{found:#?}");
    })
    .await;
}

#[tokio::test]
async fn on_a_phone_no_page_scrolls_sideways_or_fails_axe() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        let phone = SetDeviceMetricsOverrideParams::new(390, 844, 1.0, true);
        tab.page.execute(phone).await.unwrap();
        let mut found = Vec::new();
        for path in PAGES {
            tab.goto(&format!("{}{path}", server.origin)).await;
            let width: i64 = tab.value("document.documentElement.scrollWidth").await;
            if width > 390 {
                found.push(format!("{path} is {width} px wide"));
            }
            found
                .extend(tab.accessibility_violations().await.iter().map(|v| format!("{path} {v}")));
        }
        assert!(found.is_empty(), "{found:#?}");
    })
    .await;
}

/// Everything of a page that carries a figure or leads on.
const CONTENT: &str = "[...document.querySelectorAll('h1, h2, td, th, dd, dt, .card, caption, main a')]
    .map(e => e.tagName + ' ' + (e.getAttribute('href') || '') + ' ' + e.textContent.replace(/\\s+/g, ' ').trim())
    .filter(text => !text.includes('map-box'))";

#[tokio::test]
async fn without_javascript_every_page_says_the_same() {
    let server = server();
    in_browser(async |chromium| {
        let (with, without) = (chromium.tab().await, chromium.tab().await);
        without.scripts(false).await;
        for path in PAGES {
            let address = format!("{}{path}", server.origin);
            with.goto(&address).await;
            without.goto(&address).await;
            assert_eq!(areas(&with).await, areas(&without).await, "{path}: areas of the map");
            // The script takes the native tip away where it shows its own: same words, other place.
            let strip =
                "document.querySelectorAll('.map-box title, .tip').forEach(e => e.remove()), true";
            for tab in [&with, &without] {
                assert!(tab.value::<bool>(strip).await);
            }
            let (one, other): (Vec<String>, Vec<String>) =
                (with.value(CONTENT).await, without.value(CONTENT).await);
            assert!(one.len() > 5, "{path}: {one:?}");
            assert_eq!(one, other, "{path}");
        }
        // And a page that only a link leads to, without a script.
        without.goto(&format!("{}/wilayah/36", server.origin)).await;
        without.click_to(&area("/wilayah/36.02"), "/wilayah/36.02").await;
    })
    .await;
}

#[tokio::test]
async fn every_kabupaten_page_weighs_at_most_150_kb_with_all_it_needs() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        let mut weights = Vec::new();
        for province in ["/wilayah/31", "/wilayah/36"] {
            tab.goto(&format!("{}{province}", server.origin)).await;
            for path in areas(&tab).await {
                tab.take_traffic().await;
                tab.goto(&format!("{}{path}", server.origin)).await;
                weights.push((tab.take_traffic().await.wire_bytes, path));
            }
        }
        weights.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert_eq!(weights.len(), 14);
        println!("heaviest kabupaten pages, bytes over the wire: {:?}", &weights[..3]);
        assert!(weights[0].0 <= 150_000.0, "{weights:?}");
        assert!(weights[13].0 > 5_000.0, "nothing was measured: {weights:?}");
    })
    .await;
}

#[tokio::test]
async fn the_search_box_gets_its_names_when_it_is_entered_and_not_before() {
    let server = server();
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        tab.goto(&format!("{}/wilayah/36", server.origin)).await;
        let names = "document.querySelectorAll('#nama-wilayah option').length";
        assert_eq!(tab.value::<u32>(names).await, 0);
        tab.tab_to("e.id === 'q'", 5).await;
        tab.until(&format!("{names} === 552")).await;
        assert!(tab.value::<bool>("document.getElementById('q').list !== null").await);
        let traffic = tab.take_traffic().await;
        assert_eq!(traffic.complaints, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_page_says_in_indonesian_how_the_linkage_was_trained() {
    let server = server();
    let page = reqwest::get(format!("{}/pemadanan", server.origin)).await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("dihitung pada") && !page.contains("counted on"), "{page}");
}
