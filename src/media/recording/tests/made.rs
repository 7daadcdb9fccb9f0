// SPDX-License-Identifier: MIT
//! Makes a short file: dark pictures with one white one, and one beep that begins with it.

use super::super::{
    PictureTrack, PixelFormat, RawPicture, RawPictures, RawSound, Recording, RecordingSignal, RecordingSpec,
    SampleFormat, SoundTrack,
};
use crate::media::{EncoderTable, counted::nanoseconds};
use crate::mp4;
use crate::words::{AudioCodec, Container, Facts, PictureRecipe, Quality, Rate, Size, SoundRecipe, Target, VideoCodec};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

pub const SIZE: Size = Size { width: 160, height: 120 };
/// Where the white picture is, and with it the beep.
pub const FLASH: u64 = 31;
pub const PICTURES: u64 = 60;
const BEEP_MS: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(30);
/// All that a recording has to say without being ended, it has said when it is silent for so long.
const QUIET: Duration = Duration::from_millis(700);

pub fn picture_recipe(codec: VideoCodec) -> PictureRecipe {
    let target = Target::Quality(Quality::Balanced);
    PictureRecipe {
        codec,
        size: SIZE,
        rate: Rate::whole(30),
        target,
        key_frames: 30,
        low_latency: false,
        encoder: None,
    }
}

pub fn sound_recipe(codec: AudioCodec) -> SoundRecipe {
    SoundRecipe { codec, rate_hz: 48_000, channels: 2, bits: 16, kbps: 128, low_latency: false, encoder: None }
}

/// What a test records.
pub struct Order {
    pub container: Container,
    pub picture: Option<PictureRecipe>,
    pub raw_picture: RawPictures,
    pub sound: Option<SoundRecipe>,
    pub raw_sound: RawSound,
    /// Whether the file's first bytes are mended as whoever writes it does.
    pub mended: bool,
    /// Whether the file is as a crash leaves it: never ended.
    pub killed: bool,
}

impl Order {
    pub fn new(container: Container, video: Option<VideoCodec>, audio: Option<AudioCodec>) -> Order {
        let sound = audio.map(sound_recipe);
        Order {
            container,
            picture: video.map(picture_recipe),
            raw_picture: RawPictures::new(PixelFormat::I420, SIZE),
            sound,
            raw_sound: RawSound { format: SampleFormat::F32, rate_hz: 48_000, channels: 2 },
            mended: true,
            killed: false,
        }
    }

    /// The same rate and channels before and after.
    pub fn sounding(mut self, rate_hz: u32, channels: u32, bits: u32) -> Order {
        let sound = self.sound.as_mut().expect("an order with sound");
        (sound.rate_hz, sound.channels, sound.bits) = (rate_hz, channels, bits);
        (self.raw_sound.rate_hz, self.raw_sound.channels) = (rate_hz, channels);
        self
    }

    pub fn rate(&self) -> Rate {
        self.picture.as_ref().map_or(Rate::whole(30), |p| p.rate)
    }

    /// Records it into `file`; what the encoders counted, and what the spec said of crashes.
    pub fn record(&self, file: &Path) -> Made {
        crate::media::start().expect("GStreamer is installed");
        let table = EncoderTable::load().expect("the table is sound");
        let video = self.picture.as_ref().map(|r| table.picture(r).unwrap_or_else(|e| panic!("{e}")));
        let audio = self.sound.as_ref().map(|r| table.sound(r).unwrap_or_else(|e| panic!("{e}")));
        let pictures = video.as_ref().zip(self.picture.as_ref());
        let sound = audio.as_ref().zip(self.sound.as_ref());
        let spec = RecordingSpec {
            container: self.container,
            pictures: pictures.map(|(encoder, recipe)| PictureTrack { encoder, recipe, raw: &self.raw_picture }),
            sound: sound.map(|(encoder, recipe)| SoundTrack { encoder, recipe, raw: self.raw_sound }),
            further: &[],
        };
        let text = Recording::text(&spec).expect("its text is built in");
        let (send, receive) = channel();
        let recording = Recording::start(&spec, move |signal| drop(send.send(signal))).expect("it starts");
        self.feed(&recording);
        if !self.killed {
            recording.end();
        }
        let quiet = if self.killed { QUIET } else { PATIENCE };
        let mut bytes = Vec::new();
        let mut went_back = false;
        let mut written = 0;
        loop {
            let signal = match receive.recv_timeout(quiet) {
                Ok(signal) => signal,
                Err(_) if self.killed => break,
                Err(_) => panic!("{text} fell silent"),
            };
            match signal {
                RecordingSignal::Bytes { at, bytes: piece, header, .. } => {
                    let at = at as usize;
                    went_back |= at < written;
                    written = written.max(at + piece.len());
                    let piece = if header && self.mended { mended(&piece, &spec) } else { piece };
                    // What was mended has become longer; nothing in a file in fragments knows where it lies.
                    let at = if spec.is_crash_safe() && text.contains("isofmp4mux") { bytes.len() } else { at };
                    bytes.resize(bytes.len().max(at + piece.len()), 0);
                    bytes[at..at + piece.len()].copy_from_slice(&piece);
                }
                RecordingSignal::End => break,
                RecordingSignal::Failed(trouble) => panic!("{trouble}\n{}\n{text}", trouble.debug),
            }
        }
        std::fs::write(file, &bytes).expect("the folder takes a file");
        Made { encoded: recording.encoded(), crash_safe: spec.is_crash_safe(), went_back, text }
    }

