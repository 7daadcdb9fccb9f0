// SPDX-License-Identifier: MIT
//! Key frames kept for one receiver, as sealed, until it has them: whoever asks gets the identical bytes, because
//! a nonce must never seal two different ones. Each datagram goes again at most twice a round, once for each of the
//! two requests, which are spaced.

use super::report::Nack;
use std::collections::VecDeque;

/// The newest and the one before: an older one helps nobody.
const KEPT_MAX: usize = 2;

/// So often what is missing is asked for, each time twice, and both requests are answered: the answer can be lost as
/// well as the question.
const ROUNDS: u8 = 2;
const ANSWERS_A_ROUND: u8 = 2;

/// What is lost of these has the least time to be asked for, and at the very end nothing shows that it is missing.
const TAIL: usize = 3;

/// Adds the last pieces of a key frame once more, for a road that is known to lose: all of them before the first of
/// them again, so that a burst does not take both.
pub fn repeat_tail(datagrams: &mut Vec<(u8, Vec<u8>)>) {
    datagrams.extend_from_within(datagrams.len().saturating_sub(TAIL)..);
}

#[derive(Clone, Debug)]
struct KeyFrame {
    sequence: u64,
    datagrams: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    fragment: u8,
    /// How often it went again.
    answered: u8,
    bytes: Vec<u8>,
}

/// The last key frames sent to one receiver: at most 2 x 255 datagrams.
#[derive(Clone, Debug, Default)]
pub struct KeptKeyFrames {
    frames: VecDeque<KeyFrame>,
}

impl KeptKeyFrames {
    /// Nothing yet.
    pub fn new() -> KeptKeyFrames {
        KeptKeyFrames::default()
    }

    /// Keeps a datagram at the moment it is sent for the first time, never earlier: one that still waits its turn
    /// would otherwise be sent again before it was lost.
    pub fn keep(&mut self, sequence: u64, fragment: u8, datagram: &[u8]) {
        let newest = self.frames.back().map_or(0, |frame| frame.sequence);
        if self.frames.is_empty() || sequence > newest {
            self.frames.push_back(KeyFrame { sequence, datagrams: Vec::new() });
            if self.frames.len() > KEPT_MAX {
                self.frames.pop_front();
            }
        }
        let Some(frame) = self.frames.iter_mut().find(|frame| frame.sequence == sequence) else { return };
        if frame.datagrams.iter().all(|kept| kept.fragment != fragment) {
            frame.datagrams.push(Kept { fragment, answered: 0, bytes: datagram.to_vec() });
        }
    }

    /// What to send again, to be handed to the pacer, which spaces them: (fragment, sealed datagram).
    pub fn ask(&mut self, nack: &Nack) -> Vec<(u8, Vec<u8>)> {
        let Some(frame) = self.frames.iter_mut().find(|frame| frame.sequence == nack.sequence) else {
            return Vec::new();
        };
        let mut again = Vec::new();
        let most = ANSWERS_A_ROUND * nack.round.min(ROUNDS);
        let wanted = frame.datagrams.iter_mut().filter(|kept| nack.missing.contains(kept.fragment));
        for kept in wanted.filter(|kept| kept.answered < most) {
            kept.answered += 1;
            again.push((kept.fragment, kept.bytes.clone()));
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::{KeptKeyFrames, repeat_tail};
    use crate::mesh::report::{Missing, Nack};

    fn nack(sequence: u64, round: u8, fragments: &[u8]) -> Nack {
        let mut missing = Missing::default();
        fragments.iter().for_each(|fragment| missing.insert(*fragment));
        Nack { sequence, round, missing }
    }

    #[test]
    fn each_datagram_goes_again_twice_a_round_with_the_same_bytes() {
        let mut kept = KeptKeyFrames::new();
        for fragment in 0..15 {
            kept.keep(40, fragment, &[fragment; 550]);
        }
        let again = vec![(3, vec![3; 550]), (4, vec![4; 550])];
        assert_eq!(kept.ask(&nack(40, 1, &[3, 4])), again);
        assert_eq!(kept.ask(&nack(40, 1, &[3, 4])), again);
        assert_eq!(kept.ask(&nack(40, 1, &[3, 4, 9])), [(9, vec![9; 550])]);
        assert_eq!(kept.ask(&nack(40, 2, &[3, 4])), again);
        assert_eq!(kept.ask(&nack(40, 2, &[3, 4])), again);
        for round in 0..=255 {
            assert_eq!(kept.ask(&nack(40, round, &[3, 4])), []);
        }
        let whenever = (0..9).map(|_| kept.ask(&nack(40, 2, &[7])).len()).sum::<usize>();
        assert_eq!(whenever, 4, "both rounds' share, if the first was lost");
    }

    #[test]
    fn the_end_of_a_key_frame_goes_twice_and_is_kept_once() {
        for pieces in [0, 1, 2, 15] {
            let mut datagrams: Vec<_> = (0..pieces).map(|id| (id, vec![id; 9])).collect();
            repeat_tail(&mut datagrams);
            let ids: Vec<u8> = datagrams.iter().map(|(id, _)| *id).collect();
            assert_eq!(ids, (0..pieces).chain(pieces.saturating_sub(3)..pieces).collect::<Vec<_>>());
            let mut kept = KeptKeyFrames::new();
            datagrams.iter().for_each(|(id, bytes)| kept.keep(7, *id, bytes));
            let all: Vec<u8> = (0..pieces).collect();
            assert_eq!(kept.ask(&nack(7, 1, &all)).len(), usize::from(pieces));
        }
    }

    #[test]
    fn what_is_unknown_unsent_or_old_is_not_sent() {
        let mut kept = KeptKeyFrames::new();
        assert_eq!(kept.ask(&nack(0, 1, &[0])), []);
        for sequence in [10, 60, 110] {
            kept.keep(sequence, 0, &[sequence as u8]);
        }
        kept.keep(60, 1, &[61]);
        kept.keep(60, 1, &[99]);
        kept.keep(10, 1, &[11]);
        assert_eq!(kept.ask(&nack(10, 1, &[0, 1])), []);
        assert_eq!(kept.ask(&nack(60, 1, &[0, 1, 2])), [(0, vec![60]), (1, vec![61])]);
        assert_eq!(kept.ask(&nack(110, 1, &[7])), []);
        assert_eq!(kept.ask(&nack(u64::MAX, 2, &[0])), []);
    }
}
