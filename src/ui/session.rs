// SPDX-License-Identifier: MIT
//! One past session in the library: what it is, and what can be done with it.

use super::action::Action;
use super::glyph::Glyph;
use super::state::{Entry, Mending};
use super::template::Template;
use super::words::{clock, fill, size, tr};
use crate::media::Still;
use gtk::prelude::{AccessibleExtManual, ActionableExt, BoxExt, ButtonExt, ToVariant, WidgetExt};
use gtk::{gdk, glib};
use gtk4 as gtk;
use std::cell::Cell;

/// The widget.
pub struct SessionRow {
    row: gtk::Box,
    picture: gtk::Picture,
    pictured: Cell<bool>,
    name: gtk::Label,
    facts: gtk::Label,
    people: gtk::Label,
    state: gtk::Label,
    mending: gtk::ProgressBar,
    recover: gtk::Button,
    whole: Vec<gtk::Button>,
}

impl SessionRow {
    /// Of that session.
    pub fn new(entry: &Entry) -> SessionRow {
        let parts = Template::load(include_str!("../../resources/ui/session.ui"));
        let buttons: gtk::Box = parts.get("buttons");
        let button = |action: Action, sign: Option<Glyph>| {
            let button = button(action, sign, entry);
            buttons.append(&button);
            button
        };
        let recover = button(Action::Recover, None);
        let whole = vec![
            button(Action::OpenSession, None),
            button(Action::Play, Some(Glyph::Play)),
            button(Action::OpenFolder, Some(Glyph::Folder)),
            button(Action::Trash, Some(Glyph::Trash)),
        ];
        recover.add_css_class("suggested-action");
        SessionRow {
            row: parts.get("session"),
            picture: parts.get("picture"),
            pictured: Cell::new(false),
            name: parts.get("name"),
            facts: parts.get("facts"),
            people: parts.get("people"),
            state: parts.get("state"),
            mending: parts.get("mending"),
            recover,
            whole,
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::Box {
        &self.row
    }

    /// Shows how it is.
    pub fn paint(&self, entry: &Entry) {
        let session = &entry.session;
        self.name.set_label(&session.name);
        let (length, weight) = (clock(session.seconds), size(session.bytes));
        let facts = [("started", session.started.as_str()), ("length", &length), ("size", &weight)];
        self.facts.set_label(&fill(tr("{started}, {length} long, {size}"), &facts));
        self.people.set_label(&session.people.join(", "));
        self.people.set_visible(!session.people.is_empty());
        let state = match &entry.mending {
            Mending::Failed(why) => why.clone(),
            _ if session.running => tr("Being recorded just now.").to_owned(),
            Mending::At(_) => tr("Recovering…").to_owned(),
            Mending::No if !session.finished => tr("It was not finished; it is safe, and can be recovered.").to_owned(),
            Mending::No => String::new(),
        };
        self.state.set_label(&state);
        self.state.set_visible(!state.is_empty());
        let done = if let Mending::At(done) = entry.mending { Some(done) } else { None };
        self.mending.set_visible(done.is_some());
        self.mending.set_fraction(done.unwrap_or_default().clamp(0.0, 1.0));
        self.recover.set_visible(!session.finished && !session.running && done.is_none());
        self.whole.iter().for_each(|button| button.set_sensitive(!session.running && done.is_none()));
        if let Some(still) = entry.thumbnail.as_ref().filter(|_| !self.pictured.replace(true)) {
            self.picture.set_paintable(Some(&texture(still)));
        } else if entry.thumbnail.is_none() {
            self.pictured.set(false);
        }
        let said = fill(tr("{name}, {facts}"), &[("name", &session.name), ("facts", &self.facts.label())]);
        self.row.update_property(&[gtk::accessible::Property::Label(&said)]);
    }
}

fn button(action: Action, sign: Option<Glyph>, entry: &Entry) -> gtk::Button {
    let button = match sign {
        Some(sign) => sign.button(),
        None => gtk::Button::with_label(action.words()),
    };
    if sign.is_some() {
        button.add_css_class("flat");
        button.set_tooltip_text(Some(action.words()));
    }
    let folder = entry.session.folder.to_string_lossy();
    button.set_action_name(Some(&action.full_name()));
    button.set_action_target_value(Some(&folder.to_variant()));
    let said = format!("{}: {}", action.words(), entry.session.name);
    button.update_property(&[gtk::accessible::Property::Label(&said)]);
    button.set_has_frame(true);
    button
}

fn texture(still: &Still) -> gdk::MemoryTexture {
    let bytes = glib::Bytes::from(&still.rgb);
    let (width, height) = (still.size.width, still.size.height);
    gdk::MemoryTexture::new(width as i32, height as i32, gdk::MemoryFormat::R8g8b8, &bytes, width as usize * 3)
}