    fn feed(&self, recording: &Recording) {
        let dark = RawPicture::black(&self.raw_picture);
        let bytes =
            vec![if self.raw_picture.format == PixelFormat::I420 { 235 } else { 255 }; self.raw_picture.bytes()];
        let white = RawPicture::new(&self.raw_picture, bytes, &[]).expect("as many bytes as it takes");
        let length_ns = nanoseconds(PICTURES, self.rate());
        let (rate_hz, block) = (u64::from(self.raw_sound.rate_hz), u64::from(self.raw_sound.rate_hz) / 100);
        let samples = length_ns * rate_hz / 1_000_000_000;
        for tick in 0..PICTURES {
            recording.picture(tick, if tick == FLASH { &white } else { &dark });
        }
        for first in (0..samples).step_by(block as usize) {
            let count = block.min(samples - first);
            recording.sound(first, (first..first + count).flat_map(|n| self.sample(n)).collect());
        }
    }

    /// All channels of a sample: the beep, louder by a little in each, so that they can be told apart.
    fn sample(&self, n: u64) -> Vec<u8> {
        let rate_hz = u64::from(self.raw_sound.rate_hz);
        let begin = (nanoseconds(FLASH, self.rate()) * rate_hz).div_ceil(1_000_000_000);
        let beeps = (begin..begin + rate_hz * BEEP_MS / 1000).contains(&n);
        let phase = 2.0 * std::f64::consts::PI * 1000.0 * (n.saturating_sub(begin)) as f64 / rate_hz as f64;
        let wave = if beeps { phase.cos() } else { 0.0 };
        (0..self.raw_sound.channels)
            .flat_map(|channel| coded(self.raw_sound.format, wave * (0.2 + 0.08 * f64::from(channel))))
            .collect()
    }
}

/// What a recording told besides its bytes.
pub struct Made {
    pub encoded: super::super::EncodedCounts,
    pub crash_safe: bool,
    pub went_back: bool,
    pub text: String,
}

fn mended(header: &[u8], spec: &RecordingSpec<'_>) -> Vec<u8> {
    let rate_hz = spec.sound.map_or(48_000, |s| s.recipe.rate_hz);
    let audio_priming = (u64::from(spec.priming()) * 48_000).div_ceil(u64::from(rate_hz)) as u32;
    let facts = Facts { audio_priming, ..Facts::default() };
    mp4::opening(header, &facts).unwrap_or_else(|e| panic!("{e}"))
}

fn coded(format: SampleFormat, value: f64) -> Vec<u8> {
    match format {
        SampleFormat::U8 => vec![(128.0 + value * 127.0).round() as u8],
        SampleFormat::S16 => ((value * 32_767.0).round() as i16).to_le_bytes().to_vec(),
        SampleFormat::S24 => ((value * 8_388_607.0).round() as i32).to_le_bytes()[..3].to_vec(),
        SampleFormat::S32 => ((value * 2_147_483_647.0).round() as i32).to_le_bytes().to_vec(),
        SampleFormat::F32 => (value as f32).to_le_bytes().to_vec(),
        SampleFormat::F64 => value.to_le_bytes().to_vec(),
    }
}
