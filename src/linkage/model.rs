//! The linkage model as a file that people read and edit: columns, blocking rules, deterministic
//! rules, comparisons with their levels, and the parameters m, u and lambda of Fellegi and Sunter.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::expression::Expression;

/// Most comparisons of a model and levels of a comparison: a comparison vector packs into 60 bits.
const MOST_COMPARISONS: usize = 15;
const MOST_LEVELS: usize = 15;
/// How far m or u may be from a sum of 1: parameters that people round by hand are.
const SUM_TOLERANCE: f64 = 0.02;
/// Most deterministic rules: the number of one packs into 4 bits.
const MOST_RULES: usize = 15;

/// A linkage model. See `data/linkage/` for examples and `data/README.md` for its keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub title: String,
    /// Column that names a record, the same in both files; `row` takes the row number.
    pub id: String,
    /// Probability that a record of A and one of B, taken at random, are one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda: Option<f64>,
    /// Match probability from which a pair is a link.
    #[serde(default = "default_link_at")]
    pub link_at: f64,
    /// Match probability from which a pair is worth a person's look.
    #[serde(default = "default_review_at")]
    pub review_at: f64,
    /// How the parameters came about; filled in by training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<String>,
    #[serde(default)]
    pub training: Training,
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    #[serde(rename = "comparison")]
    pub comparisons: Vec<Comparison>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Clusters>,
}

fn default_link_at() -> f64 {
    0.9
}

fn default_review_at() -> f64 {
    0.5
}

/// How parameters that the file leaves open are estimated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Pairs taken at random for u.
    pub u_pairs: u64,
    pub seed: u64,
    /// Columns whose equal pairs are too rare among random ones and are sampled on their own, as
    /// `[["nik"], ["dob"]]`: the first that holds counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strata: Vec<Vec<String>>,
    /// Blocks that m is estimated in; all when empty. Good ones hold mostly matches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<String>,
    /// Comparisons that tell within a stratum who is one person; all that do not look at its
    /// columns when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judged_by: Vec<String>,
    /// Pairs taken in each of them.
    pub stratum_pairs: u64,
    pub most_iterations: u32,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            u_pairs: 1_000_000,
            seed: 1,
            strata: Vec::new(),
            judged_by: Vec::new(),
            blocks: Vec::new(),
            stratum_pairs: 200_000,
            most_iterations: 100,
        }
    }
}

/// A column that comparisons and blocks speak of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    /// Column of the files, where it is not called `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The same in file B, where it is called otherwise there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_b: Option<String>,
    #[serde(default, skip_serializing_if = "Clean::is_text")]
    pub clean: Clean,
    /// Another column of the model that this one is taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
    /// Characters that `take = "first"` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
}

/// How a delivered text becomes a value to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clean {
    /// Trimmed; empty is unknown.
    #[default]
    Text,
    /// Upper case, single spaces.
    Upper,
    /// Standardised Indonesian name.
    Name,
    /// 12 to 18 digits that are not all the same; anything else is unknown.
    Nik,
    /// A calendar date, as yyyymmdd; anything else is unknown.
    Date,
    /// A finite number.
    Number,
}

impl Clean {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

/// What is taken of another column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The first `length` characters.
    First,
    FirstWord,
    LastWord,
    /// The words in alphabetical order.
    SortedWords,
    /// Sound-alike key of an Indonesian name.
    Phonetic,
    Year,
}

/// Pairs that agree on all of these columns are candidates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub name: String,
    /// Columns; `a=b` sets column a of a record against column b of the other.
    pub on: Vec<String>,
    /// More pairs than this are refused before any is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_pairs: Option<u64>,
}

/// A pair decided without weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    pub when: String,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Link,
    Refuse,
}

/// One comparison of two records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub name: String,
    #[serde(rename = "level")]
    pub levels: Vec<Level>,
}

/// One outcome of a comparison; the first whose condition holds counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub label: String,
    /// `None` for the last: everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Speaks neither for nor against: a value is unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub neutral: bool,
    /// Column whose rarer values weigh more (term frequency).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tf: Option<String>,
    /// Probability of this level among pairs that are one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub m: Option<f64>,
    /// Probability of this level among pairs that are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u: Option<f64>,
}

/// How links become clusters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clusters {
    /// Conditions on any two members that keep two clusters apart.
    #[serde(default)]
    pub refuse: Vec<String>,
}

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("model {path}: {source}")]
    Toml { path: String, source: Box<toml::de::Error> },
    #[error("model {path}, {place}: {problem}")]
    Content { path: String, place: String, problem: String },
    #[error("the model cannot be written as TOML: {0}")]
    Write(#[from] toml::ser::Error),
}

impl Model {
    /// Parses and checks a model; `path` is only for messages.
    ///
    /// # Errors
    /// Bad TOML, an unknown column, a condition that does not parse, a parameter outside 0..=1.
    pub fn parse(path: &str, text: &str) -> Result<Self, ModelError> {
        let model: Self = toml::from_str(text)
            .map_err(|e| ModelError::Toml { path: path.to_owned(), source: Box::new(e) })?;
        model.check().map_err(|(place, problem)| ModelError::Content {
            path: path.to_owned(),
            place,
            problem,
        })?;
        Ok(model)
    }

