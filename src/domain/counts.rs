//! What a region is known by right of the wall: whole-number sums over its families, and nothing
//! else. Every rate is a quotient of two of them, so roll-ups are exact.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::registry::Registry;

/// Gap and severity are summed in billionths of a person, as whole numbers, so that a sum does
/// not depend on its order (the error is at most 5e-10 per person).
pub const FIXED_POINT: u64 = 1_000_000_000;

/// Of one programme in one region, counted in the programme's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeCounts {
    pub eligible: u64,
    /// Eligible and receiving.
    pub covered: u64,
    /// Receiving, eligible or not.
    pub recipients: u64,
}

/// Of one registry in one region (by the region that the row states).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCounts {
    /// Person rows used.
    pub rows: u64,
    /// Of these, linked: to a person of the base; for the base itself, found in any other registry.
    pub linked: u64,
}

/// The sums of one region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionCounts {
    pub n_families: u64,
    pub n_persons: u64,
    /// Families and persons whose welfare is known: the denominators of the poverty rates.
    pub n_families_ranked: u64,
    pub n_persons_ranked: u64,
    pub n_extreme_families: u64,
    pub n_extreme_persons: u64,
    pub n_poor_families: u64,
    pub n_poor_persons: u64,
    /// Σ persons × (z−y)/z over the poor, in 1/[`FIXED_POINT`].
    pub gap_fixed: u64,
    /// Σ persons × ((z−y)/z)² over the poor, in 1/[`FIXED_POINT`].
    pub severity_fixed: u64,
    /// Families by number of programmes received: 0, 1, 2, 3 or more.
    pub families_by_programmes: [u64; 4],
    /// Persons with PPKS status (Kemensos).
    pub n_ppks: u64,
    /// Families placed by their coordinate.
    pub n_by_point: u64,
    /// Families placed by the stated code.
    pub n_by_code: u64,
    /// Families with a coordinate inside a desa and a usable stated code.
    pub n_both: u64,
    /// Of these, the two name the same desa.
    pub n_agree: u64,
    /// One entry a programme of the set, switched on or not.
    pub programmes: Vec<ProgrammeCounts>,
    pub registries: [RegistryCounts; Registry::ALL.len()],
}

impl RegionCounts {
    /// All zero, for `programmes` programmes.
    pub fn zero(programmes: usize) -> Self {
        Self { programmes: vec![ProgrammeCounts::default(); programmes], ..Self::default() }
    }

    /// Every number with its column name, in a fixed order: the one list that tables, checks and
    /// roll-ups share. Programmes are named by index, registries by slug.
    pub fn columns(programmes: usize) -> Vec<String> {
        let mut names: Vec<String> = [
            "n_families",
            "n_persons",
            "n_families_ranked",
            "n_persons_ranked",
            "n_extreme_families",
            "n_extreme_persons",
            "n_poor_families",
            "n_poor_persons",
            "gap_fixed",
            "severity_fixed",
            "families_programmes_0",
            "families_programmes_1",
            "families_programmes_2",
            "families_programmes_3plus",
            "n_ppks",
            "n_by_point",
            "n_by_code",
            "n_both",
            "n_agree",
        ]
        .map(String::from)
        .to_vec();
        for i in 0..programmes {
            for what in ["eligible", "covered", "recipients"] {
                names.push(format!("programme_{i:02}_{what}"));
            }
        }
        for registry in Registry::ALL {
            for what in ["rows", "linked"] {
                names.push(format!("{}_{what}", registry.slug()));
            }
        }
        names
    }

    /// The numbers in the order of [`RegionCounts::columns`].
    pub fn values(&self) -> Vec<u64> {
        let mut values = vec![
            self.n_families,
            self.n_persons,
            self.n_families_ranked,
            self.n_persons_ranked,
            self.n_extreme_families,
            self.n_extreme_persons,
            self.n_poor_families,
            self.n_poor_persons,
            self.gap_fixed,
            self.severity_fixed,
        ];
        values.extend(self.families_by_programmes);
        values.extend([self.n_ppks, self.n_by_point, self.n_by_code, self.n_both, self.n_agree]);
        values.extend(self.programmes.iter().flat_map(|p| [p.eligible, p.covered, p.recipients]));
        values.extend(self.registries.iter().flat_map(|r| [r.rows, r.linked]));
        values
    }

    /// Reverse of [`RegionCounts::values`]; `None` when the number of values does not fit.
    pub fn from_values(values: &[u64], programmes: usize) -> Option<Self> {
        let registries_at = 19 + 3 * programmes;
        if values.len() != registries_at + 2 * Registry::ALL.len() {
            return None;
        }
        let mut counts = Self::zero(programmes);
        let v = values;
        [
            &mut counts.n_families,
            &mut counts.n_persons,
            &mut counts.n_families_ranked,
            &mut counts.n_persons_ranked,
            &mut counts.n_extreme_families,
            &mut counts.n_extreme_persons,
            &mut counts.n_poor_families,
            &mut counts.n_poor_persons,
            &mut counts.gap_fixed,
            &mut counts.severity_fixed,
        ]
        .into_iter()
        .zip(v)
        .for_each(|(to, from)| *to = *from);
        counts.families_by_programmes.copy_from_slice(&v[10..14]);
        [counts.n_ppks, counts.n_by_point, counts.n_by_code, counts.n_both, counts.n_agree] =
            [v[14], v[15], v[16], v[17], v[18]];
        for (to, from) in counts.programmes.iter_mut().zip(v[19..registries_at].chunks(3)) {
            *to = ProgrammeCounts { eligible: from[0], covered: from[1], recipients: from[2] };
        }
        for (to, from) in counts.registries.iter_mut().zip(v[registries_at..].chunks(2)) {
            *to = RegistryCounts { rows: from[0], linked: from[1] };
        }
        Some(counts)
    }
}

impl AddAssign<&Self> for RegionCounts {
    fn add_assign(&mut self, other: &Self) {
        let programmes = self.programmes.len().max(other.programmes.len());
        let pad = |c: &Self| {
            let mut c = c.clone();
            c.programmes.resize(programmes, ProgrammeCounts::default());
            c.values()
        };
        let sums: Vec<u64> = pad(self).iter().zip(pad(other)).map(|(a, b)| a + b).collect();
        if let Some(sum) = Self::from_values(&sums, programmes) {
            *self = sum;
        }
    }
}
