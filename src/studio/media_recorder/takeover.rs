// SPDX-License-Identifier: MIT
//! Going on in the same file when the encoder of the pictures breaks. MP4 and MOV can hold what several encoders make, as
//! long as they are written in fragments; elsewhere the recording goes on in the next file.
//!
//! ```text
//!   pictures   the broken graph: 0 ... 41 | the next one: 42 ...          what it was given and did not encode, again
//!   sound      ... [ ][ ][ ][ ] x           [ ]: heard    x: made, and not used
//!                     x  x  x [ ][ ][ ] ...  the next one begins at a packet's edge, early enough to be warm
//! ```
//!
//! The sound has to begin anew because it is in the same graph. Encoders that begin at the edge of a packet cut the sound
//! into the same packets, so that the seam is between two of them, and no sample is heard twice or never.

use super::error::RecordError;
use super::opened::{Job, Opened, Ready};
use super::order::Order;
use super::place::Cut;
use super::sink::Shared;
use crate::media::{EncodedCounts, Recording};
use crate::mp4::{Begin, Seam};
use crate::words::Mono;
use std::sync::Arc;
use std::time::Duration;

/// Packets until an encoder of sound has heard enough of what comes before to make what another would have made.
const WARM_PACKETS: u64 = 5;
/// Longer ones are of an encoder that remembers nothing.
const WARM_MAX: Duration = Duration::from_millis(500);
/// So much sound is kept although it is encoded.
pub const SOUND_KEPT: Duration = Duration::from_secs(2);

/// What encoders have done that have broken, in the file that goes on.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// Their names.
    pub encoders: Vec<String>,
    /// What they have made.
    pub counts: EncodedCounts,
    /// What the present one is given first, from the beginning of the file.
    pub begin: Cut,
}

/// Where the next encoder's stream goes in the file.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    pub seam: Seam,
    /// When its first picture is due.
    pub time: Mono,
}

impl Job {
    /// Another encoder goes on in the same file, behind a graph that is broken and drained; none if this file can't.
    pub fn go_on(&self) -> Option<Ready> {
        let opened = &self.opened;
        let can = self.order.spec().is_in_fragments() && opened.shared.is_drained() && opened.shared.failed().is_none();
        let (behind, begin) = if can { self.behind()? } else { return None };
        let order = self.order.clone().without_its_encoder().ok()?;
        let counts = opened.encoded();
        let encoders = opened.earlier.encoders.iter().chain(&opened.names[..1]).cloned().collect();
        let earlier = Earlier { encoders, counts: EncodedCounts { pictures: begin.picture, ..counts }, begin };
        match opened.taken_over(&order, behind, earlier) {
            Ok(opened) => Some(Ready { opened: Arc::new(opened), order, first: self.first }),
            Err(why) => {
                tracing::info!("the file can't go on with {}: {why}", order.names()[0]);
                None
            }
        }
    }

    /// Where the next encoder's stream goes, and what it is given first, from the beginning of the file.
    fn behind(&self) -> Option<(Behind, Cut)> {
        let rate = self.measure.rate?;
        let picture = (self.first.picture + self.opened.encoded().pictures).min(self.taken.picture);
        let number = picture - self.first.picture;
        let time = number.checked_mul(u64::from(rate.den))?;
        let pictures = Begin { time, scale: rate.num, skip: 0 };
        let time = Mono((u128::from(time) * u128::from(Mono::SECOND) / u128::from(rate.num.max(1))) as u64);
        let (sound, sample) = match self.order.valid.sound().zip(self.order.sound) {
            None => (Begin { scale: 1, ..Begin::default() }, 0),
            Some((recipe, raw)) => {
                let until = self.measure.at_picture(picture).sample.min(self.taken.sample);
                let sound = Grid {
                    packet: self.opened.recording.sound_packet(),
                    hz: u64::from(recipe.rate_hz.max(1)),
                    raw_hz: u64::from(raw.rate_hz.max(1)),
                };
                sound.begin(until.saturating_sub(self.first.sample))?
            }
        };
        Some((Behind { seam: Seam { pictures, sound }, time }, Cut { picture: number, sample }))
    }
}

