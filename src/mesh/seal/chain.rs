// SPDX-License-Identifier: MIT
//! The keys of a stream, one an epoch of 65,536 sequences: the key changes whenever the 16 bits on the wire wrap.
//! Each follows from the one before and not the other way, so what is over stays closed even to who takes the
//! machine later.

use super::secret::Secret;

const EPOCH_BITS: u32 = 16;

/// To which epoch a sequence belongs.
pub(super) fn epoch_of(sequence: u64) -> u64 {
    sequence >> EPOCH_BITS
}

fn following(key: &Secret) -> Secret {
    key.derive("next epoch", &[])
}

/// The sender's end: only the current key.
pub(super) struct Sending {
    epoch: u64,
    key: Secret,
}

impl Sending {
    pub fn new(key: Secret) -> Sending {
        Sending { epoch: 0, key }
    }

    /// The key for this sequence; sequences only grow.
    pub fn key(&mut self, sequence: u64) -> &Secret {
        while self.epoch < epoch_of(sequence) {
            self.key = following(&self.key);
            self.epoch += 1;
        }
        &self.key
    }
}

/// The receiver's end: the current key, the next one, and for a while the previous one, since datagrams come out of
/// order around the change.
pub(super) struct Receiving {
    epoch: u64,
    previous: Option<Secret>,
    current: Secret,
    next: Secret,
}

impl Receiving {
    pub fn new(key: Secret) -> Receiving {
        Receiving { epoch: 0, previous: None, next: following(&key), current: key }
    }

    /// The key for this sequence, if it is one of the three.
    pub fn key(&self, sequence: u64) -> Option<&Secret> {
        match epoch_of(sequence).wrapping_sub(self.epoch) as i64 {
            -1 => self.previous.as_ref(),
            0 => Some(&self.current),
            1 => Some(&self.next),
            _ => None,
        }
    }

    /// An authentic datagram had this sequence; before `oldest` none is taken any more.
    pub fn reached(&mut self, sequence: u64, oldest: u64) {
        if epoch_of(sequence) == self.epoch + 1 {
            let after = following(&self.next);
            self.previous = Some(core::mem::replace(&mut self.current, core::mem::replace(&mut self.next, after)));
            self.epoch += 1;
        }
        if epoch_of(oldest) == self.epoch {
            self.previous = None;
        }
    }
}

#[cfg(test)]
impl Sending {
    /// To compare keys in tests.
    pub fn current(&self) -> &Secret {
        &self.key
    }
}

#[cfg(test)]
impl Receiving {
    /// To compare keys in tests.
    pub fn current(&self) -> &Secret {
        &self.current
    }

    /// How often the key has changed.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Is the previous key still kept?
    pub fn has_previous(&self) -> bool {
        self.previous.is_some()
    }
}
