//! Regions by name or code: an index over every region of the nation, built once, tolerant to
//! spelling. Names are no keys (98 desa are called Sidomulyo), so all that fit are found, best
//! first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use super::names::NameRules;
use super::{History, NameKey, Readings, Region, RegionCatalog, RegionKind};
use crate::data::{self, DataError};
use crate::domain::{Level, RegionCode};

const VARIANTS: &str = "regions/names.csv.gz";

/// How a region fits what was typed, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    Code,
    Name,
    Beginning,
    /// Every word is the beginning of a word of the name or of a region around it.
    Words,
    Inside,
    Similar,
}

/// One region found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub code: RegionCode,
    pub how: Match,
    /// The spelling that fits, where it is not the official one.
    pub spelling: Option<String>,
}

/// Names of all regions in the form that is compared.
#[derive(Debug)]
pub struct SearchIndex {
    catalog: &'static RegionCatalog,
    history: &'static History,
    rules: &'static NameRules,
    /// By `compact`, sorted.
    names: Vec<Name>,
    /// Spellings other than the official one.
    variants: Vec<String>,
    /// Of each region in catalogue order, the place of its official name in `names`.
    official: Vec<u32>,
    /// Three letters in a row → names that hold them.
    trigrams: HashMap<[u8; 3], Vec<u32>>,
}

#[derive(Debug)]
struct Name {
    /// Without spaces.
    compact: String,
    words: String,
    /// Place of the region in the catalogue, and of the variant where it is one.
    regions: Vec<(u32, Option<u32>)>,
}

/// Texts shorter than this are no name.
const SHORTEST: usize = 2;

/// Similar names are looked for only where fewer than this were found otherwise.
const ENOUGH: usize = 5;

/// Share of letters that must agree for a name to be similar.
const SIMILAR: f64 = 0.72;

