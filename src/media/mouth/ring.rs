// SPDX-License-Identifier: MIT
//! From the capture thread to the mouth: samples, and marks that say when they were taken.

use super::super::microphone::SoundBlock;
use crate::words::{Mono, RATE_HZ};
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::Thread;

/// The smallest cycle of a sound server: a ring has a mark for each that it may hold.
const CYCLE_SAMPLES_MIN: usize = 16;

/// The capture thread's end. One microphone speaks at a time; while one is exchanged for another, whoever finds the
/// ring in the other's hands lets its block go.
#[derive(Clone, Debug)]
pub struct SoundTap(Arc<Tap>);

#[derive(Debug)]
struct Tap {
    ends: Mutex<Ends>,
    taker: OnceLock<Thread>,
    wanted: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Ends {
    /// How many samples the ring holds.
    room: usize,
    samples: Producer<f32>,
    marks: Producer<Mark>,
    /// Samples given so far.
    given: u64,
}

/// The sample of that number was taken then.
#[derive(Clone, Copy, Debug)]
struct Mark {
    sample: u64,
    at: Mono,
    count: usize,
}

impl SoundTap {
    /// Whoever takes from the other end is woken when as much waits as it wants.
    pub(in crate::media) fn wakes(&self, taker: Thread) {
        // Set once, by whoever makes both.
        let _ = self.0.taker.set(taker);
    }

    /// Takes a block: neither waits nor allocates. A mouth that is far behind loses the block.
    pub fn sound(&self, block: &SoundBlock) {
        block.with_samples(|samples| self.samples(samples, block.at));
    }

    /// The same, of samples of which the first was taken at `at`.
    pub(in crate::media) fn samples(&self, samples: &[f32], at: Mono) {
        let Ok(mut ends) = self.0.ends.try_lock() else { return };
        ends.give(samples, at);
        let waiting = ends.room - ends.samples.slots();
        drop(ends);
        // To wake a thread costs more than to give it a block: nobody is woken for less than they can use.
        if waiting >= self.0.wanted.load(Ordering::Relaxed)
            && let Some(taker) = self.0.taker.get()
        {
            taker.unpark();
        }
    }
}

impl Ends {
    fn give(&mut self, samples: &[f32], at: Mono) {
        if samples.is_empty() || self.marks.is_full() {
            return;
        }
        let Ok(mut chunk) = self.samples.write_chunk(samples.len()) else { return };
        let (first, second) = chunk.as_mut_slices();
        let cut = first.len();
        first.copy_from_slice(&samples[..cut]);
        second.copy_from_slice(&samples[cut..]);
        // There is room: asked above, and nobody else gives.
        let _ = self.marks.push(Mark { sample: self.given, at, count: samples.len() });
        self.given += samples.len() as u64;
        chunk.commit_all();
    }
}

/// The mouth's end.
pub(in crate::media) struct Drain {
    samples: Consumer<f32>,
    marks: Consumer<Mark>,
    wanted: Arc<AtomicUsize>,
    taken: u64,
    /// The newest mark at or before the next sample.
    mark: Mark,
}

/// What a look found.
pub(super) enum Taken {
    /// A whole frame.
    Frame {
        /// When its first sample was taken.
        taken: Mono,
    },
    /// Less than a frame.
    NotYet,
}

/// Both ends of a ring for so many samples.
pub(in crate::media) fn rings(samples: usize) -> (SoundTap, Drain) {
    let (give_samples, take_samples) = RingBuffer::new(samples);
    let (give_marks, take_marks) = RingBuffer::new(samples / CYCLE_SAMPLES_MIN);
    let wanted = Arc::new(AtomicUsize::new(1));
    let ends = Mutex::new(Ends { room: samples, samples: give_samples, marks: give_marks, given: 0 });
    let tap = SoundTap(Arc::new(Tap { ends, taker: OnceLock::new(), wanted: wanted.clone() }));
    let mark = Mark { sample: 0, at: Mono(0), count: 0 };
    (tap, Drain { samples: take_samples, marks: take_marks, wanted, taken: 0, mark })
}

impl Drain {
    /// From now on it is woken only when so many samples wait.
    pub(in crate::media) fn want(&self, samples: usize) {
        self.wanted.store(samples, Ordering::Relaxed);
    }

