// SPDX-License-Identifier: MIT
//! Pictures and sound as a caller has them: plain bytes, described in our own words.

use super::channels::channel_mask;
use crate::media::camera::Picture;
use crate::media::format::PictureFormat;
use crate::words::{AudioCodec, Size, SoundRecipe};
use gstreamer as gst;
use gstreamer_video as gst_video;

/// How the pixels of a raw picture lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Three planes, colour at a quarter of the size.
    I420,
    /// Two planes, colour at a quarter of the size.
    Nv12,
    /// Packed 4:2:2, brightness first.
    Yuy2,
    /// Packed 4:2:2, colour first.
    Uyvy,
    /// Three bytes.
    Rgb,
    /// Three bytes, blue first.
    Bgr,
    /// Four bytes; the last is not looked at.
    Rgba,
    /// Four bytes, blue first; the last is not looked at.
    Bgra,
    /// Four bytes, the last of them nothing.
    Rgbx,
    /// Four bytes, blue first, the last of them nothing.
    Bgrx,
    /// Brightness alone.
    Gray8,
}

/// What every raw picture of a track is.
#[derive(Clone, Debug, PartialEq)]
pub struct RawPictures {
    /// How its pixels lie.
    pub format: PixelFormat,
    /// Its size, which may be another than the recipe's.
    pub size: Size,
    /// What its numbers mean as colours, in GStreamer's notation; usual for format and size if left empty.
    pub colorimetry: String,
    /// Where the colour samples lie; empty for "not said".
    pub chroma_site: String,
}

/// One raw picture, which may be given again and again without being copied.
#[derive(Clone, Debug)]
pub struct RawPicture {
    pub(super) buffer: gst::Buffer,
}

/// Why bytes are no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RawPictureError {
    /// There is nothing to hold pictures with.
    #[error("GStreamer, which holds pictures, does not start: {0}")]
    Framework(String),
    /// Not enough of them, or too many strides, or a stride that is shorter than its row or out of all bounds.
    #[error("a {size} picture of {format:?} needs {planes} strides of at least {least:?} bytes, not {given:?}")]
    Strides {
        /// The format.
        format: PixelFormat,
        /// The size.
        size: Size,
        /// How many there must be.
        planes: usize,
        /// Bytes in a row of each plane.
        least: Vec<usize>,
        /// What was said.
        given: Vec<usize>,
    },
    /// The bytes end before the picture does.
    #[error("a {size} picture of {format:?} with these strides has {needed} bytes, not {given}; give whole pictures")]
    Length {
        /// The format.
        format: PixelFormat,
        /// The size.
        size: Size,
        /// What it takes.
        needed: usize,
        /// What there was.
        given: usize,
    },
}

/// How the numbers of raw sound are written; all little endian, channel by channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SampleFormat {
    /// Bytes around 128.
    U8,
    /// 16 bits.
    S16,
    /// 24 bits in three bytes.
    S24,
    /// 32 bits.
    S32,
    /// Floats around 0.
    F32,
    /// Doubles around 0.
    F64,
}

/// What the raw sound of a track is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSound {
    /// How its numbers are written.
    pub format: SampleFormat,
    /// Its samples per second, which may be others than the recipe's.
    pub rate_hz: u32,
    /// Its channels, which may be others than the recipe's.
    pub channels: u32,
}

impl PixelFormat {
    /// All of them.
    pub const ALL: [PixelFormat; 11] = [
        PixelFormat::I420,
        PixelFormat::Nv12,
        PixelFormat::Yuy2,
        PixelFormat::Uyvy,
        PixelFormat::Rgb,
        PixelFormat::Bgr,
        PixelFormat::Rgba,
        PixelFormat::Bgra,
        PixelFormat::Rgbx,
        PixelFormat::Bgrx,
        PixelFormat::Gray8,
    ];

