// SPDX-License-Identifier: MIT
//! Wrapping what a crash has left of a Matroska, WebM or AVI file anew, packet by packet, without decoding anything.

use super::graph::{Graph, GraphError, GraphSignal};
use super::packets::demuxer;
use super::recording::muxer;
use super::text::{Text, TextError};
use crate::words::Container;
use gst::prelude::{Cast, ElementExt, ElementExtManual, GstBinExt, GstObjectExt, ObjectExt, PadExt, PadExtManual};
use gstreamer as gst;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A disk that takes nothing for so long never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// A muxer holds one stream back until it has the other: they lie side by side in a file, but for a few seconds.
const BETWEEN_BYTES: u32 = 256 << 20;

/// Why a file is not wrapped anew.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// It holds nothing.
    #[error("nothing of {0} had reached the disk that can be played")]
    Nothing(PathBuf),
    /// The reader or the writer.
    #[error("{path} cannot be read or written anew: {why}")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

/// What was found in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packets {
    /// Pictures and packets of sound, track by track.
    pub counts: Vec<u64>,
    /// Until the end of the longest track.
    pub seconds: f64,
}

/// Wraps `torn` anew, as `made`; answers what is in it.
pub fn rewrite(torn: &Path, container: Container, made: &Path) -> Result<Packets, RewriteError> {
    read(torn, container, Some(made))
}

/// Only reads it to its end.
pub fn packets(file: &Path, container: Container) -> Result<Packets, RewriteError> {
    read(file, container, None)
}

fn read(torn: &Path, container: Container, made: Option<&Path>) -> Result<Packets, RewriteError> {
    let end = if made.is_some() { "filesink sync=false async=false" } else { "fakesink sync=false async=false" };
    let slots = [("demuxer", demuxer(container)), ("muxer", muxer(container)), ("end", end)];
    let graph = Graph::build(&Text::load("rewrite")?, &slots)?;
    graph.element("torn")?.set_property("location", torn);
    if let Some(made) = made {
        graph.element("made")?.set_property("location", made);
    }
    let broken = |why: String| RewriteError::Broken { path: torn.to_owned(), why };
    let (tell, told) = channel();
    let tracks = Arc::<Mutex<Vec<Arc<Track>>>>::default();
    let found = tracks.clone();
    let (mux, refused) = (graph.element("mux")?, tell.clone());
    graph.element("demux")?.connect_pad_added(move |demux, pad| match lead(demux, pad, &mux, container) {
        Ok(track) => found.lock().unwrap_or_else(PoisonError::into_inner).push(track),
        // Whoever rewrites may have given up.
        Err(why) => drop(refused.send(Err(why))),
    });
    graph.play(move |signal| {
        let ended = match signal {
            GraphSignal::Error(trouble) => Err(trouble.to_string()),
            GraphSignal::End => Ok(()),
        };
        let _ = tell.send(ended);
    })?;
    let known = || {
        let tracks = tracks.lock().unwrap_or_else(PoisonError::into_inner);
        let end_ns = tracks.iter().map(|track| track.end_ns.load(Relaxed)).max().unwrap_or(0);
        let counts = tracks.iter().map(|track| track.packets.load(Relaxed)).collect();
        Packets { counts, seconds: end_ns as f64 / 1e9 }
    };
    let mut before = known();
    loop {
        match told.recv_timeout(PATIENCE) {
            Ok(Ok(())) => break,
            Ok(Err(why)) if known().counts.iter().all(|&packets| packets == 0) => {
                tracing::info!("{}: {why}", torn.display());
                return Err(RewriteError::Nothing(torn.to_owned()));
            }
            Ok(Err(why)) => return Err(broken(why)),
            Err(_) if known() == before => return Err(broken(format!("nothing went on for {PATIENCE:?}"))),
            Err(_) => before = known(),
        }
    }
    let all = known();
    if all.counts.iter().all(|&packets| packets == 0) { Err(RewriteError::Nothing(torn.to_owned())) } else { Ok(all) }
}

/// What passed from one track.
#[derive(Debug, Default)]
struct Track {
    packets: AtomicU64,
    end_ns: AtomicU64,
}

/// Leads a track to the muxer, by way of a parser where the muxer wants to know more than the file says.
fn lead(demux: &gst::Element, pad: &gst::Pad, mux: &gst::Element, container: Container) -> Result<Arc<Track>, String> {
    let unlike = || "it holds something that is neither pictures nor sound".to_owned();
    let caps = pad.current_caps().ok_or_else(unlike)?;
    let kind = caps.structure(0).ok_or_else(unlike)?;
    let parser = match (kind.name().as_str(), container) {
        ("audio/x-flac", _) => Some("flacparse"),
        ("audio/mpeg", _) if kind.get::<i32>("mpegversion") == Ok(1) => Some("mpegaudioparse"),
        ("video/x-h264", Container::Avi) => Some("h264parse"),
        _ => None,
    };
    let template = if kind.name().starts_with("video/") { "video_%u" } else { "audio_%u" };
    let refused = |why: gst::glib::BoolError| why.to_string();
    let queue = gst::ElementFactory::make("queue").property("max-size-buffers", 0u32).property("max-size-time", 0u64);
    let queue = queue.property("max-size-bytes", BETWEEN_BYTES).build().map_err(refused)?;
    let parser = parser.map(|name| gst::ElementFactory::make(name).build()).transpose().map_err(refused)?;
    let graph = demux.parent().and_then(|parent| parent.downcast::<gst::Bin>().ok()).ok_or_else(unlike)?;
    let mux_pad = mux.request_pad_simple(template).ok_or_else(unlike)?;
    let (mut last, first) = (mux_pad.clone(), [parser, Some(queue)]);
    for element in first.into_iter().flatten() {
        graph.add(&element).map_err(refused)?;
        let [sink, source] = ["sink", "src"].map(|name| element.static_pad(name));
        source.ok_or_else(unlike)?.link(&last).map_err(|why| why.to_string())?;
        element.sync_state_with_parent().map_err(refused)?;
        last = sink.ok_or_else(unlike)?;
    }
    pad.link(&last).map_err(|why| why.to_string())?;
    let track = Arc::<Track>::default();
    let count = track.clone();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer() {
            count.packets.fetch_add(1, Relaxed);
            let end = buffer.pts().map(|pts| pts + buffer.duration().unwrap_or(gst::ClockTime::ZERO));
            count.end_ns.fetch_max(end.map_or(0, gst::ClockTime::nseconds), Relaxed);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(track)
}
