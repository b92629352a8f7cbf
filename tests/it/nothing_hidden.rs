//! No answer depends on a hidden number, in whatever format: two servers whose snapshots differ in
//! nothing but hidden numbers say the same, byte by byte, on every page, map and file that a
//! visitor can reach. What classes of a map, legends, ranks, titles, charts, search results, XLSX
//! and GeoJSON say needs no reader here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tepat::disclosure::Release;
use tepat::domain::{Level, Registry};
use tepat::snapshot::Snapshot;
use tepat::web::rules;

use super::between::{Known, pair, truth};
use super::nasty::{Dice, nasty};
use super::shown::shown;
use super::small_cells::K;
use super::web::serve_release;

/// The snapshot with another number wherever none is said, some larger and some smaller.
fn other_numbers(of: &Snapshot, said: &Known) -> Snapshot {
    let mut whole = of.clone();
    let mut dice = Dice(17);
    let mut other = |n: &mut u64, said: bool| {
        if !said {
            // That there is somebody is said even where it is not said how many.
            *n = if *n > 1 && dice.percent(40) { *n - 1 } else { *n + 1 + dice.below(3) };
        }
    };
    for row in &mut whole.regions {
        let code = row.code;
        let is = |what: &str| said.contains_key(&(0, code, super::between::word(what)));
        let c = &mut row.counts;
        for (n, what) in [
            (&mut c.n_families, "F"),
            (&mut c.n_persons, "P"),
            (&mut c.n_persons_ranked, "ranked"),
            (&mut c.n_poor_persons, "poor"),
            (&mut c.n_extreme_persons, "extreme"),
            (&mut c.n_extreme_families, "extreme_f"),
            (&mut c.gap_fixed, "gap"),
            (&mut c.severity_fixed, "square"),
            (&mut c.n_by_point, "point"),
            (&mut c.n_by_code, "code"),
            (&mut c.n_both, "both"),
            (&mut c.n_agree, "agree"),
        ] {
            other(n, is(what));
        }
        // Nobody is told these.
        other(&mut c.n_poor_families, false);
        other(&mut c.n_families_ranked, false);
        other(&mut c.n_ppks, code.level() < Level::Desa && is("ppks"));
        for (n, families) in c.families_by_programmes.iter_mut().enumerate() {
            other(families, is(&format!("f{n}")));
        }
        for (i, p) in of.manifest.programmes.enabled() {
            let sums = &mut c.programmes[i];
            other(&mut sums.eligible, is(&format!("E {}", p.id)));
            other(&mut sums.covered, is(&format!("C {}", p.id)));
            other(&mut sums.recipients, is(&format!("R {}", p.id)));
            sums.recipients = sums.recipients.max(sums.covered);
        }
        for registry in Registry::ALL {
            let sums = &mut c.registries[registry.index()];
            other(&mut sums.rows, is(&format!("{} rows", registry.slug())));
            other(&mut sums.linked, is(&format!("{} linked", registry.slug())));
        }
    }
    for row in &mut whole.matching {
        let c = &mut row.counts;
        let of = |column: &str| {
            let what = super::between::word(&format!("{} {column}", row.registry.slug()));
            said.contains_key(&(0, row.code, what))
        };
        for (n, what) in [
            (&mut c.rows, "rows"),
            (&mut c.by_nik, "by_nik"),
            (&mut c.by_score, "by_score"),
            (&mut c.by_review, "by_review"),
            (&mut c.pending, "pending"),
            (&mut c.no_nik, "no_nik"),
            (&mut c.not_found, "not_found"),
            (&mut c.contradicted, "contradicted"),
            (&mut c.ambiguous, "ambiguous"),
            (&mut c.duplicates, "duplicates"),
            (&mut c.conflict_name, "conflict_name"),
            (&mut c.conflict_sex, "conflict_sex"),
            (&mut c.conflict_birth, "conflict_birth"),
            (&mut c.conflict_region, "conflict_region"),
        ] {
            // The linked rows are a sum of three, so that where it is said these stay.
            let linked = ["by_nik", "by_score", "by_review"].contains(&what) && of("linked");
            other(n, linked || of(what));
        }
    }
    for row in &mut whole.overlaps {
        let is_said = said.contains_key(&(0, row.code, pair(row.a, row.b)));
        other(&mut row.persons, is_said);
    }
    whole
}

/// Addresses on a page, without those that leave the server.
fn links(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    for mark in ["href=\"", "src=\"", "data-href=\""] {
        for rest in body.split(mark).skip(1) {
            let address = rest.split('"').next().unwrap().replace("&amp;", "&");
            let address = address.split('#').next().unwrap().to_owned();
            if address.starts_with('/') && !address.starts_with("//") {
                found.push(address);
            }
        }
    }
    found
}

