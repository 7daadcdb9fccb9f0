// SPDX-License-Identifier: MIT
//! A recorder for programs ends or goes on in the next file exactly where its limits say, gives way when it has to, and
//! outlives its encoder.

mod feeder;
mod takeover;

use crate::disk::small::SmallDisk;
use crate::support::ruler::{Reading, read_with_ffmpeg};
use feeder::{Feeder, SIZE, config, probe_frames};
use hyperzoom::media::EncoderTable;
use hyperzoom::studio::{
    Adaptive, FileReport, MemoryOutput, RecordError, RecordingConfig, RecordingEvent, RecordingReport, SubmitError,
    WhenReached,
};
use hyperzoom::sync::ruler::Tone;
use hyperzoom::words::Container;

/// Reads all files, which must be what the report says of each.
fn readings(report: &RecordingReport) -> Vec<Reading> {
    let read = |file: &FileReport| read_with_ffmpeg(file.file.as_ref().expect("it went into a file"));
    report.files.iter().map(read).collect()
}

/// Pictures are numbered through all files, and each file begins with a key frame.
fn pictures_go_on(report: &RecordingReport, readings: &[Reading]) {
    let mut next = 0;
    for (file, reading) in report.files.iter().zip(readings) {
        let path = file.file.as_ref().expect("it went into a file");
        assert_eq!(file.first_frame, next, "{report:#?}");
        let numbers: Vec<u64> = reading.frames.iter().filter_map(|f| f.number.map(u64::from)).collect();
        let expected: Vec<u64> = (next..next + file.frames).collect();
        assert_eq!(numbers, expected, "{}", path.display());
        assert!(probe_frames(path).first().is_some_and(|first| *first), "{} begins with a key frame", path.display());
        next += file.frames;
    }
    assert_eq!(next, report.frames);
}

/// Lossless sound goes on through all files, to the sample.
fn sound_goes_on(report: &RecordingReport, readings: &[Reading]) {
    let mut next = 0;
    for (file, reading) in report.files.iter().zip(readings) {
        assert_eq!(file.first_sample, next, "{report:#?}");
        let heard = &reading.sound.channels[0];
        assert_eq!(heard.len() as u64, file.samples, "{:?}", file.file);
        let mut expected = vec![0; heard.len()];
        Tone::new(48_000, 0.0).fill(next, &mut expected);
        let same = heard.iter().zip(&expected).all(|(heard, played)| (heard * 32_768.0).round() as i16 == *played);
        assert!(same, "{:?} holds other samples", file.file);
        next += file.samples;
    }
    assert_eq!(next, report.samples);
}

fn names(report: &RecordingReport) -> Vec<String> {
    let name = |file: &FileReport| Some(file.file.as_ref()?.file_name()?.to_string_lossy().into_owned());
    report.files.iter().filter_map(name).collect()
}

fn limited(what: &str, error: SubmitError) -> bool {
    matches!(error, SubmitError::LimitReached { what: reached } if reached == what)
}

#[test]
fn a_recording_ends_at_its_last_picture_and_sample_in_every_container() {
    for container in Container::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(container);
        config.limits.max_seconds = Some(1.5);
        let mut feeder = Feeder::start(&config, folder.path(), None);
        let refused = (0..100).find_map(|_| feeder.slot().err()).expect("it does not go on for ever");
        assert!(limited("limits.max_seconds", refused));
        assert_eq!(feeder.recorder.status().and_then(|status| status.limit), Some("limits.max_seconds"));
        let report = feeder.stop();
        assert_eq!((report.frames, report.samples, report.seconds), (45, 72_000, 1.5), "{container}");
        assert_eq!((report.limit, report.whole), (Some("limits.max_seconds"), true));
        let readings = readings(&report);
        pictures_go_on(&report, &readings);
        if container == Container::Mkv {
            sound_goes_on(&report, &readings);
        }
    }
}

#[test]
fn what_carries_its_time_ends_and_goes_on_at_the_same_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(Container::Mkv);
    config.limits.max_seconds = Some(1.5);
    let mut feeder = Feeder::start(&config, folder.path(), None);
    feeder.stamped = true;
    let refused = (0..200).find_map(|_| feeder.slot().err()).expect("it does not go on for ever");
    assert!(limited("limits.max_seconds", refused));
    let report = feeder.stop();
    assert_eq!((report.frames, report.samples), (45, 72_000), "{report:#?}");
    let readings_of_one = readings(&report);
    pictures_go_on(&report, &readings_of_one);
    sound_goes_on(&report, &readings_of_one);
    config.limits.when_reached = WhenReached::RollOver;
    let folder = tempfile::tempdir().expect("a folder");
    let mut feeder = Feeder::start(&config, folder.path(), None);
    feeder.stamped = true;
    (0..100).for_each(|_| feeder.slot().expect("it goes on"));
    let report = feeder.stop();
    assert_eq!((report.frames, report.samples, report.files.len()), (100, 160_000, 3), "{report:#?}");
    let readings = readings(&report);
    pictures_go_on(&report, &readings);
    sound_goes_on(&report, &readings);
}

