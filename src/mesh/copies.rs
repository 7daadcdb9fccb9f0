// SPDX-License-Identifier: MIT
//! Which earlier frames ride along with each new one, from what the receivers report.
//!
//! ```text
//!  n-4  n-3  n-2  n-1   n        a burst takes neighbours, so copies keep away from them:
//!        |         |    |        the longer bursts are, the farther; the nearer, the less has to be waited for
//!       copy      copy new
//! ```
//!
//! The receiver's playout waits for copies as long as that is worth it. A millisecond of waiting counts as much as one
//! concealed frame in 1,000; the tables were found by trying one to three copies with that engine, on roads of every
//! kind. A third one wins less than 2 ms below 8 % of loss and stays away; but among short frames, which come where
//! there is room, it wins more, because a burst there is as long and takes more of them.

use super::report::Report;
use super::voice::FrameLength;
use crate::words::{CopyDistances, PEOPLE_MAX, PeerId};

/// Below this nothing rides along: so few lost frames are concealed more cheaply than copies are waited for.
const LOSS_LEAST: f32 = 0.003;

/// Loss is averaged over so many reports, a second and a half; its unevenness, which wanders more, over more.
const LOSS_REPORTS: f32 = 16.0;
const BURST_REPORTS: f32 = 128.0;

/// Who tells of more frames than so many intervals have was without any for a while.
const CUT_INTERVALS: f32 = 2.0;

/// Fewer copies, or others, only when so many reports in a row ask for them: five seconds from one peer.
const CALM_REPORTS: u32 = 50;

/// Below this the frame before is enough, whatever the road is like: the second copy would win less than 2 ms.
const LOSS_SOME: f32 = 0.02;
/// From here on a burst may be so long that copies have to keep farther away.
const LOSS_MUCH: f32 = 0.04;
const LOSS_EXTREME: f32 = 0.08;
/// Means of this and more are no single losses any more, and no short bursts.
const BURST_SHORT: f32 = 1.4;
const BURST_LONG: f32 = 2.8;
/// Neighbours that differ by more than this leave no time for the fifth frame before: it would come after the ceiling.
const JITTER_MUCH_MS: f32 = 2.0;

/// The best copies for a road that loses this share of its packets, so many in a row on average, and delays
/// neighbours unevenly by so much.
pub fn best_copies(loss: f32, burst: f32, jitter_ms: f32) -> CopyDistances {
    let (single, long) = (burst < BURST_SHORT, burst > BURST_LONG);
    match loss {
        _ if loss < LOSS_LEAST => [0, 0, 0],
        _ if loss < LOSS_SOME => [1, 0, 0],
        _ if single => [1, if loss < LOSS_MUCH { 0 } else { 2 }, 0],
        _ if loss < LOSS_MUCH => [1, 2, 0],
        _ if loss < LOSS_EXTREME => [2, 3, 0],
        _ if long && jitter_ms < JITTER_MUCH_MS => [1, 3, 5],
        _ => [2, 3, 4],
    }
}

/// The same for frames of 2.5 ms.
fn best_copies_of_short_frames(loss: f32, burst: f32) -> CopyDistances {
    let (single, long) = (burst < BURST_SHORT, burst > BURST_LONG);
    match loss {
        _ if loss < LOSS_LEAST => [0, 0, 0],
        _ if single || loss < LOSS_SOME => [1, 2, 3],
        _ if loss < LOSS_MUCH || loss < LOSS_EXTREME && !long => [2, 3, 4],
        _ if loss < LOSS_EXTREME || !long => [2, 4, 6],
        _ => [3, 6, 8],
    }
}

/// One peer's road, as its reports have it.
#[derive(Clone, Copy, Debug, Default)]
struct Road {
    loss: f32,
    /// The mean of the squares of how far the number of lost packets of a report is from what the loss predicts, and
    /// of what chance alone would make of it.
    spread: f32,
    chance: f32,
    jitter_ms: f32,
}

impl Road {
    fn learn(&mut self, report: &Report) {
        let expected = f32::from(report.voice_expected);
        let lost = report.loss() * expected;
        self.loss += (report.loss() - self.loss) / LOSS_REPORTS;
        let predicted = self.loss * expected;
        self.spread += ((lost - predicted).powi(2) - self.spread) / BURST_REPORTS;
        self.chance += (predicted * (1.0 - self.loss) - self.chance) / BURST_REPORTS;
        self.jitter_ms += (f32::from(report.jitter) / 10.0 - self.jitter_ms) / LOSS_REPORTS;
    }

