// SPDX-License-Identifier: MIT
//! Stands in for somebody who talks before a camera, where no real footage may be kept: one scene and one sensor, from
//! which every size and rate is taken, as a camera does.
//!
//! What is in it, and why so:
//! - The camera stands on a table and does not move.
//! - The room is of dead leaves: overlapping boxes with as many of each size as the inverse cube of it, which gives the
//!   1/f spectrum and the edges of natural pictures. Each has a grain of its own. The optics leave an edge two pixels
//!   wide; the small sensors of such cameras have everything in focus.
//! - The person fills 45 % of the height: 24 cm are 486 pixels, so that 2 cm of sway and 1 cm of nodding are 40 and 20.
//!   The head tilts by 3 degrees, turns, and comes a little nearer. Lips open with the syllables, four a second, with a
//!   pause every few seconds; eyes blink every four; hands speak along.
//! - Noise is made where it comes from: white shot and read noise on each photosite of a Bayer sensor, brought to colours
//!   by bilinear demosaicing (which leaves neighbours alike) and to screen values by a gamma of 2.2, so that shadows are
//!   noisier than lights. A picture is exposed for 1/60 s at either rate.
//!
//! Two things have been chosen, each once and for all sizes and rates. How bright the room is: noise of 0.8 of 255 in mid
//! grey, about what the lit ceiling of a car in the old "carphone" film (0.7 to 1.1, neighbours 0.3 alike) and the street
//! of a surveillance camera (0.9) were measured to have. And how much there is to see in the room, which nothing says: it
//! was tried until all three sizes came near theirs, and so was it that the camera stands still and everything is sharp.
//! So the rows prove that there is one scene in which sizes, rates and qualities go together as they should, and that
//! the encoders' rows do not drift from it; what somebody's own room costs, only their own camera can tell.

use hyperzoom::words::Size;
use std::f32::consts::TAU;

const SENSOR: Size = Size { width: 1920, height: 1080 };
/// Around the room, since what lies beyond it can't be drawn; even, as colours are at half the size.
const MARGIN: usize = 4;
/// Noise of the luma in mid grey, of 255.
const NOISE: f32 = 0.8;
/// At this light, of 1, read noise is as strong as shot noise.
const READ_NOISE: f32 = 0.02;

/// Splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn part(&mut self) -> f32 {
        (self.roll() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Of mean 0 and deviation 1, nearly normal.
    fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.part() - 0.5).sum::<f32>() * 3f32.sqrt()
    }
}

/// A plane of values.
#[derive(Clone)]
struct Plane {
    wide: usize,
    high: usize,
    values: Vec<f32>,
}

impl Plane {
    fn new(wide: usize, high: usize, value: f32) -> Plane {
        Plane { wide, high, values: vec![value; wide * high] }
    }

    fn each(&mut self, value: impl Fn(usize, usize, f32) -> f32) {
        for (y, row) in self.values.chunks_exact_mut(self.wide).enumerate() {
            row.iter_mut().enumerate().for_each(|(x, v)| *v = value(x, y, *v));
        }
    }

    /// With [1 2 1], in both directions.
    fn blurred(&self) -> Plane {
        let across = |x: usize, y: usize| {
            let row = &self.values[y * self.wide..][..self.wide];
            (row[x.saturating_sub(1)] + 2.0 * row[x] + row[(x + 1).min(self.wide - 1)]) / 4.0
        };
        let mut one = self.clone();
        one.each(|x, y, _| across(x, y));
        let at = |x: usize, y: usize| one.values[y * one.wide + x];
        let mut two = one.clone();
        two.each(|x, y, v| (at(x, y.saturating_sub(1)) + 2.0 * v + at(x, (y + 1).min(one.high - 1))) / 4.0);
        two
    }

