// SPDX-License-Identifier: MIT
//! A master of a call, read back: unharmed it is the ruler's, picture by picture and sample by sample, except where
//! its own metadata says that the person had muted or the sync tone sounded.
//!
//! ```text
//!   metadata   ........ muted ......... unmuted ........ tone .......
//!   may differ          [ all of this ]                  [ 200 ms ]
//! ```

use crate::crash::killing::metadata;
use crate::support::ruler::{Reading, SoundFault, read_with_ffmpeg, sound_faults};
use hyperzoom::disk::Metadata;
use hyperzoom::sync::align::SessionFit;
use hyperzoom::sync::ruler::{Grid, Tone, find_beeps};
use hyperzoom::sync::sync_tone::{TONE_SAMPLES, find_tone};
use hyperzoom::words::{RATE_HZ, Rate, SAMPLES_PER_FRAME, What};
use std::ops::Range;
use std::path::Path;

/// An AAC encoder's windows let what they hold leak so far.
const LEAK: u64 = 2_048;
/// Two blocks of the test microphone: what jumps further is foreign from there on, and harm as well.
const JUMP: u64 = 480;
/// Sound and pictures of one machine.
const APART_MS_MAX: f64 = 1.0;
/// How far from its place a tone is looked for.
const REACH: usize = 4_800;

/// The master.
#[derive(Debug)]
pub struct Master {
    /// What is in the file.
    pub reading: Reading,
    /// What is in the folder's JSON.
    pub told: Metadata,
}

fn pictures() -> Grid {
    Grid::new(Rate::whole(30), 0.0)
}

impl Master {
    /// Reads it.
    pub fn read(file: &Path) -> Master {
        let json = metadata(&file.with_file_name("session_metadata.json"));
        let told = serde_json::from_value(json).expect("our own metadata");
        Master { reading: read_with_ffmpeg(file), told }
    }

    /// Panics unless every picture and every sample is there, once, in its place.
    #[track_caller]
    pub fn is_unharmed(&self) {
        self.reading.assert_consecutive();
        self.reading.assert_constant_rate(Rate::whole(30), 30_000);
        self.reading.assert_flashes(pictures());
        self.sounds_unharmed();
        let told = self.told.recording.total_frames_captured;
        assert_eq!(told, self.reading.frames.len() as u64, "the metadata counts what there is");
    }

    /// The same for the sound alone, where the pictures are black for a while.
    #[track_caller]
    pub fn sounds_unharmed(&self) {
        let tone = Tone::new(RATE_HZ as u32, 0.0);
        let expected = self.reading.expected_sample(pictures(), &tone).expect("pictures and sound");
        let first = self.reading.sound.first_index(0, &tone, expected, 4_800).expect("the ruler's sound");
        assert!(first.abs_diff(expected) <= 48, "sound and pictures began {} samples apart", first.abs_diff(expected));
        let excused = self.excused();
        let harm = |fault: &SoundFault| match fault {
            SoundFault::Foreign { at, count } => {
                let (from, to) = (*at as u64, (*at + *count) as u64);
                !excused.iter().any(|range| range.start.saturating_sub(LEAK) <= from && to <= range.end + LEAK)
            }
            _ => true,
        };
        let harms: Vec<SoundFault> =
            sound_faults(&self.reading.sound, 0, &tone, first, JUMP).into_iter().filter(harm).collect();
        assert_eq!(harms, [], "the metadata excuses {excused:?}");
        let apart = self.reading.sound_behind_ms(pictures());
        let late = apart.iter().filter(|ms| ms.abs() > APART_MS_MAX).count();
        // A mute may swallow a beep, or cut into one.
        assert!(late <= 2 * self.muted().len() && apart.len() > late, "{apart:?}");
    }

    /// Where the sync tones are told to be: the sample, and the session clock there in microseconds.
    pub fn tones(&self) -> Vec<(u64, i64)> {
        let tone = |what: &What| match what {
            What::Tone { session_us } => Some(*session_us),
            _ => None,
        };
        self.told.happenings.iter().filter_map(|h| Some((h.at_sample, tone(&h.what)?))).collect()
    }

