// SPDX-License-Identifier: MIT
//! One line of the settings.

use crate::ui::action::Action;
use gtk::prelude::{AccessibleExtManual, BoxExt, IsA, ToVariant, WidgetExt};
use gtk4 as gtk;

/// A choice of a few values.
pub struct Pick<'a> {
    /// Which setting.
    pub key: &'static str,
    /// As they are set.
    pub values: &'static [&'static str],
    /// As they are shown.
    pub names: &'a [&'a str],
}

/// A setting and its widget.
pub struct Line {
    /// Which setting.
    pub key: &'static str,
    widget: Widget,
}

enum Widget {
    Switch(gtk::Switch),
    Pick(gtk::DropDown, &'static [&'static str]),
    Number(gtk::SpinButton),
}

impl Line {
    /// Yes or no.
    pub fn switch(card: &gtk::Box, key: &'static str, words: &str, meaning: &str) -> Line {
        let switch = gtk::Switch::new();
        switch.connect_active_notify(move |switch| order(switch, key, &switch.is_active().to_string()));
        place(card, words, meaning, &switch);
        Line { key, widget: Widget::Switch(switch) }
    }

    /// One of a few.
    pub fn pick(card: &gtk::Box, pick: Pick<'_>, words: &str, meaning: &str) -> Line {
        let Pick { key, values, names } = pick;
        let list = gtk::DropDown::from_strings(names);
        list.connect_selected_notify(move |list| {
            if let Some(value) = values.get(list.selected() as usize) {
                order(list, key, value);
            }
        });
        place(card, words, meaning, &list);
        Line { key, widget: Widget::Pick(list, values) }
    }

    /// A port.
    pub fn number(card: &gtk::Box, key: &'static str, words: &str, meaning: &str) -> Line {
        let number = gtk::SpinButton::with_range(0.0, f64::from(u16::MAX), 1.0);
        number.set_numeric(true);
        number.connect_value_changed(move |number| order(number, key, &number.value_as_int().to_string()));
        place(card, words, meaning, &number);
        Line { key, widget: Widget::Number(number) }
    }

    /// Shows what is set.
    pub fn paint(&self, value: &str) {
        match &self.widget {
            Widget::Switch(switch) => switch.set_active(value == "true"),
            Widget::Pick(list, values) => {
                let at = values.iter().position(|known| *known == value).unwrap_or(0) as u32;
                if list.selected() != at {
                    list.set_selected(at);
                }
            }
            Widget::Number(number) => {
                let value = value.parse().unwrap_or_default();
                if number.value() != value {
                    number.set_value(value);
                }
            }
        }
    }
}

fn order(widget: &impl IsA<gtk::Widget>, key: &str, value: &str) {
    // Refused while it is being painted, which is nobody's order.
    let _ = widget.activate_action(&Action::Set.full_name(), Some(&format!("{key}={value}").to_variant()));
}

/// A line of a card: words and what they mean at the left, the widget at the right.
pub fn place(card: &gtk::Box, words: &str, meaning: &str, widget: &(impl IsA<gtk::Widget> + IsA<gtk::Accessible>)) {
    let line = gtk::Box::new(gtk::Orientation::Horizontal, 16);
    line.add_css_class("line");
    let texts = gtk::Box::new(gtk::Orientation::Vertical, 2);
    texts.set_hexpand(true);
    texts.set_valign(gtk::Align::Center);
    texts.append(&gtk::Label::builder().label(words).xalign(0.0).wrap(true).build());
    if !meaning.is_empty() {
        let label = gtk::Label::builder().label(meaning).xalign(0.0).wrap(true).max_width_chars(48).build();
        label.add_css_class("quiet");
        label.add_css_class("small");
        texts.append(&label);
    }
    line.append(&texts);
    widget.set_valign(gtk::Align::Center);
    widget.update_property(&[gtk::accessible::Property::Label(words)]);
    line.append(widget);
    card.append(&line);
}
