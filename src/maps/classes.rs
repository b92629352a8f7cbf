//! Classes that mean the same on every map of a measure, whatever the data: a colour can be
//! compared between years, places and screens.

use crate::disclosure::MatchMeasure;
use crate::domain::{IndicatorId, Level};
use crate::labels;

/// A ColorBrewer sequential ramp (Harrower and Brewer 2003), told apart also with colour-vision
/// deficiency; which one says what kind of measure is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ramp {
    /// YlOrRd: poverty.
    Risk,
    /// YlGnBu: coverage.
    Coverage,
    /// RdPu: aid that went astray.
    Leakage,
    /// Blues: how many there are.
    Size,
    /// BuPu: a share that is neither good nor bad.
    Share,
    /// Greens: how good the records are.
    Quality,
}

impl Ramp {
    pub const ALL: [Self; 6] =
        [Self::Risk, Self::Coverage, Self::Leakage, Self::Size, Self::Share, Self::Quality];

    /// The class that the picture and its legend carry.
    pub fn css_class(self) -> &'static str {
        match self {
            Self::Risk => "ramp-risk",
            Self::Coverage => "ramp-coverage",
            Self::Leakage => "ramp-leakage",
            Self::Size => "ramp-size",
            Self::Share => "ramp-share",
            Self::Quality => "ramp-quality",
        }
    }

    /// Six colours, light to dark.
    pub fn colors(self) -> [&'static str; 6] {
        match self {
            Self::Risk => ["#ffffb2", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026"],
            Self::Coverage => ["#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"],
            Self::Leakage => ["#feebe2", "#fcc5c0", "#fa9fb5", "#f768a1", "#c51b8a", "#7a0177"],
            Self::Size => ["#eff3ff", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c"],
            Self::Share => ["#edf8fb", "#bfd3e6", "#9ebcda", "#8c96c6", "#8856a7", "#810f7c"],
            Self::Quality => ["#edf8e9", "#c7e9c0", "#a1d99b", "#74c476", "#31a354", "#006d2c"],
        }
    }
}

/// The classes of one measure at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    pub ramp: Ramp,
    /// Lowest value of each class but the first, rising; rates 0..1.
    pub breaks: Vec<f64>,
    /// One a class, in words.
    pub labels: Vec<String>,
    /// One a class, `#rrggbb`.
    pub colors: Vec<&'static str>,
}

impl Classes {
    /// The classes of a measure. Rates have the same classes at every level; counts grow by level.
    pub fn for_indicator(id: IndicatorId, level: Level) -> Self {
        match id {
            IndicatorId::ExtremeRate => Self::extreme(),
            IndicatorId::Headcount => {
                Self::percent(Ramp::Risk, &[3.0, 6.0, 9.0, 12.0, 18.0], "\u{a0}%")
            }
            IndicatorId::Gap => Self::percent(Ramp::Risk, &[0.5, 1.0, 1.5, 2.0, 3.0], ""),
            IndicatorId::Severity => Self::percent(Ramp::Risk, &[0.1, 0.2, 0.4, 0.6, 1.0], ""),
            IndicatorId::Coverage(_) => Self::fifths(Ramp::Coverage),
            IndicatorId::InclusionError(_) => {
                Self::percent(Ramp::Leakage, &[5.0, 10.0, 20.0, 30.0, 50.0], "\u{a0}%")
            }
            IndicatorId::ProgrammesPerFamily(_) => Self::fifths(Ramp::Share),
            IndicatorId::MatchRate | IndicatorId::LocationAgreement => {
                Self::percent(Ramp::Quality, &[60.0, 70.0, 80.0, 90.0, 95.0], "\u{a0}%")
            }
            IndicatorId::ExtremePersons | IndicatorId::ExtremeFamilies => {
                Self::counts(Ramp::Risk, [1.0, 5.0, 20.0, 100.0, 500.0], level)
            }
            IndicatorId::PoorPersons => {
                Self::counts(Ramp::Risk, [10.0, 50.0, 200.0, 1000.0, 5000.0], level)
            }
            IndicatorId::Families => {
                Self::counts(Ramp::Size, [20.0, 100.0, 500.0, 2000.0, 10_000.0], level)
            }
            IndicatorId::Population => {
                Self::counts(Ramp::Size, [100.0, 500.0, 2000.0, 10_000.0, 50_000.0], level)
            }
        }
    }

