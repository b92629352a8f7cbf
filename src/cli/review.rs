//! `tepat review`: pairs that wait for a decision, out to a spreadsheet and back.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::fault::Fault;
use super::{key, say};
use crate::audit::{Action, Entry};
use crate::domain::Registry;
use crate::labels::integer;
use crate::restricted::{
    Decided, Decision, Decisions, Restricted, ReviewPair, append_decisions, check_rows, export_csv,
    export_xlsx, import_file, read_pairs,
};
use crate::sealing::Sealer;
use crate::snapshot::Store;

#[derive(Debug, Args)]
pub(super) struct Review {
    #[command(subcommand)]
    command: ReviewCommand,
}

#[derive(Debug, Subcommand)]
enum ReviewCommand {
    /// Write the waiting pairs to a file to be decided; it holds names and NIK
    Export(Export),
    /// Take over the decisions of such a file; the next build applies them
    Import(Import),
}

#[derive(Debug, Args)]
struct Export {
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// File to make: .xlsx with a list to choose from, or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only pairs of this registry
    #[arg(long, value_parser = super::registry_slug)]
    registry: Option<Registry>,
    /// At most so many pairs of each registry, the likeliest first
    #[arg(long)]
    limit: Option<usize>,
}

#[derive(Debug, Args)]
struct Import {
    /// The decided file (.csv or .xlsx)
    file: PathBuf,
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Who decided
    #[arg(long, value_name = "NAME")]
    by: String,
}

impl Review {
    pub(super) fn run(self) -> Result<(), Fault> {
        match self.command {
            ReviewCommand::Export(export) => export.run(),
            ReviewCommand::Import(import) => import.run(),
        }
    }
}

impl Export {
    fn run(self) -> Result<(), Fault> {
        let (id, folder) = current(&self.store)?;
        let mut taken = [0_usize; Registry::ALL.len()];
        // Rows of a registry that say the same make one key: it is decided once.
        let mut keys = HashSet::new();
        let pairs = read_pairs(&folder, sealer(&self.store)?, |pair| {
            let mine = &mut taken[pair.registry.index()];
            let wanted = self.registry.is_none_or(|r| r == pair.registry)
                && self.limit.is_none_or(|limit| *mine < limit)
                && keys.insert(pair.key.clone());
            *mine += usize::from(wanted);
            wanted
        })?;
        // Before the file: what cannot be written down is not handed out.
        let entry = Entry {
            rows: Some(pairs.len() as u64),
            object: id.clone(),
            ..key::entry(Action::ReviewExported)
        };
        key::log_of(&self.store)?.append(&entry)?;
        let extension = self.out.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "csv" => export_csv(&self.out, &pairs, &id)?,
            "xlsx" => export_xlsx(&self.out, &pairs, &id)?,
            _ => {
                return Err(Fault::Usage(format!(
                    "{}: name a file that ends in .csv or .xlsx",
                    self.out.display()
                )));
            }
        }
        say(&format!(
            "{} pasangan menunggu telaah ditulis ke {}\nTERBATAS: berisi nama dan NIK. Isi kolom keputusan dengan ya, tidak, atau ragu, lalu: tepat review import",
            integer(pairs.len() as u64),
            self.out.display()
        ));
        Ok(())
    }
}

impl Import {
    /// That no key of the file is known, and why that may be.
    fn of_nowhere(&self, strange: &[&Decided], current: &str) -> String {
        let others: BTreeSet<&str> =
            strange.iter().filter_map(|d| d.snapshot()).filter(|id| *id != current).collect();
        let from = if others.is_empty() {
            "it may belong to another snapshot or store".to_owned()
        } else {
            let others: Vec<&str> = others.into_iter().collect();
            format!("it belongs to snapshot {}", others.join(", "))
        };
        format!(
            "{}: nothing was imported: {} keys are unknown to snapshot {current} and were never decided; {from}; export it anew with tepat review export",
            self.file.display(),
            strange.len()
        )
    }

