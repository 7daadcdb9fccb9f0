// SPDX-License-Identifier: MIT
//! Reading a recording's sound again: decoded block by block, as fast as it is asked for, each block with its place.
//!
//! ```text
//!  the decoder's time   |-- priming --|------------ sound ------------|
//!  place               -1024          0                               n
//! ```
//!
//! Places are counted from where a player would begin: what lies in front of 0 is the encoder's priming.

use super::graph::{Graph, GraphError, GraphSignal};
use super::text::{Text, TextError};
use crate::words::RATE_HZ;
use gst::prelude::ObjectExt;
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

/// A file that gives nothing for so long never will: disks sleep for seconds, not for this.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(30);

/// How often a decoder that gives nothing is asked what its trouble is.
const GLANCE: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub enum ReadSoundError {
    /// The text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The decoder.
    #[error("the sound of {path} cannot be decoded ({why}); try hyperzoom recover on it first")]
    Undecodable {
        /// Which file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

/// One block of decoded sound.
#[derive(Debug)]
pub struct DecodedSound {
    /// The place of its first sample; negative for what a player hides.
    pub at: i64,
    /// One channel.
    pub samples: Vec<f32>,
}

/// A file that is being read; dropping it ends that.
#[derive(Debug)]
pub struct SoundFile {
    path: PathBuf,
    sink: gst_app::AppSink,
    troubles: Receiver<String>,
    /// Stopped when it goes.
    _graph: Graph,
}

impl SoundFile {
    /// Begins to read.
    pub fn open(path: &Path) -> Result<SoundFile, ReadSoundError> {
        let graph = Graph::build(&Text::load("read-sound")?, &[])?;
        graph.element("file")?.set_property("location", path);
        let sink = graph.app_sink("samples")?;
        let (send, troubles) = channel();
        graph.play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                // Whoever read may have had enough.
                let _ = send.send(trouble.to_string());
            }
        })?;
        Ok(SoundFile { path: path.to_owned(), sink, troubles, _graph: graph })
    }

    /// The next block; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<DecodedSound>, ReadSoundError> {
        for _ in 0..PATIENCE.mseconds() / GLANCE.mseconds() {
            match self.sink.try_pull_sample(GLANCE) {
                Some(sample) => return self.decoded(&sample).map(Some),
                None if self.sink.is_eos() => return Ok(None),
                None => {}
            }
            if let Ok(why) = self.troubles.try_recv() {
                return Err(self.undecodable(why));
            }
        }
        Err(self.undecodable(format!("it gave nothing for {} s", PATIENCE.seconds())))
    }

    fn decoded(&self, sample: &gst::Sample) -> Result<DecodedSound, ReadSoundError> {
        let unstamped = || self.undecodable("the decoder gives no times".to_owned());
        let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>()).ok_or_else(unstamped)?;
        let buffer = sample.buffer().ok_or_else(unstamped)?;
        let time = buffer.pts().and_then(|pts| segment.to_running_time_full(pts)).ok_or_else(unstamped)?;
        let ns = match time {
            gst::Signed::Positive(time) => time.nseconds() as i128,
            gst::Signed::Negative(time) => -(time.nseconds() as i128),
        };
        let at = (ns * i128::from(RATE_HZ) + 500_000_000).div_euclid(1_000_000_000) as i64;
        let map = buffer.map_readable().map_err(|e| self.undecodable(e.to_string()))?;
        let samples = map.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Ok(DecodedSound { at, samples })
    }

    fn undecodable(&self, why: String) -> ReadSoundError {
        ReadSoundError::Undecodable { path: self.path.clone(), why }
    }
}
