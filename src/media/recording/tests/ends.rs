// SPDX-License-Identifier: MIT
//! What a file says at its end, and what is left of one that has none.

use super::made::{Order, PICTURES};
use super::read::{can_read, read};
use crate::words::{AudioCodec, Container, VideoCodec};
use std::process::Command;

fn packets(file: &std::path::Path) -> usize {
    let arguments = ["-v", "quiet", "-show_entries", "packet=pts", "-of", "csv=p=0", "-select_streams", "v"];
    let said = Command::new("ffprobe").args(arguments).arg(file).output().expect("ffprobe runs");
    String::from_utf8_lossy(&said.stdout).lines().filter(|line| !line.is_empty()).count()
}

#[test]
fn muxers_that_go_back_write_their_length_and_those_in_fragments_never_go_back() {
    if !can_read() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for tests");
    for (container, video, audio, goes_back, crash_safe) in [
        (Container::Mkv, VideoCodec::H264, AudioCodec::Flac, true, true),
        (Container::WebM, VideoCodec::Vp8, AudioCodec::Opus, true, true),
        (Container::Mov, VideoCodec::H264, AudioCodec::Pcm, true, false),
        (Container::Avi, VideoCodec::H264, AudioCodec::Pcm, true, false),
        (Container::Mp4, VideoCodec::H264, AudioCodec::Flac, false, true),
    ] {
        let file = folder.path().join(format!("whole.{}", container.extension()));
        let made = Order::new(container, Some(video), Some(audio)).record(&file);
        assert_eq!((made.went_back, made.crash_safe), (goes_back, crash_safe), "{container}");
        let seen = read(&file);
        assert!((seen.duration_s - 2.0).abs() < 0.03, "{container} says {} s", seen.duration_s);
        let bytes = std::fs::read(&file).expect("it was written");
        let has = |kind: &[u8]| bytes.windows(kind.len()).any(|found| found == kind);
        match container {
            Container::Mkv | Container::WebM => assert!(has(&[0x1c, 0x53, 0xbb, 0x6b]), "{container} has no cues"),
            Container::Avi => assert!(has(b"idx1"), "AVI has no index"),
            _ => assert!(has(b"moov"), "{container} has no tables"),
        }
    }
}

#[test]
fn what_was_written_before_a_crash_is_readable_where_the_spec_says_so() {
    if !can_read() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for tests");
    for (container, video, audio) in [
        (Container::Mkv, VideoCodec::H264, AudioCodec::Flac),
        (Container::WebM, VideoCodec::Vp8, AudioCodec::Opus),
        (Container::Mp4, VideoCodec::H264, AudioCodec::Aac),
    ] {
        let file = folder.path().join(format!("torn.{}", container.extension()));
        let mut order = Order::new(container, Some(video), Some(audio));
        order.killed = true;
        order.record(&file);
        let read = packets(&file);
        assert!(read as u64 >= PICTURES / 2, "{container}: {read} pictures");
    }
}
