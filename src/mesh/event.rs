// SPDX-License-Identifier: MIT
//! What goes into the mesh and what comes out of it: plain data, worded by whoever shows it to people.

pub use super::control::Status;
pub use super::control::greeting::Refusal as Refused;
use super::header::Header;
pub use super::ladder::PictureOrder;
pub use super::road::NoRoad;
use super::timer::Timer;
use super::voice::FrameLength;
use crate::words::{Mono, PeerId, SessionLine};
use core::net::SocketAddr;

/// What comes in.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The receiving path got a datagram in the clear.
    Clear {
        /// Its sender's address.
        from: SocketAddr,
        /// Its header.
        header: Header,
        /// Its payload, kind first.
        body: &'a [u8],
    },
    /// The receiving path opened something that is not voice.
    Opened {
        /// Whose it is.
        peer: PeerId,
        /// Of which of the links that were in this place.
        link: u32,
        /// Where it came from.
        from: SocketAddr,
        /// Its header.
        header: Header,
        /// Its whole sequence.
        sequence: u64,
        /// Its plain payload.
        payload: &'a [u8],
        /// When it came.
        at: Mono,
    },
    /// The receiving path opened something, and not from where the road to this peer leads.
    Moved {
        /// Who sends from elsewhere.
        peer: PeerId,
        /// With the keys of which of the links that were in this place.
        link: u32,
        /// From there.
        from: SocketAddr,
    },
    /// Our own addresses: network cards, mapped ports. All of them, each time.
    Candidates(Vec<SocketAddr>),
    /// The host's word on somebody who knocked.
    Admit {
        /// From [`Event::Knocking`].
        ticket: u64,
        /// May they come in?
        yes: bool,
    },
    /// One picture from our encoder.
    Picture {
        /// It can be decoded alone.
        key: bool,
        /// Its temporal layer: 0 is needed by all others, 1 makes half of the pictures, 2 all of them.
        layer: u8,
        /// When the camera took it; now, if nobody says.
        taken: Option<Mono>,
        /// The picture.
        bytes: &'a [u8],
    },
    /// Our decoder can do nothing with this peer's pictures before a key frame.
    KeyFrameWanted {
        /// Whose.
        peer: PeerId,
    },
    /// How long the frames of our voice are, 5 ms if nothing is said: what rides along depends on it.
    VoiceFrames(FrameLength),
    /// How session time runs, as far as we know now.
    Session(SessionLine),
    /// What we do with our own devices.
    Status(Status),
    /// The host's: the sync tone begins at this moment of the session; everybody is told.
    Tone {
        /// In nanoseconds of the session.
        session_ns: i64,
    },
    /// We leave.
    Leave,
    /// The time has come that was waited for.
    Timeout,
}

/// What comes out.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send this datagram.
    Send {
        /// Where.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// This happened.
    Happened(Event),
    /// Nothing more until then, unless something comes in.
    Wait {
        /// Until when.
        until: Mono,
        /// What for.
        why: Timer,
    },
}

/// One person, as faces show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The place.
    pub peer: PeerId,
    /// Who of those who have had it.
    pub incarnation: u32,
    /// The name.
    pub name: String,
}

/// Why a peer is no longer linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// They said so.
    Bye,
    /// Nothing of them was heard for five seconds. They may come back by themselves.
    Silent,
    /// The host found that they are gone.
    Removed,
    /// They came in anew, after a crash or a long outage, or we did.
    Replaced,
}

/// Why the call is over for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// We left.
    Left,
    /// The host did not let us in.
    Refused(Refused),
    /// The host left and nobody else is there.
    Alone,
}