#[test]
fn an_output_of_ones_own_ends_at_its_limit_too() {
    let mut config = config(Container::Mkv);
    config.limits.max_seconds = Some(1.0);
    let output = MemoryOutput::new();
    let recorder = feeder::recorder(&config, None);
    recorder.start_into(output.clone()).unwrap_or_else(|e| panic!("{e}"));
    let mut feeder = Feeder::to(recorder);
    assert!((0..60).any(|_| feeder.slot().is_err()), "it does not go on for ever");
    let report = feeder.stop();
    assert_eq!((report.frames, report.samples, report.limit), (30, 48_000, Some("limits.max_seconds")));
    assert_eq!((report.files.len(), report.bytes), (1, output.bytes().len() as u64));
    assert!(output.is_synced());
}

#[test]
fn a_block_of_sound_that_crosses_the_limit_is_clipped_to_the_sample() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(Container::Mkv).pictures_off();
    config.limits.max_seconds = Some(1.25);
    let mut feeder = Feeder::start(&config, folder.path(), None);
    feeder.sound(77_777).expect("some of it is within");
    assert!(limited("limits.max_seconds", feeder.sound(10).expect_err("nothing more")));
    let report = feeder.stop();
    assert_eq!((report.samples, report.seconds), (60_000, 1.25));
    sound_goes_on(&report, &readings(&report));
}

#[test]
fn no_file_becomes_larger_than_it_may() {
    const MOST: u64 = 1_000_000;
    for container in Container::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(container);
        config.limits.max_bytes = Some(MOST);
        let mut feeder = Feeder::start(&config, folder.path(), None);
        let refused = (0..3_000).find_map(|_| feeder.slot().err()).expect("a megabyte is soon full");
        assert!(limited("limits.max_bytes", refused));
        let report = feeder.stop();
        println!("{container}: {} of {MOST} bytes, {} pictures", report.bytes, report.frames);
        assert!(report.bytes <= MOST + MOST / 10, "{container}: {} bytes", report.bytes);
        assert!(report.bytes >= MOST / 2, "{container}: {} bytes", report.bytes);
        assert_eq!(std::fs::metadata(report.file.as_ref().expect("a file")).expect("there").len(), report.bytes);
        pictures_go_on(&report, &readings(&report));
    }
}

#[test]
fn five_files_hold_every_picture_and_every_sample_once() {
    for container in [Container::Mkv, Container::Mp4] {
        let folder = tempfile::tempdir().expect("a folder");
        let taken = folder.path().join(format!("talk-3.{}", container.extension()));
        std::fs::write(&taken, b"somebody's own").expect("written");
        let mut config = config(container);
        config.limits.max_seconds = Some(1.0);
        config.limits.when_reached = WhenReached::RollOver;
        let mut feeder = Feeder::start(&config, folder.path(), None);
        (0..130).for_each(|_| feeder.slot().expect("it goes on"));
        let report = feeder.stop();
        assert_eq!((report.frames, report.samples, report.whole), (130, 130 * 1600, true), "{report:#?}");
        let expected =
            ["talk", "talk-2", "talk-4", "talk-5", "talk-6"].map(|n| format!("{n}.{}", container.extension()));
        assert_eq!(names(&report), expected);
        assert_eq!(std::fs::read(&taken).expect("there"), b"somebody's own");
        let readings = readings(&report);
        pictures_go_on(&report, &readings);
        sound_goes_on(&report, &readings);
        let begun = report.events.iter().filter(|e| matches!(e, RecordingEvent::NextFile { .. })).count();
        assert_eq!(begun, 4, "{:#?}", report.events);
    }
}

#[test]
fn sound_that_runs_ahead_of_its_pictures_is_cut_where_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(Container::Mkv);
    config.limits.max_seconds = Some(1.0);
    config.limits.when_reached = WhenReached::RollOver;
    let mut feeder = Feeder::start(&config, folder.path(), None);
    // Two seconds and a half of sound, and only then their pictures.
    for _ in 0..2 {
        feeder.sound(120_000).expect("it goes on");
        (0..75).for_each(|_| feeder.picture().expect("it goes on"));
    }
    let report = feeder.stop();
    assert_eq!((report.frames, report.samples, report.files.len()), (150, 240_000, 5), "{report:#?}");
    let readings = readings(&report);
    pictures_go_on(&report, &readings);
    sound_goes_on(&report, &readings);
}

#[test]
fn sound_alone_goes_on_in_the_next_file_at_the_very_sample() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(Container::Mkv).pictures_off();
    config.limits.max_seconds = Some(1.5);
    config.limits.when_reached = WhenReached::RollOver;
    let mut feeder = Feeder::start(&config, folder.path(), None);
    (0..40).for_each(|_| feeder.sound(4_801).expect("it goes on"));
    let report = feeder.stop();
    assert_eq!((report.samples, names(&report).len()), (192_040, 3), "{report:#?}");
    sound_goes_on(&report, &readings(&report));
}

