// SPDX-License-Identifier: MIT
//! Every allowed pair of container and codecs.

use super::made::{Order, PICTURES};
use super::read::{can_read, read};
use crate::words::{AudioCodec, Container, VideoCodec};

/// The widest distance from the flash to the beep.
const APART_MAX_S: f64 = 0.005;

fn ffmpeg_names(codec: AudioCodec) -> &'static [&'static str] {
    match codec {
        AudioCodec::Pcm => &["pcm_s16le"],
        AudioCodec::Aac => &["aac"],
        AudioCodec::Opus => &["opus"],
        AudioCodec::Mp3 => &["mp3"],
        AudioCodec::Flac => &["flac"],
    }
}

fn ffmpeg_name(codec: VideoCodec) -> &'static str {
    if codec == VideoCodec::H265 { "hevc" } else { codec.key() }
}

#[test]
fn every_allowed_pair_is_read_back_complete_and_in_sync() {
    if !can_read() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for tests");
    let mut faults = Vec::new();
    for container in Container::ALL {
        for video in container.video_codecs() {
            for audio in container.audio_codecs() {
                let order = Order::new(container, Some(*video), Some(*audio));
                let file = folder.path().join(format!("{video}-{audio}.{}", container.extension()));
                let made = order.record(&file);
                let seen = read(&file);
                let apart = seen.beep_s.zip(seen.flash_s).map_or(f64::NAN, |(beep, flash)| beep - flash);
                println!("{container} {video} {audio}: {:+.2} ms, {:.3} s", apart * 1e3, seen.duration_s);
                let right = seen.pictures == PICTURES
                    && seen.video == ffmpeg_name(*video)
                    && ffmpeg_names(*audio).contains(&seen.audio.as_str())
                    && (seen.size.as_str(), seen.rate.as_str()) == ("160x120", "30/1")
                    && (seen.sample_rate.as_str(), seen.channels) == ("48000", 2)
                    && (seen.duration_s - 2.0).abs() < 0.05
                    && made.encoded.pictures == PICTURES
                    && apart.abs() < APART_MAX_S;
                if !right {
                    faults.push(format!("{container} {video} {audio}: {seen:?} {:?} {}", made.encoded, made.text));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