impl SearchIndex {
    /// The index over the table of this build, made once.
    ///
    /// # Errors
    /// A damaged table: a fault of the build.
    pub fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<SearchIndex> = OnceLock::new();
        if let Some(index) = SHARED.get() {
            return Ok(index);
        }
        let index = Self::build()?;
        Ok(SHARED.get_or_init(|| index))
    }

    /// Makes the index; [`SearchIndex::shared`] keeps it.
    ///
    /// # Errors
    /// A damaged table: a fault of the build.
    pub fn build() -> Result<Self, DataError> {
        let (catalog, rules) = (RegionCatalog::shared()?, NameKey::rules()?);
        let regions = catalog.subtree(RegionCode::NATION);
        let mut gathered: BTreeMap<String, Name> = BTreeMap::new();
        let mut gather = |name: &str, region: u32, variant: Option<u32>| {
            let words = rules.key(name).words().to_owned();
            let compact: String = words.split(' ').collect();
            let entry = gathered.entry(compact.clone()).or_insert_with(|| Name {
                compact,
                words,
                regions: Vec::new(),
            });
            entry.regions.push((region, variant));
        };
        for (at, region) in (0..).zip(regions) {
            gather(&region.name, at, None);
        }
        let mut variants = Vec::new();
        for (code, name) in read_variants()? {
            let at = regions.binary_search_by_key(&code, |region| region.code).ok();
            if let Some(at) = at.and_then(|at| u32::try_from(at).ok()) {
                gather(&name, at, u32::try_from(variants.len()).ok());
                variants.push(name);
            }
        }
        let names: Vec<Name> = gathered.into_values().collect();
        let mut official = vec![0; regions.len()];
        let mut trigrams: HashMap<[u8; 3], Vec<u32>> = HashMap::new();
        for (at, name) in (0_u32..).zip(&names) {
            for (region, _) in name.regions.iter().filter(|(_, variant)| variant.is_none()) {
                official[*region as usize] = at;
            }
            for gram in grams(&name.compact) {
                trigrams.entry(gram).or_default().push(at);
            }
        }
        let history = History::shared()?;
        Ok(Self { catalog, history, rules, names, variants, official, trigrams })
    }

    /// What the text is as a code, in all systems.
    pub fn readings(&self, typed: &str) -> Readings {
        Readings::of(typed.trim(), self.catalog, self.history)
    }

    /// All regions that fit, best first; upper levels before lower ones where they fit alike.
    pub fn find(&self, typed: &str) -> Vec<Hit> {
        self.find_within(typed, RegionCode::NATION)
    }

    /// As [`SearchIndex::find`], where only `around` and what lies in it exists: what is outside
    /// neither comes up nor keeps similar names from coming up.
    pub fn find_within(&self, typed: &str, around: RegionCode) -> Vec<Hit> {
        let mut found = Found { index: self, within: around, hits: HashMap::new() };
        let readings = self.readings(typed);
        for code in [readings.kemendagri, readings.bps].into_iter().flatten() {
            found.offer(code, Match::Code, None);
        }
        for code in readings.former.iter().flat_map(|(_, parts)| parts.keys()) {
            found.offer(*code, Match::Code, None);
        }
        let (own, around) = self.parts(typed);
        let kind = self.rules.key(typed).kind().map(str::to_owned);
        if own.len() >= SHORTEST {
            if around.is_empty() {
                self.by_name(&own, &mut found);
            } else {
                self.by_place(&own, &around, &mut found);
            }
            if found.hits.len() < ENOUGH {
                self.similar(&own, &around, &mut found);
            }
        }
        found.ranked(kind.as_deref())
    }

    /// The name itself and, after a comma, words of the regions around it.
    fn parts(&self, typed: &str) -> (String, Vec<String>) {
        let mut parts = typed.split([',', ';']).map(|part| self.rules.key(part).words().to_owned());
        let own = parts.next().unwrap_or_default();
        let around = parts.flat_map(|part| words(&part)).collect();
        (own, around)
    }

    fn by_name(&self, own: &str, found: &mut Found<'_>) {
        let compact: String = own.split(' ').collect();
        let start = self.names.partition_point(|name| *name.compact < *compact);
        for name in self.names[start..].iter().take_while(|n| n.compact.starts_with(&compact)) {
            let how = if name.compact == compact { Match::Name } else { Match::Beginning };
            found.offer_name(name, how);
        }
        if compact.len() < 3 {
            return;
        }
        let typed = words(own);
        for name in &self.names {
            if typed.iter().all(|word| begins_a_word(&name.words, word)) {
                found.offer_name(name, Match::Words);
            } else if name.compact.contains(&compact) {
                found.offer_name(name, Match::Inside);
            }
        }
        // "sidomulyo lampung": the first words are the name, the rest is around it.
        for cut in (1..typed.len()).rev() {
            let is_name = |word: &&String| !self.rules.is_kind(word);
            let around: Vec<String> = typed[cut..].iter().filter(is_name).cloned().collect();
            if !around.is_empty() {
                self.by_place(&typed[..cut].join(" "), &around, found);
            }
        }
    }

    /// Regions of that name (or beginning) inside regions whose names hold the words around.
    fn by_place(&self, own: &str, around: &[String], found: &mut Found<'_>) {
        let compact: String = own.split(' ').collect();
        if compact.len() < SHORTEST {
            return;
        }
        let start = self.names.partition_point(|name| *name.compact < *compact);
        for name in self.names[start..].iter().take_while(|n| n.compact.starts_with(&compact)) {
            let whole = name.compact == compact;
            for (region, variant) in &name.regions {
                if self.lies_in(*region, around) {
                    let how = if whole { Match::Name } else { Match::Words };
                    found.offer_at(*region, how, *variant);
                }
            }
        }
    }

    fn lies_in(&self, region: u32, around: &[String]) -> bool {
        let code = self.region(region).code;
        let above: Vec<&str> = [Level::Provinsi, Level::Kabupaten, Level::Kecamatan]
            .into_iter()
            .filter(|level| *level < code.level())
            .filter_map(|level| self.words_of(code.ancestor(level)))
            .collect();
        around.iter().all(|word| above.iter().any(|words| begins_a_word(words, word)))
    }

    fn words_of(&self, code: RegionCode) -> Option<&str> {
        let regions = self.catalog.subtree(RegionCode::NATION);
        let at = regions.binary_search_by_key(&code, |region| region.code).ok()?;
        Some(&self.names[self.official[at] as usize].words)
    }

    /// Names that share most of their letters: slips of the finger, other spellings.
    fn similar(&self, own: &str, around: &[String], found: &mut Found<'_>) {
        let compact: String = own.split(' ').collect();
        let wanted = grams(&compact);
        if wanted.len() < 4 {
            return;
        }
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for gram in &wanted {
            for name in self.trigrams.get(gram).into_iter().flatten() {
                *shared.entry(*name).or_default() += 1;
            }
        }
        let least = u32::try_from(wanted.len() / 3).unwrap_or(1).max(2);
        let candidates: BTreeSet<u32> =
            shared.into_iter().filter(|(_, n)| *n >= least).map(|(name, _)| name).collect();
        for name in candidates.into_iter().map(|at| &self.names[at as usize]) {
            if strsim::normalized_damerau_levenshtein(&compact, &name.compact) >= SIMILAR {
                for (region, variant) in &name.regions {
                    if around.is_empty() || self.lies_in(*region, around) {
                        found.offer_at(*region, Match::Similar, *variant);
                    }
                }
            }
        }
    }

    fn region(&self, at: u32) -> &'static Region {
        &self.catalog.subtree(RegionCode::NATION)[at as usize]
    }
}

