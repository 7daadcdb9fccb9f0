// SPDX-License-Identifier: MIT
//! The encoding half of a golden master: pictures and sound go in, each at its counted place, and fragments of an
//! MP4 come out as bytes. It takes everything and drops nothing; how much is waiting can be asked.

use super::camera::Picture;
use super::counted::{self, push, stamp};
use super::format::PictureFormat;
use super::graph::{Graph, GraphError, GraphSignal, Trouble};
use super::microphone::SoundBlock;
use super::text::Text;
use crate::words::{MASTER_FPS, Mono, RATE_HZ, Rate, Sample};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::{Arc, OnceLock};

/// Samples per second, as a rate to stamp by.
const SOUND_RATE: Rate = Rate::whole(RATE_HZ as u32);

/// The encoders, as text for the graph's slots.
#[derive(Clone, Debug, Default)]
pub struct MasterTexts {
    /// For pictures; none makes a master of sound alone.
    pub video: Option<String>,
    /// For sound; none makes a master of pictures alone.
    pub audio: Option<String>,
}

/// What a master tells, from its own threads.
#[derive(Debug)]
pub enum MasterSignal {
    /// The file's beginning: `ftyp` and `moov`.
    Header(Vec<u8>),
    /// One fragment, whole: `moof` and `mdat` with what belongs before them.
    Fragment {
        /// Its boxes.
        bytes: Vec<u8>,
        /// The recording's sample at which it begins.
        first_sample: Sample,
    },
    /// The last fragment has been given out.
    End,
    /// It can't go on.
    Failed(Trouble),
}

/// The guard: encoding stops when it goes out of scope; what was not ended is lost.
#[derive(Debug)]
pub struct Master {
    _graph: Graph,
    pictures: Option<gst_app::AppSrc>,
    sound: Option<gst_app::AppSrc>,
    black: Option<gst::Buffer>,
}

impl Master {
    /// Starts the encoders.
    pub fn start(
        texts: &MasterTexts,
        format: Option<&PictureFormat>,
        on_signal: impl Fn(MasterSignal) + Send + Sync + 'static,
    ) -> Result<Master, GraphError> {
        let video = texts.video.as_deref().map(|t| ("video_encoder", t));
        let audio = texts.audio.as_deref().map(|t| ("audio_encoder", t));
        let name = match (video, audio) {
            (Some(_), None) => "master-picture",
            (None, _) => "master-sound",
            _ => "master",
        };
        let slots: Vec<_> = video.into_iter().chain(audio).collect();
        let graph = Graph::build(&Text::load(name)?, &slots)?;
        let pictures = video.map(|_| graph.app_source("pictures")).transpose()?;
        let sound = audio.map(|_| graph.app_source("sound")).transpose()?;
        if let (Some(pictures), Some(format)) = (&pictures, format) {
            pictures.set_caps(Some(&format.caps(true)));
        }
        if let Some(sound) = &sound {
            sound.set_caps(Some(&sound_caps()));
        }
        let on_signal = Arc::new(on_signal);
        deliver(&graph.app_sink("file")?, on_signal.clone());
        graph.play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                on_signal(MasterSignal::Failed(trouble));
            }
        })?;
        Ok(Master { _graph: graph, pictures, sound, black: format.map(PictureFormat::black) })
    }

    /// The picture of a tick; `None` is black.
    pub fn picture(&self, tick: u64, picture: Option<&Picture>) {
        let (Some(source), Some(black)) = (&self.pictures, &self.black) else { return };
        let shown = picture.and_then(|p| p.sample.buffer()).unwrap_or(black);
        let mut buffer = shown.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamp(stamped, tick, 1, Rate::whole(MASTER_FPS as u32));
        stamped.unset_flags(gst::BufferFlags::DISCONT);
        push(source, buffer);
    }

    /// Samples of a block, `take` of them after `skip`, at their place in the recording.
    pub fn sound(&self, at: Sample, block: &SoundBlock, skip: u64, take: u64) {
        let Some(source) = &self.sound else { return };
        let (from, to) = (4 * skip as usize, 4 * (skip + take) as usize);
        let copied = block.buffer.copy_region(gst::BufferCopyFlags::MEMORY, from..to);
        let mut buffer = copied.expect("a block holds the samples it says");
        stamp(buffer.get_mut().expect("a fresh copy has one owner"), at, take, SOUND_RATE);
        push(source, buffer);
    }

    /// Samples of our own making at their place in the recording.
    pub fn samples(&self, at: Sample, samples: &[f32]) {
        let Some(source) = &self.sound else { return };
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        stamp(buffer.get_mut().expect("a fresh buffer has one owner"), at, samples.len() as u64, SOUND_RATE);
        push(source, buffer);
    }

    /// Silence at its place in the recording, a second at most in one piece.
    pub fn silence(&self, at: Sample, samples: u64) {
        let Some(source) = &self.sound else { return };
        for begin in (0..samples).step_by(RATE_HZ as usize) {
            let take = RATE_HZ.min(samples - begin);
            let mut buffer = gst::Buffer::from_mut_slice(vec![0u8; 4 * take as usize]);
            stamp(buffer.get_mut().expect("a fresh buffer has one owner"), at + begin, take, SOUND_RATE);
            push(source, buffer);
        }
    }

    /// Everything has been given; [`MasterSignal::End`] follows when it is encoded.
    pub fn end(&self) {
        counted::end(self.pictures.iter().chain(&self.sound));
    }

    /// Bytes that wait for the encoders.
    pub fn waiting_bytes(&self) -> u64 {
        self.pictures.iter().chain(&self.sound).map(gst_app::AppSrc::current_level_bytes).sum()
    }
}

