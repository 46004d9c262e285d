//! House-keeping that reviews would otherwise repeat: every source file says what it is for and stays small, links in the documents lead somewhere,
//! and no file names a machine.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of other people that are kept as they are.
const VENDORED: &[&str] = &["crates/sandbox/assets/jsqr/"];

/// Lines a source file may have.
const MOST_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file of the repository: what is tracked, and what is new and not ignored. Without git, everything but build folders.
fn files() -> Vec<PathBuf> {
    let root = root();
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output();
    let mut all = match listed {
        Ok(output) if output.status.success() => {
            String::from_utf8(output.stdout).unwrap().lines().map(PathBuf::from).collect()
        }
        _ => walk(&root, &root),
    };
    let vendored = |path: &PathBuf| VENDORED.iter().any(|folder| path.starts_with(folder));
    all.retain(|path| root.join(path).is_file() && !vendored(path));
    assert!(all.len() > 100, "the repository has files");
    all
}

fn walk(folder: &Path, root: &Path) -> Vec<PathBuf> {
    let skipped = ["target", "node_modules", ".git", "saoma-data"];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !skipped.contains(&name.as_str()) {
            found.extend(walk(&path, root));
        } else if path.is_file() {
            found.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
    found
}

fn of_kind(kinds: &[&str]) -> Vec<(String, String)> {
    let fits = |path: &PathBuf| path.extension().and_then(|e| e.to_str()).is_some_and(|e| kinds.contains(&e));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        (path.display().to_string(), text)
    };
    files().into_iter().filter(fits).map(read).collect()
}

/// Fails with everything that was found at once.
fn check(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let silent: Vec<String> = of_kind(&["rs"])
        .into_iter()
        .filter(|(_, text)| !text.trim_start().starts_with("//!") || text.lines().next().unwrap().len() < 15)
        .map(|(path, _)| path)
        .collect();
    check("a source file begins with //! and what it is for", &silent);
}

#[test]
fn files_stay_small() {
    let large: Vec<String> = of_kind(&["rs", "js", "css", "sh"])
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    check("a file has at most 500 lines", &large);
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(architecture.lines().count() <= MOST_LINES, "ARCHITECTURE.md has at most 500 lines");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for (path, text) in of_kind(&["md"]) {
        let folder = root().join(&path).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap().split(' ').next().unwrap();
            let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !folder.join(target).exists() {
                dead.push(format!("{path}: {target}"));
            }
        }
    }
    check("a link leads to a file that is there", &dead);
}

#[test]
fn paths_in_code_spans_of_the_architecture_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named = text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("crates/"));
    let missing: Vec<String> = named.filter(|path| !root().join(path).exists()).map(str::to_owned).collect();
    check("a path in ARCHITECTURE.md exists", &missing);
}

#[test]
fn every_dependency_has_a_reason() {
    let reasons = std::fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let table: toml::Table = workspace.parse().unwrap();
    let listed = table["workspace"]["dependencies"].as_table().unwrap();
    let own = |value: &toml::Value| value.get("path").is_some();
    let missing: Vec<String> = listed
        .iter()
        .filter(|(name, value)| !own(value) && !reasons.contains(name.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    check("docs/dependencies.md has a line for each dependency", &missing);
}

#[test]
fn no_file_names_a_machine() {
    // Written in two parts, so that this file does not name what it looks for.
    let private =
        [["/ro", "ot/"], ["/ho", "me/"], ["/wo", "rk/"], ["/Us", "ers/"]].map(|parts| parts.concat());
    let mut found = Vec::new();
    for (path, text) in of_kind(&["rs", "md", "toml", "sh", "js", "css", "json", "html", "yml"]) {
        for (number, line) in text.lines().enumerate() {
            let names = |folder: &String| {
                line.match_indices(folder.as_str()).any(|(at, _)| {
                    // A folder at the start of a path, and not within an address or another path.
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || "/.-_:$}".contains(c))
                })
            };
            if private.iter().any(names) {
                found.push(format!("{path}:{}", number + 1));
            }
        }
    }
    check("no file names a folder of somebody's machine", &found);
}
