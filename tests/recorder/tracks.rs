// SPDX-License-Identifier: MIT
//! Several tracks in one file: each from a source of its own, all in step, paused together and ended together.

use super::reel::{APART_MS_MAX, RATE, SAMPLES, SIZE, grid, insist, picture, picture_at, sample_at, sound};
use crate::support::ruler::{AllTracks, read_all_with_ffmpeg, read_all_with_gstreamer};
use hyperzoom::media::{EncodedPacket, PacketKind, PixelFormat, SampleFormat};
use hyperzoom::studio::{
    AudioBlock, AudioConfig, MediaRecorder, RecordingConfig, RecordingEvent, RecordingReport, SubmitError, TrackConfig,
    VideoConfig,
};
use hyperzoom::sync::ruler::Tone;
use hyperzoom::words::{AudioCodec, Container, Rate};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The guest's sound card runs fast by so much, the room's slow.
const DRIFT_PPM: f64 = 100.0;
/// Stamps err by as much either way.
const JITTER_NS: u64 = 4_000_000;
const ROOM_HZ: u32 = 44_100;
const NAMES: [&str; 3] = ["Guest", "Room", "Desktop"];
/// Blocks of a hundredth of a second.
const BLOCKS_HZ: u64 = 100;

/// What is submitted next, and when it was taken.
struct Source {
    tone: Tone,
    rate_hz: u32,
    channels: u32,
    next: u64,
    noise: u64,
}

impl Source {
    fn new(rate_hz: u32, channels: u32, drift_ppm: f64, begin: Duration) -> Source {
        let tone = Tone::new(rate_hz, drift_ppm);
        let next = (begin.as_secs_f64() * f64::from(rate_hz) * (1.0 + drift_ppm * 1e-6)) as u64;
        Source { tone, rate_hz, channels, next, noise: 7 }
    }

    fn at(&self) -> Duration {
        Duration::from_nanos(self.tone.grid().begin(self.next).0)
    }

    /// The next block, with a stamp that is not quite true.
    fn block(&mut self) -> (AudioBlock, Duration) {
        self.noise = self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let stamp =
            self.at() + Duration::from_nanos((self.noise >> 33) % (2 * JITTER_NS)) - Duration::from_nanos(JITTER_NS);
        let mut one = vec![0; (u64::from(self.rate_hz) / BLOCKS_HZ) as usize];
        self.tone.fill(self.next, &mut one);
        self.next += one.len() as u64;
        let all: Vec<f32> = one.iter().flat_map(|&s| vec![f32::from(s) / 32_768.0; self.channels as usize]).collect();
        (AudioBlock::floats(self.rate_hz, self.channels, &all).expect("good samples"), stamp)
    }
}

/// Two tracks of pictures, three of sound.
fn config(container: Container, codecs: [AudioCodec; 3]) -> RecordingConfig {
    let [main, guest, room] = codecs.map(|codec| AudioConfig::default().codec(codec));
    RecordingConfig::default()
        .container(container)
        .video(VideoConfig::new(SIZE, RATE))
        .audio(main)
        .track(TrackConfig::audio(NAMES[0], guest.channels(1)))
        .track(TrackConfig::audio(NAMES[1], room))
        .track(TrackConfig::video(NAMES[2], VideoConfig::new(SIZE, Rate::whole(15))))
}

fn recorder(container: Container, codecs: [AudioCodec; 3]) -> MediaRecorder {
    let recorder = MediaRecorder::new(config(container, codecs)).unwrap_or_else(|why| panic!("{container}: {why}"));
    recorder.track_sound("room", SampleFormat::F32, ROOM_HZ, 2).expect("it is configured")
}

/// Submits all tracks in the order of time, from one picture to another.
fn submit(recorder: &MediaRecorder, sources: &mut [Source; 2], numbers: std::ops::Range<u64>) {
    for number in numbers {
        insist(|| recorder.submit_video(picture(number), Some(picture_at(number))));
        for first in (number * SAMPLES..(number + 1) * SAMPLES).step_by(800) {
            let block = sound(first, 800);
            insist(|| recorder.submit_audio(&block, Some(sample_at(first))));
        }
        for (track, source) in (1..).zip(sources.iter_mut()) {
            let track = recorder.track(track).expect("it is configured");
            while source.at() < picture_at(number + 1) {
                let (block, stamp) = source.block();
                insist(|| track.submit_audio(&block, Some(stamp)));
            }
        }
        if number.is_multiple_of(2) {
            let desktop = recorder.track("DESKTOP").expect("it is configured");
            insist(|| desktop.submit_video(picture(number), Some(picture_at(number))));
        }
    }
}

