//! What a row's NIK and KK number say, held against the row itself and the table of prefixes.

use crate::domain::{BirthDate, FamilyCard, IdentityFault, Nik, NikDigits, Sex};
use crate::regions::{NikPrefixes, Prefix};

/// The identity of one person row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identity {
    pub(super) nik: Option<Nik>,
    pub(super) digits: Option<NikDigits>,
    /// The NIK is sound and says the row's own birth date and sex, both known.
    pub(super) verified: bool,
}

/// Reads the NIK of a person row; `issue` hears the code of every fault. A sound NIK that
/// contradicts its row stays the row's NIK: which of the two is wrong cannot be told from here.
pub(super) fn person(
    text: &str,
    birth: Option<BirthDate>,
    sex: Option<Sex>,
    card: Option<FamilyCard>,
    prefixes: &NikPrefixes,
    mut issue: impl FnMut(&'static str),
) -> Identity {
    let digits = NikDigits::read(text);
    let nik = match Nik::parse(text) {
        Ok(nik) => nik,
        Err(fault) => {
            issue(nik_fault(fault));
            return Identity { nik: None, digits, verified: false };
        }
    };
    if prefixes.find(nik.prefix()) == Prefix::Unknown {
        issue("nik_prefix_unknown");
    }
    let birth_agrees = birth.map(|birth| nik.agrees_with_birth(birth));
    if birth_agrees == Some(false) {
        issue("nik_birth_differs");
    }
    let sex_agrees = sex.map(|sex| nik.sex() == sex);
    if sex_agrees == Some(false) {
        issue("nik_sex_differs");
    }
    let verified = birth_agrees == Some(true) && sex_agrees == Some(true);
    // A son entered on the day his family's card was issued can truly share its digits.
    if !verified && card.is_some_and(|card| nik.is_card(card)) {
        issue("nik_is_card");
    }
    Identity { nik: Some(nik), digits, verified }
}

/// Reads a KK number; `issue` hears the code of every fault.
pub(super) fn card(
    text: &str,
    prefixes: &NikPrefixes,
    mut issue: impl FnMut(&'static str),
) -> Option<FamilyCard> {
    let card = match FamilyCard::parse(text) {
        Ok(card) => card,
        Err(fault) => {
            issue(card_fault(fault));
            return None;
        }
    };
    if prefixes.find(card.prefix()) == Prefix::Unknown {
        issue("card_prefix_unknown");
    }
    if !card.has_possible_date() {
        issue("card_date_impossible");
    }
    Some(card)
}

fn nik_fault(fault: IdentityFault) -> &'static str {
    match fault {
        IdentityFault::Missing => "nik_missing",
        IdentityFault::Zero => "nik_zero",
        IdentityFault::Spreadsheet => "nik_spreadsheet",
        IdentityFault::Rounded => "nik_rounded",
        IdentityFault::Letter => "nik_letter",
        IdentityFault::Length => "nik_length",
        IdentityFault::Structure => "nik_structure",
        IdentityFault::Dummy => "nik_dummy",
    }
}

fn card_fault(fault: IdentityFault) -> &'static str {
    match fault {
        IdentityFault::Missing => "card_missing",
        IdentityFault::Zero => "card_zero",
        IdentityFault::Spreadsheet => "card_spreadsheet",
        IdentityFault::Rounded => "card_rounded",
        IdentityFault::Letter => "card_letter",
        IdentityFault::Length => "card_length",
        IdentityFault::Structure => "card_structure",
        IdentityFault::Dummy => "card_dummy",
    }
}