    fn video_format(self) -> gst_video::VideoFormat {
        match self {
            PixelFormat::I420 => gst_video::VideoFormat::I420,
            PixelFormat::Nv12 => gst_video::VideoFormat::Nv12,
            PixelFormat::Yuy2 => gst_video::VideoFormat::Yuy2,
            PixelFormat::Uyvy => gst_video::VideoFormat::Uyvy,
            PixelFormat::Rgb => gst_video::VideoFormat::Rgb,
            PixelFormat::Bgr => gst_video::VideoFormat::Bgr,
            // What lies behind a transparent pixel is nobody's business here: it is shown as it is.
            PixelFormat::Rgba | PixelFormat::Rgbx => gst_video::VideoFormat::Rgbx,
            PixelFormat::Bgra | PixelFormat::Bgrx => gst_video::VideoFormat::Bgrx,
            PixelFormat::Gray8 => gst_video::VideoFormat::Gray8,
        }
    }

    /// Bytes in a row and rows, for each plane.
    fn planes(self, size: Size) -> Vec<(usize, usize)> {
        let (width, height) = (size.width as usize, size.height as usize);
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        match self {
            PixelFormat::I420 => vec![(width, height), (half_width, half_height), (half_width, half_height)],
            PixelFormat::Nv12 => vec![(width, height), (2 * half_width, half_height)],
            PixelFormat::Yuy2 | PixelFormat::Uyvy => vec![(4 * half_width, height)],
            PixelFormat::Rgb | PixelFormat::Bgr => vec![(3 * width, height)],
            PixelFormat::Rgba | PixelFormat::Bgra | PixelFormat::Rgbx | PixelFormat::Bgrx => vec![(4 * width, height)],
            PixelFormat::Gray8 => vec![(width, height)],
        }
    }
}

impl RawPictures {
    /// Pictures whose colours are the usual ones.
    pub fn new(format: PixelFormat, size: Size) -> RawPictures {
        RawPictures { format, size, colorimetry: String::new(), chroma_site: String::new() }
    }

    /// What a camera delivers.
    pub fn of_camera(format: &PictureFormat) -> RawPictures {
        let (colorimetry, chroma_site) = (format.colorimetry.clone(), format.chroma_site.clone());
        RawPictures { format: PixelFormat::I420, size: format.size, colorimetry, chroma_site }
    }

    /// Bytes of one picture without padding.
    pub fn bytes(&self) -> usize {
        self.format.planes(self.size).iter().map(|(row, rows)| row * rows).sum()
    }

    pub(super) fn caps(&self, rate: crate::words::Rate) -> gst::Caps {
        let mut caps = gst::Caps::builder("video/x-raw")
            .field("format", self.format.video_format().to_str())
            .field("width", self.size.width as i32)
            .field("height", self.size.height as i32)
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .field("framerate", gst::Fraction::new(rate.num as i32, rate.den as i32));
        let said = [("colorimetry", &self.colorimetry), ("chroma-site", &self.chroma_site)];
        for (name, value) in said.into_iter().filter(|(_, value)| !value.is_empty()) {
            caps = caps.field(name, value);
        }
        caps.build()
    }
}