fn sources(begin: Duration) -> [Source; 2] {
    [Source::new(48_000, 1, DRIFT_PPM, begin), Source::new(ROOM_HZ, 2, -DRIFT_PPM, begin)]
}

/// What every reader says of a file.
fn all_readings(file: &Path) -> [(&'static str, AllTracks); 2] {
    [("ffmpeg", read_all_with_ffmpeg(file)), ("GStreamer", read_all_with_gstreamer(file))]
}

/// Panics unless every beep is at its flash, whichever tracks they are in.
#[track_caller]
fn assert_in_step(file: &Path, beeps: usize) {
    for (reader, tracks) in all_readings(file) {
        assert_eq!((tracks.pictures.len(), tracks.sounds.len()), (2, 3), "{reader}, {}", file.display());
        for (pair, reading) in tracks.pairs().enumerate() {
            let apart = reading.sound_behind_ms(grid());
            let worst = apart.iter().fold(0.0f64, |worst, ms| worst.max(ms.abs()));
            println!("{reader}, {}, pair {pair}: {} beeps, {worst:.2} ms", file.display(), apart.len());
            assert!(apart.len() >= beeps && worst <= APART_MS_MAX, "{reader}, pair {pair}: {apart:+.2?}");
        }
    }
}

/// Panics unless all tracks of the report are as long as the recording.
#[track_caller]
fn assert_equal_lengths(report: &RecordingReport, pictures: u64) {
    assert_eq!((report.frames, report.whole, report.failed.as_deref()), (pictures, true, None));
    let samples = |rate_hz: u32| (report.seconds * f64::from(rate_hz)).round() as u64;
    let lengths: Vec<_> = report.tracks.iter().map(|track| (track.samples, track.frames)).collect();
    assert_eq!(lengths, [(samples(48_000), 0), (samples(ROOM_HZ), 0), (0, pictures.div_ceil(2))]);
}

fn titles(file: &Path) -> Vec<String> {
    let arguments = ["-v", "error", "-show_streams", "-of", "json"];
    let output = Command::new("ffprobe").args(arguments).arg(file).output().expect("ffprobe is installed");
    let said: Value = serde_json::from_slice(&output.stdout).expect("ffprobe writes JSON");
    said["streams"].as_array().expect("a list").iter().map(|stream| stream["tags"].to_string()).collect()
}

const PICTURES: u64 = 600;
/// Every other picture from here on is taken by the camera that takes fifteen a second.
const FIRST: u64 = 3_016;

const KINDS: [(Container, [AudioCodec; 3]); 4] = [
    (Container::Mp4, [AudioCodec::Aac, AudioCodec::Aac, AudioCodec::Opus]),
    (Container::Mov, [AudioCodec::Aac, AudioCodec::Aac, AudioCodec::Aac]),
    (Container::Mov, [AudioCodec::Pcm, AudioCodec::Aac, AudioCodec::Pcm]),
    (Container::Mkv, [AudioCodec::Opus, AudioCodec::Flac, AudioCodec::Aac]),
];

#[test]
fn two_pictures_and_three_sounds_on_clocks_of_their_own_are_in_step_in_every_pair() {
    let folder = tempfile::tempdir().expect("a folder");
    super::reel::side_by_side(&KINDS, |(container, codecs)| {
        let file = folder.path().join(format!("{}.{}", codecs[0], container.extension()));
        let recorder = recorder(*container, *codecs);
        recorder.start(&file).unwrap_or_else(|why| panic!("{container}: {why}"));
        submit(&recorder, &mut sources(picture_at(FIRST)), FIRST..FIRST + PICTURES);
        let report = recorder.stop().unwrap_or_else(|why| panic!("{container}: {why}"));
        println!("{:?}", report.tracks);
        assert_equal_lengths(&report, PICTURES);
        assert_in_step(&file, 20);
        let titles = titles(&file);
        // The muxer that makes QuickTime of PCM has no place for names.
        let is_named = codecs[0] != AudioCodec::Pcm;
        assert!(
            !is_named || NAMES.iter().all(|name| titles.iter().any(|title| title.contains(name))),
            "{container}: {titles:?}"
        );
        assert!((report.tracks[0].sync.drift_ppm - DRIFT_PPM).abs() < 40.0, "{:?}", report.tracks[0]);
    });
}

/// Twenty pauses, in each of which every source stops.
#[test]
fn twenty_pauses_take_the_same_from_every_track() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pauses.mp4");
    let recorder = recorder(Container::Mp4, [AudioCodec::Aac; 3]);
    recorder.start(&file).expect("it starts");
    for part in 0..=20 {
        if part > 0 {
            recorder.pause().expect("it records");
            recorder.resume().expect("it is paused");
        }
        let begin = 3_022 + part * 30;
        submit(&recorder, &mut sources(picture_at(begin)), begin..begin + 18);
    }
    let report = recorder.stop().expect("it records");
    assert_eq!(report.pauses.len(), 20);
    assert_equal_lengths(&report, 21 * 18);
    assert_in_step(&file, 21);
}