    /// Losses in a row, on average: independent ones spread as much as chance, bursts of b about 2 b - 1 times as much.
    fn burst(&self) -> f32 {
        if self.chance > 0.0 { ((self.spread / self.chance + 1.0) / 2.0).clamp(1.0, 8.0) } else { 1.0 }
    }
}

/// The choice for all peers: one datagram for everybody, so the worst road decides.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    roads: [Option<Road>; PEOPLE_MAX],
    short_frames: bool,
    chosen: CopyDistances,
    calm: u32,
}

impl Copies {
    /// A peer reports. While a road is cut copies are lost with everything else, so that says nothing about them.
    pub fn learn(&mut self, peer: PeerId, report: &Report) {
        if report.voice_expected > 0 && !self.was_cut(report) {
            self.roads[peer.index()].get_or_insert_default().learn(report);
        }
        self.choose();
    }

    /// A peer is gone.
    pub fn forget(&mut self, peer: PeerId) {
        self.roads[peer.index()] = None;
        self.choose();
    }

    /// Frames are of this length now. Copies come anew: what rode along was as long as the frames before.
    pub fn set_frame_length(&mut self, length: FrameLength) {
        let short_frames = length == FrameLength::Ms2_5;
        if short_frames != self.short_frames {
            self.short_frames = short_frames;
            self.chosen = self.best();
        }
    }

    /// The copies that loss asks for.
    pub fn chosen(&self) -> CopyDistances {
        self.chosen
    }

    /// The first frame after half a second without any tells of all that are missing at once.
    fn was_cut(&self, report: &Report) -> bool {
        let frame_ms = if self.short_frames { 2.5 } else { 5.0 };
        f32::from(report.voice_expected) * frame_ms > CUT_INTERVALS * f32::from(report.interval_ms)
    }

    fn best(&self) -> CopyDistances {
        let worst = self.roads.iter().flatten().max_by(|a, b| a.loss.total_cmp(&b.loss));
        worst.map_or([0; 3], |road| match self.short_frames {
            true => best_copies_of_short_frames(road.loss, road.burst()),
            false => best_copies(road.loss, road.burst(), road.jitter_ms),
        })
    }

