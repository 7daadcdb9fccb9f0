// SPDX-License-Identifier: MIT
//! Everything that can be refused before a recording starts, each with one sentence that says what to do.

use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::disk::{self, Place, PlaceError, space};
use crate::media::{self, Channel, Choice, Codec, Device, DeviceKind, EncoderError, PictureFormat, Wanted};
use crate::words::{Rate, Size};
use std::path::Path;

/// The sound's bit rate, in kbit/s.
pub const AUDIO_KBPS: u64 = 192;

/// What lossless sound takes at most, as a rule.
pub const FLAC_KBPS: u64 = 700;

/// With less than this no recording is begun.
const FREE_MIN_BYTES: u64 = 32 << 20;

/// Why nothing is recorded.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// No such device.
    #[error("there is no {kind} '{id}'; there are: {known}")]
    NoDevice {
        /// "camera" or "microphone".
        kind: &'static str,
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// Neither pictures nor sound.
    #[error("with the camera off and the microphone off there is nothing to record; turn one of them on")]
    Nothing,
    /// Where to.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Encoders.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// No room.
    #[error("only {free_mb} MB are free in {folder}; make room or choose another disk with --recordings")]
    NoRoom {
        /// How much is free.
        free_mb: u64,
        /// Where.
        folder: String,
    },
}

/// A camera, with the shape of the test picture if it is that.
pub type ChosenCamera = (Device, (Size, Rate));

/// A microphone and the input that is the voice.
pub type ChosenMicrophone = (Device, Channel);

/// The devices of a recording.
#[derive(Clone, Debug)]
pub struct Devices {
    /// What pictures come from.
    pub camera: Option<ChosenCamera>,
    /// What sound comes from.
    pub microphone: Option<ChosenMicrophone>,
}

impl Devices {
    /// Finds what the settings ask for among what is plugged in.
    pub fn find(settings: &Settings) -> Result<Devices, PrepareError> {
        let usual = (Size { width: 1280, height: 720 }, Rate::whole(30));
        let needs_list = !matches!(settings.camera, CameraChoice::Off | CameraChoice::Test(..))
            || !matches!(settings.microphone, MicrophoneChoice::Off | MicrophoneChoice::Test(_));
        let known = if needs_list { media::list_devices() } else { Vec::new() };
        let test = |kind| Device::test(kind);
        let first = |kind| known.iter().find(|d| d.kind == kind && !d.is_test()).cloned();
        let camera = match &settings.camera {
            CameraChoice::Off => None,
            CameraChoice::Test(size, rate) => Some((test(DeviceKind::Camera), (*size, *rate))),
            CameraChoice::Auto => Some((first(DeviceKind::Camera).unwrap_or(test(DeviceKind::Camera)), usual)),
            CameraChoice::Id(id) => Some((named(&known, DeviceKind::Camera, "camera", id)?, usual)),
        };
        let microphone = match &settings.microphone {
            MicrophoneChoice::Off => None,
            MicrophoneChoice::Test(channel) => Some((test(DeviceKind::Microphone), *channel)),
            MicrophoneChoice::Auto(channel) => {
                Some((first(DeviceKind::Microphone).unwrap_or(test(DeviceKind::Microphone)), *channel))
            }
            MicrophoneChoice::Id(id, channel) => {
                Some((named(&known, DeviceKind::Microphone, "microphone", id)?, *channel))
            }
        };
        match (&camera, &microphone) {
            (None, None) => Err(PrepareError::Nothing),
            _ => Ok(Devices { camera, microphone }),
        }
    }
}

/// The speaker of that name.
pub fn speaker(id: &str) -> Result<Device, PrepareError> {
    named(&media::list_devices(), DeviceKind::Speaker, "speaker", id)
}

/// By id, or by a name that only one device has.
fn named(known: &[Device], kind: DeviceKind, word: &'static str, id: &str) -> Result<Device, PrepareError> {
    let candidates: Vec<&Device> = known.iter().filter(|d| d.kind == kind).collect();
    let by_name: Vec<&&Device> = candidates.iter().filter(|d| d.name == id).collect();
    let found = candidates.iter().find(|d| d.id == id).or_else(|| (by_name.len() == 1).then(|| by_name[0]));
    found.map(|d| (*d).clone()).ok_or_else(|| PrepareError::NoDevice {
        kind: word,
        id: id.to_owned(),
        known: ["auto", "off"]
            .into_iter()
            .chain(candidates.iter().map(|d| d.id.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
    })
}

/// The encoders of a recording.
#[derive(Clone, Debug, Default)]
pub struct Encoders {
    /// For pictures of the master's size.
    pub video: Option<Choice>,
    /// For sound.
    pub audio: Option<Choice>,
}

impl Encoders {
    /// Tries them.
    pub fn choose(format: Option<&PictureFormat>, sound: Option<Codec>) -> Result<Encoders, PrepareError> {
        let video = format
            .map(|f| media::choose(Wanted { codec: Codec::H264, size: f.size, kbps: media::bitrate_kbps(f.size) }));
        let audio = sound.map(|codec| {
            let kbps = if codec == Codec::Flac { 0 } else { AUDIO_KBPS };
            media::choose(Wanted { codec, size: Size::FULL_HD, kbps })
        });
        Ok(Encoders { video: video.transpose()?, audio: audio.transpose()? })
    }

    /// "High@4.1" and the like, from the trial's own words.
    pub fn video_codec(&self) -> String {
        let proof = self.video.as_ref().map(|v| v.proof.split(',').next().unwrap_or_default().to_owned());
        proof.map(|p| format!("H.264 {p}")).unwrap_or_default()
    }

    /// "AAC-LC" or "FLAC".
    pub fn audio_codec(&self) -> &'static str {
        match self.audio.as_ref().map(|a| a.codec) {
            Some(Codec::Flac) => "FLAC",
            Some(_) => "AAC-LC",
            None => "",
        }
    }
}

/// Makes the recording's place.
pub fn place(settings: &Settings) -> Result<Place, PrepareError> {
    let local = jiff::Zoned::now().strftime("%Y-%m-%d_%H-%M-%S").to_string();
    let place = match &settings.file {
        Some(file) => Place::file(file)?,
        None => Place::session(&settings.recordings, &local, &settings.session_name)?,
    };
    match disk::space::free_bytes(&place.folder) {
        Ok(free) if free < FREE_MIN_BYTES => {
            place.forget();
            Err(PrepareError::NoRoom { free_mb: free / 1_000_000, folder: place.folder.display().to_string() })
        }
        _ => Ok(place),
    }
}

/// The sentence about a disk that will not last, if there is one to say.
pub fn space_warning(folder: &Path, kbps: u64) -> Option<String> {
    let free = space::free_bytes(folder).ok()?;
    let bytes_an_hour = kbps.max(1) * 1000 / 8 * 3600;
    (free < space::WARN_BELOW_BYTES).then(|| {
        format!(
            "only {:.1} GB are free, and an hour takes about {:.1} GB: the disk is full in {}",
            free as f64 / 1e9,
            bytes_an_hour as f64 / 1e9,
            hours_and_minutes(free * 60 / bytes_an_hour)
        )
    })
}

fn hours_and_minutes(minutes: u64) -> String {
    match minutes {
        0..60 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
