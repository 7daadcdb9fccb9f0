// SPDX-License-Identifier: MIT
//! Sample 0 of what is decoded is sample 0 of the master, whatever state the file is in.

use crate::support::machine::overridden;
use crate::support::program::{self, Program};
use hyperzoom::disk::Metadata;
use hyperzoom::media::{self, SoundFile};
use hyperzoom::sync::ruler::{Tone, locate};
use hyperzoom::words::Mono;
use std::path::Path;

fn decoded(file: &Path) -> (i64, Vec<f32>) {
    media::start().expect("installed");
    let mut sound = SoundFile::open(file).expect("opens");
    let mut first = None;
    let mut all = Vec::new();
    while let Some(block) = sound.next_block().expect("decodes") {
        let f = *first.get_or_insert(block.at);
        println!("{} {}", block.at - f - all.len() as i64, block.samples.len());
        all.extend(block.samples);
    }
    (first.expect("sound"), all)
}

fn told(what: &str, file: &Path, metadata: &Metadata) {
    let (first, sound) = decoded(file);
    let tone = Tone::new(48_000, 0.0);
    let expected = tone.grid().first_from(Mono(metadata.clocks.started_monotonic_ns));
    let skip = 24_000;
    let found = locate(&sound[skip..skip + 4_800], &tone, expected + skip as u64, 5_000).expect("noise");
    println!(
        "{what}: first {first} len {} end {} total {}; index of decoded[0] against sample 0: {} {:?}",
        sound.len(),
        first + sound.len() as i64,
        metadata.recording.total_samples,
        found.index as i64 - skip as i64 - expected as i64,
        found
    );
}

#[test]
fn explore() {
    let home = tempfile::tempdir().expect("a folder");
    for codec in ["aac", "flac"] {
        let mut command = program::record_under(home.path());
        command.args(["--for", "4", "--audio-codec", codec]);
        let ended = Program::start(command).end();
        let file = program::file(ended.finished());
        let metadata: Metadata =
            serde_json::from_slice(&std::fs::read(file.with_file_name("session_metadata.json")).expect("x"))
                .expect("y");
        told(&format!("{codec} finished"), &file, &metadata);
        assert!(program::run(&[&"recover", &"--undo", &file]).status.success());
        told(&format!("{codec} fragmented"), &file, &metadata);
        let report: serde_json::Value =
            serde_json::from_slice(&program::run(&[&"inspect", &"--json", &file]).stdout).expect("z");
        println!("{:#}", report["tracks"]);
        assert!(program::run(&[&"recover", &file]).status.success());
        told(&format!("{codec} recovered"), &file, &metadata);
    }
    let _ = overridden;
}
