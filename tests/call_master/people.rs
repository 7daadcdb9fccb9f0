// SPDX-License-Identifier: MIT
//! People of a call who record the rulers, each with a folder of their own.

use crate::support::pipewire::PipeWire;
use crate::support::program::{Ended, Program, command, file};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// What all of them are started with. Small pictures: several programs encode at once here.
const RULERS: [&str; 8] =
    ["--json", "--camera", "test:320x180@30", "--mic", "test", "--speaker", "off", "--no-port-mapping"];

/// How one of them differs from the others.
#[derive(Clone, Copy)]
pub struct Ways<'a> {
    /// Shown to the others.
    pub name: &'a str,
    /// The one address to listen on.
    pub bind: &'a str,
    /// More options.
    pub more: &'a [&'a str],
    /// How the clock is bent, if it is.
    pub clock: Option<&'a str>,
    /// The folder of pipeline texts, if they are not the built-in ones.
    pub texts: Option<&'a Path>,
    /// The sound server, if there is one.
    pub graph: Option<&'a PipeWire>,
}

/// Somebody on IPv4.
pub fn ways(name: &str) -> Ways<'_> {
    Ways { name, bind: "127.0.0.1", more: &[], clock: None, texts: None, graph: None }
}

/// One of them.
#[derive(Debug)]
pub struct Person {
    /// The running program.
    pub program: Program,
    /// Removed with the person.
    home: TempDir,
}

/// Opens a call, recording at once. Answers with the invite too, and with the address it names.
pub fn host(ways: Ways<'_>) -> (Person, String, SocketAddr) {
    let mut host = start(&["host", "--record-from-start"], ways);
    let invite = host.program.await_event("invite");
    let text = |name: &str| invite[name].as_str().expect("a text").to_owned();
    (host, text("invite"), text("address").parse().expect("an address"))
}

/// Comes into a call.
pub fn guest(invite: &str, ways: Ways<'_>) -> Person {
    start(&["join", invite], ways)
}

fn start(first: &[&str], ways: Ways<'_>) -> Person {
    let home = tempfile::tempdir().expect("a folder");
    let mut program = ways.graph.map_or_else(command, PipeWire::hyperzoom);
    program.args(first).args(RULERS).args(["--name", ways.name, "--bind", ways.bind]).arg("--recordings");
    program.arg(home.path()).args(ways.more).stdin(Stdio::piped());
    if let Some(clock) = ways.clock {
        program.env("HYPERZOOM_TEST_CLOCK", clock);
    }
    if let Some(texts) = ways.texts {
        program.env("HYPERZOOM_PIPELINES", texts);
    }
    Person { program: Program::start(program), home }
}

impl Person {
    /// Waits for the next event of that name; answers with it.
    #[track_caller]
    pub fn await_event(&mut self, name: &str) -> Value {
        self.program.await_event(name)
    }

    /// Waits until the recording has begun; answers with its file.
    #[track_caller]
    pub fn await_recording(&mut self) -> PathBuf {
        let told = |e: &&Value| e["event"] == "recording-started";
        let event = self.program.events.iter().find(told).cloned();
        file(&event.unwrap_or_else(|| self.program.await_event("recording-started")))
    }

    /// Waits until so many seconds are recorded.
    #[track_caller]
    pub fn await_seconds(&mut self, seconds: f64) {
        let recorded = |e: &Value| e["recording"]["seconds"].as_f64() > Some(seconds);
        self.program.await_that(&format!("{seconds} recorded seconds"), recorded);
    }

    /// Waits until that many more seconds are recorded than now.
    #[track_caller]
    pub fn record_on(&mut self, seconds: f64) {
        let now = self.program.await_that("statistics", |e| e["recording"]["seconds"].is_number());
        self.await_seconds(now["recording"]["seconds"].as_f64().expect("a number") + seconds);
    }

    /// Waits until somebody of that name is there.
    #[track_caller]
    pub fn await_peer(&mut self, name: &str) {
        self.program.await_that(name, |e| e["event"] == "peer-joined" && e["name"] == name);
    }

    /// Waits until somebody of that name is seen to be gone; answers why.
    #[track_caller]
    pub fn await_gone(&mut self, name: &str) -> String {
        let gone = self.program.await_that(name, |e| e["event"] == "peer-left" && e["name"] == name);
        gone["reason"].as_str().expect("a reason").to_owned()
    }

    /// Leaves, and waits until that is over; the one file was finished without a slip, which is answered.
    #[track_caller]
    pub fn leave(self) -> (Left, PathBuf) {
        let (left, file) = self.end();
        let finished = left.ended.events.iter().find(|e| e["event"] == "recording-finished").expect("it has ended");
        let slips = ["frames_dropped", "frames_repeated", "frames_omitted", "samples_silenced"].map(|n| &finished[n]);
        assert_eq!(slips, [0; 4], "dropped, repeated, omitted, silenced: {:#?}", left.ended.events);
        (left, file)
    }

    /// The same, whatever had to stand for what was away.
    #[track_caller]
    pub fn end(self) -> (Left, PathBuf) {
        let Person { program, home } = self;
        program.signal(libc::SIGTERM);
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        let of = |name: &str| ended.events.iter().filter(|e| e["event"] == name).cloned().collect::<Vec<_>>();
        assert_eq!(of("recording-started").len(), 1, "{:#?}", ended.events);
        let [finished] = of("recording-finished").try_into().expect("one file");
        assert_eq!((&finished["finalised"], &finished["reason"]), (&true.into(), &"asked".into()));
        assert_eq!(std::fs::read_dir(home.path()).expect("readable").count(), 1, "one folder");
        (Left { ended, _home: home }, file(&finished))
    }

    /// Ends like in a power cut; what is in the folder stays.
    pub fn kill(self) -> TempDir {
        self.program.kill();
        self.home
    }
}

/// Somebody who has left.
#[derive(Debug)]
pub struct Left {
    /// What the program told.
    pub ended: Ended,
    _home: TempDir,
}
