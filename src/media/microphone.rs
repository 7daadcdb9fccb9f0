// SPDX-License-Identifier: MIT
//! A microphone that is on: blocks of one channel, each with the moment its first sample was taken.

#[cfg(target_os = "linux")]
mod native;

use super::devices::Device;
use super::graph::{Graph, GraphError, GraphSignal};
use super::mouth::SoundTap;
#[cfg(target_os = "linux")]
use super::speaker::BLOCK_SAMPLES;
use super::stamp;
use super::text::Text;
use super::vigil::Vigil;
use crate::words::{Mono, RATE_HZ};
use gst::prelude::ObjectExt;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;
use std::sync::Arc;

/// Which input of an interface is the voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// One channel as it is; two are mixed; of more the first.
    #[default]
    Auto,
    /// This one, counted from 1 as on the interface's front.
    Number(u32),
}

/// Samples of one channel, by reference.
#[derive(Clone, Debug)]
pub struct SoundBlock {
    /// When the first sample was taken, as well as the device knows.
    pub at: Mono,
    /// How many samples.
    pub samples: u64,
    /// The device's own number of the first sample, if it counts.
    pub position: Option<u64>,
    /// 32-bit floats in native order.
    pub(super) buffer: gst::Buffer,
}

impl SoundBlock {
    /// Shows the samples to `see`; a block that can't be read shows none.
    pub fn with_samples(&self, see: impl FnOnce(&[f32])) {
        let Ok(bytes) = self.buffer.map_readable() else { return };
        // SAFETY: every pattern of bits is a float; what is not aligned is left out, and allocators align.
        let (_, samples, _) = unsafe { bytes.align_to::<f32>() };
        see(samples);
    }
}

/// What a microphone tells, from its own threads.
#[derive(Debug)]
pub enum MicrophoneSignal {
    /// Samples.
    Sound(SoundBlock),
    /// It is gone; the reason in words.
    Lost(String),
}

/// The guard: the microphone is off when it goes out of scope.
#[derive(Debug)]
pub struct Microphone {
    _end: End,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for their Drop")]
enum End {
    #[cfg(target_os = "linux")]
    Native(native::Native),
    Graph(Vigil, Graph),
}

impl Microphone {
    /// Turns `device` on and listens to `channel`. A `tap` wants the sound as soon as it can be had, in small portions.
    pub fn open(
        device: &Device,
        channel: Channel,
        tap: Option<SoundTap>,
        on_signal: impl Fn(MicrophoneSignal) + Send + Sync + 'static,
    ) -> Result<Microphone, GraphError> {
        #[cfg(target_os = "linux")]
        if device.is_of_pipewire() {
            let block_samples = tap.as_ref().map(|_| BLOCK_SAMPLES);
            let native = native::Native::open(device, channel, (tap, block_samples), Arc::new(on_signal))?;
            return Ok(Microphone { _end: End::Native(native) });
        }
        let graph = Graph::build(&Text::load("microphone")?, &[("source", &device.source_element())])?;
        let source = graph.element("source")?;
        device.configure(&source);
        stamp::stamp_all(&source);
        for (element, caps) in fixed(device) {
            graph.element(element)?.set_property("caps", caps);
        }
        let on_signal = Arc::new(move |signal: MicrophoneSignal| {
            if let (MicrophoneSignal::Sound(block), Some(tap)) = (&signal, &tap) {
                tap.sound(block);
            }
            on_signal(signal);
        });
        deliver(&graph.app_sink("samples")?, channel, on_signal.clone());
        let on_silence = on_signal.clone();
        let vigil = Vigil::keep(&source, move || on_silence(MicrophoneSignal::Lost("it sends no sound".to_owned())));
        graph.play(move |signal| on_graph_signal(signal, &*on_signal))?;
        Ok(Microphone { _end: End::Graph(vigil, graph) })
    }
}

/// What is fixed before the device is on, by element: as many channels as it has inputs, since a sound server mixes
/// them down for whoever does not ask for all.
pub(super) fn fixed(device: &Device) -> Vec<(&'static str, gst::Caps)> {
    let sound = || gst::Caps::builder("audio/x-raw");
    if device.is_test() {
        return vec![("mode", sound().field("rate", RATE_HZ as i32).field("channels", 1i32).build())];
    }
    let Some(inputs) = inputs(device) else { return Vec::new() };
    let mut fixed = vec![("mode", sound().field("channels", inputs).build())];
    if inputs > 2 {
        fixed.push(("inputs", sound().field("channel-mask", gst::Bitmask::new(0)).build()));
    }
    fixed
}

/// How many inputs it has, if it says so.
fn inputs(device: &Device) -> Option<i32> {
    device.caps().and_then(|caps| caps.iter().filter_map(|s| s.get::<i32>("channels").ok()).max())
}

fn deliver<F>(sink: &gst_app::AppSink, channel: Channel, on_signal: Arc<F>)
where
    F: Fn(MicrophoneSignal) + Send + Sync + 'static,
{
    let take = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        match block(&sample, channel) {
            Ok(block) => on_signal(MicrophoneSignal::Sound(block)),
            Err(why) => {
                on_signal(MicrophoneSignal::Lost(why));
                return Err(gst::FlowError::Error);
            }
        }
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(take).build());
}

