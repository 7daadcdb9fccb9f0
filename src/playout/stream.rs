// SPDX-License-Identifier: MIT
//! One peer's voice: when each frame is to be heard, and what is heard if it is not there.
//!
//! ```text
//!  media time                       cursor      end of block          newest that can be here
//!  ----------------------------------|-----------|----------------------|--------->
//!                                    |<- block ->|<- target delay D --->|
//!                                                                       card's time - base
//! ```
//!
//! `base` is the shortest time that any frame of the last two seconds took from its end to its arrival; the two
//! clocks' offset is in it, so it cancels. The rate of playing leads the cursor to where the drawing has it within a
//! second. It moves at once only if a frame is missing anyway and more delay is wanted (it waits while the gap is
//! concealed), if there is far too much delay, or if everything that comes is too late.

mod arrive;

use super::card::Asked;
use super::gauges::Heard;
use super::line::{CHUNK, FRAME_MAX, Line};
use super::lowest::Lowest;
use super::resample::{AHEAD, Kernel};
use super::shelf::Shelf;
use super::target::Target;
use super::timeline::{Timeline, ns_of, samples_of};
use super::voice::Voice;
use crate::words::Mono;

/// An error is mended within a second, by no more than 0.5 % of the rate.
const MEND_SAMPLES: f64 = 48_000.0;
const RATE_MAX: f64 = 0.005;
/// What is not worth mending: a tenth of a millisecond.
const CONTENT: f64 = 4.8;
/// Clocks that differ keep the cursor a little before its goal; more than this is on its way somewhere. Samples.
const LEAD_LEAST: f64 = 4.8;
const LEAD_MOST: f64 = 19.2;
/// More delay too much than this would take over two seconds to mend.
const FAR_AHEAD: f64 = 480.0;
/// More delay missing than this is no road but another clock.
const FAR_BACK: f64 = 9600.0;
/// A jump is a crossfade of 2.5 ms.
const FADE: usize = 120;
/// The cursor waits for so long at a time: the least that can be concealed.
const WAIT: usize = 120;
/// Who was not heard for so long costs nothing any more.
const IDLE_NS: i64 = 1_000_000_000;
/// Who was not heard for so long is not shown any more.
const GONE_NS: i64 = 5_000_000_000;
/// Waits are averaged over so many frames.
const MEAN: f64 = 1.0 / 64.0;

/// Is there something to play?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing came for a second, or ever.
    Idle,
    /// Something came, and the cursor has to be laid down.
    Cued,
    Playing,
}

/// One peer.
pub(super) struct Stream {
    state: State,
    link: Option<u32>,
    heard_at: Mono,
    first: u64,
    newest: u64,
    /// The frame that is decoded next: the end of the line lies at its beginning.
    next: u64,
    timeline: Timeline,
    base: Lowest,
    target: Target,
    shelf: Shelf,
    line: Line,
    voice: Voice,
    /// The decoder has not heard of this stream yet.
    fresh: bool,
    /// Since when everything came too late, how much of it, and the shortest way that any of it took.
    late: Option<(Mono, u32, i64)>,
    /// The road has become longer: the cursor goes back.
    moved: bool,
    heard: Heard,
    delay_ns: f64,
    /// How far the cursor lies before its goal: so much earlier frames are needed.
    lead_ns: i64,
}

impl Stream {
    pub(super) fn new() -> Stream {
        Stream {
            state: State::Idle,
            link: None,
            heard_at: Mono(0),
            first: 0,
            newest: 0,
            next: 0,
            timeline: Timeline::new(0, 240),
            base: Lowest::new(),
            target: Target::new(240),
            shelf: Shelf::new(),
            line: Line::new(),
            voice: Voice::new(),
            fresh: false,
            late: None,
            moved: false,
            heard: Heard::default(),
            delay_ns: 0.0,
            lead_ns: 0,
        }
    }

    /// How it is heard; `None` if it is not.
    pub(super) fn heard(&self, now: Mono) -> Option<Heard> {
        let there = self.link.is_some() && now.since(self.heard_at) <= GONE_NS;
        there.then_some(Heard {
            target_us: (self.target.ns() / 1000) as u32,
            delay_us: (self.delay_ns / 1000.0) as u32,
            ..self.heard
        })
    }

