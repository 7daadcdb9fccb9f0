// SPDX-License-Identifier: MIT
//! Bytes may go anywhere, a place that takes no more is told, and a recorder that is dropped has finished.

use super::reel::{FIRST, SAMPLES, assert_right, picture, recorder, side_by_side, sound, submit};
use hyperzoom::media::{EncodedPacket, PacketKind};
use hyperzoom::studio::{MediaRecorder, MemoryOutput, Output, SubmitError};
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::sync::mpsc::channel;
use std::time::Duration;

const KINDS: [(Container, VideoCodec, AudioCodec); 8] = [
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
        let told = recorder.stop();
        println!("{container}: {}", told.as_ref().map_or_else(|why| why.to_string(), |r| format!("{r:?}")));
        assert!(told.is_err() || told.is_ok_and(|report| report.frames == 0));
        recorder.start(name(good)).expect("it can be used on");
        submit(&recorder, FIRST..FIRST + 60, false);
        recorder.stop().expect("it records");
        assert_right(&name(good), 60, 2);
    }
}

#[test]
fn packets_come_one_by_one_with_their_moments_and_none_is_missing() {
    for (container, video, audio) in KINDS {
        let recorder = recorder(container, video, audio);
        let (give, packets) = channel();
        let output = move |packet: &EncodedPacket<'_>| {
            give.send((packet.kind, packet.at, packet.key, packet.bytes.len())).map_err(std::io::Error::other)
        };
        recorder.start_packets(output).expect("it starts");
        submit(&recorder, FIRST..FIRST + 30, false);
        assert!(recorder.stop().expect("it records").whole);
        let (pictures, sound): (Vec<_>, Vec<_>) = packets.iter().partition(|packet| packet.0 == PacketKind::Picture);
        assert_eq!(pictures.len(), 30, "{container} {video}");
        assert!(pictures[0].2 && pictures.iter().all(|picture| picture.3 > 0));
        for (number, (_, at, ..)) in pictures.iter().enumerate() {
            let off_ms = at.as_secs_f64() * 1000.0 - number as f64 * 1000.0 / 30.0;
            assert!(off_ms.abs() < 1.0, "{container} {video}: picture {number} at {at:?}");
        }
        let last = sound.last().expect("there is sound").1;
        assert!((0.9..1.05).contains(&last.as_secs_f64()), "{container} {audio}: the last packet at {last:?}");
    }
}

#[test]
fn who_wants_no_more_packets_ends_the_recording_and_a_panic_is_no_crash() {
    for panics in [false, true] {
        let recorder = recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
        let mut left = 5;
        let output = move |_: &EncodedPacket<'_>| {
            left -= 1;
            match left {
                0 if panics => panic!("on purpose"),
                0 => Err(std::io::ErrorKind::BrokenPipe.into()),
                _ => Ok(()),
            }
        };
        recorder.start_packets(output).expect("it starts");
        submit_what_is_taken(&recorder);
        let report = recorder.stop().expect("it tells what it could");
        let why = report.failed.expect("it has failed");
        assert!(why.contains(if panics { "panicked" } else { "takes no more" }) && !report.whole, "{why}");
    }
}

/// As much as it takes.
fn submit_what_is_taken(recorder: &MediaRecorder) {
    for number in FIRST..FIRST + 60 {
        let block = sound(number * SAMPLES, SAMPLES);
        let taken = recorder.submit_video(picture(number), None).and_then(|()| recorder.submit_audio(&block, None));
        if taken.is_err() {
            break;
        }
    }
}
