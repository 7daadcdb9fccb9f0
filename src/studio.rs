// SPDX-License-Identifier: MIT
//! Ring 3: the conductor and public library. It joins the engines with the hands: whoever wants to record, from
//! the command line, from a window or from another program, starts a [`Recorder`] and listens to its [`Event`]s;
//! whoever wants to talk starts a [`Call`] and listens to its [`CallEvent`]s.
//!
//! ```text
//!   Keeper(camera) ----\                                             /--> Writer: append, sync, finalise
//!   Keeper(microphone) -+--> one queue --> Take: Cadence, SoundTrack -+--> Master: encoders, fragments
//!   Master, Writer -----/                                            \--> Event: the face
//! ```
//!
//! One thread, the take, owns all that can change. Nothing in it waits for a device, an encoder or a disk.
//!
//! ```text
//!   Socket -> Listener (real-time): Inbound -> parcels -> Conductor: Mesh, PeerClocks -> CallEvent: the face
//!                                                              \--> Mapping: the router's doors
//! ```
//!
//! In a call one thread again owns all that can change; voice alone goes past it (`call/sound.rs`). What a participant
//! does with their own devices is the `call/stage.rs`; the recording of a call is a take like any other, told by the
//! conductor when to begin and what the session's clock says.
//!
//! ```text
//!   a program --------------\
//!   a LiveRecorder's devices +--> MediaRecorder: Feed --> Recording --> Writer, Output
//!   a FileRecorder's file ---/
//! ```
//!
//! Whoever has pictures and sound of their own, or wants another file than a golden master, takes a [`MediaRecorder`] with
//! a [`RecordingConfig`]; whoever submits does the work, and no thread of ours stands between. A file that exists is
//! recorded anew by [`record_file`].
//!
//! A window needs more than that, and nothing of it may make it wait: a [`Preview`] before the call, the call's pictures
//! ([`PictureWatch`]) and levels ([`Meters`]), other devices in the middle of it ([`Remote::switch_camera`] and the like),
//! the sessions of the past ([`library`]), and what was set once ([`Preferences`]).
//!
//! Every other recording is told what to be by a [`RecordingConfig`].

mod align;
mod awake;
mod call;
mod config;
mod event;
mod examine;
mod from_file;
mod keeper;
pub mod library;
mod live;
mod media_recorder;
mod meters;
mod notebook;
mod pictures;
mod plug;
mod prepare;
mod preview;
mod recorder;
mod repair;
mod room;
mod settings;
mod strain;
mod take;
mod test_sound;
mod watch_clock;

pub use crate::disk::preferences::{Preferences, SaveError, Theme};
pub use crate::mesh::invite::{Invite, InviteError};
pub use align::{
    AlignError, AlignReport, AlignSettings, Checked, MasterReport, MastersError, PairReport, ToneReport, align,
};
pub use call::{
    Admission, Call, CallError, CallEvent, CallSettings, PeerStats, Person, Remote, SpeakerChoice, Spread, TapeStats,
    VoiceFrames, VoiceStats,
};
pub use config::{
    Adaptive, AudioConfig, AudioQuality, ConfigError, Limits, Loudness, MediaRecipe, Preset, PresetShelf,
    RecordingConfig, TrackConfig, TrackMedia, TrackRecipe, Valid, VideoConfig, WhenReached, presets,
};
pub use event::{Event, Finished};
pub use examine::{Encoder, Examination, devices_for_trying, examine};
pub use from_file::{FileError, FileRecorder, FileSource, record_file};
pub use live::{FurtherDevice, FurtherSource, LiveError, LiveEvent, LiveRecorder};
pub use media_recorder::{
    AudioBlock, FileReport, Finishing, FinishingStep, LoudnessReport, MachineReport, MediaRecorder, MemoryOutput,
    Normalised, Output, PacketOutput, PauseReport, RecordError, RecorderTrack, RecordingEvent, RecordingReport,
    RecordingStatus, SubmitError, SyncReport, TrackId, TrackReport, VideoFrame,
};
pub use meters::{Level, Meters};
pub use pictures::{PictureWatch, Shown};
pub use preview::{Preview, PreviewEvent};
pub use recorder::{Recorder, StartError, Starting, Stopper};
pub use repair::{RecoveredFile, check, recover};
pub use room::{Room, room};
pub use settings::{CameraChoice, MicrophoneChoice, Settings, SettingsError};
pub use test_sound::TestSound;
