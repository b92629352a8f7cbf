//! Just enough reading of Rust source for the house rules: what is code and what is not, which
//! rooms of the crate a file names, where functions begin and end.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` of the checkout, as paths relative to the checkout, sorted.
pub fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Every Rust file of the product with its text.
pub fn product() -> Vec<(PathBuf, String)> {
    files_below("src")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

/// The source with comments, strings and character literals blanked out; line breaks stay.
pub fn code_only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut i = 0;
    while i < chars.len() {
        let end = token_end(&chars, i);
        if end == i {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        i = end;
    }
    out
}

/// Where the comment or literal that begins at `i` ends; `i` itself where none begins.
fn token_end(chars: &[char], i: usize) -> usize {
    let at = |k: usize| chars.get(k).copied().unwrap_or('\0');
    let find = |from: usize, stop: &dyn Fn(usize) -> bool| {
        (from..chars.len()).find(|&k| stop(k)).unwrap_or(chars.len())
    };
    match (at(i), at(i + 1)) {
        ('/', '/') => find(i, &|k| at(k) == '\n'),
        ('/', '*') => {
            let mut depth = 0_usize;
            let mut k = i;
            while k < chars.len() {
                match (at(k), at(k + 1)) {
                    ('/', '*') => depth += 1,
                    ('*', '/') => depth -= 1,
                    _ => {
                        k += 1;
                        continue;
                    }
                }
                k += 2;
                if depth == 0 {
                    break;
                }
            }
            k.min(chars.len())
        }
        ('"', _) => quoted_end(chars, i + 1, '"'),
        ('r', '"' | '#') if i == 0 || !is_word(at(i - 1)) || at(i - 1) == 'b' => {
            let hashes = find(i + 1, &|k| at(k) != '#') - (i + 1);
            if at(i + 1 + hashes) != '"' {
                return i; // a raw identifier
            }
            let closes = |k: usize| at(k) == '"' && (1..=hashes).all(|h| at(k + h) == '#');
            (find(i + 2 + hashes, &closes) + 1 + hashes).min(chars.len())
        }
        ('\'', '\\') => quoted_end(chars, i + 1, '\''),
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

fn quoted_end(chars: &[char], from: usize, quote: char) -> usize {
    let mut k = from;
    while k < chars.len() && chars[k] != quote {
        k += if chars[k] == '\\' { 2 } else { 1 };
    }
    (k + 1).min(chars.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a piece of code.
pub fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

/// The room of a product file: its first folder below `src`, or its own name.
pub fn room(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap_or(path);
    let first = below.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Every path into the crate that the code names, as its first two parts: `domain::Level`,
/// `sources::layout`. Reads `crate::…`, `tepat::…`, groups in braces, and `super::` chains that
/// climb to the top of the crate.
pub fn crate_paths(path: &Path, source: &str) -> Vec<String> {
    let code = code_only(source);
    let (product, tests) = code.split_at(code.find("#[cfg(test)]").unwrap_or(code.len()));
    let depth = module_depth(path);
    let mut found = Vec::new();
    for (part, depth) in [(product, depth), (tests, depth + 1)] {
        for start in root_paths(part, depth) {
            branches(&part[start..], &mut Vec::new(), &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

/// How many `super::` lead from a file to the top of the crate.
fn module_depth(path: &Path) -> usize {
    let names: Vec<_> = path
        .strip_prefix("src")
        .unwrap_or(path)
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    match names.last().map(String::as_str) {
        Some("lib.rs" | "main.rs" | "mod.rs") => names.len() - 1,
        _ => names.len(),
    }
}

/// The positions just behind everything that means the top of the crate.
fn root_paths(code: &str, depth: usize) -> Vec<usize> {
    let climb = "super::".repeat(depth.max(1));
    let mut starts = Vec::new();
    for root in ["crate::", "tepat::", climb.as_str()] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            // `super::` within a longer chain, or a module of the same name, is another path.
            if !is_word(before) && before != ':' {
                starts.push(at + root.len());
            }
        }
    }
    starts
}

/// Collects the paths of a use tree, cut to two parts; returns how far it read.
fn branches(code: &str, prefix: &mut Vec<String>, found: &mut Vec<String>) -> usize {
    let trimmed = code.trim_start();
    let mut at = code.len() - trimmed.len();
    if let Some(group) = trimmed.strip_prefix('{') {
        at += 1;
        let mut rest = group;
        loop {
            let read = branches(rest, prefix, found);
            at += read;
            rest = &rest[read..];
            let gap = rest.len() - rest.trim_start().len();
            at += gap;
            rest = &rest[gap..];
            match rest.chars().next() {
                Some(',') => (at, rest) = (at + 1, &rest[1..]),
                Some('}') => return at + 1,
                _ => return at.max(1),
            }
        }
    }
    let word: String = trimmed.chars().take_while(|c| is_word(*c)).collect();
    if word.is_empty() {
        if !prefix.is_empty() {
            found.push(prefix.join("::"));
        }
        return at + usize::from(trimmed.starts_with('*'));
    }
    at += word.len();
    prefix.push(word);
    if code[at..].starts_with("::") && prefix.len() < 2 {
        at += 2 + branches(&code[at + 2..], prefix, found);
    } else {
        found.push(prefix.join("::"));
        // Whatever stands deeper belongs to the same two parts: skip it.
        at += deeper(&code[at..]);
    }
    prefix.pop();
    at
}

/// The length of the rest of a path behind its second part, groups included.
fn deeper(code: &str) -> usize {
    let mut depth = 0_usize;
    for (i, c) in code.char_indices() {
        match c {
            '{' if depth > 0 || code[..i].ends_with("::") => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c if is_word(c) || matches!(c, ':' | '*' | ' ') => {}
            _ => return i,
        }
    }
    code.len()
}

/// Length in lines of every function of a formatted file (the closing brace stands in the column
/// of the `fn` line).
pub fn function_lengths(source: &str) -> Vec<(String, usize)> {
    let code = code_only(source);
    let lines: Vec<&str> = code.lines().collect();
    let mut lengths = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some((before, after)) = line.split_once("fn ") else { continue };
        let head = ["", "pub", "const", "async", "unsafe", "extern"];
        let is_item = before.split_whitespace().all(|w| head.contains(&w) || w.starts_with("pub("));
        if !is_item || line.trim_end().ends_with(';') {
            continue;
        }
        let name: String = after.chars().take_while(|c| is_word(*c)).collect();
        let one_line = line.trim_end().ends_with('}');
        let close = format!("{}}}", " ".repeat(indent));
        let end = lines[i..].iter().position(|l| l.trim_end() == close);
        lengths.push((name, if one_line { 1 } else { end.map_or(1, |n| n + 1) }));
    }
    lengths
}

#[test]
fn comments_strings_and_characters_are_not_code() {
    let source = "let a = \"crate::web\"; // crate::web\n/* crate::web /* nested */ */ let b = 'x';\n\
                  let c = r#\"crate::web \"quoted\"\"#; let d: &'static str = b\"\\\"crate::web\";";
    let code = code_only(source);
    assert!(!code.contains("web"), "{code}");
    assert!(code.contains("let b =") && code.contains("&'static str"), "{code}");
    assert_eq!(code.lines().count(), source.lines().count());
}

#[test]
fn every_way_of_naming_a_room_is_read() {
    let source = "use crate::{data::{self, DataError}, domain::code::{A, B}, web};\n\
                  use crate::figures::Survey as S;\nfn f() { crate::maps::draw(); tepat::labels::x() }\n\
                  use super::super::exports::csv;\nuse super::sibling;\n";
    let paths = crate_paths(Path::new("src/linkage/exact.rs"), source);
    let expected = [
        "data::DataError",
        "data::self",
        "domain::code",
        "exports::csv",
        "figures::Survey",
        "labels::x",
        "maps::draw",
        "web",
    ];
    assert_eq!(paths, expected);
}
