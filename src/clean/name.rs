//! Names standardised for comparison: Indonesian titles dropped, old spelling and the many
//! spellings of common given names folded. Never shown, never written back.

/// Titles, degrees and filiation words that say nothing about who it is.
const DROPPED: [&str; 33] = [
    "H", "HJ", "HAJI", "HAJJAH", "KH", "DR", "DRS", "DRA", "IR", "PROF", "ST", "SE", "SH", "SPD",
    "SPDI", "SAG", "SSOS", "SKOM", "SKM", "SIP", "MPD", "MSI", "MM", "MA", "MH", "AMD", "AMKEB",
    "UST", "USTADZ", "BIN", "BINTI", "ALM", "ALMH",
];

/// Spellings and abbreviations of one name.
const SPELLINGS: [(&str, &str); 18] = [
    ("MOHAMAD", "MUHAMMAD"),
    ("MOHAMMAD", "MUHAMMAD"),
    ("MUHAMAD", "MUHAMMAD"),
    ("MOCHAMAD", "MUHAMMAD"),
    ("MOCHAMMAD", "MUHAMMAD"),
    ("MUCHAMAD", "MUHAMMAD"),
    ("MUCHAMMAD", "MUHAMMAD"),
    ("MUH", "MUHAMMAD"),
    ("MOH", "MUHAMMAD"),
    ("MOCH", "MUHAMMAD"),
    ("MUCH", "MUHAMMAD"),
    ("MHD", "MUHAMMAD"),
    ("ABD", "ABDUL"),
    ("ABDOEL", "ABDUL"),
    ("ACHMAD", "AHMAD"),
    ("AKHMAD", "AHMAD"),
    ("SYITI", "SITI"),
    ("SITTI", "SITI"),
];

/// Upper-case tokens joined by one space; empty when nothing is left.
///
/// ```
/// use tepat::clean::standardise;
/// assert_eq!(standardise("H. Moh. Soekardjo, S.Pd"), "MUHAMMAD SUKARJO");
/// ```
pub fn standardise(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for token in tokens(name) {
        if DROPPED.contains(&token.as_str()) {
            continue;
        }
        let token = SPELLINGS
            .iter()
            .find(|(from, _)| *from == token)
            .map_or_else(|| modern_spelling(&token), |(_, to)| (*to).to_owned());
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&token);
    }
    out
}

/// Splits at anything but letters. A full stop after a single letter joins (`S.Pd` is `SPD`), an
/// apostrophe joins (`Ma'ruf`).
fn tokens(name: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut token = String::new();
    for c in name.chars() {
        if c.is_alphabetic() {
            token.extend(c.to_uppercase());
        } else if matches!(c, '\'' | '’' | '`') || (c == '.' && token.chars().count() == 1) {
            // joins
        } else if !token.is_empty() {
            all.push(std::mem::take(&mut token));
        }
    }
    if !token.is_empty() {
        all.push(token);
    }
    all
}

/// The spelling before 1947 and 1972: oe → u, dj → j, tj → c.
fn modern_spelling(token: &str) -> String {
    if !(token.contains("OE") || token.contains("DJ") || token.contains("TJ")) {
        return token.to_owned();
    }
    token.replace("OE", "U").replace("DJ", "J").replace("TJ", "C")
}
