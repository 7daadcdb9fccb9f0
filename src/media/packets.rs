// SPDX-License-Identifier: MIT
//! Reading a recording's coded pictures again, without decoding them.

use super::graph::{Graph, GraphError, GraphSignal};
use super::recording::PicturePacket;
use super::text::{Text, TextError};
use crate::words::Container;
use gst::prelude::{ElementExtManual, ObjectExt};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A file that gives nothing for so long never will: disks sleep for seconds, not for this.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(30);

/// How often a file that gives nothing is asked what its trouble is.
const GLANCE: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Why there are no packets.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// The text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The reader.
    #[error("the pictures of {path} cannot be read ({why}); try hyperzoom recover on it first")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

/// A file that is being read; dropping it ends that.
#[derive(Debug)]
pub struct PacketFile {
    path: PathBuf,
    sink: gst_app::AppSink,
    troubles: Receiver<String>,
    /// Stopped when it goes.
    _graph: Graph,
}

impl PacketFile {
    /// Begins to read.
    pub fn open(path: &Path, container: Container) -> Result<PacketFile, PacketError> {
        let graph = Graph::build(&Text::load("packets")?, &[("demuxer", demuxer(container))])?;
        graph.element("file")?.set_property("location", path);
        let sink = graph.app_sink("packets")?;
        let (send, troubles) = channel();
        graph.play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                // Whoever read may have had enough.
                let _ = send.send(trouble.to_string());
            }
        })?;
        Ok(PacketFile { path: path.to_owned(), sink, troubles, _graph: graph })
    }

    /// The next one, in the order of the file; `None` at the end.
    pub fn next_packet(&mut self) -> Result<Option<PicturePacket>, PacketError> {
        for _ in 0..PATIENCE.mseconds() / GLANCE.mseconds() {
            match self.sink.try_pull_sample(GLANCE) {
                Some(sample) => match sample.buffer_owned() {
                    Some(buffer) => return Ok(Some(PicturePacket { buffer })),
                    None => continue,
                },
                None if self.sink.is_eos() => return Ok(None),
                None => {}
            }
            if let Ok(why) = self.troubles.try_recv() {
                return Err(self.unreadable(why));
            }
        }
        Err(self.unreadable(format!("it gave nothing for {} s", PATIENCE.seconds())))
    }

    /// How long the file says it is, once its first packet has been read.
    pub fn duration(&self) -> Option<Duration> {
        self.sink.query_duration::<gst::ClockTime>().map(Duration::from)
    }

    fn unreadable(&self, why: String) -> PacketError {
        PacketError::Unreadable { path: self.path.clone(), why }
    }
}

/// What reads a container.
pub(super) fn demuxer(container: Container) -> &'static str {
    match container {
        Container::Mp4 | Container::Mov => "qtdemux",
        Container::Mkv | Container::WebM => "matroskademux",
        Container::Avi => "avidemux",
    }
}
