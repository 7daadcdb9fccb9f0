// SPDX-License-Identifier: MIT
//! The road to one peer, as its reports tell: is there a queue on it, does it lose, what gets through.

use super::climb::Climb;
use super::need::Layers;
use crate::mesh::report::Report;
use crate::words::Mono;

/// Tenths of a millisecond, as reports count them: so much more delay than usual is a queue.
const QUEUE: i32 = 250;

/// The same shortly after a step up, when a queue is to be expected.
const QUEUE_TRYING: i32 = 120;

/// So little is none.
const DRAINED: i32 = 80;

/// A usual delay above the floor, as Wi-Fi has it, is believed up to this.
const USUAL_MAX: i32 = 200;

/// A queue that shrinks does so by this at least.
pub(super) const PROGRESS: i32 = 50;

/// Loss beyond what is usual there that counts as trouble: four times the spread of 5 % in bursts of two.
const LOSS: f32 = 0.15;

/// Of each report: a mean over somewhat more than half a second.
const LOSS_WEIGHT: f32 = 0.15;

/// Of what was delivered over a queue of its own a peer is given this much, in percent.
const USE_PERCENT: u32 = 85;

/// What is wrong with a road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    Queue { since: Mono },
    Loss { since: Mono },
}

/// How this peer is treated, while the others are well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    Like,
    /// No picture until its queue is gone.
    Draining {
        progress_at: Mono,
        best: i32,
    },
    Fewer,
}

/// What is known about it.
#[derive(Clone, Debug)]
pub(super) struct Road {
    pub(super) heard_at: Mono,
    pub(super) trouble: Trouble,
    /// Delay above the floor, less what is usual.
    pub(super) excess: i32,
    before: i32,
    /// Slow mean of the delay while there is no trouble, times 32.
    usual_32: i32,
    /// A longer road since the last calm: delay that turned out to be no queue.
    longer: i32,
    pub(super) delivered_kbps: u32,
    pub(super) loss: f32,
    loss_usual: f32,
    /// A step down was made for its sake.
    loss_stepped: bool,
    treatment: Treatment,
    layers: Layers,
    pub(super) climb: Climb,
}

impl Road {
    pub(super) fn new(now: Mono) -> Road {
        Road {
            heard_at: now,
            trouble: Trouble::None,
            excess: 0,
            before: 0,
            usual_32: 0,
            longer: 0,
            delivered_kbps: 0,
            loss: 0.0,
            loss_usual: 0.0,
            loss_stepped: false,
            treatment: Treatment::Like,
            layers: Layers::All,
            climb: Climb::careful(now),
        }
    }

    /// A report. While a step up is tried, less is a queue.
    pub(super) fn hear(&mut self, report: &Report, delivered_kbps: u32, trying: bool, now: Mono) {
        self.heard_at = now;
        self.delivered_kbps = delivered_kbps;
        if report.voice_expected > 0 {
            self.loss += (report.loss() - self.loss) * LOSS_WEIGHT;
            self.loss_usual = self.loss_usual.min(self.loss);
            self.loss_stepped &= self.loss > self.loss_usual + LOSS / 3.0;
        }
        if report.voice_received == 0 {
            return;
        }
        let delay = i32::from(report.delay_mean);
        self.longer = self.longer.min(delay);
        self.before = self.excess;
        self.excess = delay - self.longer - self.usual_32 / 32;
        self.trouble = self.judge(if trying { QUEUE_TRYING } else { QUEUE }, now);
        if self.trouble == Trouble::None {
            self.usual_32 = (self.usual_32 + self.excess).clamp(0, 32 * USUAL_MAX);
        }
    }

    fn judge(&self, queue: i32, now: Mono) -> Trouble {
        let since = match self.trouble {
            Trouble::None => now,
            Trouble::Queue { since } | Trouble::Loss { since } => since,
        };
        let queued = matches!(self.trouble, Trouble::Queue { .. }) && !self.is_drained();
        if self.excess > queue || queued {
            Trouble::Queue { since }
        } else if self.loss > self.loss_usual + LOSS {
            Trouble::Loss { since }
        } else {
            Trouble::None
        }
    }