    /// At half the size.
    fn halved(&self) -> Plane {
        let mut half = Plane::new(self.wide / 2, self.high / 2, 0.0);
        let at = |x: usize, y: usize| self.values[y * self.wide + x];
        half.each(|x, y, _| {
            let (x, y) = (2 * x, 2 * y);
            (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0
        });
        half
    }
}

/// Luma and the two colour differences, these at half the size.
type Colours = [Plane; 3];

/// Something in the scene that moves as one; where `cover` is less than 1, what lies behind it is seen.
struct Layer {
    colours: Colours,
    cover: [Plane; 3],
}

impl Layer {
    /// Of full-sized planes, seen through the optics.
    fn new(full: Colours, cover: Plane) -> Layer {
        let cover = cover.blurred();
        let half = cover.halved();
        let cover = [cover, half.clone(), half];
        let [luma, cb, cr] = full;
        let mut colours = [luma.blurred(), cb.blurred().halved(), cr.blurred().halved()];
        for (colour, cover) in colours.iter_mut().zip(&cover) {
            colour.values.iter_mut().zip(&cover.values).for_each(|(v, c)| *v *= c);
        }
        Layer { colours, cover }
    }

    /// Draws it with its middle at that place of the sensor, turned and scaled.
    fn draw(&self, onto: &mut Colours, pose: Pose) {
        for (number, onto) in onto.iter_mut().enumerate() {
            let scale = if number == 0 { 1.0 } else { 0.5 };
            let pose = Pose { x: pose.x * scale, y: pose.y * scale, ..pose };
            draw(&self.colours[number], &self.cover[number], onto, pose);
        }
    }
}

/// Where something is, and how.
#[derive(Clone, Copy)]
struct Pose {
    x: f32,
    y: f32,
    angle: f32,
    scale: f32,
}

/// The four weights of a cubic between pixels.
fn cubic(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-t3 + 2.0 * t2 - t, 3.0 * t3 - 5.0 * t2 + 2.0, -3.0 * t3 + 4.0 * t2 + t, t3 - t2].map(|w| w / 2.0)
}

fn draw(from: &Plane, cover: &Plane, onto: &mut Plane, Pose { x, y, angle, scale }: Pose) {
    let (sin, cos) = (angle.sin() / scale, angle.cos() / scale);
    let (middle_x, middle_y) = (from.wide as f32 / 2.0, from.high as f32 / 2.0);
    let reach = scale * (middle_x * angle.cos().abs() + middle_y * angle.sin().abs());
    let columns = (x - reach).max(0.0) as usize..((x + reach).max(0.0) as usize).min(onto.wide);
    let reach = scale * (middle_y * angle.cos().abs() + middle_x * angle.sin().abs());
    let lines = (y - reach).max(0.0) as usize..((y + reach).max(0.0) as usize).min(onto.high);
    for line in lines {
        for column in columns.clone() {
            let (dx, dy) = (column as f32 - x, line as f32 - y);
            let (at_x, at_y) = (middle_x + dx * cos + dy * sin - 1.0, middle_y - dx * sin + dy * cos - 1.0);
            let (left, top) = (at_x as usize, at_y as usize);
            if at_x < 0.0 || at_y < 0.0 || left + 4 > from.wide || top + 4 > from.high {
                continue;
            }
            let (across, down) = (cubic(at_x - left as f32), cubic(at_y - top as f32));
            let of = |plane: &Plane| {
                let row = |n: usize| {
                    let four = &plane.values[(top + n) * plane.wide + left..][..4];
                    across[0] * four[0] + across[1] * four[1] + across[2] * four[2] + across[3] * four[3]
                };
                down[0] * row(0) + down[1] * row(1) + down[2] * row(2) + down[3] * row(3)
            };
            let v = &mut onto.values[line * onto.wide + column];
            *v = *v * (1.0 - of(cover)) + of(from);
        }
    }
}

/// A grain with as much of it in every octave from two pixels to 64, and that deviation in all.
fn grain(wide: usize, high: usize, deviation: f32, dice: &mut Dice) -> Plane {
    let mut all = Plane::new(wide, high, 0.0);
    const OCTAVES: i32 = 6;
    for octave in 0..OCTAVES {
        let step = 2f32.powi(octave + 1);
        let (columns, rows) = ((wide as f32 / step) as usize + 2, (high as f32 / step) as usize + 2);
        let knots: Vec<f32> = (0..columns * rows).map(|_| dice.normal()).collect();
        // Between knots deviation is two thirds of theirs.
        let weight = deviation * 1.5 / (OCTAVES as f32).sqrt();
        all.each(|x, y, v| {
            let (x, y) = (x as f32 / step, y as f32 / step);
            let (column, row) = (x as usize, y as usize);
            let knot = |c: usize, r: usize| knots[(row + r) * columns + column + c];
            let between = |a: f32, b: f32, t: f32| a + (b - a) * t;
            let t = x.fract();
            v + weight * between(between(knot(0, 0), knot(1, 0), t), between(knot(0, 1), knot(1, 1), t), y.fract())
        });
    }
    all
}

