// SPDX-License-Identifier: MIT
//! Loudness after EBU R128 and true peak after ITU-R BS.1770, of sound as floats.

use super::LoudnessReport;
use crate::words::AudioCodec;
use ebur128::{Channel, EbuR128, Mode};

/// Before so long the range of loudness says nothing: it is made of windows of this length.
const RANGE_AFTER_SECONDS: u64 = 3;

/// Listens to a recording from its beginning.
pub struct Meter {
    r128: EbuR128,
    rate_hz: u32,
    channels: u32,
    samples: u64,
}

impl Meter {
    /// None where R128 says nothing about such sound.
    pub fn new(rate_hz: u32, channels: u32, codec: AudioCodec) -> Option<Meter> {
        let mut r128 = EbuR128::new(channels, rate_hz, Mode::I | Mode::LRA | Mode::TRUE_PEAK).ok()?;
        r128.set_channel_map(places(channels, codec)?).ok()?;
        Some(Meter { r128, rate_hz, channels, samples: 0 })
    }

    /// Interleaved samples, right behind those before.
    pub fn add(&mut self, values: &[f32]) {
        match self.r128.add_frames_f32(values) {
            Ok(()) => self.samples += (values.len() / self.channels as usize) as u64,
            Err(why) => tracing::debug!("loudness is not measured: {why}"),
        }
    }

    /// What can be said by now.
    pub fn report(&self) -> LoudnessReport {
        let finite = |value: Result<f64, ebur128::Error>| value.ok().filter(|value| value.is_finite());
        let integrated_lufs = finite(self.r128.loudness_global());
        let has_range = integrated_lufs.is_some() && self.samples >= RANGE_AFTER_SECONDS * u64::from(self.rate_hz);
        let peaks = (0..self.channels).filter_map(|channel| self.r128.true_peak(channel).ok());
        let peak = peaks.fold(0.0, f64::max);
        LoudnessReport {
            momentary_lufs: finite(self.r128.loudness_momentary()),
            short_term_lufs: finite(self.r128.loudness_shortterm()),
            integrated_lufs,
            range_lu: has_range.then(|| finite(self.r128.loudness_range())).flatten(),
            true_peak_dbtp: Some(decibels(peak)).filter(|peak| peak.is_finite()),
        }
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("samples", &self.samples).finish()
    }
}

/// A factor in decibels.
pub fn decibels(factor: f64) -> f64 {
    20.0 * factor.log10()
}

/// Decibels as a factor.
pub fn factor(decibels: f64) -> f64 {
    10f64.powf(decibels / 20.0)
}

/// What counts more because it comes from behind, and the bass, which does not count.
fn places(channels: u32, codec: AudioCodec) -> Option<&'static [Channel]> {
    use Channel::{Center, Left, LeftSurround, Mm060, Mp060, Mp180, Right, RightSurround, Unused};
    const EIGHT: [Channel; 8] = [Left, Right, Center, Unused, LeftSurround, RightSurround, Mp060, Mm060];
    Some(match (channels, codec) {
        (1, _) => &[Center],
        (2, _) => &EIGHT[..2],
        (3, _) => &EIGHT[..3],
        (4, AudioCodec::Aac) => &[Left, Right, Center, LeftSurround],
        (4, _) => &[Left, Right, LeftSurround, RightSurround],
        (5, _) => &[Left, Right, Center, LeftSurround, RightSurround],
        (6, _) => &EIGHT[..6],
        (7, _) => &[Left, Right, Center, Unused, LeftSurround, RightSurround, Mp180],
        (8, _) => &EIGHT,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Meter;
    use crate::words::AudioCodec;

    fn sine(level: f32, seconds: u32) -> Vec<f32> {
        let value = |n: u32| level * (f64::from(n) * 997.0 * std::f64::consts::TAU / 48_000.0).sin() as f32;
        (0..48_000 * seconds).flat_map(|n| [value(n); 2]).collect()
    }

    #[test]
    fn a_full_tone_in_both_channels_is_where_the_standard_says() {
        let mut meter = Meter::new(48_000, 2, AudioCodec::Flac).expect("stereo");
        meter.add(&sine(0.1, 5));
        let report = meter.report();
        // -20 dBFS in one channel is -23 LUFS, in two -20.
        assert!((report.integrated_lufs.expect("five seconds") + 20.0).abs() < 0.1, "{report:?}");
        assert!((report.true_peak_dbtp.expect("it sounds") + 20.0).abs() < 0.1, "{report:?}");
        assert!(report.range_lu.expect("five seconds") < 0.1);
    }

    #[test]
    fn what_is_not_known_yet_is_absent() {
        let mut meter = Meter::new(48_000, 2, AudioCodec::Flac).expect("stereo");
        meter.add(&vec![0.0; 96_000]);
        let text = serde_json::to_string(&meter.report()).expect("JSON");
        assert_eq!(text, "{}");
        meter.add(&sine(0.1, 1));
        assert!(meter.report().range_lu.is_none() && meter.report().integrated_lufs.is_some());
        assert!(Meter::new(48_000, 9, AudioCodec::Flac).is_none());
    }

    #[test]
    #[ignore = "a measurement"]
    fn what_listening_costs() {
        let mut meter = Meter::new(48_000, 2, AudioCodec::Flac).expect("stereo");
        let second = sine(0.1, 1);
        let begun = std::time::Instant::now();
        for _ in 0..600 {
            second.chunks(960).for_each(|block| meter.add(block));
        }
        println!("{:.3} % of a core", begun.elapsed().as_secs_f64() / 6.0);
        let begun = std::time::Instant::now();
        meter.report();
        println!("a report behind ten minutes: {:?}", begun.elapsed());
    }
}
