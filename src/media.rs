// SPDX-License-Identifier: MIT
//! Ring 2, hand: the only place that says GStreamer. Everything it runs is a text of `pipelines/`; code reaches
//! into a running graph only by the names which that text promises.
//!
//! It must not know sessions, folders, files or faces: devices come in as words, pictures and sound leave as
//! opaque handles ([`Picture`], [`SoundBlock`]), fragments leave as bytes.

mod camera;
mod camera_mode;
mod clock;
mod counted;
mod devices;
mod effort;
mod encoders;
mod face;
mod format;
mod graph;
mod launch_line;
mod log;
mod master;
mod microphone;
mod mouth;
#[cfg(target_os = "linux")]
mod node;
mod packets;
mod priority;
mod read_file;
mod read_sound;
mod recording;
mod rewrite;
mod rounds;
mod ruler;
mod speaker;
mod stamp;
mod still;
mod text;
mod trial;
#[cfg(feature = "ui")]
mod view;
mod vigil;

pub use camera::{Camera, CameraSignal, Picture};
pub use devices::{Device, DeviceKind, DeviceWatch, TEST_CAMERA, TEST_MICROPHONE, list_devices};
pub use effort::{Effort, resident_bytes};
pub use encoders::{Choice, Codec, EncoderError, EncoderTable, Refusal, Wanted, bitrate_kbps, choose};
pub use face::{Depth, Encoded, FaceOrder, FaceOut, FaceSignal, FarFace, FarSignal, Plane};
pub use format::{PictureFormat, h264_level};
pub use graph::{GraphError, Trouble};
pub use launch_line::launch_line;
pub use log::GSTREAMER_LOG;
pub use master::{Master, MasterSignal, MasterTexts};
pub use microphone::{Channel, Microphone, MicrophoneSignal, SoundBlock};
pub use mouth::{FrameSamples, Mouth, MouthControl, SoundTap, VoiceFrame};
pub use packets::{PacketError, PacketFile};
pub use priority::{ask_for_real_time_clients, try_real_time};
pub use read_file::{FileItem, FilePictures, FileSound, MediaFile, ReadFileError};
pub use read_sound::{DecodedSound, ReadSoundError, SoundFile};
pub use recording::{
    EncodedCounts, EncodedPacket, FurtherKind, FurtherTrack, PacketKind, PictureNotes, PicturePacket, PictureTrack,
    PixelFormat, RawPicture, RawPictureError, RawPictures, RawSound, Recording, RecordingSignal, RecordingSpec,
    SampleFormat, SoundTrack, sound_rate_max_hz,
};
pub use rewrite::{Packets, RewriteError, packets, rewrite};
pub use speaker::{Filler, Speaker, SpeakerError, SpeakerSignal};
pub use still::{Still, StillError};
pub use text::{Text, TextError, texts};
#[cfg(feature = "ui")]
pub use view::{View, ViewFeed};

use crate::words::Mono;
use gst::prelude::ClockExt;
use gstreamer as gst;

/// Why nothing that says GStreamer can run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It could not be brought up at all.
    #[error("GStreamer cannot start: {0}. Install the GStreamer runtime, then try again")]
    Framework(String),
    /// The clock can't be bent as the environment wants it.
    #[error(
        "HYPERZOOM_TEST_CLOCK is '{0}', and {1}; give it OFFSET_SECONDS,PPM (for example 12.34,80), or leave it unset"
    )]
    TestClock(String, &'static str),
}

/// Brings up GStreamer, once, listens to what it says of itself, and registers the elements that live in this program.
pub fn start() -> Result<(), StartError> {
    gst::init().map_err(|e| StartError::Framework(e.to_string()))?;
    log::listen();
    clock::set_up()?;
    let refused = |e: gst::glib::BoolError| StartError::Framework(e.to_string());
    gstfmp4::plugin_register_static().map_err(refused)?;
    #[cfg(feature = "ui")]
    view::register().map_err(refused)?;
    ruler::register().map_err(refused)?;
    speaker::register().map_err(refused)
}

/// The framework's version, for people.
pub fn version() -> String {
    gst::version_string().to_string()
}

/// Whether capture will run at real-time priority, for people; tried on a thread of its own.
pub fn real_time_priority() -> String {
    let tried = std::thread::spawn(priority::try_real_time).join();
    match tried.unwrap_or_else(|_| Err("it could not be tried".to_owned())) {
        Ok(()) => "at real-time priority".to_owned(),
        Err(why) => format!("without real-time priority ({why}); rtkit or an 'rtprio' limit allows it"),
    }
}

/// The moment, on the clock that all graphs run on.
pub fn now() -> Mono {
    Mono(clock::clock().time().nseconds())
}

/// By how many nanoseconds that clock is ahead of the machine's own: 0, but in tests that bend it.
pub fn clock_ahead_ns() -> i64 {
    clock::ahead_ns()
}
