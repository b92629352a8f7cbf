//! Somebody who wants in: planted sessions, forms from elsewhere, answers sent twice, cookies made
//! up, addresses with tricks, headers in values, SQL in every field, ten thousand attempts.

use reqwest::Method;
use tepat::access::{EventKind, Role};
use tepat::web::Settings;

use super::door::{Browser, House, PASSWORD, add, house};

const HERE: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

fn closed_house() -> House {
    let mut settings = Settings::default();
    settings.policy.second_factor.clear();
    settings.policy.address_failures = 1_000_000;
    House::open(settings)
}

#[tokio::test]
async fn a_session_that_somebody_planted_is_not_the_one_that_opens() {
    let house = house();
    // The attacker has a session of his own and plants it in the victim's browser.
    let attacker = Browser::signed_in(&house.origin, "nation-viewer").await;
    let planted = attacker.cookies["tepat_sesi"].clone();
    let mut victim = Browser::new(&house.origin);
    let token = victim.get("/masuk").await.token();
    victim.cookies.insert("tepat_sesi".to_owned(), "0".repeat(64));
    let fields = [
        ("formulir", token.as_str()),
        ("nama", "lebak-planner"),
        ("sandi", PASSWORD),
        ("kode", ""),
    ];
    assert_eq!(victim.post("/masuk", &fields).await.status, 303);
    let own = victim.cookies["tepat_sesi"].clone();
    assert_ne!(own, "0".repeat(64), "a planted value became a session");
    assert_ne!(own, planted);
    // With a living one planted, the form of the door is not the session's: nobody is signed in
    // over it without noticing.
    let mut other = Browser::new(&house.origin);
    let token = other.get("/masuk").await.token();
    other.cookies.insert("tepat_sesi".to_owned(), planted.clone());
    let fields = [
        ("formulir", token.as_str()),
        ("nama", "lebak-planner"),
        ("sandi", PASSWORD),
        ("kode", ""),
    ];
    assert_eq!(other.post("/masuk", &fields).await.status, 403);
    assert_eq!(other.cookies["tepat_sesi"], planted);
    // Every sign-in is another session.
    let again = Browser::signed_in(&house.origin, "lebak-planner").await;
    assert_ne!(again.cookies["tepat_sesi"], own);
}

#[tokio::test]
async fn a_session_gets_another_token_with_the_password_and_the_old_one_opens_nothing() {
    let house = closed_house();
    add(&house.accounts, "siti", Role::Viewer, "36.02");
    let mut browser = Browser::signed_in(&house.origin, "siti").await;
    let mut elsewhere = Browser::signed_in(&house.origin, "siti").await;
    let before = browser.clone();
    let token = browser.get("/akun/sandi").await.token();
    let new = "tujuh belas kursi biru";
    let fields = [("formulir", token.as_str()), ("sandi", PASSWORD), ("baru", new), ("ulang", new)];
    assert_eq!(browser.post("/akun/sandi", &fields).await.location(), "/akun?selesai=sandi");
    assert_ne!(browser.cookies, before.cookies);
    assert_eq!(browser.get("/akun").await.status, 200);
    assert_eq!(before.clone().get("/akun").await.status, 303, "the old token still opens");
    assert_eq!(elsewhere.get("/akun").await.status, 303, "another session still opens");
    // What was posted once is not of this session any more.
    let mut replayed = before;
    assert_eq!(replayed.post("/akun/sandi", &fields).await.location(), "/masuk");
    assert_eq!(browser.post("/akun/sandi", &fields).await.status, 403);
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let house = closed_house();
    add(&house.accounts, "siti", Role::Viewer, "36.02");
    let mut browser = Browser::signed_in(&house.origin, "siti").await;
    let mut other = Browser::signed_in(&house.origin, "siti").await;
    let token = browser.get("/keluar").await.token();
    let stolen = other.get("/keluar").await.token();
    let ours = house.origin.as_str();
    let post = Method::POST;
    let cases: [(&str, Vec<(&str, &str)>, u16); 10] = [
        ("", HERE.to_vec(), 403),
        (&stolen, HERE.to_vec(), 403),
        (&token.to_uppercase(), HERE.to_vec(), 403),
        (&token, vec![("sec-fetch-site", "cross-site")], 403),
        (&token, vec![("sec-fetch-site", "same-site")], 403),
        (&token, vec![("sec-fetch-site", "none")], 403),
        (&token, vec![("origin", "https://evil.example")], 403),
        (&token, vec![("origin", "null")], 403),
        (&token, vec![("origin", "http://127.0.0.1")], 403),
        (&token, vec![("origin", ours)], 303),
    ];
    for (token, headers, expected) in cases {
        let seen =
            browser.send(post.clone(), "/keluar", Some(&[("formulir", token)]), &headers).await;
        assert_eq!(seen.status, expected, "{headers:?}");
        let still_in = browser.get("/akun").await.status;
        assert_eq!(still_in, if expected == 303 { 303 } else { 200 }, "{headers:?}");
    }
    // A form of another kind, or none at all.
    let mut browser = Browser::signed_in(&house.origin, "siti").await;
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
        let headers = [HERE[0], ("content-type", kind)];
        let seen = browser.send(Method::POST, "/keluar", None, &headers).await;
        assert_eq!(seen.status, 400, "{kind}");
    }
    assert_eq!(browser.get("/akun").await.status, 200);
}

