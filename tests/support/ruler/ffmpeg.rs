// SPDX-License-Identifier: MIT
//! Reading a file with the `ffmpeg` program: pictures as bytes on its standard output, their times in its log.

use super::{AllTracks, Frame, Reading, Sound};
use hyperzoom::sync::ruler::{is_flash, patch_rows, read_number};
use hyperzoom::words::Size;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

/// Decodes the first picture and the first sound track.
pub fn read_with_ffmpeg(file: &Path) -> Reading {
    let tracks = tracks(file);
    Reading {
        frames: sizes(&tracks).next().map(|size| frames(file, 0, size)).unwrap_or_default(),
        sound: rates(&tracks).next().map(|rate_hz| sound(file, 0, rate_hz)).unwrap_or_default(),
    }
}

/// Decodes all of them.
pub fn read_all_with_ffmpeg(file: &Path) -> AllTracks {
    let tracks = tracks(file);
    AllTracks {
        pictures: sizes(&tracks).enumerate().map(|(index, size)| frames(file, index, size)).collect(),
        sounds: rates(&tracks).enumerate().map(|(index, rate_hz)| sound(file, index, rate_hz)).collect(),
    }
}

fn sizes(tracks: &str) -> impl Iterator<Item = Size> + '_ {
    tracks.lines().filter_map(|line| {
        let mut fields = line.strip_prefix("video,")?.split(',').map(str::parse);
        Some(Size { width: fields.next()?.ok()?, height: fields.next()?.ok()? })
    })
}

fn rates(tracks: &str) -> impl Iterator<Item = u32> + '_ {
    tracks.lines().filter_map(|line| line.strip_prefix("audio,")?.trim_matches(',').parse().ok())
}

fn tracks(file: &Path) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_type,width,height,sample_rate", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    assert!(output.status.success(), "ffprobe: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Starts ffmpeg on a file with its own times left alone, and collects what the filter `showinfo` or `ashowinfo`
/// says about each frame: its time in nanoseconds, and its length in samples (0 for pictures).
fn decode(file: &Path, arguments: &[&str]) -> (Child, JoinHandle<Vec<(i64, usize)>>) {
    let mut child = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-nostats", "-copyts", "-i"])
        .arg(file)
        .args(arguments)
        .arg("-")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed");
    let log = BufReader::new(child.stderr.take().expect("it was piped"));
    let times = thread::spawn(move || {
        let mut base = (1_i128, 1_000_000_000_i128);
        let mut times = Vec::new();
        for line in log.lines().map_while(Result::ok).filter(|line| line.contains("showinfo")) {
            if line.contains("config out") {
                continue;
            } else if let Some(text) = field(&line, "time_base:") {
                let (num, den) = text.trim_end_matches(',').split_once('/').expect("a fraction");
                base = (num.parse().expect("a number"), den.parse().expect("a number"));
            } else if let Some(rate) = field(&line, "rate:") {
                base = (1, rate.parse().expect("a number"));
            }
            if let Some(pts) = field(&line, "pts:").and_then(|text| text.parse::<i128>().ok()) {
                let samples = field(&line, "nb_samples:").map_or(0, |text| text.parse().expect("a number"));
                times.push(((pts * base.0 * 1_000_000_000).div_euclid(base.1) as i64, samples));
            }
        }
        times
    });
    (child, times)
}

/// The word after `name` in a line such as `n: 0 pts:  512 pts_time:0.04`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let found = line.match_indices(name).find(|(at, _)| line[..*at].ends_with([' ', '\t']))?;
    line[found.0 + name.len()..].split_whitespace().next()
}

fn frames(file: &Path, index: usize, size: Size) -> Vec<Frame> {
    // Only the bar and the patch go through the pipe, and only their brightness.
    let rows = patch_rows(size.height as usize).end.next_multiple_of(2).min(size.height as usize);
    let filter = format!("showinfo=checksum=0,crop=iw:{rows}:0:0:exact=1,extractplanes=y");
    let (mut child, times) = decode(
        file,
        &[
            "-map",
            &format!("0:v:{index}"),
            "-vf",
            &filter,
            "-fps_mode",
            "passthrough",
            "-pix_fmt",
            "gray",
            "-f",
            "rawvideo",
        ],
    );
    let width = size.width as usize;
    let mut out = child.stdout.take().expect("it was piped");
    let mut seen = Vec::new();
    let mut luma = vec![0; width * rows];
    while out.read_exact(&mut luma).is_ok() {
        seen.push((read_number(&luma, size, width), is_flash(&luma, size, width)));
    }
    assert!(child.wait().expect("it was started").success(), "ffmpeg cannot decode {}", file.display());
    let times = times.join().expect("the log is text");
    assert_eq!(times.len(), seen.len(), "a time for every picture");
    times.iter().zip(seen).map(|(&(pts_ns, _), (number, flash))| Frame { pts_ns, number, flash }).collect()
}

fn sound(file: &Path, index: usize, rate_hz: u32) -> Sound {
    let map = format!("0:a:{index}");
    let (mut child, times) = decode(file, &["-map", &map, "-af", "ashowinfo", "-f", "f32le", "-c:a", "pcm_f32le"]);
    let mut bytes = Vec::new();
    child.stdout.take().expect("it was piped").read_to_end(&mut bytes).expect("a pipe");
    assert!(child.wait().expect("it was started").success(), "ffmpeg cannot decode {}", file.display());
    let times = times.join().expect("the log is text");
    let frames: usize = times.iter().map(|(_, samples)| samples).sum();
    let all: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let channels = all.len() / frames.max(1);
    let mut sound = Sound::new(rate_hz, channels.max(1));
    let mut at = 0;
    for (pts_ns, samples) in times {
        sound.push(pts_ns, &all[at * channels..(at + samples) * channels]);
        at += samples;
    }
    sound
}
