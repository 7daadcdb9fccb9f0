// SPDX-License-Identifier: MIT
//! Ring 4, face: the window. The only place that says GTK; it paints states and sends orders, nothing more.
//!
//! ```text
//!   button, key, entry --Action, a string--> window/perform --changes--> State --update_view--> pages: widgets
//!                                               |    ^                     ^
//!                                               |    '--- threads' News ---'
//!                                               '--orders--> Desk: threads, studio
//!
//!   camera, decoders --Picture--> Screens --paintable--> faces        Meters --20 times a second--> meters, rings
//! ```
//!
//! - **One state.** `state.rs` is everything the window knows, without GTK. It changes by a person's [`Action`]
//!   (`window/perform.rs`) or by `News` from threads (`state/hear.rs`), and nowhere else.
//! - **One painter.** `Window::update_view` paints the whole of the state onto the page that is to be seen; a page has a
//!   `paint` that may be called as often as one likes. Widgets keep nothing that the state does not know. What moves
//!   faster than that, meters and rings, is looked at by `window/looks.rs`.
//! - **One list of orders.** `action.rs`: name, keys, words, when it may be given. Pages do not know the window: their
//!   buttons name an action, and what has a value activates one with a string.
//! - **Nothing waits.** What takes time is the desk's (`desk.rs`), on threads.
//! - **A page** is `resources/ui/x.ui` and `x.rs`: a plain struct that picks its widgets from the text. The only GObjects
//!   of our own are two layouts.

mod action;
mod after;
mod application;
mod before;
mod call;
mod chooser;
mod desk;
mod dialogs;
mod entry;
mod face;
mod figures;
mod glyph;
mod host;
mod join;
mod knocks;
mod layout;
mod library;
mod meter;
mod pulse;
mod renderer;
mod screens;
mod session;
mod settings;
mod state;
mod template;
mod theme;
mod tiling;
mod turn;
mod window;
mod words;

pub use application::Request;

use crate::media;
use gtk::prelude::WidgetExt;
use gtk4 as gtk;
use std::process::ExitCode;

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum NoWindow {
    /// Nowhere to show it.
    #[error("there is no display to open a window on")]
    NoDisplay,
    /// The media framework.
    #[error(transparent)]
    Media(#[from] media::StartError),
}

/// Opens the window and runs until it is closed; a second start raises the first one's window instead.
pub fn main(request: &Request) -> Result<ExitCode, NoWindow> {
    renderer::choose();
    gtk::init().map_err(|_| NoWindow::NoDisplay)?;
    media::start()?;
    Ok(application::run(request))
}

/// Puts a class of the style on a widget, or takes it off.
fn set_class(widget: &impl gtk::prelude::IsA<gtk::Widget>, class: &str, on: bool) {
    if on {
        widget.add_css_class(class);
    } else {
        widget.remove_css_class(class);
    }
}
