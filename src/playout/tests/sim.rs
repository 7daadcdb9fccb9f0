// SPDX-License-Identifier: MIT
//! One sender, one road, one sound card. All times are true seconds; each machine's clock is what it makes of them.
//!
//! ```text
//!  source -> capture card -> Opus -> frames at block boundaries -> road -> Inbox | Playout <- playing card
//!  sample n at n / 48000 * (1 - ppm)                    delay, jitter, loss      | now, late or not
//! ```

use crate::playout::{Gauges, Heard, Inbox, Incoming, Playout, playout};
use crate::words::{Mono, PeerId};
use opus::{Application, Bitrate, Channels, Encoder};
use std::collections::VecDeque;
use std::sync::OnceLock;

pub const PEER: PeerId = PeerId::HOST;

/// A small generator, so that each world is its seed.
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What happens between the two machines.
#[derive(Clone, Debug)]
pub struct Road {
    pub delay_s: f64,
    pub jitter_s: f64,
    pub loss: f64,
    pub burst: f64,
    pub copies: Vec<u64>,
    /// (from, to, extra delay): within it nothing arrives until `to`; afterwards the road is longer by so much.
    pub stalls: Vec<(f64, f64, f64)>,
    /// What is sent during a stall is lost, not late.
    pub stall_loses: bool,
}

impl Road {
    pub const CLEAN: Road = Road {
        delay_s: 0.010,
        jitter_s: 0.0,
        loss: 0.0,
        burst: 1.0,
        copies: Vec::new(),
        stalls: Vec::new(),
        stall_loses: false,
    };
}

struct Packet {
    arrives: f64,
    number: u64,
}

/// What is said: (sample index) -> value.
pub type Source = fn(u64) -> f32;

/// Something like speech: syllables of a buzzing voice and hiss, pauses between.
pub fn speech(n: u64) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    let table = TABLE.get_or_init(|| (0..479_001).map(syllables).collect());
    table[n as usize % table.len()]
}

fn syllables(n: u64) -> f32 {
    let t = n as f64 / 48_000.0;
    let envelope = ((t * 4.3).fract() * core::f64::consts::PI).sin().powi(2);
    let pause = (t * 0.7).fract() >= 0.8;
    if pause { 0.0 } else { (envelope * voice(n)) as f32 }
}

/// A voice that is half tone, half breath, and never twice the same.
fn voice(n: u64) -> f64 {
    let t = n as f64 / 48_000.0;
    let pitch = 120.0 * t + 3.0 * (t * 5.0).sin();
    let tone: f64 = (1..15).map(|k| (core::f64::consts::TAU * f64::from(k) * pitch).sin() / f64::from(k)).sum();
    let white = |n: u64| (Chance::new(n).next() >> 40) as f64 / f64::from(1 << 23) - 1.0;
    let breath: f64 = (0..24).map(|back| white(n + back)).sum::<f64>() / 4.0;
    0.08 * tone + 0.12 * breath
}

/// What everybody speaks through: short delay, 32 kbit/s, every frame of one length.
pub fn encoder() -> Encoder {
    let mut encoder = Encoder::new(48_000, Channels::Mono, Application::LowDelay).expect("48 kHz mono is known");
    encoder.set_vbr(false).expect("a constant rate is known");
    encoder.set_bitrate(Bitrate::Bits(32_000)).expect("so is 32 kbit/s");
    encoder.set_packet_loss_perc(10).expect("so is a tenth");
    encoder
}

pub struct Sim {
    pub inbox: Inbox,
    pub playout: Playout,
    pub gauges: Gauges,
    pub road: Road,
    pub chance: Chance,
    pub source: Source,
    pub sender_ppm: f64,
    pub card_ppm: f64,
    pub sender_quantum: u64,
    /// What the card asks for, in turn.
    pub quanta: Vec<usize>,
    pub late_pull: f64,
    pub link: u32,
    /// Every sample that was heard: (true time, value), the last few seconds.
    pub sound: VecDeque<(f64, f32)>,
    pub keep: usize,
    pub samples: u64,
    encoder: Encoder,
    /// Sent in place of everything that is said: for roads, not for ears.
    pub canned: Option<Vec<u8>>,
    captured: u64,
    number: u64,
    frames: VecDeque<(u64, Vec<u8>, u16)>,
    flying: Vec<Packet>,
    bad: bool,
    card_s: f64,
    pulls: usize,
    pub arrivals: Vec<f64>,
    pub end: f64,
}

