//! Decisions on pairs when the disk is full or the process is killed: an import that said it was done
//! is all there, one that did not is all there or not at all, and the log holds.

use std::process::{Command, Stdio};
use std::time::Duration;

use tepat::restricted::{Decisions, Restricted};

use super::command::{program, tepat};
use super::reviewing::{Store, decide};

fn decided(store: &Store) -> usize {
    let path = Restricted::of_store(&store.path("store")).decisions();
    Decisions::read(&path).unwrap().len()
}

fn log_holds(store: &Store) {
    let path = store.path("store");
    let held = tepat(["verify", "--audit", "--store", path.to_str().unwrap()]);
    assert_eq!(held.is_decent().code, Some(0), "{held:?}");
}

#[test]
fn an_import_on_a_full_disk_or_killed_counts_wholly_or_not_at_all() {
    let store = Store::new();
    let sheet = store.export("telaah.csv", &[]);
    let rows = decide(&sheet, &["ragu"; 6]).len();
    let path = store.path("store");
    let arguments = [
        "review".as_ref(),
        "import".as_ref(),
        sheet.as_os_str(),
        "--store".as_ref(),
        path.as_os_str(),
        "--by".as_ref(),
        "penguji".as_ref(),
    ];
    // Beyond so many blocks of 512 bytes the kernel takes nothing, as a full disk does.
    for blocks in [0, 1, 2] {
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(limit).arg(program().get_program()).args(arguments);
        let full = command.env("TEPAT_LOG", "off").output().unwrap();
        let there = decided(&store);
        match full.status.code() {
            Some(5) => assert_eq!(there, 0, "{blocks}"),
            other => assert!(other == Some(0) && there == rows, "{blocks}: {full:?}"),
        }
        assert!(blocks > 0 || there == 0, "nothing can be written and something was");
    }
    log_holds(&store);
    for round in 0..6_u64 {
        let mut child =
            program().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(2 + 4 * round));
        child.kill().unwrap();
        let done = child.wait().unwrap().success();
        let there = decided(&store);
        assert!(there == 0 || there == rows, "{there} of {rows}");
        assert!(!done || there == rows, "it was acknowledged and is not there");
        log_holds(&store);
    }
    assert_eq!(store.import(&sheet).is_decent().code, Some(0));
    assert_eq!(decided(&store), rows);
    log_holds(&store);
}
