//! Sign-in through another institution, against a small provider that signs real tokens (Ed25519)
//! and checks the proof of the code (PKCE): who is let in, and every way in which what comes back
//! can be wrong.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tepat::access::{AccountName, EventKind, Moment, NewAccount, OidcConfig, Role, Scope};
use tepat::web::Settings;

use super::door::{Browser, House, Seen};
use super::fixture::code;

const CLIENT: &str = "tepat";
const SECRET: &str = "rahasia-klien";

/// What the provider will say of the next code.
#[derive(Clone)]
struct Answer {
    claims: Value,
    challenge: String,
    signature: &'static str,
}

struct Provider {
    issuer: String,
    key: CoreEdDsaPrivateSigningKey,
    codes: Mutex<BTreeMap<String, Answer>>,
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let all =
            three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..=three.len() {
            out.push(char::from(LETTERS[(all >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

impl Provider {
    fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
        let id = Some(JsonWebKeyId::new("satu".to_owned()));
        let key = CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, id).unwrap();
        let provider = Arc::new(Self { issuer, key, codes: Mutex::default() });
        let serving = Arc::clone(&provider);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serving.answer(stream);
            }
        });
        provider
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut first = String::new();
        if reader.read_line(&mut first).is_err() {
            return;
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let path = first.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let (status, answer) = self.page(&path, &String::from_utf8(body).unwrap());
        let text = answer.to_string();
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
    }

    fn page(&self, path: &str, body: &str) -> (&'static str, Value) {
        let issuer = &self.issuer;
        match path {
            "/.well-known/openid-configuration" => (
                "200 OK",
                json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/auth"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/jwks"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["EdDSA"],
                }),
            ),
            "/jwks" => ("200 OK", json!({ "keys": [self.key.as_verification_key()] })),
            "/token" => self.exchange(body),
            _ => ("404 Not Found", json!({})),
        }
    }

    fn exchange(&self, body: &str) -> (&'static str, Value) {
        let field = |name: &str| {
            body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or("")
        };
        let refused = ("400 Bad Request", json!({ "error": "invalid_grant" }));
        let Some(answer) = self.codes.lock().unwrap().remove(field("code")) else { return refused };
        if base64url(&Sha256::digest(field("code_verifier"))) != answer.challenge {
            return refused;
        }
        let token = self.sign(&answer);
        (
            "200 OK",
            json!({ "access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token }),
        )
    }

    fn sign(&self, answer: &Answer) -> String {
        let header = match answer.signature {
            "HS256" => json!({ "alg": "HS256" }),
            "none" => json!({ "alg": "none" }),
            _ => json!({ "alg": "EdDSA", "kid": "satu" }),
        };
        let text = format!(
            "{}.{}",
            base64url(header.to_string().as_bytes()),
            base64url(answer.claims.to_string().as_bytes())
        );
        let signature = match answer.signature {
            "HS256" => {
                let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
                mac.chain_update(&text).finalize().into_bytes().to_vec()
            }
            "none" => Vec::new(),
            "another key" => vec![7; 64],
            _ => self.key.sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).unwrap(),
        };
        format!("{text}.{}", base64url(&signature))
    }
}

fn house(provider: &Provider) -> House {
    let settings = Settings {
        oidc: Some(OidcConfig {
            issuer: provider.issuer.clone(),
            name: "SSO Uji".to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.to_owned()),
            back_to: "http://127.0.0.1:1/masuk/oidc/kembali".to_owned(),
            match_email: true,
        }),
        ..Settings::default()
    };
    let house = House::open(settings);
    for (name, email) in [("siti", Some("Siti@Lebak.go.id")), ("budi", None)] {
        let new = NewAccount {
            name: AccountName::new(name).unwrap(),
            role: Role::Verifier,
            scope: Scope::of(code("36.02")),
            email: email.map(str::to_owned),
            temporary: false,
        };
        house.accounts.add(&new, None, "test", Moment::now()).unwrap();
    }
    house
}

/// One field of an address.
fn part(address: &str, name: &str) -> String {
    let query = address.split('?').nth(1).unwrap();
    query.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).unwrap().to_owned()
}

/// Leaves for the provider: where to.
async fn leave(browser: &mut Browser) -> String {
    let door = browser.get("/masuk").await;
    assert!(door.body.contains("Masuk dengan SSO Uji"));
    let sent = browser.get("/masuk/oidc").await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location().to_owned()
}

/// Leaves, is vouched for by what `change` makes of an honest answer, and comes back.
async fn round(
    browser: &mut Browser,
    provider: &Provider,
    change: impl FnOnce(&mut Answer),
) -> Seen {
    let to = leave(browser).await;
    assert!(to.starts_with(&format!("{}/auth?", provider.issuer)), "{to}");
    assert_eq!(part(&to, "code_challenge_method"), "S256");
    let now = Moment::now().0;
    let mut answer = Answer {
        claims: json!({
            "iss": provider.issuer,
            "aud": CLIENT,
            "sub": "nomor-7",
            "iat": now,
            "exp": now + 60,
            "nonce": part(&to, "nonce"),
            "email": "siti@lebak.go.id",
            "email_verified": true,
        }),
        challenge: part(&to, "code_challenge"),
        signature: "EdDSA",
    };
    change(&mut answer);
    let code = format!("kode-{}", provider.codes.lock().unwrap().len());
    provider.codes.lock().unwrap().insert(code.clone(), answer);
    browser.get(&format!("/masuk/oidc/kembali?code={code}&state={}", part(&to, "state"))).await
}

