// SPDX-License-Identifier: MIT
//! The running graph of our own picture: scales, encodes, and says of every picture in which layer it lies.
//!
//! What is ordered is put in force by the thread that encodes, right before the next picture: an encoder's settings
//! have a lock that is held while it works, and nobody else shall wait for it.

use super::super::camera::Picture;
use super::super::format::PictureFormat;
use super::super::graph::{Graph, GraphError};
use super::super::text::Text;
use super::out::{Encoded, FaceOrder, Wishes};
use super::revive::Alarm;
use super::rhythm::Rhythm;
use super::stall::Stall;
use super::tag::{LAYER_MAX, Numbering, TAG_LEN};
use super::{layers, shape};
use crate::words::{Mono, Size};
use gst::prelude::{ElementExt, ObjectExt, PadExtManual};
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// A key frame at least so often, so that nobody stands still for longer.
const KEY_EVERY_NS: i64 = 2_000_000_000;

/// However many ask, not more often than this: key frames are large.
const KEY_PAUSE_NS: i64 = 300_000_000;

/// More pictures than one are never in the encoder, unless somebody's own text has queues.
const UNDER_WAY_MAX: usize = 16;

/// The guard: encoding stops when it goes out of scope.
pub(super) struct Coder {
    source: gst_app::AppSrc,
    rhythm: Rhythm,
    wishes: Arc<Wishes>,
    _stall: Stall,
    _graph: Graph,
}

impl Coder {
    pub(super) fn start<F: Fn(Encoded) + Send + Sync + 'static>(
        wishes: &Arc<Wishes>,
        alarm: Alarm<Coder>,
        on_encoded: Arc<F>,
    ) -> Result<Coder, GraphError> {
        let graph = Graph::build(&Text::load("outgoing-picture")?, &[])?;
        let (source, sink) = (graph.app_source("camera")?, graph.app_sink("coded")?);
        let encoder = graph.element("encoder")?;
        let kbps = wishes.order().kbps;
        layers::arrange(&encoder, kbps);
        let way = Arc::new(Mutex::new(Way::default()));
        let (size, wishes) = (graph.element("size")?, wishes.clone());
        let line = Line { encoder, size, wishes: wishes.clone(), kbps, camera: None, size_sent: None, key_at: None };
        prepare_each(&source, line, way.clone());
        deliver(&sink, way, on_encoded);
        let bell = alarm.clone();
        let stall = Stall::watch(&source, &sink, move || bell.hangs("outgoing-picture"));
        graph.play(move |signal| alarm.hear(signal))?;
        Ok(Coder { source, rhythm: Rhythm::default(), wishes, _stall: stall, _graph: graph })
    }

    /// A picture of the camera, if it is one of those that are sent.
    pub(super) fn take(&mut self, picture: &Picture) {
        let Some(slot) = self.rhythm.take(picture.at, self.wishes.fps()) else { return };
        let (Some(shown), Some(caps)) = (picture.sample.buffer(), picture.sample.caps()) else { return };
        // The same memory under a place of its own: the even grid for the encoder's arithmetic, and along with it
        // when the picture was really taken.
        let mut buffer = shown.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamped.set_pts(gst::ClockTime::from_nseconds(slot.0));
        stamped.set_dts(gst::ClockTime::NONE);
        stamped.set_duration(gst::ClockTime::from_nseconds(Mono::SECOND / u64::from(self.wishes.fps())));
        stamped.set_offset(picture.at.0);
        stamped.unset_flags(gst::BufferFlags::DISCONT);
        self.wishes.counted.give();
        let sample = gst::Sample::builder().buffer(&buffer).caps(&caps.to_owned()).build();
        if let Err(e) = self.source.push_sample(&sample) {
            tracing::debug!("our picture's encoder takes no more: {e}");
        }
    }

    /// Pictures that wait for the encoder.
    pub(super) fn waiting(&self) -> u64 {
        self.source.current_level_buffers()
    }
}

/// Pictures between the queue and the far end of the encoder.
#[derive(Default)]
struct Way(VecDeque<UnderWay>);

struct UnderWay {
    slot: Mono,
    captured: Mono,
    began: Mono,
}

