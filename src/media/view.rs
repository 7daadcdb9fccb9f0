// SPDX-License-Identifier: MIT
//! A picture in the window: pictures in from any thread, something that GTK paints out.
//!
//! ```text
//!   camera's or decoder's thread --ViewFeed::show--> newest one ~~> conversion ~> its moment ~~> paintable: window's
//! ```
//!
//! Pictures are shown as they come. Two that come together, because a key frame held up what followed it or a machine
//! was busy, would be one picture on the screen; so the second waits a little for its moment, and a third after it.

use super::camera::Picture;
use super::graph::{Graph, GraphError, GraphSignal};
use super::text::Text;
use gst::glib;
use gst::prelude::{ElementExtManual, ObjectExt};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::{Arc, Mutex, PoisonError};

/// Between two pictures of one face: a frame of a 60 Hz screen, and somewhat more for a window that is busy with it.
const APART: gst::ClockTime = gst::ClockTime::from_mseconds(27);

/// Makes `gtk4paintablesink` known to GStreamer.
pub(super) fn register() -> Result<(), glib::BoolError> {
    gstgtk4::plugin_register_static()
}

/// The guard: what it showed last stays on the paintable, but nothing newer comes when it goes out of scope. To be made
/// and dropped on the window's thread.
#[derive(Debug)]
pub struct View {
    paintable: glib::Object,
    feed: ViewFeed,
    _graph: Graph,
}

/// Where the pictures of a view go in; clones lead to the same view.
#[derive(Clone, Debug)]
pub struct ViewFeed {
    source: gst_app::AppSrc,
    moments: Arc<Mutex<Moments>>,
}

/// When pictures are shown, in the running time of their graph.
#[derive(Debug, Default)]
struct Moments {
    /// The earliest for the next one.
    free: gst::ClockTime,
}

impl View {
    /// Makes one, dark until its first picture.
    pub fn start() -> Result<View, GraphError> {
        let graph = Graph::build(&Text::load("view")?, &[])?;
        let paintable = graph.element("screen")?.property::<Option<glib::Object>>("paintable");
        let paintable = paintable.ok_or_else(|| GraphError::Unstartable {
            name: "view".to_owned(),
            cause: "the window's libraries give nothing to paint on".to_owned(),
        })?;
        let feed = ViewFeed { source: graph.app_source("pictures")?, moments: Arc::default() };
        graph.play(|signal| {
            if let GraphSignal::Error(trouble) = signal {
                tracing::warn!("a picture in the window stands still: {trouble}: {}", trouble.debug);
            }
        })?;
        Ok(View { paintable, feed, _graph: graph })
    }

    /// What to paint: a `gdk::Paintable`, which only the window's code needs to know.
    pub fn paintable(&self) -> glib::Object {
        self.paintable.clone()
    }

    /// Where its pictures go in.
    pub fn feed(&self) -> ViewFeed {
        self.feed.clone()
    }
}

impl ViewFeed {
    /// Shows a picture, from any thread: never waits, and an older one that was not painted yet makes room.
    pub fn show(&self, picture: &Picture) {
        let (Some(shown), Some(caps)) = (picture.sample.buffer(), picture.sample.caps()) else { return };
        let Some(now) = self.source.current_running_time() else { return };
        let mut buffer = shown.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamped.set_dts(gst::ClockTime::NONE);
        // Nothing that holds it can panic half-way.
        stamped.set_pts(self.moments.lock().unwrap_or_else(PoisonError::into_inner).next(now));
        let sample = gst::Sample::builder().buffer(&buffer).caps(&caps.to_owned()).build();
        if let Err(e) = self.source.push_sample(&sample) {
            tracing::debug!("a view takes no more pictures: {e}");
        }
    }
}

impl Moments {
    /// For a picture that has come now.
    fn next(&mut self, now: gst::ClockTime) -> gst::ClockTime {
        let moment = self.free.clamp(now, now + 2 * APART);
        self.free = moment + APART;
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::{APART, Moments};
    use gstreamer::ClockTime;

    fn moments(come_ms: &[u64]) -> Vec<u64> {
        let mut moments = Moments::default();
        come_ms.iter().map(|ms| moments.next(ClockTime::from_mseconds(*ms)).mseconds()).collect()
    }

    #[test]
    fn what_comes_evenly_is_shown_as_it_comes() {
        assert_eq!(moments(&[5, 46, 88, 130, 160]), [5, 46, 88, 130, 160]);
    }

    #[test]
    fn what_comes_together_is_shown_one_after_the_other_and_none_late() {
        let apart = APART.mseconds();
        assert_eq!(moments(&[100, 103]), [100, 100 + apart]);
        // The newest of many is never further away than two moments.
        let last = 100 + 2 * apart;
        assert_eq!(moments(&[100, 100, 100, 100, 101]), [100, 100 + apart, last, last, last + 1]);
    }
}
