//! Everything that a server says about the regions of a small snapshot, collected from its pages and
//! files as an attacker would, with what follows from quotients.

use std::collections::BTreeMap;

use tepat::domain::{Level, RegionCode, Registry};
use tepat::labels;
use tepat::snapshot::Snapshot;

use super::between::{FREE, Known, Name, Relation, pair, word};
use super::fixture::code;
use super::web::{between, text_of};

/// What was read.
#[derive(Default)]
pub struct Collected {
    pub known: Known,
    /// Quotients whose terms are not both known.
    pub relations: Vec<Relation>,
    /// Part, whole and quotient with its error.
    rates: Vec<(Vec<(Name, f64)>, Name, f64, f64)>,
    /// Cells that said that they are withheld.
    pub withheld: usize,
}

struct Reader<'a> {
    base: &'a str,
    at: u8,
    client: reqwest::Client,
    collected: Collected,
}

/// All of it. `at` marks the names.
pub async fn collect(base: &str, snapshot: &Snapshot, at: u8) -> Collected {
    let client = reqwest::Client::new();
    let mut reader = Reader { base, at, client, collected: Collected::default() };
    let levels = [
        ("ID", "nasional"),
        ("ID", "provinsi"),
        ("36", "kabupaten"),
        ("36", "kecamatan"),
        ("36", "desa"),
    ];
    for (scope, level) in levels {
        reader.indicators(snapshot, scope, level).await;
        reader.matching(snapshot, scope, level).await;
        reader.overlaps(snapshot, scope, level).await;
        if level != "nasional" {
            reader.programmes(snapshot, scope, level).await;
            reader.conflicts(snapshot, scope, level).await;
        }
    }
    for row in &snapshot.regions {
        reader.region(row.code).await;
    }
    let mut collected = reader.collected;
    collected.follow();
    collected
}

impl Collected {
    /// Quotients of which one term is known tell the other.
    fn follow(&mut self) {
        loop {
            let before = self.known.len();
            for (part, whole, rate, error) in &self.rates {
                let sum: Option<f64> =
                    part.iter().map(|(name, by)| Some(self.known.get(name)? * by)).sum();
                let unknown: Vec<_> =
                    part.iter().filter(|(name, _)| !self.known.contains_key(name)).collect();
                match (sum, self.known.get(whole).copied(), unknown.as_slice()) {
                    (Some(sum), None, _) if *rate > 0.0 && error * sum < 0.4 * rate * rate => {
                        self.known.insert(*whole, (sum / rate).round());
                    }
                    (None, Some(whole), [(name, by)]) if error * whole < 0.4 => {
                        let rest: f64 = part
                            .iter()
                            .filter_map(|(name, by)| Some(self.known.get(name)? * by))
                            .sum();
                        self.known.insert(*name, ((rate * whole - rest) / by).round());
                    }
                    _ => {}
                }
            }
            if self.known.len() == before {
                break;
            }
        }
        for (part, whole, rate, error) in &self.rates {
            let mut terms = part.clone();
            terms.push((*whole, -rate));
            let off = error * self.known.get(whole).copied().unwrap_or(1000.0) + 1e-6;
            if terms.iter().any(|(name, _)| !self.known.contains_key(name)) {
                self.relations.push(Relation::new("quotient", terms, -off, off));
            }
        }
    }
}

