// SPDX-License-Identifier: MIT
//! Where the recording lies in time: its samples, its ticks, and the cuts that pauses have made.
//!
//! Usually sound is the ruler, and a pause is so many samples. Where the caller's stamps are the truth, ticks are
//! counted in time instead, and it is the sound that will be resampled to fit them.

use super::super::clock_line::ClockLine;
use super::cuts::Cuts;
use crate::words::{Mono, Rate};

/// A picture that lies so little behind a tick is on it: a thousandth of a second, which nobody will miss.
const ON_TICK_SHARE: u64 = 1_000;

/// The engine.
#[derive(Debug)]
pub(super) struct Tape {
    rate: Rate,
    rate_hz: u32,
    samples: Cuts,
    /// The same cuts in nanoseconds since the line's origin, where time is the ruler.
    time: Option<Cuts>,
}

impl Tape {
    pub(super) fn new(rate: Rate, rate_hz: u32, time_rules: bool) -> Tape {
        Tape { rate, rate_hz, samples: Cuts::new(), time: time_rules.then(Cuts::new) }
    }

    /// A tick in so many units a second, rounded by itself, so that nothing adds up.
    fn of_tick(&self, tick: u64, units: u64) -> i64 {
        let (num, den) = (u128::from(self.rate.num), u128::from(self.rate.den) * u128::from(units));
        ((u128::from(tick) * den + num / 2) / num) as i64
    }

    /// The tick nearest to a place in so many units a second.
    fn tick_near(&self, place: i64, units: u64) -> u64 {
        let (num, den) = (u128::from(self.rate.num), u128::from(self.rate.den) * u128::from(units));
        ((place.max(0) as u128 * num + den / 2) / den) as u64
    }

    /// How many ticks are needed to reach a place.
    fn ticks_to(&self, place: i64, units: u64) -> u64 {
        let near = self.tick_near(place, units);
        if self.of_tick(near, units) < place { near + 1 } else { near }
    }

    /// Where a tick lies in the recording, in samples.
    pub(super) fn sample_of_tick(&self, tick: u64) -> u64 {
        self.of_tick(tick, u64::from(self.rate_hz)) as u64
    }

    /// The first tick that does not lie before a sample of the recording.
    pub(super) fn tick_from(&self, sample: u64) -> u64 {
        self.ticks_to(sample as i64, u64::from(self.rate_hz))
    }

    /// When a tick is.
    pub(super) fn mono_of_tick(&self, line: &ClockLine, tick: u64) -> Mono {
        match &self.time {
            Some(time) => line.origin().offset(time.track(self.of_tick(tick, Mono::SECOND))),
            None => line.mono_at(self.samples.track(self.sample_of_tick(tick) as i64)),
        }
    }

    /// The tick nearest to a moment.
    pub(super) fn tick_at(&self, line: &ClockLine, at: Mono) -> u64 {
        match &self.time {
            Some(time) => self.tick_near(time.recorded(at.since(line.origin())), Mono::SECOND),
            None => self.tick_near(self.samples.recorded(line.sample_at(at)), u64::from(self.rate_hz)),
        }
    }

    /// Whether a tick must wait for the end of a pause.
    pub(super) fn is_paused(&self, tick: u64) -> bool {
        match &self.time {
            Some(time) => time.open_at().is_some_and(|at| self.of_tick(tick, Mono::SECOND) >= at),
            None => self.samples.open_at().is_some_and(|at| self.sample_of_tick(tick) as i64 >= at),
        }
    }

    /// Whether a moment lies in a pause, or before the beginning.
    pub(super) fn is_cut(&self, line: &ClockLine, at: Mono) -> bool {
        let sample = line.sample_at(at);
        self.samples.kept(sample, sample.saturating_add(1)).next().is_none()
    }

    /// Where the recording goes on, so that nothing from `earliest` on is lost and `picture` lies on a tick: earlier by
    /// less than a slot.
    pub(super) fn on_tick(&self, line: &ClockLine, earliest: Mono, picture: Mono) -> Mono {
        match &self.time {
            Some(time) => {
                let place = |at: Mono| at.since(line.origin());
                line.origin().offset(self.snap(time, Mono::SECOND, place(earliest), place(picture)))
            }
            None => {
                let place = |at: Mono| line.sample_at(at);
                line.mono_at(self.snap(&self.samples, u64::from(self.rate_hz), place(earliest), place(picture)))
            }
        }
    }

