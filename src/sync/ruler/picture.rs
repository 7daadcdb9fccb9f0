// SPDX-License-Identifier: MIT
//! The ruler's picture, drawn row by row into memory that somebody else owns.
//!
//! ```text
//!   +-------------------------------+ 0
//!   | bar: the number, in cells     |        dark and light, never colourful, also in a flash
//!   +-------------------------------+ 1/6
//!   | patch                         |
//!   |- - - - - - - - - - - - - - - -| 1/4    a gliding texture with fresh grain;
//!   |        texture                |        in a flash everything below the bar is white
//!   |      [ 0123456789 ]           |        the number, for people
//!   |                               |
//!   +-------------------------------+ 1
//! ```

use super::bar::{self, bar_rows};
use super::digits::Digits;
use super::texture::Texture;
use crate::words::Size;

const GREY: u8 = 128;

/// The memory layouts that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Three planes, colour at half the width and height.
    I420,
    /// Two planes, blue and red side by side.
    Nv12,
    /// One plane: Y U Y V.
    Yuy2,
}

/// Where a plane lies in a picture's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    /// Of its first byte.
    pub offset: usize,
    /// From row to row, in bytes.
    pub stride: usize,
}

/// Draws ruler frames of one size.
#[derive(Clone, Debug)]
pub struct Painter {
    width: usize,
    height: usize,
    texture: Texture,
    digits: Digits,
}

impl Painter {
    /// Prepares everything that does not change from frame to frame (a few milliseconds of work, once).
    pub fn new(size: Size) -> Painter {
        let (width, height) = (size.width as usize, size.height as usize);
        Painter { width, height, texture: Texture::new(width), digits: Digits::new(width, height) }
    }

    /// Draws frame `number` into `data`. Every visible byte is written, so the memory needs no clearing.
    ///
    /// # Panics
    /// If `data` is too small for `planes`, of which there must be as many as `format` has.
    pub fn paint(&self, number: u64, flash: bool, format: Format, planes: &[Plane], data: &mut [u8]) {
        match format {
            Format::I420 => {
                self.paint_luma(number, flash, planes[0], data);
                self.paint_colour(number, flash, 0, planes[1], data);
                self.paint_colour(number, flash, 1, planes[2], data);
            }
            Format::Nv12 => {
                self.paint_luma(number, flash, planes[0], data);
                self.paint_pairs(number, flash, planes[1], data);
            }
            Format::Yuy2 => self.paint_packed(number, flash, planes[0], data),
        }
    }

    fn paint_luma(&self, number: u64, flash: bool, plane: Plane, data: &mut [u8]) {
        for y in 0..self.height {
            let start = plane.offset + y * plane.stride;
            self.luma_row(number, flash, y, &mut data[start..start + self.width]);
        }
    }

    fn paint_colour(&self, number: u64, flash: bool, which: usize, plane: Plane, data: &mut [u8]) {
        let width = self.width.div_ceil(2);
        for y in 0..self.height.div_ceil(2) {
            let start = plane.offset + y * plane.stride;
            let out = &mut data[start..start + width];
            if self.is_grey(flash, 2 * y) {
                out.fill(GREY);
            } else {
                out.copy_from_slice(self.texture.colour_row(which, number, y));
            }
        }
    }

    fn paint_pairs(&self, number: u64, flash: bool, plane: Plane, data: &mut [u8]) {
        let width = self.width.div_ceil(2);
        for y in 0..self.height.div_ceil(2) {
            let start = plane.offset + y * plane.stride;
            let out = &mut data[start..start + 2 * width];
            if self.is_grey(flash, 2 * y) {
                out.fill(GREY);
                continue;
            }
            let colours = self.texture.colour_row(0, number, y).iter().zip(self.texture.colour_row(1, number, y));
            for (pair, (&blue, &red)) in out.chunks_exact_mut(2).zip(colours) {
                pair.copy_from_slice(&[blue, red]);
            }
        }
    }

    fn paint_packed(&self, number: u64, flash: bool, plane: Plane, data: &mut [u8]) {
        let pairs = self.width.div_ceil(2);
        let grey = vec![GREY; pairs];
        // An odd width ends in a pixel that nobody shows; it is drawn grey.
        let mut luma = vec![GREY; 2 * pairs];
        for y in 0..self.height {
            self.luma_row(number, flash, y, &mut luma[..self.width]);
            let plain = self.is_grey(flash, y);
            let blue = if plain { &grey[..] } else { self.texture.colour_row(0, number, y / 2) };
            let red = if plain { &grey[..] } else { self.texture.colour_row(1, number, y / 2) };
            let start = plane.offset + y * plane.stride;
            let out = data[start..start + 4 * pairs].chunks_exact_mut(4);
            for ((out, luma), (&blue, &red)) in out.zip(luma.chunks_exact(2)).zip(blue.iter().zip(red)) {
                out.copy_from_slice(&[luma[0], blue, luma[1], red]);
            }
        }
    }

    fn is_grey(&self, flash: bool, y: usize) -> bool {
        flash || bar_rows(self.height).contains(&y)
    }

    fn luma_row(&self, number: u64, flash: bool, y: usize, out: &mut [u8]) {
        if bar_rows(self.height).contains(&y) {
            bar::draw_row(number as u32, self.height, y, out);
        } else if flash {
            out.fill(bar::WHITE);
        } else {
            self.texture.luma_row(number, y, out);
            self.digits.draw_row(number as u32, y, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Painter, Plane};
    use crate::sync::ruler::{is_flash, read_number};
    use crate::words::Size;

    const SIZES: [(u32, u32); 5] = [(80, 48), (160, 90), (641, 481), (1280, 720), (1920, 1080)];

    fn planes(format: Format, stride: usize, height: usize) -> (Vec<Plane>, usize) {
        let at = |offset, stride| Plane { offset, stride };
        let (luma, half) = (stride * height, stride / 2 * height.div_ceil(2));
        match format {
            Format::I420 => (vec![at(0, stride), at(luma, stride / 2), at(luma + half, stride / 2)], luma + 2 * half),
            Format::Nv12 => (vec![at(0, stride), at(luma, stride)], luma + 2 * half),
            Format::Yuy2 => (vec![at(0, 2 * stride)], 2 * luma),
        }
    }

    #[test]
    fn every_format_shows_the_number_with_and_without_a_flash() {
        for (width, height) in SIZES {
            let (size, stride) = (Size { width, height }, (width as usize + 7) & !3);
            let painter = Painter::new(size);
            for format in [Format::I420, Format::Nv12, Format::Yuy2] {
                for (number, flash) in [(5_000_000_000_u64, true), (5_000_000_001, false)] {
                    let (planes, bytes) = planes(format, stride, height as usize);
                    let mut data = vec![0; bytes];
                    painter.paint(number, flash, format, &planes, &mut data);
                    let step = if format == Format::Yuy2 { 2 } else { 1 };
                    let luma: Vec<u8> = data.into_iter().step_by(step).collect();
                    assert_eq!(read_number(&luma, size, stride), Some(number as u32), "{size} {format:?}");
                    assert_eq!(is_flash(&luma, size, stride), flash, "{size} {format:?}");
                }
            }
        }
    }
}
