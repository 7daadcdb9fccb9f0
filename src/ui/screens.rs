// SPDX-License-Identifier: MIT
//! What is painted of everybody: our own picture, and one for each place of a call. Pictures reach them from their own
//! threads; the window's thread only makes them.

use super::pulse::Pulse;
use crate::media::{GraphError, View, ViewFeed};
use crate::studio::{PictureWatch, Shown};
use crate::words::{Mono, PEOPLE_MAX};
use gtk::gdk;
use gtk::prelude::Cast;
use gtk4 as gtk;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// Nobody sees more pictures a second than those that travel; to paint our own more often costs a processor that
/// paints for itself, and shows us what no one else sees.
const PICTURE_NS: u64 = Mono::SECOND / 24;

/// All screens of a window.
pub struct Screens {
    own: View,
    others: [OnceCell<Option<View>>; PEOPLE_MAX],
    feeds: Arc<Feeds>,
    pulse: Option<Rc<Pulse>>,
}

struct Feeds {
    own: ViewFeed,
    pace: Pace,
    /// There once somebody has that place.
    others: [OnceLock<ViewFeed>; PEOPLE_MAX],
}

impl Screens {
    /// Our own at once, the others' when they are needed.
    pub fn start() -> Result<Screens, GraphError> {
        let own = View::start()?;
        let feeds = Arc::new(Feeds { own: own.feed(), pace: Pace::default(), others: Default::default() });
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
            Shown::Own(picture) if feeds.pace.allows(picture.at) => feeds.own.show(picture),
            Shown::Own(_) => {}
            Shown::Peer(place, picture) => {
                if let Some(feed) = feeds.others.get(usize::from(place)).and_then(OnceLock::get) {
                    feed.show(picture);
                }
            }
            // The state says so too, and the tile shows initials then.
            Shown::Dark(_) => {}
        })
    }
}

/// Lets through as many pictures a second as are painted.
#[derive(Debug, Default)]
struct Pace {
    /// When the next one is due. The camera's thread alone asks.
    due_ns: AtomicU64,
}

impl Pace {
    fn allows(&self, at: Mono) -> bool {
        let due = self.due_ns.load(Relaxed);
        // One that comes a little early is no faster camera.
        let is_due = at.0 + PICTURE_NS / 8 >= due;
        // Whoever comes late begins anew; a clock that was set back holds nobody up.
        let is_far = due > at.0 + PICTURE_NS;
        if is_due || is_far {
            let begun = if is_far { at.0 } else { due.max(at.0.saturating_sub(PICTURE_NS)) };
            self.due_ns.store(begun + PICTURE_NS, Relaxed);
        }
        is_due || is_far
    }
}

fn paintable(view: &View) -> Option<gdk::Paintable> {
    view.paintable().downcast().ok()
}

#[cfg(test)]
mod tests {
    use super::{Mono, Pace};

    /// How many pictures of this camera are painted in ten seconds.
    fn painted(rate: u64) -> usize {
        let pace = Pace::default();
        (0..10 * rate).filter(|k| pace.allows(Mono(7 * Mono::SECOND + k * Mono::SECOND / rate))).count()
    }

    #[test]
    fn slow_cameras_are_painted_whole_and_fast_ones_as_often_as_they_travel() {
        assert_eq!([10, 24].map(painted), [100, 240]);
        for rate in [25, 30, 50, 60] {
            assert!((238..=242).contains(&painted(rate)), "{rate}: {}", painted(rate));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_darkens_nothing() {
        let pace = Pace::default();
        assert!(pace.allows(Mono(100 * Mono::SECOND)) && pace.allows(Mono(50 * Mono::SECOND)));
    }
}
