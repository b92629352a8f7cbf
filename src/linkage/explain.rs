//! Why a pair has the weight it has: a waterfall from the prior over each comparison to the match
//! probability, as text, JSON and SVG. It names levels, never values.

use serde::Serialize;

use super::compare::Pattern;
use super::link::Scorer;
use super::model::Model;
use super::train::probability;

/// One step of the waterfall.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub comparison: String,
    pub level: String,
    pub m: Option<f64>,
    pub u: Option<f64>,
    /// log2(m/u), 0 where a value is unknown.
    pub bits: f64,
    /// log2(u/tf): what the rarity of the value adds or takes.
    pub frequency_bits: f64,
    /// Weight after this step.
    pub weight: f64,
}

/// The whole of one pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waterfall {
    /// Name of the deterministic rule that decided, where one did.
    pub rule: Option<String>,
    /// log2(λ/(1−λ)).
    pub prior_bits: f64,
    pub steps: Vec<Step>,
    /// Sum of all, log2 of the odds.
    pub match_weight: f64,
    pub match_probability: f64,
}

/// Takes a pair's weight apart.
pub fn explain(model: &Model, scorer: &Scorer<'_>, a: u32, b: u32, pattern: Pattern) -> Waterfall {
    let mut weight = scorer.prior();
    let parts = scorer.parts(a, b, pattern);
    let steps = model
        .comparisons
        .iter()
        .zip(parts)
        .map(|(comparison, (at, bits, frequency_bits))| {
            weight += bits + frequency_bits;
            let level = &comparison.levels[at];
            Step {
                comparison: comparison.name.clone(),
                level: level.label.clone(),
                m: level.m,
                u: level.u,
                bits,
                frequency_bits,
                weight,
            }
        })
        .collect();
    Waterfall {
        rule: pattern.rule().and_then(|at| model.rules.get(at)).map(|r| r.name.clone()),
        prior_bits: scorer.prior(),
        steps,
        match_weight: weight,
        match_probability: probability(weight),
    }
}

impl Waterfall {
    /// A table of plain characters.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        if let Some(rule) = &self.rule {
            lines.push(format!("decided by the rule '{rule}', whatever the weight"));
        }
        lines.push(format!("{:<18} {:<44} {:>9} {:>9}", "comparison", "level", "bits", "sum"));
        let row = |name: &str, level: &str, bits: f64, sum: f64| {
            format!("{name:<18} {level:<44} {bits:>+9.2} {sum:>+9.2}  {}", bar(bits))
        };
        lines.push(row("prior", "two records at random", self.prior_bits, self.prior_bits));
        for step in &self.steps {
            let sum = step.weight - step.frequency_bits;
            lines.push(row(&step.comparison, &step.level, step.bits, sum));
            if step.frequency_bits != 0.0 {
                lines.push(row("", "how rare the value is", step.frequency_bits, step.weight));
            }
        }
        lines.push(format!(
            "match weight {:+.3} bits, match probability {:.6}",
            self.match_weight, self.match_probability
        ));
        lines.join("\n")
    }

    /// A drawing of it, 760 units wide.
    pub fn svg(&self) -> String {
        let mut bars =
            vec![("prior".to_owned(), "two records at random".to_owned(), 0.0, self.prior_bits)];
        let mut sum = self.prior_bits;
        for step in &self.steps {
            bars.push((step.comparison.clone(), step.level.clone(), sum, sum + step.bits));
            sum += step.bits;
            if step.frequency_bits != 0.0 {
                bars.push((
                    String::new(),
                    "how rare the value is".to_owned(),
                    sum,
                    sum + step.frequency_bits,
                ));
                sum += step.frequency_bits;
            }
        }
        bars.push((
            "match weight".to_owned(),
            format!("probability {:.4}", self.match_probability),
            0.0,
            sum,
        ));
        drawing(&bars)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=30")]
fn bar(bits: f64) -> String {
    let length = bits.abs().round().clamp(0.0, 30.0) as usize;
    (if bits < 0.0 { "−" } else { "█" }).repeat(length)
}

const ROW: f64 = 26.0;
const LEFT: f64 = 330.0;
const WIDTH: f64 = 760.0;

fn drawing(bars: &[(String, String, f64, f64)]) -> String {
    let ends = || bars.iter().flat_map(|(_, _, from, to)| [*from, *to]);
    let (low, high) = (ends().fold(-1.0, f64::min), ends().fold(1.0, f64::max));
    let x = |bits: f64| LEFT + (bits - low) / (high - low) * (WIDTH - LEFT - 60.0);
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let height = (bars.len() as f64 + 1.0) * ROW;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"match weight by comparison, in bits\">"
    );
    out.push_str(&format!(
        "<path d=\"M{0:.1} 4V{1:.1}\" stroke=\"#767676\" stroke-dasharray=\"3 3\"/>",
        x(0.0),
        height - ROW
    ));
    let mut top = 6.0;
    for (name, level, from, to) in bars {
        let (left, right) = (x(from.min(*to)), x(from.max(*to)));
        let colour = if to < from { "#a3450f" } else { "#1f5f8b" };
        let middle = top + 13.0;
        out.push_str(&format!(
            "<text x=\"8\" y=\"{middle:.1}\" font-weight=\"bold\">{}</text><text x=\"118\" y=\"{middle:.1}\">{}</text><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"18\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{middle:.1}\">{:+.2}</text>",
            escaped(name),
            escaped(level),
            (right - left).max(1.0),
            right + 5.0,
            to - from
        ));
        top += ROW;
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
