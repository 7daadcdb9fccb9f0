// SPDX-License-Identifier: MIT
//! What recording costs beyond encoding: processor time of `hyperzoom record` against a bare gst-launch line with
//! the same cheap sources and the same encoders, both in their steady state.
//!
//! The bare line muxes with `mp4mux fragment-duration=1000` into a filesink, since systems seldom have the
//! `isofmp4mux` that the program brings with it.

use crate::support::machine::overridden;
use crate::support::program::{Program, command};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Seconds that are measured, and before them seconds in which everything settles.
const MEASURED: u64 = 30;
const SETTLING: u64 = 3;
/// How much more than the bare line recording may cost.
const RATIO_MAX: f64 = 1.05;
/// The most memory at 1080p, in bytes.
const MEMORY_MAX: u64 = 300_000_000;
/// Each way is measured so often, by turns.
const TURNS: usize = 3;

pub const PICTURES: &str = "videotestsrc is-live=true pattern=smpte";
pub const SOUND: &str = "audiotestsrc is-live=true wave=pink-noise";

/// Processor seconds by thread name.
pub type Threads = BTreeMap<String, f64>;

#[test]
#[ignore = "long: run by make bench"]
fn recording_costs_hardly_more_than_encoding() {
    let folder = cheap_devices();
    let [video, audio] = pinned_encoders(folder.path());
    let (mut ours, mut bare) = (0.0, 0.0);
    for turn in 1..=TURNS {
        let recorder = record(folder.path());
        let line = launch(&video, &audio);
        println!("turn {turn}: recorder {recorder:.2} s, bare line {line:.2} s of processor time in {MEASURED} s");
        ours += recorder;
        bare += line;
    }
    let ratio = ours / bare;
    println!("{video}\n{audio}\nthe recorder costs {ratio:.3} times the bare line (at most {RATIO_MAX})");
    assert!(ratio <= RATIO_MAX, "{ratio:.3}");
}

/// The texts of test devices that cost as little as can be.
pub fn cheap_devices() -> tempfile::TempDir {
    let folder = overridden("camera.launch", "{source} name=source", &format!("{PICTURES} name=source"));
    let microphone = overridden("microphone.launch", "{source} name=source", &format!("{SOUND} name=source"));
    let name = "microphone.launch";
    std::fs::copy(microphone.path().join(name), folder.path().join(name)).expect("copied");
    folder
}

/// What wins here, written as the only choice, so that both ways encode alike.
fn pinned_encoders(folder: &Path) -> [String; 2] {
    let doctor = command().args(["doctor", "--json"]).output().expect("our program starts");
    let doctor: Value = serde_json::from_slice(&doctor.stdout).expect("one object");
    let mut table = String::new();
    let texts = [("h264", 0), ("aac", 1)].map(|(codec, at)| {
        let choice = &doctor["encoders"][at]["choice"];
        let (element, text) = (choice["element"].as_str().expect("text"), choice["text"].as_str().expect("text"));
        let os = std::env::consts::OS;
        let priming = &choice["priming"];
        table += &format!("[[{codec}]]\nelement = '{element}'\nos = ['{os}']\npackage = ''\n");
        table += &format!("priming = {priming}\nmaster = '{text}'\n");
        text.to_owned()
    });
    std::fs::write(
        folder.join("encoders.toml"),
        table + "[[flac]]\nelement = ''\nos = []\npackage = ''\nmaster = ''\n",
    )
    .expect("written");
    texts
}

/// Processor seconds of the recorder.
fn record(pipelines: &Path) -> f64 {
    let home = tempfile::tempdir().expect("a folder");
    let mut record = command();
    record.args(["record", "--camera", "test:1920x1080", "--mic", "test", "--json", "--recordings"]).arg(home.path());
    let mut program = Program::start({
        record.env("HYPERZOOM_PIPELINES", pipelines);
        record
    });
    program.await_event("recording-started");
    std::thread::sleep(Duration::from_secs(SETTLING));
    let threads = measured(program.id(), MEASURED);
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).expect("it runs");
    program.signal(libc::SIGINT);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.finished()["frames_dropped"], 0);
    let line = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).expect("Linux says").trim().to_owned();
    let peak = line("VmHWM:").trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024;
    println!("  recorder: {:.0} MB at most, {} threads", peak as f64 / 1e6, line("Threads:"));
    assert!(peak < MEMORY_MAX, "{peak} bytes of memory; {MEMORY_MAX} are the limit");
    told("recorder", &threads)
}

/// The same with nothing but GStreamer's own tool.
fn launch(video: &str, audio: &str) -> f64 {
    let home = tempfile::tempdir().expect("a folder");
    let line = format!(
        "{PICTURES} ! video/x-raw,format=I420,width=1920,height=1080,framerate=30/1 ! queue ! {video} ! mux.video_0 \
         {SOUND} ! audio/x-raw,format=F32LE,rate=48000,channels=1 ! queue ! audioconvert ! {audio} ! mux.audio_0 \
         mp4mux name=mux fragment-duration=1000 ! filesink location={}",
        home.path().join("bare.mp4").display()
    );
    let mut bare = Command::new("gst-launch-1.0");
    bare.arg("-q").args(line.split_whitespace()).stdin(Stdio::null()).stdout(Stdio::null());
    let running = Running(bare.spawn().expect("GStreamer's tools are installed"));
    crate::support::program::wait_until("the first fragment", || {
        std::fs::metadata(home.path().join("bare.mp4")).is_ok_and(|m| m.len() > 100_000)
    });
    std::thread::sleep(Duration::from_secs(SETTLING));
    told("bare line", &measured(running.0.id(), MEASURED))
}

pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sums up, with the threads that cost anything.
fn told(who: &str, threads: &Threads) -> f64 {
    let sum = threads.values().sum();
    let mut sorted: Vec<_> = threads.iter().filter(|(_, seconds)| **seconds >= 0.05).collect();
    sorted.sort_by(|a, b| b.1.total_cmp(a.1));
    let list: Vec<String> = sorted.iter().map(|(name, seconds)| format!("{name} {seconds:.2}")).collect();
    println!("  {who}: {}", list.join(", "));
    sum
}

/// What each thread of a process uses within so many seconds.
pub fn measured(id: u32, seconds: u64) -> Threads {
    let before = processor_seconds(id);
    std::thread::sleep(Duration::from_secs(seconds));
    let mut after = processor_seconds(id);
    for (name, seconds) in before {
        *after.entry(name).or_default() -= seconds;
    }
    after
}

pub fn processor_seconds(id: u32) -> Threads {
    // SAFETY: asks the system a number.
    let ticks_hz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    let mut threads = Threads::new();
    for task in std::fs::read_dir(format!("/proc/{id}/task")).expect("it runs") {
        let stat = std::fs::read_to_string(task.expect("readable").path().join("stat"));
        // A thread may end between the list and the look.
        let Ok(stat) = stat else { continue };
        let (name, rest) = stat.split_once('(').and_then(|(_, s)| s.rsplit_once(')')).expect("a name in brackets");
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        *threads.entry(name.to_owned()).or_default() += (ticks(11) + ticks(12)) / ticks_hz;
    }
    threads
}
