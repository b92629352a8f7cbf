//! Layout files (`data/layouts/*.toml`): how one registry hands over its data. Which columns in
//! which order, which of them mean what, in which code system and date form.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::data::{self, DataError};
use crate::domain::{CodeSystem, FamilyRole, ProgrammeSet, Registry};

/// A file of this name beside a delivery says that its people are invented.
pub const SYNTHETIC_MARKER: &str = "SINTETIS.txt";

/// One registry's hand-over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub registry: Registry,
    /// Indonesian name for reports.
    pub title: String,
    /// The institution that hands it over.
    pub owner: String,
    /// Where the column list is from.
    pub basis: String,
    #[serde(rename = "file")]
    pub files: Vec<FileLayout>,
}

/// What one row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    Family,
    Person,
}

/// The order of the parts of a date as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateForm {
    /// `2001-12-31`
    Iso,
    /// `31/12/2001` or `31-12-2001`
    Dmy,
}

/// One file of a hand-over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLayout {
    /// Stem of the file's name; the ending tells the kind (`.csv`, `.parquet`).
    pub name: String,
    pub record: RecordKind,
    /// The kind that the institution uses.
    pub kind: FileKind,
    #[serde(default = "comma")]
    pub delimiter: char,
    pub date: DateForm,
    pub code_system: CodeSystem,
    /// Every column in delivered order. All must be there; more may be.
    pub columns: Vec<String>,
    /// Field → the column or columns (joined without a separator) that hold it.
    pub fields: BTreeMap<Field, Columns>,
    /// Values of the sex column that mean male and female.
    #[serde(default)]
    pub sex: Option<SexValues>,
    /// Values of the relation column, or the one role of every row.
    #[serde(default)]
    pub role: Option<RoleValues>,
    /// Yes/no fields of a person or family.
    #[serde(default)]
    pub flags: BTreeMap<Flag, YesWhen>,
    /// Programme id → when the row proves receipt.
    #[serde(default)]
    pub receives: BTreeMap<String, YesWhen>,
}

/// How a file is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    Csv,
    Parquet,
}

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Joins family and member rows of one delivery.
    FamilyKey,
    MemberNo,
    Nik,
    FamilyCard,
    Name,
    Sex,
    BirthDate,
    /// Relation to the head of the family.
    Role,
    Region,
    Latitude,
    Longitude,
    Address,
    NMembers,
    Decile,
    ExpenditureRpMonth,
}

impl Field {
    /// The name used in layout files.
    pub fn slug(self) -> &'static str {
        match self {
            Self::FamilyKey => "family_key",
            Self::MemberNo => "member_no",
            Self::Nik => "nik",
            Self::FamilyCard => "family_card",
            Self::Name => "name",
            Self::Sex => "sex",
            Self::BirthDate => "birth_date",
            Self::Role => "role",
            Self::Region => "region",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Address => "address",
            Self::NMembers => "n_members",
            Self::Decile => "decile",
            Self::ExpenditureRpMonth => "expenditure_rp_month",
        }
    }
}

/// Yes/no facts that eligibility rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    Pupil,
    Pregnant,
    Disabled,
    Working,
    Business,
    Ppks,
}

/// One column, or several whose texts are joined.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Columns {
    One(String),
    Joined(Vec<String>),
}

impl Columns {
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Joined(names) => names,
        }
    }
}

/// Texts that mean male and female.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SexValues {
    pub male: Vec<String>,
    pub female: Vec<String>,
}

/// Texts that mean the head, a spouse, a child; any other text is somebody else of the family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleValues {
    /// The role of every row, where the rows are of one role and no column says so.
    pub every: Option<FamilyRole>,
    pub head: Vec<String>,
    pub spouse: Vec<String>,
    pub child: Vec<String>,
}

impl RoleValues {
    /// The role that a delivered text means; `None` for an empty one.
    pub fn of(&self, text: &str) -> Option<FamilyRole> {
        let named = [
            (&self.head, FamilyRole::Head),
            (&self.spouse, FamilyRole::Spouse),
            (&self.child, FamilyRole::Child),
        ];
        if text.is_empty() {
            return None;
        }
        let known = named.iter().find(|(texts, _)| texts.iter().any(|t| t == text));
        Some(known.map_or(FamilyRole::Other, |(_, role)| *role))
    }
}

