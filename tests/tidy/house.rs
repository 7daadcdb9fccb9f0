// SPDX-License-Identifier: MIT
//! The repository as rules see it: named texts, and those that are Rust read as [`Source`].

use super::source::Source;
use std::fmt;
use std::fs;
use std::path::Path;

/// What people write by hand. Everything else (build output, lock file, vendored lists) is not ours to judge.
const FOLDERS: [&str; 8] = [".ci", "flatpak", "packaging", "pipelines", "resources", "src", "tests", "tools"];
const ROOT_FILES: [&str; 3] = ["Cargo.toml", "Makefile", "README.md"];
const GENERATED: [&str; 1] = ["flatpak/cargo-sources.json"];

/// One breach of one rule.
#[derive(Debug)]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub sentence: String,
}

impl Fault {
    pub fn new(file: &str, line: usize, sentence: impl Into<String>) -> Self {
        Self { file: file.into(), line, sentence: sentence.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.sentence)
    }
}

/// All the texts, by their path from the root, with `/` between the parts on every system.
pub struct House {
    files: Vec<(String, String)>,
    sources: Vec<Source>,
}

impl House {
    /// The repository at `root`.
    pub fn read(root: &str) -> Self {
        let mut files = Vec::new();
        for name in ROOT_FILES {
            if let Ok(text) = fs::read_to_string(Path::new(root).join(name)) {
                files.push((name.to_owned(), text));
            }
        }
        for folder in FOLDERS {
            collect(Path::new(root), folder, &mut files);
        }
        files.sort();
        Self::new(files)
    }

    /// A house of a few snippets, for showing that a rule can fail.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect())
    }

    fn new(files: Vec<(String, String)>) -> Self {
        let mut sources: Vec<Source> = files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| Source::new(path, text))
            .collect();
        let of_tests: Vec<String> = sources.iter().flat_map(Source::test_files).collect();
        for source in &mut sources {
            source.all_test |= source.path.starts_with("tests/") || of_tests.contains(&source.path);
        }
        Self { files, sources }
    }

    /// Every Rust file, tests included.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }

    /// The Rust files below `src/`.
    pub fn src(&self) -> impl Iterator<Item = &Source> {
        self.sources().filter(|source| source.path.starts_with("src/"))
    }

    /// Every text with its path, Rust or not.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files of one folder with one ending, as (path, stem, text).
    pub fn with_ending<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.texts().filter_map(move |(path, text)| {
            let stem = path.strip_prefix(folder)?.strip_suffix(ending)?;
            Some((path, stem, text))
        })
    }

    /// Is there a file of this path?
    pub fn has(&self, path: &str) -> bool {
        self.texts().any(|(known, _)| known == path)
    }
}

/// Adds every file below `folder` that is text; pictures and sounds are not.
fn collect(root: &Path, folder: &str, files: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries {
        let entry = entry.expect("a folder of the repository can be read");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(root, &path, files);
        } else if !GENERATED.contains(&path.as_str())
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            files.push((path, text));
        }
    }
}