#[test]
fn every_file_of_a_recording_that_rolls_over_holds_all_tracks_in_step() {
    let folder = tempfile::tempdir().expect("a folder");
    for (container, codec) in [(Container::Mkv, AudioCodec::Flac), (Container::Mp4, AudioCodec::Aac)] {
        let mut config = config(container, [codec; 3]);
        config.limits.max_seconds = Some(2.0);
        config.limits = config.limits.roll_over();
        let recorder = MediaRecorder::new(config).expect("it can be had");
        let recorder = recorder.track_sound(2, SampleFormat::F32, ROOM_HZ, 2).expect("it is configured");
        recorder.start(folder.path().join(format!("talk.{}", container.extension()))).expect("it starts");
        submit(&recorder, &mut sources(picture_at(FIRST)), FIRST..FIRST + 150);
        let report = recorder.stop().expect("it records");
        assert_equal_lengths(&report, 150);
        let frames: Vec<u64> = report.files.iter().map(|file| file.frames).collect();
        assert_eq!(frames, [60, 60, 30], "{container}");
        let mut heard = [0; 3];
        for (file, beeps) in report.files.iter().zip([2, 2, 1]) {
            let file = file.file.as_deref().expect("it went into a file");
            assert_in_step(file, beeps);
            let tracks = read_all_with_ffmpeg(file);
            heard.iter_mut().zip(&tracks.sounds).for_each(|(heard, sound)| *heard += sound.len());
        }
        if codec.is_lossless() {
            assert_eq!(heard[..2], [240_000; 2], "nothing is lost or doubled");
            // What is brought to another rate ends within a sample, in each file.
            assert!(heard[2].abs_diff(240_000) <= 3, "{heard:?}");
        }
    }
}

#[test]
fn a_source_that_never_comes_is_silence_and_black_and_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("alone.mp4");
    let recorder = recorder(Container::Mp4, [AudioCodec::Aac; 3]);
    recorder.start(&file).expect("it starts");
    super::reel::submit(&recorder, FIRST..FIRST + 90, true);
    let status = recorder.track("guest").expect("it is configured").status().expect("it records");
    assert!(status.away && status.samples > 0, "{status:?}");
    let report = recorder.stop().expect("it records");
    assert_equal_lengths(&report, 90);
    let gone = report.events.iter().filter(|event| matches!(event, RecordingEvent::TrackGone { .. })).count();
    assert_eq!(gone, 3, "{:?}", report.events);
    let tracks = read_all_with_ffmpeg(&file);
    assert_eq!(tracks.pictures.iter().map(Vec::len).collect::<Vec<_>>(), [90, 45]);
    let loudest = |channel: &[f32]| channel.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    let levels: Vec<f32> = tracks.sounds.iter().map(|sound| loudest(&sound.channels[0])).collect();
    assert!(levels[0] > 0.1 && levels[1..].iter().all(|level| *level < 0.001), "{levels:?}");
}

