// SPDX-License-Identifier: MIT
//! The `mp4` engine: what a recording becomes, and how it gets there without ever being at risk.
//!
//! ```text
//! opening    the muxer's header   -> a better one, which readers sync rightly even if nothing follows
//! note       facts and notes      -> `uuid` boxes between the fragments, and back
//! seam       another encoder      -> its sample entries, and where its fragments go on in the same tracks
//! Ledger     appended bytes       -> Movie, while recording
//! Scanner    any file             -> Movie, afterwards
//! finalise   Movie                -> Plan: the steps to a finished file; undo: the steps back
//! moved      moov                -> the same for media further on: the index in front
//! inspect    Movie                -> Report, for people and programs
//! ```
//!
//! It is pure: no file, no clock, no thread. Bytes come in, plans come out; `disk::repair` is the hand.
//!
//! The boxes are read and written here rather than by `mp4-atom`, because other people's sample entries, whatever
//! they hold, must come out of it byte for byte: what is not changed is copied as it stands, never parsed and
//! written again. What must be understood is little, and is checked at every step, since the files that come here
//! are broken by profession.

mod build;
mod bytes;
mod edits;
mod fast_start;
mod finalise;
mod inspect;
mod journal;
mod ledger;
mod mend;
mod moof;
mod moov;
mod movie;
mod note;
mod opening;
mod plan;
mod samples;
mod scan;
mod scan_error;
mod seam;
mod stbl;
mod tables;
mod timecode;

pub use bytes::FourCc;
pub use fast_start::{FastStartError, moved};
pub use finalise::{FinaliseError, Options, finalise, undo};
pub use inspect::{Report, inspect};
pub use journal::{Form, Journal, Patch};
pub use ledger::Ledger;
pub use movie::{Edit, Movie, State, Tail, Torn, Track};
pub use note::{Note, decode as decode_note, encode as encode_note};
pub use opening::{OpeningError, opening};
pub use plan::{Plan, Step};
pub use samples::{Chunk, Runs, Samples, Sizes};
pub use scan::{Output, Scanner};
pub use scan_error::ScanError;
pub use seam::{Begin, Seam, encode as encode_seam};
