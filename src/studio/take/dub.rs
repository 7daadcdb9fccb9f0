// SPDX-License-Identifier: MIT
//! What is done to the sound on its way to the master of a call, at counted samples: nothing, silence while the person
//! has muted, and the sync tone on top of either.
//!
//! ```text
//!   samples     0 ........ mute ............ unmute .......... tone ..... end of tone ......
//!   written     the microphone | silence       | the microphone | + the tone | the microphone
//! ```

use crate::words::{Sample, What};
use std::collections::VecDeque;

/// What is to be done, in order.
#[derive(Debug, Default)]
pub(super) struct Dub {
    /// Mutes and their ends that lie ahead.
    switches: VecDeque<(Sample, bool)>,
    /// Since when it is muted.
    muted: Option<Sample>,
    /// Where the tone begins, and how long it is.
    tone: Option<(Sample, u64)>,
}

/// A piece of sound that is treated in one way.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    /// So many samples.
    pub samples: u64,
    /// Silence instead of the microphone.
    pub muted: bool,
    /// The tone's samples from this one on are added.
    pub tone: Option<u64>,
    /// What begins with the first sample.
    pub begins: Option<What>,
}

impl Dub {
    /// Muted, or no longer, from `at` on.
    pub(super) fn mute(&mut self, at: Sample, muted: bool) {
        // One that was asked for later never lies before one that was asked for earlier.
        let at = self.switches.back().map_or(at, |last| at.max(last.0));
        self.switches.push_back((at, muted));
    }

    /// The tone, `samples` long, begins at `at`.
    pub(super) fn tone(&mut self, at: Sample, samples: u64) {
        self.tone = Some((at, samples));
    }

    /// How the next samples, at most `limit` of them from `at` on, are treated.
    pub(super) fn next(&mut self, at: Sample, limit: u64) -> Piece {
        let begins = self.switch(at);
        let mut end = at + limit;
        if let Some((next, _)) = self.switches.front() {
            end = end.min((*next).max(at + 1));
        }
        let mut tone = None;
        if let Some((begin, samples)) = self.tone {
            if at >= begin + samples {
                self.tone = None;
            } else if at >= begin {
                tone = Some(at - begin);
                end = end.min(begin + samples);
            } else {
                end = end.min(begin);
            }
        }
        Piece { samples: end - at, muted: self.muted.is_some(), tone, begins }
    }

    fn switch(&mut self, at: Sample) -> Option<What> {
        let (_, muted) = self.switches.front().copied().filter(|(due, _)| *due <= at)?;
        self.switches.pop_front();
        match (muted, self.muted) {
            (true, None) => {
                self.muted = Some(at);
                Some(What::Muted)
            }
            (false, Some(since)) => {
                self.muted = None;
                Some(What::Unmuted { silence_samples: at - since })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dub, Piece};
    use crate::words::What;

    /// Everything that becomes of `blocks` of 128 samples.
    fn pieces(dub: &mut Dub, blocks: u64) -> Vec<(u64, Piece)> {
        let mut out = Vec::new();
        for block in 0..blocks {
            let (mut at, end) = (block * 128, (block + 1) * 128);
            while at < end {
                let piece = dub.next(at, end - at);
                assert!(piece.samples > 0 && at + piece.samples <= end);
                let samples = piece.samples;
                out.push((at, piece));
                at += samples;
            }
        }
        out
    }

    #[test]
    fn a_mute_begins_and_ends_at_its_samples() {
        let mut dub = Dub::default();
        dub.mute(200, true);
        dub.mute(500, false);
        let pieces = pieces(&mut dub, 8);
        let silent: u64 = pieces.iter().filter(|p| p.1.muted).map(|p| p.1.samples).sum();
        assert_eq!(silent, 300);
        let told: Vec<_> = pieces.into_iter().filter_map(|(at, p)| Some((at, p.begins?))).collect();
        assert_eq!(told, [(200, What::Muted), (500, What::Unmuted { silence_samples: 300 })]);
    }

    #[test]
    fn the_tone_is_added_whole_to_whatever_is_there() {
        let mut dub = Dub::default();
        dub.tone(100, 400);
        dub.mute(300, true);
        let pieces = pieces(&mut dub, 8);
        let mut expected = 0;
        for (at, piece) in pieces {
            assert_eq!(piece.tone.is_some(), (100..500).contains(&at), "{at}");
            if let Some(offset) = piece.tone {
                assert_eq!(offset, expected);
                expected += piece.samples;
            }
            assert_eq!(piece.muted, at >= 300);
        }
        assert_eq!(expected, 400);
    }
}