/// What an address asks for, whatever the region: pages of one kind differ in nothing else.
fn kind(address: &str) -> String {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let part = |part: &str| {
        let code = part.chars().all(digits) && !part.is_empty();
        if code { part.matches('.').count().to_string() } else { part.to_owned() }
    };
    let path: Vec<String> = path.split('/').map(part).collect();
    let query: Vec<String> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(key, _)| !["urut", "arah", "lawan"].contains(key))
        .map(|(key, value)| format!("{key}={}", part(value)))
        .collect();
    format!("{}?{}", path.join("/"), query.join("&"))
}

struct Pair {
    bases: [String; 2],
    client: reqwest::Client,
}

impl Pair {
    async fn get(&self, address: &str) -> [(u16, Vec<u8>); 2] {
        let mut got = Vec::new();
        for base in &self.bases {
            let answer = self.client.get(format!("{base}{address}")).send().await.unwrap();
            let status = answer.status().as_u16();
            got.push((status, answer.bytes().await.unwrap().to_vec()));
        }
        got.try_into().unwrap()
    }
}

/// Answers that differ, and how many of each route were asked for.
async fn crawl(pair: &Pair, most: usize) -> (Vec<String>, BTreeSet<String>) {
    let levels = ["nasional", "provinsi", "kabupaten", "kecamatan", "desa"];
    let mut queue: VecDeque<String> = VecDeque::from(["/".to_owned()]);
    queue.extend(["/wilayah/36.01.01.2001", "/cari?q=banten", "/cari?q=3601"].map(String::from));
    queue.extend(["/peta", "/prioritas", "/cakupan", "/pemadanan"].map(String::from));
    queue.extend(["/mutu-data", "/metode", "/unduh"].map(String::from));
    queue.extend(
        ["/peta.svg", "/mutu-data.svg", "/pemadanan.svg"]
            .map(|path| format!("{path}?wilayah=36&tingkat=desa")),
    );
    for level in levels {
        for format in ["csv", "xlsx", "geojson"] {
            let scope = if level == "nasional" { "ID" } else { "36" };
            for folder in ["", "pemadanan/", "irisan/"] {
                if folder.is_empty() || format != "geojson" {
                    queue.push_back(format!("/unduh/{folder}{scope}/{level}.{format}"));
                }
            }
        }
    }
    let (mut seen, mut differ) = (BTreeSet::new(), Vec::new());
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(address) = queue.pop_front() {
        let times = asked.entry(kind(&address)).or_default();
        if *times > 0 || seen.len() >= most || !seen.insert(address.clone()) {
            continue;
        }
        *times += 1;
        let [one, two] = pair.get(&address).await;
        // A refusal bears the number of its request, and the door a token of its own.
        let own = one.0 != 200 || address.starts_with("/masuk");
        if one.0 != two.0 || (!own && one.1 != two.1) {
            differ.push(address.clone());
        }
        queue.extend(links(&String::from_utf8_lossy(&one.1)));
    }
    (differ, seen)
}

/// The paths with figures in the table of routes that none of these addresses is of.
fn never_asked(seen: &BTreeSet<String>) -> Vec<&'static str> {
    let fits = |pattern: &str, address: &str| {
        let path = address.split('?').next().unwrap();
        let (a, b): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.starts_with('{') || a == b)
    };
    let figures = rules().into_iter().filter(|route| route.rule == "figures");
    figures
        .map(|route| route.path)
        .filter(|path| !seen.iter().any(|address| fits(path, address)))
        .collect()
}

#[tokio::test]
async fn answers_of_every_format_depend_on_nothing_hidden() {
    let whole = nasty(11, &[], K);
    let release = Release::new(whole.clone());
    let said = shown(&release, &whole, &truth(&whole, 0), 0);
    let other = other_numbers(&whole, &said);
    let differing =
        truth(&whole, 0).iter().zip(truth(&other, 0)).filter(|(a, b)| *a.1 != b.1).count();
    assert!(differing > 1000, "{differing} numbers differ");
    let alike = Release::alike(other.clone(), &release);
    let most = std::env::var("ADDRESSES").ok().and_then(|n| n.parse().ok()).unwrap_or(110);
    let pair = Pair {
        bases: [serve_release(release), serve_release(alike)],
        client: reqwest::Client::new(),
    };
    let (differ, seen) = crawl(&pair, most).await;
    println!("{} addresses", seen.len());
    assert_eq!(differ, Vec::<String>::new());
    assert_eq!(never_asked(&seen), Vec::<&str>::new());
    // The comparison sees a difference where the numbers are said.
    let pair = Pair {
        bases: [serve_release(Release::open(whole)), serve_release(Release::open(other))],
        client: reqwest::Client::new(),
    };
    let (differ, _) = crawl(&pair, 40).await;
    assert!(differ.len() > 20, "{differ:?}");
}
