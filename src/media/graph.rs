// SPDX-License-Identifier: MIT
//! A running text: a guard around a GStreamer pipeline that is stopped when it goes out of scope.
//!
//! Every graph runs on the process's one clock with base time zero, so that a time stamp *is* a moment of
//! that clock, in every graph alike, and sources may come and go without anybody's zero moving.

use super::clock;
use super::priority;
use super::text::{Text, TextError};
use gst::prelude::{Cast, ElementExt, GstBinExt, GstObjectExt, PipelineExt};
use gstreamer as gst;
use gstreamer_app as gst_app;

/// Why a graph does not run.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The text itself.
    #[error(transparent)]
    Text(#[from] TextError),
    /// GStreamer does not understand it, or lacks an element.
    #[error("the pipeline '{name}' cannot be built: {cause}")]
    Unbuildable {
        /// Which text.
        name: String,
        /// GStreamer's own words.
        cause: String,
    },
    /// A name that code needs is not in the text.
    #[error("the pipeline '{name}' has no element called '{element}', which it must have; correct the text")]
    NameMissing {
        /// Which text.
        name: String,
        /// Which name.
        element: String,
    },
    /// It was built but does not start.
    #[error("the pipeline '{name}' does not start: {cause}")]
    Unstartable {
        /// Which text.
        name: String,
        /// What the element said.
        cause: String,
    },
}

/// What went wrong in a running graph.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The element's path.
    pub element: String,
    /// What it says to people.
    pub message: String,
    /// What it says to engineers.
    pub debug: String,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message.trim_end_matches('.'), self.element)
    }
}

/// What the bus tells about a running graph.
#[derive(Debug)]
pub enum GraphSignal {
    /// An element gave up.
    Error(Trouble),
    /// All its sinks have seen the end.
    End,
}

/// The guard.
#[derive(Debug)]
pub struct Graph {
    name: String,
    pipeline: gst::Pipeline,
}

impl Graph {
    /// Builds a text with its slots filled; every promised name must be there.
    pub fn build(text: &Text, slots: &[(&str, &str)]) -> Result<Graph, GraphError> {
        let name = text.name().to_owned();
        let filled = text.filled(slots)?;
        tracing::debug!(pipeline = name, "{filled}");
        let unbuildable = |cause: String| GraphError::Unbuildable { name: name.clone(), cause };
        let mut context = gst::ParseContext::new();
        let element = gst::parse::launch_full(&filled, Some(&mut context), gst::ParseFlags::FATAL_ERRORS)
            .map_err(|e| unbuildable(e.message().to_owned()))?;
        let pipeline = element
            .downcast::<gst::Pipeline>()
            .map_err(|_| unbuildable("it holds a single element, not a graph".to_owned()))?;
        pipeline.use_clock(Some(&clock::clock()));
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(gst::ClockTime::ZERO);
        let graph = Graph { name, pipeline };
        for promised in text.promised() {
            graph.element(promised)?;
        }
        Ok(graph)
    }

    /// The element of that name.
    pub fn element(&self, element: &str) -> Result<gst::Element, GraphError> {
        let missing = || GraphError::NameMissing { name: self.name.clone(), element: element.to_owned() };
        self.pipeline.by_name(element).ok_or_else(missing)
    }

    /// The appsrc of that name.
    pub fn app_source(&self, element: &str) -> Result<gst_app::AppSrc, GraphError> {
        let missing = |_| GraphError::NameMissing { name: self.name.clone(), element: element.to_owned() };
        self.element(element)?.downcast().map_err(missing)
    }

    /// The appsink of that name.
    pub fn app_sink(&self, element: &str) -> Result<gst_app::AppSink, GraphError> {
        let missing = |_| GraphError::NameMissing { name: self.name.clone(), element: element.to_owned() };
        self.element(element)?.downcast().map_err(missing)
    }

    /// Starts it, with its signals given to `on_signal` from whichever thread brings them.
    pub fn play(&self, on_signal: impl Fn(GraphSignal) + Send + Sync + 'static) -> Result<(), GraphError> {
        let bus = self.pipeline.bus().expect("every pipeline has a bus");
        bus.set_sync_handler(move |_, message| {
            dispatch(message, &on_signal);
            gst::BusSyncReply::Drop
        });
        self.pipeline
            .set_state(gst::State::Playing)
            .map(|_| ())
            .map_err(|e| GraphError::Unstartable { name: self.name.clone(), cause: e.to_string() })
    }

    /// Stops it now; what is under way in it is lost.
    pub fn stop(&self) {
        if let Err(e) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(pipeline = self.name, "does not stop: {e}");
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.stop();
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

fn dispatch(message: &gst::Message, on_signal: &impl Fn(GraphSignal)) {
    match message.view() {
        gst::MessageView::Error(e) => on_signal(GraphSignal::Error(Trouble {
            element: e.src().map(|s| s.path_string().to_string()).unwrap_or_default(),
            message: e.error().message().to_owned(),
            debug: e.debug().unwrap_or_default().to_string(),
        })),
        gst::MessageView::Warning(w) => tracing::warn!("{}: {:?}", w.error().message(), w.debug()),
        gst::MessageView::Eos(_) => on_signal(GraphSignal::End),
        gst::MessageView::StreamStatus(s) => on_stream_status(s),
        _ => {}
    }
}

/// Runs on the streaming thread itself as it begins: a device's own thread goes first, an encoder's next.
fn on_stream_status(status: &gst::message::StreamStatus) {
    let (kind, owner) = status.get();
    if kind != gst::StreamStatusType::Enter {
        return;
    }
    // Those of further tracks are numbered.
    match owner.name().trim_end_matches(|c: char| c.is_ascii_digit() || c == '_') {
        "source" => priority::capture_this_thread(),
        "pictures" | "sound" | "mux" => priority::favour_this_thread(),
        _ => {}
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
