//! The pages as a browser gets them: a server on a free port over the shared fixture.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, mpsc};

use reqwest::header::{HeaderMap, HeaderValue};
use tepat::disclosure::{Cell, Release};
use tepat::domain::{IndicatorId, Level};
use tepat::labels;
use tepat::regions::RegionCatalog;
use tepat::web::{Site, SnapshotSource, SourceError, serve};

use super::door::open_gate;
use super::fixture::{SMALL, code, release, shared_release, snapshot};

/// A source whose release a test can exchange or take away.
pub struct Exchange(Mutex<Result<Arc<Release>, SourceError>>);

impl SnapshotSource for Exchange {
    fn current(&self) -> Result<Arc<Release>, SourceError> {
        self.0.lock().unwrap().clone()
    }
}

pub fn source() -> Arc<Exchange> {
    Arc::new(Exchange(Mutex::new(Ok(shared_release()))))
}

/// One server for all tests, in a thread of its own because each test has its own runtime.
pub fn base() -> &'static str {
    static BASE: OnceLock<String> = OnceLock::new();
    BASE.get_or_init(|| serve_release(release()))
}

/// Serves a release until the tests end; its address.
pub fn serve_release(release: Release) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let source = Arc::new(Exchange(Mutex::new(Ok(Arc::new(release)))));
            let (server, address) = serve("127.0.0.1:0", source, open_gate()).unwrap();
            tell.send(format!("http://{address}")).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}

pub struct Got {
    pub status: u16,
    headers: HeaderMap,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_map_says_how_many_regions_have_no_polygon() {
    let said = "belum mempunyai poligon: tidak digambar, tetapi ada dalam tabel";
    let pariaman = get("/peta?wilayah=13.12&tingkat=desa").await;
    assert!(pariaman.body.contains(said), "{}", &pariaman.body[..2000]);
    assert!(get("/peta.svg?wilayah=13.12&tingkat=desa").await.body.contains("belum mempunyai"));
    assert!(!get("/peta?wilayah=36.02&tingkat=desa").await.body.contains(said));
}

pub async fn get(path: &str) -> Got {
    get_with(path, &[]).await
}

async fn get_with(path: &str, headers: &[(&'static str, &str)]) -> Got {
    let mut request = reqwest::Client::new().get(format!("{}{path}", base()));
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_str(value).unwrap());
    }
    let response = request.send().await.unwrap();
    Got {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned(),
    }
}

pub async fn page(path: &str) -> String {
    let got = get(path).await;
    assert_eq!(got.status, 200, "{path}: {}", text_of(&between(&got.body, "<main", "</main>")));
    got.body
}

pub fn between(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).map_or(0, |at| at + start.len());
    let to = text[from..].find(end).map_or(text.len(), |at| from + at);
    text[from..to].to_owned()
}

/// What is left of markup without its tags.
pub fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let plain = text.replace("&#60;", "<").replace("&#39;", "'");
    let plain = plain.replace("&#38;", "&").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All values of an attribute.
pub fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!(" {name}=\"");
    html.match_indices(&mark)
        .filter_map(|(at, _)| html[at + mark.len()..].split('"').next())
        .collect()
}

fn heading(html: &str) -> String {
    text_of(&between(&between(html, "<h1", "</h1>"), ">", "\u{0}"))
}

/// The body rows of the sortable table: code, then the text of each cell.
fn rows(html: &str) -> Vec<(String, Vec<String>)> {
    let body = between(&between(html, "data-table", "</table>"), "<tbody>", "</tbody>");
    body.split("<tr ")
        .skip(1)
        .map(|row| {
            let code = between(row, "data-code=\"", "\"");
            let cells = row.split("<td").skip(1).map(|cell| {
                let cell = between(&format!("<td{cell}"), ">", "</td>");
                text_of(cell.rsplit("</span>").next().unwrap_or_default())
            });
            (code, cells.collect())
        })
        .collect()
}