/// A row says yes when any of the columns holds one of the texts; or always.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YesWhen {
    /// The row's being there is the proof.
    #[serde(default)]
    pub always: bool,
    #[serde(default)]
    pub columns: Vec<String>,
    #[serde(default)]
    pub yes: Vec<String>,
}

fn comma() -> char {
    ','
}

/// What is wrong with a layout file.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("layout {path}: {source}")]
    Toml { path: String, source: Box<toml::de::Error> },
    #[error("layout {path}, file '{file}': {problem}")]
    Content { path: String, file: String, problem: String },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(
        "the layout of {registry} describes no file '{file}', only: {known}; correct the name of the file or name another layout"
    )]
    NoLayout { registry: &'static str, file: String, known: String },
}

impl Layout {
    /// Parses and checks a layout; `path` is only for messages.
    ///
    /// # Errors
    /// Bad TOML, a field that names a column which is not listed, a missing necessity.
    pub fn parse(path: &str, text: &str) -> Result<Self, LayoutError> {
        let layout: Self = toml::from_str(text)
            .map_err(|e| LayoutError::Toml { path: path.to_owned(), source: Box::new(e) })?;
        for file in &layout.files {
            file.check().map_err(|problem| LayoutError::Content {
                path: path.to_owned(),
                file: file.name.clone(),
                problem,
            })?;
        }
        Ok(layout)
    }

    /// The layout of a registry that comes with the product.
    ///
    /// # Errors
    /// As [`Layout::parse`].
    pub fn builtin(registry: Registry) -> Result<Self, LayoutError> {
        let path = format!("layouts/{}.toml", registry.slug());
        Self::parse(&format!("data/{path}"), &data::text(&path)?)
    }

    /// The file whose name is the stem of `file_name`.
    ///
    /// # Errors
    /// No file of this layout has that name.
    pub fn file_for(&self, file_name: &str) -> Result<&FileLayout, LayoutError> {
        let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
        self.files.iter().find(|file| file.name == stem).ok_or_else(|| LayoutError::NoLayout {
            registry: self.registry.slug(),
            file: file_name.to_owned(),
            known: self.files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

impl FileLayout {
    fn check(&self) -> Result<(), String> {
        for (i, column) in self.columns.iter().enumerate() {
            if self.columns[..i].contains(column) {
                return Err(format!("column '{column}' is listed twice"));
            }
        }
        for column in self.used_columns() {
            if !self.columns.contains(column) {
                return Err(format!("'{column}' is used but not among the columns"));
            }
        }
        if self.fields.contains_key(&Field::Sex) && self.sex.is_none() {
            return Err("the sex column needs a [file.sex] table".to_owned());
        }
        if self.fields.contains_key(&Field::Role) && self.role.is_none() {
            return Err("the role column needs a [file.role] table".to_owned());
        }
        if !self.delimiter.is_ascii() {
            return Err(format!("delimiter '{}' is not one byte", self.delimiter));
        }
        Ok(())
    }

    fn used_columns(&self) -> impl Iterator<Item = &String> {
        self.fields
            .values()
            .flat_map(|c| c.names().iter())
            .chain(self.flags.values().flat_map(|y| y.columns.iter()))
            .chain(self.receives.values().flat_map(|y| y.columns.iter()))
    }

    /// The columns that a field, a flag or a receipt is read from, in layout order.
    pub fn meaningful_columns(&self) -> Vec<String> {
        let used: Vec<&String> = self.used_columns().collect();
        self.columns.iter().filter(|c| used.contains(c)).cloned().collect()
    }

    /// Programme ids of `receives` that the set does not know.
    pub fn unknown_programmes(&self, programmes: &ProgrammeSet) -> Vec<&str> {
        self.receives
            .keys()
            .map(String::as_str)
            .filter(|id| programmes.index_of(id).is_none())
            .collect()
    }
}
