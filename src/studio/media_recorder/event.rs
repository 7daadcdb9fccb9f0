// SPDX-License-Identifier: MIT
//! What happens to a recording on its way, worth telling and no failure.

use serde::Serialize;
use std::path::PathBuf;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RecordingEvent {
    /// The next file has begun.
    NextFile {
        /// Which.
        file: PathBuf,
        /// Its first picture, counted from the beginning of the recording.
        at_frame: u64,
        /// Its first sample.
        at_sample: u64,
        /// Why: "limits.max_seconds", "limits.max_bytes", "adaptive.mode" or "encoder".
        why: &'static str,
    },
    /// Nothing behind this place is recorded.
    LimitReached {
        /// Which limit.
        what: &'static str,
        /// The end, in pictures.
        at_frame: u64,
        /// The end, in samples.
        at_sample: u64,
    },
    /// Encoding can't keep up, and this gives way.
    SteppedDown {
        /// "rate", "size" or "quality".
        what: &'static str,
        /// From this picture on, or a few behind it.
        at_frame: u64,
    },
    /// It keeps up, and this comes back.
    SteppedUp {
        /// "rate", "size" or "quality".
        what: &'static str,
        /// From this picture on, or a few behind it.
        at_frame: u64,
    },
    /// An encoder broke, and another has taken over: in the same file, unless a `NextFile` says otherwise.
    FellOver {
        /// The one that broke.
        from: String,
        /// The one that has taken over.
        to: String,
        /// What it said.
        why: String,
        /// The first picture of the other one.
        at_frame: u64,
    },
    /// Nothing comes for a further track, so that silence or its last picture stands in.
    TrackGone {
        /// What it is called.
        track: String,
        /// Where the recording was, in seconds.
        at_seconds: f64,
    },
    /// It is there again.
    TrackBack {
        /// What it is called.
        track: String,
        /// Where the recording was, in seconds.
        at_seconds: f64,
    },
    /// A person's own encoder can't be used for this, so that another one is.
    PassedOver {
        /// Their own.
        element: String,
        /// Why it can't.
        why: String,
        /// The one that is.
        by: String,
    },
    /// The file was deleted while it was recorded, and has been written again, whole.
    WrittenAgain {
        /// Where it is now.
        file: PathBuf,
    },
    /// The file is not where it was begun; it is finished wherever it is now.
    Gone {
        /// Where it was.
        file: PathBuf,
    },
}

impl RecordingEvent {
    /// What a person who did not ask for it has to know, with a name for programs.
    pub fn warning(&self) -> Option<(&'static str, String)> {
        match self {
            RecordingEvent::WrittenAgain { file } => {
                let text = "the recording was deleted while it was recorded; it has been written again, whole, as";
                Some(("file-deleted", format!("{text} {}", file.display())))
            }
            RecordingEvent::Gone { file } => {
                let text = "was moved, or its disk taken away, while it was recorded; it is finished where it is now";
                Some(("file-moved", format!("{} {text}", file.display())))
            }
            RecordingEvent::TrackGone { track, at_seconds } => {
                let text = "nothing comes for the track";
                let instead = "silence or its last picture is recorded instead";
                Some(("track-gone", format!("{text} '{track}' since {at_seconds:.1} s; {instead}")))
            }
            RecordingEvent::PassedOver { element, why, by } => {
                let text = format!("your own encoder {element} can't be used here ({why}); {by} encodes instead");
                Some(("encoder-passed-over", text))
            }
            _ => None,
        }
    }
}

/// An unsteady machine may go up and down for a week; whoever reads it wants to know how it began.
const EVENTS_MAX: usize = 1_000;

/// What has happened so far.
#[derive(Debug, Default)]
pub struct Events(Vec<RecordingEvent>);

impl Events {
    /// One more.
    pub fn tell(&mut self, event: RecordingEvent) {
        tracing::info!("{event:?}");
        if self.0.len() < EVENTS_MAX {
            self.0.push(event);
        }
    }

    /// All of them.
    pub fn all(&self) -> &[RecordingEvent] {
        &self.0
    }
}
