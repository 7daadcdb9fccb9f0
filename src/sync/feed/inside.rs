// SPDX-License-Identifier: MIT
//! The steps of a feed: letting in, opening, laying sound, deciding pictures.

use super::super::cadence;
use super::sounds::Placed;
use super::steady::SURE;
use super::{Feed, FeedError, Frame, Output, Pause, State, Stream};
use crate::words::{Happening, Mono, Rate, What};

/// When everything is over, every tick is due.
const EVER: Mono = Mono(u64::MAX);

impl<P: Clone, S: Clone> Feed<P, S> {
    pub(super) fn admit(&mut self, stream: Stream, expected: bool, stamp: Option<Mono>) -> Result<(), FeedError> {
        let first = self.gate.stamped().is_none();
        let verdict = match self.state {
            State::Ended => Err(FeedError::Ended),
            _ if !expected => Err(FeedError::Unexpected(stream)),
            _ => self.gate.admit(stream, stamp),
        };
        self.sync.refused += u64::from(verdict.is_err());
        verdict?;
        if first {
            self.sounds.begin(stamp.unwrap_or_default());
            if stamp.is_none() && self.state != State::Paused {
                // Both streams begin with their first item; there is nothing to find out.
                self.go_on(Mono(0));
            }
        }
        self.went_on[stream as usize] |= self.state == State::Paused;
        Ok(())
    }

    /// A moment for a pause is only for those who stamp.
    pub(super) fn allow_stamp(&self, at: Option<Mono>) -> Result<(), FeedError> {
        match (at, self.gate.stamped()) {
            (Some(_), Some(false)) => Err(FeedError::Mixed),
            _ => Ok(()),
        }
    }

    pub(super) fn reach(&mut self, stream: Stream, at: Mono) {
        let reached = &mut self.reached[stream as usize];
        *reached = (*reached).max(Some(at));
    }

    fn slots_ns(&self, slots: u64) -> i64 {
        let rate = self.plan.pictures.unwrap_or(Rate::whole(1));
        let (num, den) = (u128::from(rate.num), u128::from(rate.den));
        ((u128::from(slots) * den * u128::from(Mono::SECOND) + num / 2) / num) as i64
    }

    /// Where the next picture without a stamp lies.
    pub(super) fn next_implied(&self) -> Mono {
        self.implied.0.offset(self.slots_ns(self.implied.1))
    }

    /// The end of what has come: of the sound, and of the newest picture's slot.
    pub(super) fn end_of_all(&self) -> Mono {
        let pictures = match self.gate.stamped() {
            Some(false) => Some(self.next_implied()),
            _ => self.reached[0].map(|at| at.offset(self.slots_ns(1))),
        };
        pictures.max(self.reached[1]).unwrap_or_default()
    }

    /// Looks whether it is clear where the recording goes on, or takes what is known.
    pub(super) fn open_up(&mut self, now: bool) {
        let State::Opening { told } = self.state else { return };
        let picture = self.waiting.front().map(|(at, _)| *at);
        let oldest = [picture, self.sounds.held().map(|held| held.0)].into_iter().flatten().min();
        let Some(oldest) = oldest else { return };
        let newest = self.reached[0].max(self.reached[1]).unwrap_or(oldest);
        let now = now || newest.since(oldest) > self.plan.patience_ns;
        let sound = self.sounds.first(now);
        let missing = |expected: bool, here: bool| expected && !here;
        let incomplete = missing(self.plan.pictures.is_some(), picture.is_some())
            || missing(self.plan.sound_hz.is_some(), sound.is_some());
        if incomplete && !now {
            return;
        }
        if !self.begun && told.is_none() {
            self.begin_together(sound);
        }
        let picture = self.waiting.front().map(|(at, _)| *at);
        let Some(earliest) = [picture, sound].into_iter().flatten().min() else { return };
        let snapped = picture.map(|picture| self.tape.on_tick(self.sounds.line(), earliest, picture));
        self.go_on(told.or(snapped).unwrap_or(earliest));
        if sound.is_some() {
            self.sounds.anchor();
        }
        for (at, picture) in std::mem::take(&mut self.waiting) {
            self.take_picture(at, picture);
        }
        self.lay_sound();
    }

