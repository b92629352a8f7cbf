//! The second factor: codes of an authenticator (TOTP, RFC 6238: SHA-1, six digits, thirty
//! seconds, one step of tolerance), each accepted once, and recovery codes for the day on which the
//! telephone is gone.

use std::fmt;

use rusqlite::{Connection, Transaction, params};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::account::Account;
use super::accounts::{Accounts, column};
use super::error::AccessError;
use super::event::EventKind;
use super::password::groups;
use super::policy::Moment;
use super::secrets::{SECRET, Secrets};
use super::session::{self, account as account_of};
use super::sign_in::{Caller, Door, NewSession};
use super::throttle::Turn;
use super::token::hash;
use super::viewer::Viewer;

/// The column of a secret that is in force.
const TOTP: &str = "totp";

/// What an authenticator shows above the code.
const ISSUER: &str = "Tepat";

/// Recovery codes of an account; each has 80 bits and opens once.
const RECOVERY_CODES: usize = 10;

/// A second factor that is being set up: shown to the owner, and not in force until a code of it
/// has been typed.
pub struct Enrolment {
    /// The secret for those who cannot scan.
    pub secret: Zeroizing<String>,
    /// The `otpauth:` address that the square code holds.
    pub address: Zeroizing<String>,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

/// What a typed code was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Factor {
    /// The account has no second factor.
    None,
    Code,
    Recovery,
    Refused,
}

/// Accepts a code and uses it up.
pub(super) fn accept(
    tx: &Transaction<'_>,
    secrets: &Secrets,
    account: &Account,
    typed: &str,
    now: Moment,
) -> Result<Factor, AccessError> {
    let Some(kept) = column::<Vec<u8>>(tx, TOTP, account.id.0)? else {
        return Ok(Factor::None);
    };
    let plain: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect();
    if plain.len() == 6 && plain.bytes().all(|b| b.is_ascii_digit()) {
        let secret = secrets
            .open(TOTP, account.id.0, &kept)
            .ok_or_else(|| AccessError::Sealed(account.name.clone()))?;
        let Some(step) = check(&secret, &account.name, &plain, now)? else {
            return Ok(Factor::Refused);
        };
        // Somebody who looked over the shoulder comes too late.
        let fresh = tx.execute(
            "UPDATE account SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2",
            params![account.id.0, step],
        )?;
        return Ok(if fresh == 1 { Factor::Code } else { Factor::Refused });
    }
    let code = hash(plain.to_ascii_lowercase().as_bytes());
    let used = tx.execute(
        "DELETE FROM recovery WHERE account = ?1 AND code = ?2",
        params![account.id.0, code],
    )?;
    Ok(if used == 1 { Factor::Recovery } else { Factor::Refused })
}

/// The step of the code, where it is one of now.
fn check(secret: &[u8], name: &str, code: &str, now: Moment) -> Result<Option<i64>, AccessError> {
    let time = u64::try_from(now.0).unwrap_or(0);
    let step = totp(secret, name)?.check(code, time);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: &[u8], name: &str) -> Result<Totp, AccessError> {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_skew(1)
        .with_account_name(name)
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(|e| AccessError::SecondFactor(e.to_string()))
}

impl Accounts {
    /// A secret to be scanned. Asking again before it is in force gives the same one.
    ///
    /// # Errors
    /// Nobody is signed in, or the account has a second factor already.
    pub fn enrol(&self, viewer: &Viewer) -> Result<Enrolment, AccessError> {
        let id = viewer.account.ok_or(AccessError::NoSession)?;
        let secret = self.change(|tx| {
            if account_of(tx, id)?.has_second_factor {
                return Err(AccessError::SecondFactor("there is one already".to_owned()));
            }
            let pending = column::<Vec<u8>>(tx, "totp_pending", id.0)?;
            // One that is sealed with a key that is gone is begun anew.
            if let Some(secret) = pending.and_then(|kept| self.secrets.open(TOTP, id.0, &kept)) {
                return Ok(secret);
            }
            let mut secret = Zeroizing::new(vec![0; SECRET]);
            getrandom::fill(&mut secret).map_err(|_| AccessError::NoRandomness)?;
            let sql = "UPDATE account SET totp_pending = ?2 WHERE id = ?1";
            tx.execute(sql, params![id.0, self.secrets.seal(TOTP, id.0, &secret)])?;
            Ok(secret)
        })?;
        let totp = totp(&secret, &viewer.name)?;
        let address = totp.to_url().map_err(|e| AccessError::SecondFactor(e.to_string()))?;
        Ok(Enrolment {
            secret: Zeroizing::new(totp.secret().to_base32()),
            address: Zeroizing::new(address),
        })
    }

