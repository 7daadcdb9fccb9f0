// SPDX-License-Identifier: MIT
//! What was at its flash before a recording was made louder is at its flash afterwards.

use crate::recorder::reel::{FIRST, assert_right, config, judged, readings, side_by_side, submit};
use hyperzoom::studio::MediaRecorder;
use hyperzoom::words::{AudioCodec, Container, VideoCodec};

/// Encoders that put something in front of the sound, and some that do not.
const KINDS: [(Container, VideoCodec, AudioCodec); 8] = [
    (Container::Mp4, VideoCodec::H264, AudioCodec::Aac),
    (Container::Mp4, VideoCodec::H264, AudioCodec::Opus),
    (Container::Mov, VideoCodec::H264, AudioCodec::Aac),
    (Container::Mov, VideoCodec::H264, AudioCodec::Pcm),
    (Container::Mkv, VideoCodec::H264, AudioCodec::Opus),
    (Container::Mkv, VideoCodec::H264, AudioCodec::Flac),
    (Container::WebM, VideoCodec::Vp8, AudioCodec::Opus),
    (Container::Avi, VideoCodec::H264, AudioCodec::Mp3),
];
const PICTURES: u64 = 90;

#[test]
fn beeps_stay_at_their_flashes_when_a_recording_is_made_louder() {
    let folder = tempfile::tempdir().expect("a folder");
    side_by_side(&KINDS, |&(container, video, audio)| {
        let mut config = config(container, video, audio);
        config.set("loudness.target_lufs", "-30").expect("it is allowed");
        config.set("loudness.keep_original", "true").expect("it is allowed");
        let recorder = MediaRecorder::new(config).expect("it can be");
        let file = folder.path().join(format!("{audio}.{}", container.extension()));
        recorder.start(&file).expect("it starts");
        submit(&recorder, FIRST..FIRST + PICTURES, false);
        let report = recorder.stop().expect("it records");
        let done = report.normalised.unwrap_or_else(|| panic!("{container} {audio}: {:?}", report.loudness_failed));
        assert_right(&file, PICTURES, 2);
        let original = done.original.expect("it is kept");
        for ((reader, now), (_, before)) in readings(&file).into_iter().zip(readings(&original)) {
            let [now, before] = [now, before].map(|reading| judged(&reading, PICTURES, 2).expect("in step"));
            println!("{container} {audio}, {reader}: {before:.2?} ms became {now:.2?} ms, {:+.1} dB", done.gain_db);
            let moved = now.iter().zip(&before).map(|(now, before)| (now - before).abs());
            assert!(moved.fold(0.0, f64::max) <= 1.0, "{container} {audio}, {reader}: {before:?} became {now:?}");
        }
    });
}
