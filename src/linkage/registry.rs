//! The engine bound to the registries: which persons of the base a row that its NIK does not link
//! could be, by match weight.

use std::collections::HashMap;

use super::compare::{Comparer, Pattern};
use super::content::by_content;
use super::model::{Model, ModelError, Then};
use super::records::{Records, RecordsBuilder, RecordsError};
use super::registry_blocks::{Blocks, unserved};
use super::registry_training::{learn, rarity};
use super::train::Parameters;
use crate::clean::PersonRecord;
use crate::data::{self, DataError};
use crate::domain::{BirthDate, ModelReport, Sex};

/// Candidates of one row that are kept: enough to see whether the best stands alone.
pub const KEPT: usize = 3;

/// The model that comes with the product.
const BUILTIN: &str = "linkage/registries.toml";

/// The columns that a model of the registries may ask for.
const COLUMNS: [&str; 5] = ["nik", "name", "sex", "birth", "village"];

/// Which records are compared: a partition holds whole blocks of one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Same birth date; day and month exchanged falls into the same partition.
    Birth,
    /// Same kecamatan.
    Place,
}

impl Pass {
    pub const ALL: [Self; 2] = [Self::Birth, Self::Place];

    /// What the records of one block share, as a number to choose a partition by; `None` where a
    /// record has nothing to be found by in this pass.
    pub fn key(self, record: &PersonRecord) -> Option<u64> {
        match self {
            Self::Birth => record.birth.map(either_order),
            Self::Place => record.region.map(|desa| desa.code().packed() / 10_000),
        }
    }
}

/// The same number for a date and for the date with day and month exchanged.
fn either_order(birth: BirthDate) -> u64 {
    let (a, b) = (u64::from(birth.month()), u64::from(birth.day()));
    (u64::from(birth.year()) * 100 + a.min(b)) * 100 + a.max(b)
}

/// A pair at or above the weight that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index into the base records.
    pub base: u32,
    /// Index into the other records.
    pub other: u32,
    /// Match weight in bits, prior included: the probability is `1 / (1 + 2^-weight)`.
    pub weight: f64,
    /// The comparison levels, packed.
    pub pattern: Pattern,
}

/// Why records cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum LinkerError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(
        "model {path}: column '{column}' is not one of registry records; those are nik, name, sex, birth and village"
    )]
    Column { path: String, column: String },
    #[error(
        "model {path}: m, u or lambda is open; a model of one's own for a build needs all of them (tepat link writes them)"
    )]
    Untrained { path: String },
    #[error(
        "model {path}, {place}: {problem} in a build. Linking two files (tepat link) takes it; for a build take it out"
    )]
    NotInBuild { path: String, place: String, problem: &'static str },
    #[error("a partition of {0} records is more than one pass can number")]
    TooMany(usize),
}

/// Scores pairs of registry records.
#[derive(Clone, Debug)]
pub struct RegistryLinker {
    model: Model,
    parameters: Parameters,
    /// log2(u / share) of names seen often enough to know how common they are.
    rarity: HashMap<String, f64>,
}

/// The weight from which the probability is at least `p`, 0 < p < 1.
pub fn weight_of(p: f64) -> f64 {
    (p / (1.0 - p)).log2()
}

impl RegistryLinker {
    /// A model with all its parameters, as it stands.
    ///
    /// # Errors
    /// It does not parse, asks for columns that registry records lack, or is not trained.
    pub fn from_model(path: &str, text: &str) -> Result<Self, LinkerError> {
        let model = checked(path, text)?;
        fit_for_build(path, &model)?;
        let parameters = Parameters::of(&model)
            .ok_or_else(|| LinkerError::Untrained { path: path.to_owned() })?;
        Ok(Self { model, parameters, rarity: HashMap::new() })
    }

    /// The probabilities from which a model of one's own links and has pairs reviewed.
    ///
    /// # Errors
    /// It does not parse.
    pub fn thresholds_of(path: &str, text: &str) -> Result<(f64, f64), LinkerError> {
        let model = checked(path, text)?;
        Ok((model.link_at, model.review_at))
    }

    /// The same, rarer names weighing more by how often they are in `base`, where the model asks
    /// for that (`tf = "name"`).
    #[must_use]
    pub fn with_names_of(mut self, base: &[PersonRecord]) -> Self {
        let levels = self.model.comparisons.iter().flat_map(|c| &c.levels);
        if levels.filter_map(|l| l.tf.as_deref()).any(|tf| tf == "name") {
            self.rarity = rarity(base.iter().filter(|r| r.nik.is_some()));
        }
        self
    }