    /// Puts the second factor in force by a code of it: recovery codes, shown once, and the session
    /// under another token. `None` where the code does not fit.
    ///
    /// # Errors
    /// Nobody is signed in, or nothing is being set up.
    pub fn confirm_enrolment(
        &self,
        viewer: &Viewer,
        code: &str,
        caller: &Caller,
        now: Moment,
    ) -> Result<Option<(Vec<String>, NewSession)>, AccessError> {
        let (id, session) = viewer.account.zip(viewer.session).ok_or(AccessError::NoSession)?;
        let done = self.change(|tx| {
            let pending = column::<Vec<u8>>(tx, "totp_pending", id.0)?.ok_or_else(|| {
                AccessError::SecondFactor("nothing is being set up".to_owned())
            })?;
            let plain: String = code.chars().filter(char::is_ascii_digit).take(7).collect();
            let secret = self
                .secrets
                .open(TOTP, id.0, &pending)
                .ok_or_else(|| AccessError::Sealed(viewer.name.clone()))?;
            let Some(step) = check(&secret, &viewer.name, &plain, now)? else { return Ok(None) };
            tx.execute(
                "UPDATE account SET totp = totp_pending, totp_pending = NULL, totp_step = ?2 WHERE id = ?1",
                params![id.0, step],
            )?;
            let codes = new_codes(tx, id.0)?;
            let token = session::renew(tx, id, session)?;
            let names = (viewer.name.as_str(), viewer.name.as_str());
            self.tell(EventKind::SecondFactorOn, names, viewer.scope, &caller.from(), now)?;
            Ok(Some((codes, token)))
        })?;
        let Some((codes, token)) = done else { return Ok(None) };
        let viewer = self.viewer(&token, now)?.ok_or(AccessError::NoSession)?;
        Ok(Some((codes, NewSession { token, viewer })))
    }

    /// Takes the second factor away, where the role allows it and the password is typed again.
    ///
    /// # Errors
    /// The role is not open without one, or as [`Accounts::sign_in`].
    pub fn drop_second_factor(
        &self,
        viewer: &Viewer,
        password: &str,
        caller: &Caller,
        now: Moment,
    ) -> Result<Door, AccessError> {
        let (id, session) = viewer.account.zip(viewer.session).ok_or(AccessError::NoSession)?;
        if self.policy.second_factor.contains(&viewer.role) {
            return Err(AccessError::SecondFactor("the role needs one".to_owned()));
        }
        match self.confirm(viewer, password, caller, now)? {
            Turn::Wait(seconds) => return Ok(Door::Wait(seconds)),
            Turn::Go(0) => {}
            Turn::Go(_) => return Ok(Door::Closed),
        }
        let token = self.change(|tx| {
            tx.execute("UPDATE account SET totp = NULL WHERE id = ?1", [id.0])?;
            tx.execute("DELETE FROM recovery WHERE account = ?1", [id.0])?;
            let names = (viewer.name.as_str(), viewer.name.as_str());
            self.tell(EventKind::SecondFactorOff, names, viewer.scope, &caller.from(), now)?;
            session::renew(tx, id, session)
        })?;
        let viewer = self.viewer(&token, now)?.ok_or(AccessError::NoSession)?;
        Ok(Door::Open(Box::new(NewSession { token, viewer })))
    }

    /// How many recovery codes the viewer has left; `None` without a second factor.
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub fn recovery_codes_left(&self, viewer: &Viewer) -> Result<Option<u64>, AccessError> {
        let Some(id) = viewer.account else { return Ok(None) };
        let db = self.lock();
        if !account_of(&db, id)?.has_second_factor {
            return Ok(None);
        }
        let sql = "SELECT count(*) FROM recovery WHERE account = ?1";
        let left: i64 = db.query_row(sql, [id.0], |row| row.get(0))?;
        Ok(u64::try_from(left).ok())
    }
}

fn new_codes(db: &Connection, account: i64) -> Result<Vec<String>, AccessError> {
    db.execute("DELETE FROM recovery WHERE account = ?1", [account])?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = groups(4, 4)?;
        let plain: String = code.chars().filter(|c| *c != '-').collect();
        db.execute(
            "INSERT INTO recovery (account, code) VALUES (?1, ?2)",
            params![account, hash(plain.as_bytes())],
        )?;
        codes.push(code);
    }
    Ok(codes)
}
