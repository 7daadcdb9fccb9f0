// SPDX-License-Identifier: MIT
//! Entries that order what is typed, and are painted without disturbing who types.

use super::action::Action;
use gtk::prelude::{EditableExt, ToVariant, WidgetExt};
use gtk4 as gtk;

/// Every change of what is typed is ordered as `action`.
pub fn orders(entry: gtk::Entry, action: Action) -> gtk::Entry {
    entry.connect_changed(move |entry| {
        // Refused while the entry is being painted, which is nobody's typing.
        let _ = entry.activate_action(&action.full_name(), Some(&entry.text().to_variant()));
    });
    entry
}

/// Shows `text`, unless it is there already: the cursor stays where it is.
pub fn show(entry: &gtk::Entry, text: &str) {
    if entry.text() != text {
        entry.set_text(text);
    }
}
