// SPDX-License-Identifier: MIT
//! Looking after the house, once a second: the disk, the queue, the clocks, sleep.

use super::super::event::Event;
use super::super::strain::Strain;
use super::super::watch_clock::{CLOCK_JUMP, WallClock, jump_sentence, utc_now_us};
use super::{Stage, Take};
use crate::disk::space;
use crate::media;
use crate::words::{Happening, Mono, RATE_HZ, Sample, What};

/// A recording ends while so many seconds of it still fit on the disk, reserve apart.
const ROOM_SECONDS: u64 = 5;
/// And never with less than this.
const ROOM_BYTES: u64 = 4 << 20;
/// So many minutes before that the person is told.
const LOW_MINUTES: u64 = 10;
/// Encoders that have given nothing for so many rounds, with everything in their hands, will not give any more.
const HANGING_ROUNDS_MAX: u64 = 30;
/// After so many rounds of draining a person may ask for the end without the rest.
const DRAINING_ROUNDS: u64 = 5;
/// Every so many rounds the metadata is brought up to date without a reason.
const SAVE_EVERY: u64 = 10;

/// What the last round saw.
#[derive(Debug)]
pub(super) struct Watch {
    next: Mono,
    rounds: u64,
    kbps: u64,
    /// What is safe on the disk.
    pub(super) safe_bytes: u64,
    /// How long that is.
    pub(super) safe_samples: Sample,
    free_bytes: u64,
    told_low: bool,
    told_full: bool,
    /// While draining: what was safe and what waited a round ago, and for how many rounds neither has moved.
    drained: (u64, u64),
    rounds_hanging: u64,
    rounds_draining: u64,
    told_behind: bool,
    told_sleep: bool,
    wall_clock: WallClock,
}

impl Watch {
    /// The first round is due a second after the start.
    pub(super) fn new(start: Mono, started_utc_us: i64, kbps: u64) -> Watch {
        Watch {
            next: start.offset(Mono::SECOND as i64),
            rounds: 0,
            kbps,
            safe_bytes: 0,
            safe_samples: 0,
            free_bytes: 0,
            told_low: false,
            told_full: false,
            drained: (0, 0),
            rounds_hanging: 0,
            rounds_draining: 0,
            told_behind: false,
            told_sleep: false,
            wall_clock: WallClock::seen(started_utc_us, start),
        }
    }

    /// Whether the encoders have been at what is left for longer than anybody expects.
    pub(super) fn drains_long(&self) -> bool {
        self.rounds_draining >= DRAINING_ROUNDS
    }

    fn bytes_per_second(&self) -> u64 {
        self.kbps * 1000 / 8
    }
}

impl Take {
    /// Does the round if it is due.
    pub(super) fn look_after_the_house(&mut self) {
        let now = media::now();
        if now < self.watch.next || self.stage == Stage::Closing {
            return;
        }
        self.watch.next = self.watch.next.max(now.offset(-(Mono::SECOND as i64))).offset(Mono::SECOND as i64);
        self.watch.rounds += 1;
        self.watch_disk();
        self.watch_draining();
        self.watch_queue();
        self.watch_wall_clock(now);
        self.watch_sleep();
        if self.watch.rounds.is_multiple_of(SAVE_EVERY) {
            self.save_metadata();
        }
        self.tell(Event::Stats {
            seconds: self.given as f64 / RATE_HZ as f64,
            frames: self.cadence.next_tick(),
            samples: self.given,
            bytes: self.watch.safe_bytes,
            waiting_bytes: self.master.waiting_bytes(),
            free_bytes: self.watch.free_bytes,
            drift_ppm: self.track.drift_ppm(),
        });
    }

    /// Encoders that have everything must get on with it: one that hangs must not keep what exists from being
    /// finished.
    fn watch_draining(&mut self) {
        let state = (self.watch.safe_bytes, self.master.waiting_bytes());
        self.watch.rounds_draining += u64::from(self.stage == Stage::Draining);
        if self.stage != Stage::Draining || state != self.watch.drained {
            (self.watch.drained, self.watch.rounds_hanging) = (state, 0);
            return;
        }
        self.watch.rounds_hanging += 1;
        if self.watch.rounds_hanging >= HANGING_ROUNDS_MAX {
            self.end_without_the_rest();
        }
    }

    fn watch_disk(&mut self) {
        let Ok(free) = space::free_bytes(&self.place.folder) else { return };
        self.watch.free_bytes = free;
        let room = ROOM_BYTES + ROOM_SECONDS * self.watch.bytes_per_second();
        let minutes = free.saturating_sub(room) / (self.watch.bytes_per_second() * 60).max(1);
        if free < room {
            if !std::mem::replace(&mut self.watch.told_full, true) {
                self.happened_warning("disk-full", What::DiskFull);
            }
            self.end_soon("disk-full");
        } else if minutes < LOW_MINUTES && !self.watch.told_low {
            self.watch.told_low = true;
            let message = format!("the disk is full in about {minutes} min; the recording will be ended in time");
            self.tell(Event::warning("disk-low", message, None));
        }
    }

    fn watch_queue(&mut self) {
        let waiting = self.master.waiting_bytes();
        self.gauge.weigh_memory(waiting);
        let strain = self.gauge.read(waiting);
        if strain == Strain::None {
            self.watch.told_behind = false;
        } else if !self.watch.told_behind {
            self.watch.told_behind = true;
            let seconds = self.gauge.seconds(waiting);
            let text = format!(
                "CRITICAL: this machine can't keep up, {seconds:.1} s of pictures wait for the encoder; nothing is \
                 lost yet; close other programs"
            );
            self.happened_warning("overload", What::Warning { text });
        }
    }

    fn watch_wall_clock(&mut self, now: Mono) {
        if let Some(by_us) = self.watch.wall_clock.jumped(utc_now_us(), now) {
            let text = jump_sentence("the wall clock of this machine", by_us);
            self.happened_warning(CLOCK_JUMP, What::Warning { text });
        }
    }

    fn watch_sleep(&mut self) {
        let refused = self.awake.as_mut().is_some_and(|a| !a.holds());
        if refused && !self.watch.told_sleep {
            self.watch.told_sleep = true;
            tracing::info!("the machine may go to sleep while recording: the system refuses to be kept awake");
        }
    }

    pub(super) fn happened_warning(&mut self, kind: &str, what: What) {
        let at_sample = self.given;
        self.tell(Event::warning(kind, what.to_string(), Some(at_sample as f64 / RATE_HZ as f64)));
        self.notebook.write(Happening { at_sample, what });
    }
}
