// SPDX-License-Identifier: MIT
//! The crate documentation is the map: it shows every module there is, and none that is not.

use super::house::{Fault, House};
use super::rings::RINGS;
use super::source::Source;

const MAP: &str = "src/lib.rs";

pub fn check(house: &House) -> Vec<Fault> {
    let Some(source) = house.src().find(|source| source.path == MAP) else {
        return vec![Fault::new(MAP, 1, "there is no map, use the crate documentation to draw it")];
    };
    let declared = declared(source);
    let shown = shown(source);
    let mut faults = Vec::new();
    for (line, module) in &declared {
        if !shown.iter().any(|(_, name)| name == module) {
            let sentence =
                format!("the map does not show {module}, use [`{module}`] in the crate documentation to describe it");
            faults.push(Fault::new(MAP, *line, sentence));
        }
    }
    let rings = RINGS.iter().map(|(name, _)| *name);
    for module in rings.filter(|name| !declared.iter().any(|(_, declared)| declared == name)) {
        if let Some((line, _)) = shown.iter().find(|(_, name)| *name == module) {
            let sentence =
                format!("the map shows {module}, which is not there, use `pub mod {module};` or leave it out");
            faults.push(Fault::new(MAP, *line, sentence));
        }
        let file = format!("src/{module}.rs");
        if house.has(&file) {
            let sentence = format!("nobody declares this module, use `pub mod {module};` in {MAP}");
            faults.push(Fault::new(&file, 1, sentence));
        }
    }
    faults
}

/// The modules that the crate's root declares, each with its line.
fn declared(source: &Source) -> Vec<(usize, &str)> {
    let ends = source.find("mod ").filter_map(|at| {
        let name = source.code[at + 4..].split(';').next()?.trim();
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        (is_name && !source.is_test(at)).then(|| (source.line(at), name))
    });
    ends.collect()
}

/// What stands between backquotes in the crate documentation, each with its line.
fn shown(source: &Source) -> Vec<(usize, &str)> {
    let lines = source.text.lines().enumerate();
    let docs = lines.filter_map(|(index, line)| Some((index + 1, line.strip_prefix("//!")?)));
    docs.flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |name| (number, name))).collect()
}

#[test]
fn a_map_that_drifts_is_caught() {
    let judged = |lib| -> Vec<String> { check(&House::of(&[(MAP, lib)])).iter().map(ToString::to_string).collect() };
    let good =
        "//! [`words`] are for all, `mesh` speaks, `Vec` is no module.\npub mod words;\n#[cfg(x)]\npub mod mesh;\n";
    assert_eq!(judged(good), [""; 0]);
    assert!(
        judged("//! [`words`].\npub mod words;\nmod mesh;")[0].starts_with("src/lib.rs:3: the map does not show mesh")
    );
    assert!(
        judged("//! A map.\n//! `words`, [`mesh`].\npub mod words;")[0].starts_with("src/lib.rs:2: the map shows mesh")
    );
    assert_eq!(check(&House::of(&[])).len(), 1);
    let orphan = check(&House::of(&[(MAP, "//! Nothing yet."), ("src/disk.rs", "")]));
    assert_eq!(orphan.iter().map(|fault| fault.file.as_str()).collect::<Vec<_>>(), ["src/disk.rs"]);
}
