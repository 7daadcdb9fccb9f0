// SPDX-License-Identifier: MIT
//! Timecode: the time of day of the session clock in universal time, counted in pictures, 30 to the second,
//! without dropped numbers. All masters of a session speak the same one, whatever their time zones.

use super::MASTER_FPS;

const US_PER_DAY: i64 = 86_400_000_000;
const FRAMES_PER_DAY: u64 = 86_400 * MASTER_FPS;

/// The frame number since midnight that lies nearest to a moment (microseconds since 1970).
pub fn frame_of_day(utc_us: i64) -> u32 {
    let us = utc_us.rem_euclid(US_PER_DAY) as u64;
    ((us * MASTER_FPS + 500_000) / 1_000_000 % FRAMES_PER_DAY) as u32
}

/// `HH:MM:SS:FF`, starting over at midnight.
pub fn text(frame_of_day: impl Into<u64>) -> String {
    let frame = frame_of_day.into() % FRAMES_PER_DAY;
    let seconds = frame / MASTER_FPS;
    format!("{:02}:{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60, frame % MASTER_FPS)
}

/// The pictures since midnight that `HH:MM:SS:FF` tells; `None` if it is no timecode.
pub fn parse(text: &str) -> Option<u64> {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds, frames] = parts[..] else { return None };
    let fits = hours < 24 && minutes < 60 && seconds < 60 && frames < MASTER_FPS;
    fits.then(|| (hours * 3600 + minutes * 60 + seconds) * MASTER_FPS + frames)
}

#[cfg(test)]
mod tests {
    use super::{frame_of_day, parse, text};

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
}