const PAGES: [(&str, &str); 25] = [
    ("/", "Kemiskinan ekstrem di Indonesia"),
    ("/wilayah/36", "Banten"),
    ("/wilayah/36.02", "Kabupaten Lebak"),
    ("/wilayah/36.02.02", "Panggarangan"),
    ("/wilayah/36.02.02.2002", "Panggarangan"),
    ("/wilayah/32", "Jawa Barat"),
    ("/wilayah/32.04", "Kabupaten Bandung"),
    ("/peta", "Peta: "),
    ("/peta?indikator=p0&tingkat=kecamatan&wilayah=36", "Peta: "),
    ("/peta?indikator=survei-p0&tingkat=provinsi", "Peta: "),
    ("/prioritas", "Lokasi prioritas"),
    ("/prioritas?tingkat=desa&wilayah=36.02&urut=jumlah", "Lokasi prioritas"),
    ("/cakupan", "Cakupan program"),
    ("/cakupan?program=kjp_plus&tingkat=kecamatan&wilayah=31", "Cakupan program: Kartu Jakarta"),
    ("/pemadanan", "Pemadanan antarregister"),
    ("/pemadanan?register=dtks&ukuran=irisan&wilayah=36.02&tingkat=desa", "Pemadanan"),
    ("/mutu-data", "Mutu data"),
    ("/metode", "Metode dan definisi"),
    ("/unduh", "Unduh angka"),
    ("/cari?q=lebak", "Cari wilayah"),
    ("/cari?q=1101", "Cari wilayah"),
    ("/cari?q=sidomulyo&halaman=2", "Cari wilayah"),
    ("/wilayah/91.01", "91.01: Kabupaten Merauke"),
    ("/wilayah/93", "Papua Selatan"),
    ("/wilayah/96.04", "Kabupaten Tambrauw"),
];

#[tokio::test]
async fn every_page_answers_with_its_heading() {
    for (path, head) in PAGES {
        let body = page(path).await;
        let found = heading(&body);
        assert!(found.to_lowercase().contains(&head.to_lowercase()), "{path}: heading '{found}'");
        assert_eq!(body.matches("<h1").count(), 1, "{path}");
        assert!(body.contains("<html lang=\"id\">"), "{path}");
        assert!(body.contains("Data sintetis."), "{path}: no banner");
        assert!(body.contains("0123456789abcdef"), "{path}: no snapshot id");
    }
}

#[tokio::test]
async fn headings_never_skip_a_level() {
    for (path, _) in PAGES {
        let body = page(path).await;
        let levels: Vec<u32> = body
            .match_indices("<h")
            .filter_map(|(at, _)| body[at + 2..].chars().next()?.to_digit(10))
            .collect();
        assert_eq!(levels.first(), Some(&1), "{path}");
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{path}: h{} after h{}", pair[1], pair[0]);
        }
    }
}

#[tokio::test]
async fn ids_are_unique_on_a_page() {
    for (path, _) in PAGES {
        let body = page(path).await;
        let ids = attributes(&body, "id");
        let unique: BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{path}");
    }
}

#[tokio::test]
async fn every_link_of_a_crawl_answers() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut queue: VecDeque<String> = VecDeque::from(["/".to_owned(), "/peta".to_owned()]);
    let client = reqwest::Client::new();
    let mut visited = 0;
    while let Some(path) = queue.pop_front() {
        if !seen.insert(path.clone()) || visited >= 300 {
            continue;
        }
        visited += 1;
        let response = client.get(format!("{}{path}", base())).send().await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(status, 200, "{path}");
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        if !kind.starts_with("text/html") {
            continue;
        }
        let body = response.text().await.unwrap();
        for href in attributes(&body, "href") {
            let href = href.replace("&amp;", "&").replace("&#38;", "&");
            let (address, fragment) = href.split_once('#').unwrap_or((&href, ""));
            if address.is_empty() {
                assert!(body.contains(&format!("id=\"{fragment}\"")), "{path}: #{fragment}");
                continue;
            }
            assert!(address.starts_with('/'), "{path}: {href} leads to another host");
            // Far-away desa files are made by the same code as near ones.
            if !seen.contains(address) && !address.contains("/ID/desa.") {
                queue.push_back(address.to_owned());
            }
        }
    }
    assert!(visited >= 300, "only {visited} pages were found");
}

#[tokio::test]
async fn nothing_is_inline_and_nothing_comes_from_another_host() {
    for (path, _) in PAGES {
        let got = get(path).await;
        let policy = got.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        let body = got.body;
        assert!(attributes(&body, "style").is_empty(), "{path}: a style attribute");
        assert!(!body.contains("<style"), "{path}: an inline style sheet");
        assert!(!body.contains("javascript:"), "{path}");
        for (at, _) in body.match_indices("<script") {
            assert!(body[at..].starts_with("<script src=\"/static/"), "{path}: an inline script");
        }
        let handlers = ["onclick", "onload", "onerror", "onmouseover", "onfocus"];
        assert!(handlers.iter().all(|name| attributes(&body, name).is_empty()), "{path}");
        for name in ["href", "src", "action"] {
            for value in attributes(&body, name) {
                assert!(
                    value.starts_with('/') && !value.starts_with("//") || value.starts_with('#'),
                    "{path}: {name}={value}"
                );
            }
        }
    }
}

