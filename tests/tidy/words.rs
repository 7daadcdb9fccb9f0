// SPDX-License-Identifier: MIT
//! Words that do not belong: panics that explain nothing, globs that hide where a name is from, and mentions of
//! places that a reader of this repository cannot follow.

use super::house::{Fault, House};
use super::paths::paths;
use super::source::Source;

/// Macros that never stay.
const UNFINISHED: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

/// Registries by host name, and paths of one machine. In halves, so that this list does not name them either.
const PLACES: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("deb.debian", ".org"),
    concat!("security.debian", ".org"),
    concat!("pypi", ".org"),
    concat!("npmjs", "."),
    concat!("rubygems", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("/work", "/main"),
    concat!("/work", "/shared"),
];

/// What stands before `#` and a number in a tracker's reference.
const TRACKERS: [&str; 5] = ["issue ", "issues ", "bug ", "pull request ", "pr "];

pub fn check(house: &House) -> Vec<Fault> {
    let mut faults: Vec<Fault> = house.sources().flat_map(judge_source).collect();
    faults.extend(house.texts().flat_map(|(path, text)| judge_text(path, text)));
    faults
}

fn judge_source(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |offset, sentence: String| faults.push(Fault::new(&source.path, source.line(offset), sentence));
    if !source.text.starts_with("// SPDX-License-Identifier: MIT\n") {
        fault(0, "the licence is not said, use `// SPDX-License-Identifier: MIT` as the first line".into());
    }
    if source.path.ends_with("/mod.rs") {
        fault(0, "a mod.rs hides its name, use `foo.rs` beside `foo/`".into());
    }
    if source.path.starts_with("src/") {
        for offset in source.find(".unwrap()").filter(|offset| !source.is_test(*offset)) {
            fault(offset, "a bare unwrap explains nothing, use `?`, or `expect` with the invariant".into());
        }
    }
    for offset in source.find("#[ignore]") {
        fault(offset, "a test is ignored without a reason, use `#[ignore = \"reason\"]`".into());
    }
    for path in paths(source) {
        if UNFINISHED.contains(&path.last()) {
            fault(path.offset, format!("{} is unfinished work, use the finished thing or nothing", path.written()));
        }
        if path.last() == "*" && is_ours(path.head(), source) {
            fault(path.offset, format!("{} hides where names come from, use the names", path.written()));
        }
    }
    faults
}

/// Does a path with this head lead to a module of ours?
fn is_ours(head: &str, source: &Source) -> bool {
    let declared = format!("mod {head}");
    let child =
        source.find(&declared).any(|at| source.code[at + declared.len()..].trim_start().starts_with([';', '{']));
    child || matches!(head, "crate" | "super" | "self" | "hyperzoom")
}

fn judge_text(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        if let Some(place) = PLACES.iter().find(|place| lower.contains(*place)) {
            let sentence =
                format!("{place} is a place that readers need not know, use the name of the tool or package");
            faults.push(Fault::new(path, index + 1, sentence));
        }
        if names_an_issue(&lower) {
            faults.push(Fault::new(
                path,
                index + 1,
                "a tracker's number tells a reader nothing, use the reason itself",
            ));
        }
    }
    faults
}

fn names_an_issue(lower: &str) -> bool {
    let numbered = |at: usize| lower[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let marks = lower.match_indices('#').map(|(at, _)| at).filter(|at| numbered(*at));
    marks.map(|at| &lower[..at]).any(|before| {
        let before = format!("{} ", before.trim_end());
        TRACKERS.iter().any(|tracker| {
            let word = before.strip_suffix(tracker);
            word.is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
        })
    })
}

#[cfg(test)]
fn sentences(path: &str, text: &str) -> Vec<String> {
    check(&House::of(&[(path, text)])).into_iter().map(|fault| fault.sentence).collect()
}

#[test]
fn a_bad_word_in_code_is_caught() {
    let bad = [
        ("src/x.rs", "fn f() { g().unwrap() }", "a bare unwrap"),
        ("src/x.rs", "fn f() { todo!() }", "todo!"),
        ("tests/x.rs", "fn f() { unimplemented!(\"x\") }", "unimplemented!"),
        ("src/x.rs", "#[cfg(test)] mod tests { fn f() { std::dbg!(1); } }", "std::dbg!"),
        ("tests/x.rs", "#[ignore]\nfn f() {}", "a test is ignored"),
        ("src/x/mod.rs", "", "a mod.rs"),
        ("src/x.rs", "use crate::words::*;", "crate::words::*"),
        ("src/x.rs", "mod tests { use super::*; }", "super::*"),
        ("src/x.rs", "mod y; pub use y::*;", "y::*"),
    ];
    for (path, text, sentence) in bad {
        let found = sentences(path, &format!("// SPDX-License-Identifier: MIT\n{text}"));
        assert!(found.len() == 1 && found[0].starts_with(sentence), "{text}: {found:?}");
    }
    assert!(sentences("src/x.rs", "//! No licence.\n")[0].starts_with("the licence is not said"));
}

#[test]
fn a_good_word_in_code_passes() {
    let text = "// SPDX-License-Identifier: MIT\n\
        use gst::prelude::*; fn f() { a.expect(\"sorted above\").unwrap_or(1); } // never .unwrap() or todo!()\n\
        #[cfg(test)] mod tests { #[test] #[ignore = \"takes a minute\"] fn t() { f().unwrap() } }";
    assert_eq!(sentences("src/x.rs", text), [""; 0]);
    assert_eq!(sentences("tests/x.rs", "// SPDX-License-Identifier: MIT\nfn f() { g().unwrap() }"), [""; 0]);
}

#[test]
fn a_place_or_a_number_in_any_text_is_caught() {
    let bad = [
        concat!("from Crates", ".io"),
        concat!("see issue ", "#12"),
        concat!("as Issue", "#7 says"),
        concat!("(PR ", "#3)"),
        concat!("cd /work", "/main"),
    ];
    for text in bad {
        assert_eq!(sentences("README.md", text).len(), 1, "{text}");
    }
    assert_eq!(sentences("style.css", "colour: #123456; /* the tissue #1 */"), [""; 0]);
}
