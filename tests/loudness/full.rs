// SPDX-License-Identifier: MIT
//! A disk that fills up while a recording is made louder: the recording is as it was, and the report says so.

use crate::disk::small::SmallDisk;
use crate::recorder::reel::{FIRST, config, insist, picture, probe, sound, submit};
use hyperzoom::studio::MediaRecorder;
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::time::{Duration, Instant};

/// Sound behind the pictures that keeps the second pass busy for a while; it is soon recorded.
const LONG_S: u64 = 60;
const RATE_HZ: u64 = 48_000;

#[test]
fn a_disk_that_fills_up_in_the_second_pass_leaves_the_recording_as_it_was() {
    for (container, audio) in [
        (Container::Mkv, AudioCodec::Pcm),
        (Container::Mp4, AudioCodec::Flac),
        (Container::Mov, AudioCodec::Pcm),
        (Container::Avi, AudioCodec::Pcm),
    ] {
        let Some(disk) = SmallDisk::of(160) else { return };
        let mut config = config(container, VideoCodec::H264, audio);
        config.limits.min_free_bytes = 0;
        config.set("loudness.target_lufs", "-30").expect("it is allowed");
        config.set("loudness.keep_original", "false").expect("it is allowed");
        let recorder = MediaRecorder::new(config).expect("it can be");
        let file = disk.path().join(format!("talk.{}", container.extension()));
        recorder.start(&file).expect("it starts");
        submit(&recorder, FIRST..FIRST + 60, false);
        for second in 0..LONG_S {
            let block = sound((FIRST + 60) * 1600 + second * RATE_HZ, RATE_HZ);
            for number in 0..30 {
                insist(|| recorder.submit_video(picture(FIRST + 60 + number), None));
            }
            insist(|| recorder.submit_audio(&block, None));
        }
        let report = std::thread::scope(|scope| {
            let stopped = scope.spawn(|| recorder.stop().expect("it ends"));
            let copy = disk.path().join(format!("talk.{}.loud.tmp", container.extension()));
            let begun = Instant::now();
            while !copy.exists() && !stopped.is_finished() {
                assert!(begun.elapsed() < Duration::from_secs(60), "no second pass began");
                std::thread::sleep(Duration::from_micros(200));
            }
            let original = std::fs::read(&file).expect("it is there");
            disk.fill(0);
            let report = stopped.join().expect("no panic");
            assert!(std::fs::read(&file).expect("it is there") == original, "{container}: it is another file");
            report
        });
        println!("{container}: {:?}", report.loudness_failed);
        assert!(report.whole && report.normalised.is_none() && report.failed.is_none(), "{container}: {report:?}");
        let why = report.loudness_failed.expect("it is told");
        assert!(why.contains("full") && why.contains("as it was"), "{container}: {why}");
        std::fs::remove_file(disk.path().join("of-another-program")).expect("it was there");
        let names = std::fs::read_dir(disk.path()).expect("readable").flatten().map(|found| found.file_name());
        let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains("tmp")).collect();
        assert!(left.is_empty(), "{container}: {left:?}");
        assert_eq!(probe(&file).pictures, report.frames, "{container}");
    }
}
