//! Names word by word: how many words of the one have a counterpart in the other.

use super::similarity::jaro_winkler;

/// Words of a name that are looked at; longer names are rare and their tail says little.
const MOST_WORDS: usize = 12;

/// Jaro–Winkler similarity from which two words are spellings of one.
const WORD_SIMILAR: f64 = 0.88;

/// Words of the shorter name that have a counterpart in the longer, as a share: an equal word, an
/// initial, or a similar word. Each word of the longer serves once.
pub fn words_share(x: &str, y: &str) -> f64 {
    let (mut short, mut long) = ([""; MOST_WORDS], [""; MOST_WORDS]);
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
    for fits in [equal as fn(&str, &str) -> bool, similar, initial] {
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

fn fill<'t>(text: &'t str, into: &mut [&'t str; MOST_WORDS]) -> usize {
    let mut n = 0;
    for word in text.split_whitespace().take(MOST_WORDS) {
        into[n] = word;
        n += 1;
    }
    n
}

fn equal(a: &str, b: &str) -> bool {
    a == b
}

fn similar(a: &str, b: &str) -> bool {
    jaro_winkler(a, b) >= WORD_SIMILAR
}

fn initial(a: &str, b: &str) -> bool {
    let one = |word: &str| word.len() == 1 || (word.len() <= 4 && word.chars().count() == 1);
    let first = |short: &str, long: &str| one(short) && long.starts_with(short);
    first(a, b) || first(b, a)
}
