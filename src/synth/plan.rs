//! Before anyone is made: which desa there are, how many families live in each, and which
//! published figures each kabupaten has to reproduce.

use std::ops::Range;

use serde::Serialize;

use super::dice::{Dice, Stage};
use super::ground::Ground;
use super::{SynthConfig, SynthError};
use crate::data;
use crate::domain::{Level, ProgrammeSet, RegionCode};
use crate::figures::{Measure, Survey};
use crate::regions::{RegionCatalog, RegionKind};
use crate::spatial::Shapes;

/// Where an extreme-poverty target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtremeBasis {
    /// Published for this kabupaten and period.
    Published,
    /// The kabupaten's latest earlier figure, times how its province (or, where that is not
    /// published, the nation) changed between the two periods.
    PublishedScaled,
    /// No figure of the kabupaten: its P0 times the ratio of extreme to all poor in the province
    /// (or nation), at most 0.9 %. Like a scaled one, at most what the published P1 leaves room for.
    Assumed,
}

/// What one kabupaten has to reproduce. Rates 0..1, lines in rupiah per capita per month.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) p0: f64,
    pub(super) p1: Option<f64>,
    pub(super) extreme: f64,
    pub(super) basis: ExtremeBasis,
    pub(super) line: f64,
    pub(super) extreme_line: f64,
}

/// One desa, kelurahan or desa adat.
pub(super) struct Desa {
    pub(super) code: RegionCode,
    /// Index into [`World::kabupaten`].
    pub(super) kabupaten: usize,
    pub(super) dotted: String,
    /// Ten BPS digits: province, kabupaten, kecamatan, desa.
    pub(super) bps: Option<String>,
    /// What the Regsosek form writes: the BPS code; where there is none, the kecamatan's and 000.
    pub(super) form_code: String,
    /// Province, kabupaten, kecamatan, desa, in capitals.
    pub(super) names: [String; 4],
    /// The first six digits of numbers registered here.
    pub(super) prefix: u64,
    pub(super) families: u64,
    pub(super) ground: Ground,
}

pub(super) struct Kabupaten {
    pub(super) code: RegionCode,
    /// Place among all kabupaten of the nation, from 0.
    pub(super) number: u64,
    pub(super) desas: Range<usize>,
    pub(super) families: u64,
    /// Families of the kabupaten before it.
    pub(super) families_before: u64,
    pub(super) is_kota: bool,
    pub(super) target: Target,
}

/// All that generation needs and never changes.
pub(super) struct World<'a> {
    pub(super) config: &'a SynthConfig,
    pub(super) programmes: ProgrammeSet,
    pub(super) kabupaten: Vec<Kabupaten>,
    pub(super) desas: Vec<Desa>,
    /// Six-digit prefixes of every kecamatan of the nation.
    pub(super) prefixes: Vec<u64>,
    /// Highest expenditure-to-line ratio of national deciles 1 to 9.
    pub(super) decile_cuts: [f64; 9],
}

impl<'a> World<'a> {
    pub(super) fn plan(config: &'a SynthConfig) -> Result<Self, SynthError> {
        let catalog = RegionCatalog::shared()?;
        let mut programmes = ProgrammeSet::from_toml(&data::text("programmes.toml")?)?;
        for id in &config.with {
            if !programmes.set_enabled(id, true) {
                return Err(SynthError::UnknownProgramme(id.clone()));
            }
        }
        let kecamatan = catalog.inside(RegionCode::NATION, Level::Kecamatan);
        let mut world = Self {
            config,
            programmes,
            kabupaten: Vec::new(),
            desas: Vec::new(),
            prefixes: kecamatan.map(|r| prefix(r.code)).collect(),
            decile_cuts: decile_cuts(config)?,
        };
        let mut provinces = config.provinces.clone();
        provinces.sort_unstable();
        provinces.dedup();
        if provinces.is_empty() {
            return Err(SynthError::NoProvince);
        }
        let shapes = config.boundaries.clone().map_or_else(Shapes::product, Ok)?;
        for province in provinces {
            world.add_province(catalog, &shapes, province)?;
        }
        world.share_out(catalog)?;
        Ok(world)
    }

