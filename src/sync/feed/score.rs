// SPDX-License-Identifier: MIT
//! How well sound and pictures go together, as figures for people.

/// Figures that move are means over about so many seconds.
const SECONDS: f64 = 10.0;

/// A mean offset that nobody notices, and one that everybody does, in milliseconds.
const UNNOTICED_MS: f64 = 5.0;
const NOTICED_MS: f64 = 45.0;

/// What [`super::Feed::sync`] answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sync {
    /// How much later the newest picture is shown than it was taken, in milliseconds of the sound it belongs to;
    /// within half a slot, which is what constant rate costs.
    pub offset_ms: f64,
    /// How fast the sound's clock runs, in parts per million of the stamps' clock.
    pub drift_ppm: f64,
    /// 100 when the offset's mean over ten seconds is within 5 ms and no picture was late, repeated or left out in
    /// them. It falls in a straight line to 0 at 45 ms, times the share of ticks that went as they should.
    pub score: u32,
    /// Pictures that came when their tick had been decided, and blocks of sound that came when silence already stood
    /// in their place.
    pub late: u64,
    /// Pictures handed out once more, but for one that only fills the end: behind the last picture a rest of sound,
    /// shorter than a slot, is no loss.
    pub repeated: u64,
    /// Pictures left out.
    pub omitted: u64,
    /// How often sound or pictures were missing.
    pub gaps: u64,
    /// Items refused for their stamps.
    pub refused: u64,
}

/// Keeps the means.
#[derive(Debug)]
pub(super) struct Score {
    weight: f64,
    mean_ms: f64,
    disturbed: f64,
}

impl Score {
    pub(super) fn new(fps: f64) -> Score {
        Score { weight: 1.0 / (SECONDS * fps).max(1.0), mean_ms: 0.0, disturbed: 0.0 }
    }

    /// A picture is shown so much too late.
    pub(super) fn offset(&mut self, ms: f64) {
        self.mean_ms += (ms - self.mean_ms) * self.weight;
    }

    /// A tick has passed, with so many pictures late, repeated or left out.
    pub(super) fn tick(&mut self, disturbed: u64) {
        self.disturbed += ((disturbed as f64).min(1.0) - self.disturbed) * self.weight;
    }

    /// The number for people.
    pub(super) fn score(&self) -> u32 {
        let near = (NOTICED_MS - self.mean_ms.abs().max(UNNOTICED_MS)) / (NOTICED_MS - UNNOTICED_MS);
        (100.0 * near.clamp(0.0, 1.0) * (1.0 - self.disturbed)).round() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Score;

    fn score(ms: f64, disturbed_each: u64) -> u32 {
        let mut score = Score::new(30.0);
        for tick in 0..6_000u64 {
            score.offset(ms);
            score.tick(u64::from(disturbed_each > 0 && tick.is_multiple_of(disturbed_each)));
        }
        score.score()
    }

    #[test]
    fn it_falls_from_a_hundred_to_nothing() {
        assert_eq!((score(4.9, 0), score(-25.0, 0), score(46.0, 0)), (100, 50, 0));
        assert!((48..=52).contains(&score(0.0, 2)));
    }
}
