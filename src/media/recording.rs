// SPDX-License-Identifier: MIT
//! The encoding half of every recording but a golden master: raw pictures and sound go in, each at its counted
//! place, and the bytes of a file come out, each with its place in it. Like a master it takes everything and drops
//! nothing; how much is waiting can be asked.
//!
//! ```text
//!   pictures ! to the recipe's size and rate ! encoder ! muxer ! bytes, at
//!      sound ! to the recipe's rate, channels  ! encoder !   "
//! ```

mod channels;
mod copy;
mod delivery;
mod further;
mod opus;
mod raw;
mod tap;
mod wrap;

pub use copy::{PictureNotes, PicturePacket};
pub use further::{FurtherKind, FurtherTrack};
pub use raw::{PixelFormat, RawPicture, RawPictureError, RawPictures, RawSound, SampleFormat};
pub use tap::{EncodedPacket, PacketKind};
pub(in crate::media) use wrap::muxer;
pub use wrap::sound_rate_max_hz;

use super::counted::{self, push, stamp};
use super::encoders::Choice;
use super::graph::{Graph, GraphError, GraphSignal, Trouble};
use crate::words::{AudioCodec, Container, Mono, PictureRecipe, Rate, SoundRecipe};
use channels::{channel_mask, given_order, reorder};
use delivery::deliver;
use gst::prelude::{ElementExt, PadExtManual};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wrap::{Wrap, wrap};

/// The pictures of a recording.
#[derive(Clone, Copy, Debug)]
pub struct PictureTrack<'a> {
    /// Who encodes them.
    pub encoder: &'a Choice,
    /// What is to become of them.
    pub recipe: &'a PictureRecipe,
    /// What they are.
    pub raw: &'a RawPictures,
}

/// The sound of a recording.
#[derive(Clone, Copy, Debug)]
pub struct SoundTrack<'a> {
    /// Who encodes it.
    pub encoder: &'a Choice,
    /// What is to become of it.
    pub recipe: &'a SoundRecipe,
    /// What it is.
    pub raw: RawSound,
}

/// What is recorded, and into what. The words of [`Container`] say which codecs it can hold.
#[derive(Clone, Copy, Debug)]
pub struct RecordingSpec<'a> {
    /// The file's kind.
    pub container: Container,
    /// None makes a file of sound alone.
    pub pictures: Option<PictureTrack<'a>>,
    /// None makes a file of pictures alone.
    pub sound: Option<SoundTrack<'a>>,
    /// Tracks beside these, each from a source of its own; numbered from 1.
    pub further: &'a [FurtherTrack],
}

/// What a recording tells, from its own threads.
#[derive(Debug)]
pub enum RecordingSignal {
    /// Bytes of the file; a fragment of an MP4 is always whole.
    Bytes {
        /// Their place in the file, which may be one that was written before.
        at: u64,
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether they are the `ftyp` and `moov` with which a file in fragments begins.
        header: bool,
        /// The time of the first picture or sound among them, on the muxer's own clock, where it says so.
        begin: Option<Mono>,
    },
    /// All bytes have been given out.
    End,
    /// It can't go on.
    Failed(Trouble),
}

/// What the encoders have written so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncodedCounts {
    /// Pictures ...
    pub pictures: u64,
    /// ... and the bytes of them.
    pub picture_bytes: u64,
    /// Packets of sound ...
    pub sound_packets: u64,
    /// ... and the bytes of them.
    pub sound_bytes: u64,
}

/// Buffers and bytes that have passed a pad.
#[derive(Debug, Default)]
struct Passed {
    buffers: AtomicU64,
    bytes: AtomicU64,
    /// The longest of them.
    longest_ns: AtomicU64,
}

