//! The names of the measures. What each one means and how it is computed: room `indicators`.

use super::programme::ProgrammeSet;

/// A measure of a region. Programme measures carry the programme's index in the [`ProgrammeSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndicatorId {
    /// Persons registered.
    Population,
    Families,
    /// Share of persons below the extreme line.
    ExtremeRate,
    ExtremePersons,
    ExtremeFamilies,
    /// P0 on the BPS line.
    Headcount,
    PoorPersons,
    /// P1 on the BPS line.
    Gap,
    /// P2 on the BPS line.
    Severity,
    /// Covered eligible / eligible.
    Coverage(u8),
    /// Covered not eligible / covered.
    InclusionError(u8),
    /// Share of families with 0, 1, 2, 3 or more programmes.
    ProgrammesPerFamily(u8),
    /// Rows of the other registries that were linked to the base / rows.
    MatchRate,
    /// Families whose coordinate lies in the stated desa / families with both.
    LocationAgreement,
}

/// The text names no measure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an indicator")]
pub struct ParseIndicatorError(String);

const FIXED: [(IndicatorId, &str); 15] = [
    (IndicatorId::ExtremeRate, "miskin-ekstrem"),
    (IndicatorId::ExtremePersons, "jiwa-miskin-ekstrem"),
    (IndicatorId::ExtremeFamilies, "keluarga-miskin-ekstrem"),
    (IndicatorId::Headcount, "p0"),
    (IndicatorId::PoorPersons, "jiwa-miskin"),
    (IndicatorId::Gap, "p1"),
    (IndicatorId::Severity, "p2"),
    (IndicatorId::Population, "penduduk"),
    (IndicatorId::Families, "keluarga"),
    (IndicatorId::ProgrammesPerFamily(0), "tanpa-program"),
    (IndicatorId::ProgrammesPerFamily(1), "satu-program"),
    (IndicatorId::ProgrammesPerFamily(2), "dua-program"),
    (IndicatorId::ProgrammesPerFamily(3), "tiga-program-lebih"),
    (IndicatorId::MatchRate, "pemadanan"),
    (IndicatorId::LocationAgreement, "kesesuaian-lokasi"),
];

impl IndicatorId {
    /// Every measure for these programmes (those switched on), in the order of display.
    pub fn all(programmes: &ProgrammeSet) -> Vec<Self> {
        let index = |i: usize| u8::try_from(i).unwrap_or(u8::MAX);
        let mut ids: Vec<Self> = FIXED.iter().map(|(id, _)| *id).collect();
        let at = ids.iter().position(|id| *id == Self::ProgrammesPerFamily(0)).unwrap_or(0);
        let coverage = programmes.enabled().map(|(i, _)| Self::Coverage(index(i)));
        let leakage = programmes.enabled().map(|(i, _)| Self::InclusionError(index(i)));
        ids.splice(at..at, coverage.chain(leakage));
        ids
    }

    /// The name in URLs and file heads: `miskin-ekstrem`, `cakupan-pkh`.
    pub fn slug(self, programmes: &ProgrammeSet) -> String {
        let id = |i: u8| programmes.get(usize::from(i)).map_or("?", |p| p.id.as_str());
        match self {
            Self::Coverage(i) => format!("cakupan-{}", id(i)),
            Self::InclusionError(i) => format!("salah-sasaran-{}", id(i)),
            fixed => FIXED
                .iter()
                .find(|(known, _)| *known == fixed)
                .map_or_else(String::new, |(_, slug)| (*slug).to_owned()),
        }
    }

    /// Reverse of [`IndicatorId::slug`]; a programme that is switched off has no measures.
    ///
    /// # Errors
    /// The text names none of them.
    pub fn parse(slug: &str, programmes: &ProgrammeSet) -> Result<Self, ParseIndicatorError> {
        Self::all(programmes)
            .into_iter()
            .find(|id| id.slug(programmes) == slug)
            .ok_or_else(|| ParseIndicatorError(slug.chars().take(40).collect()))
    }

    /// True for a count of things, false for a rate 0..1.
    pub fn is_count(self) -> bool {
        matches!(
            self,
            Self::Population
                | Self::Families
                | Self::ExtremePersons
                | Self::ExtremeFamilies
                | Self::PoorPersons
        )
    }
}