    fn snap(&self, cuts: &Cuts, units: u64, earliest: i64, picture: i64) -> i64 {
        let earliest = earliest.max(cuts.open_from());
        let Some(at) = cuts.open_at().filter(|_| picture >= earliest) else { return earliest };
        let ahead = at + (picture - earliest);
        let near = self.of_tick(self.tick_near(ahead, units), units);
        if (0..=(units / ON_TICK_SHARE) as i64).contains(&(ahead - near)) {
            return earliest;
        }
        let tick = self.ticks_to(ahead, units);
        let with = |tick: u64| picture - (self.of_tick(tick, units) - at);
        if with(tick) >= cuts.open_from() {
            with(tick)
        } else if tick > 0 && self.of_tick(tick - 1, units) >= at {
            // The pause was too short to begin within it.
            with(tick - 1)
        } else {
            earliest
        }
    }

    /// How many ticks so many samples of the recording need.
    pub(super) fn ticks_for(&self, line: &ClockLine, written: u64) -> u64 {
        match &self.time {
            Some(time) => {
                let end = line.mono_at(self.samples.track(written as i64)).since(line.origin());
                // The half sample by which a place in time is rounded asks for no picture.
                let rounding = (Mono::SECOND / u64::from(self.rate_hz)) as i64;
                self.ticks_to(time.recorded(end) - rounding, Mono::SECOND)
            }
            None => self.tick_from(written),
        }
    }

    /// How many samples there are when so many ticks are over.
    pub(super) fn samples_for(&self, line: &ClockLine, ticks: u64) -> u64 {
        match &self.time {
            Some(_) => self.samples.recorded(line.sample_at(self.mono_of_tick(line, ticks))) as u64,
            None => self.sample_of_tick(ticks),
        }
    }

    /// When a tick is, from the beginning of the recording.
    pub(super) fn nanoseconds_of_tick(&self, tick: u64) -> u64 {
        self.of_tick(tick, Mono::SECOND) as u64
    }

    /// Where on the track the newest cut begins.
    pub(super) fn open_from(&self) -> i64 {
        self.samples.open_from()
    }

    /// From the recording to the track; a place at a cut is the one behind it.
    pub(super) fn tracked(&self, recorded: u64) -> i64 {
        self.samples.track(recorded as i64)
    }

    /// From the track to the recording.
    pub(super) fn recorded(&self, track: i64) -> u64 {
        self.samples.recorded(track).max(0) as u64
    }

    /// What of a stretch of the track is in the recording.
    pub(super) fn kept(&self, from: i64, until: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.samples.kept(from, until)
    }

    /// A pause begins at a moment, but not before what has been handed out; answers when it does.
    pub(super) fn open(&mut self, line: &ClockLine, at: Mono, written: u64, ticks: u64) -> Mono {
        let sound_end = self.samples.track(written as i64);
        let last_tick = line.sample_at(self.mono_of_tick(line, ticks.saturating_sub(1)));
        let from = self.samples.open(line.sample_at(at).max(sound_end).max(last_tick));
        let begins = line.mono_at(from);
        if let Some(time) = &mut self.time {
            time.open(begins.since(line.origin()));
        }
        begins
    }

    /// The pause is over, or the recording begins. Answers where that lies in the recording and what it cost, both in
    /// samples.
    pub(super) fn close(&mut self, line: &ClockLine, at: Mono) -> (u64, u64) {
        let place = match &self.time {
            Some(time) => time.open_at().map(|ns| (ns as f64 * f64::from(self.rate_hz) / 1e9).round() as i64),
            None => self.samples.open_at(),
        };
        let length = self.samples.close(line.sample_at(at));
        if let Some(time) = &mut self.time {
            time.close(at.since(line.origin()));
        }
        (place.unwrap_or(0).max(0) as u64, length.max(0) as u64)
    }
}
