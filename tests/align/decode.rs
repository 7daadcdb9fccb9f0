// SPDX-License-Identifier: MIT
//! Sample 0 of what is decoded is sample 0 of the master, whatever state the file is in: demuxers and encoders' priming
//! are treacherous, and the ruler's noise tells every sample from all others.

use crate::support::program::{self, Program};
use hyperzoom::disk::Metadata;
use hyperzoom::media::{self, SoundFile};
use hyperzoom::sync::ruler::{Tone, locate};
use hyperzoom::words::Mono;
use std::path::Path;

/// The places of the first sample and behind the last one, and by how much the sound is not where they say.
fn decoded(file: &Path, metadata: &Metadata) -> (i64, i64, f64) {
    media::start().expect("GStreamer is installed");
    let mut sound = SoundFile::open(file).expect("it opens");
    let (mut first, mut all) = (None, Vec::new());
    while let Some(block) = sound.next_block().expect("it decodes") {
        first.get_or_insert(block.at);
        all.extend(block.samples);
    }
    let first = first.expect("there is sound");
    let tone = Tone::new(48_000, 0.0);
    // The nearest tick: the start is known to a nanosecond either way.
    let sample_0 = tone.grid().first_from(Mono(metadata.clocks.started_monotonic_ns).offset(-10_000)) as i64;
    let looked_at = 24_000;
    let expected = sample_0 + first + looked_at;
    let stretch = &all[looked_at as usize..][..4_800];
    let found = locate(stretch, &tone, expected as u64, 5_000).expect("the noise is found");
    assert!(found.likeness > 0.9, "{found:?}");
    (first, first + all.len() as i64, found.index as f64 + found.fraction - expected as f64)
}

#[test]
fn sample_0_is_sample_0_in_finished_unfinished_and_recovered_files() {
    let home = tempfile::tempdir().expect("a folder");
    for (codec, padding) in [("aac", 1_024), ("flac", 0)] {
        let mut command = program::record_under(home.path());
        command.args(["--for", "3", "--audio-codec", codec]);
        let ended = Program::start(command).end();
        let file = program::file(ended.finished());
        let json = std::fs::read(file.with_file_name("session_metadata.json")).expect("metadata");
        let metadata: Metadata = serde_json::from_slice(&json).expect("valid");
        let judge = |state: &str| {
            let (first, end, off) = decoded(&file, &metadata);
            assert_eq!(first, 0, "{codec} {state}");
            assert!(off.abs() < 0.1, "{codec} {state}: {off} samples off");
            assert!((end - 144_000).abs() <= padding, "{codec} {state}: ends at {end}");
        };
        judge("finished");
        assert!(program::run(&[&"recover", &"--undo", &file]).status.success());
        judge("unfinished");
        assert!(program::run(&[&"recover", &file]).status.success());
        judge("recovered");
    }
}
