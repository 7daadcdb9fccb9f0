// SPDX-License-Identifier: MIT
//! Several tracks in one file: each from a source of its own, all in step, paused together and ended together.

use super::reel::{APART_MS_MAX, RATE, SAMPLES, SIZE, grid, insist, picture, picture_at, sample_at, sound};
use crate::support::ruler::{AllTracks, read_all_with_ffmpeg, read_all_with_gstreamer};
use hyperzoom::studio::{
    AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, RecordingReport, TrackConfig, VideoConfig,
};
use hyperzoom::sync::ruler::Tone;
use hyperzoom::words::{AudioCodec, Container, Rate};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The guest's sound card runs fast by so much, the room's slow.
const DRIFT_PPM: f64 = 100.0;
/// Stamps err by as much either way.
const JITTER_NS: u64 = 4_000_000;
const ROOM_HZ: u32 = 44_100;
const NAMES: [&str; 3] = ["Guest", "Room", "Desktop"];
/// Blocks of a hundredth of a second.
const BLOCKS_HZ: u64 = 100;

/// What is submitted next, and when it was taken.
struct Source {
    tone: Tone,
    rate_hz: u32,
    channels: u32,
    next: u64,
    noise: u64,
}

impl Source {
    fn new(rate_hz: u32, channels: u32, drift_ppm: f64, begin: Duration) -> Source {
        let tone = Tone::new(rate_hz, drift_ppm);
        let next = (begin.as_secs_f64() * f64::from(rate_hz) * (1.0 + drift_ppm * 1e-6)) as u64;
        Source { tone, rate_hz, channels, next, noise: 7 }
    }

    fn at(&self) -> Duration {
        Duration::from_nanos(self.tone.grid().begin(self.next).0)
    }

    /// The next block, with a stamp that is not quite true.
    fn block(&mut self) -> (AudioBlock, Duration) {
        self.noise = self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let stamp = self.at() + Duration::from_nanos((self.noise >> 33) % (2 * JITTER_NS))
            - Duration::from_nanos(JITTER_NS);
        let mut one = vec![0; (u64::from(self.rate_hz) / BLOCKS_HZ) as usize];
        self.tone.fill(self.next, &mut one);
        self.next += one.len() as u64;
        let all: Vec<f32> =
            one.iter().flat_map(|&s| vec![f32::from(s) / 32_768.0; self.channels as usize]).collect();
        (AudioBlock::floats(self.rate_hz, self.channels, &all).expect("good samples"), stamp)
    }
}

/// Two tracks of pictures, three of sound.
fn config(container: Container, codecs: [AudioCodec; 3]) -> RecordingConfig {
    let [main, guest, room] = codecs.map(|codec| AudioConfig::default().codec(codec));
    RecordingConfig::default()
        .container(container)
        .video(VideoConfig::new(SIZE, RATE))
        .audio(main)
        .track(TrackConfig::audio(NAMES[0], guest.channels(1)))
        .track(TrackConfig::audio(NAMES[1], room))
        .track(TrackConfig::video(NAMES[2], VideoConfig::new(SIZE, Rate::whole(15))))
}

fn recorder(container: Container, codecs: [AudioCodec; 3]) -> MediaRecorder {
    use hyperzoom::media::SampleFormat;
    let recorder = MediaRecorder::new(config(container, codecs)).unwrap_or_else(|why| panic!("{container}: {why}"));
    recorder.track_sound("room", SampleFormat::F32, ROOM_HZ, 2).expect("it is configured")
}

/// Submits all tracks in the order of time, from one picture to another.
fn submit(recorder: &MediaRecorder, sources: &mut [Source; 2], numbers: std::ops::Range<u64>) {
    for number in numbers {
        insist(|| recorder.submit_video(picture(number), Some(picture_at(number))));
        for first in (number * SAMPLES..(number + 1) * SAMPLES).step_by(800) {
            let block = sound(first, 800);
            insist(|| recorder.submit_audio(&block, Some(sample_at(first))));
        }
        for (track, source) in (1..).zip(sources.iter_mut()) {
            let track = recorder.track(track).expect("it is configured");
            while source.at() < picture_at(number + 1) {
                let (block, stamp) = source.block();
                insist(|| track.submit_audio(&block, Some(stamp)));
            }
        }
        if number.is_multiple_of(2) {
            let desktop = recorder.track("DESKTOP").expect("it is configured");
            insist(|| desktop.submit_video(picture(number), Some(picture_at(number))));
        }
    }
}

