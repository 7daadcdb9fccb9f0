// SPDX-License-Identifier: MIT
//! Why a file can't be read as a movie.

/// Every one of these leaves the file as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// No bytes at all.
    #[error("the file is empty: nothing was ever written into it, so there is nothing to recover")]
    Empty,
    /// Bytes that were there are gone.
    #[error(
        "the file became shorter while it was read: another program is changing it; try again when that has \
             ended"
    )]
    Shrunk,
    /// It does not begin as an MP4 does.
    #[error("this is not an MP4 or MOV file; HyperZoom can only read those")]
    NotMp4,
    /// The description of the tracks is missing.
    #[error(
        "the file has no complete `moov`, the box that describes its tracks, so its contents can't be told \
             apart; if another file of the same recorder exists, a repair tool that borrows from it may help"
    )]
    NoMoov,
    /// A box that must be there is not.
    #[error("the file's `moov` lacks its `{0}`; it was damaged or written by a faulty program, and was left as it is")]
    Missing(&'static str),
    /// A box contradicts itself.
    #[error(
        "the box `{0}` contradicts itself; the file was damaged or written by a faulty program, and was left \
             as it is"
    )]
    Broken(&'static str),
    /// There is something between boxes that is none.
    #[error("at byte {0} stands something that is no box; the file was damaged there, and was left as it is")]
    Garbage(u64),
    /// A box is larger than any sane one.
    #[error(
        "the box `{kind}` at byte {at} claims {size} bytes, more than any recording needs; the file was \
             damaged there, and was left as it is"
    )]
    TooLarge {
        /// Which.
        kind: String,
        /// Where.
        at: u64,
        /// Its claim.
        size: u64,
    },
    /// There is more of something than any recording has.
    #[error("the file claims more {0} than any recording has; it was damaged, and was left as it is")]
    TooMany(&'static str),
    /// Its contents are encrypted.
    #[error("the file is encrypted; HyperZoom can't finalise encrypted files and left it as it is")]
    Encrypted,
    /// A fragment points outside the media.
    #[error(
        "the fragment at byte {0} points to samples that are not in the file; it was damaged in the middle, \
             and was left as it is"
    )]
    Stray(u64),
    /// Time runs backwards.
    #[error(
        "the fragment at byte {0} lies earlier in time than the one before it; HyperZoom can't put that into \
             one table and left the file as it is"
    )]
    Backwards(u64),
    /// A hole in time is longer than a table can say.
    #[error(
        "in front of the fragment at byte {0} lies a gap longer than an MP4 table can say; the file was left \
             as it is"
    )]
    TooFar(u64),
    /// Something legal that we don't know.
    #[error("the file contains {0}, which HyperZoom does not understand; it was left as it is")]
    NotUnderstood(String),
}