#[tokio::test]
async fn who_is_vouched_for_gets_the_role_and_region_that_are_ours() {
    let provider = Provider::start();
    let house = house(&provider);
    let mut browser = Browser::new(&house.origin);
    let seen = round(&mut browser, &provider, |_| {}).await;
    assert_eq!((seen.status, seen.location()), (303, "/"), "{}", seen.body);
    assert_eq!(browser.get("/").await.location(), "/wilayah/36.02");
    assert_eq!(browser.get("/wilayah/36.01").await.status, 404);
    let account = browser.get("/akun").await.body;
    assert!(account.contains("siti") && account.contains("lewat instansi lain"));
    // From now on the identity is known by its number, whatever its address becomes.
    let mut again = Browser::new(&house.origin);
    let seen = round(&mut again, &provider, |a| a.claims["email"] = json!("lain@x.id")).await;
    assert_eq!(seen.status, 303);
    assert!(again.get("/akun").await.body.contains("siti"));
    // Another identity with the same address is not the same person.
    let mut other = Browser::new(&house.origin);
    let seen = round(&mut other, &provider, |a| a.claims["sub"] = json!("nomor-8")).await;
    assert_eq!(seen.status, 401);
    // Whoever is closed out here stays out, whatever the institution says.
    let siti = AccountName::new("siti").unwrap();
    house.accounts.set_disabled(&siti, true, "test", Moment::now()).unwrap();
    assert_eq!(browser.get("/akun").await.status, 303);
    let seen = round(&mut Browser::new(&house.origin), &provider, |_| {}).await;
    assert_eq!(seen.status, 401);
    let heard = house.heard.0.lock().unwrap();
    let kinds: Vec<EventKind> = heard.iter().map(|e| e.kind).collect();
    assert!(kinds.contains(&EventKind::IdentityBound) && kinds.contains(&EventKind::SignedIn));
}

#[tokio::test]
async fn what_is_not_honestly_vouched_for_opens_nothing() {
    let provider = Provider::start();
    let house = house(&provider);
    let past = Moment::now().0 - 3600;
    let changes: Vec<(&str, Box<dyn FnOnce(&mut Answer)>)> = vec![
        ("another nonce", Box::new(|a| a.claims["nonce"] = json!("lain"))),
        ("no nonce", Box::new(|a| drop(a.claims.as_object_mut().unwrap().remove("nonce")))),
        ("another audience", Box::new(|a| a.claims["aud"] = json!("bank"))),
        ("another issuer", Box::new(|a| a.claims["iss"] = json!("https://evil.example"))),
        ("expired", Box::new(move |a| a.claims["exp"] = json!(past))),
        ("unverified address", Box::new(|a| a.claims["email_verified"] = json!(false))),
        ("no account", Box::new(|a| a.claims["email"] = json!("asing@x.id"))),
        ("unsigned", Box::new(|a| a.signature = "none")),
        ("signed with what we share", Box::new(|a| a.signature = "HS256")),
        ("signed with another key", Box::new(|a| a.signature = "another key")),
        ("the code of another browser", Box::new(|a| a.challenge = "lain".to_owned())),
    ];
    for (what, change) in changes {
        let mut browser = Browser::new(&house.origin);
        let seen = round(&mut browser, &provider, change).await;
        assert!([401, 502].contains(&seen.status), "{what}: {}", seen.status);
        assert!(browser.cookies.get("tepat_sesi").is_none(), "{what} opened");
        assert_eq!(browser.get("/akun").await.status, 303, "{what}");
        assert!(!seen.body.contains(SECRET) && !seen.body.contains("kode-"), "{what}");
    }
    let list = house.accounts.list().unwrap();
    assert!(list.iter().all(|account| !account.has_password));
}

#[tokio::test]
async fn a_state_belongs_to_one_browser_and_opens_once() {
    let provider = Provider::start();
    let house = house(&provider);
    // Somebody else's address, brought to a victim.
    let mut attacker = Browser::new(&house.origin);
    let to = leave(&mut attacker).await;
    let path = format!("/masuk/oidc/kembali?code=x&state={}", part(&to, "state"));
    let mut victim = Browser::new(&house.origin);
    assert_eq!(victim.get(&path).await.status, 401);
    leave(&mut victim).await;
    assert_eq!(victim.get(&path).await.status, 401, "another browser's state was taken");
    // A second time.
    let mut browser = Browser::new(&house.origin);
    let before = browser.clone();
    assert_eq!(round(&mut browser, &provider, |_| {}).await.status, 303);
    drop(before);
    let mut again = Browser::new(&house.origin);
    let to = leave(&mut again).await;
    let path = format!("/masuk/oidc/kembali?code=tiada&state={}", part(&to, "state"));
    let kept = again.cookies.clone();
    assert_eq!(again.get(&path).await.status, 502, "the provider knows no such code");
    again.cookies = kept;
    assert_eq!(again.get(&path).await.status, 401, "the state was taken twice");
    for state in ["", "x", "' OR 1=1 --", &"0".repeat(64)] {
        let path = format!("/masuk/oidc/kembali?code=x&state={}", super::door::escaped(state));
        assert_eq!(again.get(&path).await.status, 401, "{state}");
    }
}
