// SPDX-License-Identifier: MIT
//! What the receiving thread counts: when each peer was heard, how much of its voice came and how late, and why
//! datagrams were dropped. One thread writes, another reads, neither waits for the other.
//!
//! ```text
//!  Inbound -- TallyWriter ==> [version][words ...] a peer ==> TallyReader -- engine
//!                             odd while writing; the reader tries again if it changed
//! ```

use super::seal::Refusal;
use super::voice::{FrameLength, VoicePayload};
use crate::words::{Mono, PEOPLE_MAX, PeerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// How often the reader tries before it is content with what it read last; writing takes some nanoseconds.
const TRIES: usize = 1000;

/// How long received frames are remembered, in frames: a copy or a straggler beyond that is of no use.
const FRAMES: u64 = 128;

/// Voice delay within a window, in nanoseconds of arrival time minus session timestamp. The two clocks differ by
/// whatever they differ, so only differences between such numbers mean something, or what is left of one after
/// subtracting what the session line says about the clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// The least.
    pub min_ns: i64,
    /// On average.
    pub mean_ns: i64,
    /// The most.
    pub max_ns: i64,
}

/// What is known about what a peer sends. Counts begin with the link and only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// When the last authentic datagram came, of any kind.
    pub heard_at: Option<Mono>,
    /// Authentic datagrams of every kind, and their bytes.
    pub datagrams: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// The newest voice frame's number.
    pub highest_frame: Option<u64>,
    /// Voice frames that came while they were new. What is missing to `highest_frame + 1` was lost on the road.
    pub new_frames: u64,
    /// Voice frames that came at all, as new or as copies, each counted once.
    pub frames: u64,
    /// How unevenly voice datagrams arrive, smoothed (as RFC 3550 does), in nanoseconds.
    pub jitter_ns: u64,
    /// Voice delay since the last reading; `None` if no voice came.
    pub delay: Option<Delay>,
}

/// What one peer's place holds between the threads.
#[derive(Default)]
struct Cell {
    version: AtomicU64,
    words: [AtomicU64; Count::WORDS],
    /// How often a window of delays was read and may begin anew.
    window: AtomicU64,
}

/// Everything between the threads.
struct Shared {
    cells: [Cell; PEOPLE_MAX],
    refused: [AtomicU64; Refusal::ALL.len()],
}

/// Both ends.
pub fn tally() -> (TallyWriter, TallyReader) {
    let shared = Arc::new(Shared { cells: Default::default(), refused: core::array::from_fn(|_| AtomicU64::new(0)) });
    let writer = TallyWriter { shared: shared.clone(), counts: [Count::default(); PEOPLE_MAX] };
    (writer, TallyReader { shared, last: [Count::default(); PEOPLE_MAX] })
}

/// A place's numbers, as the writer keeps and both exchange them.
#[derive(Clone, Copy, Default)]
struct Count {
    heard: bool,
    heard_at: u64,
    datagrams: u64,
    bytes: u64,
    /// One more than the highest frame, 0 before the first.
    reach: u64,
    new_frames: u64,
    frames: u64,
    jitter_ns: u64,
    /// Voice datagrams and the sum of their delays, wrapping: only differences are used, so a new link goes on.
    voice_datagrams: u64,
    delay_sum: i64,
    window: u64,
    delay_min: i64,
    delay_max: i64,
    /// Only for the writer from here on: frames that came, one bit each, the highest lowest.
    came: u128,
    stamp_ms: i64,
    /// The last datagram of voice in its turn: when it came, its newest frame, and how long its frames are.
    last: Option<(Mono, u64, FrameLength)>,
}

impl Count {
    const WORDS: usize = 13;

    fn words(&self) -> [u64; Count::WORDS] {
        [
            self.heard.into(),
            self.heard_at,
            self.datagrams,
            self.bytes,
            self.reach,
            self.new_frames,
            self.frames,
            self.jitter_ns,
            self.voice_datagrams,
            self.delay_sum as u64,
            self.window,
            self.delay_min as u64,
            self.delay_max as u64,
        ]
    }

