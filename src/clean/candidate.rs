//! What a damaged or contradicted NIK may have been. A candidate is a proposal to the owner of the
//! row, who has the document: it is never written over a delivered value and never links anybody.

use std::fmt;

use crate::domain::{BirthDate, Nik, Sex};
use crate::regions::NikPrefixes;

/// What has to have happened for the candidate to be the NIK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Spaces, dots, hyphens or a decimal part among the digits.
    Separators,
    /// O for 0, I or l for 1, S for 5, B for 8.
    Letters,
    /// Day and month of the date part exchanged.
    DayMonth,
    /// Two neighbouring digits exchanged.
    Neighbours,
    /// One digit wrong.
    Digit,
    /// One digit lost.
    Lost,
    /// One digit too many.
    Added,
}

impl Why {
    /// Stable name; the words are in room `labels`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Separators => "separators",
            Self::Letters => "letters",
            Self::DayMonth => "day_month",
            Self::Neighbours => "neighbours",
            Self::Digit => "digit",
            Self::Lost => "lost",
            Self::Added => "added",
        }
    }
}

/// One proposal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NikCandidate {
    pub nik: Nik,
    pub why: Why,
    /// Its kecamatan is on record, and it says the birth date and the sex of its row, both known.
    pub agrees: bool,
    /// No other proposal stands beside it.
    pub unique: bool,
}

impl fmt::Debug for NikCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NikCandidate(•, {})", self.why.slug())
    }
}

/// More proposals than this tell an owner nothing.
const MOST: usize = 6;

/// A text longer than this is no damaged NIK.
const LONGEST: usize = 40;

/// Proposals for a delivered text, given what the row says of birth date and sex; none for a NIK
/// that is sound and agrees with its row. Sorted by number.
///
/// Signs and letters are read as digits whatever the row says. Everything else needs both birth
/// date and sex, a kecamatan on record, and full agreement; a lost or added digit besides that it
/// is determined beyond choice.
pub fn nik_candidates(
    text: &str,
    birth: Option<BirthDate>,
    sex: Option<Sex>,
    prefixes: &NikPrefixes,
) -> Vec<NikCandidate> {
    let row = Row { birth, sex, prefixes };
    let text = text.trim().trim_start_matches('\'');
    if text.len() > LONGEST {
        return Vec::new();
    }
    let (digits, sign) = as_digits(text);
    let mut found = match (digits.len(), parse(&digits)) {
        (16, Some(nik)) if sign.is_some() => {
            let why = sign.unwrap_or(Why::Separators);
            vec![NikCandidate { nik, why, agrees: row.agrees(nik), unique: false }]
        }
        (16, Some(nik)) if row.agrees(nik) => Vec::new(),
        (16, _) => row.edits(&digits),
        (15, _) => only(row.lost(&digits)),
        (17, _) => only(row.added(&digits)),
        _ => Vec::new(),
    };
    found.sort_unstable();
    found.dedup_by_key(|candidate| candidate.nik);
    if found.len() > MOST {
        return Vec::new();
    }
    let unique = found.len() == 1;
    found.iter_mut().for_each(|candidate| candidate.unique = unique);
    found
}

/// The leading digits that scientific notation left of a number of sixteen (`3,60104E+15`): the
/// last one may be rounded, the rest of the number is gone. `None` for any other text.
pub fn digits_left(text: &str) -> Option<DigitsLeft> {
    let text = text.trim().trim_start_matches('\'');
    let (head, power) = text.split_once(['E', 'e'])?;
    if power.trim_start_matches('+') != "15" || head.len() > 18 {
        return None;
    }
    let (whole, part) = head.split_once([',', '.']).unwrap_or((head, ""));
    let digits = format!("{whole}{}", part.trim_end_matches('0'));
    let plain = whole.len() == 1 && digits.bytes().all(|b| b.is_ascii_digit());
    (plain && digits.len() <= 16).then_some(DigitsLeft(digits))
}

/// See [`digits_left`]. Redacts itself.
#[derive(Clone, PartialEq, Eq)]
pub struct DigitsLeft(String);

impl DigitsLeft {
    /// The digits with a dot for each that is gone, for the restricted list alone.
    pub fn expose(&self) -> String {
        format!("{:·<16}", self.0)
    }
}

impl fmt::Debug for DigitsLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigitsLeft(•)")
    }
}

