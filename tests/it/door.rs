//! A server with accounts, and browsers that sign in to it: what the tests of access stand on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, mpsc};

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use tepat::access::{
    AccountName, Accounts, Event, Events, Moment, NewAccount, Password, Policy, Role, Scope,
    Unheard,
};
use tepat::web::{Gate, Limits, Settings, SnapshotSource, Vault, serve};

use super::fixture::code;
use super::web::{between, source};

/// Words that no rule refuses.
pub const PASSWORD: &str = "kuda baterai jepit benar";

/// Remembers what was recorded.
#[derive(Default)]
pub struct Recorder(pub Mutex<Vec<Event>>);

impl Events for Recorder {
    fn record(&self, event: &Event) -> Result<(), String> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

/// Accounts in a folder of their own, which lives as long as the test.
pub fn accounts(policy: Policy, events: Arc<dyn Events>) -> Arc<Accounts> {
    let folder = tempfile::tempdir().unwrap().keep();
    Arc::new(Accounts::open(&folder, policy, events).unwrap())
}

/// A log of its own, and no households.
pub fn vault() -> Arc<Vault> {
    Arc::new(Vault::of_store(&tempfile::tempdir().unwrap().keep(), None))
}

/// Pages for everybody and no account.
pub fn open_gate() -> Gate {
    let accounts = accounts(Policy::default(), Arc::new(Unheard));
    let mut settings = Settings::open_to_everybody();
    settings.operation.limits = patient();
    Gate { accounts, settings: Arc::new(settings), vault: vault() }
}

/// All tests come from one address and in a hurry.
pub fn patient() -> Limits {
    Limits { requests_per_second: None, connections_per_address: 400, ..Limits::default() }
}

/// Makes an account with [`PASSWORD`] that is its own.
pub fn add(accounts: &Accounts, name: &str, role: Role, region: &str) {
    let new = NewAccount {
        name: AccountName::new(name).unwrap(),
        role,
        scope: Scope::of(code(region)),
        email: None,
        temporary: false,
    };
    let password = Password::new(PASSWORD, name).unwrap();
    accounts.add(&new, Some(&password), "test", Moment::now()).unwrap();
}

/// A server in a thread of its own: its address and its accounts.
pub struct House {
    pub origin: String,
    pub accounts: Arc<Accounts>,
    pub heard: Arc<Recorder>,
}

impl House {
    pub fn open(mut settings: Settings) -> Self {
        if settings.operation.limits == Limits::default() {
            settings.operation.limits = patient();
        }
        let heard = Arc::new(Recorder::default());
        let accounts = accounts(settings.policy.clone(), heard.clone());
        let gate =
            Gate { accounts: Arc::clone(&accounts), settings: Arc::new(settings), vault: vault() };
        Self { origin: serve_in_thread(gate), accounts, heard }
    }
}

pub fn serve_in_thread(gate: Gate) -> String {
    serve_source(gate, source())
}

/// Serves a source of its own: the address.
pub fn serve_source(gate: Gate, source: Arc<dyn SnapshotSource>) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, address) = serve("127.0.0.1:0", source, gate).unwrap();
            tell.send(format!("http://{address}")).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// The closed house that most tests share: one account for each role in Lebak and one for the
/// nation (`lebak-viewer`, `nation-viewer`), no second factor asked for.
pub fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let mut settings = Settings::default();
        settings.policy.second_factor.clear();
        settings.policy.address_failures = 1_000_000;
        let house = House::open(settings);
        for role in Role::of_accounts() {
            add(&house.accounts, &format!("lebak-{role}"), role, "36.02");
            add(&house.accounts, &format!("nation-{role}"), role, "ID");
        }
        house
    })
}

/// One browser: it keeps its cookies and follows nothing by itself.
#[derive(Clone)]
pub struct Browser {
    origin: String,
    client: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
}

pub struct Seen {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Seen {
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The hidden token of the page's first form.
    pub fn token(&self) -> String {
        between(&self.body, "name=\"formulir\" value=\"", "\"")
    }
}

impl Browser {
    pub fn new(origin: &str) -> Self {
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { origin: origin.to_owned(), client, cookies: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Seen {
        self.send(reqwest::Method::GET, path, None, &[]).await
    }

    /// Posts a form as the page that it stands on would.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let from_here = [("sec-fetch-site", "same-origin")];
        self.send(reqwest::Method::POST, path, Some(fields), &from_here).await
    }

    pub async fn send(
        &mut self,
        method: reqwest::Method,
        path: &str,
        fields: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Seen {
        let mut request = self.client.request(method, format!("{}{path}", self.origin));
        if !self.cookies.is_empty() {
            let all: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            request = request.header("cookie", all.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(fields) = fields {
            let body: Vec<String> =
                fields.iter().map(|(k, v)| format!("{k}={}", escaped(v))).collect();
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.join("&"));
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        Seen { status, headers, body }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Types name, password and code at the door.
    pub async fn knock(&mut self, name: &str, password: &str, code: &str) -> Seen {
        let token = self.get("/masuk").await.token();
        let fields =
            [("formulir", token.as_str()), ("nama", name), ("sandi", password), ("kode", code)];
        self.post("/masuk", &fields).await
    }

    /// A browser that is signed in.
    pub async fn signed_in(origin: &str, name: &str) -> Self {
        let mut browser = Self::new(origin);
        let seen = browser.knock(name, PASSWORD, "").await;
        assert_eq!(seen.status, 303, "{name}: {}", seen.body);
        browser
    }
}

pub fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}
