//! Signing in, looking around and leaving in a real browser, on a desk and on a telephone: what the
//! strict headers would break shows here.

use chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams;

use super::browser::{Tab, in_browser};
use super::door::{PASSWORD, house};

/// Fills a field of the page as somebody types.
async fn fill(tab: &Tab, field: &str, text: &str) {
    let script = format!("document.getElementById({field:?}).value = {text:?}, true");
    assert!(tab.value::<bool>(&script).await);
}

async fn sign_in(tab: &Tab, name: &str, to: &str) {
    tab.goto(&format!("{}/masuk", house().origin)).await;
    fill(tab, "nama", name).await;
    fill(tab, "sandi", PASSWORD).await;
    tab.click_to("main form button", to).await;
}

#[tokio::test]
async fn a_bound_account_signs_in_looks_around_and_leaves() {
    let origin = &house().origin;
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        // Whoever was on the way to a page gets there.
        tab.goto(&format!("{origin}/prioritas")).await;
        assert_eq!(tab.place().await, "/masuk?lanjut=%2Fprioritas");
        fill(&tab, "nama", "lebak-planner").await;
        fill(&tab, "sandi", PASSWORD).await;
        tab.click_to("main form button", "/prioritas").await;
        tab.click_to(".brand", "/wilayah/36.02").await;
        let head: String = tab.value("document.querySelector('.who').innerText").await;
        assert!(head.contains("perencana, Kabupaten Lebak"), "{head}");
        assert!(tab.value::<bool>("document.cookie === ''").await, "a script sees the session");
        tab.click_to(".who a[href='/akun']", "/akun").await;
        tab.click_to(".who a[href='/keluar']", "/keluar").await;
        tab.click_to("main form button", "/masuk").await;
        tab.goto(&format!("{origin}/wilayah/36.02")).await;
        assert!(tab.place().await.starts_with("/masuk"), "still in after leaving");
        let traffic = tab.take_traffic().await;
        assert_eq!(traffic.outside(origin), Vec::<&String>::new());
        assert_eq!(traffic.complaints, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_pages_of_an_account_pass_axe_and_fit_a_telephone() {
    let origin = &house().origin;
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        let mut found = Vec::new();
        tab.goto(&format!("{origin}/masuk")).await;
        found.extend(tab.accessibility_violations().await);
        sign_in(&tab, "nation-admin", "/").await;
        for width in [1366, 390] {
            let size = SetDeviceMetricsOverrideParams::new(width, 844, 1.0, width < 400);
            tab.page.execute(size).await.unwrap();
            for path in ["/akun", "/akun/sandi", "/akun/kode", "/akun/pengguna", "/keluar", "/"] {
                tab.goto(&format!("{origin}{path}")).await;
                let wide: i64 = tab.value("document.documentElement.scrollWidth").await;
                if wide > width {
                    found.push(format!("{path} is {wide} px wide at {width}"));
                }
                let violations = tab.accessibility_violations().await;
                found.extend(violations.iter().map(|v| format!("{path} {v}")));
                let complaints = tab.take_traffic().await.complaints;
                found.extend(complaints.iter().map(|c| format!("{path} {c}")));
            }
        }
        assert!(found.is_empty(), "{found:#?}");
    })
    .await;
}
