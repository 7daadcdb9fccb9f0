// SPDX-License-Identifier: MIT
//! Small enough to read: a file in one sitting, a function on one screen.

use super::house::{Fault, House};
use super::source::{Source, item_end};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// What may be longer, as (file or `file:function`, reason). Kept short: each one is a promise to look again.
const EXCEPTIONS: [(&str, &str); 0] = [];

pub fn check(house: &House) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in house.sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX && !excepted(&source.path) {
            let sentence =
                format!("{lines} lines where {FILE_LINES_MAX} are the limit, use a file per concern beside it");
            faults.push(Fault::new(&source.path, FILE_LINES_MAX + 1, sentence));
        }
        for (name, line, lines) in functions(source) {
            if lines > FUNCTION_LINES_MAX && !excepted(&format!("{}:{name}", source.path)) {
                let sentence = format!(
                    "{name} has {lines} lines where {FUNCTION_LINES_MAX} are the limit, use a function per step"
                );
                faults.push(Fault::new(&source.path, line, sentence));
            }
        }
    }
    faults
}

fn excepted(what: &str) -> bool {
    EXCEPTIONS.iter().any(|(exception, _)| *exception == what)
}

/// Name, first line and length in lines of every function with a body.
fn functions(source: &Source) -> Vec<(&str, usize, usize)> {
    let code = &source.code;
    let mut found = Vec::new();
    for at in source.find("fn ") {
        let inside_a_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = code[at + 3..].trim_start();
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if inside_a_word || name.is_empty() {
            continue;
        }
        let lines = 1 + code[at..item_end(code, at)].matches('\n').count();
        found.push((name, source.line(at), lines));
    }
    found
}

#[test]
fn a_long_file_is_caught() {
    let house = |lines: usize| House::of(&[("tests/x.rs", "// line\n".repeat(lines).leak())]);
    assert_eq!(check(&house(FILE_LINES_MAX)).len(), 0);
    assert_eq!(check(&house(FILE_LINES_MAX + 1)).len(), 1);
}

#[test]
fn a_long_function_is_caught() {
    let long = |lines: usize| {
        format!("trait T {{ fn short(&self) -> [u8; 4]; }}\n\nfn long(a: [u8; 4]) {{{}}}\n", "\n".repeat(lines - 1))
    };
    let judged = |lines: usize| check(&House::of(&[("src/x.rs", long(lines).leak())]));
    assert_eq!(judged(FUNCTION_LINES_MAX).len(), 0);
    let faults = judged(FUNCTION_LINES_MAX + 1);
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].to_string(), "src/x.rs:3: long has 71 lines where 70 are the limit, use a function per step");
}
