// SPDX-License-Identifier: MIT
//! What time is it there? Eight questions at once when a link begins, twenty a second while the rate of their clock is
//! learned, then one each second.

use crate::words::Mono;

/// The first questions, and how far apart: enough for a first good guess within a fifth of a second.
const BURST: u32 = 8;
const BURST_NS: i64 = 20_000_000;
/// Then a minute and a little more at twenty a second: with 5 ms of jitter one a second would need three minutes to
/// know the rate to 2 ppm, however cleverly it is asked; with ten, one call in two hundred still misses it.
const LEARNT: u32 = BURST + 1300;
const LEARNING_NS: i64 = 50_000_000;
const STEADY_NS: i64 = 1_000_000_000;

/// Where the uplink is too narrow for pictures, questions are answered this far apart, and two may come at once.
const ANSWER_NS: i64 = 333_000_000;

/// Questions that are remembered: an answer to any other is not one of ours.
const ASKED_MAX: usize = 16;

/// The questions to one peer.
#[derive(Debug, Default)]
pub struct Pings {
    asked: [Option<Mono>; ASKED_MAX],
    count: u32,
    rtt_ns: Option<i64>,
    /// When the newest question was asked that was answered.
    answered: Option<Mono>,
    /// When the next of their questions would be answered if the uplink is narrow.
    next_answer: Mono,
}

impl Pings {
    /// A question goes out now; when is the next one due? A narrow uplink has no room for many.
    pub fn ask(&mut self, now: Mono, narrow: bool) -> Mono {
        self.asked[self.count as usize % ASKED_MAX] = Some(now);
        self.count = self.count.wrapping_add(1);
        now.offset(match self.count {
            ..BURST => BURST_NS,
            BURST..LEARNT if !narrow => LEARNING_NS,
            _ => STEADY_NS,
        })
    }

    /// An answer came. Is it one, to a question that was not answered yet?
    pub fn answer(&mut self, t1: Mono, t2: Mono, t3: Mono, t4: Mono) -> bool {
        let Some(asked) = self.asked.iter_mut().find(|asked| **asked == Some(t1)) else { return false };
        *asked = None;
        let there_ns = t3.since(t2);
        let rtt_ns = t4.since(t1).saturating_sub(there_ns);
        if there_ns < 0 || rtt_ns < 0 {
            return false;
        }
        self.rtt_ns = Some(self.rtt_ns.map_or(rtt_ns, |smooth| smooth + (rtt_ns - smooth) / 4));
        self.answered = self.answered.max(Some(t1));
        true
    }

    /// They ask. Is there room for an answer?
    pub fn may_answer(&mut self, now: Mono, narrow: bool) -> bool {
        let may = !narrow || self.next_answer.since(now) <= ANSWER_NS;
        if may {
            self.next_answer = self.next_answer.max(now).offset(ANSWER_NS);
            // Questions that came while there was room are not held against them.
            self.next_answer = self.next_answer.min(now.offset(2 * ANSWER_NS));
        }
        may
    }

    /// There and back, smoothed.
    pub fn rtt_ns(&self) -> Option<i64> {
        self.rtt_ns
    }

    /// Was a question answered that was asked at `since` or later?
    pub fn answered_since(&self, since: Mono) -> bool {
        self.answered.is_some_and(|t1| t1 >= since)
    }
}

#[cfg(test)]
mod tests {
    use super::Pings;
    use crate::words::Mono;

    #[test]
    fn eight_at_once_then_twenty_a_second_for_a_minute_then_one() {
        let mut pings = Pings::default();
        let mut now = Mono(0);
        let times: Vec<u64> = (0..1400)
            .map(|_| {
                now = pings.ask(now, false);
                now.0 / 1_000_000
            })
            .collect();
        assert_eq!(times[..10], [20, 40, 60, 80, 100, 120, 140, 190, 240, 290]);
        assert_eq!(times[1305..1310], [65_090, 65_140, 66_140, 67_140, 68_140]);
    }

    #[test]
    fn on_a_narrow_uplink_one_a_second_is_asked_and_three_are_answered() {
        let mut pings = Pings::default();
        let mut now = Mono(0);
        for _ in 0..20 {
            now = pings.ask(now, true);
        }
        assert_eq!(now.0 / 1_000_000, 7 * 20 + 13 * 1000);
        let answered = |pings: &mut Pings, narrow| {
            let times = (0..100).map(|n| now.offset(n * 100_000_000));
            times.filter(|at| pings.may_answer(*at, narrow)).count()
        };
        assert!((30..=32).contains(&answered(&mut pings, true)));
        assert_eq!(answered(&mut pings, false), 100);
    }

    #[test]
    fn only_answers_to_our_questions_count_and_only_once() {
        let mut pings = Pings::default();
        pings.ask(Mono(100), false);
        assert!(!pings.answer(Mono(101), Mono(0), Mono(0), Mono(200)));
        assert!(!pings.answered_since(Mono(0)));
        assert!(pings.answer(Mono(100), Mono(9000), Mono(9010), Mono(200)));
        assert_eq!(pings.rtt_ns(), Some(90));
        assert!(!pings.answer(Mono(100), Mono(9000), Mono(9010), Mono(200)));
        assert!(pings.answered_since(Mono(100)) && !pings.answered_since(Mono(101)));
        for (t2, t3, t4) in [(5, 4, 300), (0, u64::MAX / 2, 300), (u64::MAX, 0, 0)] {
            pings.ask(Mono(250), false);
            assert!(!pings.answer(Mono(250), Mono(t2), Mono(t3), Mono(t4)), "{t2} {t3} {t4}");
        }
    }
}
