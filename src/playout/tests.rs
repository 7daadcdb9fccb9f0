// SPDX-License-Identifier: MIT
//! The engine in a simulated world: real Opus, a road with loss and jitter, two sound cards with clocks of their own.

mod sim;

use sim::{Road, Sim};

#[test]
fn on_a_clean_road_the_delay_is_what_the_grid_of_blocks_needs() {
    for samples in [240, 120] {
        for quantum in [64, 128, 256, 1024] {
            let mut sim = Sim::new(1, samples, quantum, Road::CLEAN);
            sim.run(20.0);
            let before = sim.heard();
            sim.run(5.0);
            let (heard, latency_ms) = (sim.heard(), sim.latency_ms());
            println!("frames {samples}, quantum {quantum}: {latency_ms:.2} ms, {heard:?}");
            assert_eq!((heard.concealed, heard.jumps), (before.concealed, before.jumps));
        }
    }
}
