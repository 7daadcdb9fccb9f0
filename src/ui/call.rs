// SPDX-License-Identifier: MIT
//! The page of a call: faces, the sign that it is recorded, who knocks, figures, and the row of switches.

use super::action::Action;
use super::chooser::Chooser;
use super::face::{Face, Look};
use super::figures::Figures;
use super::glyph::{Glyph, Sign};
use super::knocks::Knocks;
use super::layout::Tiles;
use super::screens::Screens;
use super::state::{Presence, State, Talk, Them};
use super::template::Template;
use super::words::{clock, fill, size, tr};
use crate::media::DeviceKind;
use crate::studio::Meters;
use gtk::prelude::{BoxExt, WidgetExt};
use gtk4 as gtk;
use std::cell::RefCell;
use std::rc::Rc;

/// Louder than this is speaking (about -34 dB).
const SPEAKS_AT: f32 = 0.02;

/// Rings stay so long after the last word, in looks.
const RING_LOOKS: u8 = 6;

/// The page.
pub struct Call {
    page: gtk::Box,
    faces: gtk::Box,
    screens: Rc<Screens>,
    own: Tile,
    others: RefCell<Vec<(u8, Tile)>>,
    figures: Figures,
    knocks: Knocks,
    shed: gtk::Label,
    muted_words: gtk::Label,
    finishing: gtk::Box,
    dot: gtk::Label,
    recorded: gtk::Label,
    invite: gtk::Button,
    choosers: [Chooser; 3],
    devices: gtk::MenuButton,
    mute: gtk::ToggleButton,
    mute_sign: Sign,
    camera_sign: Sign,
    _signs: [Sign; 4],
}

/// A face, and for how many looks its ring stays.
struct Tile {
    face: Face,
    ring: std::cell::Cell<u8>,
}

impl Tile {
    fn new(face: Face) -> Tile {
        Tile { face, ring: std::cell::Cell::new(0) }
    }

    fn hear(&self, peak: f32) {
        let before = self.ring.get();
        let now = if peak > SPEAKS_AT { RING_LOOKS } else { before.saturating_sub(1) };
        self.ring.set(now);
        if (before > 0) != (now > 0) {
            self.face.speaks(now > 0);
        }
    }
}

impl Call {
    /// With ourselves alone.
    pub fn new(screens: Rc<Screens>) -> Call {
        let parts = Template::load(include_str!("../../resources/ui/call.ui"));
        let faces: gtk::Box = parts.get("faces");
        Tiles::place(&faces);
        let own = Tile::new(Face::new(screens.own().as_ref(), true));
        faces.append(own.face.widget());
        let chooser = |name, kind, action| Chooser::new(parts.get(name), kind, action);
        let sign = |name, glyph| Sign::new(parts.get(name), glyph);
        Call {
            page: parts.get("call"),
            faces,
            screens,
            own,
            others: RefCell::default(),
            figures: Figures::new(parts.get("figures")),
            knocks: Knocks::new(parts.get("knocks")),
            shed: parts.get("shed"),
            muted_words: parts.get("muted-words"),
            finishing: parts.get("finishing"),
            dot: parts.get("dot"),
            recorded: parts.get("recorded"),
            invite: parts.get("invite"),
            choosers: [
                chooser("cameras", DeviceKind::Camera, Action::ChooseCamera),
                chooser("microphones", DeviceKind::Microphone, Action::ChooseMicrophone),
                chooser("speakers", DeviceKind::Speaker, Action::ChooseSpeaker),
            ],
            devices: parts.get("devices"),
            mute: parts.get("mute"),
            mute_sign: sign("mute-sign", Glyph::Microphone),
            camera_sign: sign("camera-sign", Glyph::Camera),
            _signs: [
                sign("devices-sign", Glyph::Devices),
                sign("invite-sign", Glyph::Invite),
                sign("statistics-sign", Glyph::Figures),
                sign("end-sign", Glyph::Leave),
            ],
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::Box {
        &self.page
    }

    /// To the most used switch.
    pub fn focus(&self) {
        self.mute.grab_focus();
    }

    /// Opens the choice of devices.
    pub fn show_devices(&self) {
        self.devices.popup();
    }

    /// Shows the state.
    pub fn paint(&self, state: &State, talk: &Talk) {
        let me = match state.preferences.name.trim() {
            "" => tr("You"),
            name => name,
        };
        let seen = !talk.camera_off && state.preferences.camera != "off";
        self.own.face.paint(&Look { name: me, presence: Presence::Here, muted: talk.muted, picture: seen });
        self.paint_others(&talk.others);
        self.figures.paint(talk);
        self.knocks.paint(&talk.knocks);
        self.shed.set_label(talk.shed.as_deref().unwrap_or_default());
        self.shed.set_visible(talk.shed.is_some());
        self.muted_words.set_visible(talk.muted);
        self.finishing.set_visible(talk.is_leaving());
        self.paint_recording(talk);
        self.invite.set_visible(talk.invitation.is_some());
        let preferences = &state.preferences;
        let chosen = [&preferences.camera, &preferences.microphone, &preferences.speaker];
        for (chooser, chosen) in self.choosers.iter().zip(chosen) {
            chooser.paint(&state.devices, chosen);
        }
        self.mute_sign.show(if talk.muted { Glyph::MicrophoneOff } else { Glyph::Microphone });
        self.camera_sign.show(if talk.camera_off { Glyph::CameraOff } else { Glyph::Camera });
    }

    fn paint_others(&self, others: &[Them]) {
        let mut tiles = self.others.borrow_mut();
        tiles.retain(|(participant, tile)| {
            let stays = others.iter().any(|them| them.participant == *participant);
            if !stays {
                self.faces.remove(tile.face.widget());
            }
            stays
        });
        for them in others {
            let at = match tiles.iter().position(|(participant, _)| *participant == them.participant) {
                Some(at) => at,
                None => {
                    let face = Face::new(self.screens.other(them.participant).as_ref(), false);
                    self.faces.append(face.widget());
                    tiles.push((them.participant, Tile::new(face)));
                    tiles.len() - 1
                }
            };
            let picture = them.seen && !them.camera_off;
            tiles[at].1.face.paint(&Look { name: &them.name, presence: them.presence, muted: them.muted, picture });
        }
    }

    fn paint_recording(&self, talk: &Talk) {
        let words = match &talk.tape {
            Some(tape) => {
                fill(tr("Recording {time}, {size}"), &[("time", &clock(tape.seconds)), ("size", &size(tape.bytes))])
            }
            None => tr("Not recording").to_owned(),
        };
        self.recorded.set_label(&words);
        super::set_class(&self.dot, "on", talk.tape.is_some());
    }

    /// Who speaks now.
    pub fn hear(&self, meters: &Meters, muted: bool) {
        let own = meters.own();
        self.own.hear(if muted { 0.0 } else { own.peak });
        for (participant, tile) in self.others.borrow().iter() {
            tile.hear(meters.peer(*participant).peak);
        }
    }
}
