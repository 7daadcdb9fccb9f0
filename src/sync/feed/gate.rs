// SPDX-License-Identifier: MIT
//! Who is let in: stamps that can be true.

use super::FeedError;
use crate::words::Mono;

/// A stamp this far from the newest is a mistake, not a gap.
const FAR_NS: u64 = 3_600 * Mono::SECOND;

/// No clock stands there for another ninety years, and behind it there is no room to calculate.
const END_OF_TIME: Mono = Mono(u64::MAX / 4);

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Pictures.
    Pictures,
    /// Sound.
    Sound,
}

impl std::fmt::Display for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stream::Pictures => "pictures",
            Stream::Sound => "sound",
        })
    }
}

/// What has been let in so far.
#[derive(Debug, Default)]
pub(super) struct Gate {
    stamped: Option<bool>,
    last: [Option<Mono>; 2],
    newest: Option<Mono>,
    /// A pause may have been as long as it liked.
    may_jump: bool,
}

impl Gate {
    /// Whether items carry stamps, once the first has come.
    pub(super) fn stamped(&self) -> Option<bool> {
        self.stamped
    }

    /// A pause is over.
    pub(super) fn may_jump(&mut self) {
        self.may_jump = true;
    }

    /// Lets an item of this stream in, or says why not.
    pub(super) fn admit(&mut self, stream: Stream, at: Option<Mono>) -> Result<(), FeedError> {
        if self.stamped.is_some_and(|stamped| stamped != at.is_some()) {
            return Err(FeedError::Mixed);
        }
        if let Some(at) = at {
            let last = self.last[stream as usize];
            if let Some(last) = last.filter(|last| at < *last) {
                return Err(FeedError::Backwards { stream, by_ms: (last.0 - at.0).div_ceil(1_000_000) });
            }
            if at > END_OF_TIME {
                return Err(FeedError::Far { stream, by_s: (at.0 - self.newest.unwrap_or_default().0) / Mono::SECOND });
            }
            let newest = self.newest.filter(|_| !self.may_jump);
            if let Some(newest) = newest.filter(|newest| at.0.abs_diff(newest.0) > FAR_NS) {
                return Err(FeedError::Far { stream, by_s: at.0.abs_diff(newest.0) / Mono::SECOND });
            }
            self.last[stream as usize] = Some(at);
            self.newest = self.newest.max(Some(at));
            self.may_jump = false;
        }
        self.stamped = Some(at.is_some());
        Ok(())
    }
}