impl Passed {
    fn read(&self) -> (u64, u64) {
        (self.buffers.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// The way to the encoder of a further track.
#[derive(Debug)]
struct Branch {
    source: gst_app::AppSrc,
    /// Of its pictures, if it holds some.
    rate: Option<Rate>,
    sound: Option<SoundSource>,
    counts: Arc<Passed>,
}

#[derive(Debug)]
struct SoundSource {
    source: gst_app::AppSrc,
    raw: RawSound,
    /// Samples at the beginning that are not given to the encoder.
    run_in: u64,
    /// The order in which the encoder has to be given the channels, where it is another.
    order: Option<&'static [usize]>,
}

/// The guard: encoding stops when it goes out of scope; what was not ended is lost.
#[derive(Debug)]
pub struct Recording {
    _graph: Graph,
    pictures: Option<(gst_app::AppSrc, Rate)>,
    sound: Option<SoundSource>,
    further: Vec<Branch>,
    picture_counts: Arc<Passed>,
    sound_counts: Arc<Passed>,
}

impl RecordingSpec<'_> {
    /// Whether what was written before a crash can be read.
    pub fn is_crash_safe(&self) -> bool {
        self.wrap().crash_safe
    }

    /// Samples, at the recipe's rate, that the encoder puts in front of the sound and that the file's edit list has to
    /// hide. The muxer of MP4 and MOV leaves that to whoever writes its header; elsewhere there is nothing to hide.
    /// Of Opus the muxer says it itself, and the opening keeps that.
    pub fn priming(&self) -> u32 {
        self.sound.map_or(0, |sound| self.priming_of(sound))
    }

    /// The same of any of its sounds.
    pub fn priming_of(&self, sound: SoundTrack<'_>) -> u32 {
        if self.wrap().in_fragments { sound.encoder.priming } else { 0 }
    }

    /// Whether the file is written in fragments, among which those of another encoder may be.
    pub fn is_in_fragments(&self) -> bool {
        self.wrap().in_fragments
    }

    fn wrap(&self) -> Wrap {
        wrap(self.container, self.sounds().map(|sound| sound.recipe.codec))
    }

    fn text_name(&self) -> &'static str {
        match (self.pictures, self.sound) {
            (Some(_), Some(_)) => "recording",
            (Some(_), None) => "recording-picture",
            (None, _) => "recording-sound",
        }
    }

    fn slots(&self) -> Vec<(&'static str, String)> {
        let wrap = self.wrap();
        let alone = usize::from(self.pictures.is_none());
        let mut slots = vec![("muxer", wrap.muxer.to_owned())];
        if let Some(PictureTrack { encoder, recipe, .. }) = self.pictures {
            slots.push(("picture_pad", wrap.picture_pad.to_owned()));
            slots.push(("picture_caps", picture_caps(recipe)));
            slots.push(("video_encoder", encoder.text.clone()));
        }
        if let Some(SoundTrack { encoder, recipe, raw }) = self.sound {
            slots.push(("sound_pad", wrap.sound_pads[alone].to_owned()));
            slots.push(("resampling", resampling(raw, recipe).to_owned()));
            slots.push(("sound_caps", self.sound_caps(recipe)));
            // The muxer lets sound wait for the pictures that belong to it, and with it whoever encodes.
            let hurries = recipe.low_latency && self.pictures.is_some();
            let queue = if hurries { tap::SOUND_QUEUE } else { "" };
            slots.push(("audio_encoder", format!("{}{queue}", encoder.text)));
        }
        slots
    }

    /// QuickTime holds more than two channels of PCM only if nobody says which is which.
    fn has_no_places(&self, recipe: &SoundRecipe) -> bool {
        self.container == Container::Mov && recipe.codec == AudioCodec::Pcm && recipe.channels > 2
    }

    fn sound_caps(&self, recipe: &SoundRecipe) -> String {
        let SoundRecipe { rate_hz, channels, codec, .. } = *recipe;
        let mask = if self.has_no_places(recipe) { Some(0) } else { channel_mask(channels, codec) };
        let mask = mask.map_or(String::new(), |mask| format!(",channel-mask=(bitmask)0x{mask:x}"));
        format!("audio/x-raw,rate={rate_hz},channels={channels}{mask}")
    }

    fn raw_sound_caps(&self, track: &SoundTrack<'_>) -> gst::Caps {
        let mut caps = track.raw.caps(track.recipe);
        if self.has_no_places(track.recipe) && track.raw.channels == track.recipe.channels {
            caps.make_mut().set("channel-mask", gst::Bitmask::new(0));
        }
        caps
    }
}

impl Recording {
    /// The complete graph on one line, as it would be run.
    pub fn text(spec: &RecordingSpec<'_>) -> Result<String, GraphError> {
        let slots = spec.slots();
        let slots: Vec<(&str, &str)> = slots.iter().map(|(slot, value)| (*slot, value.as_str())).collect();
        Ok(spec.joined(spec.text_name())?.filled(&slots)?)
    }

    /// Starts the encoders.
    pub fn start(
        spec: &RecordingSpec<'_>,
        on_signal: impl Fn(RecordingSignal) + Send + Sync + 'static,
    ) -> Result<Recording, GraphError> {
        Recording::begin(spec, spec.text_name(), on_signal)
    }

