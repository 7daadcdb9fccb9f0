// SPDX-License-Identifier: MIT
//! How loud everybody is: written by the threads that handle sound anyway, read by whoever draws a meter. Nobody waits
//! for anybody.

use crate::media::SoundBlock;
use crate::playout::Gauges;
use crate::words::PeerId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// The loudest that 16 bits can say; whatever reaches it was cut off or is about to be.
const CLIPS_AT: f32 = 32_767.0 / 32_768.0;

/// How loud it was since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// The loudest sample, 0 to 1.
    pub peak: f32,
    /// The loudest there is was reached: quieter, please.
    pub clipped: bool,
}

/// Read it from anywhere, but from one place only: each look begins a new measurement.
#[derive(Clone, Debug, Default)]
pub struct Meters(Arc<Dials>);

#[derive(Debug, Default)]
struct Dials {
    /// The bits of a float that is never negative, and so grows with them.
    own: AtomicU32,
    /// There once the call can hear.
    peers: OnceLock<Gauges>,
}

impl Meters {
    /// Our microphone, muted or not.
    pub fn own(&self) -> Level {
        level(f32::from_bits(self.0.own.swap(0, Ordering::Relaxed)))
    }

    /// Somebody's voice as it is played here; silence of whoever is not there.
    pub fn peer(&self, participant: u8) -> Level {
        let heard = PeerId::new(participant).zip(self.0.peers.get());
        level(heard.map_or(0.0, |(peer, gauges)| gauges.take_peak(peer)))
    }

    /// Counts what the microphone gave.
    pub(super) fn hear(&self, block: &SoundBlock) {
        block.with_samples(|samples| {
            let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            self.0.own.fetch_max(peak.to_bits(), Ordering::Relaxed);
        });
    }

    /// From now on the others are read there.
    pub(super) fn watch(&self, gauges: Gauges) {
        // Set once, by the one call that these meters are of.
        let _ = self.0.peers.set(gauges);
    }
}

fn level(peak: f32) -> Level {
    Level { peak: peak.min(1.0), clipped: peak >= CLIPS_AT }
}
