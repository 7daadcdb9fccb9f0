// SPDX-License-Identifier: MIT
//! `session_metadata.json` and `sync_timecodes.txt`: what is known about a recording, for programs and for people.
//! Both are replaced as a whole, so that a crash leaves the last complete version.

use super::replace::replace;
use crate::words::{Facts, Happening, MASTER_FPS, Mono, RATE_HZ, SAMPLES_PER_FRAME, Sample, What, timecode};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

mod people;
mod pretty;

/// Of each clock one pair is kept in so many seconds.
const CLOCK_SAMPLE_SECONDS: u64 = 1;

/// A drift is told once pairs lie this far apart; below it is the noise of the estimate.
const DRIFT_TOLD_US: i64 = 10_000_000;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Eight hexadecimal digits, the same for every participant.
    pub session_id: String,
    /// What the session is called.
    pub session_name: String,
    /// Whose master this is: a number of `participants`, 0 for the host.
    #[serde(default)]
    pub participant_id: u8,
    /// Universal time of sample 0.
    pub started_at_utc: String,
    /// Length of the recording.
    pub duration_seconds: f64,
    /// "recording", "finished", or "recovered".
    pub state: String,
    /// Everybody in the session.
    pub participants: Vec<Participant>,
    /// The master.
    pub recording: Recording,
    /// The clocks.
    pub clocks: Clocks,
    /// What an editor may want to know, in order.
    pub happenings: Vec<Happening>,
}

/// One of those who took part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// 0 is the host.
    pub id: u8,
    /// As shown to the others.
    pub name: String,
    /// Of this participant's clock against the session clock.
    pub clock_offset_ms: f64,
    /// How much faster this participant's clock runs than the session clock, in parts per million.
    #[serde(default)]
    pub clock_rate_ppm: f64,
}

/// The master's own facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The file's name inside the folder.
    pub file: String,
    /// For example "H.264 High@4.1".
    pub video_codec: String,
    /// The element that encoded.
    pub video_encoder: String,
    /// For example "1920x1080".
    pub video_resolution: String,
    /// Constant.
    pub video_fps: u64,
    /// Asked for.
    pub video_bitrate_kbps: u32,
    /// For example "AAC-LC".
    pub audio_codec: String,
    /// The element that encoded.
    pub audio_encoder: String,
    /// Always 48000.
    pub audio_sample_rate: u64,
    /// Asked for; 0 is lossless.
    pub audio_bitrate_kbps: u32,
    /// "fMP4" while recording, "MP4" when finished.
    pub container: String,
    /// Pictures in the file.
    pub total_frames_captured: u64,
    /// Pictures lost because the machine could not keep up.
    pub total_frames_dropped: u64,
    /// Pictures shown twice because constant rate required it.
    pub total_frames_repeated: u64,
    /// Pictures left out because constant rate required it.
    pub total_frames_omitted: u64,
    /// Pictures held, or black, while the camera was away.
    #[serde(default)]
    pub total_frames_held: u64,
    /// Samples in the file.
    pub total_samples: u64,
    /// Samples of silence in place of lost ones.
    pub total_samples_silenced: u64,
    /// Samples of silence while the person had muted the microphone.
    #[serde(default)]
    pub total_samples_muted: u64,
    /// Black pictures while the person had switched the camera off.
    #[serde(default)]
    pub total_frames_black: u64,
    /// The camera.
    pub camera: String,
    /// The microphone.
    pub microphone: String,
    /// The program that recorded.
    pub recorder: String,
}

/// How the recording's time lies on other times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clocks {
    /// `HH:MM:SS:FF` of the first picture, as in the file's timecode track.
    pub start_timecode: String,
    /// `HH:MM:SS:FF` behind the last picture.
    pub end_timecode: String,
    /// Session clock at sample 0.
    pub session_start_seconds: f64,
    /// Session clock at the end.
    pub session_end_seconds: f64,
    /// The machine's monotonic clock at sample 0, in nanoseconds.
    pub started_monotonic_ns: u64,
    /// How fast the microphone's clock ran against the machine's.
    pub microphone_drift_ppm: f64,
    /// How many parts per million more than 48,000 samples this master has in a second of the session clock; what
    /// `session_samples` say at the end, 0 while nothing is known.
    #[serde(default)]
    pub session_drift_ppm: f64,
    /// (sample, monotonic nanoseconds), one a second.
    pub samples: Vec<(u64, u64)>,
    /// (sample, session clock in microseconds), one a second, each as it was estimated at that moment.
    #[serde(default)]
    pub session_samples: Vec<(Sample, i64)>,
}

