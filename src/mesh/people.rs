// SPDX-License-Identifier: MIT
//! Who lives: links begin, fall silent, come back and end; rosters are taken over.

use super::control::Message;
use super::event::{Event, Left, Over, Person};
use super::figures::{Recent, Refusal};
use super::inbound::InboundOrder;
use super::link::{DEAD_NS, Link, Live, Reaching, SILENT_NS, Stage};
use super::report::REPORT_NS;
use super::road::PATIENT_AFTER_NS;
use super::roster::Roster;
use super::seal::{LinkKeys, Sealer};
use super::timer::Timer;
use super::voice::VoiceOrder;
use super::{Mesh, Role};
use crate::words::{Mono, PeerId};
use core::net::SocketAddr;

/// Somebody who is silent is looked after this often, so that their return is seen at once.
const LOOK_NS: i64 = 50_000_000;

/// All their addresses are tried this often meanwhile: they may be somewhere else now.
const SEARCH_NS: i64 = 500_000_000;

impl Mesh {
    /// The link in use with this peer.
    pub(super) fn live(&mut self, peer: PeerId) -> Option<&mut Live> {
        self.links[peer.index()].as_mut()?.live_mut()
    }

    /// A new link has keys: the receiving thread opens with them from now on, and says that it is this link.
    pub(super) fn listen(
        &mut self,
        peer: PeerId,
        address: SocketAddr,
        LinkKeys { sealers, openers }: LinkKeys,
        now: Mono,
    ) -> (Live, Sealer) {
        self.links_made = self.links_made.wrapping_add(1);
        let link = self.links_made;
        self.paths.inbound.give(InboundOrder::Add { peer, link, address, openers });
        Live::new(link, sealers, address, now)
    }

    /// The fast ends forget this peer, and nobody waits for anything of theirs.
    pub(super) fn cut(&mut self, peer: PeerId) {
        self.paths.voice.give(VoiceOrder::Remove { peer });
        self.paths.inbound.give(InboundOrder::Remove { peer });
        self.timers.stop_peer(peer);
        self.me.seen_by[peer.index()] = None;
        self.forget_pictures(peer, self.now);
    }

    /// Both sides have the keys.
    pub(super) fn go_live(&mut self, peer: PeerId, live: Live, voice: Sealer, now: Mono) {
        let Some(link) = &mut self.links[peer.index()] else { return };
        let address = live.road;
        let before = core::mem::replace(&mut link.stage, Stage::Live(Box::new(live)));
        link.roads.seen(address);
        self.timers.stop(Timer::Knock(peer));
        self.paths.voice.give(VoiceOrder::Add { peer, address, sealer: voice });
        self.timers.set(Timer::Ping(peer), now);
        self.timers.set(Timer::Silence(peer), now.offset(SILENT_NS));
        self.timers.set(Timer::Report(peer), now.offset(REPORT_NS));
        self.timers.set(Timer::Heartbeat, now);
        self.begin_pictures(peer, now);
        match before {
            // They lost us and we did not notice: new keys, and nobody need know.
            Stage::Live(old) => {
                if let Some(since) = old.silent {
                    self.back(peer, since, now);
                }
            }
            _ => {
                if peer == PeerId::HOST {
                    self.entered(now);
                }
                let name = self.roster.member(peer).map_or_else(String::new, |member| member.name.clone());
                self.out.happened(Event::PeerJoined { peer, name, address });
            }
        }
    }

    /// Something of theirs came.
    pub(super) fn heard(&mut self, peer: PeerId, at: Mono, now: Mono) {
        let Some(live) = self.live(peer) else { return };
        live.heard = live.heard.max(at);
        if let Some(since) = live.silent.take() {
            self.back(peer, since, now);
            self.timers.set(Timer::Silence(peer), now.offset(SILENT_NS));
        }
    }

    fn back(&mut self, peer: PeerId, since: Mono, now: Mono) {
        let silent_ms = (now.since(since).max(0) / 1_000_000) as u64;
        self.out.happened(Event::PeerBack { peer, silent_ms });
        if let Some(live) = self.live(peer) {
            // Among what was lost meanwhile was all that looked for us where we are not.
            live.shown.figures.messages = Recent::default();
        }
        self.resume_pictures(peer, now);
        self.timers.set(Timer::Heartbeat, now);
    }

    /// When this peer was heard last, voice and all.
    pub(super) fn last_heard(&self, peer: PeerId) -> Option<Mono> {
        let live = self.links[peer.index()].as_ref()?.live()?;
        // Voice is not seen here; the receiving thread notes when it came.
        Some(self.paths.tally.heard_at(peer).map_or(live.heard, |heard| heard.max(live.heard)))
    }

