// SPDX-License-Identifier: MIT
//! A text as a complete `gst-launch-1.0` command for this machine, to be tried by hand: slots filled, app elements
//! replaced by test sources and fakesinks, and what lives only in this program by its nearest kin.

use super::devices::{Device, DeviceKind};
use super::encoders::{self, Choice, Codec, Wanted};
use super::text::Text;
use crate::words::{Rate, Size};
use gst::prelude::PluginFeatureExt;
use gstreamer as gst;

/// How long the test sources run: five seconds.
const PICTURES: u32 = 150;
const SOUND_BLOCKS: u32 = 500;
const SIZE: Size = Size { width: 1280, height: 720 };

/// Why there is no command.
#[derive(Debug, thiserror::Error)]
pub enum LaunchLineError {
    /// The text.
    #[error(transparent)]
    Text(#[from] super::text::TextError),
    /// No encoder to fill in.
    #[error(transparent)]
    Encoder(#[from] encoders::EncoderError),
}

/// The command, on one line, ready to paste into a shell.
pub fn launch_line(name: &str, camera: &Device, microphone: &Device) -> Result<String, LaunchLineError> {
    let text = Text::load(name)?;
    let promised = text.promised();
    let encoder = |element: &str, codec, kbps| -> Result<String, encoders::EncoderError> {
        match promised.contains(&element) {
            true => encoders::choose(Wanted { codec, size: SIZE, kbps }).map(|c: Choice| c.text),
            false => Ok(String::new()),
        }
    };
    let video = encoder("video_encoder", Codec::H264, encoders::bitrate_kbps(SIZE))?;
    let audio = encoder("audio_encoder", Codec::Aac, 192)?;
    let (source, decoder, fixed) = match name {
        "camera" => camera_parts(camera),
        "microphone" => (source_text(microphone, SOUND_BLOCKS), "", super::microphone::fixed(microphone)),
        _ => Default::default(),
    };
    let slots = [
        ("video_encoder", video.as_str()),
        ("audio_encoder", &audio),
        ("source", &source),
        ("decoder", decoder),
        ("sink", "fakesink sync=true"),
        ("into", "fakesink"),
        ("demuxer", "matroskademux"),
        ("muxer", "matroskamux name=mux"),
        ("picture_pad", "video_0"),
        ("sound_pad", "audio_0"),
        ("picture_caps", "video/x-raw,format=I420"),
        ("sound_caps", "audio/x-raw"),
        ("resampling", ""),
    ];
    let graph = text.filled(&slots)?;
    let links: Vec<String> = graph.split(" ! ").map(|link| with_caps(&stand_in(link), &fixed)).collect();
    Ok(format!("gst-launch-1.0 -e {}", quoted(&links.join(" ! "))))
}

type Fixed = Vec<(&'static str, gst::Caps)>;

fn camera_parts(camera: &Device) -> (String, &'static str, Fixed) {
    let mode = super::camera::mode(camera, (SIZE, Rate::whole(30)));
    let fixed = mode.map(|m| ("mode", m.caps())).into_iter().collect();
    (source_text(camera, PICTURES), super::camera::decoder(mode), fixed)
}

/// The device's element; for the rulers, which no other program has, GStreamer's own test sources.
fn source_text(device: &Device, buffers: u32) -> String {
    let element = device.source_element();
    let source = match (device.is_test(), device.kind) {
        (true, DeviceKind::Camera) => "videotestsrc is-live=true".to_owned(),
        (true, _) => "audiotestsrc is-live=true samplesperbuffer=480".to_owned(),
        (false, _) if element == "pipewiresrc" => format!("pipewiresrc target-object={}", device.id),
        (false, _) => match device.address() {
            Some(address) => format!("{element} device={address}"),
            None => element,
        },
    };
    format!("{source} num-buffers={buffers}")
}

/// A link whose element has its caps fixed by code, as text.
fn with_caps(link: &str, fixed: &[(&str, gst::Caps)]) -> String {
    let named = |name: &str| link.split(' ').any(|word| word == format!("name={name}"));
    let Some((_, caps)) = fixed.iter().find(|(name, _)| named(name)) else { return link.to_owned() };
    let kept = link.split(' ').filter(|word| !word.starts_with("caps="));
    let caps = caps.to_string().replace(", ", ",");
    format!("{} caps={caps}", kept.collect::<Vec<_>>().join(" "))
}

/// One link of the chain, with what only this program can run replaced.
fn stand_in(link: &str) -> String {
    let mut out = Vec::new();
    // A link may end one chain and begin the next ("appsink name=x appsrc name=y"): take element by element.
    for element in elements(link) {
        let first = element.split(' ').next().unwrap_or_default();
        out.push(match first {
            "appsrc" if element.contains("name=pictures") => picture_source("pictures"),
            "appsrc" if element.contains("name=camera") => picture_source("camera"),
            "appsrc" if element.contains("name=coded") => {
                format!("{} ! vp8enc deadline=1 name=coded", picture_source("camera"))
            }
            "appsrc" => sound_source(),
            // Its caps follow in the text.
            "voicesource" => format!(
                "audiotestsrc is-live=true samplesperbuffer=480 num-buffers={SOUND_BLOCKS} {}",
                name_of(&element)
            ),
            // Any recording would do; these are at hand everywhere.
            "filesrc" if element.contains("name=recording") => {
                format!("{} ! jpegenc ! avimux {}", picture_source("camera"), name_of(&element))
            }
            "filesrc" if element.contains("name=talk") => format!(
                "{} ! jpegenc ! queue ! talk. audiotestsrc num-buffers={SOUND_BLOCKS} ! queue ! talk. matroskamux {}",
                picture_source("camera"),
                name_of(&element)
            ),
            "filesrc" => format!("audiotestsrc num-buffers={SOUND_BLOCKS} ! wavenc {}", name_of(&element)),
            "appsink" | "gtk4paintablesink" => format!("fakesink {} sync=false", name_of(&element)),
            "isofmp4mux" if !installed("isofmp4mux") => "mp4mux name=mux fragment-duration=1000".to_owned(),
            _ => element.replace("mux.sink_0", "mux.").replace("mux.sink_1", "mux."),
        });
    }
    out.join(" ")
}

/// Its `name=` word.
fn name_of(element: &str) -> &str {
    element.split(' ').find(|word| word.starts_with("name=")).unwrap_or_default()
}

/// Splits "a x=1 b y=2" before every word that is neither a property nor a reference.
fn elements(link: &str) -> Vec<String> {
    let mut elements: Vec<String> = Vec::new();
    for word in link.split(' ') {
        match elements.last_mut() {
            Some(last) if word.contains('=') => *last = format!("{last} {word}"),
            _ => elements.push(word.to_owned()),
        }
    }
    elements
}

fn picture_source(name: &str) -> String {
    let Size { width, height } = SIZE;
    format!(
        "videotestsrc is-live=true num-buffers={PICTURES} name={name} ! \
         video/x-raw,format=I420,width={width},height={height},framerate=30/1"
    )
}

fn sound_source() -> String {
    format!(
        "audiotestsrc is-live=true wave=pink-noise samplesperbuffer=480 num-buffers={SOUND_BLOCKS} name=sound ! \
         audio/x-raw,format=F32LE,rate=48000,channels=1"
    )
}

/// Whether other programs have the element too, not only this one.
fn installed(element: &str) -> bool {
    let plugin = gst::ElementFactory::find(element).and_then(|f| f.plugin());
    plugin.is_some_and(|p| p.filename().is_some())
}

/// Quotes what a shell would take for its own.
fn quoted(graph: &str) -> String {
    let special = |word: &str| word.chars().any(|c| "()[]{};&|<>*?$\\\"'`".contains(c));
    let quote = |word: &str| if special(word) { format!("'{}'", word.replace('\'', "'\\''")) } else { word.to_owned() };
    graph.split(' ').map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{elements, quoted};

    #[test]
    fn links_are_split_at_elements_not_at_properties() {
        assert_eq!(elements("appsink name=a b=1 appsrc name=c"), ["appsink name=a b=1", "appsrc name=c"]);
    }

    #[test]
    fn a_shell_leaves_caps_alone() {
        assert_eq!(quoted("x ! video/x-h264,level=(string)4.1"), "x ! 'video/x-h264,level=(string)4.1'");
    }
}
