// SPDX-License-Identifier: MIT
//! `session_metadata.json` and `sync_timecodes.txt`: what is known about a recording, for programs and for people.
//! Both are replaced as a whole, so that a crash leaves the last complete version.

use crate::words::{Facts, Happening, MASTER_FPS, Mono, RATE_HZ, SAMPLES_PER_FRAME, Sample, What, timecode};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// One pair of the clocks is kept every so many seconds.
const CLOCK_SAMPLE_SECONDS: u64 = 10;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Eight hexadecimal digits, the same for every participant.
    pub session_id: String,
    /// What the session is called.
    pub session_name: String,
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
    /// (sample, monotonic nanoseconds), one every ten seconds.
    pub samples: Vec<(u64, u64)>,
}

impl Metadata {
    /// What is known at the start.
    pub fn begin(facts: &Facts, file: &str) -> Metadata {
        let participant =
            Participant { id: facts.participant_id, name: facts.participant.clone(), clock_offset_ms: 0.0 };
        let resolution = match facts.video_codec.is_empty() {
            true => String::new(),
            false => format!("{}x{}", facts.width, facts.height),
        };
        Metadata {
            session_id: facts.session_id.clone(),
            session_name: facts.session_name.clone(),
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
            _ => {}
        }
    }

    /// The recording has so many samples and pictures, and ends at `end` on the machine's clock.
    pub fn measure(&mut self, facts: &Facts, samples: Sample, frames: u64, end: Mono) {
        let start = u64::from(timecode::frame_of_day(facts.started_utc_us));
        let elapsed_us = end.since(facts.started_monotonic) / 1000;
        let has_pictures = !facts.video_codec.is_empty();
        self.duration_seconds = samples.max(frames * SAMPLES_PER_FRAME) as f64 / RATE_HZ as f64;
        self.recording.total_samples = samples;
        self.recording.total_frames_captured = if has_pictures { frames } else { 0 };
        self.clocks.start_timecode = timecode::text(start);
        self.clocks.end_timecode = timecode::text(start + frames);
        self.clocks.session_end_seconds = (facts.started_session_us + elapsed_us) as f64 / 1e6;
    }

    /// A device that never came back was away until the end, `samples` into the recording.
    pub fn count_open_absences(&mut self, samples: Sample) {
        let mut away = [None; 2];
        for happening in &self.happenings {
            match happening.what {
                What::PictureGone => away[0] = Some(happening.at_sample),
                What::PictureBack { .. } => away[0] = None,
                What::SoundGone => away[1] = Some(happening.at_sample),
                What::SoundBack { .. } => away[1] = None,
                _ => {}
            }
        }
        let since = |from: Option<Sample>| from.map_or(0, |from| samples.saturating_sub(from));
        self.recording.total_frames_held += since(away[0]) / SAMPLES_PER_FRAME;
        self.recording.total_samples_silenced += since(away[1]);
    }

    /// What the clocks said at `sample`; a pair is kept every so often.
    pub fn clock_sample(&mut self, sample: Sample, at: Mono, drift_ppm: f64) {
        self.clocks.microphone_drift_ppm = (drift_ppm * 1000.0).round() / 1000.0;
        let last = self.clocks.samples.last();
        if last.is_none_or(|(kept, _)| sample >= kept + CLOCK_SAMPLE_SECONDS * RATE_HZ) {
            self.clocks.samples.push((sample, at.0));
        }
    }

    /// Replaces both files, the JSON last: while its state is the old one, recovering writes both again.
    pub fn save(&self, json: &Path, text: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        bytes.push(b'\n');
        replace(text, self.for_people().as_bytes())?;
        replace(json, &bytes)
    }

    /// `sync_timecodes.txt`.
    fn for_people(&self) -> String {
        let mut text = String::new();
        let mut line = |l: String| {
            text.push_str(&l);
            text.push('\n');
        };
        let name = if self.session_name.is_empty() { "(no name)" } else { &self.session_name };
        line(format!("HyperZoom session {name}, id {}", self.session_id));
        line(String::new());
        line(format!("Recording         {} ({})", self.recording.file, self.state));
        line(format!("Started           {} (universal time)", self.started_at_utc));
        line(format!("Length            {}", length_text(self.duration_seconds)));
        line(format!("Start timecode    {} (universal time of day, 30 fps, non-drop)", self.clocks.start_timecode));
        line(format!("End timecode      {}", self.clocks.end_timecode));
        line(format!(
            "Session clock     {:.6} s to {:.6} s",
            self.clocks.session_start_seconds, self.clocks.session_end_seconds
        ));
        line(format!("Microphone clock  {:+.2} ppm against this machine's", self.clocks.microphone_drift_ppm));
        line(String::new());
        line("Participants (offset of each clock against the session clock)".to_owned());
        for p in &self.participants {
            line(format!("  {}  {:+12.3} ms  {}", p.id, p.clock_offset_ms, p.name));
        }
        line(String::new());
        line(match self.happenings.is_empty() {
            true => "Nothing was lost, repeated or left out.".to_owned(),
            false => "What happened (time in the recording)".to_owned(),
        });
        for h in &self.happenings {
            line(format!("  {}  {}", length_text(h.at_sample as f64 / RATE_HZ as f64), h.what));
        }
        text
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

fn length_text(seconds: f64) -> String {
    let ms = (seconds * 1000.0).round() as u64;
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

/// Writes beside, syncs, renames over, syncs the folder: at every moment one whole version is there.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&beside, path)?;
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Metadata, length_text, utc_text};
    use crate::words::{Facts, Happening, What};

    #[test]
    fn times_read_as_people_and_programs_expect() {
        assert_eq!(utc_text(1_772_223_300_000_000), "2026-02-27T20:15:00.000Z");
        assert_eq!(length_text(3842.0416), "01:04:02.042");
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
