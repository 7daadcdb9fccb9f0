// SPDX-License-Identifier: MIT
//! The running graph of a peer's picture.

use super::super::camera::Picture;
use super::super::graph::{Graph, GraphError};
use super::super::text::Text;
use super::gate::{Gate, Verdict, is_plausible};
use super::revive::Alarm;
use super::stall::Stall;
use super::tag::Tag;
use crate::words::Mono;
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::Arc;

/// So many may wait: a burst after a pause of the road. More, and the machine is too slow to decode them all.
const WAITING_MAX: u64 = 12;

/// The guard: decoding stops when it goes out of scope.
pub(super) struct Decoder {
    source: gst_app::AppSrc,
    gate: Gate,
    pushed: Mono,
    _stall: Stall,
    _graph: Graph,
}

impl Decoder {
    pub(super) fn start<F: Fn(Picture) + Send + Sync + 'static>(
        alarm: Alarm<Decoder>,
        on_picture: Arc<F>,
    ) -> Result<Decoder, GraphError> {
        let graph = Graph::build(&Text::load("far-picture")?, &[])?;
        let (source, sink) = (graph.app_source("coded")?, graph.app_sink("picture")?);
        deliver(&sink, on_picture);
        let bell = alarm.clone();
        let stall = Stall::watch(&source, &sink, move || bell.hangs("far-picture"));
        graph.play(move |signal| alarm.hear(signal))?;
        Ok(Decoder { source, gate: Gate::default(), pushed: Mono(0), _stall: stall, _graph: graph })
    }

    /// Decodes it, if that can be done cleanly; `true` asks for a key frame.
    pub(super) fn take(&mut self, bytes: &[u8], key: bool, captured: Mono, layer_max: u8, now: Mono) -> bool {
        let sound = Tag::read(bytes).filter(|(_, vp8)| is_plausible(vp8, key));
        let Some((tag, vp8)) = sound else {
            tracing::debug!("{} bytes that are no picture", bytes.len());
            return false;
        };
        let mut verdict = self.gate.judge(tag, key, layer_max, now);
        if verdict == Verdict::Decode && self.source.current_level_buffers() >= WAITING_MAX {
            verdict = self.gate.wait(now);
        }
        match verdict {
            Verdict::Decode => self.push(vp8, key, captured),
            Verdict::Skip => {}
            Verdict::Wait { ask } => return ask,
        }
        false
    }

    /// What it has is of no use any more.
    pub(super) fn close(&mut self) {
        self.gate.close();
    }

    fn push(&mut self, vp8: &[u8], key: bool, captured: Mono) {
        // Session time is an estimate and may take a step back; a decoder's time may not.
        self.pushed = captured.max(self.pushed.offset(1));
        let mut buffer = gst::Buffer::from_mut_slice(vp8.to_vec());
        let stamped = buffer.get_mut().expect("a fresh buffer has one owner");
        stamped.set_pts(gst::ClockTime::from_nseconds(self.pushed.0));
        if !key {
            stamped.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        if let Err(e) = self.source.push_buffer(buffer) {
            tracing::debug!("a peer's decoder takes no more: {e}");
        }
    }
}

fn deliver<F: Fn(Picture) + Send + Sync + 'static>(sink: &gst_app::AppSink, on_picture: Arc<F>) {
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let at = sample.buffer().and_then(gst::BufferRef::pts).map_or_else(super::super::now, |t| Mono(t.nseconds()));
        on_picture(Picture { at, sample });
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).build());
}
