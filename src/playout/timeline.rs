// SPDX-License-Identifier: MIT
//! Where frames lie in media time, the sender's count of samples. Numbers are a stranger's: every step is bounded.
//!
//! ```text
//!  number   40    41    42 43 44 45           frames of 5 ms, then of 2.5 ms
//!          |-----|-----|--|--|--|--|->
//!  media   0    240   480 600 ...             `number` 42 lies at `media` 480
//! ```

/// Nanoseconds of so many samples.
pub(super) fn ns_of(samples: i64) -> i64 {
    samples.wrapping_mul(62_500) / 3
}

/// Samples of so many nanoseconds.
pub(super) fn samples_of(ns: i64) -> f64 {
    ns as f64 * 48e-6
}

/// A number farther than this from the newest begins the stream anew.
const FAR_SAMPLES: u64 = 480_000;

/// The sender's line: from `number` on frames last `length`, before it they lasted `before`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeline {
    number: u64,
    media: i64,
    length: u16,
    before: u16,
}

impl Timeline {
    /// Begins with this frame.
    pub(super) fn new(number: u64, length: u16) -> Timeline {
        Timeline { number, media: 0, length, before: length }
    }

    /// Is this number too far from another to belong to the same stream?
    pub(super) fn is_far(&self, number: u64, from: u64) -> bool {
        let away = (number.wrapping_sub(from) as i64).unsigned_abs();
        away > FAR_SAMPLES / u64::from(self.length)
    }

    /// A frame of this length came. Where it differs, the line bends there; whoever came before is left alone.
    pub(super) fn learn(&mut self, number: u64, length: u16) {
        let ahead = number.wrapping_sub(self.number) as i64;
        if ahead < 0 && length == self.length && length != self.before {
            // The first of the new length was overtaken.
            let earlier = ahead.wrapping_mul(i64::from(length));
            (self.media, self.number) = (self.media.wrapping_add(earlier), number);
        } else if ahead >= 0 && length != self.length {
            *self = Timeline { number, media: self.media_at(number), length, before: self.length };
        }
    }

    /// The first sample of a frame.
    pub(super) fn media_at(&self, number: u64) -> i64 {
        let ahead = number.wrapping_sub(self.number) as i64;
        self.media.wrapping_add(ahead.wrapping_mul(i64::from(if ahead < 0 { self.before } else { self.length })))
    }

    /// The frame in which a sample lies.
    pub(super) fn number_at(&self, media: i64) -> u64 {
        let ahead = media.wrapping_sub(self.media);
        let length = if ahead < 0 { self.before } else { self.length };
        self.number.wrapping_add_signed(ahead.div_euclid(i64::from(length)))
    }

    /// How long a frame is that nobody has seen.
    pub(super) fn length_of(&self, number: u64) -> u16 {
        if (number.wrapping_sub(self.number) as i64) < 0 { self.before } else { self.length }
    }
}

#[cfg(test)]
mod tests {
    use super::{Timeline, ns_of};

    #[test]
    fn the_line_bends_where_the_length_changes_and_nowhere_else() {
        let mut line = Timeline::new(40, 240);
        line.learn(43, 120);
        assert_eq!([40, 42, 43, 44].map(|number| line.media_at(number)), [0, 480, 720, 840]);
        line.learn(42, 120);
        assert_eq!([42, 43, 44].map(|number| line.media_at(number)), [600, 720, 840], "the overtaken one");
        line.learn(41, 240);
        assert_eq!((line.length_of(41), line.length_of(42)), (240, 120));
        for media in 600..2000 {
            let number = line.number_at(media);
            assert!((line.media_at(number)..line.media_at(number + 1)).contains(&media));
        }
        assert_eq!(ns_of(48_000), 1_000_000_000);
    }

    #[test]
    fn numbers_may_be_anything() {
        let mut line = Timeline::new(u64::MAX, 240);
        assert_eq!(line.media_at(1), 480, "numbers wrap");
        assert!(line.is_far(u64::MAX / 2, u64::MAX) && line.is_far(3000, u64::MAX) && !line.is_far(1000, u64::MAX));
        for number in [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1] {
            line.learn(number, 120);
            line.learn(number, 960);
            line.media_at(number.wrapping_add(7));
            line.number_at(i64::MIN);
        }
    }
}
