//! The rules of `data/standardise/names.toml`, made ready for looking up: what becomes of a word
//! of a name, and of the orthographies of before 1947 and before 1972.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::rules::{contradiction, read};
use crate::data::DataError;

const PATH: &str = "standardise/names.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    titles: Vec<String>,
    leading: Vec<String>,
    degrees: Vec<String>,
    trailing: Vec<String>,
    continued: Vec<String>,
    filiation: Vec<String>,
    alias: Vec<String>,
    alias_with_stop: Vec<String>,
    spelling: Vec<Spelling>,
    old: Vec<Old>,
    letters: HashMap<String, String>,
    fold: Vec<Fold>,
    #[serde(rename = "example")]
    _examples: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelling {
    standard: String,
    #[serde(default)]
    variants: Vec<String>,
    #[serde(default)]
    first: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Old {
    from: String,
    to: String,
    #[serde(default, rename = "with")]
    beside: Vec<String>,
}

/// One fold for comparing by sound.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fold {
    pub(super) from: String,
    pub(super) to: String,
    /// Only at the end of a word.
    #[serde(default)]
    pub(super) end: bool,
}

/// What kind of word it is that is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Title,
    Leading,
    Degree,
    Trailing,
    Continued,
    Filiation,
    Alias,
    AliasWithStop,
}

/// What is known of a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) class: Option<Class>,
    pub(super) standard: Option<Box<[u8]>>,
    /// The standard spelling where it is the first word of a name.
    pub(super) first: Option<Box<[u8]>>,
}

/// All rules about names.
pub(super) struct NameRules {
    words: HashMap<Box<[u8]>, Word>,
    orthography: Orthography,
    letters: HashMap<char, u8>,
    /// By first letter A to Z, longest first.
    folds: Vec<Vec<Fold>>,
}

impl NameRules {
    /// The rules of this build, parsed once.
    pub(super) fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<NameRules> = OnceLock::new();
        if let Some(rules) = SHARED.get() {
            return Ok(rules);
        }
        let rules = Self::build(read(PATH)?).map_err(|problem| contradiction(PATH, problem))?;
        Ok(SHARED.get_or_init(|| rules))
    }

    fn build(file: File) -> Result<Self, String> {
        let orthography = Orthography::build(&file.old)?;
        let mut words: HashMap<Box<[u8]>, Word> = HashMap::new();
        for (list, class) in [
            (&file.titles, Class::Title),
            (&file.leading, Class::Leading),
            (&file.degrees, Class::Degree),
            (&file.trailing, Class::Trailing),
            (&file.continued, Class::Continued),
            (&file.filiation, Class::Filiation),
            (&file.alias, Class::Alias),
            (&file.alias_with_stop, Class::AliasWithStop),
        ] {
            for word in list {
                let known = words.entry(word.as_bytes().into()).or_default();
                if known.class.replace(class).is_some() {
                    return Err(format!("'{word}' stands in two lists"));
                }
            }
        }
        for Spelling { standard, variants, first } in &file.spelling {
            let to: Box<[u8]> = standard.as_bytes().into();
            for variant in variants {
                let known = words.entry(variant.as_bytes().into()).or_default();
                if known.class.is_some() || known.standard.replace(to.clone()).is_some() {
                    return Err(format!("'{variant}' has two meanings"));
                }
            }
            for variant in first {
                words.entry(variant.as_bytes().into()).or_default().first = Some(to.clone());
            }
        }
        let folds = folds(file.fold)?;
        let letters = letters(&file.letters)?;
        let rules = Self { words, orthography, letters, folds };
        rules.check_standards(&file.spelling)?;
        Ok(rules)
    }

    /// A standard form must be its own standard form: standardising twice changes nothing more.
    fn check_standards(&self, spellings: &[Spelling]) -> Result<(), String> {
        let mut modern = Vec::new();
        for standard in spellings.iter().map(|s| s.standard.as_bytes()) {
            if self.words.contains_key(standard) || self.modernise(standard, &mut modern) {
                return Err(format!("'{}' is not final", String::from_utf8_lossy(standard)));
            }
        }
        Ok(())
    }

    pub(super) fn word(&self, word: &[u8]) -> Option<&Word> {
        self.words.get(word)
    }

    /// The plain letter for a capital with a mark.
    pub(super) fn plain(&self, letter: char) -> Option<u8> {
        self.letters.get(&letter).copied()
    }

    /// The folds that may begin with this letter, longest first.
    pub(super) fn folds(&self, first: char) -> &[Fold] {
        let at = u8::try_from(first).ok().and_then(|b| b.checked_sub(b'A'));
        at.and_then(|at| self.folds.get(usize::from(at))).map_or(&[], Vec::as_slice)
    }

    /// Writes the word in the orthography of today to `out` and answers true, or answers false
    /// where nothing in it is old.
    pub(super) fn modernise(&self, word: &[u8], out: &mut Vec<u8>) -> bool {
        self.orthography.modernise(word, out)
    }
}