    fn add_province(
        &mut self,
        catalog: &RegionCatalog,
        shapes: &Shapes,
        province: RegionCode,
    ) -> Result<(), SynthError> {
        let boundaries = match province.level() {
            Level::Provinsi => shapes.full(province)?,
            _ => return Err(SynthError::NotAProvince(province)),
        };
        if boundaries.is_empty() {
            return Err(SynthError::NoBoundaries(province));
        }
        let numbered = catalog.inside(RegionCode::NATION, Level::Kabupaten).enumerate();
        for (number, region) in numbered.filter(|(_, r)| province.contains(r.code)) {
            let start = self.desas.len();
            for boundary in boundaries.iter().filter(|b| region.code.contains(b.code)) {
                let desa = desa(catalog, boundary.code, self.kabupaten.len(), &boundary.shape);
                self.desas.push(desa);
            }
            if self.desas.len() == start {
                continue;
            }
            self.kabupaten.push(Kabupaten {
                code: region.code,
                number: number as u64,
                desas: start..self.desas.len(),
                families: 0,
                families_before: 0,
                is_kota: region.kind == RegionKind::Kota,
                target: target(self.config, region.code)?,
            });
        }
        Ok(())
    }

    /// Families per kabupaten by registered population, per desa by area and settlement weight.
    fn share_out(&mut self, catalog: &RegionCatalog) -> Result<(), SynthError> {
        let n_desa = self.desas.len() as u64;
        if self.config.families < n_desa.div_ceil(2) {
            return Err(SynthError::TooFewFamilies { asked: self.config.families, n_desa });
        }
        let mut weights = Vec::new();
        for kab in &self.kabupaten {
            let population = catalog
                .get(kab.code)
                .and_then(|r| r.registered_population)
                .ok_or(SynthError::NoFigure { code: kab.code, what: "registered population" })?;
            // Families are smaller in the towns, so the same population makes more of them.
            weights.push(population as f64 / if kab.is_kota { 3.5 } else { 3.7 });
        }
        let shares = apportion(self.config.families, &weights, 3);
        let mut before = 0;
        for (kab, families) in self.kabupaten.iter_mut().zip(shares) {
            (kab.families, kab.families_before) = (families, before);
            before += families;
            let mut dice = Dice::new(self.config.seed, kab.code.packed(), Stage::Plan);
            let desas = &mut self.desas[kab.desas.clone()];
            let weights: Vec<f64> = desas
                .iter()
                .map(|d| d.ground.area_km2.powf(0.3) * (0.6 * dice.normal()).exp())
                .collect();
            let least = (families / (2 * desas.len() as u64)).min(3);
            for (desa, families) in desas.iter_mut().zip(apportion(families, &weights, least)) {
                desa.families = families;
            }
        }
        Ok(())
    }

    /// A programme that is handed out in this run.
    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        let index = self.programmes.index_of(id)?;
        self.programmes.get(index).is_some_and(|p| p.enabled).then_some(index)
    }
}

fn prefix(code: RegionCode) -> u64 {
    code.packed() / 10_000
}

fn desa(
    catalog: &RegionCatalog,
    code: RegionCode,
    kabupaten: usize,
    shape: &geo::MultiPolygon<f64>,
) -> Desa {
    let bps = |code: RegionCode| catalog.get(code).and_then(|r| r.bps).map(|b| b.to_string());
    let at = |level: Level| code.ancestor(level);
    let form_code = bps(code).unwrap_or_else(|| {
        let above = bps(at(Level::Kecamatan)).map(|kecamatan| kecamatan + "000");
        above.unwrap_or_else(|| bps(at(Level::Kabupaten)).unwrap_or_default() + "000000")
    });
    let levels = [Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa];
    Desa {
        code,
        kabupaten,
        dotted: code.to_string(),
        bps: bps(code),
        form_code,
        names: levels.map(|level| catalog.name(at(level)).to_uppercase()),
        prefix: prefix(code),
        families: 0,
        ground: Ground::new(shape),
    }
}

