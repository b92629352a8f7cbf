//! A real Chromium for the journeys: starts one with a fresh profile, follows links by mouse and
//! keyboard, and writes down everything that a page asks of the network.
//!
//! A machine without Chromium fails these tests: `tests/setup.sh` installs it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::browser::{
    SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::emulation::SetScriptExecutionDisabledParams;
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFailed, EventLoadingFinished, EventRequestWillBeSent, EventResponseReceived,
};
use chromiumoxide::handler::viewport::Viewport;
use chromiumoxide::{Element, Page};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::rust_source::root;

/// How long one step may take, and a whole journey; the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);
const LONGEST: Duration = Duration::from_secs(240);

/// Runs a journey in a browser of its own; one that hangs is a failure, not a wait.
pub async fn in_browser(journey: impl AsyncFnOnce(&Chromium)) {
    let chromium = Chromium::start().await;
    let in_time = tokio::time::timeout(LONGEST, journey(&chromium)).await;
    assert!(in_time.is_ok(), "the journey took longer than {LONGEST:?}");
    chromium.end().await;
}

/// One running browser.
pub struct Chromium {
    browser: Browser,
    _profile: TempDir,
}

impl Chromium {
    /// Starts the browser that `TEPAT_CHROMIUM` names, or `/usr/bin/chromium`.
    async fn start() -> Self {
        let program =
            std::env::var("TEPAT_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        assert!(
            Path::new(&program).exists(),
            "no Chromium at {program}: run tests/setup.sh, or name one in TEPAT_CHROMIUM"
        );
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(&program)
            .user_data_dir(profile.path())
            .no_sandbox()
            .new_headless_mode()
            .disable_cache()
            .launch_timeout(Duration::from_secs(60))
            .viewport(Viewport { width: 1366, height: 768, ..Viewport::default() })
            .window_size(1366, 768)
            .args(["disable-gpu", "disable-quic", "disable-component-update", "hide-scrollbars"])
            .build()
            .unwrap();
        let (browser, mut events) = Browser::launch(config)
            .await
            .unwrap_or_else(|e| panic!("{program} did not start: {e}"));
        tokio::spawn(async move { while events.next().await.is_some() {} });
        Self { browser, _profile: profile }
    }

    /// An empty page whose traffic is written down from now on.
    pub async fn tab(&self) -> Tab {
        let page = self.browser.new_page("about:blank").await.unwrap();
        page.enable_log().await.unwrap();
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        listen::<EventRequestWillBeSent>(&page, &traffic, |t, e| {
            t.requests.push(e.request.url.clone());
        })
        .await;
        listen::<EventResponseReceived>(&page, &traffic, |t, e| {
            t.answers.push((e.response.url.clone(), e.response.status));
        })
        .await;
        listen::<EventLoadingFinished>(&page, &traffic, |t, e| {
            t.wire_bytes += e.encoded_data_length;
        })
        .await;
        listen::<EventLoadingFailed>(&page, &traffic, |t, e| t.failures.push(e.error_text.clone()))
            .await;
        listen::<EventEntryAdded>(&page, &traffic, |t, e| t.complaints.push(e.entry.text.clone()))
            .await;
        Tab { page, traffic }
    }

    /// Files that pages hand over go to `folder`.
    pub async fn keep_downloads(&self, folder: &Path) {
        let allow = SetDownloadBehaviorParams::builder()
            .behavior(SetDownloadBehaviorBehavior::Allow)
            .download_path(folder.to_str().unwrap())
            .build()
            .unwrap();
        self.browser.execute(allow).await.unwrap();
    }

    /// Closes the browser and waits for it, so that its profile can be removed.
    async fn end(mut self) {
        let _ = self.browser.close().await;
        let _ = self.browser.wait().await;
    }
}

async fn listen<E>(page: &Page, traffic: &Arc<Mutex<Traffic>>, note: fn(&mut Traffic, &E))
where
    E: chromiumoxide::cdp::IntoEventKind + Unpin + Send + Sync + 'static,
{
    let mut events = page.event_listener::<E>().await.unwrap();
    let traffic = Arc::clone(traffic);
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            note(&mut traffic.lock().unwrap(), &event);
        }
    });
}

/// What a page asked of the network, and what the browser complained of.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    pub requests: Vec<String>,
    pub answers: Vec<(String, i64)>,
    /// Why requests came to nothing, as the browser calls it (`net::ERR_…`).
    pub failures: Vec<String>,
    /// Headers and compressed bodies.
    pub wire_bytes: f64,
    /// Blocked by the content security policy, not found, and so on.
    pub complaints: Vec<String>,
}

impl Traffic {
    /// Requests that left `origin`.
    pub fn outside(&self, origin: &str) -> Vec<&String> {
        let inside = |url: &str| url.starts_with(origin) || url.starts_with("data:");
        self.requests.iter().filter(|url| !inside(url)).collect()
    }
}

/// One page of the browser.
pub struct Tab {
    pub page: Page,
    traffic: Arc<Mutex<Traffic>>,
}

impl Tab {
    /// What happened since the last call.
    pub async fn take_traffic(&self) -> Traffic {
        // The last events of a page come a little after it is loaded.
        tokio::time::sleep(Duration::from_millis(300)).await;
        std::mem::take(&mut *self.traffic.lock().unwrap())
    }

    pub async fn goto(&self, url: &str) {
        self.page.goto(url).await.unwrap_or_else(|e| panic!("{url}: {e}"));
        self.loaded().await;
    }