    /// Starts the graph of that name.
    fn begin(
        spec: &RecordingSpec<'_>,
        text: &str,
        on_signal: impl Fn(RecordingSignal) + Send + Sync + 'static,
    ) -> Result<Recording, GraphError> {
        let slots = spec.slots();
        let slots: Vec<(&str, &str)> = slots.iter().map(|(slot, value)| (*slot, value.as_str())).collect();
        let graph = Graph::build(&spec.joined(text)?, &slots)?;
        let mut recording = Recording {
            pictures: None,
            sound: None,
            further: Vec::new(),
            picture_counts: Arc::default(),
            sound_counts: Arc::default(),
            _graph: graph,
        };
        let (graph, wrap) = (&recording._graph, spec.wrap());
        if let Some(track) = &spec.pictures {
            let source = graph.app_source("pictures")?;
            // Coded pictures bring their own.
            if text != copy::TEXT {
                source.set_caps(Some(&track.raw.caps(track.recipe.rate)));
            }
            count(graph, wrap.picture_pad, &recording.picture_counts)?;
            recording.pictures = Some((source, track.recipe.rate));
        }
        if let Some(track) = &spec.sound {
            let pad = wrap.sound_pads[usize::from(spec.pictures.is_none())];
            recording.sound = Some(sound_source(spec, graph, "sound", pad, track)?);
            count(graph, pad, &recording.sound_counts)?;
        }
        for (number, (track, pad)) in (1..).zip(spec.branches()) {
            recording.further.push(branch(spec, graph, number, track, &pad)?);
        }
        let on_signal = Arc::new(on_signal);
        deliver(&graph.app_sink("file")?, wrap.in_fragments, on_signal.clone());
        graph.play(move |signal| {
            if let GraphSignal::Error(trouble) = signal {
                on_signal(RecordingSignal::Failed(trouble));
            }
        })?;
        Ok(recording)
    }

    /// The picture of that number at the recipe's rate. Numbers follow each other without a gap.
    pub fn picture(&self, index: u64, picture: &RawPicture) {
        let Some((source, rate)) = &self.pictures else { return };
        let mut buffer = picture.buffer.copy();
        let stamped = buffer.get_mut().expect("a fresh copy has one owner");
        stamp(stamped, index, 1, *rate);
        stamped.unset_flags(gst::BufferFlags::DISCONT);
        push(source, buffer);
    }

    /// Samples from `first_sample` on, counted at the raw sound's own rate, without a gap.
    pub fn sound(&self, first_sample: u64, bytes: Vec<u8>) {
        if let Some(sound) = &self.sound {
            sound.give(first_sample, bytes);
        }
    }

    /// Silence from `first_sample` on, a second at most in one piece.
    pub fn silence(&self, first_sample: u64, samples: u64) {
        if let Some(sound) = &self.sound {
            sound.give_silence(first_sample, samples);
        }
    }

    /// Everything has been given; [`RecordingSignal::End`] follows when it is encoded.
    pub fn end(&self) {
        counted::end(self.sources());
    }

    /// Bytes that wait for the encoders: of pictures, and of sound.
    pub fn waiting_bytes(&self) -> [u64; 2] {
        let pictures = self.pictures.as_ref().map(|(source, _)| source);
        let sound = self.sound.as_ref().map(|sound| &sound.source);
        [pictures, sound].map(|source| source.map_or(0, gst_app::AppSrc::current_level_bytes))
    }

    /// `tell` is called each time that an encoder has taken something of what waits, from the encoder's own thread.
    pub fn on_taken(&self, tell: impl Fn() + Send + Sync + 'static) {
        let tell = Arc::new(tell);
        for pad in self.sources().filter_map(|source| source.static_pad("src")) {
            let tell = tell.clone();
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                tell();
                gst::PadProbeReturn::Ok
            });
        }
    }

    /// What the encoders have written so far.
    pub fn encoded(&self) -> EncodedCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        EncodedCounts {
            pictures: read(&self.picture_counts.buffers),
            picture_bytes: read(&self.picture_counts.bytes),
            sound_packets: read(&self.sound_counts.buffers),
            sound_bytes: read(&self.sound_counts.bytes),
        }
    }

    /// How long a packet of sound is, as soon as there has been one.
    pub fn sound_packet(&self) -> Option<Duration> {
        let longest_ns = self.sound_counts.longest_ns.load(Ordering::Relaxed);
        (longest_ns > 0).then(|| Duration::from_nanos(longest_ns))
    }

    /// Stops it now; what has not come out is lost.
    pub fn stop(&self) {
        self._graph.stop();
    }

    fn sources(&self) -> impl Iterator<Item = &gst_app::AppSrc> {
        let main = self.pictures.iter().map(|(source, _)| source).chain(self.sound.iter().map(|sound| &sound.source));
        main.chain(self.further.iter().map(|branch| &branch.source))
    }
}

