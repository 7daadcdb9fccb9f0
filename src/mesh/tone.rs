// SPDX-License-Identifier: MIT
//! When the sync tone sounds: the host says a moment of session time, again and again until it has come, so that a
//! lost datagram costs nobody the tone. Whoever comes in meanwhile hears of it too.

use super::control::Message;
use super::event::Event;
use super::timer::Timer;
use super::{Mesh, Role};
use crate::words::{Mono, PeerId};

/// Said so often.
const EVERY_NS: i64 = 150_000_000;
/// A moment further ahead than this is no agreement but nonsense.
const AHEAD_MAX_NS: i64 = 30_000_000_000;

/// What is agreed.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    /// The host's: what is being said.
    saying: Option<i64>,
    /// A guest's: what was heard last.
    heard: Option<i64>,
}

impl Mesh {
    /// The host wants the tone then.
    pub(super) fn agree_on_tone(&mut self, session_ns: i64, now: Mono) {
        if matches!(self.role, Role::Host(_)) {
            self.tone.saying = Some(session_ns);
            self.timers.set(Timer::Tone, now);
        }
    }

    /// Says it once more, while it is worth anything.
    pub(super) fn say_tone(&mut self, now: Mono) {
        let Some(session_ns) = self.tone.saying else { return };
        if self.line.session_ns(now) >= session_ns {
            self.tone.saying = None;
            return;
        }
        for peer in self.linked() {
            self.tell(peer, &Message::Tone { session_ns }, now);
        }
        self.timers.set(Timer::Tone, now.offset(EVERY_NS));
    }

    /// Somebody says it; only the host's word counts, once.
    pub(super) fn hear_tone(&mut self, peer: PeerId, session_ns: i64, now: Mono) {
        let ahead_ns = session_ns.saturating_sub(self.line.session_ns(now));
        let news = self.tone.heard != Some(session_ns) && (0..AHEAD_MAX_NS).contains(&ahead_ns);
        if peer == PeerId::HOST && news {
            self.tone.heard = Some(session_ns);
            self.out.happened(Event::Tone { session_ns });
        }
    }
}
