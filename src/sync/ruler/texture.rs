// SPDX-License-Identifier: MIT
//! What the picture is made of: a detailed texture that glides, with fresh grain on it as a camera's sensor has,
//! so that an encoder works as hard as it would on a lively room. Built once; a row of a frame is one copy of a
//! shifted row plus one addition of a shifted row of grain.

use super::sound::scramble;

/// The texture repeats after so many pixels in both directions, and half of that in colour.
const PERIOD: usize = 512;
const PERIOD_COLOUR: usize = PERIOD / 2;

/// How far the texture glides from frame to frame, in pixels; even, so that colour can follow.
const GLIDE_X: u64 = 4;
const GLIDE_Y: u64 = 2;

/// Grain is read from one long line, in each row of each frame from a place of its own.
const GRAIN: usize = 1 << 16;

/// Never below zero, so that adding it needs no sign.
const GRAIN_MIDDLE: i32 = 12;

/// The texture's average level and its limits, all before the grain lifts them by its middle.
const MIDDLE: f32 = 106.0;
const LEVELS: (f32, f32) = (32.0, 184.0);

/// The detail's coarsest and finest dots, in pixels, each twice the next.
const DOTS: [usize; 6] = [128, 64, 32, 16, 8, 4];

#[derive(Clone, Debug)]
pub(super) struct Texture {
    width: usize,
    luma: Vec<u8>,
    grain: Vec<u8>,
    colours: [Vec<u8>; 2],
}

impl Texture {
    pub(super) fn new(width: usize) -> Texture {
        let stride = width + PERIOD;
        let mut luma = Vec::with_capacity(stride * PERIOD);
        for y in 0..PERIOD {
            let row: Vec<u8> = (0..PERIOD).map(|x| detail(x, y)).collect();
            luma.extend((0..stride).map(|x| row[x % PERIOD]));
        }
        Texture {
            width,
            luma,
            grain: (0..GRAIN + width).map(|i| grain(i as u64)).collect(),
            colours: [colour(width.div_ceil(2), 0.0), colour(width.div_ceil(2), 2.1)],
        }
    }

    pub(super) fn luma_row(&self, number: u64, y: usize, out: &mut [u8]) {
        let x = (number.wrapping_mul(GLIDE_X) % PERIOD as u64) as usize;
        let row = (y + (number.wrapping_mul(GLIDE_Y) % PERIOD as u64) as usize) % PERIOD;
        let start = row * (self.width + PERIOD) + x;
        let place = scramble(number << 16 ^ y as u64) as usize % GRAIN;
        add(&self.luma[start..start + out.len()], &self.grain[place..place + out.len()], out);
    }

    /// One row of a colour plane (0 blue, 1 red), of any height, half as wide as the picture.
    pub(super) fn colour_row(&self, plane: usize, number: u64, y: usize) -> &[u8] {
        let width = self.width.div_ceil(2);
        let x = (number.wrapping_mul(GLIDE_X / 2) % PERIOD_COLOUR as u64) as usize;
        let row = (y + (number.wrapping_mul(GLIDE_Y / 2) % PERIOD_COLOUR as u64) as usize) % PERIOD_COLOUR;
        let start = row * (width + PERIOD_COLOUR) + x;
        &self.colours[plane][start..start + width]
    }
}

/// `out = a + b` byte by byte, eight at a time so that it is quick in unoptimised builds too. No sum reaches 256
/// (see [`LEVELS`] and [`grain`]), so nothing is carried from one byte into its neighbour.
fn add(a: &[u8], b: &[u8], out: &mut [u8]) {
    let word = |bytes: &[u8]| u64::from_ne_bytes(bytes.try_into().expect("chunks of eight"));
    let pairs = a.chunks_exact(8).zip(b.chunks_exact(8));
    for (out, (a, b)) in out.chunks_exact_mut(8).zip(pairs) {
        out.copy_from_slice(&word(a).wrapping_add(word(b)).to_ne_bytes());
    }
    for i in out.len() / 8 * 8..out.len() {
        out[i] = a[i] + b[i];
    }
}

/// Level of the texture at a place: smoothed random dots of all sizes, as a room has.
fn detail(x: usize, y: usize) -> u8 {
    let sum: f32 = DOTS.iter().map(|&dot| smooth(x, y, dot) * (dot as f32).powf(0.4)).sum();
    (MIDDLE + 9.0 * sum).clamp(LEVELS.0, LEVELS.1) as u8
}

/// Random values at the corners of a net of this mesh, blended in between; -1 to 1, repeating with the period.
fn smooth(x: usize, y: usize, mesh: usize) -> f32 {
    let corner = |cx: usize, cy: usize| {
        let place = (mesh << 40 | (cy * mesh % PERIOD) << 20 | (cx * mesh % PERIOD)) as u64;
        (scramble(place) & 0xFFFF) as f32 / 32_768.0 - 1.0
    };
    let (cx, cy) = (x / mesh, y / mesh);
    let (fx, fy) = ((x % mesh) as f32 / mesh as f32, (y % mesh) as f32 / mesh as f32);
    let top = corner(cx, cy) * (1.0 - fx) + corner(cx + 1, cy) * fx;
    let bottom = corner(cx, cy + 1) * (1.0 - fx) + corner(cx + 1, cy + 1) * fx;
    top * (1.0 - fy) + bottom * fy
}

/// Grain of about three levels root mean square around [`GRAIN_MIDDLE`], at most 11 from it.
fn grain(index: u64) -> u8 {
    let bits = scramble(index ^ 0x6EA1_0000_0000);
    let sum = (0..4).map(|i| (bits >> (8 * i) & 0xFF) as i32 - 128).sum::<i32>();
    (GRAIN_MIDDLE + sum / 48) as u8
}

/// Soft bands of colour, gliding with the texture.
fn colour(width: usize, phase: f32) -> Vec<u8> {
    let stride = width + PERIOD_COLOUR;
    let turn = std::f32::consts::TAU / PERIOD_COLOUR as f32;
    let wave: Vec<f32> = (0..PERIOD_COLOUR).map(|i| (i as f32 * turn + phase).sin()).collect();
    (0..PERIOD_COLOUR * stride)
        .map(|i| {
            let (x, y) = (i % stride, i / stride);
            (128.0 + 16.0 * wave[x % PERIOD_COLOUR] + 10.0 * wave[(x + 2 * y) % PERIOD_COLOUR]) as u8
        })
        .collect()
}
