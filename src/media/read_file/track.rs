// SPDX-License-Identifier: MIT
//! One track of a file that is read: what is decoded next of it, with its time.

use super::FileItem;
use crate::media::RawPicture;
use gst::prelude::{ElementExt, PadExt};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::collections::VecDeque;
use std::time::Duration;

/// Sound is handed out in pieces of so many parts of a second, so that neither track runs far ahead of the other
/// however long its blocks are in the file.
const PIECES: u64 = 10;

/// The next item of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    /// It can be taken.
    Here,
    /// It has not been decoded yet.
    NotYet,
    /// There is no other.
    End,
}

/// See the module.
#[derive(Debug)]
pub struct Track {
    sink: gst_app::AppSink,
    /// The decoder's end of it.
    pad: gst::Pad,
    /// Decoded, and not taken yet.
    items: VecDeque<FileItem>,
    caps: Option<gst::Caps>,
    /// The latest time that was handed out, and where what has none follows.
    reached: Duration,
    end: Duration,
}

impl Track {
    /// The one that ends in this sink; none if nothing of the decoder leads there.
    pub fn find(sink: gst_app::AppSink, decoder: &gst::Element) -> Option<Track> {
        let mut pad = sink.static_pad("sink")?;
        let source = loop {
            let source = pad.peer()?;
            let element = source.parent_element()?;
            if &element == decoder {
                break source;
            }
            pad = element.static_pad("sink")?;
        };
        let (reached, end) = Default::default();
        Some(Track { sink, pad: source, items: VecDeque::new(), caps: None, reached, end })
    }

    /// Nothing more is wanted of it, and nobody is to wait for its being taken.
    pub fn give_up(&self) {
        if let Some(peer) = self.pad.peer()
            && let Err(why) = self.pad.unlink(&peer)
        {
            tracing::debug!("a track that nobody wants is decoded all the same: {why}");
        }
        self.sink.set_drop(true);
        while self.sink.try_pull_sample(gst::ClockTime::ZERO).is_some() {}
    }

    /// What kind of thing was decoded first.
    pub fn caps(&self) -> Option<gst::Caps> {
        self.caps.clone()
    }

    /// Whether there is a next item, within that time.
    pub fn head(&mut self, within: gst::ClockTime) -> Result<Head, String> {
        loop {
            if !self.items.is_empty() {
                return Ok(Head::Here);
            }
            match self.sink.try_pull_sample(within) {
                Some(sample) => self.read(&sample)?,
                None if self.sink.is_eos() => return Ok(Head::End),
                None => return Ok(Head::NotYet),
            }
        }
    }

    /// The next item, once it is there.
    pub fn take(&mut self) -> Option<FileItem> {
        self.items.pop_front()
    }

    fn read(&mut self, sample: &gst::Sample) -> Result<(), String> {
        let unlike = || "what was decoded is neither a picture nor sound".to_owned();
        let caps = sample.caps_owned().ok_or_else(unlike)?;
        let buffer = sample.buffer().ok_or_else(unlike)?;
        let begin_ns = self.begin_ns(sample, buffer);
        self.end = Duration::from_nanos(begin_ns.max(0) as u64) + buffer.duration().map_or(Duration::ZERO, Into::into);
        let kind = caps.structure(0).ok_or_else(unlike)?;
        // What changes in the middle of a file is brought to the first, but for a picture or two that were on their way.
        if self.caps.as_ref().and_then(|first| first.structure(0)).is_some_and(|first| is_unlike(first, kind)) {
            return Ok(());
        }
        match (kind.get::<i32>("rate"), kind.get::<i32>("channels")) {
            (Ok(rate_hz), Ok(channels)) => {
                self.read_sound(buffer, begin_ns, (rate_hz as u64).max(1), channels as usize)?
            }
            // In front of the beginning nobody would see it.
            _ if begin_ns < 0 => {}
            _ => {
                let at = self.forward(Duration::from_nanos(begin_ns as u64));
                // Some decoders have only so many buffers, and would wait for those that wait for an encoder.
                let copied = buffer.copy_deep().map_err(|why| why.to_string())?;
                self.items.push_back(FileItem::Picture { at, picture: RawPicture::decoded(copied) });
            }
        }
        self.caps.get_or_insert(caps);
        Ok(())
    }

    /// When a player would play it; what has no time follows the one before.
    fn begin_ns(&self, sample: &gst::Sample, buffer: &gst::BufferRef) -> i64 {
        let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
        let time = segment.zip(buffer.pts()).and_then(|(segment, pts)| segment.to_running_time_full(pts));
        match time {
            Some(gst::Signed::Positive(time)) => time.nseconds() as i64,
            Some(gst::Signed::Negative(time)) => -(time.nseconds() as i64),
            None => self.end.as_nanos() as i64,
        }
    }

    fn read_sound(
        &mut self,
        buffer: &gst::BufferRef,
        begin_ns: i64,
        rate_hz: u64,
        channels: usize,
    ) -> Result<(), String> {
        let bytes = buffer.map_readable().map_err(|why| why.to_string())?;
        let hidden = (begin_ns.min(0).unsigned_abs() * rate_hz).div_ceil(1_000_000_000);
        let one = 4 * channels.max(1);
        let heard = bytes.get(hidden as usize * one..).unwrap_or_default();
        let begin_ns = begin_ns.max(0) as u64;
        let piece = (rate_hz / PIECES).max(1);
        for (number, bytes) in (0u64..).zip(heard.chunks(piece as usize * one)) {
            let at = self.forward(Duration::from_nanos(begin_ns + number * piece * 1_000_000_000 / rate_hz));
            self.items.push_back(FileItem::Sound { at, bytes: bytes.to_vec() });
        }
        Ok(())
    }

    /// Times that go back a little, as those of torn files do, stand still.
    fn forward(&mut self, at: Duration) -> Duration {
        self.reached = self.reached.max(at);
        self.reached
    }
}

fn is_unlike(one: &gst::StructureRef, other: &gst::StructureRef) -> bool {
    let differs = |field| one.get::<i32>(field).ok() != other.get::<i32>(field).ok();
    ["width", "height", "rate", "channels"].into_iter().any(differs)
}