    fn of(words: [u64; Count::WORDS]) -> Count {
        let [
            heard,
            heard_at,
            datagrams,
            bytes,
            reach,
            new_frames,
            frames,
            jitter_ns,
            voice_datagrams,
            sum,
            window,
            min,
            max,
        ] = words;
        Count {
            heard: heard != 0,
            heard_at,
            datagrams,
            bytes,
            reach,
            new_frames,
            frames,
            jitter_ns,
            voice_datagrams,
            delay_sum: sum as i64,
            window,
            delay_min: min as i64,
            delay_max: max as i64,
            ..Count::default()
        }
    }

    fn voice(&mut self, newest: u64, timestamp_ms: u32, payload: &VoicePayload<'_>, at: Mono, window: u64) {
        let first = self.reach == 0;
        // What somebody on the road has held back for so long says nothing about the road.
        if self.reach.saturating_sub(newest) <= FRAMES {
            self.delay(first, timestamp_ms, at, window);
            self.jitter(newest, payload.frame_length(), at);
            self.voice_datagrams += 1;
        }
        for (index, (frame, _)) in payload.frames(newest).enumerate() {
            let is_new = index < usize::from(payload.new_frames());
            self.came(frame, is_new);
        }
    }

    fn came(&mut self, frame: u64, is_new: bool) {
        if frame >= self.reach {
            let ahead = frame + 1 - self.reach;
            self.came = if ahead < FRAMES { self.came << ahead } else { 0 };
            self.reach = frame + 1;
        }
        let behind = self.reach - 1 - frame;
        self.new_frames += u64::from(is_new);
        if behind < FRAMES && self.came & 1 << behind == 0 {
            self.came |= 1 << behind;
            self.frames += 1;
        }
    }

    fn delay(&mut self, first: bool, timestamp_ms: u32, at: Mono, window: u64) {
        // Everything wraps: a peer may send whatever timestamps it likes, and spoils only what is known about itself.
        let step = timestamp_ms.wrapping_sub(self.stamp_ms as u32) as i32;
        self.stamp_ms = if first { timestamp_ms.into() } else { self.stamp_ms.wrapping_add(step.into()) };
        let delay = (at.0 as i64).wrapping_sub(self.stamp_ms.wrapping_mul(1_000_000));
        if first || window != self.window {
            (self.window, self.delay_min, self.delay_max) = (window, delay, delay);
        }
        self.delay_min = self.delay_min.min(delay);
        self.delay_max = self.delay_max.max(delay);
        self.delay_sum = self.delay_sum.wrapping_add(delay);
    }

    /// Frame numbers tell the spacing at the sender better than timestamps in whole milliseconds. Where frames change
    /// their length nobody can tell how many there were of each, so that step is passed over.
    fn jitter(&mut self, newest: u64, length: FrameLength, at: Mono) {
        if let Some((then, before, same)) = self.last.replace((at, newest, length))
            && same == length
        {
            let sent_ns = (newest.wrapping_sub(before) as i64).wrapping_mul(length.ns() as i64);
            let change = at.since(then).wrapping_sub(sent_ns).unsigned_abs().min(Mono::SECOND);
            let jitter = self.jitter_ns as i64;
            self.jitter_ns = (jitter + (change as i64 - jitter) / 16) as u64;
        }
    }
}

/// The receiving thread's end.
pub struct TallyWriter {
    shared: Arc<Shared>,
    counts: [Count; PEOPLE_MAX],
}

impl TallyWriter {
    /// A new link: counts begin at zero, and so does the window of delays.
    pub fn begin(&mut self, peer: PeerId) {
        let Count { voice_datagrams, delay_sum, window, .. } = self.counts[peer.index()];
        let window = window.wrapping_sub(1);
        self.counts[peer.index()] = Count { voice_datagrams, delay_sum, window, ..Count::default() };
        self.publish(peer);
    }

