// SPDX-License-Identifier: MIT
//! Reads a table field by field: one that is wrong takes its usual value, and a sentence says so.

use toml::{Table, Value};

/// Names and the like are shown in one line.
const LINE_CHARS_MAX: usize = 200;

/// What is left of a table while it is read.
pub(super) struct Fields {
    table: Table,
    doubts: Vec<String>,
}

impl Fields {
    pub(super) fn of(table: Table) -> Fields {
        Fields { table, doubts: Vec::new() }
    }

    /// What nobody asked for, and what was wrong.
    pub(super) fn rest(self) -> (Table, Vec<String>) {
        (self.table, self.doubts)
    }

    /// `true` or `false`.
    pub(super) fn yes(&mut self, key: &str, usual: bool) -> bool {
        self.read(key, usual, Value::as_bool, "true or false")
    }

    /// The number of a port.
    pub(super) fn port(&mut self, key: &str, usual: u16) -> u16 {
        let port = |value: &Value| value.as_integer().and_then(|number| u16::try_from(number).ok());
        self.read(key, usual, port, "a number from 0 to 65535")
    }

    /// A short text in one line.
    pub(super) fn line(&mut self, key: &str, usual: String) -> String {
        let line = |text: &str| is_line(text).then(|| text.to_owned());
        self.text(key, usual, line, "a short text in one line")
    }

    /// A device as on the command line.
    pub(super) fn device(&mut self, key: &str, usual: String) -> String {
        let device = |text: &str| (is_line(text) && !text.trim().is_empty()).then(|| text.to_owned());
        self.text(key, usual, device, "\"auto\", \"off\" or what `hyperzoom devices` prints")
    }

    /// A text that `read` understands.
    pub(super) fn text<T>(&mut self, key: &str, usual: T, read: impl Fn(&str) -> Option<T>, wanted: &str) -> T {
        self.read(key, usual, |value| value.as_str().and_then(&read), wanted)
    }

    fn read<T>(&mut self, key: &str, usual: T, read: impl Fn(&Value) -> Option<T>, wanted: &str) -> T {
        let Some(value) = self.table.remove(key) else { return usual };
        read(&value).unwrap_or_else(|| {
            self.doubts.push(format!("the setting {key} is {value}, which is not {wanted}; its usual value holds"));
            usual
        })
    }
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= LINE_CHARS_MAX && !text.chars().any(char::is_control)
}
