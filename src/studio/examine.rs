// SPDX-License-Identifier: MIT
//! A look at the machine: can it record, with what, and what would a person want to know before an evening.

use super::awake::Awake;
use super::prepare::{AUDIO_KBPS, PrepareError};
use super::settings::{CameraChoice, MicrophoneChoice, Settings};
use crate::disk::space;
use crate::media::{self, Choice, Codec, Device, DeviceKind, Wanted};
use crate::words::Size;
use serde::Serialize;
use std::path::Path;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Examination {
    /// Its version.
    pub gstreamer: String,
    /// One for each codec of a master.
    pub encoders: Vec<Encoder>,
    /// Cameras, microphones, speakers.
    pub devices: Vec<Device>,
    /// The rest: a title and a sentence.
    pub remarks: Vec<(String, String)>,
}

/// The choice for one codec.
#[derive(Debug, Serialize)]
pub struct Encoder {
    /// For people.
    pub name: String,
    /// Who won, if anybody.
    pub choice: Option<Choice>,
    /// Why nobody did.
    pub problem: String,
}

impl Examination {
    /// Whether a golden master can be recorded.
    pub fn can_record(&self) -> bool {
        self.encoders.iter().take(2).all(|e| e.choice.is_some())
    }
}

/// Looks at everything; takes a few seconds, since encoders are tried at full size.
pub fn examine(recordings: &Path) -> Examination {
    let encoder = |name: &str, codec, kbps| {
        let tried = media::choose(Wanted { codec, size: Size::FULL_HD, kbps });
        let problem = tried.as_ref().err().map(ToString::to_string).unwrap_or_default();
        Encoder { name: name.to_owned(), choice: tried.ok(), problem }
    };
    let full_hd_kbps = media::bitrate_kbps(Size::FULL_HD);
    Examination {
        gstreamer: media::version(),
        encoders: vec![
            encoder("H.264 (1080p)", Codec::H264, full_hd_kbps),
            encoder("AAC", Codec::Aac, AUDIO_KBPS),
            encoder("FLAC", Codec::Flac, 0),
        ],
        devices: media::list_devices(),
        remarks: vec![
            ("capture".into(), media::real_time_priority()),
            ("sleep".into(), sleep()),
            ("recordings".into(), room(recordings, full_hd_kbps + AUDIO_KBPS)),
        ],
    }
}

fn sleep() -> String {
    match Awake::keep() {
        Ok(mut awake) => match awake.is_granted() {
            true => "the machine stays awake while recording".to_owned(),
            false => "the system refuses to be kept awake; switch off automatic sleep yourself".to_owned(),
        },
        Err(why) => format!("the machine may go to sleep while recording: {why}"),
    }
}

fn room(folder: &Path, kbps: u64) -> String {
    let exists = folder.ancestors().find(|f| f.exists()).unwrap_or(Path::new("/"));
    match space::free_bytes(exists) {
        Ok(free) => format!(
            "{}: {:.1} GB free, about {:.1} hours at 1080p",
            folder.display(),
            free as f64 / 1e9,
            free as f64 / (kbps * 1000 / 8 * 3600) as f64
        ),
        Err(e) => format!("{}: {e}", folder.display()),
    }
}

/// The devices whose commands are printed for trying by hand.
pub fn devices_for_trying(
    camera: &CameraChoice,
    microphone: &MicrophoneChoice,
) -> Result<(Device, Device), PrepareError> {
    let mut settings = Settings::new(Default::default());
    settings.camera = camera.clone();
    settings.microphone = microphone.clone();
    let devices = super::prepare::Devices::find(&settings)?;
    let camera = devices.camera.map_or_else(|| Device::test(DeviceKind::Camera), |c| c.0);
    let microphone = devices.microphone.map_or_else(|| Device::test(DeviceKind::Microphone), |m| m.0);
    Ok((camera, microphone))
}
