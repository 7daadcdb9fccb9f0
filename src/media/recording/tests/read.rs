// SPDX-License-Identifier: MIT
//! Reads a file back with ffmpeg and ffprobe, which share no code with us or with GStreamer's muxers.

use std::path::Path;
use std::process::{Command, Output};

/// What ffprobe says, and where ffmpeg sees the flash and hears the beep.
#[derive(Debug, Default)]
pub struct Seen {
    pub pictures: u64,
    pub video: String,
    pub audio: String,
    pub size: String,
    pub rate: String,
    pub sample_rate: String,
    pub channels: u32,
    pub duration_s: f64,
    pub flash_s: Option<f64>,
    pub beep_s: Option<f64>,
    /// How loud each channel is in the beep.
    pub levels: Vec<f32>,
}

/// Whether the tools are there; says so where they are not.
pub fn can_read() -> bool {
    let there = ["ffmpeg", "ffprobe"].iter().all(|tool| Command::new(tool).arg("-version").output().is_ok());
    if !there {
        println!("skipped: ffmpeg and ffprobe are not installed");
    }
    there
}

fn run(tool: &str, arguments: &[&str]) -> Output {
    Command::new(tool).args(arguments).output().unwrap_or_else(|e| panic!("{tool}: {e}"))
}

pub fn read(file: &Path) -> Seen {
    let path = file.to_str().expect("a plain path");
    let probed =
        run("ffprobe", &["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path]);
    assert!(probed.stderr.is_empty(), "{path}: {}", String::from_utf8_lossy(&probed.stderr));
    let json: serde_json::Value = serde_json::from_slice(&probed.stdout).expect("ffprobe writes JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut seen = Seen { duration_s: text(&json["format"]["duration"]).parse().unwrap_or(0.0), ..Seen::default() };
    for stream in json["streams"].as_array().into_iter().flatten() {
        if stream["codec_type"] == "video" {
            seen.video = text(&stream["codec_name"]);
            seen.pictures = text(&stream["nb_read_frames"]).parse().unwrap_or(0);
            seen.size = format!("{}x{}", stream["width"], stream["height"]);
            seen.rate = text(&stream["r_frame_rate"]);
            seen.flash_s = flash(path);
        } else {
            seen.audio = text(&stream["codec_name"]);
            seen.sample_rate = text(&stream["sample_rate"]);
            seen.channels = stream["channels"].as_u64().unwrap_or(0) as u32;
            let rate_hz: f64 = seen.sample_rate.parse().unwrap_or(1.0);
            hear(path, rate_hz, &mut seen);
        }
    }
    seen
}

/// The time of the first bright picture.
fn flash(path: &str) -> Option<f64> {
    let filter = "scale=8:8,format=gray,showinfo";
    let decoded = run(
        "ffmpeg",
        &["-copyts", "-i", path, "-an", "-fps_mode", "passthrough", "-vf", filter, "-f", "rawvideo", "-"],
    );
    let bright = decoded.stdout.chunks_exact(64).position(|picture| picture[0] > 128)?;
    let said = String::from_utf8_lossy(&decoded.stderr).into_owned();
    let lines = said.lines().filter_map(|line| line.split("pts_time:").nth(1));
    lines.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).nth(bright)
}

/// When the beep begins, and how loud it is in each channel.
fn hear(path: &str, rate_hz: f64, seen: &mut Seen) {
    let filter = "aresample=async=1:min_hard_comp=0.001:first_pts=0";
    let decoded = run("ffmpeg", &["-v", "error", "-copyts", "-i", path, "-vn", "-af", filter, "-f", "f32le", "-"]);
    let values = decoded.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let values: Vec<f32> = values.collect();
    let channels = (seen.channels as usize).max(1);
    let samples: Vec<&[f32]> = values.chunks_exact(channels).collect();
    let loudest = samples.iter().map(|s| s[0].abs()).fold(0.0, f32::max);
    let onset = samples.iter().position(|s| s[0].abs() > loudest * 0.5);
    seen.beep_s = onset.filter(|_| loudest > 0.05).map(|n| n as f64 / rate_hz);
    seen.levels = (0..channels).map(|c| samples.iter().map(|s| s[c].abs()).fold(0.0, f32::max)).collect();
}
