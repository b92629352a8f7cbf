//! Do two records that carry one NIK speak of one person?

use serde::{Deserialize, Serialize};

use crate::clean::PersonRecord;
use crate::domain::BirthDate;

/// Jaro–Winkler similarity (Winkler 1990) from which two names count as variants of one.
const NAME_SIMILAR: f64 = 0.88;

/// Below this even full agreement elsewhere does not outweigh two different names.
const NAME_FOREIGN: f64 = 0.60;

/// How one attribute of two records compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Agree,
    Disagree,
    /// One side is missing: speaks neither for nor against.
    Unknown,
}

/// The decision on a pair with equal NIK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing disagrees.
    Same,
    /// One of name, sex, birth date disagrees: the same person, with a remark.
    SameWithRemark,
    /// Two or more disagree, or the names have nothing in common: two people.
    Contradiction,
}

/// Which facts of two records disagree; a fact that one side lacks does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Differences {
    pub name: bool,
    pub sex: bool,
    pub birth: bool,
    /// The stated desa.
    pub region: bool,
}

/// Compares two records that carry the same NIK.
pub fn compare(a: &PersonRecord, b: &PersonRecord) -> Verdict {
    compare_in_detail(a, b).0
}

/// As [`compare`], and what it rests on.
pub fn compare_in_detail(a: &PersonRecord, b: &PersonRecord) -> (Verdict, Differences) {
    let found = differences(a, b);
    let against = [found.name, found.sex, found.birth].into_iter().filter(|so| *so).count();
    let foreign = found.name
        && strsim::jaro_winkler(&a.name, &b.name) < NAME_FOREIGN
        && both(a.birth, b.birth, births_agree) != Agreement::Agree;
    let verdict = match against {
        0 => Verdict::Same,
        1 if !foreign => Verdict::SameWithRemark,
        _ => Verdict::Contradiction,
    };
    (verdict, found)
}

/// What two records of one person state differently.
pub fn differences(a: &PersonRecord, b: &PersonRecord) -> Differences {
    let differ = |agreement| agreement == Agreement::Disagree;
    Differences {
        name: differ(name_agreement(&a.name, &b.name)),
        sex: differ(both(a.sex, b.sex, |x, y| x == y)),
        birth: differ(both(a.birth, b.birth, births_agree)),
        region: differ(both(a.region, b.region, |x, y| x == y)),
    }
}

fn both<T: Copy>(a: Option<T>, b: Option<T>, same: impl Fn(T, T) -> bool) -> Agreement {
    match (a, b) {
        (Some(a), Some(b)) if same(a, b) => Agreement::Agree,
        (Some(_), Some(_)) => Agreement::Disagree,
        _ => Agreement::Unknown,
    }
}

/// Equal; or day and month exchanged; or one side is the 1 January or 31 December of the same year
/// that registries fill in when only the year is known.
fn births_agree(a: BirthDate, b: BirthDate) -> bool {
    let default = |d: BirthDate| matches!((d.month(), d.day()), (1, 1) | (12, 31));
    a == b || a.swapped() == Some(b) || (a.year() == b.year() && (default(a) || default(b)))
}

fn name_agreement(a: &str, b: &str) -> Agreement {
    if a.is_empty() || b.is_empty() {
        return Agreement::Unknown;
    }
    if names_agree(a, b) { Agreement::Agree } else { Agreement::Disagree }
}

/// True for standardised names that are equal, similar, equal in another order, or where each
/// token of the shorter is a token, or the initial of a token, of the longer.
pub fn names_agree(a: &str, b: &str) -> bool {
    if a == b || strsim::jaro_winkler(a, b) >= NAME_SIMILAR {
        return true;
    }
    let tokens = |name: &str| {
        let mut tokens: Vec<String> = name.split(' ').map(str::to_owned).collect();
        tokens.sort_unstable();
        tokens
    };
    let (a, b) = (tokens(a), tokens(b));
    if strsim::jaro_winkler(&a.concat(), &b.concat()) >= NAME_SIMILAR {
        return true;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut free: Vec<&String> = long.iter().collect();
    // Whole tokens first: an initial must not use up the token that another one equals.
    let mut by_length: Vec<&String> = short.iter().collect();
    by_length.sort_by_key(|token| std::cmp::Reverse(token.len()));
    by_length.into_iter().all(|token| {
        let found = free.iter().position(|other| tokens_agree(token, other));
        found.map(|i| free.swap_remove(i)).is_some()
    })
}

fn tokens_agree(a: &str, b: &str) -> bool {
    let initial = |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    a == b || initial(a, b) || initial(b, a) || strsim::jaro_winkler(a, b) >= 0.92
}
