// SPDX-License-Identifier: MIT
//! Decides which of a peer's pictures the decoder gets: only those of which everything that they lean on was decoded.
//! What is missing is then seen as a picture that stands still until the next key frame, never as broken blocks, and a
//! loss in a layer that nothing leans on is hardly seen at all.
//!
//! ```text
//!  came      K1  2  1  2 | 0  .  1  2 | .  2  1  2 | 0  2  1  2 | K   2 ...
//!  decoded   x   x  x  x | x     x  x | frozen, a key frame is asked for | x   x
//! ```

use super::tag::Tag;
use crate::words::{Mono, Size};

/// An answer has to travel there and back, be encoded and leave through a pacer; then it is asked again.
const ASK_EVERY_NS: i64 = 400_000_000;

/// No peer makes larger ones; a decoder would take a gigabyte for the largest that VP8 can say.
const PIXELS_MAX: u64 = 1280 * 1280;

/// What a VP8 key frame has after three bytes.
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

/// What to do with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It decodes cleanly.
    Decode,
    /// Not this one; nothing else suffers.
    Skip,
    /// Nothing can be decoded until the next key frame.
    Wait {
        /// Ask the peer for one, now.
        ask: bool,
    },
}

/// What the decoder has in its memory.
#[derive(Debug, Default)]
pub(super) struct Gate {
    base: Option<u8>,
    /// The picture of layer 1 after this base.
    middle: Option<u8>,
    asked_at: Option<Mono>,
}

impl Gate {
    /// Judges a picture; `layer_max` leaves out those above.
    pub(super) fn judge(&mut self, tag: Tag, key: bool, layer_max: u8, now: Mono) -> Verdict {
        if key {
            *self = Gate { base: Some(tag.base), ..Gate::default() };
            return Verdict::Decode;
        }
        let Some(base) = self.base else { return self.wait(now) };
        match tag.layer {
            0 if tag.base == base.wrapping_add(1) => {
                self.base = Some(tag.base);
                Verdict::Decode
            }
            0 => self.wait(now),
            // Overtaken by its own base's successor: too late for it.
            _ if is_before(tag.base, base) => Verdict::Skip,
            _ if tag.base != base => self.wait(now),
            layer if layer > layer_max => Verdict::Skip,
            1 => {
                self.middle = Some(base);
                Verdict::Decode
            }
            _ if tag.leans_on_middle && self.middle != Some(base) => Verdict::Skip,
            _ => Verdict::Decode,
        }
    }

    /// Nothing that the decoder has is of any use.
    pub(super) fn close(&mut self) {
        (self.base, self.middle) = (None, None);
    }

    /// The decoder waits for a key frame: ask, if it was not asked a moment ago.
    pub(super) fn wait(&mut self, now: Mono) -> Verdict {
        self.close();
        let ask = self.asked_at.is_none_or(|asked| now.since(asked) >= ASK_EVERY_NS);
        if ask {
            self.asked_at = Some(now);
        }
        Verdict::Wait { ask }
    }
}

fn is_before(a: u8, b: u8) -> bool {
    a.wrapping_sub(b) > 128
}

/// Is this VP8 what it was said to be, and of a size that one may decode?
pub(super) fn is_plausible(vp8: &[u8], key: bool) -> bool {
    let Some(first) = vp8.first() else { return false };
    if (first & 1 == 0) != key {
        return false;
    }
    if !key {
        return vp8.len() > 3;
    }
    let Some((code, rest)) = vp8.get(3..).and_then(<[u8]>::split_first_chunk) else { return false };
    let side = |at: usize| rest.get(at..at + 2).map(|b| u32::from(u16::from_le_bytes([b[0], b[1]]) & 0x3fff));
    let (Some(width), Some(height)) = (side(0), side(2)) else { return false };
    let pixels = Size { width, height }.pixels();
    *code == START_CODE && pixels > 0 && pixels <= PIXELS_MAX
}

