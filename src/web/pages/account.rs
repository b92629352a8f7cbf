//! One's own account: where one is signed in, the password, the second factor, the way out.

use askama::Template;
use qrcode::QrCode;
use qrcode::render::svg;

use crate::access::{Door, Moment, NewSession, Password, PasswordFault, SessionId, Standing};
use crate::labels;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::door::Jar;
use crate::web::fault::Fault;
use crate::web::form::{Form, TOKEN};
use crate::web::frame::{Frame, Link, Section};

/// A session as a row.
struct Row {
    id: i64,
    browser: String,
    address: String,
    began: String,
    seen: String,
    here: bool,
    federated: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    name: String,
    role: &'static str,
    means: &'static str,
    region: Link,
    /// The region is not the whole nation.
    bound: bool,
    sessions: Vec<Row>,
    idle: String,
    longest: String,
    codes_left: Option<u64>,
    done: Option<&'static str>,
}

/// What a page says after something was done, by the word in its address.
const DONE: [&str; 4] = ["sandi", "sesi", "kode", "kode-lepas"];

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let (viewer, accounts) = (&ask.viewer, &ask.site.gate.accounts);
    let now = Moment::now();
    let sessions = match viewer.account {
        Some(account) => accounts.sessions(account, now)?,
        None => Vec::new(),
    };
    let row = |s: crate::access::SessionInfo| Row {
        id: s.id.number(),
        browser: labels::browser(&s.agent),
        address: s.address,
        began: time(s.began),
        seen: time(s.seen),
        here: viewer.session == Some(s.id),
        federated: s.federated,
    };
    let home = ask.home();
    let page = AccountPage {
        frame: Frame::new(ask, Section::Account, ask.top()),
        token_field: TOKEN,
        token: token(ask),
        name: viewer.name.clone(),
        role: labels::role(viewer.role),
        means: labels::role_means(viewer.role),
        region: Link::new("/", ask.catalog().name(home)),
        bound: !viewer.scope.is_nation(),
        sessions: sessions.into_iter().map(row).collect(),
        idle: labels::waiting(accounts.policy().idle),
        longest: labels::integer(u64::try_from(accounts.policy().absolute / 3600).unwrap_or(0)),
        codes_left: accounts.recovery_codes_left(viewer)?,
        done: ask.word("selesai", &DONE)?,
    };
    Ok(Answer::page(&page)?)
}

fn token(ask: &Ask) -> String {
    ask.viewer.form.as_ref().map_or_else(String::new, |form| form.reveal().to_owned())
}

fn time(moment: Moment) -> String {
    labels::moment(moment.0)
}

/// Ends one of one's own sessions.
pub(in crate::web) fn revoke(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    let id = SessionId::parse(form.field("sesi")).ok_or(Fault::NoPage)?;
    let accounts = &ask.site.gate.accounts;
    match accounts.revoke_own(&ask.viewer, id, &ask.caller, Moment::now()) {
        Ok(()) => Ok(Answer::go_to("/akun?selesai=sesi")),
        // Somebody else's session, or one that is over: it does not exist here.
        Err(crate::access::AccessError::NoSession) => Err(Fault::NoPage),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "leaving.html")]
struct LeavingPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
}

pub(in crate::web) fn leaving(ask: &Ask) -> Result<Answer, Fault> {
    let frame = Frame::new(ask, Section::Account, ask.top());
    Ok(Answer::page(&LeavingPage { frame, token_field: TOKEN, token: token(ask) })?)
}

pub(in crate::web) fn leave(ask: &Ask, _form: &Form) -> Result<Answer, Fault> {
    let gate = &ask.site.gate;
    if let Some(token) = &ask.caller.token {
        gate.accounts.sign_out(token, &ask.caller, Moment::now())?;
    }
    Ok(Answer::go_to("/masuk").with_cookie(Jar::Session.empty(&gate.settings)))
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    name: String,
    /// The password was given by somebody else and has to be changed first.
    must: bool,
    fault: Option<&'static str>,
}

pub(in crate::web) fn password(ask: &Ask) -> Result<Answer, Fault> {
    password_page(ask, None)
}

fn password_page(ask: &Ask, fault: Option<&'static str>) -> Result<Answer, Fault> {
    let page = PasswordPage {
        frame: Frame::new(ask, Section::Account, ask.top()),
        token_field: TOKEN,
        token: token(ask),
        name: ask.viewer.name.clone(),
        must: ask.viewer.standing == Standing::MustChangePassword,
        fault,
    };
    let answer = Answer::page(&page)?;
    let refused = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(if fault.is_some() { answer.status(refused) } else { answer })
}

/// Words of what a new password lacks beside its own faults.
const UNLIKE: &str = "Kedua kata sandi baru tidak sama.";
const UNCHANGED: &str = "Kata sandi baru sama dengan yang lama.";
const WRONG: &str = "Kata sandi sekarang tidak cocok.";

