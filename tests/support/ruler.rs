// SPDX-License-Identifier: MIT
//! Reads recorded files with other people's readers (ffmpeg, GStreamer) and tells from the ruler in them what
//! was lost, doubled or padded.
//!
//! ```text
//! file --ffmpeg-----> frames (pts, number, flash) and sound (pts, samples) --> faults, offsets, assertions
//!      --GStreamer-->
//! ```
//!
//! Both readers honour edit lists, so `pts_ns` is the time at which a player would show the frame.

mod ffmpeg;
mod gstreamer;
mod sound;
mod walk;

pub use ffmpeg::{read_all_with_ffmpeg, read_with_ffmpeg};
pub use gstreamer::{read_all_with_gstreamer, read_with_gstreamer};
pub use sound::Sound;
pub use walk::{SoundFault, sound_faults};

use hyperzoom::sync::ruler::{Grid, Tone};
use hyperzoom::words::Rate;

/// A decoded picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// When a player shows it.
    pub pts_ns: i64,
    /// The number it shows, modulo 2^32; `None`: not a ruler frame, or unreadable.
    pub number: Option<u32>,
    /// Whether it is white.
    pub flash: bool,
}

/// What a file holds, as one reader decodes it.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// In the order in which they are shown.
    pub frames: Vec<Frame>,
    /// The first sound track; empty if there is none.
    pub sound: Sound,
}

/// Everything that a file holds, as one reader decodes it.
#[derive(Clone, Debug, Default)]
pub struct AllTracks {
    /// Each track of pictures, in the order in which they are shown.
    pub pictures: Vec<Vec<Frame>>,
    /// Each track of sound.
    pub sounds: Vec<Sound>,
}

impl AllTracks {
    /// Every track of pictures with every track of sound, as if the file held nothing else.
    pub fn pairs(&self) -> impl Iterator<Item = Reading> + '_ {
        let with = |frames: &Vec<Frame>, sound: &Sound| Reading { frames: frames.clone(), sound: sound.clone() };
        self.pictures.iter().flat_map(move |frames| self.sounds.iter().map(move |sound| with(frames, sound)))
    }
}

/// A place at which the pictures do not go on as they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// The source delivered `count` frames that are missing in front of frame `at` of the file.
    Lost { at: usize, count: u32 },
    /// Frame `at` of the file shows the same picture as the one before.
    Doubled { at: usize },
    /// Frame `at` of the file is `count` frames older than the one before.
    Backwards { at: usize, count: u32 },
    /// Frame `at` of the file shows no number.
    Unreadable { at: usize },
}

impl Reading {
    /// Every place where the numbers do not count up by one.
    pub fn frame_faults(&self) -> Vec<FrameFault> {
        let mut faults = Vec::new();
        let mut last: Option<(usize, u32)> = None;
        for (at, frame) in self.frames.iter().enumerate() {
            let Some(number) = frame.number else {
                faults.push(FrameFault::Unreadable { at });
                continue;
            };
            if let Some((last_at, last_number)) = last {
                // Unreadable frames in between are counted as faults already, and as the frames they stand for.
                let expected = last_number.wrapping_add((at - last_at) as u32);
                match number.wrapping_sub(expected) as i32 {
                    0 => {}
                    count @ 1.. => faults.push(FrameFault::Lost { at, count: count as u32 }),
                    -1 => faults.push(FrameFault::Doubled { at }),
                    count => faults.push(FrameFault::Backwards { at, count: count.unsigned_abs() - 1 }),
                }
            }
            last = Some((at, number));
        }
        faults
    }

    /// Panics unless there are pictures and each follows the one before.
    #[track_caller]
    pub fn assert_consecutive(&self) {
        assert!(!self.frames.is_empty(), "no pictures at all");
        assert_eq!(self.frame_faults(), [], "of {} frames", self.frames.len());
    }

    /// Panics unless frame `i` is shown exactly `i` frame durations after the first, to the `tick_hz` that the
    /// file's time scale allows.
    #[track_caller]
    pub fn assert_constant_rate(&self, rate: Rate, tick_hz: u64) {
        let first = self.frames.first().expect("no pictures at all").pts_ns;
        let tolerance = 1 + 1_000_000_000 / tick_hz as i64;
        for (i, frame) in self.frames.iter().enumerate() {
            let ideal = i as i128 * i128::from(rate.den) * 1_000_000_000 / i128::from(rate.num);
            let off = i128::from(frame.pts_ns - first) - ideal;
            assert!(off.unsigned_abs() <= tolerance as u128, "frame {i} is {off} ns off its place");
        }
    }

    /// Panics unless exactly those frames are white which the grid says.
    #[track_caller]
    pub fn assert_flashes(&self, pictures: Grid) {
        for (at, frame) in self.frames.iter().enumerate() {
            let number = frame.number.expect("every frame readable");
            assert_eq!(frame.flash, pictures.starts_second(number.into()), "frame {at}, number {number}");
        }
    }

    /// For every flash with a beep within half a second: by how many milliseconds the sound comes too late
    /// (negative: too early). A flash that skew or a fractional rate puts after its second is counted from where
    /// the second was.
    pub fn sound_behind_ms(&self, pictures: Grid) -> Vec<f64> {
        let beeps = self.sound.beeps_ns();
        let flashes = self.frames.iter().filter(|frame| frame.flash);
        let offsets = flashes.filter_map(|frame| {
            let number = u64::from(frame.number?);
            let late_ns = pictures.begin(number).0 - pictures.second(number) * 1_000_000_000;
            let flash_ns = frame.pts_ns as f64 - late_ns as f64;
            let nearest = beeps.iter().map(|beep_ns| beep_ns - flash_ns).min_by(|a, b| a.abs().total_cmp(&b.abs()))?;
            (nearest.abs() < 5e8).then_some(nearest / 1e6)
        });
        offsets.collect()
    }

    /// Which sample the first one of the file's sound should be, judged by the first readable picture.
    pub fn expected_sample(&self, pictures: Grid, tone: &Tone) -> Option<u64> {
        let frame = self.frames.iter().find(|frame| frame.number.is_some())?;
        let pictured = pictures.begin(frame.number?.into());
        Some(tone.grid().first_from(pictured.offset(self.sound.start_ns - frame.pts_ns)))
    }
}