/// Shares `total` out in proportion to `weights` by largest remainders, each getting at least
/// `least` where the total suffices for that. Equal remainders go to the first.
pub(super) fn apportion(total: u64, weights: &[f64], least: u64) -> Vec<u64> {
    let n = weights.len() as u64;
    let least = if least * n <= total { least } else { 0 };
    let rest = total - least * n;
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|w| rest as f64 * w / sum).collect();
    let mut shares: Vec<u64> = exact.iter().map(|x| x.floor() as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let given: u64 = shares.iter().sum();
    for i in order.into_iter().cycle().take(rest.saturating_sub(given) as usize) {
        shares[i] += 1;
    }
    shares.iter_mut().for_each(|share| *share += least);
    shares
}

/// Cut points of a national lognormal whose share below the line is the published P0.
fn decile_cuts(config: &SynthConfig) -> Result<[f64; 9], SynthError> {
    let nation = RegionCode::NATION;
    let p0 = Survey::shared()?
        .get(nation, Measure::Headcount, config.period)
        .ok_or(SynthError::NoFigure { code: nation, what: "P0" })?
        .value;
    let z0 = super::dice::inverse_normal(p0);
    Ok(std::array::from_fn(|i| {
        let z = super::dice::inverse_normal((i + 1) as f64 / 10.0);
        (super::welfare::SIGMA * (z - z0)).exp()
    }))
}

fn target(config: &SynthConfig, code: RegionCode) -> Result<Target, SynthError> {
    let survey = Survey::shared()?;
    let figure = |measure, what| {
        let found = survey.get(code, measure, config.period).map(|f| f.value);
        found.ok_or(SynthError::NoFigure { code, what })
    };
    let p0 = figure(Measure::Headcount, "P0")?;
    let line = figure(Measure::PovertyLine, "poverty line")?;
    let extreme_line = survey
        .extreme_line(config.period)
        .ok_or(SynthError::NoFigure { code: RegionCode::NATION, what: "extreme-poverty line" })?
        .rp_month;
    // Whole rupiah between the lines must exist.
    if extreme_line + 2.0 > line {
        return Err(SynthError::LinesCross { code });
    }
    let p1 = survey.get(code, Measure::Gap, config.period).map(|f| f.value);
    let (mut extreme, basis) = extreme_target(survey, config, code, p0);
    if let (Some(p1), true) = (p1, basis != ExtremeBasis::Published) {
        // Each extreme poor person adds at least this gap: a figure that was not published for the
        // period must leave room for the P1 that was.
        let least_gap = 1.0 - extreme_line / line;
        extreme = extreme.min(0.8 * p1 / least_gap);
    }
    Ok(Target { p0, p1, extreme: extreme.min(0.9 * p0), basis, line, extreme_line })
}

fn extreme_target(
    survey: &Survey,
    config: &SynthConfig,
    code: RegionCode,
    p0: f64,
) -> (f64, ExtremeBasis) {
    let now = config.period;
    let rate = |code, period| survey.get(code, Measure::ExtremeRate, period).map(|f| f.value);
    if let Some(published) = rate(code, now) {
        return (published, ExtremeBasis::Published);
    }
    let above = [code.ancestor(Level::Provinsi), RegionCode::NATION];
    if let Some(earlier) = survey.latest(code, Measure::ExtremeRate, now) {
        let change =
            |region| Some(rate(region, now)? / rate(region, earlier.period).filter(|r| *r > 0.0)?);
        if let Some(change) = above.into_iter().find_map(change) {
            return (earlier.value * change, ExtremeBasis::PublishedScaled);
        }
    }
    let ratio = above.into_iter().find_map(|region| {
        let extreme = survey.latest(region, Measure::ExtremeRate, now)?;
        let all = survey.get(region, Measure::Headcount, extreme.period)?;
        Some(extreme.value / all.value)
    });
    ((p0 * ratio.unwrap_or(0.1)).min(0.009), ExtremeBasis::Assumed)
}

#[cfg(test)]
mod tests {
    use super::apportion;

    #[test]
    fn shares_add_up_and_keep_the_least() {
        let shares = apportion(1000, &[1.0, 2.5, 0.001, 7.0], 3);
        assert_eq!(shares.iter().sum::<u64>(), 1000);
        assert_eq!(shares[2], 3);
        assert!(shares[3] > shares[1] && shares[1] > shares[0]);
    }
}
