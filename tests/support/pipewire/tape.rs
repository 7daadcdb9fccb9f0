// SPDX-License-Identifier: MIT
//! A tape of several places in the graph at once: one recorder takes them all in the same graph cycle, so that what
//! lies between two tracks is the way between two places, to the sample.
//!
//! ```text
//!   microphone ----(port)--> track 0 |
//!        call: ~ ~ ~ ~ ~ ~ ~ ~ ~ ~   | one recorder, one file, which is read while it grows
//!   speaker's monitor -----> track 1 |
//! ```

use super::daemon::Daemon;
use super::{PipeWire, wait_until};
use hyperzoom::words::RATE_HZ;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Bytes of a sample.
const SAMPLE_BYTES: usize = 2;
const FULL_SCALE: f32 = 32_768.0;
/// Within so many bytes of the recorder's file its samples begin; how many there are depends on the number of tracks.
const HEADER_BYTES_MAX: u64 = 256;

/// Rolls until it is dropped.
pub struct Tape<'a> {
    graph: &'a PipeWire,
    node: String,
    file: PathBuf,
    tracks: usize,
    _recorder: Daemon,
}

impl<'a> Tape<'a> {
    /// Begins to take these ports, a track each, and returns when the first sample is there.
    pub fn roll(graph: &'a PipeWire, ports: &[&str]) -> Tape<'a> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let node = format!("tape-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let file = graph.folder().join(format!("{node}.wav"));
        let map = (0..ports.len()).map(|n| format!("AUX{n}")).collect::<Vec<_>>().join(",");
        let mut command = graph.command("pw-cat");
        command.args(["--record", "--target", "0", "--rate", "48000", "--format", "s16", "--channel-map", &map]);
        command.args(["--channels", &ports.len().to_string(), "-P", &format!("{{ node.name = {node} }}")]);
        let recorder = Daemon::start(command.arg(&file), None);
        let inputs = || graph.said("pw-link", &["-i"]).matches(&format!("{node}:input_")).count();
        wait_until("the recorder", || inputs() == ports.len());
        let tape = Tape { graph, node, file, tracks: ports.len(), _recorder: recorder };
        ports.iter().enumerate().for_each(|(track, port)| tape.splice(track, port));
        wait_until("the first sample on tape", || tape.len() > 0);
        tape
    }

    /// Takes this port on that track from now on: the one before may be gone.
    pub fn splice(&self, track: usize, port: &str) {
        self.graph.said("pw-link", &[port, &format!("{}:input_AUX{track}", self.node)]);
    }

    /// How many samples a track has until now.
    pub fn len(&self) -> usize {
        let bytes = std::fs::metadata(&self.file).map_or(0, |file| file.len());
        bytes.saturating_sub(self.header_bytes()) as usize / (SAMPLE_BYTES * self.tracks)
    }

    /// What stands before the samples; before the recorder has written that, more than there is.
    fn header_bytes(&self) -> u64 {
        let mut header = Vec::new();
        let read = File::open(&self.file).and_then(|file| file.take(HEADER_BYTES_MAX).read_to_end(&mut header));
        let data = read.ok().and_then(|_| header.windows(4).position(|name| name == b"data"));
        data.map_or(u64::MAX, |at| at as u64 + 8)
    }

    /// Where on the tape a moment lies, to a graph cycle.
    pub fn at(&self, moment: Instant) -> usize {
        let (len, now) = (self.len(), Instant::now());
        let since = now.saturating_duration_since(moment).as_secs_f64();
        (len as f64 - since * RATE_HZ as f64).max(0.0) as usize
    }

    /// Waits until so many seconds more are on it.
    pub fn roll_on(&self, seconds: f64) {
        let end = self.len() + (seconds * RATE_HZ as f64) as usize;
        wait_until("more tape", || self.len() >= end);
    }

    /// What it holds until now, a list of samples a track, all of one length.
    pub fn tracks(&self) -> Vec<Vec<f32>> {
        self.tracks_from(0)
    }

    /// The same without what lies before a sample.
    pub fn tracks_from(&self, first: usize) -> Vec<Vec<f32>> {
        let mut file = File::open(&self.file).expect("it was begun");
        let skipped = self.header_bytes() + (first * SAMPLE_BYTES * self.tracks) as u64;
        file.seek(SeekFrom::Start(skipped)).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("a file");
        let samples: Vec<f32> =
            bytes.chunks_exact(SAMPLE_BYTES).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]]))).collect();
        let whole = samples.len() / self.tracks;
        let track = |n: usize| (0..whole).map(|at| samples[at * self.tracks + n] / FULL_SCALE).collect();
        (0..self.tracks).map(track).collect()
    }
}