    /// The product's model. With a sample that is large enough its parameters are estimated from
    /// that: records with a sound NIK of `base` and `others`, drawn by NIK, so that both sides of a
    /// person are in it or neither. `population` is the number of persons in the whole base.
    ///
    /// # Errors
    /// A damaged build of the product.
    pub fn train(
        base: &[PersonRecord],
        others: &[PersonRecord],
        population: u64,
    ) -> Result<Self, LinkerError> {
        let model = checked(BUILTIN, &data::text(BUILTIN)?)?;
        let (model, rarity) = learn(model, base, others, population)?;
        let parameters = Parameters::of(&model)
            .ok_or_else(|| LinkerError::Untrained { path: BUILTIN.to_owned() })?;
        Ok(Self { model, parameters, rarity })
    }

    /// Pairs of one partition worth keeping: for each of `others` the [`KEPT`] best of `base`, in
    /// order of `others`, best first. `fits` may refuse a pair. The order of the records decides
    /// nothing but their numbers.
    ///
    /// # Errors
    /// More records than can be numbered.
    pub fn candidates(
        &self,
        base: &[PersonRecord],
        others: &[PersonRecord],
        pass: Pass,
        at_least: f64,
        fits: impl Fn(&PersonRecord, &PersonRecord) -> bool,
    ) -> Result<Vec<Candidate>, LinkerError> {
        let most = base.len().max(others.len());
        u32::try_from(most).map_err(|_| LinkerError::TooMany(most))?;
        let pairs = Blocks::new(&self.model, pass).pairs(base, others);
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        // Only those that some pair names are coded: few of the base.
        let mut named: Vec<u32> = pairs.iter().map(|(_, b)| *b).collect();
        named.sort_unstable();
        named.dedup();
        let records = code(&self.model, named.iter().map(|b| &base[*b as usize]), others.iter())?;
        let comparer = Comparer::new(&self.model, &records);
        let mut scratch = comparer.scratch();
        let mut all = Vec::new();
        for mine in pairs.chunk_by(|x, y| x.0 == y.0) {
            let mut found: Vec<Candidate> = Vec::new();
            for (other, b) in mine {
                let at = named.partition_point(|n| n < b);
                let row = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let place = records.n_a() + other;
                let Some(pattern) = comparer.pattern(row(at), place, &mut scratch) else {
                    continue;
                };
                let (x, y) = (&base[*b as usize], &others[*other as usize]);
                let weight = self.weight(x, y, pattern);
                if weight >= at_least && fits(x, y) {
                    found.push(Candidate { base: *b, other: *other, weight, pattern });
                }
            }
            found.sort_by(|x, y| {
                let record = |c: &Candidate| &base[c.base as usize];
                y.weight.total_cmp(&x.weight).then_with(|| by_content(record(x), record(y)))
            });
            found.truncate(KEPT);
            all.extend(found);
        }
        Ok(all)
    }

    fn weight(&self, a: &PersonRecord, b: &PersonRecord, pattern: Pattern) -> f64 {
        let same = !a.name.is_empty() && a.name == b.name;
        let rare = || self.rarity.get(&a.name).or_else(|| self.rarity.get(""));
        let rare = if same { rare().copied() } else { None };
        self.parameters.weight(pattern.vector()) + rare.unwrap_or(0.0)
    }

    /// What a weight is made of: the prior, each comparison with its level, and what is left, which
    /// is the rarity of the name; in bits.
    pub fn explain(&self, weight: f64, pattern: Pattern) -> Vec<(String, f64)> {
        let lambda = self.parameters.lambda;
        let mut parts = vec![("prior".to_owned(), (lambda / (1.0 - lambda)).log2())];
        for (c, comparison) in self.model.comparisons.iter().enumerate() {
            let level = pattern.level(c);
            let label = comparison.levels.get(level).map_or("", |l| l.label.as_str());
            let bits = (self.parameters.m[c][level] / self.parameters.u[c][level]).log2();
            parts.push((format!("{}: {label}", comparison.name), bits));
        }
        let rest = weight - parts.iter().map(|(_, bits)| bits).sum::<f64>();
        if rest.abs() > 0.01 {
            parts.push(("name: rarity".to_owned(), rest));
        }
        parts
    }

