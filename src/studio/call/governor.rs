// SPDX-License-Identifier: MIT
//! Decides what a machine that is too slow gives up: first the others' pictures, then our own picture's rate, its
//! size, and the picture itself. Never voice, and never the master.
//!
//! ```text
//!  pressure   ....!!!!!!.........................!.................
//!  level      000 1 2 3333333333 2222222222 11111 2222222222 ...
//!                 a second a step, down at once | ten calm seconds a step up, longer after a step that was too bold
//! ```
//!
//! Written like an engine: time comes in, what holds comes out, and whoever asks puts it in force.

use crate::media::{Depth, FaceOrder};
use crate::mesh::event::PictureOrder;
use crate::words::Mono;

/// A step down is given so long to show what it brings.
const DOWN_NS: i64 = 950_000_000;

/// Calm that is needed for a step up, and the most after steps up that were too bold.
const UP_NS: i64 = 10_000_000_000;
const UP_NS_MAX: i64 = 160_000_000_000;

/// Trouble so soon after a step up is that step's fault.
const TOO_BOLD_NS: i64 = 60_000_000_000;

/// So much of a master may wait for its encoders without anybody minding; from there on it should shrink.
const MASTER_WAITS_S: f64 = 0.5;
const MASTER_WAITS_S_SEVERE: f64 = 2.0;

/// Below this nobody speaks of a queue: calm is something else than not quite trouble.
const MASTER_CALM_S: f64 = 0.25;

/// Our own pictures that the encoder had to skip in a second, of 24; one may be chance.
const BACKLOG: u32 = 3;
const BACKLOG_SEVERE: u32 = 12;

/// Voice that was fetched too late in a second, of 200 or more times: each can be heard.
const LATE: u32 = 2;
const LATE_SEVERE: u32 = 20;

/// What is left of the rate and the size of our own picture.
const FPS_REDUCED: u32 = 12;
const HEIGHT_REDUCED: u32 = 360;

/// How the machine feels; what is counted is counted since the last time, a second ago.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    /// How many seconds of the master wait for its encoders.
    pub master_waiting_seconds: f64,
    /// Pictures of ours that the encoder had no time for.
    pub encoder_backlog: u32,
    /// Pulls of the playout that came too late.
    pub late_pulls: u32,
}

/// What is given up; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shed {
    /// Nothing.
    Nothing,
    /// Of the others' pictures three in four.
    FarPictures,
    /// Half of our own pictures.
    Rate,
    /// Their size.
    Size,
    /// All pictures, theirs and ours.
    Picture,
}

/// A change, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShedChange {
    /// Before.
    pub from: Shed,
    /// From now on.
    pub to: Shed,
}

impl Shed {
    const EACH: [Shed; 5] = [Shed::Nothing, Shed::FarPictures, Shed::Rate, Shed::Size, Shed::Picture];

    /// How much of the others' pictures is decoded.
    pub fn depth(self) -> Depth {
        match self {
            Shed::Nothing => Depth::All,
            Shed::FarPictures | Shed::Rate | Shed::Size => Depth::Quarter,
            Shed::Picture => Depth::Nothing,
        }
    }

    /// What our encoder makes of what the network allows; `None`: nothing.
    pub fn order(self, network: Option<PictureOrder>) -> Option<FaceOrder> {
        let PictureOrder { bitrate_kbps, fps, height } = network?;
        let fps = if self >= Shed::Rate { fps.min(FPS_REDUCED) } else { fps };
        let height = if self >= Shed::Size { height.min(HEIGHT_REDUCED) } else { height };
        (self < Shed::Picture).then_some(FaceOrder { height, fps, kbps: bitrate_kbps })
    }

    fn down(self, steps: usize) -> Shed {
        Shed::EACH[(self as usize + steps).min(Shed::EACH.len() - 1)]
    }

    fn up(self) -> Shed {
        Shed::EACH[(self as usize).saturating_sub(1)]
    }
}

