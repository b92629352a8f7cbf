//! Every route × every role (and nobody) × own, child, parent and other region × GET and POST: the
//! status that each must have, against the table of routes itself. A route that this file does not
//! know fails here, so that none goes out without somebody having said who may see it.

use tepat::access::Role;
use tepat::web::rules;

use super::door::{Browser, Seen, house};

/// Who may see a route, said a second time and by hand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    /// Everybody, with this status whatever they are.
    All(u16),
    /// The door: open to nobody, passed by whoever is in.
    Door,
    Figures(At),
    SignedIn,
    Only(Role, At),
}

/// Where the region of a request stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Path,
    Query,
    None,
    /// The home page: leads those who are bound to their own region.
    Home,
}

const KNOWN: &[(&str, Who)] = &[
    ("/", Who::Figures(At::Home)),
    ("/wilayah/{kode}", Who::Figures(At::Path)),
    ("/peta", Who::Figures(At::Query)),
    ("/peta.svg", Who::Figures(At::Query)),
    ("/prioritas", Who::Figures(At::Query)),
    ("/cakupan", Who::Figures(At::Query)),
    ("/pemadanan", Who::Figures(At::Query)),
    ("/pemadanan.svg", Who::Figures(At::Query)),
    ("/mutu-data", Who::Figures(At::Query)),
    ("/mutu-data.svg", Who::Figures(At::Query)),
    ("/metode", Who::Figures(At::None)),
    ("/unduh", Who::Figures(At::Query)),
    ("/unduh/pemadanan/{kode}/{tingkat}.{jenis}", Who::Figures(At::Path)),
    ("/unduh/irisan/{kode}/{tingkat}.{jenis}", Who::Figures(At::Path)),
    ("/unduh/{kode}/{tingkat}.{jenis}", Who::Figures(At::Path)),
    ("/cari", Who::Figures(At::None)),
    ("/masuk", Who::Door),
    ("/masuk/oidc", Who::All(404)),
    ("/masuk/oidc/kembali", Who::All(404)),
    ("/keluar", Who::SignedIn),
    ("/akun", Who::SignedIn),
    ("/akun/sandi", Who::SignedIn),
    ("/akun/kode", Who::SignedIn),
    ("/akun/pengguna", Who::Only(Role::Admin, At::None)),
    ("/nama", Who::Only(Role::Verifier, At::Query)),
    ("/nama/daftar", Who::Only(Role::Verifier, At::None)),
    ("/audit", Who::Only(Role::Auditor, At::Query)),
    ("/audit/catatan.{jenis}", Who::Only(Role::Auditor, At::Query)),
    ("/static/{nama}", Who::All(200)),
    ("/robots.txt", Who::All(200)),
    ("/sehat", Who::All(200)),
    ("/siap", Who::All(200)),
];

/// Regions as an account of Lebak sees them: code, and whether it exists.
const REGIONS: [(&str, bool); 6] = [
    ("36.02", true),
    ("36.02.01", true),
    ("36", false),
    ("ID", false),
    ("36.01", false),
    ("36.02.99", false),
];

/// An address of the route about a region.
fn address(path: &str, who: Who, region: &str) -> String {
    let level = if region.len() < 8 && region != "ID" { "kecamatan" } else { "desa" };
    let path = path
        .replace("{kode}", region)
        .replace("{tingkat}", level)
        .replace("{jenis}", "csv")
        .replace("{nama}", "tepat.css");
    match who {
        Who::Figures(At::Query) => format!("{path}?wilayah={region}&tingkat=desa"),
        Who::Only(_, At::Query) => format!("{path}?wilayah={region}"),
        _ => path,
    }
}

/// The status of a GET.
fn get_status(who: Who, role: Role, exists: bool) -> u16 {
    let figures = matches!(
        role,
        Role::Viewer | Role::Planner | Role::Verifier | Role::DataOfficer | Role::Admin
    );
    let nobody = role == Role::Public;
    match who {
        Who::All(status) => status,
        Who::Door if nobody => 200,
        Who::Door => 303,
        _ if nobody => 303,
        Who::SignedIn => 200,
        Who::Only(needed, at) => {
            if role == needed && (exists || at != At::Query) {
                200
            } else {
                404
            }
        }
        Who::Figures(At::Home) => 303,
        Who::Figures(_) if !figures => 404,
        Who::Figures(At::None) => 200,
        Who::Figures(_) => {
            if exists {
                200
            } else {
                404
            }
        }
    }
}

