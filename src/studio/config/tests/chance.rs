// SPDX-License-Identifier: MIT
//! Configurations by chance: most of them are wrong somewhere.

use super::{AudioConfig, Container, Limits, Loudness, RecordingConfig, VideoConfig};
use crate::studio::config::{Adaptive, WhenReached};
use crate::words::{AudioCodec, Quality, Rate, Size, Target, VideoCodec};
use std::hash::{BuildHasher, RandomState};

const CONFIGS: u32 = 20_000;

/// A small generator (xorshift); its seed is printed and can be given.
struct Chance(u64);

impl Chance {
    fn seeded() -> Chance {
        let given = std::env::var("HYPERZOOM_SEED").ok().map(|s| s.parse().expect("HYPERZOOM_SEED is a number"));
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0) >> 16);
        println!("HYPERZOOM_SEED={seed}");
        Chance(seed | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }

    /// Mostly one of these, which mostly work; at times anything at all.
    fn mostly(&mut self, choices: &[u32]) -> u32 {
        if self.one_in(12) { self.below(1 << 32) as u32 } else { self.of(choices) }
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Chance) -> T) -> Option<T> {
        if self.one_in(2) { Some(make(self)) } else { None }
    }

    fn encoder(&mut self) -> Option<String> {
        if !self.one_in(8) {
            return None;
        }
        let names = ["x264enc", "avenc_aac", "svtav1enc", "", "auto", "two words", "a\"b", "naïve", "!", "x\ny"];
        Some(self.of(&names).to_owned())
    }

    fn number(&mut self, usual: &[f64]) -> f64 {
        let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, -1.0, 1e300, f64::MIN_POSITIVE];
        if self.one_in(12) { self.of(&strange) } else { self.of(usual) }
    }

    fn video(&mut self) -> VideoConfig {
        let (num, den) = self.of(&[(15, 1), (24, 1), (25, 1), (30, 1), (60, 1), (30_000, 1001), (60_000, 1001)]);
        let target = if self.one_in(2) {
            Target::Kbps(self.mostly(&[16, 500, 4000, 18_000, 500_000]))
        } else {
            Target::Quality(self.of(&Quality::ALL))
        };
        VideoConfig {
            codec: self.maybe(|it| it.of(&VideoCodec::ALL)),
            size: Size {
                width: self.mostly(&[64, 640, 1280, 1920, 3840, 8192, 641]),
                height: self.mostly(&[64, 480, 720, 1080, 2160, 8192]),
            },
            frame_rate: Rate { num: self.mostly(&[num, num, num, 1, 240]), den: self.mostly(&[den, den, den, 1]) },
            target,
            key_frame_seconds: self.number(&[1.0, 0.5, 2.0, 10.0, 60.0, 1.0 / 30.0]),
            low_latency: self.one_in(2),
            encoder: self.encoder(),
        }
    }

    fn audio(&mut self) -> AudioConfig {
        AudioConfig {
            codec: self.maybe(|it| it.of(&AudioCodec::ALL)),
            kbps: self.maybe(|it| it.mostly(&[8, 64, 96, 128, 160, 192, 320, 510])),
            sample_rate_hz: self.mostly(&[8000, 11_025, 16_000, 22_050, 44_100, 48_000, 48_000, 96_000, 192_000]),
            channels: self.mostly(&[1, 1, 2, 2, 3, 4, 5, 6, 7, 8]),
            bits: self.mostly(&[16, 16, 24]),
            low_latency: self.one_in(2),
            encoder: self.encoder(),
        }
    }

    fn limits(&mut self) -> Limits {
        let bytes = [1_000_000, 4_000_000_000, 268_435_456, 1_000_000_000_000_000];
        Limits {
            max_bytes: self.maybe(|it| if it.one_in(8) { it.0 } else { it.of(&bytes) }),
            max_seconds: self.maybe(|it| it.number(&[1.0, 60.0, 3600.5, 1e6])),
            min_free_bytes: if self.one_in(8) { self.0 } else { self.of(&bytes) },
            when_reached: self.of(&[WhenReached::End, WhenReached::RollOver]),
            max_waiting_bytes: if self.one_in(8) { self.0 } else { self.of(&[256 << 20, 1 << 30]) },
        }
    }

    fn config(&mut self) -> RecordingConfig {
        let modes = [Adaptive::Rate, Adaptive::Size, Adaptive::Quality];
        let modes = (0..self.below(3)).map(|_| self.of(&modes)).collect::<Vec<_>>();
        let container = self.of(&Container::ALL);
        RecordingConfig {
            container,
            video: if self.one_in(4) { None } else { Some(self.video()) },
            audio: if self.one_in(4) { None } else { Some(self.audio()) },
            tracks: Vec::new(),
            limits: if self.one_in(3) { self.limits() } else { Limits::default() },
            adaptive: if self.one_in(3) { modes } else { Vec::new() },
            loudness: self.maybe(|it| Loudness {
                target_lufs: it.number(&[-16.0, -19.0, -23.0, -36.0, -8.0]),
                true_peak_db: it.number(&[-1.0, -2.5, 0.0]),
                keep_original: it.one_in(2),
            }),
            fast_start: container == Container::Mp4 && self.one_in(2) || self.one_in(16),
            master: self.one_in(64),
        }
    }
}