    /// An authentic datagram came.
    pub fn heard(&mut self, peer: PeerId, bytes: usize, at: Mono) {
        let count = &mut self.counts[peer.index()];
        count.heard = true;
        count.heard_at = count.heard_at.max(at.0);
        count.datagrams += 1;
        count.bytes += bytes as u64;
        self.publish(peer);
    }

    /// It was voice.
    pub fn voice(&mut self, peer: PeerId, newest: u64, timestamp_ms: u32, payload: &VoicePayload<'_>, at: Mono) {
        let window = self.shared.cells[peer.index()].window.load(Ordering::Relaxed);
        self.counts[peer.index()].voice(newest, timestamp_ms, payload, at, window);
        self.publish(peer);
    }

    /// A datagram was dropped.
    pub fn refused(&mut self, why: Refusal) {
        self.shared.refused[why.index()].fetch_add(1, Ordering::Relaxed);
    }

    fn publish(&self, peer: PeerId) {
        let cell = &self.shared.cells[peer.index()];
        let version = cell.version.load(Ordering::Relaxed);
        cell.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, value) in cell.words.iter().zip(self.counts[peer.index()].words()) {
            word.store(value, Ordering::Relaxed);
        }
        cell.version.store(version.wrapping_add(2), Ordering::Release);
    }
}

/// The engine's end.
pub struct TallyReader {
    shared: Arc<Shared>,
    /// What was read last.
    last: [Count; PEOPLE_MAX],
}

impl TallyReader {
    /// What is known about a peer; its window of delays begins anew.
    pub fn read(&mut self, peer: PeerId) -> Tally {
        let cell = &self.shared.cells[peer.index()];
        let last = self.last[peer.index()];
        let now = snapshot(cell).unwrap_or(last);
        let window = cell.window.load(Ordering::Relaxed);
        cell.window.store(window.wrapping_add(1), Ordering::Relaxed);
        self.last[peer.index()] = now;
        tally_of(&now, &last, window)
    }

    /// When a peer was last heard; leaves the window as it is.
    pub fn heard_at(&self, peer: PeerId) -> Option<Mono> {
        let now = snapshot(&self.shared.cells[peer.index()]).unwrap_or(self.last[peer.index()]);
        now.heard.then_some(Mono(now.heard_at))
    }

    /// How many datagrams were dropped for each reason, since the beginning.
    pub fn refused(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        Refusal::ALL.into_iter().zip(self.shared.refused.iter().map(|count| count.load(Ordering::Relaxed)))
    }
}

fn snapshot(cell: &Cell) -> Option<Count> {
    for _ in 0..TRIES {
        let before = cell.version.load(Ordering::Acquire);
        let words = core::array::from_fn(|index| cell.words[index].load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        if before.is_multiple_of(2) && cell.version.load(Ordering::Relaxed) == before {
            return Some(Count::of(words));
        }
        core::hint::spin_loop();
    }
    None
}

fn tally_of(now: &Count, last: &Count, window: u64) -> Tally {
    let came = now.voice_datagrams - last.voice_datagrams;
    let delay = (came > 0 && now.window == window).then(|| Delay {
        min_ns: now.delay_min,
        mean_ns: now.delay_sum.wrapping_sub(last.delay_sum) / came as i64,
        max_ns: now.delay_max,
    });
    Tally {
        heard_at: now.heard.then_some(Mono(now.heard_at)),
        datagrams: now.datagrams,
        bytes: now.bytes,
        highest_frame: now.reach.checked_sub(1),
        new_frames: now.new_frames,
        frames: now.frames,
        jitter_ns: now.jitter_ns,
        delay,
    }
}

impl core::fmt::Debug for TallyWriter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("TallyWriter(..)")
    }
}

impl core::fmt::Debug for TallyReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("TallyReader(..)")
    }
}

#[cfg(test)]
mod tests;
