// SPDX-License-Identifier: MIT
//! What the encoders make, before it is wrapped: for whoever sends it instead of keeping it.

use super::{Recording, RecordingSpec};
use crate::media::GraphError;
use gst::prelude::{ElementExt, PadExt, PadExtManual};
use gstreamer as gst;
use std::sync::Arc;
use std::time::Duration;

/// Where sound waits for its pictures, when nobody wants to wait for sound.
pub(super) const SOUND_QUEUE: &str =
    " ! queue name=sound_packets max-size-buffers=0 max-size-bytes=0 max-size-time=1000000000";

/// Of what a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// A picture.
    Picture,
    /// A piece of sound.
    Sound,
}

/// One picture, or one piece of sound, encoded.
#[derive(Clone, Copy, Debug)]
pub struct EncodedPacket<'a> {
    /// Of what it is.
    pub kind: PacketKind,
    /// Of which track: 0 is the main pair, further ones are numbered from 1.
    pub track: usize,
    /// When it is to be seen or heard, from the beginning on. Sound begins with what its encoder puts in front.
    pub at: Duration,
    /// Whether it can be decoded without those before it.
    pub key: bool,
    /// The packet.
    pub bytes: &'a [u8],
    /// What a decoder has to know beforehand; empty if the packets say it.
    pub headers: &'a [u8],
}

impl Recording {
    /// Tells of every packet from now on, on the thread that made it: pictures and sound have one each.
    pub fn tap(
        &self,
        spec: &RecordingSpec<'_>,
        tell: impl Fn(&EncodedPacket<'_>) + Send + Sync + 'static,
    ) -> Result<(), GraphError> {
        let (wrap, mux) = (spec.wrap(), self._graph.element("mux")?);
        let sound_pad = wrap.sound_pads[usize::from(spec.pictures.is_none())];
        let queue = self._graph.element("sound_packets").ok().and_then(|queue| queue.static_pad("sink"));
        let pictures = spec.pictures.and_then(|_| mux.static_pad(wrap.picture_pad));
        let sound = spec.sound.and_then(|_| queue.or_else(|| mux.static_pad(sound_pad)));
        let tell = Arc::new(tell);
        let further = (1..).zip(spec.branches()).map(|(number, (track, pad))| {
            let kind = if track.pictures().is_some() { PacketKind::Picture } else { PacketKind::Sound };
            (kind, number, mux.static_pad(&pad))
        });
        for (kind, track, pad) in
            [(PacketKind::Picture, 0, pictures), (PacketKind::Sound, 0, sound)].into_iter().chain(further)
        {
            let Some(pad) = pad else { continue };
            let tell = tell.clone();
            pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
                if let Some(buffer) = info.buffer() {
                    tell_of((kind, track), pad, buffer, tell.as_ref());
                }
                gst::PadProbeReturn::Ok
            });
        }
        Ok(())
    }
}

fn tell_of(
    (kind, track): (PacketKind, usize),
    pad: &gst::Pad,
    buffer: &gst::BufferRef,
    tell: &impl Fn(&EncodedPacket<'_>),
) {
    let Ok(bytes) = buffer.map_readable() else { return };
    let caps = pad.current_caps();
    let headers = caps.as_ref().and_then(|caps| caps.structure(0)?.get::<gst::Buffer>("codec_data").ok());
    let headers = headers.and_then(|headers| headers.into_mapped_buffer_readable().ok());
    let segment = pad.sticky_event::<gst::event::Segment>(0);
    let segment = segment.as_ref().and_then(|event| event.segment().downcast_ref::<gst::ClockTime>());
    let at = segment.zip(buffer.pts()).and_then(|(segment, pts)| segment.to_running_time(pts));
    tell(&EncodedPacket {
        kind,
        track,
        at: Duration::from_nanos(at.unwrap_or_default().nseconds()),
        key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
        bytes: &bytes,
        headers: headers.as_deref().unwrap_or_default(),
    });
}
