//! Names standardised for comparison: Indonesian titles dropped, old spelling and the many
//! spellings of common given names folded. Never shown, never written back. The rules are data
//! (`data/standardise/names.toml`); here is only how they are applied.

use super::spelling::{Class, NameRules, Word};
use crate::data::DataError;

/// Upper-case words joined by one space; empty where there is no letter. A name that is nothing
/// but titles is kept as it is.
///
/// ```
/// use tepat::clean::standardise;
/// assert_eq!(standardise("H. Moh. Soekardjo, S.Pd"), "MUHAMMAD SUKARJO");
/// ```
pub fn standardise(name: &str) -> String {
    // Damaged rules end the work before the first row (see `check_rules`).
    let Ok(rules) = NameRules::shared() else { return name.to_uppercase() };
    let mut out = Reading::new(rules, name, false).run();
    if out.is_empty() {
        out = Reading::new(rules, name, true).run();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// How a name sounds, roughly: the words of a *standardised* name folded (f, v, p; q, k; y, i;
/// doubled letters …) and sorted, initials left out where there is a longer word. Equal for many
/// spellings of one name in whatever order, and for some different names too.
///
/// ```
/// use tepat::clean::{phonetic, standardise};
/// let sound = |name| phonetic(&standardise(name));
/// assert_eq!(sound("Taufiq Zaenal"), sound("H. JAENAL TOPIK"));
/// ```
pub fn phonetic(name: &str) -> String {
    let Ok(rules) = NameRules::shared() else { return name.to_owned() };
    let mut words: Vec<String> = name.split(' ').map(|word| folded(rules, word)).collect();
    if words.iter().any(|word| word.chars().count() > 1) {
        words.retain(|word| word.chars().count() > 1);
    }
    words.sort_unstable();
    words.join(" ")
}

/// The rules are sound.
pub(super) fn check() -> Result<(), DataError> {
    NameRules::shared().map(|_| ())
}

fn folded(rules: &NameRules, word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let fits = |from: &str, end: bool| if end { rest == from } else { rest.starts_with(from) };
        let fold = rules.folds(first).iter().find(|fold| fits(&fold.from, fold.end));
        let mut own = [0; 4];
        let (step, to) = match fold {
            Some(fold) => (fold.from.len(), fold.to.as_str()),
            None => (first.len_utf8(), &*first.encode_utf8(&mut own)),
        };
        to.chars().for_each(|c| {
            if !out.ends_with(c) {
                out.push(c);
            }
        });
        rest = &rest[step..];
    }
    out
}

/// Pieces of one word that full stops join.
const MAX_PIECES: usize = 6;

/// One name being read.
struct Reading<'r> {
    rules: &'r NameRules,
    name: &'r str,
    /// Drop nothing.
    keep_all: bool,
    out: Vec<u8>,
    word: Vec<u8>,
    /// Where the pieces of `word` begin.
    pieces: [usize; MAX_PIECES],
    n_pieces: usize,
    modern: Vec<u8>,
    after_comma: bool,
    after_degree: bool,
    /// Where in `out` a run of degrees begins that is dropped if nothing else follows.
    tail: Option<usize>,
    /// An alias begins: the rest is another name.
    ended: bool,
}

impl<'r> Reading<'r> {
    fn new(rules: &'r NameRules, name: &'r str, keep_all: bool) -> Self {
        Self {
            rules,
            name,
            keep_all,
            out: Vec::with_capacity(name.len() + 8),
            word: Vec::with_capacity(24),
            pieces: [0; MAX_PIECES],
            n_pieces: 1,
            modern: Vec::new(),
            after_comma: false,
            after_degree: false,
            tail: None,
            ended: false,
        }
    }

    fn run(mut self) -> Vec<u8> {
        let bytes = self.name.as_bytes();
        let mut at = 0;
        while at < bytes.len() && !self.ended {
            let byte = bytes[at];
            if byte.is_ascii_alphabetic() {
                self.word.push(byte.to_ascii_uppercase());
                at += 1;
            } else if byte.is_ascii() {
                at = self.mark(byte, at);
            } else {
                at = self.foreign(at);
            }
        }
        if !self.ended {
            self.end_word(false);
        }
        if let Some(tail) = self.tail.filter(|_| !self.keep_all) {
            self.out.truncate(tail);
        }
        self.out
    }

