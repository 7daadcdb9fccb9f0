// SPDX-License-Identifier: MIT
//! Speech, and how good it still is at the ear: other people's voice and other people's judgement.

use crate::support::chirps::write_wav;
use crate::support::pipewire::{PipeWire, is_installed};
use std::path::PathBuf;
use std::process::Command;

/// So much is spoken.
pub const SECONDS: f64 = 26.0;
/// The judgement wants short pieces.
const PIECE_S: usize = 8;
/// It hears so many samples a second, of the tape's 48,000.
const HEARS_HZ: u32 = 16_000;
const EVERY: usize = 3;
/// The low pass before samples are left out: so many to either side.
const REACH: i32 = 48;

const TEXT: &str = "Good evening, and welcome to our little round. Tonight we talk about rivers, bridges, and the \
    people who built them. When my grandmother was young, the ferry was the only way across. She told me how the \
    water rose each spring, and how everybody waited on the bank. Then one summer the engineers came with ropes and \
    timber. Nobody believed that it would hold. It held for ninety years. What do you remember of the old bridge? I \
    remember the sound of wheels on wood, and the smell of tar in the heat. We used to jump from it into the water.";

const JUDGE: &str = "import sys, wave, numpy\nfrom pesq import pesq\n\
    read = lambda p: numpy.frombuffer(wave.open(p).readframes(10**9), '<i2')\n\
    print(pesq(16000, read(sys.argv[1]), read(sys.argv[2]), 'wb'))";

/// What cannot be had here, if anything.
pub fn lacking() -> Option<&'static str> {
    if !is_installed("espeak-ng") {
        return Some("espeak-ng");
    }
    let imported = Command::new("python3").args(["-c", "import numpy, pesq"]).output();
    (!imported.is_ok_and(|python| python.status.success())).then_some("Python's pesq and numpy")
}

/// A file of it.
pub fn spoken(graph: &PipeWire) -> PathBuf {
    let file = graph.folder().join("speech.wav");
    let said = Command::new("espeak-ng").args(["-s", "150", "-w"]).arg(&file).arg(TEXT).status();
    assert!(said.is_ok_and(|status| status.success()), "espeak-ng speaks");
    file
}

/// The mean judgement of the pieces.
pub fn pesq(graph: &PipeWire, mouth: &[f32], ear: &[f32]) -> f64 {
    let (mouth, ear) = (for_the_judge(mouth), for_the_judge(ear));
    let piece = PIECE_S * HEARS_HZ as usize;
    let scores: Vec<f64> = mouth
        .chunks_exact(piece)
        .zip(ear.chunks_exact(piece))
        .map(|(mouth, ear)| {
            let file = |name: &str, sound: &[f32]| write_wav(&graph.folder().join(name), HEARS_HZ, sound);
            let (mouth, ear) = (file("judged-mouth.wav", mouth), file("judged-ear.wav", ear));
            let judged = Command::new("python3").args(["-c", JUDGE]).args([mouth, ear]).output().expect("it was there");
            let said = String::from_utf8_lossy(&judged.stdout).into_owned();
            said.trim().parse().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&judged.stderr)))
        })
        .collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

/// Every third sample, without what would fold.
fn for_the_judge(sound: &[f32]) -> Vec<f32> {
    let weight = |n: i32| {
        let x = std::f32::consts::PI * n as f32 / EVERY as f32 * 0.95;
        let sinc = if n == 0 { 1.0 } else { x.sin() / x };
        let window = 0.5 + 0.5 * (std::f32::consts::PI * n as f32 / REACH as f32).cos();
        sinc * window * 0.95 / EVERY as f32
    };
    let weights: Vec<f32> = (-REACH..=REACH).map(weight).collect();
    let around = |at: usize| -> f32 {
        let Some(first) = at.checked_sub(REACH as usize) else { return 0.0 };
        sound[first..].iter().zip(&weights).map(|(s, w)| s * w).sum()
    };
    (0..sound.len()).step_by(EVERY).map(around).collect()
}
