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
        _ => PLACES.get(channels as usize).copied().filter(|mask| *mask != 0),
    }
}

/// Whether the encoder would swap the third and fourth channel with the fifth and sixth: GStreamer's FLAC encoder has
/// an order of its own for seven and eight, which the format's readers do not share.
pub fn are_swapped(channels: u32, codec: AudioCodec) -> bool {
    codec == AudioCodec::Flac && channels >= 7
}

/// Swaps them beforehand, in every sample.
pub fn swap(bytes: &mut [u8], number_bytes: usize, channels: u32) {
    let pair = 2 * number_bytes;
    for sample in bytes.chunks_exact_mut(number_bytes * channels as usize) {
        let (front, behind) = sample[pair..3 * pair].split_at_mut(pair);
        front.swap_with_slice(behind);
    }
}

#[cfg(test)]
mod tests {
    use super::swap;

    #[test]
    fn two_pairs_change_places_in_every_sample() {
        let mut bytes: Vec<u8> = (0..14).chain(14..28).collect();
        swap(&mut bytes, 2, 7);
        assert_eq!(bytes[..14], [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13]);
        assert_eq!(bytes[14..20], [14, 15, 16, 17, 22, 23]);
    }
}