/// Packets of sound.
#[derive(Clone, Copy, Debug)]
struct Grid {
    /// How long one is, if there has been any.
    packet: Option<Duration>,
    /// Samples of a second in the file ...
    hz: u64,
    /// ... and as they are submitted.
    raw_hz: u64,
}

impl Grid {
    /// Where the next encoder begins, so that it has taken over behind so many samples as they are submitted: for the
    /// file, and as they are submitted. None if that is longer ago than anybody has kept.
    fn begin(self, until: u64) -> Option<(Begin, u64)> {
        let Grid { packet, hz, raw_hz } = self;
        let from_start = (Begin { time: 0, scale: hz as u32, skip: 0 }, 0);
        let kept = u128::from(raw_hz) * SOUND_KEPT.as_nanos() / 1_000_000_000;
        let Some(packet) = packet else { return (u128::from(until) <= kept).then_some(from_start) };
        let warm = (WARM_MAX.as_nanos() / packet.as_nanos().max(1)).min(u128::from(WARM_PACKETS)) as u64;
        let packet = ((packet.as_nanos() * u128::from(hz) + 500_000_000) / 1_000_000_000).max(1) as u64;
        let whole = (u128::from(until) * u128::from(hz) / u128::from(raw_hz)) as u64 / packet;
        let (time, skip) = match whole.checked_sub(warm) {
            None | Some(0) => (0, 0),
            Some(first) => (first * packet, warm * packet),
        };
        let sample = ((u128::from(time) * u128::from(raw_hz) + u128::from(hz) / 2) / u128::from(hz)) as u64;
        let is_kept = u128::from(until.saturating_sub(sample)) <= kept;
        is_kept.then_some((Begin { time, scale: hz as u32, skip }, sample))
    }
}

impl Opened {
    /// The same file with other encoders.
    fn taken_over(&self, order: &Order, behind: Behind, earlier: Earlier) -> Result<Opened, RecordError> {
        let shared: Arc<Shared> = self.shared.clone();
        self.recording.stop();
        shared.taken_over();
        let take = self.sink.taker_behind(order.facts(), shared.clone(), behind);
        let recording = Recording::start(&order.spec(), take)?;
        let room = order.room.clone();
        recording.on_taken(move || room.ring());
        Ok(Opened { recording, sink: self.sink.clone(), shared, names: order.names(), earlier })
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use crate::mp4::Begin;
    use std::time::Duration;

    const AAC: Grid = Grid { packet: Some(Duration::from_nanos(21_333_333)), hz: 48_000, raw_hz: 48_000 };

    #[test]
    fn sound_begins_at_the_edge_of_a_packet_and_early_enough_to_be_warm() {
        let begin = Begin { time: 41 * 1024, scale: 48_000, skip: 5 * 1024 };
        assert_eq!(AAC.begin(46 * 1024 + 1023), Some((begin, 41 * 1024)));
        let half = Grid { raw_hz: 24_000, ..AAC };
        assert_eq!(half.begin(23 * 1024), Some((begin, 41 * 512)));
    }

    #[test]
    fn what_is_not_long_enough_to_be_warm_begins_again() {
        let anew = Some((Begin { time: 0, scale: 48_000, skip: 0 }, 0));
        assert_eq!([AAC.begin(0), AAC.begin(5 * 1024 + 9)], [anew, anew]);
        let silent = Grid { packet: None, ..AAC };
        assert_eq!([silent.begin(96_000), silent.begin(96_001)], [anew, None]);
    }

    #[test]
    fn long_packets_need_no_warming_up_and_very_long_ones_are_not_kept() {
        let long = Grid { packet: Some(Duration::from_millis(576)), hz: 8_000, raw_hz: 8_000 };
        assert_eq!(long.begin(40_000).map(|(begin, _)| (begin.time, begin.skip)), Some((8 * 4608, 0)));
        let longer = Grid { packet: Some(Duration::from_secs(9)), ..long };
        assert_eq!(longer.begin(9 * 8_000 + 16_001), None);
    }
}
