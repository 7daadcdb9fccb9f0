// SPDX-License-Identifier: MIT
//! One time line of masters, and the four languages in which editors read it.
//!
//! ```text
//!  seconds   0                                            the earliest first sample
//!  host      |============================|
//!  guest         |====.==========.============|           corners: where its clock changes its mind
//! ```
//!
//! - OTIO and FCPXML take rational times: they hold every start to a sample, and drift as a speed for each piece.
//! - FCP7 XML and EDL know only pictures: a clip is cut where its drift has grown to half a picture, and goes on one
//!   picture later or earlier, so that it is never farther off than that half.
//!
//! Media is named by relative paths, counted from 0 at its first sample; nothing here knows files.

pub mod edl;
pub mod fcpxml;
pub mod otio;
pub mod xmeml;

use super::align::fit::through;
use crate::words::{MASTER_FPS, RATE_HZ, SAMPLES_PER_FRAME};

/// What editors are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The name of the sequence.
    pub name: String,
    /// The universal time of its beginning, in microseconds since 1970, for its timecode.
    pub start_utc_us: i64,
    /// The masters, each on tracks of its own.
    pub clips: Vec<Clip>,
}

/// One master on the time line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clip {
    /// Whose it is, for people.
    pub name: String,
    /// Where the file is, from the folder that the time line is written to, with `/` between the parts.
    pub path: String,
    /// The universal time of its first sample, which is the timecode it carries.
    pub start_utc_us: i64,
    /// How long it is, in samples, sound or pictures, whichever last longer.
    pub samples: u64,
    /// Width and height; `None` without pictures.
    pub size: Option<(u32, u32)>,
    /// Whether there is sound.
    pub has_sound: bool,
    /// (sample, second of the time line), the first at sample 0, the last at its end, rising.
    pub corners: Vec<(f64, f64)>,
}

/// A stretch of pictures that lies on the time line picture by picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first picture on the time line.
    pub at: u64,
    /// Its first picture in the file.
    pub source: u64,
    /// How many.
    pub frames: u64,
}

impl Timeline {
    /// How long it is, in seconds.
    pub fn length_s(&self) -> f64 {
        self.clips.iter().map(Clip::end_s).fold(0.0, f64::max)
    }

    /// The same in whole pictures.
    pub fn frames(&self) -> u64 {
        (self.length_s() * MASTER_FPS as f64).ceil() as u64
    }
}

impl Clip {
    /// When its first sample is, in seconds of the time line.
    pub fn start_s(&self) -> f64 {
        self.corners[0].1
    }

    /// When it ends.
    pub fn end_s(&self) -> f64 {
        self.corners[self.corners.len() - 1].1
    }

    /// Which sample lies at a second of the time line.
    pub fn sample_at(&self, second: f64) -> f64 {
        let turned: Vec<(f64, f64)> = self.corners.iter().map(|&(sample, second)| (second, sample)).collect();
        through(&turned, second)
    }

    /// How many pictures long it is.
    pub fn frames(&self) -> u64 {
        self.samples.div_ceil(SAMPLES_PER_FRAME)
    }

    /// The whole clip as stretches of whole pictures, none farther from its place than half a picture.
    pub fn runs(&self) -> Vec<Run> {
        let fps = MASTER_FPS as f64;
        let nearest =
            |frame: u64| (self.sample_at(frame as f64 / fps) / SAMPLES_PER_FRAME as f64).round().max(0.0) as u64;
        let from = (self.start_s() * fps).round() as u64;
        let to = (self.end_s() * fps).round() as u64;
        let mut runs: Vec<Run> = Vec::new();
        for at in from..to {
            let source = nearest(at);
            if source >= self.frames() {
                break;
            }
            match runs.last_mut() {
                Some(run) if at - run.at == source.wrapping_sub(run.source) => run.frames += 1,
                _ => runs.push(Run { at, source, frames: 1 }),
            }
        }
        runs
    }

    /// The corners on whole samples of the time line: (place, sample), at least two.
    fn pieces(&self) -> Vec<(i64, f64)> {
        let rate = RATE_HZ as f64;
        let mut pieces: Vec<(i64, f64)> = Vec::new();
        for place in self.corners.iter().map(|corner| (corner.1 * rate).round() as i64) {
            if pieces.last().is_none_or(|last| last.0 < place) {
                // Half a sample's rounding at either end must not reach outside of the file.
                pieces.push((place, self.sample_at(place as f64 / rate).clamp(0.0, self.samples as f64)));
            }
        }
        pieces
    }
}

/// Text that XML takes for text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A relative path as a relative address.
fn address(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Clip, Timeline, address, escaped};

    /// A host from the beginning and a guest 5.01 s later whose clock is `ppm` fast, both `seconds` long.
    pub(crate) fn call(seconds: u64, ppm: f64) -> Timeline {
        let samples = seconds * 48_000;
        let clip = |name: &str, start: f64, ppm: f64| Clip {
            name: name.into(),
            path: format!("{name} & co/local_recording.mp4"),
            start_utc_us: 72_900_000_000,
            samples,
            size: Some((1920, 1080)),
            has_sound: true,
            corners: vec![(0.0, start), (samples as f64, start + seconds as f64 / (1.0 + ppm * 1e-6))],
        };
        let clips = vec![clip("host", 0.0, 0.0), clip("guest", 5.01, ppm)];
        Timeline { name: "Weekly <1>".into(), start_utc_us: 72_900_000_000, clips }
    }

    #[test]
    fn pictures_are_never_farther_than_half_of_one_from_their_place() {
        for ppm in [80.0, -80.0] {
            let guest = &call(3_600, ppm).clips[1];
            let runs = guest.runs();
            assert!((8..=10).contains(&runs.len()), "{} cuts", runs.len());
            for run in &runs {
                for k in [0, run.frames - 1] {
                    let off = guest.sample_at((run.at + k) as f64 / 30.0) / 1_600.0 - (run.source + k) as f64;
                    assert!(off.abs() <= 0.5001, "{run:?} {off}");
                }
            }
            assert!(runs.windows(2).all(|w| w[0].at + w[0].frames == w[1].at), "no holes");
            let end = runs.last().expect("runs");
            assert!(end.source + end.frames <= guest.frames());
        }
        assert_eq!(call(60, 0.0).clips[0].runs().len(), 1);
    }

    #[test]
    fn names_and_paths_are_taken_for_what_they_are() {
        assert_eq!(escaped("a<b>&\"c\"\n\u{1}"), "a&lt;b&gt;&amp;&quot;c&quot; ");
        assert_eq!(address("../Köln 1/a.mp4"), "../K%C3%B6ln%201/a.mp4");
    }
}
