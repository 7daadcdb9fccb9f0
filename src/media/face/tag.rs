// SPDX-License-Identifier: MIT
//! What stands before each encoded picture, so that whoever lost some of them knows exactly which of the others can
//! still be decoded. VP8 itself does not say what a picture leans on.
//!
//! ```text
//!       7 6 5 4 3  2  1 0
//!      +---------+---+----+---------------+-----------+
//!      |    0    | m | l  | base          | VP8 ...   |
//!      +---------+---+----+---------------+-----------+
//!   l     its layer, 0 to 2; a key frame is 0
//!   m     it leans on the picture of layer 1 that came after its base
//!   base  how many pictures of layer 0 there were, this one included, modulo 256
//! ```

/// The bytes of a tag.
pub(super) const TAG_LEN: usize = 2;

const LAYER: u8 = 0b011;
const MIDDLE: u8 = 0b100;

/// The highest layer.
pub(super) const LAYER_MAX: u8 = 2;

/// One picture's place among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub layer: u8,
    pub leans_on_middle: bool,
    pub base: u8,
}

impl Tag {
    pub(super) fn bytes(self) -> [u8; TAG_LEN] {
        [self.layer | if self.leans_on_middle { MIDDLE } else { 0 }, self.base]
    }

    /// The tag and what follows it. Bits without a meaning may get one, so they are not looked at.
    pub(super) fn read(bytes: &[u8]) -> Option<(Tag, &[u8])> {
        let ([first, base], picture) = bytes.split_first_chunk::<TAG_LEN>()?;
        let tag = Tag { layer: first & LAYER, leans_on_middle: first & MIDDLE != 0, base: *base };
        (tag.layer <= LAYER_MAX).then_some((tag, picture))
    }
}

/// Numbers the encoder's pictures.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    base: u8,
    /// A picture of layer 1 has come since the newest base: the next ones of layer 2 lean on it.
    middle: bool,
}

impl Numbering {
    /// The tag of the next picture.
    pub(super) fn next(&mut self, key: bool, layer: u8) -> Tag {
        // A key frame fills all of the decoder's memory, wherever in the pattern it falls.
        let layer = if key { 0 } else { layer.min(LAYER_MAX) };
        if layer == 0 {
            self.base = self.base.wrapping_add(1);
        }
        self.middle = match layer {
            0 => false,
            1 => true,
            _ => self.middle,
        };
        Tag { layer, leans_on_middle: layer == LAYER_MAX && self.middle, base: self.base }
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbering, Tag};

    #[test]
    fn what_is_written_is_read_and_nonsense_is_not() {
        for tag in [
            Tag { layer: 0, leans_on_middle: false, base: 255 },
            Tag { layer: 2, leans_on_middle: true, base: 0 },
            Tag { layer: 1, leans_on_middle: false, base: 7 },
        ] {
            let bytes = [&tag.bytes()[..], b"vp8"].concat();
            assert_eq!(Tag::read(&bytes), Some((tag, &b"vp8"[..])));
        }
        assert_eq!(Tag::read(&[0]), None);
        assert_eq!(Tag::read(&[3, 0, 1]), None, "there is no fourth layer");
        assert_eq!(Tag::read(&[0b1111_1001, 9]).map(|(tag, _)| tag.layer), Some(1));
    }

    #[test]
    fn the_second_picture_of_layer_two_leans_on_layer_one_unless_a_key_frame_stands_there() {
        let mut numbering = Numbering::default();
        let mut lean = |key, layer| {
            let tag = numbering.next(key, layer);
            (tag.base, tag.leans_on_middle)
        };
        assert_eq!(
            [lean(true, 0), lean(false, 2), lean(false, 1), lean(false, 2)].map(|t| t.1),
            [false, false, false, true]
        );
        assert_eq!([lean(false, 0), lean(false, 2)], [(2, false), (2, false)]);
        assert_eq!([lean(true, 1), lean(false, 2)], [(3, false), (3, false)], "a key frame in the place of layer 1");
    }
}
