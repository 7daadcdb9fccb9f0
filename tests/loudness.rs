// SPDX-License-Identifier: MIT
//! Speech-like sound is recorded, made as loud as it should be, and judged by ffmpeg's own meter.

#[cfg(target_os = "linux")]
mod full;
#[cfg(unix)]
mod step;

use hyperzoom::media::PixelFormat;
use hyperzoom::studio::{
    AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, RecordingReport, VideoConfig, VideoFrame,
};
use hyperzoom::words::{AudioCodec, Container, Rate, Size, VideoCodec};
use std::path::Path;
use std::process::Command;

const SIZE: Size = Size { width: 160, height: 120 };
const SECONDS: u64 = 12;

fn can_judge() -> bool {
    let there = Command::new("ffmpeg").arg("-version").output().is_ok();
    if !there {
        println!("skipped: ffmpeg is not installed");
    }
    there
}

/// Syllables of harmonics in phrases of differing levels, with pauses, and a click above all of it.
fn spoken(n: u64, level: f64) -> f32 {
    let t = n as f64 / 48_000.0;
    let phrase = [1.0, 0.5, 0.0, 0.8][(t / 1.5) as usize % 4];
    let syllable = (t * 4.0 * std::f64::consts::PI).sin().powi(2);
    let pitch = 110.0 + 30.0 * (t * 1.3).sin();
    let voice: f64 = (1..20).map(|k| (std::f64::consts::TAU * pitch * f64::from(k) * t).sin() / f64::from(k)).sum();
    let click = if n % 96_000 < 48 { 1.5 } else { 1.0 };
    (level * phrase * syllable * voice * click * 0.4) as f32
}

fn recorded(
    file: &Path,
    container: Container,
    codec: AudioCodec,
    channels: u32,
    level: f64,
    keep: bool,
) -> RecordingReport {
    let mut video = VideoConfig::new(SIZE, Rate::whole(30));
    if container == Container::WebM {
        video = video.codec(VideoCodec::Vp8);
    }
    let mut audio = AudioConfig::default();
    (audio.codec, audio.channels) = (Some(codec), channels);
    let mut config = RecordingConfig::default().container(container).video(video).audio(audio);
    config.set("loudness.target_lufs", if channels == 1 { "-19" } else { "-16" }).expect("it is allowed");
    config.set("loudness.keep_original", if keep { "true" } else { "false" }).expect("it is allowed");
    let recorder = MediaRecorder::new(config).expect("it can be").pictures(PixelFormat::Gray8, SIZE).floats();
    recorder.start(file).expect("it starts");
    for tick in 0..SECONDS * 30 {
        let picture =
            VideoFrame::new(PixelFormat::Gray8, SIZE, vec![(tick % 200) as u8; 160 * 120]).expect("a picture");
        recorder.submit_video(&picture, None).expect("room");
        let values: Vec<f32> =
            (tick * 1600..(tick + 1) * 1600).flat_map(|n| vec![spoken(n, level); channels as usize]).collect();
        recorder.submit_audio(&AudioBlock::floats(48_000, channels, &values).expect("sound"), None).expect("room");
    }
    recorder.stop().expect("it ends")
}

/// Integrated loudness, true peak and range, by ffmpeg.
fn judged(file: &Path) -> (f64, f64) {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostats", "-i"])
        .arg(file)
        .args(["-vn", "-af", "ebur128=peak=true", "-f", "null", "-"])
        .output()
        .expect("ffmpeg starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary = said.rsplit("Summary:").next().unwrap_or_default();
    let number = |name: &str| -> f64 {
        let line = summary.lines().find_map(|line| line.trim().strip_prefix(name)).expect("a summary");
        line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
    };
    (number("I:"), number("Peak:"))
}

fn picture_hashes(file: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:v", "-c", "copy", "-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg starts");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_kind_of_file_is_made_as_loud_as_asked_with_the_same_pictures() {
    if !can_judge() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut faults = Vec::new();
    for (container, codec, channels, level) in [
        (Container::Mp4, AudioCodec::Aac, 2, 0.1),
        (Container::Mp4, AudioCodec::Aac, 1, 0.7),
        (Container::Mkv, AudioCodec::Opus, 2, 0.1),
        (Container::Mov, AudioCodec::Pcm, 2, 0.05),
        (Container::WebM, AudioCodec::Opus, 1, 0.1),
        (Container::Avi, AudioCodec::Mp3, 2, 0.1),
        (Container::Mkv, AudioCodec::Flac, 2, 0.5),
    ] {
        let name = format!("{channels}-{codec}.{}", container.extension());
        let file = folder.path().join(&name);
        let report = recorded(&file, container, codec, channels, level, true);
        let Some(done) = &report.normalised else {
            faults.push(format!("{name}: {:?}", report.loudness_failed));
            continue;
        };
        let target = if channels == 1 { -19.0 } else { -16.0 };
        let (lufs, peak) = judged(&file);
        let original = done.original.clone().expect("it is kept");
        let (lufs_before, peak_before) = judged(&original);
        println!("{name}: {lufs_before} -> {lufs} LUFS, peak {peak_before} -> {peak}, {done:?}, {:?}", report.loudness);
        let apart = |told: Option<f64>, measured: f64| (told.unwrap_or(f64::NAN) - measured).abs();
        // What a lossy encoder adds to a peak is its own.
        let added = if codec.is_lossless() { 0.3 } else { 1.0 };
        // The sound that it is given is right to a tenth; MP3 itself leaves out what makes a third of a unit here.
        let lost = if codec == AudioCodec::Mp3 { 0.2 } else { 0.0 };
        let right = (lufs - target).abs() <= 0.3 + lost
            && apart(done.before.integrated_lufs, lufs_before) <= 0.2 + lost
            && apart(report.loudness.and_then(|now| now.integrated_lufs), lufs) <= 0.2 + lost
            && (!codec.is_lossless() || apart(done.before.true_peak_dbtp, peak_before) <= 0.3)
            && peak <= -1.0 + added;
        if !right {
            faults.push(format!("{name}: {lufs_before} -> {lufs} LUFS, peak {peak}, {report:?}"));
        }
        if picture_hashes(&file) != picture_hashes(&original) {
            faults.push(format!("{name}: other pictures"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn silence_is_left_alone_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("silence.mkv");
    let report = recorded(&file, Container::Mkv, AudioCodec::Flac, 2, 0.0, true);
    assert!(report.normalised.is_none() && report.whole, "{report:?}");
    assert!(report.loudness_failed.is_some_and(|why| why.contains("nothing to hear")));
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
    let mut names = names;
    names.sort();
    assert_eq!(names, ["silence.mkv", "silence.recording.json"]);
}
