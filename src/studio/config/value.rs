// SPDX-License-Identifier: MIT
//! Single values as people write them, and back.

use super::{Adaptive, AudioQuality, VideoConfig, WhenReached};
use crate::words::{AudioCodec, Container, Quality, Rate, Size, VideoCodec};
use toml::Value;

/// Sizes that have a name.
pub(super) const SIZES: [(&str, Size); 6] = [
    ("vga", VideoConfig::VGA),
    ("480p", Size { width: 854, height: 480 }),
    ("720p", VideoConfig::HD),
    ("1080p", VideoConfig::FULL_HD),
    ("1440p", Size { width: 2560, height: 1440 }),
    ("4k", VideoConfig::UHD),
];

/// Qualities of pictures with their names, the smallest first.
pub(super) const QUALITIES: [(&str, Quality); 4] =
    [("fast", Quality::Fast), ("balanced", Quality::Balanced), ("high", Quality::High), ("ultra", Quality::Ultra)];

pub(super) const REACHED: [(&str, WhenReached); 2] = [("end", WhenReached::End), ("roll-over", WhenReached::RollOver)];

/// Whole rates that television has slowed down by a thousandth.
const SLOWED: [u32; 6] = [24, 30, 48, 60, 120, 240];

/// What sizes of files are counted in.
const UNITS: [(&str, u64); 13] = [
    ("", 1),
    ("b", 1),
    ("k", 1_000),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// Beyond this the numbers of a float have gaps.
const WHOLE_MAX: f64 = 9e15;

/// The one of this name; upper and lower case are alike.
pub(super) fn named<T: Copy, const N: usize>(names: &[(&str, T); N], value: &Value) -> Option<T> {
    let text = value.as_str()?;
    names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, it)| *it)
}

/// The name of this one.
pub(super) fn name_of<T: PartialEq, const N: usize>(names: &[(&'static str, T); N], it: &T) -> &'static str {
    names.iter().find(|(_, other)| other == it).map_or("", |(name, _)| name)
}

pub(super) fn container(value: &Value) -> Option<Container> {
    Container::of_extension(value.as_str()?)
}

/// `h264`, `H.264`: dots and dashes tell nothing.
pub(super) fn video_codec(value: &Value) -> Option<VideoCodec> {
    let key = codec_key(value)?;
    VideoCodec::ALL.into_iter().find(|codec| codec.key() == key)
}

pub(super) fn audio_codec(value: &Value) -> Option<AudioCodec> {
    let key = codec_key(value)?;
    AudioCodec::ALL.into_iter().find(|codec| codec.key() == key)
}

fn codec_key(value: &Value) -> Option<String> {
    Some(value.as_str()?.replace(['.', '-'], "").to_lowercase())
}

/// `1080p` or `1920x1080`.
pub(super) fn size(value: &Value) -> Option<Size> {
    named(&SIZES, value).or_else(|| {
        let (width, height) = value.as_str()?.split_once(['x', 'X'])?;
        Some(Size { width: digits(width)?, height: digits(height)? })
    })
}

/// `30`, `29.97`, `"29.97"` or `"30000/1001"`.
pub(super) fn rate(value: &Value) -> Option<Rate> {
    match value {
        Value::Integer(fps) => u32::try_from(*fps).ok().map(Rate::whole),
        Value::Float(fps) => decimal_rate(*fps),
        Value::String(text) => match text.split_once('/') {
            Some((num, den)) => Some(Rate { num: digits(num)?, den: digits(den)? }),
            None => digits(text).map(Rate::whole).or_else(|| decimal_rate(text.trim().parse().ok()?)),
        },
        _ => None,
    }
}

/// What people shorten to 29.97 is 30000/1001; anything else is taken at its word, to a thousandth.
fn decimal_rate(fps: f64) -> Option<Rate> {
    if !(fps > 0.0 && fps < 1e6) {
        return None;
    }
    let shortened = |whole: u32| {
        let exact = f64::from(whole) * 1000.0 / 1001.0;
        [100.0, 1000.0, 1e9].iter().any(|digits| ((exact * digits).round() / digits - fps).abs() < 1e-6)
    };
    if let Some(whole) = SLOWED.into_iter().find(|whole| shortened(*whole)) {
        return Some(Rate { num: whole * 1000, den: 1001 });
    }
    let thousandths = (fps * 1000.0).round();
    if (thousandths - fps * 1000.0).abs() > 1e-3 {
        return None;
    }
    // Below a thousand million, as checked above.
    let num = thousandths as u32;
    let shared = common(num, 1000);
    Some(Rate { num: num / shared, den: 1000 / shared })
}

fn common(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { common(b, a % b) }
}

/// The rate as [`rate`] reads it.
pub(super) fn rate_value(rate: Rate) -> Value {
    if rate.den == 1 { i64::from(rate.num).into() } else { format!("{}/{}", rate.num, rate.den).into() }
}

/// `4000000000`, `"4 GB"`, `"1.5 GiB"`.
pub(super) fn bytes(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(bytes) => u64::try_from(*bytes).ok(),
        Value::String(text) => {
            let text = text.trim().to_lowercase();
            let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
            let number = number.trim();
            let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, bytes)| *bytes)?;
            if number.bytes().all(|b| b.is_ascii_digit()) {
                return number.parse::<u64>().ok()?.checked_mul(unit);
            }
            let bytes = number.parse::<f64>().ok()? * unit as f64;
            (0.0..WHOLE_MAX).contains(&bytes).then(|| bytes.round() as u64)
        }
        _ => None,
    }
}

