// SPDX-License-Identifier: MIT
//! The ladder on roads of every kind.

mod world;

use super::{Layers, LEVELS};
use world::{Road, World};

const MS: f64 = 1.0;

fn second(s: f64) -> f64 {
    s * 1000.0 * MS
}

#[test]
fn an_uplink_that_is_cut_and_restored() {
    for fifo_ms in [250.0, 500.0, 1000.0] {
        for (phase, seed) in [(0.0, 1), (37.0, 2), (81.0, 3)] {
            let mut world = World::new(3, 2000.0, fifo_ms, seed);
            world.run_to(second(20.0) + phase);
            let before = world.level();
            world.clear();
            world.set_uplink(300.0);
            world.run_to(second(20.0) + phase + 500.0);
            let shed = world.voice_lost();
            world.clear();
            world.run_to(second(60.0));
            let lost = world.voice_lost();
            let drained = world.drained_after(second(20.0) + phase);
            eprintln!("fifo {fifo_ms} before {before} shed {shed} lost {lost} peak {} drained {drained:?} level {} {:?} max delay late {}", world.delay_max_after(second(20.0)), world.level(), world.history(), world.delay_max_after(second(30.0)));
            world.set_uplink(2000.0);
            world.clear();
            world.run_to(second(120.0));
            eprintln!("   up: lost {} level {} {:?} delay max after {}", world.voice_lost(), world.level(), world.history(), world.delay_max_after(second(60.0)));
        }
    }
    let _ = (Layers::All, LEVELS, Road::default());
}