#[cfg(test)]
mod tests {
    use super::{Gate, Mono, Tag, Verdict, is_plausible};
    use crate::media::face::tag::Numbering;

    const PATTERN: [u8; 4] = [0, 2, 1, 2];
    const FRAME_NS: u64 = Mono::SECOND / 24;

    /// The tags of so many pictures, the first one a key frame.
    fn sent(pictures: usize) -> Vec<(Tag, bool)> {
        let mut numbering = Numbering::default();
        (0..pictures).map(|k| (numbering.next(k == 0, PATTERN[k % 4]), k == 0)).collect()
    }

    /// What becomes of those that came: `D`, `-` skipped, `?` asked, `.` waits.
    fn judged(came: impl Iterator<Item = usize>, layer_max: u8) -> String {
        let (sent, mut gate) = (sent(64), Gate::default());
        let verdicts = came.map(|k| gate.judge(sent[k].0, sent[k].1, layer_max, Mono(k as u64 * FRAME_NS)));
        let letter = |verdict| match verdict {
            Verdict::Decode => 'D',
            Verdict::Skip => '-',
            Verdict::Wait { ask: true } => '?',
            Verdict::Wait { ask: false } => '.',
        };
        verdicts.map(letter).collect()
    }

    #[test]
    fn everything_that_comes_in_order_is_decoded() {
        assert_eq!(judged(0..12, 2), "DDDDDDDDDDDD");
    }

    #[test]
    fn a_loss_above_the_base_costs_no_more_than_what_leans_on_it() {
        assert_eq!(judged((0..12).filter(|k| *k != 1), 2), "DDDDDDDDDDD");
        assert_eq!(judged((0..12).filter(|k| *k != 2), 2), "DD-DDDDDDDD", "the one after it leans on it");
        assert_eq!(judged((0..12).filter(|k| k % 4 == 0), 2), "DDD", "a slow peer gets the base alone");
        assert_eq!(judged((0..12).filter(|k| k % 2 == 0), 2), "DDDDDD");
        assert_eq!(judged(0..12, 0), "D---D---D---", "a busy machine decodes the base alone");
    }

    #[test]
    fn after_a_lost_base_nothing_is_decoded_and_a_key_frame_is_asked_for_now_and_then() {
        let came = (0..30).filter(|k| *k != 4);
        assert_eq!(judged(came, 2), "DDDD?.........?.........?....");
    }

    #[test]
    fn a_key_frame_mends_everything() {
        let mut gate = Gate::default();
        let tag = |layer, base| Tag { layer, leans_on_middle: false, base };
        assert_eq!(gate.judge(tag(0, 5), false, 2, Mono(0)), Verdict::Wait { ask: true });
        assert_eq!(gate.judge(tag(0, 200), true, 2, Mono(1)), Verdict::Decode);
        assert_eq!(gate.judge(tag(2, 199), false, 2, Mono(2)), Verdict::Skip, "overtaken");
        assert_eq!(gate.judge(tag(0, 201), false, 2, Mono(3)), Verdict::Decode);
    }

    #[test]
    fn what_is_no_picture_of_a_call_is_told_by_its_first_bytes() {
        let key = |width: u16, height: u16| {
            let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
            [&[0x10, 0, 0, 0x9d, 0x01, 0x2a][..], &sides, &[0; 20]].concat()
        };
        assert!(is_plausible(&key(854, 480), true));
        assert!(is_plausible(&key(480 | 0x4000, 854), true), "the upper two bits are a scale");
        assert!(!is_plausible(&key(854, 480), false));
        assert!(!is_plausible(&key(16_383, 16_383), true));
        assert!(!is_plausible(&key(0, 480), true));
        assert!(!is_plausible(&key(854, 480)[..9], true));
        assert!(!is_plausible(&[0x10; 40], true), "no start code");
        assert!(is_plausible(&[0x11; 40], false) && !is_plausible(&[], false));
    }
}
