// SPDX-License-Identifier: MIT
//! Raw sound as floats, with the channels that the recording has.

use crate::media::{RawSound, SampleFormat};

/// How the submitted channels become those of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// One by one.
    Same,
    /// The mean of two.
    ToMono,
    /// The one, twice.
    ToStereo,
}

impl Mix {
    /// None where only the converter of the recording knows how it mixes.
    pub fn of(from: u32, to: u32) -> Option<Mix> {
        match (from, to) {
            (2, 1) => Some(Mix::ToMono),
            (1, 2) => Some(Mix::ToStereo),
            _ => (from == to).then_some(Mix::Same),
        }
    }
}

/// The numbers of whole samples. What is no number is silence.
pub fn floats(raw: RawSound, mix: Mix, bytes: &[u8]) -> Vec<f32> {
    let number = |bytes: &[u8]| {
        let value = number(raw.format, bytes);
        if value.is_finite() { value } else { 0.0 }
    };
    let numbers = bytes.chunks_exact(raw.format.bytes()).map(number);
    match mix {
        Mix::Same => numbers.collect(),
        Mix::ToStereo => numbers.flat_map(|value| [value; 2]).collect(),
        Mix::ToMono => {
            let numbers: Vec<f32> = numbers.collect();
            numbers.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect()
        }
    }
}

/// Little endian, as [`SampleFormat`] says.
fn number(format: SampleFormat, b: &[u8]) -> f32 {
    match format {
        SampleFormat::U8 => (f32::from(b[0]) - 128.0) / 128.0,
        SampleFormat::S16 => f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0,
        SampleFormat::S24 => i32::from_le_bytes([0, b[0], b[1], b[2]]) as f32 / 2_147_483_648.0,
        SampleFormat::S32 => i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0,
        SampleFormat::F32 => f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        SampleFormat::F64 => f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::{Mix, floats};
    use crate::media::{RawSound, SampleFormat};

    #[test]
    fn every_format_says_the_same_half() {
        let halves: [(SampleFormat, &[u8]); 6] = [
            (SampleFormat::U8, &[64]),
            (SampleFormat::S16, &[0, 0xc0]),
            (SampleFormat::S24, &[0, 0, 0xc0]),
            (SampleFormat::S32, &[0, 0, 0, 0xc0]),
            (SampleFormat::F32, &[0, 0, 0, 0xbf]),
            (SampleFormat::F64, &[0, 0, 0, 0, 0, 0, 0xe0, 0xbf]),
        ];
        for (format, bytes) in halves {
            let raw = RawSound { format, rate_hz: 48_000, channels: 1 };
            assert_eq!(floats(raw, Mix::Same, bytes), [-0.5], "{format:?}");
            assert_eq!(floats(raw, Mix::ToStereo, bytes), [-0.5, -0.5], "{format:?}");
        }
        let raw = RawSound { format: SampleFormat::F32, rate_hz: 48_000, channels: 2 };
        let bytes: Vec<u8> = [1.0f32, 0.5, f32::NAN, 0.5].iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(floats(raw, Mix::ToMono, &bytes), [0.75, 0.25]);
        assert_eq!(Mix::of(6, 2), None);
    }
}
