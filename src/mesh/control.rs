// SPDX-License-Identifier: MIT
//! Control messages as bytes: the plain payload of sealed control datagrams, their kind first.
//!
//! ```text
//!  0 Here        [token 8][roster version 4]            the first on every link: its keys work
//!  1 Roster      [roster]                               from the host alone
//!  2 Heartbeat   [roster version 4][whom I hear 1][status 1][where I see you]
//!  3 Ping        [t1 8]                                 on the asker's clock
//!  4 Pong        [t1 8][t2 8][t3 8]                     t2, t3 on the answerer's clock
//!  5 Addresses   [count][address]...
//!  6 Probe       [token 8]                              as short as cannot be guessed: it goes to unproved addresses
//!  7 ProbeReply  [token 8]
//!  8 Report      [report 20]
//!  9 Nack        [nack 41]
//! 10 KeyFrameWanted [0]
//! 11 Tone        [session time 8]                     from the host alone
//! ```
//!
//! What is unknown is ignored, and so is what follows behind a message: a newer version may say more.

pub mod bytes;
pub mod clear;
pub mod greeting;

use super::report::{Nack, Report};
use super::roster::{CANDIDATES_MAX, Roster};
use crate::words::Mono;
use bytes::{Reader, Writer};
use core::net::SocketAddr;

/// What somebody does with their own devices, for the others to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The microphone is muted.
    pub muted: bool,
    /// The camera is off.
    pub camera_off: bool,
    /// A recording is running.
    pub recording: bool,
}

impl Status {
    fn bits(self) -> u8 {
        u8::from(self.muted) | u8::from(self.camera_off) << 1 | u8::from(self.recording) << 2
    }

    fn of(bits: u8) -> Status {
        Status { muted: bits & 1 != 0, camera_off: bits & 2 != 0, recording: bits & 4 != 0 }
    }
}

/// One message.
#[derive(Clone, Debug)]
pub enum Message {
    /// The first on a link.
    Here {
        /// Of the handshake that made the link.
        token: u64,
        /// Which roster the sender has.
        roster: u32,
    },
    /// Who is in the call.
    Roster(Box<Roster>),
    /// Each second: I live.
    Heartbeat {
        /// Which roster the sender has.
        roster: u32,
        /// Whom the sender hears, a bit a place.
        hears: u8,
        /// What the sender does.
        status: Status,
        /// Where the sender sees the receiver.
        seen_as: SocketAddr,
    },
    /// What time is it?
    Ping {
        /// When it was asked.
        t1: Mono,
    },
    /// It is so late.
    Pong {
        /// As asked.
        t1: Mono,
        /// When the question came.
        t2: Mono,
        /// When it was answered.
        t3: Mono,
    },
    /// Where the sender may be reached.
    Addresses(Vec<SocketAddr>),
    /// Do you receive here?
    Probe {
        /// To be brought back.
        token: u64,
    },
    /// Yes.
    ProbeReply {
        /// As brought.
        token: u64,
    },
    /// How the sender receives us.
    Report(Report),
    /// Parts of a key frame are missing.
    Nack(Nack),
    /// The sender's decoder waits for a key frame.
    KeyFrameWanted,
    /// The sync tone begins then.
    Tone {
        /// In nanoseconds of the session.
        session_ns: i64,
    },
}

impl Message {
    /// As bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        match self {
            Message::Here { token, roster } => out.u8(0).u64(*token).u32(*roster),
            Message::Roster(roster) => {
                roster.write(out.u8(1));
                &mut out
            }
            Message::Heartbeat { roster, hears, status, seen_as } => {
                out.u8(2).u32(*roster).u8(*hears).u8(status.bits()).address(*seen_as)
            }
            Message::Ping { t1 } => out.u8(3).u64(t1.0),
            Message::Pong { t1, t2, t3 } => out.u8(4).u64(t1.0).u64(t2.0).u64(t3.0),
            Message::Addresses(addresses) => out.u8(5).addresses(addresses, CANDIDATES_MAX),
            Message::Probe { token } => out.u8(6).u64(*token),
            Message::ProbeReply { token } => out.u8(7).u64(*token),
            Message::Report(report) => out.u8(8).bytes(&report.write()),
            Message::Nack(nack) => out.u8(9).bytes(&nack.write()),
            Message::KeyFrameWanted => out.u8(10).u8(0),
            Message::Tone { session_ns } => out.u8(11).u64(session_ns.cast_unsigned()),
        };
        out.0
    }

    /// From bytes; `None` if it is unknown or broken.
    pub fn read(bytes: &[u8]) -> Option<Message> {
        let mut reader = Reader(bytes);
        let message = match reader.u8()? {
            0 => Message::Here { token: reader.u64()?, roster: reader.u32()? },
            1 => Message::Roster(Box::new(Roster::read(&mut reader)?)),
            2 => {
                let (roster, hears) = (reader.u32()?, reader.u8()?);
                let status = Status::of(reader.u8()?);
                Message::Heartbeat { roster, hears, status, seen_as: reader.address()? }
            }
            3 => Message::Ping { t1: Mono(reader.u64()?) },
            4 => Message::Pong { t1: Mono(reader.u64()?), t2: Mono(reader.u64()?), t3: Mono(reader.u64()?) },
            5 => Message::Addresses(reader.addresses(CANDIDATES_MAX)?),
            6 => Message::Probe { token: reader.u64()? },
            7 => Message::ProbeReply { token: reader.u64()? },
            8 => Message::Report(Report::read(reader.0)?),
            9 => Message::Nack(Nack::read(reader.0)?),
            10 => Message::KeyFrameWanted,
            11 => Message::Tone { session_ns: reader.u64()?.cast_signed() },
            _ => return None,
        };
        Some(message)
    }
}