    /// Scripts on or off, from the next page on.
    pub async fn scripts(&self, on: bool) {
        self.page.execute(SetScriptExecutionDisabledParams::new(!on)).await.unwrap();
    }

    /// The value of a JavaScript expression.
    pub async fn value<T: DeserializeOwned>(&self, expression: &str) -> T {
        let answer = self.page.evaluate_expression(expression).await;
        answer.unwrap_or_else(|e| panic!("{expression}: {e}")).into_value().unwrap()
    }

    /// Path and query of the page shown.
    pub async fn place(&self) -> String {
        self.value("location.pathname + location.search").await
    }

    pub async fn element(&self, selector: &str) -> Element {
        match self.page.find_element(selector).await {
            Ok(element) => element,
            Err(e) => panic!("no {selector} on {}: {e}", self.place().await),
        }
    }

    /// Waits until the document and everything it names are there.
    async fn loaded(&self) {
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'").await;
    }

    /// Waits until an expression is true; a page in between two documents counts as not yet.
    pub async fn until(&self, expression: &str) {
        let begin = Instant::now();
        loop {
            let answer = self.page.evaluate_expression(expression).await;
            if answer.is_ok_and(|a| a.value() == Some(&serde_json::Value::Bool(true))) {
                return;
            }
            if begin.elapsed() > PATIENCE {
                let traffic = self.take_traffic().await;
                let place = self.page.url().await;
                panic!("waited in vain for {expression} on {place:?}: {:?}", traffic.failures);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks with the mouse where the element really is, and waits for the page at `path`.
    pub async fn click_to(&self, selector: &str, path: &str) {
        self.element(selector).await;
        // Not the element's own scrolling: that waits for a script, and scripts may be off.
        let scroll = format!(
            "document.querySelector({selector:?}).scrollIntoView({{block: 'center'}}), true"
        );
        assert!(self.value::<bool>(&scroll).await);
        // The middle of a coastal region's box may be sea: ask the shape for a point inside it.
        let point: (f64, f64) = self.value(&format!("({POINT_INSIDE})({selector:?})")).await;
        self.page.click(chromiumoxide::layout::Point { x: point.0, y: point.1 }).await.unwrap();
        self.arrived(path).await;
    }

    /// Waits for the page at `path`.
    pub async fn arrived(&self, path: &str) {
        self.until(&format!("location.pathname + location.search === {path:?}")).await;
        self.loaded().await;
    }

    pub async fn press(&self, key: &str) {
        self.element("body").await.press_key(key).await.unwrap();
    }

    /// Presses Tab until the element that `matches` (a JavaScript test of `e`) has the focus;
    /// returns how often.
    pub async fn tab_to(&self, matches: &str, at_most: usize) -> usize {
        for presses in 1..=at_most {
            self.press("Tab").await;
            let test = format!("(e => !!e && ({matches}))(document.activeElement)");
            if self.value(&test).await {
                return presses;
            }
        }
        panic!("{at_most} times Tab never reached {matches} on {}", self.place().await)
    }

    /// Runs axe-core on the page: each violation with the elements that it concerns.
    pub async fn accessibility_violations(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(root().join("tests/vendor/axe/axe.min.js")).unwrap();
        self.page.evaluate_expression(format!("{axe};true")).await.unwrap();
        let run = "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => \
                   v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | ')))";
        self.value(run).await
    }
}

/// A point of the viewport at which a click hits the element or something inside it.
const POINT_INSIDE: &str = "selector => {
    const e = document.querySelector(selector);
    const box = e.getBoundingClientRect();
    for (let steps = 2; steps < 64; steps *= 2) {
        for (let i = 1; i < steps; i++) for (let j = 1; j < steps; j++) {
            const x = box.left + box.width * i / steps, y = box.top + box.height * j / steps;
            const hit = document.elementFromPoint(x, y);
            if (hit && (hit === e || e.contains(hit))) return [x, y];
        }
    }
    throw new Error('no point of ' + selector + ' can be clicked');
}";

/// Answers every request on a free port with one page, for as long as the test lives.
fn one_page(body: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A browser opens connections ahead of need: none may wait for another.
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
                let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
            });
        }
    });
    address
}

/// The journeys rely on these eyes: show that they see what they are there to see.
#[tokio::test]
async fn the_browser_sees_outside_requests_missing_labels_and_scripts() {
    let origin = one_page(
        "<!doctype html><title>t</title><p id=p>before</p><img src='http://outside.invalid/x.png'>\
         <script>p.textContent = 'after'</script><a href='/next' style='display:block'>next</a>",
    );
    in_browser(async |chromium| {
        let tab = chromium.tab().await;
        tab.goto(&origin).await;
        let traffic = tab.take_traffic().await;
        assert_eq!(traffic.outside(&origin), ["http://outside.invalid/x.png"]);
        assert!(traffic.wire_bytes > 200.0, "{traffic:?}");
        assert!(!traffic.complaints.is_empty(), "the failed image is a complaint");
        let violations = tab.accessibility_violations().await;
        assert!(violations.iter().any(|v| v.starts_with("image-alt")), "{violations:?}");
        assert_eq!(tab.value::<String>("p.textContent").await, "after");
        tab.tab_to("e.tagName === 'A'", 3).await;
        tab.press("Enter").await;
        tab.arrived("/next").await;
        tab.scripts(false).await;
        tab.goto(&origin).await;
        assert_eq!(tab.value::<String>("document.getElementById('p').textContent").await, "before");
        tab.click_to("a", "/next").await;
    })
    .await;
}