    /// Takes the oldest block as it was given, and when its first sample was taken. Not to be mixed with frames.
    pub(in crate::media) fn take_block(&mut self, block: &mut Vec<f32>) -> Option<Mono> {
        let mark = self.marks.peek().ok().copied()?;
        let chunk = self.samples.read_chunk(mark.count).ok()?;
        block.clear();
        let (first, second) = chunk.as_slices();
        block.extend_from_slice(first);
        block.extend_from_slice(second);
        chunk.commit_all();
        // It is there: peeked above.
        let _ = self.marks.pop();
        Some(mark.at)
    }

    /// Takes as many samples as `frame` has, if they are there; if not, it is woken when they are.
    pub(super) fn take(&mut self, frame: &mut [f32]) -> Taken {
        self.want(frame.len());
        let Ok(chunk) = self.samples.read_chunk(frame.len()) else { return Taken::NotYet };
        let (first, second) = chunk.as_slices();
        frame[..first.len()].copy_from_slice(first);
        frame[first.len()..].copy_from_slice(second);
        chunk.commit_all();
        while let Ok(mark) = self.marks.peek()
            && mark.sample <= self.taken
        {
            self.mark = *mark;
            // It is there: peeked above.
            let _ = self.marks.pop();
        }
        let since_mark = (self.taken - self.mark.sample) * Mono::SECOND / RATE_HZ;
        self.taken += frame.len() as u64;
        Taken::Frame { taken: self.mark.at.offset(since_mark as i64) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ends, Taken, rings};
    use crate::words::Mono;
    use std::time::Duration;

    #[test]
    fn frames_know_when_their_first_sample_was_taken() {
        let (tap, mut drain) = rings(9_600);
        let give = |samples: &[f32], at| {
            let mut ends = tap.0.ends.lock().expect("nobody panics");
            Ends::give(&mut ends, samples, at);
        };
        let mut frame = [0.0; 240];
        let ms = |ms: u64| Mono(ms * 1_000_000);
        give(&[0.5; 192], ms(1_000));
        assert!(matches!(drain.take(&mut frame), Taken::NotYet));
        give(&[0.25; 192], ms(1_004));
        give(&[0.25; 192], ms(1_008));
        assert!(matches!(drain.take(&mut frame), Taken::Frame { taken } if taken == ms(1_000)));
        assert_eq!((frame[191], frame[192]), (0.5, 0.25));
        assert!(
            matches!(drain.take(&mut frame), Taken::Frame { taken } if taken == ms(1_005)),
            "48 samples into the second"
        );
    }

    #[test]
    fn whoever_waits_for_a_frame_is_woken_by_its_last_block() {
        let (tap, mut drain) = rings(9_600);
        tap.wakes(std::thread::current());
        let awake = || {
            // Parking returns at once for whoever was woken before.
            let began = std::time::Instant::now();
            std::thread::park_timeout(Duration::from_millis(50));
            began.elapsed() < Duration::from_millis(50)
        };
        let mut frame = [0.0; 240];
        assert!(matches!(drain.take(&mut frame), Taken::NotYet));
        tap.samples(&[0.0; 128], Mono(0));
        assert!(!awake(), "half a frame is no reason");
        tap.samples(&[0.0; 128], Mono(0));
        assert!(awake());
        assert!(matches!(drain.take(&mut frame), Taken::Frame { .. }));
        assert!(matches!(drain.take(&mut frame), Taken::NotYet), "16 of them");
        tap.samples(&[0.0; 224], Mono(0));
        assert!(awake(), "with the 16 of before they are a frame");
    }

    #[test]
    fn what_finds_no_room_is_let_go() {
        let (tap, mut drain) = rings(9_600);
        for number in 0..1_000 {
            let mut ends = tap.0.ends.lock().expect("nobody panics");
            Ends::give(&mut ends, &[0.0; 128], Mono(number));
        }
        let mut frames = 0;
        while matches!(drain.take(&mut [0.0; 240]), Taken::Frame { .. }) {
            frames += 1;
        }
        assert_eq!(frames, 40, "200 ms");
    }
}