    /// Puts the pictures that wait for the beginning where all of them together say, and the first where the sound
    /// begins, if the stamps can't tell these two moments apart: a beginning is not to be a picture longer for that.
    fn begin_together(&mut self, sound: Option<Mono>) {
        let Some((first, period_ns, unsure_ns)) = self.steady.begin(self.waiting.len()) else { return };
        for (k, waiting) in self.waiting.iter_mut().enumerate() {
            waiting.0 = first.offset((k as f64 * period_ns).round() as i64);
        }
        let Some(sound) = sound else { return };
        let unsure_ns = (unsure_ns + self.sounds.unsure_ns(SURE)).min(self.slots_ns(1) as f64 / 4.0);
        if (first.since(sound).abs() as f64) <= unsure_ns {
            self.waiting[0].0 = sound;
        }
    }

    /// The recording begins, or a pause ends.
    fn go_on(&mut self, at: Mono) {
        let (at_sample, samples) = self.tape.close(self.sounds.line(), at);
        if self.begun {
            self.pauses.push(Pause { at_sample, at_picture: self.tape.tick_from(at_sample), samples });
        }
        self.begun = true;
        self.state = State::Running;
    }

    /// Without stamps a pause was as long as what went on in it; a stream that stopped goes on where the other is.
    pub(super) fn resume_by_count(&mut self) {
        let counted = self.sounds.line().mono_at(self.sounds.counted());
        let places = [self.next_implied(), counted];
        let went_on = (0..2).filter(|stream| self.went_on[*stream]).map(|stream| places[stream]).min();
        let Some(earliest) = went_on else {
            // Without anything in the pause it goes on at the cut, wherever that is.
            return self.go_on(Mono(0));
        };
        let pictures_went_on = self.went_on[Stream::Pictures as usize];
        let picture = if pictures_went_on { places[0] } else { earliest };
        let at = match self.plan.pictures {
            Some(_) => self.tape.on_tick(self.sounds.line(), earliest, picture),
            None => earliest,
        };
        self.go_on(at);
        if !pictures_went_on && self.next_implied() < picture {
            self.implied = (picture, 0);
        }
        if !self.went_on[Stream::Sound as usize] {
            self.sounds.skip_to(self.sounds.line().sample_at(at));
        }
    }

    /// A picture whose moment is known.
    pub(super) fn take_picture(&mut self, placed: Mono, picture: P) {
        let line = self.sounds.line();
        if self.tape.is_cut(line, placed) {
            return;
        }
        let next_due = self.tape.mono_of_tick(line, self.cadence.next_tick());
        if placed < next_due.offset(-self.slots_ns(1) / 2) {
            self.sync.late += 1;
        }
        self.ticks_needed = self.ticks_needed.max(self.tape.tick_at(line, placed) + 1);
        let number = self.submitted_pictures;
        self.submitted_pictures += 1;
        self.cadence.picture(placed, Frame { number, placed, picture });
    }

    /// Hands out the sound that has found its place.
    pub(super) fn lay_sound(&mut self) {
        if matches!(self.state, State::Opening { .. }) && !self.begun {
            return;
        }
        while let Some(placed) = self.sounds.placed() {
            match placed {
                Placed::Lost { at, samples } => {
                    if self.away_since.is_none() && self.tape.kept(at, at + samples).next().is_some() {
                        self.sync.gaps += 1;
                        let at_sample = self.tape.recorded(at);
                        self.tell(at_sample, What::SoundLost { samples: samples as u64 });
                    }
                }
                Placed::Sound { at, samples, payload } => self.lay_block(at, samples, &payload),
            }
        }
    }

    fn lay_block(&mut self, at: i64, samples: i64, payload: &S) {
        let kept: Vec<_> = self.tape.kept(at, at + samples).collect();
        let mut overtaken = false;
        for (from, until) in kept {
            let begins = self.tape.recorded(from);
            let ends = begins + (until - from) as u64;
            overtaken |= begins < self.written;
            if ends <= self.written {
                continue;
            }
            self.silence_to(begins);
            if let Some(since) = self.away_since.take() {
                self.tell(begins, What::SoundBack { silence_samples: begins.max(self.written) - since });
            }
            let behind = self.written - begins.min(self.written);
            let skip = (from - at) as u64 + behind;
            let take = ends - self.written;
            self.written = ends;
            self.out.push_back(Output::Sound { payload: payload.clone(), skip, take });
        }
        self.sync.late += u64::from(overtaken);
    }

    pub(super) fn silence_to(&mut self, sample: u64) {
        if sample > self.written {
            self.out.push_back(Output::Silence(sample - self.written));
            self.written = sample;
        }
    }