#[tokio::test]
async fn a_cookie_that_was_made_up_opens_nothing() {
    let origin = &house().origin;
    let real = Browser::signed_in(origin, "nation-viewer").await.cookies["tepat_sesi"].clone();
    let mut turned = real.clone().into_bytes();
    turned[10] = if turned[10] == b'a' { b'b' } else { b'a' };
    let turned = String::from_utf8(turned).unwrap();
    let long = "a".repeat(5000);
    let pairs = [
        real.to_uppercase(),
        real[..63].to_owned(),
        format!("{real}0"),
        turned,
        "0".repeat(64),
        String::new(),
        "' OR 1=1 --".to_owned(),
        "1".to_owned(),
        "../../access/accounts.sqlite".to_owned(),
        long,
        format!("{real}, {real}"),
        // Twice: one of them was planted.
        format!("{real}; tepat_sesi={real}"),
    ];
    for made_up in pairs {
        let mut browser = Browser::new(origin);
        browser.cookies.insert("tepat_sesi".to_owned(), made_up.clone());
        assert_eq!(browser.get("/akun").await.status, 303, "{made_up}");
        assert_eq!(browser.get("/wilayah/36").await.status, 303, "{made_up}");
    }
    // The token's hash, and the row's number, are none.
    let mut browser = Browser::new(origin);
    browser.cookies.insert("tepat_sesi".to_owned(), real);
    assert_eq!(browser.get("/akun").await.status, 200, "the real one does");
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
    let mut browser = Browser::new(&house().origin);
    let token = browser.get("/masuk").await.token();
    let fields =
        [("formulir", token.as_str()), ("nama", "lebak-viewer"), ("sandi", PASSWORD), ("kode", "")];
    let seen = browser.post("/masuk", &fields).await;
    let set: Vec<&str> =
        seen.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    let session = set.iter().find(|c| c.starts_with("tepat_sesi=")).unwrap();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(word), "{word}: {session}");
    }
    assert!(!session.contains("Domain") && !session.contains("Max-Age"), "{session}");
    // Under TLS they carry the prefix that ties them to the host.
    let mut settings =
        Settings { address: Some("https://tepat.example".into()), ..Settings::default() };
    settings.policy.second_factor.clear();
    let house = House::open(settings);
    add(&house.accounts, "siti", Role::Viewer, "36.02");
    let mut browser = Browser::new(&house.origin);
    let seen = browser.get("/masuk").await;
    let door = seen.header("set-cookie");
    assert!(door.starts_with("__Host-tepat_pintu=") && door.contains("Secure"), "{door}");
    let token = seen.token();
    let fields =
        [("formulir", token.as_str()), ("nama", "siti"), ("sandi", PASSWORD), ("kode", "")];
    let from_there = [("origin", "https://tepat.example")];
    let seen = browser.send(Method::POST, "/masuk", Some(&fields), &from_there).await;
    assert_eq!(seen.status, 303);
    assert!(browser.cookies.contains_key("__Host-tepat_sesi"), "{:?}", browser.cookies.keys());
}

