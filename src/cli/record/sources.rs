// SPDX-License-Identifier: MIT
//! `--add-mic` and `--add-camera`: further devices of a recording, each on a track of its own.

use crate::cli::shared::Usage;
use crate::studio::{
    AudioConfig, CameraChoice, FurtherDevice, FurtherSource, MicrophoneChoice, RecordingConfig, TrackConfig,
    TrackMedia, VideoConfig,
};

/// Further devices, in the order of their tracks.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Sources {
    /// A further microphone on a track of its own: test or an ID, and what the track is called; may be said again and
    /// again
    #[arg(long, value_name = "MICROPHONE[=NAME]", conflicts_with = "from")]
    add_mic: Vec<String>,
    /// A further camera on a track of its own, likewise
    #[arg(long, value_name = "CAMERA[=NAME]", conflicts_with = "from")]
    add_camera: Vec<String>,
}

impl Sources {
    /// Whether there are any.
    pub fn is_named(&self) -> bool {
        !self.add_mic.is_empty() || !self.add_camera.is_empty()
    }

    /// The devices, and the recipe with a track for each: the one that is configured under its name, or one more.
    pub fn put_into(&self, config: &mut RecordingConfig) -> Result<Vec<FurtherSource>, Usage> {
        let mut sources = Vec::new();
        for said in &self.add_mic {
            let (device, name) = parts(said);
            let choice: MicrophoneChoice = device.parse().map_err(|why| Usage(format!("--add-mic {said}: {why}")))?;
            if matches!(choice, MicrophoneChoice::Auto(_) | MicrophoneChoice::Off) {
                return Err(unnamed("--add-mic", said));
            }
            let usual = config.audio.clone().unwrap_or_default();
            let recipe = || TrackMedia::Audio(AudioConfig { channels: 1, kbps: None, ..usual });
            let name = track(config, name, "Microphone", recipe);
            sources.push(FurtherSource { name, device: FurtherDevice::Microphone(choice) });
        }
        for said in &self.add_camera {
            let (device, name) = parts(said);
            let choice: CameraChoice = device.parse().map_err(|why| Usage(format!("--add-camera {said}: {why}")))?;
            if matches!(choice, CameraChoice::Auto | CameraChoice::Off) {
                return Err(unnamed("--add-camera", said));
            }
            let mut usual = config.video.clone().unwrap_or_default();
            if let (CameraChoice::Test(size, frame_rate), true) = (&choice, device.contains(':')) {
                usual = VideoConfig { size: *size, frame_rate: *frame_rate, ..usual };
            }
            let name = track(config, name, "Camera", || TrackMedia::Video(usual));
            sources.push(FurtherSource { name, device: FurtherDevice::Camera(choice) });
        }
        match config.tracks.iter().find(|track| !sources.iter().any(|source| same(&source.name, &track.name))) {
            Some(TrackConfig { name, media }) => {
                let option = if matches!(media, TrackMedia::Video(_)) { "--add-camera" } else { "--add-mic" };
                Err(Usage(format!("nothing is recorded on the track '{name}'; say {option} DEVICE={name}")))
            }
            None => Ok(sources),
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The device, and the name behind it.
fn parts(said: &str) -> (&str, Option<&str>) {
    match said.rsplit_once('=') {
        Some((device, name)) => (device.trim(), Some(name.trim())),
        None => (said.trim(), None),
    }
}

fn unnamed(option: &str, said: &str) -> Usage {
    Usage(format!("{option} {said} names no device; say test, or an ID that hyperzoom devices prints"))
}

/// The name of its track, which is there afterwards.
fn track(config: &mut RecordingConfig, name: Option<&str>, kind: &str, media: impl FnOnce() -> TrackMedia) -> String {
    let numbered = || (2..).map(|number| format!("{kind} {number}"));
    let is_taken = |name: &str| config.tracks.iter().any(|track| same(&track.name, name));
    let name = name.map(str::to_owned).or_else(|| numbered().find(|name| !is_taken(name))).unwrap_or_default();
    if !is_taken(&name) {
        config.tracks.push(TrackConfig { name: name.clone(), media: media() });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{FurtherDevice, RecordingConfig, Sources, TrackConfig};
    use crate::studio::AudioConfig;

    fn sources(mics: &[&str], cameras: &[&str]) -> Sources {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Sources { add_mic: owned(mics), add_camera: owned(cameras) }
    }

    #[test]
    fn each_device_has_a_track() {
        let mut config = RecordingConfig::default().track(TrackConfig::audio("guest", AudioConfig::default()));
        let said = sources(&["test=Guest", "usb=1:2=Far"], &["test:640x360@15", "test"]);
        let found = said.put_into(&mut config).expect("all are devices");
        let names: Vec<_> = found.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names, ["Guest", "Far", "Camera 2", "Camera 3"]);
        assert_eq!(config.tracks.len(), 4, "the guest's was there");
        assert!(matches!(found[2].device, FurtherDevice::Camera(_)));
        assert!(config.validate().is_ok());
    }

    #[test]
    fn what_names_no_device_or_leaves_a_track_empty_is_refused() {
        let refused = |said: Sources, mut config: RecordingConfig| said.put_into(&mut config).expect_err("wrong").0;
        assert!(refused(sources(&["auto"], &[]), RecordingConfig::default()).contains("names no device"));
        assert!(refused(sources(&[], &["test:9"]), RecordingConfig::default()).contains("--add-camera test:9"));
        let config = RecordingConfig::default().track(TrackConfig::audio("Guest", AudioConfig::default()));
        assert!(refused(sources(&[], &[]), config).contains("--add-mic DEVICE=Guest"));
    }
}
