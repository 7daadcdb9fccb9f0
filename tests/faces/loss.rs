// SPDX-License-Identifier: MIT
//! On a bad road the picture stands still now and then; it never breaks.

use super::world::{Camera, Display, Ends, HD, luma, psnr};
use crate::support::chance::Chance;
use hyperzoom::media::Encoded;
use hyperzoom::mesh::fragment::PIECE;
use std::collections::BTreeMap;
use std::sync::mpsc::channel;

/// Below this a picture is broken.
const BROKEN_DB: f64 = 20.0;

/// Loss in percent, and for how long no picture stands still at most, where key frames are asked for: on the worse road
/// one of those may be lost as well.
const ROADS: [(f64, i64); 2] = [(5.0, 1_500), (15.0, 5_000)];

/// Loses datagrams in bursts of two on average, so many of a hundred altogether.
struct Road {
    chance: Chance,
    losing: bool,
    percent: f64,
}

impl Road {
    fn loses_one(&mut self) -> bool {
        let turn = if self.losing { 0.5 } else { 0.5 * self.percent / (100.0 - self.percent) };
        if self.chance.between(0, 1_000_000) < (turn * 1e6) as u64 {
            self.losing = !self.losing;
        }
        self.losing
    }

    /// A picture is whole only with all of its datagrams. Those of key frames are asked for again, twice.
    fn carries(&mut self, picture: &Encoded) -> bool {
        let mut missing = picture.bytes.len().div_ceil(PIECE);
        for _ in 0..if picture.key { 3 } else { 1 } {
            missing = (0..missing).filter(|_| self.loses_one()).count();
        }
        missing == 0
    }
}

#[test]
fn with_lost_datagrams_what_is_shown_is_whole() {
    for (percent, still_ms_max) in ROADS {
        let mut road = Road { chance: Chance::seeded("faces on a bad road"), losing: false, percent };
        let (sent, all) = channel();
        let ends = Ends::open(move |picture| {
            let carried = road.carries(picture);
            let _ = sent.send((picture.clone(), carried));
            carried
        });
        let _camera = Camera::on(HD, ends.out.clone());
        let mut shown = BTreeMap::new();
        while shown.len() < 120 {
            let picture = ends.await_shown();
            shown.insert(picture.captured.0, luma(&picture.picture));
        }
        let all: Vec<(Encoded, bool)> = all.try_iter().collect();
        let clean = Display::open();
        let mut worst_db = f64::INFINITY;
        for (picture, _) in &all {
            let whole = clean.decode(picture).expect("nothing of it was lost").luma();
            if let Some(shown) = shown.get(&picture.captured.0) {
                worst_db = worst_db.min(psnr(shown, &whole));
            }
        }
        let moments: Vec<u64> = shown.keys().copied().collect();
        let still_ms = moments.windows(2).map(|w| (w[1] - w[0]) as i64 / 1_000_000).max().expect("many");
        let lost = all.iter().filter(|(_, carried)| !carried).count();
        let keys = all.iter().filter(|(picture, _)| picture.key).count();
        println!(
            "{percent} % of the datagrams lost: {lost} of {} pictures torn, {} shown, the worst at {worst_db:.1} dB, \
             none stood still for more than {still_ms} ms; {keys} key frames",
            all.len(),
            shown.len()
        );
        assert!(lost > 5, "the road was bad: {lost}");
        assert!(worst_db >= BROKEN_DB, "{worst_db}");
        assert!(still_ms < still_ms_max, "{still_ms}");
    }
}
