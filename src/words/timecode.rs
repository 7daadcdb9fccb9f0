// SPDX-License-Identifier: MIT
//! Timecode: the time of day in universal time, counted in pictures. All masters of a session speak the same one,
//! whatever their time zones; theirs counts 30 to the second, without dropped numbers.
//!
//! At 29.97 and 59.94 pictures a second there are too few of them for so many numbers. So that the timecode keeps to the
//! clock on the wall, the first two (or four) numbers of every minute but each tenth are left out; a semicolon in front
//! of the pictures says so.

use super::{MASTER_FPS, Rate};

const US_PER_DAY: i64 = 86_400_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
/// Two digits have room for so many.
const FPS_MAX: u64 = 99;

/// How pictures of some rate are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    rate: Rate,
    /// Numbers in a second.
    fps: u64,
    /// Numbers that are left out at the beginning of a minute.
    dropped: u64,
}

impl Counting {
    /// As masters count.
    pub const MASTER: Counting = Counting { rate: Rate::whole(MASTER_FPS as u32), fps: MASTER_FPS, dropped: 0 };

    /// At this rate; none at rates whose pictures have no numbers that editors agree upon.
    pub fn of(rate: Rate) -> Option<Counting> {
        let Rate { num, den } = rate.reduced();
        let (fps, dropped) = match (num, den) {
            (fps, 1) => (fps, 0),
            (24_000, 1001) => (24, 0),
            (30_000, 1001) => (30, 2),
            (60_000, 1001) => (60, 4),
            _ => return None,
        };
        let rate = Rate { num, den };
        let counting = Counting { rate, fps: u64::from(fps), dropped };
        (1..=FPS_MAX).contains(&counting.fps).then_some(counting)
    }

    /// The rate, in its lowest terms.
    pub fn rate(self) -> Rate {
        self.rate
    }

    /// How many numbers a second has.
    pub fn fps(self) -> u32 {
        self.fps as u32
    }

    /// Whether numbers are left out.
    pub fn drops(self) -> bool {
        self.dropped > 0
    }

    /// The picture since midnight that lies nearest to a moment (microseconds since 1970).
    pub fn frame_of_day(self, utc_us: i64) -> u32 {
        let us = u128::from(utc_us.rem_euclid(US_PER_DAY) as u64);
        // Without dropped numbers a day has as many as if the rate were whole, however long that day takes.
        let (num, den) = if self.drops() { (self.rate.num, self.rate.den) } else { (self.fps as u32, 1) };
        let second = 1_000_000 * u128::from(den);
        ((us * u128::from(num) + second / 2) / second % u128::from(self.frames_per_day())) as u32
    }

    /// `HH:MM:SS:FF`, or `HH:MM:SS;FF` where numbers are left out; starts over at midnight.
    pub fn text(self, frame_of_day: impl Into<u64>) -> String {
        let frame = frame_of_day.into() % self.frames_per_day();
        let tens = 10 * self.minute() + self.dropped;
        // Of ten minutes the first is whole, and the others begin with what is left out.
        let left_out = match (frame % tens).checked_sub(self.fps * 60) {
            Some(behind) => self.dropped * (behind / self.minute() + 1),
            None => 0,
        };
        let number = frame + frame / tens * 9 * self.dropped + left_out;
        let (seconds, frames, mark) = (number / self.fps, number % self.fps, if self.drops() { ';' } else { ':' });
        format!("{:02}:{:02}:{:02}{mark}{frames:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn frames_per_day(self) -> u64 {
        SECONDS_PER_DAY * self.fps - (24 * 60 - 24 * 6) * self.dropped
    }

    /// Pictures of a minute with numbers left out.
    fn minute(self) -> u64 {
        60 * self.fps - self.dropped
    }
}

/// The frame number since midnight that lies nearest to a moment (microseconds since 1970), in a master.
pub fn frame_of_day(utc_us: i64) -> u32 {
    Counting::MASTER.frame_of_day(utc_us)
}

/// `HH:MM:SS:FF` of a master, starting over at midnight.
pub fn text(frame_of_day: impl Into<u64>) -> String {
    Counting::MASTER.text(frame_of_day)
}

/// The pictures since midnight that a master's `HH:MM:SS:FF` tells; `None` if it is no timecode.
pub fn parse(text: &str) -> Option<u64> {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds, frames] = parts[..] else { return None };
    let fits = hours < 24 && minutes < 60 && seconds < 60 && frames < MASTER_FPS;
    fits.then(|| (hours * 3600 + minutes * 60 + seconds) * MASTER_FPS + frames)
}

