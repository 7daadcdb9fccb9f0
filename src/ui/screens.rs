// SPDX-License-Identifier: MIT
//! What is painted of everybody: our own picture, and one for each place of a call. Pictures reach them from their own
//! threads; the window's thread only makes them.

use super::pulse::Pulse;
use super::turn::Turn;
use crate::media::{GraphError, Picture, View, ViewFeed};
use crate::studio::{PictureWatch, Shown};
use crate::words::{Mono, PEOPLE_MAX};
use gtk::gdk;
use gtk::prelude::Cast;
use gtk4 as gtk;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// All screens of a window.
pub struct Screens {
    own: View,
    others: [OnceCell<Option<View>>; PEOPLE_MAX],
    feeds: Arc<Feeds>,
    pulse: Option<Rc<Pulse>>,
}

struct Feeds {
    own: ViewFeed,
    turn: Mutex<Turn<Picture>>,
    /// There once somebody has that place.
    others: [OnceLock<ViewFeed>; PEOPLE_MAX],
}

impl Screens {
    /// Our own at once, the others' when they are needed.
    pub fn start() -> Result<Screens, GraphError> {
        let own = View::start()?;
        let feeds = Arc::new(Feeds { own: own.feed(), turn: Mutex::default(), others: Default::default() });
        let pulse = Pulse::start();
        if let (Some(pulse), Some(own)) = (&pulse, paintable(&own)) {
            pulse.follow("own", &own);
        }
        Ok(Screens { own, others: Default::default(), feeds, pulse })
    }

    /// Our own picture.
    pub fn own(&self) -> Option<gdk::Paintable> {
        paintable(&self.own)
    }

    /// The picture of whoever is in that place.
    pub fn other(&self, participant: u8) -> Option<gdk::Paintable> {
        let place = usize::from(participant);
        let view = self.others.get(place)?.get_or_init(|| match View::start() {
            Ok(view) => {
                // The place was empty: this is the only one who fills it.
                let _ = self.feeds.others[place].set(view.feed());
                if let (Some(pulse), Some(theirs)) = (&self.pulse, paintable(&view)) {
                    pulse.follow(&place.to_string(), &theirs);
                }
                Some(view)
            }
            Err(why) => {
                tracing::error!("a face can't be shown: {why}");
                None
            }
        });
        view.as_ref().and_then(paintable)
    }

    /// Tells how smoothly a window paints them, to whoever asks.
    pub fn watch_pulse(&self, window: &gtk::ApplicationWindow) {
        if let Some(pulse) = &self.pulse {
            pulse.watch(window);
        }
    }

    /// Where the pictures of a preview or a call go.
    pub fn watch(&self) -> PictureWatch {
        let feeds = self.feeds.clone();
        Arc::new(move |shown| match shown {
            Shown::Own(picture) => feeds.show_own(Mono(0), |turn| turn.own(picture.at, picture.clone())),
            Shown::Peer(place, picture) => {
                if let Some(feed) = feeds.others.get(usize::from(place)).and_then(OnceLock::get) {
                    feeds.show_own(feed.show(picture), Turn::other);
                }
            }
            // The state says so too, and the tile shows initials then.
            Shown::Dark(_) => {}
        })
    }
}

impl Feeds {
    /// If it is due, and not before that moment.
    fn show_own(&self, moment: Mono, decide: impl FnOnce(&mut Turn<Picture>) -> Option<Picture>) {
        // Nothing that holds it can panic half-way; and a picture is no reason to fail.
        let due = decide(&mut self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(picture) = due {
            self.own.show_with(&picture, moment);
        }
    }
}

fn paintable(view: &View) -> Option<gdk::Paintable> {
    view.paintable().downcast().ok()
}
