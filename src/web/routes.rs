//! The one route table, and how a request runs through it: shelf, page, fault page.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{Answer, Policy};
use super::ask::Ask;
use super::assets;
use super::fault::{self, Fault};
use super::guard::{FailureDetail, RequestId};
use super::pages;
use super::site::Site;

/// An address, how long its answer holds, and the page behind it.
struct Route {
    path: &'static str,
    policy: Policy,
    show: fn(&Ask) -> Result<Answer, Fault>,
}

const fn route(
    path: &'static str,
    policy: Policy,
    show: fn(&Ask) -> Result<Answer, Fault>,
) -> Route {
    Route { path, policy, show }
}

const ROUTES: &[Route] = &[
    route("/", Policy::Snapshot, pages::home::show),
    route("/wilayah/{kode}", Policy::Snapshot, pages::region::show),
    route("/peta", Policy::Snapshot, pages::map::show),
    route("/peta.svg", Policy::Snapshot, pages::map::svg),
    route("/prioritas", Policy::Snapshot, pages::priority::show),
    route("/cakupan", Policy::Snapshot, pages::coverage::show),
    route("/pemadanan", Policy::Snapshot, pages::matching::show),
    route("/pemadanan.svg", Policy::Snapshot, pages::matching::svg),
    route("/mutu-data", Policy::Snapshot, pages::quality::show),
    route("/mutu-data.svg", Policy::Snapshot, pages::quality::svg),
    route("/metode", Policy::Snapshot, pages::method::show),
    route("/unduh", Policy::Snapshot, pages::download::show),
    route(
        "/unduh/pemadanan/{kode}/{tingkat}.{jenis}",
        Policy::Snapshot,
        pages::download::matching_file,
    ),
    route(
        "/unduh/irisan/{kode}/{tingkat}.{jenis}",
        Policy::Snapshot,
        pages::download::overlap_file,
    ),
    route("/unduh/{kode}/{tingkat}.{jenis}", Policy::Snapshot, pages::download::file),
    route("/cari", Policy::Fresh, pages::search::show),
    route("/static/{nama}", Policy::Asset, assets::show),
    route("/robots.txt", Policy::Fresh, pages::health::robots),
    route("/sehat", Policy::Never, pages::health::show),
];

pub(super) fn configure(config: &mut ServiceConfig) {
    for route in ROUTES {
        let handle = move |request, site| dispatch(route, request, site);
        config.service(
            web::resource(route.path)
                .route(web::get().to(handle))
                .route(web::head().to(handle))
                .default_service(web::to(no_method)),
        );
    }
    config.default_service(web::to(no_page));
}

async fn dispatch(route: &'static Route, request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let site = site.into_inner();
    let ask = match Ask::of(&request, Arc::clone(&site)) {
        Ok(ask) => ask,
        Err(fault) => return refuse(&request, &site, &fault),
    };
    if route.policy == Policy::Snapshot
        && let Some(answer) = site.pages.get(&key(&ask))
    {
        return answer.respond(&request);
    }
    // Rendering may take a while the first time: not in the thread that answers everybody. A panic
    // there ends as an error here.
    match web::block(move || make(route, &ask)).await {
        Ok(Ok(answer)) => answer.respond(&request),
        Ok(Err(fault)) => refuse(&request, &site, &fault),
        Err(_) => refuse(&request, &site, &Fault::inside("the page's thread ended early")),
    }
}

fn make(route: &Route, ask: &Ask) -> Result<Arc<Answer>, Fault> {
    let id = &ask.release.manifest().id;
    let finished = || (route.show)(ask).map(|answer| answer.finish(route.policy, id));
    if route.policy == Policy::Snapshot {
        ask.site.pages.get_or_make(&key(ask), finished, Answer::weight)
    } else {
        finished().map(Arc::new)
    }
}

/// A page is one of its snapshot and its address.
fn key(ask: &Ask) -> String {
    format!("{} {}", ask.release.manifest().id, ask.url)
}

async fn no_page(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    refuse(&request, &site, &Fault::NoPage)
}

async fn no_method(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    refuse(&request, &site, &Fault::Method)
}

fn refuse(request: &HttpRequest, site: &Site, fault: &Fault) -> HttpResponse {
    let id = RequestId::of(request);
    let mut response = fault::page(site, fault, &id).respond(request);
    if matches!(fault, Fault::Method) {
        let allow = actix_web::http::header::HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(actix_web::http::header::ALLOW, allow);
    }
    response.extensions_mut().insert(FailureDetail(fault.to_string()));
    response
}