#[test]
fn without_stamps_all_tracks_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("counted.mkv");
    let mut config = config(Container::Mkv, [AudioCodec::Flac; 3]);
    config.tracks.remove(1);
    let recorder = MediaRecorder::new(config).expect("it can be had");
    recorder.start(&file).expect("it starts");
    let (guest, desktop) = (recorder.track(1).expect("a track"), recorder.track(2).expect("a track"));
    let mut source = Source::new(48_000, 1, 0.0, picture_at(FIRST));
    source.next = FIRST * SAMPLES;
    for number in FIRST..FIRST + 60 {
        insist(|| recorder.submit_video(picture(number), None));
        insist(|| recorder.submit_audio(&sound(number * SAMPLES, SAMPLES), None));
        while source.next < (number + 1) * SAMPLES {
            let (block, _) = source.block();
            insist(|| guest.submit_audio(&block, None));
        }
        if number.is_multiple_of(2) {
            insist(|| desktop.submit_video(picture(number), None));
        }
    }
    let stamped = guest.submit_audio(&source.block().0, Some(Duration::ZERO));
    assert!(matches!(stamped, Err(SubmitError::Feed(_))), "{stamped:?}");
    let report = recorder.stop().expect("it records");
    assert_eq!((report.tracks[0].samples, report.tracks[1].frames), (96_000, 30));
    let tracks = read_all_with_ffmpeg(&file);
    let [main, guest] = &tracks.sounds[..] else { panic!("two tracks of sound") };
    assert!(main.channels[0] == guest.channels[0], "the same source, to the bit");
    for pair in tracks.pairs() {
        assert!(pair.sound_behind_ms(grid()).iter().all(|ms| ms.abs() < 1.0));
    }
}

#[test]
fn packets_say_of_which_track_they_are() {
    let recorder = recorder(Container::Mkv, [AudioCodec::Opus; 3]);
    let (give, packets) = std::sync::mpsc::channel();
    let output =
        move |packet: &EncodedPacket<'_>| give.send((packet.track, packet.kind)).map_err(std::io::Error::other);
    recorder.start_packets(output).expect("it starts");
    submit(&recorder, &mut sources(picture_at(FIRST)), FIRST..FIRST + 30);
    assert!(recorder.stop().expect("it records").whole);
    let packets: Vec<_> = packets.iter().collect();
    let of = |track, kind| packets.iter().filter(|packet| **packet == (track, kind)).count();
    assert_eq!([of(0, PacketKind::Picture), of(3, PacketKind::Picture)], [30, 15]);
    assert!((0..3).all(|track| of(track, PacketKind::Sound) >= 50));
}

#[test]
fn what_cannot_be_is_refused_by_name_before_anything_begins() {
    let field = |config: RecordingConfig| {
        let why = config.validate().expect_err("it can't be had");
        println!("{why}");
        why.field().expect("a field").to_owned()
    };
    let base = || RecordingConfig::default().video(VideoConfig::new(SIZE, RATE));
    let voice = |name: &str| TrackConfig::audio(name, AudioConfig::default());
    assert_eq!(field(base().track(voice("Guest")).track(voice("guest "))), "track[2].name");
    assert_eq!(field(base().track(voice(""))), "track[1].name");
    assert_eq!(field(base().track(TrackConfig::audio("a", AudioConfig::default().channels(9)))), "track[1].channels");
    let odd = VideoConfig::default().size(641, 480);
    assert_eq!(field(base().track(TrackConfig::video("Desktop", odd))), "track[1].size");
    let avi = base().container(Container::Avi);
    assert_eq!(field(avi.track(TrackConfig::video("Desktop", VideoConfig::default()))), "track[1].kind");
    assert_eq!(field((0..17).fold(base(), |config, n| config.track(voice(&n.to_string())))), "track");
    let loud = base().track(voice("Guest")).loudness(hyperzoom::studio::Loudness::podcast(2));
    assert_eq!(field(loud), "loudness");
    for (text, field) in [
        ("[[track]]\nname = \"a\"", "track[1].kind"),
        ("[[track]]\nname = \"a\"\nkind = \"smell\"", "track[1].kind"),
        ("[[track]]\nkind = \"audio\"", "track[1].name"),
        ("[[track]]\nname = \"a\"\nkind = \"audio\"\nchanels = 1", "track[1].chanels"),
        ("[[track]]\nname = \"a\"\nkind = \"video\"\nsize = \"big\"", "track[1].size"),
        ("track = 5", "track"),
    ] {
        let why = RecordingConfig::from_toml(text).expect_err("it is wrong");
        assert_eq!(why.field(), Some(field), "{why}");
    }
    let recorder = MediaRecorder::new(base().track(voice("Guest"))).expect("it can be had");
    let why = recorder.track("Ghost").expect_err("no such track").to_string();
    assert!(why.contains("'Ghost'") && why.contains("1 ('Guest')"), "{why}");
    assert!(recorder.track(0).is_err() && recorder.track(2).is_err());
    let guest = recorder.track(1).expect("it is configured");
    assert!(matches!(guest.submit_audio(&sound(0, 800), None), Err(SubmitError::NotRunning)));
    assert!(recorder.track_pictures("guest", PixelFormat::Rgb, SIZE).is_err(), "it holds sound");
}