    pub(super) fn is_drained(&self) -> bool {
        self.excess < DRAINED
    }

    /// A queue stood all through the last report: what was delivered is all that the road carries.
    pub(super) fn is_saturated(&self) -> bool {
        self.excess > QUEUE && self.before > QUEUE
    }

    pub(super) fn layers(&self) -> Layers {
        match self.treatment {
            Treatment::Draining { .. } => Layers::None,
            Treatment::Like | Treatment::Fewer => self.layers,
        }
    }

    /// Is it treated by itself?
    pub(super) fn is_alone(&self) -> bool {
        self.treatment != Treatment::Like
    }

    /// Has it a queue since so short a time that it is not known whose?
    pub(super) fn is_suspicious(&self, patience_ns: i64, now: Mono) -> bool {
        matches!(self.trouble, Trouble::Queue { since } if now.since(since) < patience_ns) && !self.is_alone()
    }

    /// It was the uplink, not this road.
    pub(super) fn forgive(&mut self, now: Mono) {
        self.treatment = Treatment::Like;
        self.layers = Layers::All;
        self.climb = Climb::careful(now);
    }

    /// The queue is gone; what delay is left is the road's.
    pub(super) fn settle(&mut self) {
        if !self.is_drained() {
            self.longer += self.excess;
            self.excess = 0;
        }
        self.trouble = Trouble::None;
    }

    /// Has it lost for so long?
    pub(super) fn has_lost_for(&self, ns: i64, now: Mono) -> bool {
        matches!(self.trouble, Trouble::Loss { since } if now.since(since) >= ns)
    }

    /// Is a step down worth it? If there was one already, this loss is the road's own.
    pub(super) fn loss_helps(&mut self) -> bool {
        if self.loss_stepped {
            self.loss_usual = self.loss;
        }
        self.loss_stepped = !self.loss_stepped;
        self.loss_stepped
    }

    /// Decides how this peer is treated while others are well.
    pub(super) fn judge_alone(&mut self, picture_kbps: u32, voice_kbps: u32, patience_ns: i64, now: Mono) {
        let lasting = |since: Mono| now.since(since) >= patience_ns;
        match (self.treatment, self.trouble) {
            (Treatment::Draining { progress_at, best }, _) => self.drain_alone(progress_at, best, now),
            (_, Trouble::Queue { since }) if lasting(since) => {
                self.lower(picture_kbps, voice_kbps, now);
                self.treatment = Treatment::Draining { progress_at: now, best: i32::MAX };
            }
            (_, Trouble::Loss { .. }) if self.has_lost_for(super::LOSS_LASTING_NS, now) => {
                self.trouble = Trouble::Loss { since: now.offset(super::LOSS_STEP_NS) };
                if self.loss_helps() {
                    self.lower(picture_kbps, voice_kbps, now);
                    self.treatment = Treatment::Fewer;
                }
            }
            (Treatment::Fewer, Trouble::None) if self.climb.is_due(now) => {
                self.layers = self.layers.above();
                self.climb.tries(now);
                if self.layers == Layers::All {
                    self.treatment = Treatment::Like;
                }
            }
            _ => {}
        }
    }

    fn drain_alone(&mut self, progress_at: Mono, best: i32, now: Mono) {
        if self.is_drained() || now.since(progress_at) >= super::STUCK_NS {
            self.settle();
            self.treatment = Treatment::Fewer;
            self.climb.rest(now);
        } else if self.excess < best.saturating_sub(PROGRESS) {
            self.treatment = Treatment::Draining { progress_at: now, best: self.excess };
        }
    }

    /// At once to what fits, one layer less at least.
    fn lower(&mut self, picture_kbps: u32, voice_kbps: u32, now: Mono) {
        let room_kbps = (self.delivered_kbps * USE_PERCENT / 100).saturating_sub(voice_kbps);
        let fits = |layers: &&Layers| picture_kbps * layers.percent() / 100 <= room_kbps;
        let fitting = Layers::EACH.iter().rev().find(fits).unwrap_or(&Layers::None);
        self.layers = self.layers.below().min(*fitting);
        self.climb.fail(now);
    }
}
