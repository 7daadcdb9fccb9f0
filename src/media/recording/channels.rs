// SPDX-License-Identifier: MIT
//! Which loudspeakers the channels of a recording are for.

use crate::words::AudioCodec;

/// The usual places of so many channels: mono has none; then stereo, with a centre, four, five, with a bass, six and
/// seven around. FLAC, Opus and every container agree on these.
const PLACES: [u64; 9] = [0, 0, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x13f, 0xc3f];
/// AAC's four are three in front and one behind.
const FOUR_IN_AAC: u64 = 0x107;

/// The mask, or none for mono.
pub fn channel_mask(channels: u32, codec: AudioCodec) -> Option<u64> {
    match (channels, codec) {
        (4, AudioCodec::Aac) => Some(FOUR_IN_AAC),
        // GStreamer's Opus encoder loses the centre of these seven unless nobody says which is which.
        (7, AudioCodec::Opus) => Some(0),
        _ => PLACES.get(channels as usize).copied().filter(|mask| *mask != 0),
    }
}

/// The order in which an encoder has to be given the channels, where GStreamer's has one of its own that the format's
/// readers do not share: the first is given this one, the second that one.
pub fn given_order(channels: u32, codec: AudioCodec) -> Option<&'static [usize]> {
    match (codec, channels) {
        (AudioCodec::Flac, 7) => Some(&[0, 1, 4, 5, 2, 3, 6]),
        (AudioCodec::Flac, 8) => Some(&[0, 1, 4, 5, 2, 3, 6, 7]),
        (AudioCodec::Opus, 5) => Some(&[0, 1, 4, 2, 3]),
        (AudioCodec::Opus, 8) => Some(&[0, 1, 6, 7, 2, 3, 4, 5]),
        _ => None,
    }
}

/// Puts every sample into that order.
pub fn reorder(bytes: &mut [u8], number_bytes: usize, order: &[usize]) {
    let mut said = vec![0; number_bytes * order.len()];
    for sample in bytes.chunks_exact_mut(said.len()) {
        said.copy_from_slice(sample);
        for (given, from) in sample.chunks_exact_mut(number_bytes).zip(order) {
            given.copy_from_slice(&said[from * number_bytes..][..number_bytes]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{given_order, reorder};
    use crate::words::AudioCodec;

    #[test]
    fn every_sample_is_reordered_by_itself() {
        let order = given_order(5, AudioCodec::Opus).expect("five are given in another order");
        let mut bytes: Vec<u8> = (0..20).collect();
        reorder(&mut bytes, 2, order);
        assert_eq!(bytes[..10], [0, 1, 2, 3, 8, 9, 4, 5, 6, 7]);
        assert_eq!(bytes[10..], [10, 11, 12, 13, 18, 19, 14, 15, 16, 17]);
    }
}