impl Sim {
    pub fn new(seed: u64, samples: u64, quantum: usize, road: Road) -> Sim {
        println!("seed {seed}");
        let (inbox, playout, gauges) = playout();
        let encoder = encoder();
        Sim {
            inbox,
            playout,
            gauges,
            road,
            chance: Chance::new(seed),
            source: speech,
            sender_ppm: 0.0,
            card_ppm: 0.0,
            sender_quantum: 128,
            quanta: vec![quantum],
            late_pull: 0.0,
            link: 1,
            sound: VecDeque::new(),
            keep: 48_000,
            samples,
            encoder,
            canned: None,
            captured: 0,
            number: 0,
            frames: VecDeque::new(),
            flying: Vec::new(),
            bad: false,
            card_s: 0.0031,
            pulls: 0,
            arrivals: Vec::new(),
            end: 0.0,
        }
    }

    pub fn bitrate(&mut self, bits: i32) {
        self.encoder.set_bitrate(Bitrate::Bits(bits)).expect("a rate that Opus knows");
    }

    pub fn heard(&self) -> Heard {
        self.gauges.read(PEER).unwrap_or_default()
    }

    /// How much time passes in the world while the sender takes so many samples.
    fn sender_s(&self, samples: u64) -> f64 {
        samples as f64 / 48_000.0 * (1.0 - self.sender_ppm * 1e-6)
    }

    pub fn run(&mut self, seconds: f64) {
        self.end += seconds;
        while self.card_s < self.end {
            let late = if self.late_pull > 0.0 && self.chance.unit() < 0.02 {
                self.chance.unit() * self.late_pull
            } else {
                0.0
            };
            let now = self.card_s + late;
            self.send_until(now);
            self.arrive_until(now);
            let block = self.quanta[self.pulls % self.quanta.len()];
            let mut out = vec![0.0; block];
            self.playout.pull(&mut out, mono(now));
            for (index, sample) in out.into_iter().enumerate() {
                assert!(sample.is_finite() && sample.abs() <= 1.0);
                self.sound.push_back((self.card_s + index as f64 / 48_000.0, sample));
            }
            while self.sound.len() > self.keep {
                self.sound.pop_front();
            }
            self.card_s += block as f64 / 48_000.0 * (1.0 - self.card_ppm * 1e-6);
            self.pulls += 1;
        }
    }

    /// Frames become ready when the sender's block that ends them is there.
    fn send_until(&mut self, now: f64) {
        loop {
            let end = self.captured + self.samples;
            let ready = self.sender_s(end.div_ceil(self.sender_quantum) * self.sender_quantum);
            if ready > now {
                return;
            }
            let opus = match &self.canned {
                Some(opus) => opus.clone(),
                None => {
                    let sound: Vec<f32> = (self.captured..end).map(self.source).collect();
                    self.encoder.encode_vec_float(&sound, 255).expect("a whole frame")
                }
            };
            self.frames.push_back((self.number, opus, self.samples as u16));
            if self.frames.len() > 400 {
                self.frames.pop_front();
            }
            self.captured = end;
            self.launch(ready);
            self.number += 1;
        }
    }

    fn launch(&mut self, ready: f64) {
        // Two states: bad ones last `burst` packets on average, and so many that the share of all is `loss`.
        let leave_bad = 1.0 / self.road.burst;
        let enter_bad = leave_bad * self.road.loss / (1.0 - self.road.loss);
        let turn = self.chance.unit();
        self.bad = if self.bad { turn >= leave_bad } else { turn < enter_bad };
        let mut arrives = ready + self.road.delay_s + self.chance.unit() * self.road.jitter_s;
        let mut lost = self.bad;
        for (from, to, longer) in &self.road.stalls {
            if arrives > *to {
                arrives += longer;
            } else if arrives > *from {
                lost |= self.road.stall_loses;
                arrives = *to + longer.max(0.0);
            }
        }
        if !lost {
            if self.keep > 0 {
                self.arrivals.push(arrives);
            }
            self.flying.push(Packet { arrives, number: self.number });
        }
    }

