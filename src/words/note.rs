// SPDX-License-Identifier: MIT
//! What a recording says about itself: written into the file behind every fragment, and into the folder's
//! metadata, in the same words, so that either can replace the other.

use super::{Mono, Sample};
use serde::{Deserialize, Serialize};

/// What is true of the whole recording and known at its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Eight hexadecimal digits, the same for every participant of a call.
    pub session_id: String,
    /// What the session is called.
    pub session_name: String,
    /// Whose master this is.
    pub participant: String,
    /// The participant's number in the call, 0 for the host.
    pub participant_id: u8,
    /// The program and version that recorded.
    pub recorder: String,
    /// The camera, as its maker calls it; empty when there is none.
    pub camera: String,
    /// The microphone, as its maker calls it; empty when there is none.
    pub microphone: String,
    /// For example "H.264 High@4.1"; empty without pictures.
    pub video_codec: String,
    /// The encoder element, for example "x264enc".
    pub video_encoder: String,
    /// The picture's width in pixels.
    pub width: u32,
    /// The picture's height in pixels.
    pub height: u32,
    /// What the video encoder was asked for.
    pub video_bitrate_kbps: u32,
    /// For example "AAC-LC"; empty without sound.
    pub audio_codec: String,
    /// The encoder element, for example "avenc_aac".
    pub audio_encoder: String,
    /// What the audio encoder was asked for, 0 when lossless.
    pub audio_bitrate_kbps: u32,
    /// Samples that the audio encoder puts in front of the sound; readers must skip them.
    pub audio_priming: u32,
    /// The monotonic time of sample 0.
    pub started_monotonic: Mono,
    /// The universal time of sample 0, in microseconds since 1970.
    pub started_utc_us: i64,
    /// The session clock at sample 0, in microseconds; 0 in a recording without a call.
    pub started_session_us: i64,
    /// All tracks, where there are more than pictures and sound: those of each kind in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<TrackFacts>,
}

/// What is true of one track of many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackFacts {
    /// What editors show; empty for the main pair.
    pub name: String,
    /// It holds pictures, not sound.
    pub pictures: bool,
    /// As `audio_priming`.
    pub priming: u32,
}

/// Something that a person who edits the recording may want to know, and where it lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    /// Where in the recording.
    pub at_sample: Sample,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of [`Happening`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// The microphone lost samples before we saw them; silence of the measured length stands for them.
    SoundLost {
        /// How many samples of silence were written.
        samples: u64,
    },
    /// The microphone went away; silence is written from here on.
    SoundGone,
    /// The microphone is back.
    SoundBack {
        /// How many samples of silence were written meanwhile.
        silence_samples: u64,
    },
    /// The camera went away; the last picture is held from here on.
    PictureGone,
    /// The camera is back.
    PictureBack {
        /// How many pictures were held or black meanwhile.
        held_frames: u64,
    },
    /// Constant rate required the last picture once more.
    Repeated {
        /// How often.
        frames: u64,
    },
    /// Constant rate had no place for pictures that the camera delivered.
    Omitted {
        /// How many.
        frames: u64,
    },
    /// Pictures were lost because the machine could not keep up, in spite of everything.
    Dropped {
        /// How many.
        frames: u64,
    },
    /// Another device took over.
    DeviceChanged {
        /// "camera" or "microphone".
        device: String,
        /// Its name.
        name: String,
    },
    /// The recording was about to fill the disk and was ended in time.
    DiskFull,
    /// The sync tone: its first sample is here.
    Tone {
        /// The session clock at that sample, in microseconds.
        session_us: i64,
    },
    /// The person switched the microphone off; silence is written from here on.
    Muted,
    /// The person switched the microphone on again.
    Unmuted {
        /// How many samples of silence were written meanwhile.
        silence_samples: u64,
    },
    /// The person switched the camera off; black pictures are written from here on.
    CameraOff,
    /// The person switched the camera on again.
    CameraOn {
        /// How many black pictures were written meanwhile.
        black_frames: u64,
    },
    /// Somebody came into the call.
    PeerJoined {
        /// Their number in the call.
        participant: u8,
        /// Their name.
        name: String,
    },
    /// Somebody left the call.
    PeerLeft {
        /// Their number in the call.
        participant: u8,
        /// Their name.
        name: String,
        /// Why, in words; empty where there is nothing to say.
        reason: String,
    },
    /// A warning in words.
    Warning {
        /// The sentence shown to the person.
        text: String,
    },
}

