//! Pages about codes and time: former codes, the past of regions, figures of Papua in the borders
//! of today, the search.

use tepat::domain::{Period, RegionCode};
use tepat::figures::{Measure, Origin, Survey};
use tepat::regions::History;

use super::web::{between, get, page, text_of};

fn main_text(body: &str) -> String {
    text_of(&between(body, "<main", "</main>"))
}

fn march(year: u16) -> Period {
    Period { year, month: 3 }
}

fn point(code: &str, measure: Measure, year: u16, undivided: bool) -> (f64, Origin) {
    let (survey, history) = (Survey::shared().unwrap(), History::shared().unwrap());
    let code: RegionCode = code.parse().unwrap();
    let point = if undivided {
        survey.undivided(code, measure, march(year), history)
    } else {
        survey.today(code, measure, march(year), history)
    };
    point.map(|point| (point.value, point.origin)).unwrap()
}

/// BPS, March 2021, poor in thousands and P0: Merauke 23.83 and 10.16 %, Boven Digoel 13.88 and
/// 19.90 %, Mappi 26.36 and 26.05 %, Asmat 25.04 and 24.83 %. The populations implied are 234.55,
/// 69.75, 101.19 and 100.85, in all 506.33; the poor 89.11; so P0 = 89.11 / 506.33 = 17.60 %. (The
/// average of the four rates would be 20.24 %.)
#[test]
fn the_past_of_a_new_province_is_the_sum_of_its_kabupaten() {
    let (poor, origin) = point("93", Measure::PoorPersons, 2021, false);
    assert!((poor - 89_110.0).abs() < 1e-6, "{poor}");
    assert_eq!(origin, Origin::Parts(4));
    let (rate, _) = point("93", Measure::Headcount, 2021, false);
    let persons = 23.83 / 0.1016 + 13.88 / 0.1990 + 26.36 / 0.2605 + 25.04 / 0.2483;
    assert!((rate - 89.11 / persons).abs() < 1e-9);
    assert!((rate - 0.1760).abs() < 5e-5, "{rate}");
    let (published, origin) = point("93", Measure::Headcount, 2024, false);
    assert!((published - 0.1744).abs() < 1e-12 && origin == Origin::Published);
}

/// The old Papua of March 2024: poor 152.91 + 92.20 + 308.48 + 365.44 = 919.03 thousand; implied
/// population 885.92 + 528.67 + 1,036.56 + 1,108.40 = 3,559.55; P0 = 25.82 %, beside the published
/// 26.03 % of 2023.
#[test]
fn the_series_of_a_divided_province_goes_on_as_the_sum_of_its_children() {
    let (rate, origin) = point("91", Measure::Headcount, 2024, true);
    assert_eq!(origin, Origin::Parts(4));
    let persons = 152.91 / 0.1726 + 92.2 / 0.1744 + 308.48 / 0.2976 + 365.44 / 0.3297;
    assert!((rate - 919.03 / persons).abs() < 1e-9);
    assert!((rate - 0.2582).abs() < 5e-5, "{rate}");
    assert_eq!(point("91", Measure::Headcount, 2023, true).1, Origin::Published);
    // In the borders of today Papua of 2023 is another region than the one that was published.
    let (today, origin) = point("91", Measure::Headcount, 2023, false);
    assert_eq!(origin, Origin::Parts(9));
    assert!(today < 0.20, "{today}");
}

/// What was published for the old province and what its kabupaten sum up to is one number: within
/// the rounding of the published figures (poor to 10 persons, P0 to 0.005 points).
#[test]
fn the_parts_of_the_old_papua_sum_up_to_what_was_published_for_it() {
    let survey = Survey::shared().unwrap();
    for year in [2021, 2022, 2023] {
        let poor: f64 = ["91", "93", "94", "95"]
            .iter()
            .map(|code| point(code, Measure::PoorPersons, year, false).0)
            .sum();
        let papua: RegionCode = "91".parse().unwrap();
        let whole = survey.get(papua, Measure::PoorPersons, march(year)).unwrap().value;
        assert!((poor - whole).abs() < 300.0, "{year}: {poor} against {whole}");
    }
}