fn room(dice: &mut Dice) -> Layer {
    let (wide, high) = (SENSOR.width as usize + 2 * MARGIN, SENSOR.height as usize + 2 * MARGIN);
    let [mut luma, mut cb, mut cr] = [110.0, 128.0, 128.0].map(|v| Plane::new(wide, high, v));
    for _ in 0..30_000 {
        // So that their number goes with the inverse cube of their size, from 4 to 600 pixels.
        let (least, most) = (4f32.powi(-2), 600f32.powi(-2));
        let mut side = || (least - dice.part() * (least - most)).powf(-0.5);
        let (w, h) = (side(), side());
        let (x, y) = (dice.part() * (wide as f32 + w) - w, dice.part() * (high as f32 + h) - h);
        let (light, blue, red) = (110.0 + 60.0 * dice.normal(), 8.0 * dice.normal(), 8.0 * dice.normal());
        let span = |from: f32, len: f32, end: usize| from.max(0.0) as usize..((from + len).max(0.0) as usize).min(end);
        for row in span(y, h, high) {
            for column in span(x, w, wide) {
                let at = row * wide + column;
                (luma.values[at], cb.values[at], cr.values[at]) = (light, 128.0 + blue, 128.0 + red);
            }
        }
    }
    let grain = grain(wide, high, 22.0, dice);
    luma.values.iter_mut().zip(&grain.values).for_each(|(v, g)| *v += g);
    Layer::new([luma, cb, cr], Plane::new(wide, high, 1.0))
}

/// A part of a person: what is within a shape, with a light from the left, and that grain.
fn part(
    (wide, high): (usize, usize),
    [luma, cb, cr]: [f32; 3],
    deviation: f32,
    inside: impl Fn(f32, f32) -> bool,
    dice: &mut Dice,
) -> Layer {
    let mut lit = grain(wide, high, deviation, dice);
    lit.each(|x, y, v| v + luma + 24.0 * (0.5 - x as f32 / wide as f32) - 12.0 * (y as f32 / high as f32));
    let mut cover = Plane::new(wide, high, 0.0);
    let place = |at: usize, len: usize| 2.0 * (at as f32 + 0.5) / len as f32 - 1.0;
    cover.each(|x, y, _| if inside(place(x, wide), place(y, high)) { 1.0 } else { 0.0 });
    Layer::new([lit, Plane::new(wide, high, cb), Plane::new(wide, high, cr)], cover)
}

/// An ellipse, as wide and high as the layer but for its edge.
fn round(x: f32, y: f32) -> bool {
    x * x + y * y < 0.9
}

