// SPDX-License-Identifier: MIT
//! A recording made once more, with other sound and the very same pictures: their bytes come from the finished file,
//! everything else about them from notes taken when they were encoded. So no reader of files has a say in when a
//! picture is shown.

use super::{GraphError, Recording, RecordingSignal, RecordingSpec};
use gst::prelude::{ElementExt, PadExt, PadExtManual};
use gstreamer as gst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The graph.
pub(super) const TEXT: &str = "recording-copy";

/// What was noted of every coded picture, in the order of the file. Some forty bytes each.
#[derive(Clone, Debug, Default)]
pub struct PictureNotes(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    packets: Vec<Note>,
    /// What packets are and how their stamps are meant; usually the same for all.
    kinds: Vec<(gst::Caps, gst::Segment)>,
}

#[derive(Clone, Copy, Debug)]
struct Note {
    pts: Option<gst::ClockTime>,
    dts: Option<gst::ClockTime>,
    duration: Option<gst::ClockTime>,
    flags: gst::BufferFlags,
    kind: u32,
}

/// One coded picture, as a file has it.
#[derive(Debug)]
pub struct PicturePacket {
    pub(in crate::media) buffer: gst::Buffer,
}

impl PicturePacket {
    /// Does something with its bytes; what can't be read has none.
    pub fn with_bytes<T>(&self, what: impl FnOnce(&[u8]) -> T) -> T {
        match self.buffer.map_readable() {
            Ok(map) => what(&map),
            Err(_) => what(&[]),
        }
    }
}

impl PictureNotes {
    /// How many pictures were noted.
    pub fn len(&self) -> u64 {
        self.notes().packets.len() as u64
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, pad: &gst::Pad, buffer: &gst::BufferRef) {
        let Some(caps) = pad.current_caps() else { return };
        let Some(segment) = pad.sticky_event::<gst::event::Segment>(0) else { return };
        let mut notes = self.notes();
        let is_known = notes.kinds.last().is_some_and(|(known, of)| *known == caps && of == segment.segment());
        if !is_known {
            notes.kinds.push((caps, segment.segment().clone()));
        }
        let kind = notes.kinds.len() as u32 - 1;
        let (pts, dts, duration) = (buffer.pts(), buffer.dts(), buffer.duration());
        notes.packets.push(Note { pts, dts, duration, flags: buffer.flags(), kind });
    }
}

impl Recording {
    /// Takes notes of every picture from now on.
    pub fn note_pictures(&self, spec: &RecordingSpec<'_>) -> Result<PictureNotes, GraphError> {
        let notes = PictureNotes::default();
        let pad = self._graph.element("mux")?.static_pad(spec.wrap().picture_pad);
        if let Some(pad) = pad.filter(|_| spec.pictures.is_some()) {
            let book = notes.clone();
            pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
                if let Some(buffer) = info.buffer() {
                    book.take(pad, buffer);
                }
                gst::PadProbeReturn::Ok
            });
        }
        Ok(notes)
    }

    /// Starts a recording whose pictures are given to [`Recording::packet`].
    pub fn start_again(
        spec: &RecordingSpec<'_>,
        on_signal: impl Fn(RecordingSignal) + Send + Sync + 'static,
    ) -> Result<Recording, GraphError> {
        let text = if spec.pictures.is_some() { TEXT } else { spec.text_name() };
        Recording::begin(spec, text, on_signal)
    }

    /// The coded picture of that number in the order of the file; `false` if there are no notes of it.
    pub fn packet(&self, number: u64, packet: &PicturePacket, notes: &PictureNotes) -> bool {
        let Some((source, _)) = &self.pictures else { return false };
        let notes = notes.notes();
        let Some(note) = notes.packets.get(number as usize).copied() else { return false };
        let (caps, segment) = &notes.kinds[note.kind as usize];
        let mut buffer = packet.buffer.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamped.set_pts(note.pts);
        stamped.set_dts(note.dts);
        stamped.set_duration(note.duration);
        stamped.unset_flags(gst::BufferFlags::all());
        stamped.set_flags(note.flags);
        let sample = gst::Sample::builder().buffer(&buffer).caps(caps).segment(segment).build();
        drop(notes);
        if let Err(e) = source.push_sample(&sample) {
            tracing::debug!("an encoding graph takes no more: {e}");
        }
        true
    }

    /// All sound has been given; pictures may follow.
    pub fn end_sound(&self) {
        super::counted::end(self.sound.iter().map(|sound| &sound.source));
    }

    /// All pictures have been given; sound may follow.
    pub fn end_pictures(&self) {
        super::counted::end(self.pictures.iter().map(|(source, _)| source));
    }
}
