// SPDX-License-Identifier: MIT
//! How much may wait for the encoders: an ordinary backlog is nothing, a growing one is told as critical, and only
//! at half of the memory that is free are pictures held instead of queued. Sound is always queued.

/// Where the system does not say how much memory is free.
const ASSUMED_FREE_BYTES: u64 = 2 << 30;

/// More seconds of pictures than this in the queue, and the machine is not keeping up.
const BACKLOG_SECONDS: u64 = 2;

/// What the queue's length means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strain {
    /// The encoders keep up.
    None,
    /// They don't at the moment; nothing is lost.
    Behind,
    /// The queue may not grow further.
    Full,
}

/// Judges the queue, with hysteresis so that a warning is not given twice for one backlog.
#[derive(Debug)]
pub struct Gauge {
    second_bytes: u64,
    limit_bytes: u64,
    behind: bool,
}

impl Gauge {
    /// `second_bytes` is what one second of raw pictures and sound weighs.
    pub fn new(second_bytes: u64) -> Gauge {
        Gauge::with_free_memory(second_bytes, free_memory_bytes().unwrap_or(ASSUMED_FREE_BYTES))
    }

    fn with_free_memory(second_bytes: u64, free_bytes: u64) -> Gauge {
        let limit_bytes = (free_bytes / 2).max(2 * BACKLOG_SECONDS * second_bytes);
        Gauge { second_bytes, limit_bytes, behind: false }
    }

    /// Other programs come and go: the limit is half of what would be free without the queue, now.
    pub fn weigh_memory(&mut self, waiting_bytes: u64) {
        let free_bytes = free_memory_bytes().unwrap_or(ASSUMED_FREE_BYTES);
        self.limit_bytes = Gauge::with_free_memory(self.second_bytes, free_bytes + waiting_bytes).limit_bytes;
    }

    /// What `waiting_bytes` in the queue mean.
    pub fn read(&mut self, waiting_bytes: u64) -> Strain {
        let begins = BACKLOG_SECONDS * self.second_bytes;
        self.behind = waiting_bytes > if self.behind { begins / 4 } else { begins };
        match (waiting_bytes > self.limit_bytes, self.behind) {
            (true, _) => Strain::Full,
            (_, true) => Strain::Behind,
            _ => Strain::None,
        }
    }

    /// How many seconds of pictures `waiting_bytes` are.
    pub fn seconds(&self, waiting_bytes: u64) -> f64 {
        waiting_bytes as f64 / self.second_bytes.max(1) as f64
    }
}

fn free_memory_bytes() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::{Gauge, Strain};

    #[test]
    fn a_backlog_is_told_once_and_only_half_of_free_memory_is_ever_used() {
        let mut gauge = Gauge::with_free_memory(100, 10_000);
        assert_eq!(gauge.read(150), Strain::None);
        assert_eq!(gauge.read(250), Strain::Behind);
        assert_eq!(gauge.read(150), Strain::Behind, "not over until it is nearly empty");
        assert_eq!(gauge.read(40), Strain::None);
        assert_eq!(gauge.read(5_001), Strain::Full);
    }
}