#[tokio::test]
async fn pages_and_assets_are_not_sent_twice() {
    let css = between(&page("/").await, "rel=\"stylesheet\" href=\"", "\"");
    for path in ["/wilayah/36.02", css.as_str()] {
        let first = get(path).await;
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty(), "{path}");
        let again = get_with(path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let other = get_with(path, &[("if-none-match", "W/\"x\"")]).await;
        assert_eq!(other.status, 200, "{path}");
    }
    assert!(get(&css).await.header("cache-control").contains("immutable"));
    assert_eq!(get("/wilayah/36.02").await.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn bodies_are_compressed_for_those_who_can_read_them() {
    for (accepted, encoding) in [("gzip, deflate, br", "gzip"), ("br", "br"), ("identity", "")] {
        let got = get_with("/wilayah/36.02", &[("accept-encoding", accepted)]).await;
        assert_eq!(got.header("content-encoding"), encoding, "{accepted}");
        assert!(got.header("vary").to_lowercase().contains("accept-encoding"), "{accepted}");
    }
}

#[tokio::test]
async fn sorting_sorts() {
    let release = release();
    let rate = |text: &str| {
        release.cell(code(text), IndicatorId::ExtremeRate).value().unwrap_or(f64::NEG_INFINITY)
    };
    for (way, path) in [
        ("turun", "/wilayah/36.02?urut=miskin-ekstrem&arah=turun"),
        ("naik", "/wilayah/36.02?urut=miskin-ekstrem&arah=naik"),
    ] {
        let body = page(path).await;
        let codes: Vec<String> = rows(&body).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), 28);
        for pair in codes.windows(2) {
            let (a, b) = (rate(&pair[0]), rate(&pair[1]));
            assert!(if way == "turun" { a >= b } else { a <= b }, "{path}: {pair:?}");
        }
        assert!(body.contains(if way == "turun" { "descending" } else { "ascending" }));
    }
    let natural = rows(&page("/wilayah/36.02").await);
    let mut sorted = natural.clone();
    sorted.sort();
    assert_eq!(natural, sorted, "without an order the codes are the order");
}

#[tokio::test]
async fn map_table_and_release_say_the_same() {
    let release = release();
    for (path, id) in [
        ("/wilayah/36.02", IndicatorId::ExtremeRate),
        ("/wilayah/36.02.01?indikator=p0", IndicatorId::Headcount),
        (
            "/peta?indikator=jiwa-miskin-ekstrem&tingkat=kecamatan&wilayah=31",
            IndicatorId::ExtremePersons,
        ),
        ("/cakupan?program=pkh&tingkat=kabupaten&wilayah=36", IndicatorId::Coverage(0)),
    ] {
        let body = page(path).await;
        let column = heads(&body).iter().position(|key| *key == column_key(id)).unwrap();
        let labels_of_map = map_labels(&body);
        let rows = rows(&body);
        assert!(!rows.is_empty(), "{path}");
        for (row_code, cells) in &rows {
            let expected = labels::value(id, release.cell(code(row_code), id));
            let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(cells[column], expected, "{path}: {row_code} in the table");
            let shown = &labels_of_map.iter().find(|(c, _)| c == row_code).unwrap().1;
            assert!(shown.ends_with(&format!(": {expected}")), "{path}: {row_code} says {shown}");
        }
    }
}

fn column_key(id: IndicatorId) -> &'static str {
    match id {
        IndicatorId::ExtremeRate => "miskin-ekstrem",
        IndicatorId::ExtremePersons => "jiwa-miskin-ekstrem",
        IndicatorId::Headcount => "p0",
        _ => "cakupan",
    }
}

/// The keys of the columns after the name, out of their links.
fn heads(html: &str) -> Vec<String> {
    let head = between(&between(html, "data-table", "</table>"), "<thead>", "</thead>");
    let head = head.replace("&amp;", "&").replace("&#38;", "&");
    head.split("urut=").skip(2).map(|rest| rest.split('&').next().unwrap().to_owned()).collect()
}