/// The text with signs left out and letters read as digits, and the graver of the two that was
/// needed. Empty where a character can be neither.
fn as_digits(text: &str) -> (Vec<u8>, Option<Why>) {
    let whole = text.strip_suffix(".0").or_else(|| text.strip_suffix(",0"));
    let mut why = whole.map(|_| Why::Separators);
    let mut digits = Vec::with_capacity(20);
    for c in whole.unwrap_or(text).chars() {
        let (digit, reason) = match c {
            '0'..='9' => (Some(c), None),
            'O' | 'o' => (Some('0'), Some(Why::Letters)),
            'I' | 'l' | 'i' | '|' => (Some('1'), Some(Why::Letters)),
            'S' | 's' => (Some('5'), Some(Why::Letters)),
            'B' => (Some('8'), Some(Why::Letters)),
            ' ' | '.' | '-' | '_' | '/' | '\u{a0}' | '\'' => (None, Some(Why::Separators)),
            _ => return (Vec::new(), None),
        };
        why = why.max(reason);
        digits.extend(digit.and_then(|d| u8::try_from(d).ok()));
    }
    (digits, why)
}

fn parse(digits: &[u8]) -> Option<Nik> {
    Nik::parse(std::str::from_utf8(digits).ok()?).ok()
}

/// A single proposal, or none.
fn only(mut found: Vec<NikCandidate>) -> Vec<NikCandidate> {
    found.sort_unstable();
    found.dedup_by_key(|candidate| candidate.nik);
    if found.len() > 1 {
        found.clear();
    }
    found
}

/// What the row knows to hold a proposal against.
struct Row<'a> {
    birth: Option<BirthDate>,
    sex: Option<Sex>,
    prefixes: &'a NikPrefixes,
}

impl Row<'_> {
    fn agrees(&self, nik: Nik) -> bool {
        self.birth.is_some_and(|birth| nik.agrees_with_birth(birth))
            && self.sex == Some(nik.sex())
            && self.prefixes.on_record(nik.prefix())
    }

    /// Adds the digits if they make a NIK that agrees with the row.
    fn try_digits(&self, digits: &[u8], why: Why, found: &mut Vec<NikCandidate>) {
        if let Some(nik) = parse(digits).filter(|nik| self.agrees(*nik)) {
            found.push(NikCandidate { nik, why, agrees: true, unique: false });
        }
    }

    /// One slip away from sixteen digits.
    fn edits(&self, digits: &[u8]) -> Vec<NikCandidate> {
        let mut found = Vec::new();
        let mut edited = digits.to_vec();
        edited[6..10].copy_from_slice(&day_month(&digits[6..10]));
        self.try_digits(&edited, Why::DayMonth, &mut found);
        for at in 0..15 {
            edited.copy_from_slice(digits);
            edited.swap(at, at + 1);
            self.try_digits(&edited, Why::Neighbours, &mut found);
        }
        // A wrong digit of the serial contradicts nothing, so it is never found here.
        for at in 0..12 {
            edited.copy_from_slice(digits);
            for digit in b'0'..=b'9' {
                edited[at] = digit;
                self.try_digits(&edited, Why::Digit, &mut found);
            }
        }
        found
    }

    fn lost(&self, digits: &[u8]) -> Vec<NikCandidate> {
        let mut found = Vec::new();
        for at in 0..=digits.len() {
            for digit in b'0'..=b'9' {
                let mut edited = digits.to_vec();
                edited.insert(at, digit);
                self.try_digits(&edited, Why::Lost, &mut found);
            }
        }
        found
    }

    fn added(&self, digits: &[u8]) -> Vec<NikCandidate> {
        let mut found = Vec::new();
        for at in 0..digits.len() {
            let mut edited = digits.to_vec();
            edited.remove(at);
            self.try_digits(&edited, Why::Added, &mut found);
        }
        found
    }
}

/// `DDMM` with day and month exchanged; the 40 of women stays with the day.
fn day_month(ddmm: &[u8]) -> [u8; 4] {
    let forty = if ddmm[0] >= b'4' { 4 } else { 0 };
    // A month above 9 keeps within the digits: 1 + 4 is 5.
    [(ddmm[2] + forty).min(b'9'), ddmm[3], ddmm[0] - forty, ddmm[1]]
}
