// SPDX-License-Identifier: MIT
//! What is done outside of calls: with past sessions, and with the settings.

use super::Window;
use crate::studio::library::Session;
use crate::ui::dialogs;
use crate::ui::settings;
use crate::ui::state::{After, Library, Scene};
use crate::ui::theme;
use crate::ui::words::{fill, tr};
use std::path::{Path, PathBuf};
use std::rc::Rc;

impl Window {
    /// Another page. The devices are let go where nobody sees or hears them.
    pub(super) fn show(&self, scene: Scene) {
        self.state.borrow_mut().scene = scene;
        if !self.state.borrow().wants_preview() {
            self.desk.rest();
        }
    }

    pub(super) fn show_library(&self) {
        self.show(Scene::Library(Library::default()));
        self.read_library();
    }

    /// Reads the disk: with pictures where they are to be seen, without where only what a crash left is looked for.
    pub(super) fn read_library(&self) {
        let state = self.state.borrow();
        if let Ok(recordings) = state.preferences.recordings_folder() {
            self.desk.read_library(recordings, matches!(state.scene, Scene::Library(_)));
        }
    }

    fn sessions(&self, wanted: impl Fn(&Session) -> bool) -> Vec<Session> {
        match &self.state.borrow().scene {
            Scene::Library(library) => library.sessions().filter(|session| wanted(session)).cloned().collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn open_session(&self, folder: &str) {
        if let Some(session) = self.sessions(|session| session.folder == Path::new(folder)).first() {
            self.show(Scene::After(Box::new(After::of_session(session))));
        }
    }

    /// One session; or all that need it, once the library shows them.
    pub(super) fn recover(&self, folder: &str) {
        if folder.is_empty() {
            self.state.borrow_mut().banners.clear();
            self.state.borrow_mut().mend_all = true;
            return self.show_library();
        }
        self.desk.mend(self.sessions(|session| session.folder == Path::new(folder)));
    }

    /// The library is read, and what needs mending was asked for.
    pub(super) fn mend_what_was_asked(&self) {
        let asked = std::mem::take(&mut self.state.borrow_mut().mend_all);
        if asked {
            self.desk.mend(self.sessions(|session| !session.finished && !session.running));
        }
    }

    pub(super) fn ask_to_trash(self: &Rc<Self>, folder: &str) {
        let Some(session) = self.sessions(|session| session.folder == Path::new(folder)).pop() else { return };
        let weak = Rc::downgrade(self);
        dialogs::confirm(
            &self.window,
            &fill(tr("Move {name} to the trash?"), &[("name", &session.name)]),
            tr("The whole session folder goes there, with the recording in it."),
            tr("Move to the trash"),
            move || {
                if let Some(window) = weak.upgrade() {
                    window.desk.trash(session.folder.clone());
                }
            },
        );
    }

    pub(super) fn ask_for_recordings(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        dialogs::choose_folder(&self.window, tr("Folder for recordings"), move |folder: PathBuf| {
            if let Some(window) = weak.upgrade() {
                window.prefer(|preferences| preferences.recordings = Some(folder));
                window.update_view();
            }
        });
    }

    pub(super) fn set(&self, order: &str) {
        self.prefer(|preferences| settings::set(preferences, order));
        theme::apply(self.state.borrow().preferences.theme);
    }
}