impl Metadata {
    /// What is known at the start.
    pub fn begin(facts: &Facts, file: &str) -> Metadata {
        let participant =
            Participant { id: facts.participant_id, name: facts.participant.clone(), ..Participant::default() };
        let resolution = match facts.video_codec.is_empty() {
            true => String::new(),
            false => format!("{}x{}", facts.width, facts.height),
        };
        Metadata {
            session_id: facts.session_id.clone(),
            session_name: facts.session_name.clone(),
            participant_id: facts.participant_id,
            started_at_utc: utc_text(facts.started_utc_us),
            state: "recording".into(),
            participants: vec![participant],
            recording: Recording {
                file: file.to_owned(),
                video_codec: facts.video_codec.clone(),
                video_encoder: facts.video_encoder.clone(),
                video_resolution: resolution,
                video_fps: if facts.video_codec.is_empty() { 0 } else { MASTER_FPS },
                video_bitrate_kbps: facts.video_bitrate_kbps,
                audio_codec: facts.audio_codec.clone(),
                audio_encoder: facts.audio_encoder.clone(),
                audio_sample_rate: if facts.audio_codec.is_empty() { 0 } else { RATE_HZ },
                audio_bitrate_kbps: facts.audio_bitrate_kbps,
                container: "fMP4".into(),
                camera: facts.camera.clone(),
                microphone: facts.microphone.clone(),
                recorder: facts.recorder.clone(),
                ..Recording::default()
            },
            clocks: Clocks {
                session_start_seconds: facts.started_session_us as f64 / 1e6,
                started_monotonic_ns: facts.started_monotonic.0,
                ..Clocks::default()
            },
            ..Metadata::default()
        }
    }

    /// Adds what happened to the totals.
    pub fn count(&mut self, what: &What) {
        let recording = &mut self.recording;
        match what {
            What::SoundLost { samples } => recording.total_samples_silenced += samples,
            What::SoundBack { silence_samples } => recording.total_samples_silenced += silence_samples,
            What::Repeated { frames } => recording.total_frames_repeated += frames,
            What::Omitted { frames } => recording.total_frames_omitted += frames,
            What::PictureBack { held_frames } => recording.total_frames_held += held_frames,
            What::Dropped { frames } => recording.total_frames_dropped += frames,
            What::Unmuted { silence_samples } => recording.total_samples_muted += silence_samples,
            What::CameraOn { black_frames } => recording.total_frames_black += black_frames,
            _ => {}
        }
    }

    /// The recording has so many samples and pictures, and ends at `end` on the machine's clock.
    pub fn measure(&mut self, facts: &Facts, samples: Sample, frames: u64, end: Mono) {
        let start = u64::from(timecode::frame_of_day(facts.started_utc_us));
        let elapsed_us = end.since(facts.started_monotonic) / 1000;
        let session_end_us = match self.clocks.session_samples.last() {
            // The session clock at the end is the one that was told last, a moment earlier.
            Some(&(sample, us)) => us + (samples as i64 - sample as i64) * 1_000_000 / RATE_HZ as i64,
            None => facts.started_session_us + elapsed_us,
        };
        let has_pictures = !facts.video_codec.is_empty();
        self.duration_seconds = samples.max(frames * SAMPLES_PER_FRAME) as f64 / RATE_HZ as f64;
        self.recording.total_samples = samples;
        self.recording.total_frames_captured = if has_pictures { frames } else { 0 };
        self.clocks.start_timecode = timecode::text(start);
        self.clocks.end_timecode = timecode::text(start + frames);
        self.clocks.session_end_seconds = session_end_us as f64 / 1e6;
    }

    /// A device that never came back was away until the end, `samples` into the recording.
    pub fn count_open_absences(&mut self, samples: Sample) {
        let mut away = [None; 4];
        for happening in &self.happenings {
            match happening.what {
                What::PictureGone => away[0] = Some(happening.at_sample),
                What::PictureBack { .. } => away[0] = None,
                What::SoundGone => away[1] = Some(happening.at_sample),
                What::SoundBack { .. } => away[1] = None,
                What::CameraOff => away[2] = Some(happening.at_sample),
                What::CameraOn { .. } => away[2] = None,
                What::Muted => away[3] = Some(happening.at_sample),
                What::Unmuted { .. } => away[3] = None,
                _ => {}
            }
        }
        let since = |from: Option<Sample>| from.map_or(0, |from| samples.saturating_sub(from));
        self.recording.total_frames_held += since(away[0]) / SAMPLES_PER_FRAME;
        self.recording.total_samples_silenced += since(away[1]);
        self.recording.total_frames_black += since(away[2]) / SAMPLES_PER_FRAME;
        self.recording.total_samples_muted += since(away[3]);
    }

    /// What the clocks said at `sample`; a pair is kept every second.
    pub fn clock_sample(&mut self, sample: Sample, at: Mono, drift_ppm: f64) {
        self.clocks.microphone_drift_ppm = (drift_ppm * 1000.0).round() / 1000.0;
        keep_pair(&mut self.clocks.samples, sample, at.0);
    }

    /// What the session clock said at `sample`, as far as it was known at that moment; a pair is kept every second.
    pub fn session_sample(&mut self, sample: Sample, session_us: i64) {
        let clocks = &mut self.clocks;
        keep_pair(&mut clocks.session_samples, sample, session_us);
        let (first, last) = (clocks.session_samples[0], clocks.session_samples[clocks.session_samples.len() - 1]);
        if last.1 - first.1 >= DRIFT_TOLD_US {
            let nominal = (last.1 - first.1) as f64 * RATE_HZ as f64 / 1e6;
            let ppm = ((last.0 - first.0) as f64 / nominal - 1.0) * 1e6;
            clocks.session_drift_ppm = (ppm * 1000.0).round() / 1000.0;
        }
    }

