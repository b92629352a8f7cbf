//! `tests/ASVS.md` names tests; each of them exists.

use std::fs;

use super::rust_source::{files_below, root};

#[test]
fn every_test_that_the_list_names_exists() {
    let list = fs::read_to_string(root().join("tests/ASVS.md")).unwrap();
    let sources: String = ["src", "tests/it"]
        .iter()
        .flat_map(|folder| files_below(folder))
        .filter_map(|path| fs::read_to_string(root().join(path)).ok())
        .collect();
    let mut named = 0;
    for row in list.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            named += 1;
            assert!(sources.contains(&format!("fn {name}(")), "{name} is no test; in: {row}");
        }
        assert!(cell.contains('`') || row.contains("**not**"), "no test and no reason: {row}");
    }
    assert!(named > 40, "only {named}");
}