#[tokio::test]
async fn a_code_of_before_2022_says_what_it_is_now() {
    let body = page("/wilayah/91.01").await;
    let text = main_text(&body);
    assert!(
        text.contains("Wilayahnya kini Kabupaten Merauke, Papua Selatan dengan kode 93.01"),
        "{text}"
    );
    assert!(text.contains("UU 14/2022"), "{text}");
    assert!(body.contains("href=\"/wilayah/93.01\""));
    for (path, name) in [
        ("/wilayah/91.02.03", "Kurulu"),
        ("/wilayah/92.71", "Kota Sorong"),
        ("/wilayah/96.09", "Kabupaten Tambrauw"),
        ("/wilayah/91.01.01.1002", "93.01.01."),
    ] {
        let text = main_text(&page(path).await);
        assert!(text.contains(name), "{path}: {text}");
    }
    let elsewhere = get("/peta?wilayah=91.01").await;
    assert_eq!(elsewhere.status, 410);
    assert!(main_text(&elsewhere.body).contains("93.01"));
    let digits = get("/wilayah/9101").await;
    assert!(
        main_text(&digits.body).contains("Sebagai kode lama Kabupaten Merauke 91.01, kini 93.01")
    );
}

#[tokio::test]
async fn a_region_shows_its_codes_its_predecessors_and_the_share_of_them() {
    let text = main_text(&page("/wilayah/93").await);
    for words in [
        "12,5 % wilayah lama menjadi wilayah ini menurut penduduk tercatat",
        "UU 14, 15, dan 16/2022",
        "Papua Selatan, batas kini 17,60 % *",
        "Papua sebelum pemekaran 26,86 %",
        "BPS 2025, kode 38 provinsi",
        "Angka 95 sebagai kode Kemendagri (95) adalah wilayah lain: Papua Pegunungan",
    ] {
        assert!(text.contains(words), "'{words}' is not in {text}");
    }
    let old = main_text(&page("/wilayah/91").await);
    assert!(old.contains("penerus Papua Selatan 93 12,5 %"), "{old}");
    let reused = main_text(&page("/wilayah/96.04").await);
    assert!(
        reused.contains("Kode 96.04 pernah berarti wilayah lain: Kabupaten Sorong Selatan"),
        "{reused}"
    );
    let kota = main_text(&page("/wilayah/36.02").await);
    assert!(
        kota.contains(
            "Tidak ada perubahan kode atau pemekaran yang tercatat sejak Permendagri 72/2019"
        ),
        "{kota}"
    );
}

#[tokio::test]
async fn a_desa_without_a_polygon_says_so_and_that_its_origin_is_not_known() {
    let text = main_text(&page("/wilayah/11.16.06.2021").await);
    assert!(text.contains("belum berpoligon"), "{text}");
    assert!(text.contains("asal-usulnya tidak diperkirakan"), "{text}");
}

#[tokio::test]
async fn the_map_of_the_survey_shows_papua_in_the_borders_of_today_and_says_so() {
    let text = main_text(&page("/peta?indikator=survei-p0&tingkat=provinsi").await);
    assert!(text.contains("BPS menerbitkan periode ini untuk 34 provinsi"), "{text}");
    assert!(text.contains("Papua Selatan 93 tidak ada data 17,39 %"), "{text}");
}