/// What a master's sound is made from.
pub(super) fn sound_caps() -> gst::Caps {
    let format = gstreamer_audio::AudioFormat::F32le.to_str();
    gst::Caps::builder("audio/x-raw")
        .field("format", format)
        .field("layout", "interleaved")
        .field("rate", RATE_HZ as i32)
        .field("channels", 1i32)
        .build()
}

fn deliver<F: Fn(MasterSignal) + Send + Sync + 'static>(sink: &gst_app::AppSink, on_signal: Arc<F>) {
    let on_end = on_signal.clone();
    // Some encoders count from an hour of their own; the recording begins with the first fragment.
    let first = OnceLock::new();
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut pieces: Vec<&gst::BufferRef> = sample.buffer().into_iter().collect();
        pieces.extend(sample.buffer_list().into_iter().flat_map(gst::BufferListRef::iter));
        let mut fragment = Vec::new();
        let begin = pieces.iter().filter(|p| !is_header(p)).filter_map(|p| p.pts()).min();
        for piece in pieces {
            let bytes = piece.map_readable().map_err(|_| gst::FlowError::Error)?;
            if is_header(piece) {
                on_signal(MasterSignal::Header(bytes.to_vec()));
            } else {
                fragment.extend_from_slice(&bytes);
            }
        }
        if !fragment.is_empty() {
            let begin = begin.unwrap_or_default();
            let since_first = begin.saturating_sub(*first.get_or_init(|| begin)).nseconds();
            let first_sample =
                (u128::from(since_first) * u128::from(RATE_HZ)).div_ceil(u128::from(Mono::SECOND)) as Sample;
            on_signal(MasterSignal::Fragment { bytes: fragment, first_sample });
        }
        Ok(gst::FlowSuccess::Ok)
    };
    let end = move |_: &gst_app::AppSink| on_end(MasterSignal::End);
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).eos(end).build());
}

/// The file's beginning, not a fragment's.
pub(super) fn is_header(piece: &gst::BufferRef) -> bool {
    let mut kind = [0; 8];
    piece.size() >= kind.len() && piece.copy_to_slice(0, &mut kind).is_ok() && &kind[4..] == b"ftyp"
}
