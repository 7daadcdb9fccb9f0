// SPDX-License-Identifier: MIT
//! JSON that people can read too: indented, but a list inside a list, such as a pair of clocks, stays on one line.
//!
//! ```text
//!   "session_samples": [
//!     [0, 1250000],
//!     [48000, 2249920]
//!   ]
//! ```

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// The bytes of a file, ending in a new line.
pub(super) fn bytes(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, Pairs::default()))?;
    out.push(b'\n');
    Ok(out)
}

#[derive(Default)]
struct Pairs {
    pretty: PrettyFormatter<'static>,
    /// How many lists we are directly inside of.
    lists: usize,
}

impl Pairs {
    fn on_one_line(&self) -> bool {
        self.lists > 1
    }
}

impl Formatter for Pairs {
    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.lists += 1;
        if self.on_one_line() { writer.write_all(b"[") } else { self.pretty.begin_array(writer) }
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let done = if self.on_one_line() { writer.write_all(b"]") } else { self.pretty.end_array(writer) };
        self.lists -= 1;
        done
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match self.on_one_line() {
            true if first => Ok(()),
            true => writer.write_all(b", "),
            false => self.pretty.begin_array_value(writer, first),
        }
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.on_one_line() { Ok(()) } else { self.pretty.end_array_value(writer) }
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;
    use serde_json::{Value, json};

    #[test]
    fn a_pair_stays_on_one_line_and_everything_reads_back() {
        let value = json!({ "a": [[1, 2], [3, 4]], "b": [{ "c": 5 }, 6], "d": [], "e": [[]] });
        let text = String::from_utf8(bytes(&value).expect("plain")).expect("text");
        assert!(text.contains("\n    [1, 2],\n    [3, 4]\n"), "{text}");
        assert!(text.contains("\n      \"c\": 5\n"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("valid"), value);
    }
}
