// SPDX-License-Identifier: MIT
//! How it goes, and how far the end is, as values.

use super::reel::{FIRST, config, submit};
use hyperzoom::studio::{FinishingStep, MediaRecorder};
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::cell::RefCell;

#[test]
fn a_recording_tells_what_it_takes_and_how_far_its_end_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(Container::Mp4, VideoCodec::H264, AudioCodec::Aac);
    config.set("loudness.target_lufs", "-16").expect("it is allowed");
    config.set("fast_start", "true").expect("it is allowed");
    let recorder = MediaRecorder::new(config).expect("it can be");
    recorder.start(folder.path().join("talk.mp4")).expect("it starts");
    submit(&recorder, FIRST..FIRST + 150, false);
    let status = recorder.status().expect("it records");
    assert_eq!((status.frames, status.frames_encoded + status.waiting_frames), (150, 150), "{status:?}");
    let machine = status.machine;
    assert!(machine.free_bytes.is_some_and(|free| free > 1 << 20), "{machine:?}");
    assert!(machine.cpu_percent.is_some_and(|percent| percent > 0.1), "{machine:?}");
    assert_eq!(machine.memory_bytes.is_some(), cfg!(target_os = "linux"), "{machine:?}");
    let told = RefCell::new(Vec::new());
    let report = recorder.stop_watched(&|finishing| told.borrow_mut().push(finishing)).expect("it ends");
    assert!(report.normalised.is_some() && report.fast_start_failed.is_none(), "{report:?}");
    let told = told.into_inner();
    assert!(told.is_sorted_by(|one, next| (one.step, one.done) <= (next.step, next.done)), "{told:?}");
    for step in [FinishingStep::Loudness, FinishingStep::FastStart] {
        let of_step: Vec<f64> = told.iter().filter(|told| told.step == step).map(|told| told.done).collect();
        assert!(of_step.len() > 1 && of_step.last() == Some(&1.0), "{step:?}: {of_step:?}");
        assert!(of_step.iter().all(|done| (0.0..=1.0).contains(done)), "{step:?}: {of_step:?}");
    }
}
