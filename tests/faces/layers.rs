// SPDX-License-Identifier: MIT
//! A peer that gets fewer layers sees the same pictures, only fewer of them.

use super::world::{Display, HD, recorded};
use hyperzoom::media::Encoded;
use std::collections::BTreeMap;

/// Every decoded picture by the moment at which it was taken.
fn decoded(pictures: &[Encoded], layer_max: u8) -> BTreeMap<u64, Vec<u8>> {
    let display = Display::open();
    let allowed = pictures.iter().filter(|picture| picture.key || picture.layer <= layer_max);
    let shown = allowed.map(|picture| display.decode(picture).unwrap_or_else(|| panic!("layer {}", picture.layer)));
    shown.map(|shown| (shown.captured.0, shown.luma())).collect()
}

#[test]
fn fewer_layers_decode_to_the_very_same_pictures() {
    // Key frames fall everywhere in the pattern.
    let pictures = recorded(HD, 120, |k, out| {
        if [17, 34, 55, 76].contains(&k) {
            out.want_key();
        }
    });
    let keys: Vec<usize> = (0..pictures.len()).filter(|k| pictures[*k].key).collect();
    assert!(keys.len() >= 5, "{keys:?}");
    let of_layer = |layer| pictures.iter().filter(|picture| picture.layer == layer).count();
    println!("{} pictures, layers {:?}, key frames at {keys:?}", pictures.len(), [0, 1, 2].map(of_layer));
    let all = decoded(&pictures, 2);
    assert_eq!(all.len(), pictures.len());
    for layer_max in [0, 1] {
        let fewer = decoded(&pictures, layer_max);
        let bytes =
            |pictures: &mut dyn Iterator<Item = &Encoded>| pictures.map(|p| p.bytes.len()).sum::<usize>() as f64;
        let part = bytes(&mut pictures.iter().filter(|p| p.key || p.layer <= layer_max)) / bytes(&mut pictures.iter());
        println!("layers up to {layer_max}: {} pictures, {:.0} % of the bytes", fewer.len(), 100.0 * part);
        assert!(fewer.len() < all.len() * 2 / 3);
        for (captured, picture) in &fewer {
            assert!(all[captured] == *picture, "layers up to {layer_max}: a picture has drifted");
        }
    }
}
