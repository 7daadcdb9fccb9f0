// SPDX-License-Identifier: MIT
//! The house keeps its own rules: the sources are read once, and every breach is a line
//! `file:line: sentence, use X instead`.
//!
//! A rule is a function from a [`House`] to its faults. A house is a set of named texts, so the same function
//! judges the repository and the small bad snippets that show it can fail.

mod house;
mod map;
mod paths;
mod pipelines;
mod purity;
mod rings;
mod size;
mod source;
mod words;

use house::{Fault, House};
use std::sync::LazyLock;

/// Read once, judged by every rule.
static HOUSE: LazyLock<House> = LazyLock::new(|| House::read(env!("CARGO_MANIFEST_DIR")));

#[test]
fn the_sources_are_found() {
    assert!(HOUSE.sources().any(|source| source.path == "src/lib.rs"));
    assert!(HOUSE.sources().any(|source| source.path == "tests/tidy/house.rs"));
    assert!(HOUSE.texts().any(|(path, _)| path == "Makefile"));
}

#[test]
fn imports_only_point_inward() {
    insist(rings::check(&HOUSE));
}

#[test]
fn engines_touch_nothing_of_the_machine() {
    insist(purity::check(&HOUSE));
}

#[test]
fn files_and_functions_stay_small() {
    insist(size::check(&HOUSE));
}

#[test]
fn words_are_chosen() {
    insist(words::check(&HOUSE));
}

#[test]
fn graphs_and_windows_have_their_code() {
    insist(pipelines::check(&HOUSE));
}

#[test]
fn the_map_shows_the_land() {
    insist(map::check(&HOUSE));
}

fn insist(faults: Vec<Fault>) {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert!(lines.is_empty(), "\n\n{}\n", lines.join("\n"));
}