fn block(sample: &gst::Sample, channel: Channel) -> Result<SoundBlock, String> {
    let nothing = || "it delivers no samples".to_owned();
    let buffer = sample.buffer_owned().ok_or_else(nothing)?;
    let info = sample.caps().and_then(|c| gst_audio::AudioInfo::from_caps(c).ok()).ok_or_else(nothing)?;
    let channels = info.channels() as usize;
    let samples = (buffer.size() / (4 * channels)) as u64;
    let length_ns = samples * Mono::SECOND / RATE_HZ;
    let at = buffer.pts().map_or_else(|| super::now().offset(-(length_ns as i64)), |t| Mono(t.nseconds()));
    let counts = buffer.offset_end().checked_sub(buffer.offset()) == Some(samples);
    let position = counts.then(|| buffer.offset());
    let buffer = one_channel(buffer, channels, channel)?;
    Ok(SoundBlock { at, samples, position, buffer })
}

/// Picks or mixes; a single channel passes untouched.
fn one_channel(buffer: gst::Buffer, channels: usize, channel: Channel) -> Result<gst::Buffer, String> {
    let picker = Picker::new(channels, channel)?;
    if channels == 1 {
        return Ok(buffer);
    }
    let bytes = buffer.map_readable().map_err(|e| e.to_string())?;
    // SAFETY: every pattern of bits is a float; what is not aligned is left out, and allocators align.
    let (_, samples, _) = unsafe { bytes.align_to::<f32>() };
    let picked: Vec<u8> = picker.pick(samples).flat_map(f32::to_ne_bytes).collect();
    Ok(gst::Buffer::from_mut_slice(picked))
}

/// How one channel comes out of many.
#[derive(Clone, Copy, Debug)]
struct Picker {
    channels: usize,
    wanted: usize,
    mixed: bool,
}

impl Picker {
    fn new(channels: usize, channel: Channel) -> Result<Picker, String> {
        let wanted = match channel {
            Channel::Number(n) if n == 0 || n as usize > channels => {
                return Err(format!("it has no input {n}, only 1 to {channels}; choose one of these"));
            }
            Channel::Number(n) => n as usize - 1,
            Channel::Auto => 0,
        };
        Ok(Picker { channels, wanted, mixed: channel == Channel::Auto && channels == 2 })
    }

    fn pick(self, samples: &[f32]) -> impl Iterator<Item = f32> + '_ {
        samples.chunks_exact(self.channels).map(move |frame| match self.mixed {
            true => (frame[0] + frame[1]) / 2.0,
            false => frame[self.wanted],
        })
    }
}

fn on_graph_signal(signal: GraphSignal, on_signal: &impl Fn(MicrophoneSignal)) {
    match signal {
        GraphSignal::Error(trouble) => {
            tracing::debug!("microphone: {trouble}: {}", trouble.debug);
            on_signal(MicrophoneSignal::Lost(trouble.message));
        }
        GraphSignal::End => on_signal(MicrophoneSignal::Lost("it ended".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Channel, gst, one_channel};

    fn interleaved(values: &[f32]) -> gst::Buffer {
        gst::init().expect("GStreamer starts");
        gst::Buffer::from_mut_slice(values.iter().flat_map(|v| v.to_ne_bytes()).collect::<Vec<u8>>())
    }

    fn floats(buffer: &gst::Buffer) -> Vec<f32> {
        let bytes = buffer.map_readable().expect("readable");
        bytes.chunks_exact(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect()
    }

    #[test]
    fn the_second_input_of_four_is_the_voice_when_asked_for() {
        let buffer = interleaved(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
        let picked = one_channel(buffer, 4, Channel::Number(2)).expect("there is a second");
        assert_eq!(floats(&picked), [0.2, 0.6]);
    }

    #[test]
    fn two_channels_are_mixed_and_of_more_the_first_is_taken() {
        let stereo = one_channel(interleaved(&[0.5, 0.25]), 2, Channel::Auto).expect("two");
        assert_eq!(floats(&stereo), [0.375]);
        let many = one_channel(interleaved(&[0.5, 0.25, 0.125]), 3, Channel::Auto).expect("three");
        assert_eq!(floats(&many), [0.5]);
    }

    #[test]
    fn an_input_that_is_not_there_is_refused_with_those_that_are() {
        let refused = one_channel(interleaved(&[0.5, 0.25]), 2, Channel::Number(3)).expect_err("no third");
        assert!(refused.contains("only 1 to 2"), "{refused}");
    }
}
