// SPDX-License-Identifier: MIT
//! The pages, each built when it is first needed: only the first one is needed to open the window.

use super::Window;
use crate::ui::after::After;
use crate::ui::call::Call;
use crate::ui::host::Host;
use crate::ui::join::Join;
use crate::ui::library::Library;
use crate::ui::settings::Settings;
use gtk::glib;
use gtk::prelude::{GtkWindowExt, IsA, WidgetExt};
use gtk4 as gtk;
use std::rc::Rc;

impl Window {
    pub(super) fn host(&self) -> &Host {
        self.host.get_or_init(|| self.added("host", Host::new(), Host::widget))
    }

    pub(super) fn join(&self) -> &Join {
        self.join.get_or_init(|| self.added("join", Join::new(), Join::widget))
    }

    pub(super) fn call(&self) -> &Call {
        self.call.get_or_init(|| self.added("call", Call::new(self.screens.clone()), Call::widget))
    }

    pub(super) fn after(&self) -> &After {
        self.after.get_or_init(|| {
            let window = self.weak.clone();
            let on_drop = move |folders| {
                if let Some(window) = window.upgrade() {
                    window.take_folders(folders);
                }
            };
            self.added("after", After::new(on_drop), After::widget)
        })
    }

    pub(super) fn library(&self) -> &Library {
        self.library.get_or_init(|| self.added("library", Library::new(), Library::widget))
    }

    pub(super) fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| self.added("settings", Settings::new(), Settings::widget))
    }

    fn added<P, W: IsA<gtk::Widget>>(&self, name: &str, page: P, widget: impl Fn(&P) -> &W) -> P {
        self.pages.add_named(widget(&page), Some(name));
        // Styles and fonts are looked up now, not when the page slides in.
        for orientation in [gtk::Orientation::Horizontal, gtk::Orientation::Vertical] {
            widget(&page).measure(orientation, -1);
        }
        page
    }

    /// The frame, then its first page, then the other pages: each takes a moment, and between them the main loop comes
    /// round. Nothing is painted before the first page is there.
    pub(super) fn show_in_steps(self: &Rc<Self>) {
        self.later(|window| {
            window.window.present();
            window.later(|window| {
                window.pages.add_named(window.before.widget(), Some("before"));
                if window.pages.visible_child_name().is_some_and(|shown| shown == "before") {
                    window.focus("before");
                }
                window.build_ahead();
            });
        });
    }

    /// In the main loop's next round, before anything is painted.
    fn later(self: &Rc<Self>, step: impl FnOnce(&Rc<Window>) + 'static) {
        let weak = Rc::downgrade(self);
        let mut step = Some(step);
        glib::idle_add_local_full(glib::Priority::HIGH_IDLE, move || {
            if let (Some(window), Some(step)) = (weak.upgrade(), step.take()) {
                step(&window);
            }
            glib::ControlFlow::Break
        });
    }

    /// Builds them while nobody waits for them, one at a time, so that none of them delays what a person
    /// has just asked for.
    pub(super) fn build_ahead(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let mut built = 0;
        glib::idle_add_local_full(glib::Priority::LOW, move || {
            let Some(window) = weak.upgrade() else { return glib::ControlFlow::Break };
            built += 1;
            match built {
                1 => drop(window.host()),
                2 => drop(window.join()),
                3 => drop(window.call()),
                4 => drop(window.library()),
                _ => {
                    window.after();
                    return glib::ControlFlow::Break;
                }
            }
            glib::ControlFlow::Continue
        });
    }
}
