// SPDX-License-Identifier: MIT
//! What the feed hands out, on its way to a file: it can be cut where one file ends and the next begins.

use super::input::AudioBlock;
use super::place::Cut;
use crate::media::{RawPicture, Recording};

/// A picture or a stretch of sound, counted from the beginning of the recording.
#[derive(Clone, Debug)]
pub enum Item {
    /// The picture of that number.
    Picture(u64, RawPicture),
    /// So many samples of a block, after skipping so many.
    Sound { first: u64, block: AudioBlock, skip: u64, take: u64 },
    /// So many samples of silence.
    Silence { first: u64, samples: u64 },
}

impl Item {
    /// The part in front of a place, and the one behind it.
    pub fn split(self, at: Cut) -> (Option<Item>, Option<Item>) {
        match self {
            Item::Picture(index, _) if index < at.picture => (Some(self), None),
            Item::Picture(..) => (None, Some(self)),
            Item::Sound { first, block, skip, take } => {
                let before = at.sample.saturating_sub(first).min(take);
                let sound = |first, skip, take| Item::Sound { first, block: block.clone(), skip, take };
                let rest = take - before;
                (
                    (before > 0).then(|| sound(first, skip, before)),
                    (rest > 0).then(|| sound(first + before, skip + before, rest)),
                )
            }
            Item::Silence { first, samples } => {
                let before = at.sample.saturating_sub(first).min(samples);
                let rest = samples - before;
                let silence = |first, samples| Item::Silence { first, samples };
                ((before > 0).then(|| silence(first, before)), (rest > 0).then(|| silence(first + before, rest)))
            }
        }
    }

    /// Whether it lies in front of that place altogether.
    pub fn is_before(&self, at: Cut) -> bool {
        match self {
            Item::Picture(index, _) => *index < at.picture,
            Item::Sound { first, take, .. } => first + take <= at.sample,
            Item::Silence { first, samples } => first + samples <= at.sample,
        }
    }

    /// Where a file is that has taken this, too.
    pub fn behind(&self, taken: Cut) -> Cut {
        match self {
            Item::Picture(index, _) => Cut { picture: index + 1, ..taken },
            Item::Sound { first, take, .. } => Cut { sample: first + take, ..taken },
            Item::Silence { first, samples } => Cut { sample: first + samples, ..taken },
        }
    }

    /// To the encoders of a file that begins there.
    pub fn give(&self, recording: &Recording, begin: Cut) {
        match self {
            Item::Picture(index, picture) => recording.picture(index - begin.picture, picture),
            Item::Sound { first, block, skip, take } => {
                recording.sound(first - begin.sample, block.part(*skip, *take));
            }
            Item::Silence { first, samples } => recording.silence(first - begin.sample, *samples),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AudioBlock, Cut, Item};

    #[test]
    fn sound_is_cut_to_the_sample() {
        let block = AudioBlock::shorts(48_000, 1, &[1, 2, 3, 4, 5]).expect("whole samples");
        let item = || Item::Sound { first: 100, block: block.clone(), skip: 1, take: 3 };
        let at = |sample| Cut { picture: 0, sample };
        let heard = |item: Option<Item>| match item {
            Some(Item::Sound { first, block, skip, take }) => Some((first, block.part(skip, take))),
            _ => None,
        };
        let (before, behind) = item().split(at(102));
        assert_eq!(heard(before), Some((100, vec![2, 0, 3, 0])));
        assert_eq!(heard(behind), Some((102, vec![4, 0])));
        let (before, behind) = item().split(at(100));
        assert!(before.is_none() && heard(behind) == Some((100, vec![2, 0, 3, 0, 4, 0])));
        let (before, behind) = item().split(at(103));
        assert!(before.is_some() && behind.is_none());
        assert!(item().is_before(at(103)) && !item().is_before(at(102)));
        assert_eq!(item().behind(Cut { picture: 7, sample: 1 }), Cut { picture: 7, sample: 103 });
    }
}
