//! Why a request gets no page. The words are in `templates/error.html`; the reader sees the status,
//! a way on and a request id, the log sees the cause.

use actix_web::http::StatusCode;
use askama::Template;

use super::answer::Answer;
use super::frame::{Frame, Link, Section, region_href};
use super::past::Former;
use super::site::Site;
use crate::access::{AccessError, Viewer};
use crate::audit::AuditError;
use crate::data::DataError;
use crate::domain::RegionCode;
use crate::labels;

/// One reading of an ambiguous code.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) code: RegionCode,
    /// Name with its parents.
    pub(super) name: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("no such page")]
    NoPage,
    /// With the methods that are.
    #[error("method not allowed")]
    Method(&'static str),
    #[error("a form that is not of this session")]
    Forged,
    #[error("a form that cannot be read")]
    Unreadable,
    #[error("too many attempts")]
    Wait { seconds: i64 },
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What cannot be written down is not done.
    #[error(transparent)]
    Unrecorded(AuditError),
    #[error("the query string is too long")]
    TooLong,
    #[error("too many requests")]
    TooOften { seconds: i64 },
    #[error("too many or too long headers")]
    TooManyHeaders,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive in time")]
    Slow,
    #[error("no form of the answer is accepted")]
    NoSuchForm,
    #[error("no such region")]
    UnknownRegion {
        typed: String,
        /// The nearest region above that exists.
        above: Option<Candidate>,
    },
    #[error("not a region code")]
    NotACode { typed: String },
    #[error("a code without its system")]
    Undotted {
        typed: String,
        kemendagri: Option<Candidate>,
        bps: Option<Candidate>,
        former: Option<Box<Former>>,
    },
    #[error("a code of earlier years")]
    Former(Former),
    #[error("bad value of {name}")]
    BadValue { name: &'static str, typed: String, allowed: Vec<String> },
    #[error("no map of this level")]
    NoMap { region: Candidate },
    #[error("template: {0}")]
    Template(#[from] askama::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("{0}")]
    Inside(String),
}

impl Fault {
    /// A fault of the build or the machine, not of what was typed.
    pub(super) fn inside(error: impl std::fmt::Display) -> Self {
        Self::Inside(error.to_string())
    }

    /// How long to wait, in words, where that is the fault.
    fn waiting(&self) -> String {
        match self {
            Self::Wait { seconds } | Self::TooOften { seconds } => labels::waiting(*seconds),
            _ => String::new(),
        }
    }

    /// The cause in one word, for counting.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::TooOften { .. } => "rate",
            Self::TooLong => "query",
            Self::TooManyHeaders => "headers",
            Self::TooLarge => "body",
            Self::Slow => "slow",
            Self::NoSuchForm => "encoding",
            _ => "other",
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NoPage
            | Self::UnknownRegion { .. }
            | Self::Undotted { .. }
            | Self::NoMap { .. } => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Access(AccessError::Federation(_)) => StatusCode::BAD_GATEWAY,
            Self::Unrecorded(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::NoSuchForm => StatusCode::NOT_ACCEPTABLE,
            // It was there, and the page says where its region is now.
            Self::Former(_) => StatusCode::GONE,
            Self::NotACode { .. } | Self::BadValue { .. } => StatusCode::BAD_REQUEST,
            Self::Template(_) | Self::Data(_) | Self::Access(_) | Self::Inside(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

/// What was typed, short enough to be repeated on a page, and without long runs of digits: somebody
/// may have typed a NIK.
pub(super) fn excerpt(typed: &str) -> String {
    let mut short: String = typed.chars().take(40).collect();
    if short.len() < typed.len() {
        short.push('…');
    }
    without_long_numbers(&short)
}

/// Digits in a row from which a number may be a person's; region codes have ten at most.
const PERSONAL_DIGITS: usize = 11;

/// Every run of many digits as one dot.
pub(super) fn without_long_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() >= PERSONAL_DIGITS { "•" } else { &digits });
        digits.clear();
        out.push(c);
    }
    out.pop();
    out
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    fault: &'a Fault,
    status: u16,
    request_id: &'a str,
}

/// The page that tells a viewer of a fault; where even that cannot be rendered, a plain line.
pub(super) fn page(site: &Site, viewer: &Viewer, fault: &Fault, request_id: &str) -> Answer {
    let status = fault.status();
    let top = viewer.scope.region();
    let home = vec![Link::new(region_href(top), site.catalog.name(top))];
    let release = site.served_to(viewer).release;
    let frame = Frame::around(site, &release, viewer, Section::Fault, home);
    let page = ErrorPage { frame, fault, status: status.as_u16(), request_id };
    let answer = Answer::page(&page)
        .unwrap_or_else(|_| Answer::new("text/plain; charset=utf-8", request_id.to_owned()))
        .status(status);
    match fault {
        Fault::Wait { seconds } | Fault::TooOften { seconds } => answer.retry_after(*seconds),
        _ => answer,
    }
}
