//! The build configuration: which deliveries, which period, which programmes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::aggregate::LocationRule;
use crate::boundaries::{SetError, set_shapes};
use crate::data;
use crate::domain::{
    Level, Period, ProgrammeError, ProgrammeSet, RegionChange, RegionCode, Registry, Trust,
};
use crate::linkage::{LinkerError, RegistryLinker};
use crate::regions::{ChangeFileError, History, RegionCatalog, read_changes};
use crate::sources::layout::{Layout, LayoutError, SYNTHETIC_MARKER};
use crate::spatial::{BoundaryError, Shapes};

/// Everything that a build depends on, besides the clock.
#[derive(Clone, Debug)]
pub struct BuildConfig {
    pub store: PathBuf,
    pub period: Period,
    /// Survey round whose kabupaten poverty lines are used.
    pub poverty_line_period: Period,
    /// Overrides the official line of the period; rupiah per capita per month.
    pub extreme_line_rp_month: Option<f64>,
    pub synthetic: bool,
    pub min_families: u64,
    pub provinces: Vec<RegionCode>,
    pub programmes: ProgrammeSet,
    pub sources: Vec<SourceConfig>,
    pub linkage: LinkageConfig,
    pub location: LocationRule,
    /// Polygons of a boundary set; `None` for those of the product.
    pub boundaries: Option<Arc<Shapes>>,
    /// Changes of regions beside those of the product.
    pub region_changes: Vec<RegionChange>,
    /// File of the key that households by name are sealed with; without one there are none.
    pub by_name_key: Option<PathBuf>,
    /// Persons are numbered anew although the store knows them: of a ledger that was lost. Not in
    /// the file, because it is meant for one build.
    pub without_history: bool,
}

/// How far rows are linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkageMode {
    /// By equal NIK alone.
    Nik,
    /// By equal NIK, then by match weight.
    #[default]
    Score,
}

/// The table `[linkage]` of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkageConfig {
    pub mode: LinkageMode,
    /// Name and text of a model of one's own; `None` for the product's, trained at each build.
    pub model: Option<(String, String)>,
    /// Match probability from which a pair is linked.
    pub link_at: f64,
    /// Match probability from which a pair waits for a decision.
    pub review_at: f64,
}

/// The table `[location]` of a configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileLocation {
    trust: Trust,
    tolerance_m: u32,
}