    /// The participant of that number, made if there is none: everybody who ever was in the session stays listed.
    pub fn participant_mut(&mut self, id: u8, name: &str) -> &mut Participant {
        let known = self.participants.iter().position(|p| p.id == id && p.name == name);
        let index = known.unwrap_or_else(|| {
            self.participants.push(Participant { id, name: name.to_owned(), ..Participant::default() });
            self.participants.len() - 1
        });
        &mut self.participants[index]
    }

    /// Replaces both files, the JSON last: while its state is the old one, recovering writes both again.
    pub fn save(&self, json: &Path, text: &Path) -> io::Result<()> {
        let bytes = pretty::bytes(self).map_err(io::Error::other)?;
        replace(text, people::text(self).as_bytes())?;
        replace(json, &bytes)
    }
}

/// Keeps a pair if the last one is a second old.
fn keep_pair<T>(pairs: &mut Vec<(Sample, T)>, sample: Sample, told: T) {
    let last = pairs.last().map(|pair| pair.0);
    if last.is_none_or(|kept| sample >= kept + CLOCK_SAMPLE_SECONDS * RATE_HZ) {
        pairs.push((sample, told));
    }
}

/// Microseconds since 1970 as `2026-02-27T20:15:00.000Z`.
pub fn utc_text(utc_us: i64) -> String {
    let rounded = (utc_us + 500).div_euclid(1000);
    match jiff::Timestamp::from_millisecond(rounded) {
        Ok(moment) => moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Metadata, utc_text};
    use crate::words::{Facts, Happening, Mono, What};

    #[test]
    fn times_read_as_programs_expect() {
        assert_eq!(utc_text(1_772_223_300_000_000), "2026-02-27T20:15:00.000Z");
    }

    #[test]
    fn the_session_clock_is_kept_once_a_second_and_its_drift_told_when_it_is_known() {
        let mut metadata = Metadata::begin(&Facts::default(), "x.mp4");
        for half_second in 0..=40_u64 {
            // This master's clock is 80 ppm fast, so its samples come early.
            metadata.session_sample(half_second * 24_000, 5_000_000 + (half_second * 499_960) as i64);
            assert_eq!(metadata.clocks.session_drift_ppm == 0.0, half_second <= 21, "{half_second}");
        }
        assert_eq!(metadata.clocks.session_samples.len(), 21);
        assert!((metadata.clocks.session_drift_ppm - 80.0).abs() < 0.1, "{}", metadata.clocks.session_drift_ppm);
        metadata.measure(&Facts::default(), 20 * 48_000 + 24_000, 0, Mono(0));
        assert!(
            (metadata.clocks.session_end_seconds - 25.4984).abs() < 1e-9,
            "{}",
            metadata.clocks.session_end_seconds
        );
    }

    #[test]
    fn metadata_from_before_there_were_calls_is_read() {
        let mut json = serde_json::to_value(Metadata::begin(&Facts::default(), "x.mp4")).expect("plain");
        let remove = |value: &mut serde_json::Value, key: &str| value.as_object_mut().expect("object").remove(key);
        assert!(remove(&mut json, "participant_id").is_some());
        assert!(remove(&mut json["clocks"], "session_samples").is_some());
        assert!(remove(&mut json["clocks"], "session_drift_ppm").is_some());
        assert!(remove(&mut json["participants"][0], "clock_rate_ppm").is_some());
        assert!(remove(&mut json["recording"], "total_samples_muted").is_some());
        assert!(remove(&mut json["recording"], "total_frames_black").is_some());
        assert_eq!(
            serde_json::from_value::<Metadata>(json).expect("read"),
            Metadata::begin(&Facts::default(), "x.mp4")
        );
    }

    #[test]
    fn who_never_switched_on_again_was_muted_until_the_end() {
        let mut metadata = Metadata::begin(&Facts::default(), "x.mp4");
        metadata.happenings.push(Happening { at_sample: 48_000, what: What::Muted });
        metadata.happenings.push(Happening { at_sample: 96_000, what: What::CameraOff });
        metadata.count_open_absences(192_000);
        assert_eq!((metadata.recording.total_samples_muted, metadata.recording.total_frames_black), (144_000, 60));
    }

    #[test]
    fn what_is_saved_can_be_read_back_and_tells_people_what_was_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let (json, text) = (folder.path().join("m.json"), folder.path().join("t.txt"));
        let mut metadata = Metadata::begin(&Facts { session_id: "a1b2c3d4".into(), ..Facts::default() }, "x.mp4");
        metadata.happenings.push(Happening { at_sample: 96_000, what: What::SoundLost { samples: 480 } });
        metadata.save(&json, &text).expect("saved");
        let read: Metadata = serde_json::from_slice(&std::fs::read(&json).expect("there")).expect("valid");
        assert_eq!(read, metadata);
        let told = std::fs::read_to_string(&text).expect("there");
        assert!(told.contains("00:00:02.000  480 samples of sound were lost"), "{told}");
    }
}
