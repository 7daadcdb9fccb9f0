// SPDX-License-Identifier: MIT
//! What people read, in their language. `tr` marks a sentence for `po/` and gives its translation; `mark` only marks
//! one that is translated later.

mod catalogue;

use catalogue::catalogue;
pub use catalogue::translated;

/// A sentence in the person's language.
pub fn tr(english: &'static str) -> &'static str {
    catalogue().get(english).unwrap_or(english)
}

/// A sentence that `tr` will get from a table.
pub const fn mark(english: &'static str) -> &'static str {
    english
}

/// Puts values into a sentence: `{name}` becomes what `name` is.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(sentence.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// A length as a clock shows it: `1:02:03`, `2:03`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A size as people say it: `8.1 GB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ if size < 10.0 => format!("{size:.1} {}", UNITS[unit]),
        _ => format!("{size:.0} {}", UNITS[unit]),
    }
}

/// Up to two letters for who shows no face.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let letters: String = words.next().into_iter().chain(words.next_back()).collect();
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{clock, fill, initials, size};

    #[test]
    fn lengths_and_sizes_are_said_as_people_do() {
        assert_eq!((clock(59.9), clock(3723.0)), ("0:59".to_owned(), "1:02:03".to_owned()));
        assert_eq!((size(8_100_000_000), size(20_500_000), size(7)), ("8.1 GB".into(), "20 MB".into(), "7 B".into()));
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("the host"), "TH");
        assert_eq!(initials("Guest"), "G");
        assert_eq!(initials(" (one) two three"), "OT");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn values_stand_where_their_names_stood() {
        assert_eq!(fill("{who} is {what}", &[("who", "she"), ("what", "here")]), "she is here");
    }
}