    /// The model as a file.
    ///
    /// # Errors
    /// A value that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, ModelError> {
        Ok(toml::to_string(self)?)
    }

    /// SHA-256 of the model in canonical form, in hex: its version.
    ///
    /// # Errors
    /// As [`Model::to_toml`].
    pub fn version(&self) -> Result<String, ModelError> {
        Ok(crate::data::hex(&Sha256::digest(self.to_toml()?.as_bytes())))
    }

    /// The columns of the files behind columns of the model (and behind `a=b` of a block), by place.
    pub fn base_columns(&self, names: &[String]) -> Vec<usize> {
        let mut base: Vec<usize> =
            names.iter().flat_map(|n| n.split('=')).filter_map(|n| self.base_of(n)).collect();
        base.sort_unstable();
        base.dedup();
        base
    }

    fn base_of(&self, name: &str) -> Option<usize> {
        let at = self.columns.iter().position(|c| c.name == name)?;
        match &self.columns[at].of {
            // A column stands below the one that it is taken from: this ends.
            Some(of) => self.base_of(of),
            None => Some(at),
        }
    }

    /// The columns of the files that a comparison looks at.
    pub(super) fn comparison_columns(&self, comparison: usize) -> Vec<usize> {
        let levels = &self.comparisons[comparison].levels;
        let names: Vec<String> = levels
            .iter()
            .filter_map(|l| Expression::parse(l.when.as_deref()?).ok())
            .flat_map(|e| e.measures().iter().flat_map(|m| m.columns.clone()).collect::<Vec<_>>())
            .collect();
        self.base_columns(&names)
    }

    /// True when every parameter is given.
    pub fn is_trained(&self) -> bool {
        let levels = || self.comparisons.iter().flat_map(|c| &c.levels).filter(|l| !l.neutral);
        self.lambda.is_some() && levels().all(|l| l.m.is_some() && l.u.is_some())
    }

    /// The same model with every parameter open.
    #[must_use]
    pub fn untrained(&self) -> Self {
        let mut model = self.clone();
        (model.lambda, model.trained) = (None, None);
        for level in model.comparisons.iter_mut().flat_map(|c| &mut c.levels) {
            (level.m, level.u) = (None, None);
        }
        model
    }

    fn check(&self) -> Result<(), (String, String)> {
        let model = || "the model".to_owned();
        for (name, p) in [("link_at", self.link_at), ("review_at", self.review_at)] {
            if !(0.0..=1.0).contains(&p) {
                return Err((model(), format!("{name} is a probability, 0 to 1, not {p}")));
            }
        }
        if self.review_at > self.link_at {
            return Err((model(), "review_at must not be above link_at".to_owned()));
        }
        if self.lambda.is_some_and(|l| !(l > 0.0 && l < 1.0)) {
            return Err((model(), "lambda is a probability between 0 and 1".to_owned()));
        }
        let counts = [
            ("column", self.columns.len(), 64),
            ("block", self.blocks.len(), 64),
            ("comparison", self.comparisons.len(), MOST_COMPARISONS),
        ];
        for (what, n, most) in counts {
            if n == 0 || n > most {
                return Err((model(), format!("1 to {most} [[{what}]] are due, there are {n}")));
            }
        }
        if self.rules.len() > MOST_RULES {
            return Err((model(), format!("at most {MOST_RULES} [[rule]]")));
        }
        self.check_columns()?;
        self.check_blocks()?;
        self.check_conditions()?;
        let block = |name: &&String| !self.blocks.iter().any(|b| b.name == **name);
        if let Some(name) = self.training.blocks.iter().find(block) {
            return Err(("training, blocks".to_owned(), format!("there is no block '{name}'")));
        }
        let judge = |name: &&String| !self.comparisons.iter().any(|c| c.name == **name);
        if let Some(name) = self.training.judged_by.iter().find(judge) {
            return Err((
                "training, judged_by".to_owned(),
                format!("there is no comparison '{name}'"),
            ));
        }
        self.comparisons.iter().try_for_each(Comparison::check)
    }

    fn check_columns(&self) -> Result<(), (String, String)> {
        for (i, column) in self.columns.iter().enumerate() {
            let place = || format!("column '{}'", column.name);
            if self.columns[..i].iter().any(|c| c.name == column.name) {
                return Err((place(), "the name stands twice".to_owned()));
            }
            let known = |of: &String| self.columns[..i].iter().any(|c| c.name == *of);
            match (&column.of, column.take) {
                (None, None) => {}
                (Some(of), Some(_)) if known(of) => {}
                (Some(of), Some(_)) => {
                    return Err((
                        place(),
                        format!("of = '{of}': no column of that name stands above it"),
                    ));
                }
                _ => return Err((place(), "'of' and 'take' belong together".to_owned())),
            }
            if column.of.is_some() && (column.from.is_some() || column.from_b.is_some()) {
                return Err((place(), "'of' and 'from' exclude each other".to_owned()));
            }
            if (column.take == Some(Take::First)) != column.length.is_some_and(|n| n > 0) {
                return Err((place(), "take = \"first\" goes with a length".to_owned()));
            }
        }
        Ok(())
    }

    fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|c| c.name == name)
    }

    fn check_blocks(&self) -> Result<(), (String, String)> {
        let on = self.blocks.iter().map(|b| (format!("block '{}'", b.name), &b.on));
        let strata = self.training.strata.iter().map(|s| ("training, strata".to_owned(), s));
        for (place, columns) in on.chain(strata) {
            if columns.is_empty() {
                return Err((place, "names no column".to_owned()));
            }
            for column in columns.iter().flat_map(|c| c.split('=')) {
                if !self.has_column(column) {
                    return Err((place, format!("there is no column '{column}'")));
                }
            }
            if let Some(on) = columns.iter().find(|c| c.matches('=').count() > 1) {
                return Err((place, format!("'{on}': one column, or two as a=b")));
            }
        }
        let named = |names: Vec<&String>, what: &str| {
            let twice = (1..names.len()).find(|i| names[..*i].contains(&names[*i]));
            twice.map_or(Ok(()), |i| {
                Err((format!("{what} '{}'", names[i]), "the name stands twice".to_owned()))
            })
        };
        named(self.blocks.iter().map(|b| &b.name).collect(), "block")?;
        named(self.comparisons.iter().map(|c| &c.name).collect(), "comparison")
    }

    fn check_conditions(&self) -> Result<(), (String, String)> {
        let rules = self.rules.iter().map(|r| (format!("rule '{}'", r.name), &r.when));
        let levels = self.comparisons.iter().flat_map(|c| {
            c.levels.iter().filter_map(|level| {
                let place = format!("comparison '{}', level '{}'", c.name, level.label);
                level.when.as_ref().map(|when| (place, when))
            })
        });
        let refuse = self.clusters.iter().flat_map(|c| &c.refuse);
        let refuse = refuse.map(|when| ("clusters, refuse".to_owned(), when));
        for (place, when) in rules.chain(levels).chain(refuse) {
            let expression =
                Expression::parse(when).map_err(|e| (place.clone(), format!("when: {e}")))?;
            for measure in expression.measures() {
                let due = measure.function.due();
                for column in &measure.columns {
                    let Some(column) = self.columns.iter().find(|c| c.name == *column) else {
                        return Err((place, format!("when: there is no column '{column}'")));
                    };
                    if due.is_some_and(|due| column.clean != due) {
                        let problem = format!(
                            "when: column '{}' needs clean = \"{}\" for this, else it never holds",
                            column.name,
                            if due == Some(Clean::Date) { "date" } else { "number" }
                        );
                        return Err((place, problem));
                    }
                }
            }
        }
        for level in self.comparisons.iter().flat_map(|c| &c.levels) {
            if let Some(tf) = level.tf.as_ref().filter(|tf| !self.has_column(tf)) {
                return Err((
                    format!("level '{}'", level.label),
                    format!("tf: there is no column '{tf}'"),
                ));
            }
        }
        Ok(())
    }
}

