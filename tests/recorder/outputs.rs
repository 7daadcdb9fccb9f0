// SPDX-License-Identifier: MIT
//! Bytes may go anywhere, a place that takes no more is told, and a recorder that is dropped has finished.

use super::reel::{FIRST, SAMPLES, assert_right, picture, probe, recorder, side_by_side, sound, submit};
use hyperzoom::studio::{MemoryOutput, Output, RecordError, SubmitError};
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::time::Duration;

pub const KINDS: [(Container, VideoCodec, AudioCodec); 8] = [
    (Container::Mp4, VideoCodec::H264, AudioCodec::Aac),
    (Container::Mp4, VideoCodec::H264, AudioCodec::Opus),
    (Container::Mov, VideoCodec::H264, AudioCodec::Aac),
    (Container::Mov, VideoCodec::H264, AudioCodec::Pcm),
    (Container::Mkv, VideoCodec::H264, AudioCodec::Flac),
    (Container::WebM, VideoCodec::Vp8, AudioCodec::Opus),
    (Container::Avi, VideoCodec::H264, AudioCodec::Mp3),
    (Container::Avi, VideoCodec::H264, AudioCodec::Pcm),
];

#[test]
fn what_an_output_was_given_is_a_file_in_every_container() {
    let folder = tempfile::tempdir().expect("a folder");
    side_by_side(&KINDS, |&(container, video, audio)| {
        let (output, recorder) = (MemoryOutput::new(), recorder(container, video, audio));
        recorder.start_into(output.clone()).expect("it starts");
        submit(&recorder, FIRST..FIRST + 60, false);
        let report = recorder.stop().expect("it records");
        assert!(output.is_synced() && report.whole && report.file.is_none(), "{report:?}");
        let bytes = output.bytes();
        assert_eq!(report.bytes, bytes.len() as u64, "{container} {audio}");
        let file = folder.path().join(format!("{audio}.{}", container.extension()));
        std::fs::write(&file, bytes).expect("a file");
        assert_right(&file, 60, 2);
    });
}

#[test]
fn an_output_that_is_full_ends_the_recording_and_not_the_recorder() {
    for container in Container::ALL {
        let recorder = recorder(container, container.video_codecs()[0], container.audio_codecs()[0]);
        let full = MemoryOutput::full_at(40_000);
        recorder.start_into(full.clone()).expect("it starts");
        let why = (FIRST..FIRST + 600).find_map(|number| {
            let block = sound(number * SAMPLES, SAMPLES);
            let taken = recorder.submit_video(picture(number), None).and_then(|()| recorder.submit_audio(&block, None));
            std::thread::sleep(Duration::from_millis(2));
            taken.err()
        });
        assert!(matches!(&why, Some(SubmitError::Failed { why }) if why.contains("takes no more")), "{why:?}");
        assert!(recorder.status().is_some_and(|status| status.failed.is_some()));
        let report = recorder.stop().expect("it tells what it could");
        assert!(!report.whole && report.failed.is_some() && report.bytes <= 40_000, "{container}: {report:?}");
        assert!(full.bytes().len() <= 40_000 && !full.bytes().is_empty());
        let good = MemoryOutput::new();
        recorder.start_into(good.clone()).expect("it can be used on");
        submit(&recorder, FIRST..FIRST + 30, false);
        assert!(recorder.stop().expect("it records").whole && good.is_synced());
    }
}

/// Somebody's own, with a mistake in it.
struct Mistaken;

impl Output for Mistaken {
    fn write_at(&mut self, at: u64, _: &[u8]) -> std::io::Result<()> {
        assert!(at < 2_000, "a mistake of the output's own");
        Ok(())
    }

    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_panics_ends_the_recording_and_not_the_recorder() {
    let recorder = recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
    recorder.start_into(Mistaken).expect("it starts");
    let why = (FIRST..FIRST + 600).find_map(|number| {
        std::thread::sleep(Duration::from_millis(2));
        let block = sound(number * SAMPLES, SAMPLES);
        recorder.submit_video(picture(number), None).and_then(|()| recorder.submit_audio(&block, None)).err()
    });
    assert!(matches!(&why, Some(SubmitError::Failed { why }) if why.contains("panicked")), "{why:?}");
    let report = recorder.stop().expect("it tells what it could");
    assert!(!report.whole && report.failed.is_some(), "{report:?}");
    let good = MemoryOutput::new();
    recorder.start_into(good.clone()).expect("it can be used on");
    submit(&recorder, FIRST..FIRST + 30, false);
    assert!(recorder.stop().expect("it records").whole && good.is_synced());
}

#[test]
fn a_recorder_that_is_dropped_has_finished_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    for container in Container::ALL {
        let file = folder.path().join(format!("dropped.{}", container.extension()));
        let recorder = recorder(container, container.video_codecs()[0], container.audio_codecs()[0]);
        recorder.start(&file).expect("it starts");
        submit(&recorder, FIRST..FIRST + 60, true);
        drop(recorder);
        assert_right(&file, 60, 2);
    }
}

#[test]
fn nothing_at_all_leaves_no_file_and_a_recorder_that_works() {
    let folder = tempfile::tempdir().expect("a folder");
    for container in Container::ALL {
        let (empty, good) = ("empty", "good");
        let name = |name: &str| folder.path().join(format!("{name}.{}", container.extension()));
        let recorder = recorder(container, container.video_codecs()[0], container.audio_codecs()[0]);
        recorder.start(name(empty)).expect("it starts");
        let why = recorder.stop().expect_err("nothing was recorded");
        assert!(matches!(why, RecordError::Nothing), "{container}: {why}");
        assert!(why.to_string().contains("no picture and no sound"), "{why}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "{container}");
        recorder.start(name(good)).expect("it can be used on");
        submit(&recorder, FIRST..FIRST + 60, false);
        recorder.stop().expect("it records");
        assert_right(&name(good), 60, 2);
        std::fs::remove_file(name(good)).expect("it was there");
        std::fs::remove_file(name(good).with_extension("recording.json")).expect("it was there");
    }
}

#[test]
fn one_picture_or_one_sample_is_a_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    for container in Container::ALL {
        let name = |name: &str| folder.path().join(format!("{name}.{}", container.extension()));
        let recorder = recorder(container, container.video_codecs()[0], container.audio_codecs()[0]);
        recorder.start(name("seen")).expect("it starts");
        recorder.submit_video(picture(FIRST), None).expect("room");
        assert_eq!(recorder.stop().expect("it records").frames, 1, "{container}");
        assert_eq!(probe(&name("seen")).pictures, 1, "{container}");
        recorder.start(name("heard")).expect("it starts");
        recorder.submit_audio(&sound(FIRST * SAMPLES, SAMPLES), None).expect("room");
        let heard = recorder.stop().expect("it records");
        assert!(heard.samples >= SAMPLES && name("heard").exists(), "{container}: {heard:?}");
        assert_eq!(probe(&name("heard")).pictures, heard.frames, "{container}");
    }
}
