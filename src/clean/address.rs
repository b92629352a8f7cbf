//! Addresses taken apart into street, number, RT, RW and hamlet, by the words of
//! `data/standardise/addresses.toml`. For comparison; never shown, never written back.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use super::rules::{contradiction, read};
use crate::data::DataError;

const PATH: &str = "standardise/addresses.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    street: Vec<Vec<String>>,
    hamlet: Vec<Vec<String>>,
    number: Vec<String>,
    rt: Vec<String>,
    rw: Vec<String>,
    #[serde(rename = "example")]
    _examples: Vec<toml::Table>,
}

/// What a word of an address opens.
#[derive(Clone, Debug)]
enum Opening {
    Street(String),
    Hamlet(String),
    Number,
    Rt,
    Rw,
}

struct AddressRules {
    words: HashMap<String, Opening>,
}

impl AddressRules {
    fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<AddressRules> = OnceLock::new();
        if let Some(rules) = SHARED.get() {
            return Ok(rules);
        }
        let rules = Self::build(read(PATH)?).map_err(|problem| contradiction(PATH, problem))?;
        Ok(SHARED.get_or_init(|| rules))
    }

    fn build(file: File) -> Result<Self, String> {
        let mut words = HashMap::new();
        let mut put = |word: String, opening: Opening| match words.insert(word.clone(), opening) {
            Some(_) => Err(format!("'{word}' stands in two lists")),
            None => Ok(()),
        };
        let street: fn(String) -> Opening = Opening::Street;
        for (lists, opening) in [(file.street, street), (file.hamlet, Opening::Hamlet)] {
            for list in lists {
                let standard = list.first().cloned().ok_or("an empty list of words")?;
                list.into_iter().try_for_each(|word| put(word, opening(standard.clone())))?;
            }
        }
        for (list, opening) in
            [(file.number, Opening::Number), (file.rt, Opening::Rt), (file.rw, Opening::Rw)]
        {
            list.into_iter().try_for_each(|word| put(word, opening.clone()))?;
        }
        Ok(Self { words })
    }
}

/// The rules are sound.
pub(super) fn check() -> Result<(), DataError> {
    AddressRules::shared().map(|_| ())
}

/// An address in parts, in capitals; what is not there is empty. Personal data: `Debug` redacts it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// With its kind: `JALAN MELATI`.
    pub street: String,
    /// House number with its letter: `12A`.
    pub number: String,
    pub rt: Option<u16>,
    pub rw: Option<u16>,
    /// With its kind: `KAMPUNG CIBADAK`.
    pub hamlet: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(•)")
    }
}

/// Where the next word belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Street,
    Hamlet,
    Number,
    Rt,
    Rw,
}

/// A run of letters or of digits, and whether a slash stands before it.
struct Token {
    text: String,
    slash: bool,
}

/// Takes an address apart. A word that belongs to no part stays with the part before it; RT and RW
/// are read from `RT 001/RW 002`, `RT.1/2`, `RT/RW 001/002` and a bare `001/002`.
pub fn standardise_address(text: &str) -> Address {
    let mut address = Address::default();
    let Ok(rules) = AddressRules::shared() else { return address };
    let tokens = tokens(text);
    let mut part = Part::Street;
    for (i, token) in tokens.iter().enumerate() {
        match rules.words.get(&token.text) {
            Some(Opening::Street(word)) => {
                part = Part::Street;
                append(&mut address.street, word);
            }
            Some(Opening::Hamlet(word)) => {
                part = Part::Hamlet;
                append(&mut address.hamlet, word);
            }
            Some(Opening::Number) => part = Part::Number,
            // RT/RW 001/002: the first number is still the RT's.
            Some(Opening::Rw) if part == Part::Rt && address.rt.is_none() && token.slash => {}
            Some(Opening::Rt) => part = Part::Rt,
            Some(Opening::Rw) => part = Part::Rw,
            None => part = address.put(part, token, tokens.get(i + 1)),
        }
    }
    address
}

impl Address {
    /// Puts a word where it belongs; answers where the next one does.
    fn put(&mut self, part: Part, token: &Token, next: Option<&Token>) -> Part {
        let number = token.text.parse::<u16>().ok().filter(|_| token.text.len() <= 3);
        let pair = |n: &Token| n.slash && n.text.len() <= 3 && n.text.parse::<u16>().is_ok();
        match (part, number) {
            (Part::Rt, Some(n)) => {
                self.rt = Some(n).filter(|n| *n > 0);
                if next.is_some_and(pair) { Part::Rw } else { Part::Street }
            }
            (Part::Rw, Some(n)) => {
                self.rw = Some(n).filter(|n| *n > 0);
                Part::Street
            }
            (Part::Number, _) => {
                self.number.push_str(&token.text);
                let letter =
                    |n: &Token| n.text.len() == 1 && n.text.as_bytes()[0].is_ascii_alphabetic();
                let more = number.is_some() && next.is_some_and(letter);
                if more { Part::Number } else { Part::Street }
            }
            // Two numbers of two or three digits with a slash between are RT and RW.
            (_, Some(n))
                if token.text.len() >= 2 && next.is_some_and(|t| pair(t) && t.text.len() >= 2) =>
            {
                self.rt = Some(n).filter(|n| *n > 0);
                Part::Rw
            }
            (Part::Hamlet, _) => {
                append(&mut self.hamlet, &token.text);
                Part::Hamlet
            }
            _ => {
                append(&mut self.street, &token.text);
                Part::Street
            }
        }
    }
}

fn append(to: &mut String, word: &str) {
    if !to.is_empty() {
        to.push(' ');
    }
    to.push_str(word);
}

/// Runs of letters and runs of digits.
fn tokens(text: &str) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::new();
    let (mut slash, mut open) = (false, false);
    for c in text.chars() {
        if !c.is_alphanumeric() {
            slash = (slash && !open) || c == '/';
            open = false;
            continue;
        }
        let digit = c.is_ascii_digit();
        let same = |t: &Token| t.text.ends_with(|last: char| last.is_ascii_digit()) == digit;
        match all.last_mut().filter(|t| open && same(t)) {
            Some(token) => token.text.extend(c.to_uppercase()),
            None => {
                all.push(Token { text: c.to_uppercase().collect(), slash });
                slash = false;
            }
        }
        open = true;
    }
    all
}