    fn choose(&mut self) {
        let best = self.best();
        let count = |copies: CopyDistances| copies.iter().filter(|distance| **distance > 0).count();
        self.calm = if best == self.chosen { 0 } else { self.calm + 1 };
        if count(best) > count(self.chosen) || self.calm >= CALM_REPORTS {
            (self.chosen, self.calm) = (best, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Copies, best_copies, best_copies_of_short_frames};
    use crate::mesh::random::Random;
    use crate::mesh::report::Report;
    use crate::mesh::voice::FrameLength;
    use crate::words::PeerId;

    /// So many seconds of reports from a road that loses this share in bursts of this mean.
    fn report(copies: &mut Copies, peer: PeerId, seconds: usize, loss: f64, burst: f64, random: &mut Random) {
        let mut unit = || random.below(1 << 30) as f64 / f64::from(1 << 30);
        let mut bad = false;
        for _ in 0..10 * seconds {
            let mut received = 0;
            for _ in 0..20 {
                bad = if bad { unit() >= 1.0 / burst } else { unit() < loss / (1.0 - loss) / burst };
                received += u16::from(!bad);
            }
            let report = Report { interval_ms: 100, voice_expected: 20, voice_received: received, ..Report::default() };
            copies.learn(peer, &report);
        }
    }

    fn peer(number: u8) -> PeerId {
        PeerId::new(number).expect("one of four")
    }

    #[test]
    fn the_worse_the_road_the_more_and_the_farther() {
        let best = |loss| best_copies(loss, 2.0, 0.0);
        let copies = [[0, 0, 0], [1, 0, 0], [1, 2, 0], [2, 3, 0], [2, 3, 4]];
        assert_eq!([0.001, 0.01, 0.03, 0.05, 0.15].map(best), copies);
        assert_eq!([1.0, 2.0, 4.0].map(|burst| best_copies(0.05, burst, 0.0)), [[1, 2, 0], [2, 3, 0], [2, 3, 0]]);
        assert_eq!([0.0, 5.0].map(|jitter_ms| best_copies(0.15, 4.0, jitter_ms)), [[1, 3, 5], [2, 3, 4]]);
        let short = |loss| best_copies_of_short_frames(loss, 2.0);
        assert_eq!([0.001, 0.01, 0.05, 0.15].map(short), [[0, 0, 0], [1, 2, 3], [2, 3, 4], [2, 4, 6]]);
        assert_eq!([1.0, 4.0].map(|burst| best_copies_of_short_frames(0.1, burst)), [[1, 2, 3], [3, 6, 8]]);
    }

    #[test]
    fn nothing_rides_along_on_a_good_road_and_the_worst_road_decides() {
        let (mut copies, mut random) = (Copies::default(), Random::new([3; 32]));
        report(&mut copies, peer(1), 20, 0.0, 1.0, &mut random);
        assert_eq!(copies.chosen(), [0; 3]);
        report(&mut copies, peer(2), 3, 0.05, 2.0, &mut random);
        assert_ne!(copies.chosen()[1], 0, "two of them within three seconds");
        report(&mut copies, peer(1), 20, 0.0, 1.0, &mut random);
        assert_ne!(copies.chosen(), [0; 3], "the other road is as bad as it was");
        copies.forget(peer(2));
        report(&mut copies, peer(1), 6, 0.0, 1.0, &mut random);
        assert_eq!(copies.chosen(), [0; 3]);
    }

    #[test]
    fn the_choice_does_not_flap() {
        let (mut copies, mut random) = (Copies::default(), Random::new([4; 32]));
        let (mut changes, mut last) = (0, copies.chosen());
        for _ in 0..120 {
            report(&mut copies, peer(1), 1, 0.003, 1.5, &mut random);
            changes += usize::from(core::mem::replace(&mut last, copies.chosen()) != last);
        }
        assert!(changes <= 24, "{changes} in two minutes at the very edge");
    }

    #[test]
    fn a_road_that_was_cut_for_a_moment_asks_for_no_copies() {
        for short in [false, true] {
            let (mut copies, mut random) = (Copies::default(), Random::new([9; 32]));
            copies.set_frame_length(if short { FrameLength::Ms2_5 } else { FrameLength::Ms5 });
            report(&mut copies, peer(1), 20, 0.0, 1.0, &mut random);
            let frames = if short { 40 } else { 20 };
            let after =
                Report { interval_ms: 100, voice_expected: 6 * frames, voice_received: 15, ..Report::default() };
            copies.learn(peer(1), &after);
            assert_eq!(copies.chosen(), [0; 3]);
            copies.learn(peer(1), &Report { voice_expected: frames, ..after });
            assert_ne!(copies.chosen(), [0; 3], "but what gets lost on a road that goes on does");
        }
    }

    #[test]
    fn short_frames_have_more_copies_at_once() {
        let (mut copies, mut random) = (Copies::default(), Random::new([7; 32]));
        report(&mut copies, peer(1), 20, 0.05, 2.0, &mut random);
        assert_eq!(copies.chosen()[2], 0);
        copies.set_frame_length(FrameLength::Ms2_5);
        assert_ne!(copies.chosen()[2], 0);
    }

    #[test]
    fn long_bursts_are_told_from_single_losses() {
        let (mut single, mut long, mut random) = (Copies::default(), Copies::default(), Random::new([5; 32]));
        report(&mut single, peer(1), 60, 0.1, 1.0, &mut random);
        report(&mut long, peer(1), 60, 0.1, 4.0, &mut random);
        let burst = |copies: &Copies| copies.roads[1].expect("it reported").burst();
        assert!(burst(&single) < 1.4 && burst(&long) > 2.5, "{} {}", burst(&single), burst(&long));
    }

    #[test]
    fn reports_may_say_anything() {
        let (mut copies, mut random) = (Copies::default(), Random::new([6; 32]));
        for _ in 0..20_000 {
            let mut word = || [0, 1, 20, u16::MAX][random.below(4) as usize];
            let report = Report {
                voice_expected: word(),
                voice_received: word(),
                jitter: word(),
                interval_ms: word(),
                ..Report::default()
            };
            copies.learn(peer(3), &report);
            assert!(copies.chosen().iter().all(|distance| *distance < 9));
        }
        assert_eq!(best_copies(f32::NAN, f32::NAN, f32::NAN), [2, 3, 4]);
    }
}