#[test]
fn further_devices_are_recorded_by_command() {
    let home = tempfile::tempdir().expect("a folder");
    let talk = home.path().join("talk.mp4");
    let mut program = crate::support::program::command();
    program.args(["record", "--camera", "test:320x180@30", "--mic", "test", "--json", "--for", "3"]);
    program.args(["--set", "video.size=320x180", "--add-mic", "test=Guest", "--add-camera", "test:320x180@30=Desktop"]);
    let done = program.arg("--out").arg(&talk).output().expect("our program starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).expect("text");
    let last: Value = serde_json::from_str(told.lines().last().expect("a line")).expect("JSON");
    assert_eq!(
        (&last["tracks"][0]["name"], &last["tracks"][1]["name"]),
        (&"Guest".into(), &"Desktop".into()),
        "{last}"
    );
    let tracks = read_all_with_ffmpeg(&talk);
    assert_eq!((tracks.pictures.len(), tracks.sounds.len()), (2, 2));
    assert_eq!(tracks.pictures[0].len(), tracks.pictures[1].len());
    for (pair, reading) in tracks.pairs().enumerate() {
        // A camera of its own may be half a slot beside the first.
        let apart = reading.sound_behind_ms(grid());
        assert!(apart.len() >= 2 && apart.iter().all(|ms| ms.abs() < 22.0), "pair {pair}: {apart:+.2?}");
    }
}

/// Where the child records to; without it there is no child.
const FILE: &str = "HYPERZOOM_TEST_RECORD_TRACKS";
const CHILD: &str = "recorder::tracks::it_records_many_tracks_until_it_is_killed";

/// The child: records in real time, tells how far it is, and is never ended.
#[test]
fn it_records_many_tracks_until_it_is_killed() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let recorder = recorder(Container::Mp4, [AudioCodec::Aac, AudioCodec::Aac, AudioCodec::Opus]);
    recorder.start(file).expect("it starts");
    let (begun, mut sources) = (Instant::now(), sources(picture_at(FIRST)));
    for number in (FIRST..FIRST + 600).step_by(2) {
        let due = Duration::from_secs_f64((number - FIRST) as f64 / 30.0);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        submit(&recorder, &mut sources, number..number + 2);
        println!("\nrecorded {}", (number + 2 - FIRST) as f64 / 30.0);
    }
}

#[test]
fn many_tracks_survive_a_kill_and_are_recovered_in_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("killed.mp4");
    let mut command = Command::new(std::env::current_exe().expect("this program has a name"));
    command.args(["--exact", CHILD, "--nocapture"]).env(FILE, &file).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it was piped")).lines().map_while(Result::ok);
    let mut told = lines.filter_map(|line| line.strip_prefix("recorded ")?.parse::<f64>().ok());
    let recorded_s = told.find(|seconds| *seconds >= 5.3).expect("it records for long enough");
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    let ran = crate::support::program::run(&[&"recover", &file]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let pictures = read_all_with_ffmpeg(&file).pictures[0].len() as f64 / 30.0;
    println!("{pictures:.2} s of {recorded_s:.2} s are left");
    assert!(pictures >= recorded_s - 2.5);
    assert_in_step(&file, 2);
    assert!(titles(&file).iter().any(|title| title.contains(NAMES[2])));
}