impl RawPicture {
    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.buffer.size()
    }

    /// A picture of `kind` from its bytes, plane after plane. `strides` says how many bytes there are from one row to
    /// the next in each plane; an empty list says that rows lie close together.
    pub fn new(
        kind: &RawPictures,
        bytes: impl AsRef<[u8]> + Send + 'static,
        strides: &[usize],
    ) -> Result<RawPicture, RawPictureError> {
        // The first of all that a program does may be a picture.
        gst::init().map_err(|why| RawPictureError::Framework(why.to_string()))?;
        let RawPictures { format, size, .. } = *kind;
        let planes = format.planes(size);
        let close: Vec<usize> = planes.iter().map(|plane| plane.0).collect();
        let strides = if strides.is_empty() { close.clone() } else { strides.to_vec() };
        // GStreamer counts them in 32 bits, with a sign.
        let possible = |stride: usize, row: usize| (row..=i32::MAX as usize).contains(&stride);
        let impossible = || strides.iter().zip(&close).any(|(stride, row)| !possible(*stride, *row));
        if strides.len() != planes.len() || impossible() {
            let (planes, least, given) = (planes.len(), close, strides);
            return Err(RawPictureError::Strides { format, size, planes, least, given });
        }
        let mut offsets = Vec::with_capacity(planes.len());
        let mut needed = 0;
        for (stride, (_, rows)) in strides.iter().zip(&planes) {
            offsets.push(needed);
            // What can't be counted is longer than anything that was given.
            needed = stride.saturating_mul(*rows).saturating_add(needed);
        }
        let given = bytes.as_ref().len();
        // The padding of the very last row is often left out.
        let spared = strides.last().zip(close.last()).map_or(0, |(stride, row)| stride - row);
        if given.saturating_add(spared) < needed || given > needed {
            return Err(RawPictureError::Length { format, size, needed, given });
        }
        let mut buffer = gst::Buffer::from_slice(bytes);
        let strides: Vec<i32> = strides.iter().map(|stride| *stride as i32).collect();
        let written = buffer.get_mut().expect("a fresh buffer has one owner");
        let flags = gst_video::VideoFrameFlags::empty();
        let kind = format.video_format();
        gst_video::VideoMeta::add_full(written, flags, kind, size.width, size.height, &offsets, &strides)
            .map_err(|_| RawPictureError::Length { format, size, needed, given })?;
        Ok(RawPicture { buffer })
    }

    /// A camera's picture, not copied; none where the camera delivered no bytes.
    pub fn of_camera(picture: &Picture) -> Option<RawPicture> {
        picture.sample.buffer_owned().map(|buffer| RawPicture { buffer })
    }

    /// A picture that came out of a decoder.
    pub(in crate::media) fn decoded(buffer: gst::Buffer) -> RawPicture {
        RawPicture { buffer }
    }

    /// A black picture.
    pub fn black(kind: &RawPictures) -> RawPicture {
        let planes = kind.format.planes(kind.size);
        let mut bytes = Vec::with_capacity(kind.bytes());
        let brightness = if kind.colorimetry.starts_with("1:") { 0 } else { 16 };
        for (number, (row, rows)) in planes.iter().enumerate() {
            let pair: [u8; 2] = match (kind.format, number) {
                (PixelFormat::I420 | PixelFormat::Nv12, 0) => [brightness; 2],
                (PixelFormat::I420 | PixelFormat::Nv12, _) => [128; 2],
                (PixelFormat::Yuy2, _) => [brightness, 128],
                (PixelFormat::Uyvy, _) => [128, brightness],
                _ => [0; 2],
            };
            bytes.extend(pair.into_iter().cycle().take(row * rows));
        }
        RawPicture::new(kind, bytes, &[]).expect("these bytes were counted for this kind")
    }
}

impl SampleFormat {
    /// All of them.
    pub const ALL: [SampleFormat; 6] = [
        SampleFormat::U8,
        SampleFormat::S16,
        SampleFormat::S24,
        SampleFormat::S32,
        SampleFormat::F32,
        SampleFormat::F64,
    ];

    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            SampleFormat::U8 => 1,
            SampleFormat::S16 => 2,
            SampleFormat::S24 => 3,
            SampleFormat::S32 | SampleFormat::F32 => 4,
            SampleFormat::F64 => 8,
        }
    }

    /// The byte that silence is made of.
    pub fn silence(self) -> u8 {
        if self == SampleFormat::U8 { 128 } else { 0 }
    }

    fn key(self) -> &'static str {
        match self {
            SampleFormat::U8 => "U8",
            SampleFormat::S16 => "S16LE",
            SampleFormat::S24 => "S24LE",
            SampleFormat::S32 => "S32LE",
            SampleFormat::F32 => "F32LE",
            SampleFormat::F64 => "F64LE",
        }
    }
}

impl RawSound {
    /// Bytes of one sample of all channels.
    pub fn sample_bytes(&self) -> usize {
        self.format.bytes() * self.channels as usize
    }

    /// As caps, for an encoder of this recipe.
    pub(in crate::media) fn caps(&self, recipe: &SoundRecipe) -> gst::Caps {
        self.caps_for(recipe.codec)
    }

    fn caps_for(&self, codec: AudioCodec) -> gst::Caps {
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", self.format.key())
            .field("layout", "interleaved")
            .field("rate", self.rate_hz as i32)
            .field("channels", self.channels as i32);
        match channel_mask(self.channels, codec) {
            Some(mask) => caps.field("channel-mask", gst::Bitmask::new(mask)).build(),
            None => caps.build(),
        }
    }
}

#[cfg(test)]
#[path = "raw_tests.rs"]
mod tests;
