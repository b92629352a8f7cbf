//! What typed digits can mean: a Kemendagri code, a BPS code or a code of earlier years. The
//! systems share digits for different places, so every reading is given and none is chosen.

use std::collections::BTreeMap;

use super::{History, RegionCatalog};
use crate::domain::{BpsCode, RegionCode};

/// Every meaning of one code as it was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readings {
    /// A region of today with that Kemendagri code.
    pub kemendagri: Option<RegionCode>,
    /// The region with that BPS code.
    pub bps: Option<RegionCode>,
    /// A Kemendagri code of earlier years and the regions of today that it leads to, each with the
    /// part of the former region that it holds; none where nobody knows.
    pub former: Option<(RegionCode, BTreeMap<RegionCode, f64>)>,
}

impl Readings {
    /// Reads dotted or bare digits.
    pub fn of(typed: &str, catalog: &RegionCatalog, history: &History) -> Self {
        let code = if typed.contains('.') {
            typed.parse::<RegionCode>().ok()
        } else {
            dotted(typed).and_then(|text| text.parse().ok())
        };
        let kemendagri = code.filter(|code| catalog.get(*code).is_some());
        let bps = typed.parse::<BpsCode>().ok().and_then(|code| catalog.from_bps(code));
        let former = code.and_then(|code| former(code, catalog, history));
        Self { kemendagri, bps, former }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// True where the two systems give the same digits to different regions.
    pub fn is_trap(&self) -> bool {
        matches!((self.kemendagri, self.bps), (Some(one), Some(other)) if one != other)
    }
}

/// A code that stands for no region today, or stood for another one.
fn former(
    code: RegionCode,
    catalog: &RegionCatalog,
    history: &History,
) -> Option<(RegionCode, BTreeMap<RegionCode, f64>)> {
    let interim = history.interim(code).next().map(|interim| (interim.now, 1.0));
    let parts = match interim {
        Some(now) => BTreeMap::from([now]),
        None => history.today(code),
    };
    if history.is_lost(code) {
        return Some((code, BTreeMap::new()));
    }
    let itself = parts.len() == 1 && parts.contains_key(&code);
    // A region that was divided and still bears its code is read as the region of today.
    let divided = catalog.get(code).is_some() && parts.contains_key(&code);
    let known = parts.keys().all(|code| catalog.get(*code).is_some());
    (history.knows(code) && !itself && !divided && known).then_some((code, parts))
}

/// The Kemendagri code that bare digits would be with dots.
pub fn dotted(digits: &str) -> Option<String> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let cuts: &[usize] = match digits.len() {
        2 => &[2],
        4 => &[2, 4],
        6 => &[2, 4, 6],
        10 => &[2, 4, 6, 10],
        _ => return None,
    };
    let mut start = 0;
    let parts: Vec<&str> = cuts
        .iter()
        .map(|end| {
            let part = &digits[start..*end];
            start = *end;
            part
        })
        .collect();
    Some(parts.join("."))
}
