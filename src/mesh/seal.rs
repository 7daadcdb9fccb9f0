// SPDX-License-Identifier: MIT
//! Sealing and opening datagrams. ChaCha20-Poly1305 in place, the header authenticated with it.
//!
//! ```text
//!             clear, authenticated     sealed
//!  datagram  [header 12][0 if control][ciphertext ............][tag 16]
//!  nonce     [stream][fragment][0][0][sequence, 64 bits, big endian]
//! ```
//!
//! Each direction of a link has three streams, each with its own counter, key chain and replay window. A sealer
//! hands out every nonce once: it counts by itself, and a picture in the making borrows it. What is sent again is
//! the identical datagram, kept by whoever may have to.
//!
//! A datagram that does not open leaves no trace: windows and key chains move only for authentic ones.

mod chain;
pub(super) mod secret;
mod window;

use super::header::{Header, Kind, Malformed};
use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit, Nonce, Tag};
use chain::{Receiving, Sending};
use core::ops::Range;
pub use secret::Secret;
use window::Window;

/// Bytes of the seal at the end of a datagram.
pub const TAG_LEN: usize = 16;

/// The first payload byte of sealed control; clear control has its kind there.
const SEALED: u8 = 0;

/// What has its own counter and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Opus frames.
    Voice,
    /// Key and delta pictures: one sequence a picture.
    Picture,
    /// Control and BYE.
    Control,
}

impl Stream {
    /// Where datagrams of this kind belong.
    pub fn of(kind: Kind) -> Stream {
        match kind {
            Kind::Voice => Stream::Voice,
            Kind::KeyPicture | Kind::DeltaPicture => Stream::Picture,
            Kind::Control | Kind::Bye => Stream::Control,
        }
    }

    fn number(self) -> u8 {
        match self {
            Stream::Voice => 0,
            Stream::Picture => 1,
            Stream::Control => 2,
        }
    }
}

/// Why a datagram was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no header of ours.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Its sender is nobody with whom we share keys.
    #[error("a datagram came from a stranger")]
    Stranger,
    /// It was not sealed with the keys of its sender, or was changed on the way.
    #[error("a datagram is forged")]
    Forged,
    /// It was there before.
    #[error("a datagram was replayed")]
    Replayed,
    /// It is so old that nobody can tell whether it was there before.
    #[error("a datagram is too old")]
    TooOld,
    /// It is authentic, yet makes no sense.
    #[error("a datagram makes no sense")]
    Senseless,
    /// In the clear, and nothing that is said in the clear.
    #[error("a datagram says in the clear what is not")]
    Unknown,
    /// In the clear, and more of it than anybody honest sends.
    #[error("too many datagrams came in the clear")]
    Flood,
}

impl Refusal {
    /// Every reason, in the order in which they are counted.
    pub const ALL: [Refusal; 15] = [
        Refusal::Malformed(Malformed::Short),
        Refusal::Malformed(Malformed::Long),
        Refusal::Malformed(Malformed::Version),
        Refusal::Malformed(Malformed::Padding),
        Refusal::Malformed(Malformed::Type),
        Refusal::Malformed(Malformed::Participant),
        Refusal::Malformed(Malformed::Length),
        Refusal::Malformed(Malformed::Fragment),
        Refusal::Stranger,
        Refusal::Forged,
        Refusal::Replayed,
        Refusal::TooOld,
        Refusal::Senseless,
        Refusal::Unknown,
        Refusal::Flood,
    ];

    /// Its place in [`Refusal::ALL`].
    pub fn index(self) -> usize {
        Refusal::ALL.iter().position(|reason| *reason == self).expect("every reason is in the list")
    }
}

/// What a handshake agrees on: the keys of the three streams, both ways. Can only be taken apart, so that no key is
/// ever used by two sealers.
pub struct LinkKeys {
    /// To seal with.
    pub sealers: Sealers,
    /// To open with.
    pub openers: Openers,
}

/// The sending ends of a link.
pub struct Sealers {
    /// For the encoder's thread.
    pub voice: Sealer,
    /// For pictures.
    pub picture: Sealer,
    /// For control and BYE.
    pub control: Sealer,
}

/// The receiving ends of a link.
pub struct Openers {
    voice: Opener,
    picture: Opener,
    control: Opener,
}

impl LinkKeys {
    /// From a secret that only the two know, and what tells this agreement from all others.
    pub(super) fn agree(secret: &Secret, context: &[u8], initiator: bool) -> LinkKeys {
        let key = |stream: &str, by_initiator: bool| {
            let direction = if by_initiator { "from the initiator" } else { "from the responder" };
            secret.derive(&format!("{stream} {direction}"), context)
        };
        let sealer = |stream, name| Sealer { stream, next: 0, chain: Sending::new(key(name, initiator)) };
        let opener =
            |stream, name| Opener { stream, window: Window::new(stream), chain: Receiving::new(key(name, !initiator)) };
        LinkKeys {
            sealers: Sealers {
                voice: sealer(Stream::Voice, "voice"),
                picture: sealer(Stream::Picture, "picture"),
                control: sealer(Stream::Control, "control"),
            },
            openers: Openers {
                voice: opener(Stream::Voice, "voice"),
                picture: opener(Stream::Picture, "picture"),
                control: opener(Stream::Control, "control"),
            },
        }
    }
}

impl Openers {
    /// Opens a datagram of any stream, see [`Opener::open`].
    pub fn open(&mut self, header: &Header, datagram: &mut [u8]) -> Result<(u64, Range<usize>), Refusal> {
        match Stream::of(header.kind) {
            Stream::Voice => self.voice.open(header, datagram),
            Stream::Picture => self.picture.open(header, datagram),
            Stream::Control => self.control.open(header, datagram),
        }
    }
}