    fn run(self) -> Result<(), Fault> {
        let by = self.by.trim();
        if by.is_empty() {
            return Err(Fault::Usage("--by: say who decided".to_owned()));
        }
        let decided = import_file(&self.file)?;
        let key = key::of_store(&self.store)?;
        let restricted =
            Restricted::of_store(&self.store).sealed_with(key.as_ref().map(|k| &k.master));
        let earlier = Decisions::read(&restricted.decisions())?;
        let (id, folder) = current(&self.store)?;
        let pairs = pairs_of(&restricted, &decided, (&id, &folder))?;
        check_rows(&self.file, &decided, &pairs, &id)?;
        let waiting: HashSet<&str> =
            pairs.iter().filter(|(of, _)| *of == id).map(|(_, pair)| pair.key.as_str()).collect();
        let known = |key: &str| waiting.contains(key) || earlier.of(key).is_some();
        let (known, strange): (Vec<_>, Vec<_>) = decided.iter().partition(|d| known(&d.key));
        if known.is_empty() {
            return Err(Fault::Input(self.of_nowhere(&strange, &id)));
        }
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let decisions: Vec<Decision> = known
            .into_iter()
            .map(|d| Decision {
                at: at.clone(),
                by: by.to_owned(),
                key: d.key.clone(),
                decision: d.choice,
                note: d.note.clone(),
            })
            .collect();
        let entry = Entry {
            rows: Some(decisions.len() as u64),
            object: id.clone(),
            purpose: format!("--by {by}"),
            ..key::entry(Action::DecisionsImported)
        };
        key::log_with(&self.store, key.as_ref()).append(&entry)?;
        let sealer = restricted.sealer();
        append_decisions(&restricted.decisions(), &decisions, sealer.as_ref())?;
        say(&format!(
            "{} keputusan disimpan; berlaku pada tepat build berikutnya",
            integer(decisions.len() as u64)
        ));
        if !strange.is_empty() {
            say(&format!(
                "{} baris tidak disimpan: kuncinya tidak ada di potret data {id} dan belum pernah diputuskan; mungkin dari potret data lain",
                integer(strange.len() as u64)
            ));
        }
        if earlier.torn > 0 {
            say(&format!("{} baris dari impor yang terputus diabaikan", integer(earlier.torn)));
        }
        Ok(())
    }
}

/// The pairs of the decided keys, with their snapshots: the current one, and those that the rows
/// say they were exported from, as far as they are still there.
fn pairs_of(
    restricted: &Restricted,
    decided: &[Decided],
    (id, folder): (&str, &Path),
) -> Result<Vec<(String, ReviewPair)>, Fault> {
    let keys: HashSet<&str> = decided.iter().map(|d| d.key.as_str()).collect();
    let wanted = |pair: &ReviewPair| keys.contains(pair.key.as_str());
    let with = |id: &str, pairs: Vec<ReviewPair>| {
        pairs.into_iter().map(|pair| (id.to_owned(), pair)).collect::<Vec<_>>()
    };
    let sealer = restricted.sealer();
    let mut pairs = with(id, read_pairs(folder, sealer.clone(), wanted)?);
    let is_id = |id: &&str| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let named: BTreeSet<&str> =
        decided.iter().filter_map(Decided::snapshot).filter(is_id).filter(|of| *of != id).collect();
    for other in named {
        if let Ok(folder) = restricted.existing(other) {
            pairs.extend(with(other, read_pairs(&folder, sealer.clone(), wanted)?));
        }
    }
    Ok(pairs)
}

/// What the restricted part of a store is sealed with.
fn sealer(store: &Path) -> Result<Option<Sealer>, Fault> {
    let key = key::of_store(store)?;
    let restricted = Restricted::of_store(store).sealed_with(key.as_ref().map(|k| &k.master));
    Ok(restricted.sealer())
}

/// Id and restricted folder of the current snapshot.
fn current(store: &Path) -> Result<(String, PathBuf), Fault> {
    let id = Store::at(store).current_id()?;
    let folder = Restricted::of_store(store).existing(&id)?;
    Ok((id, folder))
}