    /// An ASCII character that is no letter; answers where to read on.
    fn mark(&mut self, byte: u8, at: usize) -> usize {
        match byte {
            b'\'' | b'`' => {}
            b'.' => {
                let piece = self.word.len() - self.pieces[self.n_pieces - 1];
                if piece == 1 && self.n_pieces < MAX_PIECES {
                    self.pieces[self.n_pieces] = self.word.len();
                    self.n_pieces += 1;
                } else {
                    self.end_word(true);
                }
            }
            b'(' => {
                self.end_word(false);
                let closed = self.name[at..].find(')').filter(|_| !self.out.is_empty());
                return at + closed.unwrap_or(0) + 1;
            }
            b',' => {
                self.end_word(false);
                self.after_comma = true;
            }
            _ => self.end_word(false),
        }
        at + 1
    }

    /// A character outside ASCII; answers where to read on.
    fn foreign(&mut self, at: usize) -> usize {
        let Some(c) = self.name.get(at..).and_then(|rest| rest.chars().next()) else {
            return at + 1;
        };
        if c.is_alphabetic() && !joins(c) {
            // Some capitals are a letter and a mark: the mark is no letter of the name.
            for capital in c.to_uppercase().filter(|c| c.is_alphabetic() && !joins(*c)) {
                match self.rules.plain(capital) {
                    Some(plain) => self.word.push(plain),
                    None => {
                        self.word.extend_from_slice(capital.encode_utf8(&mut [0; 4]).as_bytes())
                    }
                }
            }
        } else if !joins(c) {
            self.end_word(false);
        }
        at + c.len_utf8()
    }

    /// The word is complete; `stop`: a full stop ended it.
    fn end_word(&mut self, stop: bool) {
        if self.word.is_empty() {
            return;
        }
        let mut word = std::mem::take(&mut self.word);
        let pieces = self.pieces;
        let n = std::mem::replace(&mut self.n_pieces, 1);
        let whole = n == 1 || self.rules.word(&word).is_some() || pieces[1] == word.len();
        if whole {
            self.take(&word, stop || n > 1);
        } else {
            for i in 0..n {
                let end = if i + 1 < n { pieces[i + 1] } else { word.len() };
                if pieces[i] < end && !self.ended {
                    self.take(&word[pieces[i]..end], i + 1 < n || stop);
                }
            }
        }
        word.clear();
        self.word = word;
    }

    /// Decides on one word and writes it where it stays.
    fn take(&mut self, word: &[u8], stop: bool) {
        let rules = self.rules;
        let mut modern = std::mem::take(&mut self.modern);
        let word = if rules.modernise(word, &mut modern) { &modern[..] } else { word };
        let known = rules.word(word);
        let class = known.and_then(|w| w.class).filter(|_| !self.keep_all);
        if !self.is_dropped(class, stop) {
            self.write(word, known);
        }
        self.modern = modern;
    }

    /// Applies what the class of a word says; true where the word is not written.
    fn is_dropped(&mut self, class: Option<Class>, stop: bool) -> bool {
        let begun = !self.out.is_empty();
        let after_degree = std::mem::take(&mut self.after_degree);
        match class {
            Some(Class::Title) => true,
            Some(Class::Degree) => {
                self.after_degree = true;
                true
            }
            Some(Class::Leading) if !begun || self.after_comma => true,
            Some(Class::Filiation) if begun => true,
            Some(Class::Continued) if after_degree => true,
            Some(Class::Alias) if begun => {
                self.ended = true;
                true
            }
            Some(Class::AliasWithStop) if begun && stop => {
                self.ended = true;
                true
            }
            Some(Class::Trailing) if begun => {
                self.tail.get_or_insert(self.out.len());
                false
            }
            Some(Class::Continued) if self.tail.is_some() => false,
            _ => {
                self.tail = None;
                false
            }
        }
    }

    fn write(&mut self, word: &[u8], known: Option<&Word>) {
        self.after_comma = false;
        let first = self.out.is_empty();
        let standard = known.and_then(|w| match (&w.first, &w.standard) {
            (Some(to), _) if first => Some(to),
            (_, to) => to.as_ref(),
        });
        if !first {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(standard.map_or(word, |to| to));
    }
}

/// Characters outside ASCII that join what stands on both sides: apostrophes of all kinds, and
/// those that nobody sees.
fn joins(c: char) -> bool {
    matches!(
        c,
        '’' | '‘' | '´' | 'ʼ' | 'ʻ' | '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}'
    )
}