/// Seals one stream to one peer.
pub struct Sealer {
    stream: Stream,
    next: u64,
    chain: Sending,
}

impl Sealer {
    /// What the next datagram, or picture, will be numbered.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Leaves numbers out: voice counts frames, and a datagram may bring more than one.
    pub fn skip(&mut self, sequences: u8) {
        self.next += u64::from(sequences);
    }

    /// Seals voice or control with the next number; answers how long the datagram is.
    pub fn seal(&mut self, kind: Kind, participant: u8, timestamp_ms: u32, plain: &[u8], out: &mut [u8]) -> usize {
        assert!(Stream::of(kind) == self.stream && !kind.is_picture(), "{kind:?} is not of {:?}", self.stream);
        let sequence = self.take();
        let header = Header {
            kind,
            participant,
            sequence: sequence as u16,
            timestamp_ms,
            payload_len: 0,
            fragment: 0,
            fragments: 0,
        };
        seal(self.chain.key(sequence), sequence, header, plain, out)
    }

    /// Begins a picture of so many pieces (at least one) with the next number.
    pub fn begin_picture(
        &mut self,
        kind: Kind,
        participant: u8,
        timestamp_ms: u32,
        fragments: u8,
    ) -> PictureSealer<'_> {
        assert!(kind.is_picture() && self.stream == Stream::Picture, "{kind:?} is not of {:?}", self.stream);
        let sequence = self.take();
        let header = Header {
            kind,
            participant,
            sequence: sequence as u16,
            timestamp_ms,
            payload_len: 0,
            fragment: 0,
            fragments,
        };
        PictureSealer { key: self.chain.key(sequence), sequence, header, sealed: 0 }
    }

    fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

/// Seals the pieces of one picture, in order, each once.
pub struct PictureSealer<'a> {
    key: &'a Secret,
    sequence: u64,
    header: Header,
    sealed: u8,
}

impl PictureSealer<'_> {
    /// The picture's number.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Seals the next piece; answers how long the datagram is.
    pub fn seal(&mut self, piece: &[u8], out: &mut [u8]) -> usize {
        assert!(self.sealed < self.header.fragments, "a picture of {} pieces has no more", self.header.fragments);
        let header = Header { fragment: self.sealed, ..self.header };
        self.sealed += 1;
        seal(self.key, self.sequence, header, piece, out)
    }
}

fn seal(key: &Secret, sequence: u64, mut header: Header, plain: &[u8], out: &mut [u8]) -> usize {
    let begin = sealed_from(header.kind);
    let (end, len) = (begin + plain.len(), begin + plain.len() + TAG_LEN);
    assert!(len <= super::header::DATAGRAM_MAX, "{len} bytes are more than a datagram holds");
    header.payload_len = (len - Header::LEN) as u16;
    header.write(out);
    out[Header::LEN..begin].fill(SEALED);
    out[begin..end].copy_from_slice(plain);
    let (clear, rest) = out.split_at_mut(begin);
    let nonce = nonce(Stream::of(header.kind), header.fragment, sequence);
    let tag = cipher(key).encrypt_in_place_detached(&nonce, clear, &mut rest[..plain.len()]);
    let tag = tag.expect("a datagram is shorter than the cipher's limit");
    out[end..len].copy_from_slice(&tag);
    len
}

/// Where the sealed bytes begin.
fn sealed_from(kind: Kind) -> usize {
    Header::LEN + usize::from(kind == Kind::Control)
}

fn nonce(stream: Stream, fragment: u8, sequence: u64) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[0] = stream.number();
    nonce[1] = fragment;
    nonce[4..].copy_from_slice(&sequence.to_be_bytes());
    nonce
}

fn cipher(key: &Secret) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.bytes().into())
}

/// Opens one stream from one peer.
pub struct Opener {
    stream: Stream,
    window: Window,
    chain: Receiving,
}

impl Opener {
    /// Opens a datagram, of which `header` was read, in place; answers its whole sequence and where the plain bytes
    /// are. A datagram that is refused may be scrambled, but nothing else has changed.
    pub fn open(&mut self, header: &Header, datagram: &mut [u8]) -> Result<(u64, Range<usize>), Refusal> {
        let begin = sealed_from(header.kind);
        let end = datagram.len().checked_sub(TAG_LEN).filter(|end| *end >= begin).ok_or(Malformed::Short)?;
        if Stream::of(header.kind) != self.stream || datagram[Header::LEN..begin].iter().any(|byte| *byte != SEALED) {
            return Err(Refusal::Forged);
        }
        let sequence = self.window.extend(header.sequence).ok_or(Refusal::TooOld)?;
        self.window.check(sequence, header.fragment)?;
        let key = self.chain.key(sequence).ok_or(Refusal::TooOld)?;
        let (clear, rest) = datagram.split_at_mut(begin);
        let (sealed, tag) = rest.split_at_mut(end - begin);
        let nonce = nonce(self.stream, header.fragment, sequence);
        let opened = cipher(key).decrypt_in_place_detached(&nonce, clear, sealed, Tag::from_slice(tag));
        opened.map_err(|_| Refusal::Forged)?;
        self.window.mark(sequence, header.fragment);
        self.chain.reached(sequence, self.window.oldest());
        Ok((sequence, begin..end))
    }
}

macro_rules! shows_nothing {
    ($($name:ident),+) => {$(
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

shows_nothing!(LinkKeys, Sealers, Openers, Sealer, Opener);

impl core::fmt::Debug for PictureSealer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PictureSealer({})", self.sequence)
    }
}

#[cfg(test)]
mod tests;
