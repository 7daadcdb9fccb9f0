// SPDX-License-Identifier: MIT
//! A loudspeaker that asks: whenever the sound card needs samples, whoever speaks is called for exactly these.
//!
//! ```text
//!   PipeWire       a native stream, called within the graph's own cycle: nothing waits in a queue      (native)
//!   elsewhere      pipelines/listen.launch: a source that is asked by a sink with a small buffer       (graph)
//!   no speaker     a thread with the rhythm of a sound card, so that a call runs all the same          (silent)
//! ```
//!
//! The filler runs on the card's own real-time thread. It must not wait, allocate or take a lock that others hold.

mod graph;
#[cfg(target_os = "linux")]
mod native;
mod silent;

use super::devices::Device;
use super::graph::GraphError;
use crate::words::Mono;
use std::sync::{Arc, Mutex};

pub(super) use graph::register;

/// Fills samples of one channel at 48 kHz; the moment is when they were asked for.
pub type Filler = Arc<Mutex<dyn FnMut(&mut [f32], Mono) + Send>>;

/// How many samples a speaker should ask for at a time.
pub(super) const BLOCK_SAMPLES: usize = 128;

/// Why nothing is heard.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    /// The graph does not run.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The sound server refuses.
    #[error("the sound server does not take a voice for {speaker}: {why}")]
    Refused {
        /// Which speaker.
        speaker: String,
        /// Its words.
        why: String,
    },
}

/// What a speaker tells, from its own threads.
#[derive(Clone, Debug)]
pub enum SpeakerSignal {
    /// It is gone; the reason in words.
    Lost(String),
}

/// The guard: the speaker falls silent when it goes out of scope.
#[derive(Debug)]
pub struct Speaker {
    _end: End,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for their Drop")]
enum End {
    #[cfg(target_os = "linux")]
    Native(super::node::Node),
    Graph(graph::Listening),
    Silent(silent::Silent),
}

impl Speaker {
    /// Begins to ask `fill` for what `device` plays.
    pub fn open(
        device: &Device,
        fill: Filler,
        on_signal: impl Fn(SpeakerSignal) + Send + Sync + 'static,
    ) -> Result<Speaker, SpeakerError> {
        #[cfg(target_os = "linux")]
        if device.is_of_pipewire() {
            return native::open(Some(device), fill, on_signal).map(End::Native).map(Speaker::of);
        }
        Ok(Speaker::of(End::Graph(graph::Listening::open(device, fill, on_signal)?)))
    }

    /// Whatever the sound server thinks is the speaker, wherever the person moves it; without a server, nothing.
    pub fn open_default(
        fill: Filler,
        on_signal: impl Fn(SpeakerSignal) + Send + Sync + 'static,
    ) -> Result<Speaker, SpeakerError> {
        #[cfg(target_os = "linux")]
        if super::devices::list_devices().iter().any(Device::is_of_pipewire) {
            return native::open(None, fill, on_signal).map(End::Native).map(Speaker::of);
        }
        let first = super::devices::list_devices().into_iter().find(|d| d.kind == super::devices::DeviceKind::Speaker);
        match first {
            Some(device) => Speaker::open(&device, fill, on_signal),
            None => Ok(Speaker::silent(fill)),
        }
    }

    /// Nothing is heard, but everything runs as if it were.
    pub fn silent(fill: Filler) -> Speaker {
        Speaker::of(End::Silent(silent::Silent::start(fill)))
    }

    /// Whether nothing is heard for want of a speaker.
    pub fn is_silent(&self) -> bool {
        matches!(self._end, End::Silent(_))
    }

    fn of(end: End) -> Speaker {
        Speaker { _end: end }
    }
}

/// Asks the filler; a speaker that is being exchanged may find it in the other's hands, and is silent so long.
fn ask(fill: &Filler, samples: &mut [f32], now: Mono) {
    match fill.try_lock() {
        Ok(mut fill) => fill(samples, now),
        Err(_) => samples.fill(0.0),
    }
}
