// SPDX-License-Identifier: MIT
//! A text of `resources/ui`, turned into widgets.

use super::words::translated;
use gtk::glib;
use gtk::prelude::{IsA, StaticType};
use gtk4 as gtk;

/// The widgets of one text, by their names in it.
pub struct Template(gtk::Builder);

impl Template {
    /// Builds them. The text is part of this program, so a fault in it is one of ours; a test loads them all.
    pub fn load(text: &str) -> Template {
        Template(gtk::Builder::from_string(&translated(text)))
    }

    /// The widget of that name.
    pub fn get<T: IsA<glib::Object> + StaticType>(&self, name: &str) -> T {
        let found = self.0.object::<T>(name);
        found.unwrap_or_else(|| panic!("the text promises a {} called '{name}'", T::static_type()))
    }
}