/// What a sensor adds to grey, at every photosite's place, after demosaicing.
fn sensor_noise(dice: &mut Dice) -> Colours {
    let (wide, high) = (SENSOR.width as usize + 512, SENSOR.height as usize + 512);
    let sites: Vec<f32> = (0..wide * high).map(|_| dice.normal()).collect();
    let site = |x: usize, y: usize| sites[(y % high) * wide + x % wide];
    // Red at even places of even lines, blue at odd ones of odd lines, green elsewhere.
    let colour = |x: usize, y: usize, red: bool| {
        let (x, y) = if red { (x, y) } else { (x + 1, y + 1) };
        let (x, y) = (x + wide, y + high);
        match (x % 2, y % 2) {
            (0, 0) => site(x, y),
            (1, 0) => (site(x - 1, y) + site(x + 1, y)) / 2.0,
            (0, 1) => (site(x, y - 1) + site(x, y + 1)) / 2.0,
            _ => (site(x - 1, y - 1) + site(x + 1, y - 1) + site(x - 1, y + 1) + site(x + 1, y + 1)) / 4.0,
        }
    };
    let green = |x: usize, y: usize| match (x + y) % 2 {
        1 => site(x, y),
        _ => (site(x + wide - 1, y) + site(x + 1, y) + site(x, y + high - 1) + site(x, y + 1)) / 4.0,
    };
    let blank = Plane::new(wide, high, 0.0);
    let [mut luma, mut cb, mut cr] = [blank.clone(), blank.clone(), blank];
    let (red, blue) = (|x, y| colour(x, y, true), |x, y| colour(x, y, false));
    luma.each(|x, y, _| 0.2126 * red(x, y) + 0.7152 * green(x, y) + 0.0722 * blue(x, y));
    let strength = luma.values.iter().map(|v| v * v).sum::<f32>() / luma.values.len() as f32;
    let scale = NOISE / strength.sqrt();
    cb.each(|x, y, _| (blue(x, y) - luma.values[y * wide + x]) / 1.8556 * scale);
    cr.each(|x, y, _| (red(x, y) - luma.values[y * wide + x]) / 1.5748 * scale);
    luma.values.iter_mut().for_each(|v| *v *= scale);
    [luma, cb.halved(), cr.halved()]
}

/// How much stronger noise is at each screen value than in mid grey.
fn noise_by_value() -> [f32; 256] {
    let strength = |value: f32| {
        let light = (value / 255.0).powf(2.2);
        (light + READ_NOISE).sqrt() * light.powf(1.0 / 2.2 - 1.0)
    };
    std::array::from_fn(|value| strength((value as f32).max(12.0)) / strength(128.0))
}

/// The film, as I420 picture by picture. The same every time.
pub struct TalkingHead {
    size: Size,
    rate: u32,
    number: u32,
    room: Layer,
    body: Layer,
    head: Layer,
    hair: Layer,
    lips: Layer,
    eye: Layer,
    lid: Layer,
    hand: Layer,
    noise: Colours,
    by_value: [f32; 256],
    dice: Dice,
}

impl TalkingHead {
    /// Full HD, or two thirds of it.
    pub fn new(size: Size, rate: u32) -> TalkingHead {
        let mut dice = Dice(1);
        let dice = &mut dice;
        let shirt = |x: f32, y: f32| y > -0.9 && x.abs() < 0.55 + 0.4 * (y + 0.9).min(0.5);
        TalkingHead {
            size,
            rate,
            number: 0,
            room: room(dice),
            body: part((1000, 480), [70.0, 136.0, 122.0], 20.0, shirt, dice),
            head: part((380, 500), [150.0, 112.0, 148.0], 7.0, round, dice),
            hair: part((420, 300), [50.0, 122.0, 134.0], 24.0, |x, y| round(x, y) && y < 0.3, dice),
            lips: part((110, 60), [60.0, 120.0, 150.0], 4.0, round, dice),
            eye: part((60, 28), [90.0, 126.0, 130.0], 20.0, round, dice),
            lid: part((66, 34), [140.0, 112.0, 148.0], 7.0, round, dice),
            hand: part((190, 240), [140.0, 112.0, 148.0], 8.0, round, dice),
            noise: sensor_noise(dice),
            by_value: noise_by_value(),
            dice: Dice(2),
        }
    }

