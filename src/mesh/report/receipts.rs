// SPDX-License-Identifier: MIT
//! The receiver's side: what came from one peer, told each 100 ms.

use super::floor::Floor;
use super::{REPORT_NS, Report};
use crate::words::Mono;

/// What the receiving thread counted since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceSeen {
    /// Frames that came by themselves, not as copies.
    pub frames: u32,
    /// The newest frame's index so far; `None` until one came.
    pub highest: Option<u64>,
    /// How long they took; `None` if all that came was too old to tell.
    pub delay: Option<DelaySeen>,
    /// Mean difference between neighbours.
    pub jitter_us: u32,
}

/// Arrival minus stamp, of any common offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelaySeen {
    /// The lowest.
    pub min_us: i64,
    /// The mean.
    pub mean_us: i64,
    /// The highest.
    pub max_us: i64,
}

/// Counts what comes from one peer.
#[derive(Clone, Debug)]
pub struct Receipts {
    since: Mono,
    floor: Floor,
    /// The newest frame when the last report was made.
    highest: Option<u64>,
    /// The picture that arrives: its sequence and pieces.
    picture: Option<(u64, u16)>,
    pieces_expected: u16,
    pieces_received: u16,
    picture_bytes: u32,
}

impl Receipts {
    /// From now on.
    pub fn new(now: Mono) -> Receipts {
        Receipts {
            since: now,
            floor: Floor::default(),
            highest: None,
            picture: None,
            pieces_expected: 0,
            pieces_received: 0,
            picture_bytes: 0,
        }
    }

    /// A fragment came. Pictures that never showed a piece are not expected: the sender may have dropped them.
    pub fn piece(&mut self, sequence: u64, fragments: u8, bytes: usize) {
        self.pieces_received = self.pieces_received.saturating_add(1);
        self.picture_bytes = self.picture_bytes.saturating_add(bytes as u32);
        match self.picture {
            Some((current, _)) if sequence <= current => {}
            before => {
                self.pieces_expected = self.pieces_expected.saturating_add(before.map_or(0, |(_, pieces)| pieces));
                self.picture = Some((sequence, u16::from(fragments.max(1))));
            }
        }
    }

    /// When the next report is due.
    pub fn wait_until(&self) -> Mono {
        self.since.offset(REPORT_NS)
    }

    /// The report of the interval that ends now.
    pub fn report(&mut self, voice: &VoiceSeen, now: Mono) -> Report {
        let mut report = Report {
            interval_ms: small(now.since(self.since) / 1_000_000),
            voice_received: small(i64::from(voice.frames)),
            pieces_expected: std::mem::take(&mut self.pieces_expected),
            pieces_received: std::mem::take(&mut self.pieces_received),
            picture_bytes: std::mem::take(&mut self.picture_bytes),
            ..Report::default()
        };
        self.since = now;
        if let Some(highest) = voice.highest {
            let before = self.highest.unwrap_or(highest.saturating_sub(u64::from(voice.frames)));
            report.voice_expected = u16::try_from(highest.saturating_sub(before)).unwrap_or(u16::MAX);
            if highest < before {
                // Within a link it only grows: this is another, and so perhaps another clock behind the stamps.
                self.floor = Floor::default();
            }
            self.highest = Some(highest);
        }
        if let Some(delay) = voice.delay {
            self.floor.learn(delay.min_us, now);
            let lowest = self.floor.lowest().unwrap_or(delay.min_us);
            report.delay_mean = small(delay.mean_us.saturating_sub(lowest) / 100);
            report.delay_max = small(delay.max_us.saturating_sub(lowest) / 100);
            report.jitter = small(i64::from(voice.jitter_us) / 100);
        }
        report
    }
}

