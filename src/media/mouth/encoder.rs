// SPDX-License-Identifier: MIT
//! Opus as we use it: one channel, constant bit rate, the low-delay mode, which looks ahead 2.5 ms and no further.

use opus::{Application, Bitrate, Channels, Encoder};

/// The upper end of what a voice may weigh on the wire.
const BITRATE: i32 = 32_000;
/// Half as long a frame needs twice the bits to sound as good; it is used only by who asks for it.
const BITRATE_SHORT: i32 = 64_000;
/// Costs 1 % of a core at 200 frames a second, and is heard.
const COMPLEXITY: i32 = 10;
/// Longer than any frame at our bit rate.
const OPUS_BYTES_MAX: usize = 255;
/// A mute is a ramp, not a click: samples from full to nothing.
const RAMP_SAMPLES: f32 = 120.0;

/// How long a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameSamples {
    /// 120 samples.
    Ms2_5,
    /// 240 samples.
    Ms5,
}

impl FrameSamples {
    /// In samples.
    pub fn count(self) -> usize {
        match self {
            FrameSamples::Ms2_5 => 120,
            FrameSamples::Ms5 => 240,
        }
    }

    /// The longer one unless it is plainly the shorter.
    pub(super) fn of(samples: u32) -> FrameSamples {
        if samples == 120 { FrameSamples::Ms2_5 } else { FrameSamples::Ms5 }
    }
}

/// The encoder with its input and output, so that nothing is allocated while it runs.
pub(super) struct VoiceEncoder {
    opus: Encoder,
    frames: FrameSamples,
    loss_percent: u8,
    input: [f32; 240],
    output: [u8; OPUS_BYTES_MAX],
    /// From 0, muted, to 1.
    gain: f32,
}

impl VoiceEncoder {
    pub(super) fn new() -> VoiceEncoder {
        let opus = Encoder::new(48_000, Channels::Mono, Application::LowDelay);
        let mut opus = opus.expect("libopus knows this rate and mode");
        let settings = [
            opus.set_bitrate(Bitrate::Bits(BITRATE)),
            opus.set_vbr(false),
            opus.set_complexity(COMPLEXITY),
            opus.set_inband_fec(false),
        ];
        settings.into_iter().for_each(|set| set.expect("libopus takes its own settings"));
        let frames = FrameSamples::Ms5;
        VoiceEncoder { opus, frames, loss_percent: 0, input: [0.0; 240], output: [0; OPUS_BYTES_MAX], gain: 1.0 }
    }

    pub(super) fn frames(&self) -> FrameSamples {
        self.frames
    }

    pub(super) fn set_frames(&mut self, frames: FrameSamples) {
        if frames != self.frames {
            self.frames = frames;
            let rate = if frames == FrameSamples::Ms5 { BITRATE } else { BITRATE_SHORT };
            self.opus.set_bitrate(Bitrate::Bits(rate)).expect("libopus takes its own settings");
        }
    }

    pub(super) fn expect_loss(&mut self, percent: u8) {
        if percent != self.loss_percent {
            self.loss_percent = percent;
            self.opus.set_packet_loss_perc(i32::from(percent)).expect("a percentage up to 100");
        }
    }

    /// Where the next frame's samples belong.
    pub(super) fn input(&mut self) -> &mut [f32] {
        &mut self.input[..self.frames.count()]
    }

    /// What is in [`VoiceEncoder::input`], as Opus.
    pub(super) fn encode(&mut self, muted: bool) -> &[u8] {
        let frame = &mut self.input[..self.frames.count()];
        let goal = if muted { 0.0 } else { 1.0 };
        if self.gain != goal || muted {
            for sample in frame.iter_mut() {
                let step = (goal - self.gain).clamp(-1.0 / RAMP_SAMPLES, 1.0 / RAMP_SAMPLES);
                self.gain += step;
                *sample *= self.gain;
            }
        }
        match self.opus.encode_float(frame, &mut self.output) {
            Ok(bytes) => &self.output[..bytes],
            // Only samples that are no numbers could bring this about: the slot stays empty.
            Err(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FrameSamples, VoiceEncoder};

    #[test]
    fn every_frame_has_the_size_of_its_rate_and_a_mute_says_nothing() {
        let mut encoder = VoiceEncoder::new();
        let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono).expect("a decoder");
        let mut loudest = [0.0_f32; 2];
        for number in 0..100 {
            let sine = |i: usize| (((number % 50) * 240 + i) as f32 * 0.13).sin() * 0.5;
            encoder.input().iter_mut().enumerate().for_each(|(i, sample)| *sample = sine(i));
            let bytes = encoder.encode(number >= 50).to_vec();
            assert_eq!(bytes.len(), 20, "32 kbit/s in 5 ms");
            let mut out = [0.0; 240];
            decoder.decode_float(&bytes, &mut out, false).expect("Opus");
            if number % 50 > 10 {
                let peak = out.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
                loudest[number / 50] = loudest[number / 50].max(peak);
            }
        }
        assert!(loudest[0] > 0.4 && loudest[1] < 1e-3, "{loudest:?}");
        encoder.set_frames(FrameSamples::Ms2_5);
        encoder.input().fill(0.1);
        assert_eq!(encoder.encode(false).len(), 20, "64 kbit/s in 2.5 ms");
    }
}
