// SPDX-License-Identifier: MIT
//! Light and dark: one style of shapes, two lists of colours.

use crate::disk::Theme;
use gtk::gdk;
use gtk4 as gtk;
use std::cell::RefCell;

thread_local! {
    /// The colours that hold now, and whether the desktop was dark before we said anything.
    static COLOURS: RefCell<Option<(gtk::CssProvider, bool)>> = const { RefCell::new(None) };
}

/// Paints everything like that from now on.
pub fn apply(theme: Theme) {
    let (Some(display), Some(settings)) = (gdk::Display::default(), gtk::Settings::default()) else { return };
    COLOURS.with_borrow_mut(|known| {
        let (colours, desktop_is_dark) = known.get_or_insert_with(|| {
            let colours = gtk::CssProvider::new();
            let shapes = gtk::CssProvider::new();
            shapes.load_from_data(include_str!("../../resources/style.css"));
            for provider in [&colours, &shapes] {
                let priority = gtk::STYLE_PROVIDER_PRIORITY_APPLICATION;
                gtk::style_context_add_provider_for_display(&display, provider, priority);
            }
            let name = settings.gtk_theme_name().unwrap_or_default().to_lowercase();
            (colours, settings.is_gtk_application_prefer_dark_theme() || name.contains("dark"))
        });
        let dark = match theme {
            Theme::System => *desktop_is_dark,
            Theme::Light => false,
            Theme::Dark => true,
        };
        colours.load_from_data(match dark {
            true => include_str!("../../resources/dark.css"),
            false => include_str!("../../resources/light.css"),
        });
        settings.set_gtk_application_prefer_dark_theme(dark);
    });
}