fn small(number: i64) -> u16 {
    number.clamp(0, i64::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests {
    use super::{DelaySeen, Receipts, VoiceSeen};
    use crate::words::Mono;

    fn ms(ms: u64) -> Mono {
        Mono(ms * 1_000_000)
    }

    #[test]
    fn delay_is_told_against_the_floor_whatever_the_clocks_say() {
        for offset in [-5_000_000_000_i64, 0, 777_000_000_000] {
            let mut receipts = Receipts::new(ms(0));
            let seen = |frames, highest, low: i64, mean: i64, high: i64| VoiceSeen {
                frames,
                highest: Some(highest),
                delay: Some(DelaySeen { min_us: offset + low, mean_us: offset + mean, max_us: offset + high }),
                jitter_us: 450,
            };
            let first = receipts.report(&seen(20, 119, 20_000, 21_000, 24_000), ms(100));
            assert_eq!((first.voice_expected, first.voice_received), (20, 20));
            assert_eq!((first.delay_mean, first.delay_max, first.jitter), (10, 40, 4));
            let second = receipts.report(&seen(15, 139, 60_000, 70_000, 90_000), ms(200));
            assert_eq!((second.interval_ms, second.voice_expected, second.voice_received), (100, 20, 15));
            assert_eq!((second.delay_mean, second.delay_max), (500, 700));
        }
    }

    #[test]
    fn silence_and_wild_numbers_make_small_integers() {
        let mut receipts = Receipts::new(ms(5));
        let nothing = receipts.report(&VoiceSeen::default(), ms(1));
        assert_eq!((nothing.interval_ms, nothing.voice_expected, nothing.delay_max), (0, 0, 0));
        let wild = VoiceSeen {
            frames: u32::MAX,
            highest: Some(u64::MAX),
            delay: Some(DelaySeen { min_us: i64::MIN, mean_us: 0, max_us: i64::MAX }),
            jitter_us: u32::MAX,
        };
        let report = receipts.report(&wild, ms(900_000));
        assert_eq!((report.interval_ms, report.voice_expected, report.delay_max), (u16::MAX, u16::MAX, u16::MAX));
        let backwards = receipts.report(&VoiceSeen { highest: Some(3), ..wild }, ms(900_001));
        assert_eq!(backwards.voice_expected, 0);
    }

    #[test]
    fn what_was_too_old_to_tell_a_delay_moves_no_floor() {
        let mut receipts = Receipts::new(ms(0));
        let seen = |highest, delay| VoiceSeen { frames: 20, highest: Some(highest), delay, jitter_us: 0 };
        let usual = DelaySeen { min_us: 900_000_000, mean_us: 900_001_000, max_us: 900_002_000 };
        receipts.report(&seen(20, Some(usual)), ms(100));
        let old = receipts.report(&seen(20, None), ms(200));
        assert_eq!((old.voice_received, old.delay_mean, old.delay_max), (20, 0, 0));
        let after = receipts.report(&seen(40, Some(usual)), ms(300));
        assert_eq!((after.delay_mean, after.delay_max), (10, 20));
    }

    /// The first report of a new link may still see the voice of the old one.
    #[test]
    fn a_link_that_begins_anew_has_its_own_loss_and_its_own_floor() {
        let mut receipts = Receipts::new(ms(0));
        let seen = |frames, highest, delay_us| VoiceSeen {
            frames,
            highest: Some(highest),
            delay: Some(DelaySeen { min_us: delay_us, mean_us: delay_us, max_us: delay_us }),
            jitter_us: 0,
        };
        receipts.report(&seen(20, 60_000, 1_000), ms(100));
        let restarted = receipts.report(&seen(20, 19, 900_000), ms(200));
        assert_eq!((restarted.voice_expected, restarted.loss(), restarted.delay_mean), (0, 0.0, 0));
        let lossy = receipts.report(&seen(15, 39, 901_000), ms(300));
        assert_eq!((lossy.voice_expected, lossy.voice_received, lossy.delay_mean), (20, 15, 10));
    }

    #[test]
    fn pieces_are_expected_once_their_picture_has_ended() {
        let mut receipts = Receipts::new(ms(0));
        for _ in 0..13 {
            receipts.piece(7, 15, 500);
        }
        let first = receipts.report(&VoiceSeen::default(), ms(100));
        assert_eq!((first.pieces_expected, first.pieces_received, first.picture_bytes), (0, 13, 6500));
        receipts.piece(8, 0, 100);
        receipts.piece(7, 15, 500);
        receipts.piece(11, 2, 500);
        let second = receipts.report(&VoiceSeen::default(), ms(200));
        assert_eq!((second.pieces_expected, second.pieces_received), (16, 3));
    }
}
