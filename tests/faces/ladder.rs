// SPDX-License-Identifier: MIT
//! What is ordered while the encoder runs holds from then on.

use super::world::{Camera, Ends, HD};
use hyperzoom::media::{Encoded, FaceOrder};
use hyperzoom::words::{Mono, Size};

/// Pictures that are measured after each order.
const SECONDS: usize = 4;
const TRIES: usize = 8;

#[test]
fn the_ladder_is_climbed_down_and_up_while_the_call_runs() {
    let ends = Ends::open(|_| true);
    let _camera = Camera::on(HD, ends.out.clone());
    // The test picture's grain leaves no encoder less than 100 kbit/s.
    for (width, height, fps, kbps) in
        [(854, 480, 24, 500), (854, 480, 15, 240), (640, 360, 10, 120), (854, 480, 24, 300)]
    {
        ends.out.order(FaceOrder { height, fps, kbps });
        let size = Size { width, height };
        while ends.await_shown().size != size {}
        // What was encoded before the order, and until the rate control has settled.
        while Some(ends.await_encoded().captured) < ends.far.latest().map(|latest| latest.at) {}
        (0..2 * fps).for_each(|_| drop(ends.await_encoded()));
        // What a busy machine sheds is no measure of the encoder: then it is measured again.
        let window = |_| {
            let shed = ends.out.shed();
            let pictures: Vec<Encoded> = (0..SECONDS * fps as usize).map(|_| ends.await_encoded()).collect();
            (ends.out.shed() == shed).then_some(pictures)
        };
        let pictures = (0..TRIES).find_map(window).expect("the machine keeps up for a few seconds");
        let taken_ns = pictures.last().expect("some").captured.since(pictures[0].captured);
        let rate = (pictures.len() - 1) as f64 / (taken_ns as f64 / Mono::SECOND as f64);
        let bytes: usize = pictures.iter().map(|picture| picture.bytes.len()).sum();
        let made_kbps = bytes as f64 * 8.0 / 1000.0 / SECONDS as f64;
        let largest = pictures.iter().map(|picture| picture.bytes.len()).max().expect("some");
        println!(
            "{size} {fps}/s {kbps} kbit/s: made {rate:.1}/s {made_kbps:.0} kbit/s, the largest picture {largest} bytes"
        );
        assert!((rate - f64::from(fps)).abs() < 0.5, "{rate}");
        // Rate control may borrow what its buffer of a second holds, and miss by a little.
        assert!(made_kbps < f64::from(kbps) * 1.1 * (1.0 + 1.0 / SECONDS as f64), "{made_kbps}");
        let shown = ends.shown_by_now();
        assert!(shown.iter().all(|shown| shown.size == size), "one size until the next order");
    }
}

#[test]
fn a_key_frame_comes_when_it_is_wanted_and_every_two_seconds() {
    let ends = Ends::open(|_| true);
    let _camera = Camera::on(HD, ends.out.clone());
    let next_key = || loop {
        let picture = ends.await_encoded();
        if picture.key {
            return picture.captured;
        }
    };
    let first = next_key();
    let second = next_key();
    let apart_ms = second.since(first) / 1_000_000;
    assert!((1_900..2_200).contains(&apart_ms), "{apart_ms}");
    // However many ask at once, it is one.
    (0..50).for_each(|_| ends.out.want_key());
    let wanted = next_key();
    let apart_ms = wanted.since(second) / 1_000_000;
    assert!((250..700).contains(&apart_ms), "{apart_ms}");
    let apart_ms = next_key().since(wanted) / 1_000_000;
    assert!((1_900..2_200).contains(&apart_ms), "{apart_ms}");
}

#[test]
fn an_upright_camera_stays_upright_and_a_small_one_small() {
    for (camera, sent) in [((720, 1280), (480, 854)), ((640, 480), (640, 480)), ((320, 240), (320, 240))] {
        let of = |(width, height)| Size { width, height };
        let ends = Ends::open(|_| true);
        let _camera = Camera::on(of(camera), ends.out.clone());
        let shown = ends.await_shown();
        assert_eq!(shown.size, of(sent));
        assert!(shown.number.is_some(), "the whole picture is there: its number can be read");
    }
}
