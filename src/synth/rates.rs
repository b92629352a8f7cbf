//! Every error rate of the synthetic deliveries, as a field: what is injected is stated.

use std::collections::BTreeMap;

use serde::Serialize;

/// How badly a programme hits its target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Targeting {
    /// Share of the eligible who receive nothing (0..1).
    pub exclusion: f64,
    /// Share of the recipients who are not eligible (0..1), as far as there are enough candidates.
    pub inclusion: f64,
}

/// The stated error rates. All are shares 0..1 of delivered rows, unless the field says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorRates {
    pub nik_missing: f64,
    pub nik_zero: f64,
    /// The row carries the NIK of another person (mostly of the same family).
    pub nik_repeated: f64,
    /// `3,60104E+15`
    pub nik_spreadsheet: f64,
    /// 15 digits kept, the last is 0.
    pub nik_rounded: f64,
    /// A leading apostrophe: the number is whole.
    pub nik_apostrophe: f64,
    /// Letter O for a zero.
    pub nik_letter: f64,
    /// Muhammad/Mohamad/Muh., Soe-/Su-, a slip of the pen.
    pub name_spelling: f64,
    pub name_title: f64,
    /// A word cut to its initial; a name of one word is misspelt instead.
    pub name_abbreviated: f64,
    /// First word last; a name of one word is misspelt instead.
    pub name_order: f64,
    /// Day and month exchanged; of the dates that stay a date and change by it.
    pub birth_swapped: f64,
    /// 1 January of the right year.
    pub birth_january: f64,
    /// Families whose rows in a registry (not Regsosek) state the desa where they lived before.
    pub moved: f64,
    /// Another desa of the same kecamatan. Regsosek: of families, member rows follow.
    pub region_wrong: f64,
    /// The digits of the other code system. Regsosek: of families, member rows follow.
    pub region_other_system: f64,
    /// Standard deviation of every delivered coordinate from the house, metres.
    pub coordinate_noise_m: f64,
    pub coordinate_missing: f64,
    /// Latitude and longitude exchanged.
    pub coordinate_swapped: f64,
    pub coordinate_zero: f64,
    pub coordinate_sea: f64,
    /// Taken far from the house: standard deviation `coordinate_coarse_m`.
    pub coordinate_coarse: f64,
    pub coordinate_coarse_m: f64,
    /// Regsosek family rows delivered twice.
    pub regsosek_duplicate: f64,
    /// DTKS person rows delivered twice, each with its own faults.
    pub dtks_duplicate: f64,
    /// Families of decile 1–4 that P3KE does not know.
    pub p3ke_missing: f64,
    /// Families of decile 1–4 without PKH, Sembako or a card that DTKS does not know.
    pub dtks_missing: f64,
    /// Families of decile 5–10 without such benefits that DTKS holds nevertheless.
    pub dtks_included: f64,
    /// Pupils without PIP that neither Dapodik nor EMIS knows.
    pub pupil_missing: f64,
    /// DKI families without a benefit that only Carik shows, that Carik does not know.
    pub carik_missing: f64,
    /// Persons of working age without Prakerja who are on its list as applicants.
    pub prakerja_applicants: f64,
    /// Programme id → targeting error.
    pub programmes: BTreeMap<String, Targeting>,
}

/// (id, exclusion, inclusion). PKH and Sembako 45.0 %, PIP 43.2 % (Mensos, 15 July 2025) and KJP
/// Plus 11.35 % (derived, 2023) of the recipients are published; the rest is assumed.
const PROGRAMMES: [(&str, f64, f64); 10] = [
    ("pkh", 0.55, 0.45),
    ("sembako", 0.45, 0.45),
    ("pbi_jkn", 0.25, 0.35),
    ("pip", 0.45, 0.432),
    ("prakerja", 0.80, 0.15),
    ("kjp_plus", 0.25, 0.1135),
    ("kjs", 0.40, 0.20),
    ("bantuan_gizi", 0.50, 0.15),
    ("kartu_sejahtera", 0.40, 0.20),
    ("kartu_usaha", 0.60, 0.20),
];

fn targeting(of: impl Fn(f64, f64) -> Targeting) -> BTreeMap<String, Targeting> {
    PROGRAMMES.iter().map(|(id, out, wrong)| ((*id).to_owned(), of(*out, *wrong))).collect()
}

impl Default for ErrorRates {
    fn default() -> Self {
        Self {
            nik_missing: 0.02,
            nik_zero: 0.005,
            nik_repeated: 0.004,
            nik_spreadsheet: 0.004,
            nik_rounded: 0.003,
            nik_apostrophe: 0.01,
            nik_letter: 0.003,
            name_spelling: 0.03,
            name_title: 0.01,
            name_abbreviated: 0.015,
            name_order: 0.005,
            birth_swapped: 0.01,
            birth_january: 0.015,
            moved: 0.03,
            region_wrong: 0.01,
            region_other_system: 0.005,
            coordinate_noise_m: 15.0,
            coordinate_missing: 0.02,
            coordinate_swapped: 0.005,
            coordinate_zero: 0.005,
            coordinate_sea: 0.002,
            coordinate_coarse: 0.01,
            coordinate_coarse_m: 500.0,
            regsosek_duplicate: 0.002,
            dtks_duplicate: 0.003,
            p3ke_missing: 0.06,
            dtks_missing: 0.12,
            dtks_included: 0.06,
            pupil_missing: 0.03,
            carik_missing: 0.05,
            prakerja_applicants: 0.01,
            programmes: targeting(|exclusion, inclusion| Targeting { exclusion, inclusion }),
        }
    }
}

impl ErrorRates {
    /// No error anywhere: every row true, every list complete, every programme on target.
    pub fn none() -> Self {
        Self {
            nik_missing: 0.0,
            nik_zero: 0.0,
            nik_repeated: 0.0,
            nik_spreadsheet: 0.0,
            nik_rounded: 0.0,
            nik_apostrophe: 0.0,
            nik_letter: 0.0,
            name_spelling: 0.0,
            name_title: 0.0,
            name_abbreviated: 0.0,
            name_order: 0.0,
            birth_swapped: 0.0,
            birth_january: 0.0,
            moved: 0.0,
            region_wrong: 0.0,
            region_other_system: 0.0,
            coordinate_noise_m: 0.0,
            coordinate_missing: 0.0,
            coordinate_swapped: 0.0,
            coordinate_zero: 0.0,
            coordinate_sea: 0.0,
            coordinate_coarse: 0.0,
            coordinate_coarse_m: 0.0,
            regsosek_duplicate: 0.0,
            dtks_duplicate: 0.0,
            p3ke_missing: 0.0,
            dtks_missing: 0.0,
            dtks_included: 0.0,
            pupil_missing: 0.0,
            carik_missing: 0.0,
            prakerja_applicants: 0.0,
            programmes: targeting(|_, _| Targeting { exclusion: 0.0, inclusion: 0.0 }),
        }
    }

    /// The rates of one programme; none stated means none injected.
    pub fn targeting(&self, id: &str) -> Targeting {
        self.programmes.get(id).copied().unwrap_or(Targeting { exclusion: 0.0, inclusion: 0.0 })
    }
}
