// SPDX-License-Identifier: MIT
//! How much of the machine a piece of work takes, whatever else the machine is doing meanwhile: processor time, and
//! memory. For judging encoders the wall clock has to do where the system does not tell; people are told nothing then.

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

    /// For how long it has been measured.
    pub fn elapsed(&self) -> Duration {
        self.wall.elapsed()
    }

    /// What one processor alone would have been busy, in percent; four that are busy are 400.
    pub fn percent(&self) -> Option<f64> {
        let spent = processor_time()?.saturating_sub(self.processor?);
        Some(100.0 * spent.as_secs_f64() / self.wall.elapsed().as_secs_f64().max(1e-6))
    }
}

/// The memory that this process has in use, where the system tells.
#[cfg(target_os = "linux")]
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    // SAFETY: a question without arguments of ours.
    let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page_bytes).ok()?)
}

/// The memory that this process has in use; what other systems tell cheaply is only the most it ever was.
#[cfg(not(target_os = "linux"))]
pub fn resident_bytes() -> Option<u64> {
    None
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

#[cfg(test)]
mod tests {
    use super::{Effort, resident_bytes};
    use std::time::Duration;

    #[cfg(target_os = "linux")]
    #[test]
    fn work_and_memory_are_seen() {
        let before = resident_bytes().expect("Linux tells");
        let effort = Effort::begin();
        let held = vec![1u8; 64 << 20];
        let mut sum = 0u64;
        // Worked, not waited: a machine that stands still meanwhile must not decide.
        while effort.seconds() < 0.02 && effort.elapsed() < Duration::from_secs(60) {
            sum += held.iter().step_by(4096).map(|byte| u64::from(*byte)).sum::<u64>();
        }
        std::hint::black_box(sum);
        assert!(effort.seconds() >= 0.02, "of the work {} s were seen", effort.seconds());
        assert!(effort.percent().expect("Linux tells") > 0.0);
        assert!(resident_bytes().expect("Linux tells") > before + (32 << 20));
        drop(held);
    }
}
