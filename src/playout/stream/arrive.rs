// SPDX-License-Identifier: MIT
//! What a frame's arrival teaches: how long its way was, which delay would have been enough for it, and whether the
//! road has become another one.

use super::{State, Stream};
use crate::playout::card::Asked;
use crate::playout::gauges::Heard;
use crate::playout::inbox::Entry;
use crate::playout::lowest::Lowest;
use crate::playout::target::Target;
use crate::playout::timeline::{Timeline, ns_of};
use crate::words::Mono;

/// If everything was late for so long, and at least so many frames, what comes now is in time from now on.
const LATE_NS: i64 = 10_000_000;
const LATE_FRAMES: u32 = 3;
/// An arrival is believed to lie so far before the pull that sees it.
const WAITED_NS_MAX: i64 = 2_000_000_000;
/// Two clocks slide past each other: what is nearly late now is late in a second.
const MARGIN_NS: i64 = 100_000;
/// The road has become longer, not the clocks slower.
const LONGER_NS: i64 = 500_000;

impl Stream {
    /// Takes a frame. `before` is the pull that did not see it yet.
    pub(in crate::playout) fn take(&mut self, entry: &Entry, before: &Asked, now: Mono) {
        let at = if (0..WAITED_NS_MAX).contains(&now.since(entry.at)) { entry.at } else { now };
        let number = entry.number;
        if self.link != Some(entry.link) {
            self.link = Some(entry.link);
            self.heard = Heard::default();
            self.target = Target::new(entry.samples);
            self.delay_ns = 0.0;
            self.begin(number, entry.samples);
        } else if self.timeline.is_far(number, self.newest) {
            self.begin(number, entry.samples);
        }
        self.timeline.learn(number, entry.samples);
        if !self.shelf.put(entry, at) {
            return;
        }
        self.heard_at = at;
        if number.wrapping_sub(self.newest) as i64 > 0 {
            self.newest = number;
        }
        if self.state == State::Idle {
            self.state = State::Cued;
        }
        let media_ns = ns_of(self.timeline.media_at(number));
        // From its end: a longer frame is ready later.
        let way_ns = (at.0 as i64).wrapping_sub(media_ns).wrapping_sub(ns_of(entry.samples.into()));
        self.measure(way_ns, at);
        if !entry.opus().is_empty() {
            self.weigh(way_ns, media_ns, before, entry.samples);
        }
        self.judge(number, way_ns, at);
    }

    fn begin(&mut self, number: u64, samples: u16) {
        self.timeline = Timeline::new(number, samples);
        self.base = Lowest::new();
        self.shelf.clear();
        self.late = None;
        self.moved = false;
        self.fresh = true;
        self.state = State::Cued;
        (self.first, self.newest) = (number, number);
    }

    /// The shortest way, and what it means if that has become longer.
    fn measure(&mut self, way_ns: i64, at: Mono) {
        let before = self.base.get();
        self.base.learn(way_ns, at.0 as i64);
        if let Some((before, base)) = before.zip(self.base.get())
            && base.wrapping_sub(before) > LONGER_NS
        {
            self.target.shift(base.wrapping_sub(before));
        }
    }

    /// Which delay would have been enough for a frame, wherever the card's blocks happen to lie; and, if it lay about
    /// on its way to us, so that the pull which did not see it would not have needed it.
    fn weigh(&mut self, way_ns: i64, media_ns: i64, before: &Asked, samples: u16) {
        let Some(base) = self.base.get().filter(|_| before.block > 0) else { return };
        let unseen_ns = before.reach_ns.wrapping_sub(media_ns).wrapping_sub(ns_of(samples.into()));
        let needed = way_ns.max(unseen_ns).wrapping_sub(base);
        self.target.learn(needed.saturating_add(self.lead_ns + MARGIN_NS), samples);
    }

    /// Too late? All of them, for a while? Then this is the road now.
    fn judge(&mut self, number: u64, way_ns: i64, at: Mono) {
        let late = self.state == State::Playing && (number.wrapping_sub(self.next) as i64) < 0;
        if !late {
            self.late = None;
            return;
        }
        self.heard.late += 1;
        let (since, frames, least) = self.late.unwrap_or((at, 0, way_ns));
        let (frames, least) = (frames + 1, least.min(way_ns));
        self.late = Some((since, frames, least));
        if frames >= LATE_FRAMES && at.since(since) >= LATE_NS {
            self.base.restart(least, at.0 as i64);
            self.late = None;
            self.moved = true;
        }
    }
}
