// SPDX-License-Identifier: MIT
//! What takes the disk's time: space, the library, mending, lining up. Each on a thread of its own, which ends with it.

use super::{Desk, tell};
use crate::studio::library;
use crate::studio::{AlignSettings, align, room};
use crate::ui::state::News;
use crate::words::Size;
use gtk::gio;
use gtk::gio::prelude::FileExt;
use gtk4 as gtk;
use std::cell::Cell;
use std::path::PathBuf;

/// So wide are the library's pictures.
const THUMBNAIL_WIDTH: u32 = 240;

impl Desk {
    /// How much room there is for recordings of that size.
    pub fn ask_for_room(&self, recordings: PathBuf, size: Size, flac: bool) {
        let news = self.news.clone();
        self.foreman.aside("room", move || tell(&news, News::Room(room(&recordings, size, flac))));
    }

    /// Reads the library, and then takes its pictures, newest first.
    pub fn read_library(&self, recordings: PathBuf, with_pictures: bool) {
        let news = self.news.clone();
        self.foreman.aside("library", move || {
            let sessions = library::sessions(&recordings);
            tell(&news, News::Sessions(sessions.clone()));
            if !with_pictures {
                return;
            }
            for session in sessions {
                match library::thumbnail(&session, THUMBNAIL_WIDTH) {
                    Ok(picture) => tell(&news, News::Thumbnail(session.folder, picture)),
                    Err(why) => tracing::debug!("{} has no picture: {why}", session.folder.display()),
                }
            }
        });
    }

    /// Mends what a crash left, one session after the other.
    pub fn mend(&self, sessions: Vec<library::Session>) {
        let news = self.news.clone();
        self.foreman.aside("mend", move || {
            for session in sessions {
                let (folder, told) = (session.folder.clone(), Cell::new(None));
                let done = library::recover(&session, |done| {
                    // By the hundredth: more would not be seen, and keep the window busy.
                    let hundredth = Some((done * 100.0) as u8);
                    if told.replace(hundredth) != hundredth {
                        tell(&news, News::Mending(folder.clone(), done));
                    }
                });
                tell(&news, News::Mended(session.folder, done.map(|_| ()).map_err(|why| why.to_string())));
            }
        });
    }

    /// Moves a session to where people can take it back from.
    pub fn trash(&self, folder: PathBuf) {
        let news = self.news.clone();
        self.foreman.aside("trash", move || {
            let done = gio::File::for_path(&folder).trash(gio::Cancellable::NONE);
            tell(&news, News::Trashed(done.map_err(|why| why.to_string())));
        });
    }

    /// Lines masters up.
    pub fn align(&self, folders: Vec<PathBuf>, out: PathBuf) {
        let news = self.news.clone();
        self.foreman.aside("align", move || {
            let settings = AlignSettings { folders, out, wav: false };
            let done = align(&settings, &mut |step| tell(&news, News::AlignStep(step)));
            tell(&news, News::Aligned(done.map(Box::new).map_err(|why| why.to_string())));
        });
    }
}