#[tokio::test]
async fn tricks_in_addresses_lead_nowhere() {
    let origin = &house().origin;
    let mut bound = Browser::signed_in(origin, "lebak-viewer").await;
    let mut nobody = Browser::new(origin);
    for path in [
        "//akun/pengguna",
        "/akun//pengguna",
        "/akun/./pengguna",
        "/akun/x/../pengguna",
        "/akun/%70engguna",
        "/akun/pengguna/",
        "/akun/pengguna;x=y",
        "/akun/pengguna%00",
        "/akun%2Fpengguna",
        "/AKUN/PENGGUNA",
        "/wilayah/36.02/../36.01",
        "/wilayah/36.02%2F..%2F36.01",
        "/wilayah/%33%36.01",
        "/wilayah/36.01/",
        "/wilayah/ 36.01",
        "/unduh/36.01%2Fdesa.csv",
        "/unduh/36.02/../36.01/desa.csv",
        "/peta?wilayah=36.02&wilayah=36.01",
        "/peta?wilayah=&wilayah=36.01",
        "/peta?wilayah=%33%36.01",
        "/static/..%2f..%2faccess%2faccounts.sqlite",
        "/static/%2e%2e/%2e%2e/Cargo.toml",
    ] {
        let seen = bound.get(path).await;
        assert!(!seen.body.contains("Pandeglang"), "{path} shows the neighbour");
        assert!(!seen.body.contains("<h1>Pengguna</h1>"), "{path} shows the accounts");
        assert!(!seen.body.contains("SQLite format") && !seen.body.contains("[package]"), "{path}");
        let seen = nobody.get(path).await;
        assert!(!seen.body.contains("Potret data"), "{path}: {}", seen.status);
    }
}

#[tokio::test]
async fn nobody_is_led_to_another_host_and_no_header_comes_out_of_a_value() {
    let house = house();
    for to in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/a%0d%0aSet-Cookie:%20x=y",
        "/\r\nX-Evil: 1",
        "javascript:alert(1)",
    ] {
        let mut browser = Browser::new(&house.origin);
        let token = browser.get("/masuk").await.token();
        let fields = [
            ("formulir", token.as_str()),
            ("nama", "lebak-viewer"),
            ("sandi", PASSWORD),
            ("kode", ""),
            ("lanjut", to),
        ];
        let seen = browser.post("/masuk", &fields).await;
        assert_eq!(seen.status, 303, "{to}");
        let stays = seen.location().starts_with('/') && !seen.location().starts_with("//");
        assert!(stays && !seen.location().contains('\\'), "{to}: {}", seen.location());
        assert!(seen.headers.get("x-evil").is_none());
        let mut cookies = seen.headers.get_all("set-cookie").iter();
        assert!(cookies.all(|c| c.to_str().unwrap().starts_with("tepat_")), "{to}");
    }
    // A way on that is ours is taken.
    let mut browser = Browser::new(&house.origin);
    let door = browser.get("/masuk?lanjut=%2Fpeta%3Findikator%3Dp0").await;
    assert!(door.body.contains("value=\"/peta?indikator=p0\""));
    // What other people say about the host is not believed.
    let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example")];
    let seen = browser.send(Method::GET, "/wilayah/36", None, &headers).await;
    assert!(seen.location().starts_with("/masuk"), "{}", seen.location());
}

