// SPDX-License-Identifier: MIT
//! What a call tells whoever watches it. In JSON: one object a line, `{"event": "...", ...}`.

use super::quantiles::Spread;
use crate::studio::event::Event;
use serde::Serialize;
use std::net::SocketAddr;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum CallEvent {
    /// What guests need to come in; again when this machine's addresses change.
    Invite {
        /// For people with the key: they are let in at once.
        invite: String,
        /// The bare address: whoever comes with it is announced by `knocking`.
        address: String,
    },
    /// How the search for a way in through the router goes.
    PortMapping {
        /// `searching`, `mapped`, `enclosed` (another router stands before it), `renewed`, `lost`, `failed`.
        state: &'static str,
        /// Where the router takes datagrams for us.
        #[serde(skip_serializing_if = "Option::is_none")]
        external: Option<SocketAddr>,
        /// For people.
        message: String,
    },
    /// Somebody without the key wants to come in; answer with [`super::Call::admit`].
    Knocking {
        /// Names the answer.
        ticket: u64,
        /// What they call themselves.
        name: String,
        /// Where they come from.
        from: SocketAddr,
    },
    /// They went away before they were answered.
    KnockingStopped {
        /// Names the question.
        ticket: u64,
    },
    /// A guest waits for the host's answer.
    Waiting,
    /// We are in.
    Joined {
        /// Our place, 0 is the host.
        participant: u8,
        /// What we are called here.
        name: String,
        /// Names the session in everybody's files.
        session_id: String,
        /// From asking to being in.
        took_ms: u64,
    },
    /// Somebody else is in and can be heard.
    PeerJoined {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
        /// Where they are.
        address: SocketAddr,
    },
    /// Nothing has come from them for a moment; they may be back at once.
    PeerSilent {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
    },
    /// They are back.
    PeerBack {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
        /// How long nothing came.
        silent_ms: u64,
    },
    /// They have left, or are lost.
    PeerLeft {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
        /// `bye`, `silent`, `removed`, `replaced`.
        reason: &'static str,
    },
    /// There is no direct way to somebody; it is tried on.
    NoRoad {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
        /// Where they were looked for.
        tried: Vec<SocketAddr>,
        /// For people.
        message: String,
    },
    /// Who is in the call, ourselves included; whenever that changes.
    Roster {
        /// In the order of their places.
        people: Vec<Person>,
    },
    /// Somebody mutes or switches the camera off, or no longer; told by them, not guessed.
    PeerStatus {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
        /// The microphone is muted.
        muted: bool,
        /// The camera is off.
        camera_off: bool,
        /// They record.
        recording: bool,
    },
    /// The first picture of somebody can be seen.
    PeerSeen {
        /// Their place.
        participant: u8,
        /// Their name.
        name: String,
    },
    /// Once a second.
    Stats {
        /// How old the session is.
        seconds: f64,
        /// From the first sample of a frame of our voice to its datagram; nothing without a microphone.
        #[serde(skip_serializing_if = "Option::is_none")]
        capture_to_send_ms: Option<Spread>,
        /// Our recording; nothing before it begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        recording: Option<TapeStats>,
        /// How each of the others is heard.
        peers: Vec<PeerStats>,
    },
    /// Something to know or to act on; the call goes on.
    Warning {
        /// For programs: `host-silent`, `network`, `clock-jump`, `port-mapping`, `overload`, `alone`, `speaker`, ...
        kind: &'static str,
        /// For people.
        message: String,
    },
    /// The call can't begin or can't go on.
    Error {
        /// For people.
        message: String,
    },
    /// It is over.
    Left,
    /// What the recording of this call tells, in its own words.
    #[serde(untagged)]
    Recording(Event),
}

/// How our recording goes.
#[derive(Clone, Debug, Serialize)]
pub struct TapeStats {
    /// How long it is.
    pub seconds: f64,
    /// Bytes that are safe on the disk.
    pub bytes: u64,
    /// Bytes that wait for the encoders.
    pub waiting_bytes: u64,
    /// Free bytes on the disk.
    pub free_bytes: u64,
}

/// How somebody's voice reaches our ears.
#[derive(Clone, Debug, Serialize)]
pub struct VoiceStats {
    /// From their mouth to our ear, as far as both clocks can tell; the air and the converters are not in it.
    pub mouth_to_ear_ms: Option<f64>,
    /// How long a frame waited here, in the mean.
    pub buffer_ms: f64,
    /// How long it should.
    pub target_ms: f64,
    /// Of a hundred frames of the last second, how many had to be made up.
    pub concealed_percent: f64,
    /// How many in all.
    pub concealed: u64,
    /// Frames played in all.
    pub frames: u64,
    /// Frames that came by a copy in a later datagram.
    pub recovered: u64,
    /// Frames that came too late.
    pub late: u64,
    /// How often the sound had to jump.
    pub jumps: u64,
    /// How much faster than theirs our card plays just now.
    pub rate_ppm: i32,
}

/// One of the people of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Person {
    /// Their place, 0 is the host.
    pub participant: u8,
    /// Their name.
    pub name: String,
    /// Ourselves.
    pub me: bool,
    /// Whether there is a road to them.
    pub linked: bool,
}

/// How one of the others is heard.
#[derive(Clone, Debug, Serialize)]
pub struct PeerStats {
    /// Their place.
    pub participant: u8,
    /// Their name.
    pub name: String,
    /// Where they are.
    pub address: SocketAddr,
    /// There and back; nothing until the first answer.
    pub rtt_ms: Option<f64>,
    /// Of a hundred datagrams of voice from them, how many were lost; while they send none, of their messages.
    pub loss_percent: f64,
    /// The same of our voice, as they say.
    pub loss_there_percent: f64,
    /// How unevenly their voice arrives.
    pub jitter_ms: f64,
    /// From their encoder to here, by session time; nothing without voice.
    pub delay_ms: Option<f64>,
    /// How their voice reaches our ears; nothing while they send none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceStats>,
    /// From their camera to our screen; nothing while no picture is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_ms: Option<Spread>,
    /// Nothing has come from them for a moment.
    pub silent: bool,
    /// Their clock minus ours.
    pub clock_offset_ms: Option<f64>,
    /// How much faster their clock runs than ours.
    pub clock_rate_ppm: Option<f64>,
    /// How far the offset may be wrong.
    pub clock_uncertainty_ms: Option<f64>,
}