    /// When pictures are far ahead of the sound, silence stands in for it.
    pub(super) fn stand_in(&mut self) {
        let both = self.plan.pictures.is_some() && self.plan.sound_hz.is_some() && self.gate.stamped() == Some(true);
        let (Some(pictures), State::Running) = (self.reached[0], self.state) else { return };
        let behind = self.reached[1].is_none_or(|sound| pictures.since(sound) > self.plan.patience_ns);
        if !both || !behind {
            return;
        }
        self.sounds.finish();
        self.lay_sound();
        let line = self.sounds.line();
        let until = self.tape.recorded(line.sample_at(pictures.offset(-self.plan.patience_ns)));
        if until > self.written && self.away_since.is_none() {
            self.away_since = Some(self.written);
            self.sync.gaps += 1;
            self.tell(self.written, What::SoundGone);
        }
        self.silence_to(until);
    }

    /// Decides the next tick, if it can be decided; answers whether anything was.
    pub(super) fn decide_picture(&mut self) -> bool {
        let tick = self.cadence.next_tick();
        let over = self.ticks_total.is_some_and(|total| tick >= total);
        let waits = self.state != State::Ended && self.tape.is_paused(tick);
        if self.plan.pictures.is_none() || !self.begun || over || waits {
            return false;
        }
        while self.pauses.get(self.pauses_passed).is_some_and(|pause| pause.at_picture <= tick) {
            self.pauses_passed += 1;
            self.cadence.cut();
        }
        let now = match (self.state, self.gate.stamped()) {
            (State::Ended, _) => EVER,
            // A picture that is only counted lasts through its slot.
            (_, Some(false)) => self.next_implied().offset(-self.slots_ns(1) / 2),
            _ => self.reached[0].max(self.reached[1]).unwrap_or_default(),
        };
        let (tape, line) = (&self.tape, self.sounds.line());
        match self.cadence.poll(now, |tick| tape.mono_of_tick(line, tick)) {
            cadence::Output::WaitUntil(_) => return false,
            cadence::Output::Show(frame) => self.show(frame),
            cadence::Output::Repeated { tick } if self.only_fills_the_end(tick) => {}
            cadence::Output::Repeated { tick } => self.tell_tick(tick, What::Repeated { frames: 1 }),
            cadence::Output::Omitted { tick, frames } => {
                self.sync.omitted += frames;
                self.score.tick(frames);
                self.tell_tick(tick, What::Omitted { frames });
            }
            // At the end nobody is missing; the last picture is held to the end of the sound.
            cadence::Output::Gone { .. } if self.state == State::Ended => {}
            cadence::Output::Gone { tick } => {
                self.sync.gaps += 1;
                self.tell_tick(tick, What::PictureGone);
            }
            cadence::Output::Back { tick, held_frames } => self.tell_tick(tick, What::PictureBack { held_frames }),
        }
        true
    }

    fn show(&mut self, frame: Option<Frame<P>>) {
        let index = self.cadence.next_tick() - 1;
        let number = frame.as_ref().map(|frame| frame.number);
        let repeated = number.is_some() && number == self.shown;
        self.shown = number;
        let counts = repeated && !self.only_fills_the_end(index);
        self.sync.repeated += u64::from(counts);
        self.score.tick(u64::from(counts));
        if let Some(frame) = frame.as_ref().filter(|_| !repeated) {
            let shown = self.tape.mono_of_tick(self.sounds.line(), index);
            self.sync.offset_ms = shown.since(frame.placed) as f64 / 1e6;
            self.score.offset(self.sync.offset_ms);
        }
        let picture = frame.map(|frame| frame.picture);
        self.out.push_back(Output::Picture { index, picture, repeated });
    }

    /// Whether this last tick is there only for a rest of sound, shorter than a slot, behind the last picture: nothing
    /// is missing, and nobody's picture is doubled in its place.
    fn only_fills_the_end(&self, tick: u64) -> bool {
        self.ticks_total == Some(tick + 1) && self.ticks_needed == tick
    }

    fn tell_tick(&mut self, tick: u64, what: What) {
        let at_sample = self.tape.sample_of_tick(tick);
        self.tell(at_sample, what);
    }

    fn tell(&mut self, at_sample: u64, what: What) {
        self.out.push_back(Output::Happened(Happening { at_sample, what }));
    }
}
