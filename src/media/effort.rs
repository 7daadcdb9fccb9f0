// SPDX-License-Identifier: MIT
//! How much of the machine a piece of work takes, whatever else the machine is doing meanwhile: processor time
//! divided by processors. Where the system does not tell, the wall clock has to do.

use std::time::{Duration, Instant};

/// A running measurement of this whole process.
#[derive(Debug)]
pub struct Effort {
    wall: Instant,
    processor: Option<Duration>,
}

impl Effort {
    /// From now on.
    pub fn begin() -> Effort {
        Effort { wall: Instant::now(), processor: processor_time() }
    }

    /// Seconds that all processors together would have needed.
    pub fn seconds(&self) -> f64 {
        let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        match (self.processor, processor_time()) {
            (Some(then), Some(now)) => now.saturating_sub(then).as_secs_f64().max(1e-6) / processors,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

#[cfg(unix)]
fn processor_time() -> Option<Duration> {
    // SAFETY: a zeroed rusage is a valid one, and the call only fills it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) == 0).then_some(usage)?
    };
    let duration = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    Some(duration(usage.ru_utime) + duration(usage.ru_stime))
}

#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}
