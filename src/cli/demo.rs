//! `tepat demo`: synthesise, build and serve Banten and DKI Jakarta, reusing what exists.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::fault::Fault;
use super::operator::operator;
use super::{build, gate, report, say, serve, synth};
use crate::access::{AccountName, Moment, NewAccount, Password, Role, Scope};
use crate::boundaries::set_shapes;
use crate::by_name::ByName;
use crate::domain::{RegionCode, Registry};
use crate::labels;
use crate::pipeline::{BuildConfig, PipelineError};
use crate::regions::RegionCatalog;
use crate::restricted::RestrictedError;
use crate::sealing::MasterKey;
use crate::snapshot::{Manifest, Store};
use crate::spatial::Shapes;
use crate::synth::{RECEIPT, SynthConfig};
use crate::web::Settings;

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Number of synthetic families
    #[arg(long, default_value_t = 300_000)]
    families: u64,
    /// Folder for deliveries, configuration and store
    #[arg(long, value_name = "DIR", default_value = "tepat-data")]
    data_dir: PathBuf,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = serve::DEFAULT_LISTEN)]
    listen: String,
    /// Provinces, as two-digit Kemendagri codes
    #[arg(long, value_delimiter = ',', default_value = "31,36")]
    provinces: Vec<RegionCode>,
    /// Boundary set with the desa of these provinces (tepat regions import makes one)
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
    /// Planned programmes to switch on, such as kartu_sejahtera,kartu_usaha
    #[arg(long, value_delimiter = ',')]
    with: Vec<String>,
    /// Stop before serving
    #[arg(long)]
    no_serve: bool,
}

const CONFIG: &str = "tepat.toml";
const DELIVERIES: &str = "deliveries";
/// Beside the store, as the demo has one folder; a real one lies where copies of the data do not.
const KEY: &str = "tepat.key";
/// First line of the configuration that the demo writes, and by which it knows its own.
const WRITTEN: &str =
    "# Written by tepat demo at every start: edit a copy of this file for deliveries of your own.";

impl Demo {
    pub(super) fn run(self) -> Result<(), Fault> {
        fs::create_dir_all(&self.data_dir).map_err(|e| storage(&self.data_dir, &e))?;
        self.check_config()?;
        let config = SynthConfig {
            with: self.with.clone(),
            provinces: self.provinces.clone(),
            boundaries: self.boundaries.as_deref().map(set_shapes).transpose()?,
            ..SynthConfig::demo(self.families, self.deliveries())
        };
        if self.deliveries_exist(&config) {
            say(&format!("Memakai data sintetis yang ada di {}", config.out.display()));
        } else {
            synth::synth(&config)?;
        }
        let key = self.data_dir.join(KEY);
        if !key.exists() {
            MasterKey::create(&key)?;
        }
        let path = self.write_config(&config)?;
        let build_config = BuildConfig::read(&path)?;
        if snapshot_is_current(&build_config) {
            say(&format!("Memakai potret data yang ada di {}", build_config.store.display()));
        } else {
            say(&report::in_words(&build_over_any_history(build_config.clone())?));
        }
        self.make_accounts(&build_config.store)?;
        if self.no_serve {
            return Ok(());
        }
        serve::serve(&build_config.store, &self.listen, settings())
    }

    /// One account for each role, with passwords that are printed this once. Where there are
    /// accounts already, they stay as they are.
    fn make_accounts(&self, store: &Path) -> Result<(), Fault> {
        let gate = gate::gate(store, settings(), true)?;
        if !gate.accounts.list()?.is_empty() {
            say("Akun demo sudah ada; kata sandi baru: tepat user reset NAMA");
            return Ok(());
        }
        let region = self.own_region()?;
        let mut lines = Vec::new();
        for role in Role::of_accounts() {
            let bound = matches!(role, Role::Planner | Role::Verifier);
            let scope = if bound { Scope::of(region) } else { Scope::NATION };
            let name = AccountName::new(&format!("demo-{role}"))?;
            let shown = name.to_string();
            let new = NewAccount { name, role, scope, email: None, temporary: false };
            let password = Password::generate()?;
            gate.accounts.add(&new, Some(&password), &operator(), Moment::now())?;
            let (what, at) = (labels::role(role), scope.region());
            lines.push(format!("  {shown:<18} {}   {what}, wilayah {at}", password.reveal()));
        }
        say("Akun demo, satu untuk setiap peran (kata sandi hanya ditampilkan kali ini):");
        lines.iter().for_each(|line| say(line));
        Ok(())
    }

    /// Lebak where it is part of the demo, else the first kabupaten of the first province.
    fn own_region(&self) -> Result<RegionCode, Fault> {
        let catalog = RegionCatalog::shared().map_err(|e| Fault::Internal(e.to_string()))?;
        let kabupaten: Vec<RegionCode> = self
            .provinces
            .iter()
            .flat_map(|province| catalog.children(*province).map(|region| region.code))
            .collect();
        let lebak = kabupaten.iter().find(|code| code.to_string() == "36.02");
        Ok(lebak.or(kabupaten.first()).copied().unwrap_or(RegionCode::NATION))
    }

    /// A configuration that somebody else put there is not overwritten.
    fn check_config(&self) -> Result<(), Fault> {
        let path = self.data_dir.join(CONFIG);
        let foreign = fs::read_to_string(&path).is_ok_and(|text| !text.starts_with(WRITTEN));
        if foreign {
            return Err(Fault::Storage(format!(
                "{}: this configuration is not the demo's and would be overwritten; choose another folder with --data-dir",
                path.display()
            )));
        }
        Ok(())
    }