/// The status of a POST without the token of a form: nothing is ever done. Whether a region inside
/// one's own exists is looked at after the form.
fn post_status(who: Who, role: Role, takes_form: bool, inside: bool) -> u16 {
    match who {
        _ if !takes_form => 405,
        Who::Door | Who::All(_) | Who::Figures(_) => 403,
        _ if role == Role::Public => 303,
        Who::SignedIn => 403,
        Who::Only(needed, at) => {
            if role == needed && (inside || at != At::Query) {
                403
            } else {
                404
            }
        }
    }
}

async fn browser(place: &str, role: Role) -> Browser {
    let origin = &house().origin;
    match role {
        Role::Public => Browser::new(origin),
        _ => Browser::signed_in(origin, &format!("{place}-{role}")).await,
    }
}

#[test]
fn every_route_is_known_here_with_its_rule() {
    let rules = rules();
    for rule in &rules {
        let known = KNOWN.iter().find(|(path, _)| *path == rule.path);
        let Some((_, who)) = known else {
            panic!("{}: say in this file who may see the new route", rule.path)
        };
        let (word, region) = match who {
            Who::All(_) | Who::Door => ("everybody", None),
            Who::Figures(At::Path) => ("figures", Some("path")),
            Who::Figures(At::Query) => ("figures", Some("query")),
            Who::Figures(At::None | At::Home) => ("figures", None),
            Who::SignedIn => ("signed-in", None),
            Who::Only(_, At::Query) => ("only", Some("query")),
            Who::Only(..) => ("only", None),
        };
        assert_eq!((rule.rule, rule.region), (word, region), "{}", rule.path);
        let has_code = rule.path.contains("{kode}");
        assert_eq!(has_code, region == Some("path"), "{}: a code nobody looks at", rule.path);
    }
    for (path, _) in KNOWN {
        assert!(rules.iter().any(|rule| rule.path == *path), "{path} is no route any more");
    }
}

#[tokio::test]
async fn every_route_answers_every_role_about_every_region_as_it_must() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for role in Role::ALL {
        let mut browser = browser("lebak", role).await;
        for rule in rules() {
            let who = KNOWN.iter().find(|(path, _)| *path == rule.path).unwrap().1;
            let regions = match who {
                Who::Figures(At::Path | At::Query) | Who::Only(_, At::Query) => &REGIONS[..],
                _ => &REGIONS[..1],
            };
            for (region, exists) in regions {
                let path = address(rule.path, who, region);
                let got = browser.get(&path).await;
                let expected = get_status(who, role, *exists);
                if got.status != expected {
                    wrong.push(format!("GET {path} as {role}: {} not {expected}", got.status));
                }
                check_headers(&got, role, rule.path, &mut wrong);
                let token = browser.cookies.clone();
                let posted = browser.post(&path, &[("x", "y")]).await;
                let expected = post_status(who, role, rule.takes_form, region.starts_with("36.02"));
                if posted.status != expected {
                    wrong.push(format!("POST {path} as {role}: {} not {expected}", posted.status));
                }
                assert_eq!(token, browser.cookies, "a refused form changed the session");
                asked += 2;
            }
        }
    }
    println!("{asked} requests");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 1_000, "only {asked}");
}

/// What somebody has signed in to see is kept by nobody.
fn check_headers(got: &Seen, role: Role, route: &str, wrong: &mut Vec<String>) {
    if role == Role::Public || route.starts_with("/static") {
        return;
    }
    let cache = got.header("cache-control");
    if cache != "private, no-store" || !got.header("etag").is_empty() {
        wrong.push(format!("{route} as {role}: cache-control {cache}"));
    }
    if !got.header("vary").contains("cookie") {
        wrong.push(format!("{route} as {role}: vary {}", got.header("vary")));
    }
}

#[tokio::test]
async fn an_account_of_the_nation_sees_every_region() {
    for role in [Role::Viewer, Role::Verifier, Role::Admin] {
        let mut browser = browser("nation", role).await;
        for region in ["ID", "36", "36.01", "36.02.01", "32"] {
            for path in ["/wilayah/{}", "/peta?wilayah={}", "/unduh?wilayah={}"] {
                let path = path.replace("{}", region);
                assert_eq!(browser.get(&path).await.status, 200, "{path} as {role}");
            }
        }
        assert_eq!(browser.get("/").await.status, 200, "{role}");
    }
    let mut auditor = browser("nation", Role::Auditor).await;
    assert_eq!(auditor.get("/wilayah/36").await.status, 404);
    assert_eq!(auditor.get("/").await.location(), "/akun");
}
