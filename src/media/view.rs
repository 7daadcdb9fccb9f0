// SPDX-License-Identifier: MIT
//! A picture in the window: pictures in from any thread, something that GTK paints out.
//!
//! ```text
//!   camera's or decoder's thread --ViewFeed::show--> newest one ~~> conversion ~~> paintable: the window's own thread
//! ```

use super::camera::Picture;
use super::graph::{Graph, GraphError, GraphSignal};
use super::text::Text;
use gst::glib;
use gst::prelude::ObjectExt;
use gstreamer as gst;
use gstreamer_app as gst_app;

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
pub struct ViewFeed(gst_app::AppSrc);

impl View {
    /// Makes one, dark until its first picture.
    pub fn start() -> Result<View, GraphError> {
        let graph = Graph::build(&Text::load("view")?, &[])?;
        let paintable = graph.element("screen")?.property::<Option<glib::Object>>("paintable");
        let paintable = paintable.ok_or_else(|| GraphError::Unstartable {
            name: "view".to_owned(),
            cause: "the window's libraries give nothing to paint on".to_owned(),
        })?;
        let feed = ViewFeed(graph.app_source("pictures")?);
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
        if let Err(e) = self.0.push_sample(&picture.sample) {
            tracing::debug!("a view takes no more pictures: {e}");
        }
    }
}
