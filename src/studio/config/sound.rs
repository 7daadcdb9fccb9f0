// SPDX-License-Identifier: MIT
//! What each codec of sound can do, and whether a configuration keeps to it.

use super::near::{all, any};
use super::{AudioConfig, AudioQuality, ConfigError};
use crate::media::sound_rate_max_hz;
use crate::words::{AudioCodec, Container, SoundRecipe};
use std::ops::RangeInclusive;

/// What any recorder is asked for.
const RATES_HZ: RangeInclusive<u32> = 8_000..=192_000;
const CHANNELS: RangeInclusive<u32> = 1..=8;

/// The rates that AAC has an index for, up to what its encoders take.
const AAC_RATES_HZ: [u32; 12] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000];
const OPUS_RATES_HZ: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];
const MP3_RATES_HZ: [u32; 9] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// MP3 knows no bit rates between its steps, and has others for its lower rates; those below 16 kHz end early.
const MP3_KBPS: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MP3_KBPS_BELOW_32_KHZ: [u32; 13] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160];
const MP3_KBPS_BELOW_16_KHZ: [u32; 8] = [8, 16, 24, 32, 40, 48, 56, 64];

/// A packet of AAC has room for 6144 bits a channel and holds 1024 samples.
const AAC_BITS_PER_SAMPLE: u32 = 6;
/// More brings nothing, whatever the packets have room for.
const AAC_KBPS_MAX: u32 = 512;
/// Below this an encoder of AAC gives up, for each channel.
const AAC_KBPS_MIN: u32 = 8;

/// A packet of Opus holds 1275 bytes, of which one channel uses half.
const OPUS_KBPS: RangeInclusive<u32> = 6..=510;
const OPUS_KBPS_MONO: RangeInclusive<u32> = 6..=256;

/// The sound of a recording in this container, if it can be had.
pub(super) fn recipe(container: Container, audio: &AudioConfig) -> Result<SoundRecipe, ConfigError> {
    let codec = codec(container, audio);
    if !container.audio_codecs().contains(&codec) {
        let held = all(container.audio_codecs());
        let instead = format!("it holds {held}, or choose MKV");
        return Err(ConfigError::impossible("audio.codec", format!("{container} cannot hold {codec}"), instead));
    }
    check_rate(codec, audio.sample_rate_hz)?;
    if let Some(most) = sound_rate_max_hz(container, codec).filter(|most| audio.sample_rate_hz > *most) {
        let why = format!("{container} cannot say {} Hz of {codec}", audio.sample_rate_hz);
        let instead = format!("choose at most {most} Hz, or choose MKV");
        return Err(ConfigError::impossible("audio.sample_rate_hz", why, instead));
    }
    check_channels(codec, audio.channels)?;
    check_bits(codec, audio.bits)?;
    let kbps = check_kbps(codec, audio)?;
    Ok(SoundRecipe {
        codec,
        rate_hz: audio.sample_rate_hz,
        channels: audio.channels,
        bits: audio.bits,
        kbps,
        low_latency: audio.low_latency,
        encoder: audio.encoder.clone(),
    })
}

/// The codec that is asked for, or the container's first.
pub(super) fn codec(container: Container, audio: &AudioConfig) -> AudioCodec {
    audio.codec.unwrap_or(container.audio_codecs()[0])
}

/// The bit rate that is asked for, or the usual one as far as the codec can follow.
pub(super) fn kbps(codec: AudioCodec, audio: &AudioConfig) -> u32 {
    let usual = AudioQuality::High.kbps();
    audio.kbps.unwrap_or_else(|| match codec {
        AudioCodec::Mp3 => usual.min(mp3_steps(audio.sample_rate_hz).last().copied().unwrap_or(usual)),
        AudioCodec::Aac => usual.clamp(*aac_kbps(audio).start(), *aac_kbps(audio).end()),
        AudioCodec::Opus | AudioCodec::Flac | AudioCodec::Pcm => usual,
    })
}

