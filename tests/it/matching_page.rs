//! What linkage found, from the tables to the page and the files: the same numbers everywhere, and
//! none that is hidden can be worked out from those that are shown.

use std::collections::BTreeMap;

use tepat::disclosure::{Cell, Count, MatchColumn, MatchMeasure, RegionStatus, Release};
use tepat::domain::{IndicatorId, Level, RegionCode, Registry};
use tepat::labels;
use tepat::regions::RegionCatalog;
use tepat::snapshot::Snapshot;

use super::fixture::{SMALL, code, release, snapshot};
use super::web::{between, get, page, text_of};

/// Every number that a reader could put into sums: region, what it counts, and how it is shown.
type Numbers = BTreeMap<(RegionCode, String), Count>;

fn shown(release: &Release, whole: &Snapshot) -> Numbers {
    let mut numbers = Numbers::new();
    for row in &whole.regions {
        for a in Registry::ALL {
            let outcomes = release.matches(row.code, a);
            for column in MatchColumn::ALL {
                let name = format!("{} {}", a.slug(), column.slug());
                numbers.insert((row.code, name), outcomes.get(column));
            }
            for b in Registry::ALL.into_iter().filter(|b| *b >= a) {
                let name = format!("{}+{}", a.slug(), b.slug());
                numbers.insert((row.code, name), release.overlap(row.code, a, b));
            }
        }
    }
    numbers
}

/// Least and most that a reader knows of a number by itself.
fn bounds(count: Count) -> (i64, i64) {
    match count {
        Count::Value(n) => (n as i64, n as i64),
        Count::Withheld => (0, i64::MAX / 1_000_000),
    }
}

