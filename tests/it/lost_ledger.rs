//! A store whose ledger is gone or damaged says so instead of numbering everybody anew.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use tepat::domain::Sex;
use tepat::pipeline::{BuildConfig, PipelineError, build_with_key};
use tepat::progress::Silent;
use tepat::restricted::{Restricted, RestrictedError};
use tepat::snapshot::Manifest;

use super::handover::{HandOver, Place, key, row};

const DESA: &str = "36.02.01.2003";

fn built(config: &BuildConfig) -> Result<Manifest, PipelineError> {
    build_with_key(config, "2026-01-01T00:00:00Z", Some(key()), &Silent)
}

fn store() -> (Place, BuildConfig, PathBuf) {
    let place = Place::new();
    let siti = row("3602015708900003", "Siti Aminah", Sex::Female, "1990-08-17", DESA);
    let config = place.write(&HandOver { families: vec![vec![siti]], others: vec![] });
    let first = built(&config).unwrap();
    assert_eq!(first.linkage.identities.persons, 1);
    let folder = Restricted::of_store(&config.store).folder_of(&first.id);
    (place, config, folder)
}

/// The build says so, names the file and the way out, changes nothing; and the way out works.
fn refused(config: &BuildConfig, named: &Path) {
    let current = || fs::read_to_string(config.store.join("CURRENT")).unwrap();
    let before = current();
    let error = built(config).unwrap_err().to_string();
    assert!(error.contains(&named.display().to_string()), "{error}");
    assert!(error.contains("--without-history"), "{error}");
    assert_eq!(current(), before);
    let anew = built(&BuildConfig { without_history: true, ..config.clone() }).unwrap();
    let found = &anew.linkage.identities;
    assert_eq!((found.previous.as_ref(), found.new), (None, 1));
    assert_eq!(built(config).unwrap().linkage.identities.kept, 1, "the ledger is there again");
}

#[test]
fn a_build_over_a_store_without_its_ledger_is_refused() {
    let (_place, config, folder) = store();
    fs::remove_dir_all(&folder).unwrap();
    refused(&config, &folder);
}

#[test]
fn a_ledger_that_was_cut_off_is_named() {
    let (_place, config, folder) = store();
    let whole = fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("persons-") && fs::metadata(path).unwrap().len() > 0
    });
    let file = whole.unwrap();
    let length = fs::metadata(&file).unwrap().len();
    for cut in [0, 2, length - 1] {
        OpenOptions::new().write(true).open(&file).unwrap().set_len(cut).unwrap();
        let error = built(&config).unwrap_err().to_string();
        assert!(error.contains(&file.display().to_string()), "{error}");
    }
    refused(&config, &file);
}

#[test]
fn what_cannot_be_opened_is_not_said_to_be_absent() {
    let (_place, config, folder) = store();
    let restricted = Restricted::of_store(&config.store);
    let id = folder.file_name().unwrap().to_str().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(restricted.existing(id), Err(RestrictedError::Absent { .. })));
    // A link to itself cannot be opened by anybody, not even by root.
    std::os::unix::fs::symlink(&folder, &folder).unwrap();
    assert!(matches!(restricted.existing(id), Err(RestrictedError::Io { .. })));
    let denied = RestrictedError::Denied { path: folder };
    assert!(denied.to_string().contains("permission denied"));
}
