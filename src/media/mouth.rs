// SPDX-License-Identifier: MIT
//! Our own voice on its way out: samples from the capture thread through a ring to a thread of real-time priority,
//! which encodes each frame the moment its last sample is there and gives it away.
//!
//! ```text
//!  capture thread             |  the mouth's own thread
//!  block -> samples, marks  ~~|~~> frame full? -> mute ramp -> Opus -> on_frame(bytes, when, ...)
//!           (wait-free rings) |    nothing for a while? -> on_frame(no bytes), a slot at a time by the clock
//! ```
//!
//! Every slot has its frame, in silence too: the others learn from the rhythm how their jitter buffer should be.

mod encoder;
mod ring;

pub use encoder::FrameSamples;
pub use ring::SoundTap;

use super::priority;
use crate::words::{Mono, RATE_HZ};
use encoder::VoiceEncoder;
use ring::Taken;
pub(super) use ring::{Drain, rings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A microphone that has said nothing for so long leaves its slots empty: longer than the largest cycle of a sound
/// server.
const QUIET_NS: i64 = 100_000_000;

/// What waits longer than 200 ms is no conversation any more.
const WAITING_SAMPLES: usize = 9_600;

/// Longer than this the thread never sleeps.
const NAP: Duration = Duration::from_millis(20);

/// One frame, encoded.
#[derive(Clone, Copy, Debug)]
pub struct VoiceFrame<'a> {
    /// Opus; nothing says that the slot is empty.
    pub opus: &'a [u8],
    /// How long it sounds.
    pub samples: FrameSamples,
    /// When its first sample was taken; nothing for an empty slot.
    pub taken: Option<Mono>,
}

/// Settings that may change while it runs; whoever holds a clone may change them.
#[derive(Clone, Debug)]
pub struct MouthControl(Arc<Control>);

#[derive(Debug)]
struct Control {
    muted: AtomicBool,
    over: AtomicBool,
    loss_percent: AtomicU8,
    frame_samples: AtomicU32,
}

impl MouthControl {
    /// What the others hear from now on is silence, or our voice again.
    pub fn mute(&self, muted: bool) {
        self.0.muted.store(muted, Ordering::Relaxed);
    }

    /// How much of what is sent gets lost: Opus leans less on earlier frames then.
    pub fn expect_loss(&self, percent: u8) {
        self.0.loss_percent.store(percent.min(100), Ordering::Relaxed);
    }

    /// How long frames are from the next one on.
    pub fn set_frames(&self, samples: FrameSamples) {
        self.0.frame_samples.store(samples.count() as u32, Ordering::Relaxed);
    }
}

/// The guard: nothing more is said when it goes out of scope.
#[derive(Debug)]
pub struct Mouth {
    control: MouthControl,
    thread: Option<JoinHandle<()>>,
}

impl Mouth {
    /// Starts the thread; `on_frame` is called on it, `slow` once if the system refuses real-time priority.
    pub fn start(
        on_frame: impl FnMut(VoiceFrame<'_>) + Send + 'static,
        slow: impl FnOnce(String) + Send + 'static,
    ) -> (Mouth, SoundTap) {
        let (tap, drain) = rings(WAITING_SAMPLES);
        let control = MouthControl(Arc::new(Control {
            muted: AtomicBool::new(false),
            over: AtomicBool::new(false),
            loss_percent: AtomicU8::new(0),
            frame_samples: AtomicU32::new(FrameSamples::Ms5.count() as u32),
        }));
        let told = control.clone();
        let run = move || {
            if let Err(why) = priority::try_real_time() {
                slow(why);
            }
            speak(drain, &told.0, on_frame);
        };
        let thread = std::thread::Builder::new().name("mouth".into()).spawn(run).expect("the system has a thread left");
        tap.wakes(thread.thread().clone());
        (Mouth { control, thread: Some(thread) }, tap)
    }

    /// To change things while it runs.
    pub fn control(&self) -> MouthControl {
        self.control.clone()
    }
}

impl Drop for Mouth {
    fn drop(&mut self) {
        self.control.0.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the voice's thread has panicked");
            }
        }
    }
}

fn speak(mut drain: Drain, control: &Control, mut on_frame: impl FnMut(VoiceFrame<'_>)) {
    let mut encoder = VoiceEncoder::new();
    // The slot that is due next while nothing comes from the microphone.
    let mut empty_due: Option<Mono> = None;
    let mut heard = super::now();
    while !control.over.load(Ordering::Relaxed) {
        encoder.set_frames(FrameSamples::of(control.frame_samples.load(Ordering::Relaxed)));
        encoder.expect_loss(control.loss_percent.load(Ordering::Relaxed));
        let samples = encoder.frames();
        match drain.take(encoder.input()) {
            Taken::Frame { taken } => {
                (heard, empty_due) = (super::now(), None);
                let opus = encoder.encode(control.muted.load(Ordering::Relaxed));
                on_frame(VoiceFrame { opus, samples, taken: Some(taken) });
            }
            Taken::NotYet => {
                let now = super::now();
                if now.since(heard) > QUIET_NS {
                    let due = empty_due.get_or_insert(now);
                    while due.since(now) <= 0 {
                        on_frame(VoiceFrame { opus: &[], samples, taken: None });
                        *due = due.offset((samples.count() as u64 * Mono::SECOND / RATE_HZ) as i64);
                    }
                    std::thread::park_timeout(Duration::from_nanos(due.since(now).max(1) as u64));
                } else {
                    std::thread::park_timeout(NAP);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FrameSamples, Mouth, VoiceFrame};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn without_a_microphone_every_slot_is_empty_and_comes_in_time() {
        crate::media::start().expect("GStreamer is installed");
        let (tell, slots) = channel();
        let on_frame =
            move |frame: VoiceFrame<'_>| tell.send((frame.opus.len(), frame.samples)).expect("the test listens");
        let (_mouth, _tap) = Mouth::start(on_frame, |_| {});
        for _ in 0..40 {
            let slot = slots.recv_timeout(Duration::from_secs(5)).expect("slots go on");
            assert_eq!(slot, (0, FrameSamples::Ms5));
        }
    }
}
