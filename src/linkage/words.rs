//! Names word by word: how many words of the one have a counterpart in the other.

use super::similarity::jaro_winkler;

/// Words of a name that are looked at; longer names are rare and their tail says little.
const MOST_WORDS: usize = 12;

/// Jaro–Winkler similarity from which two words are spellings of one.
const WORD_SIMILAR: f64 = 0.88;

/// Words of the shorter name that have a counterpart in the longer, as a share: an equal word, an
/// initial, or a similar word. Each word of the longer serves once.
pub fn words_share(x: &str, y: &str) -> f64 {
    let (mut short, mut long) = ([Word::default(); MOST_WORDS], [Word::default(); MOST_WORDS]);
    let (mut n, mut m) = (fill(x, &mut short), fill(y, &mut long));
    if n > m {
        std::mem::swap(&mut short, &mut long);
        std::mem::swap(&mut n, &mut m);
    }
    if n == 0 {
        return 0.0;
    }
    let (mut served, mut used, mut matched) = ([false; MOST_WORDS], [false; MOST_WORDS], 0_u32);
    // Equal words first, similar ones next, initials last: none takes what another fits better.
    for fits in [equal as fn(Word<'_>, Word<'_>) -> bool, similar, initial] {
        for i in 0..n {
            if served[i] {
                continue;
            }
            if let Some(j) = (0..m).find(|j| !used[*j] && fits(short[i], long[*j])) {
                (served[i], used[j]) = (true, true);
                matched += 1;
            }
        }
    }
    f64::from(matched) / f64::from(u32::try_from(n).unwrap_or(1))
}

/// Words of the shorter of the two.
#[expect(clippy::cast_precision_loss, reason = "words of a name")]
pub(super) fn word_count(x: &str, y: &str) -> f64 {
    let words = |text: &str| text.split_whitespace().count();
    words(x).min(words(y)) as f64
}

/// True where both have the same words in any order.
pub fn same_words(x: &str, y: &str) -> bool {
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    x.len() == y.len() && sorted(x) == sorted(y)
}

/// A word, and which letters are in it: one bit each, in turn where there are more than 32.
#[derive(Clone, Copy, Default)]
struct Word<'t> {
    text: &'t str,
    letters: u32,
}

impl<'t> Word<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, letters: text.bytes().fold(0, |bits, c| bits | 1 << (c & 31)) }
    }
}

fn fill<'t>(text: &'t str, into: &mut [Word<'t>; MOST_WORDS]) -> usize {
    let mut n = 0;
    for word in text.split_whitespace().take(MOST_WORDS) {
        into[n] = Word::new(word);
        n += 1;
    }
    n
}

fn equal(a: Word<'_>, b: Word<'_>) -> bool {
    a.letters == b.letters && a.text == b.text
}

fn similar(a: Word<'_>, b: Word<'_>) -> bool {
    may_be_similar(a, b) && jaro_winkler(a.text, b.text) >= WORD_SIMILAR
}

/// False where the letters alone rule out that two words are similar: a letter that the other has
/// not is matched by none. Most words of two names differ in so many that nothing else is looked at.
#[expect(clippy::cast_precision_loss, reason = "lengths of words")]
fn may_be_similar(a: Word<'_>, b: Word<'_>) -> bool {
    let most = |of: Word<'_>, other: Word<'_>| {
        of.text.len().saturating_sub((of.letters & !other.letters).count_ones() as usize)
    };
    if !a.text.is_ascii() || !b.text.is_ascii() {
        return true;
    }
    let matches = most(a, b).min(most(b, a)) as f64;
    let jaro = (matches / a.text.len() as f64 + matches / b.text.len() as f64 + 1.0) / 3.0;
    // Winkler's prefix of four gives back 0.4 of what is missing; without one it gives nothing.
    let same_start = a.text.as_bytes().first() == b.text.as_bytes().first();
    let best = if same_start { jaro + 0.4 * (1.0 - jaro) } else { jaro };
    best >= WORD_SIMILAR - 1e-9
}

fn initial(a: Word<'_>, b: Word<'_>) -> bool {
    let one = |word: &str| word.len() == 1 || (word.len() <= 4 && word.chars().count() == 1);
    let first = |short: &str, long: &str| one(short) && long.starts_with(short);
    first(a.text, b.text) || first(b.text, a.text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WORD_SIMILAR, Word, may_be_similar};
    use crate::linkage::similarity::jaro_winkler;

    proptest! {
        /// Words a few letters apart, so that many are similar and many just not.
        #[test]
        fn no_similar_words_are_ruled_out_by_their_letters(
            a in "[a-f]{1,9}",
            edits in prop::collection::vec((0_usize..9, "[a-h]?"), 0..4),
        ) {
            let mut b = a.clone();
            for (at, letter) in edits {
                let at = at.min(b.len() - 1);
                b.replace_range(at..=at, &letter);
                b.push_str(if b.is_empty() { "a" } else { "" });
            }
            let similar = jaro_winkler(&a, &b) >= WORD_SIMILAR;
            prop_assert!(!similar || may_be_similar(Word::new(&a), Word::new(&b)), "{} {}", a, b);
        }
    }
}
