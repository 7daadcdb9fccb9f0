// SPDX-License-Identifier: MIT
//! What is missing of a key frame, and when to ask for it.
//!
//! Each hole goes its own way. It opens when a later fragment has come, or when it has been quiet past the expected
//! end; then it is asked for, and again, twice in each of two rounds:
//!
//! ```text
//!  opened --REORDER--> ask 1 --TWIN--> ask 1 again --about an RTT--> ask 2 --TWIN--> ask 2 again --RTT--> hopeless
//! ```

use crate::mesh::report::Missing;
use crate::words::Mono;

/// A gap may still close by itself.
const REORDER_NS: i64 = 5_000_000;

/// Two packets of voice or more lie between the twins of a request, and of their answers, so that a burst does not take
/// both.
const TWIN_NS: i64 = 12_000_000;

/// What an answer may take beyond the round trip: the other side's queue and timers.
const SLACK_NS: i64 = 10_000_000;

/// The last answer may take longer: there is nothing else to try.
const PATIENCE_NS: i64 = 40_000_000;

/// Asked this often there is nothing more to do: two rounds of two.
const ASKS_MAX: u8 = 4;

const NEVER: Mono = Mono(u64::MAX);

#[derive(Clone, Copy, Debug)]
struct Hole {
    /// When to ask (next), or when to give up.
    due: Mono,
    asked: u8,
    /// For the first time.
    asked_at: Mono,
}

/// The holes of one key frame.
#[derive(Clone, Debug)]
pub(super) struct Holes {
    /// `None` is filled.
    holes: Vec<Option<Hole>>,
    /// Everything up to here has come or is a gap.
    seen: usize,
    /// When the rest counts as missing too.
    quiet_at: Mono,
}

impl Holes {
    pub(super) fn new(total: usize, rtt_ns: i64, now: Mono) -> Holes {
        let hole = Hole { due: NEVER, asked: 0, asked_at: NEVER };
        Holes { holes: vec![Some(hole); total], seen: 0, quiet_at: now.offset(rtt_ns) }
    }

    /// A fragment came: what lies before it is a gap.
    pub(super) fn filled(&mut self, at: usize, rtt_ns: i64, spacing_ns: i64, now: Mono) {
        self.holes[at] = None;
        let is_newest = at >= self.seen;
        for hole in self.holes[self.seen.min(at)..at].iter_mut().flatten() {
            hole.due = hole.due.min(now.offset(REORDER_NS));
        }
        self.seen = self.seen.max(at + 1);
        let rest = (self.holes.len() - self.seen) as i64;
        let end = now.offset(rest * spacing_ns);
        // What is sent again goes first, and keeps waiting what had not left when it was asked for.
        let is_ahead = |hole: &&Hole| hole.asked > 0 && hole.asked_at.offset(rtt_ns) < end;
        let ahead = self.holes.iter().flatten().filter(is_ahead).count() as i64;
        self.quiet_at = match (rest, is_newest) {
            (0, _) => NEVER,
            (_, true) => end.offset(ahead * spacing_ns + REORDER_NS),
            (_, false) => self.quiet_at.max(end.offset(REORDER_NS)),
        };
    }

    /// What is to be asked for now, and in which round.
    pub(super) fn ask(&mut self, rtt_ns: i64, spacing_ns: i64, now: Mono) -> Option<(u8, Missing)> {
        if now >= self.quiet_at {
            self.quiet_at = NEVER;
            self.seen = self.holes.len();
            for hole in self.holes.iter_mut().flatten().filter(|hole| hole.asked == 0) {
                hole.due = hole.due.min(now);
            }
        }
        let round = |hole: &Hole| 1 + hole.asked / 2;
        let due = |hole: &&Hole| hole.due <= now && hole.asked < ASKS_MAX;
        let asked = round(self.holes.iter().flatten().find(due)?);
        let mut missing = Missing::default();
        let mut count = 0;
        for (id, hole) in self.holes.iter_mut().enumerate() {
            let Some(hole) = hole.as_mut().filter(|hole| due(&&**hole) && round(hole) == asked) else { continue };
            missing.insert(id as u8);
            hole.asked += 1;
            hole.asked_at = hole.asked_at.min(now);
            hole.due = now.offset(match hole.asked {
                1 | 3 => TWIN_NS,
                2 => (rtt_ns - TWIN_NS + SLACK_NS + count * spacing_ns).max(TWIN_NS),
                _ => rtt_ns + PATIENCE_NS + 2 * count * spacing_ns,
            });
            count += 1;
        }
        Some((asked, missing))
    }

    /// When to ask next.
    pub(super) fn wait_until(&self) -> Option<Mono> {
        let due = self.holes.iter().flatten().filter(|hole| hole.asked < ASKS_MAX).map(|hole| hole.due);
        due.chain([self.quiet_at]).min().filter(|due| *due < NEVER)
    }

    /// When nothing can be hoped for any more.
    pub(super) fn hopeless_at(&self) -> Mono {
        let spent = self.holes.iter().flatten().filter(|hole| hole.asked >= ASKS_MAX).map(|hole| hole.due);
        spent.max().filter(|_| self.quiet_at == NEVER).unwrap_or(NEVER)
    }
}
