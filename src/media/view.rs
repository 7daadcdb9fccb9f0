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
use crate::words::Mono;
use gst::glib;
use gst::prelude::{ElementExtManual, ObjectExt};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::{Arc, Mutex, PoisonError};

/// Between two pictures of one face: a frame of a 60 Hz screen, and somewhat more for a window that is busy with it.
const APART_NS: i64 = 27_000_000;

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

/// When pictures are shown.
#[derive(Debug, Default)]
struct Moments {
    /// The earliest for the next one.
    free: Mono,
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
    /// Shows a picture, from any thread: never waits, and an older one that was not painted yet makes room. Tells when
    /// it will be seen.
    pub fn show(&self, picture: &Picture) -> Mono {
        self.show_with(picture, Mono(0))
    }

    /// The same, but no sooner than another one that is seen at that moment: two pictures in one go cost a window
    /// little more than one.
    pub fn show_with(&self, picture: &Picture, other: Mono) -> Mono {
        let now = super::now();
        // Nothing that holds it can panic half-way.
        let moment = self.moments.lock().unwrap_or_else(PoisonError::into_inner).next(now, other);
        if let Err(e) = self.push(picture, moment.since(now)) {
            tracing::debug!("a view takes no more pictures: {e}");
        }
        moment
    }

    fn push(&self, picture: &Picture, wait_ns: i64) -> Result<(), gst::FlowError> {
        let (Some(shown), Some(caps)) = (picture.sample.buffer(), picture.sample.caps()) else { return Ok(()) };
        let now = self.source.current_running_time().ok_or(gst::FlowError::Flushing)?;
        let mut buffer = shown.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamped.set_dts(gst::ClockTime::NONE);
        stamped.set_pts(now + gst::ClockTime::from_nseconds(wait_ns.max(0) as u64));
        let sample = gst::Sample::builder().buffer(&buffer).caps(&caps.to_owned()).build();
        self.source.push_sample(&sample).map(drop)
    }
}

impl Moments {
    /// For a picture that has come now, and goes with one that is seen at `other`.
    fn next(&mut self, now: Mono, other: Mono) -> Mono {
        let latest = now.offset(2 * APART_NS);
        let moment = self.free.max(other).clamp(now, latest);
        self.free = moment.offset(APART_NS);
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::{APART_NS, Moments, Mono};

    const APART: u64 = APART_NS as u64 / 1_000_000;

    fn ms(ms: u64) -> Mono {
        Mono(ms * 1_000_000)
    }

    fn moments(come_ms: &[u64]) -> Vec<u64> {
        let mut moments = Moments::default();
        come_ms.iter().map(|at| moments.next(ms(*at), ms(0)).0 / 1_000_000).collect()
    }

    #[test]
    fn what_comes_evenly_is_shown_as_it_comes() {
        assert_eq!(moments(&[5, 46, 88, 130, 160]), [5, 46, 88, 130, 160]);
    }

    #[test]
    fn what_comes_together_is_shown_one_after_the_other_and_none_late() {
        assert_eq!(moments(&[100, 103]), [100, 100 + APART]);
        // The newest of many is never further away than two moments.
        let last = 100 + 2 * APART;
        assert_eq!(moments(&[100, 100, 100, 100, 101]), [100, 100 + APART, last, last, last + 1]);
    }

    #[test]
    fn who_goes_with_another_is_seen_with_it() {
        let mut moments = Moments::default();
        assert_eq!(moments.next(ms(100), ms(112)), ms(112));
        assert_eq!(moments.next(ms(150), ms(140)), ms(150));
    }
}
