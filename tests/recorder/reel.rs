// SPDX-License-Identifier: MIT
//! What is recorded here, the rulers as a program would submit them, and what is asked of every file.

use crate::support::ruler::{Reading, read_with_ffmpeg, read_with_gstreamer};
use hyperzoom::media::PixelFormat;
use hyperzoom::studio::{
    AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, SubmitError, VideoConfig, VideoFrame,
};
use hyperzoom::sync::ruler::{Format, Grid, Painter, Plane, Tone};
use hyperzoom::words::{AudioCodec, Container, Rate, Size, VideoCodec};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

/// Small, and still large enough for every codec to leave the numbers readable.
pub const SIZE: Size = Size { width: 320, height: 180 };
pub const RATE: Rate = Rate { num: 30, den: 1 };
pub const RATE_HZ: u32 = 48_000;
/// Samples that a picture lasts.
pub const SAMPLES: u64 = 1600;
/// Half a second before a flash, so that no encoder's beginning cuts the first beep.
pub const FIRST: u64 = 3_015;
/// Sound may be so far from its picture.
pub const APART_MS_MAX: f64 = 5.0;

/// The number of the oldest picture there is, and how many there are.
const OLDEST: u64 = 3_000;
const LENGTH: u64 = 700;

static FILM: LazyLock<Vec<VideoFrame>> = LazyLock::new(|| {
    let painter = Painter::new(SIZE);
    (OLDEST..OLDEST + LENGTH).map(|number| painted(&painter, number)).collect()
});
static TONE: LazyLock<Tone> = LazyLock::new(|| Tone::new(RATE_HZ, 0.0));

fn painted(painter: &Painter, number: u64) -> VideoFrame {
    let (stride, luma) = (SIZE.width as usize, SIZE.pixels() as usize);
    let places = [(0, stride), (luma, stride / 2), (luma + luma / 4, stride / 2)];
    let planes = places.map(|(offset, stride)| Plane { offset, stride });
    let mut bytes = vec![0; luma * 3 / 2];
    painter.paint(number, grid().starts_second(number), Format::I420, &planes, &mut bytes);
    VideoFrame::new(PixelFormat::I420, SIZE, bytes).expect("a whole picture")
}

/// When pictures are taken.
pub fn grid() -> Grid {
    Grid::new(RATE, 0.0)
}

/// The ruler's picture of that number.
pub fn picture(number: u64) -> &'static VideoFrame {
    &FILM[(number - OLDEST) as usize]
}

/// The ruler's sound from a sample on, in stereo.
pub fn sound(first: u64, samples: u64) -> AudioBlock {
    let mut one = vec![0; samples as usize];
    TONE.fill(first, &mut one);
    let both: Vec<f32> = one.iter().flat_map(|&sample| [f32::from(sample) / 32_768.0; 2]).collect();
    AudioBlock::floats(RATE_HZ, 2, &both).expect("good samples")
}

/// The sound of the ruler itself.
pub fn tone() -> &'static Tone {
    &TONE
}

/// When a picture of the ruler is taken.
pub fn picture_at(number: u64) -> Duration {
    Duration::from_nanos(grid().begin(number).0)
}

/// When a sample of the ruler is taken.
pub fn sample_at(sample: u64) -> Duration {
    Duration::from_nanos(tone().grid().begin(sample).0)
}

pub fn config(container: Container, video: VideoCodec, audio: AudioCodec) -> RecordingConfig {
    let video = VideoConfig::new(SIZE, RATE).codec(video);
    RecordingConfig::default().container(container).video(video).audio(AudioConfig::default().codec(audio))
}

pub fn recorder(container: Container, video: VideoCodec, audio: AudioCodec) -> MediaRecorder {
    MediaRecorder::new(config(container, video, audio)).unwrap_or_else(|why| panic!("{container}: {why}"))
}

/// Submits it again as long as too much waits; answers how often that was.
pub fn insist(submit: impl Fn() -> Result<(), SubmitError>) -> u64 {
    for refusals in 0..60_000 {
        match submit() {
            Ok(()) => return refusals,
            Err(SubmitError::Busy { .. }) => std::thread::sleep(Duration::from_millis(1)),
            Err(why) => panic!("{why}"),
        }
    }
    panic!("it is busy for ever: nothing is encoded or written any more");
}

/// Submits pictures with the sound that belongs to them, stamped or not.
pub fn submit(recorder: &MediaRecorder, numbers: std::ops::Range<u64>, stamped: bool) {
    for number in numbers {
        insist(|| recorder.submit_video(picture(number), stamped.then(|| picture_at(number))));
        for first in (number * SAMPLES..(number + 1) * SAMPLES).step_by(800) {
            let block = sound(first, 800);
            insist(|| recorder.submit_audio(&block, stamped.then(|| sample_at(first))));
        }
    }
}

/// What ffprobe says of a file.
#[derive(Debug)]
pub struct Probed {
    pub video: Value,
    pub audio: Value,
    pub duration_s: f64,
    pub pictures: u64,
}

pub fn probe(file: &Path) -> Probed {
    let arguments = ["-v", "error", "-count_packets", "-show_streams", "-show_format", "-of", "json"];
    let output = Command::new("ffprobe").args(arguments).arg("-i").arg(file).output().expect("ffprobe is installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{}: {complaint}", file.display());
    let said: Value = serde_json::from_slice(&output.stdout).expect("ffprobe writes JSON");
    let of_kind = |kind: &str| {
        let streams = said["streams"].as_array().expect("a list");
        streams.iter().find(|stream| stream["codec_type"] == kind).cloned().unwrap_or_default()
    };
    let video = of_kind("video");
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    Probed {
        pictures: number(&video["nb_read_packets"]).unwrap_or(0.0) as u64,
        audio: of_kind("audio"),
        duration_s: number(&said["format"]["duration"]).unwrap_or(0.0),
        video,
    }
}

/// Both readings of a file, by the name of the reader.
pub fn readings(file: &Path) -> [(&'static str, Reading); 2] {
    [("ffmpeg", read_with_ffmpeg(file)), ("GStreamer", read_with_gstreamer(file))]
}

/// The distances of a reading's beeps from their flashes, or what is wrong with it: so many pictures, and at least so
/// many beeps in their places.
pub fn judged(reading: &Reading, pictures: u64, beeps: usize) -> Result<Vec<f64>, String> {
    let apart = reading.sound_behind_ms(grid());
    if reading.frames.len() as u64 != pictures {
        return Err(format!("{} pictures, not {pictures}", reading.frames.len()));
    }
    if apart.len() < beeps || apart.iter().any(|ms| ms.abs() > APART_MS_MAX) {
        return Err(format!("beeps behind flashes by {apart:.2?} ms, and there should be {beeps}"));
    }
    Ok(apart)
}

/// Panics unless the file holds these pictures, all of them in their order, and every beep is at its flash.
#[track_caller]
pub fn assert_right(file: &Path, pictures: u64, beeps: usize) {
    assert_eq!(probe(file).pictures, pictures, "{}", file.display());
    for (reader, reading) in readings(file) {
        reading.assert_consecutive();
        judged(&reading, pictures, beeps).unwrap_or_else(|why| panic!("{reader}, {}: {why}", file.display()));
    }
}

/// Does several pieces of work at once, on three threads; answers what came of each.
pub fn side_by_side<T: Sync, R: Send>(tasks: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let results = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let result = work(task);
                    results.lock().expect("no task panicked while it was held").push(result);
                }
            });
        }
    });
    results.into_inner().expect("all tasks are over")
}
