// SPDX-License-Identifier: MIT
//! The frame number for people: ten decimal digits in a dark box over the lower part of the picture.

use std::ops::Range;

const COUNT: usize = 10;
/// A digit is five dots wide and seven high, and keeps one dot's distance on every side.
const ADVANCE: usize = 6;
const LINES: usize = 9;
const PAPER: u8 = 28;
const INK: u8 = 224;

/// Seven lines of five dots, most significant bit left.
const SHAPES: [[u8; 7]; 10] = [
    [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E],
    [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E],
    [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F],
    [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E],
    [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02],
    [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E],
    [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E],
    [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
    [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E],
    [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C],
];

/// Where the digits lie in pictures of one size.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    dot: usize,
    left: usize,
    rows: Range<usize>,
}

impl Digits {
    pub(super) fn new(width: usize, height: usize) -> Digits {
        let dot = (width / 120).min(height / 40).max(1);
        let top = height * 3 / 4 - dot * LINES / 2;
        Digits { dot, left: width.saturating_sub(dot * (COUNT * ADVANCE + 1)) / 2, rows: top..top + dot * LINES }
    }

    /// Draws what of the digits falls on row `y`.
    pub(super) fn draw_row(&self, number: u32, y: usize, out: &mut [u8]) {
        if !self.rows.contains(&y) {
            return;
        }
        let line = (y - self.rows.start) / self.dot;
        let end = (self.left + self.dot * (COUNT * ADVANCE + 1)).min(out.len());
        out[self.left..end].fill(PAPER);
        if !(1..=7).contains(&line) {
            return;
        }
        let mut rest = number;
        for place in (0..COUNT).rev() {
            let dots = SHAPES[(rest % 10) as usize][line - 1];
            rest /= 10;
            for column in (0..5).filter(|column| dots >> (4 - column) & 1 == 1) {
                let x = self.left + self.dot * (1 + place * ADVANCE + column);
                out[x.min(end)..(x + self.dot).min(end)].fill(INK);
            }
        }
    }
}
