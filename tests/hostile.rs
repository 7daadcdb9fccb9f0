// SPDX-License-Identifier: MIT
//! Hostile input: every parser, and whole calls of real engines among people who want to harm them.
//!
//! Read [`world`] first (a tiny call, and what it counts), then [`forge`] (what is made of datagrams that were
//! overheard), [`outside`] (who has no keys) and [`inside`] (who has good ones).

mod bench;
mod forge;
mod host;
mod inside;
mod insider;
mod outside;
mod parsers;
mod pictures;
mod samples;
mod world;

use crate::support::machine::step_back;
use hyperzoom::mesh::random::Random;

/// All chance of a test, from one number: printed first, the same each time unless `HYPERZOOM_SEED` gives another. Such
/// tests only calculate: whoever keeps time goes before them.
fn chance(what: &str, usual: u64) -> Random {
    step_back();
    let given = std::env::var("HYPERZOOM_SEED").ok().map(|seed| seed.parse().expect("HYPERZOOM_SEED is a number"));
    let seed: u64 = given.unwrap_or(usual);
    println!("{what}: HYPERZOOM_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Random::new(bytes)
}

/// A number in `0..n`.
fn below(random: &mut Random, n: usize) -> usize {
    random.below(n.max(1) as u64) as usize
}

/// One of these.
fn one_of<T: Copy>(random: &mut Random, choices: &[T]) -> T {
    choices[below(random, choices.len())]
}

/// So many bytes of any kind.
fn noise(random: &mut Random, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    bytes
}
