// SPDX-License-Identifier: MIT
//! Places in a recording, the same in pictures and in samples, and where one of its files ends.

use super::piece::Unit;
use crate::studio::config::{Limits, WhenReached};
use crate::words::{Container, RATE_HZ, Rate};
use std::path::{Path, PathBuf};

/// A place between two pictures, and between the two samples that go with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The first picture behind it.
    pub picture: u64,
    /// The first sample behind it.
    pub sample: u64,
}

/// What comes behind the end of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The next file, for this reason.
    Next(&'static str),
    /// Nothing more, for this reason.
    End(&'static str),
}

/// The end of a file that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    pub cut: Cut,
    pub then: Then,
}

/// How pictures and samples go together.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub rate: Option<Rate>,
    pub rate_hz: Option<u32>,
}

impl Measure {
    /// In front of that picture.
    pub fn at_picture(self, picture: u64) -> Cut {
        let Some(rate) = self.rate else { return Cut::default() };
        let samples = u128::from(picture) * u128::from(self.hz()) * u128::from(rate.den) / u128::from(rate.num.max(1));
        Cut { picture, sample: samples as u64 }
    }

    /// The first place behind so many pictures and so many samples.
    pub fn behind(self, taken: Cut) -> Cut {
        let Some(rate) = self.rate else { return taken };
        let per_second = u128::from(self.hz()) * u128::from(rate.den);
        let pictures = (u128::from(taken.sample) * u128::from(rate.num)).div_ceil(per_second) as u64;
        self.at_picture(pictures.max(taken.picture))
    }

    /// The last place that is neither behind that picture nor behind that sample.
    pub fn within(self, taken: Cut) -> Cut {
        let Some(rate) = self.rate.filter(|_| self.rate_hz.is_some()) else { return taken };
        let per_second = u128::from(self.hz()) * u128::from(rate.den);
        let pictures = (u128::from(taken.sample) * u128::from(rate.num) / per_second) as u64;
        self.at_picture(pictures.min(taken.picture))
    }

    /// So many seconds behind `first`, and never more: at a whole picture, or a whole sample where there are none.
    pub fn after(self, first: Cut, seconds: f64) -> Cut {
        // A third of a second is written with few digits, and is ten pictures all the same.
        let whole = |per_second: f64| (seconds * per_second + 1e-3).floor().max(1.0) as u64;
        match self.rate {
            Some(rate) => self.at_picture(first.picture + whole(rate.as_f64())),
            None => Cut { picture: 0, sample: first.sample + whole(self.hz() as f64) },
        }
    }

    /// How long it is from the beginning to there.
    pub fn seconds(self, cut: Cut) -> f64 {
        match self.rate {
            Some(rate) => cut.picture as f64 / rate.as_f64(),
            None => cut.sample as f64 / self.hz() as f64,
        }
    }

    /// Whether all that is in front of `cut` has been taken.
    pub fn has_reached(self, taken: Cut, cut: Cut) -> bool {
        (self.rate.is_none() || taken.picture >= cut.picture) && (self.rate_hz.is_none() || taken.sample >= cut.sample)
    }

    /// The end that is known when a file begins at `first`.
    pub fn until(self, limits: &Limits, first: Cut) -> Option<Until> {
        let what = "limits.max_seconds";
        let seconds = limits.max_seconds?;
        Some(match limits.when_reached {
            WhenReached::RollOver => Until { cut: self.after(first, seconds), then: Then::Next(what) },
            WhenReached::End => Until { cut: self.after(Cut::default(), seconds), then: Then::End(what) },
        })
    }

    /// How much sound lies between two places, at [`RATE_HZ`]. Rounded up: whoever counts it back at the sound's own
    /// rate rounds down.
    pub fn sound_between(self, first: Cut, until: Cut) -> u64 {
        // Where the main pair has no sound, that of other tracks is as long as its pictures.
        let [first, until] = match self.rate_hz {
            Some(_) => [first.sample, until.sample],
            None => [first, until].map(|cut| self.at_picture(cut.picture).sample),
        };
        let samples = u128::from(until.saturating_sub(first));
        (samples * u128::from(RATE_HZ)).div_ceil(u128::from(self.hz())) as u64
    }

    /// Where a further track is at that place: so many of its pictures begin before it, or so many samples.
    pub fn in_track(self, cut: Cut, unit: Unit) -> u64 {
        let [per_unit, units] = [unit.rate.den, unit.rate.num].map(u128::from);
        // As a fraction of seconds.
        let (above, below) = match self.rate {
            Some(rate) => (u128::from(cut.picture) * u128::from(rate.den), u128::from(rate.num.max(1))),
            None => (u128::from(cut.sample), u128::from(self.hz())),
        };
        let (above, below) = (above * units, below * per_unit.max(1));
        (if unit.is_pictures { above.div_ceil(below) } else { (above + below / 2) / below }) as u64
    }

