// SPDX-License-Identifier: MIT
//! What a recorder refuses, and why. It can be used on after each of them.

use super::handle::TrackId;
use crate::disk::{PlaceError, WriterError};
use crate::media::{EncoderError, GraphError, PixelFormat, RawPictureError, SampleFormat};
use crate::studio::ConfigError;
use crate::sync::feed::FeedError;
use crate::words::{Container, Size};
use std::path::PathBuf;

/// No side of a submitted picture may be longer; it takes a gigabyte as it is.
pub(super) const SIDE_MAX: u32 = 16_384;

/// No more channels have places.
pub(super) const CHANNELS_MAX: u32 = 8;

/// Why a recording does not begin.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The golden master is made by another recorder.
    #[error("a golden master records its own camera and microphone; start it with studio::Recorder")]
    Master,
    /// No usable encoder.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// A person's own rows.
    #[error("your own encoders in {path} are not understood: {why}. Mend the file, or take it away")]
    OwnEncoders {
        /// The file.
        path: PathBuf,
        /// What about it.
        why: String,
    },
    /// GStreamer as a whole.
    #[error(transparent)]
    Media(crate::media::StartError),
    /// A graph of it.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Where the file should go.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The file.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// The timing.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// Another kind of file is meant than is configured.
    #[error("{path} does not end in .{}, but a {container} file is configured; change one of them", container.extension())]
    Extension {
        /// The file.
        path: PathBuf,
        /// What is configured.
        container: Container,
    },
    /// The disk has less than it has to keep.
    #[error(
        "only {free_bytes} bytes are free where {path} would be, and {least_bytes} have to stay free; make room, choose \
         another folder, or lower limits.min_free_bytes"
    )]
    NoSpace {
        /// The file.
        path: PathBuf,
        /// What there is.
        free_bytes: u64,
        /// What has to stay.
        least_bytes: u64,
    },
    /// One output, and a roll-over.
    #[error(
        "an output of one's own is followed by no other; set limits.when_reached to \"end\", or record into a file"
    )]
    NoNextOutput,
    /// Our own bug.
    #[error("a thread that opens files has panicked; what was recorded until then is in the files before")]
    Panicked,
    /// Not a picture, not a sample.
    #[error("nothing was recorded: no picture and no sound had come when it was stopped, so no file is left")]
    Nothing,
    /// An encoder or the disk hangs.
    #[error("the recording does not end: nothing was encoded or written for {seconds} s; run hyperzoom recover on it")]
    Stuck {
        /// For so long.
        seconds: u64,
    },
    /// Pictures that nobody can submit.
    #[error("pictures of {size} can't be recorded; submit some with sides from 1 to {SIDE_MAX}")]
    Pictures {
        /// What was announced.
        size: Size,
    },
    /// Sound that nobody can submit.
    #[error("sound with {channels} channels can't be recorded; submit 1 to {CHANNELS_MAX}")]
    Sound {
        /// What was announced.
        channels: u32,
    },
    /// A further track that is not configured.
    #[error("there is no further track {which}; there is {known}; configure it before the recorder is made")]
    UnknownTrack {
        /// As it was asked for.
        which: TrackId,
        /// What there is.
        known: String,
    },
    /// Pictures for a track of sound, or the other way round.
    #[error("the further track {which} holds the other of pictures and sound; announce what it was configured for")]
    TrackKind {
        /// As it was asked for.
        which: TrackId,
    },
    /// Two starts.
    #[error("it records already; stop it before it is started again")]
    Running,
    /// Stop, pause or resume without start.
    #[error("it does not record; start it first")]
    NotRunning,
}

/// Why something that was submitted was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Without start.
    #[error("nothing is being recorded; start the recorder first")]
    NotRunning,
    /// No bytes, or no size.
    #[error("a picture without pixels can't be recorded")]
    EmptyFrame,
    /// No samples.
    #[error("a block without samples can't be recorded")]
    EmptyBlock,
    /// Half a sample at the end.
    #[error("{bytes} bytes are no whole number of samples of {one} bytes; give whole samples of all channels")]
    TornSample {
        /// Bytes given.
        bytes: usize,
        /// Bytes of one sample of all channels.
        one: usize,
    },
    /// A float without a value.
    #[error("sample {index} is not a number; give values around 0")]
    NotANumber {
        /// Which.
        index: usize,
    },
    /// The bytes do not make this picture.
    #[error(transparent)]
    Picture(#[from] RawPictureError),
    /// Another size or format than before.
    #[error(
        "pictures of {expected_size} in {expected:?} are recorded, and this one has {size} in {format:?}; scale it, or \
         stop and start anew"
    )]
    FrameChanged {
        /// What is recorded.
        expected: PixelFormat,
        /// Its size.
        expected_size: Size,
        /// What came.
        format: PixelFormat,
        /// Its size.
        size: Size,
    },
    /// Another rate, format or number of channels than before.
    #[error(
        "sound of {} Hz with {} channels in {:?} is recorded, and this has {} Hz with {} channels in {:?}; convert it, \
         or stop and start anew", expected.0, expected.1, expected.2, given.0, given.1, given.2
    )]
    SoundChanged {
        /// Rate, channels and format that are recorded.
        expected: (u32, u32, SampleFormat),
        /// Those that came.
        given: (u32, u32, SampleFormat),
    },
    /// The time stamp, or the order of things.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// Encoders or disk are behind.
    #[error(
        "{waiting_bytes} bytes wait for the encoders and the disk, of {limit_bytes}; submit it again a little later"
    )]
    Busy {
        /// What waits.
        waiting_bytes: u64,
        /// What may.
        limit_bytes: u64,
    },
    /// `limits` in the configuration.
    #[error("the recording has reached its limit ({what}) and takes no more; stop it")]
    LimitReached {
        /// Which, for example "limits.max_seconds".
        what: &'static str,
    },
    /// It has failed on the way; what there is will be finished by stop.
    #[error("the recording has failed: {why}; stop it, and what was recorded is finished")]
    Failed {
        /// What happened.
        why: String,
    },
}
