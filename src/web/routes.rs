//! The one route table with who may see what, and how a request runs through it: who asks, rule,
//! shelf, page, fault page.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use super::answer::{Answer, Audience, Policy};
use super::ask::{Ask, Who};
use super::assets;
use super::door::{self, Jar};
use super::fault::{self, Fault};
use super::form::{Form, MOST_BYTES};
use super::guard::{AskedBy, FailureDetail, RequestId};
use super::pages::{self, account, sign_in, users};
use super::rules::{Admission, Place, RouteRule, Rule};
use super::site::Site;
use crate::access::{AccessError, Moment, Role, Viewer};
use crate::domain::RegionCode;

type Show = fn(&Ask) -> Result<Answer, Fault>;
type Take = fn(&Ask, &Form) -> Result<Answer, Fault>;

/// An address, who may see it, how long its answer holds, and the page behind it.
struct Route {
    path: &'static str,
    rule: Rule,
    policy: Policy,
    show: Show,
    /// What becomes of a form that is posted here.
    take: Option<Take>,
}

const fn page(path: &'static str, rule: Rule, policy: Policy, show: Show) -> Route {
    Route { path, rule, policy, show, take: None }
}

const fn form(path: &'static str, rule: Rule, show: Show, take: Take) -> Route {
    Route { path, rule, policy: Policy::Never, show, take: Some(take) }
}

use Policy::{Asset, Fresh, Never, Snapshot};
use Rule::{Everybody, Figures, Only, SignedIn};

const CODE: Place = Place::Path("kode");

const ROUTES: &[Route] = &[
    page("/", Figures(Place::Own), Snapshot, pages::home::show),
    page("/wilayah/{kode}", Figures(CODE), Snapshot, pages::region::show),
    page("/peta", Figures(Place::Query), Snapshot, pages::map::show),
    page("/peta.svg", Figures(Place::Query), Snapshot, pages::map::svg),
    page("/prioritas", Figures(Place::Query), Snapshot, pages::priority::show),
    page("/cakupan", Figures(Place::Query), Snapshot, pages::coverage::show),
    page("/pemadanan", Figures(Place::Query), Snapshot, pages::matching::show),
    page("/pemadanan.svg", Figures(Place::Query), Snapshot, pages::matching::svg),
    page("/mutu-data", Figures(Place::Query), Snapshot, pages::quality::show),
    page("/mutu-data.svg", Figures(Place::Query), Snapshot, pages::quality::svg),
    page("/metode", Figures(Place::Own), Snapshot, pages::method::show),
    page("/unduh", Figures(Place::Query), Snapshot, pages::download::show),
    page(
        "/unduh/pemadanan/{kode}/{tingkat}.{jenis}",
        Figures(CODE),
        Snapshot,
        pages::download::matching_file,
    ),
    page(
        "/unduh/irisan/{kode}/{tingkat}.{jenis}",
        Figures(CODE),
        Snapshot,
        pages::download::overlap_file,
    ),
    page("/unduh/{kode}/{tingkat}.{jenis}", Figures(CODE), Snapshot, pages::download::file),
    page("/cari", Figures(Place::Own), Fresh, pages::search::show),
    form("/masuk", Everybody, sign_in::show, sign_in::take),
    page("/masuk/oidc", Everybody, Never, sign_in::depart),
    page("/masuk/oidc/kembali", Everybody, Never, sign_in::arrive),
    form("/keluar", SignedIn, account::leaving, account::leave),
    form("/akun", SignedIn, account::show, account::revoke),
    form("/akun/sandi", SignedIn, account::password, account::change_password),
    form("/akun/kode", SignedIn, account::factor, account::change_factor),
    form("/akun/pengguna", Only(&[Role::Admin], Place::Own), users::show, users::change),
    form(
        "/nama",
        Only(&[Role::Verifier], Place::Query),
        pages::by_name::show,
        pages::by_name::open,
    ),
    form(
        "/nama/daftar",
        Only(&[Role::Verifier], Place::Own),
        pages::by_name::list,
        pages::by_name::act,
    ),
    page("/audit", Only(&[Role::Auditor], Place::Query), Never, pages::audit::show),
    page("/audit/catatan.{jenis}", Only(&[Role::Auditor], Place::Query), Never, pages::audit::file),
    page("/static/{nama}", Everybody, Asset, assets::show),
    page("/robots.txt", Everybody, Fresh, pages::health::robots),
    page("/sehat", Everybody, Never, pages::health::show),
    page("/siap", Everybody, Never, pages::health::ready),
];

