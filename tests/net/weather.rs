// SPDX-License-Identifier: MIT
//! What one direction of a line does to packets: delay, jitter, bursts of loss, reordering, a rate with a queue.

use std::time::{Duration, Instant};

/// The settings of one direction.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Every packet.
    pub delay: Duration,
    /// Up to this much more, evenly; the order stays.
    pub jitter: Duration,
    /// The share of packets that vanish.
    pub loss: f64,
    /// How many vanish together on average; 1 is each by itself.
    pub burst: f64,
    /// The share of packets that others overtake.
    pub reorder: f64,
    /// By this much.
    pub reorder_by: Duration,
    /// What the line carries, if it has a limit.
    pub rate_kbps: Option<u64>,
    /// What waits longer than this in front of it is thrown away.
    pub queue: Duration,
}

/// A cable of no length.
pub const FAIR: Weather = Weather {
    delay: Duration::ZERO,
    jitter: Duration::ZERO,
    loss: 0.0,
    burst: 1.0,
    reorder: 0.0,
    reorder_by: Duration::from_millis(10),
    rate_kbps: None,
    queue: Duration::from_millis(200),
};

/// One direction under way.
#[derive(Debug)]
pub struct Lane {
    /// May be changed at any time.
    pub weather: Weather,
    /// Packets that vanished.
    pub lost: u64,
    busy_until: Instant,
    last_out: Instant,
    losing: bool,
    random: u64,
}

impl Lane {
    /// Repeats itself for one seed.
    pub fn new(seed: u64) -> Lane {
        let now = Instant::now();
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Lane { weather: FAIR, lost: 0, busy_until: now, last_out: now, losing: false, random }
    }

    /// When a packet of that size comes out, if it does.
    pub fn pass(&mut self, bytes: usize, at: Instant) -> Option<Instant> {
        let weather = self.weather;
        if self.vanishes() {
            self.lost += 1;
            return None;
        }
        let mut out = at;
        if let Some(rate_kbps) = weather.rate_kbps {
            let start = self.busy_until.max(at);
            if start - at > weather.queue {
                self.lost += 1;
                return None;
            }
            out = start + Duration::from_nanos(bytes as u64 * 8_000_000 / rate_kbps.max(1));
            self.busy_until = out;
        }
        out += weather.delay + weather.jitter.mul_f64(self.chance());
        if self.chance() < weather.reorder {
            return Some(out + weather.reorder_by);
        }
        self.last_out = self.last_out.max(out);
        Some(self.last_out)
    }

    /// Two states, good and losing, with the wanted share and the wanted mean length.
    fn vanishes(&mut self) -> bool {
        let Weather { loss, burst, .. } = self.weather;
        if loss >= 1.0 {
            return true;
        }
        let end = 1.0 / burst.max(1.0);
        let begin = loss * end / (1.0 - loss);
        let chance = self.chance();
        self.losing = if self.losing { chance >= end } else { chance < begin };
        self.losing
    }

    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn weather_does_what_it_says() {
    let mut lane = Lane::new(7);
    lane.weather = Weather { loss: 0.05, burst: 2.0, ..FAIR };
    let now = Instant::now();
    let passed: Vec<bool> = (0..100_000).map(|_| lane.pass(100, now).is_some()).collect();
    let lost = passed.iter().filter(|passed| !**passed).count();
    let bursts = passed.windows(2).filter(|pair| pair[0] && !pair[1]).count();
    assert!((4_500..5_500).contains(&lost), "{lost}");
    assert!((1.8..2.2).contains(&(lost as f64 / bursts as f64)), "{lost} in {bursts}");

    let mut lane = Lane::new(7);
    lane.weather = Weather { rate_kbps: Some(1_000), delay: Duration::from_millis(10), ..FAIR };
    let start = Instant::now();
    let outs: Vec<_> = (0..300).map(|_| lane.pass(125, start)).collect();
    assert_eq!(outs[0].map(|out| out - start), Some(Duration::from_millis(11)));
    assert_eq!(outs[9].map(|out| out - start), Some(Duration::from_millis(20)));
    assert_eq!(outs.iter().flatten().count(), 201, "what would wait longer than the queue is thrown away");
}