    fn arrive_until(&mut self, now: f64) {
        self.flying.sort_by(|a, b| a.arrives.total_cmp(&b.arrives));
        let count = self.flying.iter().take_while(|packet| packet.arrives <= now).count();
        for packet in self.flying.drain(..count) {
            for distance in core::iter::once(0).chain(self.road.copies.iter().copied()) {
                let Some(number) = packet.number.checked_sub(distance) else { continue };
                let oldest = self.frames.front().map_or(0, |frame| frame.0);
                let kept = number.checked_sub(oldest).and_then(|index| self.frames.get(index as usize));
                let Some((_, opus, samples)) = kept else { continue };
                self.inbox.frame(Incoming {
                    peer: PEER,
                    link: self.link,
                    number,
                    copy: distance as u8,
                    opus,
                    samples: *samples,
                    at: mono(packet.arrives),
                });
            }
        }
    }

    /// Numbers begin anew, as after a new link.
    pub fn restart_numbers(&mut self) {
        self.number = 0;
        self.frames.clear();
        self.flying.clear();
    }

    /// The card does not ask for so long.
    pub fn card_stands(&mut self, seconds: f64) {
        self.card_s += seconds;
    }

    /// When the first packet came that was sent so that it arrives after this moment.
    pub fn first_after(&self, moment: f64) -> f64 {
        let arrivals = self.arrivals.iter().copied().filter(|at| *at > moment);
        arrivals.fold(f64::MAX, f64::min)
    }

    /// The same as [`latency_ms`](Self::latency_ms) for a tone, of which only the phase tells: within a period.
    pub fn tone_latency_ms(&self) -> f64 {
        let last = self.sound.iter().skip(self.sound.len() - 2400);
        let per_second = 1.0 / (1.0 - self.sender_ppm * 1e-6);
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (at, sample) in last {
            let (s, c) = (at * per_second * TONE_HZ * core::f64::consts::TAU).sin_cos();
            (sine, cosine) = (sine + f64::from(*sample) * s, cosine + f64::from(*sample) * c);
        }
        let turn = -cosine.atan2(sine) / core::f64::consts::TAU;
        turn.rem_euclid(1.0) * 1e3 / TONE_HZ
    }

    /// How long the last half second took from capture to the card, beyond frame, look-ahead and road.
    pub fn latency_ms(&self) -> f64 {
        let count = 18_000.min(self.sound.len());
        let window: Vec<(f64, f32)> = self.sound.iter().skip(self.sound.len() - count).copied().collect();
        let per_second = 48_000.0 / (1.0 - self.sender_ppm * 1e-6);
        let match_at = |lag: f64| -> f64 {
            window
                .iter()
                .step_by(7)
                .map(|(at, value)| f64::from(*value * (self.source)(((at - lag) * per_second).max(0.0).round() as u64)))
                .sum()
        };
        let fixed = self.samples as f64 / 48_000.0 + 0.0025 + self.road.delay_s;
        let best = (-2400..2900)
            .map(|step| fixed + f64::from(step) / 48_000.0)
            .max_by(|a, b| match_at(*a).total_cmp(&match_at(*b)));
        (best.expect("there are many lags") - fixed) * 1e3
    }
}

pub fn mono(seconds: f64) -> Mono {
    Mono(1_000_000_000_000 + (seconds * 1e9) as u64)
}

/// Of [`tone`]: no whole number of periods in a frame.
pub const TONE_HZ: f64 = 440.0;

/// A tone of half height.
pub fn tone(n: u64) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    // 11 periods in 1200 samples.
    let at = |n: usize| (n as f64 * TONE_HZ / 48_000.0 * core::f64::consts::TAU).sin() as f32 * 0.5;
    TABLE.get_or_init(|| (0..1200).map(at).collect())[n as usize % 1200]
}

/// A voice that never pauses.
pub fn buzz(n: u64) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    let table = TABLE.get_or_init(|| (0..479_001).map(|n| voice(n) as f32).collect());
    table[n as usize % table.len()]
}