fn check_rate(codec: AudioCodec, rate_hz: u32) -> Result<(), ConfigError> {
    let allowed: &[u32] = match codec {
        AudioCodec::Aac => &AAC_RATES_HZ,
        AudioCodec::Opus => &OPUS_RATES_HZ,
        AudioCodec::Mp3 => &MP3_RATES_HZ,
        AudioCodec::Flac | AudioCodec::Pcm => {
            let instead = format!("choose {} to {} Hz", RATES_HZ.start(), RATES_HZ.end());
            return refuse_unless(RATES_HZ.contains(&rate_hz), "audio.sample_rate_hz", codec, rate_hz, "Hz", &instead);
        }
    };
    let instead = format!("choose {} Hz, or FLAC or PCM, which take any", any(allowed));
    refuse_unless(allowed.contains(&rate_hz), "audio.sample_rate_hz", codec, rate_hz, "Hz", &instead)
}

fn check_channels(codec: AudioCodec, channels: u32) -> Result<(), ConfigError> {
    let (possible, instead) = match codec {
        AudioCodec::Mp3 => ((1..=2).contains(&channels), "choose 1 or 2, or another codec"),
        AudioCodec::Aac => (CHANNELS.contains(&channels) && channels != 7, "choose 1 to 6, or 8"),
        AudioCodec::Opus | AudioCodec::Flac | AudioCodec::Pcm => (CHANNELS.contains(&channels), "choose 1 to 8"),
    };
    refuse_unless(possible, "audio.channels", codec, channels, "channels", instead)
}

fn check_bits(codec: AudioCodec, bits: u32) -> Result<(), ConfigError> {
    let (possible, instead) = if codec.is_lossless() {
        (matches!(bits, 16 | 24), "choose 16 or 24")
    } else {
        (bits == 16, "leave it at 16, or choose FLAC or PCM, which hold 24")
    };
    refuse_unless(possible, "audio.bits", codec, bits, "bits", instead)
}

fn check_kbps(codec: AudioCodec, audio: &AudioConfig) -> Result<u32, ConfigError> {
    let kbps = kbps(codec, audio);
    let range = match codec {
        AudioCodec::Flac | AudioCodec::Pcm => {
            if audio.kbps.is_some() {
                let why = format!("{codec} is lossless and takes the bit rate it needs");
                let instead = "leave it out or say \"auto\", or choose another codec";
                return Err(ConfigError::impossible("audio.kbps", why, instead));
            }
            return Ok(kbps);
        }
        AudioCodec::Mp3 => {
            let steps = mp3_steps(audio.sample_rate_hz);
            let instead = format!("at {} Hz choose {}", audio.sample_rate_hz, any(steps));
            refuse_unless(steps.contains(&kbps), "audio.kbps", codec, kbps, "kbit/s", &instead)?;
            return Ok(kbps);
        }
        AudioCodec::Aac => aac_kbps(audio),
        AudioCodec::Opus if audio.channels == 1 => OPUS_KBPS_MONO,
        AudioCodec::Opus => OPUS_KBPS,
    };
    let (rate_hz, channels) = (audio.sample_rate_hz, audio.channels);
    let of = if channels == 1 { "one channel".to_owned() } else { format!("{channels} channels") };
    let instead = format!("for {of} at {rate_hz} Hz choose {} to {}", range.start(), range.end());
    refuse_unless(range.contains(&kbps), "audio.kbps", codec, kbps, "kbit/s", &instead)?;
    Ok(kbps)
}

/// What AAC can do; only for rates and channels that have been checked, or else it may be empty.
fn aac_kbps(audio: &AudioConfig) -> RangeInclusive<u32> {
    let channels = audio.channels.clamp(1, 8);
    let room = audio.sample_rate_hz.clamp(8_000, 192_000) * AAC_BITS_PER_SAMPLE / 1000 * channels;
    AAC_KBPS_MIN * channels..=room.min(AAC_KBPS_MAX)
}

fn mp3_steps(rate_hz: u32) -> &'static [u32] {
    match rate_hz {
        0..16_000 => &MP3_KBPS_BELOW_16_KHZ,
        16_000..32_000 => &MP3_KBPS_BELOW_32_KHZ,
        _ => &MP3_KBPS,
    }
}

fn refuse_unless(
    possible: bool,
    field: &str,
    codec: AudioCodec,
    found: u32,
    unit: &str,
    instead: &str,
) -> Result<(), ConfigError> {
    if possible {
        return Ok(());
    }
    Err(ConfigError::impossible(field, format!("{codec} has no {found} {unit}"), instead))
}