impl SoundSource {
    fn give(&self, first_sample: u64, mut bytes: Vec<u8>) {
        let samples = (bytes.len() / self.raw.sample_bytes().max(1)) as u64;
        let skipped = self.run_in.saturating_sub(first_sample).min(samples);
        if skipped == samples {
            return;
        }
        if let Some(order) = self.order {
            reorder(&mut bytes, self.raw.format.bytes(), order);
        }
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if skipped > 0 {
            let from = skipped as usize * self.raw.sample_bytes();
            let rest = buffer.copy_region(gst::BufferCopyFlags::MEMORY, from..);
            buffer = rest.expect("fewer are skipped than there are");
        }
        let first = first_sample + skipped - self.run_in;
        let stamped = buffer.get_mut().expect("a fresh buffer has one owner");
        stamp(stamped, first, samples - skipped, Rate::whole(self.raw.rate_hz));
        push(&self.source, buffer);
    }

    fn give_silence(&self, first_sample: u64, samples: u64) {
        let second = u64::from(self.raw.rate_hz.max(1));
        for begin in (0..samples).step_by(second as usize) {
            let take = second.min(samples - begin) as usize;
            self.give(first_sample + begin, vec![self.raw.format.silence(); take * self.raw.sample_bytes()]);
        }
    }
}

/// The way to an encoder of sound, from the source of that name to that pad.
fn sound_source(
    spec: &RecordingSpec<'_>,
    graph: &Graph,
    name: &str,
    pad: &str,
    track: &SoundTrack<'_>,
) -> Result<SoundSource, GraphError> {
    let wrap = spec.wrap();
    let source = graph.app_source(name)?;
    source.set_caps(Some(&spec.raw_sound_caps(track)));
    if wrap.in_fragments && track.recipe.codec == AudioCodec::Opus {
        graph.element("mux")?.static_pad(pad).iter().for_each(opus::even_out);
    }
    let spent = u64::from(wrap.run_in(track.recipe.codec, track.encoder.priming));
    let run_in = (spent * u64::from(track.raw.rate_hz)).div_ceil(u64::from(track.recipe.rate_hz.max(1)));
    let order =
        given_order(track.recipe.channels, track.recipe.codec).filter(|_| track.raw.channels == track.recipe.channels);
    Ok(SoundSource { source, raw: track.raw, run_in, order })
}

/// The way to the encoder of a further track.
fn branch(
    spec: &RecordingSpec<'_>,
    graph: &Graph,
    number: usize,
    track: &FurtherTrack,
    pad: &str,
) -> Result<Branch, GraphError> {
    let counts = Arc::<Passed>::default();
    count(graph, pad, &counts)?;
    let (source, rate, sound) = if let Some(sound) = track.sound() {
        let sound = sound_source(spec, graph, &format!("sound_{number}"), pad, &sound)?;
        (sound.source.clone(), None, Some(sound))
    } else {
        let source = graph.app_source(&format!("pictures_{number}"))?;
        let pictures = track.pictures();
        source.set_caps(pictures.map(|track| track.raw.caps(track.recipe.rate)).as_ref());
        (source, pictures.map(|track| track.recipe.rate), None)
    };
    further::entitle(&source, &track.name);
    Ok(Branch { source, rate, sound, counts })
}

fn picture_caps(recipe: &PictureRecipe) -> String {
    let PictureRecipe { size, rate, .. } = recipe;
    let (width, height) = (size.width, size.height);
    // Left to themselves, some encoders would take a screen's colours as they are, which few players show.
    format!(
        "video/x-raw,format=I420,width={width},height={height},framerate={}/{},pixel-aspect-ratio=1/1",
        rate.num, rate.den
    )
}

fn resampling(raw: RawSound, recipe: &SoundRecipe) -> &'static str {
    if raw.rate_hz == recipe.rate_hz {
        return "";
    }
    "! audioresample quality=8 ! audioconvert dithering=none noise-shaping=none"
}

/// Counts what enters the muxer by that pad.
fn count(graph: &Graph, pad: &str, passed: &Arc<Passed>) -> Result<(), GraphError> {
    let Some(pad) = graph.element("mux")?.static_pad(pad) else { return Ok(()) };
    let passed = passed.clone();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer() {
            passed.buffers.fetch_add(1, Ordering::Relaxed);
            passed.bytes.fetch_add(buffer.size() as u64, Ordering::Relaxed);
            let length_ns = buffer.duration().map_or(0, gst::ClockTime::nseconds);
            passed.longest_ns.fetch_max(length_ns, Ordering::Relaxed);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

#[cfg(test)]
mod tests;