#[tokio::test]
async fn sql_and_markup_in_every_field_are_text() {
    let house = closed_house();
    add(&house.accounts, "siti", Role::Admin, "ID");
    let mut admin = Browser::signed_in(&house.origin, "siti").await;
    for text in [
        "' OR '1'='1",
        "x'; DROP TABLE account; --",
        "\" UNION SELECT password FROM account --",
        "%' OR 1=1 /*",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "\u{0}\u{1}\r\n",
        &"9".repeat(10_000),
    ] {
        let mut nobody = Browser::new(&house.origin);
        let token = nobody.get("/masuk").await.token();
        for field in ["nama", "sandi", "kode", "lanjut", "formulir"] {
            let mut fields = vec![
                ("formulir", token.as_str()),
                ("nama", "siti"),
                ("sandi", "bukan ini juga"),
                ("kode", ""),
                ("lanjut", ""),
            ];
            fields.iter_mut().find(|(k, _)| *k == field).unwrap().1 = text;
            let seen = nobody.post("/masuk", &fields).await;
            assert!([401, 403, 429, 400].contains(&seen.status), "{field}={text}: {}", seen.status);
            assert!(!seen.body.contains("<script>alert"), "{field} came back as markup");
        }
        let token = admin.get("/akun/pengguna").await.token();
        for field in ["nama", "peran", "wilayah", "surel", "apa"] {
            let mut fields = vec![
                ("formulir", token.as_str()),
                ("apa", "tambah"),
                ("nama", "budi"),
                ("peran", "nobody"),
                ("wilayah", "36"),
                ("surel", ""),
            ];
            fields.iter_mut().find(|(k, _)| *k == field).unwrap().1 = text;
            let seen = admin.post("/akun/pengguna", &fields).await;
            assert!([422, 404, 400].contains(&seen.status), "{field}={text}: {}", seen.status);
        }
        let token = admin.get("/keluar").await.token();
        let fields = [("formulir", token.as_str()), ("sesi", text)];
        assert!([404, 400].contains(&admin.post("/akun", &fields).await.status), "{text}");
        let encoded = super::door::escaped(text);
        if encoded.len() < 3000 {
            let seen = admin.get(&format!("/akun?selesai={encoded}")).await;
            assert_eq!(seen.status, 400, "{text}");
        }
    }
    assert_eq!(house.accounts.list().unwrap().len(), 1);
    assert_eq!(admin.get("/akun").await.status, 200);
}

#[tokio::test]
async fn an_admin_makes_closes_and_resets_accounts_of_the_own_region_alone() {
    let house = closed_house();
    add(&house.accounts, "atasan", Role::Admin, "36");
    add(&house.accounts, "tetangga", Role::Viewer, "31");
    let mut admin = Browser::signed_in(&house.origin, "atasan").await;
    let page = admin.get("/akun/pengguna").await;
    assert!(page.body.contains("atasan") && !page.body.contains("tetangga"));
    let token = page.token();
    let fields = |apa: &'static str, nama: &'static str, wilayah: &'static str| {
        [
            ("formulir".to_owned(), token.clone()),
            ("apa".to_owned(), apa.to_owned()),
            ("nama".to_owned(), nama.to_owned()),
            ("peran".to_owned(), "planner".to_owned()),
            ("wilayah".to_owned(), wilayah.to_owned()),
        ]
    };
    let mut expected = Vec::new();
    for (apa, nama, wilayah, status) in [
        ("tambah", "budi", "36.02", 200),
        ("tambah", "budi", "36.02", 422),
        ("tambah", "jauh", "31.71", 422),
        ("tambah", "semua", "ID", 422),
        ("tutup", "tetangga", "", 404),
        ("atur-ulang", "tetangga", "", 404),
        ("tutup", "atasan", "", 404),
        ("tutup", "tiada", "", 404),
        ("tutup", "budi", "", 303),
        ("buka", "budi", "", 303),
        ("akhiri", "budi", "", 303),
        ("peran", "budi", "ID", 422),
        ("peran", "budi", "31", 422),
        ("peran", "tetangga", "36.02", 404),
        ("peran", "atasan", "36.02", 404),
        ("peran", "budi", "36.02.01", 303),
        ("peran", "budi", "36.02", 303),
        ("atur-ulang", "budi", "", 200),
    ] {
        let fields = fields(apa, nama, wilayah);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let seen = admin.post("/akun/pengguna", &fields).await;
        assert_eq!(seen.status, status, "{apa} {nama} {wilayah}");
        if status == 200 {
            expected.push(super::web::between(&seen.body, "<code class=\"key\">", "</code>"));
        }
    }
    // The password that was shown opens, and is to be changed first.
    let mut budi = Browser::new(&house.origin);
    assert_eq!(budi.knock("budi", &expected[0], "").await.status, 401, "an earlier password");
    assert_eq!(budi.knock("budi", &expected[1], "").await.status, 303);
    assert_eq!(budi.get("/wilayah/36.02").await.location(), "/akun/sandi");
    assert_eq!(budi.get("/akun/kode").await.location(), "/akun/sandi");
    assert_eq!(budi.get("/akun").await.status, 200);
    let heard = house.heard.0.lock().unwrap();
    assert!(heard.iter().any(|e| e.kind == EventKind::AccountAdded && e.actor == "atasan"));
}

