// SPDX-License-Identifier: MIT
//! The bar: the frame number for machines, as large dark and light cells over the top sixth of the picture, and
//! the patch below it that tells a flash.
//!
//! ```text
//!        20 cells, each a twentieth of the width
//!       +--+--+--+--+--+ - - +--+--+--+   0
//!       |31|30|29|28|27|     |14|13|12|   number, most significant bit first
//!       +--+--+--+--+--+ - - +--+--+--+   height / 12
//!       |11|10| 9|     | 0|c7|     |c0|   number, then its check byte
//!       +--+--+--+- - -+--+--+- - -+--+   height / 6
//!       | patch: white in a flash     |
//!       + - - - - - - - - - - - - - - +   height / 4
//! ```
//!
//! The bar stays readable in a flash frame: there everything *except* the bar is white. All places are
//! proportions of the picture, so a scaled copy reads as well as the original.

use crate::words::Size;
use std::ops::Range;

const COLUMNS: usize = 20;
const ROWS: usize = 2;
const CHECK_BITS: u32 = 8;

/// Cells stay inside the range of video levels and far from both the flash and its absence.
const DARK: u8 = 36;
const LIGHT: u8 = 212;
const MIDDLE: u32 = (DARK as u32 + LIGHT as u32) / 2;

/// A cell nearer to the middle than this is a guess, and a guessed bit is no reading.
const CERTAIN: u32 = 20;

/// White, as video levels have it.
pub(super) const WHITE: u8 = 235;

/// The picture's average stays near 120, a flash is 235: what lies above this is a flash.
const FLASH: u64 = 190;

/// The rows of a picture of this height that the bar fills.
pub fn bar_rows(height: usize) -> Range<usize> {
    0..row_edge(height, ROWS)
}

/// The rows below the bar by which a flash is told. Reading needs nothing below them.
pub fn patch_rows(height: usize) -> Range<usize> {
    bar_rows(height).end..(height / 4).max(bar_rows(height).end + 1)
}

fn row_edge(height: usize, row: usize) -> usize {
    row * height / 12
}

fn column_edge(width: usize, column: usize) -> usize {
    column * width / COLUMNS
}

/// The number and its check byte as the forty cells show them.
fn coded(number: u32) -> u64 {
    u64::from(number) << CHECK_BITS | u64::from(check(number))
}

/// CRC-8 (polynomial 0x07); the start value keeps an all-dark and an all-light bar from being a number.
fn check(number: u32) -> u8 {
    number
        .to_be_bytes()
        .iter()
        .fold(0xA5, |crc, byte| (0..8).fold(crc ^ byte, |c: u8, _| if c & 0x80 == 0 { c << 1 } else { c << 1 ^ 0x07 }))
}

/// Draws row `y` of the bar, which must be one of [`bar_rows`].
pub(super) fn draw_row(number: u32, height: usize, y: usize, out: &mut [u8]) {
    let row = usize::from(y >= row_edge(height, 1));
    let bits = coded(number) >> (COLUMNS * (ROWS - 1 - row));
    let width = out.len();
    for column in 0..COLUMNS {
        let light = bits >> (COLUMNS - 1 - column) & 1 == 1;
        out[column_edge(width, column)..column_edge(width, column + 1)].fill(if light { LIGHT } else { DARK });
    }
}

/// The frame number that a picture shows, if it shows one beyond doubt. `luma` may end below the bar.
pub fn read_number(luma: &[u8], size: Size, stride: usize) -> Option<u32> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut bits = 0_u64;
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let across = inner(column_edge(width, column)..column_edge(width, column + 1));
            let down = inner(row_edge(height, row)..row_edge(height, row + 1));
            let level = mean(luma, stride, across, down)?;
            if level.abs_diff(u64::from(MIDDLE)) < u64::from(CERTAIN) {
                return None;
            }
            bits = bits << 1 | u64::from(level > u64::from(MIDDLE));
        }
    }
    let number = (bits >> CHECK_BITS) as u32;
    (coded(number) == bits).then_some(number)
}

/// Whether a picture is a flash. `luma` may end below the patch.
pub fn is_flash(luma: &[u8], size: Size, stride: usize) -> bool {
    let across = inner(0..size.width as usize);
    let down = inner(patch_rows(size.height as usize));
    mean(luma, stride, across, down).is_some_and(|level| level > FLASH)
}

/// The middle half of a stretch: encoders and scalers smear its ends.
fn inner(edges: Range<usize>) -> Range<usize> {
    let quarter = edges.len() / 4;
    edges.start + quarter..edges.end - quarter
}

fn mean(luma: &[u8], stride: usize, across: Range<usize>, down: Range<usize>) -> Option<u64> {
    let count = (across.len() * down.len()) as u64;
    let mut sum = 0_u64;
    for y in down {
        let row = luma.get(y * stride + across.start..y * stride + across.end)?;
        sum += row.iter().map(|&level| u64::from(level)).sum::<u64>();
    }
    sum.checked_div(count)
}

#[cfg(test)]
mod tests {
    use super::{bar_rows, draw_row, read_number};
    use crate::words::Size;

    #[test]
    fn what_is_drawn_is_read_and_nothing_else_is() {
        for (width, height) in [(160, 90), (80, 48), (641, 481), (1920, 1080)] {
            let size = Size { width: width as u32, height: height as u32 };
            for number in [0, 1, 0x8000_0001, 123_456_789, u32::MAX] {
                let mut luma = vec![0; width * bar_rows(height).end];
                luma.chunks_mut(width).enumerate().for_each(|(y, row)| draw_row(number, height, y, row));
                assert_eq!(read_number(&luma, size, width), Some(number), "{size}");
                luma.truncate(width * 3);
                assert_eq!(read_number(&luma, size, width), None, "too short");
            }
            for level in [0, 16, 124, 235, 255] {
                assert_eq!(read_number(&vec![level; width * height], size, width), None, "{level}");
            }
        }
    }
}