/// How many values the sum leaves to each of its hidden terms.
fn freedom(total: Count, parts: &[Count]) -> Vec<i64> {
    let of_parts: Vec<(i64, i64)> = parts.iter().map(|p| bounds(*p)).collect();
    let (least, most): (i64, i64) =
        of_parts.iter().fold((0, 0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
    let of_total = bounds(total);
    let mut free = Vec::new();
    if total.value().is_none() {
        free.push(of_total.1.min(most) - of_total.0.max(least) + 1);
    }
    for (_, b) in parts.iter().zip(&of_parts).filter(|(part, _)| part.value().is_none()) {
        let (from, to) = (of_total.0 - (most - b.1), of_total.1 - (least - b.0));
        let all = b.1.min(to) - b.0.max(from) + 1;
        free.push(all);
    }
    free
}

/// Every sum that a reader could set up: children under a parent, outcomes of a row.
fn sums(whole: &Snapshot, numbers: &Numbers) -> Vec<(String, Count, Vec<Count>)> {
    let mut sums = Vec::new();
    for (key, total) in numbers {
        let (code, name) = key;
        if let Some(level) = code.level().child() {
            let children: Vec<Count> = whole
                .inside(*code, level)
                .map(|child| numbers[&(child.code, name.clone())])
                .collect();
            sums.push((format!("{code} {name}"), *total, children));
        }
        let Some(registry) = name.strip_suffix(" rows") else { continue };
        let at = |column: &MatchColumn| numbers[&(*code, format!("{registry} {}", column.slug()))];
        let links = MatchColumn::LINKS.iter().map(at).collect();
        sums.push((format!("{code} {registry} links"), at(&MatchColumn::Linked), links));
        let rest = MatchColumn::OUTCOMES[3..].iter().chain([&MatchColumn::Linked]);
        sums.push((format!("{code} {registry} rows"), *total, rest.map(at).collect()));
        let all = MatchColumn::OUTCOMES.iter().map(at).collect();
        sums.push((format!("{code} {registry} outcomes"), *total, all));
    }
    sums
}

/// A snapshot with few rows a desa and a higher threshold: many small numbers.
pub fn sparse(m: u64) -> Snapshot {
    let mut whole = snapshot();
    whole.manifest.min_families = m;
    let thin = |n: u64| n / 60;
    for row in whole.matching.iter_mut().filter(|r| r.code.level() == Level::Desa) {
        let c = &mut row.counts;
        let mut v = c.values().map(thin);
        v[0] = v[1..9].iter().sum();
        *c = tepat::domain::MatchCounts::from_values(v);
    }
    for row in whole.overlaps.iter_mut().filter(|r| r.code.level() == Level::Desa) {
        row.persons = thin(row.persons);
    }
    let desa: Vec<_> =
        whole.matching.iter().filter(|r| r.code.level() == Level::Desa).copied().collect();
    for row in whole.matching.iter_mut().filter(|r| r.code.level() < Level::Desa) {
        row.counts = Default::default();
        let inside =
            desa.iter().filter(|d| d.registry == row.registry && row.code.contains(d.code));
        inside.for_each(|d| row.counts.add(&d.counts));
    }
    let desa: Vec<_> =
        whole.overlaps.iter().filter(|r| r.code.level() == Level::Desa).copied().collect();
    for row in whole.overlaps.iter_mut().filter(|r| r.code.level() < Level::Desa) {
        let inside =
            desa.iter().filter(|d| (d.a, d.b) == (row.a, row.b) && row.code.contains(d.code));
        row.persons = inside.map(|d| d.persons).sum();
    }
    whole
}

#[test]
fn no_hidden_number_can_be_worked_out_from_a_sum() {
    for (whole, m) in [(snapshot(), 5), (sparse(5), 5), (sparse(10), 10), (sparse(3), 3)] {
        let release = Release::new(whole.clone());
        let numbers = shown(&release, &whole);
        let (mut hidden, mut printed) = (0, 0);
        for (place, total, parts) in sums(&whole, &numbers) {
            let free = freedom(total, &parts);
            let printed_parts: u64 = parts.iter().filter_map(|p| p.value()).sum();
            if total == Count::Value(printed_parts) {
                // What is withheld here is nothing at all, which may be known.
                continue;
            }
            assert!(free.iter().all(|n| *n >= 2), "{place}: {total:?} = {parts:?} leaves {free:?}");
            if let (Some(total), false) = (total.value(), free.is_empty()) {
                let rest = total - printed_parts;
                assert!(free.len() >= 2, "{place}: one hidden number in a sum");
                assert!(rest >= m as u64, "{place}: the hidden ones are {rest}");
            }
            hidden += free.len();
            printed += parts.iter().filter(|p| p.value().is_some()).count();
        }
        // Where numbers are this small the rests are too, and hide as much again.
        assert!(hidden > 100 && 3 * printed > hidden, "{hidden} hidden, {printed} printed");
    }
}

#[test]
fn every_small_number_is_hidden_and_every_printed_one_is_true() {
    let whole = sparse(5);
    let release = Release::new(whole.clone());
    let (mut small, mut hidden) = (0, 0);
    for row in &whole.matching {
        let shown = release.matches(row.code, row.registry);
        for (column, value) in MatchColumn::ALL.into_iter().zip(row.counts.values()) {
            match shown.get(column) {
                Count::Value(n) => assert!(n == value && !(1..5).contains(&n), "{row:?}"),
                Count::Withheld => hidden += 1,
            }
            small += u64::from((1..5).contains(&value));
        }
    }
    assert!(small > 0 && hidden >= small, "{small} {hidden}");
    for row in &whole.overlaps {
        if let Count::Value(n) = release.overlap(row.code, row.b, row.a) {
            assert!(n == row.persons && !(1..5).contains(&n), "{row:?}");
        }
    }
}

#[test]
fn of_a_withheld_region_no_number_of_linkage_is_shown_not_even_a_zero() {
    let release = release();
    for small in SMALL.into_iter().map(code) {
        if release.status(small) != RegionStatus::Suppressed {
            continue;
        }
        for a in Registry::ALL {
            let shown = release.matches(small, a);
            assert!(MatchColumn::ALL.iter().all(|c| shown.get(*c) == Count::Withheld));
            assert_eq!(release.match_cell(small, MatchMeasure::Linked(a)), Cell::Suppressed);
            assert!(Registry::ALL.iter().all(|b| release.overlap(small, a, *b) == Count::Withheld));
        }
    }
}

#[test]
fn the_rate_over_all_registries_does_not_tell_a_hidden_number_of_linked_rows() {
    let whole = sparse(10);
    let release = Release::new(whole.clone());
    let mut withheld = 0;
    for row in whole.regions.iter().filter(|r| release.status(r.code) == RegionStatus::Published) {
        let hidden = Registry::ALL.into_iter().skip(1).any(|registry| {
            release.matches(row.code, registry).get(MatchColumn::Linked).value().is_none()
        });
        let cell = release.cell(row.code, IndicatorId::MatchRate);
        assert_eq!(cell == Cell::Suppressed, hidden, "{}", row.code);
        withheld += usize::from(hidden);
    }
    assert!(withheld > 0);
}

/// Cells of the table of outcomes, by registry.
fn outcomes(body: &str) -> BTreeMap<String, Vec<String>> {
    let table = between(body, "<table class=\"outcomes\">", "</table>");
    let rows = between(&table, "<tbody>", "</tbody>");
    rows.split("<tr>")
        .skip(1)
        .map(|row| {
            let name = text_of(row.split("<td").next().unwrap());
            let cells = row.split("<td").skip(1);
            (name, cells.map(|c| text_of(&between(&format!("<td{c}"), ">", "</td>"))).collect())
        })
        .collect()
}

#[tokio::test]
async fn the_page_says_what_the_release_says() {
    let release = release();
    let plain = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for scope in ["ID", "36", "36.02", "36.02.02"] {
        let body = page(&format!("/pemadanan?wilayah={scope}")).await;
        let table = outcomes(&body);
        assert_eq!(table.len(), 8, "{scope}");
        for registry in Registry::ALL {
            let shown = release.matches(code(scope), registry);
            let name = labels::registry(registry);
            let (_, cells) = table.iter().find(|(row, _)| row.starts_with(name)).unwrap();
            let wanted = [MatchColumn::Rows, MatchColumn::Linked];
            for (column, cell) in wanted.into_iter().chain(MatchColumn::OUTCOMES).zip(cells) {
                let count = plain(labels::count(shown.get(column)));
                assert!(cell.starts_with(&count), "{scope} {name} {column:?}: {cell}, not {count}");
                let share = match shown.of_rows(column) {
                    share @ Cell::Value(_) if column != MatchColumn::Rows => {
                        labels::match_share(share)
                    }
                    _ => String::new(),
                };
                assert!(cell.ends_with(&plain(share)), "{scope} {name} {column:?}: {cell}");
            }
        }
    }
}

#[tokio::test]
async fn the_map_the_table_and_the_files_say_the_same() {
    let release = release();
    for (slug, measure) in [
        ("terpadankan", MatchMeasure::Linked(Registry::Dtks)),
        ("karena-skor", MatchMeasure::ByScore(Registry::Dtks)),
        ("telaah", MatchMeasure::Pending(Registry::Dtks)),
        ("irisan", MatchMeasure::Overlap(Registry::Dtks, Registry::P3ke)),
    ] {
        let query = format!("register=dtks&lawan=p3ke&ukuran={slug}&tingkat=desa&wilayah=36.02.01");
        let body = page(&format!("/pemadanan?{query}")).await;
        let map = between(&body, "class=\"areas\"", "class=\"outline\"");
        let drawing = page(&format!("/pemadanan.svg?{query}")).await;
        let regions: Vec<RegionCode> = release.regions(code("36.02.01"), Level::Desa).collect();
        for region in &regions {
            let words = labels::match_share(release.match_cell(*region, measure));
            for svg in [&map, &drawing] {
                let mark = format!("data-code=\"{region}\"");
                let area = svg.split("<a ").find(|area| area.contains(&mark)).unwrap();
                assert!(area.contains(&format!(": {words}\"")), "{slug} {region}: {area}");
            }
            let row = between(&body, &format!("<tr data-code=\"{region}\""), "</tr>");
            assert!(row.contains(&format!("{words}</td>")), "{slug} {region}: {row}");
        }
        assert!(regions.iter().any(|r| release.match_cell(*r, measure).value().is_some()));
        assert!(drawing.contains("Data sintetis"), "{slug}: the drawing does not say what it is");
    }
}

#[tokio::test]
async fn prakerja_and_p3ke_are_the_example_and_any_pair_can_be_asked_for() {
    let finding = |body: &str| text_of(&between(body, "<p class=\"finding\"", "</p>"));
    let release = release();
    let n = |a, b| labels::count(release.overlap(RegionCode::NATION, a, b));
    let (prakerja, p3ke) = (Registry::Prakerja, Registry::P3ke);
    let said = finding(&page("/pemadanan").await);
    assert!(said.contains(&format!("Dari {} jiwa di Kartu Prakerja", n(prakerja, prakerja))));
    assert!(said.contains(&n(prakerja, p3ke)) && said.contains("juga tercatat di P3KE"), "{said}");
    let other = finding(&page("/pemadanan?register=emis&lawan=dapodik&wilayah=36").await);
    assert!(other.contains("jiwa di EMIS") && other.contains("di Dapodik"), "{other}");
    let alone = page("/pemadanan?register=p3ke").await;
    assert!(finding(&alone).contains("juga tercatat di DTKS"), "a registry against itself");
}

#[tokio::test]
async fn files_of_linkage_hide_what_the_page_hides() {
    let release = release();
    let parent = code("36.02.01");
    for (path, lines) in [
        ("/unduh/pemadanan/36.02.01/desa.csv", 8),
        ("/unduh/irisan/36.02.01/desa.csv", 56),
        ("/unduh/pemadanan/36.02.01/kecamatan.csv", 8),
    ] {
        let got = get(path).await;
        assert_eq!(got.status, 200, "{path}");
        let name = got.header("content-disposition");
        assert!(name.contains("36.02.01") && name.contains("2023-03_0123456789abcdef"), "{name}");
        let mut reader = csv::Reader::from_reader(got.body.as_bytes());
        let head = reader.headers().unwrap().clone();
        let at = |name: &str| head.iter().position(|h| h == name).unwrap();
        let mut n = 0;
        for record in reader.records().map(Result::unwrap) {
            let region = code(&record[at("kode")]);
            assert!(parent.contains(region));
            assert_eq!(&record[at("data")], "sintetis");
            if release.status(region) == RegionStatus::Suppressed {
                let figures = record.iter().skip(if head.len() > 20 { 5 } else { 6 });
                let stamp = head.len() - at("periode");
                let figures: Vec<&str> = figures.collect();
                let figures = &figures[..figures.len() - stamp];
                assert!(figures.iter().all(|f| *f == "dirahasiakan"), "{path}: {record:?}");
            }
            n += 1;
        }
        let regions = if path.contains("/desa") {
            RegionCatalog::shared().unwrap().inside(parent, Level::Desa).count()
        } else {
            1
        };
        assert_eq!(n, lines * regions, "{path}");
        let workbook = get(&path.replace(".csv", ".xlsx")).await;
        assert!(workbook.header("content-type").contains("spreadsheetml"), "{path}");
    }
}

#[tokio::test]
async fn what_was_typed_wrong_about_linkage_gets_a_page_that_says_so() {
    for (path, status, words) in [
        ("/pemadanan?register=apa", 400, "register"),
        ("/pemadanan?lawan=3201234567890123", 400, "lawan"),
        ("/pemadanan?ukuran=%3Cscript%3E", 400, "ukuran"),
        ("/pemadanan?register=p3ke&lawan=p3ke&ukuran=irisan", 400, "lawan"),
        ("/pemadanan?wilayah=99", 404, "Wilayah 99 tidak ada"),
        ("/pemadanan?wilayah=36.02.01.2002", 400, "wilayah"),
        ("/pemadanan?tingkat=provinsi&wilayah=36", 400, "tingkat"),
        ("/pemadanan?urut=warna", 400, "urut"),
        ("/pemadanan?halaman=0", 400, "halaman"),
        ("/pemadanan.svg?wilayah=ID&tingkat=desa", 404, "Peta tidak tersedia"),
        ("/unduh/pemadanan/36/desa.geojson", 400, "jenis"),
        ("/unduh/irisan/36/rt.csv", 400, "tingkat"),
        ("/unduh/irisan/3602/desa.csv", 404, "Sebagai kode BPS"),
        ("/unduh/pemadanan/..%2f/desa.csv", 400, "bukan kode wilayah"),
    ] {
        let got = get(path).await;
        let said = text_of(&between(&got.body, "<main", "</main>"));
        assert_eq!(got.status, status, "{path}: {said}");
        assert!(said.contains(words), "{path}: {said}");
        assert!(!got.body.contains("<script>") && !got.body.contains("3201234567890123"), "{path}");
    }
    let client = reqwest::Client::new();
    for path in ["/pemadanan", "/pemadanan.svg", "/unduh/irisan/36/desa.csv"] {
        let posted = client.post(format!("{}{path}", super::web::base())).send().await.unwrap();
        assert_eq!(posted.status().as_u16(), 405, "{path}");
    }
}

#[tokio::test]
async fn a_region_without_linkage_and_a_withheld_one_have_a_page_that_says_why() {
    let none = page("/pemadanan?wilayah=32").await;
    assert!(none.contains("Tidak ada hasil pemadanan") && !none.contains("class=\"outcomes\""));
    let mut whole = snapshot();
    whole.matching.clear();
    whole.overlaps.clear();
    let release = Release::new(whole);
    assert!(!release.has_matches(RegionCode::NATION));
    assert_eq!(release.overlap(code("36"), Registry::P3ke, Registry::Dtks), Count::Value(0));
}

#[tokio::test]
async fn the_model_the_times_and_the_way_to_the_restricted_file_are_told() {
    let body = page("/pemadanan").await;
    let section = |id: &str| {
        text_of(&between(&body, &format!("<section aria-labelledby=\"{id}\">"), "</section>"))
    };
    insta::assert_snapshot!(section("model"), @"Model di balik angka ini NIK yang sama didahulukan; sisanya ditimbang menurut model Fellegi–Sunter untuk uji. Rumus dan batas penafsirannya: metode pemadanan . Ambang padan: peluang mulai dipadankan 0,950 (4,2 bit) Ambang telaah: peluang mulai ditelaah 0,600 (0,6 bit) Peluang awal λ dua baris acak adalah satu orang 1 dari 250.000 Cara parameter ditaksir EM atas pasangan uji Versi model: SHA-256 3333333333333333333333333333333333333333333333333333333333333333");
    insta::assert_snapshot!(section("waktu"), @"Orang dari potret ke potret Setiap orang mempunyai nomor tetap yang bukan NIK. Potret ini dibandingkan dengan potret fedcba9876543210, untuk seluruh wilayah. Orang dalam potret ini 10.250 Tetap: sudah ada di potret sebelumnya 10.000 Baru 250 Tidak ada lagi di register mana pun 120 Tetap, tetapi pindah desa/kelurahan 75 Dipecah: satu orang ternyata dua dirahasiakan Digabung: dua orang ternyata satu 6");
    assert!(section("berkas").contains("tepat answer"));
    let method = text_of(&page("/metode").await);
    assert!(method.contains("w = log2(λ ÷ (1 − λ)) + Σ log2(m ÷ u)"));
    assert!(method.contains("peluang 0,950 ke atas dipadankan"));
}

#[tokio::test]
async fn sources_under_a_figure_are_those_with_rows_there() {
    let mut whole = snapshot();
    let carik = Registry::Carik.index();
    for row in whole.regions.iter_mut().filter(|r| code("36").contains(r.code)) {
        row.counts.registries[carik] = Default::default();
    }
    let release = Release::new(whole);
    assert!(!release.sources(code("36.02")).contains(&Registry::Carik));
    assert!(release.sources(code("31")).contains(&Registry::Carik));
    assert_eq!(release.sources(code("32")).len(), 8, "where nothing may be said, all are named");
}
