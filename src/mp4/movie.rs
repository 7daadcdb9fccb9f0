// SPDX-License-Identifier: MIT
//! What a scan found: the whole movie, whether its samples stand in one table or in thousands of fragments.

use super::bytes::FourCc;
use super::journal::Journal;
use super::samples::Samples;
use super::seam::Joined;
use crate::words::{Facts, FragmentNote};

/// How far a file has come on its way from a recording to a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its samples are described by fragments: still being recorded, or left behind by a crash.
    Fragmented,
    /// The new `moov` is in place but the last steps that make it count are not all done.
    Committing,
    /// One complete `moov` describes everything.
    Finished,
}

/// What is wrong with the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// An `mdat` ends behind the end of the file (or says "up to the end", which holds only until something is
    /// appended).
    Mdat,
    /// Some other box does.
    Box,
    /// Fewer than the eight bytes of a box header are left.
    Short,
    /// A journal of our own was only begun.
    Journal,
}

/// The incomplete box at the end of a file that was cut off.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Where it begins.
    pub at: u64,
    /// What it is.
    pub torn: Torn,
    /// Its first bytes, at most 16.
    pub head: Vec<u8>,
}

/// An entry of an edit list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// How long, in the movie's time units.
    pub duration: u64,
    /// From where in the track's own time; `None` shows nothing.
    pub media_time: Option<i64>,
}

/// What fragments need not repeat (`trex`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) description: u32,
    pub(crate) duration: u32,
    pub(crate) size: u32,
    pub(crate) flags: u32,
}

/// One track.
#[derive(Clone, Debug)]
pub struct Track {
    /// Its number in the file.
    pub id: u32,
    /// `vide`, `soun` and so on.
    pub handler: FourCc,
    /// The sample descriptions, for example `avc1`.
    pub codecs: Vec<FourCc>,
    /// Units of time in a second.
    pub timescale: u32,
    /// The edit list as it stands in the file.
    pub edits: Vec<Edit>,
    /// Its samples.
    pub samples: Samples,
    pub(crate) defaults: Defaults,
    /// Where its `trak` lies in the movie's `moov`.
    pub(crate) trak: std::ops::Range<usize>,
    /// Sample entries of encoders that took over, whole boxes, behind those in the `moov`.
    pub(crate) added: Vec<Vec<u8>>,
    /// Since another encoder took over.
    pub(crate) joined: Option<Joined>,
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Movie {
    /// How long the file is.
    pub file_len: u64,
    /// Up to where it holds media; what follows is a leftover of our own.
    pub media_end: u64,
    /// How far it has come.
    pub state: State,
    /// Units of the movie's time in a second.
    pub timescale: u32,
    /// Seconds since 1904, 0 when unknown.
    pub created: u64,
    /// The tracks.
    pub tracks: Vec<Track>,
    /// How many `moof` there are.
    pub fragments: u64,
    /// Samples of the last fragment whose bytes are missing.
    pub samples_torn: u64,
    /// The incomplete end.
    pub tail: Option<Tail>,
    /// What the recorder wrote about the whole recording.
    pub facts: Option<Facts>,
    /// What it wrote behind each fragment.
    pub notes: Vec<FragmentNote>,
    /// Ours: from a finished file, or from an attempt that did not end.
    pub journal: Option<Journal>,
    /// The `moov` as it stands in the file.
    pub(crate) moov: Vec<u8>,
    /// Where the first box behind `ftyp` begins, and the file's 16 bytes from there.
    pub(crate) first: Option<(u64, [u8; 16])>,
}

impl Movie {
    /// How many bytes at the end belong to no complete box.
    pub fn torn_bytes(&self) -> u64 {
        self.tail.as_ref().map_or(0, |tail| self.media_end.saturating_sub(tail.at))
    }
}