/// Figures of one peer over the last second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Whose.
    pub peer: PeerId,
    /// Where we send to.
    pub address: SocketAddr,
    /// There and back, in milliseconds; `None` until the first answer.
    pub rtt_ms: Option<f64>,
    /// Voice datagrams of theirs that did not come; while they send none, the newest 128 of their messages.
    pub loss_percent: f64,
    /// Voice datagrams of ours that did not come, as they say; 0 while we send none.
    pub loss_there_percent: f64,
    /// How unevenly their voice comes.
    pub jitter_ms: f64,
    /// From their encoder to here, by session time; `None` without voice.
    pub delay_ms: Option<f64>,
    /// Nothing of them has been heard for a while.
    pub silent: bool,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The host has not answered yet. It is tried on.
    HostSilent {
        /// Since when, in milliseconds.
        after_ms: u64,
        /// Where we asked.
        tried: Vec<SocketAddr>,
    },
    /// The host does not answer. It is tried on, patiently.
    Unreachable {
        /// Since when, in milliseconds.
        after_ms: u64,
        /// Where we asked.
        tried: Vec<SocketAddr>,
    },
    /// A host answers there, but it does not take this invite's key. It is tried on, patiently.
    WrongKey {
        /// Where it answers.
        address: SocketAddr,
    },
    /// A host answers there, but so many are before its door that it has no room or no time for one more. It is tried
    /// on, patiently.
    Crowded {
        /// Where it answers.
        address: SocketAddr,
    },
    /// The host has been asked to let us in.
    Waiting {
        /// Which host.
        address: SocketAddr,
    },
    /// The host did not let us in.
    Refused {
        /// Why.
        why: Refused,
    },
    /// Somebody without a key wants to come in: answer with [`Input::Admit`].
    Knocking {
        /// Names this question.
        ticket: u64,
        /// What they call themselves.
        name: String,
        /// Where they are.
        from: SocketAddr,
    },
    /// They went away before they were answered.
    KnockingStopped {
        /// Names the question.
        ticket: u64,
    },
    /// We are in. For a guest it may happen again, after a long outage.
    Joined {
        /// Our place.
        me: PeerId,
        /// Which call this is.
        session: u64,
        /// When it began, on the host's clock: pairs of [`Event::TimeSample`] with the host lead there.
        began: Mono,
        /// Session time as far as it is known before any ping.
        line: SessionLine,
        /// Where the host sees us, if we are not the host.
        seen_as: Option<SocketAddr>,
    },
    /// Who is in the call, all of them.
    RosterChanged {
        /// Grows with every change.
        version: u32,
        /// In the order of their places.
        people: Vec<Person>,
    },
    /// We and this peer hear each other.
    PeerJoined {
        /// Who.
        peer: PeerId,
        /// Their name.
        name: String,
        /// Where they are.
        address: SocketAddr,
    },
    /// Nothing of them for a second and a half.
    PeerSilent {
        /// Who.
        peer: PeerId,
    },
    /// They are heard again.
    PeerBack {
        /// Who.
        peer: PeerId,
        /// How long nothing was heard.
        silent_ms: u64,
    },
    /// The link to them is over.
    PeerLeft {
        /// Who.
        peer: PeerId,
        /// Why.
        why: Left,
    },
    /// There is no direct way to them. It is tried on.
    NoRoad {
        /// Who.
        peer: PeerId,
        /// Why.
        why: NoRoad,
        /// Where they were looked for.
        tried: Vec<SocketAddr>,
    },
    /// They are reached at another address now.
    PeerMoved {
        /// Who.
        peer: PeerId,
        /// Where.
        address: SocketAddr,
    },
    /// What they do with their devices has changed.
    PeerStatus {
        /// Who.
        peer: PeerId,
        /// What.
        status: Status,
    },
    /// One exchange of clocks: t1 and t4 on ours, t2 and t3 on theirs.
    TimeSample {
        /// With whom.
        peer: PeerId,
        /// We asked.
        t1: Mono,
        /// They heard it.
        t2: Mono,
        /// They answered.
        t3: Mono,
        /// We heard it.
        t4: Mono,
    },
    /// A picture of theirs, whole.
    Picture {
        /// Whose.
        peer: PeerId,
        /// Its number.
        sequence: u64,
        /// It can be decoded alone.
        key: bool,
        /// Something between the last one and this is missing.
        after_gap: bool,
        /// When it was taken, in session time.
        timestamp_ms: u32,
        /// The picture.
        bytes: Vec<u8>,
    },
    /// Somebody waits for a key frame of ours.
    KeyFrameWanted,
    /// What our encoder should make from now on; `None`: no picture.
    PictureOrder(Option<PictureOrder>),
    /// Our uplink has turned out too narrow for everything; or there is room again.
    Narrow(bool),
    /// The host wants the sync tone at this moment of the session.
    Tone {
        /// In nanoseconds of the session.
        session_ns: i64,
    },
    /// Figures, once a second for each linked peer.
    Stats(Stats),
    /// It is over for us: nothing more will be sent.
    Over(Over),
}
