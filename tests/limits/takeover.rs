// SPDX-License-Identifier: MIT
//! The encoder of the pictures breaks, and the next one goes on: in the same file, where that can hold what two encoders
//! make, else in the next one.

use super::feeder::{Feeder, config};
use super::{pictures_go_on, readings, sound_goes_on};
use crate::recorder::reel::grid;
use crate::support::machine::calm;
use crate::support::ruler::{read_with_ffmpeg, read_with_gstreamer};
use hyperzoom::disk::repair;
use hyperzoom::media::EncoderTable;
use hyperzoom::studio::{RecordingConfig, RecordingEvent, RecordingReport};
use hyperzoom::words::{AudioCodec, Container};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the child records to; without it there is no child.
const FILE: &str = "HYPERZOOM_TEST_TAKEOVER";
/// The name that the child is started by.
const CHILD: &str = "limits::takeover::it_goes_on_until_it_is_killed";
const KILLED_AFTER: u64 = 160;
/// A fragment that is not written yet, and what the encoders still have.
const MISSING_MAX: u64 = 75;
/// Beeps in lossy sound are found as exactly as that.
const TOGETHER_MS: f64 = 5.0;

/// Rows of encoders that break after so many pictures, one after the other.
fn breaking(elements: &[(&str, u32)]) -> EncoderTable {
    let mut table = EncoderTable::load().expect("ours is sound");
    let row = |(element, after): &(&str, u32)| {
        format!(
            "[[h264]]\nelement = \"{element}\"\nrecording = \"{element} ! identity error-after={after} ! x264enc \
             name=video_encoder speed-preset=ultrafast {{quality}} key-int-max={{keys}} bframes=0 \
             option-string=scenecut=0 {{latency}} ! h264parse\"\n[h264.quality]\nfast = \"\"\nbalanced = \"\"\n\
             high = \"\"\nultra = \"\"\n[h264.latency]\nlow = \"\"\nusual = \"\"\n"
        )
    };
    table.put_in_front(&elements.iter().map(row).collect::<String>()).expect("it is sound, too");
    table
}

fn with_sound(container: Container, codec: AudioCodec) -> RecordingConfig {
    let mut config = config(container);
    config.audio.as_mut().expect("there is sound").codec = Some(codec);
    config
}

/// Records a hundred pictures, faster than real time.
fn recorded(config: &RecordingConfig, folder: &Path, table: EncoderTable) -> RecordingReport {
    let mut feeder = Feeder::start(config, folder, Some(table));
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(5));
        feeder.slot().expect("it goes on");
    }
    feeder.stop()
}

/// From whom to whom, and which picture was the first of the other one.
fn falls(report: &RecordingReport) -> Vec<(&str, &str, u64)> {
    let fell = report.events.iter().filter_map(|event| match event {
        RecordingEvent::FellOver { from, to, at_frame, .. } => Some((from.as_str(), to.as_str(), *at_frame)),
        _ => None,
    });
    fell.collect()
}

fn sample_entries(file: &Path) -> Vec<usize> {
    let report = repair::inspect(file).expect("it can be read");
    let tracks = report.tracks.iter().filter(|track| ["video", "audio"].contains(&track.kind.as_str()));
    tracks.map(|track| track.sample_entries.len()).collect()
}

/// One file has everything, for both readers.
fn went_on_in_one_file(report: &RecordingReport) {
    assert_eq!(
        (report.frames, report.samples, report.whole, report.files.len()),
        (100, 160_000, true, 1),
        "{report:#?}"
    );
    let file = report.files[0].file.as_deref().expect("a file");
    pictures_go_on(report, &readings(report));
    for reading in [read_with_ffmpeg(file), read_with_gstreamer(file)] {
        let numbers: Vec<u64> = reading.frames.iter().filter_map(|f| f.number.map(u64::from)).collect();
        assert!(numbers.iter().copied().eq(0..100), "{}: {numbers:?}", file.display());
        let apart = reading.sound_behind_ms(grid());
        assert!(apart.len() >= 3 && apart.iter().all(|ms| ms.abs() < TOGETHER_MS), "{}: {apart:?}", file.display());
        let samples = reading.sound.len() as u64;
        assert!(samples.abs_diff(160_000) <= 1024, "{}: {samples}", file.display());
        assert!(reading.sound.breaks.is_empty(), "{}: {:?}", file.display(), reading.sound.breaks);
    }
}

