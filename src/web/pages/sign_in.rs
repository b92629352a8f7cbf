//! The door: name, password and code, or through another institution.

use askama::Template;

use crate::access::{Arrival, Credentials, Departure, Door, Moment, Token};
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::door::{Jar, onward};
use crate::web::fault::Fault;
use crate::web::form::{Form, TOKEN};
use crate::web::frame::{Frame, Section};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    token_field: &'static str,
    token: String,
    onward: &'a str,
    name: &'a str,
    /// Something of what was typed did not fit.
    refused: bool,
    /// What the button of another institution says.
    institution: Option<String>,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let to = onward(ask.query("lanjut"));
    if ask.viewer.is_signed_in() {
        return Ok(Answer::go_to(to.unwrap_or("/")));
    }
    page(ask, to.unwrap_or_default(), "", false)
}

/// The door, with a token for its form: the browser's own, or one that it gets now.
fn page(ask: &Ask, to: &str, name: &str, refused: bool) -> Result<Answer, Fault> {
    let settings = &ask.site.gate.settings;
    let (door, new) = match &ask.door {
        Some(token) => (token.clone(), false),
        None => (Token::new()?, true),
    };
    let page = SignInPage {
        frame: Frame::new(ask, Section::Account, Vec::new()),
        token_field: TOKEN,
        token: door.form().reveal().to_owned(),
        onward: to,
        name,
        refused,
        institution: settings.oidc.as_ref().map(|oidc| oidc.name.clone()),
    };
    let answer = Answer::page(&page)?;
    Ok(if new { answer.with_cookie(Jar::Door.fill(&door, settings)) } else { answer })
}

pub(in crate::web) fn take(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    let typed = Credentials {
        name: form.field("nama"),
        password: form.field("sandi"),
        code: form.field("kode"),
    };
    let to = onward(Some(form.field("lanjut"))).unwrap_or_default();
    let accounts = &ask.site.gate.accounts;
    match accounts.sign_in(&typed, &ask.caller, Moment::now())? {
        Door::Open(session) => Ok(let_in(ask, &session.token, to)),
        Door::Wait(seconds) => Err(Fault::Wait { seconds }),
        Door::Closed => {
            let name: String = typed.name.chars().take(64).collect();
            let answer = page(ask, to, &name, true)?;
            Ok(answer.status(actix_web::http::StatusCode::UNAUTHORIZED))
        }
    }
}

/// A fresh session, and nothing left of the door.
fn let_in(ask: &Ask, token: &Token, to: &str) -> Answer {
    let settings = &ask.site.gate.settings;
    Answer::go_to(if to.is_empty() { "/" } else { to })
        .with_cookie(Jar::Session.fill(token, settings))
        .with_cookie(Jar::Door.empty(settings))
        .with_cookie(Jar::Away.empty(settings))
}

/// Sends somebody to the other institution. By a link: browsers let no form lead to another host,
/// and whoever is sent there unasked has only a login page before them.
pub(in crate::web) fn depart(ask: &Ask) -> Result<Answer, Fault> {
    let settings = &ask.site.gate.settings;
    let config = settings.oidc.as_ref().ok_or(Fault::NoPage)?;
    match ask.site.gate.accounts.depart(config, &ask.caller, Moment::now())? {
        Departure::Go { address, state } => {
            Ok(Answer::go_to(address).with_cookie(Jar::Away.fill(&state, settings)))
        }
        Departure::Wait(seconds) => Err(Fault::Wait { seconds }),
    }
}

/// Somebody comes back from there.
pub(in crate::web) fn arrive(ask: &Ask) -> Result<Answer, Fault> {
    let settings = &ask.site.gate.settings;
    let config = settings.oidc.as_ref().ok_or(Fault::NoPage)?;
    let arrival = Arrival {
        code: ask.query("code").unwrap_or_default(),
        state: ask.query("state").unwrap_or_default(),
        cookie: ask.away.as_ref(),
    };
    let accounts = &ask.site.gate.accounts;
    match accounts.arrive(config, &arrival, &ask.caller, Moment::now())? {
        Door::Open(session) => Ok(let_in(ask, &session.token, "/")),
        Door::Wait(seconds) => Err(Fault::Wait { seconds }),
        Door::Closed => {
            let answer = page(ask, "", "", true)?.with_cookie(Jar::Away.empty(settings));
            Ok(answer.status(actix_web::http::StatusCode::UNAUTHORIZED))
        }
    }
}
