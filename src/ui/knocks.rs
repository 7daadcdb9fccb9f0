// SPDX-License-Identifier: MIT
//! Who is before the door, each with the two answers.

use super::action::Action;
use super::state::Knock;
use super::words::{fill, tr};
use gtk::prelude::{AccessibleExtManual, ActionableExt, BoxExt, ToVariant, WidgetExt};
use gtk4 as gtk;
use std::cell::RefCell;

/// A list of them.
pub struct Knocks {
    list: gtk::Box,
    shown: RefCell<Vec<Knock>>,
}

impl Knocks {
    /// Fills `list`.
    pub fn new(list: gtk::Box) -> Knocks {
        Knocks { list, shown: RefCell::default() }
    }

    /// Shows who is there.
    pub fn paint(&self, knocks: &[Knock]) {
        self.list.set_visible(!knocks.is_empty());
        if *self.shown.borrow() == knocks {
            return;
        }
        while let Some(old) = self.list.first_child() {
            self.list.remove(&old);
        }
        knocks.iter().for_each(|knock| self.list.append(&row(knock)));
        self.shown.replace(knocks.to_vec());
    }
}

fn row(knock: &Knock) -> gtk::Box {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 10);
    row.add_css_class("card");
    row.add_css_class("knock");
    let words = fill(tr("{name} wants to come in, from {from}"), &[("name", &knock.name), ("from", &knock.from)]);
    let label = gtk::Label::builder().label(&words).hexpand(true).xalign(0.0).wrap(true).build();
    row.append(&label);
    for (action, class) in [(Action::Decline, "flat"), (Action::Admit, "suggested-action")] {
        let button = gtk::Button::with_label(action.words());
        button.add_css_class(class);
        button.set_valign(gtk::Align::Center);
        button.set_action_name(Some(&action.full_name()));
        button.set_action_target_value(Some(&knock.ticket.to_string().to_variant()));
        let said = format!("{}: {}", action.words(), knock.name);
        button.update_property(&[gtk::accessible::Property::Label(&said)]);
        row.append(&button);
    }
    row
}
