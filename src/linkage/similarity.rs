//! How alike two texts are: Jaro, Jaro–Winkler, and the edit distances of Levenshtein, of optimal
//! string alignment and of Damerau. All compare characters, not bytes.

/// Longest text, in bytes, that the bit-parallel path takes: positions must fit one word.
const WORD: usize = 64;

/// Share of the distance to 1 that each of the first four equal characters takes away.
const PREFIX_SCALE: f64 = 0.1;
const PREFIX_MOST: usize = 4;

/// Winkler's boost is for texts that are alike already.
const BOOST_ABOVE: f64 = 0.7;

/// Jaro similarity (Jaro 1989), 0..=1; two empty texts are equal.
///
/// Cost: one pass over each text for up to 64 ASCII characters; quadratic beyond.
pub fn jaro(a: &str, b: &str) -> f64 {
    if a.len() <= WORD && b.len() <= WORD && a.is_ascii() && b.is_ascii() {
        return jaro_short(a.as_bytes(), b.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    jaro_long(&a, &b)
}

/// Jaro–Winkler similarity (Winkler 1990): Jaro plus a tenth of the rest for each of up to four
/// equal first characters, where Jaro alone is above 0.7.
pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    let similarity = jaro(a, b);
    if similarity <= BOOST_ABOVE {
        return similarity;
    }
    let prefix = a.chars().zip(b.chars()).take(PREFIX_MOST).take_while(|(x, y)| x == y).count();
    #[expect(clippy::cast_precision_loss, reason = "at most 4")]
    let prefix = prefix as f64;
    similarity + prefix * PREFIX_SCALE * (1.0 - similarity)
}

#[expect(clippy::cast_precision_loss, reason = "lengths of texts in memory")]
fn jaro_of(matches: usize, transposed: usize, a: usize, b: usize) -> f64 {
    let (m, t) = (matches as f64, (transposed / 2) as f64);
    (m / a as f64 + m / b as f64 + (m - t) / m) / 3.0
}

/// Positions of a character within reach of `i` as bits.
fn window(i: usize, reach: usize) -> u64 {
    let upper = if i + reach >= WORD - 1 { u64::MAX } else { (1 << (i + reach + 1)) - 1 };
    let lower = if i > reach { (1 << (i - reach)) - 1 } else { 0 };
    upper & !lower
}

fn reach_of(a: usize, b: usize) -> usize {
    (a.max(b) / 2).saturating_sub(1)
}

fn jaro_short(a: &[u8], b: &[u8]) -> f64 {
    if a == b {
        return 1.0;
    }
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let reach = reach_of(a.len(), b.len());
    let mut places = [0_u64; 128];
    for (i, c) in b.iter().enumerate() {
        places[usize::from(*c & 127)] |= 1 << i;
    }
    let (mut taken_a, mut taken_b) = (0_u64, 0_u64);
    for (i, c) in a.iter().enumerate() {
        let free = places[usize::from(*c & 127)] & window(i, reach) & !taken_b;
        taken_b |= free & free.wrapping_neg();
        taken_a |= u64::from(free != 0) << i;
    }
    let matches = taken_a.count_ones() as usize;
    if matches == 0 {
        return 0.0;
    }
    let mut transposed = 0;
    while taken_a != 0 {
        let (i, j) = (taken_a.trailing_zeros() as usize, taken_b.trailing_zeros() as usize);
        transposed += usize::from(a[i] != b[j]);
        taken_a &= taken_a - 1;
        taken_b &= taken_b - 1;
    }
    jaro_of(matches, transposed, a.len(), b.len())
}

fn jaro_long(a: &[char], b: &[char]) -> f64 {
    if a == b {
        return 1.0;
    }
    let reach = reach_of(a.len(), b.len());
    let mut taken = vec![false; b.len()];
    let mut from_a = Vec::new();
    for (i, c) in a.iter().enumerate() {
        let (low, high) = (i.saturating_sub(reach), (i + reach + 1).min(b.len()));
        let found = (low..high.max(low)).find(|j| !taken[*j] && b[*j] == *c);
        if let Some(j) = found {
            taken[j] = true;
            from_a.push(*c);
        }
    }
    if from_a.is_empty() {
        return 0.0;
    }
    let from_b = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(c, _)| c);
    let transposed = from_a.iter().zip(from_b).filter(|(x, y)| x != y).count();
    jaro_of(from_a.len(), transposed, a.len(), b.len())
}

