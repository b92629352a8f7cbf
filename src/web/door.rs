//! What of a request says who asks: its cookies and its address; and whether a form comes from a
//! page of ours (OWASP: synchroniser token, and the browser's own word on where it comes from).

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{HOST, HeaderMap, ORIGIN, USER_AGENT};

use super::guard;
use super::settings::Settings;
use crate::access::{Caller, Token};

/// The cookies. Under TLS their names begin so that browsers take them from this host alone, and
/// only through TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jar {
    /// Of somebody who has signed in.
    Session,
    /// Of a browser that stands at the door: what the form of the door belongs to.
    Door,
    /// Of a browser that was sent to another institution.
    Away,
}

impl Jar {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-tepat_sesi",
            (Self::Session, false) => "tepat_sesi",
            (Self::Door, true) => "__Host-tepat_pintu",
            (Self::Door, false) => "tepat_pintu",
            (Self::Away, true) => "__Host-tepat_pergi",
            (Self::Away, false) => "tepat_pergi",
        }
    }

    /// The token in it, where the browser brought one that we could have made. Several cookies of
    /// one name are none: somebody planted one of them.
    pub(super) fn token(self, request: &HttpRequest, settings: &Settings) -> Option<Token> {
        let name = self.name(settings.secure());
        let cookies = request.cookies().ok()?;
        let mut brought = cookies.iter().filter(|cookie| cookie.name() == name);
        let first = brought.next()?;
        brought.next().is_none().then(|| Token::parse(first.value())).flatten()
    }

    /// Puts a token into it. It ends with the browser; the server ends it earlier.
    pub(super) fn fill(self, token: &Token, settings: &Settings) -> Cookie<'static> {
        self.cookie(token.reveal().to_owned(), settings)
    }

    /// Takes it away.
    pub(super) fn empty(self, settings: &Settings) -> Cookie<'static> {
        let mut cookie = self.cookie(String::new(), settings);
        cookie.make_removal();
        cookie
    }

    fn cookie(self, value: String, settings: &Settings) -> Cookie<'static> {
        Cookie::build(self.name(settings.secure()), value)
            .path("/")
            .http_only(true)
            .secure(settings.secure())
            // Lax: a link in a letter leads to a page, and the other institution sends people back.
            .same_site(SameSite::Lax)
            .finish()
    }
}

/// Where a request comes from.
pub(super) fn caller(request: &HttpRequest, settings: &Settings) -> Caller {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    Caller {
        address: guard::origin(request),
        agent: agent.unwrap_or_default().to_owned(),
        token: Jar::Session.token(request, settings),
    }
}

/// Whether the browser says that a form comes from a page of ours. One that says nothing is no
/// browser of today; the token decides then.
pub(super) fn is_from_here(request: &HttpRequest, settings: &Settings) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site.as_bytes() == b"same-origin";
    }
    match headers.get(ORIGIN) {
        None => true,
        Some(origin) => origin.to_str().is_ok_and(|origin| is_ours(origin, headers, settings)),
    }
}

fn is_ours(origin: &str, headers: &HeaderMap, settings: &Settings) -> bool {
    if let Some(address) = &settings.address {
        return origin.eq_ignore_ascii_case(address);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let theirs = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    theirs.zip(host).is_some_and(|(theirs, host)| theirs.eq_ignore_ascii_case(host))
}

/// Where somebody wanted to go before the door: an address of ours, or none. Nobody is sent to
/// another host.
pub(super) fn onward(typed: Option<&str>) -> Option<&str> {
    typed.filter(|to| {
        to.len() <= 1024
            && to.starts_with('/')
            && !to.starts_with("//")
            && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            && !to.starts_with("/masuk")
            && !to.starts_with("/keluar")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for typed in [
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\r\nSet-Cookie: x=y",
            "javascript:alert(1)",
            "/masuk?lanjut=/masuk",
            "",
        ] {
            assert_eq!(onward(Some(typed)), None, "{typed}");
        }
        assert_eq!(onward(Some("/wilayah/36.02?urut=p0")), Some("/wilayah/36.02?urut=p0"));
    }
}