    /// The classes of a measure of linkage: the same at every level and for every registry.
    pub fn for_matching(measure: MatchMeasure) -> Self {
        let (ramp, breaks) = match measure {
            MatchMeasure::Linked(_) => (Ramp::Quality, [60.0, 70.0, 80.0, 90.0, 95.0]),
            MatchMeasure::ByScore(_) => (Ramp::Share, [0.5, 1.0, 2.0, 5.0, 10.0]),
            MatchMeasure::Pending(_) => (Ramp::Leakage, [0.5, 1.0, 2.0, 5.0, 10.0]),
            MatchMeasure::Overlap(..) => (Ramp::Share, [5.0, 10.0, 20.0, 30.0, 50.0]),
        };
        Self::percent(ramp, &breaks, "\u{a0}%")
    }

    /// The classes of conflicts between points and codes: the same at every level.
    pub fn for_conflicts() -> Self {
        Self::percent(Ramp::Leakage, &[1.0, 2.0, 5.0, 10.0, 20.0], "\u{a0}%")
    }

    /// Zero is a class of its own: it is the target.
    fn extreme() -> Self {
        let mut classes = Self::percent(Ramp::Risk, &[0.0, 0.5, 1.0, 2.0, 4.0], "\u{a0}%");
        classes.breaks[0] = f64::MIN_POSITIVE;
        classes.labels[0] = "0\u{a0}%".to_owned();
        classes.labels[1] = "di atas 0 – < 0,5\u{a0}%".to_owned();
        classes
    }

    fn fifths(ramp: Ramp) -> Self {
        let mut classes = Self::percent(ramp, &[20.0, 40.0, 60.0, 80.0], "\u{a0}%");
        classes.labels[0] = "0 – < 20\u{a0}%".to_owned();
        classes.labels[4] = "80 – 100\u{a0}%".to_owned();
        classes
    }

    fn percent(ramp: Ramp, breaks: &[f64], unit: &str) -> Self {
        let shown: Vec<String> = breaks.iter().map(|b| shortest(*b)).collect();
        Self::new(ramp, breaks.iter().map(|b| b / 100.0).collect(), &shown, unit)
    }

    /// Steps of the series 1-2-5, given for desa; ten times as large at each level up.
    fn counts(ramp: Ramp, desa: [f64; 5], level: Level) -> Self {
        let factor = match level {
            Level::Desa => 1.0,
            Level::Kecamatan => 10.0,
            Level::Kabupaten => 100.0,
            Level::Provinsi => 1000.0,
            Level::Nation => 10_000.0,
        };
        let breaks: Vec<f64> = desa.iter().map(|b| b * factor).collect();
        let shown: Vec<String> = breaks.iter().map(|b| labels::decimal(*b, 0)).collect();
        Self::new(ramp, breaks, &shown, "")
    }

    fn new(ramp: Ramp, breaks: Vec<f64>, shown: &[String], unit: &str) -> Self {
        let last = shown.len() - 1;
        let mut labels = vec![format!("< {}{unit}", shown[0])];
        labels.extend(shown.windows(2).map(|w| format!("{} – < {}{unit}", w[0], w[1])));
        labels.push(format!("{}{unit} atau lebih", shown[last]));
        let six = ramp.colors();
        // Five classes leave the palest colour out: it is the nearest to paper.
        let colors = six[six.len() - labels.len()..].to_vec();
        Self { ramp, breaks, labels, colors }
    }

    /// The class of a value: every number has one, what is no number has the first.
    pub fn index(&self, value: f64) -> usize {
        // Quotients of counts carry an error of the last bit: 3/100 must not fall below 3 %.
        let value = value * (1.0 + 4.0 * f64::EPSILON);
        self.breaks.iter().take_while(|low| value >= **low).count()
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The class attribute of a value's colour: `k0` the palest of the ramp to `k5` the darkest.
    pub fn css_class(&self, index: usize) -> &'static str {
        const NAMES: [&str; 6] = ["k0", "k1", "k2", "k3", "k4", "k5"];
        NAMES.get(index + NAMES.len() - self.len()).copied().unwrap_or("k5")
    }
}

/// As few decimals as the number needs, two at most.
fn shortest(v: f64) -> String {
    let two = labels::decimal(v, 2);
    two.trim_end_matches('0').trim_end_matches(',').to_owned()
}
