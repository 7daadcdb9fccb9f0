// SPDX-License-Identifier: MIT
//! Any thread may submit, too much is told and not dropped, and nobody waits for somebody who waits for them.

use super::reel::{FIRST, SAMPLES, assert_right, config, insist, picture, recorder, sound};
use hyperzoom::studio::{Limits, MediaRecorder, SubmitError};
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

#[test]
fn pictures_and_sound_come_from_two_threads_and_a_third_one_watches() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("threads.mkv");
    let recorder = recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
    recorder.start(&file).expect("it starts");
    let over = AtomicBool::new(false);
    let watched = std::thread::scope(|scope| {
        let pictures = scope.spawn(|| {
            for number in FIRST..FIRST + 150 {
                insist(|| recorder.submit_video(picture(number), None));
            }
        });
        let heard = scope.spawn(|| {
            for first in (FIRST * SAMPLES..(FIRST + 150) * SAMPLES).step_by(480) {
                let block = sound(first, 480);
                insist(|| recorder.submit_audio(&block, None));
            }
        });
        let watching = scope.spawn(|| {
            let mut frames = Vec::new();
            while !over.load(SeqCst) {
                frames.extend(recorder.status().map(|status| status.frames_in));
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            frames
        });
        pictures.join().expect("all were taken");
        heard.join().expect("all was taken");
        over.store(true, SeqCst);
        watching.join().expect("it can be asked at any time")
    });
    assert!(watched.is_sorted());
    let report = recorder.stop().expect("it records");
    assert_eq!((report.frames, report.samples), (150, 150 * SAMPLES));
    assert_right(&file, 150, 5);
}

/// The least that may wait is sixteen mebibytes, 194 of these pictures.
fn narrow() -> MediaRecorder {
    let config = config(Container::Mkv, VideoCodec::H264, AudioCodec::Flac);
    MediaRecorder::new(config.limits(Limits::default().max_waiting_bytes(16 << 20))).expect("it can be had")
}

#[test]
fn too_much_is_refused_and_what_is_submitted_again_is_all_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("busy.mkv");
    let recorder = narrow();
    recorder.start(&file).expect("it starts");
    // No muxer goes on with pictures alone, so they pile up until the sound comes.
    let (busy, refusals) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in FIRST..FIRST + 450 {
                let submit = || {
                    let taken = recorder.submit_video(picture(number), None);
                    if let Err(SubmitError::Busy { waiting_bytes, limit_bytes }) = &taken {
                        assert!(*waiting_bytes > 16 << 20 && *limit_bytes == 16 << 20);
                        busy.store(true, SeqCst);
                    }
                    taken
                };
                refusals.fetch_add(insist(submit), SeqCst);
            }
        });
        scope.spawn(|| {
            while !busy.load(SeqCst) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            for first in (FIRST * SAMPLES..(FIRST + 450) * SAMPLES).step_by(1600) {
                let block = sound(first, 1600);
                insist(|| recorder.submit_audio(&block, None));
            }
        });
    });
    println!("refused {} times", refusals.load(SeqCst));
    let report = recorder.stop().expect("it records");
    assert_eq!((report.frames, report.samples), (450, 450 * SAMPLES));
    assert_right(&file, 450, 15);
}
