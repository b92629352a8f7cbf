//! Sign-in through another institution (OpenID Connect, authorization code with PKCE, state and
//! nonce). That institution says who somebody is; what they may do, and where, is ours: the account
//! must exist already.

use std::fmt;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse, reqwest,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::account::{Account, COLUMNS};
use super::accounts::Accounts;
use super::error::AccessError;
use super::event::EventKind;
use super::policy::Moment;
use super::role;
use super::session::{self, FEDERATED};
use super::sign_in::{Caller, Door, NewSession};
use super::throttle::{self, Turn};
use super::token::Token;

/// The institution that vouches, and how it knows us.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcConfig {
    pub issuer: String,
    /// What its button says.
    pub name: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// Our address that it sends people back to.
    pub back_to: String,
    /// An account is also recognised by an address that the institution has verified.
    pub match_email: bool,
}

impl fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcConfig").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Somebody wants to be sent away.
#[derive(Debug)]
pub enum Departure {
    /// To this address, with this state in a cookie.
    Go { address: String, state: Token },
    /// Too many have been: come back after so many seconds.
    Wait(i64),
}

/// Somebody came back.
pub struct Arrival<'a> {
    pub code: &'a str,
    pub state: &'a str,
    /// What the cookie of the departure says.
    pub cookie: Option<&'a Token>,
}

/// Seconds that somebody may stay away, and how many may be away at once.
const AWAY: i64 = 600;
const MOST_AWAY: i64 = 10_000;

/// How long the institution may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Signatures that only the institution can make. `none` and those made with the secret that we
/// share are no proof of anything.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the institution says of somebody.
struct Identity {
    issuer: String,
    subject: String,
    verified_email: Option<String>,
}

impl Accounts {
    /// Where to send somebody who wants to sign in through the institution, or how many seconds to
    /// wait. Blocks for as long as the institution takes to say where that is.
    ///
    /// # Errors
    /// The institution cannot be reached or is not what the configuration says.
    pub fn depart(
        &self,
        config: &OidcConfig,
        caller: &Caller,
        now: Moment,
    ) -> Result<Departure, AccessError> {
        let key = throttle::departure_key(caller.address);
        let limit = self.policy.address_failures.saturating_mul(2);
        let counted = self.change(|tx| throttle::begin(tx, &key, limit, &self.policy, now))?;
        if let Turn::Wait(seconds) = counted {
            return Ok(Departure::Wait(seconds));
        }
        let client = wait(async { client(config, &http()?).await })??;
        let state = Token::new()?;
        let text = state.reveal().to_owned();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, _, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(text),
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        self.change(|tx| {
            tx.execute("DELETE FROM handshake WHERE began < ?1", [now.plus(-AWAY).0])?;
            let away: i64 = tx.query_row("SELECT count(*) FROM handshake", [], |row| row.get(0))?;
            if away >= MOST_AWAY {
                return Err(AccessError::Federation("too many are signing in at once".to_owned()));
            }
            tx.execute(
                "INSERT INTO handshake (state, nonce, verifier, began) VALUES (?1, ?2, ?3, ?4)",
                params![state.hash(), nonce.secret(), verifier.secret(), now.0],
            )?;
            Ok(())
        })?;
        Ok(Departure::Go { address: address.to_string(), state })
    }

    /// Lets somebody in whom the institution vouches for. A state opens once, and only in the
    /// browser that was sent away with it.
    ///
    /// # Errors
    /// The institution cannot be reached, or what it says does not hold.
    pub fn arrive(
        &self,
        config: &OidcConfig,
        arrival: &Arrival<'_>,
        caller: &Caller,
        now: Moment,
    ) -> Result<Door, AccessError> {
        let Some(state) = Token::parse(arrival.state).filter(|s| arrival.cookie == Some(s)) else {
            return Ok(Door::Closed);
        };
        let address = throttle::address_key(caller.address);
        let limit = self.policy.address_failures;
        let counted = self.change(|tx| throttle::begin(tx, &address, limit, &self.policy, now))?;
        if let Turn::Wait(seconds) = counted {
            return Ok(Door::Wait(seconds));
        }
        let Some((nonce, verifier)) = self.change(|tx| take_handshake(tx, &state, now))? else {
            return Ok(Door::Closed);
        };
        let code = AuthorizationCode::new(arrival.code.to_owned());
        let identity = wait(async { vouched(config, code, nonce, verifier).await })??;
        let token = self.change(|tx| {
            let Some(account) = self.recognise(tx, config, &identity, caller, now)? else {
                let nation = role::Scope::NATION;
                self.tell(EventKind::SignInFailed, ("", ""), nation, &caller.from(), now)?;
                return Ok(None);
            };
            throttle::forgive(tx, &address)?;
            throttle::forgive(tx, &throttle::departure_key(caller.address))?;
            session::end(tx, caller.token.as_ref())?;
            let token = session::begin(tx, account.id, FEDERATED, caller, &self.policy, now)?;
            let names = (account.name.as_str(), account.name.as_str());
            self.tell(EventKind::SignedIn, names, account.scope, &caller.from(), now)?;
            Ok(Some(token))
        })?;
        let Some(token) = token else { return Ok(Door::Closed) };
        Ok(match self.viewer(&token, now)? {
            Some(viewer) => Door::Open(Box::new(NewSession { token, viewer })),
            None => Door::Closed,
        })
    }

