// SPDX-License-Identifier: MIT
//! When our own picture is painted: as often as pictures travel, and together with somebody else's.
//!
//! A window that is painted by the processor pays more for each time it is painted than for what is on it. So our own
//! picture waits, a few milliseconds, for the next one of somebody else; where none comes, it goes by itself.
//!
//! ```text
//!   own      a   b   c   d   e   f          30 a second
//!   theirs     x    y    z                  24 a second
//!   painted    ax   by   dz     ... f       (nobody else any more)
//! ```

use crate::words::Mono;

/// Nobody sees more pictures a second than those that travel; to paint our own more often shows us what no one else
/// sees.
const PICTURE_NS: u64 = Mono::SECOND / 24;

/// Where it goes when theirs goes, it is early at one time and late at another.
const EARLY_NS: u64 = PICTURE_NS * 4 / 5;

/// Somebody whose last picture is older than this has none to wait for: two pictures of our own at 30 a second.
const COMPANY_NS: u64 = 70_000_000;

/// The engine. `P` is a picture's handle.
#[derive(Debug)]
pub struct Turn<P> {
    /// When the next one is due.
    due_ns: u64,
    /// Our newest, which waits for company.
    waiting: Option<(Mono, P)>,
    newest: Mono,
    /// Our newest when somebody else's last picture came.
    company: Option<Mono>,
    /// Theirs went without one of ours, which must not wait for another of theirs.
    missed: bool,
}

impl<P> Default for Turn<P> {
    fn default() -> Self {
        Turn { due_ns: 0, waiting: None, newest: Mono(0), company: None, missed: false }
    }
}

impl<P> Turn<P> {
    /// Our own picture, taken at `at`: which one is painted now, if any.
    pub fn own(&mut self, at: Mono, picture: P) -> Option<P> {
        self.newest = at;
        let has_company = self.company.is_some_and(|then| at.0.wrapping_sub(then.0) < COMPANY_NS);
        let missed = std::mem::take(&mut self.missed);
        if has_company && !missed {
            self.waiting = Some((at, picture));
            return None;
        }
        self.waiting = None;
        let early_ns = if has_company { EARLY_NS } else { PICTURE_NS / 4 };
        self.is_due(at, early_ns).then_some(picture)
    }

    /// Somebody else's is painted now: ours with it, if there is a new one.
    pub fn other(&mut self) -> Option<P> {
        self.company = Some(self.newest);
        self.missed = self.waiting.is_none();
        let (at, picture) = self.waiting.take()?;
        self.is_due(at, EARLY_NS).then_some(picture)
    }

    /// One that comes a little early is no faster camera.
    fn is_due(&mut self, at: Mono, early_ns: u64) -> bool {
        let due = self.due_ns;
        let is_due = at.0 + early_ns >= due;
        // Whoever comes late begins anew; a clock that was set back holds nobody up.
        let is_far = due > at.0 + PICTURE_NS;
        if is_due || is_far {
            let begun = if is_far { at.0 } else { due.max(at.0.saturating_sub(PICTURE_NS)) };
            self.due_ns = begun + PICTURE_NS;
        }
        is_due || is_far
    }
}

#[cfg(test)]
mod tests {
    use super::{Mono, Turn};

    const SECONDS: u64 = 10;

    /// Of ten seconds with this camera and so many others' pictures a second: how many of ours are painted, and how
    /// many of them by themselves.
    fn painted(rate: u64, theirs: u64) -> (usize, usize) {
        painted_with(rate, &[(theirs, 3)])
    }

    /// Each of the others with how many ms they come after us.
    fn painted_with(rate: u64, others: &[(u64, u64)]) -> (usize, usize) {
        let mut turn = Turn::default();
        let at = |k: u64, rate: u64| 7 * Mono::SECOND + k * Mono::SECOND / rate;
        let own = (0..SECONDS * rate).map(|k| (at(k, rate), true));
        let of = |(theirs, ms): (u64, u64)| (0..SECONDS * theirs).map(move |k| (at(k, theirs) + ms * 1_000_000, false));
        let mut all: Vec<_> = own.chain(others.iter().copied().flat_map(of)).collect();
        all.sort_unstable();
        let (mut with, mut alone) = (0, 0);
        for (at, ours) in all {
            match ours {
                true => alone += usize::from(turn.own(Mono(at), ()).is_some()),
                false => with += usize::from(turn.other().is_some()),
            }
        }
        (with + alone, alone)
    }

    #[test]
    fn slow_cameras_are_painted_whole_and_fast_ones_as_often_as_they_travel() {
        assert_eq!([10, 24].map(|rate| painted(rate, 0)), [(100, 100), (240, 240)]);
        for rate in [25, 30, 50, 60] {
            assert!((238..=242).contains(&painted(rate, 0).0), "{rate}: {:?}", painted(rate, 0));
        }
    }

    #[test]
    fn in_company_ours_is_painted_with_theirs_and_as_often() {
        for rate in [30, 50, 60] {
            let (all, alone) = painted(rate, 24);
            assert!((238..=242).contains(&all) && alone <= 12, "{rate}: {all}, {alone} alone");
        }
    }

    #[test]
    fn three_who_send_at_once_do_not_slow_ours() {
        for others in [[(24, 1), (24, 2), (24, 3)], [(24, 1), (24, 15), (24, 29)], [(24, 30), (24, 31), (24, 40)]] {
            let (all, _) = painted_with(30, &others);
            assert!((238..=242).contains(&all), "{others:?}: {all}");
        }
    }

    #[test]
    fn a_camera_that_stutters_is_painted_as_often_as_it_can_be() {
        // Every tenth picture is missing, and each is up to 12 ms late.
        let late_ns = |k: u64| (k * 7_919 % 13) * 1_000_000;
        let own =
            (0..SECONDS * 30).filter(|k| k % 10 != 0).map(|k| (7 * Mono::SECOND + k * 33_333_333 + late_ns(k), true));
        let theirs = (0..SECONDS * 24).map(|k| (7 * Mono::SECOND + k * 41_666_667 + late_ns(k + 5), false));
        let mut all: Vec<_> = own.chain(theirs).collect();
        all.sort_unstable();
        let mut turn = Turn::default();
        let mut painted = 0;
        for (at, ours) in all {
            painted += usize::from(if ours { turn.own(Mono(at), ()) } else { turn.other() }.is_some());
        }
        assert!((225..=242).contains(&painted), "{painted}");
    }

    #[test]
    fn slow_or_many_others_neither_hold_ours_up_nor_hurry_it() {
        for theirs in [5, 12, 72] {
            let (all, _) = painted(30, theirs);
            assert!((120..=245).contains(&all), "{theirs}: {all}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_darkens_nothing() {
        let mut turn = Turn::default();
        assert!(turn.own(Mono(100 * Mono::SECOND), ()).is_some() && turn.own(Mono(50 * Mono::SECOND), ()).is_some());
    }
}
