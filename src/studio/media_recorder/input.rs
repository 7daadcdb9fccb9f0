// SPDX-License-Identifier: MIT
//! What a program gives a recorder: pictures and blocks of sound as plain bytes, and what it says it will give.

use super::error::SubmitError;
use crate::media::{Picture, PixelFormat, RawPicture, RawPictures, RawSound, SampleFormat, SoundBlock};
use crate::words::{RATE_HZ, Size};

/// One picture. Cheap to clone; the bytes are shared.
///
/// ```
/// # use hyperzoom::{media::PixelFormat, studio::VideoFrame, words::Size};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let black = VideoFrame::new(PixelFormat::Rgb, Size { width: 16, height: 9 }, vec![0; 16 * 9 * 3])?;
/// # let _ = black;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VideoFrame {
    pub(super) kind: RawPictures,
    pub(super) raw: RawPicture,
}

impl VideoFrame {
    /// From its bytes, plane after plane, rows close together.
    pub fn new(
        format: PixelFormat,
        size: Size,
        bytes: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<VideoFrame, SubmitError> {
        VideoFrame::with_strides(format, size, bytes, &[])
    }

    /// A camera's, not copied.
    pub(in crate::studio) fn of_camera(picture: &Picture) -> Option<VideoFrame> {
        let (kind, raw) = (RawPictures::of_camera(&picture.format()?), RawPicture::of_camera(picture)?);
        Some(VideoFrame { kind, raw })
    }

    /// A decoder's, of that kind.
    pub(in crate::studio) fn of_file(kind: &RawPictures, raw: RawPicture) -> VideoFrame {
        VideoFrame { kind: kind.clone(), raw }
    }

    /// The same, with so many bytes from one row to the next in each plane.
    pub fn with_strides(
        format: PixelFormat,
        size: Size,
        bytes: impl AsRef<[u8]> + Send + 'static,
        strides: &[usize],
    ) -> Result<VideoFrame, SubmitError> {
        if size.width == 0 || size.height == 0 || bytes.as_ref().is_empty() {
            return Err(SubmitError::EmptyFrame);
        }
        let kind = RawPictures::new(format, size);
        let raw = RawPicture::new(&kind, bytes, strides)?;
        Ok(VideoFrame { kind, raw })
    }
}

/// One block of interleaved sound.
#[derive(Clone, Debug)]
pub struct AudioBlock {
    pub(super) kind: RawSound,
    pub(super) bytes: std::sync::Arc<Vec<u8>>,
}

impl AudioBlock {
    /// From numbers as their format writes them, little endian; of floats none may be missing a value.
    pub fn new(
        format: SampleFormat,
        rate_hz: u32,
        channels: u32,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<AudioBlock, SubmitError> {
        let (kind, bytes) = (RawSound { format, rate_hz, channels }, bytes.into());
        let one = kind.sample_bytes();
        if bytes.is_empty() || one == 0 {
            return Err(SubmitError::EmptyBlock);
        }
        if bytes.len() % one != 0 {
            return Err(SubmitError::TornSample { bytes: bytes.len(), one });
        }
        if let Some(index) = not_a_number(format, &bytes) {
            return Err(SubmitError::NotANumber { index });
        }
        Ok(AudioBlock { kind, bytes: bytes.into() })
    }

    /// From floats around 0, of which none may be missing a value.
    pub fn floats(rate_hz: u32, channels: u32, samples: &[f32]) -> Result<AudioBlock, SubmitError> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        AudioBlock::new(SampleFormat::F32, rate_hz, channels, bytes)
    }

    /// A microphone's: one channel at our own rate.
    pub(in crate::studio) fn of_microphone(block: &SoundBlock) -> Option<AudioBlock> {
        let mut copied = None;
        block.with_samples(|samples| copied = AudioBlock::floats(RATE_HZ as u32, 1, samples).ok());
        copied
    }

    /// From 16-bit numbers.
    pub fn shorts(rate_hz: u32, channels: u32, samples: &[i16]) -> Result<AudioBlock, SubmitError> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        AudioBlock::new(SampleFormat::S16, rate_hz, channels, bytes)
    }

    /// Samples of each channel.
    pub fn samples(&self) -> u64 {
        (self.bytes.len() / self.kind.sample_bytes()) as u64
    }

    pub(super) fn part(&self, skip: u64, take: u64) -> Vec<u8> {
        let one = self.kind.sample_bytes();
        self.bytes[skip as usize * one..(skip + take) as usize * one].to_vec()
    }
}

/// The first float without a value, counted through all channels. One of them would silence an encoder for good.
fn not_a_number(format: SampleFormat, bytes: &[u8]) -> Option<usize> {
    let four = |b: &[u8]| !f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite();
    let eight = |b: &[u8]| !f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]).is_finite();
    match format {
        SampleFormat::F32 => bytes.chunks_exact(4).position(four),
        SampleFormat::F64 => bytes.chunks_exact(8).position(eight),
        _ => None,
    }
}