#[tokio::test]
async fn search_pages_through_its_hits_and_answers_hostile_ones() {
    let first = page("/cari?q=Sidomulyo").await;
    assert!(main_text(&first).contains("Kec. Binjai, Kab. Langkat, Sumatera Utara"));
    assert!(first.contains("/cari?q=Sidomulyo&#38;halaman=2"), "no way on");
    let last = main_text(&page("/cari?q=Sidomulyo&halaman=3").await);
    assert!(last.contains("nomor 101 sampai"), "{last}");
    for (path, status) in [
        ("/cari?q=Sidomulyo&halaman=99", 400),
        ("/cari?q=Sidomulyo&halaman=0", 400),
        ("/cari?q=Sidomulyo&halaman=-1", 400),
        ("/cari?q=Sidomulyo&halaman=x", 400),
        ("/cari?q=", 200),
        ("/cari", 200),
        ("/cari?q=%00%01", 200),
        ("/cari?q=%F0%9F%8C%B4", 200),
        ("/cari?q=%3Cscript%3Ealert(1)%3C/script%3E", 200),
        ("/cari?q=....................", 200),
        ("/cari?q=%25%25%25", 200),
        ("/cari?q=,,,,,,", 200),
    ] {
        let got = get(path).await;
        assert_eq!(got.status, status, "{path}");
        assert!(!got.body.contains("<script>alert"), "{path}");
    }
    let number = page("/cari?q=3273012345678901").await;
    assert!(!number.contains("3273012345678901"), "a NIK must not be repeated");
}

#[tokio::test]
async fn the_page_of_a_province_leads_to_the_map_of_its_desa() {
    let body = page("/wilayah/36").await;
    let deeper = between(&body, "class=\"deeper no-print\"", "</p>");
    for (path, words) in [
        (
            "/peta?indikator=miskin-ekstrem&#38;tingkat=kecamatan&#38;wilayah=36",
            "menurut kecamatan",
        ),
        (
            "/peta?indikator=miskin-ekstrem&#38;tingkat=desa&#38;wilayah=36",
            "menurut desa/kelurahan",
        ),
    ] {
        assert!(deeper.contains(&format!("href=\"{path}\"")) && deeper.contains(words), "{deeper}");
    }
    assert_eq!(get("/peta?tingkat=desa&wilayah=36").await.status, 200);
    // A kecamatan shows its desa already; where there is no data, more detail has no more.
    for path in ["/wilayah/36.02.01", "/wilayah/11"] {
        assert!(!page(path).await.contains("class=\"deeper"), "{path}");
    }
    let nation = main_text(&page("/peta?tingkat=desa").await);
    assert!(nation.contains("Pilih satu provinsi atau kabupaten/kota"), "{nation}");
}

#[tokio::test]
async fn the_search_box_offers_every_province_and_kabupaten_with_and_without_scripts() {
    let empty = page("/cari").await;
    let list = between(&empty, "<datalist id=\"nama-wilayah\">", "</datalist>");
    let names: Vec<&str> =
        list.split("value=\"").skip(1).map(|o| &o[..o.find('"').unwrap()]).collect();
    assert_eq!(names.len(), 38 + 514);
    assert_eq!(
        names.iter().collect::<std::collections::BTreeSet<_>>().len(),
        552,
        "twice the same"
    );
    for name in ["Aceh", "Kabupaten Lebak", "Kota Serang", "Papua Barat Daya"] {
        assert!(names.contains(&name), "{name}");
    }
    // What is offered is found, and is found first.
    for name in ["Kabupaten Lebak", "Kota Serang", "Papua Selatan"] {
        let hits = page(&format!("/cari?q={}", name.replace(' ', "%20"))).await;
        let first = between(&hits, "<ol class=\"hits\"", "</li>");
        assert!(first.contains(&format!("<strong>{name}</strong>")), "{first}");
        assert!(!hits.contains("<datalist"), "a page of hits need not carry the names");
    }
    let box_of = between(&page("/").await, "<input id=\"q\"", ">");
    assert!(box_of.contains("list=\"nama-wilayah\""), "{box_of}");
    let script = between(&box_of, "data-names=\"", "\"");
    let got = get(&script).await;
    assert_eq!(got.status, 200, "{script}");
    assert!(got.header("content-type").starts_with("text/javascript"));
    assert!(got.header("cache-control").contains("immutable"));
    assert!(names.iter().all(|name| got.body.contains(&format!("\"{name}\""))));
}

#[tokio::test]
async fn a_map_that_reaches_the_border_says_that_the_land_beyond_is_not_drawn() {
    for (path, said) in [("/", true), ("/wilayah/93", true), ("/wilayah/36", false)] {
        let told = main_text(&page(path).await).contains("Daratan negara tetangga tidak digambar");
        assert_eq!(told, said, "{path}");
    }
}