    fn scene(&self, t: f32) -> Colours {
        let (wide, high) = (SENSOR.width as usize, SENSOR.height as usize);
        let mut seen = [(wide, high, 0.0), (wide / 2, high / 2, 128.0), (wide / 2, high / 2, 128.0)]
            .map(|(wide, high, v)| Plane::new(wide, high, v));
        let wave = |hz: f32, phase: f32| (TAU * (hz * t + phase)).sin();
        let (middle_x, middle_y) = (wide as f32 / 2.0, high as f32 / 2.0);
        let mut put = |layer: &Layer, x: f32, y: f32, angle: f32, scale: f32| {
            layer.draw(&mut seen, Pose { x, y, angle, scale });
        };
        put(&self.room, middle_x, middle_y, 0.0, 1.0);
        let (sway, nod, lean) = (40.0 * wave(0.21, 0.0), 20.0 * wave(0.53, 0.3), 1.0 + 0.03 * wave(0.12, 0.5));
        put(&self.body, middle_x + 0.4 * sway, 860.0 + 0.2 * nod, 0.02 * wave(0.21, 0.1), 0.5 + 0.5 * lean);
        let (x, y, tilt) = (middle_x + sway, 440.0 + nod, 0.06 * wave(0.31, 0.2));
        // What is on the head moves with it, and sideways when it turns.
        let turn = 20.0 * wave(0.27, 0.7);
        let mut on_head = |layer: &Layer, right: f32, below: f32| {
            let (right, below) = (right * lean, below * lean);
            let (sin, cos) = (tilt.sin(), tilt.cos());
            put(layer, x + right * cos - below * sin, y + right * sin + below * cos, tilt, lean);
        };
        on_head(&self.head, 0.0, 0.0);
        on_head(&self.hair, 0.3 * turn, -160.0);
        let blinks = (t / 4.0).fract() * 4.0 < 0.2;
        for eye in [-85.0, 85.0] {
            on_head(if blinks { &self.lid } else { &self.eye }, eye + turn, -30.0);
        }
        let speaks = wave(0.2, 0.0) > -0.6;
        let open = if speaks { 14.0 * wave(4.0, 0.0).abs() * (0.6 + 0.4 * wave(0.9, 0.5)) } else { 0.0 };
        on_head(&self.lips, turn, 130.0 + open);
        // The upper lip and the skin above it stay where they are.
        on_head(&self.lid, turn, 104.0);
        let gesture = wave(0.2, 0.1).max(0.0);
        for side in [-1.0, 1.0] {
            let (right, up) =
                (60.0 * gesture * wave(0.9, 0.2 * side), gesture * (300.0 + 90.0 * wave(1.1, 0.3 * side)));
            put(&self.hand, middle_x + side * 330.0 + right, 1240.0 - up, side * gesture * wave(0.8, 0.2), 1.0);
        }
        seen
    }
}

impl Iterator for TalkingHead {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut seen = self.scene(self.number as f32 / self.rate as f32);
        self.number += 1;
        // Another place of the noise every time, and the photosites' pattern where it was.
        let (x, y) = (self.dice.roll() as usize % 128 * 4, self.dice.roll() as usize % 128 * 4);
        let luma = seen[0].clone();
        for (number, (plane, noise)) in seen.iter_mut().zip(&self.noise).enumerate() {
            let step = if number == 0 { 1 } else { 2 };
            let (x, y) = (x / step, y / step);
            plane.each(|column, row, v| {
                let light = luma.values[row * step * luma.wide + column * step] as usize;
                v + self.by_value[light.min(255)] * noise.values[(row + y) * noise.wide + column + x]
            });
        }
        Some(seen.iter().flat_map(|plane| taken(plane, self.size == SENSOR)).collect())
    }
}

/// As bytes; where the whole sensor is not wanted, two pixels for three, each of what it covers.
fn taken(plane: &Plane, all: bool) -> Vec<u8> {
    let byte = |v: f32| v.clamp(0.0, 255.0).round() as u8;
    if all {
        return plane.values.iter().map(|&v| byte(v)).collect();
    }
    let (wide, high) = (plane.wide * 2 / 3, plane.high * 2 / 3);
    // The first of two covers a pixel and half the next one.
    let covers = |at: usize| {
        if at.is_multiple_of(2) {
            [(at / 2 * 3, 2.0), (at / 2 * 3 + 1, 1.0)]
        } else {
            [(at / 2 * 3 + 1, 1.0), (at / 2 * 3 + 2, 2.0)]
        }
    };
    let mut bytes = Vec::with_capacity(wide * high);
    for y in 0..high {
        let rows = covers(y);
        for x in 0..wide {
            let all = rows.iter().flat_map(|row| covers(x).map(|column| (row, column)));
            let sum = all.map(|(row, column)| row.1 * column.1 * plane.values[row.0 * plane.wide + column.0]);
            bytes.push(byte(sum.sum::<f32>() / 9.0));
        }
    }
    bytes
}
