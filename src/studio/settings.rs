// SPDX-License-Identifier: MIT
//! What a recording is to be made from and where it goes.

use crate::media::Channel;
use crate::words::{Rate, Size};
use std::path::PathBuf;
use std::str::FromStr;

/// Sides of a test picture beyond this are a slip of the finger.
const SIDE_MAX: u32 = 8192;
const FPS_MAX: u32 = 240;

/// A value that is not understood.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Of a test camera.
    #[error("'{0}' is no test camera; write test, test:WIDTHxHEIGHT or test:WIDTHxHEIGHT@FPS, at least 64x64")]
    TestCamera(String),
    /// Of an input.
    #[error("'{0}' names no input; write the microphone's ID, a colon and a number from 1 on")]
    Input(String),
}

/// `auto|off|test[:WxH[@FPS]]|ID`
#[derive(Clone, Debug, PartialEq)]
pub enum CameraChoice {
    /// The first there is; the test picture where there is none.
    Auto,
    /// No pictures.
    Off,
    /// The ruler.
    Test(Size, Rate),
    /// This one.
    Id(String),
}

/// `auto|off|test|ID`, each but `off` with an optional `:INPUT`
#[derive(Clone, Debug, PartialEq)]
pub enum MicrophoneChoice {
    /// The first there is; the test sound where there is none.
    Auto(Channel),
    /// No sound.
    Off,
    /// The ruler.
    Test(Channel),
    /// This one.
    Id(String, Channel),
}

impl FromStr for CameraChoice {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let usual = (Size { width: 1280, height: 720 }, Rate::whole(30));
        match text.split_once(':') {
            Some(("test", shape)) => {
                let refused = || SettingsError::TestCamera(text.to_owned());
                let (size, rate) = test_shape(shape).ok_or_else(refused)?;
                Ok(CameraChoice::Test(size, rate))
            }
            _ => Ok(match text {
                "auto" => CameraChoice::Auto,
                "off" => CameraChoice::Off,
                "test" => CameraChoice::Test(usual.0, usual.1),
                id => CameraChoice::Id(id.to_owned()),
            }),
        }
    }
}

fn test_shape(shape: &str) -> Option<(Size, Rate)> {
    let (size, fps) = shape.split_once('@').unwrap_or((shape, "30"));
    let (width, height) = size.split_once('x')?;
    let side = |s: &str| s.parse::<u32>().ok().filter(|n| (64..=SIDE_MAX).contains(n));
    let fps = fps.parse::<u32>().ok().filter(|n| (1..=FPS_MAX).contains(n))?;
    Some((Size { width: side(width)?, height: side(height)? }, Rate::whole(fps)))
}

impl FromStr for MicrophoneChoice {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, channel) = match text.rsplit_once(':') {
            Some((id, input)) if !input.is_empty() && input.bytes().all(|b| b.is_ascii_digit()) => {
                let number = input.parse().ok().filter(|n| *n > 0);
                (id, Channel::Number(number.ok_or_else(|| SettingsError::Input(text.to_owned()))?))
            }
            _ => (text, Channel::Auto),
        };
        Ok(match id {
            "auto" => MicrophoneChoice::Auto(channel),
            "off" => MicrophoneChoice::Off,
            "test" => MicrophoneChoice::Test(channel),
            id => MicrophoneChoice::Id(id.to_owned(), channel),
        })
    }
}

/// Everything a recording needs to know before it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where pictures come from.
    pub camera: CameraChoice,
    /// Where sound comes from.
    pub microphone: MicrophoneChoice,
    /// The folder that session folders are made in.
    pub recordings: PathBuf,
    /// A single file instead of a session folder.
    pub file: Option<PathBuf>,
    /// What the session is called.
    pub session_name: String,
    /// Who is recorded.
    pub participant: String,
    /// Lossless sound.
    pub flac: bool,
    /// Ends by itself after so many seconds.
    pub seconds: Option<f64>,
}

impl Settings {
    /// A recording of whatever is there, under `recordings`, until it is stopped.
    pub fn new(recordings: PathBuf) -> Settings {
        Settings {
            camera: CameraChoice::Auto,
            microphone: MicrophoneChoice::Auto(Channel::Auto),
            recordings,
            file: None,
            session_name: String::new(),
            participant: String::new(),
            flac: false,
            seconds: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CameraChoice, Channel, MicrophoneChoice};

    #[test]
    fn cameras_are_read_as_documented() {
        let read = |t: &str| t.parse::<CameraChoice>();
        assert_eq!(read("off").ok(), Some(CameraChoice::Off));
        assert!(matches!(read("test:1920x1080@60"), Ok(CameraChoice::Test(s, r)) if s.width == 1920 && r.num == 60));
        assert!(matches!(read("/dev/video0"), Ok(CameraChoice::Id(_))));
        for wrong in ["test:", "test:0x0", "test:99999x99999", "test:640x480@0", "test:640x480@x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_behind_the_microphone_is_its_input() {
        let read = |t: &str| t.parse::<MicrophoneChoice>();
        let id = MicrophoneChoice::Id("alsa_input.usb".into(), Channel::Number(2));
        assert_eq!(read("alsa_input.usb:2").ok(), Some(id));
        let plain = MicrophoneChoice::Id("hw:CARD".into(), Channel::Auto);
        assert_eq!(read("hw:CARD").ok(), Some(plain));
        assert!(read("x:0").is_err());
        assert_eq!(read("test").ok(), Some(MicrophoneChoice::Test(Channel::Auto)));
    }
}
