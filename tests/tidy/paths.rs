// SPDX-License-Identifier: MIT
//! Every path that a file names, written out: `use std::{fs, io::{self, Read}};` names `std::fs`, `std::io`
//! and `std::io::Read`. Outside of `use`, `a::b` names itself and `dbg!` names `dbg!`.

use super::source::Source;
use std::iter::Peekable;
use std::vec::IntoIter;

/// One path, and where its first word stands.
pub struct PathUse {
    pub offset: usize,
    pub parts: Vec<String>,
}

impl PathUse {
    pub fn head(&self) -> &str {
        &self.parts[0]
    }

    pub fn last(&self) -> &str {
        &self.parts[self.parts.len() - 1]
    }

    pub fn written(&self) -> String {
        self.parts.join("::")
    }

    /// Does the path begin with these parts?
    pub fn begins(&self, parts: &str) -> bool {
        let written = self.written();
        written.strip_prefix(parts).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// All paths of a file, in order. Single words count only after `use` or as a macro.
pub fn paths(source: &Source) -> Vec<PathUse> {
    let mut tokens = tokens(&source.code).into_iter().peekable();
    let mut found = Vec::new();
    let mut before = "";
    while let Some((offset, token)) = tokens.next() {
        let next = tokens.peek().map_or("", |(_, next)| *next);
        if token == "use" && next != "<" {
            use_tree(&mut tokens, &[], &mut found);
        } else if is_word(token) {
            let mut parts = vec![token.to_owned()];
            while tokens.next_if(|(_, token)| *token == "::").is_some() {
                let Some((_, part)) = tokens.next_if(|(_, token)| is_word(token)) else { break };
                parts.push(part.to_owned());
            }
            if tokens.peek().is_some_and(|(_, token)| *token == "!") {
                let name = parts.pop().expect("a path has at least one part");
                parts.push(name + "!");
            }
            if parts.len() > 1 || parts[0].ends_with('!') {
                found.push(PathUse { offset, parts });
            }
        } else if token == "::" && before == ">" {
            // `<T as Trait>::name` begins nowhere we could name.
            tokens.next_if(|(_, token)| is_word(token));
        }
        before = token;
    }
    found
}

type Tokens<'a> = Peekable<IntoIter<(usize, &'a str)>>;

/// Reads one branch of a `use` tree, up to but not including the `,`, `}` or `;` that ends it.
fn use_tree(tokens: &mut Tokens, stem: &[String], found: &mut Vec<PathUse>) {
    let mut parts = stem.to_vec();
    let mut start = tokens.peek().map_or(0, |(offset, _)| *offset);
    while let Some((offset, token)) = tokens.next_if(|(_, token)| !matches!(*token, "," | "}" | ";")) {
        match token {
            "::" => continue,
            "{" => {
                while tokens.peek().is_some_and(|(_, token)| *token != "}") {
                    use_tree(tokens, &parts, found);
                    tokens.next_if(|(_, token)| *token == ",");
                    if tokens.peek().is_some_and(|(_, token)| *token == ";") {
                        return;
                    }
                }
                tokens.next();
                return;
            }
            "as" => {
                tokens.next();
            }
            "self" if !parts.is_empty() => {}
            _ => {
                if parts.len() == stem.len() {
                    start = offset;
                }
                parts.push(token.to_owned());
            }
        }
    }
    if !parts.is_empty() {
        found.push(PathUse { offset: start, parts });
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words, `::`, and every other sign by itself.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            found.push((at, &rest[..length]));
        }
        at += length;
    }
    found
}

#[test]
fn paths_are_written_out() {
    let text = "use std::{fs, io::{self, Read as R}}; use super::*; fn f<'a>() -> impl X + use<'a> { a::b(); dbg!(::c::d, <T>::e::f) }";
    let written: Vec<String> = paths(&Source::new("src/x.rs", text)).iter().map(PathUse::written).collect();
    assert_eq!(written, ["std::fs", "std::io", "std::io::Read", "super::*", "a::b", "dbg!", "c::d"]);
}

#[test]
fn comments_and_quotes_name_nothing() {
    let text = r##"// a::b
        /* c::d /* e::f */ */ let x = "g::h \" i::j"; let y = r#"k::l"#; let z = ('"', 'm', b'\''); let q: &'a n::o;"##;
    let written: Vec<String> = paths(&Source::new("src/x.rs", text)).iter().map(PathUse::written).collect();
    assert_eq!(written, ["n::o"]);
}
