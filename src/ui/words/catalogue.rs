// SPDX-License-Identifier: MIT
//! Translations, as gettext's tools write them, inside the program: they are there on every system, with nothing to
//! install and no library of C.
//!
//! What is read of a `.po` are `msgid` and `msgstr`, each perhaps over several lines. Sentences are written so that no
//! plural forms are needed.

use gtk::glib;
use gtk4 as gtk;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Every language there is besides English.
const LANGUAGES: [(&str, &str); 2] =
    [("de", include_str!("../../../po/de.po")), ("es", include_str!("../../../po/es.po"))];

/// One language.
#[derive(Debug, Default)]
pub struct Catalogue(HashMap<String, String>);

/// The person's language, decided at the first word.
pub fn catalogue() -> &'static Catalogue {
    static CHOSEN: OnceLock<Catalogue> = OnceLock::new();
    CHOSEN.get_or_init(|| Catalogue::of(&glib::language_names()))
}

impl Catalogue {
    /// The first of these that there is; English where none is, or where it comes first.
    fn of(wanted: &[impl AsRef<str>]) -> Catalogue {
        let spoken = wanted.iter().map(|name| name.as_ref().split(['_', '.', '@']).next().unwrap_or_default());
        for language in spoken {
            if language == "en" {
                break;
            }
            if let Some((_, text)) = LANGUAGES.iter().find(|(known, _)| *known == language) {
                return Catalogue::read(text);
            }
        }
        Catalogue::default()
    }

    fn read(text: &str) -> Catalogue {
        let mut catalogue = HashMap::new();
        let (mut english, mut own) = (String::new(), String::new());
        let mut in_own = false;
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("msgid ") {
                keep(&mut catalogue, &mut english, &mut own);
                in_own = false;
                english.push_str(&unquoted(rest));
            } else if let Some(rest) = line.strip_prefix("msgstr ") {
                in_own = true;
                own.push_str(&unquoted(rest));
            } else if line.starts_with('"') {
                if in_own { &mut own } else { &mut english }.push_str(&unquoted(line));
            }
        }
        keep(&mut catalogue, &mut english, &mut own);
        Catalogue(catalogue)
    }

    /// A sentence in this language, if it is translated.
    pub fn get(&self, english: &str) -> Option<&str> {
        self.0.get(english).map(String::as_str)
    }
}

/// What is not translated is left out; so is the header, which translates nothing.
fn keep(catalogue: &mut HashMap<String, String>, english: &mut String, own: &mut String) {
    let (english, own) = (std::mem::take(english), std::mem::take(own));
    if !english.is_empty() && !own.is_empty() {
        catalogue.insert(english, own);
    }
}

/// `"one\ntwo"` as it is meant.
fn unquoted(quoted: &str) -> String {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    let mut letters = inner.chars();
    let mut meant = String::with_capacity(inner.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => meant.extend(letters.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
            letter => meant.push(letter),
        }
    }
    meant
}

/// A text of `resources/ui` in the person's language.
pub fn translated(ui: &str) -> String {
    put_into(ui, catalogue())
}

fn put_into(ui: &str, catalogue: &Catalogue) -> String {
    let mut done = String::with_capacity(ui.len());
    let mut rest = ui;
    while let Some((before, english, after)) = next_sentence(rest) {
        done.push_str(before);
        let plain = english.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        match catalogue.get(&plain) {
            Some(own) => done.push_str(&glib::markup_escape_text(own)),
            None => done.push_str(english),
        }
        rest = after;
    }
    done + rest
}

/// Up to the next sentence that is to be translated, that sentence, and what follows.
fn next_sentence(ui: &str) -> Option<(&str, &str, &str)> {
    const MARK: &str = "translatable=\"yes\">";
    let start = ui.find(MARK)? + MARK.len();
    let end = start + ui[start..].find('<')?;
    Some((&ui[..start], &ui[start..end], &ui[end..]))
}

#[cfg(test)]
mod tests;
