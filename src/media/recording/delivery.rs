// SPDX-License-Identifier: MIT
//! A muxer's bytes on their way out, each with its place in the file.
//!
//! A muxer that writes its index or its length at the end goes back to do so. It asks first whether it can, and then
//! says where the next bytes belong; a sink for files answers and follows, so this one does, too.

use super::RecordingSignal;
use crate::media::master::is_header;
use crate::words::Mono;
use gst::prelude::{ElementExt, PadExtManual};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives all that reaches the sink to `on_signal`; a file in fragments begins with a header of its own.
pub fn deliver<F: Fn(RecordingSignal) + Send + Sync + 'static>(
    sink: &gst_app::AppSink,
    in_fragments: bool,
    on_signal: Arc<F>,
) {
    let place = Arc::new(AtomicU64::new(0));
    follow(sink, place.clone());
    let on_end = on_signal.clone();
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut pieces: Vec<&gst::BufferRef> = sample.buffer().into_iter().collect();
        pieces.extend(sample.buffer_list().into_iter().flat_map(gst::BufferListRef::iter));
        let (headers, rest): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| in_fragments && is_header(piece));
        for (pieces, header) in [(headers, true), (rest, false)] {
            let begin = pieces.iter().filter_map(|piece| piece.pts()).min().map(|pts| Mono(pts.nseconds()));
            let mut bytes = Vec::with_capacity(pieces.iter().map(|piece| piece.size()).sum());
            for piece in pieces {
                bytes.extend_from_slice(&piece.map_readable().map_err(|_| gst::FlowError::Error)?);
            }
            if !bytes.is_empty() {
                let at = place.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                on_signal(RecordingSignal::Bytes { at, bytes, header, begin });
            }
        }
        Ok(gst::FlowSuccess::Ok)
    };
    let end = move |_: &gst_app::AppSink| on_end(RecordingSignal::End);
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).eos(end).build());
}

/// Says that the file can be written anywhere, and keeps `place` where the muxer wants to write next.
fn follow(sink: &gst_app::AppSink, place: Arc<AtomicU64>) {
    let Some(pad) = sink.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(gst::QueryViewMut::Seeking(seeking)) = info.query_mut().map(gst::QueryRef::view_mut)
            && seeking.format() == gst::Format::Bytes
        {
            seeking.set(true, gst::format::Bytes::ZERO, gst::format::Bytes::NONE);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
    // An event is seen by the thread that brings the bytes, and between them.
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Segment(segment)) = info.event().map(|event| event.view())
            && let Some(bytes) = segment.segment().downcast_ref::<gst::format::Bytes>()
            && let Some(start) = bytes.start()
        {
            place.store(*start, Ordering::Relaxed);
        }
        gst::PadProbeReturn::Ok
    });
}
