//! The second factor as its owner meets it: set up at the first sign-in, asked for at the next,
//! replaced by a recovery code, and taken away where the role allows it.

use tepat::access::Role;
use tepat::web::Settings;
use totp_rs::{Builder, Secret};

use super::door::{Browser, House, PASSWORD, add};
use super::web::between;

/// The code that an authenticator shows now.
fn shown_by(page: &str) -> String {
    let key = between(page, "<code class=\"key\">", "</code>").replace(' ', "");
    let secret = Secret::try_from_base32(&key).unwrap();
    let totp = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
    totp.generate_current().to_string()
}

/// Sets the second factor up: the recovery codes that are shown.
async fn set_up(browser: &mut Browser) -> Vec<String> {
    let page = browser.get("/akun/kode").await;
    assert!(page.body.contains("<svg class=\"square\""), "no square code");
    assert!(!page.body.contains("otpauth"), "the secret stands in an address");
    let code = shown_by(&page.body);
    let fields = [("formulir", page.token()), ("kode", code)];
    let fields = fields.each_ref().map(|(k, v)| (*k, v.as_str()));
    let done = browser.post("/akun/kode", &fields).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.header("cache-control"), "private, no-store");
    let list = between(&done.body, "<ul class=\"codes\">", "</ul>");
    list.split("<code>").skip(1).map(|rest| between(rest, "", "</code>")).collect()
}

#[tokio::test]
async fn a_verifier_sets_it_up_first_and_comes_in_with_it_afterwards() {
    let house = House::open(Settings::default());
    add(&house.accounts, "siti", Role::Verifier, "36.02");
    let mut browser = Browser::signed_in(&house.origin, "siti").await;
    for path in ["/", "/wilayah/36.02", "/peta", "/unduh/36.02/desa.csv", "/cari?q=cikulur"] {
        let seen = browser.get(path).await;
        assert_eq!((seen.status, seen.location()), (303, "/akun/kode"), "{path}");
    }
    let door = browser.get("/akun/kode").await;
    assert!(!door.body.contains("0123456789abcdef"), "figures behind an open second factor");
    let wrong = [("formulir", door.token()), ("kode", "12345".to_owned())];
    let wrong = wrong.each_ref().map(|(k, v)| (*k, v.as_str()));
    assert_eq!(browser.post("/akun/kode", &wrong).await.status, 422);
    let before = browser.clone();
    let codes = set_up(&mut browser).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(browser.get("/wilayah/36.02").await.status, 200);
    assert_eq!(before.clone().get("/akun").await.status, 303, "the token from before lives");
    // It cannot be had twice, nor be dropped by this role.
    let page = browser.get("/akun/kode").await;
    assert!(!page.body.contains("class=\"key\"") && !page.body.contains("name=\"lepas\""));
    let token = browser.get("/keluar").await.token();
    let drop = [("formulir", token.as_str()), ("lepas", "ya"), ("sandi", PASSWORD)];
    assert_eq!(browser.post("/akun/kode", &drop).await.status, 404);
    let mut again = Browser::new(&house.origin);
    assert_eq!(again.knock("siti", PASSWORD, "").await.status, 401);
    assert_eq!(again.knock("siti", PASSWORD, &codes[3]).await.status, 303);
    let mut third = Browser::new(&house.origin);
    assert_eq!(third.knock("siti", PASSWORD, &codes[3]).await.status, 401, "twice");
    assert!(browser.get("/akun").await.body.contains("9 kode pemulihan tersisa"));
}

#[tokio::test]
async fn a_viewer_may_have_it_and_may_leave_it() {
    let house = House::open(Settings::default());
    add(&house.accounts, "budi", Role::Viewer, "36.02");
    let mut browser = Browser::signed_in(&house.origin, "budi").await;
    assert_eq!(browser.get("/wilayah/36.02").await.status, 200);
    assert_eq!(set_up(&mut browser).await.len(), 10);
    let token = browser.get("/akun/kode").await.token();
    let wrong = [("formulir", token.as_str()), ("lepas", "ya"), ("sandi", "bukan ini juga")];
    assert_eq!(browser.post("/akun/kode", &wrong).await.status, 422);
    let right = [("formulir", token.as_str()), ("lepas", "ya"), ("sandi", PASSWORD)];
    assert_eq!(browser.post("/akun/kode", &right).await.location(), "/akun?selesai=kode-lepas");
    let mut again = Browser::new(&house.origin);
    assert_eq!(again.knock("budi", PASSWORD, "").await.status, 303);
}