/// What must hold of whatever is found good, said in other words than the check's own.
fn obeys(config: &RecordingConfig) {
    let valid = config.validate().expect("was found good");
    assert_eq!((valid.picture().is_some(), valid.sound().is_some()), (config.video.is_some(), config.audio.is_some()));
    if let Some(picture) = valid.picture() {
        assert!(valid.container().video_codecs().contains(&picture.codec));
        assert!(picture.size.width % 2 == 0 && picture.size.height % 2 == 0 && picture.size.pixels() <= 8192 * 8192);
        assert!((1.0..=240.0).contains(&picture.rate.as_f64()));
        assert!((1..=240 * 60).contains(&picture.key_frames));
    }
    if let Some(sound) = valid.sound() {
        assert!(valid.container().audio_codecs().contains(&sound.codec));
        assert!((8000..=192_000).contains(&sound.rate_hz) && (1..=8).contains(&sound.channels));
        assert!(sound.bits == 16 || sound.bits == 24 && sound.codec.is_lossless());
        let room = match sound.codec {
            AudioCodec::Aac => (sound.rate_hz / 1000 * 6 + 6) * sound.channels,
            AudioCodec::Opus => 510,
            AudioCodec::Mp3 if sound.rate_hz < 32_000 => 160,
            AudioCodec::Mp3 => 320,
            AudioCodec::Flac | AudioCodec::Pcm => u32::MAX,
        };
        assert!((6..=room).contains(&sound.kbps), "{sound:?}");
    }
    assert!(valid.limits().max_seconds.is_none_or(f64::is_finite));
    assert!(valid.loudness().is_none_or(|it| (-36.0..=-8.0).contains(&it.target_lufs)));
    assert!(config.estimated_bytes_per_hour() > 1_000_000);
}

#[test]
fn what_is_found_good_can_be_had_and_kept_and_what_is_not_names_a_field() {
    let mut chance = Chance::seeded();
    let mut good = 0;
    for _ in 0..CONFIGS {
        let config = chance.config();
        match config.validate() {
            Ok(_) => {
                good += 1;
                obeys(&config);
                let text = config.to_toml();
                let again = RecordingConfig::from_toml(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
                assert_eq!(again, config, "{text}");
            }
            Err(why) => {
                let field = why.field().unwrap_or_else(|| panic!("{why} names no field"));
                let section = field.split('.').next().unwrap_or_default();
                let known = ["container", "video", "audio", "limits", "adaptive", "loudness", "fast_start"];
                assert!(known.contains(&section), "{why}");
                let _ = config.estimated_bytes_per_hour();
            }
        }
    }
    println!("{good} of {CONFIGS} can be had");
    assert!((CONFIGS / 50..CONFIGS / 2).contains(&good), "{good} of {CONFIGS}: the chances are badly chosen");
}

#[test]
fn a_text_of_chance_is_read_or_refused_but_never_panicked_at() {
    let mut chance = Chance::seeded();
    let keys = ["preset", "container", "video", "audio", "limits", "adaptive", "loudness", "fast_start", "nonsense"];
    let inner = [
        "codec",
        "size",
        "frame_rate",
        "quality",
        "kbps",
        "key_frame_seconds",
        "sample_rate_hz",
        "channels",
        "bits",
        "max_bytes",
        "max_seconds",
        "when_reached",
        "mode",
        "target_lufs",
    ];
    let values = [
        "0",
        "-1",
        "9223372036854775807",
        "1e308",
        "nan",
        "inf",
        "''",
        "'none'",
        "'auto'",
        "'é'",
        "'4 é'",
        "'0x0'",
        "'1/0'",
        "'/'",
        "[]",
        "{}",
        "true",
        "1979-05-27",
        "'99999999999999999999 TB'",
        "'NaN'",
        "'30000/1001'",
        "'1e9'",
    ];
    for _ in 0..CONFIGS {
        let (key, value) = (chance.of(&keys), chance.of(&values));
        let text = if chance.one_in(2) { value.to_owned() } else { format!("{{{} = {value}}}", chance.of(&inner)) };
        let read = RecordingConfig::from_toml(&format!("{key} = {text}"));
        if let Err(why) = read.and_then(|config| config.validate()) {
            assert!(why.field().is_some(), "{key} = {text}: {why}");
        }
        let _ = RecordingConfig::default().set(&format!("{key}.{}", chance.of(&inner)), value);
    }
}