fn sources(begin: Duration) -> [Source; 2] {
    [Source::new(48_000, 1, DRIFT_PPM, begin), Source::new(ROOM_HZ, 2, -DRIFT_PPM, begin)]
}

/// What every reader says of a file.
fn all_readings(file: &Path) -> [(&'static str, AllTracks); 2] {
    [("ffmpeg", read_all_with_ffmpeg(file)), ("GStreamer", read_all_with_gstreamer(file))]
}

/// Panics unless every beep is at its flash, whichever tracks they are in.
#[track_caller]
fn assert_in_step(file: &Path, beeps: usize) {
    for (reader, tracks) in all_readings(file) {
        assert_eq!((tracks.pictures.len(), tracks.sounds.len()), (2, 3), "{reader}, {}", file.display());
        for (pair, reading) in tracks.pairs().enumerate() {
            let apart = reading.sound_behind_ms(grid());
            let worst = apart.iter().fold(0.0f64, |worst, ms| worst.max(ms.abs()));
            println!("{reader}, {}, pair {pair}: {} beeps, {worst:.2} ms", file.display(), apart.len());
            assert!(apart.len() >= beeps && worst <= APART_MS_MAX, "{reader}, pair {pair}: {apart:+.2?}");
        }
    }
}

/// Panics unless all tracks of the report are as long as the recording.
#[track_caller]
fn assert_equal_lengths(report: &RecordingReport, pictures: u64) {
    assert_eq!((report.frames, report.whole, report.failed.as_deref()), (pictures, true, None));
    let samples = |rate_hz: u32| (report.seconds * f64::from(rate_hz)).round() as u64;
    let lengths: Vec<_> = report.tracks.iter().map(|track| (track.samples, track.frames)).collect();
    assert_eq!(lengths, [(samples(48_000), 0), (samples(ROOM_HZ), 0), (0, pictures.div_ceil(2))]);
}

fn titles(file: &Path) -> Vec<String> {
    let arguments = ["-v", "error", "-show_streams", "-of", "json"];
    let output = Command::new("ffprobe").args(arguments).arg(file).output().expect("ffprobe is installed");
    let said: Value = serde_json::from_slice(&output.stdout).expect("ffprobe writes JSON");
    let tags = said["streams"].as_array().expect("a list").iter().map(|stream| stream["tags"].clone());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.map(|tags| format!("{} {}", text(&tags["title"]), text(&tags["handler_name"]))).collect()
}

const PICTURES: u64 = 600;
/// Every other picture from here on is taken by the camera that takes fifteen a second.
const FIRST: u64 = 3_016;

const KINDS: [(Container, [AudioCodec; 3]); 4] = [
    (Container::Mp4, [AudioCodec::Aac, AudioCodec::Aac, AudioCodec::Opus]),
    (Container::Mov, [AudioCodec::Aac, AudioCodec::Aac, AudioCodec::Aac]),
    (Container::Mov, [AudioCodec::Pcm, AudioCodec::Aac, AudioCodec::Pcm]),
    (Container::Mkv, [AudioCodec::Opus, AudioCodec::Flac, AudioCodec::Aac]),
];

#[test]
fn two_pictures_and_three_sounds_on_clocks_of_their_own_are_in_step_in_every_pair() {
    let folder = tempfile::tempdir().expect("a folder");
    super::reel::side_by_side(&KINDS, |(container, codecs)| {
        let file = folder.path().join(format!("{}.{}", codecs[0], container.extension()));
        let recorder = recorder(*container, *codecs);
        recorder.start(&file).unwrap_or_else(|why| panic!("{container}: {why}"));
        submit(&recorder, &mut sources(picture_at(FIRST)), FIRST..FIRST + PICTURES);
        let report = recorder.stop().unwrap_or_else(|why| panic!("{container}: {why}"));
        println!("{:?}", report.tracks);
        assert_equal_lengths(&report, PICTURES);
        assert_in_step(&file, 20);
        let titles = titles(&file);
        assert!(NAMES.iter().all(|name| titles.iter().any(|title| title.contains(name))), "{container}: {titles:?}");
        assert!((report.tracks[0].sync.drift_ppm - DRIFT_PPM).abs() < 40.0, "{:?}", report.tracks[0]);
    });
}