    /// The open account of an identity: the one bound to it, or one with its verified address that
    /// is bound to nobody yet and is bound now.
    fn recognise(
        &self,
        db: &Connection,
        config: &OidcConfig,
        identity: &Identity,
        caller: &Caller,
        now: Moment,
    ) -> Result<Option<Account>, AccessError> {
        let bound =
            lookup(db, "issuer = ?1 AND subject = ?2", &identity.issuer, &identity.subject)?;
        if bound.is_some() {
            return Ok(bound.filter(|account| !account.disabled));
        }
        let Some(email) = identity.verified_email.as_ref().filter(|_| config.match_email) else {
            return Ok(None);
        };
        let by_email = lookup(db, "email = ?1 AND issuer IS NULL AND ?2 <> ''", email, email)?;
        let Some(account) = by_email.filter(|account| !account.disabled) else { return Ok(None) };
        db.execute(
            "UPDATE account SET issuer = ?2, subject = ?3 WHERE id = ?1",
            params![account.id.number(), identity.issuer, identity.subject],
        )?;
        let names = (account.name.as_str(), account.name.as_str());
        self.tell(EventKind::IdentityBound, names, account.scope, &caller.from(), now)?;
        Ok(Some(account))
    }
}

fn lookup(
    db: &Connection,
    condition: &str,
    first: &str,
    second: &str,
) -> Result<Option<Account>, AccessError> {
    let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM account WHERE {condition}"))?;
    let mut rows = statement.query([first, second])?;
    rows.next()?.map(Account::read).transpose()
}

fn take_handshake(
    db: &Connection,
    state: &Token,
    now: Moment,
) -> Result<Option<(Nonce, PkceCodeVerifier)>, AccessError> {
    let row: Option<(String, String, i64)> = db
        .query_row(
            "DELETE FROM handshake WHERE state = ?1 RETURNING nonce, verifier, began",
            [state.hash()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    Ok(row
        .filter(|(_, _, began)| now.since(Moment(*began)) < AWAY)
        .map(|(nonce, verifier, _)| (Nonce::new(nonce), PkceCodeVerifier::new(verifier))))
}

/// Exchanges the code and checks what the institution signed: issuer, audience, nonce, time.
async fn vouched(
    config: &OidcConfig,
    code: AuthorizationCode,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
) -> Result<Identity, AccessError> {
    let http = http()?;
    let client = client(config, &http).await?;
    let answer = client
        .exchange_code(code)
        .map_err(|e| failed("its token endpoint", &e))?
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .map_err(|e| failed("the exchange of the code", &e))?;
    let token = answer
        .id_token()
        .ok_or_else(|| AccessError::Federation("it sent no id_token".to_owned()))?;
    let claims = token
        .claims(&client.id_token_verifier().set_allowed_algs(SIGNATURES), &nonce)
        .map_err(|e| failed("its id_token", &e))?;
    let verified = claims.email_verified() == Some(true);
    Ok(Identity {
        issuer: claims.issuer().to_string(),
        subject: claims.subject().to_string(),
        verified_email: claims.email().filter(|_| verified).map(|e| e.to_lowercase()),
    })
}

async fn client(config: &OidcConfig, http: &reqwest::Client) -> Result<Client, AccessError> {
    let issuer =
        IssuerUrl::new(config.issuer.clone()).map_err(|e| failed("the issuer's address", &e))?;
    let back = RedirectUrl::new(config.back_to.clone()).map_err(|e| failed("our address", &e))?;
    let metadata = CoreProviderMetadata::discover_async(issuer, http)
        .await
        .map_err(|e| failed("its discovery document", &e))?;
    let secret = config.client_secret.clone().map(ClientSecret::new);
    let id = ClientId::new(config.client_id.clone());
    Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(back))
}

/// Follows no redirect: the institution answers itself, or not at all.
fn http() -> Result<reqwest::Client, AccessError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(|e| failed("the client", &e))
}

/// The outermost words of an error: its sources may quote what was sent.
fn failed(what: &str, error: &dyn fmt::Display) -> AccessError {
    AccessError::Federation(format!("{what}: {error}"))
}

/// Waits in this thread, which is one for work that blocks.
fn wait<T>(work: impl Future<Output = T>) -> Result<T, AccessError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| failed("the runtime", &e))?;
    Ok(runtime.block_on(work))
}
