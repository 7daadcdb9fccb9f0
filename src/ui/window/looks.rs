// SPDX-License-Identifier: MIT
//! What moves faster than the state: meters and rings, looked at many times a second; and the clock that ticks once.

use super::Window;
use crate::ui::state::{News, Scene};
use gtk::gdk;
use gtk::glib::{self, ControlFlow};
use gtk::prelude::EventControllerExt;
use gtk4 as gtk;
use std::rc::Rc;
use std::time::Duration;

/// A meter that moves smoothly, and rings that nobody waits for, at a small part of a core.
const LOOK: Duration = Duration::from_millis(50);

impl Window {
    /// Starts looking; it ends with the window.
    pub(super) fn start_clocks(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        glib::timeout_add_local(LOOK, move || match weak.upgrade() {
            Some(window) => {
                window.look();
                ControlFlow::Continue
            }
            None => ControlFlow::Break,
        });
        let weak = Rc::downgrade(self);
        glib::timeout_add_seconds_local(1, move || match weak.upgrade() {
            Some(window) => {
                window.hear(News::Second);
                window.update_view();
                ControlFlow::Continue
            }
            None => ControlFlow::Break,
        });
    }

    fn look(&self) {
        let Some(meters) = self.desk.meters() else { return };
        match &self.state.borrow().scene {
            Scene::Before => self.before.hear(&meters.own(), LOOK.as_secs_f64()),
            Scene::Talk(talk) if talk.is_in() => self.call().hear(&meters, talk.muted),
            _ => {}
        }
    }

    /// Who is muted talks as long as the space bar is held. It is caught before buttons see it, and only then.
    pub(super) fn space_bar(self: &Rc<Self>) -> gtk::EventControllerKey {
        let keys = gtk::EventControllerKey::new();
        keys.set_propagation_phase(gtk::PropagationPhase::Capture);
        let weak = Rc::downgrade(self);
        keys.connect_key_pressed(move |_, key, _, _| match weak.upgrade() {
            Some(window) if key == gdk::Key::space && window.hold_to_talk(true) => glib::Propagation::Stop,
            _ => glib::Propagation::Proceed,
        });
        let weak = Rc::downgrade(self);
        keys.connect_key_released(move |_, key, _, _| {
            if let Some(window) = weak.upgrade().filter(|_| key == gdk::Key::space) {
                window.hold_to_talk(false);
            }
        });
        keys
    }

    /// Whether the space bar means talking.
    fn hold_to_talk(&self, down: bool) -> bool {
        if down == self.talking.get() {
            return down;
        }
        let may = self.state.borrow().scene.talk().is_some_and(|talk| talk.is_in() && (talk.muted || !down));
        if !may {
            return false;
        }
        self.talking.set(down);
        self.set_muted(!down);
        self.update_view();
        true
    }
}
