// SPDX-License-Identifier: MIT
//! A feed on paper: pictures and blocks are numbers.

use super::{Feed, Output, Plan};
use crate::words::{Mono, Rate};

#[cfg(test)]
mod hour;
#[cfg(test)]
mod manners;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod pauses;

const SECOND: u64 = Mono::SECOND;

/// Repeatable noise.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }

    /// Up to so many nanoseconds either way.
    fn jitter(&mut self, ns: u64) -> i64 {
        self.roll(2 * ns + 1) as i64 - ns as i64
    }
}

/// What came out, checked for holes while it comes.
#[derive(Default)]
struct Reel {
    pictures: Vec<Option<u64>>,
    repeated: u64,
    /// Where each piece of sound lies: the recording's sample, the block, skipped, taken.
    sound: Vec<(u64, u64, u64, u64)>,
    silence: u64,
    samples: u64,
    told: Vec<crate::words::Happening>,
}

impl Reel {
    fn drain(&mut self, feed: &mut Feed<u64, u64>) {
        while let Some(out) = feed.poll() {
            match out {
                Output::Picture { index, picture, repeated } => {
                    assert_eq!(index, self.pictures.len() as u64, "one after the other");
                    let again = picture.is_some() && self.pictures.last() == Some(&picture);
                    assert_eq!(repeated, again);
                    self.repeated += u64::from(repeated);
                    self.pictures.push(picture);
                }
                Output::Sound { payload, skip, take } => {
                    assert!(take > 0);
                    self.sound.push((self.samples, payload, skip, take));
                    self.samples += take;
                }
                Output::Silence(samples) => {
                    assert!(samples > 0);
                    self.silence += samples;
                    self.samples += samples;
                }
                Output::Happened(happening) => self.told.push(happening),
            }
        }
        assert_eq!(self.samples, feed.samples_out());
        assert_eq!(self.pictures.len() as u64, feed.pictures_out());
    }

    /// Where a sample of a block lies in the recording.
    fn sample_of(&self, block: u64, offset: u64) -> Option<u64> {
        let from = self.sound.partition_point(|piece| piece.1 < block);
        let pieces = self.sound[from..].iter().take_while(|piece| piece.1 == block);
        pieces.filter(|piece| (piece.2..piece.2 + piece.3).contains(&offset)).map(|p| p.0 + offset - p.2).next()
    }
}

/// As many samples as so many pictures last, rounded up in the way that the feed ends.
fn samples_of(rate: Rate, rate_hz: u32, pictures: u64) -> u64 {
    let units = u64::from(rate.den) * u64::from(rate_hz);
    (pictures * units + u64::from(rate.num) / 2) / u64::from(rate.num)
}

fn both(rate: Rate, rate_hz: u32) -> Feed<u64, u64> {
    Feed::new(Plan::new(Some(rate), Some(rate_hz))).expect("a good plan")
}
