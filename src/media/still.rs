// SPDX-License-Identifier: MIT
//! One picture of a recording, small, as plain bytes.

use super::graph::{Graph, GraphError, GraphSignal};
use super::text::Text;
use crate::words::Size;
use gst::prelude::{ElementExtManual, ObjectExt};
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::VideoFrameExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

/// The beginning of a recording is often black, or an empty chair: so far into it somebody is there.
const PART: u64 = 4;
const LATEST: gst::ClockTime = gst::ClockTime::from_seconds(60);

/// A file that gives nothing for so long never will.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(15);
/// How often a decoder that gives nothing is asked what its trouble is.
const GLANCE: gst::ClockTime = gst::ClockTime::from_mseconds(50);

/// Red, green and blue of every point, line by line, a byte each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Still {
    /// How wide and high.
    pub size: Size,
    /// Three bytes a point.
    pub rgb: Vec<u8>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum StillError {
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The decoder.
    #[error("no picture of {path} can be shown: {why}")]
    Undecodable {
        /// Which file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

impl Still {
    /// Takes one from a file, `width` points wide; the height follows. Takes a moment.
    pub fn of(path: &Path, width: u32) -> Result<Still, StillError> {
        let graph = Graph::build(&Text::load("still")?, &[]).map_err(StillError::Graph)?;
        graph.element("recording")?.set_property("location", path);
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "RGB")
            .field("width", width as i32)
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1));
        graph.element("size")?.set_property("caps", caps.build());
        let sink = graph.app_sink("picture")?;
        let (send, troubles) = channel();
        graph.play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                // Whoever looked may have seen enough.
                let _ = send.send(trouble.to_string());
            }
        })?;
        let first = pull(&sink, &troubles);
        let later = first.as_ref().ok().filter(|_| go_on(&sink)).and_then(|_| pull(&sink, &troubles).ok());
        let picture = later.map_or(first, Ok).and_then(|sample| plain(&sample));
        picture.map_err(|why| StillError::Undecodable { path: path.to_owned(), why })
    }
}

impl From<super::text::TextError> for StillError {
    fn from(why: super::text::TextError) -> StillError {
        StillError::Graph(why.into())
    }
}

fn pull(sink: &gst_app::AppSink, troubles: &Receiver<String>) -> Result<gst::Sample, String> {
    for _ in 0..PATIENCE.mseconds() / GLANCE.mseconds() {
        match sink.try_pull_sample(GLANCE) {
            Some(sample) => return Ok(sample),
            None if sink.is_eos() => return Err("it holds no pictures".to_owned()),
            None => {}
        }
        if let Ok(why) = troubles.try_recv() {
            return Err(why);
        }
    }
    Err(format!("it gave nothing for {} s", PATIENCE.seconds()))
}

/// Goes to the key frame that a person might recognise; `false` where the file can't be searched.
fn go_on(sink: &gst_app::AppSink) -> bool {
    let Some(length) = sink.query_duration::<gst::ClockTime>() else { return false };
    let to = LATEST.min(length / PART);
    sink.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE, to).is_ok()
}

/// Without the spare bytes at the end of each line.
fn plain(sample: &gst::Sample) -> Result<Still, String> {
    let nothing = || "what was decoded is no picture".to_owned();
    let info = sample.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok()).ok_or_else(nothing)?;
    let buffer = sample.buffer_owned().ok_or_else(nothing)?;
    let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info).map_err(|_| nothing())?;
    let line_bytes = 3 * frame.width() as usize;
    let lines = frame.plane_data(0).map_err(|e| e.to_string())?.chunks(frame.plane_stride()[0] as usize);
    let lines = lines.take(frame.height() as usize).filter_map(|line| line.get(..line_bytes));
    Ok(Still { size: Size { width: frame.width(), height: frame.height() }, rgb: lines.flatten().copied().collect() })
}
