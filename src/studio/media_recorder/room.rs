// SPDX-License-Identifier: MIT
//! A bell that rings when something that waited for the encoders or the disk has gone on.
//!
//! It says nothing about how much room there is: whoever hears it looks. What rings between looking and listening is
//! heard all the same, since the rings are counted.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The bell. Its clones are the same bell.
#[derive(Clone, Debug, Default)]
pub struct Room {
    inside: Arc<(Mutex<u64>, Condvar)>,
}

impl Room {
    /// Something has gone on.
    pub fn ring(&self) {
        *self.count() += 1;
        self.inside.1.notify_all();
    }

    /// How often it has rung.
    pub fn rings(&self) -> u64 {
        *self.count()
    }

    /// Waits until it has rung more often than that; `false` if it has not by then.
    pub fn wait(&self, heard: u64, until: Instant) -> bool {
        let within = until.saturating_duration_since(Instant::now());
        let waited = self.inside.1.wait_timeout_while(self.count(), within, |rings| *rings == heard);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn count(&self) -> MutexGuard<'_, u64> {
        // A number is whole whoever panicked while holding it.
        self.inside.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Room;
    use std::time::{Duration, Instant};

    #[test]
    fn what_rang_before_anybody_listened_is_heard() {
        let room = Room::default();
        let heard = room.rings();
        room.ring();
        assert!(room.wait(heard, Instant::now()));
        assert!(!room.wait(room.rings(), Instant::now() + Duration::from_millis(1)));
    }

    #[test]
    fn whoever_waits_is_woken() {
        let room = Room::default();
        let (heard, theirs) = (room.rings(), room.clone());
        let ringer = std::thread::spawn(move || theirs.ring());
        assert!(room.wait(heard, Instant::now() + Duration::from_secs(60)));
        ringer.join().expect("it only rings");
    }
}
