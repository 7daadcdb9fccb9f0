// SPDX-License-Identifier: MIT
//! Virtual microphones, and the known sound that is played into them.

use super::daemon::Daemon;
use super::{PipeWire, wait_until};
use hyperzoom::sync::ruler::Tone;
use hyperzoom::words::RATE_HZ;
use std::path::{Path, PathBuf};

/// A microphone that several inputs long is there until it is dropped.
pub struct Microphone<'a> {
    graph: &'a PipeWire,
    name: String,
    inputs: usize,
    module: String,
    player: Option<Daemon>,
}

impl<'a> Microphone<'a> {
    /// Plugs one in.
    pub fn plug_in(graph: &'a PipeWire, name: &str, inputs: usize) -> Microphone<'a> {
        Microphone::plug_in_as(graph, name, inputs, "")
    }

    /// The same with more properties, as a driver would tell them.
    pub fn plug_in_as(graph: &'a PipeWire, name: &str, inputs: usize, properties: &str) -> Microphone<'a> {
        let map = (0..inputs).map(|n| format!("aux{n}")).collect::<Vec<_>>().join(",");
        let module = graph.said(
            "pactl",
            &[
                "load-module",
                "module-null-sink",
                "media.class=Audio/Source/Virtual",
                &format!("sink_name={name}"),
                &format!("channel_map={map}"),
                "rate=48000",
                &format!("sink_properties='{properties}'"),
            ],
        );
        let ports = || graph.said("pw-link", &["-i"]).matches(&format!("{name}:input_")).count();
        wait_until("the microphone's inputs", || ports() == inputs);
        Microphone { graph, name: name.to_owned(), inputs, module: module.trim().to_owned(), player: None }
    }

    /// Plays a file into it, its channels into the inputs one by one, from its beginning.
    pub fn play(&mut self, sound: &Path) {
        let player = format!("into-{}", self.name);
        let map = (0..self.inputs).map(|n| format!("AUX{n}")).collect::<Vec<_>>().join(",");
        let properties = format!("{{ node.name = {player} }}");
        let mut command = self.graph.command("pw-cat");
        command.args(["--playback", "--target", "0", "--latency", "20ms", "--channel-map", &map, "-P", &properties]);
        self.player = Some(Daemon::start(command.arg(sound), None));
        let ports = || self.graph.said("pw-link", &["-o"]).matches(&format!("{player}:output_")).count();
        wait_until("the player", || ports() == self.inputs);
        for n in 0..self.inputs {
            self.graph.said("pw-link", &[&format!("{player}:output_AUX{n}"), &format!("{}:input_AUX{n}", self.name)]);
        }
    }
}

impl Microphone<'_> {
    /// Pulls it out, and returns as soon as it is.
    pub fn unplug(&mut self) {
        if !self.module.is_empty() {
            self.graph.said("pactl", &["unload-module", &std::mem::take(&mut self.module)]);
            self.player = None;
        }
    }
}

impl Drop for Microphone<'_> {
    fn drop(&mut self) {
        self.unplug();
        wait_until("the end of the microphone", || !self.graph.has_node(&self.name));
    }
}

/// Writes a file whose channel `n` is the ruler's sound from sample `firsts[n]` on.
pub fn play_file(graph: &PipeWire, name: &str, firsts: &[u64], seconds: usize) -> PathBuf {
    let tone = Tone::new(RATE_HZ as u32, 0.0);
    let samples = seconds * RATE_HZ as usize;
    let channels: Vec<Vec<i16>> = firsts
        .iter()
        .map(|&first| {
            let mut channel = vec![0; samples];
            tone.fill(first, &mut channel);
            channel
        })
        .collect();
    let frame_bytes = 2 * firsts.len() as u32;
    let data_bytes = samples as u32 * frame_bytes;
    let mut file = Vec::with_capacity(44 + data_bytes as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend_from_slice(&(firsts.len() as u16).to_le_bytes());
    file.extend_from_slice(&(RATE_HZ as u32).to_le_bytes());
    file.extend_from_slice(&(RATE_HZ as u32 * frame_bytes).to_le_bytes());
    file.extend_from_slice(&(frame_bytes as u16).to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    file.extend((0..samples).flat_map(|n| channels.iter().flat_map(move |c| c[n].to_le_bytes())));
    let path = graph.folder().join(format!("{name}.wav"));
    std::fs::write(&path, file).expect("our own folder");
    path
}
