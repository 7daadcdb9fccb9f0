// SPDX-License-Identifier: MIT
//! What a master's pictures are: size, and what their numbers mean as colours.

use crate::words::{MASTER_FPS, Size};
use gst::glib;
use gstreamer as gst;
use gstreamer_video as gst_video;

/// Fixed at a master's start and kept for its whole length, whatever camera comes.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFormat {
    /// The size of every picture.
    pub size: Size,
    /// Range, matrix, transfer and primaries, in GStreamer's notation.
    pub colorimetry: String,
    /// Where the colour samples lie; empty when the camera does not say.
    pub chroma_site: String,
}

impl PictureFormat {
    /// What the camera gave, or what is usual for the size where it does not say.
    pub(super) fn from_caps(caps: &gst::CapsRef) -> Option<PictureFormat> {
        let structure = caps.structure(0)?;
        let side = |name| structure.get::<i32>(name).ok().and_then(|n| u32::try_from(n).ok());
        let size = Size { width: side("width")?, height: side("height")? };
        let text = |name| structure.get::<glib::GString>(name).map(|s| s.to_string()).ok();
        let colorimetry = text("colorimetry").unwrap_or_else(|| usual_colorimetry(size).to_owned());
        Some(PictureFormat { size, colorimetry, chroma_site: text("chroma-site").unwrap_or_default() })
    }

    /// For a recording that begins before any camera has shown itself.
    pub fn usual(size: Size) -> PictureFormat {
        PictureFormat { size, colorimetry: usual_colorimetry(size).to_owned(), chroma_site: "mpeg2".to_owned() }
    }

    /// As caps; `rate` is left open for cameras and fixed for the master.
    pub(super) fn caps(&self, with_rate: bool) -> gst::Caps {
        let mut caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", self.size.width as i32)
            .field("height", self.size.height as i32)
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .field("colorimetry", &self.colorimetry);
        if !self.chroma_site.is_empty() {
            caps = caps.field("chroma-site", &self.chroma_site);
        }
        if with_rate {
            caps = caps.field("framerate", gst::Fraction::new(MASTER_FPS as i32, 1));
        }
        caps.build()
    }

    /// One black picture.
    pub(super) fn black(&self) -> gst::Buffer {
        let info = gst_video::VideoInfo::from_caps(&self.caps(true)).expect("our own caps describe a picture");
        let full_range = info.colorimetry().range() == gst_video::VideoColorRange::Range0_255;
        let mut bytes = vec![if full_range { 0u8 } else { 16 }; info.size()];
        bytes[info.offset()[1]..].fill(128);
        gst::Buffer::from_mut_slice(bytes)
    }
}

fn usual_colorimetry(size: Size) -> &'static str {
    if size.height >= 720 { "bt709" } else { "bt601" }
}

/// The H.264 level a master of this size claims: 4.1, or what its size needs beyond that.
pub fn h264_level(size: Size) -> &'static str {
    let macroblocks = u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16));
    match (macroblocks, macroblocks * MASTER_FPS) {
        (..=8_192, ..=245_760) => "4.1",
        (..=8_704, ..=522_240) => "4.2",
        (..=22_080, ..=589_824) => "5",
        (..=36_864, ..=983_040) => "5.1",
        _ => "5.2",
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, h264_level};

    #[test]
    fn full_hd_and_below_claim_level_four_one_and_larger_sizes_what_they_need() {
        let level = |width, height| h264_level(Size { width, height });
        assert_eq!(level(320, 240), "4.1");
        assert_eq!(level(1920, 1080), "4.1");
        assert_eq!(level(1080, 1920), "4.1");
        assert_eq!(level(2048, 1080), "4.2");
        assert_eq!(level(2560, 1440), "5");
        assert_eq!(level(3840, 2160), "5.1");
    }
}