#[cfg(test)]
mod tests {
    use super::{Counting, frame_of_day, parse, text};
    use crate::words::Rate;

    #[test]
    fn the_time_of_day_is_counted_in_pictures() {
        assert_eq!(text(frame_of_day(0)), "00:00:00:00");
        let quarter_past_eight_in_the_evening = (20 * 3600 + 15 * 60) * 1_000_000;
        assert_eq!(text(frame_of_day(quarter_past_eight_in_the_evening + 500_000)), "20:15:00:15");
    }

    #[test]
    fn a_timecode_is_read_and_nonsense_is_not() {
        assert_eq!(parse("20:15:00:15").map(text), Some("20:15:00:15".to_owned()));
        assert_eq!(
            (parse(""), parse("20:15:00"), parse("24:00:00:00"), parse("01:00:00:30")),
            (None, None, None, None)
        );
    }

    #[test]
    fn midnight_starts_over_even_by_rounding() {
        assert_eq!(text(frame_of_day(86_400_000_000 - 1)), "00:00:00:00");
        assert_eq!(text(86_400u64 * 30 + 1), "00:00:00:01");
    }

    #[test]
    fn every_rate_keeps_to_the_clock_on_the_wall() {
        let at_s = 20 * 3600 + 15 * 60 + 7;
        for (rate, told) in [
            (Rate::whole(24), "20:15:07:12"),
            (Rate::whole(25), "20:15:07:13"),
            (Rate::whole(50), "20:15:07:25"),
            (Rate { num: 120, den: 2 }, "20:15:07:30"),
            (Rate { num: 24_000, den: 1001 }, "20:15:07:12"),
        ] {
            let counting = Counting::of(rate).unwrap_or_else(|| panic!("{rate:?}"));
            assert_eq!(counting.text(counting.frame_of_day(at_s * 1_000_000 + 500_000)), told, "{rate:?}");
        }
        for (num, fps) in [(30_000, 30), (60_000, 60)] {
            let counting = Counting::of(Rate { num, den: 1001 }).expect("it is counted");
            for second in (0..86_400).step_by(61) {
                let text = counting.text(counting.frame_of_day(second * 1_000_000));
                let numbers: Vec<i64> = text.split([':', ';']).map(|part| part.parse().expect("a number")).collect();
                let told = ((numbers[0] * 60 + numbers[1]) * 60 + numbers[2]) * fps + numbers[3];
                // Dropping is right to a tenth of a second a day, and within a minute by what it has not dropped yet.
                assert!((told - second * fps).abs() <= fps / 6, "{second} s are {text}");
            }
        }
    }

    #[test]
    fn numbers_are_left_out_where_they_should_be() {
        let ntsc = Counting::of(Rate { num: 30_000, den: 1001 }).expect("it is counted");
        let told = [1799u64, 1800, 17_981, 17_982, 2_589_407, 2_589_408].map(|frame| ntsc.text(frame));
        assert_eq!(told, ["00:00:59;29", "00:01:00;02", "00:09:59;29", "00:10:00;00", "23:59:59;29", "00:00:00;00"]);
        let double = Counting::of(Rate { num: 60_000, den: 1001 }).expect("it is counted");
        assert_eq!([3599u64, 3600].map(|frame| double.text(frame)), ["00:00:59;59", "00:01:00;04"]);
    }

    #[test]
    fn rates_without_agreed_numbers_are_not_counted() {
        let odd = [Rate::whole(120), Rate { num: 25, den: 2 }, Rate { num: 15_000, den: 1001 }];
        assert_eq!(odd.map(Counting::of), [None; 3]);
    }
}