/// Code and label of every area of the map.
fn map_labels(html: &str) -> Vec<(String, String)> {
    let svg = between(html, "class=\"areas\"", "class=\"outline\"");
    svg.split("<a ")
        .skip(1)
        .map(|area| {
            let label = between(area, "aria-label=\"", "\"");
            let label = label.replace("&amp;", "&").replace("&#38;", "&").replace("&#39;", "'");
            let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
            (between(area, "data-code=\"", "\""), label)
        })
        .collect()
}

#[tokio::test]
async fn a_suppressed_region_is_named_but_never_counted() {
    let (release, snapshot) = (release(), snapshot());
    let known = |text: &&str| RegionCatalog::shared().unwrap().get(code(text)).is_some();
    assert!(SMALL.iter().filter(|text| known(text)).count() >= 2);
    for small in SMALL.into_iter().filter(known) {
        let small = code(small);
        assert_eq!(release.cell(small, IndicatorId::Families), Cell::Suppressed);
        let parent = small.parent().unwrap();
        let own = page(&format!("/wilayah/{small}")).await;
        assert!(own.contains("Dirahasiakan."), "{small}");
        assert!(!own.contains("id=\"program\""), "{small}: programme figures of a withheld region");
        for path in [format!("/wilayah/{small}"), format!("/wilayah/{parent}")] {
            let body = page(&path).await;
            let (_, cells) =
                rows(&body).into_iter().find(|(c, _)| *c == small.to_string()).unwrap();
            assert!(cells.iter().all(|cell| cell == labels::SUPPRESSED), "{path}: {cells:?}");
            let area =
                map_labels(&body).into_iter().find(|(c, _)| *c == small.to_string()).unwrap();
            assert!(area.1.ends_with(labels::SUPPRESSED), "{path}: {}", area.1);
        }
        let list = page(&format!("/prioritas?tingkat=desa&wilayah={parent}")).await;
        let ranked = between(&list, "data-table", "</table>");
        assert!(!ranked.contains(&format!("data-code=\"{small}\"")), "{small} is ranked");
        let cover = page(&format!("/cakupan?program=pkh&tingkat=desa&wilayah={parent}")).await;
        let (_, cells) = rows(&cover).into_iter().find(|(c, _)| *c == small.to_string()).unwrap();
        assert!(cells.iter().all(|cell| cell == labels::SUPPRESSED), "{small}: {cells:?}");
        let persons = snapshot.region(small).unwrap().n_persons;
        let file = page(&format!("/unduh/{parent}/desa.csv?indikator=penduduk")).await;
        let line = file.lines().find(|line| line.contains(&small.to_string())).unwrap();
        assert!(!line.split(',').any(|field| field == persons.to_string()), "{line}");
    }
}

#[tokio::test]
async fn a_desa_is_shown_among_its_siblings() {
    let body = page("/wilayah/36.02.02.2002").await;
    assert!(body.contains("class=\"highlighted\""));
    assert_eq!(body.matches("class=\"here\"").count(), 1);
    let catalog = RegionCatalog::shared().unwrap();
    assert_eq!(rows(&body).len(), catalog.children(code("36.02.02")).count());
}

#[tokio::test]
async fn a_long_table_comes_in_pages_without_losing_a_row() {
    let all: BTreeSet<String> = RegionCatalog::shared()
        .unwrap()
        .inside(code("36.02"), Level::Desa)
        .map(|region| region.code.to_string())
        .collect();
    let mut met = BTreeSet::new();
    for number in 1..=all.len().div_ceil(200) {
        let body = page(&format!("/peta?tingkat=desa&wilayah=36.02&halaman={number}")).await;
        met.extend(rows(&body).into_iter().map(|(code, _)| code));
    }
    assert_eq!(met, all);
}

#[tokio::test]
async fn the_two_numbers_stand_side_by_side_with_their_reasons() {
    let lebak = text_of(&page("/wilayah/36.02").await);
    assert!(lebak.contains("8,68 %") || lebak.contains("8,68\u{a0}%"), "survey P0 of Lebak");
    let pandeglang = page("/wilayah/36.02.02").await;
    assert!(pandeglang.contains("BPS tidak menerbitkan angka kemiskinan di bawah tingkat"));
    let serang = page("/wilayah/36.73").await;
    assert!(serang.contains("galat penarikan contohnya terlalu tinggi"));
}