/// So many bytes, for people.
pub(super) fn readable(bytes: u64) -> String {
    let (name, unit) = match bytes {
        0..1_000_000 => ("kB", 1e3),
        1_000_000..1_000_000_000 => ("MB", 1e6),
        1_000_000_000..1_000_000_000_000 => ("GB", 1e9),
        _ => ("TB", 1e12),
    };
    let number = format!("{:.1}", bytes as f64 / unit);
    format!("{} {name}", number.trim_end_matches(".0"))
}

/// `"off"`, `"rate"`, or several: `["rate", "size"]`, `"rate, size"`.
pub(super) fn adaptive(value: &Value) -> Option<Vec<Adaptive>> {
    let one = |text: &str| named(&Adaptive::NAMES, &Value::from(text.trim()));
    match value {
        Value::String(text) if text.eq_ignore_ascii_case("off") => Some(Vec::new()),
        Value::String(text) => text.split(',').map(one).collect(),
        Value::Array(list) => list.iter().map(|value| one(value.as_str()?)).collect(),
        _ => None,
    }
}

pub(super) fn whole(value: &Value) -> Option<u32> {
    value.as_integer().and_then(|number| u32::try_from(number).ok())
}

/// A bit rate of sound, by number or by name.
pub(super) fn sound_kbps(value: &Value) -> Option<u32> {
    named(&AudioQuality::NAMES, value).map(AudioQuality::kbps)
}

/// A number, with or without a fraction; the floats that are no numbers are for the check to refuse.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
}

pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Digits and nothing else: no sign, no blank inside.
fn digits(text: &str) -> Option<u32> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Value, bytes, rate, rate_value, readable, size, video_codec};
    use crate::words::{Rate, VideoCodec};

    #[test]
    fn shortened_rates_are_the_fractions_they_stand_for() {
        let ntsc = |num| Some(Rate { num, den: 1001 });
        for (written, meant) in [
            ("29.97", ntsc(30_000)),
            ("23.976", ntsc(24_000)),
            ("23.98", ntsc(24_000)),
            ("59.94", ntsc(60_000)),
            ("59.9401", None),
            ("119.88", ntsc(120_000)),
            ("30000/1001", ntsc(30_000)),
            ("25", Some(Rate::whole(25))),
            ("25.0", Some(Rate::whole(25))),
            ("12.5", Some(Rate { num: 25, den: 2 })),
            ("29.975", Some(Rate { num: 1199, den: 40 })),
            ("-30", None),
            ("thirty", None),
            ("30/", None),
            ("nan", None),
        ] {
            assert_eq!(rate(&Value::from(written)), meant, "{written}");
        }
        assert_eq!(rate(&Value::from(29.97)), ntsc(30_000));
        assert_eq!(rate(&Value::from(30_000.0 / 1001.0)), ntsc(30_000));
        assert_eq!(rate(&Value::from(60)), Some(Rate::whole(60)));
        assert_eq!(rate(&rate_value(Rate { num: 60, den: 2 })), Some(Rate { num: 60, den: 2 }));
    }

    #[test]
    fn sizes_of_files_are_read_as_people_write_them() {
        let read = |text: &str| bytes(&Value::from(text));
        assert_eq!(read("4 GB"), Some(4_000_000_000));
        assert_eq!(read("1.5GiB"), Some(3 << 29));
        assert_eq!(read("700 mb"), Some(700_000_000));
        assert_eq!(read("4096"), Some(4096));
        for wrong in ["", "GB", "-1 GB", "4 parsecs", "99999999999 TB", "nan GB", "4 G B", "1e400 kb"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(bytes(&Value::from(-1)), None);
        assert_eq!([readable(402_653_184), readable(4_000_000_000)], ["402.7 MB", "4 GB"]);
    }

    #[test]
    fn sizes_of_pictures_and_codecs_are_read_by_any_of_their_names() {
        let read = |text: &str| size(&Value::from(text)).map(|size| size.to_string());
        assert_eq!(read("VGA").as_deref(), Some("640x480"));
        assert_eq!(read("1000x562").as_deref(), Some("1000x562"));
        assert_eq!([read("1000"), read("x"), read("-2x4"), read("99999999999x2")], [None, None, None, None]);
        assert_eq!(video_codec(&Value::from("H.264")), Some(VideoCodec::H264));
    }
}
