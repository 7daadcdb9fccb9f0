// SPDX-License-Identifier: MIT
//! A first program: two seconds of a moving gradient with a tone, into the file that is named.
//!
//! ```text
//! cargo run --example record_frames talk.mkv
//! ```

use hyperzoom::media::PixelFormat;
use hyperzoom::studio::{AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, VideoConfig, VideoFrame};
use hyperzoom::words::{Container, Rate, Size};

const SIZE: Size = VideoConfig::VGA;
const SAMPLES: u64 = 1_600;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("say where: record_frames talk.mkv")?;
    let config = RecordingConfig::default()
        .container(Container::Mkv)
        .video(VideoConfig::new(SIZE, Rate::whole(30)))
        .audio(AudioConfig::default().channels(1));
    let recorder = MediaRecorder::new(config)?.pictures(PixelFormat::Rgb, SIZE);
    recorder.start(file)?;
    for number in 0..60 {
        recorder.submit_video(&VideoFrame::new(PixelFormat::Rgb, SIZE, gradient(number))?, None)?;
        recorder.submit_audio(&AudioBlock::floats(48_000, 1, &tone(number * SAMPLES))?, None)?;
    }
    let report = recorder.stop()?;
    println!("{} pictures, {} s, {} bytes", report.frames, report.seconds, report.bytes);
    Ok(())
}

/// Red from left to right, green from top to bottom, blue with time.
fn gradient(number: u64) -> Vec<u8> {
    let places = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y)));
    places
        .flat_map(|(x, y)| [(x * 255 / SIZE.width) as u8, (y * 255 / SIZE.height) as u8, (number * 4) as u8])
        .collect()
}

/// 440 Hz, from that sample on.
fn tone(first: u64) -> Vec<f32> {
    (first..first + SAMPLES).map(|n| 0.2 * (n as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin()).collect()
}
