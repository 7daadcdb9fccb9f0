// SPDX-License-Identifier: MIT
//! Whatever ends the program, at whatever moment, what was recorded is there: readable at once, whole after
//! `recover`.

pub mod ending;
pub mod killing;
mod unusable;

use crate::support::chance::Chance;
use killing::{Trial, killed_while_recording};

#[test]
fn a_kill_at_any_moment_costs_less_than_a_second_and_a_half() {
    let mut chance = Chance::seeded("kills while recording");
    let trials: Vec<Trial> = (0..6).map(|number| Trial::new(number, &mut chance)).collect();
    for lane in trials.chunks(2) {
        killed_while_recording(lane).iter().for_each(|report| println!("{report}"));
    }
}