    /// The first place behind so many pictures or samples of a further track.
    pub fn behind_track(self, count: u64, unit: Unit) -> Cut {
        let (above, below) = (u128::from(count) * u128::from(unit.rate.den), u128::from(unit.rate.num.max(1)));
        match self.rate {
            Some(rate) => {
                self.at_picture((above * u128::from(rate.num)).div_ceil(below * u128::from(rate.den.max(1))) as u64)
            }
            None => Cut { picture: 0, sample: (above * u128::from(self.hz())).div_ceil(below) as u64 },
        }
    }

    fn hz(self) -> u64 {
        u64::from(self.rate_hz.unwrap_or(RATE_HZ as u32))
    }
}

/// The name of file `number` of a recording: `talk.mkv`, `talk-2.mkv`, and so on.
pub fn numbered(first: &Path, number: u32, container: Container) -> PathBuf {
    if number <= 1 {
        return first.to_owned();
    }
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let extension = first.extension().map_or(container.extension().into(), |e| e.to_string_lossy());
    first.with_file_name(format!("{stem}-{number}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::{Cut, Measure, Then, numbered};
    use crate::studio::config::{Limits, WhenReached};
    use crate::words::{Container, Rate};
    use std::path::Path;

    const FILM: Measure = Measure { rate: Some(Rate { num: 30, den: 1 }), rate_hz: Some(48_000) };
    const NTSC: Measure = Measure { rate: Some(Rate { num: 30_000, den: 1001 }), rate_hz: Some(44_100) };
    const VOICE: Measure = Measure { rate: None, rate_hz: Some(8_000) };

    #[test]
    fn a_place_lies_in_front_of_a_picture() {
        assert_eq!(FILM.at_picture(31), Cut { picture: 31, sample: 49_600 });
        assert_eq!(FILM.behind(Cut { picture: 3, sample: 4_801 }), Cut { picture: 4, sample: 6_400 });
        assert_eq!(FILM.behind(Cut { picture: 9, sample: 4_801 }), Cut { picture: 9, sample: 14_400 });
        assert_eq!(FILM.within(Cut { picture: 9, sample: 4_801 }), Cut { picture: 3, sample: 4_800 });
        assert_eq!(VOICE.behind(Cut { picture: 0, sample: 77 }), Cut { picture: 0, sample: 77 });
    }

    #[test]
    fn a_limit_is_kept_to_the_picture_and_to_the_sample() {
        assert_eq!(FILM.after(Cut::default(), 1.5), Cut { picture: 45, sample: 72_000 });
        assert_eq!(FILM.after(FILM.at_picture(45), 0.333_333_333), Cut { picture: 45 + 10, sample: 88_000 });
        assert_eq!(VOICE.after(Cut { picture: 0, sample: 9 }, 1.25), Cut { picture: 0, sample: 10_009 });
        let long = NTSC.after(Cut::default(), 3600.0);
        assert!(NTSC.seconds(long) <= 3600.0 && NTSC.seconds(long) > 3599.96);
    }

    #[test]
    fn places_never_add_up_to_an_error() {
        let tenth = NTSC.at_picture(1_000_000);
        let exact = 1_000_000.0 * 1001.0 / 30_000.0 * 44_100.0;
        assert!((tenth.sample as f64 - exact).abs() <= 1.0);
    }

    #[test]
    fn the_next_file_ends_as_much_later_and_the_last_one_at_the_limit_of_all() {
        let mut limits = Limits { max_seconds: Some(2.0), when_reached: WhenReached::RollOver, ..Limits::default() };
        let next = FILM.until(&limits, FILM.at_picture(60)).expect("a limit");
        assert_eq!((next.cut.picture, next.then), (120, Then::Next("limits.max_seconds")));
        limits.when_reached = WhenReached::End;
        let end = FILM.until(&limits, FILM.at_picture(40)).expect("a limit");
        assert_eq!((end.cut.picture, end.then), (60, Then::End("limits.max_seconds")));
    }

    #[test]
    fn files_of_one_recording_are_numbered() {
        let name = |path: &str, number| numbered(Path::new(path), number, Container::Mkv).display().to_string();
        assert_eq!(name("a/talk.mkv", 1), "a/talk.mkv");
        assert_eq!(name("a/talk.mkv", 2), "a/talk-2.mkv");
        assert_eq!(name("a/talk of.may.MKV", 12), "a/talk of.may-12.MKV");
    }
}
