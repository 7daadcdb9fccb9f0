// SPDX-License-Identifier: MIT
//! One person on the screen.

use super::glyph::{Glyph, Sign};
use super::layout::Mirror;
use super::state::Presence;
use super::template::Template;
use super::words::{fill, initials, tr};
use gtk::gdk;
use gtk::prelude::{AccessibleExtManual, WidgetExt};
use gtk4 as gtk;

/// What of somebody is to be seen.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Their name.
    pub name: &'a str,
    /// Whether they are there.
    pub presence: Presence,
    /// They have muted.
    pub muted: bool,
    /// There is a picture.
    pub picture: bool,
}

/// The widget.
pub struct Face {
    face: gtk::Overlay,
    picture: gtk::Picture,
    initials: gtk::Label,
    veil: gtk::Label,
    name: gtk::Label,
    muted: gtk::DrawingArea,
    _sign: Sign,
}

impl Face {
    /// Of somebody; our own is seen as in a mirror.
    pub fn new(paintable: Option<&gdk::Paintable>, mirrored: bool) -> Face {
        let parts = Template::load(include_str!("../../resources/ui/face.ui"));
        let picture: gtk::Picture = parts.get("picture");
        picture.set_paintable(paintable);
        if mirrored {
            Mirror::place(&parts.get::<gtk::Box>("mirror"));
        }
        let muted: gtk::DrawingArea = parts.get("muted");
        Face {
            face: parts.get("face"),
            picture,
            initials: parts.get("initials"),
            veil: parts.get("veil"),
            name: parts.get("name"),
            _sign: Sign::new(muted.clone(), Glyph::MicrophoneOff),
            muted,
        }
    }

    /// The widget.
    pub fn widget(&self) -> &gtk::Overlay {
        &self.face
    }

    /// Shows how they are.
    pub fn paint(&self, look: &Look<'_>) {
        self.name.set_label(look.name);
        self.initials.set_label(&initials(look.name));
        self.initials.set_visible(!look.picture);
        self.picture.set_opacity(if look.picture { 1.0 } else { 0.0 });
        self.muted.set_visible(look.muted);
        let veil = match look.presence {
            Presence::Coming => Some(tr("Connecting…")),
            Presence::Here => None,
            Presence::Frozen => Some(tr("Reconnecting…")),
            Presence::Gone(_) => Some(tr("Has left")),
        };
        self.veil.set_label(veil.unwrap_or_default());
        self.veil.set_visible(veil.is_some());
        let said = spoken(look, veil);
        self.face.update_property(&[gtk::accessible::Property::Label(&said)]);
    }

    /// The ring of who speaks.
    pub fn speaks(&self, speaks: bool) {
        if speaks {
            self.face.add_css_class("speaking");
        } else {
            self.face.remove_css_class("speaking");
        }
    }
}

/// What a screen reader says of somebody.
fn spoken(look: &Look<'_>, veil: Option<&str>) -> String {
    let muted = look.muted.then(|| tr("muted"));
    let dark = (!look.picture).then(|| tr("camera off"));
    let facts: Vec<&str> = [muted, dark, veil].into_iter().flatten().collect();
    match facts.is_empty() {
        true => look.name.to_owned(),
        false => fill("{name}, {facts}", &[("name", look.name), ("facts", &facts.join(", "))]),
    }
}
