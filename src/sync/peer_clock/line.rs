// SPDX-License-Identifier: MIT
//! The mapping that others read: straight pieces that bend towards what the corridor says, and jump only when a
//! clock did.

use crate::words::Mono;
use std::collections::VecDeque;

/// The line bends by no more than this to reach the fit: 1 ms in a second.
const BEND_MAX: f64 = 1e-3;
/// Each piece is aimed at where the fit will be this much later, and lasts at least half of that.
const AIM_NS: i64 = Mono::SECOND as i64;

/// Pieces kept for questions about the past; half a second each at least.
const PIECES_MAX: usize = 64;

/// From `at` on, theirs is `offset_ns` ahead of ours, and gains `rate` nanoseconds in each of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub at: Mono,
    pub offset_ns: i64,
    pub rate: f64,
}

impl Piece {
    pub(super) fn offset_ns(&self, ours: Mono) -> i64 {
        self.offset_ns + (ours.since(self.at) as f64 * self.rate).round() as i64
    }
}

/// The pieces, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pieces: VecDeque<Piece>,
}

impl Line {
    /// The piece that a moment of ours lies on; before the first, that one.
    pub(super) fn piece_at(&self, ours: Mono) -> Option<&Piece> {
        self.pieces.iter().rev().find(|piece| piece.at <= ours).or(self.pieces.front())
    }

    /// The moment of ours that a moment of theirs is; where a clock was set back, the later of two.
    pub(super) fn ours_at(&self, theirs: Mono) -> Option<Mono> {
        let begun = |piece: &&Piece| piece.at.offset(piece.offset_ns) <= theirs;
        let piece = self.pieces.iter().rev().find(begun).or(self.pieces.front())?;
        let since = theirs.since(piece.at.offset(piece.offset_ns)) as f64;
        Some(piece.at.offset((since / (1.0 + piece.rate)).round() as i64))
    }

    /// Jumps onto the fit: nobody uses the line yet, or a clock was set.
    pub(super) fn jump(&mut self, fit: Piece) {
        self.push(fit);
    }

    /// Bends towards the fit, which is told for the same moment.
    pub(super) fn bend(&mut self, fit: Piece) {
        let Some(last) = self.pieces.back() else { return self.push(fit) };
        if fit.at.since(last.at) < AIM_NS / 2 {
            return;
        }
        let here = last.offset_ns(fit.at);
        let off = (fit.offset_ns - here) as f64 / AIM_NS as f64;
        self.push(Piece { at: fit.at, offset_ns: here, rate: fit.rate + off.clamp(-BEND_MAX, BEND_MAX) });
    }

    fn push(&mut self, piece: Piece) {
        self.pieces.push_back(piece);
        if self.pieces.len() > PIECES_MAX {
            self.pieces.pop_front();
        }
    }
}
