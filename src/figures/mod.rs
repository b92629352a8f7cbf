//! Published survey figures (BPS Susenas and others) that registry figures are shown beside:
//! two numbers that are not meant to be equal. A figure without a published value is absent, not 0.

mod timeline;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::data::{self, DataError};
use crate::domain::{Period, RegionCode};

pub use timeline::{Origin, Point};

const SURVEY: &str = "figures/survey.csv";
const SOURCES: &str = "figures/sources.csv";
const LINES: &str = "figures/extreme_lines.csv";

/// What was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// P0, share of persons (0..1).
    Headcount,
    /// P1 (0..1).
    Gap,
    /// P2 (0..1).
    Severity,
    /// Rupiah per capita per month.
    PovertyLine,
    /// Poor persons.
    PoorPersons,
    /// Extreme poor on US$1.90 PPP 2011, share of persons (0..1).
    ExtremeRate,
    /// Extreme poor on US$2.15 PPP 2017, share of persons (0..1): another series, never joined.
    ExtremeRate215,
    /// Persons registered by Dukcapil.
    RegisteredPopulation,
}

impl Measure {
    /// Name in the file and the factor from its unit to ours.
    fn parse(text: &str) -> Option<(Self, f64)> {
        Some(match text {
            "p0_pct" => (Self::Headcount, 0.01),
            "p1_pct" => (Self::Gap, 0.01),
            "p2_pct" => (Self::Severity, 0.01),
            "line_rp_month" => (Self::PovertyLine, 1.0),
            "poor_thousand" => (Self::PoorPersons, 1000.0),
            "extreme_pct" => (Self::ExtremeRate, 0.01),
            "extreme215_pct" => (Self::ExtremeRate215, 0.01),
            "registered_population" => (Self::RegisteredPopulation, 1.0),
            _ => return None,
        })
    }
}

/// One published figure with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    pub value: f64,
    pub period: Period,
    pub source: &'static str,
    pub note: &'static str,
}

/// The official extreme-poverty line of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtremeLine {
    pub period: Period,
    /// Rupiah per capita per month.
    pub rp_month: f64,
    pub standard: String,
    pub source: String,
}

/// All published figures of this build.
#[derive(Debug)]
pub struct Survey {
    figures: HashMap<(RegionCode, Measure, Period), Published>,
    lines: Vec<ExtremeLine>,
}

impl Survey {
    /// The figures of this build, parsed once.
    ///
    /// # Errors
    /// A damaged table: a fault of the build.
    pub fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<Survey> = OnceLock::new();
        if let Some(survey) = SHARED.get() {
            return Ok(survey);
        }
        let survey = Self::load()?;
        Ok(SHARED.get_or_init(|| survey))
    }

    fn load() -> Result<Self, DataError> {
        // The tables live as long as the process: leaking them gives every figure plain &str.
        let sources: HashMap<String, &'static str> = records(SOURCES)?
            .into_iter()
            .map(|(_, r)| (r[0].clone(), &*Box::leak(r[1].clone().into_boxed_str())))
            .collect();
        let mut figures = HashMap::new();
        for (line, r) in records(SURVEY)? {
            let content =
                |problem: String| DataError::Content { path: SURVEY.to_owned(), line, problem };
            let code = RegionCode::from_slug(&r[0]).map_err(|e| content(e.to_string()))?;
            let period: Period = r[1].parse().map_err(|e| content(format!("{e}")))?;
            let (measure, factor) =
                Measure::parse(&r[2]).ok_or_else(|| content(format!("measure '{}'", r[2])))?;
            let value: f64 = r[3].parse().map_err(|_| content(format!("value '{}'", r[3])))?;
            let source = sources.get(&r[4]).copied().unwrap_or("");
            let note: &'static str = Box::leak(r[5].clone().into_boxed_str());
            figures.insert(
                (code, measure, period),
                Published { value: value * factor, period, source, note },
            );
        }
        let mut lines = Vec::new();
        for (line, r) in records(LINES)? {
            let content =
                |problem: String| DataError::Content { path: LINES.to_owned(), line, problem };
            lines.push(ExtremeLine {
                period: r[0].parse().map_err(|e| content(format!("{e}")))?,
                rp_month: r[1].parse().map_err(|_| content(format!("line '{}'", r[1])))?,
                standard: r[2].clone(),
                source: r[3].clone(),
            });
        }
        Ok(Self { figures, lines })
    }

    /// The figure of exactly this region, measure and period.
    pub fn get(&self, code: RegionCode, measure: Measure, period: Period) -> Option<&Published> {
        self.figures.get(&(code, measure, period))
    }

    /// The figure of the newest period not after `period`.
    pub fn latest(&self, code: RegionCode, measure: Measure, period: Period) -> Option<&Published> {
        self.series(code, measure).into_iter().rfind(|figure| figure.period <= period)
    }

    /// Every period of one figure, oldest first.
    pub fn series(&self, code: RegionCode, measure: Measure) -> Vec<&Published> {
        let mut all: Vec<&Published> = self
            .figures
            .iter()
            .filter(|((c, m, _), _)| *c == code && *m == measure)
            .map(|(_, figure)| figure)
            .collect();
        all.sort_by_key(|figure| figure.period);
        all
    }

    /// The official extreme line of a period.
    pub fn extreme_line(&self, period: Period) -> Option<&ExtremeLine> {
        self.lines.iter().find(|line| line.period == period)
    }
}

/// The rows of an embedded CSV file, each with its line number.
fn records(path: &str) -> Result<Vec<(u64, Vec<String>)>, DataError> {
    let bytes = data::bytes(path)?;
    let mut reader = csv::Reader::from_reader(bytes.as_ref());
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|e| DataError::Content {
                path: path.to_owned(),
                line: e.position().map_or(0, csv::Position::line),
                problem: e.to_string(),
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            Ok((line, record.iter().map(str::to_owned).collect()))
        })
        .collect()
}
