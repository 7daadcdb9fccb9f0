// SPDX-License-Identifier: MIT
//! Twenty pauses in one file cost sound and pictures the same, to the sample.

use super::reel::{RATE_HZ, SAMPLES, assert_right, judged, probe, readings, recorder, side_by_side, submit, tone};
use super::reel::{grid, insist, picture, picture_at, sample_at, sound};
use crate::support::ruler::{FrameFault, Reading, SoundFault, sound_faults};
use hyperzoom::studio::{MediaRecorder, RecordingReport};
use hyperzoom::words::{AudioCodec, Container, VideoCodec};
use std::path::Path;

const PAUSES: u64 = 20;
/// A part and a pause make a second, and each part holds a flash with the whole of its beep.
const PART: u64 = 18;
const PAUSE: u64 = 12;
const FIRST: u64 = 3_021;
const PICTURES: u64 = (PAUSES + 1) * PART;

type Kind = (Container, VideoCodec, AudioCodec);

const LOSSY: [Kind; 5] = [
    (Container::Mp4, VideoCodec::H264, AudioCodec::Aac),
    (Container::Mov, VideoCodec::H264, AudioCodec::Aac),
    (Container::Mkv, VideoCodec::H264, AudioCodec::Opus),
    (Container::WebM, VideoCodec::Vp8, AudioCodec::Opus),
    (Container::Avi, VideoCodec::H264, AudioCodec::Mp3),
];

const LOSSLESS: [Kind; 4] = [
    (Container::Mp4, VideoCodec::H264, AudioCodec::Flac),
    (Container::Mov, VideoCodec::H264, AudioCodec::Pcm),
    (Container::Mkv, VideoCodec::H264, AudioCodec::Flac),
    (Container::Avi, VideoCodec::H264, AudioCodec::Pcm),
];

/// Stops submitting while it is paused, and stamps what it submits.
fn stops_and_stamps(recorder: &MediaRecorder) {
    for part in 0..=PAUSES {
        if part > 0 {
            recorder.pause().expect("it records");
            assert!(recorder.status().expect("it records").paused);
            recorder.resume().expect("it is paused");
        }
        let begin = FIRST + part * (PART + PAUSE);
        submit(recorder, begin..begin + PART, true);
    }
}

/// Goes on submitting while it is paused, without stamps.
fn goes_on_and_counts(recorder: &MediaRecorder) {
    for part in 0..=PAUSES {
        let begin = FIRST + part * (PART + PAUSE);
        submit(recorder, begin..begin + PART, false);
        if part < PAUSES {
            recorder.pause().expect("it records");
            submit(recorder, begin + PART..begin + PART + PAUSE, false);
            recorder.resume().expect("it is paused");
        }
    }
}

fn record(kind: &Kind, folder: &Path, submit: impl Fn(&MediaRecorder)) {
    let (container, video, audio) = *kind;
    let name = format!("{container} {video} {audio}");
    let file = folder.join(format!("{audio}.{}", container.extension()));
    let recorder = recorder(container, video, audio);
    recorder.start(&file).unwrap_or_else(|why| panic!("{name}: {why}"));
    submit(&recorder);
    let report = recorder.stop().unwrap_or_else(|why| panic!("{name}: {why}"));
    tells_of_all(&report, &name);
    assert_eq!(probe(&file).pictures, PICTURES, "{name}");
    for (reader, reading) in readings(&file) {
        let apart = judged(&reading, PICTURES, PAUSES as usize + 1);
        let apart = apart.unwrap_or_else(|why| panic!("{name}, {reader}: {why}"));
        println!("{name}, {reader}: at the end {:+.2} ms of {apart:+.2?}", apart[apart.len() - 1]);
        cut_where_it_was_paused(&reading, audio.is_lossless(), &format!("{name}, {reader}"));
    }
}

#[track_caller]
fn tells_of_all(report: &RecordingReport, name: &str) {
    let counted = (report.frames, report.samples, report.whole, report.failed.as_deref());
    assert_eq!(counted, (PICTURES, PICTURES * SAMPLES, true, None), "{name}");
    assert_eq!(report.pauses.len() as u64, PAUSES, "{name}");
    for (number, pause) in (1..).zip(&report.pauses) {
        assert_eq!((pause.at_frame, pause.at_sample), (number * PART, number * PART * SAMPLES), "{name}");
        assert!((pause.seconds - 0.4).abs() < 1e-3, "{name}: {pause:?}");
    }
}

