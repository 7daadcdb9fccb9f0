// SPDX-License-Identifier: MIT
//! Which datagrams of a stream were there already: a window of bits behind the highest sequence.
//!
//! ```text
//!          too old | in the window: a bit each       | highest | ahead, up to half of the 16 bits
//!   ...............|x.xxxx.xxxxxxxxxx.xxxxxxxxxxxxx.x|    x    | .........................
//!                   highest - span + 1                          all new
//! ```
//!
//! Nothing here changes before a datagram has proved to be authentic.

use super::{Refusal, Stream};

/// Voice and control: at 200 datagrams a second five seconds, as long as any link outlives silence.
const SEQUENCES: u64 = 1024;
/// Pictures: more than two seconds of them.
const PICTURES: u64 = 64;
/// Every piece of a picture has a mark of its own.
const FRAGMENTS: u64 = 256;

const WORDS: usize = (PICTURES * FRAGMENTS / 64) as usize;
const _: () = assert!(SEQUENCES <= WORDS as u64 * 64);

/// The window. Voice and control use a small part of the words; one type for all is worth the two kilobytes.
pub(super) struct Window {
    /// How many sequences are remembered, and how many marks each has.
    span: u64,
    marks: u64,
    highest: Option<u64>,
    words: [u64; WORDS],
}

impl Window {
    pub fn new(stream: Stream) -> Window {
        let (span, marks) = match stream {
            Stream::Voice | Stream::Control => (SEQUENCES, 1),
            Stream::Picture => (PICTURES, FRAGMENTS),
        };
        Window { span, marks, highest: None, words: [0; WORDS] }
    }

    /// The whole sequence of which these are the low 16 bits: the one nearest to the highest so far.
    pub fn extend(&self, low: u16) -> Option<u64> {
        let highest = self.highest.unwrap_or(0);
        let distance = low.wrapping_sub(highest as u16) as i16;
        highest.checked_add_signed(i64::from(distance))
    }

    /// May this datagram be new?
    pub fn check(&self, sequence: u64, fragment: u8) -> Result<(), Refusal> {
        let Some(highest) = self.highest else { return Ok(()) };
        if sequence > highest {
            return Ok(());
        }
        if highest - sequence >= self.span {
            return Err(Refusal::TooOld);
        }
        let (word, bit) = self.place(sequence, fragment);
        if self.words[word] & bit == 0 { Ok(()) } else { Err(Refusal::Replayed) }
    }

    /// It was authentic: it never is new again.
    pub fn mark(&mut self, sequence: u64, fragment: u8) {
        let first_new = self.highest.map_or(0, |highest| highest + 1);
        if sequence >= first_new {
            let cleared = (sequence + 1 - first_new).min(self.span);
            for new in sequence + 1 - cleared..=sequence {
                self.clear(new);
            }
            self.highest = Some(sequence);
        }
        let (word, bit) = self.place(sequence, fragment);
        self.words[word] |= bit;
    }

    /// The oldest sequence that could still be new.
    pub fn oldest(&self) -> u64 {
        self.highest.map_or(0, |highest| (highest + 1).saturating_sub(self.span))
    }

    fn clear(&mut self, sequence: u64) {
        let (word, bit) = self.place(sequence, 0);
        match self.marks {
            1 => self.words[word] &= !bit,
            marks => self.words[word..word + marks as usize / 64].fill(0),
        }
    }

    fn place(&self, sequence: u64, fragment: u8) -> (usize, u64) {
        let fragment = if self.marks == 1 { 0 } else { u64::from(fragment) };
        let index = sequence % self.span * self.marks + fragment;
        ((index / 64) as usize, 1 << (index % 64))
    }
}