/// The rule of every route, for the tests and for whoever wants to check it.
pub fn rules() -> Vec<RouteRule> {
    ROUTES.iter().map(|r| RouteRule::of(r.path, r.rule, r.take.is_some())).collect()
}

pub(super) fn configure(config: &mut ServiceConfig) {
    let forms = web::FormConfig::default().limit(MOST_BYTES);
    config.app_data(forms);
    for route in ROUTES {
        let show = move |request, site| dispatch(route, request, site);
        let mut resource =
            web::resource(route.path).route(web::get().to(show)).route(web::head().to(show));
        if let Some(take) = route.take {
            let take = move |request, body, site| take_form(route, take, request, body, site);
            resource = resource.route(web::post().to(take));
        }
        config.service(resource.default_service(web::to(no_method)));
    }
    config.default_service(web::to(no_page));
}

async fn dispatch(route: &'static Route, request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let site = site.into_inner();
    let (viewer, ask) = match receive(route, &request, &site).await {
        Ok(received) => received,
        Err(turned) => return turned,
    };
    if route.policy == Policy::Snapshot
        && let Some(answer) = site.pages.get(&key(&ask))
    {
        return answer.respond(&request, audience(&viewer));
    }
    // Rendering may take a while the first time: not in the thread that answers everybody. A panic
    // there ends as an error here.
    match web::block(move || make(route, &ask)).await {
        Ok(Ok(answer)) => answer.respond(&request, audience(&viewer)),
        Ok(Err(fault)) => refuse(&request, &site, &viewer, &fault),
        Err(_) => refuse(&request, &site, &viewer, &Fault::inside("the page's thread ended early")),
    }
}

/// A form that was posted: it comes from here, from somebody who may, and from a page of theirs.
async fn take_form(
    route: &'static Route,
    take: Take,
    request: HttpRequest,
    body: Result<web::Form<Vec<(String, String)>>, Error>,
    site: Data<Site>,
) -> HttpResponse {
    let site = site.into_inner();
    let (viewer, ask) = match receive(route, &request, &site).await {
        Ok(received) => received,
        Err(turned) => return turned,
    };
    let Ok(body) = body else { return refuse(&request, &site, &viewer, &Fault::Unreadable) };
    let form = Form::new(body.into_inner());
    if !door::is_from_here(&request, &site.gate.settings) || !form.is_of(&ask) {
        return refuse(&request, &site, &viewer, &Fault::Forged);
    }
    // What comes of it is for one person, whoever that was before.
    match web::block(move || take(&ask, &form)).await {
        Ok(Ok(answer)) => answer.respond(&request, Audience::One),
        Ok(Err(fault)) => refuse(&request, &site, &viewer, &fault),
        Err(_) => refuse(&request, &site, &viewer, &Fault::inside("the form's thread ended early")),
    }
}

/// Who asks, and what, where they may; otherwise what they get instead.
async fn receive(
    route: &Route,
    request: &HttpRequest,
    site: &Arc<Site>,
) -> Result<(Viewer, Ask), HttpResponse> {
    let who = who(request, site).await;
    let who = who.map_err(|fault| refuse(request, site, &Viewer::public(), &fault))?;
    let viewer = who.viewer.clone();
    match admit(route, request, site, who) {
        Ok(ask) => Ok((viewer, ask)),
        Err(Turned::Away(answer)) => Err(answer.respond(request, audience(&viewer))),
        Err(Turned::Down(fault)) => Err(refuse(request, site, &viewer, &fault)),
    }
}

/// Who asks: looked up only where the browser brought a token.
async fn who(request: &HttpRequest, site: &Arc<Site>) -> Result<Who, Fault> {
    let settings = &site.gate.settings;
    let caller = door::caller(request, settings);
    let viewer = match caller.token.clone() {
        None => None,
        Some(token) => {
            let accounts = Arc::clone(&site.gate.accounts);
            let found = web::block(move || accounts.viewer(&token, Moment::now())).await;
            found.map_err(|_| Fault::inside("the session's thread ended early"))??
        }
    };
    let viewer = viewer.unwrap_or_else(Viewer::public);
    request.extensions_mut().insert(AskedBy::new(&viewer));
    Ok(Who {
        viewer,
        caller,
        door: Jar::Door.token(request, settings),
        away: Jar::Away.token(request, settings),
    })
}

