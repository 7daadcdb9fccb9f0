// SPDX-License-Identifier: MIT
//! The page of past sessions, newest first.

use super::glyph::{Glyph, Sign};
use super::session::SessionRow;
use super::state::{Library as Known, State};
use super::template::Template;
use super::words::{fill, tr};
use gtk::prelude::BoxExt;
use gtk4 as gtk;
use std::cell::RefCell;
use std::path::PathBuf;

/// The page.
pub struct Library {
    page: gtk::Stack,
    place: gtk::Label,
    list: gtk::Box,
    rows: RefCell<Vec<(PathBuf, SessionRow)>>,
    _sign: Sign,
}

impl Library {
    /// Empty until the disk is read.
    pub fn new() -> Library {
        let parts = Template::load(include_str!("../../resources/ui/library.ui"));
        Library {
            page: parts.get("library"),
            place: parts.get("where"),
            list: parts.get("rows"),
            rows: RefCell::default(),
            _sign: Sign::new(parts.get("film"), Glyph::Film),
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::Stack {
        &self.page
    }

    /// Shows what is known.
    pub fn paint(&self, state: &State, known: &Known) {
        let name = match &known.entries {
            None => "reading",
            Some(entries) if entries.is_empty() => "empty",
            Some(_) => "list",
        };
        self.page.set_visible_child_name(name);
        if let Ok(folder) = state.preferences.recordings_folder() {
            let folder = folder.display().to_string();
            let words = match name {
                "list" => tr("Your recordings are in {folder}."),
                _ => tr("Recordings of your calls will be found in {folder}."),
            };
            self.place.set_label(&fill(words, &[("folder", &folder)]));
        }
        let entries = known.entries.as_deref().unwrap_or_default();
        let mut rows = self.rows.borrow_mut();
        let same = rows.iter().map(|(folder, _)| folder).eq(entries.iter().map(|entry| &entry.session.folder));
        if !same {
            rows.iter().for_each(|(_, row)| self.list.remove(row.widget()));
            *rows = entries.iter().map(|entry| (entry.session.folder.clone(), SessionRow::new(entry))).collect();
            rows.iter().for_each(|(_, row)| self.list.append(row.widget()));
        }
        rows.iter().zip(entries).for_each(|((_, row), entry)| row.paint(entry));
    }
}