    /// Are they still there?
    pub(super) fn judge_silence(&mut self, peer: PeerId, now: Mono) {
        let Some(heard) = self.last_heard(peer) else { return };
        let quiet_ns = now.since(heard);
        let Some(live) = self.live(peer) else { return };
        if quiet_ns >= DEAD_NS {
            self.lose(peer, now);
            return;
        }
        if quiet_ns < SILENT_NS {
            self.heard(peer, heard, now);
            self.timers.set(Timer::Silence(peer), heard.offset(SILENT_NS));
            return;
        }
        let first = live.silent.is_none();
        live.silent = Some(live.silent.unwrap_or(heard));
        let looks = quiet_ns / LOOK_NS;
        if first {
            self.out.happened(Event::PeerSilent { peer });
            self.pause_pictures(peer);
        }
        if first || looks % (SEARCH_NS / LOOK_NS) == 0 {
            self.search(peer, now);
        }
        self.timers.set(Timer::Silence(peer), now.offset(LOOK_NS).min(heard.offset(DEAD_NS)));
    }

    /// Asks at every address where they might be.
    fn search(&mut self, peer: PeerId, now: Mono) {
        let Some(link) = &mut self.links[peer.index()] else { return };
        for address in link.roads.all() {
            let Some(link) = &mut self.links[peer.index()] else { return };
            if let Some(token) = link.roads.probe(address, &mut self.random, now) {
                self.tell_at(peer, address, &Message::Probe { token }, now);
            }
        }
    }

    /// The link is dead. It is tried again for as long as the roster names them.
    fn lose(&mut self, peer: PeerId, now: Mono) {
        self.cut(peer);
        let Some(link) = &mut self.links[peer.index()] else { return };
        link.stage = Stage::Reaching(Reaching { since: now.offset(-PATIENT_AFTER_NS), told: true, asking: None });
        self.out.happened(Event::PeerLeft { peer, why: Left::Silent });
        self.timers.set(Timer::Knock(peer), now);
        self.timers.set(Timer::Heartbeat, now);
        match self.role {
            Role::Host(_) => self.timers.set(Timer::Places, now),
            Role::Guest(_) if peer == PeerId::HOST => self.begin_rejoin(now),
            Role::Guest(_) => {}
        }
    }

    /// They said BYE.
    pub(super) fn on_bye(&mut self, peer: PeerId, now: Mono) {
        self.cut(peer);
        let Some(link) = &mut self.links[peer.index()] else { return };
        link.stage = Stage::Left;
        self.out.happened(Event::PeerLeft { peer, why: Left::Bye });
        self.timers.set(Timer::Heartbeat, now);
        match &mut self.role {
            Role::Host(_) => self.remove_member(peer, now),
            Role::Guest(side) => {
                side.host_left |= peer == PeerId::HOST;
                self.end_if_alone();
            }
        }
    }

    /// After the host has left nobody new can come.
    pub(super) fn end_if_alone(&mut self) {
        let Role::Guest(side) = &self.role else { return };
        if side.host_left && self.links.iter().flatten().all(|link| matches!(link.stage, Stage::Left)) {
            self.end(Over::Alone);
        }
    }

    /// The link goes, with all that is known about them.
    pub(super) fn drop_link(&mut self, peer: PeerId, why: Left) {
        let Some(link) = self.links[peer.index()].take() else { return };
        self.cut(peer);
        if link.live().is_some() {
            self.out.happened(Event::PeerLeft { peer, why });
        }
    }

    /// The host's word on who is in the call.
    pub(super) fn adopt_roster(&mut self, roster: Roster, now: Mono) {
        let Role::Guest(_) = self.role else { return };
        let Some(me) = self.me.id else { return };
        self.timers.set(Timer::Heartbeat, now);
        if !roster.is_newer_than(self.roster.version) {
            return;
        }
        if roster.member(PeerId::HOST).is_none() {
            return self.counts.add(Refusal::Nonsense);
        }
        if roster.member(me).is_none_or(|own| own.incarnation != self.me.incarnation) {
            // We are out and did not notice. There is a way back.
            self.lose(PeerId::HOST, now);
            return;
        }
        for peer in PeerId::all().filter(|peer| *peer != me) {
            self.adopt_member(peer, &roster, now);
        }
        self.roster = roster;
        self.tell_roster();
    }

    fn adopt_member(&mut self, peer: PeerId, roster: &Roster, now: Mono) {
        let member = roster.member(peer);
        let known = self.links[peer.index()].as_ref().map(|link| link.incarnation);
        match (member, known) {
            (Some(member), Some(incarnation)) if member.incarnation == incarnation => {
                if let Some(link) = &mut self.links[peer.index()] {
                    link.roads.set_candidates(&member.candidates);
                }
            }
            (Some(member), known) => {
                if known.is_some() {
                    self.drop_link(peer, Left::Replaced);
                }
                self.links[peer.index()] = Some(Link::new(member.incarnation, &member.candidates, now));
                self.timers.set(Timer::Knock(peer), now);
            }
            (None, Some(_)) => self.drop_link(peer, Left::Removed),
            (None, None) => {}
        }
    }

    /// Everybody may know who is in the call.
    pub(super) fn tell_roster(&mut self) {
        let person = |member: &super::roster::Member| Person {
            peer: member.id,
            incarnation: member.incarnation,
            name: member.name.clone(),
        };
        let people = self.roster.members().map(person).collect();
        self.out.happened(Event::RosterChanged { version: self.roster.version, people });
    }
}
