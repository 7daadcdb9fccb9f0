// SPDX-License-Identifier: MIT
//! What faces cost: processor time of the thread that scales and encodes, and of the one that decodes.

use super::cost::{Threads, processor_seconds};
use crate::faces::world::{Camera, Ends, HD, at_part};
use hyperzoom::words::Size;

/// Seconds that are measured.
const MEASURED: f64 = 10.0;
const FPS: f64 = 24.0;

/// Of one core, for the pictures of a 720p camera.
const SHARE_MAX: f64 = 0.5;

/// What GStreamer calls the threads of the two texts.
const ENCODING: &str = "camera:src";
const DECODING: &str = "coded:src";

#[test]
#[ignore = "long: run by make bench"]
fn faces_cost_less_than_half_a_core() {
    for size in [HD, Size::FULL_HD] {
        let ends = Ends::open(|_| true);
        let _camera = Camera::on(size, ends.out.clone());
        (0..48).for_each(|_| drop(ends.await_shown()));
        let before = processor_seconds(std::process::id());
        let shown: Vec<_> = (0..(MEASURED * FPS) as usize).map(|_| ends.await_shown().latency_ms).collect();
        let after = processor_seconds(std::process::id());
        let share = |name: &str| {
            let seconds = |threads: &Threads| threads.get(name).copied().unwrap_or(0.0);
            (seconds(&after) - seconds(&before)) / MEASURED
        };
        let (encoding, decoding) = (share(ENCODING), share(DECODING));
        let (half, most) = (at_part(&shown, 0.5), at_part(&shown, 0.95));
        println!(
            "{size} camera: scaling and encoding {:.1} % of a core, decoding {:.1} %; camera to display: half within \
             {half:.1} ms, 95 % within {most:.1} ms",
            100.0 * encoding,
            100.0 * decoding
        );
        assert!(encoding > 0.0 && (size != HD || encoding < SHARE_MAX), "{encoding}");
    }
}