impl Default for FileLocation {
    fn default() -> Self {
        let LocationRule { trust, tolerance_m } = LocationRule::default();
        Self { trust, tolerance_m }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileLinkage {
    mode: LinkageMode,
    model: Option<PathBuf>,
    link_at: Option<f64>,
    review_at: Option<f64>,
}

impl FileLinkage {
    fn resolve(self, folder: &Path) -> Result<LinkageConfig, ConfigError> {
        let Self { mode, model, link_at, review_at } = self;
        let text = |name: PathBuf| -> Result<(String, String), ConfigError> {
            Ok((name.display().to_string(), read(&folder.join(&name))?))
        };
        let model = model.map(text).transpose()?;
        // What the configuration leaves open is as the model has it.
        let (link, review) = match &model {
            Some((path, text)) => RegistryLinker::thresholds_of(path, text)?,
            None => (LinkageConfig::default().link_at, LinkageConfig::default().review_at),
        };
        let (link_at, review_at) = (link_at.unwrap_or(link), review_at.unwrap_or(review));
        Ok(LinkageConfig { mode, model, link_at, review_at })
    }
}

impl Default for LinkageConfig {
    fn default() -> Self {
        Self { mode: LinkageMode::Score, model: None, link_at: 0.9, review_at: 0.5 }
    }
}

impl LinkageConfig {
    fn check(&self) -> Result<(), String> {
        let (low, high) = (self.review_at, self.link_at);
        if low > 0.0 && low <= high && high < 1.0 {
            return Ok(());
        }
        Err("linkage: 0 < review_at <= link_at < 1 is due".to_owned())
    }
}

/// One registry's hand-over.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    pub registry: Registry,
    pub layout: Layout,
    pub files: Vec<PathBuf>,
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {problem}")]
    Toml { path: PathBuf, problem: String },
    #[error("{path}: {problem}")]
    Content { path: PathBuf, problem: String },
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Programmes(#[from] ProgrammeError),
    #[error(transparent)]
    History(#[from] ChangeFileError),
    #[error(transparent)]
    Data(#[from] data::DataError),
    #[error(transparent)]
    Linkage(#[from] LinkerError),
    #[error("boundaries: {0}")]
    Boundaries(#[from] SetError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    store: PathBuf,
    period: Period,
    poverty_line_period: Option<Period>,
    extreme_line_rp_month: Option<f64>,
    #[serde(default)]
    synthetic: bool,
    #[serde(default = "default_min_families")]
    min_families: u64,
    provinces: Vec<RegionCode>,
    boundaries: Option<PathBuf>,
    programmes: Option<PathBuf>,
    history: Option<PathBuf>,
    by_name_key: Option<PathBuf>,
    #[serde(default)]
    enable: Vec<String>,
    #[serde(default)]
    linkage: FileLinkage,
    #[serde(default)]
    location: FileLocation,
    source: Vec<FileSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    registry: Registry,
    files: Vec<PathBuf>,
    layout: Option<PathBuf>,
}

/// Beyond this a point says nothing of the desa that is nearest to it.
const MAX_TOLERANCE_M: u32 = 50_000;

/// Families below which a region is withheld, when the configuration does not say.
pub const DEFAULT_MIN_FAMILIES: u64 = 5;

fn default_min_families() -> u64 {
    DEFAULT_MIN_FAMILIES
}

/// The programmes that come with the product.
///
/// # Errors
/// A damaged build.
pub fn builtin_programmes() -> Result<ProgrammeSet, ConfigError> {
    Ok(ProgrammeSet::from_toml(&data::text("programmes.toml")?)?)
}

impl BuildConfig {
    /// Reads a configuration file; paths in it are relative to its folder.
    ///
    /// # Errors
    /// Unreadable, bad TOML, an unknown programme, a province without polygons, no base registry.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let file: File = toml::from_str(&text)
            .map_err(|e| ConfigError::Toml { path: path.to_owned(), problem: e.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut programmes = match &file.programmes {
            Some(name) => ProgrammeSet::from_toml(&read(&folder.join(name))?)?,
            None => builtin_programmes()?,
        };
        for id in &file.enable {
            if !programmes.set_enabled(id, true) {
                let problem = format!("enable: there is no programme '{id}'");
                return Err(ConfigError::Content { path: path.to_owned(), problem });
            }
        }
        let sources = file
            .source
            .into_iter()
            .map(|source| source.resolve(folder))
            .collect::<Result<_, _>>()?;
        let march = Period { year: file.period.year, month: 3 };
        let config = Self {
            store: folder.join(file.store),
            period: file.period,
            poverty_line_period: file.poverty_line_period.unwrap_or(march),
            extreme_line_rp_month: file.extreme_line_rp_month,
            synthetic: file.synthetic,
            min_families: file.min_families,
            provinces: {
                let mut provinces = file.provinces;
                provinces.sort_unstable();
                provinces.dedup();
                provinces
            },
            programmes,
            sources,
            linkage: file.linkage.resolve(folder)?,
            location: LocationRule {
                trust: file.location.trust,
                tolerance_m: file.location.tolerance_m,
            },
            boundaries: file.boundaries.map(|set| set_shapes(&folder.join(set))).transpose()?,
            region_changes: file
                .history
                .map(|name| changes(folder, &name))
                .transpose()?
                .unwrap_or_default(),
            by_name_key: file.by_name_key.map(|name| folder.join(name)),
            without_history: false,
        };
        config
            .check()
            .map_err(|problem| ConfigError::Content { path: path.to_owned(), problem })?;
        Ok(config)
    }

    /// The polygons that houses are found in.
    ///
    /// # Errors
    /// A damaged build.
    pub fn shapes(&self) -> Result<Arc<Shapes>, BoundaryError> {
        self.boundaries.clone().map_or_else(Shapes::product, Ok)
    }

    /// What a configuration must hold, from wherever it came.
    ///
    /// # Errors
    /// The problem in words.
    pub fn check(&self) -> Result<(), String> {
        let known = self.shapes().map_err(|e| e.to_string())?.full_provinces();
        if self.provinces.is_empty() {
            return Err("provinces: name at least one, such as [\"36\"]".to_owned());
        }
        for province in &self.provinces {
            if province.level() != Level::Provinsi || !known.contains(province) {
                let list: Vec<String> = known.iter().map(ToString::to_string).collect();
                return Err(format!(
                    "provinces: no desa polygons for '{province}'; there are: {}. Others need a boundary set: boundaries = \"DIR\"",
                    list.join(", ")
                ));
            }
        }
        if !self.sources.iter().any(|s| s.registry == Registry::Regsosek) {
            return Err("source: the base registry 'regsosek' is missing".to_owned());
        }
        if self.min_families == 0 {
            return Err("min_families: at least 1 is due (1 withholds no region)".to_owned());
        }
        self.linkage.check()?;
        if self.location.tolerance_m > MAX_TOLERANCE_M {
            return Err(format!("location: tolerance_m: at most {MAX_TOLERANCE_M} metres"));
        }
        for source in &self.sources {
            source.check()?;
            let invented = |file: &&PathBuf| file.with_file_name(SYNTHETIC_MARKER).exists();
            if let Some(file) = source.files.iter().find(invented).filter(|_| !self.synthetic) {
                return Err(format!(
                    "{}: {SYNTHETIC_MARKER} beside it says that it is invented; set synthetic = true, so that every page and file says so too",
                    file.display()
                ));
            }
            for file in &source.layout.files {
                if let Some(id) = file.unknown_programmes(&self.programmes).first() {
                    return Err(format!(
                        "layout of {}: '{id}' is not a programme of this configuration",
                        source.registry.slug()
                    ));
                }
            }
        }
        Ok(())
    }
}

impl SourceConfig {
    /// A registry that is named must be delivered; the base with all its files.
    fn check(&self) -> Result<(), String> {
        let slug = self.registry.slug();
        if self.files.is_empty() {
            return Err(format!("source {slug}: no files are named"));
        }
        if self.layout.registry != self.registry {
            let other = self.layout.registry.slug();
            return Err(format!("source {slug}: its layout is that of {other}"));
        }
        let delivered = |name: &str| {
            self.files.iter().any(|f| f.file_stem().and_then(|s| s.to_str()) == Some(name))
        };
        match self.layout.files.iter().find(|file| !delivered(&file.name)) {
            Some(file) if self.registry == Registry::Regsosek => {
                Err(format!("source {slug}: the file '{}' of its layout is not named", file.name))
            }
            _ => Ok(()),
        }
    }
}

impl FileSource {
    fn resolve(self, folder: &Path) -> Result<SourceConfig, ConfigError> {
        let layout = match &self.layout {
            Some(name) => Layout::parse(&name.display().to_string(), &read(&folder.join(name))?)?,
            None => Layout::builtin(self.registry)?,
        };
        let files = self.files.iter().map(|file| folder.join(file)).collect();
        Ok(SourceConfig { registry: self.registry, layout, files })
    }
}

/// The changes of regions that a file of one's own adds.
fn changes(folder: &Path, name: &Path) -> Result<Vec<RegionChange>, ConfigError> {
    let text = read(&folder.join(name))?;
    let (history, catalog) = (History::shared()?, RegionCatalog::shared()?);
    Ok(read_changes(&name.display().to_string(), &text, history, catalog)?)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}