impl Way {
    fn enter(&mut self, picture: UnderWay) {
        if self.0.len() >= UNDER_WAY_MAX {
            self.0.pop_front();
        }
        self.0.push_back(picture);
    }

    /// The one that came out, and those before it that never will.
    fn leave(&mut self, slot: Mono) -> Option<UnderWay> {
        let at = self.0.iter().position(|picture| picture.slot == slot)?;
        self.0.drain(..=at).next_back()
    }
}

/// What holds for the next picture; used by the encoding thread alone.
struct Line {
    encoder: gst::Element,
    size: gst::Element,
    wishes: Arc<Wishes>,
    kbps: u32,
    camera: Option<Size>,
    size_sent: Option<Size>,
    key_at: Option<Mono>,
}

fn prepare_each(source: &gst_app::AppSrc, line: Line, way: Arc<Mutex<Way>>) {
    let Some(pad) = source.static_pad("src") else { return };
    let line = Mutex::new(line);
    let wanted = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    pad.add_probe(wanted, move |_, info| {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => {
                let slot = Mono(buffer.pts().unwrap_or_default().nseconds());
                let (captured, began) = (Mono(buffer.offset()), super::super::now());
                way.lock().unwrap_or_else(PoisonError::into_inner).enter(UnderWay { slot, captured, began });
                line.wishes.counted.enter();
                line.prepare(slot);
            }
            Some(gst::PadProbeData::Event(event)) => line.hear(event),
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

impl Line {
    /// A camera of another size says so before its first picture: the encoder must not see that size.
    fn hear(&mut self, event: &gst::Event) {
        if let gst::EventView::Caps(caps) = event.view() {
            self.camera = PictureFormat::from_caps(caps.caps()).map(|format| format.size);
            self.resize();
        }
    }

    /// Puts the ordered size in force. Another one begins with a key frame.
    fn resize(&mut self) {
        let Some(camera) = self.camera else { return };
        let size = shape::sent(camera, self.wishes.order().height);
        if self.size_sent.replace(size) != Some(size) {
            self.size.set_property("caps", sent_caps(size));
            self.key_at = None;
        }
    }

    fn prepare(&mut self, at: Mono) {
        let FaceOrder { kbps, .. } = self.wishes.order();
        if std::mem::replace(&mut self.kbps, kbps) != kbps {
            layers::set_bitrate(&self.encoder, kbps);
        }
        self.resize();
        let since_ns = self.key_at.map_or(i64::MAX, |key| at.since(key));
        let due = !(0..KEY_EVERY_NS).contains(&since_ns);
        // A wish that comes too soon is kept for later.
        if due || (since_ns >= KEY_PAUSE_NS && self.wishes.is_key_wanted()) {
            self.wishes.key_is_made();
            self.key_at = Some(at);
            let key = gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(false).build();
            if !self.encoder.static_pad("src").is_some_and(|pad| pad.send_event(key)) {
                tracing::debug!("the encoder makes no key frame when it is asked");
            }
        }
    }
}

/// VP8 does not say what its colours mean; everybody takes them as those of standard definition.
fn sent_caps(size: Size) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", size.width as i32)
        .field("height", size.height as i32)
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("colorimetry", "bt601")
        .build()
}

fn deliver<F: Fn(Encoded) + Send + Sync + 'static>(sink: &gst_app::AppSink, way: Arc<Mutex<Way>>, on_encoded: Arc<F>) {
    let numbering = Mutex::new(Numbering::default());
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
        let vp8 = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
        let slot = Mono(buffer.pts().unwrap_or_default().nseconds());
        let way = way.lock().unwrap_or_else(PoisonError::into_inner).leave(slot);
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let layer = layers::of(buffer).min(LAYER_MAX);
        let tag = numbering.lock().unwrap_or_else(PoisonError::into_inner).next(key, layer);
        let mut bytes = Vec::with_capacity(TAG_LEN + vp8.len());
        bytes.extend_from_slice(&tag.bytes());
        bytes.extend_from_slice(&vp8);
        let (captured, began) = way.map_or((slot, slot), |way| (way.captured, way.began));
        let took_ns = super::super::now().since(began).max(0) as u64;
        on_encoded(Encoded { key, layer: tag.layer, bytes, captured, took_ns });
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).build());
}