impl Reader<'_> {
    async fn text(&self, path: &str) -> String {
        let got = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        assert_eq!(got.status().as_u16(), 200, "{path}");
        got.text().await.unwrap()
    }

    fn name(&self, region: RegionCode, what: &str) -> Name {
        (self.at, region, word(what))
    }

    fn say(&mut self, region: RegionCode, what: &str, text: &str) {
        if text.contains(labels::SUPPRESSED) {
            self.collected.withheld += 1;
            return;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let Ok(n) = digits.parse::<f64>() else { return };
        let name = self.name(region, what);
        let before = self.collected.known.insert(name, n);
        assert!(before.is_none_or(|b| (b - n).abs() < 0.5), "{name:?}: {before:?} and {n}");
    }

    fn rate(&mut self, region: RegionCode, part: &[(&str, f64)], whole: &str, rate: (f64, f64)) {
        let part = part.iter().map(|(what, by)| (self.name(region, what), *by)).collect();
        self.collected.rates.push((part, self.name(region, whole), rate.0, rate.1));
    }

    async fn rows(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.text(path).await;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        let row = |record: csv::StringRecord| {
            head.iter().zip(&record).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
        };
        reader.records().map(|record| row(record.unwrap())).collect()
    }

    async fn indicators(&mut self, snapshot: &Snapshot, scope: &str, level: &str) {
        for row in self.rows(&format!("/unduh/{scope}/{level}.csv")).await {
            let region = code(&row["kode"]);
            if snapshot.region(region).is_none() {
                continue;
            }
            for (column, what) in [
                ("keluarga", "F"),
                ("penduduk", "P"),
                ("jiwa-miskin", "poor"),
                ("jiwa-miskin-ekstrem", "extreme"),
                ("keluarga-miskin-ekstrem", "extreme_f"),
            ] {
                self.say(region, what, &row[column]);
            }
            let mut rates: Vec<(String, Vec<(String, f64)>, String)> = vec![
                ("p0".into(), vec![("poor".into(), 1.0)], "ranked".into()),
                ("miskin-ekstrem".into(), vec![("extreme".into(), 1.0)], "ranked".into()),
                ("kesesuaian-lokasi".into(), vec![("agree".into(), 1.0)], "both".into()),
            ];
            let slugs = ["tanpa-program", "satu-program", "dua-program", "tiga-program-lebih"];
            for (n, slug) in slugs.into_iter().enumerate() {
                rates.push((slug.into(), vec![(format!("f{n}"), 1.0)], "F".into()));
            }
            for (_, p) in snapshot.manifest.programmes.enabled() {
                let [e, c, r] = ["E", "C", "R"].map(|what| format!("{what} {}", p.id));
                rates.push((format!("cakupan-{}", p.id), vec![(c.clone(), 1.0)], e));
                let leaked = vec![(r.clone(), 1.0), (c, -1.0)];
                rates.push((format!("salah-sasaran-{}", p.id), leaked, r));
            }
            for (column, part, whole) in rates {
                let Ok(percent) = row[&column].parse::<f64>() else { continue };
                let part: Vec<(&str, f64)> = part.iter().map(|(n, by)| (n.as_str(), *by)).collect();
                self.rate(region, &part, &whole, (percent / 100.0, 1e-8));
            }
            self.depth(region, &row["p1"]);
            self.match_rate(region, &row["pemadanan"]);
        }
    }

    /// The poor are at least the sum of their gaps; extreme poor have a gap of three tenths.
    fn depth(&mut self, region: RegionCode, p1: &str) {
        let Ok(percent) = p1.parse::<f64>() else { return };
        let (gap, ranked) = (percent / 100.0, self.name(region, "ranked"));
        let poor = vec![(self.name(region, "poor"), 1.0), (ranked, -gap)];
        self.collected.relations.push(Relation::new("gap", poor, -1e-3, FREE));
        let extreme = vec![(ranked, gap), (self.name(region, "extreme"), -0.3)];
        self.collected.relations.push(Relation::new("gap", extreme, -1e-3, FREE));
    }

    fn match_rate(&mut self, region: RegionCode, rate: &str) {
        let Ok(percent) = rate.parse::<f64>() else { return };
        let mut terms = Vec::new();
        for registry in Registry::ALL.into_iter().skip(1) {
            terms.push((self.name(region, &format!("{} linked", registry.slug())), 1.0));
            let rows = self.name(region, &format!("{} rows", registry.slug()));
            terms.push((rows, -percent / 100.0));
        }
        self.collected.relations.push(Relation::new("quotient", terms, -1e-2, 1e-2));
    }

    async fn matching(&mut self, snapshot: &Snapshot, scope: &str, level: &str) {
        let columns = tepat::domain::MatchCounts::COLUMNS.into_iter().chain(["linked"]);
        let columns: Vec<&str> = columns.collect();
        let mut seen = Vec::new();
        for row in self.rows(&format!("/unduh/pemadanan/{scope}/{level}.csv")).await {
            let registry = registry(&row["register"]);
            seen.push((code(&row["kode"]), registry));
            for column in &columns {
                let what = format!("{} {column}", registry.slug());
                self.say(code(&row["kode"]), &what, &row[*column]);
            }
        }
        for region in regions(snapshot, level) {
            // A registry that is left out has no row there.
            for registry in Registry::ALL.iter().filter(|r| !seen.contains(&(region, **r))) {
                for column in &columns {
                    self.say(region, &format!("{} {column}", registry.slug()), "0");
                }
            }
        }
    }

    async fn overlaps(&mut self, snapshot: &Snapshot, scope: &str, level: &str) {
        let mut seen = Vec::new();
        for row in self.rows(&format!("/unduh/irisan/{scope}/{level}.csv")).await {
            let (a, b) = (registry(&row["register"]), registry(&row["lawan"]));
            seen.push((code(&row["kode"]), a));
            self.say(code(&row["kode"]), pair(a, a), &row["persons_first"]);
            self.say(code(&row["kode"]), pair(a, b), &row["persons_both"]);
        }
        for region in regions(snapshot, level) {
            for a in Registry::ALL.into_iter().filter(|r| !seen.contains(&(region, *r))) {
                for b in Registry::ALL {
                    self.say(region, pair(a, b), "0");
                }
            }
        }
    }

    /// The cells of a page's table of regions.
    async fn table(&self, path: &str) -> Vec<(RegionCode, Vec<String>)> {
        let page = self.text(path).await;
        page.split("<tr data-code=\"")
            .skip(1)
            .map(|row| {
                let region = code(row.split('"').next().unwrap());
                let row = row.split("</tr>").next().unwrap();
                let cells = row.split("<td").skip(1).map(|c| text_of(&format!("<td{c}")));
                (region, cells.collect())
            })
            .collect()
    }

    async fn programmes(&mut self, snapshot: &Snapshot, scope: &str, level: &str) {
        for (_, p) in snapshot.manifest.programmes.enabled() {
            let path = format!("/cakupan?program={}&tingkat={level}&wilayah={scope}", p.id);
            for (region, cells) in self.table(&path).await {
                for (what, cell) in [("E", 0), ("C", 1), ("R", 4)] {
                    self.say(region, &format!("{what} {}", p.id), &cells[cell]);
                }
            }
        }
    }

    async fn conflicts(&mut self, snapshot: &Snapshot, scope: &str, level: &str) {
        let path = format!("/mutu-data?tingkat={level}&wilayah={scope}");
        for (region, cells) in self.table(&path).await {
            self.say(region, "stated", &cells[0]);
            if let Some(percent) = percent(&cells[1]) {
                self.rate(region, &[("differ", 1.0)], "stated", (percent / 100.0, 5.1e-5));
            }
        }
        for region in regions(snapshot, level).into_iter().filter(|r| r.level() < Level::Desa) {
            let page = self.text(&format!("/mutu-data?wilayah={region}")).await;
            if !page.contains("tempat titiknya</caption>") {
                continue;
            }
            let table = between(&page, "tempat titiknya</caption>", "</table>");
            for row in table.split("<tr><th scope=\"row\">").skip(1) {
                let words = row.split("</th>").next().unwrap();
                let n = text_of(&between(row, "<td class=\"num\">", "</td>"));
                let what = match words {
                    "Desa lain" => "differ",
                    "Desa lain, kecamatan yang sama" => "level1",
                    "Kecamatan lain, kabupaten/kota yang sama" => "level2",
                    "Kabupaten/kota lain, provinsi yang sama" => "level3",
                    "Provinsi lain" => "level4",
                    "Desa yang sama" => "agree",
                    _ => "stated",
                };
                self.say(region, what, &n);
            }
        }
    }

    async fn region(&mut self, region: RegionCode) {
        let page = self.text(&format!("/wilayah/{region}")).await;
        if !page.contains("<dl class=\"bar-key\">") {
            return;
        }
        let bar = between(&page, "<dl class=\"bar-key\">", "</dl>");
        for (n, part) in bar.split("<dd>").skip(1).enumerate() {
            let families = part.rsplit("·").next().unwrap();
            self.say(region, &format!("f{n}"), &text_of(families.split("</dd>").next().unwrap()));
        }
        let facts =
            between(&page, "<dl class=\"facts-list\"><div><dt>Keluarga ditempatkan", "</dl>");
        for (words, what) in [("titik koordinat", "point"), ("kode yang tertulis", "code")] {
            let cell = facts.split(words).nth(1).map(|rest| between(rest, "<dd>", "</dd>"));
            if let Some(percent) = cell.and_then(|cell| percent(&cell)) {
                self.rate(region, &[(what, 1.0)], "F", (percent / 100.0, 5.1e-4));
            }
        }
        if let Some(rest) = facts.split("menurut DTKS").nth(1) {
            self.say(region, "ppks", &text_of(&between(rest, "<dd>", "</dd>")));
        }
    }
}

fn percent(text: &str) -> Option<f64> {
    let text = text.trim().strip_suffix('%')?.trim();
    text.replace('.', "").replace(',', ".").parse().ok()
}

fn registry(label: &str) -> Registry {
    Registry::ALL.into_iter().find(|r| labels::registry(*r) == label).unwrap()
}

fn regions(snapshot: &Snapshot, level: &str) -> Vec<RegionCode> {
    let of = |row: &&tepat::snapshot::RegionRow| row.code.level().slug() == level;
    snapshot.regions.iter().filter(of).map(|row| row.code).collect()
}
