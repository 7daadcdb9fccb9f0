// SPDX-License-Identifier: MIT
//! Which muxer makes which file, and what it cannot say.

use crate::words::{AudioCodec, Container};

/// A muxer as the graph's text has it.
#[derive(Clone, Copy, Debug)]
pub struct Wrap {
    /// The element, called `mux`.
    pub muxer: &'static str,
    /// The pad for pictures.
    pub picture_pad: &'static str,
    /// The pad for sound beside pictures, and for sound alone.
    pub sound_pads: [&'static str; 2],
    /// Whether what was written before a crash can be read.
    pub crash_safe: bool,
    /// Whether it is a header and then fragments. Only then can whoever writes the header tell readers to skip what the
    /// encoder puts in front of the sound.
    pub in_fragments: bool,
}

/// In fragments of a second; nothing is written twice.
const FRAGMENTS: Wrap = Wrap {
    muxer: "isofmp4mux name=mux fragment-duration=1000000000 write-mfra=false header-update-mode=none",
    picture_pad: "sink_0",
    sound_pads: ["sink_1", "sink_0"],
    crash_safe: true,
    in_fragments: true,
};

/// PCM, which the fragments do not hold. Its table of samples is written at the end.
const QUICKTIME: Wrap = Wrap { muxer: "qtmux name=mux", crash_safe: false, ..NUMBERED };

/// Clusters of a second: that much of it is lost in a crash. Its index and length are written at the end.
const MATROSKA: Wrap = Wrap {
    muxer: "matroskamux name=mux writing-app=HyperZoom max-cluster-duration=1000000000 min-index-interval=1000000000",
    ..NUMBERED
};

const WEB: Wrap = Wrap {
    muxer: "webmmux name=mux writing-app=HyperZoom max-cluster-duration=1000000000 min-index-interval=1000000000",
    ..NUMBERED
};

/// Its index is written at the end, and it is nothing without.
const AVI: Wrap = Wrap { muxer: "avimux name=mux", crash_safe: false, ..NUMBERED };

const NUMBERED: Wrap = Wrap {
    muxer: "",
    picture_pad: "video_0",
    sound_pads: ["audio_0", "audio_0"],
    crash_safe: true,
    in_fragments: false,
};

/// The muxer for a container with these sounds.
pub fn wrap(container: Container, mut sounds: impl Iterator<Item = AudioCodec>) -> Wrap {
    match container {
        Container::Mov if sounds.any(|codec| codec == AudioCodec::Pcm) => QUICKTIME,
        Container::Mp4 | Container::Mov => FRAGMENTS,
        Container::Mkv => MATROSKA,
        Container::WebM => WEB,
        Container::Avi => AVI,
    }
}

/// The names of the pads for further tracks, in their order.
#[derive(Debug)]
pub struct Pads {
    in_fragments: bool,
    /// Pictures and sounds that have one.
    taken: [usize; 2],
}

impl Pads {
    /// Behind those of the main pair.
    pub fn behind(wrap: Wrap, pictures: bool, sound: bool) -> Pads {
        Pads { in_fragments: wrap.in_fragments, taken: [usize::from(pictures), usize::from(sound)] }
    }

    /// The next one.
    pub fn next(&mut self, is_pictures: bool) -> String {
        let [pictures, sounds] = &mut self.taken;
        let all = *pictures + *sounds;
        let (kind, taken) = if is_pictures { ("video", pictures) } else { ("audio", sounds) };
        let number = std::mem::replace(taken, *taken + 1);
        if self.in_fragments { format!("sink_{all}") } else { format!("{kind}_{number}") }
    }
}

/// The muxer for a container whose sound is none of its concern.
pub fn muxer(container: Container) -> &'static str {
    wrap(container, std::iter::empty()).muxer
}

/// The most samples per second that a file can speak of, where that is fewer than the codec can do: QuickTime has 16
/// bits for them, and the muxer of AVI stops at 96,000.
pub fn sound_rate_max_hz(container: Container, codec: AudioCodec) -> Option<u32> {
    match (container, codec) {
        (Container::Mov, AudioCodec::Pcm) => Some(65_535),
        (Container::Avi, _) => Some(96_000),
        _ => None,
    }
}

impl Wrap {
    /// Samples of sound that are spent before the first one is heard: where the file cannot say that the encoder puts
    /// something in front, the sound begins that much later instead of being late throughout. Opus says it itself.
    pub fn run_in(&self, codec: AudioCodec, priming: u32) -> u32 {
        if self.in_fragments || codec == AudioCodec::Opus { 0 } else { priming }
    }
}
