//! Names of regions brought to one form for comparing: letter case, marks, shortened words, Roman
//! numbers and earlier orthographies. The rules are data (`data/regions/spellings.toml`).

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

use crate::data::{self, DataError};

const RULES: &str = "regions/spellings.toml";

/// A name in the form that is compared: words of small letters and digits with one space between.
///
/// ```
/// use tepat::regions::NameKey;
/// let rules = NameKey::rules().unwrap();
/// assert_eq!(rules.key("Kab. Koedoes").words(), rules.key("KABUPATEN KUDUS").words());
/// assert_eq!(rules.key("Sei Ba'u II").words(), rules.key("Sungai Bau 2").words());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey {
    kind: Option<String>,
    words: String,
}

/// The rules of this build.
#[derive(Debug)]
pub struct NameRules {
    /// Longest first.
    kinds: Vec<String>,
    words: HashMap<String, String>,
    letters: Vec<(String, String)>,
    nicknames: HashMap<String, String>,
}

#[derive(Deserialize)]
struct File {
    kinds: Vec<String>,
    words: HashMap<String, String>,
    letters: Letters,
    nicknames: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Letters {
    order: Vec<String>,
    #[serde(flatten)]
    means: HashMap<String, String>,
}

impl NameKey {
    /// The rules, parsed once.
    ///
    /// # Errors
    /// A damaged file: a fault of the build.
    pub fn rules() -> Result<&'static NameRules, DataError> {
        static SHARED: OnceLock<NameRules> = OnceLock::new();
        if let Some(rules) = SHARED.get() {
            return Ok(rules);
        }
        let file: File = toml::from_str(&data::text(RULES)?).map_err(|e| DataError::Content {
            path: RULES.to_owned(),
            line: 0,
            problem: e.to_string(),
        })?;
        let rules = NameRules::of(file);
        Ok(SHARED.get_or_init(|| rules))
    }

    /// Without the kind.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The word before the name that says what kind of region it is, as its first word:
    /// `kabupaten`, `kota`, …
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }
}

impl NameRules {
    fn of(file: File) -> Self {
        let mut kinds = file.kinds;
        kinds.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        let letters = file
            .letters
            .order
            .into_iter()
            .filter_map(|from| file.letters.means.get(&from).map(|to| (from.clone(), to.clone())))
            .collect();
        let mut rules = Self { kinds, words: file.words, letters, nicknames: HashMap::new() };
        let nicknames = file
            .nicknames
            .into_iter()
            .map(|(short, long)| (short, rules.key(&long).words))
            .collect();
        rules.nicknames = nicknames;
        rules
    }

    /// The form of a name that is compared.
    pub fn key(&self, name: &str) -> NameKey {
        let plain = plain(name);
        let (kind, rest) = self.without_kind(&plain);
        let mut words = String::with_capacity(rest.len());
        for word in rest.split(' ').filter(|word| !word.is_empty()) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(&self.word(word));
        }
        if let Some(long) = self.nicknames.get(&words) {
            words.clone_from(long);
        }
        NameKey { kind: kind.map(str::to_owned), words }
    }

    fn word(&self, word: &str) -> String {
        if let Some(long) = self.words.get(word) {
            return long.clone();
        }
        let mut word = word.to_owned();
        for (from, to) in &self.letters {
            if word.contains(from.as_str()) {
                word = word.replace(from.as_str(), to);
            }
        }
        word
    }

    /// The kind in front, where a name is left behind it.
    fn without_kind<'a>(&'a self, plain: &'a str) -> (Option<&'a str>, &'a str) {
        for kind in &self.kinds {
            let rest = plain.strip_prefix(kind.as_str()).and_then(|rest| rest.strip_prefix(' '));
            if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                let general = kind.split(' ').next().unwrap_or(kind);
                let general = match general {
                    "kab" => "kabupaten",
                    "kotamadya" | "kodya" => "kota",
                    "kec" | "distrik" => "kecamatan",
                    "kel" => "kelurahan",
                    "prov" | "propinsi" | "daerah" | "dki" | "dkj" | "di" | "d" => "provinsi",
                    other => other,
                };
                return (Some(general), rest);
            }
        }
        (None, plain)
    }
}

/// Small letters and digits, marks away, everything else one space; an apostrophe is nothing.
fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\'' | '’' | '‘' | '`' | '´' => {}
            _ => {
                let c = unmarked(c);
                if c.is_alphanumeric() {
                    out.extend(c.to_lowercase());
                } else if !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                }
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The letter without its mark, for the marks that occur in names of regions and on keyboards.
fn unmarked(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' | 'À' | 'Á' | 'Â' => 'a',
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'Ò' | 'Ó' | 'Ô' => 'o',
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' => 'u',
        'ç' | 'Ç' => 'c',
        'ñ' | 'Ñ' => 'n',
        other => other,
    }
}