/// The ruler jumps by a pause at each pause and nowhere else, in pictures and in sound.
#[track_caller]
fn cut_where_it_was_paused(reading: &Reading, lossless: bool, name: &str) {
    let cut = |part: u64| FrameFault::Lost { at: (part * PART) as usize, count: PAUSE as u32 };
    assert_eq!(reading.frame_faults(), (1..=PAUSES).map(cut).collect::<Vec<_>>(), "{name}");
    if lossless {
        assert_eq!(reading.sound.len() as u64, PICTURES * SAMPLES, "{name}");
        let samples = |pictures: u64| (pictures * SAMPLES) as usize;
        let cut = |part: u64| SoundFault::Lost { at: samples(part * PART), count: samples(PAUSE) };
        let faults = sound_faults(&reading.sound, 0, tone(), FIRST * SAMPLES, u64::from(RATE_HZ));
        assert_eq!(faults, (1..=PAUSES).map(cut).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn twenty_pauses_of_a_caller_who_stops_and_stamps_leave_sound_and_pictures_in_step_in_every_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let kinds: Vec<Kind> = LOSSY.into_iter().chain(LOSSLESS).collect();
    side_by_side(&kinds, |kind| record(kind, folder.path(), stops_and_stamps));
}

#[test]
fn twenty_pauses_of_a_caller_who_goes_on_and_counts_leave_sound_and_pictures_in_step_in_every_container() {
    let folder = tempfile::tempdir().expect("a folder");
    side_by_side(&LOSSY, |kind| record(kind, folder.path(), goes_on_and_counts));
}

/// Pauses that begin and end in the middle of a slot, each at another place of it.
#[test]
fn pauses_that_keep_to_no_picture_leave_sound_and_pictures_in_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("odd.mkv");
    let recorder = recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Flac);
    recorder.start(&file).expect("it starts");
    for part in 0..=PAUSES {
        if part > 0 {
            recorder.pause().expect("it records");
            recorder.resume().expect("it is paused");
        }
        let begin = FIRST + part * (PART + PAUSE);
        // Sound comes a little earlier than the first picture and goes on a little beyond the last one.
        let (early, late) = (part * 79 % SAMPLES, part * 53 % SAMPLES);
        let (mut next, until) = (begin * SAMPLES - early, (begin + PART) * SAMPLES + late);
        for number in begin..begin + PART {
            insist(|| recorder.submit_video(picture(number), Some(picture_at(number))));
            let end = if number + 1 == begin + PART { until } else { (number + 1) * SAMPLES };
            let block = sound(next, end - next);
            insist(|| recorder.submit_audio(&block, Some(sample_at(next))));
            next = end;
        }
    }
    let report = recorder.stop().expect("it records");
    assert_eq!(report.pauses.len() as u64, PAUSES);
    assert_eq!(report.samples, report.frames * SAMPLES);
    assert_eq!(probe(&file).pictures, report.frames);
    for (reader, reading) in readings(&file) {
        assert_eq!(reading.sound.len() as u64, report.samples, "{reader}");
        let apart = judged(&reading, report.frames, PAUSES as usize + 1);
        let apart = apart.unwrap_or_else(|why| panic!("{reader}: {why}"));
        println!("{reader}: at the end {:+.2} ms of {apart:+.2?}", apart[apart.len() - 1]);
        let flashes = reading.frames.iter().filter(|frame| frame.flash).count() as u64;
        assert!(
            flashes > PAUSES
                && reading.frames.iter().all(|f| f.number.is_some_and(|n| !grid().starts_second(n.into()) || f.flash))
        );
    }
}

#[test]
fn a_pause_before_anything_came_and_one_that_is_never_over_are_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("edges.mkv");
    let recorder = recorder(Container::Mkv, VideoCodec::H264, AudioCodec::Opus);
    recorder.start(&file).expect("it starts");
    recorder.pause().expect("it records");
    recorder.resume().expect("it is paused");
    submit(&recorder, FIRST..FIRST + 45, true);
    recorder.pause().expect("it records");
    submit(&recorder, FIRST + 45..FIRST + 60, true);
    let report = recorder.stop().expect("it records");
    assert_eq!((report.frames, report.samples), (45, 45 * SAMPLES));
    assert_right(&file, 45, 2);
}
