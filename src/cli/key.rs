//! `tepat key`: the key that names are sealed with; and for every command, which key it works with
//! and the log that it writes to.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::fault::Fault;
use super::operator::operator;
use super::say;
use crate::audit::{Action, Entry, Log};
use crate::by_name;
use crate::labels::integer;
use crate::rotation::{self, Keys};
use crate::sealing::{self, Exchange, KeyFrom, MasterKey, key_of_store};
use crate::web::{log_key, log_of as log_of_store};

/// Names the key file for every command.
pub(super) const VARIABLE: &str = "TEPAT_KEY_FILE";

#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Draw a key and write it to a new file that only you can read
    New {
        /// The file; it must lie outside every store, and be copied to a safe place
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Seal everything of a store with another key; may be called again where it was cut off
    Rotate {
        /// Folder of the store
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        /// File of the new key, outside the store; drawn and written where it does not exist
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Destroy the key of one snapshot's households: nobody can read them any more
    Erase {
        /// Folder of the store
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        /// Id of the snapshot
        #[arg(long, value_name = "ID")]
        snapshot: String,
        /// Why; stands in the log
        #[arg(long, value_name = "TEXT")]
        purpose: String,
    },
}

impl Key {
    pub(super) fn run(self) -> Result<(), Fault> {
        match self.what {
            What::New { file } => {
                let master = MasterKey::create(&file)?;
                say(&format!(
                    "Kunci {} ditulis ke {}\nSimpan salinannya di tempat lain yang aman: tanpa kunci ini data keluarga tidak dapat dibuka lagi. Jangan menaruhnya di dalam folder data.",
                    master.name(),
                    file.display()
                ));
                Ok(())
            }
            What::Rotate { store, to } => rotate(&store, &to),
            What::Erase { store, snapshot, purpose } => erase(&store, &snapshot, &purpose),
        }
    }
}

fn erase(store: &Path, snapshot: &str, purpose: &str) -> Result<(), Fault> {
    let is_id = snapshot.len() == 16 && snapshot.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_id {
        return Err(Fault::Usage(
            "--snapshot: the id of a snapshot has 16 hexadecimal digits".to_owned(),
        ));
    }
    let head = store.join("by_name").join(snapshot).join(by_name::HEAD);
    if !head.exists() {
        return Err(by_name::ByNameError::Absent { path: head }.into());
    }
    let entry =
        Entry { object: snapshot.to_owned(), purpose: purpose.to_owned(), ..entry(Action::Erased) };
    log_of(store)?.append(&entry)?;
    by_name::erase(store, snapshot)?;
    say(&format!(
        "Kunci data keluarga potret {snapshot} dimusnahkan; salinan cadangan yang memuatnya harus dimusnahkan juga"
    ));
    Ok(())
}

fn rotate(store: &Path, to: &Path) -> Result<(), Fault> {
    if !store.is_dir() {
        return Err(Fault::Usage(format!("{}: there is no store", store.display())));
    }
    let begun = sealing::exchange(store)?;
    if let Some(begun) = begun.as_ref().filter(|begun| !begun.to.exists()) {
        return Err(Fault::Usage(format!(
            "{}: the key that the exchange was begun with is not there; put the file back and call this again",
            begun.to.display()
        )));
    }
    let from = match &begun {
        Some(begun) => begun.from.clone(),
        None => match of_store(store)? {
            Some(key) => key.path,
            None => {
                return Err(Fault::Usage(format!(
                    "{}: the store has no key yet: tepat key new makes one, and by_name_key of the build's configuration names it",
                    store.display()
                )));
            }
        },
    };
    if !to.exists() {
        MasterKey::create(to)?;
        MasterKey::read(to, store).inspect_err(|_| {
            // In the data folder: it has sealed nothing yet.
            let _ = fs::remove_file(to);
        })?;
    }
    let new = MasterKey::read(to, store)?;
    if let Some(begun) = begun.filter(|begun| fs::canonicalize(to).ok().as_ref() != Some(&begun.to))
    {
        return Err(Fault::Usage(format!(
            "--to: the exchange that was begun is to {}; finish that one first",
            begun.to.display()
        )));
    }
    let old = MasterKey::read(&from, store)?;
    let object = format!("{} {}", old.name(), new.name());
    let step = |purpose: &str| Entry {
        object: object.clone(),
        purpose: purpose.to_owned(),
        ..entry(Action::KeyRotated)
    };
    let files = Exchange { from, to: to.to_owned() };
    let keys = Keys { from: &old, to: &new, files: &files };
    let done = rotation::exchange(store, keys, &log_key, (&step("mulai"), &step("selesai")))?;
    say(&format!(
        "Kunci {} diganti dengan {} di {}: {} potret data keluarga, {} berkas orang, {} autentikator, {} catatan audit; semuanya sudah dibuka dengan kunci baru",
        old.name(),
        new.name(),
        to.display(),
        integer(done.snapshots as u64),
        integer(done.files as u64),
        integer(done.factors as u64),
        integer(done.records)
    ));
    say(&format!(
        "Mulai ulang peladen, dan sebut kunci baru di by_name_key dan {VARIABLE} bila dipakai. Simpan {} selama masih ada cadangan yang dibuat dengannya; sesudah itu musnahkan keduanya.",
        files.from.display()
    ));
    Ok(())
}

/// The key file that the environment names.
pub(super) fn named() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// The key of a store; `None` where there is none.
pub(super) fn of_store(store: &Path) -> Result<Option<KeyFrom>, Fault> {
    Ok(key_of_store(store, named().as_deref())?)
}

/// The log of a store, kept with its key where it has one.
pub(super) fn log_of(store: &Path) -> Result<Log, Fault> {
    Ok(log_with(store, of_store(store)?.as_ref()))
}

/// The log of a store, kept with this key.
pub(super) fn log_with(store: &Path, key: Option<&KeyFrom>) -> Log {
    log_of_store(store, key.map(|key| &key.master))
}

/// The machine's clock, as the log writes it.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A deed of whoever sits at the terminal.
pub(super) fn entry(action: Action) -> Entry {
    Entry { from: "terminal".to_owned(), ..Entry::new(&now(), &operator(), action) }
}