#[tokio::test]
async fn ten_thousand_attempts_are_a_handful_of_guesses() {
    let mut settings = Settings::default();
    settings.policy.second_factor.clear();
    let house = House::open(settings);
    add(&house.accounts, "siti", Role::Viewer, "36.02");
    add(&house.accounts, "budi", Role::Viewer, "36.02");
    let mut browser = Browser::new(&house.origin);
    let token = browser.get("/masuk").await.token();
    let cookie = format!("tepat_pintu={}", browser.cookies["tepat_pintu"]);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.unwrap();
    let mut statuses = std::collections::BTreeMap::new();
    for batch in 0..100 {
        let asked = (0..100).map(|n| {
            // One account, every account that could be, and the right password among them.
            let name = if n % 2 == 0 { "siti".to_owned() } else { format!("nama{batch}x{n}") };
            let password = if batch > 50 && n == 0 {
                PASSWORD.to_owned()
            } else {
                format!("sandi-{batch}-{n}")
            };
            let body =
                format!("formulir={token}&nama={name}&sandi={}", super::door::escaped(&password));
            let request = client
                .post(format!("{}/masuk", house.origin))
                .header("cookie", &cookie)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
            async move { request.send().await.unwrap().status().as_u16() }
        });
        for status in futures::future::join_all(asked).await {
            *statuses.entry(status).or_insert(0) += 1;
        }
    }
    println!("{statuses:?}");
    assert_eq!(statuses.values().sum::<u32>(), 10_000);
    assert_eq!(statuses.get(&303), None, "somebody came in");
    let looked_at = statuses.get(&401).copied().unwrap_or(0);
    assert!(looked_at <= 40, "{looked_at} passwords were looked at");
    let heard = house.heard.0.lock().unwrap().len();
    assert!(heard < 200, "{heard} entries for one attack");
    // Others come in from elsewhere, and the figures are served.
    assert_eq!(browser.get("/sehat").await.status, 200);
}

#[tokio::test]
async fn waiting_is_told_in_words_and_in_a_header() {
    let house = closed_house();
    add(&house.accounts, "siti", Role::Viewer, "36.02");
    let mut browser = Browser::new(&house.origin);
    for _ in 0..5 {
        assert_eq!(browser.knock("siti", "bukan ini juga", "").await.status, 401);
    }
    let seen = browser.knock("siti", PASSWORD, "").await;
    assert_eq!(seen.status, 429);
    let seconds: i64 = seen.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds));
    assert!(seen.body.contains("Terlalu banyak percobaan") && seen.body.contains(" detik"));
}

#[tokio::test]
async fn a_large_form_is_refused_and_a_signed_in_page_is_kept_by_nobody() {
    let house = house();
    let mut browser = Browser::new(&house.origin);
    let token = browser.get("/masuk").await.token();
    let long = "x".repeat(100_000);
    let fields = [("formulir", token.as_str()), ("nama", long.as_str())];
    assert_eq!(browser.post("/masuk", &fields).await.status, 413);
    let mut browser = Browser::signed_in(&house.origin, "lebak-viewer").await;
    let seen = browser.get("/akun").await;
    assert_eq!(seen.header("cache-control"), "private, no-store");
    assert!(seen.body.contains("lebak-viewer") && seen.body.contains("peramban ini"));
    let token = browser.get("/keluar").await.token();
    let before = browser.clone();
    let left = browser.post("/keluar", &[("formulir", &token)]).await;
    assert_eq!(left.location(), "/masuk");
    assert!(browser.cookies.get("tepat_sesi").is_none());
    assert_eq!(before.clone().get("/akun").await.status, 303, "the session lives on the server");
}
