// SPDX-License-Identifier: MIT
//! What the recorder for everything else costs: processor time beside a bare gst-launch line, memory, the time from
//! a submission to its packet, and the size of an hour.

mod talking_head;

use super::call::table::{Bar, median, row};
use super::cost::{PICTURES, Running, SOUND, cheap_devices, measured};
use crate::support::program::{Program, command, wait_until};
use hyperzoom::media::{EncodedPacket, PacketKind, PixelFormat};
use hyperzoom::studio::{AudioBlock, MediaRecorder, RecordingConfig, SubmitError, VideoFrame};
use hyperzoom::sync::ruler::{Format, Painter, Plane};
use hyperzoom::words::Size;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use talking_head::TalkingHead;

const RATIO_MAX: f64 = 1.05;
const MEMORY_MB_MAX: f64 = 500.0;
/// Seconds that are measured, after some in which everything settles.
const MEASURED: u64 = 20;
const SETTLING: u64 = 3;
const TURNS: usize = 3;

/// Processor seconds of a process while it is measured.
fn used(id: u32) -> f64 {
    std::thread::sleep(Duration::from_secs(SETTLING));
    measured(id, MEASURED).values().sum()
}

fn record(devices: &Path, camera: &str, out: &Path, options: &[&str]) -> Program {
    let mut record = command();
    record.args(["record", "--camera", camera, "--mic", "test", "--json", "--out"]).arg(out).args(options);
    record.env("HYPERZOOM_PIPELINES", devices).stdin(Stdio::piped());
    let mut program = Program::start(record);
    program.await_event("recording-started");
    program
}

/// What a dry run says between these two.
fn part_of<'a>(graph: &'a str, from: &str, until: &str) -> &'a str {
    let rest = graph.split_once(from).expect("it is in the graph").1;
    rest.split_once(until).expect("it is behind it").0.trim()
}

#[test]
#[ignore = "long: run by make bench"]
fn any_other_recording_costs_hardly_more_than_encoding() {
    let devices = cheap_devices();
    let home = tempfile::tempdir().expect("a folder");
    for (container, video, audio) in [("mkv", "h264", "opus"), ("webm", "vp8", "opus"), ("mp4", "h264", "aac")] {
        let options = ["--preset", "720p", "--video-codec", video, "--audio-codec", audio, "--set", "audio.channels=1"];
        let dry = command().args(["record", "--dry-run", "--format", container]).args(options).output();
        let graph = String::from_utf8(dry.expect("our program starts").stdout).expect("text");
        let pictures = graph.split_once("name=pictures").expect("they have a source").1;
        let encoder = part_of(pictures, "pixel-aspect-ratio=1/1 !", "! mux.");
        let sound = part_of(&graph, "! audioconvert", "! mux.");
        let sound = sound.rsplit_once("capsfilter").expect("its shape").1.split_once(" ! ").expect("its encoder").1;
        // Few systems have the muxer that the program brings with it.
        let mux = match container {
            "mp4" => "mp4mux name=mux fragment-duration=1000",
            "webm" => "webmmux name=mux",
            _ => "matroskamux name=mux",
        };
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for turn in 0..TURNS {
            let out = home.path().join(format!("{turn}.{container}"));
            let program = record(devices.path(), "test:1280x720", &out, &options);
            ours.push(used(program.id()));
            program.signal(libc::SIGINT);
            let ended = program.end();
            assert_eq!(ended.code, Some(0), "{}", ended.errors);
            let out = home.path().join(format!("bare-{turn}.{container}"));
            let line = format!(
                "{PICTURES} ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! queue ! {encoder} ! \
                 mux.video_0 {SOUND} ! audio/x-raw,format=F32LE,rate=48000,channels=1 ! queue ! audioconvert ! \
                 {sound} ! mux.audio_0 {mux} ! filesink location={}",
                out.display()
            );
            let mut launch = Command::new("gst-launch-1.0");
            launch.arg("-q").args(line.split_whitespace()).stdin(Stdio::null()).stdout(Stdio::null());
            let running = Running(launch.spawn().expect("GStreamer's tools are installed"));
            wait_until("the bare line's file", || std::fs::metadata(&out).is_ok_and(|m| m.len() > 50_000));
            bare.push(used(running.0.id()));
        }
        println!("  {container}: ours {ours:.2?}, bare {bare:.2?} s of processor time in {MEASURED} s");
        let ratio = ours.iter().sum::<f64>() / bare.iter().sum::<f64>();
        let words = format!("{ratio:.3} times: {:.2} and {:.2} s", median(ours), median(bare));
        let how = format!("720p30 {video}, {audio}, {TURNS} times {MEASURED} s by turns");
        row(&format!("recorder beside gst-launch, {container}"), Bar::AtMost(RATIO_MAX), (ratio, ""), &words, &how);
    }
}

