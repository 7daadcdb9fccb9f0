// SPDX-License-Identifier: MIT
//! A camera that is on: pictures of one size, each with the moment it was taken.

use super::camera_mode::{self, Mode};
use super::devices::Device;
use super::format::PictureFormat;
use super::graph::{Graph, GraphError, GraphSignal};
use super::stamp;
use super::text::Text;
use super::vigil::Vigil;
use crate::words::{Mono, Rate, Size};
use gst::prelude::ObjectExt;
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::Arc;

/// One picture, by reference.
#[derive(Clone, Debug)]
pub struct Picture {
    /// When it was taken.
    pub at: Mono,
    pub(super) sample: gst::Sample,
}

impl Picture {
    /// What kind of picture it is.
    pub fn format(&self) -> Option<PictureFormat> {
        self.sample.caps().and_then(PictureFormat::from_caps)
    }
}

/// What a camera tells, from its own threads.
#[derive(Debug)]
pub enum CameraSignal {
    /// A picture.
    Picture(Picture),
    /// It is gone: unplugged, taken away, broken; the reason in words.
    Lost(String),
}

/// The guard: the camera is off when it goes out of scope.
#[derive(Debug)]
pub struct Camera {
    _vigil: Vigil,
    _graph: Graph,
}

impl Camera {
    /// Turns `device` on. `keep` is the format of a master that runs already: whatever this camera delivers is
    /// brought to it. `test` is the size and rate of the built-in camera.
    pub fn open(
        device: &Device,
        keep: Option<&PictureFormat>,
        test: (Size, Rate),
        on_signal: impl Fn(CameraSignal) + Send + Sync + 'static,
    ) -> Result<Camera, GraphError> {
        let mode = mode(device, test);
        let decoder = decoder(mode);
        let text = Text::load("camera")?;
        let graph = Graph::build(&text, &[("source", &device.source_element()), ("decoder", decoder)])?;
        let source = graph.element("source")?;
        device.configure(&source);
        stamp::stamp_all(&source);
        if let Some(mode) = mode {
            graph.element("mode")?.set_property("caps", mode.caps());
        }
        if let Some(caps) = leaving(keep, mode) {
            graph.element("size")?.set_property("caps", caps);
        }
        let on_signal = Arc::new(on_signal);
        deliver(&graph.app_sink("pictures")?, on_signal.clone());
        let on_silence = on_signal.clone();
        let vigil = Vigil::keep(&source, move || on_silence(CameraSignal::Lost("it sends no pictures".to_owned())));
        graph.play(move |signal| on_graph_signal(signal, &*on_signal))?;
        Ok(Camera { _vigil: vigil, _graph: graph })
    }
}

/// How the device will be asked to deliver; `None` leaves that to it.
pub(super) fn mode(device: &Device, test: (Size, Rate)) -> Option<Mode> {
    match device.is_test() {
        true => Some(Mode { jpeg: false, size: test.0, rate: test.1 }),
        false => device.caps().as_ref().and_then(camera_mode::best),
    }
}

/// What fills the slot of that name.
pub(super) fn decoder(mode: Option<Mode>) -> &'static str {
    if mode.is_some_and(|m| m.jpeg) { "jpegdec !" } else { "" }
}

/// What leaves the graph: the running master's format, or the camera's own size if that is not too large.
fn leaving(keep: Option<&PictureFormat>, mode: Option<Mode>) -> Option<gst::Caps> {
    if let Some(format) = keep {
        return Some(format.caps(false));
    }
    let size = mode?.size.fitted(Size::FULL_HD);
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", size.width as i32)
        .field("height", size.height as i32)
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1));
    Some(caps.build())
}

fn deliver<F: Fn(CameraSignal) + Send + Sync + 'static>(sink: &gst_app::AppSink, on_signal: Arc<F>) {
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let at = sample.buffer().and_then(gst::BufferRef::pts).map_or_else(super::now, |t| Mono(t.nseconds()));
        on_signal(CameraSignal::Picture(Picture { at, sample }));
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).build());
}

fn on_graph_signal(signal: GraphSignal, on_signal: &impl Fn(CameraSignal)) {
    match signal {
        GraphSignal::Error(trouble) => {
            tracing::debug!("camera: {trouble}: {}", trouble.debug);
            on_signal(CameraSignal::Lost(trouble.message));
        }
        GraphSignal::End => on_signal(CameraSignal::Lost("it ended".to_owned())),
    }
}