    /// Panics unless each tone sounds within a sample of its place.
    #[track_caller]
    pub fn tones_sound_where_they_are_told(&self) {
        let sound = &self.reading.sound;
        for (at, _) in self.tones() {
            let place = self.in_the_reading(at);
            let found = find_tone(&sound.channels[0], place.round() as usize, REACH);
            let found = found.unwrap_or_else(|| panic!("no tone at sample {at}"));
            assert!((found.position - place).abs() <= 1.0, "told at {place}, found {found:?}");
        }
    }

    /// Where the microphone is told to be muted.
    pub fn muted(&self) -> Vec<Range<u64>> {
        let happenings = &self.told.happenings;
        let ends = happenings.iter().filter_map(|h| match h.what {
            What::Unmuted { silence_samples } => Some(h.at_sample - silence_samples..h.at_sample),
            _ => None,
        });
        ends.collect()
    }

    /// Where silence is told to stand for a microphone that was away.
    pub fn silences(&self) -> Vec<Range<u64>> {
        let happenings = &self.told.happenings;
        let ends = happenings.iter().filter_map(|h| match h.what {
            What::SoundBack { silence_samples } if silence_samples > 0 => {
                Some(h.at_sample - silence_samples..h.at_sample)
            }
            _ => None,
        });
        ends.collect()
    }

    /// Panics unless sound and pictures count alike, lie evenly and belong together wherever both are the ruler's.
    #[track_caller]
    pub fn is_in_step(&self) {
        self.reading.assert_constant_rate(Rate::whole(30), 30_000);
        let recording = &self.told.recording;
        assert_eq!(recording.total_frames_captured, self.reading.frames.len() as u64);
        assert_eq!(recording.total_samples, recording.total_frames_captured * SAMPLES_PER_FRAME);
        let apart: Vec<f64> =
            self.reading.sound_behind_ms(pictures()).into_iter().filter(|ms| ms.abs() < 200.0).collect();
        assert!(!apart.is_empty() && apart.iter().all(|ms| ms.abs() <= APART_MS_MAX), "{apart:?}");
    }

    /// The loudest sample of a range, those apart that the codec smears.
    pub fn loudest(&self, range: &Range<u64>) -> f32 {
        let place = |at: u64| self.in_the_reading(at) as usize;
        let inside = place(range.start + LEAK)..place(range.end - LEAK);
        self.reading.sound.channels[0][inside].iter().fold(0.0, |loudest, sample| loudest.max(sample.abs()))
    }

    /// The whole second of the machine's clock and the session clock there in microseconds, of every flash that has a
    /// beep of its own: what the others' masters must agree on.
    pub fn beeps(&self) -> Vec<(u64, f64)> {
        let length = self.told.recording.total_samples;
        let start_us = (self.told.clocks.session_start_seconds * 1e6) as i64;
        let fit = SessionFit::of(&self.told.clocks.session_samples, &[], length, start_us);
        let beeps = find_beeps(&self.reading.sound.channels[0], RATE_HZ as u32);
        let excused = self.excused();
        let frames = self.reading.frames.iter().filter(|frame| frame.flash);
        let beep = |frame: &crate::support::ruler::Frame| {
            let second = u64::from(frame.number?) / 30;
            let flash = (frame.pts_ns - self.reading.sound.start_ns) as f64 * RATE_HZ as f64 / 1e9;
            let nearest = beeps.iter().map(|b| b.at).min_by(|a, b| (a - flash).abs().total_cmp(&(b - flash).abs()))?;
            let sample = nearest - self.in_the_reading(0);
            let near =
                |range: &Range<u64>| (range.start as f64 - 4_800.0..range.end as f64 + 4_800.0).contains(&sample);
            let alone = (nearest - flash).abs() < 480.0 && !excused.iter().any(near);
            alone.then(|| (second, fit.session_at(sample) * 1e6))
        };
        frames.filter_map(beep).collect()
    }

    /// Where a sample of the master lies in what was decoded.
    fn in_the_reading(&self, sample: u64) -> f64 {
        sample as f64 - self.reading.sound.start_ns as f64 * RATE_HZ as f64 / 1e9
    }

    fn excused(&self) -> Vec<Range<u64>> {
        let tones = self.tones().into_iter().map(|(at, _)| at..at + TONE_SAMPLES as u64);
        if self.told.recording.total_samples_muted == 0 { tones.collect() } else { tones.chain(self.muted()).collect() }
    }
}
