// SPDX-License-Identifier: MIT
//! People of a call, as real programs in a private graph: each with a microphone and a speaker, on loopback only.

use super::pipewire::PipeWire;
use super::program::{Ended, Program};
use serde_json::Value;
use std::process::{Command, Stdio};

/// What everybody is given.
const HERE: [&str; 4] = ["--json", "--no-port-mapping", "--bind", "127.0.0.1"];

/// Pictures are not needed.
pub const NO_CAMERA: [&str; 2] = ["--camera", "off"];
/// A camera as people have them.
pub const HD_CAMERA: [&str; 2] = ["--camera", "test:1280x720"];

/// Opens a call; answers with its invite.
pub fn host(graph: &PipeWire, microphone: &str, speaker: &str, more: &[&str]) -> (Program, String) {
    let mut command = graph.hyperzoom();
    command.arg("host").args(more);
    let mut host = begin(graph, command, "host", microphone, speaker);
    let invite = host.await_event("invite")["invite"].as_str().expect("a text").to_owned();
    (host, invite)
}

/// Comes in; returns at once.
pub fn guest(graph: &PipeWire, invite: &str, name: &str, microphone: &str, speaker: &str, more: &[&str]) -> Program {
    let mut command = graph.hyperzoom();
    command.args(["join", invite]).args(more);
    begin(graph, command, name, microphone, speaker)
}

fn begin(graph: &PipeWire, mut command: Command, name: &str, microphone: &str, speaker: &str) -> Program {
    command.args(HERE).args(["--name", name, "--mic", microphone, "--speaker", speaker]);
    command.arg("--recordings").arg(graph.folder().join(name)).stdin(Stdio::piped());
    Program::start(command)
}

/// Waits until voice comes from everybody: so many.
pub fn await_voices(program: &mut Program, count: usize) {
    program.await_that(&format!("the voices of {count}"), |event| {
        let heard = |peer: &&Value| peer["voice"]["frames"].as_u64().is_some_and(|frames| frames > 0);
        event["event"] == "stats" && event["peers"].as_array().is_some_and(|p| p.iter().filter(heard).count() == count)
    });
}

/// Ends it as a person would.
pub fn leave(program: Program) -> Ended {
    program.signal(libc::SIGTERM);
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    ended
}

/// Of the last so many figures a second that it told: these, wherever they are there.
pub fn told(events: &[Value], last: usize, figure: impl Fn(&Value) -> Option<f64>) -> Vec<f64> {
    let stats: Vec<&Value> = events.iter().filter(|event| event["event"] == "stats").collect();
    stats[stats.len().saturating_sub(last)..].iter().filter_map(|stats| figure(stats)).collect()
}
