//! Names standardised for comparison: Indonesian titles dropped, old spelling and the many
//! spellings of common given names folded. Never shown, never written back.

/// Titles, degrees and filiation words that say nothing about who it is.
const DROPPED: [&str; 33] = [
    "H", "HJ", "HAJI", "HAJJAH", "KH", "DR", "DRS", "DRA", "IR", "PROF", "ST", "SE", "SH", "SPD",
    "SPDI", "SAG", "SSOS", "SKOM", "SKM", "SIP", "MPD", "MSI", "MM", "MA", "MH", "AMD", "AMKEB",
    "UST", "USTADZ", "BIN", "BINTI", "ALM", "ALMH",
];

/// Spellings and abbreviations of one name.
const SPELLINGS: [(&str, &str); 17] = [
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
    let mut after_degree = false;
    for token in tokens(name) {
        let token = modern_spelling(token);
        // The I of S.Pd.I (Islamic education) belongs to the degree before it.
        let dropped = DROPPED.contains(&token.as_str()) || (after_degree && token == "I");
        after_degree = dropped && token.len() > 2;
        if dropped {
            continue;
        }
        let known = SPELLINGS.iter().find(|(from, _)| *from == token);
        let token = known.map_or(token.as_str(), |(_, to)| *to);
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(token);
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
            // Some capitals are a letter and a mark: the mark is no letter of the name.
            token.extend(c.to_uppercase().filter(|c| c.is_alphabetic()));
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

/// The spelling before 1947 and 1972: oe → u, dj → j, tj → c; until nothing changes, so that a
/// standardised name is its own standard form.
fn modern_spelling(mut token: String) -> String {
    while ["OE", "DJ", "TJ"].iter().any(|old| token.contains(old)) {
        token = token.replace("OE", "U").replace("DJ", "J").replace("TJ", "C");
    }
    token
}
