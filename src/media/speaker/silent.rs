// SPDX-License-Identifier: MIT
//! A speaker that is not there: the rhythm of a sound card without the sound.

use super::super::now;
use super::{BLOCK_SAMPLES, Filler, ask};
use crate::words::{Mono, RATE_HZ};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A machine that slept owes nobody the sound of the night.
const BEHIND_MAX_NS: i64 = 100_000_000;

/// The guard.
#[derive(Debug)]
pub struct Silent {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Silent {
    /// Begins to ask.
    pub fn start(fill: Filler) -> Silent {
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let run = move || run(&fill, &told);
        let thread = std::thread::Builder::new().name("no-speaker".into()).spawn(run);
        Silent { over, thread: Some(thread.expect("the system has a thread left")) }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A filler that panicked has said so.
            let _ = thread.join();
        }
    }
}

fn run(fill: &Filler, over: &AtomicBool) {
    let _ = super::super::priority::try_real_time();
    let mut block = [0.0; BLOCK_SAMPLES];
    let mut begun = now();
    let mut blocks = 0_u64;
    while !over.load(Ordering::Relaxed) {
        let due = begun.offset((blocks * BLOCK_SAMPLES as u64 * Mono::SECOND / RATE_HZ) as i64);
        let early = due.since(now());
        if early > 0 {
            std::thread::park_timeout(Duration::from_nanos(early as u64));
            continue;
        }
        if early < -BEHIND_MAX_NS {
            (begun, blocks) = (now(), 0);
        }
        ask(fill, &mut block, now());
        blocks += 1;
    }
}
