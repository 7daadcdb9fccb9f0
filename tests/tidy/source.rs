// SPDX-License-Identifier: MIT
//! One Rust file, read just far enough to be judged: what is code, what is comment, what is text in quotes,
//! and which lines belong to tests.
//!
//! Three texts of one length, so that an offset or a line means the same in each:
//!
//! ```text
//! text      let a = "b"; // c
//! literals  let a = "b";          comments blanked
//! code      let a =    ;          comments and quotes blanked
//! ```

use std::ops::Range;

/// A Rust file and the views of it that rules ask for.
pub struct Source {
    pub path: String,
    pub text: String,
    pub literals: String,
    pub code: String,
    /// Everything in this file is test code.
    pub all_test: bool,
    /// Offsets of the items that stand under `#[cfg(test)]`.
    tests: Vec<Range<usize>>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let literals = blank(text, |kind| kind == Kind::Comment);
        let code = blank(text, |kind| kind != Kind::Code);
        let tests = test_items(&code);
        Self { path: path.into(), text: text.into(), literals, code, all_test: false, tests }
    }

    /// The line (from 1) of an offset.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.text[..offset].matches('\n').count()
    }

    /// Does this offset lie in code that only tests compile?
    pub fn is_test(&self, offset: usize) -> bool {
        self.all_test || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// The offsets at which `needle` stands in the code.
    pub fn find<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(needle).map(|(offset, _)| offset)
    }

    /// `src/mesh/packet.rs` is the module `["mesh", "packet"]`; the crate's roots are `[]`.
    pub fn module(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        if matches!(inner, "lib" | "main") { Vec::new() } else { inner.split('/').collect() }
    }

    /// The files that this one declares as `#[cfg(test)] mod name;`.
    pub fn test_files(&self) -> Vec<String> {
        let declared = self.tests.iter().filter_map(|range| self.code[range.clone()].strip_suffix(';'));
        let names = declared.filter_map(|item| item.rsplit_once("mod ").map(|(_, name)| name.trim()));
        let folder = match self.path.trim_end_matches(".rs") {
            "src/lib" | "src/main" => "src",
            module => module,
        };
        names.map(|name| format!("{folder}/{name}.rs")).collect()
    }
}

/// The offset just after the bracket that closes the one at `open`, or the end of an unfinished text.
pub fn close_of(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return offset + 1;
        }
    }
    code.len()
}

/// From `start` to the end of the item there: its closing brace, or its semicolon.
pub fn item_end(code: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = code.as_bytes().get(at) {
        match byte {
            b'{' => return close_of(code, at),
            b';' => return at + 1,
            b'(' | b'[' => at = close_of(code, at),
            _ => at += 1,
        }
    }
    code.len()
}

fn test_items(code: &str) -> Vec<Range<usize>> {
    let attributes = ["#[cfg(test)]", "#[cfg(all(test"];
    let starts = attributes.iter().flat_map(|attribute| code.match_indices(attribute));
    starts.map(|(start, _)| start..item_end(code, start + 1)).collect()
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Code,
    Quoted,
    Comment,
}

/// The text with every byte of the unwanted kinds replaced by a space; line ends stay.
fn blank(text: &str, unwanted: impl Fn(Kind) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = next_piece(rest, out.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let (piece, after) = rest.split_at(length);
        if unwanted(kind) {
            out.extend(piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
    out
}

/// What the text begins with and how many bytes of it; `in_word` tells an `r"` from the end of a name.
fn next_piece(rest: &str, in_word: bool) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    let raw = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - raw.len();
    if let Some(fence) = raw.strip_prefix('r').filter(|_| !in_word && prefix < 2) {
        let hashes = fence.len() - fence.trim_start_matches('#').len();
        if fence[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let open = prefix + 1 + hashes + 1;
            return (Kind::Quoted, rest[open..].find(&end).map_or(rest.len(), |at| open + at + end.len()));
        }
    }
    if rest.starts_with('"') {
        return (Kind::Quoted, quoted(rest, b'"'));
    }
    // A quote is a character when it is escaped or closed one character later; else it begins a lifetime.
    let mut chars = rest.chars();
    if chars.next() == Some('\'') && (chars.next() == Some('\\') || chars.next() == Some('\'')) {
        return (Kind::Quoted, quoted(rest, b'\''));
    }
    (Kind::Code, rest.chars().next().map_or(0, char::len_utf8))
}

fn quoted(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (offset, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return offset + 1,
            _ => {}
        }
    }
    rest.len()
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest.as_bytes()[at..(at + 2).min(rest.len())] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}
