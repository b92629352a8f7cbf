//! A finished response body with all that its headers need: rendered once, kept on the shelf, sent
//! many times. The compressed form is made with it and never for one request: two hundred clients
//! that asked for another form took 2.6 GB of encoders, and a page that repeats what was typed beside
//! a form's token must not be compressed at all (BREACH; Gluck, Harris, Prado 2013).

use std::io::Write;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, AcceptEncoding, CONTENT_ENCODING, ContentEncoding, Encoding, HeaderValue, IF_NONE_MATCH,
    Preference, Quality,
};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How long a browser may keep a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Changes only with the snapshot: kept on the shelf, and by the browser under a tag that it
    /// asks about each time.
    Snapshot,
    /// Made anew for every request (it repeats what was typed), but tagged all the same.
    Fresh,
    /// Its address holds its hash: kept for a year.
    Asset,
    /// Never kept.
    Never,
}

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Everybody,
    /// Somebody who has signed in: no cache between keeps it, and the browser does not either, so
    /// that who comes after at the same machine finds nothing.
    One,
}

impl Policy {
    pub(super) fn header(self, audience: Audience) -> &'static str {
        match self {
            Self::Snapshot | Self::Fresh | Self::Never if audience == Audience::One => {
                "private, no-store"
            }
            Self::Snapshot | Self::Fresh => "no-cache",
            Self::Asset => "public, max-age=31536000, immutable",
            Self::Never => "no-store",
        }
    }
}

/// Bodies below this are not worth a second form.
const GZIP_FROM: usize = 1024;

/// Bytes of a page of twenty large families.
const PAGE_OF_NAMES: usize = 1 << 18;

pub(super) const HTML: &str = "text/html; charset=utf-8";

#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: StatusCode,
    content_type: &'static str,
    policy: Policy,
    /// Set where the browser shall save the body under this name.
    filename: Option<String>,
    /// Set where the browser shall go on to another address.
    location: Option<String>,
    /// Seconds after which it is worth asking again.
    retry_after: Option<i64>,
    cookies: Vec<Cookie<'static>>,
    tag: Option<String>,
    body: Bytes,
    gzip: Option<Bytes>,
}

impl Answer {
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            policy: Policy::Never,
            filename: None,
            location: None,
            retry_after: None,
            cookies: Vec::new(),
            tag: None,
            body: body.into(),
            gzip: None,
        }
    }

    /// A rendered page.
    pub(super) fn page(template: &impl askama::Template) -> Result<Self, askama::Error> {
        Ok(Self::new(HTML, template.render()?))
    }

    /// A rendered page that names people: its text is wiped when it was sent.
    pub(super) fn page_of_names(template: &impl askama::Template) -> Result<Self, askama::Error> {
        // Room from the start: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(PAGE_OF_NAMES));
        template.render_into(&mut *text)?;
        Ok(Self::of_names(HTML, std::mem::take(&mut *text).into_bytes()))
    }

    /// A body that names people, wiped when it was sent.
    pub(super) fn of_names(content_type: &'static str, body: Vec<u8>) -> Self {
        Self::new(content_type, Bytes::from_owner(Zeroizing::new(body)))
    }

    /// Sends the browser on; what was posted is not posted again.
    pub(super) fn go_to(location: impl Into<String>) -> Self {
        let mut answer = Self::new("text/plain; charset=utf-8", "");
        answer.status = StatusCode::SEE_OTHER;
        answer.location = Some(location.into());
        answer
    }

    pub(super) fn with_cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub(super) fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn save_as(mut self, filename: String) -> Self {
        self.filename = Some(filename);
        self
    }

    /// A file outlives the page that warns: its name says that small numbers are in it.
    pub(super) fn restricted(mut self) -> Self {
        self.filename = self.filename.map(|name| format!("TERBATAS_{name}"));
        self
    }

    /// Tags and compresses the body for the given policy. `salt` is the snapshot's id: the same
    /// words over another snapshot are another page.
    pub(super) fn finish(mut self, policy: Policy, salt: &str) -> Self {
        self.policy = policy;
        if policy != Policy::Never {
            let hash = Sha256::digest(&self.body);
            let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            // Weak: the same tag serves the plain and the compressed form.
            self.tag = Some(format!("W/\"{salt}-{short}\""));
        }
        if matches!(policy, Policy::Snapshot | Policy::Asset) && is_text(self.content_type) {
            self.gzip = gzip(&self.body);
        }
        self
    }

    /// Bytes it takes on a shelf.
    pub(super) fn weight(&self) -> usize {
        self.body.len() + self.gzip.as_ref().map_or(0, Bytes::len) + 256
    }

    /// The response to one request: 304 where the browser holds this very body.
    pub(super) fn respond(&self, request: &HttpRequest, audience: Audience) -> HttpResponse {
        let held = |tag: &str| audience == Audience::Everybody && holds(request, tag);
        if self.tag.as_deref().is_some_and(held) {
            let mut response = HttpResponse::NotModified();
            self.describe(&mut response, audience);
            return response.finish();
        }
        let mut response = HttpResponse::build(self.status);
        self.describe(&mut response, audience);
        if let Some(location) = &self.location {
            response.insert_header((header::LOCATION, location.as_str()));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        for cookie in &self.cookies {
            response.cookie(cookie.clone());
        }
        response.content_type(self.content_type);
        if let Some(name) = &self.filename {
            response.insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ));
        }
        match &self.gzip {
            Some(gzip) if accepts_gzip(request) => {
                response.insert_header((
                    CONTENT_ENCODING,
                    HeaderValue::from_static(ContentEncoding::Gzip.as_str()),
                ));
                response.body(gzip.clone())
            }
            _ => response.body(self.body.clone()),
        }
    }

    fn describe(&self, response: &mut actix_web::HttpResponseBuilder, audience: Audience) {
        response.insert_header((header::CACHE_CONTROL, self.policy.header(audience)));
        // The same address is another page for who has signed in.
        let vary = if self.policy == Policy::Asset {
            "accept-encoding"
        } else {
            "accept-encoding, cookie"
        };
        response.insert_header((header::VARY, vary));
        if let Some(tag) = self.tag.as_ref().filter(|_| audience == Audience::Everybody) {
            response.insert_header((header::ETAG, tag.as_str()));
        }
    }
}

fn is_text(content_type: &str) -> bool {
    let texts = ["text/", "image/svg", "application/geo+json", "application/json"];
    texts.iter().any(|text| content_type.starts_with(text))
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    if body.len() < GZIP_FROM {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(8));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn holds(request: &HttpRequest, tag: &str) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|list| list.split(',').any(|held| opaque(held) == opaque(tag)))
}

/// Whether the compressed form may be sent: `gzip` where it is named, else what `*` says. A weight of
/// zero refuses, however it is written.
fn accepts_gzip(request: &HttpRequest) -> bool {
    let Some(wanted) = request.get_header::<AcceptEncoding>() else { return false };
    let weight = |form: &Preference<Encoding>| {
        wanted.iter().find(|one| one.item == *form).map(|one| one.quality)
    };
    let gzip = weight(&Preference::Specific(Encoding::gzip())).or_else(|| weight(&Preference::Any));
    let plain = weight(&Preference::Specific(Encoding::identity())).unwrap_or(Quality::ZERO);
    gzip.is_some_and(|gzip| gzip > Quality::ZERO && gzip >= plain)
}
