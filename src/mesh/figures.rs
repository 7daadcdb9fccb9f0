// SPDX-License-Identifier: MIT
//! Figures: how each peer is received, told to that peer ten times a second and to people once; and what was
//! refused.

mod recent;

use super::Mesh;
use super::control::Message;
use super::event::{Event, Stats};
use super::report::{DelaySeen, REPORT_NS, Report, VoiceSeen};
use super::tally::Tally;
use super::timer::Timer;
use crate::words::{Mono, PeerId};
pub use recent::Recent;

const STATS_NS: i64 = 1_000_000_000;

/// Where nothing comes, that is said more rarely.
const IDLE_REPORTS: u32 = 10;

/// Loss above this is high, in parts of one.
const LOSSY: f64 = 0.02;

/// Why the engine made nothing of something that was said in the clear, or of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It says nothing we understand.
    Nonsense,
    /// It is not for us, or of nobody we expect.
    Stranger,
    /// Its cookie was not given to that address, or long ago.
    Cookie,
    /// It was made with another key.
    WrongKey,
    /// It was said before.
    Replayed,
    /// There was too much of it.
    Flood,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Refusal; 6] =
        [Refusal::Nonsense, Refusal::Stranger, Refusal::Cookie, Refusal::WrongKey, Refusal::Replayed, Refusal::Flood];
}

/// How often each.
#[derive(Clone, Debug, Default)]
pub struct Counts([u64; Refusal::ALL.len()]);

impl Counts {
    /// Once more.
    pub fn add(&mut self, why: Refusal) {
        self.0[why as usize] += 1;
    }
}

/// What is gathered of one peer until the second is over.
#[derive(Debug, Default)]
pub struct Figures {
    last: Tally,
    idle: u32,
    expected: u32,
    received: u32,
    jitter_ns: u64,
    delay_ns: Option<i64>,
    expected_there: u32,
    received_there: u32,
    loss_there: f64,
    /// Their messages.
    pub messages: Recent,
}

fn percent(expected: u32, received: u32) -> f64 {
    f64::from(expected.saturating_sub(received)) * 100.0 / f64::from(expected.max(1))
}

impl Figures {
    /// Does this peer lose much of what we send?
    pub(super) fn is_lossy(&self) -> bool {
        self.loss_there > LOSSY
    }

    /// What the receiving thread counted since the last time.
    fn take(&mut self, tally: &Tally) -> VoiceSeen {
        // A new link counts from zero.
        let before = if tally.new_frames < self.last.new_frames { 0 } else { self.last.new_frames };
        self.last = *tally;
        self.jitter_ns = tally.jitter_ns;
        self.delay_ns = tally.delay.map(|delay| delay.mean_ns).or(self.delay_ns);
        let delay = tally.delay.map(|delay| DelaySeen {
            min_us: delay.min_ns / 1000,
            mean_us: delay.mean_ns / 1000,
            max_us: delay.max_ns / 1000,
        });
        VoiceSeen {
            frames: u32::try_from(tally.new_frames - before).unwrap_or(u32::MAX),
            highest: tally.highest_frame,
            delay,
            jitter_us: u32::try_from(tally.jitter_ns / 1000).unwrap_or(u32::MAX),
        }
    }
}

impl Mesh {
    /// Figures from now on, and signs of life.
    pub(super) fn begin_figures(&mut self, now: Mono) {
        self.timers.set(Timer::Stats, now.offset(STATS_NS));
        self.timers.set(Timer::Heartbeat, now);
    }

    /// How we receive this peer.
    pub(super) fn report(&mut self, peer: PeerId, now: Mono) {
        let tally = self.paths.tally.read(peer);
        let Some(live) = self.live(peer) else { return };
        let shown = &mut live.shown;
        let seen = shown.figures.take(&tally);
        let report = shown.receipts.report(&seen, now);
        shown.figures.expected += u32::from(report.voice_expected);
        shown.figures.received += u32::from(report.voice_received);
        let idle = report.voice_expected == 0 && report.pieces_received == 0;
        shown.figures.idle = if idle { shown.figures.idle + 1 } else { 0 };
        let is_due = shown.figures.idle % IDLE_REPORTS == 0;
        self.timers.set(Timer::Report(peer), now.offset(REPORT_NS));
        if is_due {
            self.tell(peer, &Message::Report(report), now);
        }
    }

    /// How this peer receives us.
    pub(super) fn on_report(&mut self, peer: PeerId, report: &Report, now: Mono) {
        let Some(live) = self.live(peer) else { return };
        let figures = &mut live.shown.figures;
        // Reports may come as fast as their sender likes, and say what it likes.
        figures.expected_there = figures.expected_there.saturating_add(report.voice_expected.into());
        figures.received_there = figures.received_there.saturating_add(report.voice_received.into());
        if report.voice_expected > 0 {
            figures.loss_there += (f64::from(report.loss()) - figures.loss_there) / 16.0;
        }
        self.climb(peer, report, now);
    }

    /// The last second, of everybody.
    pub(super) fn tell_figures(&mut self, now: Mono) {
        // What a header's stamp and a moment of arrival differ by, were there no delay.
        let clocks_ns = self.line.session_ns(now).saturating_sub(now.0 as i64);
        for peer in self.linked() {
            let Some(live) = self.live(peer) else { continue };
            let figures = &mut live.shown.figures;
            let stats = Stats {
                peer,
                address: live.road,
                rtt_ms: live.pings.rtt_ns().map(|ns| ns as f64 / 1e6),
                loss_percent: match figures.expected {
                    0 => figures.messages.loss_percent(),
                    expected => percent(expected, figures.received),
                },
                loss_there_percent: percent(figures.expected_there, figures.received_there),
                jitter_ms: figures.jitter_ns as f64 / 1e6,
                delay_ms: figures.delay_ns.take().map(|ns| ns.saturating_add(clocks_ns) as f64 / 1e6),
                silent: live.silent.is_some(),
            };
            (figures.expected, figures.received) = (0, 0);
            (figures.expected_there, figures.received_there) = (0, 0);
            self.out.happened(Event::Stats(stats));
        }
        self.timers.set(Timer::Stats, now.offset(STATS_NS));
    }

    /// What the engine refused so far; what the receiving thread refused it counts itself
    /// ([`tally`](super::tally::TallyReader::refused)).
    pub fn refused(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        Refusal::ALL.into_iter().zip(self.counts.0)
    }

    /// What the receiving path dropped, by reason.
    pub fn dropped(&self) -> impl Iterator<Item = (super::seal::Refusal, u64)> + '_ {
        self.paths.tally.refused()
    }
}
