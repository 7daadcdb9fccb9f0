// SPDX-License-Identifier: MIT
//! Masters of a call that never was: the ruler's sound by a clock of one's own, and metadata as a call would write it.
//!
//! The session clock is the ruler's monotonic time since [`ZERO`], so beeps lie on whole seconds of the session.

use hyperzoom::disk::Metadata;
use hyperzoom::disk::wav::WavWriter;
use hyperzoom::media::{self, SoundFile};
use hyperzoom::sync::ruler::{Beep, Tone, find_beeps};
use hyperzoom::sync::sync_tone::sync_tone;
use hyperzoom::words::{Facts, Happening, Mono, RATE_HZ, What};
use std::path::{Path, PathBuf};
use std::process::Command;

/// When the session began on the ruler's clock.
pub const ZERO: Mono = Mono(500 * Mono::SECOND);

/// One master to be made.
#[derive(Clone, Copy)]
pub struct Craft {
    pub name: &'static str,
    pub id: u8,
    /// The session clock at its first sample, about.
    pub start_s: f64,
    pub seconds: u64,
    /// Of its sound card against the session.
    pub ppm: f64,
    /// How far its machine's clock is from the session's.
    pub machine_s: f64,
    /// Where the sync tone is.
    pub tone_at: Option<u64>,
}

impl Craft {
    fn tone(&self) -> Tone {
        Tone::new(RATE_HZ as u32, self.ppm)
    }

    fn first(&self) -> u64 {
        self.tone().grid().first_from(ZERO.offset((self.start_s * 1e9) as i64))
    }

    /// The session clock at a sample, as it truly is.
    pub fn session_s(&self, sample: f64) -> f64 {
        let speed = RATE_HZ as f64 * (1.0 + self.ppm * 1e-6);
        (self.first() as f64 + sample) / speed - ZERO.0 as f64 / 1e9
    }

    /// Makes the folder.
    pub fn make(&self, home: &Path) -> PathBuf {
        let folder = home.join(self.name);
        std::fs::create_dir_all(&folder).expect("made");
        let samples = self.seconds * RATE_HZ;
        let mut sound = vec![0_i16; samples as usize];
        self.tone().fill(self.first(), &mut sound);
        let mut sound: Vec<f32> = sound.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        if let Some(at) = self.tone_at {
            sound[at as usize..].iter_mut().zip(sync_tone()).for_each(|(s, t)| *s += t);
        }
        let wav = folder.join("sound.wav");
        let mut writer = WavWriter::create(&wav, self.name, 0).expect("made");
        writer.write(&sound).expect("written");
        writer.finish().expect("finished");
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-i"]).arg(&wav).args(["-c:a", "aac", "-b:a", "96k"]);
        assert!(ffmpeg.arg(folder.join("local_recording.mp4")).status().expect("ffmpeg is installed").success());
        std::fs::remove_file(&wav).expect("our own");
        self.metadata(samples).save(&folder.join("session_metadata.json"), &folder.join("t.txt")).expect("saved");
        folder
    }

    fn metadata(&self, samples: u64) -> Metadata {
        let session_us = |sample: u64| (self.session_s(sample as f64) * 1e6).round() as i64;
        let mono = |sample: u64| ZERO.offset(((self.session_s(sample as f64) + self.machine_s) * 1e9) as i64);
        let facts = Facts {
            session_id: "a1b2c3d4".into(),
            session_name: "Weekly".into(),
            participant: self.name.into(),
            participant_id: self.id,
            audio_codec: "AAC-LC".into(),
            microphone: "Test sound (no microphone)".into(),
            started_monotonic: mono(0),
            started_session_us: session_us(0),
            started_utc_us: 72_900_000_000,
            ..Facts::default()
        };
        let mut metadata = Metadata::begin(&facts, "local_recording.mp4");
        for sample in (0..samples).step_by(RATE_HZ as usize) {
            metadata.clock_sample(sample, mono(sample), 0.0);
            // The clocks have not talked for long yet: the first estimates are up to half a millisecond off.
            let rough = 500.0 * (-(sample as f64) / (8.0 * RATE_HZ as f64)).exp();
            metadata.session_sample(sample, session_us(sample) + if self.id > 0 { rough as i64 } else { 0 });
        }
        if let Some(at) = self.tone_at {
            metadata.happenings.push(Happening { at_sample: at, what: What::Tone { session_us: session_us(at) } });
        }
        metadata.measure(&facts, samples, 0, mono(samples));
        metadata.state = "finished".into();
        metadata
    }
}

/// A master's beeps by our own decoder, in samples.
pub fn beeps(file: &Path) -> Vec<f64> {
    media::start().expect("GStreamer is installed");
    let mut reader = SoundFile::open(file).expect("it opens");
    let mut sound = Vec::new();
    while let Some(mut block) = reader.next_block().expect("it decodes") {
        if sound.is_empty() && block.at < 0 {
            block.samples.drain(..(-block.at) as usize);
        }
        sound.extend(block.samples);
    }
    find_beeps(&sound, RATE_HZ as u32).iter().map(|beep: &Beep| beep.at).collect()
}

/// Two clocks seconds apart, one of them 80 ppm fast, for five minutes: 24 ms of drift.
pub fn two() -> [Craft; 2] {
    let host =
        Craft { name: "host", id: 0, start_s: 5.25, seconds: 310, ppm: 0.0, machine_s: 0.0, tone_at: Some(96_100) };
    let guest = Craft {
        name: "guest",
        id: 1,
        start_s: 9.013,
        seconds: 300,
        ppm: 80.0,
        machine_s: -12.34,
        tone_at: Some(48_777),
    };
    [host, guest]
}