pub(in crate::web) fn change_password(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    let (current, new) = (form.field("sandi"), form.field("baru"));
    if new != form.field("ulang") {
        return password_page(ask, Some(UNLIKE));
    }
    if new == current {
        return password_page(ask, Some(UNCHANGED));
    }
    let password = match Password::new(new, &ask.viewer.name) {
        Ok(password) => password,
        Err(fault) => return password_page(ask, Some(words(fault))),
    };
    let accounts = &ask.site.gate.accounts;
    let now = Moment::now();
    match accounts.change_password(&ask.viewer, current, &password, &ask.caller, now)? {
        Door::Open(session) => Ok(renewed(ask, &session, "/akun?selesai=sandi")),
        Door::Wait(seconds) => Err(Fault::Wait { seconds }),
        Door::Closed => password_page(ask, Some(WRONG)),
    }
}

fn words(fault: PasswordFault) -> &'static str {
    labels::password_fault(fault)
}

/// On, under the session's new token.
fn renewed(ask: &Ask, session: &NewSession, to: &str) -> Answer {
    Answer::go_to(to).with_cookie(Jar::Session.fill(&session.token, &ask.site.gate.settings))
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct FactorPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    /// The role is not open without one.
    must: bool,
    /// The square code and the secret, where one is being set up.
    enrolment: Option<(String, String)>,
    may_drop: bool,
    left: u64,
    fault: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    frame: Frame,
    codes: Vec<String>,
}

pub(in crate::web) fn factor(ask: &Ask) -> Result<Answer, Fault> {
    factor_page(ask, None)
}

fn factor_page(ask: &Ask, fault: Option<&'static str>) -> Result<Answer, Fault> {
    if ask.viewer.standing == Standing::MustChangePassword {
        return Ok(Answer::go_to("/akun/sandi"));
    }
    let accounts = &ask.site.gate.accounts;
    let left = accounts.recovery_codes_left(&ask.viewer)?;
    let enrolment = match left {
        Some(_) => None,
        None => {
            let enrolment = accounts.enrol(&ask.viewer)?;
            Some((square(&enrolment.address)?, spaced(&enrolment.secret)))
        }
    };
    let needed = accounts.policy().second_factor.contains(&ask.viewer.role);
    let page = FactorPage {
        frame: Frame::new(ask, Section::Account, ask.top()),
        token_field: TOKEN,
        token: token(ask),
        must: ask.viewer.standing == Standing::MustSetUpSecondFactor,
        enrolment,
        may_drop: !needed,
        left: left.unwrap_or(0),
        fault,
    };
    let answer = Answer::page(&page)?;
    let refused = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(if fault.is_some() { answer.status(refused) } else { answer })
}

/// The square code as SVG, drawn here: no other host learns the secret.
fn square(address: &str) -> Result<String, Fault> {
    let code = QrCode::new(address.as_bytes()).map_err(|_| Fault::inside("the square code"))?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    // Inside a page there is no XML declaration.
    let at = drawn.find("<svg").unwrap_or(0);
    Ok(drawn[at..].replacen(
        "<svg",
        "<svg class=\"square\" role=\"img\" aria-label=\"Kode QR untuk aplikasi autentikator\"",
        1,
    ))
}

/// In groups of four, to be typed.
fn spaced(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

const WRONG_CODE: &str =
    "Kode itu tidak cocok. Periksa jam telepon Anda, lalu ketik kode yang sedang tampil.";

pub(in crate::web) fn change_factor(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    if ask.viewer.standing == Standing::MustChangePassword {
        return Ok(Answer::go_to("/akun/sandi"));
    }
    if form.field("lepas") == "ya" {
        return drop_factor(ask, form);
    }
    let accounts = &ask.site.gate.accounts;
    let code = form.field("kode");
    let done = accounts.confirm_enrolment(&ask.viewer, code, &ask.caller, Moment::now())?;
    let Some((codes, session)) = done else { return factor_page(ask, Some(WRONG_CODE)) };
    let mut frame = Frame::new(ask, Section::Account, Vec::new());
    frame.open = false;
    let page = RecoveryPage { frame, codes };
    let cookie = Jar::Session.fill(&session.token, &ask.site.gate.settings);
    Ok(Answer::page(&page)?.with_cookie(cookie))
}

fn drop_factor(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    let accounts = &ask.site.gate.accounts;
    if accounts.policy().second_factor.contains(&ask.viewer.role) {
        return Err(Fault::NoPage);
    }
    let password = form.field("sandi");
    match accounts.drop_second_factor(&ask.viewer, password, &ask.caller, Moment::now())? {
        Door::Open(session) => Ok(renewed(ask, &session, "/akun?selesai=kode-lepas")),
        Door::Wait(seconds) => Err(Fault::Wait { seconds }),
        Door::Closed => factor_page(ask, Some(WRONG)),
    }
}