/// Hits while they are gathered: each region once, in its best way.
struct Found<'a> {
    index: &'a SearchIndex,
    within: RegionCode,
    hits: HashMap<RegionCode, (Match, Option<u32>)>,
}

impl Found<'_> {
    fn offer(&mut self, code: RegionCode, how: Match, variant: Option<u32>) {
        if !self.within.contains(code) {
            return;
        }
        let held = self.hits.entry(code).or_insert((how, variant));
        if (how, variant.is_some()) < (held.0, held.1.is_some()) {
            *held = (how, variant);
        }
    }

    fn offer_at(&mut self, region: u32, how: Match, variant: Option<u32>) {
        let code = self.index.region(region).code;
        self.offer(code, how, variant);
    }

    fn offer_name(&mut self, name: &Name, how: Match) {
        for (region, variant) in &name.regions {
            self.offer_at(*region, how, *variant);
        }
    }

    fn ranked(self, kind: Option<&str>) -> Vec<Hit> {
        let Self { index, hits, .. } = self;
        let mut ranked: Vec<_> = hits
            .into_iter()
            .map(|(code, (how, variant))| {
                let region = index.catalog.get(code);
                let other_kind =
                    kind.is_some_and(|kind| region.is_none_or(|r| !is_of(r.kind, kind)));
                let long = region.map_or(0, |region| region.name.len());
                let long = if how >= Match::Words { long } else { 0 };
                ((how, other_kind, code.level(), long, code), variant)
            })
            .collect();
        ranked.sort_unstable();
        ranked
            .into_iter()
            .map(|((how, .., code), variant)| {
                let spelling = variant.map(|at| index.variants[at as usize].clone());
                Hit { code, how, spelling }
            })
            .collect()
    }
}

fn is_of(kind: RegionKind, word: &str) -> bool {
    match word {
        "provinsi" => kind == RegionKind::Provinsi,
        "kabupaten" => kind == RegionKind::Kabupaten,
        "kota" => kind == RegionKind::Kota,
        "kecamatan" => kind == RegionKind::Kecamatan,
        "kelurahan" => kind == RegionKind::Kelurahan,
        _ => matches!(kind, RegionKind::Desa | RegionKind::DesaAdat),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn begins_a_word(text: &str, typed: &str) -> bool {
    text.split(' ').any(|word| word.starts_with(typed))
}

/// Three letters in a row, once each, with the ends marked.
fn grams(compact: &str) -> BTreeSet<[u8; 3]> {
    let marked: Vec<u8> = [b'^'].into_iter().chain(compact.bytes()).chain([b'$']).collect();
    marked.windows(3).map(|three| [three[0], three[1], three[2]]).collect()
}

/// Other spellings of names: those of BPS and of the codes of 2019.
fn read_variants() -> Result<Vec<(RegionCode, String)>, DataError> {
    let bytes = data::bytes(VARIANTS)?;
    let mut variants = Vec::new();
    for row in csv::Reader::from_reader(bytes.as_ref()).records() {
        let content =
            |line, problem| DataError::Content { path: VARIANTS.to_owned(), line, problem };
        let row =
            row.map_err(|e| content(e.position().map_or(0, csv::Position::line), e.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let code = row.get(0).unwrap_or_default().parse();
        let code = code.map_err(|e: crate::domain::CodeError| content(line, e.to_string()))?;
        variants.push((code, row.get(1).unwrap_or_default().to_owned()));
    }
    Ok(variants)
}
