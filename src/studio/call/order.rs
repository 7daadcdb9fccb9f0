// SPDX-License-Identifier: MIT
//! What the conductor is told by everybody but the network: the face, the router, the devices, the recorder.

use super::Admission;
use super::sound::SpeakerTarget;
use super::switcher::Change;
use crate::media::{Device, Encoded};
use crate::mesh::invite::Invite;
use crate::net::mapping::Progress;
use crate::studio::event::Event;
use crate::words::PeerId;

/// Which side we are.
#[derive(Debug)]
pub enum Part {
    /// We open the call.
    Host {
        /// Who comes in with the bare address.
        admission: Admission,
    },
    /// We come into it.
    Guest {
        /// How.
        invite: Invite,
    },
}

/// What a face or the router's thread says.
#[derive(Debug)]
pub enum Order {
    /// An answer to somebody who knocks.
    Admit(u64, bool),
    /// Muted, or no longer.
    Mute(bool),
    /// The camera is off, or no longer.
    CameraOff(bool),
    /// The end.
    Leave,
    /// The router's thread.
    Router(Progress),
    /// A picture of ours, to send.
    Face(Encoded),
    /// The first picture of a peer is shown.
    Seen(PeerId),
    /// The recorder says something; nothing more when it is over.
    Taped(Option<Event>),
    /// The others are heard; or nothing is, for want of a speaker.
    SpeakerOn {
        /// There is none.
        silent: bool,
    },
    /// The speaker is gone.
    SpeakerLost(String),
    /// Another device is wanted.
    Change(Change),
    /// This camera or microphone is being opened instead of the one before; nothing if it is done without one.
    Switched(Option<Device>),
    /// The others are to be heard there.
    Speaker {
        /// Which.
        target: SpeakerTarget,
        /// The headset without a wire that it is.
        bluetooth: Option<String>,
    },
    /// What was wanted is not there.
    NoSuchDevice(String),
}
