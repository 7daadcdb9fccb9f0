// SPDX-License-Identifier: MIT
//! Every sentence of the window is there in every language.

use super::{Catalogue, LANGUAGES, next_sentence, put_into, unquoted};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_first_language_that_is_there_is_spoken() {
    let of = |names: &[&str]| Catalogue::of(names).get("Settings").map(str::to_owned);
    assert_eq!(of(&["fr_FR.UTF-8", "de_AT", "C"]).as_deref(), Some("Einstellungen"));
    assert_eq!(of(&["en_GB", "de"]), None);
    assert_eq!(of(&["C"]), None);
}

#[test]
fn sentences_over_several_lines_are_one() {
    let read = Catalogue::read(
        "msgid \"\"\nmsgstr \"head\"\n\nmsgid \"\"\n\"one \"\n\"two\\n\"\nmsgstr \"\"\n\"eins \\\"zwei\\\"\"\n",
    );
    assert_eq!(read.get("one two\n"), Some("eins \"zwei\""));
    assert_eq!(read.get(""), None);
    assert_eq!(unquoted(r#""C:\\new\n""#), "C:\\new\n");
}

#[test]
fn no_sentence_of_a_window_is_forgotten() {
    // The program's name is the same everywhere.
    const NAMES: [&str; 1] = ["HyperZoom"];
    const WORDS: [&str; 6] = ["label", "title", "tooltip-text", "placeholder-text", "description", "text"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/ui");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a text");
        for line in
            text.lines().filter(|line| WORDS.iter().any(|word| line.contains(&format!("<property name=\"{word}\""))))
        {
            let said = line.split_once('>').and_then(|(_, rest)| rest.split_once('<')).map_or("", |(said, _)| said);
            let is_marked = line.contains("translatable=\"yes\"") || NAMES.contains(&said);
            assert!(is_marked || !said.contains(char::is_alphabetic), "{}: {line}", entry.path().display());
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} sentences were looked at");
}

#[test]
fn a_window_is_translated_where_it_says_so() {
    let german = Catalogue::read("msgid \"Fish & chips\"\nmsgstr \"Fisch & <Pommes>\"\n");
    let ui = "<a translatable=\"yes\">Fish &amp; chips</a><b>Fish &amp; chips</b><c translatable=\"yes\">Tea</c>";
    let done = put_into(ui, &german);
    assert_eq!(
        done,
        "<a translatable=\"yes\">Fisch &amp; &lt;Pommes&gt;</a><b>Fish &amp; chips</b><c translatable=\"yes\">Tea</c>"
    );
}

#[test]
fn every_sentence_is_there_in_every_language() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sentences = BTreeSet::new();
    collect(&root.join("resources/ui"), &mut sentences);
    collect(&root.join("src/ui"), &mut sentences);
    assert!(sentences.len() > 100, "the window says more than {} things", sentences.len());
    for (language, text) in LANGUAGES {
        let catalogue = Catalogue::read(text);
        let missing: Vec<&String> = sentences.iter().filter(|sentence| catalogue.get(sentence).is_none()).collect();
        let skeleton: String = missing.iter().map(|sentence| format!("msgid {sentence:?}\nmsgstr \"\"\n\n")).collect();
        assert!(missing.is_empty(), "po/{language}.po lacks these:\n\n{skeleton}");
        let unused: Vec<&String> = catalogue.0.keys().filter(|english| !sentences.contains(*english)).collect();
        assert!(unused.is_empty(), "po/{language}.po has what nobody says: {unused:#?}");
        for (english, own) in &catalogue.0 {
            assert_eq!(holes(english), holes(own), "po/{language}.po, {english}");
        }
    }
}

/// The values that are put into a sentence.
fn holes(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn collect(folder: &Path, sentences: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if path.is_dir() => collect(&path, sentences),
            Some("ui") => of_ui(&text, sentences),
            Some("rs") if !path.ends_with("catalogue/tests.rs") => of_rust(&text, sentences),
            _ => {}
        }
    }
}

fn of_ui(text: &str, sentences: &mut BTreeSet<String>) {
    let mut rest = text;
    while let Some((_, sentence, after)) = next_sentence(rest) {
        sentences.insert(sentence.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"));
        rest = after;
    }
}

/// What stands in `tr("...")` and `mark("...")`.
fn of_rust(text: &str, sentences: &mut BTreeSet<String>) {
    for call in ["tr(", "mark("] {
        for (at, _) in text.match_indices(call) {
            let inside_a_word = text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
            let argument = text[at + call.len()..].trim_start();
            if let Some(literal) = argument.strip_prefix('"').filter(|_| !inside_a_word) {
                sentences.insert(literal_of(literal));
            }
        }
    }
}

/// Up to its closing quote, with what is escaped as it is meant.
fn literal_of(rest: &str) -> String {
    let mut meant = String::new();
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
        match letter {
            '\\' => match letters.next() {
                Some('n') => meant.push('\n'),
                Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                other => meant.extend(other),
            },
            letter => meant.push(letter),
        }
    }
    meant
}