/// Why a request does not reach its page.
enum Turned {
    /// To somewhere else first.
    Away(Answer),
    Down(Fault),
}

/// The rule of the route, and whether the region that is asked for exists for who asks.
fn admit(route: &Route, request: &HttpRequest, site: &Arc<Site>, who: Who) -> Result<Ask, Turned> {
    match route.rule.admits(&who.viewer, &site.gate.settings) {
        Admission::Go => {}
        Admission::SignIn => return Err(Turned::Away(to_the_door(request))),
        Admission::Finish(path) => return Err(Turned::Away(Answer::go_to(path))),
        // Whoever works with no figures begins at the own account.
        Admission::Hidden if route.path == "/" => return Err(Turned::Away(Answer::go_to("/akun"))),
        Admission::Hidden => return Err(Turned::Down(Fault::NoPage)),
    }
    let ask = Ask::of(request, Arc::clone(site), who).map_err(Turned::Down)?;
    let code = |typed: &str| RegionCode::from_slug(typed).ok();
    let named =
        route.rule.region(|name| code(ask.path(name)), || ask.query("wilayah").and_then(code));
    // The page asks again by itself; one that forgot to would end here.
    match named.filter(|code| !ask.sees(*code)) {
        Some(code) => Err(Turned::Down(ask.unknown(code))),
        None => Ok(ask),
    }
}

/// To the door, and after it back to the page; what a form held is not carried along.
fn to_the_door(request: &HttpRequest) -> Answer {
    let wanted = request.uri().to_string();
    match door::onward(Some(&wanted)).filter(|_| request.method() != Method::POST) {
        Some("/") | None => Answer::go_to("/masuk"),
        Some(to) => Answer::go_to(format!("/masuk?lanjut={}", pages::encoded(to))),
    }
}

fn audience(viewer: &Viewer) -> Audience {
    if viewer.is_signed_in() { Audience::One } else { Audience::Everybody }
}

fn make(route: &Route, ask: &Ask) -> Result<Arc<Answer>, Fault> {
    let id = &ask.release.manifest().id;
    let shown = || {
        let answer = (route.show)(ask)?;
        Ok(if ask.unsuppressed { answer.restricted() } else { answer })
    };
    let finished = || shown().map(|answer: Answer| answer.finish(route.policy, id));
    if route.policy == Policy::Snapshot {
        ask.site.pages.get_or_make(&key(ask), finished, Answer::weight)
    } else {
        finished().map(Arc::new)
    }
}

/// A page is one of its snapshot, of what its viewers may see, and of its address. Nothing on it is
/// of one person.
fn key(ask: &Ask) -> String {
    let Viewer { role, scope, .. } = ask.viewer;
    format!("{} {role} {} {}", ask.release.manifest().id, scope.region(), ask.url)
}

async fn no_page(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let site = site.into_inner();
    let viewer = who(&request, &site).await.map_or_else(|_| Viewer::public(), |who| who.viewer);
    refuse(&request, &site, &viewer, &Fault::NoPage)
}

async fn no_method(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let pattern = request.match_pattern().unwrap_or_default();
    let takes = ROUTES.iter().any(|route| route.path == pattern && route.take.is_some());
    let allowed = if takes { "GET, HEAD, POST" } else { "GET, HEAD" };
    refuse(&request, &site, &Viewer::public(), &Fault::Method(allowed))
}

fn refuse(request: &HttpRequest, site: &Site, viewer: &Viewer, fault: &Fault) -> HttpResponse {
    let id = RequestId::of(request);
    let page = fault::page(site, viewer, fault, &id);
    let mut response = page.respond(request, audience(viewer));
    if let Fault::Method(allowed) = fault {
        let allow = actix_web::http::header::HeaderValue::from_static(allowed);
        response.headers_mut().insert(actix_web::http::header::ALLOW, allow);
    }
    // An account's name is nothing for the log.
    let detail = match fault {
        Fault::Access(AccessError::Exists(_) | AccessError::NoAccount(_)) => {
            "an account".to_owned()
        }
        other => other.to_string(),
    };
    response.extensions_mut().insert(FailureDetail(detail));
    response
}
