// SPDX-License-Identifier: MIT
//! Submits the ruler: numbered pictures, and sound of which every sample is known.

use crate::recorder::reel::grid;
use hyperzoom::media::{EncoderTable, PixelFormat, SampleFormat};
use hyperzoom::studio::{
    AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, RecordingReport, SubmitError, VideoConfig, VideoFrame,
};
use hyperzoom::sync::ruler::{Format, Painter, Plane, Tone};
use hyperzoom::words::{AudioCodec, Container, Quality, Rate, Size};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Small, and its numbers can still be read when it is halved.
pub const SIZE: Size = Size { width: 320, height: 180 };

/// Small pictures, and sound without loss where the container can hold that.
pub fn config(container: Container) -> RecordingConfig {
    let audio = match container {
        Container::Mkv | Container::Mp4 => AudioCodec::Flac,
        Container::Mov | Container::Avi => AudioCodec::Pcm,
        Container::WebM => AudioCodec::Opus,
    };
    let mut config = RecordingConfig::default()
        .container(container)
        .video(VideoConfig::new(SIZE, Rate::whole(30)).quality(Quality::Fast))
        .audio(AudioConfig { codec: Some(audio), channels: 1, ..AudioConfig::default() });
    config.limits.min_free_bytes = 0;
    config
}

/// A recorder for what is submitted here.
pub fn recorder(config: &RecordingConfig, table: Option<EncoderTable>) -> MediaRecorder {
    let recorder = MediaRecorder::new(config.clone()).expect("a recorder");
    let recorder = recorder.pictures(PixelFormat::I420, SIZE).sound(SampleFormat::S16, 48_000, 1);
    match table {
        Some(table) => recorder.encoder_table(table),
        None => recorder,
    }
}

/// Submits one after the other, and again what was refused only because too much waits.
pub struct Feeder {
    pub recorder: MediaRecorder,
    /// Whether everything carries its time.
    pub stamped: bool,
    painter: Painter,
    tone: Tone,
    pictures: u64,
    samples: u64,
}

impl Feeder {
    /// Begins `talk` in that folder.
    pub fn start(config: &RecordingConfig, folder: &Path, table: Option<EncoderTable>) -> Feeder {
        let recorder = recorder(config, table);
        let name = format!("talk.{}", config.container.extension());
        recorder.start(folder.join(name)).unwrap_or_else(|e| panic!("{e}"));
        Feeder::to(recorder)
    }

    /// For a recorder that has begun.
    pub fn to(recorder: MediaRecorder) -> Feeder {
        let (painter, tone) = (Painter::new(SIZE), Tone::new(48_000, 0.0));
        Feeder { recorder, painter, tone, stamped: false, pictures: 0, samples: 0 }
    }

    fn at(&self, count: u64, per_second: u64) -> Option<Duration> {
        // Some clock that has run for a while.
        self.stamped.then(|| Duration::from_nanos(77_000_000_000 + count * 1_000_000_000 / per_second))
    }

    /// A picture and its sound.
    pub fn slot(&mut self) -> Result<(), SubmitError> {
        self.picture()?;
        self.sound(1600)
    }

    pub fn picture(&mut self) -> Result<(), SubmitError> {
        let (width, height) = (SIZE.width as usize, SIZE.height as usize);
        let luma = width * height;
        let at = |offset, stride| Plane { offset, stride };
        let planes = [at(0, width), at(luma, width / 2), at(luma + luma / 4, width / 2)];
        let mut bytes = vec![0; luma * 3 / 2];
        let flash = grid().starts_second(self.pictures);
        self.painter.paint(self.pictures, flash, Format::I420, &planes, &mut bytes);
        let frame = VideoFrame::new(PixelFormat::I420, SIZE, bytes).expect("a whole picture");
        patiently(|| self.recorder.submit_video(&frame, self.at(self.pictures, 30)))?;
        self.pictures += 1;
        Ok(())
    }

    pub fn sound(&mut self, samples: usize) -> Result<(), SubmitError> {
        let mut block = vec![0; samples];
        self.tone.fill(self.samples, &mut block);
        let block = AudioBlock::shorts(48_000, 1, &block).expect("whole samples");
        patiently(|| self.recorder.submit_audio(&block, self.at(self.samples, 48_000)))?;
        self.samples += samples as u64;
        Ok(())
    }

    pub fn stop(&self) -> RecordingReport {
        self.recorder.stop().unwrap_or_else(|e| panic!("{e}"))
    }
}

fn patiently(submit: impl Fn() -> Result<(), SubmitError>) -> Result<(), SubmitError> {
    loop {
        match submit() {
            Err(SubmitError::Busy { .. }) => std::thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
}

fn probe(file: &Path, entries: &str) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Of each picture whether it is a key frame.
pub fn probe_frames(file: &Path) -> Vec<bool> {
    probe(file, "packet=flags").lines().map(|line| line.starts_with('K')).collect()
}

/// How large the pictures are.
pub fn probe_size(file: &Path) -> Size {
    let text = probe(file, "stream=width,height");
    let mut sides = text.trim().split(',').map(|side| side.parse().expect("a number"));
    let mut side = || sides.next().expect("two sides");
    Size { width: side(), height: side() }
}