    /// What the manifest says of the model.
    ///
    /// # Errors
    /// A model that cannot be written down.
    pub fn report(&self, link_at: f64, review_at: f64) -> Result<ModelReport, LinkerError> {
        Ok(ModelReport {
            title: self.model.title.clone(),
            sha256: self.model.version()?,
            lambda: self.parameters.lambda,
            link_at,
            review_at,
            trained: self.model.trained.clone().unwrap_or_else(|| "given".to_owned()),
        })
    }

    /// The model with its parameters, as a file.
    ///
    /// # Errors
    /// A model that cannot be written down.
    pub fn to_toml(&self) -> Result<String, LinkerError> {
        Ok(self.model.to_toml()?)
    }
}

fn checked(path: &str, text: &str) -> Result<Model, LinkerError> {
    let model = Model::parse(path, text)?;
    let strange = |name: &&str| !COLUMNS.contains(name);
    let names = model.columns.iter().filter(|c| c.of.is_none()).map(|c| c.name.as_str());
    match names.clone().find(strange) {
        Some(column) => {
            Err(LinkerError::Column { path: path.to_owned(), column: column.to_owned() })
        }
        None => Ok(model),
    }
}

/// What a build has no use for, and would otherwise pass over in silence.
fn fit_for_build(path: &str, model: &Model) -> Result<(), LinkerError> {
    let refuse = |place: String, problem: &'static str| {
        Err(LinkerError::NotInBuild { path: path.to_owned(), place, problem })
    };
    if let Some(rule) = model.rules.iter().find(|r| r.then == Then::Link) {
        return refuse(format!("rule '{}'", rule.name), "weights alone link, rules only refuse,");
    }
    if let Some(block) = model.blocks.iter().find(|b| b.max_pairs.is_some()) {
        return refuse(format!("block '{}'", block.name), "max_pairs has no effect");
    }
    if let Some(column) = model.columns.iter().find(|c| c.from.is_some() || c.from_b.is_some()) {
        let place = format!("column '{}'", column.name);
        return refuse(place, "columns are those of registry records: from has no effect");
    }
    let levels = || model.comparisons.iter().flat_map(|c| &c.levels);
    if let Some(level) = levels().find(|l| l.tf.as_deref().is_some_and(|tf| tf != "name")) {
        let place = format!("level '{}'", level.label);
        return refuse(place, "term frequencies of other columns than name are not counted");
    }
    if let Some(block) = unserved(model) {
        return refuse(
            format!("block '{block}'"),
            "records are brought together by birth date or by village, and this block has neither: it makes no pair",
        );
    }
    Ok(())
}

/// The text of a column of a registry record; empty where it is unknown.
pub(super) fn text_of(record: &PersonRecord, column: &str) -> String {
    match column {
        "nik" => {
            let sound = || record.nik.map(|n| format!("{:016}", n.expose()));
            record.digits.map(|d| d.expose()).or_else(sound).unwrap_or_default()
        }
        "name" => record.name.clone(),
        "sex" => match record.sex {
            Some(Sex::Male) => "L".to_owned(),
            Some(Sex::Female) => "P".to_owned(),
            None => String::new(),
        },
        "birth" => record
            .birth
            .map(|b| format!("{:04}{:02}{:02}", b.year(), b.month(), b.day()))
            .unwrap_or_default(),
        "village" => record.region.map(|d| d.code().to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Registry records as the engine takes them, those of `a` first.
pub(super) fn code<'r>(
    model: &Model,
    a: impl Iterator<Item = &'r PersonRecord>,
    b: impl Iterator<Item = &'r PersonRecord>,
) -> Result<Records, RecordsError> {
    let mut builder = RecordsBuilder::new(model);
    let wanted: Vec<String> = builder.wanted().iter().map(|c| c.name.clone()).collect();
    let numbered = |side| move |(i, record)| (side, i, record);
    let sides = a.enumerate().map(numbered(0)).chain(b.enumerate().map(numbered(1)));
    for (side, i, record) in sides {
        let texts: Vec<String> = wanted.iter().map(|name| text_of(record, name)).collect();
        builder.push(side, &i.to_string(), texts.iter().map(String::as_str))?;
    }
    builder.finish(false)
}
