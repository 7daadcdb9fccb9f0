// SPDX-License-Identifier: MIT
//! The measure of this field, in the same graph: Jamulus, whose client sends to its server and hears itself.

use crate::support::chirps::{Lags, chirps, write_wav};
use crate::support::pipewire::{Microphone, PipeWire, Speaker, Tape, is_installed};
use crate::support::program::wait_until;
use crate::support::room::{MEASURED_S, SETTLING_S};

/// Not its usual one, which somebody may use.
const PORT: &str = "22186";

/// Whether it can be measured.
pub fn is_there() -> bool {
    ["Jamulus", "pw-jack"].into_iter().all(is_installed)
}

/// Client, server, client; its own ports are linked by hand.
pub fn lags(graph: &PipeWire, quantum: Option<u32>) -> Lags {
    let mut microphone = Microphone::plug_in(graph, "mic", 1);
    let speaker = Speaker::plug_in(graph, "spk");
    let headless = |program: &str| {
        let mut command = graph.command(program);
        command.env("QT_QPA_PLATFORM", "offscreen");
        command
    };
    let _server = graph.beside(headless("Jamulus").args(["-s", "-n", "-p", PORT]), "jamulus-server");
    let block = quantum.unwrap_or(128).to_string();
    let to = format!("127.0.0.1:{PORT}");
    let client = ["-p", &block, "Jamulus", "-n", "-j", "-c", &to];
    let _client = graph.beside(headless("pw-jack").args(client), "jamulus");
    let ports = |way: &str, kind: &str| -> Vec<String> {
        let all = graph.said("pw-link", &[way]);
        all.lines().map(str::trim).filter(|l| l.starts_with("Jamulus") && l.contains(kind)).map(str::to_owned).collect()
    };
    wait_until("Jamulus in the graph", || ports("-i", ":input").len() == 2 && ports("-o", ":output").len() == 2);
    for port in ports("-i", ":input") {
        graph.said("pw-link", &["mic:capture_AUX0", &port]);
    }
    for (port, side) in ports("-o", ":output").iter().zip(["spk:playback_FL", "spk:playback_FR"]) {
        graph.said("pw-link", &[port, side]);
    }
    let tape = Tape::roll(graph, &["mic:capture_AUX0", &speaker.monitor()]);
    let file = graph.folder().join("to-jamulus.wav");
    microphone.play(&write_wav(&file, 48_000, &chirps((SETTLING_S + MEASURED_S) as usize + 4)));
    tape.roll_on(SETTLING_S);
    let settled = tape.len();
    tape.roll_on(MEASURED_S);
    let tracks = tape.tracks();
    Lags::of(&tracks[0][settled..], &tracks[1][settled..])
}