    fn deliveries(&self) -> PathBuf {
        self.data_dir.join(DELIVERIES)
    }

    /// True when the deliveries there were made with the same settings. They appear all at once,
    /// so the report beside them means that they are complete.
    fn deliveries_exist(&self, config: &SynthConfig) -> bool {
        let Ok(text) = fs::read_to_string(config.out.join(RECEIPT)) else { return false };
        let Ok(made) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
        let delivered = |file: &serde_json::Value| {
            file["file"].as_str().is_some_and(|name| config.out.join(name).is_file())
        };
        made["files"].as_array().is_some_and(|files| files.iter().all(delivered))
            && made["families"] == config.families
            && made["seed"] == config.seed
            && made["with"] == serde_json::json!(config.with)
            && made["provinces"] == serde_json::json!(config.provinces)
            && made["boundaries"] == serde_json::json!(set_id(config.boundaries.as_deref()))
    }

    fn write_config(&self, config: &SynthConfig) -> Result<PathBuf, Fault> {
        let path = self.data_dir.join(CONFIG);
        let mut text = format!(
            "{WRITTEN}\nstore = \"store\"\nby_name_key = \"{KEY}\"\nperiod = \"{}\"\nsynthetic = true\nprovinces = {:?}\nenable = {:?}\n",
            config.period,
            config.provinces.iter().map(ToString::to_string).collect::<Vec<_>>(),
            config.with,
        );
        if let Some(set) = &self.boundaries {
            // The configuration's paths are relative to its own folder.
            let set = fs::canonicalize(set).map_err(|e| storage(set, &e))?;
            text += &format!("boundaries = {:?}\n", set.display().to_string());
        }
        for (registry, files) in delivered_files(&config.out)? {
            let files: Vec<String> = files.iter().map(|f| format!("{DELIVERIES}/{f}")).collect();
            text +=
                &format!("\n[[source]]\nregistry = \"{}\"\nfiles = {files:?}\n", registry.slug());
        }
        fs::write(&path, text).map_err(|e| storage(&path, &e))?;
        Ok(path)
    }
}

/// Figures of nobody are for everybody, and a newcomer has no authenticator at hand, nor a colleague.
fn settings() -> Settings {
    let mut settings = Settings::open_to_everybody();
    settings.policy.second_factor.clear();
    settings.policy.four_eyes = false;
    settings
}

fn set_id(shapes: Option<&Shapes>) -> Option<&str> {
    shapes.and_then(|shapes| shapes.origin().set.as_deref())
}

/// Nobody is behind invented ids: a ledger that is lost, or of another version, is done without.
fn build_over_any_history(config: BuildConfig) -> Result<Manifest, Fault> {
    match build::build(&config) {
        Err(Fault::Pipeline(PipelineError::Restricted(
            RestrictedError::NoLedger { .. }
            | RestrictedError::Ledger { .. }
            | RestrictedError::Version { .. },
        ))) => {
            say(
                "Buku besar potret data sebelumnya tidak dapat dipakai: semua orang sintetis dinomori baru",
            );
            build::build(&BuildConfig { without_history: true, ..config })
        }
        built => built,
    }
}

fn storage(path: &Path, e: &std::io::Error) -> Fault {
    Fault::Storage(format!("{}: {e}", path.display()))
}

/// The delivered files of each registry, by name.
fn delivered_files(folder: &Path) -> Result<Vec<(Registry, Vec<String>)>, Fault> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| storage(folder, &e))? {
        let entry = entry.map_err(|e| storage(folder, &e))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let of = |registry: Registry| {
        let mine = |name: &&String| {
            let stem = name.split('.').next().unwrap_or_default();
            (name.ends_with(".csv") || name.ends_with(".parquet"))
                && (stem == registry.slug() || stem.starts_with(&format!("{}_", registry.slug())))
        };
        names.iter().filter(mine).cloned().collect::<Vec<_>>()
    };
    Ok(Registry::ALL
        .into_iter()
        .map(|registry| (registry, of(registry)))
        .filter(|(_, files)| !files.is_empty())
        .collect())
}

/// True when the store's snapshot was built by this version from files of the same names, sizes
/// and settings. Deliveries of the demo are made in one go, so the sizes tell.
fn snapshot_is_current(config: &BuildConfig) -> bool {
    let Ok(snapshot) = Store::at(&config.store).open_current() else { return false };
    let files: Vec<(String, u64)> = config
        .sources
        .iter()
        .flat_map(|source| &source.files)
        .map(|path| {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            (name.unwrap_or_default(), fs::metadata(path).map_or(0, |m| m.len()))
        })
        .collect();
    let built: Vec<(String, u64)> =
        snapshot.manifest.sources.iter().map(|s| (s.file.clone(), s.bytes)).collect();
    let set = snapshot.manifest.boundary_set.as_ref().map(|set| set.sha256.as_str());
    files == built
        && set == set_id(config.boundaries.as_deref())
        && snapshot.manifest.tepat_version == env!("CARGO_PKG_VERSION")
        && snapshot.manifest.programmes == config.programmes
        && has_households(config, &snapshot.manifest.id)
}

/// True where the households of a snapshot are there and the key opens them.
fn has_households(config: &BuildConfig, id: &str) -> bool {
    let Some(path) = &config.by_name_key else { return true };
    MasterKey::read(path, &config.store)
        .is_ok_and(|master| ByName::of_store(&config.store, master).open(id).is_ok())
}
