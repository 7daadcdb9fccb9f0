// SPDX-License-Identifier: MIT
//! Names that look alike, for whoever has mistyped one.

/// More names than this help nobody.
const NAMES_MAX: usize = 3;

/// The known names that `name` may have been meant for, the nearest first.
pub(super) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let far = name.chars().count().div_ceil(2).min(4);
    let contains = |other: &str| name.len() > 2 && (other.contains(&name) || name.contains(other));
    let mut found: Vec<(usize, &str)> = known
        .map(|other| (distance(&name, other), other))
        .filter(|(distance, other)| *distance <= far || contains(other))
        .collect();
    found.sort();
    found.into_iter().take(NAMES_MAX).map(|(_, other)| other).collect()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn all(names: impl IntoIterator<Item = impl ToString>) -> String {
    listed(names, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn any(names: impl IntoIterator<Item = impl ToString>) -> String {
    listed(names, "or")
}

fn listed(names: impl IntoIterator<Item = impl ToString>, joint: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joint} {last}", first.join(", ")),
    }
}

/// How many letters have to be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{all, any, distance, near};

    #[test]
    fn letters_are_counted() {
        assert_eq!([distance("", "abc"), distance("kitten", "sitting"), distance("same", "same")], [3, 3, 0]);
    }

    #[test]
    fn the_nearest_comes_first_and_the_far_not_at_all() {
        let known = ["codec", "size", "frame_rate", "kbps"];
        assert_eq!(near("framerate", known.into_iter()), ["frame_rate"]);
        assert_eq!(near("Codecs", known.into_iter()), ["codec"]);
        assert_eq!(near("colour", known.into_iter()), [""; 0]);
    }

    #[test]
    fn lists_read_as_people_say_them() {
        assert_eq!(
            [all([""; 0]), all(["a"]), all(["a", "b"]), all(["a", "b", "c"])],
            ["", "a", "a and b", "a, b and c"]
        );
        assert_eq!(any([1, 2, 3]), "1, 2 or 3");
    }
}