fn folds(mut file: Vec<Fold>) -> Result<Vec<Vec<Fold>>, String> {
    file.sort_by_key(|fold| std::cmp::Reverse(fold.from.len()));
    let mut by_first = vec![Vec::new(); 26];
    for fold in file {
        match fold.from.as_bytes().first() {
            Some(first @ b'A'..=b'Z') => by_first[usize::from(first - b'A')].push(fold),
            _ => return Err(format!("fold '{}': capital letters are due", fold.from)),
        }
    }
    Ok(by_first)
}

fn letters(file: &HashMap<String, String>) -> Result<HashMap<char, u8>, String> {
    let mut all = HashMap::new();
    for (marked, plain) in file {
        let [letter @ b'A'..=b'Z'] = plain.as_bytes() else {
            return Err(format!("letters: '{plain}' is not one capital"));
        };
        all.extend(marked.chars().map(|c| (c, *letter)));
    }
    Ok(all)
}

/// Old spellings of sounds: two letters that are old wherever they stand, and letters that are
/// old only in a word which also holds one of those.
struct Orthography {
    certain: Vec<([u8; 2], Box<[u8]>)>,
    /// By letters: are these two a certain old spelling?
    pairs: Vec<bool>,
    /// What it says, what it becomes, and beside which of the certain ones (by index).
    dependent: Vec<(Box<[u8]>, Box<[u8]>, Vec<usize>)>,
}

impl Orthography {
    fn build(file: &[Old]) -> Result<Self, String> {
        let mut certain = Vec::new();
        for old in file.iter().filter(|old| old.beside.is_empty()) {
            let from: [u8; 2] = old.from.as_bytes().try_into().map_err(|_| {
                format!("old spelling '{}': two letters, or 'with' is missing", old.from)
            })?;
            certain.push((from, old.to.as_bytes().into()));
        }
        let mut pairs = vec![false; 26 * 26];
        for (from, _) in &certain {
            let at = pair_index(from[0], from[1])
                .ok_or_else(|| "old spellings are capital letters".to_owned())?;
            pairs[at] = true;
        }
        let mut dependent = Vec::new();
        for old in file.iter().filter(|old| !old.beside.is_empty()) {
            let beside = old.beside.iter().map(|other| {
                let at = certain.iter().position(|(from, _)| from == other.as_bytes());
                at.ok_or_else(|| format!("old spelling '{}': '{other}' is not certain", old.from))
            });
            let beside = beside.collect::<Result<_, _>>()?;
            dependent.push((old.from.as_bytes().into(), old.to.as_bytes().into(), beside));
        }
        let orthography = Self { certain, pairs, dependent };
        orthography.check_ends()?;
        Ok(orthography)
    }

    /// Every replacement must bring a word nearer to its end form, or reading would not end.
    fn check_ends(&self) -> Result<(), String> {
        let shrinks = |to: &[u8]| to.len() < 2 || (to.len() == 2 && !self.is_old(to[0], to[1]));
        match self.certain.iter().find(|(_, to)| !shrinks(to)) {
            Some((from, _)) => Err(format!("old spelling '{}' comes back", from.escape_ascii())),
            None => Ok(()),
        }
    }

    fn is_old(&self, a: u8, b: u8) -> bool {
        pair_index(a, b).is_some_and(|at| self.pairs[at])
    }

    fn modernise(&self, word: &[u8], out: &mut Vec<u8>) -> bool {
        if !word.windows(2).any(|w| self.is_old(w[0], w[1])) {
            return false;
        }
        let held: Vec<bool> =
            self.certain.iter().map(|(from, _)| word.windows(2).any(|w| w == from)).collect();
        out.clear();
        for letter in word {
            out.push(*letter);
            if !self.settle(out) {
                let found = self.dependent.iter().find(|(from, _, beside)| {
                    out.ends_with(from) && beside.iter().any(|i| held[*i])
                });
                if let Some((from, to, _)) = found {
                    out.truncate(out.len() - from.len());
                    out.extend_from_slice(to);
                    self.settle(out);
                }
            }
        }
        true
    }

    /// Replaces certain old letters at the end of `out` as long as there are any.
    fn settle(&self, out: &mut Vec<u8>) -> bool {
        let mut changed = false;
        while let [.., a, b] = out[..] {
            let Some((_, to)) = self.certain.iter().find(|(from, _)| *from == [a, b]) else {
                break;
            };
            out.truncate(out.len() - 2);
            out.extend_from_slice(to);
            changed = true;
        }
        changed
    }
}

fn pair_index(a: u8, b: u8) -> Option<usize> {
    let letter = |b: u8| b.is_ascii_uppercase().then(|| usize::from(b - b'A'));
    Some(letter(a)? * 26 + letter(b)?)
}