#[test]
fn mp4_and_mov_go_on_in_the_same_file_with_pictures_and_sound_in_step() {
    let _calm = calm();
    let kinds = [
        (Container::Mp4, AudioCodec::Aac),
        (Container::Mov, AudioCodec::Aac),
        (Container::Mp4, AudioCodec::Opus),
        (Container::Mp4, AudioCodec::Flac),
    ];
    for (container, codec) in kinds {
        let folder = tempfile::tempdir().expect("a folder");
        let report = recorded(&with_sound(container, codec), folder.path(), breaking(&[("identity", 40)]));
        println!("{container} with {codec}");
        went_on_in_one_file(&report);
        let file = &report.files[0];
        assert_eq!((file.video_encoder.as_str(), &file.went_on_with[..]), ("identity", &["x264enc".to_owned()][..]));
        assert_eq!(sample_entries(file.file.as_deref().expect("a file")), [2, 1], "{container} with {codec}");
        assert_eq!(falls(&report).len(), 1, "{report:#?}");
        if codec == AudioCodec::Flac {
            sound_goes_on(&report, &readings(&report));
        }
    }
}

#[test]
fn what_goes_on_may_break_again_and_when_everything_has_been_submitted() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = breaking(&[("identity", 30), ("valve", 30)]);
    let report = recorded(&config(Container::Mp4), folder.path(), table);
    went_on_in_one_file(&report);
    sound_goes_on(&report, &readings(&report));
    assert_eq!(report.files[0].went_on_with, ["valve", "x264enc"], "{report:#?}");
    assert_eq!(
        falls(&report).iter().map(|(from, to, _)| (*from, *to)).collect::<Vec<_>>(),
        [("identity", "valve"), ("valve", "x264enc")]
    );
    let folder = tempfile::tempdir().expect("a folder");
    let mut feeder = Feeder::start(&config(Container::Mp4), folder.path(), Some(breaking(&[("identity", 90)])));
    (0..100).for_each(|_| feeder.slot().expect("it goes on"));
    let report = feeder.stop();
    went_on_in_one_file(&report);
    sound_goes_on(&report, &readings(&report));
}

#[test]
fn an_encoder_that_makes_nothing_at_all_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = recorded(&config(Container::Mp4), folder.path(), breaking(&[("identity", 1)]));
    went_on_in_one_file(&report);
    sound_goes_on(&report, &readings(&report));
}

#[test]
fn where_a_track_has_one_description_the_next_file_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = recorded(&config(Container::Mkv), folder.path(), breaking(&[("identity", 40)]));
    assert_eq!(
        (report.frames, report.samples, report.whole, report.files.len()),
        (100, 160_000, true, 2),
        "{report:#?}"
    );
    assert_eq!(falls(&report), [("identity", "x264enc", report.files[1].first_frame)]);
    pictures_go_on(&report, &readings(&report));
}

/// The child: its encoder breaks, it goes on in real time, and is never ended.
#[test]
fn it_goes_on_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FILE) else { return };
    let config = with_sound(Container::Mp4, AudioCodec::Aac);
    let mut feeder = Feeder::start(&config, Path::new(&folder), Some(breaking(&[("identity", 40)])));
    let begun = Instant::now();
    for number in 0..600 {
        let due = Duration::from_secs_f64(f64::from(number) / 30.0);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        feeder.slot().expect("it goes on");
        println!("\nrecorded {}", number + 1);
    }
}

#[test]
fn what_was_recorded_before_a_kill_recovers_from_both_sides_of_the_seam() {
    let (folder, _calm) = (tempfile::tempdir().expect("a folder"), calm());
    let mut command = Command::new(std::env::current_exe().expect("this program has a name"));
    command.args(["--exact", CHILD, "--nocapture"]).env(FILE, folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it was piped")).lines().map_while(Result::ok);
    let mut told = lines.filter_map(|line| line.strip_prefix("recorded ")?.parse::<u64>().ok());
    let pictures = told.find(|pictures| *pictures >= KILLED_AFTER);
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    let pictures = pictures.expect("it recorded for long enough");
    let file = folder.path().join("talk.mp4");
    repair::recover(&file).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(sample_entries(&file), [2, 1]);
    for reading in [read_with_ffmpeg(&file), read_with_gstreamer(&file)] {
        reading.assert_consecutive();
        println!("{} pictures of {pictures} are left", reading.frames.len());
        assert!(reading.frames.len() as u64 + MISSING_MAX >= pictures, "{}", reading.frames.len());
        let apart = reading.sound_behind_ms(grid());
        assert!(apart.len() >= 2 && apart.iter().all(|ms| ms.abs() < TOGETHER_MS), "{apart:?}");
    }
}