/// Least number of insertions, deletions and substitutions (Levenshtein 1966).
pub fn levenshtein(a: &str, b: &str) -> usize {
    if a == b { 0 } else { strsim::levenshtein(a, b) }
}

/// As Levenshtein, and exchanging two neighbours counts one, but no part is edited twice (optimal
/// string alignment): `CA` and `ABC` are 3 apart.
pub fn osa(a: &str, b: &str) -> usize {
    if a == b { 0 } else { strsim::osa_distance(a, b) }
}

/// As Levenshtein, and exchanging two neighbours counts one, without restriction (Damerau 1964;
/// Lowrance and Wagner 1975): `CA` and `ABC` are 2 apart.
pub fn damerau(a: &str, b: &str) -> usize {
    if a == b {
        return 0;
    }
    if a.len() < SHORT && b.len() < SHORT && a.is_ascii() && b.is_ascii() {
        // What both begin and end with needs no edit.
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        let (a, b) = (&a[head..], &b[head..]);
        let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
        return damerau_short(&a[..a.len() - tail], &b[..b.len() - tail]);
    }
    strsim::damerau_levenshtein(a, b)
}

/// Texts below this length are compared on the stack: a NIK has 16 characters.
const SHORT: usize = 24;

/// Lowrance and Wagner's table, its rows and columns shifted by one for the row of "no such
/// character yet".
fn damerau_short(a: &[u8], b: &[u8]) -> usize {
    // Distances and places stay below 2 × 24: bytes keep the table small.
    let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    let far = small(a.len() + b.len());
    let mut table = [[0_u8; SHORT + 2]; SHORT + 2];
    // Row of a in which each character stood last.
    let mut last_row = [0_u8; 128];
    table[0][0] = far;
    for i in 0..=a.len() {
        (table[i + 1][0], table[i + 1][1]) = (far, small(i));
    }
    for j in 0..=b.len() {
        (table[0][j + 1], table[1][j + 1]) = (far, small(j));
    }
    for (i, x) in a.iter().enumerate() {
        let mut last_column = 0;
        for (j, y) in b.iter().enumerate() {
            let (row, column) = (usize::from(last_row[usize::from(y & 127)]), last_column);
            let cost = u8::from(x != y);
            if cost == 0 {
                last_column = j + 1;
            }
            let change = table[i + 1][j + 1] + cost;
            let step = table[i + 2][j + 1].min(table[i + 1][j + 2]) + 1;
            let exchange = if row == 0 || column == 0 {
                far
            } else {
                table[row][column] + small(i - row) + 1 + small(j - column)
            };
            table[i + 2][j + 2] = change.min(step).min(exchange);
        }
        last_row[usize::from(x & 127)] = small(i + 1);
    }
    usize::from(table[a.len() + 1][b.len() + 1])
}

/// True where the Damerau distance is surely more than `most`, told from the characters alone:
/// one edit changes the counts of at most two characters.
pub(super) fn surely_further(a: &str, b: &str, most: usize) -> bool {
    if a.len().abs_diff(b.len()) > most {
        return a.is_ascii() && b.is_ascii();
    }
    if !a.is_ascii() || !b.is_ascii() {
        return false;
    }
    let mut counts = [0_i16; 128];
    a.bytes().for_each(|c| counts[usize::from(c & 127)] += 1);
    b.bytes().for_each(|c| counts[usize::from(c & 127)] -= 1);
    counts.iter().map(|n| usize::from(n.unsigned_abs())).sum::<usize>() > 2 * most
}
