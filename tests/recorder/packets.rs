// SPDX-License-Identifier: MIT
//! Packets for whoever sends them on: all of them, each with its moment, and nobody's mistake ends the program.

use super::outputs::KINDS;
use super::reel::{FIRST, SAMPLES, picture, recorder, sound, submit};
use hyperzoom::media::{EncodedPacket, PacketKind};
use hyperzoom::studio::MediaRecorder;
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::sync::mpsc::channel;

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