    /// Adds this peer's voice to a block; answers with its loudest sample.
    pub(super) fn play(&mut self, out: &mut [f32], asked: &Asked, kernel: &Kernel) -> f32 {
        if self.state == State::Playing && asked.now.since(self.heard_at) > IDLE_NS {
            self.state = State::Idle;
            self.heard.rate_ppm = 0;
        }
        let Some(base) = self.base.get().filter(|_| self.state != State::Idle) else { return 0.0 };
        let length = self.timeline.length_of(self.next);
        let delay_ns = base.wrapping_add(ns_of(length.into())).wrapping_add(self.target.ns());
        let goal = samples_of(asked.at_ns.wrapping_sub(delay_ns)) - (asked.block + AHEAD) as f64;
        self.steer(goal, asked.now);
        let error = goal - self.cursor();
        self.lead_ns = ((-error).clamp(LEAD_LEAST, LEAD_MOST) * 20_833.0) as i64;
        let beyond = error - error.clamp(-CONTENT, CONTENT);
        let rate = 1.0 + (beyond / MEND_SAMPLES).clamp(-RATE_MAX, RATE_MAX);
        self.heard.rate_ppm = ((rate - 1.0) * 1e6) as i32;
        let (mut done, mut peak) = (0.0, 0.0_f32);
        for chunk in out.chunks_mut(CHUNK) {
            while self.line.unread() < self.line.needed(chunk.len(), rate) {
                let short = self.cursor() - (goal + done);
                self.feed(short, asked.now);
            }
            peak = peak.max(self.line.mix(chunk, rate, kernel));
            done += chunk.len() as f64;
        }
        peak
    }

    /// The media time of the next sample to be heard.
    fn cursor(&self) -> f64 {
        self.timeline.media_at(self.next) as f64 - self.line.left()
    }

    /// Jumps if the cursor is far from its goal.
    fn steer(&mut self, goal: f64, now: Mono) {
        let error = goal - self.cursor();
        let frame = f64::from(self.timeline.length_of(self.next));
        let far = error > FAR_AHEAD || (error > frame && self.voice.is_quiet());
        let moved = core::mem::take(&mut self.moved) && error.abs() > frame;
        if self.state == State::Cued {
            self.jump(goal, now);
            self.state = State::Playing;
        } else if far || moved || error < -FAR_BACK {
            self.jump(goal, now);
            self.heard.jumps += 1;
        }
    }

    /// Goes on at another place: what would have followed is faded into what lies there.
    fn jump(&mut self, goal: f64, now: Mono) {
        while self.line.unread() < FADE {
            self.voice.conceal(self.line.push(FADE));
        }
        let mut old = [0.0; FADE];
        old.copy_from_slice(&self.line.unread_mut()[..FADE]);
        self.line.cut(usize::MAX);
        if core::mem::take(&mut self.fresh) {
            self.voice.reset();
        }
        let media = goal as i64;
        self.next = self.timeline.number_at(media);
        let skip = (media - self.timeline.media_at(self.next)).clamp(0, FRAME_MAX as i64) as usize;
        while self.line.unread() < skip + FADE {
            self.feed(0.0, now);
        }
        self.line.cut(skip);
        for (index, (new, old)) in self.line.unread_mut().iter_mut().zip(old).enumerate() {
            let part = index as f32 / FADE as f32;
            *new = *new * part + old * (1.0 - part);
        }
    }

    /// Adds a frame to the line. If it is not there, and the cursor is `short` of delay, it waits for it.
    fn feed(&mut self, short: f64, now: Mono) {
        let number = self.next;
        let Some(slot) = self.shelf.get(number) else {
            let waits = short > WAIT as f64 / 2.0;
            let samples = if waits { WAIT } else { usize::from(self.timeline.length_of(number)) };
            self.voice.conceal(self.line.push(samples));
            let begun = number.wrapping_sub(self.first) as i64 >= 0;
            self.heard.concealed += u64::from(begun);
            self.next = number.wrapping_add(u64::from(!waits));
            return;
        };
        let out = self.line.push(usize::from(slot.samples));
        let played = match slot.opus() {
            [] => {
                self.voice.hush(out);
                true
            }
            opus => self.voice.decode(opus, out),
        };
        self.heard.frames += u64::from(played);
        self.heard.concealed += u64::from(!played);
        self.heard.recovered += u64::from(played && slot.copy);
        self.delay_ns += (now.since(slot.at) as f64 - self.delay_ns) * MEAN;
        self.next = number.wrapping_add(1);
    }
}
