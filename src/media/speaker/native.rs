// SPDX-License-Identifier: MIT
//! A speaker that is a node of PipeWire's: asked within the graph's own cycle for that cycle's samples.

use super::{BLOCK_SAMPLES, Filler, SpeakerError, SpeakerSignal, ask};
use crate::media::Device;
use crate::media::node::{Node, Wish};
use pipewire::stream::Stream;
use std::sync::Arc;

/// Bytes of one sample of one channel.
const SAMPLE_BYTES: usize = size_of::<f32>();

/// Plays to `device`, or to what the server thinks best. The server spreads the one channel over the speaker's.
pub(super) fn open(
    device: Option<&Device>,
    fill: Filler,
    on_signal: impl Fn(SpeakerSignal) + Send + Sync + 'static,
) -> Result<Node, SpeakerError> {
    let wish = Wish {
        name: "hyperzoom-voices",
        description: "HyperZoom: the others' voices",
        captures: false,
        target: device.map(|d| d.id.clone()),
        channels: 1,
        block_samples: Some(BLOCK_SAMPLES),
    };
    let process = Box::new(move |stream: &Stream| on_process(stream, &fill));
    let on_lost = Arc::new(move |why| on_signal(SpeakerSignal::Lost(why)));
    let speaker = || device.map_or("the default speaker", |d| &d.name).to_owned();
    Node::open(wish, process, on_lost).map_err(|why| SpeakerError::Refused { speaker: speaker(), why })
}

/// The graph's cycle: real time.
fn on_process(stream: &Stream, fill: &Filler) {
    let Some(mut buffer) = stream.dequeue_buffer() else { return };
    let requested = buffer.requested() as usize;
    let [data, ..] = buffer.datas_mut() else { return };
    let Some(bytes) = data.data() else { return };
    let room = bytes.len() / SAMPLE_BYTES;
    let count = if requested == 0 { room.min(BLOCK_SAMPLES) } else { room.min(requested) };
    let bytes = &mut bytes[..count * SAMPLE_BYTES];
    // SAFETY: every pattern of bits is a float; what is not aligned is left out, and the server aligns its buffers.
    let (_, samples, _) = unsafe { bytes.align_to_mut::<f32>() };
    let filled = samples.len();
    ask(fill, samples, crate::media::now());
    let chunk = data.chunk_mut();
    *chunk.offset_mut() = 0;
    *chunk.stride_mut() = SAMPLE_BYTES as i32;
    *chunk.size_mut() = (filled * SAMPLE_BYTES) as u32;
}
