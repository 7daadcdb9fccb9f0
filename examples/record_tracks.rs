// SPDX-License-Identifier: MIT
//! Two seconds of a host and a guest, each with a tone on a track of its own, submitted from two threads.
//!
//! ```text
//! cargo run --example record_tracks talk.mp4
//! ```

use hyperzoom::studio::{AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, SubmitError, TrackConfig};
use std::time::Duration;

const RATE_HZ: u32 = 48_000;
/// Two hundredths of a second.
const SAMPLES: u64 = 960;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("say where: record_tracks talk.mp4")?;
    let voice = AudioConfig::default().channels(1);
    let config =
        RecordingConfig::default().without_video().audio(voice.clone()).track(TrackConfig::audio("Guest", voice));
    let recorder = MediaRecorder::new(config)?;
    recorder.start(file)?;
    let guest = recorder.track("Guest")?;
    std::thread::scope(|scope| {
        let host = scope.spawn(|| speak(440.0, |block, at| recorder.submit_audio(block, at)));
        let other = scope.spawn(|| speak(660.0, |block, at| guest.submit_audio(block, at)));
        host.join().expect("it only submits").and(other.join().expect("it only submits"))
    })?;
    let report = recorder.stop()?;
    println!("{} samples of the host, {} of the guest", report.samples, report.tracks[0].samples);
    Ok(())
}

/// Blocks with the moments at which they were taken, on the clock that all tracks share.
fn speak(
    hz: f32,
    submit: impl Fn(&AudioBlock, Option<Duration>) -> Result<(), SubmitError>,
) -> Result<(), SubmitError> {
    for first in (0..u64::from(2 * RATE_HZ)).step_by(SAMPLES as usize) {
        let sample = |n: u64| 0.2 * (n as f32 * hz * std::f32::consts::TAU / RATE_HZ as f32).sin();
        let tone: Vec<f32> = (first..first + SAMPLES).map(sample).collect();
        let at = Duration::from_nanos(first * 1_000_000_000 / u64::from(RATE_HZ));
        submit(&AudioBlock::floats(RATE_HZ, 1, &tone)?, Some(at))?;
    }
    Ok(())
}