impl Comparison {
    fn check(&self) -> Result<(), (String, String)> {
        let place = |label: &str| format!("comparison '{}', level '{label}'", self.name);
        let n = self.levels.len();
        if !(2..=MOST_LEVELS).contains(&n) {
            let problem = format!("2 to {MOST_LEVELS} levels are due, there are {n}");
            return Err((format!("comparison '{}'", self.name), problem));
        }
        for (i, level) in self.levels.iter().enumerate() {
            if level.when.is_none() != (i + 1 == n) {
                let problem = "the last level, and no other, has no 'when'";
                return Err((place(&level.label), problem.to_owned()));
            }
            let fine = |p: Option<f64>| p.is_none_or(|p| p > 0.0 && p <= 1.0);
            if !fine(level.m) || !fine(level.u) {
                let problem = "m and u are probabilities above 0 and up to 1";
                return Err((place(&level.label), problem.to_owned()));
            }
        }
        self.check_sums()
    }

    /// The levels of a comparison are all that can happen: where every m is given they sum to 1, and
    /// so do the u.
    fn check_sums(&self) -> Result<(), (String, String)> {
        for (name, of) in [("m", (|l| l.m) as fn(&Level) -> Option<f64>), ("u", |l| l.u)] {
            let sum: Option<f64> = self.levels.iter().filter(|l| !l.neutral).map(of).sum();
            if let Some(sum) = sum.filter(|sum| (sum - 1.0).abs() > SUM_TOLERANCE) {
                let problem = format!("the {name} of its levels sum to {sum:.3}, 1 is due");
                return Err((format!("comparison '{}'", self.name), problem));
            }
        }
        Ok(())
    }
}