impl ShedChange {
    /// For programs: whether something is still given up.
    pub fn kind(self) -> &'static str {
        if self.to == Shed::Nothing { "busy-over" } else { "busy" }
    }

    /// For people: what has become of the pictures.
    pub fn sentence(self) -> &'static str {
        let worse = self.to > self.from;
        match self.to {
            Shed::Nothing => "This computer keeps up again: all pictures are back",
            Shed::FarPictures if worse => "This computer is busy: the others' pictures move less for now",
            Shed::FarPictures => "This computer keeps up better: your picture is back at its full rate",
            Shed::Rate if worse => "This computer is busy: the others see your picture move less for now",
            Shed::Rate => "This computer keeps up better: your picture is back at its full size",
            Shed::Size if worse => "This computer is busy: the others see your picture smaller for now",
            Shed::Size => "This computer keeps up better: pictures are back, yours smaller than usual",
            Shed::Picture => {
                "This computer is too busy for pictures: they pause, so that voice and recording stay whole"
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strain {
    Calm,
    /// Neither calm nor trouble: no step in either direction.
    Some,
    Much,
    Severe,
}

/// Watches one machine.
#[derive(Clone, Debug)]
pub struct Governor {
    shed: Shed,
    before: Pressure,
    /// Since when nothing has happened that speaks against a step up.
    calm_since: Option<Mono>,
    down_at: Option<Mono>,
    up_at: Option<Mono>,
    up_ns: i64,
}

impl Default for Governor {
    /// Nothing is known to be wrong.
    fn default() -> Governor {
        Governor {
            shed: Shed::Nothing,
            before: Pressure::default(),
            calm_since: None,
            down_at: None,
            up_at: None,
            up_ns: UP_NS,
        }
    }
}

impl Governor {
    /// What is given up now.
    pub fn shed(&self) -> Shed {
        self.shed
    }

    /// How the machine feels, once a second; the answer is what changes.
    pub fn handle(&mut self, pressure: Pressure, now: Mono) -> Option<ShedChange> {
        let strain = self.strain(pressure);
        self.before = pressure;
        let from = self.shed;
        if strain >= Strain::Much {
            self.calm_since = None;
            self.give_up(if strain == Strain::Severe { 2 } else { 1 }, now);
        } else if strain == Strain::Some {
            self.calm_since = None;
        } else {
            let calm_ns = now.since(*self.calm_since.get_or_insert(now));
            if calm_ns >= self.up_ns {
                self.give_back(now);
            }
        }
        (self.shed != from).then_some(ShedChange { from, to: self.shed })
    }

    fn give_up(&mut self, steps: usize, now: Mono) {
        // Whoever has just given something up sees the effect first.
        if self.down_at.is_some_and(|down| now.since(down) < DOWN_NS) {
            return;
        }
        // Only the first step back down after one up speaks about that step.
        if let Some(up) = self.up_at.take() {
            let too_bold = now.since(up) < TOO_BOLD_NS;
            self.up_ns = if too_bold { (2 * self.up_ns).min(UP_NS_MAX) } else { UP_NS };
        }
        self.shed = self.shed.down(steps);
        self.down_at = Some(now);
    }

    fn give_back(&mut self, now: Mono) {
        self.calm_since = Some(now);
        if self.shed > Shed::Nothing {
            self.shed = self.shed.up();
            self.up_at = Some(now);
        }
    }

    fn strain(&self, pressure: Pressure) -> Strain {
        let waits = pressure.master_waiting_seconds;
        // A queue that shrinks is a trouble that is over.
        let master = match waits > self.before.master_waiting_seconds {
            _ if waits < MASTER_CALM_S => Strain::Calm,
            true if waits >= MASTER_WAITS_S_SEVERE => Strain::Severe,
            true if waits >= MASTER_WAITS_S => Strain::Much,
            _ => Strain::Some,
        };
        let counted = |count, much, severe| match count {
            0 => Strain::Calm,
            _ if count >= severe => Strain::Severe,
            _ if count >= much => Strain::Much,
            _ => Strain::Some,
        };
        let backlog = counted(pressure.encoder_backlog, BACKLOG, BACKLOG_SEVERE);
        let late = counted(pressure.late_pulls, LATE, LATE_SEVERE);
        master.max(backlog).max(late)
    }
}

#[cfg(test)]
mod tests;
