//! NIK (population number), KK (family card number) and sex. Both numbers redact themselves:
//! neither `Debug` nor `Display` shows a digit of them (UU 27/2022).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::date::BirthDate;

/// Sex as registries record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sex {
    Male,
    Female,
}

/// Why a delivered number cannot serve as an identity. The row stays; only the identity is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityFault {
    /// Empty, or a placeholder such as `-`.
    Missing,
    /// All zeros.
    Zero,
    /// Scientific notation: a spreadsheet has rounded it, the digits are gone.
    Spreadsheet,
    /// A spreadsheet kept 15 digits and filled the rest with zeros.
    Rounded,
    /// A letter stands among the digits, such as O for 0.
    Letter,
    /// Not sixteen digits.
    Length,
    /// Sixteen digits, but the date or the place inside is impossible.
    Structure,
    /// The same digit, or a counting sequence, all through.
    Dummy,
}

impl IdentityFault {
    pub const ALL: [Self; 8] = [
        Self::Missing,
        Self::Zero,
        Self::Spreadsheet,
        Self::Rounded,
        Self::Letter,
        Self::Length,
        Self::Structure,
        Self::Dummy,
    ];

    /// Short stable name for reports.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Zero => "zero",
            Self::Spreadsheet => "spreadsheet",
            Self::Rounded => "rounded",
            Self::Letter => "letter",
            Self::Length => "length",
            Self::Structure => "structure",
            Self::Dummy => "dummy",
        }
    }
}

/// Reads sixteen digits out of a delivered text; the checks that NIK and KK share.
fn sixteen_digits(text: &str) -> Result<u64, IdentityFault> {
    // A leading apostrophe is how spreadsheets mark text: it is not part of the number.
    let text = text.trim().trim_start_matches('\'').trim();
    if text.is_empty() || matches!(text, "-" | "NULL" | "null" | "NaN" | "N/A") {
        return Err(IdentityFault::Missing);
    }
    if text.bytes().all(|b| b == b'0') {
        return Err(IdentityFault::Zero);
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        let scientific = text.split_once(['E', 'e']).is_some_and(|(head, tail)| {
            head.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.')
                && tail.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit())
                && !head.is_empty()
                && !tail.is_empty()
        });
        return Err(if scientific { IdentityFault::Spreadsheet } else { IdentityFault::Letter });
    }
    if text.len() != 16 {
        return Err(IdentityFault::Length);
    }
    let digits = text.as_bytes();
    let step = |w: &[u8]| (w[1] + 10 - w[0]) % 10;
    if digits.windows(2).all(|w| step(w) == 0) || digits.windows(2).all(|w| step(w) == 1) {
        return Err(IdentityFault::Dummy);
    }
    text.parse().map_err(|_| IdentityFault::Length)
}

/// A structurally valid NIK: `PPKKCC DDMMYY SSSS`, day + 40 for women.
///
/// The place is that of first registration, not of residence, and may no longer exist; so only
/// its shape is checked here, not its presence in the code table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Nik(u64);

impl Nik {
    /// Parses a delivered text.
    ///
    /// # Errors
    /// The fault that keeps the text from being an identity; it carries no digit of the text.
    pub fn parse(text: &str) -> Result<Self, IdentityFault> {
        let number = sixteen_digits(text)?;
        let nik = Self(number);
        let province = number / 100_000_000_000_000;
        let day = nik.day_code() % 40;
        let month = number / 1_000_000 % 100;
        let serial = number % 10_000;
        if !(11..=99).contains(&province)
            || nik.day_code() > 71
            || !(1..=31).contains(&day)
            || !(1..=12).contains(&month)
        {
            return Err(IdentityFault::Structure);
        }
        if serial == 0 {
            // Serials start at 0001: 0000 is the trace of a number stored with 15 digits.
            return Err(IdentityFault::Rounded);
        }
        Ok(nik)
    }

    fn day_code(self) -> u64 {
        self.0 / 100_000_000 % 100
    }

    /// The sex written into the number.
    pub fn sex(self) -> Sex {
        if self.day_code() > 40 { Sex::Female } else { Sex::Male }
    }

    /// True where the number's date part is this date (the century is not in the number).
    pub fn agrees_with_birth(self, birth: BirthDate) -> bool {
        let date = self.0 / 10_000 % 1_000_000;
        let (day, month, year) = (date / 10_000 % 40, date / 100 % 100, date % 100);
        day == u64::from(birth.day())
            && month == u64::from(birth.month())
            && year == u64::from(birth.year() % 100)
    }

    /// The six digits of the kecamatan of first registration.
    pub fn prefix(self) -> u32 {
        u32::try_from(self.0 / 10_000_000_000).unwrap_or(0)
    }

    /// True where the same sixteen digits stand as the card number: one of the two was copied
    /// into the column of the other.
    pub fn is_card(self, card: FamilyCard) -> bool {
        self.0 == card.0
    }

    /// The raw number, for the rooms of `MAY_EXPOSE` alone (see the house rules).
    pub fn expose(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nik(•)")
    }
}

impl fmt::Display for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NIK •")
    }
}

/// The digits of a delivered NIK, sound or damaged: evidence for a comparison, never an identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NikDigits {
    number: u64,
    length: u8,
}

impl NikDigits {
    /// Of a text of 12 to 18 digits that are not all the same; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('\'').trim();
        let plain = (12..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !plain || text.bytes().all(|b| Some(b) == text.bytes().next()) {
            return None;
        }
        Some(Self { number: text.parse().ok()?, length: u8::try_from(text.len()).ok()? })
    }

    /// The raw digits, for the linkage room alone.
    pub fn expose(self) -> String {
        format!("{:0width$}", self.number, width = usize::from(self.length))
    }
}

impl fmt::Debug for NikDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NikDigits(•)")
    }
}

/// Relation to the head of the family, as far as registries share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FamilyRole {
    Head,
    Spouse,
    Child,
    Other,
}

/// A family card number (KK). It links a family at one time, not over time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FamilyCard(u64);

impl FamilyCard {
    /// Parses a delivered text.
    ///
    /// # Errors
    /// The fault that keeps the text from being a card number.
    pub fn parse(text: &str) -> Result<Self, IdentityFault> {
        let number = sixteen_digits(text)?;
        if !(11..=99).contains(&(number / 100_000_000_000_000)) {
            return Err(IdentityFault::Structure);
        }
        if number % 10_000 == 0 {
            return Err(IdentityFault::Rounded);
        }
        Ok(Self(number))
    }

    /// The six digits of the kecamatan of issue.
    pub fn prefix(self) -> u32 {
        u32::try_from(self.0 / 10_000_000_000).unwrap_or(0)
    }

    /// True where digits 7 to 12 can be the day of issue, `DDMMYY`, no 40 added. That order is
    /// the NIK's; no rule of the government spells it out for cards, so a card is not refused for it.
    pub fn has_possible_date(self) -> bool {
        let (day, month) = (self.0 / 100_000_000 % 100, self.0 / 1_000_000 % 100);
        (1..=31).contains(&day) && (1..=12).contains(&month)
    }

    /// The raw number, for the linkage room and the delivery writer alone.
    pub fn expose(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for FamilyCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyCard(•)")
    }
}

impl fmt::Display for FamilyCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KK •")
    }
}