/// Written behind every fragment, so that a file alone tells its times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FragmentNote {
    /// The recording's sound up to here, in samples: where this fragment begins.
    pub first_sample: Sample,
    /// How many samples long the fragment is.
    pub samples: u64,
    /// The monotonic time of `first_sample`.
    pub monotonic: Mono,
    /// The universal time of `first_sample`, in microseconds since 1970.
    pub utc_us: i64,
    /// The session clock at `first_sample`, in microseconds.
    pub session_us: i64,
    /// How fast the microphone's clock runs against the machine's, in parts per million.
    pub drift_ppm: f64,
    /// What happened since the last note.
    pub happenings: Vec<Happening>,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            What::SoundLost { samples } => {
                write!(f, "{samples} samples of sound were lost before they reached us; silence stands for them")
            }
            What::SoundGone => write!(f, "the microphone is gone; silence from here"),
            What::SoundBack { silence_samples } => {
                write!(f, "the microphone is there, after {silence_samples} samples of silence")
            }
            What::PictureGone => write!(f, "the camera is gone; the last picture is held"),
            What::PictureBack { held_frames } => {
                write!(f, "the camera is there, after {held_frames} pictures held or black")
            }
            What::Repeated { frames } => write!(f, "{frames} picture(s) repeated, as constant rate requires"),
            What::Omitted { frames } => write!(f, "{frames} picture(s) left out, as constant rate requires"),
            What::Dropped { frames } => write!(f, "{frames} picture(s) lost: the machine could not keep up"),
            What::DeviceChanged { device, name } => write!(f, "another {device}: {name}"),
            What::DiskFull => write!(f, "the disk was about to fill; the recording was ended in time"),
            What::Tone { session_us } => {
                write!(f, "the sync tone begins (session clock {:.6} s)", *session_us as f64 / 1e6)
            }
            What::Muted => write!(f, "muted by hand; silence from here"),
            What::Unmuted { silence_samples } => {
                write!(f, "unmuted, after {silence_samples} samples of silence")
            }
            What::CameraOff => write!(f, "the camera was switched off by hand; black from here"),
            What::CameraOn { black_frames } => {
                write!(f, "the camera was switched on again, after {black_frames} black pictures")
            }
            What::PeerJoined { participant, name } => write!(f, "{name} (participant {participant}) came in"),
            What::PeerLeft { participant, name, reason } if reason.is_empty() => {
                write!(f, "{name} (participant {participant}) left")
            }
            What::PeerLeft { participant, name, reason } => {
                write!(f, "{name} (participant {participant}) left: {reason}")
            }
            What::Warning { text } => write!(f, "{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FragmentNote, What};

    #[test]
    fn what_a_person_did_is_told_in_words() {
        let left = |reason: &str| What::PeerLeft { participant: 2, name: "guest".into(), reason: reason.into() };
        assert_eq!(left("").to_string(), "guest (participant 2) left");
        assert_eq!(left("no answer").to_string(), "guest (participant 2) left: no answer");
        let tone = What::Tone { session_us: 1_250_000 };
        assert_eq!(tone.to_string(), "the sync tone begins (session clock 1.250000 s)");
    }

    #[test]
    fn notes_from_before_there_were_calls_are_read() {
        let old = r#"{"first_sample":48000,"happenings":[{"at_sample":7,"what":"sound-lost","samples":480}]}"#;
        let note: FragmentNote = serde_json::from_str(old).expect("still valid");
        assert_eq!(note.happenings[0].what, What::SoundLost { samples: 480 });
    }
}