#[test]
fn files_of_limited_size_follow_each_other_too() {
    const MOST: u64 = 1_000_000;
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(Container::Mkv);
    config.limits.max_bytes = Some(MOST);
    config.limits.when_reached = WhenReached::RollOver;
    let mut feeder = Feeder::start(&config, folder.path(), None);
    let mut slots = 0;
    while feeder.recorder.status().is_some_and(|status| status.bytes < 2 * MOST) && slots < 3_000 {
        feeder.slot().expect("it goes on");
        slots += 1;
    }
    let report = feeder.stop();
    assert!(report.files.len() >= 2 && report.whole, "{report:#?}");
    assert!(report.files.iter().all(|file| file.bytes <= MOST + MOST / 10), "{report:#?}");
    assert_eq!((report.frames, report.samples), (slots, slots * 1600));
    let readings = readings(&report);
    pictures_go_on(&report, &readings);
    sound_goes_on(&report, &readings);
}

#[test]
fn a_disk_is_left_what_it_has_to_keep() {
    let Some(disk) = SmallDisk::of(48) else { return };
    let mut config = config(Container::Mkv);
    config.limits.min_free_bytes = 20_000_000;
    let mut feeder = Feeder::start(&config, disk.path(), None);
    (0..30).for_each(|_| feeder.slot().expect("there is room"));
    disk.fill(10_000_000);
    let refused = (0..600).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        feeder.slot().err()
    });
    assert!(limited("limits.min_free_bytes", refused.expect("it ends")));
    let report = feeder.stop();
    assert_eq!((report.limit, report.whole), (Some("limits.min_free_bytes"), true), "{report:#?}");
    pictures_go_on(&report, &readings(&report));
    config.limits.min_free_bytes = 40_000_000;
    let recorder = feeder::recorder(&config, None);
    let refused = recorder.start(disk.path().join("another.mkv")).expect_err("there is no room");
    assert!(matches!(refused, RecordError::NoSpace { least_bytes: 40_000_000, .. }), "{refused}");
}

#[test]
fn an_output_of_ones_own_has_no_next_file() {
    let mut config = config(Container::Mkv);
    config.limits.max_seconds = Some(1.0);
    config.limits.when_reached = WhenReached::RollOver;
    let refused = feeder::recorder(&config, None).start_into(MemoryOutput::new()).expect_err("nowhere to go on");
    assert!(matches!(refused, RecordError::NoNextOutput), "{refused}");
}

#[test]
fn a_machine_that_cannot_keep_up_records_less_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    // As slow as a machine that manages twenty pictures a second.
    let row = "[[h264]]\nelement = \"identity\"\nrecording = \"identity sleep-time=50000 ! x264enc name=video_encoder \
         speed-preset=ultrafast {quality} key-int-max={keys} bframes=0 option-string=scenecut=0 ! h264parse\"\n\
         [h264.quality]\nfast = \"\"\nbalanced = \"\"\nhigh = \"\"\nultra = \"\"\n";
    let mut table = EncoderTable::load().expect("ours is sound");
    table.put_in_front(row).expect("it is sound, too");
    let mut config = config(Container::Mkv);
    config.adaptive = vec![Adaptive::Rate, Adaptive::Size];
    let mut feeder = Feeder::start(&config, folder.path(), Some(table));
    for _ in 0..200 {
        std::thread::sleep(std::time::Duration::from_millis(17));
        feeder.slot().expect("nothing is refused");
    }
    let report = feeder.stop();
    let down = report.events.iter().filter_map(|event| match event {
        RecordingEvent::SteppedDown { what, .. } => Some(*what),
        _ => None,
    });
    assert_eq!(down.collect::<Vec<_>>(), ["rate", "size"], "{:#?}", report.events);
    assert_eq!((report.frames, report.whole, report.files.len()), (200, true, 2), "{report:#?}");
    let readings = readings(&report);
    assert_eq!(readings.iter().map(|reading| reading.frames.len()).sum::<usize>(), 200);
    sound_goes_on(&report, &readings);
    let sizes = report.files.iter().map(|file| feeder::probe_size(file.file.as_deref().expect("a file")));
    assert_eq!(sizes.collect::<Vec<_>>(), [SIZE, hyperzoom::words::Size { width: 160, height: 90 }]);
    let repeats = readings[0].frame_faults().len();
    assert!(repeats > 20, "every other picture is the one before: {repeats}");
}

trait PicturesOff {
    fn pictures_off(self) -> RecordingConfig;
}

impl PicturesOff for RecordingConfig {
    fn pictures_off(mut self) -> RecordingConfig {
        self.video = None;
        self
    }
}