#[tokio::test]
async fn a_province_without_registry_data_shows_the_survey() {
    let body = page("/wilayah/32").await;
    assert!(body.contains("menurut survei BPS") && body.contains("Tidak ada data registri"));
    let (_, bogor) = map_labels(&body).into_iter().find(|(c, _)| c == "32.01").unwrap();
    assert_eq!(bogor, "Kabupaten Bogor: 7,27 %");
    let home = page("/").await;
    assert!(!home.contains("poin persen"), "some provinces are compared with the whole nation");
}

#[tokio::test]
async fn downloads_carry_what_they_are_in_their_names() {
    for (path, kind) in [
        ("/unduh/36/kabupaten.csv", "text/csv"),
        ("/unduh/36.02/kecamatan.xlsx?indikator=p0,p1", "application/vnd.openxml"),
        ("/unduh/31.71/kecamatan.geojson?indikator=p0&indikator=p1", "application/geo+json"),
        ("/peta.svg?indikator=p0&tingkat=kabupaten&wilayah=36", "image/svg+xml"),
    ] {
        let got = get(path).await;
        assert_eq!(got.status, 200, "{path}");
        assert!(got.header("content-type").starts_with(kind), "{path}");
        let name = got.header("content-disposition");
        assert!(name.contains("2023-03_0123456789abcdef"), "{path}: {name}");
    }
}

#[tokio::test]
async fn the_largest_kabupaten_page_is_at_most_150_kilobytes_with_all_its_assets() {
    let gzip = [("accept-encoding", "gzip")];
    let body = page("/wilayah/36.03").await;
    let mut total = weight("/wilayah/36.03", &gzip).await;
    for asset in attributes(&body, "href").into_iter().chain(attributes(&body, "src")) {
        if asset.starts_with("/static/") {
            total += weight(asset, &gzip).await;
        }
    }
    assert!(total <= 150_000, "{total} bytes");
}

async fn weight(path: &str, headers: &[(&'static str, &str)]) -> usize {
    let mut request = reqwest::Client::new().get(format!("{}{path}", base()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let length = request.send().await.unwrap().bytes().await.unwrap().len();
    println!("{path}: {length} bytes over the wire");
    length
}

#[tokio::test]
async fn many_clients_at_once_meet_no_error() {
    let client = reqwest::Client::new();
    let paths = ["/", "/wilayah/36", "/wilayah/36.02", "/prioritas", "/static/tepat.js"];
    let asked = (0..200).map(|n| {
        let request = client.get(format!("{}{}", base(), paths[n % paths.len()]));
        async move { request.send().await.map(|response| response.status().as_u16()) }
    });
    for status in futures::future::join_all(asked).await {
        assert_eq!(status.unwrap(), 200);
    }
}

#[test]
fn another_snapshot_is_taken_over_and_a_damaged_one_is_not() {
    let source = source();
    let site = Site::open(source.as_ref(), open_gate()).unwrap();
    assert!(!site.refresh(source.as_ref()).unwrap(), "nothing has changed");
    *source.0.lock().unwrap() = Err(SourceError("manifest.json is cut off".to_owned()));
    assert!(site.refresh(source.as_ref()).is_err());
    *source.0.lock().unwrap() = Ok(Arc::new(release()));
    assert!(site.refresh(source.as_ref()).unwrap());
}

#[test]
fn a_taken_address_and_a_missing_snapshot_are_errors() {
    let empty = Arc::new(Exchange(Mutex::new(Err(SourceError("no snapshot".to_owned())))));
    let served = serve("127.0.0.1:0", empty, open_gate());
    assert!(served.is_err_and(|e| e.to_string().contains("no snapshot")));
    assert!(serve("kacau", source(), open_gate()).is_err());
}

#[tokio::test]
async fn robots_and_health_are_plain_text() {
    assert!(page("/robots.txt").await.contains("Disallow: /cari"));
    let health = get("/sehat").await;
    assert!(health.body.starts_with("sehat\nsnapshot 0123456789abcdef"));
    assert_eq!(health.header("cache-control"), "no-store");
}

/// For looking at the pages with a browser: `cargo test --release --test it serve_the -- --ignored`.
#[tokio::test]
#[ignore = "serves until it is stopped"]
async fn serve_the_fixture_to_be_looked_at() {
    let (server, address) = serve("127.0.0.1:8123", source(), open_gate()).unwrap();
    println!("http://{address}");
    server.await.unwrap();
}
