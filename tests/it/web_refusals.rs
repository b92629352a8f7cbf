//! What the pages answer to what was typed wrong, or could mean two things.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::web::{base, between, get, page, text_of};

#[tokio::test]
async fn what_was_typed_wrong_gets_a_page_that_says_so() {
    let long = format!("/peta?x={}", "a".repeat(20_000));
    let cases = [
        ("/tidak-ada", 404, "Halaman tidak ditemukan"),
        ("/wilayah/99", 404, "Wilayah 99 tidak ada"),
        ("/wilayah/36.02.99", 404, "Kabupaten Lebak"),
        ("/wilayah/3602", 404, "Sebagai kode BPS"),
        ("/wilayah/..%2f", 400, "bukan kode wilayah"),
        ("/wilayah/%2e%2e%2fetc", 400, "bukan kode wilayah"),
        ("/wilayah/%3Cscript%3E", 400, "bukan kode wilayah"),
        ("/wilayah/%FF%FE", 400, "bukan kode wilayah"),
        ("/peta?indikator=apa", 400, "indikator"),
        ("/peta?tingkat=nasional", 400, "tingkat"),
        ("/peta?wilayah=36&tingkat=provinsi", 400, "tingkat"),
        ("/peta?indikator=survei-p0&tingkat=desa&wilayah=36.02", 400, "tingkat"),
        ("/wilayah/36?urut=warna", 400, "urut"),
        ("/wilayah/36?urut=p0&arah=miring", 400, "arah"),
        ("/peta?halaman=0", 400, "halaman"),
        ("/peta?halaman=9999999999999999999999", 400, "halaman"),
        ("/cakupan?program=kartu_usaha", 400, "program"),
        ("/unduh/36/kabupaten.exe", 400, "jenis"),
        ("/unduh/36/rt.csv", 400, "tingkat"),
        ("/static/tidak.css", 404, "Halaman tidak ditemukan"),
        (long.as_str(), 414, "terlalu panjang"),
    ];
    for (path, status, words) in cases {
        let got = get(path).await;
        let shown: String = path.chars().take(60).collect();
        assert_eq!(got.status, status, "{shown}");
        assert!(
            got.body.contains(words),
            "{shown}: {}",
            text_of(&between(&got.body, "<main", "</main>"))
        );
        let id = got.header("x-request-id");
        assert!(!id.is_empty() && got.body.contains(id), "{shown}: no request id");
        assert!(got.header("cache-control").ends_with("no-store"), "{shown}");
        assert!(got.header("content-security-policy").contains("default-src 'none'"), "{shown}");
        assert!(!got.body.contains("<script>"), "{shown}: what was typed came back as markup");
    }
}

#[tokio::test]
async fn a_hundred_kilobytes_of_query_are_refused() {
    // Through a bare socket: a well-behaved client refuses to send such an address.
    let host = base().trim_start_matches("http://");
    let mut socket = TcpStream::connect(host).unwrap();
    let address = "a".repeat(100_000);
    // The server may answer and close before all of it is written.
    let _ = write!(socket, "GET /peta?x={address} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    let status = String::from_utf8_lossy(&answer[9..]).into_owned();
    assert!(["400", "414", "431"].contains(&status.as_str()), "{status}");
    page("/sehat").await;
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let client = reqwest::Client::new();
    for path in ["/", "/wilayah/36", "/static/tepat.css", "/sehat"] {
        let response = client.post(format!("{}{path}", base())).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 405, "{path}");
        assert_eq!(response.headers()["allow"], "GET, HEAD", "{path}");
    }
    let head = client.head(format!("{}/wilayah/36", base())).send().await.unwrap();
    assert_eq!(head.status().as_u16(), 200);
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_undotted_code_is_shown_in_both_systems() {
    // BPS 1101 is Simeulue, Kemendagri 11.01 is Aceh Selatan.
    for path in ["/wilayah/1101", "/cari?q=1101"] {
        let body = get(path).await.body;
        let main = text_of(&between(&body, "<main", "</main>"));
        assert!(main.contains("Simeulue") && main.contains("Aceh Selatan"), "{path}: {main}");
        assert!(body.contains("/wilayah/11.09") && body.contains("/wilayah/11.01"), "{path}");
    }
}

#[tokio::test]
async fn a_name_finds_every_region_that_bears_it() {
    let body = page("/cari?q=serang").await;
    let main = text_of(&between(&body, "<main", "</main>"));
    assert!(main.contains("Kabupaten Serang , Banten") && main.contains("Kota Serang , Banten"));
    let none = page("/cari?q=%3Cb%3Exyz").await;
    assert!(none.contains("Tidak ada wilayah") && !none.contains("<b>xyz"));
}

/// The words of a page's main part, without the request id.
fn words(body: &str) -> String {
    let main = text_of(&between(body, "<main id=\"isi\" tabindex=\"-1\">", "</main>"));
    between(&main, "\u{0}", " Nomor permintaan")
}

#[tokio::test]
async fn refusals_read_as_they_should() {
    insta::assert_snapshot!(words(&get("/wilayah/1101").await.body), @"Galat 404 Kode 1101 dapat berarti dua wilayah Kode BPS dan kode Kemendagri memakai angka yang sama untuk tempat yang berbeda. Kode Kemendagri ditulis dengan titik. Pilih yang dimaksud: Sebagai kode Kemendagri Kabupaten Aceh Selatan, Aceh 11.01 Sebagai kode BPS Kabupaten Simeulue, Aceh Kemendagri 11.09");
    insta::assert_snapshot!(words(&get("/wilayah/36.02.99").await.body), @"Galat 404 Wilayah 36.02.99 tidak ada Kode 36.02.99 tidak ada dalam tabel kode wilayah Kepmendagri 300.2.2-2430/2025. Wilayah terdekat di atasnya: Kabupaten Lebak, Banten . Atau cari menurut nama di kotak di atas.");
    insta::assert_snapshot!(words(&get("/tiada").await.body), @"Galat 404 Halaman tidak ditemukan Tidak ada halaman di alamat ini. Mulailah dari beranda , atau cari wilayah menurut nama atau kode di kotak di atas.");
}