fn resident_mb(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0 / 1e6
}

#[test]
#[ignore = "long: run by make bench"]
fn memory_stays_flat_at_sixty_pictures_a_second_and_in_4k() {
    let devices = cheap_devices();
    let home = tempfile::tempdir().expect("a folder");
    for (name, camera, rate, bar) in [
        ("1080p60", "test:1920x1080", "video.frame_rate=60", Bar::AtMost(MEMORY_MB_MAX)),
        ("4k", "test:3840x2160", "video.frame_rate=30", Bar::None),
    ] {
        // The test camera has 30: at 60 every picture is encoded twice.
        let options = ["--preset", name, "--set", rate];
        let program = record(devices.path(), camera, &home.path().join(format!("{name}.mp4")), &options);
        let resident: Vec<f64> = (0..30)
            .map(|_| {
                std::thread::sleep(Duration::from_secs(1));
                resident_mb(program.id())
            })
            .collect();
        program.signal(libc::SIGINT);
        let ended = program.end();
        let peak = resident.iter().copied().fold(0.0, f64::max);
        let words = format!(
            "{peak:.0} MB at most; {:.0} after 5 s, {:.0} after 15, {:.0} after 30",
            resident[4], resident[14], resident[29]
        );
        row(
            &format!("memory, {name}"),
            bar,
            (peak, "MB"),
            &words,
            "test camera of 30 a second, half a minute, software encoder",
        );
        println!("  {}", ended.finished());
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn from_a_submission_to_its_packet() {
    const SIZE: Size = Size { width: 1280, height: 720 };
    const SLOT: Duration = Duration::from_millis(5);
    const SECONDS: u64 = 10;
    let (luma, wide) = (SIZE.pixels() as usize, SIZE.width as usize);
    let planes = [(0, wide), (luma, wide / 2), (luma + luma / 4, wide / 2)];
    let planes = planes.map(|(offset, stride)| Plane { offset, stride });
    let painter = Painter::new(SIZE);
    let film = (0..SECONDS * 30).map(|number| {
        let mut bytes = vec![0; luma * 3 / 2];
        painter.paint(number, number % 30 == 0, Format::I420, &planes, &mut bytes);
        VideoFrame::new(PixelFormat::I420, SIZE, bytes).expect("a whole picture")
    });
    let film: Vec<VideoFrame> = film.collect();
    let noise: Vec<f32> = (0..480u32).map(|n| ((n * 7919 % 1000) as f32 - 500.0) / 5000.0).collect();
    let block = AudioBlock::floats(48_000, 2, &noise).expect("good samples");
    let config = RecordingConfig::preset("low-latency").expect("it is ready");
    let recorder = MediaRecorder::new(config).expect("it is possible").floats();
    let (give, packets) = channel();
    let output = move |packet: &EncodedPacket<'_>| {
        give.send((packet.kind, packet.at, Instant::now())).map_err(std::io::Error::other)
    };
    recorder.start_packets(output).expect("it starts");
    let (begun, mut shown, mut heard) = (Instant::now(), Vec::new(), Vec::new());
    for slot in 0..SECONDS * 200 {
        std::thread::sleep((SLOT * slot as u32).saturating_sub(begun.elapsed()));
        if slot * 30 / 200 == shown.len() as u64 {
            shown.push(Instant::now());
            recorder.submit_video(&film[shown.len() - 1], None).expect("there is room");
        }
        heard.push(Instant::now());
        recorder.submit_audio(&block, None).expect("there is room");
    }
    recorder.stop().expect("it records");
    let (pictures, sound): (Vec<_>, Vec<_>) = packets.iter().partition(|packet| packet.0 == PacketKind::Picture);
    assert_eq!(pictures.len(), shown.len());
    let ms = |since: Instant, at: Instant| {
        at.checked_duration_since(since).expect("nothing is encoded before it is there").as_secs_f64() * 1000.0
    };
    let tell = |name: &str, bar: f64, mut figures: Vec<f64>, how: &str| {
        figures.sort_by(f64::total_cmp);
        let at = |percent: usize| figures[(figures.len() * percent / 100).min(figures.len() - 1)];
        let words = format!("{:.1} ms; 99 % within {:.1}, all within {:.1}", at(50), at(99), at(100));
        row(name, Bar::AtMost(bar), (at(99), "ms"), &words, how);
    };
    let how = "the low-latency preset, 720p30, submitted as it is taken; 99 % are judged";
    let first = 30;
    let late = pictures.iter().zip(&shown).skip(first).map(|(packet, &since)| ms(since, packet.2)).collect();
    tell("picture, submitted to encoded", 50.0, late, how);
    // From the block in which a packet begins: the rest of what is in it, the encoder's own delay and its work.
    let block_of = |at: Duration| heard.get((at.as_nanos() / SLOT.as_nanos()) as usize).copied();
    let late = sound.iter().skip(200).filter_map(|packet| Some(ms(block_of(packet.1)?, packet.2))).collect();
    tell("sound, submitted to encoded", 10.0, late, "the same, blocks of 5 ms");
}

/// Two cores encode more slowly than memory is read.
fn until_taken(submit: impl Fn() -> Result<(), SubmitError>) {
    while let Err(why) = submit() {
        assert!(matches!(why, SubmitError::Busy { .. }), "{why}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "long: run by make bench"]
fn the_size_of_an_hour() {
    let home = tempfile::tempdir().expect("a folder");
    for (preset, size, rate, gb) in [
        ("720p-balanced", Size { width: 1280, height: 720 }, 30, 1.5),
        ("1080p-balanced", Size { width: 1920, height: 1080 }, 30, 2.5),
        ("1080p60-high", Size { width: 1920, height: 1080 }, 60, 4.0),
    ] {
        const SECONDS: usize = 8;
        let recorder =
            MediaRecorder::new(RecordingConfig::preset(preset).expect("it is ready")).expect("it is possible");
        let file = home.path().join(format!("{preset}.mp4"));
        recorder.start(&file).expect("it starts");
        let samples = 48_000 / rate as usize;
        let block = AudioBlock::floats(48_000, 2, &vec![0.01; 2 * samples]).expect("good samples");
        let count = SECONDS * rate as usize;
        for picture in TalkingHead::new(size, rate).take(count) {
            let frame = VideoFrame::new(PixelFormat::I420, size, picture).expect("a whole picture");
            until_taken(|| recorder.submit_video(&frame, None));
            until_taken(|| recorder.submit_audio(&block, None));
        }
        let report = recorder.stop().expect("it records");
        let hour_gb = report.bytes as f64 / (count as f64 / f64::from(rate)) * 3600.0 / 1e9;
        let words = format!("{hour_gb:.2} GB for {gb}");
        let off = (hour_gb / gb).max(gb / hour_gb);
        let how = "a painted talking head, with the noise of a sensor; not footage";
        row(&format!("an hour of {preset}, off by"), Bar::AtMost(1.25), (off, "times"), &words, how);
    }
}
