// SPDX-License-Identifier: MIT
//! The page before the call: how one looks and sounds, with what, and the way into a call.

use super::action::Action;
use super::chooser::Chooser;
use super::entry;
use super::glyph::{Glyph, Sign};
use super::layout::Mirror;
use super::meter::Meter;
use super::state::State;
use super::template::Template;
use super::words::{fill, size, tr};
use crate::media::DeviceKind;
use crate::studio::Level;
use gtk::gdk;
use gtk::prelude::{EditableExt, WidgetExt};
use gtk4 as gtk;

/// The page.
pub struct Before {
    page: gtk::ScrolledWindow,
    picture: gtk::Picture,
    dark: gtk::Label,
    test: gtk::Label,
    meter: Meter,
    sound_words: gtk::Label,
    headphones: gtk::Box,
    name: gtk::Entry,
    session: gtk::Entry,
    cameras: Chooser,
    microphones: Chooser,
    speakers: Chooser,
    beep: gtk::Button,
    room: gtk::Label,
    host: gtk::Button,
    _signs: [Sign; 2],
}

impl Before {
    /// Shows `own` as the own picture.
    pub fn new(own: Option<&gdk::Paintable>) -> Before {
        let parts = Template::load(include_str!("../../resources/ui/before.ui"));
        let picture: gtk::Picture = parts.get("picture");
        picture.set_paintable(own);
        Mirror::place(&parts.get::<gtk::Box>("mirror"));
        let chooser = |name, kind, action| Chooser::new(parts.get(name), kind, action);
        let beep: gtk::Button = parts.get("beep");
        Glyph::Speaker.on(&beep);
        Before {
            page: parts.get("before"),
            picture,
            dark: parts.get("dark"),
            test: parts.get("test"),
            meter: Meter::new(parts.get("meter")),
            sound_words: parts.get("sound-words"),
            headphones: parts.get("headphones"),
            name: entry::orders(parts.get("name"), Action::Name),
            session: entry::orders(parts.get("session"), Action::Session),
            cameras: chooser("cameras", DeviceKind::Camera, Action::ChooseCamera),
            microphones: chooser("microphones", DeviceKind::Microphone, Action::ChooseMicrophone),
            speakers: chooser("speakers", DeviceKind::Speaker, Action::ChooseSpeaker),
            beep,
            room: parts.get("room"),
            host: parts.get("host"),
            _signs: [
                Sign::new(parts.get("microphone-sign"), Glyph::Microphone),
                Sign::new(parts.get("headphones-sign"), Glyph::Headphones),
            ],
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::ScrolledWindow {
        &self.page
    }

    /// To who one is, as long as that is not said.
    pub fn focus(&self) {
        if self.name.text().is_empty() {
            self.name.grab_focus();
        } else {
            self.host.grab_focus();
        }
    }

    /// Shows the state.
    pub fn paint(&self, state: &State) {
        let preferences = &state.preferences;
        entry::show(&self.name, &preferences.name);
        entry::show(&self.session, &preferences.session);
        self.cameras.paint(&state.devices, &preferences.camera);
        self.microphones.paint(&state.devices, &preferences.microphone);
        self.speakers.paint(&state.devices, &preferences.speaker);
        self.beep.set_sensitive(!state.beeping);
        self.headphones.set_visible(state.asks_for_headphones());
        self.paint_preview(state);
        self.paint_room(state);
    }

    fn paint_preview(&self, state: &State) {
        let preview = &state.preview;
        self.picture.set_opacity(if preview.camera.is_some() { 1.0 } else { 0.0 });
        let dark = match (&preview.dark, &preview.camera) {
            (Some(why), _) => why.as_str(),
            (None, Some(_)) => "",
            (None, None) if preferences_say_off(state) => tr("The camera is off: the others will see your initials."),
            (None, None) => tr("The camera is being turned on…"),
        };
        self.dark.set_label(dark);
        self.dark.set_visible(!dark.is_empty());
        let test = preview.camera.as_ref().is_some_and(|(_, test)| *test);
        self.test.set_label(tr("Test picture: no camera"));
        self.test.set_visible(test);
        let words = match &preview.microphone {
            Some((_, true)) => tr("Test sound: there is no microphone, or none is chosen.").to_owned(),
            Some((name, false)) => name.clone(),
            None => preview.silent.clone().unwrap_or_default(),
        };
        if !self.sound_words.has_css_class("error") {
            self.sound_words.set_label(&words);
        }
    }

    fn paint_room(&self, state: &State) {
        let Some(room) = &state.room else { return self.room.set_label("") };
        let hour = fill(tr("About {size} an hour."), &[("size", &size(room.bytes_an_hour))]);
        let free = fill(tr("{size} are free."), &[("size", &size(room.free_bytes))]);
        let low = room.low;
        let advice = if low { tr("Less than 20 GB: make room before a long session.") } else { "" };
        self.room.set_label(format!("{hour} {free} {advice}").trim());
        super::set_class(&self.room, "warning", low);
    }

    /// How loud the microphone is now, so many seconds after the last look.
    pub fn hear(&self, level: &Level, seconds: f64) {
        let clipped = self.meter.follow(level, seconds);
        if clipped != self.sound_words.has_css_class("error") {
            super::set_class(&self.sound_words, "error", clipped);
            if clipped {
                self.sound_words.set_label(tr("Too loud: turn the microphone down, or move away from it."));
            }
        }
    }
}

fn preferences_say_off(state: &State) -> bool {
    state.preferences.camera == "off"
}
